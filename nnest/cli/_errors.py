"""What is raised when a command cannot do what was asked of it."""

from __future__ import annotations

from nnest._storage import shortened

__all__ = ["ExportError", "TuneError"]


class ExportError(ValueError):
    """A network cannot be exported; the message says why."""


class TuneError(ValueError):
    """Data, a space or a setting of ``nnest tune`` is not accepted; the message says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(shortened(sentence))
