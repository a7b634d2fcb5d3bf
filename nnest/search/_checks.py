"""Checks of a search's arguments before anything is trained."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer_names
from sklearn.pipeline import Pipeline
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.multiclass import type_of_target

from nnest._compat.sklearn import num_samples
from nnest._validation import suggest
from nnest.estimators import NeuralNet, as_targets

__all__ = [
    "check_metrics",
    "checked_network",
    "checked_splits",
    "checked_targets",
    "several_metrics",
    "warn_of_missing_labels",
]

Rows = np.ndarray[Any, np.dtype[np.intp]]


def check_metrics(scoring: Any) -> None:
    """Raise if a metric is unknown."""
    known = get_scorer_names()
    given = scoring.values() if isinstance(scoring, dict) else scoring
    names = [given] if isinstance(given, str) else given
    for name in names if isinstance(names, Iterable) else ():
        if isinstance(name, str) and name not in known:
            hint = suggest(name, known, "sklearn.metrics.get_scorer_names() lists them.")
            raise ValueError(f"{name!r} is no metric of scikit-learn: {hint}")


def several_metrics(scoring: Any) -> dict[str, Any]:
    """Return metrics by their names; empty if there is one, or a function."""
    if isinstance(scoring, dict):
        return scoring
    return {name: name for name in scoring} if isinstance(scoring, list | tuple | set) else {}


def checked_targets(y: Any, are_labels: bool) -> Any:
    """Return targets, labels without a second axis.

    Raise if some are missing or infinite, or if there are several labels for a sample.
    """
    if y is None:
        raise ValueError("This search requires y to be passed, but the target y is None.")
    as_targets(y, are_labels)  # what every fit would say
    assert_all_finite(np.asarray(y), input_name="y")
    return column_or_1d(y, warn=True) if are_labels and np.ndim(y) == 2 else y


def checked_network(estimator: Any) -> Any:
    """Return the network at the end of an estimator."""
    network = estimator
    if isinstance(estimator, Pipeline) and estimator.steps:
        network = estimator.steps[-1][1]
    if not isinstance(network, NeuralNet):
        raise TypeError(
            f"{network!r} is no network of this package, and nothing else trains in one program: "
            "give a network or a Pipeline that ends in one, or use scikit-learn's GridSearchCV."
        )
    return network


def checked_splits(splits: Iterable[Any], expected: int, X: Any) -> list[tuple[Rows, Rows]]:
    """Return training and test rows of each fold as integers."""
    n = num_samples(X)
    rows = [
        (_rows(train, n, fold, "training"), _rows(test, n, fold, "test"))
        for fold, (train, test) in enumerate(splits)
    ]
    if len(rows) != expected:
        raise ValueError(
            f"cv.split yields {len(rows)} folds, but cv.get_n_splits says {expected}: give a "
            "splitter whose two methods agree."
        )
    if not rows:
        raise ValueError("cv yields no folds: give a splitter that yields at least one.")
    for fold, (train, test) in enumerate(rows):
        shared = len(np.intersect1d(train, test))
        if shared:
            raise ValueError(
                f"cv's fold {fold} has {shared} rows in both its training and its test part: "
                "give parts that share none, or the scores are of samples that were trained on."
            )
    return rows


def _rows(part: Any, n: int, fold: int, name: str) -> Rows:
    """Return the row numbers of one part."""
    try:
        rows: Rows = np.arange(n)[np.asarray(part, dtype=None if len(part) else np.intp)]
    except (IndexError, TypeError) as error:
        raise ValueError(
            f"cv's fold {fold} has a {name} part that names no rows of {n} samples ({error}): "
            f"give integers from 0 to {n - 1}."
        ) from None
    if not len(rows):
        raise ValueError(
            f"cv's fold {fold} has an empty {name} part: give a splitter whose parts all hold "
            "samples."
        )
    return rows


def warn_of_missing_labels(splits: list[tuple[Rows, Rows]], y: Any) -> None:
    """Warn of folds that test on labels that they do not train on."""
    if type_of_target(y) not in ("binary", "multiclass"):
        return
    labels = np.asarray(y)
    for fold, (train, test) in enumerate(splits):
        missing = np.setdiff1d(labels[test], labels[train])
        if len(missing):
            warnings.warn(
                f"cv's fold {fold} tests on the labels {missing.tolist()}, which its training "
                "part lacks: its networks cannot predict them, and metrics of probabilities may "
                "fail; give a stratified splitter, or fewer folds.",
                UserWarning,
                stacklevel=5,
            )
