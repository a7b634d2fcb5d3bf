"""Tables on the records: what they took, where they ran, what they leave without a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from nnest.experiments import Report, metric_values
from nnest.reporting._markup import Table
from nnest.reporting._rows import constant_row, said
from nnest.results import ResultStore, Run
from nnest.verdicts import Evidence, Records, Verdicts, judge

__all__ = ["RecordTables"]

_NO_RECORDS = "not run yet"


class RecordTables:
    """The records of a report, and what they come to, as tables.

    Parameters
    ----------
    report : Report
        The report.
    store : ResultStore
        Where its runs are recorded.
    """

    def __init__(self, report: Report, store: ResultStore) -> None:
        self.report = report
        self.store = store

    @cached_property
    def verdicts(self) -> Verdicts:
        """The verdicts on all numbers and claims."""
        return judge(self.report, self.store)

    @cached_property
    def runs(self) -> list[Run]:
        """All recorded runs, those that do not count too."""
        return self.store.read(self.report.key)

    @cached_property
    def records(self) -> Records:
        """The runs that count for each arm."""
        return Records(self.report, self.store)

    def found(self, experiment: str, arms: Sequence[str] | None = None) -> dict[str, Evidence]:
        """Return the runs that count for arms of an experiment, all at one scale.

        Parameters
        ----------
        experiment : str
            The experiment's key.
        arms : sequence of str or None, default=None
            The arms' names; None is all of them.

        Returns
        -------
        dict of str to Evidence
            By the arms' names there.
        """
        names = arms or [arm.name for arm in self.report.experiment(experiment).arms]
        return dict(zip(names, self.records.largest(experiment, names), strict=True))

    def mean(
        self, experiment: str, arm: str, metric: str = "test_accuracy", decimals: int = 3
    ) -> str:
        """Return the mean of a metric over the seeds of an arm, for prose.

        Parameters
        ----------
        experiment, arm : str
            The keys of both.
        metric : str, default="test_accuracy"
            The metric's name.
        decimals : int, default=3
            How many to write.

        Returns
        -------
        str
            The number; or that nothing is recorded, or how many of the runs diverged.
        """
        values = metric_values(self.found(experiment, [arm])[arm].runs, metric)
        if not values.size:
            return _NO_RECORDS
        diverged = int((~np.isfinite(values)).sum())
        if diverged:
            return f"{diverged} of {values.size} diverged"
        return f"{values.mean():.{decimals}f}"

    def constant(self) -> Table:
        """Return the arms in which networks came to give all test images the same class.

        Their means say how often such a network learns, and not how well.

        Returns
        -------
        Table
            One row for each arm with such a training.
        """
        rows = [
            constant_row(experiment.key, arm.name, self.found(experiment.key)[arm.name])
            for experiment in self.report.experiments
            for arm in experiment.arms
            if arm.shared is None  # else it stands where it is declared
        ]
        return Table(
            ["experiment", "arm", "scale", "seeds", "that give one class", "records"],
            [row for row in rows if row[4]],
            nothing="none" if self.runs else _NO_RECORDS,
        )

    def not_judged(self) -> Table:
        """Return what has no verdict, and why; cells of confusion matrices are left out.

        Returns
        -------
        Table
            One row for each number and claim.
        """
        found = self.verdicts
        numbers = [one for one in found.numbers if not one.judged and one.kind != "count"]
        rows = [(one.label, said(one.verdict, one.note)) for one in numbers]
        claims = [one for one in found.claims if not one.judged]
        rows += [(one.text, said(one.verdict, one.note)) for one in claims]
        return Table(["number or sentence", "why it has no verdict"], rows)

    def times(self) -> Table:
        """Return how long trainings took.

        Returns
        -------
        Table
            One row for each experiment and scale.
        """
        rows: dict[tuple[str, str], list[float]] = {}
        for run in self.runs:
            rows.setdefault((run.experiment, run.scale), []).append(run.seconds)
        return Table(
            ["experiment", "scale", "runs", "seconds each", "hours together"],
            [
                (*place, len(all_), f"{sum(all_) / len(all_):.0f}", f"{sum(all_) / 3600:.1f}")
                for place, all_ in rows.items()
            ],
            nothing=_NO_RECORDS,
        )

    def hardware(self) -> Table:
        """Return the devices, commits and versions of all runs.

        Returns
        -------
        Table
            One row for each that differs.
        """
        rows = {(run.scale, run.device, _commit(run), _versions(run)) for run in self.runs}
        return Table(["scale", "device", "commit", "versions"], sorted(rows), nothing=_NO_RECORDS)

    def left_out(self) -> Table:
        """Return the runs that count for nothing, those of two outcomes, and those that diverged.

        Returns
        -------
        Table
            One row for each, with the reason.
        """
        found = self.verdicts
        rows = [(one.name, f"not used: {one.why}") for one in found.unused]
        for _, experiment, arm, seed, scale, _ in found.conflicts:
            name = f"{experiment}/{arm} seed {seed} ({scale})"
            rows.append((name, "recorded twice with other numbers: the first counts"))
        rows += [(name, "diverged: it counts in accuracies") for name in found.diverged]
        return Table(["run", "what to know"], rows, nothing="none")


def _commit(run: Run) -> str:
    """Return the commit of a run, shortened."""
    return str(run.code.get("commit"))[:10]


def _versions(run: Run) -> str:
    """Return the versions of a run in words."""
    return ", ".join(f"{name} {version}" for name, version in sorted(run.versions.items()))


def recorded_hours(runs: Sequence[Run]) -> float:
    """Return how many hours some runs took together."""
    return sum(run.seconds for run in runs) / 3600
