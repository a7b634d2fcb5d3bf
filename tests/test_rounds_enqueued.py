"""The loop of studies and what a user does to them: enqueues trials, prunes in a space, stops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.samplers import GridSampler
from optuna.study import MaxTrialsCallback, Study
from optuna.trial import TrialState

from nnest.search.optuna._spaces import as_space
from nnest.studies._history import RESULT, TrialHistory
from nnest.studies._storages import open_storage
from nnest.studies._trials import BatchTrial, TrialResult
from tests.networks import mlp
from tests.test_rounds import (
    FINISHED,
    GRID,
    SAMPLERS,
    Killed,
    Mortal,
    Trainer,
    go,
    silent_optuna,
    space,
    start,
    table,
)

__all__ = ["silent_optuna"]  # a fixture that all tests here use

CHOICES = {"hidden_units": [(8,), (16, 8)], "dropout": FloatDistribution(0.0, 0.5)}
GIVEN = [{"x": 0.5, "n": 2}, {"n": 3}, {"x": "half", "n": 1}]


def train(tasks: list[BatchTrial]) -> list[TrialResult]:
    """Complete every trial."""
    return [TrialResult(TrialState.COMPLETE, (float(task.place),)) for task in tasks]


def states(study: Study) -> list[str]:
    """Return what became of each trial."""
    return [trial.state.name for trial in study.trials]


def choosy(trial: optuna.Trial) -> dict[str, Any]:
    """Suggest two parameters, and prune some."""
    found = space(trial)
    if found["n"] == 2:
        raise optuna.TrialPruned("Two is too many.")
    return found


def enqueued(storage: Any = None) -> Study:
    """Return a study with a whole setting, half of one, and one that cannot be."""
    study = start(storage)
    for params in GIVEN:
        study.enqueue_trial(params)
    return study


@pytest.mark.filterwarnings("ignore:Trial . was enqueued")
@pytest.mark.parametrize("sampler", ["grid", "random", "tpe"])
def test_killed_at_any_write_it_goes_on_to_the_same_table(sampler: str) -> None:
    """Whatever was enqueued, and whatever the space has pruned."""
    settings: dict[str, Any] = {"define": choosy, "make_sampler": SAMPLERS[sampler], "n_trials": 8}
    study = enqueued(storage := Mortal())
    go(study, Trainer(), **settings)
    expected, writes = table(study), storage.n_writes
    assert [trial.params.get("n") for trial in study.trials[:2]] == [2, 3]
    assert states(study)[:3] == ["PRUNED", "COMPLETE", "FAIL"]
    assert study.trials[0].user_attrs[RESULT]["reason"] == "Two is too many."

    for moment in range(1, writes + 1 - len(GIVEN), 3):
        study = enqueued(storage := Mortal())
        storage.die_at(moment, after=bool(moment % 2))
        with pytest.raises(Killed):
            go(study, Trainer(), **settings)
        storage.die_at(10**9, after=False)
        go(study, Trainer(), **settings)
        assert table(study) == expected, f"killed at write {moment} of {writes}"
        assert not TrialHistory(study).of_state(TrialState.RUNNING, TrialState.WAITING)


@pytest.mark.parametrize("group_size", [1, 4])
def test_what_is_enqueued_takes_its_place_in_a_grid(group_size: int) -> None:
    """No point is tried twice, and none is left out; half a setting is any point that has it."""
    study = start()
    for params in ({"x": 0.5, "n": 2}, {"n": 3}, {"x": 1.0, "n": 3}, {}):
        study.enqueue_trial(params)

    go(study, train, n_trials=40, group_size=group_size, make_sampler=SAMPLERS["grid"])

    points = [(trial.params["x"], trial.params["n"]) for trial in study.trials]
    assert points[0] == (0.5, 2)
    assert points[1][1] == 3
    assert points[2] == (1.0, 3)
    assert sorted(points) == sorted((x, n) for x in GRID["x"] for n in GRID["n"])


def test_a_point_that_was_tried_is_tried_again_if_it_is_enqueued() -> None:
    """As Optuna's own grid does it."""
    study = start()
    go(study, train, n_trials=15, make_sampler=SAMPLERS["grid"])
    study.enqueue_trial({"x": 0.5, "n": 2})

    go(study, train, n_trials=16, make_sampler=SAMPLERS["grid"])

    assert study.trials[-1].params == {"x": 0.5, "n": 2}
    assert states(study) == ["COMPLETE"] * 16


@pytest.mark.parametrize("kind", ["memory", "journal"])
@pytest.mark.parametrize("given", [(16, 8), [16, 8], "16-8"], ids=str)
@pytest.mark.parametrize("form", ["named", "function", "grid"])
def test_tuples_are_enqueued(form: str, given: Any, kind: str, tmp_path: Path) -> None:
    """As the choices that they are, or as the texts that a study shows; a journal keeps lists."""
    study = start(open_storage(tmp_path / "a.journal" if kind == "journal" else None))
    study.enqueue_trial({"hidden_units": given, "dropout": 0.25})
    seen: list[Any] = []

    def ask(trial: Any) -> dict[str, Any]:
        return {
            "hidden_units": trial.suggest_categorical("hidden_units", CHOICES["hidden_units"]),
            "dropout": trial.suggest_float("dropout", 0.0, 0.5),
        }

    def look(tasks: list[BatchTrial]) -> list[TrialResult]:
        seen.extend(task.params for task in tasks)
        return train(tasks)

    points = {"hidden_units": ["8", "16-8"], "dropout": [0.0, 0.25]}
    make = (lambda _: GridSampler(points)) if form == "grid" else SAMPLERS["random"]
    define = as_space(ask if form == "function" else CHOICES, mlp()).define
    go(study, look, define=define, n_trials=2, make_sampler=make)

    assert seen[0] == {"hidden_units": (16, 8), "dropout": 0.25}
    assert study.trials[0].params == {"hidden_units": "16-8", "dropout": 0.25}


