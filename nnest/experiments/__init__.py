"""Reports as declarations, and what runs and judges them.

`list_reports` names the reports, `get_report` returns one, `run` trains what is missing of it, and
`judge` puts what is recorded beside what the report says.
"""

from __future__ import annotations

from importlib import import_module

from nnest.experiments._claim_verdicts import ClaimVerdict
from nnest.experiments._claims import Claim, all_of, beyond, greater, similar
from nnest.experiments._comparisons import Comparison
from nnest.experiments._data import Images, data_digest, enlarge, load_images, stratified_subset
from nnest.experiments._digest import describe
from nnest.experiments._errors import ExperimentError
from nnest.experiments._evidence import Evidence, Records, Unused
from nnest.experiments._expectations import AllOf, Beyond, Expectation, Greater, Similar, Value
from nnest.experiments._experiment import Experiment, Report
from nnest.experiments._holdouts import hold_out
from nnest.experiments._jobs import Job, arm_digest, jobs_of
from nnest.experiments._judge import Summary, Verdicts, claim_table, judge, number_table
from nnest.experiments._metrics import (
    Metric,
    confusion_counts,
    metric_values,
    parse_metric,
    read_metric,
)
from nnest.experiments._modes import proba_in_mode
from nnest.experiments._protocol import (
    SCALES,
    Arm,
    Holdout,
    Mode,
    Protocol,
    Scale,
    Size,
    check_known,
)
from nnest.experiments._reported import Deviation, Reported, reported_confusion
from nnest.experiments._run import Outcome, run
from nnest.experiments._text import as_text
from nnest.experiments._verdicts import NumberVerdict, Source

__all__ = [
    "SCALES",
    "AllOf",
    "Arm",
    "Beyond",
    "Claim",
    "ClaimVerdict",
    "Comparison",
    "Deviation",
    "Evidence",
    "Expectation",
    "Experiment",
    "ExperimentError",
    "Greater",
    "Holdout",
    "Images",
    "Job",
    "Metric",
    "Mode",
    "NumberVerdict",
    "Outcome",
    "Protocol",
    "Records",
    "Report",
    "Reported",
    "Scale",
    "Similar",
    "Size",
    "Source",
    "Summary",
    "Unused",
    "Value",
    "Verdicts",
    "all_of",
    "arm_digest",
    "as_text",
    "beyond",
    "claim_table",
    "confusion_counts",
    "data_digest",
    "describe",
    "enlarge",
    "get_report",
    "greater",
    "hold_out",
    "jobs_of",
    "judge",
    "list_reports",
    "load_images",
    "metric_values",
    "number_table",
    "parse_metric",
    "proba_in_mode",
    "read_metric",
    "reported_confusion",
    "run",
    "similar",
    "stratified_subset",
]

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
    >>> from nnest.experiments import list_reports
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
    >>> from nnest.experiments import get_report
    >>> [experiment.key for experiment in get_report("boyer-2019").experiments][:3]
    ['convolutions', 'dropout', 'gaussian-kernel']
    """
    check_known("report", key, _REPORTS)
    report: Report = import_module(f"nnest.experiments.{_REPORTS[key]}").REPORT
    return report
