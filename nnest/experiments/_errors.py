"""The one exception of declarations and their runner."""

from __future__ import annotations

__all__ = ["ExperimentError"]


class ExperimentError(ValueError):
    """A declaration, a request to run one, or a record does not fit; the message says how.

    Examples
    --------
    >>> from nnest.experiments import ExperimentError, get_report
    >>> try:
    ...     get_report("boyer")
    ... except ExperimentError as error:
    ...     print(error)
    There is no report 'boyer'; did you mean 'boyer-2019'?
    """
