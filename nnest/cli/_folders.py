"""Where records are kept."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["results_folder"]


def results_folder(given: str | None = None, *, scale: str | None = None) -> Path:
    """Return the folder of the records.

    Parameters
    ----------
    given : str or None, default=None
        What the command line says; it comes first.
    scale : str or None, default=None
        At "smoke", records go to a folder of their own, which is not meant to be kept.

    Returns
    -------
    Path
        The given folder; that of ``NNEST_RESULTS``; ``demo-results`` at smoke scale; the book's in
        a checkout; or ``results`` in the working folder.

    Examples
    --------
    >>> from nnest.cli import results_folder
    >>> results_folder("records").name
    'records'
    """
    if given or os.environ.get("NNEST_RESULTS"):
        return Path(given or os.environ["NNEST_RESULTS"])
    if scale == "smoke":
        return Path("demo-results")
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "pyproject.toml").is_file() and (checkout / "book").is_dir():
        return checkout / "book" / "results"
    return Path("results")
