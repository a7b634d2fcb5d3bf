"""Reports, declared: their experiments, and what only all of them together can be checked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from nnest.exceptions import ExperimentError
from nnest.experiments._arms import Arm
from nnest.experiments._digest import describe
from nnest.experiments._experiment import Experiment, refuse_doubles
from nnest.experiments._metrics import parse_metric
from nnest.experiments._protocol import SCALES, Protocol, Size, check_known
from nnest.experiments._reported import Deviation

__all__ = ["Report"]


@dataclass(frozen=True, eq=False)
class Report:
    """A report, declared: its experiments and where it comes from.

    Parameters
    ----------
    key : str
        The name that commands use.
    title, author : str
        As the report states them.
    year : int
        When it was written.
    source : str
        Where it was published, as far as known.
    experiments : tuple of Experiment
        What it tried, and what we add.

    Raises
    ------
    ExperimentError
        If two experiments have one key, a shared arm is not declared like its owner, or a metric
        names a treatment of the test images that the protocol lacks.

    Examples
    --------
    >>> from nnest.reports import get_report
    >>> get_report("boyer-2019").year
    2019
    """

    key: str
    title: str
    author: str
    year: int
    source: str
    experiments: tuple[Experiment, ...]

    def __post_init__(self) -> None:
        """Check what no experiment can check alone."""
        refuse_doubles(f"experiments of {self.key}", (one.key for one in self.experiments))
        for experiment in self.experiments:
            for arm in experiment.arms:
                _check_shared(self, experiment, arm)
            _check_conditions(self, experiment)

    @property
    def deviations(self) -> tuple[Deviation, ...]:
        """The deviations of all experiments, each once, by number."""
        found = {one.number: one for each in self.experiments for one in each.deviations}
        return tuple(found[number] for number in sorted(found))

    def experiment(self, key: str) -> Experiment:
        """Return the experiment of this key.

        Parameters
        ----------
        key : str
            Its key.

        Returns
        -------
        Experiment
            The experiment.

        Raises
        ------
        ExperimentError
            If there is none; the message names the nearest.
        """
        check_known(f"experiment of {self.key}", key, [one.key for one in self.experiments])
        return next(one for one in self.experiments if one.key == key)

    def owner(self, experiment: str, arm: str) -> tuple[Experiment, Arm]:
        """Return where an arm's runs are recorded.

        Parameters
        ----------
        experiment : str
            The experiment's key.
        arm : str
            The arm's name there.

        Returns
        -------
        owner : Experiment
            The experiment that holds the runs.
        arm : Arm
            The arm there.
        """
        found = self.experiment(experiment)
        declared = found.arm(arm)
        if declared.shared is None:
            return found, declared
        key, _, name = declared.shared.partition("/")
        return self.experiment(key), self.experiment(key).arm(name)

    def n_seeds(self, experiment: str, arm: str, scale: str) -> int:
        """Return how many seeds an arm's verdicts stand on.

        Parameters
        ----------
        experiment : str
            The experiment's key.
        arm : str
            The arm's name.
        scale : {"smoke", "lite", "full"}
            The scale.

        Returns
        -------
        int
            The most that any experiment that shows these runs declares.
        """
        return max(
            _declared_seeds(one.protocol.size(scale), one, name)
            for one, name in self._shown_by(experiment, arm)
        )

    def n_seeds_before(self, experiment: str, arm: str, scale: str) -> int:
        """Return how many seeds an arm's verdicts stand on until all declared ones are recorded.

        Parameters
        ----------
        experiment : str
            The experiment's key.
        arm : str
            The arm's name.
        scale : {"smoke", "lite", "full"}
            The scale.

        Returns
        -------
        int
            As `n_seeds`, with `Size.seeds_before` where an experiment declares it.
        """
        shown = self._shown_by(experiment, arm)
        sizes = [(one.protocol.size(scale), one, name) for one, name in shown]
        return max(
            size.seeds_before or _declared_seeds(size, one, name) for size, one, name in sizes
        )

    def _shown_by(self, experiment: str, arm: str) -> list[tuple[Experiment, str]]:
        """Return the experiments that show an arm's runs, with its name in each."""
        home = self.owner(experiment, arm)
        return [
            (one, each.name)
            for one in self.experiments
            for each in one.arms
            if self.owner(one.key, each.name) == home
        ]


def _declared_seeds(size: Size, experiment: Experiment, arm: str) -> int:
    """Return the seeds that one experiment asks of an arm."""
    claimed = any(arm in claim.arms for claim in experiment.claims)
    return size.claim_seeds if claimed and size.claim_seeds is not None else size.seeds


def _check_shared(report: Report, experiment: Experiment, arm: Arm) -> None:
    """Raise if the owner of an arm trains something else."""
    home, owner = report.owner(experiment.key, arm.name)
    if owner.shared is not None:
        raise ExperimentError(
            f"{experiment.key}/{arm.name} shares the runs of {arm.shared}, which itself shares"
            f" those of {owner.shared}; name the last one."
        )
    if _trained(experiment, arm) != _trained(home, owner):
        raise ExperimentError(
            f"{experiment.key}/{arm.name} shares the runs of {home.key}/{owner.name}, but is"
            " declared otherwise; make their estimators, images, data and sizes equal."
        )


def _trained(experiment: Experiment, arm: Arm) -> Any:
    """Describe all that decides what a training learns."""
    protocol = experiment.protocol
    # Of a scale all but the seeds, which decide how often and not what.
    sizes = [
        replace(size, seeds=1, claim_seeds=None, seeds_before=None) for size in _sizes(protocol)
    ]
    data = [experiment.dataset, protocol.keep, protocol.subset_seed, sizes, protocol.holdouts]
    return describe([arm.estimator, arm.images, data])


def _sizes(protocol: Protocol) -> list[Size]:
    """Return the sizes of all scales."""
    return [protocol.size(scale) for scale in SCALES]


def _check_conditions(report: Report, experiment: Experiment) -> None:
    """Raise if the protocol of the owner lacks the treatment or the part of a metric."""
    said = [(one.arm, one.metric) for one in experiment.reported if one.arm is not None]
    compared = [(one.arm, one.metric) for claim in experiment.claims for one in claim.values]
    for arm, metric in [*said, *compared]:
        parsed = parse_metric(metric)
        home, _ = report.owner(experiment.key, arm)
        known = home.protocol.conditions(parsed.name)
        if parsed.condition is not None and parsed.condition not in known:
            raise ExperimentError(
                f"{experiment.key} reads {metric} of {arm}, but {home.key} declares these"
                f" for {parsed.name}: {', '.join(known) or 'none'}."
            )
