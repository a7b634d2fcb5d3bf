"""What is raised for files that hold no estimator, or not only one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nnest._validation import shortened
from nnest.exceptions import ModelFileError

__all__ = ["Refused", "refusing"]

REMEDY = "give what nnest.save has written, unchanged"


class Refused(Exception):  # noqa: N818  # never leaves this package
    """Why a file is refused, and what to do about it."""

    def __init__(self, reason: str, remedy: str = REMEDY) -> None:
        super().__init__(f"{reason}: {remedy}.")
        self.reason = reason


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Turn the reason of a refusal into one sentence that names the file."""
    try:
        yield
    except RecursionError:
        refusal = Refused("its values nest too deeply")
    except Refused as error:
        refusal = error
    else:
        return
    raise ModelFileError(shortened(f"{str(path)!r} is refused because {refusal}"))
