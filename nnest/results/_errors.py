"""What reading and writing recorded runs raises."""

from __future__ import annotations

__all__ = ["ResultsError", "reason_of"]


class ResultsError(OSError):
    """Recorded runs could not be read or written.

    Parameters
    ----------
    message : str
        What happened and what to do.
    line : str, default=""
        The line of JSON of the run that could not be written, so that it is not lost.

    Examples
    --------
    >>> ResultsError("No space left.", line="{}").line
    '{}'
    """

    def __init__(self, message: str, line: str = "") -> None:
        super().__init__(message)
        self.line = line


def reason_of(error: BaseException) -> str:
    """Return why the system refused, without the path that the sentence names already."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
