"""Verdicts on the sentences of a report, and on our own questions, from recorded runs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nnest.experiments._claims import Claim
from nnest.experiments._comparisons import Comparison, compare
from nnest.experiments._confusion import gives_one_class
from nnest.experiments._evidence import Evidence, Records, common_seeds, fewest_needed
from nnest.experiments._expectations import AllOf, Beyond, Greater, Similar, Value
from nnest.experiments._experiment import Experiment
from nnest.experiments._metrics import metric_values, share_seconds
from nnest.experiments._verdicts import Source, deviation_numbers, source_of
from nnest.results import Run
from nnest.stats import holm

__all__ = ["ClaimVerdict", "judge_claims"]

JUDGED_CLAIMS = ("holds", "contradicted", "undecided")
"""Verdicts on claims; all others say why there is none."""

REPORTS_FAMILY, OUR_FAMILY = "the report's", "ours"

LEVEL = 0.05
_FEWEST = 2


@dataclass(frozen=True, kw_only=True)
class ClaimVerdict:
    """A sentence of a report, and what our runs say of it.

    Parameters
    ----------
    experiment, key : str
        The experiment's key and the claim's.
    text : str
        The sentence.
    where : str
        Where the report says it.
    expects : str
        The comparison that it was turned into, in words.
    reading : str
        How it was turned into that.
    family : {"the report's", "ours"}
        With which claims it shares the level of 5 %.
    verdict : str
        "holds", "contradicted" or "undecided"; or why there is none: "not comparable",
        "not at the report's size", "too few seeds", "no records".
    p_holds, p_contradicted : float
        The p-values for either verdict, adjusted by Holm's method within the family; NaN if the
        claim was not judged.
    parts : tuple of Comparison
        What the runs show, for each comparison of the claim.
    n : int
        Seeds that all arms of the claim have.
    needed : int
        The seeds that are declared.
    scale : str
        At which scale; "" where nothing is recorded.
    note : str
        What else there is to say.
    deviations : tuple of int
        The numbers of the experiment's deviations.
    sources : tuple of Source
        The records, one for each arm.

    Examples
    --------
    >>> from nnest.experiments import get_report, judge
    >>> from nnest.results import ResultStore
    >>> verdicts = judge(get_report("boyer-2019"), ResultStore("no/such/folder"))
    >>> [(one.key, one.verdict) for one in verdicts.claims][:1]
    [('faster', 'no records')]
    """

    experiment: str
    key: str
    text: str
    where: str
    expects: str
    reading: str
    family: str
    verdict: str
    p_holds: float
    p_contradicted: float
    parts: tuple[Comparison, ...]
    n: int
    needed: int
    scale: str
    note: str
    deviations: tuple[int, ...]
    sources: tuple[Source, ...]

    @property
    def judged(self) -> bool:
        """Whether the verdict is one."""
        return self.verdict in JUDGED_CLAIMS

    @property
    def deciding(self) -> Comparison | None:
        """The comparison that speaks most clearly against the claim, or least clearly for it."""
        if not self.parts:
            return None
        if self.verdict == "contradicted":
            return min(self.parts, key=lambda part: part.p_contradicted)
        return max(self.parts, key=lambda part: part.p_holds)


def judge_claims(records: Records, scale: str | None = None) -> list[ClaimVerdict]:
    """Judge all claims of a report, and all questions of our own.

    Parameters
    ----------
    records : Records
        The recorded runs of the report.
    scale : {"lite", "full"} or None, default=None
        Look at this scale alone; None takes, for each claim, the largest at which all of its arms
        are complete.

    Returns
    -------
    list of ClaimVerdict
        One for each claim, in the order of the declaration.

    Notes
    -----
    Differences are paired by seed. A claim holds, or is contradicted, where the p-value for it is
    up to 0.05 after Holm's method over the family: the report's own claims are one family, our
    questions another, and each direction is adjusted for itself. A claim of several parts holds
    with the largest p-value of its parts, and is contradicted with the smallest, times their
    number. Where every network of two arms gives all test images one class, their accuracies and
    losses are no evidence in either direction; nor are the seconds of seeds that trained as a
    group, each of which has an equal part of one time. A sentence on what comes after an epoch
    is not judged by trainings that end with it or before.
    """
    cases = [
        _case(records, experiment, claim, scale)
        for experiment in records.report.experiments
        for claim in experiment.claims
    ]
    sizes = Counter(case.family for case in cases if not case.obstacle)
    judged = [_judge(case, LEVEL / max(1, sizes[case.family])) for case in cases]
    for family in sizes:
        places = [i for i, one in enumerate(judged) if one.family == family and one.judged]
        for place, decided in zip(places, _decide([judged[i] for i in places]), strict=True):
            judged[place] = decided
    return judged


@dataclass(frozen=True, eq=False)
class _Case:
    """A claim, its records, and what stands in the way of a verdict."""

    experiment: Experiment
    claim: Claim
    evidence: dict[str, Evidence]
    seeds: list[int]
    obstacle: str
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


def _case(records: Records, experiment: Experiment, claim: Claim, scale: str | None) -> _Case:
    """Collect the records of a claim's arms."""
    found = records.largest(experiment.key, claim.arms, scale)
    seeds = common_seeds(found)
    evidence = dict(zip(claim.arms, found, strict=True))
    obstacle = _obstacle(claim, found, len(seeds)) or _too_short(experiment, claim, found)
    return _Case(experiment, claim, evidence, seeds, *(obstacle or ("", "")))


