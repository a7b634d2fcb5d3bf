"""Verdicts on the sentences of a report, and on our own questions, from recorded runs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from nnest.verdicts._cases import OUR_FAMILY, Case, case_of
from nnest.verdicts._comparisons import Comparison
from nnest.verdicts._evidence import Source, waiting_note
from nnest.verdicts._families import LEVEL, Decision, decide
from nnest.verdicts._numbers import deviation_numbers, size_word, unsaid_settings
from nnest.verdicts._records import Records
from nnest.verdicts._verdict import Verdict, join_notes

__all__ = ["ClaimVerdict", "judge_claims"]


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
        What the runs show, for each comparison of the claim; empty where nothing is recorded.
    comparisons : int
        How many comparisons the claim has.
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
    unsaid : tuple of int
        Those of settings that the report leaves unsaid: the verdict rests on how we set them.
    sources : tuple of Source
        The records, one for each arm.
    arm_words : str, default="{0}"
        What readers see in place of arms' names, as `Experiment.arm_words`.

    Examples
    --------
    >>> from nnest.reports import get_report
    >>> from nnest.verdicts import judge
    >>> from nnest.results import ResultStore
    >>> verdicts = judge(get_report("boyer-2019"), ResultStore("no/such/folder"))
    >>> [(one.key, one.verdict.value) for one in verdicts.claims][:1]
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
    comparisons: int
    n: int
    needed: int
    scale: str
    size: str
    note: str
    deviations: tuple[int, ...]
    unsaid: tuple[int, ...]
    sources: tuple[Source, ...]
    arm_words: str = "{0}"

    @property
    def judged(self) -> bool:
        """Whether the verdict is one."""
        return self.verdict.judged

    @property
    def ours(self) -> bool:
        """Whether it is a question of our own."""
        return self.family == OUR_FAMILY

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
    def needs(self) -> float:
        """The seeds that its comparisons need; infinite for more than 1000, NaN if not known."""
        needs = [part.needs for part in self.parts]
        return math.nan if not needs or any(map(math.isnan, needs)) else max(needs)

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
      not compared, and the claim is not judged; its networks are counted by `CountLearning`. The
      same is so of the seconds of seeds that trained as a group, each of which has an equal part
      of one time. Such a claim keeps its place in the family.
    - A sentence on what comes after an epoch is not judged by trainings that end with it or before.
    - All declared seeds are needed. Where there were fewer before (`Size.seeds_before`), their
      verdict stands until the others are recorded.

    Examples
    --------
    >>> from nnest.reports import get_report
    >>> from nnest.results import ResultStore
    >>> from nnest.verdicts import Records, judge_claims
    >>> records = Records(get_report("boyer-2019"), ResultStore("no/such/folder"))
    >>> judge_claims(records)[0].verdict.value
    'no records'
    """
    cases = [
        case_of(records, experiment, claim, scale)
        for experiment in records.report.experiments
        for claim in experiment.claims
    ]
    sizes = Counter((case.family, case.scale) for case in cases if not case.obstacle)
    judged = [_judge(case, LEVEL / max(1, sizes[case.family, case.scale])) for case in cases]
    for family in sizes:
        places = [
            i for i, one in enumerate(judged) if one.judged and (one.family, one.scale) == family
        ]
        decisions = decide([judged[i].parts for i in places])
        for place, decision in zip(places, decisions, strict=True):
            one = judged[place]
            normal = _rests_on_normality(decision, one.n, LEVEL / sizes[family])
            note = join_notes(decision.note, normal, one.note)
            judged[place] = replace(one, **decision._asdict() | {"note": note})
    return judged


def _rests_on_normality(decision: Decision, n: int, level: float) -> str:
    """Say where so few seeds decide only because their differences are taken for normal."""
    if decision.verdict in (Verdict.UNDECIDED, Verdict.NOT_JUDGED) or 0.5**n <= level:
        return ""
    # Tests of signs and of counts, which take nothing for normal, say so in their note.
    return "" if all(part.note for part in decision.parts) else f"{n} seeds decide only if normal"


def _judge(case: Case, level: float) -> ClaimVerdict:
    """Compare the arms of a claim; a verdict is left open until its family is known."""
    parts = case.compare(level)
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
        comparisons=len(case.claim.parts),
        n=len(case.seeds),
        needed=case.needed,
        scale=case.scale,
        size=size_word(case.experiment, case.scale),
        note=_note(case, parts),
        deviations=deviation_numbers(case.experiment),
        unsaid=unsaid_settings(case.experiment, [one.metric for one in case.claim.values]),
        sources=tuple(one.source for one in case.evidence.values() if one.runs),
        arm_words=case.experiment.arm_words,
    )


def _note(case: Case, parts: Sequence[Comparison]) -> str:
    """Say what stands in the way of a verdict, or which runs it lacks."""
    finite = all(math.isfinite(part.difference) for part in parts)
    bad = "" if finite or case.obstacle else _diverged(case)
    return join_notes(case.note, bad, waiting_note(list(case.evidence.values())))


def _diverged(case: Case) -> str:
    """Say how many runs have no such number."""
    runs = [one.runs[seed] for one in case.evidence.values() for seed in case.seeds]
    diverged = sum(run.diverged for run in runs)
    return f"{diverged} of {len(runs)} diverged" if diverged else "some runs have no such number"
