"""Numbers that a report states, and where ours is not the report's own set-up."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from nnest.exceptions import ExperimentError
from nnest.experiments._metrics import EXACT, parse_metric
from nnest.stats import Interval, rounding_interval

__all__ = ["Deviation", "Reported", "reported_confusion"]

Kind = Literal["random", "count", "exact", "time"]


@dataclass(frozen=True)
class Reported:
    """One number that a report states.

    Parameters
    ----------
    arm : str or None
        The arm that it is of; None for an exact number.
    metric : str
        Which metric of ours the report means.
    value : float
        The number, in the metric's unit.
    where : str
        Where the report states it.
    kind : {"random", "count", "exact", "time"}, default="random"
        How it is judged: as a training's result, as a cell of counts, as a number that no training
        decides, or not at all.
    runs : int, default=1
        Trainings that the number averages.
    statistic : {"mean", "median"}, default="mean"
        How it averages them.
    decimals : int, default=0
        Decimals of `value` as printed, so that it stands for its whole rounding interval.
    approximate : bool, default=False
        Whether the last digit may have been cut instead of rounded: the number then stands for
        everything from half a unit below it to one unit above.
    why : str, default=""
        Why this metric is the one meant.
    tolerance : float or None, default=None
        The widest half-width of our interval that is narrow enough to judge; None is the metric's
        own: 0.01 for accuracies, 20 % of the value for losses.
    compute : callable or None, default=None
        Computes our number where `kind` is "exact".
    not_comparable : int or None, default=None
        The number of the deviation for which this number cannot be compared.

    Raises
    ------
    ExperimentError
        If the parts do not fit each other.

    Examples
    --------
    >>> from nnest.experiments import Reported
    >>> number = Reported("final", "test_accuracy", 0.9875, "Section 4.4", decimals=4)
    >>> number.label
    'test_accuracy of final'
    """

    arm: str | None
    metric: str
    value: float
    where: str
    kind: Kind = "random"
    runs: int = 1
    statistic: Literal["mean", "median"] = "mean"
    decimals: int = 0
    approximate: bool = False
    why: str = ""
    tolerance: float | None = None
    compute: Callable[[], float] | None = None
    not_comparable: int | None = None

    def __post_init__(self) -> None:
        """Refuse parts that do not fit each other."""
        exact = parse_metric(self.metric).name in EXACT
        fits = exact == (self.kind == "exact") == (self.arm is None) == (self.compute is not None)
        if not fits:
            raise ExperimentError(
                f"{self.metric} is declared as {self.kind} of {self.arm}; an exact number has"
                " kind='exact', no arm and a compute function, and no other number has."
            )
        _check_choice("kind", self.kind, ("random", "count", "exact", "time"))
        _check_choice("statistic", self.statistic, ("mean", "median"))
        if self.runs < 1 or self.decimals < 0 or not math.isfinite(self.value):
            raise ExperimentError(
                f"{self.metric} has value={self.value}, runs={self.runs}, decimals="
                f"{self.decimals}; the value must be finite, runs at least 1, decimals at least 0."
            )
        if self.approximate and self._whole:
            raise ExperimentError(
                f"{self.metric} is a count of one training and approximate; such a count is whole"
                " as printed, so leave out approximate=True."
            )

    @property
    def label(self) -> str:
        """The number's name."""
        return self.metric if self.arm is None else f"{self.metric} of {self.arm}"

    @property
    def printed(self) -> Interval:
        """All numbers that the printed one stands for."""
        if self._whole:
            return Interval(self.value, self.value)
        low, high = rounding_interval(self.value, self.decimals)
        return Interval(low, self.value + 10.0**-self.decimals if self.approximate else high)

    @property
    def _whole(self) -> bool:
        """Whether the number is a count of one training, which nobody rounds."""
        return self.kind == "count" and self.runs == 1


@dataclass(frozen=True)
class Deviation:
    """A setting in which ours is not, or may not be, the report's own.

    Parameters
    ----------
    number : int
        Its number within the report.
    ours : str
        What we do.
    theirs : str
        What the report did, or that it does not say.
    why : str
        Why ours.
    source : str
        Where ours comes from.

    Examples
    --------
    >>> from nnest.experiments import Deviation
    >>> Deviation(1, "128 a batch", "not said", "a common choice", "an example of 2019").number
    1
    """

    number: int
    ours: str
    theirs: str
    why: str
    source: str

    @property
    def unsaid(self) -> bool:
        """Whether the report leaves the setting unsaid, so that ours is a choice."""
        return "not said" in self.theirs

    @property
    def of_machine(self) -> bool:
        """Whether it is about the machine, which decides times alone."""
        return "hardware" in self.theirs


def reported_confusion(
    arm: str, counts: Sequence[Sequence[int]], *, where: str, why: str = ""
) -> tuple[Reported, ...]:
    """Declare the cells of a confusion matrix, a number each.

    Parameters
    ----------
    arm : str
        The arm that it is of.
    counts : sequence of sequence of int
        Rows are true labels, columns predicted ones.
    where : str
        Where the report shows it.
    why : str, default=""
        Why rows and columns are read so.

    Returns
    -------
    tuple of Reported
        One count for each cell, row by row.

    Examples
    --------
    >>> from nnest.experiments import reported_confusion
    >>> cells = reported_confusion("final", [[5, 1], [0, 6]], where="Figure 1")
    >>> [(cell.metric, cell.value) for cell in cells][:2]
    [('test_confusion[0,0]', 5), ('test_confusion[0,1]', 1)]
    """
    return tuple(
        Reported(arm, f"test_confusion[{i},{j}]", count, where, kind="count", why=why)
        for i, row in enumerate(counts)
        for j, count in enumerate(row)
    )


def _check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    """Refuse a value that is not among the choices."""
    if value not in choices:
        raise ExperimentError(f"{name} is {value!r}; it must be one of {', '.join(choices)}.")
