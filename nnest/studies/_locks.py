"""Locks of storages, which end with the process that holds them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock
from optuna.storages import BaseStorage, InMemoryStorage, JournalStorage, RDBStorage

from nnest.exceptions import StudyError
from nnest.studies._retries import PatientStorage

__all__ = ["JournalLock", "damaged", "sole_writer"]

#: First half of the number of a lock in PostgreSQL; the other is the study's.
_OURS = 0x6E6E


@contextmanager
def sole_writer(storage: BaseStorage, study_id: int) -> Iterator[bool]:
    """Read and write several times as if nobody else did that on the study.

    Parameters
    ----------
    storage : optuna.storages.BaseStorage
        The study's storage, as :func:`nnest.studies._storages.open_storage` opens it.
    study_id : int
        The study's number in it.

    Yields
    ------
    bool
        Whether others are kept out: in memory, on our journals and on PostgreSQL. Other storages
        know no such lock.
    """
    if isinstance(storage, InMemoryStorage):
        yield True
        return
    # Optuna shows neither a journal's lock nor the database behind its cache.
    inner = getattr(storage, "inner", storage)
    backend = getattr(inner, "_backend", inner)
    lock = getattr(backend, "_lock", None)
    if isinstance(inner, JournalStorage) and isinstance(lock, JournalLock):
        with lock.several:
            yield True
    elif isinstance(backend, RDBStorage) and backend.engine.dialect.name == "postgresql":
        with _locked_in_postgresql(storage, backend.engine, study_id):
            yield True
    else:
        yield False


@contextmanager
def _locked_in_postgresql(storage: BaseStorage, engine: Any, study_id: int) -> Iterator[None]:
    """Hold an advisory lock, on a connection of its own; it ends with that, however that ends."""
    from sqlalchemy import text
    from sqlalchemy.exc import SQLAlchemyError

    take = text("SELECT pg_advisory_xact_lock(:ours, :study)")

    def connect() -> Any:
        connection = engine.connect()
        try:
            connection.execute(take, {"ours": _OURS, "study": study_id})
        except BaseException:
            connection.close()
            raise
        return connection

    connection = storage.insist(connect) if isinstance(storage, PatientStorage) else connect()
    try:
        yield
    finally:
        with suppress(SQLAlchemyError):
            connection.close()


class JournalLock:
    """A lock that dies with its process, and under which a torn last line is cut off.

    Optuna's own locks are files that a killed process leaves behind, and what the next process
    appends to a torn line makes the whole journal unreadable.

    Parameters
    ----------
    path : Path
        The journal.

    Attributes
    ----------
    several : filelock.FileLock
        A lock for what takes several reads and writes, each of which needs this one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = FileLock(f"{path}.flock", poll_interval=0.002)
        self.several = FileLock(f"{path}.several.flock", poll_interval=0.01)

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
        """Let the next one in."""
        self._lock.release()


def damaged(path: Path, reason: str) -> StudyError:
    """Return the error for a journal that no program has written so."""
    return StudyError(
        f"The journal {path} is damaged ({reason}): no program writes it so; take a copy from "
        "before, or another path."
    )


def _cut_torn_line(path: Path) -> None:
    """Cut off a last line without its end: every writer writes whole lines under the lock.

    A last line that is whole and means nothing is an error now, as Optuna finds it only when
    another one stands behind it.
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


def _line_start(file: Any, position: int) -> int:
    """Return where the line begins that a position is in; one behind a newline begins there."""
    while position and not _ends_line(file, position):
        position = _last_newline(file, position)
    return position


def _ends_line(file: Any, position: int) -> bool:
    """Tell whether the byte before a position ends a line."""
    file.seek(position - 1)
    return bool(file.read(1) == b"\n")


def _last_newline(file: Any, end: int, size: int = 2**16) -> int:
    """Return the position after the last newline of a block, or where the block begins."""
    start = max(0, end - size)
    file.seek(start)
    found = file.read(end - start).rfind(b"\n")
    return start if found < 0 else start + int(found) + 1
