"""Every public object is documented in numpydoc's form, with an example."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import tomllib
from collections.abc import Iterator
from enum import EnumType
from types import ModuleType

import numpydoc.validate
import pytest
from numpydoc.validate import ERROR_MSGS

import nnest
from tests.helpers import ROOT

_SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
NOT_ASKED = set(_SETTINGS["numpydoc_validation"]["checks"]) - {"all"}
ASKED = set(ERROR_MSGS) - NOT_ASKED


def _modules() -> Iterator[ModuleType]:
    """Yield every module of the package whose name is public."""
    yield nnest
    for info in pkgutil.walk_packages(nnest.__path__, "nnest."):
        if not any(part.startswith("_") for part in info.name.split(".")):
            yield importlib.import_module(info.name)


def _is_ours(value: object) -> bool:
    return str(getattr(value, "__module__", "")).partition(".")[0] == "nnest"


def _public_objects() -> dict[str, object]:
    """Return classes and functions under one of their public names each."""
    found: dict[int, tuple[str, object]] = {}
    for module in _modules():
        for name in module.__all__:
            value = getattr(module, name)
            documented = inspect.isclass(value) or inspect.isfunction(value)
            if documented and _is_ours(value):
                found[id(value)] = (f"{module.__name__}.{name}", value)
    return dict(sorted(found.values(), key=lambda pair: pair[0]))


def _is_told_elsewhere(cls: type, name: str) -> bool:
    """Tell whether a library's base class defines the method: its contract is in that library."""
    return any(name in vars(base) for base in cls.__mro__[1:] if not _is_ours(base))


def _public_methods() -> list[str]:
    """Return the public methods that our public classes bring in themselves."""
    return [
        f"{path}.{name}"
        for path, value in PUBLIC.items()
        if inspect.isclass(value)
        for name, member in vars(value).items()
        if not name.startswith("_") and inspect.isfunction(member)
        if not _is_told_elsewhere(value, name)
    ]


PUBLIC = _public_objects()


def _complaints(path: str, codes: set[str]) -> list[str]:
    errors = numpydoc.validate.validate(path)["errors"]
    return [f"{code} {message}" for code, message in errors if code in codes]


def test_there_are_public_objects() -> None:
    """The tests below have something to look at."""
    assert len(PUBLIC) > 20


@pytest.mark.parametrize("path", PUBLIC)
def test_docstring_is_numpydoc(path: str) -> None:
    """Parameters, returns, errors and sections are as numpydoc has them."""
    # The parameters of an enumeration's class are those of the standard library.
    is_enumeration = isinstance(PUBLIC[path], EnumType)
    assert _complaints(path, ASKED - ({"PR01"} if is_enumeration else set())) == []


@pytest.mark.parametrize("path", _public_methods())
def test_docstring_of_method_is_numpydoc(path: str) -> None:
    """A method of our own explains itself in the same form."""
    assert _complaints(path, ASKED) == []


@pytest.mark.parametrize(
    "path",
    [
        path
        for path, value in PUBLIC.items()
        if not (inspect.isclass(value) and issubclass(value, BaseException))
    ],
)
def test_docstring_has_an_example_that_runs(path: str) -> None:
    """Examples are doctests, which pytest runs."""
    docstring = inspect.getdoc(PUBLIC[path]) or ""

    assert ">>> " in docstring.partition("Examples\n--------")[2]


@pytest.mark.parametrize("module", [each.__name__ for each in _modules()])
def test_every_public_name_exists(module: str) -> None:
    """`__all__` lists no name that is not there, and each once."""
    names = importlib.import_module(module).__all__

    assert len(set(names)) == len(names)
    assert [name for name in names if not hasattr(importlib.import_module(module), name)] == []
