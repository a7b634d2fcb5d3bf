"""What a study writes down about itself: data, folds, estimator, versions, as plain texts."""

from __future__ import annotations

import base64
import json
import re
import zlib
from inspect import signature
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from nnest._identity import data_digest, installed_versions, own_parameters
from nnest._machine import device
from nnest.search._checks import Rows

__all__ = [
    "data_digest",
    "derived",
    "describe",
    "device",
    "splits_from_text",
    "splits_to_text",
    "versions",
]

#: What an estimator says while it trains, and nothing of what it learns.
_SILENT = {"verbose"}


def derived(seed: int, *path: int) -> int:
    """Return a seed that follows from another one and from a place."""
    return int(np.random.SeedSequence([seed, *path]).generate_state(1)[0] >> 1)


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that decide numbers."""
    return installed_versions("optuna")


def splits_to_text(splits: list[tuple[Rows, Rows]], n: int) -> str:
    """Return training and test rows of each fold as one compact text.

    Most splitters train on all that they do not test on: then the test rows are enough.
    """
    folds = []
    for train, test in splits:
        rest = np.array_equal(train, np.delete(np.arange(n), test))
        folds.append([None if rest else _packed(train), _packed(test)])
    return json.dumps({"rows": n, "folds": folds}, separators=(",", ":"))


def splits_from_text(text: str) -> list[tuple[Rows, Rows]]:
    """Return the folds that :func:`splits_to_text` wrote."""
    about = json.loads(text)
    folds = []
    for train, test in about["folds"]:
        tested = _unpacked(test)
        rest = np.delete(np.arange(about["rows"]), tested)
        folds.append((rest if train is None else _unpacked(train), tested))
    return folds


def _packed(rows: Rows) -> str:
    """Return row numbers as a text: the steps between them, which are small, compressed."""
    steps = np.diff(rows, prepend=0).astype("<i4")
    return base64.b64encode(zlib.compress(steps.tobytes(), 9)).decode("ascii")


def _unpacked(text: str) -> Rows:
    """Return the row numbers that a text holds."""
    steps = np.frombuffer(zlib.decompress(base64.b64decode(text)), "<i4")
    return np.cumsum(steps, dtype=np.intp)


def describe(value: Any) -> str:
    """Return what an estimator, a metric or a splitter is, the same in every process.

    Parameters that have their default are left out: a version that knows more of them goes on with
    a study.
    """
    if isinstance(value, BaseEstimator):
        defaults = signature(type(value).__init__).parameters
        parameters = {
            name: describe(each)
            for name, each in own_parameters(value).items()
            if name not in _SILENT
            if name not in defaults or repr(each) != repr(defaults[name].default)
        }
        inside = ", ".join(f"{name}={text}" for name, text in parameters.items())
        return f"{type(value).__name__}({inside})"
    if isinstance(value, dict):
        inside = ", ".join(f"{key!r}: {describe(each)}" for key, each in value.items())
        return f"{{{inside}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(describe(each) for each in value)}]"
    if callable(value) and hasattr(value, "__qualname__"):
        return str(value.__qualname__)
    # Where an object lies in memory is another place in the next process.
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))
