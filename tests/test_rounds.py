"""The loop of studies: batches, resuming after a death at any moment, what counts and what not."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import (
    BaseSampler,
    BruteForceSampler,
    GridSampler,
    QMCSampler,
    RandomSampler,
    TPESampler,
)
from optuna.storages import BaseStorage, InMemoryStorage
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from nnest.exceptions import StudyError
from nnest.search._facts import derived
from nnest.studies import _history, _loop
from nnest.studies._history import PLACE, RESULT, TrialHistory
from nnest.studies._locks import run_exclusively
from nnest.studies._loop import BatchLoop
from nnest.studies._settings import bind_study_settings
from nnest.studies._storages import open_storage
from nnest.studies._trials import BatchTrial, TrialResult
from tests import faults
from tests.helpers import Clock

N, K, SEED = 13, 4, 5
BATCHES = [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11], [12, 13], [14]]
GRID = {"x": [0.0, 0.25, 0.5, 0.75, 1.0], "n": [1, 2, 3]}
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


def _quiet(make: Callable[..., BaseSampler], **settings: Any) -> BaseSampler:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return make(**settings)


SAMPLERS: dict[str, Callable[[int], BaseSampler]] = {
    "random": lambda seed: RandomSampler(seed=seed),
    "tpe": lambda seed: TPESampler(seed=seed, n_startup_trials=3, n_ei_candidates=4),
    "grid": lambda _: GridSampler(GRID, seed=SEED),
    "qmc": lambda seed: _quiet(
        QMCSampler,
        scramble=True,
        seed=SEED,
        independent_sampler=RandomSampler(seed=seed),
        warn_independent_sampling=False,
    ),
}


@pytest.fixture(autouse=True)
def silent_optuna() -> Iterator[None]:
    """Keep Optuna's messages out of the tests' output."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


def space(trial: optuna.Trial) -> dict[str, Any]:
    """Suggest two parameters."""
    return {"x": trial.suggest_float("x", 0.0, 1.0), "n": trial.suggest_int("n", 1, 3)}


def worth(params: dict[str, Any]) -> float:
    """Return the value of a setting."""
    return (params["x"] - 0.3) ** 2 + params["n"]


def ending(task: BatchTrial) -> TrialResult:
    """Report three values; prune a few trials, let a few fail, complete the others."""
    value = worth(task.params)
    for step in range(3):
        task.trial.report(value / (step + 1), step)
    if task.place % 7 == 3:
        return TrialResult(TrialState.PRUNED)
    if task.place % 7 == 5:
        return TrialResult(TrialState.FAIL, reason="Its loss is not finite.")
    return TrialResult(TrialState.COMPLETE, (value,), attrs={"seed": task.place})


