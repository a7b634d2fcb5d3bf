"""Samples that have passed all checks of an estimator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any, NamedTuple, Self

import numpy as np

from nnest.estimators._settings import check_training

__all__ = ["Samples", "validating"]

#: What an estimator learns of samples by checking them.
_LEARNT = ("n_features_in_", "feature_names_in_", "_sample_shape")


@contextmanager
def validating() -> Iterator[None]:
    """Let errors say that they are about the samples to validate on."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"Validation samples (X_val, y_val): {error}") from None


class Samples(NamedTuple):
    """Samples that have passed all checks of an estimator.

    Parameters
    ----------
    X : ndarray of float32
        Samples as the network takes them.
    y : ndarray
        Targets as they came.
    weight : ndarray or None
        Weights.
    learnt : dict
        What an estimator knows of them when it has checked them.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest import CNNClassifier
    >>> from nnest.estimators import Samples
    >>> Samples.checked(CNNClassifier(), np.zeros((2, 8, 8)), [0, 1]).X.shape
    (2, 8, 8, 1)
    """

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None
    learnt: dict[str, Any]

    @classmethod
    def checked(cls, estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Check samples as an estimator would that is fitted with them.

        Parameters
        ----------
        estimator : estimator
            Whose checks they pass; it is not changed.
        X, y, sample_weight : array-like
            What its `fit` takes.

        Returns
        -------
        Samples
            Those samples, for all estimators of this class and *image_shape*.

        Raises
        ------
        ValueError
            If the samples are not accepted.
        """
        check_training(estimator)
        samples: Self = copy(estimator)._samples(X, y, sample_weight, reset=True)
        return samples

    @staticmethod
    def learnt_by(estimator: Any) -> dict[str, Any]:
        """Return what an estimator knows of samples that it has checked."""
        return {name: vars(estimator)[name] for name in _LEARNT if name in vars(estimator)}

    @staticmethod
    def unchecked(estimator: Any, X: Any) -> np.ndarray:
        """Return samples as the network takes them, where some may not pass the checks.

        Parameters
        ----------
        estimator : estimator
            Whose network takes them.
        X : array-like
            Samples.

        Returns
        -------
        ndarray of float32
            The same samples.
        """
        inputs: np.ndarray = estimator._as_input(X)
        return inputs

    def introduce(self, estimator: Any) -> None:
        """Let an estimator know of the samples what it would learn by checking them.

        Parameters
        ----------
        estimator : estimator
            Which did not check them.
        """
        for name in _LEARNT:
            vars(estimator).pop(name, None)
        vars(estimator).update(self.learnt)

    def check_known_to(self, estimator: Any) -> None:
        """Raise if an estimator that goes on was fitted with samples of another kind.

        Parameters
        ----------
        estimator : estimator
            Which is fitted.

        Raises
        ------
        ValueError
            If shapes, or the names of columns, are others.
        """
        known = self.learnt_by(estimator)
        both = {name: known[name] for name in self.learnt if name in known}
        if not all(np.array_equal(self.learnt[name], value) for name, value in both.items()):
            raise ValueError(
                f"X has other features than those that this {type(estimator).__name__} was fitted "
                "with, and warm_start=True goes on with them: give the same, or warm_start=False."
            )
