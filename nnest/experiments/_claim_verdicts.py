"""Verdicts on the sentences of a report, and on our own questions, from recorded runs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nnest.experiments._claims import Claim, arms_compared
from nnest.experiments._comparisons import Comparison, compare
from nnest.experiments._confusion import gives_one_class
from nnest.experiments._evidence import (
    Evidence,
    Records,
    common_seeds,
    fewest_needed,
    waiting_note,
)
from nnest.experiments._expectations import Beyond, CountLearning, Part, Value
from nnest.experiments._experiment import Experiment
from nnest.experiments._families import LEVEL, decide
from nnest.experiments._metrics import OF_WEIGHTS, metric_values, parse_metric, share_seconds
from nnest.experiments._verdicts import Source, deviation_numbers, size_word, source_of
from nnest.experiments._words import JUDGED_CLAIMS, Verdict
from nnest.results import Run

__all__ = ["ClaimVerdict", "judge_claims"]

REPORTS_FAMILY, OUR_FAMILY = "the report's", "ours"

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
    verdict : Verdict
        HOLDS, IN_PART, SMALLER, CONTRADICTED or UNDECIDED; or why there is none: NOT_JUDGED,
        NOT_AT_SIZE, NOT_COMPARABLE, NO_RECORDS.
    p_holds, p_contradicted, p_fails : float
        The p-values that all parts hold, that the opposite of each does, and that at least one
        fails, adjusted by Holm's method within the family and scale; NaN if there is nothing to
        judge.
    parts : tuple of Comparison
        What the runs show, for each comparison of the claim.
    n : int
        Seeds that all arms of the claim have.
    needed : int
        The seeds that are declared.
    scale : str
        At which scale; "" where nothing is recorded.
    size : str
        The scale, or "own size, other data" where full runs stand for other data.
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
    verdict: Verdict
    p_holds: float
    p_contradicted: float
    p_fails: float
    parts: tuple[Comparison, ...]
    n: int
    needed: int
    scale: str
    size: str
    note: str
    deviations: tuple[int, ...]
    sources: tuple[Source, ...]

    @property
    def judged(self) -> bool:
        """Whether the verdict is one."""
        return self.verdict in JUDGED_CLAIMS

    @property
    def p(self) -> float:
        """The p-value of the verdict; NaN where there is none, or where it is undecided."""
        known = {
            Verdict.HOLDS: self.p_holds,
            Verdict.CONTRADICTED: self.p_contradicted,
            Verdict.SMALLER: self.p_fails,
            Verdict.IN_PART: self.p_fails,
        }
        return known.get(self.verdict, math.nan)

    @property
    def deciding(self) -> Comparison | None:
        """The comparison that speaks most clearly against the claim, or least clearly for it."""
        if not self.parts:
            return None
        if self.verdict in (Verdict.CONTRADICTED, Verdict.SMALLER, Verdict.IN_PART):
            return min(self.parts, key=lambda part: part.p_fails)
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
    Differences are paired by seed. A verdict stands where its p-value is up to 0.05 after Holm's
    method over the family: the report's own claims that are judged at one scale are a family, our
    questions at one scale another, and each kind of verdict is adjusted for itself.

    - A claim holds with the largest p-value of its parts.
    - A part is contradicted where its opposite is shown: that the difference is in the other
      direction, or beyond the margin. Where a least difference is declared and shown not to be
      reached, it is not by that much. A claim is either where all of its parts are, and else in
      part where one of them is.
    - Where all networks of an arm give all test images one class, its accuracies and losses are
      not compared, and the claim is not judged; its networks are counted by `count_learning`. The
      same is so of the seconds of seeds that trained as a group, each of which has an equal part
      of one time. Such a claim keeps its place in the family.
    - A sentence on what comes after an epoch is not judged by trainings that end with it or before.
    - All declared seeds are needed. Where there were fewer before (`Size.seeds_before`), their
      verdict stands until the others are recorded.
    """
    cases = [
        _case(records, experiment, claim, scale)
        for experiment in records.report.experiments
        for claim in experiment.claims
    ]
    sizes = Counter((case.family, case.scale) for case in cases if not case.obstacle)
    judged = [_judge(case, LEVEL / max(1, sizes[case.family, case.scale])) for case in cases]
    for family in sizes:
        places = [i for i, one in enumerate(judged) if _is_of(one, family)]
        decisions = decide([judged[i].parts for i in places])
        for place, decision in zip(places, decisions, strict=True):
            one = judged[place]
            notes = [decision.note, one.note]
            decided = decision._asdict() | {"note": "; ".join(filter(None, notes))}
            judged[place] = replace(one, **decided)
    return judged


def _is_of(one: ClaimVerdict, family: tuple[str, str]) -> bool:
    """Tell whether a claim takes part in a family."""
    return one.judged and (one.family, one.scale) == family


@dataclass(frozen=True, eq=False)
class _Case:
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


def _case(records: Records, experiment: Experiment, claim: Claim, scale: str | None) -> _Case:
    """Collect the records of a claim's arms."""
    found = records.largest(experiment.key, claim.arms, scale)
    seeds = common_seeds(found)
    evidence = dict(zip(claim.arms, found, strict=True))
    obstacle = _obstacle(claim, found, len(seeds)) or _too_short(experiment, claim, found)
    return _Case(experiment, claim, evidence, seeds, *(obstacle or (None, "")))


