"""One comparison of a claim, tested in both directions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nnest.experiments import Bound, CountLearning, Equivalence, Greater, Part, parse_metric
from nnest.stats import (
    detectable_difference,
    mcnemar_test,
    mean_interval,
    paired_difference_test,
    seeds_needed,
    sign_flip_test,
    sign_test,
)
from nnest.verdicts._bounds import OfMetrics, Values, bounds_of_part, within
from nnest.verdicts._verdict import Verdict

__all__ = ["Comparison", "PValues", "compare"]

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
    needs : float, default=NaN
        The seeds that show the declared margin in 80 % of cases, at the level of the claim within
        its family, with the spread that is recorded; where none is declared, that show the
        difference that is recorded. Infinite for more than 1000.
    last : tuple of three float or None, default=None
        The difference of the means of the last five epochs with its 95 % confidence interval, where
        both sides are read after the last epoch and have curves: less of it is one epoch's luck.

    Examples
    --------
    >>> from nnest.verdicts import Comparison
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
    needs: float = math.nan
    last: tuple[float, float, float] | None = None

    @property
    def least(self) -> str:
        """What so many seeds show, in words."""
        known = math.isfinite(self.detectable)
        shown = f"{self.detectable:.2g}" if known else "none that is possible"
        return f"smallest detectable difference: {shown}"


class PValues(NamedTuple):
    """The p-values of a comparison: small speaks for what the name says."""

    holds: float
    contradicted: float
    fails: float
    direction: float = 1.0


def compare(part: Part, a: Values, b: Values, level: float, *, uneven: str = "") -> Comparison:
    """Test one comparison in both directions; `uneven` says why values are far from normal."""
    differences = a - b
    means = float(a.mean()), float(b.mean())
    if not np.isfinite(differences).all():
        nan = math.nan
        return Comparison(part.label, *means, nan, nan, nan, nan, nan, nan)
    if isinstance(part, CountLearning):
        return _compare_counts(part, a, b, level)
    p = _p_values(part, a, b, by_signs=bool(uneven))
    low, high = within(mean_interval(differences), bounds_of_part(part))
    return Comparison(
        part.label,
        *means,
        float(differences.mean()),
        low,
        high,
        p_holds=p.holds,
        p_contradicted=p.contradicted,
        detectable=_detectable(part, a, b, level),
        p_fails=p.fails,
        p_direction=p.direction,
        note=f"{uneven}, so that signs are compared" if uneven else "",
        needs=max(_needs(part, differences, level), _fewest(level) if uneven else 0),
    )


def _compare_counts(part: CountLearning, a: Values, b: Values, level: float) -> Comparison:
    """Compare how many networks learn, of arms whose networks are paired by seed."""
    test = mcnemar_test(a, b)
    difference, fewest = float((a - b).mean()), _fewest(level)
    return Comparison(
        part.label,
        float(a.mean()),
        float(b.mean()),
        difference,
        math.nan,
        math.nan,
        p_holds=test.p_greater,
        p_contradicted=test.p_less,
        detectable=fewest / a.size if fewest <= a.size else math.nan,
        p_fails=test.p_less,
        p_direction=1.0,
        note=f"{a.sum():.0f} and {b.sum():.0f} of {a.size} learn",
        needs=math.ceil(fewest / abs(difference)) if difference else math.inf,
    )


def _fewest(level: float) -> int:
    """Return how many seeds, all with one sign, a test of signs needs."""
    return math.ceil(math.log2(1 / level))


def _p_values(part: OfMetrics, a: Values, b: Values, by_signs: bool) -> PValues:
    """Return the p-values for and against a comparison: by Student's t, or by signs alone."""
    if isinstance(part, Bound):
        above = sign_test(a, part.constant) if by_signs else paired_difference_test(a, b)
        up, down = above.p_greater, above.p_less
        return PValues(down, up, up) if part.less else PValues(up, down, down)
    test = sign_flip_test if by_signs else paired_difference_test
    if isinstance(part, Equivalence):
        above, below = test(a, b, by=-part.margin), test(a, b, by=part.margin)
        alike = max(above.p_greater, below.p_less)
        apart = min(1.0, 2 * min(above.p_less, below.p_greater))
        return PValues(apart, alike, alike) if part.unlike else PValues(alike, apart, apart)
    # That a is less than b is the opposite; that it is not greater by as much is less than that.
    greater, opposite = test(a, b, by=part.by), test(a, b, by=min(part.by, 0.0))
    direction = opposite.p_greater if part.by > 0 else 1.0
    return PValues(greater.p_greater, opposite.p_less, greater.p_less, direction)


def _power(part: OfMetrics) -> float:
    """Return the power of one test that gives the comparison a power of 80 %."""
    # To be similar is to pass two tests: 90 % for each give 80 % for both where nothing differs.
    both = isinstance(part, Equivalence) and not part.unlike
    return _POWER_OF_EACH_SIDE if both else _POWER


def _needs(part: OfMetrics, differences: Values, level: float) -> float:
    """Return how many seeds show the margin, or the difference that is recorded."""
    by = part.by if isinstance(part, Greater) else 0.0
    size = abs(float(differences.mean()) - by)
    if isinstance(part, Equivalence):
        size = abs(size - part.margin) if part.unlike else part.margin
    if not size:
        return math.inf
    found = seeds_needed(float(differences.std(ddof=1)), size, alpha=level, power=_power(part))
    return math.inf if found is None else found


def _detectable(part: OfMetrics, a: Values, b: Values, level: float) -> float:
    """Return the least difference, or margin, that so many seeds show; NaN if it is impossible."""
    deviation = float((a - b).std(ddof=1))
    least = detectable_difference(deviation, a.size, alpha=level, power=_power(part))
    if isinstance(part, Greater):
        least += part.by
    if isinstance(part, Equivalence) and part.unlike:
        least += part.margin
    return least if least <= _room(part, float(b.mean())) else math.nan


def _room(part: OfMetrics, b: float) -> float:
    """Return the largest difference that the metric can have where the other side stays."""
    limits = parse_metric(part.a.metric).bounds
    if isinstance(part, Equivalence):
        return limits.high - limits.low
    return b - limits.low if isinstance(part, Bound) and part.less else limits.high - b
