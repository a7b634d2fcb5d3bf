"""Means for prose, with as many digits as their seeds support."""

from __future__ import annotations

import math

import numpy as np

from nnest.experiments import metric_values, parse_metric
from nnest.stats import mean_interval
from nnest.verdicts import Evidence

__all__ = ["rounded_mean"]

_IN_PERCENT = ("accuracy", "recall", "share")
_FEWEST = 2


def rounded_mean(evidence: Evidence, metric: str, epoch: int | str = "last") -> str:
    """Return the mean of a metric over an arm's seeds as text, for a sentence.

    Parameters
    ----------
    evidence : Evidence
        The runs of an arm.
    metric : str
        The metric's name.
    epoch : {"last", "best"} or int, default="last"
        When.

    Returns
    -------
    str
        The mean, its last digit the first one that its 95 % confidence interval leaves open; in
        percent where it is a share. "not run yet" for fewer than two seeds, "no number" where one
        of them has none.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from nnest.reporting import rounded_mean
    >>> from nnest.verdicts import Evidence
    >>> runs = {i: SimpleNamespace(final={"test_accuracy": a}) for i, a in enumerate((0.98, 0.99))}
    >>> rounded_mean(Evidence("f", "a", "lite", "d", runs, needed=2), "test_accuracy")
    '98 %'
    """
    values = metric_values(evidence.runs, metric, epoch)
    if values.size < _FEWEST:
        return "not run yet"
    if not np.isfinite(values).all():
        return "no number"
    share = parse_metric(metric).name.endswith(_IN_PERCENT)
    values = values * 100 if share else values
    half = mean_interval(values).half_width
    digits = f".{max(0, -math.floor(math.log10(half)))}f" if half > 0 else "g"
    return f"{values.mean():{digits}}" + (" %" if share else "")
