"""Values of TOML files as Python's, and sentences about names that are not known."""

from __future__ import annotations

import math
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from nnest.exceptions import TuneError

__all__ = ["meant", "unknown"]


def meant(value: Any, where: str) -> Any:
    """Return what a value of a TOML file stands for: lists are tuples, "none" is None."""
    if isinstance(value, list):
        return tuple(meant(each, where) for each in value)
    if value == "none":
        return None
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise TuneError(
        f"{where} holds {value!r}: give finite numbers, names, true, false, or lists of them."
    )


def unknown(where: str, name: str, known: Iterable[str], kind: str) -> str:
    """Say that a name is none of those that are known, and which one may have been meant."""
    names = sorted(known)
    near = get_close_matches(name, names, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}."
    return f"{where}: {name!r} is no {kind}; {hint}"
