"""Sets and intervals that hold the truth as often as promised, from predictions out of fold."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["conformal_intervals", "conformal_sets"]

#: Numbers that are sorted at a time.
_AT_ONCE = 2**24


def conformal_sets(
    scores: ArrayLike, folds: ArrayLike, new_scores: ArrayLike, alpha: float = 0.1
) -> NDArray[np.bool_]:
    r"""Return the set of classes that each new sample may belong to, by CV+.

    Parameters
    ----------
    scores : array-like of shape (n,)
        How badly each training sample fits its own class in the eyes of the model of its fold,
        which has not seen it: one minus the probability of the true class, say.
    folds : array-like of int of shape (n,)
        The fold of each training sample, from 0 on.
    new_scores : array-like of shape (n_folds, m, n_classes)
        How badly each new sample fits each class in the eyes of each fold's model.
    alpha : float, default=0.1
        The share of sets that may miss the true class.

    Returns
    -------
    ndarray of bool of shape (m, n_classes)
        Which classes are in each set. A set may be empty.

    Raises
    ------
    ValueError
        If shapes do not fit, a number is not finite, or `alpha` is not between 0 and 1.

    Notes
    -----
    A class is in the set unless its score is above that of too many training samples, each looked
    at by the model that has not seen it:

    .. math:: \sum_i 1[s_i < s_{k(i)}(x, y)] < (1 - \alpha) (n + 1).

    Where samples are exchangeable, a set holds the true class with a probability of at least
    :math:`1 - 2 \alpha - \min(2 (1 - 1/K) / (n/K + 1), (1 - K/n) / (K + 1))` for K folds of equal
    size; in practice it is near :math:`1 - \alpha`. This speaks of all samples together and not
    of each class.

    References
    ----------
    .. [1] Y. Romano, M. Sesia, E. Candès, "Classification with Valid and Adaptive Coverage",
       NeurIPS 2020.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.ensembles import conformal_sets
    >>> scores = np.linspace(0, 0.9, 10)
    >>> conformal_sets(scores, np.arange(10) % 2, [[[0.1, 0.95]], [[0.1, 0.95]]]).tolist()
    [[True, False]]
    """
    known, fold, new = _checked(scores, folds, new_scores, alpha, axes=3)
    above = np.zeros(new.shape[1:], np.int64)
    for number, of_fold in enumerate(new):
        above += np.searchsorted(np.sort(known[fold == number]), of_fold, side="left")
    inside: NDArray[np.bool_] = above < _rounded((1 - alpha) * (len(known) + 1))
    return inside


def conformal_intervals(
    residuals: ArrayLike, folds: ArrayLike, new_predictions: ArrayLike, alpha: float = 0.1
) -> NDArray[np.float64]:
    r"""Return an interval for the target of each new sample, by CV+.

    Parameters
    ----------
    residuals : array-like of shape (n,)
        Absolute errors of the training samples in the eyes of the model of their fold, which has
        not seen them.
    folds : array-like of int of shape (n,)
        The fold of each training sample, from 0 on.
    new_predictions : array-like of shape (n_folds, m)
        What each fold's model predicts of each new sample.
    alpha : float, default=0.1
        The share of intervals that may miss the target.

    Returns
    -------
    ndarray of shape (m, 2)
        Lower and upper bounds, in the target's unit; infinite where there are fewer than about
        1 / `alpha` training samples.

    Raises
    ------
    ValueError
        If shapes do not fit, a number is not finite, or `alpha` is not between 0 and 1.

    Notes
    -----
    The bounds are quantiles of :math:`\mu_{k(i)}(x) - R_i` and of :math:`\mu_{k(i)}(x) + R_i` over
    the n training samples. Where samples are exchangeable, an interval holds the target with a
    probability of at least :math:`1 - 2 \alpha - \min(2 (1 - 1/K) / (n/K + 1), (1 - K/n) /
    (K + 1))` for K folds of equal size; in practice it is near :math:`1 - \alpha`.

    References
    ----------
    .. [1] R. F. Barber, E. Candès, A. Ramdas, R. Tibshirani, "Predictive Inference with the
       Jackknife+", Annals of Statistics 49(1), 2021.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.ensembles import conformal_intervals
    >>> residuals = np.tile([1.0, 2.0], 10)
    >>> conformal_intervals(residuals, np.arange(20) % 2, [[5.0], [5.0]]).tolist()
    [[3.0, 7.0]]
    """
    known, fold, new = _checked(residuals, folds, new_predictions, alpha, axes=2)
    n, m = len(known), new.shape[1]
    at_bottom = math.floor(_rounded(alpha * (n + 1)))
    at_top = math.ceil(_rounded((1 - alpha) * (n + 1)))
    bounds = np.full((m, 2), [-np.inf, np.inf])
    step = max(1, _AT_ONCE // n)
    for start in range(0, m, step):
        rows = slice(start, start + step)
        of_each = new[fold, rows]  # (n, rows)
        if at_bottom >= 1:
            bounds[rows, 0] = _smallest(of_each - known[:, None], at_bottom)
        if at_top <= n:
            bounds[rows, 1] = _smallest(of_each + known[:, None], at_top)
    return bounds


def _rounded(rank: float) -> float:
    """Return a rank without the last digits: 0.3 * 10 is to be 3 and not a little more."""
    return round(rank, 9)


def _smallest(values: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """Return the k-th smallest number of each column."""
    found: NDArray[np.float64] = np.partition(values, k - 1, axis=0)[k - 1]
    return found


def _checked(
    known: ArrayLike, folds: ArrayLike, new: ArrayLike, alpha: float, axes: int
) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.float64]]:
    """Return the three arrays, or raise if they do not fit together."""
    if not 0 < alpha < 1:
        raise ValueError(f"Got alpha={alpha!r}, but it must lie between 0 and 1.")
    first, fold = np.asarray(known, np.float64), np.asarray(folds)
    other = np.asarray(new, np.float64)
    fits = first.ndim == 1 and len(first) and fold.shape == first.shape and other.ndim == axes
    if not fits or not np.issubdtype(fold.dtype, np.integer):
        raise ValueError(
            f"Got {first.shape} numbers, folds of shape {fold.shape} and new ones of shape "
            f"{other.shape}: give (n,), (n,) integers and {axes} axes, the first for the folds."
        )
    if fold.min() < 0 or fold.max() >= len(other):
        raise ValueError(
            f"Got folds from {fold.min()} to {fold.max()} and predictions of {len(other)} folds: "
            "give one for each fold, counted from 0."
        )
    if not (np.isfinite(first).all() and np.isfinite(other).all()):
        raise ValueError("Some numbers are not finite: leave out samples without predictions.")
    return first, fold, other
