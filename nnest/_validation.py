"""Checks of values, and sentences of errors in one form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from math import inf
from numbers import Integral, Real
from typing import Any

__all__ = ["BOUNDS", "Bounds", "shortened", "suggest"]

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


@dataclass(frozen=True)
class Bounds:
    """Which numbers a parameter takes: from the least one, up to what they are below."""

    least: float = 0.0
    below: float = inf
    whole: bool = False
    above: bool = False  # the least one is not accepted itself

    def holds(self, value: Any) -> bool:
        """Tell whether a value is such a number."""
        kind: Any = Integral if self.whole else Real
        if isinstance(value, bool) or not isinstance(value, kind):
            return False
        return bool(self.least <= value < self.below and not (self.above and value == self.least))

    def __str__(self) -> str:
        """Return what is accepted, as in "Give numbers of at least 0"."""
        kind = "whole numbers" if self.whole else "numbers"
        below = "" if self.below == inf else f" and below {self.below:g}"
        return f"{kind} {'above' if self.above else 'of at least'} {self.least:g}{below}"

    @property
    def one(self) -> str:
        """What is accepted, as in "Give a number of at least 0"."""
        return f"a {self}".replace("numbers", "number")


#: What the estimators' parameters take; for a sequence, each of its entries.
BOUNDS = {
    **dict.fromkeys(
        (
            "dropout",
            "conv_dropout",
            "label_smoothing",
            "momentum",
            "warmup_fraction",
            "final_fraction",
        ),
        Bounds(0, 1),
    ),
    **dict.fromkeys(("l1", "l2", "tol", "weight_decay"), Bounds(0)),
    **dict.fromkeys(("learning_rate", "clip_norm"), Bounds(0, above=True)),
    "validation_fraction": Bounds(0, 1, above=True),
    **dict.fromkeys(
        ("hidden_units", "filters", "kernel_size", "strides", "pool_size", "image_shape"),
        Bounds(1, whole=True),
    ),
    **dict.fromkeys(("batch_size", "epochs", "n_iter_no_change"), Bounds(1, whole=True)),
}
