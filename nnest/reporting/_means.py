"""Means over the seeds of an arm, with as many digits as tables or prose need."""

from __future__ import annotations

import math

import numpy as np

from nnest.experiments import metric_values, parse_metric
from nnest.reporting._markup import NOTHING
from nnest.stats import mean_interval, paired_interval
from nnest.verdicts import FEWEST_SEEDS, Evidence, Verdict, bounds_of_difference, within

__all__ = ["decimals_of", "difference_text", "interval_text", "mean_text", "rounded_mean"]

_DECIMALS = 4
"""Of a number without an interval."""

_LEAST_HALF = 1e-9
"""What is narrower comes from the rounding of floats, and is no interval."""


def decimals_of(low: float, high: float, other: int = _DECIMALS, significant: int = 2) -> int:
    """Return how many decimals an interval supports.

    Parameters
    ----------
    low, high : float
        Its limits.
    other : int, default=4
        What is returned for an interval without a width.
    significant : int, default=2
        How many digits of its half-width are kept.

    Returns
    -------
    int
        The decimals.
    """
    half = (high - low) / 2
    if not (math.isfinite(half) and half > _LEAST_HALF):
        return other
    return max(0, significant - 1 - math.floor(math.log10(half)))


def interval_text(
    mean: float, low: float, high: float, sign: str = "z", digits: int | None = None
) -> str:
    """Return a number with its interval, if that is finite; `sign` begins the format of each."""
    form = f"{sign}.{decimals_of(low, high) if digits is None else digits}f"
    return f"{mean:{form}}" + (f" [{low:{form}}, {high:{form}}]" if math.isfinite(low) else "")


def rounded_mean(evidence: Evidence, metric: str, epoch: int | str = "last") -> str:
    """Return the mean of a metric for prose, with as many digits as its seeds support."""
    values = metric_values(evidence.runs, metric, epoch)
    if values.size < FEWEST_SEEDS:
        return Verdict.NO_RECORDS.shown
    if bad := int((~np.isfinite(values)).sum()):
        return f"{bad} of {values.size} diverged"
    share = parse_metric(metric).is_share
    values = values * 100 if share else values
    low, high = mean_interval(values)
    digits = f".{decimals_of(low, high, significant=1)}f" if high > low else "g"
    return f"{values.mean():{digits}}" + (" %" if share else "")


def mean_text(evidence: Evidence, metric: str) -> str:
    """Return the mean of a metric over the seeds of an arm, for a table.

    Parameters
    ----------
    evidence : Evidence
        The runs that count for the arm.
    metric : str
        The metric's name.

    Returns
    -------
    str
        The mean with its 95 % confidence interval, or why it has none, and how many runs diverged.

    Examples
    --------
    >>> from nnest.reporting import mean_text
    >>> from nnest.verdicts import Evidence
    >>> mean_text(Evidence("demo/dropout.jsonl", "none", "lite", "d0", {}, needed=5), "seconds")
    'not run yet'
    """
    if not evidence.runs:
        return Verdict.NO_RECORDS.shown
    values = metric_values(evidence.runs, metric)
    bad = sum(run.diverged for run in evidence.runs.values())
    note = f"; {bad} of {values.size} diverged" if bad else ""
    if not np.isfinite(values).all():
        return "no number" + note
    mean = f"{values.mean():.{_DECIMALS}f}"
    if values.size < FEWEST_SEEDS:
        return f"{mean} (one seed, no interval){note}"
    if metric == "seconds" and evidence.timed_as_group:
        return f"{mean} (trained as a group, no interval){note}"
    low, high = within(mean_interval(values), parse_metric(metric).bounds)
    return interval_text(values.mean(), low, high) + note


def difference_text(evidence: Evidence, first: Evidence, metric: str) -> str:
    """Return the mean difference from the first arm, seed by seed, with its interval."""
    both = (evidence, first)
    seeds = evidence.runs.keys() & first.runs.keys()
    a, b = (metric_values({seed: one.runs[seed] for seed in seeds}, metric) for one in both)
    one_time = metric == "seconds" and any(one.timed_as_group for one in both)
    same = evidence is first
    if same or one_time or len(seeds) < FEWEST_SEEDS or not np.isfinite(a - b).all():
        return NOTHING
    bounds = parse_metric(metric).bounds
    low, high = within(paired_interval(a, b), bounds_of_difference(bounds, bounds))
    return interval_text(np.mean(a - b), low, high, sign="+z")
