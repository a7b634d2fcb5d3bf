"""Sentences of errors, in one form."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["shortened", "suggest"]

#: Most characters of a sentence.
_LONGEST = 290
#: Most characters of a name that is compared: longer ones are no slips of the pen, and cost time.
_LONGEST_NAME = 100


def shortened(sentence: str, longest: int = _LONGEST) -> str:
    """Return a sentence without its middle where it is too long: it ends with what to do."""
    if len(sentence) <= longest:
        return sentence
    end = longest * 2 // 5
    return f"{sentence[: longest - end - 3]}...{sentence[-end:]}"


def suggest(name: object, known: Iterable[str], otherwise: str | None = None) -> str:
    """Return the question for the known name that was probably meant.

    Parameters
    ----------
    name : object
        What came instead of one of the names.
    known : iterable of str
        The names; case, hyphens and underscores do not count in the comparison.
    otherwise : str or None, default=None
        What to say where no name is near; None lists the names.

    Returns
    -------
    str
        The end of a sentence.

    Examples
    --------
    >>> from nnest._validation import suggest
    >>> suggest("MNITS", ["digits", "mnist"])
    "did you mean 'mnist'?"
    >>> suggest("x", ["digits", "mnist"])
    'there are digits, mnist.'
    """
    names = list(known)
    plain = {_folded(each): each for each in reversed(names)}
    near = get_close_matches(_folded(str(name)[:_LONGEST_NAME]), plain, 1)
    if near:
        return f"did you mean {plain[near[0]]!r}?"
    return f"there are {', '.join(names)}." if otherwise is None else otherwise


def _folded(name: str) -> str:
    """Return a name as it is compared."""
    return name.lower().replace("-", "_")
