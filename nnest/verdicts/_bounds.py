"""The values that differences of metrics can have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnest.experiments import Bound, Equivalence, Greater, parse_metric
from nnest.stats import Interval

__all__ = ["OfMetrics", "Values", "bounds_of_difference", "bounds_of_part", "within"]

OfMetrics = Greater | Equivalence | Bound
"""A comparison of metrics; the other kind counts networks."""

Values = NDArray[np.float64]
"""A number for each seed."""


def bounds_of_difference(a: Interval, b: Interval) -> Interval:
    """Return the least and the largest difference of two values within bounds.

    Parameters
    ----------
    a, b : Interval
        The bounds of both, as `Metric.bounds` gives them.

    Returns
    -------
    Interval
        The bounds of a minus b.

    Examples
    --------
    >>> from nnest.experiments import parse_metric
    >>> from nnest.verdicts import bounds_of_difference
    >>> shares = parse_metric("test_accuracy").bounds
    >>> bounds_of_difference(shares, shares)
    Interval(low=-1.0, high=1.0)
    """
    return Interval(a.low - b.high, a.high - b.low)


def bounds_of_part(part: OfMetrics) -> Interval:
    """Return the least and the largest difference of the two sides of a comparison."""
    a = parse_metric(part.a.metric).bounds
    if isinstance(part, Bound):
        return bounds_of_difference(a, Interval(part.constant, part.constant))
    return bounds_of_difference(a, parse_metric(part.b.metric).bounds)


def within(interval: tuple[float, float], bounds: Interval) -> Interval:
    """Return the part of an interval that lies within bounds.

    Parameters
    ----------
    interval : tuple of float
        Its lower and upper limit.
    bounds : Interval
        The least and the largest value that there can be.

    Returns
    -------
    Interval
        The interval, cut off at the bounds.

    Examples
    --------
    >>> from nnest.experiments import parse_metric
    >>> from nnest.verdicts import within
    >>> within((0.9, 1.25), parse_metric("test_accuracy").bounds)
    Interval(low=0.9, high=1.0)
    """
    low, high = interval
    return Interval(max(low, bounds.low), min(high, bounds.high))
