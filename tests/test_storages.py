"""Where studies are kept: what is opened, mended and refused, and a storage that is away."""

from __future__ import annotations

import copy
import errno
import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import optuna
import psutil
import pytest
import tenacity
from optuna.storages import BaseStorage, InMemoryStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from sqlalchemy.exc import OperationalError

from nnest.exceptions import StudyError
from nnest.studies import _retries, _workers
from nnest.studies._retries import RetryingStorage, is_unreachable
from nnest.studies._settings import bind_study_settings
from nnest.studies._storages import find_study, open_storage
from nnest.studies._workers import REMOTE_TIMEOUT, Worker, is_dead
from tests.helpers import Clock, in_new_process


def refused(storage: Any) -> str:
    """Return the sentence with which a storage is refused."""
    with pytest.raises(StudyError) as caught:
        open_storage(storage)
    return str(caught.value)


def filled(path: Path, n: int = 3) -> list[float]:
    """Write a study of a few trials into a journal; return their values."""
    study = optuna.create_study(
        study_name="s", storage=open_storage(path), load_if_exists=True, sampler=None
    )
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=n)
    return values(path)


def values(path: Path) -> list[float]:
    """Return the values of the complete trials in a journal."""
    study = optuna.load_study(study_name="s", storage=open_storage(path))
    return [trial.value for trial in study.trials if trial.value is not None]


def test_nothing_is_memory() -> None:
    """Each study has its own."""
    assert isinstance(open_storage(None), InMemoryStorage)
    assert open_storage(None) is not open_storage(None)


@pytest.mark.parametrize("as_text", [False, True])
def test_a_path_is_a_journal(as_text: bool, tmp_path: Path) -> None:
    """Its folder is made; opened again, it has the same trials."""
    path = tmp_path / "new" / "study.journal"
    found = filled(path)
    assert len(found) == 3
    assert values(str(path) if as_text else path) == found


def test_storages_that_work_are_taken_as_they_are(tmp_path: Path) -> None:
    """What the user has set up is the user's; a database is tried again where it is away."""
    own = InMemoryStorage()
    assert open_storage(own) is own
    journal = open_storage(tmp_path / "study.journal")
    assert open_storage(journal) is journal
    database = RDBStorage("sqlite://")
    opened = open_storage(database)
    assert isinstance(opened, RetryingStorage)
    assert opened.database is database
    assert open_storage(opened) is opened


def journal_of_optuna(path: Path) -> JournalStorage:
    """Return a journal with Optuna's own lock."""
    return JournalStorage(JournalFileBackend(str(path / "study.journal")))


OTHERS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "journal": (journal_of_optuna, "JournalStorage"),
    "proxy": (lambda _: object.__new__(optuna.storages.GrpcStorageProxy), "GrpcStorageProxy"),
    "MySQL": (lambda _: "mysql+pymysql://me:secret@localhost/studies", "mysql"),
    "oracle": (lambda _: "oracle+no_such_driver://host/name", "oracle"),
    "number": (lambda _: 7, "int"),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_storages_are_not_supported(kind: str, tmp_path: Path) -> None:
    """With what came, what works, and how to bring a study there."""
    make, came = OTHERS[kind]
    sentence = refused(make(tmp_path))
    assert sentence == (
        f"The storage {came} is not supported: give None (memory), the path of a journal file, or "
        "the URL of a database of SQLite or PostgreSQL; optuna.copy_study brings a study there."
    )
    assert len(sentence) < 300


