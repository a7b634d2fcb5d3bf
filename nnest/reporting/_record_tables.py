"""Tables on the records: what they took, where they ran, what they leave without a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from nnest.experiments import Arm, Experiment, Report, arm_in_words, gives_one_class
from nnest.reporting._columns import label_in_words, verdict_text
from nnest.reporting._links import source_links
from nnest.reporting._markup import Cell, Table
from nnest.reporting._means import rounded_mean
from nnest.results import ResultStore
from nnest.verdicts import Evidence, Records, Verdict, Verdicts, judge, run_name

__all__ = ["RecordTables"]

_NOT_RUN_YET = Verdict.NO_RECORDS.shown


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
    def records(self) -> Records:
        """All recorded runs, and those that count for each arm."""
        return Records(self.report, self.store)

    @cached_property
    def verdicts(self) -> Verdicts:
        """The verdicts on all numbers and claims."""
        return judge(self.report, self.store, records=self.records)

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
        self,
        experiment: str,
        arm: str,
        metric: str = "test_accuracy",
        epoch: int | str = "last",
    ) -> str:
        """Return the mean of a metric over the seeds of an arm, for prose.

        Parameters
        ----------
        experiment, arm : str
            The keys of both.
        metric : str, default="test_accuracy"
            The metric's name.
        epoch : {"last", "best"} or int, default="last"
            When.

        Returns
        -------
        str
            The mean, its last digit the first one that its 95 % confidence interval leaves open; in
            percent where it is a share. "not run yet" for fewer than two seeds; how many diverged,
            where not all have a number.
        """
        return rounded_mean(self.found(experiment)[arm], metric, epoch)

    def trained_arms(self) -> Iterator[tuple[Experiment, Arm, Evidence]]:
        """Yield the arms that have trainings of their own, with the runs that count.

        Yields
        ------
        tuple of (Experiment, Arm, Evidence)
            A shared arm stands where it is declared.
        """
        for experiment in self.report.experiments:
            found = self.found(experiment.key) if experiment.arms else {}
            for arm in experiment.arms:
                if arm.shared is None:
                    yield experiment, arm, found[arm.name]

    def constant(self) -> Table:
        """Return the arms in which networks came to give all test images the same class.

        Their means say how often such a network learns, and not how well.

        Returns
        -------
        Table
            One row for each arm with such a training.
        """
        rows: list[tuple[Cell, ...]] = []
        for experiment, arm, evidence in self.trained_arms():
            if n := sum(map(gives_one_class, evidence.runs.values())):
                name = arm_in_words(arm.name, experiment.arm_words)
                place = (experiment.key, name, evidence.scale, len(evidence.runs))
                rows.append((*place, n, source_links([evidence.source])))
        head = ["experiment", "arm", "scale", "seeds", "that give one class", "records"]
        return Table(head, rows, nothing="none" if self.records.runs else _NOT_RUN_YET)

    def not_judged(self) -> Table:
        """Return what has no verdict, and why; cells of confusion matrices are left out.

        Returns
        -------
        Table
            One row for each number and claim.
        """
        numbers = [one for one in self.verdicts.numbers if one.kind != "count"]
        rows = [(label_in_words(one), verdict_text(one)) for one in numbers if not one.judged]
        rows += [(one.text, verdict_text(one)) for one in self.verdicts.claims if not one.judged]
        return Table(["number or sentence", "why it has no verdict"], rows)

    def times(self) -> Table:
        """Return how long trainings took.

        Returns
        -------
        Table
            One row for each experiment and scale.
        """
        seconds: dict[tuple[str, str], list[float]] = {}
        for run in self.records.runs:
            seconds.setdefault((run.experiment, run.scale), []).append(run.seconds)
        rows = [
            (*place, len(each), f"{sum(each) / len(each):.0f}", f"{sum(each) / 3600:.1f}")
            for place, each in seconds.items()
        ]
        head = ["experiment", "scale", "runs", "seconds each", "hours together"]
        return Table(head, rows, nothing=_NOT_RUN_YET)

    def hardware(self) -> Table:
        """Return the devices, commits and versions of all runs.

        Returns
        -------
        Table
            One row for each that differs.
        """
        rows = set()
        for run in self.records.runs:
            versions = ", ".join(f"{name} {known}" for name, known in sorted(run.versions.items()))
            rows.add((run.scale, run.device, str(run.code.get("commit"))[:10], versions))
        head = ["scale", "device", "commit", "versions"]
        return Table(head, sorted(rows), nothing=_NOT_RUN_YET)

    def left_out(self) -> Table:
        """Return the runs that count for nothing, those of two outcomes, and those that diverged.

        Returns
        -------
        Table
            One row for each, with the reason.
        """
        found = self.verdicts
        rows = [(one.name, f"not used: {one.why}") for one in found.unused]
        why = "recorded twice with other numbers: the first counts"
        rows += [(run_name(*key[1:5]), why) for key in found.conflicts]
        rows += [(name, "diverged: it counts in accuracies") for name in found.diverged]
        return Table(["run", "what to know"], rows, nothing="none")
