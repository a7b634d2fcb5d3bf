"""Sentences of errors, in one form."""

from __future__ import annotations

__all__ = ["shortened"]

_LONGEST = 290


def shortened(sentence: str, longest: int = _LONGEST) -> str:
    """Return a sentence without its middle where it is too long: it ends with what to do."""
    if len(sentence) <= longest:
        return sentence
    end = longest * 2 // 5
    return f"{sentence[: longest - end - 3]}...{sentence[-end:]}"
