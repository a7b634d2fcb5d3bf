"""Finds a private name of a library, or raises a sentence that it is gone."""

from __future__ import annotations

import re
from importlib import import_module, metadata
from operator import attrgetter
from typing import Any

from nnest.exceptions import CompatibilityError

__all__ = ["attribute", "find"]


def find(tested: str, module: str, name: str) -> Any:
    """Return what a module has under a name, which may have dots.

    `tested` is the requirement of the releases that nnest is tested with.
    """
    try:
        return attrgetter(name)(import_module(module))
    except (ImportError, AttributeError) as error:
        raise _gone(tested, f"{module}.{name}") from error


def attribute(tested: str, owner: Any, name: str) -> Any:
    """Return an attribute of an object."""
    try:
        return getattr(owner, name)
    except AttributeError as error:
        raise _gone(tested, f"{type(owner).__name__}.{name}") from error


def _gone(tested: str, name: str) -> CompatibilityError:
    """Return the error for a name that a library does not have."""
    package = re.split("[<>=]", tested)[0]
    return CompatibilityError(
        f"{package} {metadata.version(package)} has no {name}, which nnest needs: install "
        f"'{tested}', or a newer nnest."
    )
