"""What is raised when the files of a data set are missing or not what they should be."""

from __future__ import annotations

__all__ = ["DatasetError", "DatasetUnavailableError"]


class DatasetError(OSError):
    """A file of a data set cannot be used; the message says why and what to do."""


class DatasetUnavailableError(DatasetError):
    """A data set is neither in the cache nor can it be downloaded now."""
