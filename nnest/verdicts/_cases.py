"""A claim with its records: what can be compared, and what stands in the way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nnest.experiments import (
    Bound,
    Claim,
    CountLearning,
    Experiment,
    Part,
    Value,
    arms_compared,
    gives_one_class,
    metric_values,
    parse_metric,
    values_compared,
)
from nnest.results import Run
from nnest.stats import mean_interval
from nnest.verdicts._bounds import OfMetrics, Values, bounds_of_part, within
from nnest.verdicts._comparisons import Comparison, compare
from nnest.verdicts._evidence import FEWEST_SEEDS, Evidence, common_seeds, fewest_needed
from nnest.verdicts._records import Records
from nnest.verdicts._verdict import Verdict

__all__ = ["OUR_FAMILY", "Case", "case_of"]

REPORTS_FAMILY, OUR_FAMILY = "the report's", "ours"

_LAST = 5


@dataclass(frozen=True, eq=False)
class Case:
    """A claim, its records, and what stands in the way of a verdict."""

    experiment: Experiment
    claim: Claim
    evidence: dict[str, Evidence]
    seeds: list[int]
    obstacle: Verdict | None
    note: str

    @property
    def family(self) -> str:
        """With which claims it shares the level."""
        return OUR_FAMILY if self.experiment.ours else REPORTS_FAMILY

    @property
    def needed(self) -> int:
        """The seeds that are declared for all of its arms."""
        return fewest_needed(list(self.evidence.values()))

    @property
    def scale(self) -> str:
        """The scale of its runs, if there are any."""
        scales = [one.scale for one in self.evidence.values() if one.runs]
        return scales[0] if scales else ""

    def compare(self, level: float) -> tuple[Comparison, ...]:
        """Compare what each part of the claim compares; nothing where there are too few seeds."""
        if len(self.seeds) < FEWEST_SEEDS:
            return ()
        return tuple(_compared(self, part, level) for part in self.claim.parts)

    def runs(self, arm: str) -> dict[int, Run]:
        """Return the runs of an arm that count, by seed."""
        return {seed: self.evidence[arm].runs[seed] for seed in self.seeds}

    def learning(self, arm: str) -> Values:
        """Return 1 for each network that learns, 0 for each that gives all images one class."""
        runs = self.runs(arm).values()
        return np.array([not gives_one_class(run) for run in runs], dtype=float)


def case_of(records: Records, experiment: Experiment, claim: Claim, scale: str | None) -> Case:
    """Collect the records of a claim's arms."""
    found = records.largest(experiment.key, claim.arms, scale)
    seeds = common_seeds(found)
    evidence = dict(zip(claim.arms, found, strict=True))
    return Case(
        experiment, claim, evidence, seeds, *_obstacle(experiment, claim, found, len(seeds))
    )


def _obstacle(
    experiment: Experiment, claim: Claim, found: Sequence[Evidence], n: int
) -> tuple[Verdict | None, str]:
    """Name what stands in the way of a verdict, if anything does, and say more of it."""
    needed = fewest_needed(found)
    if not any(one.runs for one in found):
        return Verdict.NO_RECORDS, f"0 of {needed} seeds recorded"
    if claim.not_comparable is not None:
        return Verdict.NOT_COMPARABLE, f"see deviation {claim.not_comparable}"
    if n < max(needed, FEWEST_SEEDS):
        return Verdict.NOT_JUDGED, f"{n} of {needed} seeds"
    epochs = experiment.protocol.size(found[0].scale).epochs
    if epochs <= claim.after:
        why = f"{epochs} epochs, and it is said of those after {claim.after}"
        return Verdict.NOT_AT_SIZE, why
    return None, ""


def _compared(case: Case, part: Part, level: float) -> Comparison:
    """Compare one part; where there is no evidence, or no number, all p-values are 1."""
    if isinstance(part, CountLearning):
        return compare(part, case.learning(part.a), case.learning(part.b), level)
    a = _read(case, part.a)
    b = np.full(a.size, part.constant) if isinstance(part, Bound) else _read(case, part.b)
    uneven = _uneven(case, part, a, b)
    found = compare(part, a, b, level, uneven=uneven)
    flaw = _flaw(case, part)
    if not flaw and math.isfinite(found.difference):
        return replace(found, last=_of_last_epochs(case, part))
    nothing = replace(found, p_holds=1.0, p_contradicted=1.0, p_fails=1.0, p_direction=1.0)
    return replace(nothing, verdict=Verdict.NOT_JUDGED, note=flaw) if flaw else nothing


def _flaw(case: Case, part: OfMetrics) -> str:
    """Say why a comparison is no evidence; nothing where it is."""
    sides = values_compared(part)
    if any(side.metric == "seconds" for side in sides):
        together = any(case.evidence[side.arm].timed_as_group for side in sides)
        return "seeds trained as a group have one time together" if together else ""
    if not any(parse_metric(side.metric).is_of_learning for side in sides):
        return ""
    for arm in arms_compared(part):
        if not case.learning(arm).any():
            return f"0 of {len(case.seeds)} networks of {arm} learnt anything"
    return ""


def _uneven(case: Case, part: OfMetrics, a: Values, b: Values) -> str:
    """Say why values are far from normal: two heaps, or a heap at a bound; nothing where not."""
    n = len(case.seeds)
    for side, found in zip(values_compared(part), (a, b), strict=False):
        metric = parse_metric(side.metric)
        learnt = int(case.learning(side.arm).sum())
        if learnt < n and metric.is_of_learning:
            return f"{learnt} of {n} networks of {side.arm} learn"
        if side.metric.endswith("lowest_epoch"):
            return "epochs are whole numbers"
        at_bound = int(np.isin(found, metric.bounds).sum())
        if at_bound:
            return f"{at_bound} of {n} values of {side.label} are at their bound"
    return ""


def _read(case: Case, side: Value) -> Values:
    """Read one side of a comparison, seed by seed."""
    return metric_values(case.runs(side.arm), side.metric, side.epoch)


def _of_last_epochs(case: Case, part: OfMetrics) -> tuple[float, float, float] | None:
    """Return the difference of the means of the last epochs, with its interval, if known."""
    means = [_mean_of_last(case, side) for side in values_compared(part)]
    constant = part.constant if isinstance(part, Bound) else 0.0
    known = [mean for mean in means if mean is not None]
    if len(known) < len(means):
        return None
    differences = known[0] - sum(known[1:], constant)
    if not np.isfinite(differences).all():
        return None
    limits = within(mean_interval(differences), bounds_of_part(part))
    return float(differences.mean()), limits.low, limits.high


def _mean_of_last(case: Case, side: Value) -> Values | None:
    """Return the mean of a metric after the last five epochs, if its curve ends with its value."""
    runs = case.runs(side.arm).values()
    curves: list[Sequence[float]] = [run.history.get(side.metric, ()) for run in runs]
    if side.epoch != "last" or any(len(curve) < _LAST for curve in curves):
        return None
    # A curve of losses includes the penalty, and its final value does not: then they are two.
    ends = [curve[-1] for curve in curves]
    if not np.allclose(ends, [run.final.get(side.metric, math.nan) for run in runs], rtol=1e-3):
        return None
    return np.array([np.mean(curve[-_LAST:]) for curve in curves])
