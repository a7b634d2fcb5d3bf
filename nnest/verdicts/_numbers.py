"""Verdicts on the numbers that a report states, computed from recorded runs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnest.experiments import Experiment, Reported, metric_values, parse_metric
from nnest.stats import Interval
from nnest.verdicts._bounds import within
from nnest.verdicts._chance import chance_can_miss, expected_limits, missed_by_chance
from nnest.verdicts._evidence import FEWEST_SEEDS, Evidence, Source, waiting_note
from nnest.verdicts._records import Records
from nnest.verdicts._verdict import Verdict, join_notes

__all__ = ["NumberVerdict", "judge_number"]

ACCURACY_TOLERANCE = 0.01
LOSS_TOLERANCE = 0.2

_NOTHING = Interval(math.nan, math.nan)


@dataclass(frozen=True, kw_only=True)
class NumberVerdict:
    """A number that a report states beside ours.

    Parameters
    ----------
    experiment : str
        The experiment's key.
    arm : str or None
        The arm that it is of; None for an exact number.
    metric : str
        Which metric of ours the report means.
    label : str
        The number's name.
    where : str
        Where the report states it.
    kind : {"random", "count", "exact", "time"}
        How it is judged.
    reported : float
        The report's number.
    decimals : int
        Its decimals as printed.
    approximate : bool
        Whether its last digit may have been cut instead of rounded.
    mean : float
        Ours: the mean over the seeds, or what an exact number is computed to be; NaN if there is
        none.
    low, high : float
        The limits between which a training like the report's is expected, 95 % of the time, as far
        as the metric reaches.
    by_chance : float
        How many of our own trainings, each printed as the report prints, lie outside the limits of
        the others: the share that chance puts outside. 0 where there are no limits.
    can_miss : bool
        Whether chance can put a number outside at all. It cannot where the report prints so few
        digits that a training twice as far out as the limits would be printed as one that agrees:
        such a number carries no information.
    n : int
        Our trainings; 0 for an exact number.
    needed : int
        The trainings that are declared.
    scale : str
        At which scale; "exact" for an exact number, "" where nothing is recorded.
    size : str
        The scale, or "own size, other data" where full runs stand for other data.
    verdict : Verdict
        AGREES, HIGHER, LOWER, UNDECIDED, EQUAL or DIFFERS; or why there is none: NOT_AT_SIZE,
        OTHER_DATA, NOT_COMPARABLE, NOT_JUDGED, NO_RECORDS.
    note : str
        What else there is to say.
    deviations : tuple of int
        The numbers of the experiment's deviations.
    unsaid : tuple of int
        Those of settings that the report leaves unsaid: the verdict rests on how we set them.
    source : Source or None
        The records.
    arm_words : str, default="{0}"
        What readers see in place of arms' names, as `Experiment.arm_words`.

    Examples
    --------
    >>> from nnest.reports import get_report
    >>> from nnest.verdicts import judge
    >>> from nnest.results import ResultStore
    >>> verdicts = judge(get_report("boyer-2019"), ResultStore("no/such/folder"))
    >>> [(one.label, one.verdict.value) for one in verdicts.numbers][2:4]
    [('kernel[1,1]', 'equal'), ('test_accuracy of final', 'no records')]
    """

    experiment: str
    arm: str | None
    metric: str
    label: str
    where: str
    kind: str
    reported: float
    decimals: int
    approximate: bool
    mean: float
    low: float
    high: float
    by_chance: float
    can_miss: bool
    n: int
    needed: int
    scale: str
    size: str
    verdict: Verdict
    note: str
    deviations: tuple[int, ...]
    unsaid: tuple[int, ...]
    source: Source | None
    arm_words: str = "{0}"

    @property
    def judged(self) -> bool:
        """Whether the verdict is one."""
        return self.verdict.judged

    @property
    def stated(self) -> str:
        """The report's number as it is printed; "about" if its last digit may have been cut."""
        number = f"{self.reported:.{self.decimals}f}"
        return f"about {number}" if self.approximate else number

    @property
    def difference(self) -> float:
        """Ours minus the report's."""
        return self.mean - self.reported


def judge_number(
    records: Records, experiment: Experiment, number: Reported, scale: str | None = None
) -> NumberVerdict:
    r"""Judge one number that a report states.

    Parameters
    ----------
    records : Records
        The recorded runs of the report.
    experiment : Experiment
        The experiment that declares the number.
    number : Reported
        The number.
    scale : {"lite", "full"} or None, default=None
        Look at this scale alone; None takes the largest that is complete.

    Returns
    -------
    NumberVerdict
        Ours beside theirs.

    Notes
    -----
    A training's result is compared with the prediction interval
    :math:`\bar x \pm t_{0.975, n-1}\, s \sqrt{1 / runs + 1 / n}`, a cell of counts with limits
    whose variance is at least Poisson's. The report's number stands for its whole rounding
    interval, or for one that reaches a whole unit up where the last digit may have been cut; a
    count of one training stands for itself.
    """
    if number.arm is None:
        return _row(experiment, number, _judge_exact(number), None)
    (evidence,) = records.largest(experiment.key, [number.arm], scale)
    return _row(experiment, number, _judge_runs(experiment, number, evidence), evidence)


class _Ours(NamedTuple):
    """Our number, and what it says of theirs."""

    mean: float
    limits: Interval
    verdict: Verdict
    note: str = ""
    by_chance: float = 0.0
    can_miss: bool = True


