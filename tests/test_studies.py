"""Benchmarks of studies, and the book's own studies: one space for all, and fair comparisons."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest

from benchmarks import _studies, _workers
from benchmarks import optuna as bench
from benchmarks._runs import read
from benchmarks.peers import PEERS
from nnest import MLPClassifier
from tests.book.run_page import run as run_page
from tests.book.sources import BOOK, chapter, load
from tests.helpers import require

SIZE = {"trials": 4, "epochs": 2, "folds": 2, "samples": 120}
PAGES = ("tuning/optuna", "tuning/several_machines")
program = load(BOOK / "tuning" / "studies.py")


@pytest.fixture(autouse=True)
def _quiet_optuna() -> Iterator[None]:
    """Leave Optuna's verbosity as it was."""
    before = optuna.logging.get_verbosity()
    yield
    optuna.logging.set_verbosity(before)


def test_all_ways_choose_from_one_space() -> None:
    """Every parameter is one of each estimator under the name that it has there."""
    fixed = optuna.trial.FixedTrial(
        {"dropout": 0.1, "l2": 1e-3, "learning_rate": 1e-3, "hidden_units": "128-64"}
    )
    chosen = _studies.setting(fixed)
    assert chosen == {**fixed.params, "hidden_units": (128, 64)}
    for peer, names in bench.NAMES.items():
        network, _ = PEERS[peer](1, (), ())
        network.set_params(**{names.get(name, name): value for name, value in chosen.items()})


def test_rows_have_names_of_their_own() -> None:
    """A run goes on by the names of its rows."""
    rows = [
        *bench.study_rows(1, 1, 1, 1),
        *bench.pruning_rows(1, 1, 1, 1),
        *_workers.worker_rows(1, 1, 1, 1),
    ]
    names = [row.name for row in rows]
    assert len(set(names)) == len(names) == 4 + 9 + 6
    assert bench.BASE in names


def test_epochs_of_pruned_trials_are_those_that_they_reported() -> None:
    """The others trained all of them."""
    study = optuna.create_study(direction="maximize")
    for reported in (5, 2, 1):
        pruned = reported < 5
        state = optuna.trial.TrialState.PRUNED if pruned else optuna.trial.TrialState.COMPLETE
        values = dict.fromkeys(range(reported), 0.5)
        study.add_trial(
            optuna.create_trial(
                state=state, value=None if pruned else 0.9, intermediate_values=values
            )
        )
    assert bench._spent(study, 5) == {"pruned": 2, "trials": 3, "epochs": 8, "score": 0.9}


@pytest.mark.slow
@pytest.mark.parametrize("way", ["Optuna, nnest", bench.BASE, "Optuna, scikeras on JAX"])
def test_each_way_runs_the_study(way: str) -> None:
    """All trials, and a score of the best."""
    (row,) = [row for row in bench.study_rows(**SIZE) if row.name == way]
    task = getattr(bench, row.task.partition(":")[2])
    (found,) = task(**row.settings)
    assert found["trials"] == 4
    assert found["trials_per_minute"] == pytest.approx(240 / found["seconds"])
    assert 0 < found["score"] <= 1


@pytest.mark.slow
def test_pruned_studies_try_the_same_settings_in_fewer_epochs() -> None:
    """At random, so that what the best value loses is lost by pruning."""
    size = {**SIZE, "trials": 24, "epochs": 4, "seeds": (0,)}
    (whole,) = bench.pruned("mlp", "random", bench.UNPRUNED, **size)
    (cut,) = bench.pruned("mlp", "random", "halving", **size)
    assert (whole["pruned"], whole["epochs"]) == (0, 24 * 4)
    assert cut["pruned"] > 0
    assert cut["epochs"] < whole["epochs"]
    assert cut["score"] <= whole["score"]


@pytest.mark.slow
@pytest.mark.parametrize("storage", ["journal", "PostgreSQL"])
def test_workers_share_a_study(storage: str) -> None:
    """Two processes do the work of one, and all of it."""
    if storage == "PostgreSQL":
        require(find_spec("psycopg") is not None, "psycopg is not installed")
    (found,) = _workers.shared_study(storage, 2, **{**SIZE, "trials": 20})
    assert found["trials"] >= 20
    assert found["workers"] == 2


def parts(n: int = 700, n_parts: int = 7) -> Any:
    """Return images that stand for those of a plan."""
    rng = np.random.default_rng(0)
    y = np.arange(n) % 5
    rows = np.array_split(rng.permutation(n), n_parts)
    return program.Images(rng.random((n, 4)), y, rows, (rng.random((9, 4)), np.arange(9) % 5))


def test_what_is_compared_is_scored_on_images_that_chose_nothing() -> None:
    """Fresh parts share no row with the search or each other, nor training with scoring."""
    data = parts()
    jobs = program.trainings(data)
    fresh = [job for job in jobs if job.table == "fresh"]
    for job in fresh:
        used = np.concatenate([job.train, job.scored])
        assert not np.intersect1d(used, data.parts[0]).size
        assert not np.intersect1d(job.train, job.scored).size
        np.testing.assert_array_equal(np.sort(used), np.sort(data.parts[1 + job.place]))
    assert all(job.scored is None for job in jobs if job.table == "tested")


