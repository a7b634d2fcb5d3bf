"""Exclusive sections, under locks that end with the process that holds them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from filelock import FileLock
from optuna.storages import InMemoryStorage
from optuna.study import Study

from nnest._compat import optuna as compat
from nnest._validation import shortened
from nnest.exceptions import StudyError
from nnest.studies._journals import Journal
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
        with storage.exclusive:
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
