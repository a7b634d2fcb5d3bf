"""Locks of storages. Each ends with the process that holds it."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from filelock import FileLock
from optuna.storages import InMemoryStorage, JournalStorage
from optuna.study import Study

from nnest._compat import optuna as compat
from nnest._validation import shortened
from nnest.exceptions import StudyError
from nnest.studies._retries import RetryingStorage

if TYPE_CHECKING:
    from sqlalchemy import Engine

Found = TypeVar("Found")

#: First half of the number of a lock in PostgreSQL; the other is the study's.
_OURS = 0x6E6E
_in_memory = threading.RLock()


def run_exclusively(study: Study, action: Callable[[], Found]) -> Found:
    """Do something that takes several reads and writes, while no other worker of the study does.

    A process that dies meanwhile leaves its lock and what it has written: the next one has to find
    its way from there. If a server goes away meanwhile, the action is done anew from its beginning,
    as by the next process.
    """
    storage = compat.storage_of(study)
    if isinstance(storage, InMemoryStorage):
        with _in_memory:
            return action()
    if isinstance(storage, Journal):
        with storage.lock.exclusive:
            return action()
    if not isinstance(storage, RetryingStorage):
        raise unsupported(type(storage).__name__)

    def locked() -> Found:
        number = storage.get_study_id_from_name(study.study_name)
        with locked_database(storage.database.engine, number):
            return action()

    return storage.call(locked)


@contextmanager
def locked_database(engine: Engine, number: int) -> Iterator[None]:
    """Keep out all others that lock a database with the same number.

    SQLite itself keeps others out of one call of Optuna, and not of several: a file beside the
    database does. PostgreSQL's lock is on a connection of its own, and ends with that.
    """
    from sqlalchemy import text
    from sqlalchemy.exc import SQLAlchemyError

    if engine.dialect.name == "sqlite":
        file = engine.url.database or ":memory:"
        with _in_memory if file == ":memory:" else FileLock(f"{file}.flock"):
            yield
        return
    connection = engine.connect()
    try:
        take = text("SELECT pg_advisory_xact_lock(:ours, :number)")
        connection.execute(take, {"ours": _OURS, "number": number})
        yield
        connection.execute(text("SELECT 1"))  # an error if the lock was lost with the connection
    finally:
        with suppress(SQLAlchemyError):
            connection.close()


def unsupported(came: str) -> StudyError:
    """Return the error for a storage on which a study could not be shared, or gone on with."""
    return StudyError(
        shortened(
            f"The storage {came} is not supported: give None (memory), the path of a journal file, "
            "or the URL of a database of SQLite or PostgreSQL; optuna.copy_study brings a study "
            "there."
        )
    )


class JournalLock:
    """A lock that dies with its process, and under which a torn last line is cut off.

    Optuna's own locks are files that a killed process leaves behind. What the next process appends
    to a torn line makes the whole journal unreadable.

    Parameters
    ----------
    path : Path
        The journal.

    Attributes
    ----------
    exclusive : filelock.FileLock
        A lock for what takes several reads and writes, each of which needs this one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = FileLock(f"{path}.flock", poll_interval=0.002)
        self.exclusive = FileLock(f"{path}.several.flock", poll_interval=0.01)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the journal's path alone: no lock can be held by two."""
        return type(self), (self._path,)

    def acquire(self) -> bool:
        """Wait for the lock and mend the file."""
        self._lock.acquire()
        try:
            _cut_torn_line(self._path)
        except BaseException:
            self._lock.release()
            raise
        return True

    def release(self) -> None:
        """Release the lock."""
        self._lock.release()


class Journal(JournalStorage):
    """A journal file that nnest has opened.

    Parameters
    ----------
    backend : optuna.storages.journal.BaseJournalBackend
        What reads and writes the file.
    lock : JournalLock
        The lock that the backend uses too.
    """

    def __init__(self, backend: Any, lock: JournalLock) -> None:
        super().__init__(backend)
        self.lock = lock


def damaged(path: Path, reason: str) -> StudyError:
    """Return the error for a journal that no program has written so."""
    return StudyError(
        f"The journal {path} is damaged ({reason}): no program writes it so; take a copy from "
        "before, or another path."
    )


def _cut_torn_line(path: Path) -> None:
    """Cut off a last line without its end: every writer writes whole lines under the lock.

    A last line that is whole and means nothing is an error now. Optuna finds it only when another
    one stands behind it.
    """
    with path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        keep = _line_start(file, end)
        if keep < end:
            file.truncate(keep)
            file.flush()
            os.fsync(file.fileno())
        start = _line_start(file, keep - 1) if keep else 0
        file.seek(start)
        try:
            fits = not keep or isinstance(json.loads(file.read(keep - start)), dict)
        except (ValueError, RecursionError):
            fits = False
    if not fits:
        raise damaged(path, "Optuna did not write its last line")


def _line_start(file: Any, position: int, size: int = 2**16) -> int:
    """Return the start of the line that a position is in; one behind a newline starts there."""
    while position:
        start = max(0, position - size)
        file.seek(start)
        found = file.read(position - start).rfind(b"\n")
        if found >= 0:
            return start + int(found) + 1
        position = start
    return 0
