"""What the tests of studies share."""

from __future__ import annotations

from typing import Any

import numpy as np
from optuna.pruners import BasePruner

from nnest import OptunaSearchCV
from tests.networks import mlp
from tests.searches import table, without_times

X, Y = table()
DROPOUT = {"dropout": [0.0, 0.4]}


def search(space: Any = None, estimator: Any = None, **settings: Any) -> OptunaSearchCV:
    """Return a small unfitted search."""
    settings = {"n_trials": 3, "cv": 2, "random_state": 0, "refit": False, **settings}
    return OptunaSearchCV(estimator or mlp(), space or DROPOUT, **settings)


def fitted(space: Any = None, estimator: Any = None, **settings: Any) -> OptunaSearchCV:
    """Return a small search that was fitted to the small data."""
    return search(space, estimator, **settings).fit(X, Y)


def same_tables(one: OptunaSearchCV, other: OptunaSearchCV) -> bool:
    """Tell whether two searches have the same rows, bit for bit, less what a clock says."""
    mine, theirs = without_times(one.cv_results_), without_times(other.cv_results_)
    return repr(mine) == repr(theirs)


def facts(done: OptunaSearchCV) -> dict[str, Any]:
    """Return what a study says of itself."""
    return done.study_.user_attrs["nnest:study"]


class Identity:
    """One feature for each sample, so that a linear network tells by its weights what it saw.

    A kernel that starts at zero leaves zero where a sample was never trained on.
    """

    def __init__(self, n: int = 24) -> None:
        self.X, self.y = np.eye(n, dtype=np.float32), np.arange(n) % 2
        self.seen: list[tuple[frozenset[int], frozenset[int]]] = []

    def network(self, **settings: Any) -> Any:
        """Return a softmax regression that starts at zero."""
        return mlp(
            hidden_units=(), kernel_initializer="zeros", batch_size=4, optimizer="sgd", **settings
        )

    def scoring(self, net: Any, X: Any, y: Any) -> float:
        """Score how many test samples have left no trace, and write down both parts."""
        del y
        kernel = next(v for v in net.model_.trainable_variables if len(v.shape) == 2)
        trained = frozenset(np.flatnonzero(np.abs(np.asarray(kernel)).sum(axis=1)).tolist())
        tested = frozenset(np.asarray(X).argmax(axis=1).tolist())
        self.seen.append((trained, tested))
        return float(len(tested - trained) / len(tested))


class PruneOdd(BasePruner):
    """Give up every second trial after its second epoch."""

    def prune(self, study: Any, trial: Any) -> bool:
        """Tell whether a trial is one of those."""
        del study
        return trial.number % 2 == 1 and trial.last_step >= 1
