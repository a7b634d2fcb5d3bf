"""Workers of a study that are killed, as a program: `python -m tests.faults kill WHERE SEED...`.

A program of its own, so that its processes are forked before anything has threads. Training is a
nap; what becomes of a trial follows from its parameters.
"""

from __future__ import annotations

import ctypes
import json
import multiprocessing
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from select import select
from typing import TYPE_CHECKING, Any

import optuna
from optuna.samplers import RandomSampler
from optuna.trial import TrialState

from nnest.studies import _settings
from nnest.studies._history import TrialHistory, predecessors
from nnest.studies._loop import BatchLoop
from nnest.studies._settings import bind_study_settings
from nnest.studies._storages import open_storage
from nnest.studies._trials import BatchTrial, TrialResult

if TYPE_CHECKING:
    import pytest

N, K = 16, 4
#: Seconds of a nap, of a long one, after which a worker is killed since the last batch was begun,
#: and until everything must have come to its end.
NAP, LONG_NAP, MOMENT, ENOUGH = (0.1, 0.4), (3.0, 3.2), (0.0, 0.4), 240.0
KILLS, AT_ONCE = 3, 4
_fork = multiprocessing.get_context("fork" if hasattr(os, "fork") else None)
#: Where a worker says that it has begun a batch: a pipe, since a lock would be killed with it.
_begun: list[int] = []
_nap = list(NAP)


def _start(target: Callable[..., None], *args: Any) -> BaseProcess:
    """Start a process that does not outlive this one."""
    process = _fork.Process(target=_mortal, args=(target, args))
    process.start()
    return process


def _mortal(target: Callable[..., None], args: tuple[Any, ...]) -> None:
    """Do something, and end when the parent ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    target(*args)


def worth(params: dict[str, Any]) -> float:
    """Return the value of a setting."""
    return float(params["x"] ** 2 + params["n"])


def train(tasks: list[BatchTrial]) -> list[TrialResult]:
    """Nap, and say what the parameters are worth."""
    for pipe in _begun:
        os.write(pipe, b".")
    time.sleep(random.uniform(*_nap))
    for task in tasks:
        task.trial.report(worth(task.params), 0)
    return [
        TrialResult(TrialState.PRUNED)
        if task.place % 7 == 3
        else TrialResult(TrialState.COMPLETE, (worth(task.params),))
        for task in tasks
    ]


def study_of(where: str, seed: int, *, aloud: bool = False) -> optuna.Study:
    """Open the study of a seed, or start it."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = open_storage(
        where, heartbeat_interval=1, grace_period=4, say=_aloud if aloud else None
    )
    return optuna.create_study(study_name=f"seed-{seed}", storage=storage, load_if_exists=True)


def _aloud(sentence: str) -> None:
    print(sentence, flush=True)


def work(where: str, seed: int, *, aloud: bool = False) -> None:
    """Be one worker."""
    study = study_of(where, seed, aloud=aloud)
    bind_study_settings(study, {"space": "x, n", "data": "none"})
    BatchLoop(
        study,
        lambda trial: {"x": trial.suggest_float("x", 0, 1), "n": trial.suggest_int("n", 1, 5)},
        train,
        n_trials=N,
        group_size=K,
        make_sampler=lambda place: RandomSampler(seed=1000 * seed + place),
        say=_aloud if aloud else None,
    ).run()


def judge(where: str, seed: int, answer: Connection) -> None:
    """Send what the study looks like in the end."""
    study = study_of(where, seed)
    history = TrialHistory(study)
    done = history.of_state(TrialState.COMPLETE, TrialState.PRUNED)
    again = [trial for trial in history.trials if predecessors(trial)]
    asked = [trial for trial in again if history.trials[predecessors(trial)[-1]].params]
    answer.send(
        {
            "states": dict(Counter(trial.state.name for trial in history.trials)),
            "places": sorted(history.places[trial.number] for trial in done),
            "wrong": [trial.number for trial in done if trial.value != worth(trial.params)],
            "lost": len(again),
            "kept": sum(
                trial.params == history.trials[predecessors(trial)[-1]].params for trial in asked
            ),
        }
    )


