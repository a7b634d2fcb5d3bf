"""The columns of numbers, claims and arms: from them all that is shown of these is drawn.

A column has a name, under which its value stands in JSON and in frames, and a head, under which
pages and terminals write it. One without a name is only written, one without a head only data.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from nnest.reporting._links import source_links
from nnest.reporting._markup import NOTHING, Cell, Folded, Table
from nnest.reporting._means import decimals_of, difference_text, interval_text, mean_text
from nnest.reporting._names import in_words, metric_in_words
from nnest.verdicts import ClaimVerdict, Evidence, NumberVerdict, Verdict, join_notes

__all__ = [
    "CLAIM",
    "DEVIATION",
    "NUMBER",
    "Column",
    "arm_columns",
    "deciding_difference",
    "label_in_words",
    "settings_text",
    "table_of",
    "text_of",
    "verdict_text",
]


@dataclass(frozen=True)
class Column:
    """One column of numbers, claims or arms.

    Parameters
    ----------
    name : str
        The name of its value in JSON and in frames; "" if it has none there.
    head : str, default=""
        Its head on pages; "" if they leave it out.
    write : callable or None, default=None
        Writes the cell of a row on a page, folded where it is long; None writes the value.
    line_head : str, default=""
        Its head in a terminal; "" if it is left out there.
    line : callable or None, default=None
        Writes the text of a row for a terminal; None writes as pages do.
    flat : callable or None, default=None
        Returns what stands for a nested value of a row in frames, by column.
    names_in_frame : tuple of str, default=()
        The columns that `flat` returns.
    beneath : str, default=""
        The head of the column beneath whose cells a page shows it; "" if it has its own place.
    """

    name: str
    head: str = ""
    write: Callable[[Any], Cell] | None = None
    line_head: str = ""
    line: Callable[[Any], str] | None = None
    flat: Callable[[Any], Mapping[str, Any]] | None = None
    names_in_frame: tuple[str, ...] = ()
    beneath: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Its columns in a frame."""
        return self.names_in_frame or (self.name,)

    def cell(self, one: Any) -> Cell:
        """Return the cell of a row on a page."""
        cell: Cell = getattr(one, self.name) if self.write is None else self.write(one)
        return NOTHING if cell == "" else cell

    def text(self, one: Any) -> str:
        """Return the text of a row in a terminal."""
        return str(self.cell(one)) if self.line is None else self.line(one)

    def values(self, one: Any) -> Mapping[str, Any]:
        """Return the values of a row in a frame, by column."""
        return {self.name: getattr(one, self.name)} if self.flat is None else self.flat(one)


def verdict_text(one: NumberVerdict | ClaimVerdict) -> str:
    """Return a verdict as pages say it, with its note."""
    note = f" ({one.note})" if one.note and one.verdict != Verdict.NO_RECORDS else ""
    return one.verdict.shown + in_words(note, one.arm_words)


def label_in_words(one: NumberVerdict) -> str:
    """Return what a number of a report is of, in words."""
    return in_words(one.label, one.arm_words)


def settings_text(one: NumberVerdict | ClaimVerdict) -> str:
    """Name the settings that the report leaves unsaid, where there is a verdict."""
    if not (one.judged and one.unsaid):
        return ""
    many = "s" if len(one.unsaid) > 1 else ""
    return f"rests on deviation{many} {', '.join(_ranges(one.unsaid))}"


def _ranges(numbers: Sequence[int]) -> Iterator[str]:
    """Yield sorted numbers in words, three and more in a row as a range."""
    # Numbers in a row keep their distance from their place.
    for _, found in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        row = [str(number) for _, number in found]
        yield from row if len(row) < 3 else [f"{row[0]} to {row[-1]}"]


def _mean_and_limits(one: NumberVerdict) -> str:
    """Return our number with its interval."""
    if not math.isfinite(one.mean):
        return NOTHING
    low = math.nan if one.kind == "exact" else one.low
    return interval_text(one.mean, low, one.high, digits=_decimals(one))


