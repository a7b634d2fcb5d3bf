"""Groups in the workers of joblib: the numbers of one process, and workers that end."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nnest import Augmentation, HalvingSearchCV, VectorizedGridSearchCV, fit_many
from nnest._machine import cores, worker_cores
from nnest.exceptions import WorkerError
from nnest.population import _fit_many, _workers, checkpoints_kept
from tests.networks import cnn, mlp, pictures, refuses, same_weights
from tests.searches import kill_once, table, train_part, without_times

X, Y = table()
GRID = {"hidden_units": [(8,), (20,)], "dropout": [0.0, 0.3]}
#: Where workers are processes, and where they are threads of this one.
WORKERS = ["threading", pytest.param("loky", marks=pytest.mark.slow)]


def searched(**settings: Any) -> VectorizedGridSearchCV:
    """Return a fitted grid search of two groups."""
    return VectorizedGridSearchCV(mlp(), GRID, cv=3, refit=False, **settings).fit(X, Y)


def noted(folder: Path, *arguments: Any) -> Any:
    """Train a part; leave a file named after the process, with its share of the processors."""
    (folder / str(os.getpid())).write_text(str(worker_cores()))
    return train_part(*arguments)


@pytest.fixture(params=WORKERS)
def two_workers(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Any]:
    """Yield a context with two workers; at the end, hold them to have trained something."""
    folder = tmp_path_factory.mktemp("workers")
    monkeypatch.setattr(_workers, "_train_part", partial(noted, folder))
    yield lambda: parallel_config(request.param, n_jobs=2)
    shares = {int(path.name): int(path.read_text()) for path in folder.iterdir()}
    assert shares
    if request.param == "threading":
        assert shares.keys() == {os.getpid()}
    else:
        assert os.getpid() not in shares
        assert max(shares.values()) <= max(1, cores() // 2)


def random_members() -> list[Any]:
    """Return networks of several groups, whose seeds come from one random state."""
    shared = np.random.RandomState(0)
    stops = {"early_stopping": True, "n_iter_no_change": 1, "epochs": 4}
    plain = [mlp(random_state=shared, dropout=rate) for rate in (0.1, 0.2, 0.3)]
    return [*plain, mlp(random_state=shared, **stops), mlp(random_state=shared, epochs=1)]


def augmented() -> list[Any]:
    """Return networks each of which has a model of its own."""
    return [
        cnn(
            augmentation=Augmentation(brightness=strength, clip=None),
            dropout=0.2,
        )
        for strength in (0.1, 0.2)
    ]


@pytest.mark.parametrize(
    ("make", "samples"), [(random_members, X), (augmented, pictures(60)[0])], ids=["mlp", "cnn"]
)
def test_workers_give_each_network_what_one_process_gives_it(
    make: Callable[[], list[Any]], samples: np.ndarray, two_workers: Any
) -> None:
    """Bit for bit, random streams and histories included; and each trains on as it would here."""
    weight, splits = np.linspace(1, 2, 60), [(np.arange(i, 60), np.arange(i)) for i in range(5)]
    given = {"splits": splits[: len(make())], "sample_weight": weight}
    here = fit_many(make(), samples, Y, **given)
    with two_workers():
        there = fit_many(make(), samples, Y, **given)
    for one, other in zip(here, there, strict=True):
        assert one.history_ == other.history_
        assert (one.best_epoch_, one.group_) == (other.best_epoch_, other.group_)
        assert same_weights(one.partial_fit(samples, Y), other.partial_fit(samples, Y))


def test_searches_have_the_table_of_one_process(two_workers: Any, tmp_path: Path) -> None:
    """What is kept is the same too, and no checkpoint is left."""
    here = searched(keep="all", return_train_score=True)
    with two_workers():
        there = searched(keep="all", return_train_score=True, checkpoint=tmp_path)
    assert without_times(there.cv_results_) == without_times(here.cv_results_)
    for row, found in here.oof_predictions_.items():
        np.testing.assert_array_equal(there.oof_predictions_[row], found)
    assert {path.suffix for path in tmp_path.iterdir()} == {".bin"}  # of `keep`


def test_survivors_go_on_in_workers(two_workers: Any) -> None:
    """From the weights that came back, behind transformers that are fitted once."""
    net = make_pipeline(StandardScaler(), mlp(epochs=4))
    grid = {f"mlpclassifier__{name}": values for name, values in GRID.items()}
    here, there = (
        HalvingSearchCV(net, grid, cv=3, factor=2, refit=False, n_jobs=n_jobs)
        for n_jobs in (1, None)
    )
    with two_workers():
        here.fit(X, Y)
        there.fit(X, Y)
    assert there.n_iterations_ > 1
    assert without_times(there.cv_results_) == without_times(here.cv_results_)


def kill_always(caller: int, *_arguments: Any) -> None:
    """Kill the worker, and nothing else."""
    assert os.getpid() != caller
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_groups_of_a_killed_worker_are_trained_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once; a second time ends the search by one sentence."""
    here, flag = searched(), tmp_path / "killed"
    monkeypatch.setattr(_workers, "_train_part", partial(kill_once, flag, os.getpid()))
    with parallel_config("loky", n_jobs=2):
        there = searched()
    assert flag.exists()
    assert without_times(there.cv_results_) == without_times(here.cv_results_)

    monkeypatch.setattr(_workers, "_train_part", partial(kill_always, os.getpid()))
    sentence = "2 of 2 groups came back from no worker, tried twice (TerminatedWorkerError: "
    with pytest.raises(WorkerError, match=f"^{re.escape(sentence)}") as caught:
        searched(n_jobs=2)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("times", [1, 2])
