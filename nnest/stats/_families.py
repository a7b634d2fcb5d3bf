"""Families of tests, and the differences that a number of seeds can show."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from nnest.stats._arrays import check_share


def holm(p_values: ArrayLike, *, weights: ArrayLike | None = None) -> NDArray[np.float64]:
    r"""Adjust the p-values of a family of tests by Holm's method.

    Parameters
    ----------
    p_values : array-like of shape (n_tests,)
        The p-value of each test of the family; may be empty.
    weights : array-like of shape (n_tests,) or None, default=None
        How much of the level each test gets, in proportion; None gives each the same.

    Returns
    -------
    ndarray of shape (n_tests,)
        Adjusted p-values in the same order. Calling those up to 0.05 significant makes one or
        more false calls in at most 5 % of families, however the tests depend on each other.

    Raises
    ------
    ValueError
        If a p-value is not a number from 0 to 1, or a weight is not positive.

    Notes
    -----
    The i-th smallest of m p-values is multiplied by :math:`m - i + 1`, made at least as large
    as those before it, and at most 1 [1]_. With weights :math:`w`, the order is that of
    :math:`p / w`, and the factor is the sum of the weights from there on, divided by the
    test's own.

    References
    ----------
    .. [1] S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian
       Journal of Statistics 6, 1979.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    >>> holm([0.01, 0.03, 0.03], weights=[1, 0.5, 0.5])
    array([0.02, 0.06, 0.06])
    """
    array = np.asarray(p_values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"Got p_values of shape {array.shape}, but one row of them is needed.")
    outside = ~((array >= 0) & (array <= 1))
    if outside.any():
        raise ValueError(f"Got a p-value of {array[outside][0]:g}, but they lie from 0 to 1.")
    shares = np.ones(array.size) if weights is None else np.asarray(weights, dtype=np.float64)
    if shares.shape != array.shape or not (np.isfinite(shares) & (shares > 0)).all():
        raise ValueError(f"Got weights={weights!r}, but each test needs one, a positive number.")
    order = np.argsort(array / shares, kind="stable")
    rest = np.cumsum(shares[order][::-1])[::-1]
    raised = array[order] / shares[order] * rest
    adjusted = np.empty_like(array)
    adjusted[order] = np.minimum(np.maximum.accumulate(raised), 1.0)
    return adjusted


def detectable_difference(
    standard_deviation: float, n: int, *, alpha: float = 0.05, power: float = 0.8
) -> float:
    r"""Return the smallest difference that a number of paired seeds could have shown.

    Parameters
    ----------
    standard_deviation : float
        Standard deviation of the differences per seed.
    n : int
        The number of seeds, at least two.
    alpha : float, default=0.05
        The level of the one-sided test.
    power : float, default=0.8
        How often the test shall find that difference; above ``alpha``.

    Returns
    -------
    float
        The mean difference that a one-sided paired t test finds with that power.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    The statistic follows the noncentral t distribution with noncentrality
    :math:`\delta \sqrt n / s`; the difference :math:`\delta` is that for which it exceeds the
    critical value with probability ``power``.

    Examples
    --------
    >>> print(f"{detectable_difference(0.002, 10):.4f}")
    0.0017
    """
    if not (math.isfinite(standard_deviation) and standard_deviation >= 0):
        raise ValueError(
            f"Got standard_deviation={standard_deviation!r}, but it must be a number of 0 or more."
        )
    if n < 2:
        raise ValueError(f"Got n={n}, but a paired test needs at least 2 seeds.")
    check_share("alpha", alpha)
    check_share("power", power)
    if power <= alpha:
        raise ValueError(f"Got power={power}, but it has to be above alpha={alpha}.")
    critical = special.stdtrit(n - 1, 1 - alpha)
    noncentrality = float(special.nctdtrinc(n - 1, 1 - power, critical))
    return noncentrality * standard_deviation / math.sqrt(n)


def seeds_needed(
    standard_deviation: float,
    difference: float,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    most: int = 1000,
) -> int | None:
    """Return how many paired seeds show a difference.

    Parameters
    ----------
    standard_deviation : float
        Standard deviation of the differences per seed.
    difference : float
        The mean difference to be found, positive; for a similarity the margin, with the power of
        each of its two tests.
    alpha : float, default=0.05
        The level of the one-sided test.
    power : float, default=0.8
        How often the test shall find that difference; above ``alpha``.
    most : int, default=1000
        The most seeds to think of.

    Returns
    -------
    int or None
        The least number of seeds, at least two, for which `detectable_difference` is at most
        this difference; None where it is more than ``most``.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> seeds_needed(0.002, 0.0017)
    11
    >>> seeds_needed(0.002, 0.0025, alpha=0.05 / 28, power=0.9)
    16
    """
    if not (math.isfinite(difference) and difference > 0):
        raise ValueError(f"Got difference={difference!r}, but it must be a positive number.")
    if most < 2:
        raise ValueError(f"Got most={most}, but a paired test needs at least 2 seeds.")

    def shown(n: int) -> bool:
        return detectable_difference(standard_deviation, n, alpha=alpha, power=power) <= difference

    if not shown(most):
        return None
    low, high = 1, most  # `high` seeds show it, `low` do not: more seeds never show less.
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if shown(middle) else (middle, high)
    return high
