"""One comparison of a claim, tested in both directions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnest.experiments._expectations import Beyond, Greater, Similar
from nnest.stats import (
    detectable_difference,
    equivalence_test,
    mean_interval,
    paired_difference_test,
)

__all__ = ["Comparison", "compare"]

_POWER, _POWER_OF_EACH_SIDE = 0.8, 0.9


@dataclass(frozen=True)
class Comparison:
    """One comparison of a claim, as the runs show it.

    Parameters
    ----------
    label : str
        The comparison in words.
    a, b : float
        The means of both sides; `b` is the constant where there is no other side.
    difference, low, high : float
        The mean of a minus b, seed by seed, and its 95 % confidence interval.
    p_holds : float
        The p-value against "it is not so"; small speaks for the claim.
    p_contradicted : float
        The p-value against "it is so"; small speaks against the claim.
    detectable : float
        The least difference that so many seeds would have shown in 80 % of cases, at the level of
        the claim within its family; for a similarity, the least margin.

    Examples
    --------
    >>> from nnest.experiments import Comparison
    >>> Comparison("a > b", 0.9, 0.8, 0.1, 0.05, 0.15, 0.001, 0.999, 0.03).difference
    0.1
    """

    label: str
    a: float
    b: float
    difference: float
    low: float
    high: float
    p_holds: float
    p_contradicted: float
    detectable: float


def compare(
    part: Greater | Similar | Beyond,
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    level: float,
) -> Comparison:
    """Test one comparison in both directions."""
    differences = a - b
    if not np.isfinite(differences).all():
        nothing = [math.nan] * 6
        return Comparison(part.label, float(a.mean()), float(b.mean()), *nothing)
    p_values = _test(part, a, b)
    limits = mean_interval(differences)
    detectable = _detectable(part, float(differences.std(ddof=1)), a.size, level)
    means = float(a.mean()), float(b.mean()), float(differences.mean())
    return Comparison(part.label, *means, *limits, *p_values, detectable)


def _test(
    part: Greater | Similar | Beyond, a: NDArray[np.float64], b: NDArray[np.float64]
) -> tuple[float, float]:
    """Return the p-values for and against a comparison."""
    if isinstance(part, Similar):
        similar = equivalence_test(a, b, margin=part.margin)
        return similar.p_equivalent, similar.p_different
    by = part.by if isinstance(part, Greater) else 0.0
    test = paired_difference_test(a, b, by=by)
    if isinstance(part, Beyond) and part.less:
        return test.p_less, test.p_greater
    return test.p_greater, test.p_less


def _detectable(part: Greater | Similar | Beyond, deviation: float, n: int, level: float) -> float:
    """Return the least difference, or margin, that so many seeds would have shown."""
    # To be similar is to pass two tests: 90 % for each give 80 % for both where nothing differs.
    power = _POWER_OF_EACH_SIDE if isinstance(part, Similar) else _POWER
    return detectable_difference(deviation, n, alpha=level, power=power)