def test_a_lost_group_is_tried_twice(times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever joblib says of it; groups that came back are not trained again."""
    lost: list[int] = []
    trained: list[int] = []

    def losing(train: Any, place: int, *others: Any) -> Any:
        if place == 1 and len(lost) < times:
            lost.append(place)
            raise OSError("The network is down. Sorry.")
        trained.append(place)
        return train_part(train, place, *others)

    monkeypatch.setattr(_workers, "_train_part", losing)
    with parallel_config("threading", n_jobs=1):
        members = [mlp(), mlp(hidden_units=(9,))]
        monkeypatch.setattr(_fit_many, "has_workers", lambda *_: True)
        if times == 2:
            sentence = (
                "1 of 2 groups came back from no worker, tried twice (OSError: The network is "
                "down): see whether the cluster is there and its workers have enough memory, or "
                "train in this process with n_jobs=1."
            )
            with pytest.raises(WorkerError, match=f"^{re.escape(sentence)}$"):
                fit_many(members, X, Y)
        else:
            fit_many(members, X, Y)
    assert trained == [0, 1][: 3 - times]


def test_threads_of_one_process_train_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two groups of one architecture trace their programs with one model."""
    inside: list[int] = []

    def watched(*arguments: Any) -> Any:
        inside.append(0)
        assert len(inside) == 1
        time.sleep(0.05)
        try:
            return train(*arguments)
        finally:
            inside.clear()

    train = _fit_many._train
    monkeypatch.setattr(_fit_many, "_train", watched)
    with parallel_config("threading", n_jobs=2):
        fit_many([mlp(random_state=seed) for seed in range(4)], X, Y, max_group=2)


def test_an_error_in_a_worker_is_that_of_its_group(
    two_workers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is raised here, and not tried again."""
    monkeypatch.setattr(_fit_many, "_train", fail)
    with two_workers(), refuses("It cannot be trained."):
        fit_many([mlp()], X, Y)


def fail(*_arguments: Any) -> None:
    """Take the place of a training that ends by an error."""
    raise ValueError("It cannot be trained.")


def test_checkpoints_of_workers_are_those_of_one_process(two_workers: Any, tmp_path: Path) -> None:
    """What a worker has trained, the same call goes on from in this process."""
    first, again = ([mlp(), mlp(dropout=0.3), mlp(hidden_units=(9,))] for _ in range(2))
    with checkpoints_kept():
        with two_workers():
            fit_many(first, X, Y, checkpoint=tmp_path)
        assert len(list(tmp_path.iterdir())) == 2
        fit_many(again, X, Y, checkpoint=tmp_path)
    assert all(net.group_["resumed_after"] > 0 for net in again)
    assert all(same_weights(one, other) for one, other in zip(first, again, strict=True))
    assert list(tmp_path.iterdir()) == []


def test_a_worker_names_checkpoints_and_no_other_files(tmp_path: Path) -> None:
    """What is removed at the end is in the folder of checkpoints, and is one."""
    good = f"group-{'0' * 32}.npz"
    assert _workers._checkpoint_in(tmp_path, good).path == tmp_path / good
    for name in ("../thesis.npz", f"../{good}", "thesis.npz", ""):
        assert _workers._checkpoint_in(tmp_path, name).path is None


def test_a_callback_stays_in_this_process() -> None:
    """It is refused with workers that are asked for, and else trains here."""
    said = "n_jobs=2 and callback are not accepted together, because a callback is called between "
    with refuses(f"{said}the epochs of this process: leave one of them out."):
        fit_many([mlp()], X, Y, callback=lambda epoch, metrics: None, n_jobs=2)
    heard: list[int] = []
    with parallel_config("threading", n_jobs=2):
        fit_many([mlp()], X, Y, callback=lambda epoch, metrics: heard.append(epoch))
    assert heard == [0, 1]


def test_no_workers_at_all() -> None:
    """Zero means nothing."""
    with refuses("n_jobs=0 is not accepted: give a number of workers, -1 for all, or 1 for none."):
        fit_many([mlp()], X, Y, n_jobs=0)
