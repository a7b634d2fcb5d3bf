"""Trainings that are recorded together are what each would have been alone."""

from __future__ import annotations

import errno
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnest.estimators import MLPClassifier
from nnest.experiments import (
    Arm,
    Experiment,
    Holdout,
    Protocol,
    Report,
    Size,
    _run,
    _train,
    hold_out,
    load_images,
    run,
)
from nnest.experiments._jobs import make_estimator
from nnest.population import _checkpoint, _group
from nnest.preprocessing import PixelScaler
from nnest.results import ResultStore, Run

SIZE = Size(epochs=3, seeds=3, n_train=300, dataset="digits")
PARTS = {"some": Holdout(0.2, by="images")}
NET = MLPClassifier(hidden_units=(12,), learning_rate=0.01)
ARMS = (
    Arm("plain", NET, PixelScaler()),
    Arm(
        "thinned", MLPClassifier(hidden_units=(12,), learning_rate=0.01, dropout=0.4), PixelScaler()
    ),
    Arm("deeper", MLPClassifier(hidden_units=(12, 8), learning_rate=0.01), PixelScaler()),
    Arm("unscaled", NET),
)


def report() -> Report:
    """Declare arms of which two can share a program on the same images."""
    protocol = Protocol(smoke=SIZE, lite=SIZE, full=SIZE, holdouts=PARTS)
    return Report("demo", "Demo", "Nobody", 2020, "nowhere", (
        Experiment("one", "?", "mnist", ARMS, protocol),
    ))  # fmt: skip


def recorded(folder: Path) -> dict[tuple[str, int], Run]:
    """Return the records by arm and seed."""
    store = ResultStore(folder)
    run(report(), store=store, scale="smoke", progress=False)
    return {(one.arm, one.seed): one for one in store.read("demo")}


def test_groups_hold_what_shares_program_and_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each seed sets its own images aside, and all of them are one group."""
    groups: list[list[str]] = []
    records = _train.TrainingSession.records

    def watched(self: Any, jobs: Any, checkpoint: Any = None) -> Any:
        groups.append([f"{job.arm.name} {job.seed}" for job in jobs])
        return records(self, jobs, checkpoint)

    monkeypatch.setattr(_train.TrainingSession, "records", watched)
    together = recorded(tmp_path / "together")
    assert groups == [
        ["plain 0", "thinned 0", "plain 1", "thinned 1", "plain 2", "thinned 2"],
        ["deeper 0", "deeper 1", "deeper 2"],
        ["unscaled 0", "unscaled 1", "unscaled 2"],
    ]
    assert together["plain", 1].group == {"lowering": "stacked", "lanes": 4, "members": 6}

    monkeypatch.setattr(_run, "members_at_once", lambda estimator: 1)
    alone = recorded(tmp_path / "alone")
    assert together.keys() == alone.keys()
    for key, one in together.items():
        other = alone[key]
        assert one.digest == other.digest
        assert one.history.keys() == other.history.keys()
        assert one.final.keys() == other.final.keys()
        for name, value in other.final.items():
            # Of the sixty images of the smallest part, two may be as good as undecided.
            close = 0.005 if "loss" in name else 2.1 / 60
            assert one.final[name] == pytest.approx(value, abs=close), (key, name)
    assert not list((tmp_path / "together" / ".running").glob("*.npz"))


def test_records_of_a_group_are_those_of_the_estimators_own_fit(tmp_path: Path) -> None:
    """Without anything of the runner in between."""
    (experiment,) = report().experiments
    found = recorded(tmp_path)["thinned", 2]
    images = load_images(experiment, "smoke", None)
    rest, _ = hold_out(images, PARTS, 2)
    scaler = PixelScaler().fit(images.train)
    net = make_estimator(ARMS[1], SIZE, 2).fit(scaler.transform(rest.train), rest.train_labels)
    accuracy = np.mean(net.predict(scaler.transform(images.test)) == images.test_labels)
    assert found.final["test_accuracy"] == pytest.approx(accuracy, abs=0.005)
    np.testing.assert_allclose(found.history["fit_loss"], net.history_["loss"], atol=1e-3)


def test_a_disk_that_fills_leaves_the_records_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder is named; with room, the same call goes on with what is missing."""
    write, room = np.savez, [1]

    def write_if_room(file: Any, **arrays: Any) -> None:
        room[0] -= 1
        if room[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(file, **arrays)

    monkeypatch.setattr(_checkpoint.np, "savez", write_if_room)
    sentence = rf"^Cannot write to '{tmp_path}/\.running' \(No space left on device\): "
    with pytest.raises(OSError, match=sentence):
        recorded(tmp_path)
    before = ResultStore(tmp_path).read("demo")
    assert len(before) == 6, "those of the first group"
    assert not list(tmp_path.rglob("*.part"))

    room[0] = 99
    assert len(recorded(tmp_path)) == 12
    assert ResultStore(tmp_path).read("demo")[:6] == before


def test_a_training_that_is_stopped_while_it_is_scored_is_not_trained_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its checkpoint stays until its records are there."""

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(_train, "_scores", stop)
        with pytest.raises(KeyboardInterrupt):
            recorded(tmp_path)
    assert len(list((tmp_path / ".running").glob("*.npz"))) == 1
    found = recorded(tmp_path)

    resumed = {arm for (arm, _), one in found.items() if "resumed_after" in (one.group or {})}
    assert resumed == {"plain", "thinned"}
    assert not list((tmp_path / ".running").glob("*.npz"))


def test_seconds_of_a_stopped_training_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it took before it was stopped is part of its time, and the record says how much."""
    end_epoch, waited = _group.Group._end_epoch, 0.5

    def stop(self: Any, after_epoch: Any) -> None:
        end_epoch(self, after_epoch)
        if self.epoch == 1:
            time.sleep(waited)
        else:
            raise KeyboardInterrupt

    monkeypatch.setattr(_checkpoint, "INTERVAL", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(_group.Group, "_end_epoch", stop)
        with pytest.raises(KeyboardInterrupt):
            recorded(tmp_path)
    found = recorded(tmp_path)

    resumed = [one for one in found.values() if "resumed_after" in (one.group or {})]
    assert {one.arm for one in resumed} == {"plain", "thinned"}
    assert {one.arm for one in found.values()} > {"plain", "thinned"}
    (before,) = {one.group["resumed_after"] for one in resumed if one.group}
    assert before >= waited
    assert sum(one.seconds for one in resumed) >= before
