"""Tables across reports: what they say of one subject, and what all verdicts come to."""

from __future__ import annotations

from collections.abc import Sequence

from nnest.exceptions import ExperimentError
from nnest.experiments import Report
from nnest.reporting._markup import Cell, Table
from nnest.reporting._overview import Kind, Tally, overview
from nnest.reporting._record_tables import recorded_hours
from nnest.reporting._rows import NUMBER, SENTENCE, number_row, said, sentence_row
from nnest.reports import get_report
from nnest.results import ResultStore, Run
from nnest.verdicts import ClaimVerdict, Records, Verdicts, judge_claims, size_word

__all__ = ["outside_table", "overview_table", "recorded_table", "sentence_table"]

_OUTSIDE = ("ours higher", "ours lower", "differs")


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
    rows: list[tuple[Cell, ...]] = []
    for place in places:
        key = place.partition("/")[0]
        if key not in judged:
            judged[key] = judge_claims(Records(get_report(key), store), None)
        rows += [(key, *sentence_row(one)) for one in _at(judged[key], place)]
    return Table(["report", *SENTENCE], rows)


def _at(claims: Sequence[ClaimVerdict], place: str) -> list[ClaimVerdict]:
    """Return the claims at a place, of which there must be some."""
    _, experiment, claim = (*place.split("/", 2), "", "")[:3]
    found = [one for one in claims if one.experiment == experiment and claim in ("", one.key)]
    if not found:
        raise ExperimentError(
            f"There is no claim at {place!r}; write REPORT/EXPERIMENT or REPORT/EXPERIMENT/CLAIM."
        )
    return found


def overview_table(found: Sequence[Verdicts], kind: Kind) -> Table:
    """Return how many statements of a kind have which verdict, by report and scale.

    Parameters
    ----------
    found : sequence of Verdicts
        The verdicts on some reports.
    kind : {"numbers", "claims", "questions"}
        Numbers of the reports, claims of them, or questions of our own.

    Returns
    -------
    Table
        One row for each report and scale and one for all together; a column for each verdict that
        occurs, then for each reason for having none.

    Examples
    --------
    >>> from nnest.reporting import overview_table
    >>> from nnest.reports import get_report
    >>> from nnest.verdicts import judge
    >>> from nnest.results import ResultStore
    >>> nothing = judge(get_report("boyer-2019"), ResultStore("no/such/folder"))
    >>> print(overview_table([nothing], "questions"))
    report | scale | all | judged | not run yet
    boyer-2019 | not run | 11 | 0 | 11
    together |  | 11 | 0 | 11
    """
    tallies = [one for one in overview(found) if one.kind == kind]
    verdicts = list(dict.fromkeys(name for one in tallies for name in one.verdicts))
    reasons = list(dict.fromkeys(name for one in tallies for name in one.reasons))
    names = [*verdicts, *reasons]
    together = {name: sum(one.counts.get(name, 0) for one in tallies) for name in names}
    rows = [*tallies, Tally("together", kind, "", together)]
    return Table(
        ["report", "scale", "all", "judged", *map(said, names)],
        [
            (one.report, one.scale, one.total, one.judged, *(one.counts.get(n, 0) for n in names))
            for one in rows
        ],
    )


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
    rows = [
        (one.report.key, *number_row(number))
        for one in found
        for number in one.numbers
        if number.verdict in _OUTSIDE and number.kind != "count"
    ]
    return Table(["report", *NUMBER], rows)


def _size_of(report: Report, run: Run) -> str:
    """Return a run's scale as verdicts name it."""
    known = {one.key: one for one in report.experiments}
    return size_word(known[run.experiment], run.scale) if run.experiment in known else run.scale


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
        report, runs = get_report(key), store.read(key)
        sizes = [_size_of(report, run) for run in runs]
        for scale in sorted(set(sizes)) or ["not run"]:
            of_scale = [run for run, size in zip(runs, sizes, strict=True) if size == scale]
            experiments = len({run.experiment for run in of_scale})
            bad = sum(run.diverged for run in of_scale)
            hours = f"{recorded_hours(of_scale):.1f}"
            rows.append((key, scale, experiments, len(of_scale), bad, hours))
    head = ["report", "scale", "experiments with runs of their own", "runs", "diverged", "hours"]
    return Table(head, rows)