def _decimals(one: NumberVerdict) -> int:
    """Return how many decimals our number has: as printed where it is exact."""
    return one.decimals if one.kind == "exact" else decimals_of(one.low, one.high, one.decimals + 1)


def _mean_in_line(one: NumberVerdict) -> str:
    """Return our number with its interval, seeds and scale."""
    if not math.isfinite(one.mean):
        return f"no number, n={one.n}, {one.size}" if one.n else "-"
    digits = _decimals(one)
    mean = f"{one.mean:.{digits}f}"
    if one.kind == "exact":
        return f"{mean} (computed)"
    limits = math.isfinite(one.low)
    interval = f"{one.low:.{digits}f} to {one.high:.{digits}f}, " if limits else ""
    return f"{mean} ({interval}n={one.n}, {one.size})"


def _verdict_in_line(one: NumberVerdict) -> str:
    """Return the verdict on a number with its notes and the difference."""
    note = join_notes(in_words(one.note, one.arm_words), settings_text(one))
    verdict = f"{one.verdict} ({note})" if note else str(one.verdict)
    if one.kind == "exact" or not one.n or not math.isfinite(one.difference):
        return verdict
    return f"{verdict}, {one.difference:+z.{_decimals(one)}f}"


def deciding_difference(one: ClaimVerdict) -> str:
    """Return the difference that decides a claim, with its interval."""
    part = one.deciding
    if part is None or not math.isfinite(part.difference):
        return NOTHING
    text = interval_text(part.difference, part.low, part.high)
    return f"{text}; {part.least}" if one.verdict == Verdict.UNDECIDED else text


def _of_last_epochs(one: ClaimVerdict) -> str:
    """Return the same difference of the means of the last five epochs, with its interval."""
    if one.deciding is None or one.deciding.last is None:
        return NOTHING
    return interval_text(*one.deciding.last)


def _compared(one: ClaimVerdict) -> Cell:
    """Return what is compared, folded: the sentence above it says the same in words."""
    n, text = one.comparisons, in_words(one.expects, one.arm_words)
    return Folded(f"{n} comparisons" if n > 1 else "1 comparison", text)


def _deciding(one: ClaimVerdict) -> dict[str, Any]:
    """Return the comparison that decides a claim, for a frame."""
    names = ("a", "b", "difference", "low", "high", "detectable")
    return {name: getattr(one.deciding, name, math.nan) for name in names}


def _file(one: NumberVerdict) -> dict[str, str]:
    """Return where a number is recorded, for a frame."""
    file, digest = (one.source.file, one.source.digest) if one.source else ("", "")
    return {"file": file, "digest": digest}


_OURS, _DIFFERENCE = "ours [interval]", "difference [interval]"

NUMBER = (
    *map(Column, ("experiment", "arm", "metric")),
    Column("label", "number", label_in_words, line_head="number"),
    Column("where", "where", beneath="number"),
    Column("kind"),
    Column("reported", "reported", lambda one: one.stated, line_head="reported"),
    *map(Column, ("decimals", "approximate")),
    Column("mean", _OURS, _mean_and_limits, "ours (95 % interval, n, scale)", _mean_in_line),
    *map(Column, ("low", "high", "by_chance", "can_miss")),
    Column(
        "n",
        "runs",
        lambda one: f"{one.n} of {one.needed}" if one.needed else NOTHING,
        beneath=_OURS,
    ),
    *map(Column, ("needed", "scale")),
    Column("size", "scale", beneath=_OURS),
    Column("verdict", "verdict", verdict_text, "verdict", _verdict_in_line),
    *map(Column, ("note", "deviations")),
    Column("unsaid", "unsaid settings", settings_text, beneath="verdict"),
    Column(
        "source",
        "records",
        lambda one: source_links([one.source]),
        flat=_file,
        names_in_frame=("file", "digest"),
        beneath="verdict",
    ),
    Column("arm_words"),
    *map(Column, ("judged", "difference")),
)
"""The columns of a number that a report states."""