def test_another_dialect_is_not_supported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the user has connected to it."""
    database = RDBStorage("sqlite://")
    monkeypatch.setattr(database.engine.dialect, "name", "mysql")
    assert refused(database).startswith("The storage RDBStorage of mysql is not supported: ")


def test_a_loop_runs_on_no_other_storage(tmp_path: Path) -> None:
    """What would be unsafe is an error, and not a study that nobody guards."""
    study = optuna.create_study(storage=journal_of_optuna(tmp_path))
    with pytest.raises(StudyError, match="The storage JournalStorage is not supported"):
        bind_study_settings(study, {"seed": 1})


def test_to_look_for_a_study_makes_none(tmp_path: Path) -> None:
    """Neither its journal nor a study in a journal that is there."""
    path = tmp_path / "study.journal"
    assert find_study(str(path), "s") is None
    assert not list(tmp_path.iterdir())
    filled(path, 1)
    before = path.read_bytes()
    found = find_study(str(path), "s")
    assert found is not None
    assert len(found.trials) == 1
    assert find_study(str(path), "other") is None
    assert path.read_bytes() == before


def test_to_look_for_a_study_makes_no_database(tmp_path: Path) -> None:
    """One that is there is looked into."""
    path = tmp_path / "study.db"
    address = f"sqlite:///{path}"
    assert find_study(address, "s") is None
    assert not path.exists()
    optuna.create_study(study_name="s", storage=address)
    assert find_study(address, "s") is not None
    assert find_study(address, "other") is None


def test_a_folder_is_refused(tmp_path: Path) -> None:
    """With the path of a file in it."""
    assert refused(tmp_path) == (
        f"{tmp_path} is a folder: give the path of a journal file, {tmp_path / 'study.journal'} "
        "say."
    )


def test_an_sqlite_file_is_no_journal(tmp_path: Path) -> None:
    """The sentence has the URL that is meant; the file stays as it is."""
    path = tmp_path / "study.db"
    open_storage(f"sqlite:///{path}", say=None).remove_session()
    before = path.read_bytes()
    assert refused(path) == (
        f"{path} is a database of SQLite: give it as storage='sqlite:///{path}', or give another "
        "path for a journal."
    )
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", ["a line without an end", "{}\n", '{"op": 1}\nmore'])
def test_a_file_of_somebody_else_is_left_alone(content: str, tmp_path: Path) -> None:
    """Nothing is cut off of what no journal is."""
    path = tmp_path / "notes.txt"
    path.write_text(content, encoding="utf-8")
    assert refused(path) == f"{path} is there and is no journal of Optuna: give another path."
    assert path.read_text(encoding="utf-8") == content


@pytest.mark.parametrize("tail", [b'{"op_code":4,"wor', b"\0" * 70_000, b"{", b'{"op_code":4}'])
def test_a_torn_last_line_is_cut_off(tail: bytes, tmp_path: Path) -> None:
    """What was whole before it is untouched, and the journal goes on."""
    path = tmp_path / "study.journal"
    found, before = filled(path), path.read_bytes()
    path.write_bytes(before + tail)
    assert values(path) == found
    assert path.read_bytes() == before
    assert filled(path, 1)[:3] == found


def test_a_torn_first_line_is_cut_off(tmp_path: Path) -> None:
    """Then there is no study yet."""
    path = tmp_path / "study.journal"
    path.write_bytes(b'{"op_co')
    open_storage(path)
    assert path.read_bytes() == b""


def test_a_line_that_another_worker_tore_is_cut_off_before_the_next(tmp_path: Path) -> None:
    """Also while the journal is open: appended to a torn line, all would be unreadable."""
    path = tmp_path / "study.journal"
    filled(path)
    study = optuna.load_study(study_name="s", storage=open_storage(path))
    with path.open("ab") as file:
        file.write(b'{"op_code":4,"worker_id":"some')
    assert len(study.trials) == 3
    study.optimize(lambda trial: 1.0, n_trials=2)
    assert len(study.trials) == 5
    assert [json.loads(line) for line in path.read_bytes().splitlines()]
    assert len(values(path)) == 5


def test_a_journal_that_is_damaged_elsewhere_is_refused(tmp_path: Path) -> None:
    """No death of a process leaves that: nothing is guessed."""
    path = tmp_path / "study.journal"
    filled(path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], b'{"op_code\n', *lines[3:]]))
    before = path.read_bytes()
    assert refused(path).startswith(f"The journal {path} is damaged (")
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "line",
    [b"garbage", b"7", b"", b"\xff\xfe", b"[" * 5000 + b"]" * 5000],
    ids=lambda b: str(b[:9]),
)
@pytest.mark.parametrize("more", [b"", b'{"op_code": 0, "worker_id": "x", "study_name": "t"}\n'])
def test_a_whole_line_that_means_nothing_is_refused(
    line: bytes, more: bytes, tmp_path: Path
) -> None:
    """At the end too: what is written behind it would make the journal unreadable."""
    path = tmp_path / "study.journal"
    filled(path)
    before = path.read_bytes() + line + b"\n" + more
    path.write_bytes(before)

    assert refused(path).startswith(f"The journal {path} is damaged (")
    assert "\n" not in refused(path)
    assert len(refused(path)) - len(str(path)) < 300
    assert path.read_bytes() == before


def test_a_line_that_means_nothing_is_seen_before_the_next(tmp_path: Path) -> None:
    """Also while the journal is open."""
    path = tmp_path / "study.journal"
    filled(path)
    study = optuna.load_study(study_name="s", storage=open_storage(path))
    with path.open("ab") as file:
        file.write(b"garbage\n")
    with pytest.raises(StudyError, match="Optuna did not write its last line"):
        study.add_trial(optuna.create_trial(value=1.0))


def test_a_full_disk_names_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was told is kept, the line that was torn is cut off, and the study goes on."""
    path = tmp_path / "study.journal"
    found = filled(path)
    study = optuna.load_study(study_name="s", storage=open_storage(path))
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full_disk)
        with pytest.raises(
            OSError, match=r"^Cannot write to .* \(No space left on device\): "
        ) as caught:
            study.add_trial(optuna.create_trial(value=1.0))
    assert str(tmp_path) in str(caught.value)
    path.write_bytes(path.read_bytes()[:-5])

    assert values(path) == found
    assert filled(path, 1)[:3] == found