def test_winner_and_default_are_compared_seed_by_seed() -> None:
    """Both have the same rows and seeds, and no seed is used twice in a table."""
    kept = {}
    for job in program.trainings(parts()):
        if job.table != "searched":
            kept.setdefault(job.who, []).append((job.table, job.place, job.seed, len(job.train)))
    assert kept["winner"] == kept["default"]
    seeds = [seed for _, _, seed, _ in kept["winner"]]
    assert len(set(seeds)) == len(seeds) == 5 + 5 * 3


@pytest.mark.parametrize("name", program.PLANS)
def test_parts_of_a_plan_are_enough(name: str) -> None:
    """One for the search and one for each seed, of sizes that all fit into sixty thousand."""
    plan = program.PLANS[name]
    assert 60000 // plan.n_images >= 1 + len(program.FRESH_SEEDS)
    assert plan.n_trials >= 60


@pytest.mark.parametrize("name", program.PLANS)
def test_a_space_suggests_what_its_network_takes(name: str) -> None:
    """Every setting of some random trials is one that the estimator has parameters for."""
    plan = program.PLANS[name]
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    seen = [plan.space(study.ask()) for _ in range(40)]
    for setting in seen:
        assert set(setting) <= set(plan.network.get_params())
        assert isinstance(setting["hidden_units"], tuple)
    assert len({setting["hidden_units"] for setting in seen}) > 3


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put a study of seconds on the bundled digits in the place of the real ones."""
    plan = program.PLANS["fashion-mnist"]._replace(
        name="tiny",
        dataset="digits",
        network=MLPClassifier(epochs=3, batch_size=64),
        n_images=225,
        n_trials=12,
    )
    monkeypatch.setattr(program, "PLANS", {"tiny": plan})
    return plan


def test_the_same_networks_are_scored_on_both_kinds_of_images(tiny: Any) -> None:
    """Each is trained on a part that was not searched, and scored on another and the test part."""
    data = program.images(tiny)
    data.parts[0] = np.array([len(data.y)])  # the part that was searched: to use it is an error
    scores = program.resample(tiny, {"hidden_units": (8,)}, data)
    assert list(scores) == ["training images", "test part"]
    for table in scores.values():
        assert {who: len(values) for who, values in table.items()} == {"winner": 5, "default": 5}
        assert all(0 <= value <= 1 for values in table.values() for value in values)
    again = program.clone(tiny.network).set_params(random_state=program.FRESH_SEEDS[4])
    again.fit(data.X[data.parts[5]], data.y[data.parts[5]])
    other = data.parts[1]
    wanted = again.score(data.X[other], data.y[other]), again.score(*data.test)
    found = scores["training images"]["default"][4], scores["test part"]["default"][4]
    np.testing.assert_allclose(found, wanted, atol=0.02)


@pytest.mark.slow
def test_the_studies_are_one_command(
    tiny: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Killed or called again, it adds nothing to what is done, and trials are in the journal."""
    program.main(["--results", str(tmp_path)])
    folder = tmp_path / "studies" / "tiny"
    (found,) = read(folder / "summary.jsonl")
    program.main(["--results", str(tmp_path)])
    assert len(list(read(folder / "summary.jsonl"))) == 1
    assert len((folder / "trials.csv").read_text(encoding="utf-8").splitlines()) == 13
    assert {name: len(found["tested"][name]) for name in ("winner", "default")} == {
        "winner": 5,
        "default": 5,
    }
    assert len(found["searched"]["default"]) == 1
    (resampled,) = read(folder / "resampled.jsonl")
    assert resampled["best"] == found["best"]
    assert max(found["tested"]["winner"]) <= 1
    assert found["best_score"] > 0.3
    assert json.dumps(found["best"]["dropout"])
    assert "difference" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_be_made_before_anything_is_recorded(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It promises nothing then."""
    monkeypatch.setenv("NNEST_RESULTS", str(tmp_path))
    assert "not recorded yet" in run_page(page).glued.values()


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_what_is_recorded(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No value in a sentence is missing once the records are there."""
    monkeypatch.setenv("NNEST_RESULTS", str(BOOK / "results"))
    seen = run_page(page)
    assert "not recorded yet" not in seen.glued.values()
    assert any("<td>" in table for table in seen.tables)


def test_the_page_shows_the_space_that_was_searched() -> None:
    """The code in the page is that of the program, but for types and its sentence."""

    def body(source: str) -> str:
        tree = ast.parse(source)
        (function,) = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and node.name == "perceptron_space"
        ]
        kept = [each for each in function.body if not isinstance(each, ast.Expr)]
        return "\n".join(ast.dump(each) for each in kept)

    shown = chapter("tuning/optuna").partition("```python\n")[2].partition("```")[0]
    assert body(shown) == body((BOOK / "tuning" / "studies.py").read_text(encoding="utf-8"))
