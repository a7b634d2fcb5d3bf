"""How many numbers and claims have which verdict, by report and scale."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from nnest.reporting._text import networks_in_words, without_information
from nnest.verdicts import (
    JUDGED_CLAIMS,
    JUDGED_NUMBERS,
    OUR_FAMILY,
    ClaimVerdict,
    NumberVerdict,
    Verdict,
    Verdicts,
)

__all__ = ["NOT_RUN", "Tally", "overview", "overview_text"]

NOT_RUN = "not run"
"""The scale of what has no record."""

Kind = Literal["numbers", "claims", "questions"]
KINDS: dict[Kind, str] = {"numbers": "Numbers", "claims": "Claims", "questions": "Our questions"}

_SCALES = ("exact", "full", Verdict.OTHER_DATA, "lite", NOT_RUN)
_WIDTH = 100


@dataclass(frozen=True)
class Tally:
    """The verdicts on one kind of statement of a report at one scale.

    Parameters
    ----------
    report : str
        The report's key.
    kind : {"numbers", "claims", "questions"}
        Numbers of the report, claims of it, or questions of our own.
    scale : {"exact", "full", "own size, other data", "lite", "not run"}
        At which scale the runs were that they stand on.
    counts : mapping of str to int
        How many have each verdict, or each reason for having none.

    Examples
    --------
    >>> from nnest.reporting import Tally
    >>> tally = Tally("demo", "numbers", "full", {"agrees": 3, "not comparable": 1})
    >>> tally.judged, tally.total
    (3, 4)
    """

    report: str
    kind: Kind
    scale: str
    counts: Mapping[str, int]

    @property
    def verdicts(self) -> dict[str, int]:
        """How many there are of each verdict, the reasons for having none left out."""
        known = JUDGED_NUMBERS if self.kind == "numbers" else JUDGED_CLAIMS
        return {name: self.counts[name] for name in known if self.counts.get(name)}

    @property
    def reasons(self) -> dict[str, int]:
        """How many have no verdict, by reason."""
        return {name: n for name, n in self.counts.items() if name not in self.verdicts}

    @property
    def judged(self) -> int:
        """How many have a verdict."""
        return sum(self.verdicts.values())

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(self.counts.values())


def overview(found: Sequence[Verdicts]) -> list[Tally]:
    """Count the verdicts of reports, by kind, report and scale.

    Parameters
    ----------
    found : sequence of Verdicts
        The verdicts on some reports.

    Returns
    -------
    list of Tally
        For numbers, claims and questions, for each report, one for each scale that there is.

    Examples
    --------
    >>> from nnest.reporting import overview
    >>> from nnest.reports import get_report
    >>> from nnest.verdicts import judge
    >>> from nnest.results import ResultStore
    >>> nothing = judge(get_report("boyer-2019"), ResultStore("no/such/folder"))
    >>> [(one.kind, one.scale, one.judged, one.total) for one in overview([nothing])][:2]
    [('numbers', 'exact', 3, 3), ('numbers', 'not run', 0, 101)]
    """
    return [
        Tally(one.report.key, kind, scale, counts)
        for kind in KINDS
        for one in found
        for scale in _SCALES
        if (counts := _count(_of_kind(one, kind), scale))
    ]


def _of_kind(one: Verdicts, kind: Kind) -> Sequence[NumberVerdict | ClaimVerdict]:
    """Return the numbers, the claims or the questions of a report."""
    if kind == "numbers":
        return one.numbers
    return [c for c in one.claims if (c.family == OUR_FAMILY) == (kind == "questions")]


def _count(rows: Sequence[NumberVerdict | ClaimVerdict], scale: str) -> dict[str, int]:
    """Count the verdicts at one scale."""
    return dict(Counter(str(one.verdict) for one in rows if (one.size or NOT_RUN) == scale))


def overview_text(found: Sequence[Verdicts]) -> str:
    """Return the counts of all verdicts as text for a terminal.

    Parameters
    ----------
    found : sequence of Verdicts
        The verdicts on some reports.

    Returns
    -------
    str
        For numbers, claims and questions a line for each report and scale, and one for all.

    Examples
    --------
    >>> from nnest.reporting import overview_text
    >>> from nnest.reports import get_report
    >>> from nnest.verdicts import judge
    >>> from nnest.results import ResultStore
    >>> nothing = judge(get_report("boyer-2019"), ResultStore("no/such/folder"))
    >>> print(overview_text([nothing]).splitlines()[3])
      boyer-2019         exact                    3 of    3 judged: 3 equal
    """
    tallies = overview(found)
    lines = [f"All {len(found)} reports" if len(found) > 1 else "The report"]
    for kind, title in KINDS.items():
        lines += ["", title, *_lines([one for one in tallies if one.kind == kind], kind)]
    return "\n".join([*lines, "", *_chance(found)])


def _lines(tallies: Sequence[Tally], kind: Kind) -> Iterator[str]:
    """Yield the lines of one kind of statement."""
    together: Counter[str] = Counter()
    for one in tallies:
        yield _line(one)
        together.update(one.counts)
    yield _line(Tally("together", kind, "", together))


def _line(one: Tally) -> str:
    """Return the line of a report and scale."""
    head = f"  {one.report:<18} {one.scale:<20} {one.judged:>5} of {one.total:>4} judged"
    parts = [": " + _listed(one.verdicts)] if one.judged else []
    parts += [f"; {one.total - one.judged} not: {_listed(one.reasons)}"] if one.reasons else []
    return textwrap.fill(head + "".join(parts), _WIDTH, subsequent_indent=" " * 28)


def _listed(counts: Mapping[str, int]) -> str:
    """Return counts in words."""
    return ", ".join(f"{n} {name}" for name, n in counts.items())


def _chance(found: Sequence[Verdicts]) -> Iterator[str]:
    """Say of all reports how many numbers lie outside, and how many would by chance."""
    sums = [one.summary for one in found]
    trained = sum(one.numbers_judged - one.exact for one in sums)
    if trained:
        yield textwrap.fill(
            f"{trained} of the judged numbers are of trainings of"
            f" {networks_in_words(sum(one.networks for one in sums))}:"
            f" {sum(one.outside for one in sums)} lie outside our interval, where chance alone"
            f" would put {sum(one.expected_outside for one in sums):.1f}."
            f" {without_information(sum(one.without_information for one in sums))}",
            _WIDTH,
        )
