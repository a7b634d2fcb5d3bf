"""Means over the seeds of an arm, with as many digits as tables or prose need."""

from __future__ import annotations

import math

import numpy as np

from nnest.experiments import metric_values, parse_metric
from nnest.reporting._markup import NOTHING
from nnest.stats import mean_interval, paired_interval
from nnest.verdicts import FEWEST_SEEDS, Evidence, Verdict, bounds_of_difference, within

__all__ = ["difference_text", "mean_text", "rounded_mean"]


def rounded_mean(evidence: Evidence, metric: str, epoch: int | str = "last") -> str:
    """Return the mean of a metric for prose, with as many digits as its seeds support."""
    values = metric_values(evidence.runs, metric, epoch)
    if values.size < FEWEST_SEEDS:
        return Verdict.NO_RECORDS.shown
    if bad := int((~np.isfinite(values)).sum()):
        return f"{bad} of {values.size} diverged"
    share = parse_metric(metric).is_share
    values = values * 100 if share else values
    half = mean_interval(values).half_width
    digits = f".{max(0, -math.floor(math.log10(half)))}f" if half > 0 else "g"
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
    mean = f"{values.mean():.4f}"
    if values.size < FEWEST_SEEDS:
        return f"{mean} (one seed, no interval){note}"
    if metric == "seconds" and evidence.timed_as_group:
        return f"{mean} (trained as a group, no interval){note}"
    low, high = within(mean_interval(values), parse_metric(metric).bounds)
    return f"{mean} [{low:.4f}, {high:.4f}]{note}"


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
    return f"{np.mean(a - b):+.4f} [{low:+.4f}, {high:+.4f}]"
