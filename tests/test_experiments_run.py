"""The runner: it trains what is missing and only that, and ends with the same numbers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

import nnest
from nnest.exceptions import ExperimentError, ResultsError
from nnest.experiments import (
    Arm,
    Experiment,
    Outcome,
    Protocol,
    Report,
    Size,
    arm_digest,
    jobs_of,
    run,
)
from nnest.experiments import _run as runner
from nnest.preprocessing import PixelScaler
from nnest.results import ResultStore, _store
from tests.helpers import ROOT, Clock


class FakeClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Looks at nothing but the seed, and fits in no time."""

    fitted = 0
    stop_after: int | None = None

    def __init__(
        self,
        skill: float = 0.9,
        epochs: int = 1,
        random_state: int | None = None,
        pause: float = 0.0,
    ) -> None:
        self.skill = skill
        self.epochs = epochs
        self.random_state = random_state
        self.pause = pause

    def fit(self, X: Any, y: Any, X_val: Any = None, y_val: Any = None) -> Self:
        """Keep the classes, and make a history."""
        if type(self).stop_after == type(self).fitted:
            raise KeyboardInterrupt
        type(self).fitted += 1
        time.sleep(self.pause)
        assert len(X) == len(y)
        self.classes_ = np.unique(y)
        curve = [self.skill] * self.epochs
        self.history_ = {"accuracy": curve, "loss": curve}
        if X_val is not None:
            assert len(X_val) == len(y_val)
            self.history_ |= {"val_accuracy": curve, "val_loss": curve}
        return self

    def predict_proba(self, X: Any) -> Any:
        """Draw probabilities by the seed."""
        rng = np.random.default_rng(self.random_state)
        drawn = rng.dirichlet(np.full(self.classes_.size, 1 - self.skill), size=len(X))
        return drawn.astype(np.float32)


def fake_report(pause: float = 0.0) -> Report:
    """Declare a report of two experiments with three arms, one of them shared."""
    size = Size(epochs=2, seeds=2, n_train=100, dataset="digits")
    protocol = Protocol(
        smoke=size, lite=size, full=size, test_images={"dark": PixelScaler(factor=0.5)}
    )
    good, poor = FakeClassifier(0.9, pause=pause), FakeClassifier(0.2, pause=pause)
    first = Experiment("first", "?", "mnist", (Arm("good", good), Arm("poor", poor)), protocol)
    second = Experiment(
        "second",
        "?",
        "mnist",
        (Arm("good", good, shared="first/good"), Arm("scaled", good, PixelScaler())),
        protocol,
    )
    return Report("fake", "Fake", "Nobody", 2020, "nowhere", (first, second))


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    """Keep records in a folder of this test."""
    FakeClassifier.fitted, FakeClassifier.stop_after = 0, None
    return ResultStore(tmp_path / "records")


def numbers(store: ResultStore) -> dict[tuple[Any, ...], Any]:
    """Return what was found out, without what differs from time to time."""
    runs = store.read("fake")
    assert len({one.key for one in runs}) == len(runs)
    return {one.key: (one.history, one.final, one.confusion, one.parameters) for one in runs}


def quietly(report: Report, store: ResultStore, **options: Any) -> Outcome:
    """Run at smoke scale without a bar."""
    return run(report, store=store, **{"scale": "smoke", "progress": False, **options})


def test_runs_every_arm_once_with_every_seed(store: ResultStore) -> None:
    """Two arms and a third with two seeds are six trainings; the shared arm has none of its own."""
    assert quietly(fake_report(), store) == Outcome(needed=6, found=0, trained=6)
    found = [(one.experiment, one.arm, one.seed) for one in store.read("fake")]
    arms = [("first", "good"), ("first", "poor"), ("second", "scaled")]
    assert sorted(found) == [(*arm, seed) for arm in arms for seed in (0, 1)]


