"""Choices as a study's storage keeps them.

It keeps numbers, strings, booleans and None, and nothing else comes back from it as it was. Tuples
and other choices are therefore texts in the study, and the choices that were meant in everything
that a search hands out.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from nnest.exceptions import StudyError

__all__ = ["stable", "text_among", "text_of", "texts_of"]


def text_of(value: Any) -> Any:
    """Return a choice as a study's storage can keep it: ``(64, 32)`` is ``"64-32"``."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Sequence):
        texts = [str(each) for each in value]
        simple = all(isinstance(each, int | float | str) for each in value)
        if simple and texts and not any("-" in text or not text for text in texts):
            return "-".join(texts)
    return stable(repr(value))


def stable(text: str) -> str:
    """Refuse texts that name a place in memory, which is another in the next process."""
    if " at 0x" in text:
        raise StudyError(
            f"The choice {text} has no text that another process could know it by: give plain "
            "values, tuples of them, or objects whose repr says what they are."
        )
    return " ".join(text.split())


def texts_of(choices: Sequence[Any]) -> list[Any]:
    """Return all choices as a storage can keep them, no two alike."""
    short = [text_of(choice) for choice in choices]
    if _all_differ(short):
        return short
    long = [
        text if isinstance(choice, str | np.generic) else _plain_or_text(choice)
        for choice, text in zip(choices, short, strict=True)
    ]
    if not _all_differ(long):
        raise StudyError(
            f"The choices {list(choices)!r} hold one value twice, or two that a study cannot "
            "tell apart: give each once."
        )
    return long


def _plain_or_text(choice: Any) -> Any:
    """Return a choice as it is if a storage keeps it, and its `repr` if not."""
    plain = choice is None or isinstance(choice, bool | int | float)
    return choice if plain else stable(repr(choice))


def _all_differ(texts: Sequence[Any]) -> bool:
    """Tell whether Optuna, for which True is 1, can tell all texts apart."""
    return len({("nan",) if text != text else text for text in texts}) == len(texts)


def text_among(value: Any, texts: Sequence[Any]) -> Any:
    """Return the text of a choice that a user has enqueued; the value itself if it has none.

    A tuple comes back from a storage as a list.
    """
    forms = (_nested(tuple, value), _nested(list, value))
    known = [*map(repr, forms)] if isinstance(value, list | tuple) else []
    with suppress(StudyError):  # what has no text is none of the choices
        known += map(text_of, forms)
    return next((text for text in known if text in texts), value)


def _nested(kind: Any, value: Any) -> Any:
    """Return lists and tuples of lists and tuples as those of one kind."""
    return kind(_nested(kind, each) for each in value) if isinstance(value, list | tuple) else value
