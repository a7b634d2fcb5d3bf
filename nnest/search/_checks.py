"""What a search refuses before anything is trained."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import _num_samples

from nnest.estimators import CNNClassifier, CNNRegressor, MLPClassifier, MLPRegressor

__all__ = ["check_jobs", "checked_network", "checked_splits", "warn_of_missing_labels"]

Rows = np.ndarray[Any, np.dtype[np.intp]]


def check_jobs(n_jobs: int | None) -> None:
    """Refuse several processes."""
    if n_jobs not in (None, 1):
        raise ValueError(
            f"n_jobs={n_jobs!r} is not accepted: all networks train in one program that has the "
            "GPU, or all cores, to itself, and several processes would take it from each other; "
            "leave n_jobs out."
        )


def checked_network(estimator: Any) -> Any:
    """Return the network at the end of an estimator."""
    network = estimator
    if isinstance(estimator, Pipeline) and estimator.steps:
        network = estimator.steps[-1][1]
    if not isinstance(network, MLPClassifier | MLPRegressor | CNNClassifier | CNNRegressor):
        raise TypeError(
            f"{network!r} is no network of this package, and nothing else trains in one program: "
            "give a network or a Pipeline that ends in one, or use scikit-learn's GridSearchCV."
        )
    return network


def checked_splits(splits: Iterable[Any], expected: int, X: Any) -> list[tuple[Rows, Rows]]:
    """Return training and test rows of each fold as integers."""
    n = _num_samples(X)
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
    """Say which folds test on labels that they do not train on."""
    labels = np.asarray(y)
    if labels.ndim != 1:
        return
    for fold, (train, test) in enumerate(splits):
        missing = np.setdiff1d(labels[test], labels[train])
        if len(missing):
            warnings.warn(
                f"cv's fold {fold} tests on the labels {missing.tolist()}, which its training "
                "part lacks: its networks cannot predict them, and metrics of probabilities may "
                "fail; give a stratified splitter, or fewer folds.",
                UserWarning,
                stacklevel=4,
            )
