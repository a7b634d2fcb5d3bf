"""All verdicts on a report, their counts, and records that need a look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from nnest.experiments import Report
from nnest.results import ResultStore, conflicting_keys
from nnest.verdicts._claims import ClaimVerdict, judge_claims
from nnest.verdicts._numbers import NumberVerdict, judge_number
from nnest.verdicts._records import IgnoredRun, Records

__all__ = ["KINDS", "Kind", "Summary", "Verdicts", "judge", "summarize"]

Kind = Literal["numbers", "claims", "questions"]
"""Numbers of a report, claims of it, or questions of our own."""

KINDS: tuple[Kind, ...] = ("numbers", "claims", "questions")


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What the verdicts on a report come to.

    Parameters
    ----------
    numbers, claims, questions : mapping of str to int
        How many numbers of the report, claims of it and questions of our own have each verdict, or
        each reason for having none.
    numbers_judged, claims_judged, questions_judged : int
        How many of them have a verdict.
    exact : int
        Of the numbers judged, those that no training decides.
    networks : int
        The arms whose trainings the other judged numbers are of: a hundred cells of one confusion
        matrix are one network.
    outside : int
        Of these numbers, those outside our interval.
    expected_outside : float
        Those that chance alone would put outside: as many as lie outside when our own trainings
        are left out one at a time.
    without_information : int
        Of these numbers, those that chance cannot put outside, because the report prints so few
        digits.

    Examples
    --------
    >>> from nnest.reports import get_report
    >>> from nnest.verdicts import judge
    >>> from nnest.results import ResultStore
    >>> judge(get_report("boyer-2019"), ResultStore("no/such/folder")).summary.numbers
    {'equal': 3, 'no records': 101}
    """

    numbers: Mapping[str, int]
    claims: Mapping[str, int]
    questions: Mapping[str, int]
    numbers_judged: int
    claims_judged: int
    questions_judged: int
    exact: int
    networks: int
    outside: int
    expected_outside: float
    without_information: int


@dataclass(frozen=True, kw_only=True)
class Verdicts:
    """A report beside what is recorded.

    Parameters
    ----------
    report : Report
        The report.
    numbers : tuple of NumberVerdict
        Its numbers, in the order of the declaration.
    claims : tuple of ClaimVerdict
        Its claims, and our questions, in the order of the declaration.
    unused : tuple of IgnoredRun
        Recorded runs that no verdict uses.
    conflicts : tuple of tuple
        Keys under which runs with different numbers are recorded; the first counts.
    diverged : tuple of str
        The runs that count and whose loss became infinite.

    Examples
    --------
    >>> from nnest.reports import get_report
    >>> from nnest.verdicts import judge
    >>> from nnest.results import ResultStore
    >>> verdicts = judge(get_report("boyer-2019"), ResultStore("no/such/folder"))
    >>> len(verdicts.numbers), len(verdicts.unused)
    (104, 0)
    """

    report: Report
    numbers: tuple[NumberVerdict, ...]
    claims: tuple[ClaimVerdict, ...]
    unused: tuple[IgnoredRun, ...]
    conflicts: tuple[tuple[str, str, str, int, str, str], ...]
    diverged: tuple[str, ...]

    @property
    def summary(self) -> Summary:
        """How many there are of each verdict."""
        return summarize([self])

    def of(self, kind: Kind) -> Sequence[NumberVerdict | ClaimVerdict]:
        """Return the verdicts on statements of one kind.

        Parameters
        ----------
        kind : {"numbers", "claims", "questions"}
            Numbers of the report, claims of it, or questions of our own.

        Returns
        -------
        sequence of NumberVerdict or ClaimVerdict
            In the order of the declaration.
        """
        if kind == "numbers":
            return self.numbers
        return [one for one in self.claims if one.ours == (kind == "questions")]


def summarize(found: Iterable[Verdicts]) -> Summary:
    """Count the verdicts on one report or several.

    Parameters
    ----------
    found : iterable of Verdicts
        The verdicts.

    Returns
    -------
    Summary
        All of them together.

    Examples
    --------
    >>> from nnest.verdicts import summarize
    >>> summarize([]).numbers_judged
    0
    """
    found = list(found)
    numbers = [number for one in found for number in one.numbers]
    claims, questions = (
        [claim for one in found for claim in one.claims if claim.ours == ours]
        for ours in (False, True)
    )
    trained = [one for one in numbers if one.judged and one.source is not None]
    return Summary(
        numbers=_count(numbers),
        claims=_count(claims),
        questions=_count(questions),
        numbers_judged=sum(one.judged for one in numbers),
        claims_judged=sum(one.judged for one in claims),
        questions_judged=sum(one.judged for one in questions),
        exact=sum(one.judged for one in numbers) - len(trained),
        networks=len({(one.source.file, one.source.arm) for one in trained if one.source}),
        outside=sum(one.verdict.outside for one in trained),
        expected_outside=sum(one.by_chance for one in trained),
        without_information=sum(not one.can_miss for one in trained),
    )


def _count(rows: Sequence[NumberVerdict | ClaimVerdict]) -> dict[str, int]:
    """Count the verdicts."""
    return dict(Counter(str(one.verdict) for one in rows))


def judge(
    report: Report,
    store: ResultStore,
    *,
    scale: str | None = None,
    records: Records | None = None,
) -> Verdicts:
    """Put what is recorded beside what a report says.

    Parameters
    ----------
    report : Report
        The report.
    store : ResultStore
        Where its runs are recorded.
    scale : {"lite", "full"} or None, default=None
        Look at this scale alone; None takes, for each number and claim, the largest for which all
        declared seeds are recorded.
    records : Records or None, default=None
        The runs of the report in that store, if they are read already.

    Returns
    -------
    Verdicts
        All numbers and claims, with verdicts where the records allow one.

    Raises
    ------
    ExperimentError
        If a record lacks a metric that is declared, or the scale is not one of verdicts.
    ResultsError
        If a file cannot be read, or holds a line that is no run of its experiment.

    Examples
    --------
    >>> from nnest.reports import get_report
    >>> from nnest.verdicts import judge
    >>> from nnest.results import ResultStore
    >>> judge(get_report("boyer-2019"), ResultStore("no/such/folder")).numbers[0].verdict.value
    'equal'
    """
    records = Records(report, store) if records is None else records
    numbers = [
        judge_number(records, experiment, number, scale)
        for experiment in report.experiments
        for number in experiment.reported
    ]
    return Verdicts(
        report=report,
        numbers=tuple(numbers),
        claims=tuple(judge_claims(records, scale)),
        unused=tuple(records.ignored()),
        conflicts=tuple(conflicting_keys(records.runs)),
        diverged=tuple(records.diverged()),
    )
