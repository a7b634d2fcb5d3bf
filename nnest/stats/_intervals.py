"""Intervals: of what is printed, of further trainings, of means."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnest.stats._arrays import check_count, finite_pairs, finite_values, t_quantile


class Interval(NamedTuple):
    """A closed interval of numbers.

    Parameters
    ----------
    low : float
        The lower limit.
    high : float
        The upper limit.

    Examples
    --------
    >>> interval = Interval(0.25, 0.75)
    >>> interval.half_width
    0.25
    >>> interval.overlaps(Interval(0.75, 1.0))
    True
    """

    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the distance between the limits."""
        return (self.high - self.low) / 2

    def overlaps(self, other: Interval) -> bool:
        """Tell whether the two intervals have a point in common.

        Parameters
        ----------
        other : Interval
            The other interval.

        Returns
        -------
        bool
            True also where they only touch.
        """
        return self.low <= other.high and other.low <= self.high


def rounding_interval(value: float, decimals: int) -> Interval:
    """Return the numbers that are printed as this value.

    Parameters
    ----------
    value : float
        The number as it is printed.
    decimals : int
        How many decimals are printed.

    Returns
    -------
    Interval
        The value, half a unit of its last digit to either side.

    Raises
    ------
    ValueError
        If the value is not finite.

    Examples
    --------
    >>> rounding_interval(97.5, decimals=1)
    Interval(low=97.45, high=97.55)
    """
    if not math.isfinite(value):
        raise ValueError(f"Got value={value!r}, but a printed number is finite.")
    half_unit = 0.5 * 10.0**-decimals
    return Interval(value - half_unit, value + half_unit)


def prediction_interval(values: ArrayLike, *, runs: int = 1, confidence: float = 0.95) -> Interval:
    r"""Predict the mean of further trainings from the trainings at hand.

    Parameters
    ----------
    values : array-like of shape (n_seeds,)
        One number for each training, at least two.
    runs : int, default=1
        How many further trainings the predicted mean averages.
    confidence : float, default=0.95
        How often the interval shall hold that mean.

    Returns
    -------
    Interval
        The limits.

    Raises
    ------
    ValueError
        If there are fewer than two values, one is not finite, or an option is out of range.

    Notes
    -----
    For normally distributed values with mean :math:`\bar x` and standard deviation :math:`s`
    the interval holds exactly as often as it says:

    .. math:: \bar x \pm t_{n-1}\, s \sqrt{1 / runs + 1 / n}

    Examples
    --------
    >>> low, high = prediction_interval([0.97, 0.98, 0.98, 0.99, 0.98])
    >>> print(f"{low:.3f} to {high:.3f}")
    0.958 to 1.002
    """
    array = finite_values("values", values, at_least=2)
    check_count("runs", runs)
    spread = math.sqrt(1 / runs + 1 / array.size)
    return _t_interval(array, spread, confidence)


def mean_interval(values: ArrayLike, *, confidence: float = 0.95) -> Interval:
    r"""Return the confidence interval of the mean over all seeds.

    Parameters
    ----------
    values : array-like of shape (n_seeds,)
        One number for each training, at least two.
    confidence : float, default=0.95
        How often the interval shall hold the mean.

    Returns
    -------
    Interval
        The limits.

    Raises
    ------
    ValueError
        If there are fewer than two values, one is not finite, or an option is out of range.

    Notes
    -----
    .. math:: \bar x \pm t_{n-1}\, s / \sqrt n

    Examples
    --------
    >>> low, high = mean_interval([0.97, 0.98, 0.98, 0.99, 0.98])
    >>> print(f"{low:.3f} to {high:.3f}")
    0.971 to 0.989
    """
    array = finite_values("values", values, at_least=2)
    return _t_interval(array, math.sqrt(1 / array.size), confidence)


def paired_interval(a: ArrayLike, b: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Return the confidence interval of a mean difference.

    Parameters
    ----------
    a, b : array-like of shape (n_seeds,)
        One number for each seed, in the same order of seeds, at least two.
    confidence : float, default=0.95
        How often the interval shall hold the mean of a minus b.

    Returns
    -------
    Interval
        The limits.

    Raises
    ------
    ValueError
        If the lengths differ, there are fewer than two pairs, or a value is not finite.

    Examples
    --------
    >>> low, high = paired_interval([0.98, 0.97, 0.99], [0.95, 0.95, 0.96])
    >>> print(f"{low:.3f} to {high:.3f}")
    0.012 to 0.041
    """
    first, second = finite_pairs(a, b)
    return mean_interval(first - second, confidence=confidence)


def _t_interval(array: NDArray[np.float64], spread: float, confidence: float) -> Interval:
    """Return the mean and, to either side, t standard deviations times the spread."""
    mean = float(array.mean())
    half = t_quantile(array.size, confidence) * float(array.std(ddof=1)) * spread
    return Interval(mean - half, mean + half)