def _judge(case: _Case, level: float) -> ClaimVerdict:
    """Compare the arms of a claim; a verdict is left open until its family is known."""
    parts = _compare_all(case, level) if len(case.seeds) >= _FEWEST else ()
    p_holds, p_contradicted = (math.nan, math.nan) if case.obstacle else _p_values(parts)
    return ClaimVerdict(
        experiment=case.experiment.key,
        key=case.claim.key,
        text=case.claim.text,
        where=case.claim.where,
        expects=case.claim.expects.label,
        reading=case.claim.reading,
        family=case.family,
        verdict=case.obstacle or "undecided",
        p_holds=p_holds,
        p_contradicted=p_contradicted,
        parts=parts,
        n=len(case.seeds),
        needed=case.needed,
        scale=case.scale,
        note=case.note if case.obstacle else _note(case, parts),
        deviations=deviation_numbers(case.experiment),
        sources=tuple(source_of(one) for one in case.evidence.values() if one.runs),
    )


def _obstacle(claim: Claim, found: Sequence[Evidence], n: int) -> tuple[str, str] | None:
    """Name what stands in the way of a verdict, if anything does, and say more of it."""
    needed = fewest_needed(found)
    if not any(one.runs for one in found):
        return "no records", f"0 of {needed} seeds recorded"
    if claim.not_comparable is not None:
        return "not comparable", f"see deviation {claim.not_comparable}"
    if n < max(needed, _FEWEST):
        return "too few seeds", f"{n} of {needed} seeds recorded for all of its arms"
    return None


def _too_short(
    experiment: Experiment, claim: Claim, found: Sequence[Evidence]
) -> tuple[str, str] | None:
    """Name trainings that end before what the sentence speaks of."""
    epochs = experiment.protocol.size(found[0].scale).epochs
    if epochs > claim.after:
        return None
    return (
        "not at the report's size",
        f"{epochs} epochs, and it is said of those after {claim.after}",
    )


def _note(case: _Case, parts: Sequence[Comparison]) -> str:
    """Say why some of the comparisons are no evidence."""
    if not all(math.isfinite(part.p_holds) for part in parts):
        return _diverged(case)
    for part in _parts(case.claim):
        if flaw := _flaw(case, part):
            return f"{part.label}: {flaw}"
    return ""


def _diverged(case: _Case) -> str:
    """Say how many runs have no such number."""
    runs = [one.runs[seed] for one in case.evidence.values() for seed in case.seeds]
    diverged = sum(run.diverged for run in runs)
    return f"{diverged} of {len(runs)} diverged" if diverged else "some runs have no such number"


def _p_values(parts: Sequence[Comparison]) -> tuple[float, float]:
    """Return the p-values for and against all parts together; 1 where there are no numbers."""
    if not all(math.isfinite(part.p_holds) for part in parts):
        return 1.0, 1.0
    against = len(parts) * min(part.p_contradicted for part in parts)
    return max(part.p_holds for part in parts), min(1.0, against)


def _compare_all(case: _Case, level: float) -> tuple[Comparison, ...]:
    """Compare what each part of a claim compares."""
    found = [(part, compare(part, *_sides(case, part), level)) for part in _parts(case.claim)]
    return tuple(
        replace(one, p_holds=1.0, p_contradicted=1.0) if _flaw(case, part) else one
        for part, one in found
    )


def _parts(claim: Claim) -> tuple[Greater | Similar | Beyond, ...]:
    """Return the comparisons of a claim."""
    return claim.expects.parts if isinstance(claim.expects, AllOf) else (claim.expects,)


def _flaw(case: _Case, part: Greater | Similar | Beyond) -> str:
    """Say why a comparison is no evidence; nothing where it is."""
    sides = (part.a,) if isinstance(part, Beyond) else (part.a, part.b)
    if any(side.metric == "seconds" for side in sides):
        together = any(share_seconds(_runs(case, side)) for side in sides)
        return "seeds trained as a group have one time together" if together else ""
    if len({side.arm for side in sides}) < _FEWEST:
        return ""
    found = [run for side in sides for run in _runs(case, side).values()]
    return "no network of either learnt anything" if all(map(gives_one_class, found)) else ""


def _runs(case: _Case, side: Value) -> dict[int, Run]:
    """Return the runs of one side that count, by seed."""
    return {seed: case.evidence[side.arm].runs[seed] for seed in case.seeds}


def _sides(
    case: _Case, part: Greater | Similar | Beyond
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Read both sides of a comparison, seed by seed; a constant is the same for every seed."""
    a = _read(case, part.a)
    b = np.full(a.size, part.constant) if isinstance(part, Beyond) else _read(case, part.b)
    return a, b


def _read(case: _Case, side: Value) -> NDArray[np.float64]:
    """Read one side of a comparison, seed by seed."""
    return metric_values(_runs(case, side), side.metric, side.epoch)


def _decide(family: Sequence[ClaimVerdict]) -> list[ClaimVerdict]:
    """Give the verdicts of one family."""
    holds = holm([one.p_holds for one in family])
    contradicted = holm([one.p_contradicted for one in family])
    return [
        replace(
            one,
            verdict=_verdict(for_it, against_it),
            p_holds=float(for_it),
            p_contradicted=float(against_it),
        )
        for one, for_it, against_it in zip(family, holds, contradicted, strict=True)
    ]


def _verdict(p_holds: float, p_contradicted: float) -> str:
    """Call what is significant, and nothing else."""
    if p_holds <= LEVEL:
        return "holds"
    return "contradicted" if p_contradicted <= LEVEL else "undecided"
