"""Faults that a study survives: killed workers, a server that is away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from select import select
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from nnest.exceptions import StudyError
from nnest.studies._history import PLACE, TrialHistory
from nnest.studies._loop import BatchLoop
from nnest.studies._settings import bind_study_settings
from nnest.studies._storages import open_storage
from tests import faults, postgres
from tests.faults import K, N
from tests.helpers import ROOT
from tests.postgres import Server

pytestmark = pytest.mark.slow

SEEDS = range(20)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Return a running PostgreSQL server."""
    with postgres.server() as running:
        yield running


def start(way: str, where: str, *seeds: int) -> subprocess.Popen[str]:
    """Start the program of faults."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults", way, where, *map(str, seeds)],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
    )


def told(process: subprocess.Popen[str], seconds: float) -> str:
    """Return what a program has printed until its end."""
    try:
        printed, _ = process.communicate(timeout=seconds)
    finally:
        process.kill()
    assert process.returncode == 0
    return printed


def assert_whole(found: dict[str, Any]) -> None:
    """Check that a study has lost nothing, doubled nothing and left nothing running."""
    states = found["states"]
    assert states["COMPLETE"] + states["PRUNED"] == N, found
    assert states.keys() <= {"COMPLETE", "PRUNED", "FAIL"}, found
    assert len(set(found["places"])) == N, found
    assert (found["wrong"], found["stuck"], found["crashed"]) == ([], 0, 0), found


def assert_survived(found: list[dict[str, Any]], record: pytest.FixtureRequest) -> None:
    """Check every seed, and that there was something to survive."""
    kills, lost = (sum(each[name] for each in found) for name in ("kills", "lost"))
    print(f"{record.node.name}: {len(found)} studies, {kills} kills, {lost} trials lost, 0 missing")
    assert [each["seed"] for each in found] == list(SEEDS)
    for each in found:
        assert_whole(each)
    assert kills >= 2 * len(SEEDS)
    assert lost > len(SEEDS)


def test_killed_workers_lose_nothing_on_a_journal(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Twenty studies of two workers each, of which one after the other is killed."""
    process = start("kill", str(tmp_path / "SEED.journal"), *SEEDS)
    assert_survived(json.loads(told(process, 560)), request)


def test_killed_workers_lose_nothing_on_sqlite(tmp_path: Path) -> None:
    """Which is for one process: a second one waits its turn, and does no harm."""
    process = start("kill", f"sqlite:///{tmp_path}/SEED.db", *range(4))
    found = json.loads(told(process, 300))
    for each in found:
        assert_whole(each)
    assert sum(each["kills"] for each in found) >= 4


def test_killed_workers_lose_nothing_on_postgresql(
    server: Server, request: pytest.FixtureRequest
) -> None:
    """There, heartbeats tell who is dead: it takes seconds."""
    process = start("kill", server.database(), *SEEDS)
    assert_survived(json.loads(told(process, 560)), request)


def wait_until_said(process: subprocess.Popen[str], sentence: str, seconds: float) -> None:
    """Wait until a program has printed a sentence."""
    assert process.stdout is not None
    printed, end = b"", time.monotonic() + seconds
    while sentence.encode() not in printed:
        ready, _, _ = select([process.stdout], [], [], max(0.0, end - time.monotonic()))
        new = os.read(process.stdout.fileno(), 2**16) if ready else b""
        assert new, printed.decode()
        printed += new


def test_a_server_that_is_away_is_waited_for(server: Server) -> None:
    """Stopped in the middle until a worker says so: it goes on, and others may join."""
    where = server.database()
    study = faults.study_of(where, 0)  # before them, so that nothing of what they do is missed
    # One that joins in that moment would be refused: an address may also be wrong.
    workers = [start("work", where, 0)]
    end = time.monotonic() + 60
    while TrialHistory(study).n_finished < K:
        assert time.monotonic() < end
        time.sleep(0.01)
    server.stop()
    wait_until_said(workers[0], "The storage does not answer (", 60)
    server.start()
    workers.append(start("work", where, 0))
    assert "The storage answers again." in told(workers[0], 120)
    told(workers[1], 120)
    history = TrialHistory(study)
    done = history.of_state(TrialState.COMPLETE, TrialState.PRUNED)
    assert len(done) == N
    assert len({history.places[trial.number] for trial in done}) == N
    assert not history.of_state(TrialState.RUNNING, TrialState.WAITING)


def test_a_study_on_postgresql_goes_on(server: Server) -> None:
    """By one worker after another: the same trials as by one alone, in memory too."""
    tables = []
    for where in (server.database(), None):
        study = optuna.create_study(study_name="s", storage=open_storage(where, say=None))
        for n in (K, N):
            BatchLoop(
                study,
                lambda trial: {
                    "x": trial.suggest_float("x", 0, 1),
                    "n": trial.suggest_categorical("n", [1, 2]),
                },
                faults.train,
                n_trials=n,
                group_size=K,
                make_sampler=lambda place: optuna.samplers.TPESampler(seed=place),
                say=None,
            ).run()
        tables.append([(t.user_attrs[PLACE], t.params, t.values, t.state) for t in study.trials])
    assert tables[0] == tables[1]


def test_workers_that_begin_at_once_have_the_same_facts(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There, a lock of the database keeps others out between reading and writing."""
    where = server.database()
    faults.study_of(where, 0)
    found = faults.facts_at_once(lambda: faults.study_of(where, 0), {}, 0.2, monkeypatch)
    assert len({facts["seed"] for facts in found}) == 1


def test_a_server_that_is_away_is_waited_for_at_the_beginning(server: Server) -> None:
    """Between opening the storage and writing down what the study is."""
    study, found = faults.study_of(server.database(), 0), []
    server.stop()
    worker = threading.Thread(target=lambda: found.append(bind_study_settings(study, {"seed": 3})))
    worker.start()
    time.sleep(1)
    server.start()
    worker.join(60)
    assert found == [{"seed": 3}]


def test_workers_begin_at_once(server: Server) -> None:
    """Five processes make the tables of an empty database, and the study, in the same moment."""
    where = server.database()
    assert json.loads(told(start("begin", where, *range(5)), 300)) == [0] * 5
    assert len(open_storage(where, say=None).get_all_studies()) == 1


@pytest.mark.parametrize("kind", ["journal", "postgresql"])
def test_another_space_is_refused(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """In a later process, on every storage that outlives one."""
    where = str(tmp_path / "study.journal")
    if kind == "postgresql":
        where = request.getfixturevalue("server").database()
    bind_study_settings(faults.study_of(where, 0), {"space": "a", "data": "d"})
    with pytest.raises(StudyError, match="has another space: a there, b here"):
        bind_study_settings(faults.study_of(where, 0), {"space": "b", "data": "d"})
