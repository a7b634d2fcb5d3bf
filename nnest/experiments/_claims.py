"""What a sentence of a report expects, as a comparison that runs can support or contradict."""

from __future__ import annotations

from dataclasses import dataclass

from nnest.exceptions import ExperimentError
from nnest.experiments._expectations import (
    AllOf,
    Beyond,
    CountLearning,
    Expectation,
    Greater,
    Part,
    Similar,
    Value,
)

__all__ = [
    "Claim",
    "all_of",
    "below",
    "beyond",
    "count_learning",
    "different",
    "greater",
    "similar",
]


def greater(a: Value, b: Value, by: float = 0.0, *, reason: str = "") -> Greater:
    """Expect that one value is greater than another.

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

    Returns
    -------
    Greater
        The expectation.

    Raises
    ------
    ExperimentError
        If `by` is not zero and has no reason.

    Examples
    --------
    >>> from nnest.experiments import greater
    >>> from nnest.experiments import Value
    >>> greater(Value("a", "test_accuracy"), Value("b", "test_accuracy")).by
    0.0
    """
    return Greater(a, b, by, reason)


def similar(a: Value, b: Value, margin: float, *, reason: str) -> Similar:
    """Expect that two values differ by less than a margin.

    Parameters
    ----------
    a, b : Value
        The two sides.
    margin : float
        The difference from which on they would not be called similar.
    reason : str
        Why this margin.

    Returns
    -------
    Similar
        The expectation.

    Raises
    ------
    ExperimentError
        If the margin is not positive or has no reason.

    Examples
    --------
    >>> from nnest.experiments import similar
    >>> from nnest.experiments import Value
    >>> a, b = Value("a", "test_loss"), Value("b", "test_loss")
    >>> similar(a, b, 0.02, reason="a tenth").margin
    0.02
    """
    return Similar(a, b, margin, reason)


def different(a: Value, b: Value, margin: float, *, reason: str) -> Similar:
    """Expect that two values differ by more than a margin, whichever is greater.

    Parameters
    ----------
    a, b : Value
        The two sides.
    margin : float
        The difference up to which they would be called similar.
    reason : str
        Why this margin.

    Returns
    -------
    Similar
        The expectation, turned round.

    Raises
    ------
    ExperimentError
        If the margin is not positive or has no reason.

    Examples
    --------
    >>> from nnest.experiments import different
    >>> from nnest.experiments import Value
    >>> a, b = Value("a", "test_loss"), Value("b", "test_loss")
    >>> different(a, b, 0.02, reason="a tenth").label
    'test_loss of a differs from test_loss of b by more than 0.02'
    """
    return Similar(a, b, margin, reason, unlike=True)


def beyond(a: Value, constant: float, *, reason: str) -> Beyond:
    """Expect that a value is greater than a constant.

    Parameters
    ----------
    a : Value
        The value.
    constant : float
        What it exceeds.
    reason : str
        Why this constant.

    Returns
    -------
    Beyond
        The expectation.

    Raises
    ------
    ExperimentError
        If the constant is not finite or has no reason.

    Examples
    --------
    >>> from nnest.experiments import beyond
    >>> from nnest.experiments import Value
    >>> beyond(Value("a", "test_accuracy"), 0.9, reason="as the text says").constant
    0.9
    """
    return Beyond(a, constant, reason)


def below(a: Value, constant: float, *, reason: str) -> Beyond:
    """Expect that a value is less than a constant.

    Parameters
    ----------
    a : Value
        The value.
    constant : float
        What it stays below.
    reason : str
        Why this constant.

    Returns
    -------
    Beyond
        The expectation.

    Raises
    ------
    ExperimentError
        If the constant is not finite or has no reason.

    Examples
    --------
    >>> from nnest.experiments import below
    >>> from nnest.experiments import Value
    >>> below(Value("a", "test_loss_rise"), 0.01, reason="as the text says").label
    'test_loss_rise of a < 0.01'
    """
    return Beyond(a, constant, reason, less=True)


