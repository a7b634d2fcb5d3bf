"""Choices as a study's storage keeps them.

A storage keeps numbers, strings, booleans and None; nothing else comes back as it was. In the
study, tuples and other choices are therefore texts. A search returns the choices themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from nnest.exceptions import StudyError


def _plain(value: Any) -> Any:
    """Return the Python value of a scalar of NumPy, anything else as it is."""
    is_scalar = getattr(value, "shape", None) == () and hasattr(value, "item")
    return value.item() if is_scalar else value


def text_of(value: Any) -> Any:
    """Return a choice as a study's storage can keep it: ``(64, 32)`` is ``"64-32"``."""
    value = _plain(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Sequence):
        texts = [str(each) for each in value]
        simple = all(isinstance(each, int | float | str) for each in value)
        if simple and texts and not any("-" in text or not text for text in texts):
            return "-".join(texts)
    return stable_text(repr(value))


def stable_text(text: str) -> str:
    """Return a text on one line; raise if it names a place in memory, which no process shares."""
    if " at 0x" in text:
        raise StudyError(
            f"The choice {text} has no text that another process could know it by: give plain "
            "values, tuples of them, or objects whose repr says what they are."
        )
    return " ".join(text.split())


def texts_of(choices: Sequence[Any]) -> list[Any]:
    """Return all choices as a storage can keep them, each one different."""
    choices = [_plain(choice) for choice in choices]
    short = [text_of(choice) for choice in choices]
    if _all_differ(short):
        return short
    kept = (bool, int, float, str, type(None))
    long = [each if isinstance(each, kept) else stable_text(repr(each)) for each in choices]
    if not _all_differ(long):
        raise StudyError(
            f"The choices {list(choices)!r} hold one value twice, or two that a study cannot "
            "distinguish: give each once."
        )
    return long


def _all_differ(texts: Sequence[Any]) -> bool:
    """Return whether Optuna, for which True is 1, can distinguish all texts."""
    return len({("nan",) if text != text else text for text in texts}) == len(texts)


def matching_text(value: Any, texts: Sequence[Any]) -> Any:
    """Return the text of a choice that a user has enqueued; the value itself if it has none.

    A tuple comes back from a storage as a list.
    """
    forms = (_nested(tuple, value), _nested(list, value))
    known = [*map(repr, forms)] if isinstance(value, list | tuple) else []
    with suppress(StudyError):  # a value without a text is not one of the choices
        known += map(text_of, forms)
    return next((text for text in known if text in texts), value)


def _nested(kind: Any, value: Any) -> Any:
    """Return lists and tuples of lists and tuples as those of one kind."""
    return kind(_nested(kind, each) for each in value) if isinstance(value, list | tuple) else value
