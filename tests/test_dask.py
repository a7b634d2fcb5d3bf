"""Searches over Dask's processes: the scores of one machine, and one compilation in each worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jax
import joblib
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, ParameterGrid, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nnest import VectorizedGridSearchCV
from nnest.exceptions import WorkerError
from nnest.population import _workers
from nnest.programs import _sharing, clear_programs
from tests.book.sources import chapter
from tests.helpers import require
from tests.networks import cnn, mlp, pictures
from tests.searches import kill_once, table, without_times

pytestmark = pytest.mark.slow

GRID = {"dropout": [0.0, 0.2, 0.4], "l2": [0.0, 0.01]}
PROBLEMS: dict[str, Any] = {"mlp": (mlp, table), "cnn": (cnn, pictures)}

#: The steps that this process has compiled since `start_anew`.
_compiled: list[str] = []
_listeners: list[Any] = []


def _hear(event: str, _duration: float, **about: Any) -> None:
    """Keep the name of a step that was compiled."""
    name = str(about.get("fun_name", event))
    if event.endswith("backend_compile_duration") and "step" in name:
        _compiled.append(name)


def start_anew() -> int:
    """Forget a worker's programs and count its compilations from now on; return its process."""
    if not _listeners:
        jax.monitoring.register_event_duration_secs_listener(_hear)
        _listeners.append(_hear)
    clear_programs()
    _compiled.clear()
    return os.getpid()


def count_from_now() -> None:
    """Forget what a worker has compiled; its programs stay."""
    _compiled.clear()


def programs() -> tuple[list[str], int]:
    """Return the kinds of a worker's programs, and how many steps it has compiled."""
    return sorted(kind for kind, *_ in _sharing._programs), len(_compiled)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Start two processes on this machine and yield what sends them work."""
    require(find_spec("distributed") is not None, "Dask's package distributed is not installed")
    from distributed import Client, LocalCluster

    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(host="127.0.0.1", **settings) as two, Client(two) as client:
        yield client


@pytest.fixture
def client(cluster: Any) -> Any:
    """Return the client of workers that have no programs."""
    processes = set(cluster.run(start_anew).values())
    assert len(processes) == 2
    assert os.getpid() not in processes
    return cluster


def searched(problem: str, grid: dict[str, list[float]], **settings: Any) -> GridSearchCV:
    """Return a fitted search."""
    make, data = PROBLEMS[problem]
    return GridSearchCV(make(), grid, cv=3, **settings).fit(*data())


@pytest.mark.parametrize("problem", PROBLEMS)
def test_grid_search_finds_what_one_machine_finds(problem: str, client: Any) -> None:
    """The whole table of results, but for the clock, and the refitted network's predictions."""
    here = searched(problem, GRID)
    with joblib.parallel_config(backend="dask"):
        there = searched(problem, GRID)
    X, _ = PROBLEMS[problem][1]()
    assert without_times(there.cv_results_) == without_times(here.cv_results_)
    np.testing.assert_array_equal(there.predict_proba(X), here.predict_proba(X))


def test_cross_validation_scores_as_one_machine_does(client: Any) -> None:
    """Also with transformers in front."""
    X, y = table()
    net = make_pipeline(StandardScaler(), mlp(dropout=0.2))
    here = cross_val_score(net, X, y, cv=4)
    with joblib.parallel_config(backend="dask"):
        there = cross_val_score(net, X, y, cv=4)
    assert there.tolist() == here.tolist()
    assert len(set(here)) > 1


@pytest.mark.parametrize("problem", PROBLEMS)
def test_each_worker_compiles_each_program_once(problem: str, client: Any) -> None:
    """Eighteen trainings in two processes are two compilations in each: training, prediction."""
    with joblib.parallel_config(backend="dask"):
        searched(problem, GRID, refit=False)
    assert list(client.run(programs).values()) == 2 * [(["predict", "train"], 2)]


def test_a_second_search_compiles_nothing(client: Any) -> None:
    """Other rates and strengths are no other programs."""
    with joblib.parallel_config(backend="dask"):
        searched("mlp", GRID, refit=False)
        client.run(count_from_now)
        searched("mlp", {"dropout": [0.1, 0.3], "l2": [0.001, 0.1]}, refit=False)
    assert [steps for _, steps in client.run(programs).values()] == [0, 0]


def test_another_architecture_is_compiled_too(client: Any) -> None:
    """The count can tell: each width is two programs more in each worker that trained it."""
    with joblib.parallel_config(backend="dask"):
        searched("mlp", {"hidden_units": [(8,), (20,), (40,)], **GRID}, refit=False)
    counted = client.run(programs).values()
    assert all(steps == len(kinds) > 2 for kinds, steps in counted)


def grouped(**settings: Any) -> VectorizedGridSearchCV:
    """Return a fitted search of three groups, the members of each of which train together."""
    grid = {"hidden_units": [(8,), (20,), (40,)], "dropout": [0.0, 0.3]}
    return VectorizedGridSearchCV(mlp(), grid, cv=3, **settings).fit(*table())


def test_whole_groups_go_to_the_workers(client: Any) -> None:
    """Each of three groups is one compilation, in one of the workers."""
    here = grouped()
    with joblib.parallel_config(backend="dask"):
        there = grouped()
    assert without_times(there.cv_results_) == without_times(here.cv_results_)
    np.testing.assert_array_equal(there.predict_proba(table()[0]), here.predict_proba(table()[0]))
    found = client.run(programs).values()
    assert sum(kinds.count("train many") for kinds, _ in found) == 3
    assert sum(steps for _, steps in found) == 3


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_groups_of_a_killed_worker_are_trained_again(
    client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although the samples that it held are lost with it."""
    here, flag = grouped(refit=False), tmp_path / "killed"
    monkeypatch.setattr(_workers, "_train_part", partial(kill_once, flag, os.getpid()))
    with joblib.parallel_config(backend="dask"):
        there = grouped(refit=False)
    client.wait_for_workers(2, timeout=60)
    assert flag.exists()
    assert without_times(there.cv_results_) == without_times(here.cv_results_)


def test_a_client_that_is_closed(cluster: Any) -> None:
    """One sentence, and no network is taken for one that failed."""
    from distributed import Client

    with Client(cluster.cluster) as closed:
        settings = joblib.parallel_config(backend="dask", client=closed)
    with settings, pytest.raises(WorkerError, match=r"^3 of 3 groups came back from no worker, "):
        grouped(refit=False)


def test_the_script_of_the_book_runs(tmp_path: Path) -> None:
    """As a reader would copy it into a file, from whose import the processes begin."""
    require(find_spec("distributed") is not None, "Dask's package distributed is not installed")
    blocks = chapter("tuning/several_machines").split("```python\n")[1:]
    (script,) = [block.partition("```")[0] for block in blocks if "dask" in block]
    path = tmp_path / "grid.py"
    path.write_text(script, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(path)],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        cwd=tmp_path,
    )
    # Dask gives its processes five seconds to end, which is too short on a busy machine.
    assert done.returncode == 0 or done.stderr.endswith("TimeoutError\n"), done.stderr
    grid = ParameterGrid({"hidden_units": [(32,), (64,)], "dropout": [0.0, 0.2, 0.4]})
    assert done.stdout.strip() in map(str, grid)
