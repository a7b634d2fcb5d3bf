"""Comparisons that runs can support or contradict."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nnest.exceptions import ExperimentError
from nnest.experiments._metrics import EXACT, parse_metric

__all__ = ["AllOf", "Beyond", "CountLearning", "Expectation", "Greater", "Part", "Similar", "Value"]


@dataclass(frozen=True)
class Value:
    """One side of a comparison: a metric of an arm.

    Parameters
    ----------
    arm : str
        The arm's name.
    metric : str
        A name of the closed list of metrics.
    epoch : {"last", "best"} or int, default="last"
        After the last epoch, at the best one, or after so many epochs.

    Raises
    ------
    ExperimentError
        If there is no such metric or epoch rule.

    Examples
    --------
    >>> from nnest.experiments import Value
    >>> Value("plain", "fit_accuracy", epoch=1).label
    'fit_accuracy of plain after epoch 1'
    """

    arm: str
    metric: str
    epoch: int | str = "last"

    def __post_init__(self) -> None:
        """Refuse an unknown metric or epoch rule."""
        if parse_metric(self.metric).name in EXACT:
            raise ExperimentError(f"{self.metric} belongs to no run; no claim can compare it.")
        allowed = self.epoch >= 1 if isinstance(self.epoch, int) else self.epoch in ("last", "best")
        if not allowed:
            raise ExperimentError(
                f"The epoch rule is {self.epoch!r}; it must be 'last', 'best' or an integer"
                " from 1 on."
            )

    @property
    def label(self) -> str:
        """The value in words."""
        when = {"last": "", "best": " at its best epoch"}
        after = when.get(str(self.epoch), f" after epoch {self.epoch}")
        return f"{self.metric} of {self.arm}{after}"


@dataclass(frozen=True)
class Greater:
    """The first value is greater than the second by more than `by`; see `greater`.

    Parameters
    ----------
    a, b : Value
        The two sides.
    by : float, default=0.0
        The least difference; a negative one asks that a is not worse than b by as much.
    reason : str, default=""
        Why this `by`.

    Examples
    --------
    >>> from nnest.experiments import Greater, Value
    >>> Greater(Value("a", "test_loss"), Value("b", "test_loss")).label
    'test_loss of a > test_loss of b'
    """

    a: Value
    b: Value
    by: float = 0.0
    reason: str = ""

    def __post_init__(self) -> None:
        """Ask for a reason where there is a least difference."""
        _check_size("by", self.by, self.reason)

    @property
    def label(self) -> str:
        """The comparison in words."""
        sign = "+" if self.by > 0 else "-"
        return f"{self.a.label} > {self.b.label}" + (f" {sign} {abs(self.by):g}" if self.by else "")


@dataclass(frozen=True)
class Similar:
    """The two values differ by less than `margin`, or by more; see `similar` and `different`.

    Parameters
    ----------
    a, b : Value
        The two sides.
    margin : float
        The difference from which on they would not be called similar.
    reason : str
        Why this margin.
    unlike : bool, default=False
        Whether they differ by more, whichever is greater.

    Examples
    --------
    >>> from nnest.experiments import Similar, Value
    >>> a, b = Value("a", "test_accuracy"), Value("b", "test_accuracy")
    >>> Similar(a, b, margin=0.01, reason="a tenth of the errors").label
    'test_accuracy of a = test_accuracy of b within 0.01'
    """

    a: Value
    b: Value
    margin: float
    reason: str
    unlike: bool = False

    def __post_init__(self) -> None:
        """Ask for a positive margin and its reason."""
        _check_size("margin", self.margin, self.reason)
        if self.margin <= 0:
            raise ExperimentError(f"The margin is {self.margin}; it must be greater than zero.")

    @property
    def label(self) -> str:
        """The comparison in words."""
        if self.unlike:
            return f"{self.a.label} differs from {self.b.label} by more than {self.margin:g}"
        return f"{self.a.label} = {self.b.label} within {self.margin:g}"


@dataclass(frozen=True)
class Beyond:
    """The value is greater than a constant, or less; see `beyond` and `below`.

    Parameters
    ----------
    a : Value
        The value.
    constant : float
        What it exceeds, or stays below.
    reason : str
        Why this constant.
    less : bool, default=False
        Whether it stays below.

    Examples
    --------
    >>> from nnest.experiments import Beyond, Value
    >>> Beyond(Value("a", "test_accuracy"), 0.9, reason="the text says so").label
    'test_accuracy of a > 0.9'
    """

    a: Value
    constant: float
    reason: str
    less: bool = False

    def __post_init__(self) -> None:
        """Ask for the constant's reason."""
        if not math.isfinite(self.constant) or not self.reason:
            raise ExperimentError(
                f"The constant {self.constant} must be finite and needs a reason."
            )

    @property
    def label(self) -> str:
        """The comparison in words."""
        return f"{self.a.label} {'<' if self.less else '>'} {self.constant:g}"


@dataclass(frozen=True)
class CountLearning:
    """More networks of one arm learn than of another; see `count_learning`.

    Parameters
    ----------
    a, b : str
        The names of the two arms.

    Examples
    --------
    >>> from nnest.experiments import CountLearning
    >>> CountLearning("glorot", "zeros").label
    'more networks of glorot learn than of zeros'
    """

    a: str
    b: str

    @property
    def label(self) -> str:
        """The comparison in words."""
        return f"more networks of {self.a} learn than of {self.b}"


Part = Greater | Similar | Beyond | CountLearning


@dataclass(frozen=True)
class AllOf:
    """All parts hold together; see `all_of`.

    Parameters
    ----------
    parts : tuple of Greater, Similar, Beyond or CountLearning
        At least two comparisons.

    Examples
    --------
    >>> from nnest.experiments import all_of, beyond
    >>> from nnest.experiments import Value
    >>> high = beyond(Value("a", "test_accuracy"), 0.9, reason="the text")
    >>> low = beyond(Value("b", "test_accuracy"), 0.8, reason="the text")
    >>> all_of(high, low).label
    'test_accuracy of a > 0.9, and test_accuracy of b > 0.8'
    """

    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        """Refuse a single part."""
        if len(self.parts) < 2:
            raise ExperimentError(f"all_of has {len(self.parts)} part; it needs at least two.")

    @property
    def label(self) -> str:
        """The comparisons in words."""
        return ", and ".join(part.label for part in self.parts)


Expectation = Part | AllOf


def _check_size(name: str, size: float, reason: str) -> None:
    """Refuse a difference that is not finite, or given without its reason."""
    if not math.isfinite(size):
        raise ExperimentError(f"{name} is {size}; it must be a finite number.")
    if size and not reason:
        raise ExperimentError(f"{name}={size} needs a reason, declared before the first run.")
