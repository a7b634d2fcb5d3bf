"""Verdicts as text for a terminal."""

from __future__ import annotations

import math
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from nnest.experiments import parse_metric
from nnest.reporting._columns import NUMBER, settings_text, text_of
from nnest.reporting._means import decimals_of
from nnest.reporting._names import in_words
from nnest.verdicts import (
    ClaimVerdict,
    Comparison,
    NumberVerdict,
    Summary,
    Verdict,
    Verdicts,
    join_notes,
    run_name,
)

__all__ = ["as_text", "chance_sentences", "p_text", "wrapped"]

_WIDTH = 100
_LEAST_P = 0.001
_SIGNS = {Verdict.AGREES: "=", Verdict.UNDECIDED: "?", Verdict.HIGHER: "+", Verdict.LOWER: "-"}


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
    cells = [one for one in verdicts.numbers if _is_cell(one)]
    matrices: dict[tuple[str, str | None], list[NumberVerdict]] = {}
    for one in cells:
        matrices.setdefault((one.experiment, one.arm), []).append(one)
    sections = [
        [f"{report.key}: {report.title} ({report.author}, {report.year})"],
        text_of(NUMBER, [one for one in verdicts.numbers if not _is_cell(one)]),
        *map(_matrix, matrices.values()),
        _claims("What the report says", [one for one in verdicts.claims if not one.ours]),
        _claims("What we asked", [one for one in verdicts.claims if one.ours]),
        _deviations(verdicts),
        _records_to_check(verdicts),
        _summary(verdicts.summary),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def _is_cell(one: NumberVerdict) -> bool:
    """Tell whether a number is a cell of a confusion matrix."""
    return parse_metric(one.metric).name == "test_confusion"


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
        theirs = (" " * 9 if one is None else f"{one.reported:8.0f} " for one in found)
        lines += [f"{row:>4} " + "".join(theirs).rstrip()]
        lines += [(" " * 5 + "".join(map(_our_cell, found))).rstrip()]
    counts = ", ".join(f"{n} {name}" for name, n in Counter(one.verdict for one in cells).items())
    return [*lines, f"{len(cells)} cells: {counts}."]


def _our_cell(one: NumberVerdict | None) -> str:
    """Return our count and the sign of its verdict."""
    if one is None or not math.isfinite(one.mean):
        return " " * 7 + "- "
    return f"{one.mean:8.1f}{_SIGNS.get(one.verdict, ' ')}"


def _claims(title: str, rows: Sequence[ClaimVerdict]) -> list[str]:
    """Return claims with what the runs show of them."""
    lines = [title] if rows else []
    for one in rows:
        lines += [wrapped(f'{one.verdict.upper()}  {one.experiment}/{one.key}: "{one.text}"', 2)]
        lines += [wrapped(text, 6) for text in _details(one)]
    return lines


def _details(one: ClaimVerdict) -> Iterator[str]:
    """Yield what stands below a claim."""
    p_value = f", {p_text(one.p)} after Holm" if math.isfinite(one.p) else ""
    runs = f"n={one.n}, {one.size}" if one.size else ""
    note = in_words(one.note, one.arm_words)
    yield join_notes(one.where, runs + p_value, note, settings_text(one))
    for part in one.parts:
        yield "; ".join(_comparison(part, one))


def p_text(p: float) -> str:
    """Return a p-value in words: no test of a few seeds knows tails that far out."""
    return f"p < {_LEAST_P:g}" if p < _LEAST_P else f"p = {p:.2g}"


def _comparison(part: Comparison, one: ClaimVerdict) -> Iterator[str]:
    """Yield what there is to say of a comparison: numbers, verdict, what it could show."""
    label = in_words(part.label, one.arm_words)
    if not math.isfinite(part.difference):
        yield f"{label}: no number"
        return
    digits = f"z.{decimals_of(part.low, part.high)}f"
    text = (
        f"{label}: {part.a:{digits}} and {part.b:{digits}}, difference {part.difference:+{digits}}"
    )
    limits = f" ({part.low:+{digits}} to {part.high:+{digits}})"
    yield text + (limits if math.isfinite(part.low) else "")
    if part.last is not None:
        mean, low, high = part.last
        digits = f"z.{decimals_of(low, high)}f"
        yield (
            f"mean of the last five epochs {mean:+{digits}} ({low:+{digits}} to {high:+{digits}})"
        )
    if part.note:
        yield in_words(part.note, one.arm_words)
    if one.judged and len(one.parts) > 1:
        yield part.verdict
    if one.judged and part.verdict == Verdict.UNDECIDED:
        yield part.least


def _deviations(verdicts: Verdicts) -> list[str]:
    """Return the deviations of the report."""
    found = [
        wrapped(f"{one.number}. Ours: {in_words(one.ours)}. The report's: {one.theirs}.", 2)
        for one in verdicts.report.deviations
    ]
    return ["Where ours is not, or may not be, the report's own", *found] if found else []


def _records_to_check(verdicts: Verdicts) -> list[str]:
    """Return the records that a reader should know of."""
    lines = [f"{one.name}: not used, {one.why}" for one in verdicts.unused]
    for key in verdicts.conflicts:
        name = run_name(*key[1:5])
        lines.append(f"{name}: recorded twice with different numbers; the first counts")
    lines += [f"{name}: diverged" for name in verdicts.diverged]
    return ["Records", *(wrapped(line, 2) for line in lines)] if lines else []


def _summary(summary: Summary) -> list[str]:
    """Return what the verdicts come to."""
    lines = [
        _tally("Numbers", summary.numbers_judged, summary.numbers),
        *chance_sentences(summary),
        _tally("Claims", summary.claims_judged, summary.claims),
        _tally("Our questions", summary.questions_judged, summary.questions),
        "All verdicts are about further trainings on the same training and test images.",
    ]
    return ["Summary", *(wrapped(line, 2) for line in lines)]


def chance_sentences(summary: Summary, of: str = "") -> list[str]:
    """Say how many numbers lie outside, and how many would by chance; nothing if none is judged."""
    trained, number = summary.numbers_judged - summary.exact, summary.without_information
    if not trained:
        return []
    networks = "1 network" if summary.networks == 1 else f"{summary.networks} networks"
    outside = (
        f"{trained} of the judged numbers are of {of}{networks}: {summary.outside} lie outside our"
        f" interval, where chance alone would put {summary.expected_outside:.1f}."
    )
    are, them = ("is", "it") if number == 1 else ("are", "them")
    nothing = (
        f"{number} {are} printed with so few digits that chance cannot put {them} there: no"
        " information."
    )
    return [outside, nothing] if number else [outside]


def _tally(name: str, judged: int, counts: Mapping[str, int]) -> str:
    """Return how many of a kind have which verdict."""
    each = ", ".join(f"{n} {verdict}" for verdict, n in counts.items()) or "none declared"
    return f"{name}: {judged} of {sum(counts.values())} judged ({each})."


def wrapped(text: str, indent: int = 0, hang: int = 2) -> str:
    """Return text in lines that fit, all but the first further in by `hang`."""
    first, rest = " " * indent, " " * (indent + hang)
    return textwrap.fill(text, _WIDTH, initial_indent=first, subsequent_indent=rest)
