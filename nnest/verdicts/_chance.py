"""Where a number is expected, and how often chance alone puts it elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnest.experiments import Reported, parse_metric
from nnest.stats import (
    Interval,
    count_prediction_interval,
    median_prediction_interval,
    prediction_interval,
)
from nnest.verdicts._evidence import Evidence

__all__ = ["chance_can_miss", "expected_limits", "missed_by_chance"]

BY_DEFINITION = 0.05
"""The share that limits of 95 % leave outside."""

_FAR = 2.0


def expected_limits(number: Reported, values: NDArray[Any], evidence: Evidence) -> Interval:
    """Return where a training like the report's is expected."""
    if number.kind == "count":
        total = _row_total(number, evidence)
        return count_prediction_interval(values, runs=number.runs, total=total)
    if number.statistic == "median":
        return median_prediction_interval(values, runs=number.runs)
    return prediction_interval(values, runs=number.runs)


def _row_total(number: Reported, evidence: Evidence) -> int | None:
    """Return how many test images a cell's true class has."""
    metric = parse_metric(number.metric)
    if metric.name != "test_confusion":
        return None
    tables = [run.confusion for run in evidence.runs.values() if run.confusion is not None]
    return max(sum(table[metric.index[0]]) for table in tables)


def missed_by_chance(number: Reported, values: NDArray[Any], evidence: Evidence) -> float:
    """Return how many of our own trainings lie outside the limits of the others, as a share.

    As many trainings as the report averages are left out at a time, neighbors by seed, and their
    mean or median is printed as the report prints its number.
    """
    n = values.size
    if n - number.runs < 2:
        return BY_DEFINITION
    missed = 0
    for first in range(n):
        left_out = (first + np.arange(number.runs)) % n
        limits = expected_limits(number, np.delete(values, left_out), evidence)
        average = np.median if number.statistic == "median" else np.mean
        missed += not _agrees(number, float(average(values[left_out])), limits)
    return missed / n


def chance_can_miss(number: Reported, limits: Interval, mean: float) -> bool:
    """Tell whether a training twice as far out as the limits would be printed as one outside."""
    far = (mean + _FAR * (limit - mean) for limit in limits)
    return not all(_agrees(number, value, limits) for value in far)


def _agrees(number: Reported, value: float, limits: Interval) -> bool:
    """Tell whether a value, printed as the report prints its number, agrees with the limits."""
    return number.interval_of(value).overlaps(limits)
