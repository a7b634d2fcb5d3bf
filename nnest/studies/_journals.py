"""Journal files whose locks end with their process, and whose torn last line is cut off.

Optuna's own locks are files that a killed process leaves behind. What the next process appends to a
torn line makes the whole journal unreadable.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from nnest._storage import cut_torn_line, is_torn, writing
from nnest.exceptions import StudyError
from nnest.studies._retries import MORE_ROOM, first_line


class Journal(JournalStorage):
    """A journal file as a storage.

    Parameters
    ----------
    path : Path
        The file.

    Attributes
    ----------
    exclusive : filelock.FileLock
        A lock for several reads and writes, each of which takes the file's own lock too.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.exclusive = path, FileLock(f"{path}.several.flock", poll_interval=0.01)
        super().__init__(_File(path))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the path alone: no lock can be held by two."""
        return type(self), (self.path,)


class _File(JournalFileBackend):
    """Optuna's file of a journal, with another lock and with errors of one sentence."""

    def __init__(self, path: Path) -> None:
        self._path, self._own_lock = path, FileLock(f"{path}.flock", poll_interval=0.002)
        super().__init__(str(path), lock_obj=self._own_lock)  # type: ignore[arg-type]
        with self._own_lock:
            _mend(path)

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:  # type: ignore[override]
        """Yield what was written from a number on."""
        try:
            yield from super().read_logs(log_number_from)
        except (ValueError, RecursionError) as error:
            raise damaged(self._path, first_line(error)) from error

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Write something behind whole lines; Optuna takes the same lock once more."""
        with writing(self._path, MORE_ROOM), self._own_lock:
            _mend(self._path)
            super().append_logs(logs)


def damaged(path: Path, reason: str) -> StudyError:
    """Return the error for a journal that no program has written so."""
    return StudyError(
        f"The journal {path} is damaged ({reason}): no program writes it so; take a copy from "
        "before, or another path."
    )


def _mend(path: Path) -> None:
    """Cut off a last line without its end: every writer writes whole lines under the lock.

    A last line that is whole and means nothing is an error now. Optuna finds it only when another
    one stands behind it.
    """
    last = cut_torn_line(path)
    if last and (is_torn(last) or not isinstance(json.loads(last), dict)):
        raise damaged(path, "Optuna did not write its last line")
