"""Numbers that a report states, and where ours is not the report's own set-up."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

from nnest.exceptions import ExperimentError
from nnest.experiments._metrics import EXACT, parse_metric
from nnest.stats import Interval, rounding_interval

__all__ = ["Deviation", "Reported"]

Kind = Literal["random", "count", "exact", "time"]

_NUMBER = re.compile(r"(?P<number>-?[0-9]+(\.(?P<digits>[0-9]+))?)( ?(?P<percent>%))?")
_CLOCK = re.compile(r"(?P<hours>[0-9]+):(?P<minutes>[0-5][0-9])")
_TIME = re.compile(
    r"(?=[0-9])((?P<hours>[0-9]+) h)?( ?(?P<minutes>[0-9]+) min)?( ?(?P<seconds>[0-9]+) s(ec)?)?"
)


class _Printed(NamedTuple):
    """What a printed text says: its value, its decimals, and the unit of its last digit."""

    value: float
    decimals: int = 0
    unit: float = 1.0


@dataclass(frozen=True)
class Reported:
    """One number that a report states.

    Its value, and the interval of all numbers that it stands for, come from the printed text alone.

    Parameters
    ----------
    arm : str or None
        The arm that it is of; None for an exact number.
    metric : str
        Which metric of ours the report means.
    printed : str
        The number as the report prints it: ``"0.9875"``, ``"98.75%"``; a time also as ``"62 sec"``,
        ``"1 h 55 min"`` or, in hours and minutes, ``"01:55"``.
    where : str
        Where the report states it.
    kind : {"random", "count", "exact", "time"}, default="random"
        How it is judged: as a training's result, as a cell of counts, as a number that no training
        decides, or not at all.
    runs : int, default=1
        Trainings that the number averages.
    statistic : {"mean", "median"}, default="mean"
        How it averages them.
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
        If the text is no number, or the parts do not fit each other.

    Examples
    --------
    >>> from nnest.experiments import Reported
    >>> number = Reported("final", "test_accuracy", "98.75%", "Section 4.4")
    >>> number.value, number.decimals
    (0.9875, 4)
    >>> number.label
    'test_accuracy of final'
    """

    arm: str | None
    metric: str
    printed: str
    where: str
    kind: Kind = "random"
    runs: int = 1
    statistic: Literal["mean", "median"] = "mean"
    approximate: bool = False
    why: str = ""
    tolerance: float | None = None
    compute: Callable[[], float] | None = None
    not_comparable: int | None = None

    def __post_init__(self) -> None:
        """Check that the text is a number and that the parts fit each other."""
        name = parse_metric(self.metric).name
        exact = name in EXACT
        fits = exact == (self.kind == "exact") == (self.arm is None) == (self.compute is not None)
        if not fits:
            raise ExperimentError(
                f"{self.metric} is declared as {self.kind} of {self.arm}; an exact number has"
                " kind='exact', no arm and a compute function, and no other number has."
            )
        _check_choice("kind", self.kind, ("random", "count", "exact", "time"))
        _check_choice("statistic", self.statistic, ("mean", "median"))
        if self.runs < 1:
            raise ExperimentError(f"{self.metric} has runs={self.runs}; it must be at least 1.")
        if self.tolerance is not None and self.tolerance < 0:
            raise ExperimentError(
                f"{self.metric} has tolerance={self.tolerance}; it must be 0 or more."
            )
        _read(self.metric, self.printed)
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
    def value(self) -> float:
        """The number in the metric's unit: shares from 0 to 1, seconds."""
        return _read(self.metric, self.printed).value

    @property
    def decimals(self) -> int:
        """How many decimals of the value are printed."""
        return _read(self.metric, self.printed).decimals

    @property
    def interval(self) -> Interval:
        """All numbers that the printed one stands for."""
        return self.interval_of(self.value)

    def interval_of(self, value: float) -> Interval:
        """Return all numbers that a value stands for once it is printed like this one.

        Parameters
        ----------
        value : float
            A value of the metric.

        Returns
        -------
        Interval
            The value itself for a count of one training, else all that is rounded to it.

        Examples
        --------
        >>> from nnest.experiments import Reported
        >>> Reported("final", "test_loss", "0.5", "Section 4").interval_of(0.26)
        Interval(low=0.25, high=0.35)
        """
        if self._whole:
            return Interval(value, value)
        _, decimals, unit = _read(self.metric, self.printed)
        if unit > 1:
            shown = unit * round(value / unit)
            return Interval(shown - unit / 2, shown + (unit if self.approximate else unit / 2))
        low, high = rounding_interval(round(value, decimals), decimals)
        return Interval(low, round(value, decimals) + unit if self.approximate else high)

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
    unsaid : bool, default=False
        Whether the report leaves the setting unsaid, so that ours is a choice.
    of_machine : bool, default=False
        Whether it is about the machine, which decides times alone.

    Examples
    --------
    >>> from nnest.experiments import Deviation
    >>> Deviation(1, "128 a batch", "not said", "a common choice", "an example", unsaid=True).number
    1
    """

    number: int
    ours: str
    theirs: str
    why: str
    source: str
    unsaid: bool = False
    of_machine: bool = False


def _read(metric: str, printed: object) -> _Printed:
    """Return what a printed text says of a metric; only seconds are printed as times."""
    # A float has lost its last zeros, and with them how far it was rounded.
    text = printed if isinstance(printed, str) else ""
    if found := _NUMBER.fullmatch(text):
        decimals = len(found["digits"] or "") + (2 if found["percent"] else 0)
        number = Decimal(found["number"]).scaleb(-2 if found["percent"] else 0)
        return _Printed(float(number) if decimals else int(number), decimals, 10.0**-decimals)
    found = _CLOCK.fullmatch(text) or _TIME.fullmatch(text)
    if found is None or metric != "seconds":
        raise ExperimentError(
            f"{metric} is printed as {printed!r}; give the text of a number, such as '0.9875' or"
            " '98.75%', and of a time '62 sec', '1 h 55 min' or '01:55'."
        )
    parts = {name: int(part) for name, part in found.groupdict().items() if part is not None}
    lengths = {"hours": 3600, "minutes": 60, "seconds": 1}
    value = sum(lengths[name] * part for name, part in parts.items())
    return _Printed(value, unit=float(lengths[min(parts, key=lengths.__getitem__)]))


def _check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    """Raise if a value is not among the choices."""
    if value not in choices:
        raise ExperimentError(f"{name} is {value!r}; it must be one of {', '.join(choices)}.")