CLAIM = (
    Column("experiment"),
    Column("key", flat=lambda one: {"claim": one.key}),
    Column("text", "sentence", lambda one: f"{one.text} ({one.where})"),
    *map(Column, ("where", "expects", "reading", "family")),
    Column("verdict", "verdict", verdict_text),
    *map(Column, ("p_holds", "p_contradicted", "p_fails")),
    Column("parts", _DIFFERENCE, deciding_difference, flat=_deciding),
    Column("comparisons"),
    Column("", "of the last five epochs", _of_last_epochs, beneath=_DIFFERENCE),
    Column("n", "seeds", lambda one: f"{one.n} of {one.needed}", beneath=_DIFFERENCE),
    *map(Column, ("needed", "scale")),
    Column("size", "scale", beneath=_DIFFERENCE),
    Column("", "as a comparison", _compared, beneath="sentence"),
    *map(Column, ("note", "deviations")),
    Column("unsaid", "unsaid settings", settings_text, beneath="verdict"),
    Column(
        "sources",
        "records",
        lambda one: source_links(one.sources),
        flat=lambda one: {"files": tuple(dict.fromkeys(each.file for each in one.sources))},
        beneath="verdict",
    ),
    *map(Column, ("arm_words", "judged", "p", "needs")),
)
"""The columns of a claim of a report, or of a question of ours."""


DEVIATION = (
    Column("number", "no."),
    Column("ours", "ours", lambda one: in_words(one.ours)),
    Column("theirs", "the report's"),
    Column("why", "why"),
    Column("source", "source", beneath="why"),
    *map(Column, ("unsaid", "of_machine")),
)
"""The columns of a setting in which ours is not, or may not be, the report's own."""


def arm_columns(metric: str, first: Evidence) -> tuple[Column, ...]:
    """Return the columns of arms, whose rows are pairs of a name and the runs that count.

    Parameters
    ----------
    metric : str
        The metric that is shown.
    first : Evidence
        The runs of the arm from which differences are taken.

    Returns
    -------
    tuple of Column
        Mean and interval of the metric, and what else a page says of an arm.
    """

    def of_runs(write: Callable[[Evidence], Cell]) -> Callable[[tuple[str, Evidence]], Cell]:
        return lambda arm: write(arm[1]) if arm[1].runs else NOTHING

    return (
        Column("", "arm", lambda arm: arm[0]),
        Column("", "seeds", lambda arm: len(arm[1].runs), beneath="arm"),
        Column("", "scale", of_runs(lambda evidence: evidence.scale), beneath="arm"),
        Column("", metric_in_words(metric), lambda arm: mean_text(arm[1], metric)),
        Column("", "from the first arm", of_runs(lambda e: difference_text(e, first, metric))),
        Column("", "records", of_runs(lambda evidence: source_links([evidence.source]))),
    )


def table_of(
    columns: Sequence[Column],
    rows: Sequence[Any],
    nothing: str = "nothing",
    *,
    reports: Sequence[str] | None = None,
) -> Table:
    """Return rows as a table for a page, in front the reports that they are of if these differ."""
    shown = [column for column in columns if column.head]
    heads = [column.head for column in shown]
    cells = [tuple(column.cell(one) for column in shown) for one in rows]
    beneath = {column.head: column.beneath for column in shown if column.beneath}
    if reports is None:
        return Table(heads, cells, nothing, beneath)
    named = [(report, *row) for report, row in zip(reports, cells, strict=True)]
    return Table(["report", *heads], named, nothing, {"report": heads[0], **beneath})


def text_of(columns: Sequence[Column], rows: Sequence[Any]) -> list[str]:
    """Return rows as aligned lines for a terminal, the heads first; nothing if there is no row."""
    shown = [column for column in columns if column.line_head]
    heads = [column.line_head for column in shown]
    cells = [heads, *([column.text(one) for column in shown] for one in rows)]
    widths = [max(map(len, texts)) for texts in zip(*cells, strict=True)]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    return lines if rows else []
