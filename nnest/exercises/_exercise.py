"""An exercise: its answer, a hint, and the common mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["EXERCISES", "Exercise", "declare"]

EXERCISES: dict[str, Exercise] = {}
"""All exercises by their names, such as ``"losses/entropy"``."""


@dataclass(frozen=True)
class Exercise:
    """An exercise of the book.

    Parameters
    ----------
    answer : number, sequence of numbers or callable
        The right answer. A whole number must be exact, others may differ by half a percent.
    hint : str
        One sentence that helps and does not give the answer away.
    mistakes : mapping of str to answer, optional
        Common wrong answers. The key is a sentence that says what went wrong.
    inputs : sequence of tuple, optional
        If the answer is a function: the arguments with which it is called.

    Examples
    --------
    >>> from nnest.exercises import Exercise
    >>> Exercise(answer=4, hint="Count.", mistakes={"You started at zero.": 3}).answer
    4
    """

    answer: Any
    hint: str
    mistakes: Mapping[str, Any] = field(default_factory=dict)
    inputs: Sequence[tuple[Any, ...]] = ()


def declare(
    name: str,
    answer: Any,
    hint: str,
    mistakes: Mapping[str, Any],
    inputs: Sequence[tuple[Any, ...]] = (),
) -> None:
    """Add an exercise to the book's."""
    EXERCISES[name] = Exercise(answer, hint, mistakes, inputs)