def test_trains_nothing_twice(store: ResultStore) -> None:
    """A second call finds everything, and trains nothing."""
    quietly(fake_report(), store)
    before = numbers(store)
    assert quietly(fake_report(), store) == Outcome(needed=6, found=6, trained=0)
    assert numbers(store) == before
    assert FakeClassifier.fitted == 6


def test_more_seeds_train_only_those(store: ResultStore) -> None:
    """Seeds 0 and 1 are there; asked for three, it trains seed 2 of each arm."""
    quietly(fake_report(), store)
    assert quietly(fake_report(), store, n_seeds=3) == Outcome(needed=9, found=6, trained=3)


def test_goes_seed_by_seed() -> None:
    """All arms have their first seed before any has its second."""
    assert [job.seed for job in jobs_of(fake_report(), scale="smoke")] == [0, 0, 0, 1, 1, 1]


def test_ctrl_c_keeps_what_had_ended(store: ResultStore, tmp_path: Path) -> None:
    """Stopped in the fourth training and started again, it ends with the uninterrupted numbers."""
    whole = ResultStore(tmp_path / "whole")
    quietly(fake_report(), whole)
    FakeClassifier.fitted, FakeClassifier.stop_after = 0, 3
    with pytest.raises(KeyboardInterrupt):
        quietly(fake_report(), store)
    assert len(store.read("fake")) == 3
    FakeClassifier.stop_after = None
    assert quietly(fake_report(), store) == Outcome(needed=6, found=3, trained=3)
    assert numbers(store) == numbers(whole)


def test_records_are_read_once_and_not_for_each_training(
    store: ResultStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of hundreds of runs takes a moment to read."""
    quietly(fake_report(), store)
    reads, read_file = [], _store.read_file
    monkeypatch.setattr(_store, "read_file", lambda path: reads.append(path) or read_file(path))
    again = ResultStore(store.folder)
    assert quietly(fake_report(), again) == Outcome(needed=6, found=6, trained=0)
    assert len(reads) == len(set(reads))


@pytest.mark.slow
def test_kill_loses_the_run_at_hand_only(store: ResultStore, tmp_path: Path) -> None:
    """Killed without warning after two records, it goes on to the uninterrupted numbers."""
    script = (
        "from tests.test_experiments_run import *;"
        f"quietly(fake_report(pause=0.5), ResultStore({str(store.folder)!r}))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env=environment)
    deadline = time.monotonic() + 120
    while len(store.read("fake")) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.wait(timeout=30)
    kept = len(store.read("fake"))
    assert 2 <= kept < 6
    report, whole = fake_report(pause=0.5), ResultStore(tmp_path / "whole")
    assert quietly(report, store) == Outcome(needed=6, found=kept, trained=6 - kept)
    quietly(report, whole)
    assert numbers(store) == numbers(whole)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Let time pass only where a training pauses, or the runner waits."""
    found = Clock()
    monkeypatch.setattr(runner, "time", found)
    monkeypatch.setattr(sys.modules[__name__], "time", found)
    return found


@pytest.mark.parametrize(("budget", "trained"), [(0.5, 1), (0.6, 2), (10.0, 6)])
def test_budget_begins_no_training_that_would_not_end(
    store: ResultStore, clock: Clock, budget: float, trained: int
) -> None:
    """Trainings take 0.3 s: what would end later than the budget is left."""
    outcome = quietly(fake_report(pause=0.3), store, budget=budget)
    assert (outcome.trained, outcome.left) == (trained, 6 - trained)
    assert clock.now == pytest.approx(0.3 * trained)


def test_record_holds_all_metrics(store: ResultStore) -> None:
    """A record has curves for each epoch, scores in inference mode, and counts that fit them."""
    quietly(fake_report(), store)
    record = store.read("fake", "first")[0]
    assert set(record.history) == {"fit_accuracy", "fit_loss", "test_accuracy", "test_loss"}
    assert {len(curve) for curve in record.history.values()} == {2}
    scored = {f"{part}_{kind}" for part in ("train", "test") for kind in ("accuracy", "loss")}
    dark = {"test_accuracy@dark", "test_loss@dark"}
    watched = {"fit_accuracy", "fit_loss"}
    assert set(record.final) == scored | dark | watched | {"test_balanced_accuracy"}
    counts = np.array(record.confusion)
    assert np.trace(counts) / counts.sum() == pytest.approx(record.final["test_accuracy"])
    assert record.parameters["protocol"]["n_train"] == 100
    assert record.code["source_digest"]
    assert record.device.startswith(("cpu", "gpu"))
    assert not record.diverged


def test_seed_reaches_the_estimator(store: ResultStore) -> None:
    """Other seeds give other numbers."""
    quietly(fake_report(), store)
    first, second = store.select("fake", "first", "good", "smoke", _digest("good")).values()
    assert first.final["test_loss"] != second.final["test_loss"]


def _digest(arm: str) -> str:
    """Return the digest of an arm of the first experiment."""
    return arm_digest(fake_report(), "first", arm, "smoke")


def test_digest_of_a_shared_arm_is_its_owners() -> None:
    """The runs of a shared arm are found under its owner's digest."""
    assert arm_digest(fake_report(), "second", "good", "smoke") == _digest("good")


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": 3},
        {"n_train": 99},
        {"shape": (16, 16)},
        {"dataset": "mnist"},
    ],
)
def test_digest_follows_the_protocol(change: dict[str, Any]) -> None:
    """A change of what is trained on or for how long makes records stale."""
    assert arm_digest(_with_size(change), "first", "good", "smoke") != _digest("good")


