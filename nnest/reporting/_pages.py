"""What a report's page shows: tables, figures and values, all from declaration and records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnest.datasets import describe
from nnest.experiments import Experiment, arm_in_words, gives_one_class
from nnest.reporting import _curves as curves
from nnest.reporting._arm_table import size_text
from nnest.reporting._columns import (
    CLAIM,
    DEVIATION,
    NUMBER,
    arm_columns,
    deciding_difference,
    label_in_words,
    table_of,
)
from nnest.reporting._markup import Table
from nnest.reporting._record_tables import RecordTables
from nnest.reporting._values import as_frame
from nnest.verdicts import ClaimVerdict, Evidence, NumberVerdict, Verdict

__all__ = ["ReportPage"]


class ReportPage(RecordTables):
    """A report beside its records, as its page in the book shows it.

    Parameters
    ----------
    report : Report
        The report.
    store : ResultStore
        Where its runs are recorded.

    Raises
    ------
    ResultsError
        If a file cannot be read, or holds a line that is no run of its experiment.

    Examples
    --------
    >>> from nnest.reporting import ReportPage
    >>> from nnest.reports import get_report
    >>> from nnest.results import ResultStore
    >>> page = ReportPage(get_report("boyer-2019"), ResultStore("no/such/folder"))
    >>> page.values()["convolutions_faster"]
    'not run yet'
    """

    def values(self) -> dict[str, Any]:
        """Return what prose says: counts, and the verdict on each claim.

        Returns
        -------
        dict
            ``numbers``, ``numbers_judged``, ``numbers_networks``, ``outside``, ``by_chance``,
            ``no_information``, ``claims``, ``questions``, ``runs``; ``constant`` and
            ``trainings``: the networks that give all test images one class, of those that count;
            ``claims_holds``, ``questions_not_by_that_much`` and the like for each verdict, and
            ``claims_verdicts``, all of them in words; and for each claim ``EXPERIMENT_CLAIM``: its
            verdict with the scale, or why there is none.
        """
        summary = self.verdicts.summary
        counted = [run for *_, one in self.trained_arms() for run in one.runs.values()]
        words = [f"{n} {Verdict(name).shown}" for name, n in summary.claims.items()]
        found: dict[str, Any] = {
            "numbers": len(self.verdicts.numbers),
            "numbers_judged": summary.numbers_judged,
            "numbers_networks": summary.networks,
            "outside": summary.outside,
            "by_chance": f"{summary.expected_outside:.1f}",
            "no_information": summary.without_information,
            "claims": sum(summary.claims.values()),
            "questions": sum(summary.questions.values()),
            "claims_verdicts": ", ".join(words),
            "runs": len(self.records.runs),
            "constant": sum(map(gives_one_class, counted)),
            "trainings": len(counted),
        }
        for verdict in Verdict:
            name = verdict.replace(" ", "_")
            found[f"claims_{name}"] = summary.claims.get(verdict, 0)
            found[f"questions_{name}"] = summary.questions.get(verdict, 0)
        for one in self.verdicts.claims:
            size = f" ({one.size})" if one.judged else ""
            found[f"{one.experiment}_{one.key}"] = one.verdict.shown + size
        return found

    def verdict(self, experiment: str, claim: str) -> Verdict:
        """Return the verdict on a claim, for text that depends on it.

        Parameters
        ----------
        experiment, claim : str
            The keys of both.

        Returns
        -------
        Verdict
            As `ClaimVerdict.verdict`.

        Raises
        ------
        KeyError
            If there is no such claim.
        """
        return {(one.experiment, one.key): one.verdict for one in self.verdicts.claims}[
            experiment, claim
        ]

    def asked(self) -> Table:
        """Return the experiments with their questions and arms.

        Returns
        -------
        Table
            One row for each experiment.
        """
        rows = []
        for one in self.report.experiments:
            arms = ", ".join(self._named(one.key)) if one.arms else "none: parameters are counted"
            rows.append(
                (one.key, one.question, one.dataset, arms, "ours" if one.ours else "theirs")
            )
        return Table(["experiment", "question", "data", "arms", "whose"], rows)

    def sizes(self) -> Table:
        """Return how long and how often the arms are trained at both scales of verdicts.

        Returns
        -------
        Table
            One row for each size that experiments share.
        """
        shared: dict[tuple[str, str, str], list[str]] = {}
        for one in self.report.experiments:
            if one.arms:
                place = (one.dataset, self._size(one, "lite"), self._size(one, "full"))
                shared.setdefault(place, []).append(one.key)
        rows = [(", ".join(keys), *place) for place, keys in shared.items()]
        return Table(["experiments", "data", "lite", "full"], rows)

    def _size(self, experiment: Experiment, scale: str) -> str:
        """Return how long and how often the arms of an experiment are trained."""
        names = [arm.name for arm in experiment.arms]
        seeds = sorted({self.report.n_seeds(experiment.key, name, scale) for name in names})
        return f"{size_text(experiment, scale)}, {' or '.join(map(str, seeds))} seeds"

    def deviations(self) -> Table:
        """Return where ours is not, or may not be, the report's own set-up.

        Returns
        -------
        Table
            One row for each deviation.
        """
        return table_of(DEVIATION, self.report.deviations)

    def numbers(self, *experiments: str) -> Table:
        """Return the report's numbers beside ours, cells of confusion matrices left out.

        Parameters
        ----------
        *experiments : str
            Only those of these experiments; none is all.

        Returns
        -------
        Table
            One row for each number, with a link to the lines of its records.
        """
        rows = [
            one
            for one in self.verdicts.numbers
            if one.kind != "count" and (not experiments or one.experiment in experiments)
        ]
        return table_of(NUMBER, rows, nothing="no numbers are stated")

    def sentences(self, *experiments: str, ours: bool | None = None) -> Table:
        """Return claims with what decides them.

        Parameters
        ----------
        *experiments : str
            Only those of these experiments; none is all.
        ours : bool or None, default=None
            Only our questions, or only what the report says; None is both.

        Returns
        -------
        Table
            One row for each claim, with links to the lines of its records.
        """
        rows = [
            one
            for one in self.verdicts.claims
            if (not experiments or one.experiment in experiments) and ours in (None, one.ours)
        ]
        return table_of(CLAIM, rows, nothing="no sentences")

    def arms(self, experiment: str, metric: str = "test_accuracy") -> Table:
        """Return a metric of all arms of an experiment, and differences from the first arm.

        Parameters
        ----------
        experiment : str
            The experiment's key.
        metric : str, default="test_accuracy"
            The metric's name.

        Returns
        -------
        Table
            One row for each arm: mean and 95 % interval, runs that diverged counted.
        """
        arms = list(self._named(experiment).items())
        _, first = arms[0]
        return table_of(arm_columns(metric, first), arms)

    def draw_arms(
        self,
        axes: Any,
        experiment: str,
        metrics: Sequence[str] = ("fit_accuracy", "test_accuracy"),
        arms: Sequence[str] | None = None,
    ) -> None:
        """Draw learning curves: a panel for each metric, a line for each arm.

        Parameters
        ----------
        axes : matplotlib.axes.Axes or array of them
            One for each metric.
        experiment : str
            The experiment's key.
        metrics : sequence of str, default=("fit_accuracy", "test_accuracy")
            Metrics that the curves have.
        arms : sequence of str or None, default=None
            The arms' names; None is all of them.
        """
        curves.draw_arms(axes, self._named(experiment, arms), metrics)

    def draw_parts(
        self,
        axes: Any,
        experiment: str,
        arms: Sequence[str] | None = None,
        metrics: Sequence[str] = ("fit_loss", "test_loss"),
    ) -> None:
        """Draw learning curves: a panel for each arm, a line for each metric.

        Parameters
        ----------
        axes : matplotlib.axes.Axes or array of them
            One for each arm.
        experiment : str
            The experiment's key.
        arms : sequence of str or None, default=None
            The arms' names; None is all of them.
        metrics : sequence of str, default=("fit_loss", "test_loss")
            Metrics of one kind, for instance losses.
        """
        curves.draw_parts(axes, self._named(experiment, arms), metrics)

    def _named(self, experiment: str, arms: Sequence[str] | None = None) -> dict[str, Evidence]:
        """Return what `found` does, by the names that readers see."""
        words = self.report.experiment(experiment).arm_words
        found = self.found(experiment, arms)
        return {arm_in_words(name, words): evidence for name, evidence in found.items()}

    def model(self, experiment: str, arm: str) -> Any:
        """Return the network of an arm, untrained, for instance to draw it.

        Parameters
        ----------
        experiment, arm : str
            The keys of both.

        Returns
        -------
        keras.Model
            The network, for images of the experiment's data set.
        """
        from nnest.estimators import Fitting, Samples

        declared = self.report.experiment(experiment)
        data, estimator = describe(declared.dataset), declared.arm(arm).estimator
        labels = np.arange(2 * data.n_classes) % data.n_classes
        samples = Samples.checked(estimator, np.zeros((len(labels), *data.shape)), labels)
        return Fitting.begin(estimator, samples, np.arange(len(labels))).like

    def draw_agreement(self, ax: Any, metric: str) -> None:
        """Draw the report's numbers of one metric beside our intervals.

        Parameters
        ----------
        ax : matplotlib.axes.Axes
            Where to draw.
        metric : str
            The metric's name.
        """
        found = [one for one in self.verdicts.numbers if one.metric == metric]
        labels = [arm_in_words(str(one.arm), one.arm_words) for one in found]
        curves.draw_agreement(ax, as_frame(found).assign(label=labels))

    def not_reproduced(self, reasons: Mapping[str, str]) -> Table:
        """Return what our runs speak against, with the likeliest reason.

        Parameters
        ----------
        reasons : mapping of str to str
            By ``EXPERIMENT/CLAIM`` or ``EXPERIMENT/METRIC of ARM``, else by ``EXPERIMENT``. What
            has no reason is shown with the numbers of its deviations.

        Returns
        -------
        Table
            One row for each number outside our interval and each sentence that fails, at least in
            part; cells of confusion matrices are left out.
        """
        failed = [one for one in self.verdicts.numbers if one.verdict.outside]
        rows = [
            (
                label_in_words(one),
                one.verdict,
                f"{one.difference:+.2g}",
                _reason(reasons, one, one.label),
            )
            for one in failed
            if one.kind != "count"
        ]
        rows += [
            (one.text, one.verdict, deciding_difference(one), _reason(reasons, one, one.key))
            for one in self.verdicts.claims
            if one.verdict.outside
        ]
        return Table(["number or sentence", "verdict", "by", "likeliest reason"], rows)


def _reason(reasons: Mapping[str, str], one: NumberVerdict | ClaimVerdict, name: str) -> str:
    """Return why something was not reproduced, as far as anybody can say."""
    known = reasons.get(f"{one.experiment}/{name}") or reasons.get(one.experiment)
    numbers = ", ".join(map(str, one.deviations))
    return known or (f"not known; see deviations {numbers}" if numbers else "not known")
