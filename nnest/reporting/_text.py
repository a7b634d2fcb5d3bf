"""Verdicts as text for a terminal."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from nnest.experiments import parse_metric
from nnest.verdicts import (
    ClaimVerdict,
    Comparison,
    NumberVerdict,
    Summary,
    Verdict,
    Verdicts,
    p_text,
    rests_on,
)

__all__ = ["as_text"]

_WIDTH = 100
_SIGNS = {"agrees": "=", "undecided": "?", "ours higher": "+", "ours lower": "-"}
_UNJUDGED = " "


def as_text(verdicts: Verdicts) -> str:
    """Return all verdicts on a report as text for a terminal.

    Parameters
    ----------
    verdicts : Verdicts
        The verdicts.

    Returns
    -------
    str
        Numbers, confusion matrices, claims, questions, what needs a look, and a summary.

    Examples
    --------
    >>> from nnest.reporting import as_text
    >>> from nnest.reports import get_report
    >>> from nnest.verdicts import judge
    >>> from nnest.results import ResultStore
    >>> text = as_text(judge(get_report("boyer-2019"), ResultStore("no/such/folder")))
    >>> print(text.splitlines()[0])
    boyer-2019: Sample Neural Network Using Batch Normalization (James Boyer, 2019)
    """
    report = verdicts.report
    own = [one for one in verdicts.claims if one.family != "ours"]
    ours = [one for one in verdicts.claims if one.family == "ours"]
    sections = [
        [f"{report.key}: {report.title} ({report.author}, {report.year})"],
        _numbers([one for one in verdicts.numbers if not _is_cell(one)]),
        *_matrices([one for one in verdicts.numbers if _is_cell(one)]),
        _claims("What the report says", own),
        _claims("What we asked", ours),
        _deviations(verdicts),
        _needs_a_look(verdicts),
        _summary(verdicts.summary),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def _numbers(rows: Sequence[NumberVerdict]) -> list[str]:
    """Return the numbers as aligned lines."""
    if not rows:
        return []
    head = ("number", "reported", "ours (95 % interval, n, scale)", "verdict")
    cells = [head, *(_number_cells(one) for one in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(3)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]])
        for row in cells
    ]


def _number_cells(one: NumberVerdict) -> tuple[str, str, str, str]:
    """Return the cells of a number's line."""
    digits = one.decimals + (0 if one.kind == "exact" else 1)
    note = "; ".join(filter(None, [one.note, rests_on(one)]))
    verdict = f"{one.verdict} ({note})" if note else one.verdict
    if one.scale and one.scale != "exact" and math.isfinite(one.difference):
        verdict += f", {one.difference:+z.{digits}f}"
    return one.label, one.stated, _ours(one, digits), verdict


def _ours(one: NumberVerdict, digits: int) -> str:
    """Return our number with its interval."""
    if not math.isfinite(one.mean):
        return f"no number, n={one.n}, {one.size}" if one.n else "-"
    mean = f"{one.mean:.{digits}f}"
    if one.scale == "exact":
        return f"{mean} (computed)"
    limits = ""
    if math.isfinite(one.low):
        limits = f"{one.low:.{digits}f} to {one.high:.{digits}f}, "
    return f"{mean} ({limits}n={one.n}, {one.size})"


def _is_cell(one: NumberVerdict) -> bool:
    """Tell whether a number is a cell of a confusion matrix."""
    return parse_metric(one.metric).name == "test_confusion"


def _matrices(cells: Sequence[NumberVerdict]) -> Iterator[list[str]]:
    """Yield the lines of each confusion matrix."""
    places = dict.fromkeys((one.experiment, one.arm) for one in cells)
    for place in places:
        yield _matrix([one for one in cells if (one.experiment, one.arm) == place])


def _matrix(cells: Sequence[NumberVerdict]) -> list[str]:
    """Return a confusion matrix: two lines for each true class, theirs and ours."""
    by_place = {parse_metric(one.metric).index: one for one in cells}
    rows = sorted({row for row, _ in by_place})
    columns = sorted({column for _, column in by_place})
    first = cells[0]
    recorded = f"mean of n={first.n}, {first.size}" if first.n else "not recorded"
    lines = [
        f"Confusion matrix of {first.arm}: true classes down, predicted ones across; above the"
        " report's,",
        f"below ours ({recorded}); = agrees, + ours higher, - ours lower, ? undecided, no sign:"
        " not judged",
        " " * 5 + "".join(f"{column:>8} " for column in columns).rstrip(),
    ]
    for row in rows:
        found = [by_place.get((row, column)) for column in columns]
        lines.append(f"{row:>4} " + "".join(_their_cell(one) for one in found).rstrip())
        lines.append((" " * 5 + "".join(_our_cell(one) for one in found)).rstrip())
    counts = ", ".join(f"{n} {verdict}" for verdict, n in _count(cells).items())
    return [*lines, f"{len(cells)} cells: {counts}."]


def _their_cell(one: NumberVerdict | None) -> str:
    """Return the report's count."""
    return " " * 9 if one is None else f"{one.reported:8.0f} "


