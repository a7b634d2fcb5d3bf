"""What the tests of searches share."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import GridSearchCV

from nnest import VectorizedGridSearchCV
from nnest.population import _workers
from tests.networks import pictures

#: What a worker is asked to do, before tests ask for something else.
train_part = _workers._train_part


def table(n: int = 60, n_classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Return the pictures of the other tests as rows of numbers, and their classes."""
    X, y = pictures(n, n_classes)
    return X.reshape(n, -1), y


def kill_once(flag: Path, caller: int, *arguments: Any) -> Any:
    """Train a group, but kill the worker that is the first to come here."""
    if os.getpid() != caller and not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return train_part(*arguments)


def both(
    estimator: Any, grid: Any, X: Any, y: Any, fit: dict[str, Any] | None = None, **settings: Any
) -> tuple[Any, Any]:
    """Return scikit-learn's search and ours, fitted alike: nothing but the name differs."""
    settings = {"cv": 3, **settings}
    theirs, ours = (
        cls(estimator, grid, **settings).fit(X, y, **(fit or {}))
        for cls in (GridSearchCV, VectorizedGridSearchCV)
    )
    return theirs, ours


def without_times(results: dict[str, Any]) -> dict[str, Any]:
    """Return a table of results as lists, less what a clock says."""
    return {
        name: values if name == "params" else values.tolist()
        for name, values in results.items()
        if not name.endswith("_time")
    }


def assert_same(theirs: Any, ours: Any) -> None:
    """Hold two searches to the same table, in names, order, types and numbers."""
    assert list(ours.cv_results_) == list(theirs.cv_results_)
    for name, values in theirs.cv_results_.items():
        assert type(ours.cv_results_[name]) is type(values), name
        assert getattr(ours.cv_results_[name], "dtype", None) == getattr(values, "dtype", None)
    mine, other = without_times(ours.cv_results_), without_times(theirs.cv_results_)
    scores = [name for name in mine if "test_" in name or "train_" in name]
    for name in scores:
        np.testing.assert_allclose(mine.pop(name), other.pop(name), atol=1e-3, err_msg=name)
    assert mine == other
    for name in ("best_index_", "best_params_", "multimetric_", "n_splits_"):
        assert getattr(ours, name, None) == getattr(theirs, name, None), name
