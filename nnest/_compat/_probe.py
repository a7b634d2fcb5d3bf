"""Finds a private name of a library, or raises a sentence that it is gone."""

from __future__ import annotations

import re
from importlib import import_module, metadata
from operator import attrgetter
from typing import Any

from nnest.exceptions import CompatibilityError

__all__ = ["attribute", "find", "gone"]


def find(tested: str, module: str, name: str) -> Any:
    """Return what a module has under a name, which may have dots.

    `tested` is the requirement of the releases that nnest is tested with.
    """
    try:
        return attrgetter(name)(import_module(module))
    except (ImportError, AttributeError) as error:
        raise gone(tested, f"{module}.{name}") from error


def attribute(tested: str, owner: Any, name: str, use: str = "") -> Any:
    """Return an attribute of an object; `use` is what nnest needs it to do."""
    try:
        return getattr(owner, name)
    except AttributeError as error:
        raise gone(tested, f"{type(owner).__name__}.{name}", use) from error


def gone(tested: str, name: str, use: str = "") -> CompatibilityError:
    """Return the error for a name that a library does not have."""
    purpose = f" to {use}" if use else ""
    package = re.split("[<>=]", tested)[0]
    return CompatibilityError(
        f"{package} {metadata.version(package)} has no {name}, which nnest needs{purpose}: "
        f"install '{tested}', or a newer nnest."
    )
