"""What trains the arms of a declaration: what is missing, and only that."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from nnest._interrupts import interrupts_heard
from nnest.estimators import static_parameters
from nnest.experiments._circumstances import code_state
from nnest.experiments._jobs import Job, jobs_of, make_estimator
from nnest.experiments._report import Report
from nnest.experiments._train import TrainingSession, images_key
from nnest.population import checkpoints_kept, members_at_once
from nnest.results import ResultStore

__all__ = ["Outcome", "run"]

#: Seconds between looks at what other processes train.
_PAUSE = 1.0


@dataclass(frozen=True)
class Outcome:
    """What a request came to.

    Parameters
    ----------
    needed : int
        Trainings that the request needs.
    found : int
        Of these, recorded before.
    trained : int
        Of these, trained and recorded now.

    Examples
    --------
    >>> from nnest.experiments import Outcome
    >>> Outcome(needed=10, found=4, trained=3).left
    3
    """

    needed: int
    found: int
    trained: int

    @property
    def left(self) -> int:
        """Trainings that are still missing."""
        return self.needed - self.found - self.trained


def run(
    report: Report,
    experiment: str | None = None,
    *,
    store: ResultStore,
    scale: str = "lite",
    n_seeds: int | None = None,
    data_home: str | Path | None = None,
    progress: bool = True,
    allow_dirty: bool = False,
    budget: float | None = None,
) -> Outcome:
    """Train what is missing of a report, and record it.

    Trainings of one architecture on the same images are done together, as many as the device
    likes, and recorded as soon as they end. Stopped at any moment and called again, it goes on
    from a minute before, and ends with the numbers of an uninterrupted run. Several processes
    with the same folder share the work: none trains what another one is training.

    Parameters
    ----------
    report : Report
        The report.
    experiment : str or None, default=None
        One experiment's key; None is all.
    store : ResultStore
        Where records are kept.
    scale : {"smoke", "lite", "full"}, default="lite"
        The scale.
    n_seeds : int or None, default=None
        Seeds of every arm; None is as declared.
    data_home : str, Path or None, default=None
        The folder of the data sets; None is the usual one.
    progress : bool, default=True
        Whether to show a bar with the time left.
    allow_dirty : bool, default=False
        Whether to record real runs of code that is not committed; the record says so.
    budget : float or None, default=None
        Seconds after which no further training begins that would not end in time.

    Returns
    -------
    Outcome
        How many trainings there were, are, and are left.

    Raises
    ------
    ExperimentError
        If there is no such experiment or scale, or if the code has changes that are not committed.
    DatasetError
        If the data set cannot be had.
    ResultsError
        If records cannot be read or written.

    Examples
    --------
    >>> from nnest.experiments import run
    >>> from nnest.reports import get_report
    >>> from nnest.results import ResultStore
    >>> store = ResultStore("demo-results")
    >>> run(get_report("boyer-2019"), "final", store=store, scale="smoke")  # doctest: +SKIP
    Outcome(needed=2, found=0, trained=2)
    """
    jobs = jobs_of(report, experiment, scale=scale, n_seeds=n_seeds)
    store.check_writable(report.key)
    code = code_state(must_be_clean=scale != "smoke" and not allow_dirty, records=store.folder)
    missing = [job for job in jobs if not _recorded(store, report, job)]
    session = TrainingSession(report, code, data_home)
    clock = _Clock(budget, time.monotonic())
    trained = 0
    found = len(jobs) - len(missing)
    silent = not (progress and missing)
    with (
        interrupts_heard(),
        tqdm(total=len(missing), desc=report.key, unit="training", disable=silent) as bar,
    ):
        waiting = deque(_batches(missing))
        held_elsewhere = 0  # batches in a row that other processes train
        while waiting and clock.allows(waiting[0]):
            batch = waiting.popleft()
            bar.set_postfix_str(batch[0].name)
            with store.reserve([_key(report, job) for job in batch]) as ours:
                new = _train(batch, report, store, session, clock) if ours else 0
            if ours:
                held_elsewhere = 0
                trained += new
                found += len(batch) - new  # another process was faster
                bar.update(len(batch))
                continue
            waiting.append(batch)
            held_elsewhere += 1
            if held_elsewhere >= len(waiting):
                bar.set_postfix_str(f"{batch[0].name}, in another process")
                time.sleep(_PAUSE)
                held_elsewhere = 0
    return Outcome(len(jobs), found, trained)


def _train(
    batch: list[Job], report: Report, store: ResultStore, session: TrainingSession, clock: _Clock
) -> int:
    """Train and record what is missing of a batch, and return how many these were."""
    left = [job for job in batch if not _recorded(store, report, job)]
    if left:
        # Until all are recorded, so that none is trained again because its scores were interrupted.
        with clock.timed(left), checkpoints_kept():
            for record in session.records(left, store.folder / ".running"):
                store.append(record)
    return len(left)


def _batches(jobs: list[Job]) -> list[list[Job]]:
    """Return jobs that are worth training together, by the first of them."""
    unfilled: dict[str, list[Job]] = {}
    batches = []
    for job in jobs:
        estimator = make_estimator(job.arm, job.experiment.protocol.size(job.scale), job.seed)
        key = json.dumps([images_key(job), static_parameters(estimator)], default=repr)
        batch = unfilled.setdefault(key, [])
        if not batch:
            batches.append(batch)
        batch.append(job)
        if len(batch) >= members_at_once(estimator):
            del unfilled[key]
    return batches


def _key(report: Report, job: Job) -> tuple[str, str, str, int, str, str]:
    """Return the key that a job's record will have."""
    return (report.key, job.experiment.key, job.arm.name, job.seed, job.scale, job.digest)


def _recorded(store: ResultStore, report: Report, job: Job) -> bool:
    """Tell whether a training's record is there."""
    return _key(report, job) in store.keys(report.key, job.experiment.key)


@dataclass
class _Clock:
    """The durations of trainings, and what is left of a budget."""

    budget: float | None
    started: float
    longest: dict[tuple[str, str, int], float] = field(default_factory=dict)

    def allows(self, jobs: list[Job]) -> bool:
        """Tell whether these trainings would end in time, going by the ones before."""
        if self.budget is None:
            return True
        usual = max(self.longest.values(), default=0.0)
        expected = self.longest.get(self._place(jobs), usual)
        return time.monotonic() - self.started + expected <= self.budget

    @contextmanager
    def timed(self, jobs: list[Job]) -> Iterator[None]:
        """Take the time of trainings."""
        begun = time.monotonic()
        yield
        taken = time.monotonic() - begun
        self.longest[self._place(jobs)] = max(taken, self.longest.get(self._place(jobs), 0.0))

    @staticmethod
    def _place(jobs: list[Job]) -> tuple[str, str, int]:
        """Return what trainings of equal length have in common."""
        return jobs[0].experiment.key, jobs[0].arm.name, len(jobs)
