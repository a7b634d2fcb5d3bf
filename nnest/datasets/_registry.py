"""What is known about each data set; recipes.toml holds it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from nnest._validation import suggest
from nnest.datasets._arrays import ArraySpec, combined_digest
from nnest.datasets._formats import parse_cifar10, parse_gtsrb, parse_idx, parse_notmnist

__all__ = ["DatasetInfo", "OfficialFile", "Recipe", "recipe_of", "recipes"]

Parse = Callable[[Mapping[str, Path], Mapping[str, str]], dict[str, NDArray[Any]]]

#: What reads the official files, by the name of their format.
_PARSERS: dict[str, Parse] = {
    "cifar10": parse_cifar10,
    "gtsrb": parse_gtsrb,
    "idx": parse_idx,
    "notmnist": parse_notmnist,
}


@dataclass(frozen=True)
class DatasetInfo:
    """What a list of data sets shows.

    Parameters
    ----------
    name : str
        Name for `fetch` and the command line.
    title : str
        Name in full.
    shape : tuple of int
        Shape of one image.
    n_train : int
        Images of the training part.
    n_test : int
        Images of the official test part.
    n_classes : int
        Number of classes.
    licence : str
        Terms of use; "none stated" where there are none.
    url : str
        Page or folder of its authors.
    citation : str
        What to cite.
    note : str
        How its parts were made.
    max_value : int
        The value of a white pixel.
    digest : str
        One SHA-256 over all arrays, known without loading them.

    Examples
    --------
    >>> from nnest.datasets import describe
    >>> info = describe("gtsrb")
    >>> info.shape, info.n_train, info.n_test, info.n_classes
    ((32, 32, 3), 39209, 12630, 43)
    """

    name: str
    title: str
    shape: tuple[int, ...]
    n_train: int
    n_test: int
    n_classes: int
    licence: str
    url: str
    citation: str
    note: str
    max_value: int
    digest: str


@dataclass(frozen=True)
class OfficialFile:
    """One file as its authors publish it; without a digest, its arrays decide."""

    name: str
    urls: tuple[str, ...]
    sha256: str | None = None


@dataclass(frozen=True)
class Recipe:
    """All that is needed to get a data set and to describe it."""

    name: str
    title: str
    licence: str
    url: str
    note: str
    citation: str
    target_names: tuple[str, ...]
    arrays: Mapping[str, ArraySpec]
    files: tuple[OfficialFile, ...] = ()
    parse: Parse | None = None  # None: bundled, nothing to download
    content_md5: Mapping[str, str] = field(default_factory=dict)
    groups: str | None = None  # prefix of the arrays that say what belongs together
    max_value: int = 255

    @property
    def info(self) -> DatasetInfo:
        """What a list shows."""
        train, test = self.arrays["x_train"].shape, self.arrays["x_test"].shape
        return DatasetInfo(
            self.name, self.title, train[1:], train[0], test[0], len(self.target_names),
            self.licence, self.url, self.citation, self.note, self.max_value,
            combined_digest(self.arrays),
        )  # fmt: skip


@cache
def recipes() -> dict[str, Recipe]:
    """Return all recipes by name, the bundled one first."""
    text = files("nnest.datasets").joinpath("recipes.toml").read_text(encoding="utf-8")
    return {name: _recipe(name, **table) for name, table in tomllib.loads(text).items()}


def _recipe(name: str, **table: Any) -> Recipe:
    """Return the recipe that a table of the file describes."""
    arrays = {
        each: ArraySpec(about["dtype"], tuple(about["shape"]), about["sha256"])
        for each, about in table.pop("arrays").items()
    }
    official = [
        OfficialFile(about["name"], tuple(about["urls"]), about.get("sha256"))
        for about in table.pop("files", [])
    ]
    return Recipe(
        name=name,
        arrays=arrays,
        files=tuple(official),
        parse=_PARSERS.get(table.pop("format", "")),
        target_names=tuple(table.pop("target_names")),
        **table,
    )


def recipe_of(name: str) -> Recipe:
    """Return a recipe, or raise an error that names the nearest one."""
    known = recipes()
    if name in known:
        return known[name]
    raise ValueError(f"No data set is called {name!r}: {suggest(name, known)}")
