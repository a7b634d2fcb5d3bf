"""A database that cannot be reached for a while: growing pauses instead of a crash."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, TypeVar

import tenacity
from optuna.storages import BaseStorage, RDBStorage, get_storage

from nnest.exceptions import StorageError, StudyError

Say = Callable[[str], None] | None
Found = TypeVar("Found")

#: What to do where a study cannot be written.
MORE_ROOM = (
    "make it writable, or make room there; what was told before is kept, and the same call goes on."
)
#: Seconds of the first pause and of the longest, and after how many a worker gives up.
FIRST_PAUSE, LONGEST_PAUSE, LIMIT = 0.5, 60.0, 3600.0
# Classes of PostgreSQL's states that pass: connection, deadlock, resources, shutdown, system.
_PASSING = ("08", "40", "53", "57P", "58")

_is_retried: ContextVar[bool] = ContextVar("_is_retried", default=False)


def is_unreachable(error: BaseException) -> bool:
    """Return whether an error means that the storage cannot be reached now, but may be later."""
    from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

    if not isinstance(error, Exception):
        return False  # an interrupt ends the waiting, whatever it came upon
    for each in _chain(error):
        if isinstance(each, OperationalError | InterfaceError):
            if type(each.orig).__module__.startswith("sqlite3"):
                return "locked" in str(each.orig)
            state = getattr(each.orig, "sqlstate", None)
            return state is None or str(state).startswith(_PASSING)
        if isinstance(each, DBAPIError) and each.connection_invalidated:
            return True
    return False


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those that it came from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _drivers_errors(error: BaseException) -> list[BaseException]:
    """Return what a database's driver raised."""
    return [each.orig for each in _chain(error) if getattr(each, "orig", None)]  # type: ignore[attr-defined]


def _is_unwritable(error: BaseException) -> bool:
    """Return whether SQLite has no room for what is to be written, or may not write it."""
    words = ("disk is full", "disk I/O", "readonly database")
    of_sqlite = [e for e in _drivers_errors(error) if type(e).__module__.startswith("sqlite3")]
    return any(word in str(each) for each in of_sqlite for word in words)


def first_line(error: BaseException) -> str:
    """Return what a database's driver says, or the innermost error, in one line."""
    cause = (_drivers_errors(error) or [*_chain(error)][-1:])[0]
    lines = str(cause).strip().splitlines() or [type(cause).__name__]
    return lines[0].strip().rstrip(".")


def _retried(name: str) -> Any:
    """Return a method that hands a call on to the database, again while that is away."""

    def method(self: RetryingStorage, *args: Any, **kwargs: Any) -> Any:
        return self.call(lambda: getattr(self.inner, name)(*args, **kwargs))

    method.__name__ = name
    return method


class RetryingStorage(BaseStorage):
    """A database whose calls are tried again, with growing pauses, while it cannot be reached.

    Parameters
    ----------
    database : optuna.storages.RDBStorage
        The database.
    say : callable or None
        Takes one sentence: that the storage is away, and that it is there again.
    limit : float
        Seconds after which a call is given up.

    Attributes
    ----------
    inner : optuna.storages.BaseStorage
        Optuna's cache before the database.
    """

    def __init__(self, database: RDBStorage, say: Say = print, limit: float = LIMIT) -> None:
        self.database, self.say, self.limit = database, say, limit
        self.inner = get_storage(database)

    def call(self, action: Callable[[], Found]) -> Found:
        """Call something that needs the database, again while that is away.

        Within an action that is tried again as a whole, nothing is tried again by itself: an
        exclusive section loses its lock with the connection, and has to begin anew.
        """
        if _is_retried.get():
            return action()
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(is_unreachable),
            wait=tenacity.wait_exponential(multiplier=FIRST_PAUSE, max=LONGEST_PAUSE),
            stop=tenacity.stop_before_delay(self.limit),
            before_sleep=self._tell_pause,
            retry_error_callback=self._give_up,
            sleep=time.sleep,
        )
        token = _is_retried.set(True)
        try:
            found: Found = retrying(action)
        except Exception as error:
            if not _is_unwritable(error):
                raise
            place = self.database.engine.url.database or str(self.database.engine.url)
            raise StorageError(
                f"Cannot write to {place!r} ({first_line(error)}): {MORE_ROOM}"
            ) from error
        finally:
            _is_retried.reset(token)
        if retrying.statistics["attempt_number"] > 1:
            self._tell("The storage answers again.")
        return found

    def _tell_pause(self, state: tenacity.RetryCallState) -> None:
        why = first_line(_error_of(state))
        pause = f"{state.upcoming_sleep:g} s"
        self._tell(f"The storage does not answer ({why}): trying again in {pause}.")

    def _give_up(self, state: tenacity.RetryCallState) -> None:
        error = _error_of(state)
        raise StudyError(
            f"The storage has not answered for {self.limit:g} seconds ({first_line(error)}): what "
            "was told is kept; start again when it is there."
        ) from error

    def _tell(self, sentence: str) -> None:
        if self.say is not None:
            self.say(sentence)

    create_new_study = _retried("create_new_study")
    delete_study = _retried("delete_study")
    set_study_user_attr = _retried("set_study_user_attr")
    set_study_system_attr = _retried("set_study_system_attr")
    get_study_id_from_name = _retried("get_study_id_from_name")
    get_study_name_from_id = _retried("get_study_name_from_id")
    get_study_directions = _retried("get_study_directions")
    get_study_user_attrs = _retried("get_study_user_attrs")
    get_study_system_attrs = _retried("get_study_system_attrs")
    get_all_studies = _retried("get_all_studies")
    create_new_trial = _retried("create_new_trial")
    set_trial_param = _retried("set_trial_param")
    get_trial_id_from_study_id_trial_number = _retried("get_trial_id_from_study_id_trial_number")
    get_trial_number_from_id = _retried("get_trial_number_from_id")
    get_trial_param = _retried("get_trial_param")
    set_trial_state_values = _retried("set_trial_state_values")
    set_trial_intermediate_value = _retried("set_trial_intermediate_value")
    set_trial_user_attr = _retried("set_trial_user_attr")
    set_trial_system_attr = _retried("set_trial_system_attr")
    get_trial = _retried("get_trial")
    get_all_trials = _retried("get_all_trials")
    get_n_trials = _retried("get_n_trials")
    get_best_trial = _retried("get_best_trial")
    get_trial_params = _retried("get_trial_params")
    get_trial_user_attrs = _retried("get_trial_user_attrs")
    get_trial_system_attrs = _retried("get_trial_system_attrs")
    remove_session = _retried("remove_session")


def _error_of(state: tenacity.RetryCallState) -> BaseException:
    """Return the error of a call that failed."""
    error = state.outcome.exception() if state.outcome is not None else None
    assert error is not None
    return error
