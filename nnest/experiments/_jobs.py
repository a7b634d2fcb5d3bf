"""The trainings that a declaration needs, and the digests that their records must have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sklearn.base import clone

from nnest.exceptions import ExperimentError
from nnest.experiments._arms import Arm
from nnest.experiments._digest import describe
from nnest.experiments._experiment import Experiment
from nnest.experiments._images import data_digest
from nnest.experiments._protocol import Size
from nnest.experiments._report import Report
from nnest.results import RECORD_FORMAT, digest_of

__all__ = ["Job", "arm_digest", "jobs_of", "make_estimator", "parameters_of"]


@dataclass(frozen=True, eq=False)
class Job:
    """One training that a request needs.

    Parameters
    ----------
    experiment : Experiment
        The experiment that holds the record.
    arm : Arm
        Its arm.
    seed : int
        The seed.
    scale : {"smoke", "lite", "full"}
        The scale.
    digest : str
        The digest over parameters, protocol, data and record format.

    Examples
    --------
    >>> from nnest.experiments import jobs_of
    >>> from nnest.reports import get_report
    >>> jobs_of(get_report("boyer-2019"), "final", scale="smoke")[1].seed
    1
    """

    experiment: Experiment
    arm: Arm
    seed: int
    scale: str
    digest: str

    @property
    def name(self) -> str:
        """The job's name for a progress bar."""
        return f"{self.experiment.key}/{self.arm.name} seed {self.seed}"


def arm_digest(report: Report, experiment: str, arm: str, scale: str) -> str:
    """Return the digest that records of an arm must have to count.

    Parameters
    ----------
    report : Report
        The report.
    experiment : str
        The experiment's key.
    arm : str
        The arm's name there; for a shared arm the digest is its owner's.
    scale : {"smoke", "lite", "full"}
        The scale.

    Returns
    -------
    str
        SHA-256 over parameters, protocol, data and record format.

    Examples
    --------
    >>> from nnest.experiments import arm_digest
    >>> from nnest.reports import get_report
    >>> report = get_report("boyer-2019")
    >>> shared = arm_digest(report, "dropout", "0.3", "lite")
    >>> shared == arm_digest(report, "final", "final", "lite")
    True
    """
    home, owner = report.owner(experiment, arm)
    what = parameters_of(home, owner, scale)
    data = data_digest(home, scale)
    return digest_of({"parameters": what, "data": data, "record_format": RECORD_FORMAT})


def jobs_of(
    report: Report,
    experiment: str | None = None,
    *,
    scale: str = "lite",
    n_seeds: int | None = None,
) -> list[Job]:
    """List the trainings that a report or an experiment needs.

    Parameters
    ----------
    report : Report
        The report.
    experiment : str or None, default=None
        One experiment's key; None is all.
    scale : {"smoke", "lite", "full"}, default="lite"
        The scale.
    n_seeds : int or None, default=None
        Seeds of every arm; None is as declared.

    Returns
    -------
    list of Job
        By seed first, so that a run that is cut off leaves all arms alike; a shared arm once.

    Raises
    ------
    ExperimentError
        If there is no such experiment or scale.

    Examples
    --------
    >>> from nnest.experiments import jobs_of
    >>> from nnest.reports import get_report
    >>> len(jobs_of(get_report("boyer-2019"), "dropout", scale="smoke", n_seeds=1))
    5
    """
    if n_seeds is not None and n_seeds < 1:
        raise ExperimentError(f"The number of seeds is {n_seeds}; it must be at least 1.")
    wanted = [report.experiment(experiment)] if experiment else list(report.experiments)
    jobs = {}
    for one in wanted:
        for arm in one.arms:
            for job in _jobs_of_arm(report, one, arm, scale, n_seeds):
                jobs[job.experiment.key, job.arm.name, job.seed] = job
    return sorted(jobs.values(), key=lambda job: job.seed)


def parameters_of(experiment: Experiment, arm: Arm, scale: str) -> dict[str, Any]:
    """Describe all that decides the numbers of a training, but its data and its seed."""
    protocol = experiment.protocol
    size = protocol.size(scale)
    # What came later is left out where it is not used, so that it makes no older record stale.
    later = {
        "channels": size.channels,
        "classes": size.classes,
        "holdouts": describe(protocol.holdouts),
        "modes": describe(protocol.modes),
        "gradient_steps": protocol.gradient_steps,
        "kernel_norms": describe(protocol.kernel_norms),
        "semantics": arm.semantics,
    }
    return {
        "estimator": describe(make_estimator(arm, size)),
        "images": describe(arm.images),
        "protocol": {
            "dataset": size.dataset or experiment.dataset,
            "epochs": size.epochs,
            "keep": describe(protocol.keep),
            "n_train": size.n_train,
            "shape": describe(size.shape),
            "subset_seed": protocol.subset_seed,
            "test_images": describe(protocol.test_images),
            **{name: value for name, value in later.items() if value},
        },
    }


def make_estimator(arm: Arm, size: Size, seed: int | None = None) -> Any:
    """Make an arm's estimator as a scale trains it."""
    settings = {} if size.batch_size is None else {"batch_size": size.batch_size}
    return clone(arm.estimator).set_params(epochs=size.epochs, random_state=seed, **settings)


def _jobs_of_arm(
    report: Report, experiment: Experiment, arm: Arm, scale: str, n_seeds: int | None
) -> Iterator[Job]:
    """Yield the trainings of one arm."""
    home, owner = report.owner(experiment.key, arm.name)
    declared = report.n_seeds(experiment.key, arm.name, scale)
    digest = arm_digest(report, experiment.key, arm.name, scale)
    for seed in range(declared if n_seeds is None else n_seeds):
        yield Job(home, owner, seed, scale, digest)