def _our_cell(one: NumberVerdict | None) -> str:
    """Return our count and the sign of its verdict."""
    if one is None or not math.isfinite(one.mean):
        return " " * 7 + "- "
    return f"{one.mean:8.1f}{_SIGNS.get(one.verdict, _UNJUDGED)}"


def _count(rows: Sequence[NumberVerdict]) -> dict[str, int]:
    """Count the verdicts of some rows."""
    found = [one.verdict for one in rows]
    return {verdict: found.count(verdict) for verdict in dict.fromkeys(found)}


def _claims(title: str, rows: Sequence[ClaimVerdict]) -> list[str]:
    """Return claims with what the runs show of them."""
    lines = [title] if rows else []
    for one in rows:
        lines += [_wrapped(f'{one.verdict.upper()}  {one.experiment}/{one.key}: "{one.text}"', 2)]
        lines += [_wrapped(text, 6) for text in _details(one)]
    return lines


def _details(one: ClaimVerdict) -> Iterator[str]:
    """Yield what stands below a claim."""
    p_value = f", {p_text(one.p)} after Holm" if math.isfinite(one.p) else ""
    runs = f"n={one.n}, {one.size}" if one.size else ""
    yield "; ".join(filter(None, [one.where, runs + p_value, one.note, rests_on(one)]))
    for part in one.parts:
        yield "; ".join(_comparison(part, one))


def _comparison(part: Comparison, one: ClaimVerdict) -> Iterator[str]:
    """Yield what there is to say of a comparison: numbers, verdict, what it could show."""
    if not math.isfinite(part.difference):
        yield f"{part.label}: no number"
        return
    text = f"{part.label}: {part.a:.4g} and {part.b:.4g}, difference {part.difference:+.2g}"
    yield text + (f" ({part.low:+.2g} to {part.high:+.2g})" if math.isfinite(part.low) else "")
    if part.last is not None:
        mean, low, high = part.last
        yield f"mean of the last five epochs {mean:+.2g} ({low:+.2g} to {high:+.2g})"
    if part.note:
        yield part.note
    if one.judged and len(one.parts) > 1:
        yield part.verdict
    if one.judged and part.verdict == Verdict.UNDECIDED:
        yield part.least


def _deviations(verdicts: Verdicts) -> list[str]:
    """Return the deviations of the report."""
    found = [
        _wrapped(f"{one.number}. Ours: {one.ours}. The report's: {one.theirs}.", 2)
        for one in verdicts.report.deviations
    ]
    return ["Where ours is not, or may not be, the report's own", *found] if found else []


def _needs_a_look(verdicts: Verdicts) -> list[str]:
    """Return the records that a reader should know of."""
    lines = [f"{one.name}: not used, {one.why}" for one in verdicts.unused]
    for _, experiment, arm, seed, scale, _ in verdicts.conflicts:
        name = f"{experiment}/{arm} seed {seed} ({scale})"
        lines.append(f"{name}: recorded twice with different numbers; the first counts")
    lines += [f"{name}: diverged" for name in verdicts.diverged]
    return ["Records", *(_wrapped(line, 2) for line in lines)] if lines else []


def _summary(summary: Summary) -> list[str]:
    """Return what the verdicts come to."""
    lines = [
        _tally("Numbers", summary.numbers_judged, summary.numbers),
        *_chance(summary),
        _tally("Claims", summary.claims_judged, summary.claims),
        _tally("Our questions", summary.questions_judged, summary.questions),
        "All verdicts are about further trainings on the same training and test images.",
    ]
    return ["Summary", *(_wrapped(line, 2) for line in lines if line)]


def _chance(summary: Summary) -> Iterator[str]:
    """Say how many numbers lie outside, and how many would by chance."""
    trained = summary.numbers_judged - summary.exact
    if trained:
        yield (
            f"{trained} of the judged numbers are of {networks_in_words(summary.networks)}:"
            f" {summary.outside} lie outside our interval, where chance alone would put"
            f" {summary.expected_outside:.1f}."
        )
        yield without_information(summary.without_information)


def without_information(number: int) -> str:
    """Say how many numbers chance cannot put outside, if any."""
    if not number:
        return ""
    are, them = ("is", "it") if number == 1 else ("are", "them")
    return (
        f"{number} {are} printed with so few digits that chance cannot put {them} there: no"
        " information."
    )


def networks_in_words(number: int) -> str:
    """Return a number of networks in words."""
    return "1 network" if number == 1 else f"{number} networks"


def _tally(name: str, judged: int, counts: Mapping[str, int]) -> str:
    """Return how many of a kind have which verdict."""
    total = sum(counts.values())
    each = ", ".join(f"{n} {verdict}" for verdict, n in counts.items()) or "none declared"
    return f"{name}: {judged} of {total} judged ({each})."


def _wrapped(text: str, indent: int) -> str:
    """Return text in lines that fit, the first one a little to the left of the rest."""
    first, rest = " " * indent, " " * (indent + 2)
    return textwrap.fill(text, _WIDTH, initial_indent=first, subsequent_indent=rest)
