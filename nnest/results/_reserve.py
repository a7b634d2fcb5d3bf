"""Locks on trainings, so that processes share them out."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path

from filelock import FileLock, Timeout

from nnest._identity import digest_of
from nnest._storage import reason_of
from nnest.exceptions import ResultsError

__all__ = ["lock_all"]


def lock_all(folder: Path, keys: Collection[tuple[object, ...]], held: ExitStack) -> bool:
    """Lock the files of all keys or of none, and tell which; `held` unlocks them."""
    with ExitStack() as taken:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for key in keys:
                name = digest_of({"key": list(key)})
                taken.enter_context(FileLock(folder / f"{name}.lock", timeout=0))
        except Timeout:
            return False
        except (OSError, NotImplementedError) as error:
            raise ResultsError(
                f"Cannot reserve a training in {str(folder)!r}: {reason_of(error)}. Make it "
                "writable, or choose another folder with --results."
            ) from error
        held.push(taken.pop_all())
    return True