class Trainer:
    """Trains by looking, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    def __call__(self, tasks: list[BatchTrial]) -> list[TrialResult]:
        """Return what becomes of each."""
        self.batches.append([task.place for task in tasks])
        return [ending(task) for task in tasks]


def start(storage: BaseStorage | None = None) -> Study:
    """Return a study in a storage."""
    return optuna.create_study(
        study_name="study", storage=storage or InMemoryStorage(), load_if_exists=True
    )


def go(
    study: Study, train: Callable[[list[BatchTrial]], list[TrialResult]], **settings: Any
) -> None:
    """Run the loop with the usual settings."""
    usual: dict[str, Any] = {
        "n_trials": N,
        "group_size": K,
        "make_sampler": SAMPLERS["random"],
        "say": None,
    }
    settings = {**usual, **settings}
    make = settings.pop("make_sampler")
    define = settings.pop("define", space)
    settings["make_sampler"] = lambda place: make(derived(SEED, place))
    timeout = settings.pop("timeout", None)
    BatchLoop(study, define, train, **settings).run(timeout)


def table(study: Study) -> dict[int, tuple[Any, ...]]:
    """Return what is known of each place that was trained to an end."""
    history = TrialHistory(study)
    over = history.in_order([*history.of_state(*FINISHED), *history.failed])
    found = {
        history.places[t.number]: (t.state, t.params, t.values, t.intermediate_values) for t in over
    }
    assert len(found) == len(over), "a place was trained to an end twice"
    assert all(t.user_attrs[PLACE] == history.places[t.number] for t in over)
    return found


class Killed(BaseException):
    """A process that is no more."""


class Mortal(InMemoryStorage):
    """A storage whose process dies at its n-th write, before or after it is done."""

    writes = ("create_new_trial", "set_trial_param", "set_trial_state_values")
    writes += ("set_trial_user_attr", "set_trial_system_attr", "set_study_system_attr")
    writes += ("set_trial_intermediate_value",)

    def __init__(self) -> None:
        super().__init__()
        self.left, self.after, self.n_writes = 10**9, False, 0

    def die_at(self, n: int, *, after: bool) -> None:
        """Set the moment."""
        self.left, self.after = n, after


def _mortal(name: str) -> Callable[..., Any]:
    def write(self: Mortal, *args: Any, **kwargs: Any) -> Any:
        self.left -= 1
        self.n_writes += 1
        if self.left < 0 or (self.left == 0 and not self.after):
            raise Killed
        found = getattr(InMemoryStorage, name)(self, *args, **kwargs)
        if self.left == 0:
            raise Killed
        return found

    return write


for _name in Mortal.writes:
    setattr(Mortal, _name, _mortal(_name))


@pytest.fixture(scope="module", params=list(SAMPLERS))
def sampler(request: pytest.FixtureRequest) -> str:
    """Return the name of a sampler."""
    return str(request.param)


def whole(sampler: str) -> tuple[dict[int, tuple[Any, ...]], int]:
    """Return the table of a study that is left in peace, and how many writes it took."""
    storage = Mortal()
    study = start(storage)
    go(study, Trainer(), make_sampler=SAMPLERS[sampler])
    return table(study), storage.n_writes


def test_a_study_has_as_many_trials_as_wanted(sampler: str) -> None:
    """Failed ones come on top; batches begin at multiples of the group's size."""
    study, train = start(), Trainer()
    go(study, train, make_sampler=SAMPLERS[sampler])
    states = Counter(trial.state for trial in study.trials)
    assert states == {TrialState.COMPLETE: 11, TrialState.PRUNED: 2, TrialState.FAIL: 2}
    assert train.batches == BATCHES
    go(study, train, make_sampler=SAMPLERS[sampler])
    assert train.batches == BATCHES, "a study that is done is left alone"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("part", range(3))
def test_killed_at_any_write_it_goes_on_to_the_same_table(
    sampler: str, part: int, after: bool
) -> None:
    """No moment between two writes is a bad one: nothing is lost, doubled or different."""
    expected, writes = whole(sampler)
    assert len(expected) == N + 2
    for moment in range(1 + part, writes + 1, 9):
        storage = Mortal()
        study = start(storage)
        storage.die_at(moment, after=after)
        with pytest.raises(Killed):
            go(study, Trainer(), make_sampler=SAMPLERS[sampler])
        storage.die_at(10**9, after=False)
        go(study, Trainer(), make_sampler=SAMPLERS[sampler])
        assert table(study) == expected, f"killed at write {moment} of {writes}"
        assert not TrialHistory(study).of_state(TrialState.RUNNING, TrialState.WAITING)


