"""The recorded runs of a report: those that count for an arm, and those that do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from nnest.exceptions import ExperimentError
from nnest.experiments import SCALES, Report, arm_digest
from nnest.results import ResultStore, Run

__all__ = ["Evidence", "IgnoredRun", "Records"]

JUDGED_SCALES = ("full", "lite")
"""The scales of verdicts, the larger one first; smoke runs are never compared with a report."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """The runs that count for one arm at one scale.

    Parameters
    ----------
    file : str
        Where they are recorded, within the folder of the records.
    arm : str
        The arm's name there.
    scale : str
        The scale.
    digest : str
        The digest that their records have.
    runs : mapping of int to Run
        The runs by seed, declared seeds only.
    needed : int
        How many seeds are declared.
    before : int or None, default=None
        How many were declared before; None is as many as now.
    waiting : tuple of two int or None, default=None
        Where these are the seeds that were declared before: how many of how many are recorded now.

    Examples
    --------
    >>> from nnest.verdicts import Evidence
    >>> Evidence("demo/dropout.jsonl", "none", "lite", "d0", {}, needed=5).complete
    False
    """

    file: str
    arm: str
    scale: str
    digest: str
    runs: Mapping[int, Run]
    needed: int
    before: int | None = None
    waiting: tuple[int, int] | None = None

    @property
    def complete(self) -> bool:
        """Whether all declared seeds are there."""
        return len(self.runs) == self.needed

    def as_before(self) -> Evidence:
        """Return the runs of the seeds that were declared before.

        Returns
        -------
        Evidence
            With the seeds 0 to `before` - 1, of which all are needed.
        """
        needed = self.before or self.needed
        return replace(
            self,
            runs={seed: run for seed, run in self.runs.items() if seed < needed},
            needed=needed,
            waiting=(len(self.runs), self.needed) if needed < self.needed else None,
        )


def fewest_needed(found: Sequence[Evidence]) -> int:
    """Return how many seeds can be paired where every arm has those that are declared."""
    return min(one.needed for one in found)


def common_seeds(found: Sequence[Evidence]) -> list[int]:
    """Return the seeds, of those that can be paired, that every arm has."""
    return [seed for seed in range(fewest_needed(found)) if all(seed in e.runs for e in found)]


def waiting_note(found: Sequence[Evidence]) -> str:
    """Say how many of the seeds that are declared now are there, where older ones are used."""
    waiting = [one.waiting for one in found if one.waiting is not None]
    if not waiting:
        return ""
    recorded, declared = min(waiting)
    return (
        f"{recorded} of {declared} seeds, not judged; this is of the {fewest_needed(found)} before"
    )


def _is_complete(found: Sequence[Evidence]) -> bool:
    """Tell whether all arms have the declared seeds."""
    return len(common_seeds(found)) == fewest_needed(found)


@dataclass(frozen=True)
class IgnoredRun:
    """A recorded run that no verdict uses.

    Parameters
    ----------
    experiment, arm : str
        What was trained.
    seed : int
        With which seed.
    scale : str
        At which scale.
    digest : str
        The digest of its record.
    why : str
        Why it is not used.

    Examples
    --------
    >>> from nnest.verdicts import IgnoredRun
    >>> IgnoredRun("dropout", "0.5", 0, "lite", "d0", "there is no such arm now").name
    'dropout/0.5 seed 0 (lite)'
    """

    experiment: str
    arm: str
    seed: int
    scale: str
    digest: str
    why: str

    @property
    def name(self) -> str:
        """The run's name."""
        return f"{self.experiment}/{self.arm} seed {self.seed} ({self.scale})"


