"""All arms of a report: how large each is, and how much of it is recorded."""

from __future__ import annotations

from nnest.experiments import Experiment, Report
from nnest.reporting._links import source_links
from nnest.reporting._markup import Cell, Table
from nnest.results import ResultStore
from nnest.verdicts import Evidence, Records

__all__ = ["arm_table", "size_text"]

_SCALES = ("lite", "full")


def arm_table(report: Report, store: ResultStore) -> Table:
    """Return all arms of a report with their sizes and how many of their seeds are recorded.

    Parameters
    ----------
    report : Report
        The report.
    store : ResultStore
        Where its runs are recorded.

    Returns
    -------
    Table
        One row for each arm: its experiment, its name, its size and its recorded seeds at both
        scales of verdicts, and links to its records.

    Examples
    --------
    >>> from nnest.reporting import arm_table
    >>> from nnest.reports import get_report
    >>> from nnest.results import ResultStore
    >>> table = arm_table(get_report("boyer-2019"), ResultStore("no/such/folder"))
    >>> next(iter(table))[:3]
    ('convolutions', '1', '20 epochs, 10000 images; 0 of 10 seeds')
    """
    records = Records(report, store)
    rows: list[tuple[Cell, ...]] = []
    for one in report.experiments:
        for arm in one.arms:
            found = [records.evidence(one.key, arm.name, scale) for scale in _SCALES]
            links = source_links(each.source for each in found if each.runs)
            rows.append((one.key, arm.name, *(_size(one, each) for each in found), links))
    return Table(["experiment", "arm", *_SCALES, "records"], rows)


def _size(experiment: Experiment, evidence: Evidence) -> str:
    """Return how long an arm is trained at a scale, and how many of its seeds are recorded."""
    seeds = f"{len(evidence.runs)} of {evidence.needed} seeds"
    return f"{size_text(experiment, evidence.scale)}; {seeds}"


def size_text(experiment: Experiment, scale: str) -> str:
    """Return how long, and with how many images, an experiment is trained at a scale."""
    size = experiment.protocol.size(scale)
    images = "all images" if size.n_train is None else f"{size.n_train} images"
    return f"{size.epochs} epochs, {images}"
