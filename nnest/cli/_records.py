"""The recorded runs of the book, on a machine that has no checkout."""

from __future__ import annotations

import os
from pathlib import Path

from nnest._storage import writing
from nnest.cli._folders import results_folder

__all__ = ["fetch_records"]


def fetch_records(source: str | os.PathLike[str], *, sha256: str) -> Path:
    """Bring the recorded runs of the book to `results_folder`, unless something is there already.

    The archive is compared with its digest before it is read. The folder appears when it is whole,
    or not at all.

    Parameters
    ----------
    source : str or path
        The archive: an address that begins with ``http://`` or ``https://``, or a file.
    sha256 : str
        The SHA-256 digest of the archive, in hexadecimal digits.

    Returns
    -------
    pathlib.Path
        The folder of the records.

    Raises
    ------
    DatasetError
        If the archive cannot be had, has another digest, or is no archive of records.
    StorageError
        If the folder cannot be written.

    Examples
    --------
    >>> from nnest.cli import fetch_records
    >>> fetch_records("https://example.org/all.zip", sha256="0" * 64)  # doctest: +SKIP
    PosixPath('results')
    """
    from nnest.datasets import fetch_bundle

    folder = results_folder()
    if folder.is_dir() and any(folder.iterdir()):
        return folder
    with writing(folder.parent, "name another folder by the environment variable NNEST_RESULTS."):
        folder.parent.mkdir(parents=True, exist_ok=True)
        if folder.is_dir():
            folder.rmdir()
        fetch_bundle(os.fspath(source), sha256, folder, ".jsonl")
    return folder