class Records:
    """All recorded runs of a report, read once.

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
    >>> from nnest.reports import get_report
    >>> from nnest.verdicts import Records
    >>> from nnest.results import ResultStore
    >>> records = Records(get_report("boyer-2019"), ResultStore("no/such/folder"))
    >>> records.evidence("final", "final", "lite").needed
    10
    """

    def __init__(self, report: Report, store: ResultStore) -> None:
        self.report = report
        self.store = store
        self._digests: dict[tuple[str, str, str], str] = {}
        self._runs: dict[tuple[str, str, str, str], dict[int, Run]] = {}
        for run in store.read(report.key):
            place = (run.experiment, run.arm, run.scale, run.digest)
            self._runs.setdefault(place, {}).setdefault(run.seed, run)

    def evidence(self, experiment: str, arm: str, scale: str) -> Evidence:
        """Return the runs that count for an arm at one scale.

        Parameters
        ----------
        experiment : str
            The experiment's key.
        arm : str
            The arm's name there; a shared arm has its owner's runs.
        scale : {"smoke", "lite", "full"}
            The scale.

        Returns
        -------
        Evidence
            The runs of the declared seeds.
        """
        home, owner = self.report.owner(experiment, arm)
        needed = self.report.n_seeds(experiment, arm, scale)
        digest = self._digest(home.key, owner.name, scale)
        found = self._runs.get((home.key, owner.name, scale, digest), {})
        before = self.report.n_seeds_before(experiment, arm, scale)
        runs = {seed: found[seed] for seed in sorted(found) if seed < needed}
        file = self.store.path(self.report.key, home.key).relative_to(self.store.folder)
        return Evidence(file.as_posix(), owner.name, scale, digest, runs, needed, before)

    def largest(
        self, experiment: str, arms: Sequence[str], scale: str | None = None
    ) -> list[Evidence]:
        """Return the runs of some arms at the largest scale at which all have the declared seeds.

        Parameters
        ----------
        experiment : str
            The experiment's key.
        arms : sequence of str
            The arms' names there.
        scale : {"lite", "full"} or None, default=None
            Look at this scale alone.

        Returns
        -------
        list of Evidence
            One for each arm, all of one scale. Where they lack declared seeds, but have those that
            were declared before, these. Where they lack seeds at each scale, the one at which the
            most are recorded for all, else the smallest that has begun.

        Raises
        ------
        ExperimentError
            If the scale is one whose runs are not judged.
        """
        if scale not in (None, *JUDGED_SCALES):
            raise ExperimentError(
                f"Runs at scale {scale!r} are not compared with a report; choose 'lite' or 'full'."
            )
        scales = JUDGED_SCALES if scale is None else (scale,)
        each = [[self.evidence(experiment, arm, one) for arm in arms] for one in scales]
        declared = [those for found in each for those in (found, [e.as_before() for e in found])]
        complete = [found for found in declared if _is_complete(found)]
        paired = sorted(filter(common_seeds, each), key=lambda found: -len(common_seeds(found)))
        begun = [found for found in reversed(each) if any(one.runs for one in found)]
        return [*complete, *paired, *begun, each[-1]][0]

    def unused(self) -> list[IgnoredRun]:
        """List the runs that belong to no arm as it is declared now, or to no declared seed.

        Returns
        -------
        list of IgnoredRun
            Each with the reason, in the order of their files.
        """
        found = []
        for (experiment, arm, scale, digest), runs in self._runs.items():
            for seed in runs:
                why = self._why_unused(experiment, arm, scale, digest, seed)
                if why:
                    found.append(IgnoredRun(experiment, arm, seed, scale, digest, why))
        return found

    def diverged(self) -> list[Run]:
        """List the runs that count, at the scales of verdicts, and whose loss became infinite.

        Returns
        -------
        list of Run
            They count in accuracies; their losses are no numbers.
        """
        return [
            run
            for (experiment, arm, scale, digest), runs in self._runs.items()
            for seed, run in runs.items()
            if run.diverged
            and scale in JUDGED_SCALES
            and not self._why_unused(experiment, arm, scale, digest, seed)
        ]

    def _why_unused(self, experiment: str, arm: str, scale: str, digest: str, seed: int) -> str:
        """Say why a run does not count, or nothing if it does."""
        if (experiment, arm) not in self._homes():
            return "no arm keeps its runs there now"
        if scale not in SCALES or digest != self._digest(experiment, arm, scale):
            return "stale: settings, protocol or data are declared otherwise now"
        needed = self.report.n_seeds(experiment, arm, scale)
        if scale in JUDGED_SCALES and seed >= needed:
            return f"verdicts use the seeds 0 to {needed - 1}"
        return ""

    def _homes(self) -> set[tuple[str, str]]:
        """Return all experiments and arms that keep runs."""
        return {
            (one.key, arm.name)
            for one in self.report.experiments
            for arm in one.arms
            if arm.shared is None
        }

    def _digest(self, experiment: str, arm: str, scale: str) -> str:
        """Return the digest of records that count, computed once."""
        place = (experiment, arm, scale)
        if place not in self._digests:
            self._digests[place] = arm_digest(self.report, *place)
        return self._digests[place]
