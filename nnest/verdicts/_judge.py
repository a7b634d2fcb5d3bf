"""All verdicts on a report: rows, tables, counts, and records that need a look."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from nnest.experiments import Report
from nnest.results import ResultStore, to_plain
from nnest.verdicts._claims import ClaimVerdict, judge_claims
from nnest.verdicts._evidence import IgnoredRun, Records
from nnest.verdicts._frames import claim_frame, number_frame
from nnest.verdicts._numbers import NumberVerdict, judge_number
from nnest.verdicts._verdict import Verdict

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Summary", "Verdicts", "claim_table", "judge", "number_table"]

_OUTSIDE = (Verdict.HIGHER, Verdict.LOWER)

_OF_DEVIATION = ("number", "ours", "theirs", "why", "source")


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
        trained = [one for one in self.numbers if one.judged and one.source is not None]
        networks = {(one.source.file, one.source.arm) for one in trained if one.source is not None}
        own = [one for one in self.claims if one.family != "ours"]
        ours = [one for one in self.claims if one.family == "ours"]
        judged = sum(one.judged for one in self.numbers)
        return Summary(
            numbers=_count(self.numbers),
            claims=_count(own),
            questions=_count(ours),
            numbers_judged=judged,
            claims_judged=sum(one.judged for one in own),
            questions_judged=sum(one.judged for one in ours),
            exact=judged - len(trained),
            networks=len(networks),
            outside=sum(one.verdict in _OUTSIDE for one in trained),
            expected_outside=sum(one.by_chance for one in trained),
            without_information=sum(not one.can_miss for one in trained),
        )

    def number_table(self) -> pd.DataFrame:
        """Return the numbers as a table.

        Returns
        -------
        pandas.DataFrame
            One row for each number: ``label``, ``reported``, ``mean``, ``low``, ``high``, ``n``,
            ``scale``, ``verdict``, ``difference`` and all other fields of `NumberVerdict`; the
            records' ``file`` and ``digest`` instead of ``source``.
        """
        return number_frame(self.numbers)

    def claim_table(self) -> pd.DataFrame:
        """Return the claims as a table.

        Returns
        -------
        pandas.DataFrame
            One row for each claim: ``claim``, ``text``, ``verdict``, ``p``, then ``difference``,
            ``low``, ``high``, ``a``, ``b`` and ``detectable`` of the deciding comparison, ``n``,
            ``needs`` (the seeds that the margins of its comparisons need), ``scale``, ``family``
            and all other fields of `ClaimVerdict` that a table can hold.
        """
        return claim_frame(self.claims)

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain dictionaries, lists, texts and numbers.

        Returns
        -------
        dict
            With the keys ``report``, ``summary``, ``numbers``, ``claims``, ``deviations``,
            ``unused``, ``conflicts`` and ``diverged``; None stands for what is no number.
        """
        known = ("key", "title", "author", "year", "source")
        numbers = [
            {**asdict(one), "judged": one.judged, "difference": one.difference}
            for one in self.numbers
        ]
        everything = {
            "report": {name: getattr(self.report, name) for name in known},
            "summary": asdict(self.summary),
            "numbers": numbers,
            "claims": [
                {**asdict(one), "judged": one.judged, "p": one.p, "needs": one.needs}
                for one in self.claims
            ],
            "deviations": [
                {name: getattr(one, name) for name in _OF_DEVIATION}
                for one in self.report.deviations
            ],
            "unused": [asdict(one) for one in self.unused],
            "conflicts": [list(key) for key in self.conflicts],
            "diverged": list(self.diverged),
        }
        plain: dict[str, Any] = to_plain(_without_nan(everything))
        return plain


def judge(report: Report, store: ResultStore, *, scale: str | None = None) -> Verdicts:
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
    records = Records(report, store)
    numbers = [
        judge_number(records, experiment, number, scale)
        for experiment in report.experiments
        for number in experiment.reported
    ]
    return Verdicts(
        report=report,
        numbers=tuple(numbers),
        claims=tuple(judge_claims(records, scale)),
        unused=tuple(records.unused()),
        conflicts=tuple(store.conflicts(report.key)),
        diverged=tuple(
            f"{run.experiment}/{run.arm} seed {run.seed} ({run.scale})"
            for run in records.diverged()
        ),
    )


def number_table(report: Report, store: ResultStore) -> pd.DataFrame:
    """Return a report's numbers beside ours.

    Parameters
    ----------
    report : Report
        The report.
    store : ResultStore
        Where its runs are recorded.

    Returns
    -------
    pandas.DataFrame
        As `Verdicts.number_table`.

    Examples
    --------
    >>> from nnest.reports import get_report
    >>> from nnest.verdicts import number_table
    >>> from nnest.results import ResultStore
    >>> len(number_table(get_report("boyer-2019"), ResultStore("no/such/folder")))
    104
    """
    return judge(report, store).number_table()


def claim_table(report: Report, store: ResultStore) -> pd.DataFrame:
    """Return a report's claims, and our questions, with their verdicts.

    Parameters
    ----------
    report : Report
        The report.
    store : ResultStore
        Where its runs are recorded.

    Returns
    -------
    pandas.DataFrame
        As `Verdicts.claim_table`.

    Examples
    --------
    >>> from nnest.reports import get_report
    >>> from nnest.verdicts import claim_table
    >>> from nnest.results import ResultStore
    >>> claim_table(get_report("boyer-2019"), ResultStore("no/such/folder"))["claim"][0]
    'faster'
    """
    return judge(report, store).claim_table()


def _count(rows: Sequence[NumberVerdict] | Sequence[ClaimVerdict]) -> dict[str, int]:
    """Count the verdicts."""
    return dict(Counter(str(one.verdict) for one in rows))


def _without_nan(value: Any) -> Any:
    """Replace what is no finite number by None, since JSON has no word for it."""
    if isinstance(value, Mapping):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
