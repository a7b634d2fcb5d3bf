"""Locks of storages, which end with the process that holds them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock
from optuna.storages import BaseStorage, InMemoryStorage, JournalStorage, RDBStorage

from nnest._storage import cut_torn_line
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
            _check_line(self._path, cut_torn_line(self._path))
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


def _check_line(path: Path, line: bytes) -> None:
    """Raise if the last whole line means nothing: Optuna notices that when another one follows."""
    try:
        fits = not line or isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        fits = False
    if not fits:
        raise damaged(path, "Optuna did not write its last line")
