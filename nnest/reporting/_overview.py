"""How many numbers, claims and questions have which verdict, by report and scale."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nnest.reporting._markup import Table
from nnest.reporting._text import chance_sentences, wrapped
from nnest.verdicts import KINDS, NOT_RUN, Kind, Verdict, Verdicts, summarize

__all__ = ["Tally", "overview", "overview_table", "overview_text"]

_TITLES = {"numbers": "Numbers", "claims": "Claims", "questions": "Our questions"}
_SCALES = ("exact", "full", Verdict.OTHER_DATA, "lite", NOT_RUN)


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
        return {str(one): self.counts[one] for one in Verdict if one.judged and one in self.counts}

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
    tallies = []
    for kind in KINDS:
        for one in found:
            sizes = [(each.size or NOT_RUN, str(each.verdict)) for each in one.of(kind)]
            for scale in _SCALES:
                counts = Counter(verdict for size, verdict in sizes if size == scale)
                if counts:
                    tallies.append(Tally(one.report.key, kind, scale, dict(counts)))
    return tallies


def _with_total(found: Sequence[Verdicts], kind: Kind) -> list[Tally]:
    """Count the verdicts on one kind of statement, at last those of all reports together."""
    tallies = [one for one in overview(found) if one.kind == kind]
    together: Counter[str] = Counter()
    for one in tallies:
        together.update(one.counts)
    return [*tallies, Tally("together", kind, "", together)]


def overview_table(found: Sequence[Verdicts], kind: Kind) -> Table:
    """Return how many statements of a kind have which verdict, by report and scale.

    Parameters
    ----------
    found : sequence of Verdicts
        The verdicts on some reports.
    kind : {"numbers", "claims", "questions"}
        Numbers of the reports, claims of them, or questions of our own.

    Returns
    -------
    Table
        One row for each report and scale and one for all together; a column for each verdict that
        occurs, then for each reason for having none.

    Examples
    --------
    >>> from nnest.reporting import overview_table
    >>> from nnest.reports import get_report
    >>> from nnest.verdicts import judge
    >>> from nnest.results import ResultStore
    >>> nothing = judge(get_report("boyer-2019"), ResultStore("no/such/folder"))
    >>> print(overview_table([nothing], "questions"))
    report | scale | all | judged | not run yet
    boyer-2019 | not run | 11 | 0 | 11
    together |  | 11 | 0 | 11
    """
    tallies = _with_total(found, kind)
    together = tallies[-1]
    names = [name for one in tallies for name in one.verdicts]
    names = list(dict.fromkeys([*names, *together.reasons]))
    return Table(
        ["report", "scale", "all", "judged", *(Verdict(name).shown for name in names)],
        [
            (one.report, one.scale, one.total, one.judged, *(one.counts.get(n, 0) for n in names))
            for one in tallies
        ],
    )


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
    lines = [f"All {len(found)} reports" if len(found) > 1 else "The report"]
    for kind in KINDS:
        lines += ["", _TITLES[kind], *map(_line, _with_total(found, kind))]
    chance = chance_sentences(summarize(found), of="trainings of ")
    return "\n".join([*lines, "", *([wrapped(" ".join(chance), hang=0)] if chance else [])])


def _line(one: Tally) -> str:
    """Return the line of a report and scale."""
    line = f"  {one.report:<18} {one.scale:<20} {one.judged:>5} of {one.total:>4} judged"
    if one.judged:
        line += f": {_listed(one.verdicts)}"
    if one.reasons:
        line += f"; {one.total - one.judged} not: {_listed(one.reasons)}"
    return wrapped(line, hang=28)


def _listed(counts: Mapping[str, int]) -> str:
    """Return counts in words."""
    return ", ".join(f"{n} {name}" for name, n in counts.items())
