"""The exceptions of nnest. Each message is a sentence for the user: what came, what to do."""

from __future__ import annotations

from nnest._validation import shortened

__all__ = [
    "CompatibilityError",
    "DatasetError",
    "DatasetUnavailableError",
    "ExperimentError",
    "ExportError",
    "ModelFileError",
    "NnestError",
    "ResultsError",
    "StorageError",
    "StudyError",
    "TuneError",
    "WorkerError",
]


class NnestError(Exception):
    """Base of all exceptions of nnest.

    Each of them is also a `ValueError`, where an argument or a file is not accepted, or an
    `OSError`, where a file cannot be read or written. Arguments of estimators and functions raise
    plain `ValueError` and `TypeError`, as scikit-learn does.

    Examples
    --------
    >>> from nnest.exceptions import NnestError
    >>> from nnest.reports import get_report
    >>> try:
    ...     get_report("boyer")
    ... except NnestError as error:
    ...     print(error)
    There is no report 'boyer'; did you mean 'boyer-2019'?
    """


class CompatibilityError(NnestError, ImportError):
    """An installed library has moved what nnest needs of it."""


class DatasetError(NnestError, OSError):
    """A file of a data set cannot be used."""


class DatasetUnavailableError(DatasetError):
    """A data set is not in the cache and cannot be downloaded now."""


class ExperimentError(NnestError, ValueError):
    """A declaration, a request to run one, or a record does not fit."""


class ExportError(NnestError, ValueError):
    """A network cannot be exported."""


class ModelFileError(NnestError, ValueError):
    """A file holds no estimator that can be loaded."""


class ResultsError(NnestError, OSError):
    """Recorded runs could not be read or written.

    Parameters
    ----------
    message : str
        What happened and what to do.
    line : str, default=""
        The line of JSON of the run that could not be written, so that it is not lost.

    Examples
    --------
    >>> from nnest.exceptions import ResultsError
    >>> ResultsError("No space left.", line="{}").line
    '{}'
    """

    def __init__(self, message: str, line: str = "") -> None:
        super().__init__(message)
        self.line = line


class StorageError(NnestError, OSError):
    """A file or a folder cannot be written to."""


class StudyError(NnestError, ValueError):
    """A study cannot be opened, or cannot go on."""


class TuneError(NnestError, ValueError):
    """Data, a space or a setting of ``nnest tune`` is not accepted.

    Parameters
    ----------
    sentence : str
        What came and what to do. A long one loses its middle.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(shortened(sentence))


class WorkerError(NnestError, RuntimeError):
    """Workers of joblib ended while they trained networks."""