def test_digest_ignores_the_number_of_seeds() -> None:
    """More seeds leave the records of the first ones as they are."""
    assert arm_digest(_with_size({"seeds": 7}), "first", "good", "smoke") == _digest("good")


def _with_size(change: dict[str, Any]) -> Report:
    """Return the fake report's first experiment with another smoke size."""
    first = fake_report().experiments[0]
    size = replace(first.protocol.smoke, **change)
    changed = replace(first, protocol=replace(first.protocol, smoke=size))
    return replace(fake_report(), experiments=(changed,))


def test_digest_follows_parameters_but_not_seed_or_noise() -> None:
    """Skill decides a training; a seed set beforehand does not, since the runner sets it."""
    assert _digest("good") != _digest("poor")
    first = fake_report().experiments[0]
    seeded = Arm("good", FakeClassifier(0.9, random_state=5))
    report = replace(fake_report(), experiments=(replace(first, arms=(seeded,)),))
    assert arm_digest(report, "first", "good", "smoke") == _digest("good")


def test_stale_records_are_kept_and_not_used(store: ResultStore) -> None:
    """After a change of the protocol everything is trained again, and the old lines stay."""
    quietly(fake_report(), store)
    changed = _with_size({"epochs": 3})
    outcome = quietly(changed, store)
    assert (outcome.found, outcome.trained) == (0, 4)
    digests = {arm_digest(changed, "first", arm, "smoke") for arm in ("good", "poor")}
    assert len(store.stale("fake", digests)) == 6


def test_loss_that_is_not_finite_is_recorded_as_diverged(store: ResultStore) -> None:
    """A diverged training is recorded: its accuracy counts, its loss is no number."""
    first = fake_report().experiments[0]
    report = replace(fake_report(), experiments=(replace(first, arms=(Arm("nan", _Diverging()),)),))
    quietly(report, store, n_seeds=1)
    (record,) = store.read("fake")
    assert record.diverged
    assert np.isnan(record.final["test_loss"])
    assert 0 <= record.final["test_accuracy"] <= 1


class _Diverging(FakeClassifier):
    """Gives no numbers."""

    def predict_proba(self, X: Any) -> Any:
        """Return NaN."""
        return np.full((len(X), self.classes_.size), np.nan)


