"""Check whether an answer is right, nearly right, or wrong."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nnest._validation import suggest
from nnest.exercises import _foundations, _layers, _regularization, _tuning
from nnest.exercises._exercise import EXERCISES, Exercise

__all__ = ["Checked", "check"]

#: A share of the answer, because a reader may round to three digits.
_TOLERANCE = 0.005
_WORDS = MappingProxyType({"right": "Right.", "nearly right": "Nearly right.", "wrong": "Not yet."})

for _room in (_foundations, _layers, _regularization, _tuning):
    _room.declare_all()


@dataclass(frozen=True, repr=False)
class Checked:
    """What `check` found; a notebook shows it as a sentence, and only a right answer is true.

    Parameters
    ----------
    verdict : {"right", "nearly right", "wrong"}
        Whether the answer is right, a common mistake, or something else.
    why : str
        What went wrong, or a hint. It is empty if the answer is right.

    Examples
    --------
    >>> from nnest.exercises import Checked
    >>> Checked("wrong", "Count the biases.")
    Not yet. Count the biases.
    """

    verdict: Literal["right", "nearly right", "wrong"]
    why: str

    def __bool__(self) -> bool:
        return self.verdict == "right"

    def __repr__(self) -> str:
        return f"{_WORDS[self.verdict]} {self.why}".strip()


def check(name: str, answer: Any) -> Checked:
    """Check an answer to an exercise of the book.

    Parameters
    ----------
    name : str
        The name of the exercise, such as ``"losses/entropy"``.
    answer : number, sequence of numbers or callable
        Your answer. A function is called with a few arguments.

    Returns
    -------
    Checked
        It prints as one or two sentences.

    Raises
    ------
    ValueError
        If there is no exercise of this name.

    Examples
    --------
    >>> from math import log
    >>> from nnest.exercises import check
    >>> check("losses/entropy", log(10))
    Right.
    >>> check("losses/entropy", 1.0)
    Nearly right. You took the logarithm to base ten; the entropy here takes the natural one.
    """
    exercise = _find(name)
    try:
        given = _numbers(exercise, answer)
    # A reader's function may raise anything, and a stack trace from in here would explain nothing.
    except Exception as error:
        return Checked("wrong", f"{_kind(exercise)} Yours gave {type(error).__name__}: {error}")
    if _same(given, _numbers(exercise, exercise.answer)):
        return Checked("right", "")
    for what, wrong in exercise.mistakes.items():
        if _same(given, _numbers(exercise, wrong)):
            return Checked("nearly right", what)
    return Checked("wrong", exercise.hint)


def _find(name: str) -> Exercise:
    """Return the exercise of a name."""
    exercise = EXERCISES.get(str(name))
    if exercise is not None:
        return exercise
    hint = suggest(name, EXERCISES, "the page gives the names of its exercises.")
    raise ValueError(f"Got {name!r}, but there is no exercise of this name; {hint}")


def _numbers(exercise: Exercise, answer: Any) -> list[NDArray[Any]]:
    """Return an answer as arrays: one, or one for each call of a function."""
    if not exercise.inputs:
        return [_array(answer)]
    # A function may change its arguments; the next one needs them as they were.
    return [_array(answer(*deepcopy(arguments))) for arguments in exercise.inputs]


def _array(value: Any) -> NDArray[Any]:
    """Return numbers as an array; a set is sorted."""
    array = np.asarray(sorted(value) if isinstance(value, set | frozenset) else value)
    return array if array.dtype.kind in "iu" else array.astype(float)


def _same(given: list[NDArray[Any]], wanted: list[NDArray[Any]]) -> bool:
    """Tell whether all numbers are the wanted ones."""
    return all(_equal(one, other) for one, other in zip(given, wanted, strict=True))


def _equal(given: NDArray[Any], wanted: NDArray[Any]) -> bool:
    if given.shape != wanted.shape:
        return False
    if wanted.dtype.kind in "iu":
        return bool(np.array_equal(given, wanted))
    return bool(np.allclose(given, wanted, rtol=_TOLERANCE, atol=1e-9))


def _kind(exercise: Exercise) -> str:
    """Return a sentence on the form of the answer."""
    if exercise.inputs:
        return "The answer is a function."
    shape = np.shape(exercise.answer)
    if not shape:
        return "The answer is one number."
    rows = "".join(f"{n} rows of " for n in shape[:-1])
    return f"The answer is a list of {rows}{shape[-1]} numbers."
