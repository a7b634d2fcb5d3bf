"""The error of studies."""

from __future__ import annotations

__all__ = ["StudyError"]


class StudyError(ValueError):
    """A study that cannot be opened, or cannot go on; the message is one sentence for the user."""