def test_dirty_tree_is_refused_for_real_runs(
    store: ResultStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real runs need committed code; allowed otherwise, the record says so; smoke runs need not."""
    state = ("c0ffee", True)
    monkeypatch.setattr("nnest.experiments._circumstances.git_state", lambda *_, **__: state)
    message = (
        f"The checkout at {Path(nnest.__file__).parents[1]} has changes that are not committed, so"
        " that no record could say which code made it; commit them, or pass"
        " --allow-dirty (allow_dirty=True), which is recorded."
    )
    with pytest.raises(ExperimentError, match=f"^{re.escape(message)}$"):
        quietly(fake_report(), store, scale="lite")
    assert store.read("fake") == []
    quietly(fake_report(), store, scale="lite", allow_dirty=True, n_seeds=1)
    assert store.read("fake")[0].code["dirty"] is True
    assert quietly(fake_report(), store, n_seeds=1).trained == 3


def test_folder_that_cannot_be_written_is_refused_before_training(tmp_path: Path) -> None:
    """A file where the folder should be: nothing is trained."""
    (tmp_path / "records").write_text("not a folder")
    FakeClassifier.fitted = 0
    with pytest.raises(ResultsError, match="Cannot record runs in "):
        quietly(fake_report(), ResultStore(tmp_path / "records"))
    assert FakeClassifier.fitted == 0


def test_record_of_another_process_is_not_doubled(
    store: ResultStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where another process recorded a training in the meantime, it is counted as found."""
    real, asked = runner._recorded, []

    def recorded(*arguments: Any) -> bool:
        asked.append(arguments)
        return len(asked) > 6 and real(*arguments)

    quietly(fake_report(), store)
    monkeypatch.setattr(runner, "_recorded", recorded)
    assert quietly(fake_report(), store) == Outcome(needed=6, found=6, trained=0)
    assert len(store.read("fake")) == 6


@pytest.fixture
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test wait a whole second for another process."""
    monkeypatch.setattr(runner, "_PAUSE", 0.01)


def test_training_of_another_process_is_waited_for(
    store: ResultStore, without_pauses: None, tmp_path: Path
) -> None:
    """One training is reserved elsewhere: the others come first, then its record is found."""
    report, elsewhere = fake_report(), ResultStore(tmp_path / "elsewhere")
    quietly(report, elsewhere)
    theirs = elsewhere.read("fake")[0]
    outcomes: list[Outcome] = []
    with store.reserve([theirs.key]):
        thread = threading.Thread(target=lambda: outcomes.append(quietly(report, store)))
        thread.start()
        deadline = time.monotonic() + 60
        while len(store.read("fake")) < 5 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert thread.is_alive()
        store.append(theirs)
    thread.join(timeout=60)
    assert outcomes == [Outcome(needed=6, found=1, trained=5)]
    assert numbers(store) == numbers(elsewhere)


def test_budget_ends_the_wait_for_another_process(store: ResultStore, clock: Clock) -> None:
    """What another process has is left to it when the time is over."""
    report = fake_report()
    job = jobs_of(report, scale="smoke")[0]
    with store.reserve([("fake", "first", "good", 0, "smoke", job.digest)]):
        assert quietly(report, store, budget=3.0) == Outcome(needed=6, found=0, trained=5)
    assert 3.0 < clock.now < 3.0 + 2 * runner._PAUSE


@pytest.mark.slow
def test_processes_share_the_work(store: ResultStore, tmp_path: Path) -> None:
    """Of two that are given one report, each trains a part; nothing is trained twice."""
    script = (
        "from tests.test_experiments_run import *;"
        f"print(quietly(fake_report(pause=0.5), ResultStore({str(store.folder)!r})).trained)"
    )
    workers = [
        subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    trained = [int(worker.communicate(timeout=120)[0]) for worker in workers]
    assert sum(trained) == 6
    whole = ResultStore(tmp_path / "whole")
    quietly(fake_report(pause=0.5), whole)
    assert numbers(store) == numbers(whole)


def test_number_of_seeds_must_be_positive(store: ResultStore) -> None:
    """Zero seeds are no request."""
    message = "The number of seeds is 0; it must be at least 1."
    with pytest.raises(ExperimentError, match=f"^{re.escape(message)}$"):
        quietly(fake_report(), store, n_seeds=0)
