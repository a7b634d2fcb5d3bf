"""Tables of records: medians, ratios, and which rows do not count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

#: A row whose score is further from the others' did other work.
TOLERANCE = 0.01


@dataclass(frozen=True)
class Line:
    """What the repeats of one row came to."""

    row: str
    n: int
    value: float
    low: float
    high: float
    ratio: float
    score: float | None
    is_void: bool


def summarize(
    records: Iterable[dict[str, Any]], value: str, *, base: str | None = None
) -> list[Line]:
    """Return a line for each row.

    Parameters
    ----------
    records : iterable of dict
        Records that hold `value`, all of one table.
    value : str
        What is compared.
    base : str, optional
        The row that ratios are to; without one it is the row with the smallest median.

    Returns
    -------
    list of Line
        In the order in which the rows first appear.
    """
    rows: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        if value in record:
            rows.setdefault(record["row"], []).append(record)
    values = {name: [each[value] for each in found] for name, found in rows.items()}
    medians = {name: median(found) for name, found in values.items()}
    scores = {name: _score(found) for name, found in rows.items()}
    unit = medians[base] if base in medians else min(medians.values(), default=1.0)
    return [
        Line(
            name,
            len(found),
            medians[name],
            min(found),
            max(found),
            medians[name] / unit,
            scores[name],
            is_void(name, scores),
        )
        for name, found in values.items()
    ]


def _score(records: Sequence[dict[str, Any]]) -> float | None:
    """Return the median score of a row, or None."""
    scores = [each["score"] for each in records if each.get("score") is not None]
    return median(scores) if scores else None


def is_void(name: str, scores: dict[str, float | None]) -> bool:
    """Tell whether a row's score is more than a point off the others', by their median."""
    mine = scores[name]
    others = [score for row, score in scores.items() if row != name and score is not None]
    return mine is not None and bool(others) and abs(mine - median(others)) > TOLERANCE


def show(title: str, lines: Sequence[Line], unit: str) -> str:
    """Return lines as text under a title."""
    width = max([len(line.row) for line in lines], default=0)
    head = f"{'':{width}}  {unit:>10} {'lowest':>9} {'highest':>9} {'ratio':>7} {'score':>7}  n"
    text = [title, head]
    for line in lines:
        score = "" if line.score is None else f"{line.score:.4f}"
        text.append(
            f"{line.row:{width}}  {line.value:10.4g} {line.low:9.4g} {line.high:9.4g} "
            f"{line.ratio:7.2f} {score:>7}  {line.n}{'  void' if line.is_void else ''}"
        )
    return "\n".join(text)
