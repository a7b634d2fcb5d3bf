"""Comparisons that runs can support or contradict."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from nnest.exceptions import ExperimentError
from nnest.experiments._values import Value

__all__ = [
    "Above",
    "AllOf",
    "Below",
    "Bound",
    "CountLearning",
    "Different",
    "Equivalence",
    "Expectation",
    "Greater",
    "Part",
    "Similar",
]


@dataclass(frozen=True)
class Greater:
    """The first value is greater than the second.

    Parameters
    ----------
    a : Value
        The side said to be greater.
    b : Value
        The other side.
    by : float, default=0.0
        The least difference; a negative one asks that a is not worse than b by as much.
    reason : str, default=""
        Why this `by`; needed unless it is zero.

    Raises
    ------
    ExperimentError
        If `by` is not zero and has no reason, or is not finite.

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
class Equivalence:
    """What `Similar` and `Different` have in common: two values and a margin.

    Parameters
    ----------
    a, b : Value
        The two sides.
    margin : float
        The difference from which on they would not be called similar.
    reason : str
        Why this margin.

    Raises
    ------
    ExperimentError
        If the margin is not positive or has no reason.

    Examples
    --------
    >>> from nnest.experiments import Different, Equivalence, Value
    >>> a, b = Value("a", "test_loss"), Value("b", "test_loss")
    >>> isinstance(Different(a, b, 0.02, "a tenth"), Equivalence)
    True
    """

    a: Value
    b: Value
    margin: float
    reason: str
    unlike: ClassVar[bool]

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


class Similar(Equivalence):
    """The two values differ by less than a margin.

    Parameters
    ----------
    a, b : Value
        The two sides.
    margin : float
        The difference from which on they would not be called similar.
    reason : str
        Why this margin.

    Raises
    ------
    ExperimentError
        If the margin is not positive or has no reason.

    Examples
    --------
    >>> from nnest.experiments import Similar, Value
    >>> a, b = Value("a", "test_accuracy"), Value("b", "test_accuracy")
    >>> Similar(a, b, 0.01, "a tenth of the errors").label
    'test_accuracy of a = test_accuracy of b within 0.01'
    """

    unlike = False


class Different(Equivalence):
    """The two values differ by more than a margin, whichever is greater.

    Parameters
    ----------
    a, b : Value
        The two sides.
    margin : float
        The difference from which on they would not be called similar.
    reason : str
        Why this margin.

    Raises
    ------
    ExperimentError
        If the margin is not positive or has no reason.

    Examples
    --------
    >>> from nnest.experiments import Different, Value
    >>> a, b = Value("a", "test_loss"), Value("b", "test_loss")
    >>> Different(a, b, 0.02, "a tenth").label
    'test_loss of a differs from test_loss of b by more than 0.02'
    """

    unlike = True


@dataclass(frozen=True)
class Bound:
    """What `Above` and `Below` have in common: a value and a constant.

    Parameters
    ----------
    a : Value
        The value.
    constant : float
        What it exceeds, or stays below.
    reason : str
        Why this constant.

    Raises
    ------
    ExperimentError
        If the constant is not finite or has no reason.

    Examples
    --------
    >>> from nnest.experiments import Below, Bound, Value
    >>> isinstance(Below(Value("a", "test_loss"), 0.1, "the text says so"), Bound)
    True
    """

    a: Value
    constant: float
    reason: str
    less: ClassVar[bool]

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


class Above(Bound):
    """The value is greater than a constant.

    Parameters
    ----------
    a : Value
        The value.
    constant : float
        What it exceeds.
    reason : str
        Why this constant.

    Raises
    ------
    ExperimentError
        If the constant is not finite or has no reason.

    Examples
    --------
    >>> from nnest.experiments import Above, Value
    >>> Above(Value("a", "test_accuracy"), 0.9, "the text says so").label
    'test_accuracy of a > 0.9'
    """

    less = False


class Below(Bound):
    """The value is less than a constant.

    Parameters
    ----------
    a : Value
        The value.
    constant : float
        What it stays below.
    reason : str
        Why this constant.

    Raises
    ------
    ExperimentError
        If the constant is not finite or has no reason.

    Examples
    --------
    >>> from nnest.experiments import Below, Value
    >>> Below(Value("a", "test_loss_rise"), 0.01, "the text says so").label
    'test_loss_rise of a < 0.01'
    """

    less = True


@dataclass(frozen=True)
class CountLearning:
    """More networks of one arm learn than of another, for sentences about failing.

    A network learns if it does not give all test images one class. Seeds are paired: those with
    which one of the two learns, and the other does not, are counted by the exact test of McNemar.

    Parameters
    ----------
    a : str
        The name of the arm of which more networks learn.
    b : str
        The name of the arm of which fewer do.

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


Part = Greater | Equivalence | Bound | CountLearning


@dataclass(frozen=True, init=False)
class AllOf:
    """All parts hold together.

    Parameters
    ----------
    *parts : Greater, Similar, Different, Above, Below or CountLearning
        At least two comparisons.

    Raises
    ------
    ExperimentError
        If there are fewer than two parts.

    Examples
    --------
    >>> from nnest.experiments import Above, AllOf, Value
    >>> high = Above(Value("a", "test_accuracy"), 0.9, "the text")
    >>> low = Above(Value("b", "test_accuracy"), 0.8, "the text")
    >>> AllOf(high, low).label
    'test_accuracy of a > 0.9, and test_accuracy of b > 0.8'
    """

    parts: tuple[Part, ...]

    def __init__(self, *parts: Part) -> None:
        if len(parts) < 2:
            raise ExperimentError(f"AllOf has {len(parts)} part; it needs at least two.")
        object.__setattr__(self, "parts", parts)

    @property
    def label(self) -> str:
        """The comparisons in words."""
        return ", and ".join(part.label for part in self.parts)


Expectation = Part | AllOf


def _check_size(name: str, size: float, reason: str) -> None:
    """Raise if a difference is not finite, or is given without its reason."""
    if not math.isfinite(size):
        raise ExperimentError(f"{name} is {size}; it must be a finite number.")
    if size and not reason:
        raise ExperimentError(f"{name}={size} needs a reason, declared before the first run.")
