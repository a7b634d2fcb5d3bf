"""The reports by name; a declaration is loaded when it is asked for."""

from __future__ import annotations

from importlib import import_module

from nnest.experiments import Report, check_known

__all__ = ["get_report", "list_reports"]

_REPORTS = {
    "boyer-2019": "boyer_2019",
    "r00182510": "r00182510",
    "groth-2019": "groth_2019",
    "pillarisetti-2019": "pillarisetti_2019",
    "pellegrini-2020": "pellegrini_2020",
}


def list_reports() -> list[str]:
    """Return the keys of all reports.

    Returns
    -------
    list of str
        Keys for `get_report`, in the order of the book.

    Examples
    --------
    >>> from nnest.reports import list_reports
    >>> list_reports()[0]
    'boyer-2019'
    """
    return list(_REPORTS)


def get_report(key: str) -> Report:
    """Return a report.

    Parameters
    ----------
    key : str
        One of `list_reports`.

    Returns
    -------
    Report
        Its declaration.

    Raises
    ------
    ExperimentError
        If there is no such report; the message names the nearest.

    Examples
    --------
    >>> from nnest.reports import get_report
    >>> [experiment.key for experiment in get_report("boyer-2019").experiments][:3]
    ['convolutions', 'dropout', 'gaussian-kernel']
    """
    check_known("report", key, _REPORTS)
    report: Report = import_module(f"nnest.reports.{_REPORTS[key]}").REPORT
    return report
