"""The words of verdicts: one list for numbers and for claims."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["NOT_RUN", "Verdict", "join_notes"]

NOT_RUN = "not run"
"""What is said of something without any record."""


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
    >>> Verdict.HOLDS.judged, Verdict.HOLDS.outside
    (True, False)
    """

    HOLDS = "holds"
    IN_PART = "in part"
    SMALLER = "not by that much"
    CONTRADICTED = "contradicted"

    AGREES = "agrees"
    HIGHER = "ours higher"
    LOWER = "ours lower"
    UNDECIDED = "undecided"
    EQUAL = "equal"
    DIFFERS = "differs"

    NOT_JUDGED = "not judged"
    OTHER_DATA = "own size, other data"
    NOT_AT_SIZE = "not at the report's size"
    NOT_COMPARABLE = "not comparable"
    NO_RECORDS = "no records"

    @property
    def judged(self) -> bool:
        """Whether it is a verdict; the others say why there is none."""
        return self not in _REASONS

    @property
    def outside(self) -> bool:
        """Whether our runs speak against the report, at least in part."""
        return self in _OUTSIDE

    @property
    def shown(self) -> str:
        """The verdict as the pages of the book say it."""
        return f"{NOT_RUN} yet" if self is Verdict.NO_RECORDS else self.value


_REASONS = (
    Verdict.NOT_JUDGED,
    Verdict.OTHER_DATA,
    Verdict.NOT_AT_SIZE,
    Verdict.NOT_COMPARABLE,
    Verdict.NO_RECORDS,
)
_OUTSIDE = (
    Verdict.IN_PART,
    Verdict.SMALLER,
    Verdict.CONTRADICTED,
    Verdict.HIGHER,
    Verdict.LOWER,
    Verdict.DIFFERS,
)


def join_notes(*notes: str) -> str:
    """Return all notes that say something as one.

    Parameters
    ----------
    *notes : str
        The notes; empty ones are left out.

    Returns
    -------
    str
        The others, with semicolons between them.

    Examples
    --------
    >>> from nnest.verdicts import join_notes
    >>> join_notes("1 of 5 diverged", "", "see deviation 7")
    '1 of 5 diverged; see deviation 7'
    """
    return "; ".join(filter(None, notes))