def count_learning(a: str, b: str) -> CountLearning:
    """Expect that more networks of one arm learn than of another, for sentences about failing.

    A network learns if it does not give all test images one class. Seeds are paired: those with
    which one of the two learns, and the other does not, are counted by the exact test of McNemar.

    Parameters
    ----------
    a : str
        The arm of which more networks learn.
    b : str
        The arm of which fewer do.

    Returns
    -------
    CountLearning
        The expectation.

    Examples
    --------
    >>> from nnest.experiments import Claim, count_learning
    >>> expects = count_learning("rate 0.1", "rate 0.5")
    >>> Claim("fails", "It does not learn at 0.5.", "Section 4", expects).arms
    ('rate 0.1', 'rate 0.5')
    """
    return CountLearning(a, b)


def all_of(*parts: Part) -> AllOf:
    """Expect several things at once.

    Parameters
    ----------
    *parts : Greater, Similar, Beyond or CountLearning
        At least two comparisons.

    Returns
    -------
    AllOf
        The expectation.

    Raises
    ------
    ExperimentError
        If there are fewer than two parts.

    Examples
    --------
    >>> from nnest.experiments import all_of, greater
    >>> from nnest.experiments import Value
    >>> one, two = Value("1", "test_accuracy"), Value("2", "test_accuracy")
    >>> three = Value("3", "test_accuracy")
    >>> len(all_of(greater(two, one), greater(three, one)).parts)
    2
    """
    return AllOf(parts)


@dataclass(frozen=True)
class Claim:
    """One sentence of a report as a comparison between arms.

    Parameters
    ----------
    key : str
        A short name.
    text : str
        The sentence, quoted.
    where : str
        Where the report says it.
    expects : Greater, Similar, Beyond, CountLearning or AllOf
        What the runs would show if it were so.
    reading : str, default=""
        How the sentence was turned into the comparison, where that is not plain.
    not_comparable : int or None, default=None
        The number of the deviation for which it cannot be judged.
    after : int, default=0
        The epoch after which it says that something happens; shorter runs do not judge it.

    Raises
    ------
    ExperimentError
        If `after` is negative.

    Examples
    --------
    >>> from nnest.experiments import Claim, greater
    >>> from nnest.experiments import Value
    >>> expects = greater(Value("deep", "test_accuracy"), Value("flat", "test_accuracy"))
    >>> Claim("deeper", "Deeper is better.", "Section 4", expects).arms
    ('deep', 'flat')
    """

    key: str
    text: str
    where: str
    expects: Expectation
    reading: str = ""
    not_comparable: int | None = None
    after: int = 0

    def __post_init__(self) -> None:
        if self.after < 0:
            raise ExperimentError(
                f"The claim {self.key!r} speaks of what comes after epoch {self.after}; give the"
                " number of an epoch, or leave it out."
            )

    @property
    def values(self) -> tuple[Value, ...]:
        """All metrics of arms that the claim compares."""
        return tuple(value for part in self.parts for value in values_compared(part))

    @property
    def parts(self) -> tuple[Part, ...]:
        """The comparisons that it consists of."""
        return self.expects.parts if isinstance(self.expects, AllOf) else (self.expects,)

    @property
    def arms(self) -> tuple[str, ...]:
        """The names of all arms that the claim compares."""
        return tuple(dict.fromkeys(name for part in self.parts for name in arms_compared(part)))


def arms_compared(part: Part) -> tuple[str, ...]:
    """Return the names of the arms of a comparison."""
    if isinstance(part, CountLearning):
        return part.a, part.b
    return tuple(dict.fromkeys(value.arm for value in values_compared(part)))


def values_compared(part: Part) -> tuple[Value, ...]:
    """Return the metrics that a comparison reads; a count of networks reads none."""
    if isinstance(part, CountLearning):
        return ()
    return (part.a,) if isinstance(part, Beyond) else (part.a, part.b)