@pytest.mark.parametrize("said", ["database or disk is full", "disk I/O error"])
def test_a_full_disk_names_the_database(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    """Waiting would not help."""
    storage = open_storage(f"sqlite:///{tmp_path}/a.db", say=None)

    def fail(*_: Any, **__: Any) -> None:
        raise OperationalError("INSERT", {}, sqlite3.OperationalError(said))

    monkeypatch.setattr(storage.inner, "create_new_study", fail)
    with pytest.raises(OSError, match=rf"^Cannot write to '{tmp_path}/a\.db' \({said}\): "):
        optuna.create_study(storage=storage)
    assert pauses == []


def full_disk(*_: Any) -> None:
    """Raise what a full disk raises."""
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_lock_dies_with_its_process(tmp_path: Path) -> None:
    """Optuna's own lock files are left behind, and cost the next worker half a minute."""
    path = tmp_path / "study.journal"
    filled(path)
    code = (
        "import os, psutil, sys\n"
        "from pathlib import Path\n"
        "from nnest.studies._journals import Journal\n"
        "journal = Journal(Path(sys.argv[1]))\n"
        "journal.exclusive.acquire()\n"
        "os.fsync = lambda _: psutil.Process().kill()\n"
        "journal.create_new_study([1])\n"
        "psutil.Process().kill()\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)], timeout=60).returncode
    started = time.monotonic()
    assert len(filled(path, 1)) == 4
    assert time.monotonic() - started < 10


def test_threads_and_processes_share_a_journal(tmp_path: Path) -> None:
    """No line is lost where several write at once."""
    path = tmp_path / "study.journal"
    filled(path, 0)
    workers = [threading.Thread(target=filled, args=(path, 5)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(values(path)) == 20


def test_sqlite_is_said_to_be_for_one_process(tmp_path: Path) -> None:
    """A file may be opened by others, memory may not."""
    said: list[str] = []
    open_storage(f"sqlite:///{tmp_path / 'study.db'}", say=said.append)
    open_storage("sqlite://", say=said.append)
    assert said == ["SQLite is for one process: for more, give a journal file or PostgreSQL."]


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    """One sentence, at once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    sentence = refused(f"postgresql://me:secret@127.0.0.1:{port}/studies")
    assert sentence.startswith(f"The storage postgresql://me:***@127.0.0.1:{port}/studies cannot ")
    assert sentence.endswith("start the server, or mend the address.")
    assert "secret" not in sentence


@pytest.mark.parametrize("url", ["postgresql://host:port/name", "://"])
def test_what_is_no_url_is_refused(url: str) -> None:
    """With an example of one."""
    assert refused(url) == (
        "storage is no URL of a database; an example: postgresql://user:password@host:5432/name."
    )


def test_a_driver_that_is_missing_is_named() -> None:
    """And what installs it."""
    assert refused("postgresql+nonsense://host/name") == (
        "The driver for postgresql+nonsense://host/name is not installed: for PostgreSQL, "
        "pip install 'nnest-estimators[postgresql]'."
    )


def flaky(away: int, error: Exception | None = None, **settings: Any) -> RetryingStorage:
    """Return a database that does not answer for some calls."""
    storage, left = RetryingStorage(RDBStorage("sqlite://"), **settings), [away]
    error = error or OperationalError("SELECT", {}, ConnectionError("server closed\nit"))

    def get_all_studies() -> list[Any]:
        left[0] -= 1
        if left[0] >= 0:
            raise optuna.exceptions.StorageInternalError("no commit") from error
        return []

    storage.inner.get_all_studies = get_all_studies
    return storage


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Make pauses take no time; return how long they would have been."""
    found: list[float] = []

    class Pauses(Clock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            found.append(seconds)

    clock = Pauses()
    monkeypatch.setattr(_retries, "time", clock)
    monkeypatch.setattr(tenacity, "time", clock)
    return found


def test_a_storage_that_is_away_is_waited_for(pauses: list[float]) -> None:
    """With pauses that grow up to a minute, and it is said."""
    said: list[str] = []
    storage = flaky(9, say=said.append)
    assert storage.get_all_studies() == []
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    assert said[0] == "The storage does not answer (server closed): trying again in 0.5 s."
    assert said[-1] == "The storage answers again."
    assert len(said) == 10


def test_a_storage_that_stays_away_is_given_up(pauses: list[float]) -> None:
    """After an hour, with what to do."""
    storage = flaky(10**6, say=None, limit=100.0)
    with pytest.raises(StudyError) as caught:
        storage.get_all_studies()
    assert str(caught.value) == (
        "The storage has not answered for 100 seconds (server closed): what was told is kept; "
        "start again when it is there."
    )
    assert sum(pauses) <= 100


class StateError(Exception):
    """What a driver says, with PostgreSQL's state."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(("state", "passes"), [("57P01", True), ("40P01", True), ("28P01", False)])
def test_only_what_passes_is_waited_for(state: str, passes: bool, pauses: list[float]) -> None:
    """A wrong password is not right a minute later."""
    error = OperationalError("SELECT", {}, StateError(state))
    assert is_unreachable(error) is passes
    storage = flaky(1, error, say=None)
    if passes:
        assert storage.get_all_studies() == []
    else:
        with pytest.raises(optuna.exceptions.StorageInternalError):
            storage.get_all_studies()
    assert len(pauses) == passes


def test_other_errors_are_no_absence() -> None:
    """They come through as they are."""
    storage = flaky(0, say=None)
    with pytest.raises(KeyError):
        storage.get_trial(7)
    assert not is_unreachable(ValueError())


PUBLIC = sorted(name for name in dir(BaseStorage) if not name.startswith("_"))


@pytest.mark.parametrize("name", PUBLIC)
def test_every_call_is_tried_again(name: str, pauses: list[float]) -> None:
    """Optuna's storages have no public method that goes past the database, or is missing."""
    storage, calls = flaky(0, say=None), []

    def answer(*given: Any) -> str:
        calls.append(given)
        if len(calls) == 1:
            raise OperationalError("SELECT", {}, ConnectionError("server closed"))
        return "answer"

    storage.inner = SimpleNamespace(**{name: answer})
    if name == "check_trial_is_updatable":  # looks at its two arguments alone
        return
    assert getattr(storage, name)(1, "a") == "answer"
    assert calls == [(1, "a")] * 2
    assert pauses == [0.5]


def test_an_exclusive_section_is_begun_anew(pauses: list[float]) -> None:
    """Its lock went with the connection: no call within is tried again by itself."""
    storage, tried = flaky(2, say=None), []

    def section() -> list[Any]:
        tried.append(len(tried))
        return storage.get_all_studies()

    assert storage.call(section) == []
    assert tried == [0, 1, 2]
    assert pauses == [0.5, 1.0]


def test_an_interrupt_ends_the_waiting(pauses: list[float]) -> None:
    """Also where it comes while an error is looked at."""
    storage = flaky(0, say=None)

    def interrupted() -> None:
        try:
            raise OperationalError("SELECT", {}, ConnectionError("server closed"))
        finally:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        storage.call(interrupted)
    assert pauses == []


def test_studies_can_be_pickled(tmp_path: Path) -> None:
    """With their storage, as those of fitted searches are; a journal is told of by both."""
    database = open_storage(f"sqlite:///{tmp_path / 'study.db'}", say=None)
    journal = open_storage(tmp_path / "study.journal")
    studies = [optuna.create_study(study_name="s", storage=each) for each in (database, journal)]
    for study in studies:
        study.optimize(lambda trial: 1.0, n_trials=1)
    again, trials = in_new_process(tmp_path, *[(study, "get_trials") for study in studies])
    assert [[trial.value for trial in each] for each in trials] == [[1.0], [1.0]]
    copy.deepcopy(studies[1]).add_trial(optuna.trial.create_trial(value=2.0))
    assert [trial.value for trial in again[1].get_trials()] == [1.0, 2.0]
    again[0]._storage.database.engine.dispose()


def test_a_living_worker_is_not_gone() -> None:
    """And is as soon as it ends, in the same process too."""
    worker = Worker(InMemoryStorage())
    assert is_dead(worker.identity, time.time())
    with worker:
        assert not is_dead(worker.identity, time.time())
        assert json.loads(json.dumps(worker.identity)) == worker.identity
    assert is_dead(worker.identity, time.time())


def test_a_killed_process_is_gone() -> None:
    """Before its parent has asked what became of it, and after; its number alone is no proof."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    created, up = _workers._start_times(psutil.Process(process.pid))
    mark = {**Worker(InMemoryStorage()).identity, "pid": process.pid, "started": created, "up": up}
    assert not is_dead(mark, time.time())
    assert not is_dead({**mark, "started": created - 500}, time.time()), "the clock was set"
    assert is_dead({**mark, "started": created - 500, "up": up - 500}, time.time())
    process.kill()
    while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    assert is_dead(mark, time.time())
    process.communicate()
    assert is_dead(mark, time.time())


def test_another_host_is_believed_for_an_hour() -> None:
    """Nobody can look there; a container that was started anew has another name."""
    mark = {**Worker(InMemoryStorage()).identity, "host": "elsewhere", "pid": os.getpid()}
    assert not is_dead(mark, time.time() - REMOTE_TIMEOUT + 60)
    assert is_dead(mark, time.time() - REMOTE_TIMEOUT - 60)


def test_signs_of_life_go_on_while_a_trial_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when one could not be recorded; and they end with the trial."""
    monkeypatch.setattr(_workers, "_RETRY_INTERVAL", 0.01)
    storage, beats = RetryingStorage(RDBStorage("sqlite://"), None), []

    def record(trial_id: int) -> None:
        beats.append(trial_id)
        if len(beats) == 3:
            raise ConnectionError

    monkeypatch.setattr(storage.database, "record_heartbeat", record)
    monkeypatch.setattr(storage.database, "get_heartbeat_interval", lambda: 0.01)
    with Worker(storage) as worker:
        worker.start_heartbeat(7)
        assert beats == [7]
        end = time.monotonic() + 20
        while len(beats) < 6 and time.monotonic() < end:
            time.sleep(0.005)
        worker.stop_heartbeats()
        time.sleep(0.05)
        n = len(beats)
        time.sleep(0.05)
        assert len(beats) == n >= 6