def _judge(case: _Case, level: float) -> ClaimVerdict:
    """Compare the arms of a claim; a verdict is left open until its family is known."""
    parts = _compare_all(case, level) if len(case.seeds) >= _FEWEST else ()
    return ClaimVerdict(
        experiment=case.experiment.key,
        key=case.claim.key,
        text=case.claim.text,
        where=case.claim.where,
        expects=case.claim.expects.label,
        reading=case.claim.reading,
        family=case.family,
        verdict=case.obstacle or Verdict.UNDECIDED,
        p_holds=math.nan,
        p_contradicted=math.nan,
        p_fails=math.nan,
        parts=parts,
        n=len(case.seeds),
        needed=case.needed,
        scale=case.scale,
        size=size_word(case.experiment, case.scale),
        note=_note(case, parts),
        deviations=deviation_numbers(case.experiment),
        sources=tuple(source_of(one) for one in case.evidence.values() if one.runs),
    )


def _obstacle(claim: Claim, found: Sequence[Evidence], n: int) -> tuple[Verdict, str] | None:
    """Name what stands in the way of a verdict, if anything does, and say more of it."""
    needed = fewest_needed(found)
    if not any(one.runs for one in found):
        return Verdict.NO_RECORDS, f"0 of {needed} seeds recorded"
    if claim.not_comparable is not None:
        return Verdict.NOT_COMPARABLE, f"see deviation {claim.not_comparable}"
    if n < max(needed, _FEWEST):
        return Verdict.NOT_JUDGED, f"{n} of {needed} seeds"
    return None


def _too_short(
    experiment: Experiment, claim: Claim, found: Sequence[Evidence]
) -> tuple[Verdict, str] | None:
    """Name trainings that end before what the sentence speaks of."""
    epochs = experiment.protocol.size(found[0].scale).epochs
    if epochs > claim.after:
        return None
    return (
        Verdict.NOT_AT_SIZE,
        f"{epochs} epochs, and it is said of those after {claim.after}",
    )


def _note(case: _Case, parts: Sequence[Comparison]) -> str:
    """Say what stands in the way of a verdict, or which runs it lacks."""
    diverged = not all(math.isfinite(part.difference) for part in parts)
    notes = [case.note, _diverged(case) if diverged and not case.obstacle else ""]
    return "; ".join(filter(None, [*notes, waiting_note(list(case.evidence.values()))]))


def _diverged(case: _Case) -> str:
    """Say how many runs have no such number."""
    runs = [one.runs[seed] for one in case.evidence.values() for seed in case.seeds]
    diverged = sum(run.diverged for run in runs)
    return f"{diverged} of {len(runs)} diverged" if diverged else "some runs have no such number"


def _compare_all(case: _Case, level: float) -> tuple[Comparison, ...]:
    """Compare what each part of a claim compares."""
    return tuple(_compared(case, part, level) for part in case.claim.parts)


def _compared(case: _Case, part: Part, level: float) -> Comparison:
    """Compare one part; what is no evidence, or no number, speaks for nothing."""
    found = compare(part, *_sides(case, part), level)
    flaw = _flaw(case, part)
    if not flaw and math.isfinite(found.difference):
        return found
    nothing = replace(found, p_holds=1.0, p_contradicted=1.0, p_fails=1.0, p_direction=1.0)
    return replace(nothing, verdict=Verdict.NOT_JUDGED, note=flaw) if flaw else nothing


def _flaw(case: _Case, part: Part) -> str:
    """Say why a comparison is no evidence; nothing where it is."""
    if isinstance(part, CountLearning):
        return ""
    sides = (part.a,) if isinstance(part, Beyond) else (part.a, part.b)
    if any(side.metric == "seconds" for side in sides):
        together = any(share_seconds(_runs(case, side.arm)) for side in sides)
        return "seeds trained as a group have one time together" if together else ""
    if all(parse_metric(side.metric).name in OF_WEIGHTS for side in sides):
        return ""  # gradients and kernels are there whether anything is learnt or not
    for arm in arms_compared(part):
        if all(map(gives_one_class, _runs(case, arm).values())):
            return f"0 of {len(case.seeds)} networks of {arm} learnt anything"
    return ""


def _runs(case: _Case, arm: str) -> dict[int, Run]:
    """Return the runs of an arm that count, by seed."""
    return {seed: case.evidence[arm].runs[seed] for seed in case.seeds}


def _sides(case: _Case, part: Part) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Read both sides of a comparison, seed by seed; a constant is the same for every seed."""
    if isinstance(part, CountLearning):
        return _learning(case, part.a), _learning(case, part.b)
    a = _read(case, part.a)
    b = np.full(a.size, part.constant) if isinstance(part, Beyond) else _read(case, part.b)
    return a, b


def _read(case: _Case, side: Value) -> NDArray[np.float64]:
    """Read one side of a comparison, seed by seed."""
    return metric_values(_runs(case, side.arm), side.metric, side.epoch)


def _learning(case: _Case, arm: str) -> NDArray[np.float64]:
    """Return 1 for each network that learns, 0 for each that gives all images one class."""
    return np.array([not gives_one_class(run) for run in _runs(case, arm).values()], dtype=float)
