"""The words of verdicts: one list for numbers and for sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import groupby
from typing import Protocol

__all__ = ["JUDGED_CLAIMS", "JUDGED_NUMBERS", "Verdict", "p_text", "rests_on"]


class Verdict(StrEnum):
    """What recorded runs say of a number or a sentence, or why they say nothing.

    Of a sentence with several parts, `IN_PART` says that a part fails and another does not.
    `SMALLER` says that a declared least difference is not reached, and that no difference the other
    way is shown. `CONTRADICTED` says that the opposite is shown.

    Examples
    --------
    >>> from nnest.verdicts import Verdict
    >>> Verdict("in part") is Verdict.IN_PART
    True
    >>> Verdict.HOLDS == "holds"
    True
    """

    HOLDS = "holds"
    IN_PART = "in part"
    SMALLER = "not by that much"
    CONTRADICTED = "contradicted"

    AGREES = "agrees"
    HIGHER = "ours higher"
    LOWER = "ours lower"
    EQUAL = "equal"
    DIFFERS = "differs"

    UNDECIDED = "undecided"

    NOT_JUDGED = "not judged"
    OTHER_DATA = "own size, other data"
    NOT_AT_SIZE = "not at the report's size"
    NOT_COMPARABLE = "not comparable"
    NO_RECORDS = "no records"


JUDGED_NUMBERS = (
    Verdict.AGREES,
    Verdict.HIGHER,
    Verdict.LOWER,
    Verdict.UNDECIDED,
    Verdict.EQUAL,
    Verdict.DIFFERS,
)
"""Verdicts on numbers; all others say why there is none."""

JUDGED_CLAIMS = (
    Verdict.HOLDS,
    Verdict.IN_PART,
    Verdict.SMALLER,
    Verdict.CONTRADICTED,
    Verdict.UNDECIDED,
)
"""Verdicts on claims; all others say why there is none."""

_LEAST_P = 0.001


class _Judged(Protocol):
    """A verdict, and the settings that it rests on."""

    @property
    def judged(self) -> bool: ...

    @property
    def unsaid(self) -> tuple[int, ...]: ...


def p_text(p: float) -> str:
    """Return a p-value in words: tails that far out are known to no test of a few seeds."""
    return f"p < {_LEAST_P:g}" if p < _LEAST_P else f"p = {p:.2g}"


def rests_on(one: _Judged) -> str:
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
