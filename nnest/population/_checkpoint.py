"""The state of a running group on disk: replaced whole, found again by what the group is."""

from __future__ import annotations

import hashlib
import json
import os
import time
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from nnest._storage import array_in, open_regular, replacing, unpacked, writing

__all__ = ["GroupCheckpoint", "bytes_of", "checkpoints_kept", "release"]

#: Seconds between two checkpoints; a killed run loses no more than that and one turn.
INTERVAL = 60.0

Arrays = dict[str, np.ndarray]


class Resumable(Protocol):
    """What a checkpoint is made of."""

    def identity(self) -> str:
        """Return a digest of all that its numbers depend on."""

    def state_dict(self, arrays: Arrays) -> dict[str, Any]:
        """Return its state as JSON; arrays go into `arrays`."""

    def load_state_dict(self, state: dict[str, Any], arrays: Arrays) -> None:
        """Take over what `state_dict` returned."""


class GroupCheckpoint:
    """Keeps the state of a group in a file, or nowhere.

    The file is named after the group's identity: the same call finds it again, and another never
    does. It is replaced whole, so that a kill in any moment leaves the last one; and it holds a sum
    of its arrays, because a file that a broken disk has changed would be trained on from without a
    word.

    Parameters
    ----------
    folder : Path or None
        Where the file is; None keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.path: Path | None = None
        self._saved = time.monotonic()

    def restore(self, group: Resumable) -> bool:
        """Bring a group to where it was; False if nothing is known of it."""
        if self.folder is None:
            return False
        self.path = self.folder / f"group-{group.identity()[:32]}.npz"
        with self._writing():
            self.folder.mkdir(parents=True, exist_ok=True)
            # Find out now, and not after a minute of training, whether the folder can be written.
            probe = self.path.with_suffix(f".{os.getpid()}.probe")
            probe.touch()
            probe.unlink(missing_ok=True)
        if not self.path.exists():
            return False
        try:
            arrays = _read(self.path)
            saved = json.loads(bytes(arrays["state"]))
        except Exception as error:  # damage has many kinds
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            warnings.warn(
                f"The checkpoint {self.path} cannot be read ({reason}): its group is trained from "
                "the beginning.",
                stacklevel=2,
            )
            return False
        group.load_state_dict(saved, arrays)
        return True

    def save_if_due(self, group: Resumable) -> None:
        """Save the state if the last time was a while ago."""
        if time.monotonic() - self._saved >= INTERVAL:
            self.save(group)

    def save(self, group: Resumable) -> None:
        """Save the state: written beside, then moved into place."""
        self._saved = time.monotonic()
        if self.path is None:
            return
        arrays: Arrays = {}
        state = json.dumps(group.state_dict(arrays)).encode()
        arrays["state"] = np.frombuffer(state, np.uint8)
        arrays["sum"] = _sum(arrays)
        with self._writing(), replacing(self.path) as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]  # takes any names

    def forget(self) -> None:
        """Remove the file."""
        if self.path is not None:
            with self._writing():
                self.path.unlink(missing_ok=True)

    def _writing(self) -> AbstractContextManager[None]:
        """Say in one sentence that the folder cannot be written."""
        assert self.folder is not None
        return writing(
            self.folder,
            "make it writable, make room there, or name another folder for checkpoints; what was "
            "recorded before is whole, and the same call goes on.",
        )


# Checkpoints of calls that have ended and belong to a computation that has not.
_kept: ContextVar[list[GroupCheckpoint] | None] = ContextVar("kept", default=None)


@contextmanager
def checkpoints_kept() -> Iterator[None]:
    """Keep the checkpoints of all calls of :func:`fit_many` until the end of the block.

    A computation of several calls that is killed then goes on where it was, because the calls that
    had ended find what they learnt. Without an error, the block removes them at its end.

    Yields
    ------
    None
        Nothing; it holds for this thread.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from nnest import MLPClassifier
    >>> from nnest.population import checkpoints_kept, fit_many
    >>> net = MLPClassifier(epochs=1, random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with checkpoints_kept():
    ...         _ = fit_many([net], np.eye(4), [0, 1, 0, 1], checkpoint=folder)
    ...         during = len(list(Path(folder).iterdir()))
    ...     during, len(list(Path(folder).iterdir()))
    (1, 0)
    """
    checkpoints: list[GroupCheckpoint] = []
    token = _kept.set(checkpoints)
    try:
        yield
    finally:
        _kept.reset(token)
    release(checkpoints)


def release(checkpoints: list[GroupCheckpoint]) -> None:
    """Remove the files of groups that have ended, or leave them to :func:`checkpoints_kept`."""
    kept = _kept.get()
    if kept is not None:
        kept += checkpoints
        return
    for each in checkpoints:
        each.forget()


def _read(path: Path) -> Arrays:
    """Return the arrays of a checkpoint, if they are what was written."""
    with open_regular(path) as file, zipfile.ZipFile(file) as archive:
        arrays = {
            entry.filename.removesuffix(".npy"): array_in(unpacked(archive, entry))
            for entry in archive.infolist()
        }
    known = arrays.pop("sum", np.zeros(0)).tobytes()
    if known != _sum(arrays).tobytes():
        raise ValueError("its contents are not those that were written")
    return arrays


def _sum(arrays: Arrays) -> np.ndarray:
    """Return the SHA-256 of arrays with their names, types and shapes."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        digest.update(bytes_of(array))
    return np.frombuffer(digest.digest(), np.uint8)


def bytes_of(array: Any) -> memoryview:
    """Return the bytes of an array of any type."""
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
