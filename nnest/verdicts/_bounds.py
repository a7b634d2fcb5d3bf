"""The values that a metric can have."""

from __future__ import annotations

import math

from nnest.experiments import OF_WEIGHTS, Bound, Equivalence, Greater, parse_metric
from nnest.stats import Interval

__all__ = ["bounds", "bounds_of_difference", "within"]

_SHARES = ("accuracy", "recall", "share")
_BELOW_NOTHING = ("loss", "rise", "upward", "seconds", "confusion")


def bounds(metric: str) -> Interval:
    """Return the least and the largest value that a metric can have."""
    name = parse_metric(metric).name
    if name.endswith(_SHARES):
        return Interval(0.0, 1.0)
    if name in OF_WEIGHTS:
        return Interval(0.0, math.inf)
    if name == "accuracy_gap":
        return Interval(-1.0, 1.0)
    if name.endswith("lowest_epoch"):
        return Interval(1.0, math.inf)
    return Interval(0.0 if name.endswith(_BELOW_NOTHING) else -math.inf, math.inf)


def bounds_of_difference(part: Greater | Equivalence | Bound) -> Interval:
    """Return the least and the largest difference of the two sides of a comparison."""
    a = bounds(part.a.metric)
    if isinstance(part, Bound):
        return Interval(a.low - part.constant, a.high - part.constant)
    b = bounds(part.b.metric)
    return Interval(a.low - b.high, a.high - b.low)


def within(interval: tuple[float, float], limits: Interval) -> Interval:
    """Return the part of an interval that a metric can have."""
    low, high = interval
    return Interval(max(low, limits.low), min(high, limits.high))