def test_texts_that_look_like_tuples_are_not_mixed_up() -> None:
    """A choice that is a text, and one that is a tuple with the same text."""
    study, choices = start(), ["16-8", (16, 8)]
    for choice in choices:
        study.enqueue_trial({"hidden_units": choice})

    go(study, train, define=as_space({"hidden_units": choices}, mlp()).define, n_trials=2)

    assert [trial.params["hidden_units"] for trial in study.trials] == ["16-8", "(16, 8)"]


UNITS, RATE = "['8', '16-8']", "FloatDistribution(high=0.5, log=False, low=0.0, step=None)"
MISFITS = [
    ("random", {"hidden_units": (9,)}, f"hidden_units=(9,), which is not in {UNITS}"),
    ("random", {"hidden_units": int}, f"hidden_units=<class 'int'>, which is not in {UNITS}"),
    ("random", {"dropout": "much"}, f"dropout='much', which is not in {RATE}"),
    ("grid", {"dropout": 0.3}, "{'dropout': 0.3}, which is no setting of the grid"),
    ("grid", {"hidden_units": (9,)}, "{'hidden_units': (9,)}, which is no setting of the grid"),
]


@pytest.mark.parametrize(("sampler", "params", "shown"), MISFITS, ids=[each[2] for each in MISFITS])
def test_a_value_that_does_not_fit_fails_once(sampler: str, params: Any, shown: str) -> None:
    """By name; it does not count, and the study goes on, also one that wants a single trial."""
    study, seen = start(), []
    study.enqueue_trial(params)
    points = {"hidden_units": ["8", "16-8"], "dropout": [0.0, 0.25]}
    settings: dict[str, Any] = {
        "define": as_space(CHOICES, mlp()).define,
        "make_sampler": (lambda _: GridSampler(points)) if sampler == "grid" else SAMPLERS[sampler],
        "after_tell": lambda task, ending: seen.append((task.trial.number, ending.state.name)),
    }
    sentence = f"Trial 0 was enqueued with {shown}: it fails, and the study goes on."

    with pytest.warns(UserWarning, match="was enqueued with") as said:
        go(study, train, n_trials=1, **settings)
    go(study, train, n_trials=2, **settings)

    assert [str(each.message) for each in said] == [sentence]
    assert study.trials[0].user_attrs["reason"] == sentence
    assert states(study) == ["FAIL", "COMPLETE", "COMPLETE"]
    assert seen == [(0, "FAIL"), (1, "COMPLETE"), (2, "COMPLETE")]


def test_more_than_is_wanted_waits() -> None:
    """Enqueued trials beyond those that are wanted are there for a longer study."""
    study = start()
    for i in range(5):
        study.enqueue_trial({"x": i / 8, "n": 1})

    go(study, train, n_trials=2)
    assert states(study) == ["COMPLETE"] * 2 + ["WAITING"] * 3
    go(study, train, n_trials=6)

    assert [trial.params["x"] for trial in study.trials[:5]] == [i / 8 for i in range(5)]
    assert states(study) == ["COMPLETE"] * 6


@pytest.mark.parametrize(("group_size", "n"), [(1, 3), (2, 4), (4, 4)])
def test_callbacks_stop_a_study_after_a_batch(group_size: int, n: int) -> None:
    """As Optuna's own loop, for this call alone; what runs is told, what is enqueued waits."""
    study, stop = start(), MaxTrialsCallback(3, states=FINISHED)
    settings: dict[str, Any] = {"group_size": group_size, "n_trials": 12}

    go(study, train, after_tell=lambda task, ending: stop(study, study.trials[-1]), **settings)

    assert states(study) == ["COMPLETE"] * n
    study.enqueue_trial({"x": 0.5, "n": 1})
    with pytest.raises(RuntimeError, match="supposed to be invoked inside"):
        study.stop()
    go(study, train, after_tell=lambda task, ending: study.stop(), **settings)
    assert len(study.trials) == n + group_size - n % group_size
    study.optimize(lambda trial: 1.0, n_trials=1)
    go(study, train, **settings)
    assert states(study) == ["COMPLETE"] * 12


def test_a_space_stops_a_study_too() -> None:
    """Its trial is trained to its end, as Optuna does it."""
    study = start()

    def define(trial: Any) -> dict[str, Any]:
        if trial.number == 1:
            trial.study.stop()
        return space(trial)

    go(study, train, define=define, group_size=1)

    assert states(study) == ["COMPLETE"] * 2