def _judge_exact(number: Reported) -> _Ours:
    """Compute an exact number, and compare it with what is printed."""
    ours = float(number.compute()) if number.compute is not None else math.nan
    limits = Interval(ours, ours)
    if number.not_comparable is not None:
        why = f"see deviation {number.not_comparable}"
        return _Ours(ours, limits, Verdict.NOT_COMPARABLE, why)
    equal = number.interval.overlaps(limits)
    return _Ours(ours, limits, Verdict.EQUAL if equal else Verdict.DIFFERS)


def _judge_runs(experiment: Experiment, number: Reported, evidence: Evidence) -> _Ours:
    """Compare a number with recorded runs, or say why that cannot be done."""
    values = metric_values(evidence.runs, number.metric)
    mean = float(values.mean()) if values.size else math.nan
    bad = int((~np.isfinite(values)).sum())
    known = values.size >= FEWEST_SEEDS and not bad
    limits = expected_limits(number, values, evidence) if known else _NOTHING
    note = join_notes(f"{bad} of {values.size} diverged" if bad else "", waiting_note([evidence]))
    obstacle, why = _obstacle(experiment, number, values, evidence)
    if obstacle is not None:
        return _Ours(mean, limits, obstacle, join_notes(why, note))
    if bad:
        return _Ours(mean, limits, Verdict.UNDECIDED, note)
    can_miss = chance_can_miss(number, limits, mean)
    by_chance = missed_by_chance(number, values, evidence)
    return _Ours(mean, limits, _compare(number, mean, limits), note, by_chance, can_miss)


def _obstacle(
    experiment: Experiment, number: Reported, values: NDArray[Any], evidence: Evidence
) -> tuple[Verdict | None, str]:
    """Name what stands in the way of a verdict, if anything does, and say more of it."""
    if not values.size:
        return Verdict.NO_RECORDS, f"0 of {evidence.needed} seeds recorded"
    other = size_word(experiment, evidence.scale) == Verdict.OTHER_DATA
    if other and number.kind != "time":
        return Verdict.OTHER_DATA, f"it stands for {experiment.stands_for}"
    if number.not_comparable is not None:
        return Verdict.NOT_COMPARABLE, f"see deviation {number.not_comparable}"
    if number.kind == "time":
        return Verdict.NOT_JUDGED, "a time says as much about the machine"
    if not evidence.complete:
        return Verdict.NOT_JUDGED, f"{values.size} of {evidence.needed} seeds"
    if values.size < FEWEST_SEEDS:
        return Verdict.NOT_JUDGED, f"{values.size} seed declared, an interval needs {FEWEST_SEEDS}"
    if evidence.scale != "full":
        return Verdict.NOT_AT_SIZE, ""
    return None, ""


def _compare(number: Reported, mean: float, limits: Interval) -> Verdict:
    """Compare what is printed with where a training like it is expected."""
    if not number.interval.overlaps(limits):
        return Verdict.HIGHER if mean > number.value else Verdict.LOWER
    return Verdict.AGREES if limits.half_width <= _tolerance(number) else Verdict.UNDECIDED


def _tolerance(number: Reported) -> float:
    """Return the widest half-width of an interval that is narrow enough to agree."""
    if number.tolerance is not None:
        return number.tolerance
    if number.kind == "count":
        return math.inf
    name = parse_metric(number.metric).name
    return LOSS_TOLERANCE * abs(number.value) if name.endswith("loss") else ACCURACY_TOLERANCE


def deviation_numbers(experiment: Experiment) -> tuple[int, ...]:
    """Return the numbers of an experiment's deviations."""
    return tuple(sorted(one.number for one in experiment.deviations))


def unsaid_settings(experiment: Experiment, metrics: Iterable[str]) -> tuple[int, ...]:
    """Return the numbers of the deviations for settings that the report leaves unsaid."""
    times = "seconds" in metrics
    unsaid = [one for one in experiment.deviations if one.unsaid and (times or not one.of_machine)]
    return tuple(sorted(one.number for one in unsaid))


def size_word(experiment: Experiment, scale: str) -> str:
    """Return a scale as verdicts name it: full runs on other data are not the report's own.

    Parameters
    ----------
    experiment : Experiment
        The experiment whose runs have that scale.
    scale : str
        The scale.

    Returns
    -------
    str
        "own size, other data" for full runs on data that stand for others, else the scale.

    Examples
    --------
    >>> from nnest.reports import get_report
    >>> from nnest.verdicts import size_word
    >>> size_word(get_report("boyer-2019").experiment("final"), "full")
    'full'
    """
    return Verdict.OTHER_DATA if scale == "full" and experiment.stands_for else scale


def _row(
    experiment: Experiment, number: Reported, ours: _Ours, evidence: Evidence | None
) -> NumberVerdict:
    """Put a number and its verdict together."""
    recorded = evidence is not None and bool(evidence.runs)
    scale = "exact" if evidence is None else (evidence.scale if recorded else "")
    shown = within(ours.limits, parse_metric(number.metric).bounds)
    return NumberVerdict(
        experiment=experiment.key,
        arm=number.arm,
        metric=number.metric,
        label=number.label,
        where=number.where,
        kind=number.kind,
        reported=number.value,
        decimals=number.decimals,
        approximate=number.approximate,
        mean=ours.mean,
        low=shown.low,
        high=shown.high,
        by_chance=ours.by_chance,
        can_miss=ours.can_miss,
        n=len(evidence.runs) if evidence else 0,
        needed=evidence.needed if evidence else 0,
        scale=scale,
        size=size_word(experiment, scale),
        verdict=ours.verdict,
        note=ours.note,
        deviations=deviation_numbers(experiment),
        unsaid=unsaid_settings(experiment, [number.metric]) if evidence is not None else (),
        source=evidence.source if evidence and recorded else None,
        arm_words=experiment.arm_words,
    )
