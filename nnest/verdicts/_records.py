"""The recorded runs of a report: those that count for an arm, and those that do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nnest.exceptions import ExperimentError
from nnest.experiments import SCALES, Report, arm_digest
from nnest.results import ResultStore, Run
from nnest.verdicts._evidence import Evidence, common_seeds, is_complete

__all__ = ["IgnoredRun", "Records", "run_name"]

JUDGED_SCALES = ("full", "lite")
"""The scales of verdicts, the larger one first; smoke runs are never compared with a report."""


def run_name(experiment: str, arm: str, seed: int, scale: str) -> str:
    """Return how messages and tables name a run.

    Parameters
    ----------
    experiment, arm : str
        What was trained.
    seed : int
        With which seed.
    scale : str
        At which scale.

    Returns
    -------
    str
        The name.

    Examples
    --------
    >>> from nnest.verdicts import run_name
    >>> run_name("dropout", "0.5", 0, "lite")
    'dropout/0.5 seed 0 (lite)'
    """
    return f"{experiment}/{arm} seed {seed} ({scale})"


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
        return run_name(self.experiment, self.arm, self.seed, self.scale)


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
        self._evidence: dict[tuple[str, str, str], Evidence] = {}
        self._runs: dict[tuple[str, str, str, str], dict[int, Run]] = {}
        self.runs = tuple(store.read(report.key))
        for run in self.runs:
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
        place = (experiment, arm, scale)
        if place not in self._evidence:
            self._evidence[place] = self._collect(*place)
        return self._evidence[place]

    def _collect(self, experiment: str, arm: str, scale: str) -> Evidence:
        """Find the runs that count for an arm at one scale."""
        home, owner = self.report.owner(experiment, arm)
        if (home.key, owner.name) != (experiment, arm):
            return self.evidence(home.key, owner.name, scale)
        needed = self.report.n_seeds(experiment, arm, scale)
        before = self.report.n_seeds_before(experiment, arm, scale)
        digest = arm_digest(self.report, experiment, arm, scale)
        found = self._runs.get((experiment, arm, scale, digest), {})
        runs = {seed: found[seed] for seed in sorted(found) if seed < needed}
        file = self.store.path(self.report.key, experiment).relative_to(self.store.folder)
        return Evidence(file.as_posix(), arm, scale, digest, runs, needed, before)

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
        complete = [found for found in declared if is_complete(found)]
        paired = sorted(filter(common_seeds, each), key=lambda found: -len(common_seeds(found)))
        begun = [found for found in reversed(each) if any(one.runs for one in found)]
        return [*complete, *paired, *begun, each[-1]][0]

    def ignored(self) -> list[IgnoredRun]:
        """List the runs that belong to no arm as it is declared now, or to no declared seed.

        Returns
        -------
        list of IgnoredRun
            Each with the reason, in the order of their files.
        """
        return [
            IgnoredRun(run.experiment, run.arm, run.seed, run.scale, run.digest, why)
            for run, why in self._with_reasons()
            if why
        ]

    def diverged(self) -> list[str]:
        """Name the runs that count, at the scales of verdicts, and whose loss became infinite.

        Returns
        -------
        list of str
            They count in accuracies; their losses are no numbers.
        """
        return [
            run_name(run.experiment, run.arm, run.seed, run.scale)
            for run, why in self._with_reasons()
            if run.diverged and run.scale in JUDGED_SCALES and not why
        ]

    def _with_reasons(self) -> Iterator[tuple[Run, str]]:
        """Yield the first run of each key with the reason why it does not count, if it does not."""
        homes = {
            (one.key, arm.name)
            for one in self.report.experiments
            for arm in one.arms
            if arm.shared is None
        }
        for (experiment, arm, scale, digest), runs in self._runs.items():
            known = (experiment, arm) in homes and scale in SCALES
            evidence = self.evidence(experiment, arm, scale) if known else None
            for seed, run in runs.items():
                if (experiment, arm) not in homes:
                    yield run, "no arm keeps its runs there now"
                elif evidence is None or digest != evidence.digest:
                    yield run, "stale: settings, protocol or data are declared otherwise now"
                elif scale in JUDGED_SCALES and seed >= evidence.needed:
                    yield run, f"verdicts use the seeds 0 to {evidence.needed - 1}"
                else:
                    yield run, ""
