"""What a study writes down about itself: data, folds, estimator, versions, as plain texts."""

from __future__ import annotations

import ast
import base64
import hashlib
import inspect
import json
import re
import textwrap
import zlib
from functools import partial
from types import CodeType
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.metrics import accuracy_score, make_scorer

from nnest._compat.sklearn import score_function
from nnest._identity import installed_versions, own_parameters
from nnest.search._checks import Rows

__all__ = [
    "SCORER",
    "derived",
    "describe",
    "function_text",
    "metric_texts",
    "splits_from_text",
    "splits_to_text",
    "versions",
]

#: What an estimator says while it trains, and nothing of what it learns.
_SILENT = {"verbose"}
#: What `make_scorer` makes: a function that is known to return one number.
SCORER = type(make_scorer(accuracy_score))
#: Where an object lies in memory, in its repr.
_PLACE = r" at 0x[0-9a-fA-F]+"


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
        defaults = inspect.signature(type(value).__init__).parameters
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
    return re.sub(_PLACE, "", repr(value))


def metric_texts(scoring: Any) -> dict[str, str]:
    """Return the texts of the functions among metrics, by their names; "score" of one alone."""
    metrics = scoring if isinstance(scoring, dict) else {"score": scoring}
    texts = {}
    for name, metric in metrics.items():
        function = score_function(metric) if isinstance(metric, SCORER) else metric
        if isinstance(function, partial) or hasattr(function, "__code__"):
            texts[name] = function_text(function)
        elif callable(function):  # what such an object has may change while it scores
            texts[name] = function_text(type(function).__call__)
    return texts


def function_text(function: Any) -> str:
    """Return a text that tells a function from another, or from what it was before."""
    if isinstance(function, partial):
        given = describe([function.args, function.keywords])
        return f"{function_text(function.func)} {given}"
    if not hasattr(function, "__code__"):
        return _object_text(function)
    if str(function.__module__).startswith("sklearn."):  # a release changes its source
        return str(function.__qualname__)
    try:
        # Without comments and line breaks, which change nothing.
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        content = ast.dump(tree)
    except (OSError, SyntaxError, TypeError):
        content = _code_text(function.__code__)
    return f"{function.__qualname__} {hashlib.sha256(content.encode()).hexdigest()[:16]}"


def _object_text(called: Any) -> str:
    """Return the text of an object that is called: its repr, or what it does and what it has."""
    text, call = " ".join(repr(called).split()), type(called).__call__
    if not re.search(_PLACE, text) or not hasattr(call, "__code__"):
        return f"{type(called).__qualname__} {re.sub(_PLACE, '', text)}"
    return f"{function_text(call)} {describe(getattr(called, '__dict__', {}))}"


def _code_text(code: CodeType) -> str:
    """Return what a function without a source does, as a text."""
    constants = [
        _code_text(each) if isinstance(each, CodeType) else repr(each) for each in code.co_consts
    ]
    return repr((code.co_code.hex(), code.co_names, code.co_varnames, constants))
