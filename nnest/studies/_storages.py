"""Opens where a study is kept: in memory, in a journal file, in SQLite or PostgreSQL."""

from __future__ import annotations

import os
import warnings
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import optuna
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import BaseStorage, InMemoryStorage, RDBStorage

from nnest._compat.optuna import silence_optuna
from nnest._storage import open_regular
from nnest.exceptions import StudyError
from nnest.studies._journals import Journal, damaged
from nnest.studies._locks import locked_database, unsupported
from nnest.studies._retries import RetryingStorage, Say, first_line

if TYPE_CHECKING:
    from sqlalchemy import URL

Storage = str | os.PathLike[str] | BaseStorage | None

#: Seconds between two heartbeats, and after how many without one a worker counts as dead.
HEARTBEAT_INTERVAL, GRACE_PERIOD = 30, 120
_DIALECTS = ("sqlite", "postgresql")
_JOURNAL = b'{"op_code":'
_SQLITE = b"SQLite format 3\0"
#: The number of the lock under which tables are made; studies count from 1.
_TABLES = 0


def open_storage(
    storage: Storage,
    *,
    say: Say = print,
    heartbeat_interval: int = HEARTBEAT_INTERVAL,
    grace_period: int = GRACE_PERIOD,
) -> BaseStorage:
    """Open the storage of a study.

    Parameters
    ----------
    storage : None, str, path or optuna.storages.BaseStorage
        None is memory; a path is a journal file, which processes of one host share; a URL is a
        database, of which PostgreSQL is for several hosts and SQLite for one process. Of Optuna's
        own storages, `InMemoryStorage` and `RDBStorage` are accepted.
    say : callable or None, default=print
        Takes a sentence where something is worth one.
    heartbeat_interval, grace_period : int
        Seconds between two heartbeats on PostgreSQL, and after how many without one a worker counts
        as dead.

    Returns
    -------
    optuna.storages.BaseStorage
        The storage. One on a database waits where the server is away.

    Raises
    ------
    StudyError
        If it cannot be opened or is not supported, in one sentence that names no password.
    """
    if storage is None:
        return InMemoryStorage()
    if isinstance(storage, RDBStorage):
        dialect = storage.engine.dialect.name
        if dialect not in _DIALECTS:
            raise unsupported(f"RDBStorage of {dialect}")
        return RetryingStorage(storage, say)
    if isinstance(storage, InMemoryStorage | Journal | RetryingStorage):
        return storage
    if isinstance(storage, str) and "://" in storage:
        return _database(storage, say, heartbeat_interval, grace_period)
    if isinstance(storage, str | os.PathLike):
        return _journal(Path(storage))
    raise unsupported(type(storage).__name__)


def open_study(
    storage: Storage,
    study_name: str,
    *,
    direction: Literal["maximize", "minimize"] = "maximize",
    say: Say = print,
) -> optuna.Study:
    """Return a study of one objective, a new one if no study has this name.

    Parameters
    ----------
    storage : str, Path or optuna.storages.BaseStorage
        Where the study is, or will be, kept, as `OptunaSearchCV` takes it.
    study_name : str
        Its name.
    direction : {"maximize", "minimize"}, default="maximize"
        Which values are better, of a new study.
    say : callable, default=print
        Takes the sentence that the storage is away; None says nothing.

    Returns
    -------
    optuna.Study
        The study.

    Raises
    ------
    StudyError
        If the storage cannot be opened.

    Examples
    --------
    >>> import optuna
    >>> from nnest.studies import open_study
    >>> storage = optuna.storages.InMemoryStorage()
    >>> open_study(storage, "depth").study_name
    'depth'
    >>> len(open_study(storage, "depth").trials)
    0
    """
    with silence_optuna():
        return optuna.create_study(
            storage=open_storage(storage, say=say),
            study_name=study_name,
            direction=direction,
            pruner=optuna.pruners.NopPruner(),
            load_if_exists=True,
        )


