"""Tables across reports: what they say of one subject, and what all verdicts come to."""

from __future__ import annotations

from collections.abc import Sequence

from nnest.exceptions import ExperimentError
from nnest.reporting._columns import CLAIM, NUMBER, table_of
from nnest.reporting._markup import Cell, Table
from nnest.reports import get_report
from nnest.results import ResultStore, Run
from nnest.verdicts import NOT_RUN, ClaimVerdict, Records, Verdicts, judge_claims, size_word

__all__ = ["outside_table", "recorded_table", "sentence_table"]


def sentence_table(places: Sequence[str], store: ResultStore) -> Table:
    """Return what several reports say of one subject, with the verdicts.

    Parameters
    ----------
    places : sequence of str
        ``REPORT/EXPERIMENT`` or ``REPORT/EXPERIMENT/CLAIM``.
    store : ResultStore
        Where runs are recorded.

    Returns
    -------
    Table
        One row for each claim, in the order of the places.

    Raises
    ------
    ExperimentError
        If there is no such report, experiment or claim.

    Examples
    --------
    >>> from nnest.reporting import sentence_table
    >>> from nnest.results import ResultStore
    >>> table = sentence_table(["boyer-2019/convolutions/faster"], ResultStore("no/such/folder"))
    >>> [row[2] for row in table]
    ['not run yet']
    """
    judged: dict[str, list[ClaimVerdict]] = {}
    found: list[tuple[str, ClaimVerdict]] = []
    for place in places:
        key = place.partition("/")[0]
        if key not in judged:
            judged[key] = judge_claims(Records(get_report(key), store))
        found += [(key, one) for one in _at(judged[key], place)]
    return table_of(CLAIM, [one for _, one in found], reports=[key for key, _ in found])


def _at(claims: Sequence[ClaimVerdict], place: str) -> list[ClaimVerdict]:
    """Return the claims at a place, of which there must be some."""
    _, experiment, claim = (*place.split("/", 2), "", "")[:3]
    found = [one for one in claims if one.experiment == experiment and claim in ("", one.key)]
    if not found:
        raise ExperimentError(
            f"There is no claim at {place!r}; write REPORT/EXPERIMENT or REPORT/EXPERIMENT/CLAIM."
        )
    return found


def outside_table(found: Sequence[Verdicts]) -> Table:
    """Return the numbers outside our intervals, cells of confusion matrices left out.

    Parameters
    ----------
    found : sequence of Verdicts
        The verdicts on some reports.

    Returns
    -------
    Table
        One row for each number.

    Examples
    --------
    >>> from nnest.reporting import outside_table
    >>> print(outside_table([]).nothing)
    nothing
    """
    outside = [
        (one.report.key, number)
        for one in found
        for number in one.numbers
        if number.verdict.outside and number.kind != "count"
    ]
    keys, numbers = [key for key, _ in outside], [number for _, number in outside]
    return table_of(NUMBER, numbers, reports=keys)


def recorded_table(keys: Sequence[str], store: ResultStore) -> Table:
    """Return what is recorded of reports, by scale.

    Parameters
    ----------
    keys : sequence of str
        Keys of reports.
    store : ResultStore
        Where runs are recorded.

    Returns
    -------
    Table
        One row for each report and scale: experiments that have runs, runs, those that diverged,
        hours together.

    Examples
    --------
    >>> from nnest.reporting import recorded_table
    >>> from nnest.results import ResultStore
    >>> print(recorded_table(["boyer-2019"], ResultStore("no/such/folder")))
    report | scale | experiments with runs of their own | runs | diverged | hours
    boyer-2019 | not run | 0 | 0 | 0 | 0.0
    """
    rows: list[tuple[Cell, ...]] = []
    for key in keys:
        known = {one.key: one for one in get_report(key).experiments}
        by_size: dict[str, list[Run]] = {}
        for run in store.read(key):
            gone = run.experiment not in known
            size = run.scale if gone else size_word(known[run.experiment], run.scale)
            by_size.setdefault(size, []).append(run)
        for size, runs in sorted(by_size.items()) or [(NOT_RUN, [])]:
            experiments = len({run.experiment for run in runs})
            hours = sum(run.seconds for run in runs) / 3600
            bad = sum(run.diverged for run in runs)
            rows.append((key, size, experiments, len(runs), bad, f"{hours:.1f}"))
    head = ["report", "scale", "experiments with runs of their own", "runs", "diverged", "hours"]
    return Table(head, rows)
