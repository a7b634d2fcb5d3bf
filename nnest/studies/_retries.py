"""A storage that is away for a while: growing pauses instead of a crash."""

from __future__ import annotations

import abc
import time
from collections.abc import Callable, Iterator
from typing import Any

from optuna.storages import BaseStorage
from optuna.storages._heartbeat import BaseHeartbeat

from nnest.exceptions import StorageError, StudyError

__all__ = ["MORE_ROOM", "PatientStorage", "first_line", "is_away"]

Say = Callable[[str], None] | None

#: What to do where a study cannot be written down any further.
MORE_ROOM = (
    "make it writable, or make room there; what was told before is kept, and the same call goes on."
)
#: Seconds of the first pause and of the longest, and after how many a worker gives up.
FIRST, LONGEST, LIMIT = 0.5, 60.0, 3600.0
# Classes of PostgreSQL's states that pass: connection, deadlock, resources, shutdown, system.
_PASSING = ("08", "40", "53", "57P", "58")


def is_away(error: BaseException) -> bool:
    """Tell whether an error means that the storage cannot be reached now, but may be later."""
    from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

    for each in _chain(error):
        if isinstance(each, OperationalError | InterfaceError):
            return _passes(each.orig)
        if isinstance(each, DBAPIError) and each.connection_invalidated:
            return True
    return False


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those that it came from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _passes(original: BaseException | None) -> bool:
    """Tell whether what the driver said is worth another try."""
    if type(original).__module__.startswith("sqlite3"):
        return "locked" in str(original)
    state = getattr(original, "sqlstate", None)
    return state is None or str(state).startswith(_PASSING)


def _is_unwritable(error: BaseException) -> bool:
    """Tell whether SQLite has no room for what is to be written, or may not write it."""
    words = ("disk is full", "disk I/O", "readonly database")
    drivers = (getattr(each, "orig", None) for each in _chain(error))
    of_sqlite = (each for each in drivers if type(each).__module__.startswith("sqlite3"))
    return any(word in str(each) for each in of_sqlite for word in words)


def first_line(error: BaseException) -> str:
    """Return what the innermost error says, or a database's driver, in one line."""
    chain = list(_chain(error))
    drivers = (getattr(each, "orig", None) for each in chain)
    cause = next((each for each in drivers if each is not None), chain[-1])
    lines = str(cause).strip().splitlines() or [type(cause).__name__]
    return lines[0].strip().rstrip(".")


class _Patient:
    """Hands every call on to another storage, again and again while that one is away.

    Parameters
    ----------
    inner : optuna.storages.BaseStorage
        The storage.
    say : callable or None
        Takes one sentence: that the storage is away, and that it is there again.
    limit : float
        Seconds after which a call is given up.
    """

    def __init__(self, inner: BaseStorage, say: Say = print, limit: float = LIMIT) -> None:
        self.inner, self.say, self.limit = inner, say, limit

    def __getattr__(self, name: str) -> Any:
        """Return what only this kind of storage has."""
        if name.startswith("__") or "inner" not in vars(self):
            raise AttributeError(name)
        return getattr(self.inner, name)

    def insist(self, call: Callable[[], Any]) -> Any:
        """Call something that needs the storage until that answers."""
        began, pause = time.monotonic(), FIRST
        while True:
            try:
                found = call()
            except Exception as error:
                if _is_unwritable(error):
                    raise StorageError(
                        f"Cannot write to {self._place()!r} ({first_line(error)}): {MORE_ROOM}"
                    ) from error
                if not is_away(error):
                    raise
                self._pause(pause, began, error)
                pause = min(2 * pause, LONGEST)
                continue
            if pause > FIRST:
                self._tell("The storage answers again.")
            return found

    def _place(self) -> str:
        """Return where the database is, without a password."""
        backend = getattr(self.inner, "_backend", self.inner)  # behind Optuna's cache
        url = getattr(getattr(backend, "engine", None), "url", None)
        return "the storage" if url is None else url.database or str(url)

    def _pause(self, seconds: float, began: float, error: Exception) -> None:
        """Wait, and say why; give up if that has been too long."""
        why = first_line(error)
        if time.monotonic() + seconds - began > self.limit:
            raise StudyError(
                f"The storage has not answered for {self.limit:g} seconds ({why}): what was "
                "told is kept; start again when it is there."
            ) from error
        self._tell(f"The storage does not answer ({why}): trying again in {seconds:g} s.")
        time.sleep(seconds)

    def _tell(self, sentence: str) -> None:
        """Say a sentence, if somebody listens."""
        if self.say is not None:
            self.say(sentence)


def _patient(name: str) -> Callable[..., Any]:
    """Return a method that hands a call on patiently."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        call = getattr(self.inner, name)
        return self.insist(lambda: call(*args, **kwargs))

    method.__name__ = name
    return method


def _calls() -> list[str]:
    """Return the names of all that a storage can be asked for."""
    # What is deprecated calls what took its place; a check of two values leaves no process.
    left_out = {"get_failed_trial_callback", "check_trial_is_updatable"}
    known = {*vars(BaseStorage), *vars(BaseHeartbeat)}
    public = {name for name in known if not name.startswith("_")} - left_out
    return sorted({*public, "_get_stale_trial_ids"})


# Every method of Optuna's storages, those of coming versions too; written out, one would be missed.
PatientStorage: Any = abc.update_abstractmethods(
    type(
        "PatientStorage",
        (_Patient, BaseStorage, BaseHeartbeat),
        {"__module__": __name__, "__doc__": _Patient.__doc__}
        | {name: _patient(name) for name in _calls()},
    )
)
