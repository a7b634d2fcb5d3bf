"""One comparison of a claim, tested in both directions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnest.experiments._expectations import Beyond, CountLearning, Greater, Part, Similar
from nnest.experiments._metrics import parse_metric
from nnest.experiments._words import Verdict
from nnest.stats import (
    detectable_difference,
    equivalence_test,
    mcnemar_test,
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
        The mean of a minus b, seed by seed, and its 95 % confidence interval; counts of networks
        have none.
    p_holds : float
        The p-value against "it is not so"; small speaks for the claim.
    p_contradicted : float
        The p-value against "the opposite is not so"; small speaks for the opposite.
    detectable : float
        The least difference that so many seeds show in 80 % of cases, at the level of the claim
        within its family; for a similarity, the least margin. NaN where no difference that the
        metric can have is large enough.
    p_fails : float, default=NaN
        The p-value against "it is so"; small speaks against the claim. It is another one than
        `p_contradicted` where a least difference is declared.
    p_direction : float, default=NaN
        The p-value against "a is not greater than b", where a least difference is declared.
    verdict : Verdict, default=Verdict.UNDECIDED
        HOLDS, SMALLER, CONTRADICTED, UNDECIDED or NOT_JUDGED.
    note : str, default=""
        What else there is to say.

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
    p_fails: float = math.nan
    p_direction: float = math.nan
    verdict: Verdict = Verdict.UNDECIDED
    note: str = ""

    @property
    def least(self) -> str:
        """What so many seeds show, in words."""
        known = math.isfinite(self.detectable)
        shown = f"{self.detectable:.2g}" if known else "none that is possible"
        return f"smallest detectable difference: {shown}"


class _PValues(NamedTuple):
    """The p-values of a comparison: small speaks for what the name says."""

    holds: float
    contradicted: float
    fails: float
    direction: float = 1.0


def compare(part: Part, a: NDArray[np.float64], b: NDArray[np.float64], level: float) -> Comparison:
    """Test one comparison in both directions."""
    differences = a - b
    if not np.isfinite(differences).all():
        nan = math.nan
        means = float(a.mean()), float(b.mean())
        return Comparison(part.label, *means, nan, nan, nan, nan, nan, nan)
    p = _test(part, a, b)
    counts = isinstance(part, CountLearning)
    low, high = (math.nan, math.nan) if counts else mean_interval(differences)
    return Comparison(
        part.label,
        float(a.mean()),
        float(b.mean()),
        float(differences.mean()),
        low,
        high,
        p_holds=p.holds,
        p_contradicted=p.contradicted,
        detectable=_detectable(part, a, b, level),
        p_fails=p.fails,
        p_direction=p.direction,
        note=f"{a.sum():.0f} and {b.sum():.0f} of {a.size} learn" if counts else "",
    )


def _test(part: Part, a: NDArray[np.float64], b: NDArray[np.float64]) -> _PValues:
    """Return the p-values for and against a comparison."""
    if isinstance(part, Similar):
        similar = equivalence_test(a, b, margin=part.margin)
        return _PValues(similar.p_equivalent, similar.p_different, similar.p_different)
    if isinstance(part, CountLearning):
        count = mcnemar_test(a, b)
        return _PValues(count.p_greater, count.p_less, count.p_less)
    by = part.by if isinstance(part, Greater) else 0.0
    test = paired_difference_test(a, b, by=by)
    if isinstance(part, Beyond) and part.less:
        return _PValues(test.p_less, test.p_greater, test.p_greater)
    # That a is less than b is the opposite; that it is not greater by as much is less than that.
    opposite = paired_difference_test(a, b, by=min(by, 0.0))
    direction = opposite.p_greater if by > 0 else 1.0
    return _PValues(test.p_greater, opposite.p_less, test.p_less, direction)


def _detectable(part: Part, a: NDArray[np.float64], b: NDArray[np.float64], level: float) -> float:
    """Return the least difference, or margin, that so many seeds show; NaN if it is impossible."""
    if isinstance(part, CountLearning):
        fewest = math.ceil(math.log2(1 / level))
        return fewest / a.size if fewest <= a.size else math.nan
    # To be similar is to pass two tests: 90 % for each give 80 % for both where nothing differs.
    power = _POWER_OF_EACH_SIDE if isinstance(part, Similar) else _POWER
    deviation = float((a - b).std(ddof=1))
    least = detectable_difference(deviation, a.size, alpha=level, power=power)
    if isinstance(part, Greater):
        least += part.by
    return least if least <= _room(part, float(b.mean())) else math.nan


def _room(part: Greater | Similar | Beyond, b: float) -> float:
    """Return the largest difference that the metric can have where the other side stays."""
    name = parse_metric(part.a.metric).name
    if not name.endswith(("accuracy", "recall", "share")):
        return math.inf
    if isinstance(part, Similar):
        return 1.0
    return b if isinstance(part, Beyond) and part.less else 1.0 - b