def find_study(storage: str, study_name: str) -> optuna.Study | None:
    """Return a study if there is one of this name; no file is made to look into it."""
    file = _file_of(storage)
    if file is not None and not Path(file).exists():
        return None
    with silence_optuna():
        try:
            return optuna.load_study(study_name=study_name, storage=open_storage(storage, say=None))
        except KeyError:
            return None


def _file_of(storage: str) -> str | None:
    """Return the file of a journal or of a database of SQLite; None of other storages."""
    if "://" not in storage:
        return storage
    url = _url(storage)
    is_uri = (url.database or "").startswith("file:")  # SQLite reads those, not the system
    return url.database if url.get_backend_name() == "sqlite" and not is_uri else None


def _journal(path: Path) -> BaseStorage:
    """Open a journal file, or start one."""
    if path.is_dir():
        raise StudyError(
            f"{path} is a folder: give the path of a journal file, {path / 'study.journal'} say."
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch()
        with open_regular(path) as file:
            head = file.read(len(_SQLITE))
    except OSError as error:
        raise StudyError(f"The journal {path} cannot be opened: {error.strerror}.") from error
    if head.startswith(_SQLITE):
        raise StudyError(
            f"{path} is a database of SQLite: give it as storage='sqlite:///{path}', or give "
            "another path for a journal."
        )
    if head[: len(_JOURNAL)] != _JOURNAL[: len(head)]:
        raise StudyError(f"{path} is there and is no journal of Optuna: give another path.")
    try:
        return Journal(path)
    except OSError as error:
        raise StudyError(f"The journal {path} cannot be opened: {error.strerror}.") from error
    except StudyError:
        raise
    except (ValueError, KeyError, TypeError, AssertionError) as error:
        raise damaged(path, first_line(error)) from error


def _url(text: str) -> URL:
    """Return the URL of a database, or raise if it is none."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        raise StudyError(
            "storage is no URL of a database; an example: "
            "postgresql://user:password@host:5432/name."
        ) from None


def _database(url: str, say: Say, heartbeat_interval: int, grace_period: int) -> BaseStorage:
    """Open a database by its URL."""
    parsed = _url(url)
    if parsed.get_backend_name() not in (*_DIALECTS, "postgres"):
        raise unsupported(parsed.get_backend_name())
    shown = parsed.render_as_string(hide_password=True)
    if parsed.drivername in ("postgresql", "postgres"):
        # SQLAlchemy's own choice is psycopg2, which is not what nnest installs.
        parsed = parsed.set(drivername="postgresql+psycopg")
    settings: dict[str, Any] = {}
    if parsed.get_backend_name() == "sqlite":
        if say is not None and parsed.database not in (None, "", ":memory:"):
            say("SQLite is for one process: for more, give a journal file or PostgreSQL.")
    else:
        settings = {"heartbeat_interval": heartbeat_interval, "grace_period": grace_period}
        settings |= {"engine_kwargs": {"pool_pre_ping": True}}
    database = _opened(parsed, shown, settings)
    found = RetryingStorage(database, say)
    weakref.finalize(found, database.engine.dispose)  # no connection is left to the collector
    return found


def _opened(url: URL, shown: str, settings: dict[str, Any]) -> RDBStorage:
    """Open a database, in which only one worker at a time makes the tables."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError

    try:
        engine = create_engine(url)
        try:
            with locked_database(engine, _TABLES), warnings.catch_warnings():
                warnings.simplefilter("ignore", ExperimentalWarning)
                return RDBStorage(url.render_as_string(hide_password=False), **settings)
        finally:
            engine.dispose()
    except (ImportError, NoSuchModuleError) as error:
        raise StudyError(
            f"The driver for {shown} is not installed: for PostgreSQL, "
            "pip install 'nnest-estimators[postgresql]'."
        ) from error
    except (SQLAlchemyError, StorageInternalError, RuntimeError, OSError, AssertionError) as error:
        raise StudyError(
            f"The storage {shown} cannot be opened ({first_line(error)}): start the server, or "
            "mend the address."
        ) from error