@pytest.mark.slow
def test_killed_again_and_again_it_goes_on_to_the_same_table(
    sampler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in the middle of clearing up after the last death, and the one before."""
    monkeypatch.setattr(_history, "MAX_RETRIES", 10**6)
    expected, _ = whole(sampler)
    for step in range(40, 100, 4):
        storage = Mortal()
        study, deaths, done = start(storage), 0, False
        while not done:
            # Every third life is too short for anything but to clear up.
            storage.die_at(step if deaths % 3 else step // 8, after=deaths % 2 == 1)
            try:
                go(study, Trainer(), make_sampler=SAMPLERS[sampler])
                done = True
            except Killed:
                deaths += 1
            assert deaths < 200
        assert table(study) == expected, f"killed every {step} writes"


def test_killed_twice_it_goes_on_to_the_same_table(sampler: str) -> None:
    """Whatever the second worker was at: it reclaims, leases and asks in its first writes."""
    expected, _ = whole(sampler)
    for first, second in product((41, 66), range(1, 44, 3)):
        storage = Mortal()
        study = start(storage)
        for moment in (first, second):
            storage.die_at(moment, after=second % 2 == 1)
            with pytest.raises(Killed):
                go(study, Trainer(), make_sampler=SAMPLERS[sampler])
        storage.die_at(10**9, after=False)
        go(study, Trainer(), make_sampler=SAMPLERS[sampler])
        assert table(study) == expected, f"killed at write {first}, then at write {second}"


def test_stopped_after_some_trials_it_goes_on_to_the_same_table(sampler: str) -> None:
    """More trials are more batches, and nothing else."""
    expected, _ = whole(sampler)
    study = start()
    for n in (K, N):
        go(study, Trainer(), make_sampler=SAMPLERS[sampler], n_trials=n)
    assert table(study) == expected


@pytest.mark.parametrize("batch", range(3))
def test_interrupted_by_the_user_it_goes_on_to_the_same_table(
    sampler: str, batch: int, tmp_path: Path
) -> None:
    """Ctrl-C in the middle of a batch gives its trials back at once, on a journal too."""
    expected, _ = whole(sampler)

    class Interrupted(Trainer):
        def __call__(self, tasks: list[BatchTrial]) -> list[TrialResult]:
            if len(self.batches) == batch:
                raise KeyboardInterrupt
            return super().__call__(tasks)

    study = start(open_storage(tmp_path / "study.journal"))
    with pytest.raises(KeyboardInterrupt):
        go(study, Interrupted(), make_sampler=SAMPLERS[sampler])
    history = TrialHistory(study)
    assert not history.of_state(TrialState.RUNNING)
    assert [history.places[t.number] for t in history.of_state(TrialState.WAITING)] == [
        K * batch + i for i in range(K)
    ]
    go(start(open_storage(tmp_path / "study.journal")), Trainer(), make_sampler=SAMPLERS[sampler])
    assert table(study) == expected


def test_what_was_trained_is_not_trained_again() -> None:
    """A worker that dies while it tells has written down all that it was about to tell."""
    storage = Mortal()
    study, train = start(storage), Trainer()
    told: list[int] = []

    def die(task: BatchTrial, ending: TrialResult) -> None:
        told.append(task.place)
        if task.place == 5:
            storage.die_at(0, after=False)

    with pytest.raises(Killed):
        go(study, train, after_tell=die)
    storage.die_at(10**9, after=False)
    go(study, train, after_tell=lambda task, ending: told.append(task.place))
    assert train.batches == BATCHES
    assert told == list(range(N + 2))


def test_what_was_reported_comes_with_the_trial() -> None:
    """A trainer with a checkpoint reports again what came before it."""
    study, seen = start(), []

    def train(tasks: list[BatchTrial]) -> list[TrialResult]:
        seen.append([dict(task.reported_before) for task in tasks])
        for task in tasks:
            task.trial.report(10.0 * task.place, len(seen))
        if len(seen) < 3:
            raise KeyboardInterrupt
        return [TrialResult(TrialState.COMPLETE, (0.0,)) for _ in tasks]

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            go(study, train, n_trials=2, group_size=2)
    go(study, train, n_trials=2, group_size=2)
    assert seen == [[{}, {}], [{1: 0.0}, {1: 10.0}], [{1: 0.0, 2: 0.0}, {1: 10.0, 2: 10.0}]]


def test_a_constraint_is_set_once() -> None:
    """Trained again, a trial has its predecessor's; Optuna would warn of the second."""
    study, calls = start(), []

    def train(tasks: list[BatchTrial]) -> list[TrialResult]:
        calls.append(len(tasks))
        for task in tasks:
            task.trial.set_constraint("size", float(task.place))
        if len(calls) == 1:
            raise KeyboardInterrupt
        return [TrialResult(TrialState.COMPLETE, (1.0,)) for _ in tasks]

    with pytest.raises(KeyboardInterrupt):
        go(study, train, n_trials=2, group_size=2)
    go(study, train, n_trials=2, group_size=2)
    done = TrialHistory(study).of_state(TrialState.COMPLETE)
    assert [trial.system_attrs["constraints:size"] for trial in done] == [0.0, 1.0]


def test_what_the_user_has_enqueued_comes_first() -> None:
    """With its parameters, in a batch with new ones."""
    study, train = start(), Trainer()
    study.enqueue_trial({"x": 0.125, "n": 2})
    go(study, train, n_trials=K)
    assert study.trials[0].params == {"x": 0.125, "n": 2}
    assert train.batches == [[0, 1, 2, 3]]
    assert len({trial.params["x"] for trial in study.trials}) == K


def place(kind: str, folder: Path) -> Any:
    """Return where to keep a study, as a search takes it."""
    where = {"journal": folder / "study.journal", "sqlite": f"sqlite:///{folder / 'study.db'}"}
    return where.get(kind)


@pytest.mark.parametrize("kind", ["memory", "journal", "sqlite"])
def test_nobody_leases_while_another_one_does(kind: str, tmp_path: Path) -> None:
    """What one worker reads there is true until it has written."""
    where = place(kind, tmp_path)
    storages = [open_storage(where, say=None) for _ in range(2 if where else 1)]
    one, other = start(storages[0]), start(storages[-1])
    worker = threading.Thread(target=lambda: go(other, Trainer(), n_trials=K))

    def hold() -> int:
        worker.start()
        time.sleep(0.3)
        return len(one.trials)

    assert run_exclusively(one, hold) == 0
    worker.join(60)
    assert len(table(one)) == K


def test_two_workers_never_ask_for_the_same(tmp_path: Path) -> None:
    """Places differ, and with them the samplers' seeds; together they train as many as wanted."""
    path = tmp_path / "study.journal"
    start(open_storage(path))

    def train(tasks: list[BatchTrial]) -> list[TrialResult]:
        time.sleep(0.01)
        return [TrialResult(TrialState.COMPLETE, (worth(task.params),)) for task in tasks]

    def work() -> None:
        go(start(open_storage(path)), train, n_trials=24, group_size=3)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    study = start(open_storage(path))
    done = TrialHistory(study).of_state(TrialState.COMPLETE)
    assert len(done) == 24
    assert len({trial.params["x"] for trial in done}) == 24
    assert not TrialHistory(study).of_state(TrialState.RUNNING, TrialState.WAITING)


def test_a_late_tell_is_no_second_result() -> None:
    """What others have taken meanwhile is theirs, and training it to the end is no error."""
    study, said = start(), []
    late = []

    def train(tasks: list[BatchTrial]) -> list[TrialResult]:
        if not late:
            late.append(tasks[0].trial.number)
            study._storage.set_trial_state_values(tasks[0].trial._trial_id, TrialState.FAIL)
            tasks[0].trial.report(1.0, 0)
            assert tasks[0].trial.should_prune()
            tasks[0].trial.set_user_attr("a", 1)
        return [TrialResult(TrialState.COMPLETE, (1.0,)) for _ in tasks]

    go(study, train, n_trials=3, group_size=2, say=said.append)
    assert study.trials[late[0]].state is TrialState.FAIL
    assert "Trial 0 was given to another worker: told too late." in said
    places = [
        trial.user_attrs[PLACE] for trial in TrialHistory(study).of_state(TrialState.COMPLETE)
    ]
    assert sorted(places) == [0, 1, 2]


def test_a_late_ask_loses_nothing() -> None:
    """A worker that counted as dead while it asked leases what is left, and does not crash."""
    study, said, late = start(), [], []

    def define(trial: optuna.Trial) -> dict[str, Any]:
        if trial.number == 1 and not late:
            late.append(trial.number)
            study._storage.set_trial_state_values(1, TrialState.FAIL)
        return space(trial)

    go(study, Trainer(), define=define, say=said.append)
    assert said[0] == "A batch was given to another worker: asked too late."
    assert table(study) == whole("random")[0]


def test_a_study_whose_trials_all_fail_stops() -> None:
    """With the last reason, and no crash."""

    def train(tasks: list[BatchTrial]) -> list[TrialResult]:
        return [TrialResult(TrialState.FAIL, reason="Its loss is not finite.") for _ in tasks]

    study = start()
    sentence = (
        "6 trials have failed, as many as were wanted, and 0 have not: the study stops. The last "
        "one: Its loss is not finite."
    )
    with pytest.raises(StudyError) as caught:
        go(study, train, n_trials=6, group_size=3)
    assert str(caught.value) == sentence
    reasons = [trial.user_attrs[RESULT]["reason"] for trial in study.trials]
    assert reasons == ["Its loss is not finite."] * 6


def test_a_study_whose_trials_mostly_fail_stops_with_what_it_has() -> None:
    """Those that are complete are worth something."""
    said: list[str] = []

    def train(tasks: list[BatchTrial]) -> list[TrialResult]:
        return [
            TrialResult(TrialState.COMPLETE, (1.0,))
            if task.place == 2
            else TrialResult(TrialState.FAIL)
            for task in tasks
        ]

    go(start(), train, n_trials=4, say=said.append)
    assert "6 trials have failed, as many as were wanted, and 1 have not" in said[-1]


@pytest.mark.parametrize("values", [(float("nan"),), (), (1.0, 2.0)])
def test_a_value_that_is_none_is_a_failure(values: tuple[float, ...]) -> None:
    """With the reason; the others of its batch are not touched."""
    study = start()

    def train(tasks: list[BatchTrial]) -> list[TrialResult]:
        return [
            TrialResult(TrialState.COMPLETE, values if task.place == 1 else (1.0,))
            for task in tasks
        ]

    go(study, train, n_trials=3, group_size=3)
    assert study.trials[1].state is TrialState.FAIL
    reason = f"Its values are {values}, and not 1 numbers."
    assert study.trials[1].user_attrs[RESULT]["reason"] == reason


def test_several_objectives_are_told() -> None:
    """One value for each direction."""
    study = optuna.create_study(directions=["minimize", "maximize"])

    def train(tasks: list[BatchTrial]) -> list[TrialResult]:
        return [
            TrialResult(TrialState.COMPLETE, (task.params["x"], task.params["n"])) for task in tasks
        ]

    go(study, train, n_trials=5)
    assert all(trial.values == [trial.params["x"], trial.params["n"]] for trial in study.trials)
    assert study.best_trials


def test_a_grid_ends_when_all_of_it_was_tried() -> None:
    """It is said, and no point comes twice."""
    study, said = start(), []
    go(study, Trainer(), n_trials=40, make_sampler=SAMPLERS["grid"], say=said.append)
    points = [tuple(trial.params.values()) for trial in study.trials]
    assert len(points) == len(set(points)) == 15
    n = len(TrialHistory(study).of_state(*FINISHED))
    assert said == [f"All settings were tried: {n} trials are the study."]


def test_an_exhausted_sampler_stops_the_study() -> None:
    """Optuna's own way to say so is to stop the study."""
    study, said = start(), []

    def define(trial: optuna.Trial) -> dict[str, Any]:
        return {"x": 0.0, "n": trial.suggest_categorical("n", [1, 2, 3])}

    go(
        study,
        Trainer(),
        define=define,
        n_trials=40,
        group_size=1,
        make_sampler=lambda seed: _quiet(BruteForceSampler, seed=seed),
        say=said.append,
    )
    assert sorted(trial.params["n"] for trial in study.trials) == [1, 2, 3]
    assert said == ["All settings were tried: 3 trials are the study."]


def test_no_batch_begins_after_the_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was begun is told."""
    study, clock = start(), Clock()
    monkeypatch.setattr(_loop, "time", clock)

    def train(tasks: list[BatchTrial]) -> list[TrialResult]:
        clock.sleep(0.03)
        return [TrialResult(TrialState.COMPLETE, (1.0,)) for _ in tasks]

    go(study, train, n_trials=1000, timeout=0.1)
    assert [trial.state for trial in study.trials] == 4 * K * [TrialState.COMPLETE]
    assert clock.now == pytest.approx(0.12)
    go(study, train, n_trials=1000, timeout=0.0)
    assert len(study.trials) == 4 * K


def test_a_trial_that_kills_its_workers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """After some deaths it has failed by itself, and the study goes on without it."""
    monkeypatch.setattr(_history, "MAX_RETRIES", 3)
    study = start()

    def train(tasks: list[BatchTrial]) -> list[TrialResult]:
        if any(task.place == 0 for task in tasks):
            raise MemoryError
        return [TrialResult(TrialState.COMPLETE, (1.0,)) for _ in tasks]

    for _ in range(4):
        with pytest.raises(MemoryError):
            go(study, train, n_trials=3, group_size=1)
    go(study, train, n_trials=3, group_size=1)
    history = TrialHistory(study)
    assert [history.places[trial.number] for trial in history.failed] == [0]
    assert history.n_finished == 3


def test_a_worker_waits_for_what_others_train() -> None:
    """It says so once, and ends when they have ended."""
    study, said = start(), []
    running, waits = study.ask(), threading.Event()

    def say(sentence: str) -> None:
        said.append(sentence)
        waits.set()

    def end() -> None:
        waits.wait(60)
        time.sleep(0.4)
        study.tell(running, 1.0)

    other = threading.Thread(target=end)
    other.start()
    train = Trainer()
    go(study, train, n_trials=1, say=say)
    other.join()
    assert train.batches == []
    assert said == ["Waiting for trials that other workers train."]


def test_the_error_of_a_space_loses_nothing() -> None:
    """The batch is asked again when the space is right."""
    study, train = start(), Trainer()

    def broken(trial: optuna.Trial) -> dict[str, Any]:
        if trial.number == 2:
            raise TypeError("not yet")
        return space(trial)

    with pytest.raises(TypeError, match="not yet"):
        go(study, train, define=broken)
    go(study, train)
    assert table(study) == whole("random")[0]


FACTS = {"space": {"x": [0, 1]}, "data": "d1", "seed": 3, "group_size": 4}


def test_facts_are_written_once() -> None:
    """Later workers take the first one's seed and group size, and add what is not known."""
    study = start()
    assert bind_study_settings(study, FACTS) == FACTS
    assert bind_study_settings(study, {**FACTS, "seed": 9, "group_size": 16}) == FACTS
    assert bind_study_settings(study, {**FACTS, "versions": (1, 2)}) == {
        **FACTS,
        "versions": [1, 2],
    }


OTHERS = [
    ("space", {"x": [0, 2]}, '{"x": [0, 1]}', '{"x": [0, 2]}', "what it began with"),
    ("data", "d2", "d1", "d2", "none: each data set then has one of its own"),
]


@pytest.mark.parametrize(("name", "value", "there", "here", "cure"), OTHERS)
def test_another_study_under_the_same_name_is_refused(
    name: str, value: Any, there: str, here: str, cure: str
) -> None:
    """Both are named."""
    study = start()
    bind_study_settings(study, FACTS)
    with pytest.raises(StudyError) as caught:
        bind_study_settings(study, {**FACTS, name: value})
    assert str(caught.value) == (
        f"The study 'study' has another {name}: {there} there, {here} here. "
        f"Give it another study_name, or {cure}."
    )
    assert bind_study_settings(study, FACTS) == FACTS


@pytest.mark.parametrize("kind", ["journal", "sqlite"])
def test_workers_that_begin_at_once_have_the_same_facts(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long one takes between reading and writing."""
    where = place(kind, tmp_path)
    start(open_storage(where, say=None))
    found = faults.facts_at_once(
        lambda: start(open_storage(where, say=None)), FACTS, 0.1, monkeypatch
    )
    assert len({facts["seed"] for facts in found}) == 1
    assert found[0] == bind_study_settings(start(open_storage(where, say=None)), FACTS)


def test_the_loop_needs_no_network_library() -> None:
    """A worker that only waits, or a test's, starts in a moment."""
    code = (
        "import sys, nnest.studies._loop\n"
        "heavy = {'keras', 'jax', 'sklearn', 'pandas', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or None)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def _numbers(trials: list[FrozenTrial]) -> list[int]:
    return [trial.number for trial in trials]


def test_the_study_is_an_ordinary_one() -> None:
    """Its own sampler is untouched, and it goes on with Optuna's loop as well."""
    study = start()
    own = study.sampler
    go(study, Trainer())
    assert study.sampler is own
    study.optimize(lambda trial: worth(space(trial)), n_trials=2)
    assert _numbers(study.trials) == list(range(len(study.trials)))
    assert optuna.importance.get_param_importances(study).keys() == {"x", "n"}
