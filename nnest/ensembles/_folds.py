"""What an ensemble of cross-validation knows of rows that its members have not seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import softmax
from sklearn.metrics import log_loss

from nnest._compat.sklearn import safe_indexing
from nnest.ensembles._conformal import conformal_intervals, conformal_sets

__all__ = ["LEAST_PROBABILITY", "OutOfFold", "checked_predictions", "tempered"]

#: Temperatures outside of this range are those of networks that know nothing.
_TEMPERATURES = (0.05, 20.0)
#: A logarithm is taken of nothing smaller.
LEAST_PROBABILITY = 1e-12


def tempered(probabilities: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Return the probabilities that logits divided by a temperature give."""
    logits = np.log(np.maximum(probabilities, LEAST_PROBABILITY))
    found: NDArray[np.float64] = softmax(logits / temperature, axis=1)
    return found


def checked_predictions(given: Any, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return predictions out of fold, or raise if they are of another shape or not finite."""
    found = np.asarray(given, np.float64)
    if found.shape != shape or not np.isfinite(found).all():
        raise ValueError(
            f"Got predictions of shape {found.shape}: give finite numbers of shape {shape}, those "
            "of each row's fold."
        )
    return found


@dataclass(frozen=True)
class OutOfFold:
    """Predictions for the training rows, each by members that have not seen it.

    Parameters
    ----------
    members : ndarray of int of shape (n_members,)
        The fold of each member.
    rows : ndarray of int of shape (n,)
        The fold of each training row.
    targets : ndarray of shape (n,) or (n, n_outputs)
        Numbers of the true classes among the ensemble's, or true numbers.
    predictions : ndarray of shape (n, n_classes), (n,) or (n, n_outputs)
        Probabilities or numbers.
    """

    members: NDArray[np.intp]
    rows: NDArray[np.intp]
    targets: NDArray[Any]
    predictions: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        folds: Sequence[int],
        splits: Sequence[tuple[Any, Any]],
        X: Any,
        targets: NDArray[Any],
        predict: Callable[[int, Any], NDArray[np.float64]],
    ) -> Self:
        """Let the members of each fold predict the rows that were held out of it."""
        members = np.asarray(folds, dtype=np.intp)
        rows = np.full(len(targets), -1, dtype=np.intp)
        for number, (_, held) in enumerate(splits):
            if (rows[held] >= 0).any():
                raise ValueError(_PARTITION)
            rows[held] = number
        if (rows < 0).any():
            raise ValueError(_PARTITION)
        if set(members.tolist()) != set(range(len(splits))):
            raise ValueError(
                f"Got estimators of the folds {sorted(set(members.tolist()))} and {len(splits)} "
                "splits: give at least one estimator for each split, counted from 0."
            )
        parts = [predict(k, safe_indexing(X, held)) for k, (_, held) in enumerate(splits)]
        predictions = np.empty((len(targets), *parts[0].shape[1:]))
        for (_, held), part in zip(splits, parts, strict=True):
            predictions[held] = part
        return cls(members, rows, targets, predictions)

    def temperature(self) -> float:
        """Return the temperature at which the probabilities have the lowest logarithmic loss."""
        labels = range(self.predictions.shape[1])

        def loss(logarithm: float) -> float:
            scaled = tempered(self.predictions, float(np.exp(logarithm)))
            return float(log_loss(self.targets, scaled, labels=labels))

        found = minimize_scalar(loss, bounds=np.log(_TEMPERATURES), method="bounded")
        return float(np.exp(found.x))

    def sets(self, new: NDArray[np.float64], alpha: float) -> NDArray[np.bool_]:
        """Return the classes of each set; `new` are probabilities by fold."""
        scores = 1 - self.predictions[np.arange(len(self.targets)), self.targets]
        return conformal_sets(scores, self.rows, 1 - new, alpha)

    def intervals(self, new: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
        """Return the bounds of each interval; `new` are numbers by fold."""
        residuals = np.abs(self.targets - self.predictions)
        if new.ndim == 2:
            return conformal_intervals(residuals, self.rows, new, alpha)
        outputs = zip(residuals.T, np.moveaxis(new, -1, 0), strict=True)
        return np.stack(
            [conformal_intervals(known, self.rows, one, alpha) for known, one in outputs], axis=1
        )


_PARTITION = (
    "Not every row is held out exactly once: give splits such as those of KFold, in which each row "
    "is in one test part."
)
