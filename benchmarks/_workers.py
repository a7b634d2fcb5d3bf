"""Processes that share a study: each is held to one core, as a machine with one would be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks._runs import MARK, ROOT, MeasurementError, Row
from benchmarks._studies import GROUP, digits, setting, splits_of
from benchmarks.peers import PEERS

WORKERS = (1, 2, 4)
READY = "ready"


def worker_rows(trials: int, epochs: int, folds: int, samples: int) -> list[Row]:
    """Return one, two and four processes on each storage that several can share."""
    size = {"trials": trials, "epochs": epochs, "folds": folds, "samples": samples}
    return [
        Row(
            f"{storage}, {count} {'worker' if count == 1 else 'workers'}",
            "_workers:shared_study",
            {"storage": storage, "count": count, **size},
            needs=needs,
        )
        for storage, needs in (("journal", ()), ("PostgreSQL", ("psycopg",)))
        for count in WORKERS
    ]


@contextmanager
def shared_storage(storage: str) -> Iterator[str]:
    """Yield where a study is kept: the path of a journal, or the address of a server."""
    if storage == "journal":
        with TemporaryDirectory() as folder:
            yield str(Path(folder) / "journal.log")
    else:
        from tests.postgres import server

        with server() as running:
            yield running.url


def shared_study(
    storage: str, count: int, trials: int, epochs: int, folds: int, samples: int
) -> list[dict[str, Any]]:
    """Let processes share a study; the clock runs from when all are ready until all are done.

    Parameters
    ----------
    storage : {"journal", "PostgreSQL"}
        Where the study is kept.
    count : int
        How many processes.
    trials, epochs, folds, samples : int
        The size of the work, which all processes do together.

    Returns
    -------
    list of dict
        One finding: seconds, trials a minute, and the best value as the score.
    """
    size = {"trials": trials, "epochs": epochs, "folds": folds, "samples": samples}
    with shared_storage(storage) as place, ExitStack() as stack:
        workers = [stack.enter_context(_started(i, place, size)) for i in range(count)]
        for worker in workers:
            _wait_for(worker, READY)
        begun = time.perf_counter()
        for worker in workers:
            worker.stdin.write("go\n")
            worker.stdin.flush()
        told = [json.loads(_wait_for(worker, MARK))[0] for worker in workers]
        seconds = time.perf_counter() - begun
    finished = max(each["finished"] for each in told)
    return [
        {
            "seconds": seconds,
            "workers": count,
            "trials": finished,
            "trials_per_minute": 60 * finished / seconds,
            "score": max(each["score"] for each in told),
        }
    ]


@contextmanager
def _started(core: int, place: str, size: dict[str, int]) -> Iterator[Any]:
    """Run a worker that waits for the word to go; it does not outlive the block."""
    settings = json.dumps({"core": core, "place": place, **size})
    command = [sys.executable, "-m", "benchmarks._child", "_workers:work", settings]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as worker:
        try:
            yield worker
        except BaseException:
            worker.kill()
            raise


def _wait_for(worker: Any, word: str) -> str:
    """Return what a worker says behind a word, once it says it."""
    for line in worker.stdout:
        if line.startswith(word):
            return str(line.removeprefix(word))
    raise MeasurementError(f"a worker ended with code {worker.wait()} before it said {word!r}")


def work(
    core: int, place: str, trials: int, epochs: int, folds: int, samples: int
) -> list[dict[str, Any]]:
    """Do a share of a study on one core."""
    if hasattr(os, "sched_setaffinity"):  # elsewhere the system shares the cores out
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[core % len(cores)]})
    from nnest import OptunaSearchCV

    X, y = digits(samples)
    search = OptunaSearchCV(
        PEERS["nnest"](epochs, (), ())[0], setting, n_trials=trials, scoring="accuracy",
        cv=splits_of(X, y, folds), storage=place, study_name="shared", group_size=GROUP,
        random_state=0, refit=False,
    )  # fmt: skip
    print(READY, flush=True)
    sys.stdin.readline()
    search.fit(X, y)
    states = [trial.state.name for trial in search.study_.trials]
    return [{"finished": states.count("COMPLETE"), "score": search.study_.best_value}]