def scenario(where: str, seed: int, answer: Connection) -> None:
    """Let two workers run; kill one after the other at random moments, each time for a new one."""
    rng, begun = random.Random(seed), time.monotonic()
    reader, writer = os.pipe()
    _begun[:] = [writer]
    workers = [_start(work, where, seed) for _ in range(2)]
    kills = 0
    while kills < KILLS:
        while not select([reader], [], [], 0.05)[0] and any(each.is_alive() for each in workers):
            pass
        time.sleep(rng.uniform(*MOMENT))
        os.set_blocking(reader, False)
        with suppress(BlockingIOError):
            os.read(reader, 2**16)
        alive = [worker for worker in workers if worker.is_alive()]
        if not alive:
            break
        os.kill(rng.choice(alive).pid, signal.SIGKILL)
        kills += 1
        workers.append(_start(work, where, seed))
    end = time.monotonic() + ENOUGH
    for worker in workers:
        worker.join(max(0.0, end - time.monotonic()))
    stuck = [worker for worker in workers if worker.is_alive()]
    for worker in stuck:
        worker.kill()
    ours, theirs = _fork.Pipe()
    judging = _start(judge, where, seed, theirs)
    codes = Counter(worker.exitcode for worker in workers if worker not in stuck)
    found = {"seed": seed, "kills": kills, "stuck": len(stuck), **ours.recv()}
    found["seconds"] = round(time.monotonic() - begun, 1)
    found["crashed"] = sum(n for code, n in codes.items() if code not in (0, -signal.SIGKILL))
    judging.join()
    answer.send(found)


def kill(where: str, seeds: list[int]) -> list[dict[str, Any]]:
    """Run the scenarios of some seeds, a few at once."""
    _load(where)
    found, running, waiting = [], [], list(seeds)
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            ours, theirs = _fork.Pipe()
            place = where.replace("SEED", str(waiting[0]))
            process = _start(scenario, place, waiting.pop(0), theirs)
            running.append((process, ours))
        process, ours = running.pop(0)
        found.append(ours.recv())
        process.join()
    return found


def _load(where: str) -> None:
    """Load what a database needs, once and not in every worker."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    optuna.create_study(storage=open_storage("sqlite://", say=None))
    if "postgresql" in where:
        import_module("psycopg")


def begin(where: str, seeds: list[int]) -> list[int | None]:
    """Let processes begin the same study in the same moment; return how they ended."""
    _load(where)
    workers = [_start(study_of, where, 0) for _ in seeds]
    for worker in workers:
        worker.join()
    return [worker.exitcode for worker in workers]


def facts_at_once(
    open_study: Callable[[], optuna.Study],
    facts: dict[str, Any],
    pause: float,
    monkeypatch: pytest.MonkeyPatch,
) -> list[dict[str, Any]]:
    """Return what four workers take for a study's facts, each of which has another seed.

    All have found none before the first of them writes, unless something keeps them from reading.
    """
    check, found = _settings._check, []

    def slow_check(study: optuna.Study, known: Any, asked: Any, names: Any) -> None:
        check(study, known, asked, names)
        if not known:
            time.sleep(pause * (1 + asked["seed"]))

    def begin_one(seed: int) -> None:
        found.append(bind_study_settings(open_study(), {**facts, "seed": seed}))

    monkeypatch.setattr(_settings, "_check", slow_check)
    workers = [threading.Thread(target=begin_one, args=(seed,)) for seed in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(found) == len(workers)
    return found


def main(way: str, where: str, *seeds: str) -> None:
    """Kill workers, or let them begin, and print what came of it; or be one worker at leisure."""
    if way == "work":
        _nap[:] = LONG_NAP
        work(where, int(seeds[0]), aloud=True)
    else:
        ways: dict[str, Callable[..., Any]] = {"kill": kill, "begin": begin}
        print(json.dumps(ways[way](where, [int(seed) for seed in seeds])))


if __name__ == "__main__":
    main(*sys.argv[1:])
