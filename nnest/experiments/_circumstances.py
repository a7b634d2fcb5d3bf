"""The code that a record was made with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nnest.exceptions import ExperimentError
from nnest.results import git_state, source_digest

__all__ = ["code_state"]

_PACKAGE = Path(__file__).resolve().parents[1]


def code_state(*, must_be_clean: bool, records: Path) -> dict[str, Any]:
    """Return commit, state and digest of the code; refuse changes that are not committed."""
    commit, dirty = git_state(_PACKAGE, exclude=["book/results", records.absolute()])
    if dirty and must_be_clean:
        raise ExperimentError(
            f"The checkout at {_PACKAGE.parent} has changes that are not committed, so that no"
            " record could say which code made it; commit them, or pass --allow-dirty"
            " (allow_dirty=True), which is recorded."
        )
    return {"commit": commit, "dirty": dirty, "source_digest": source_digest(_PACKAGE)}
