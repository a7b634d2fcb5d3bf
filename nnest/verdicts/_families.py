"""Verdicts on the claims of one family, which share a level of 5 %."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from nnest.stats import holm
from nnest.verdicts._comparisons import Comparison, PValues
from nnest.verdicts._verdict import Verdict, join_notes

__all__ = ["LEVEL", "Decision", "decide"]

LEVEL = 0.05

_FAILS = (Verdict.SMALLER, Verdict.CONTRADICTED)
_NAMED = 2


class Decision(NamedTuple):
    """The verdict on a claim.

    Parameters
    ----------
    verdict : Verdict
        The verdict on the whole.
    p_holds : float
        The adjusted p-value that all parts hold.
    p_contradicted : float
        The adjusted p-value that the opposite of each part holds.
    p_fails : float
        The adjusted p-value that a part fails.
    parts : tuple of Comparison
        The parts, each with its verdict.
    note : str
        Which parts hold and which fail, or whether a direction is shown.
    """

    verdict: Verdict
    p_holds: float
    p_contradicted: float
    p_fails: float
    parts: tuple[Comparison, ...]
    note: str


def decide(family: Sequence[tuple[Comparison, ...]]) -> list[Decision]:
    """Decide the claims of a family, each of one part or more.

    That all parts of a claim hold is tested with the largest of their p-values, by Holm's method
    over the claims. That a part fails, and that its opposite holds, is tested by Holm's method
    over all parts, of which those of one claim share its weight.
    """
    whole = holm([max(part.p_holds for part in parts) for parts in family])
    each = [_adjust(family, name) for name in PValues._fields]
    adjusted = map(PValues._make, zip(*each, strict=True))
    decided = []
    for parts, p_holds in zip(family, whole, strict=True):
        mine = [next(adjusted) for _ in parts]
        decided.append(_decide(parts, float(p_holds), mine))
    return decided


def _adjust(family: Sequence[tuple[Comparison, ...]], name: str) -> list[float]:
    """Adjust the p-values of one kind of all parts."""
    weights = [1 / len(parts) for parts in family for _ in parts]
    p_values = [getattr(part, f"p_{name}") for parts in family for part in parts]
    return [float(p) for p in holm(p_values, weights=weights)]


def _decide(parts: tuple[Comparison, ...], p_holds: float, adjusted: Sequence[PValues]) -> Decision:
    """Decide one claim."""
    words, verdict = [Verdict.HOLDS] * len(parts), Verdict.HOLDS
    if p_holds > LEVEL:
        words = [_word(part, p) for part, p in zip(parts, adjusted, strict=True)]
        verdict = _together(words)
    named = tuple(replace(part, verdict=word) for part, word in zip(parts, words, strict=True))
    contradicted, fails = max(p.contradicted for p in adjusted), min(p.fails for p in adjusted)
    note = _note(verdict, named, adjusted)
    return Decision(verdict, p_holds, contradicted, fails, named, note)


def _word(part: Comparison, p: PValues) -> Verdict:
    """Return the verdict on one part."""
    if part.verdict == Verdict.NOT_JUDGED:
        return part.verdict
    if p.contradicted <= LEVEL:
        return Verdict.CONTRADICTED
    if p.fails <= LEVEL:
        return Verdict.SMALLER
    return Verdict.HOLDS if p.holds <= LEVEL else Verdict.UNDECIDED


def _together(words: Sequence[Verdict]) -> Verdict:
    """Return the verdict on parts of which not all hold."""
    if Verdict.NOT_JUDGED in words:
        return Verdict.NOT_JUDGED
    if len(set(words)) == 1 and words[0] in _FAILS:
        return words[0]
    return Verdict.IN_PART if any(word in _FAILS for word in words) else Verdict.UNDECIDED


def _note(verdict: Verdict, parts: Sequence[Comparison], adjusted: Sequence[PValues]) -> str:
    """Say which parts fail and how many hold, or what is known of a single part."""
    if verdict == Verdict.NOT_JUDGED:
        return next(f"{p.label}: {p.note}" for p in parts if p.verdict == verdict)
    if len(parts) > 1 and verdict in (Verdict.IN_PART, Verdict.UNDECIDED):
        held = sum(part.verdict == Verdict.HOLDS for part in parts)
        failed = [_named(parts, word) for word in _FAILS]
        return join_notes(*failed, f"{held} of {len(parts)} parts hold")
    shown = all(p.direction <= LEVEL for p in adjusted)
    if verdict == Verdict.SMALLER:
        return f"that it is greater is {'shown' if shown else 'not decided'}"
    if verdict == Verdict.UNDECIDED and shown:
        return "that it is greater is shown, by how much is not decided"
    return ""


def _named(parts: Sequence[Comparison], word: Verdict) -> str:
    """Name the parts that fail in one way."""
    found = [part.label for part in parts if part.verdict == word]
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f"{word}: {'; '.join(found[:_NAMED])}{more}" if found else ""
