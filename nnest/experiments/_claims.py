"""What a sentence of a report expects, as a comparison that runs can support or contradict."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

from nnest.exceptions import ExperimentError
from nnest.experiments._expectations import (
    AllOf,
    Bound,
    CountLearning,
    Expectation,
    Greater,
    Part,
)
from nnest.experiments._values import Value

__all__ = ["Claim", "arms_compared", "decreasing", "each", "values_compared"]


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
    expects : Greater, Similar, Different, Above, Below, CountLearning or AllOf
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
    >>> from nnest.experiments import Claim, Greater, test_accuracy
    >>> expects = Greater(test_accuracy("deep"), test_accuracy("flat"))
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


def decreasing(*values: Value) -> tuple[Greater, ...]:
    """Expect that each value is greater than the next one, as parts of `AllOf`.

    Parameters
    ----------
    *values : Value
        At least two values, the greatest first.

    Returns
    -------
    tuple of Greater
        A comparison for each two neighbors.

    Examples
    --------
    >>> from nnest.experiments import decreasing, test_loss
    >>> [part.label for part in decreasing(test_loss("a"), test_loss("b"))]
    ['test_loss of a > test_loss of b']
    """
    return tuple(Greater(a, b) for a, b in pairwise(values))


def each(
    compare: Callable[..., Part],
    value: Callable[[str], Value],
    arms: Iterable[str],
    others: Iterable[str],
    *margin: Any,
) -> tuple[Part, ...]:
    """Compare each arm with each other one, as parts of `AllOf`.

    Parameters
    ----------
    compare : Greater, Similar or Different
        The comparison.
    value : callable
        The metric that is compared, such as `test_accuracy`.
    arms, others : iterable of str
        The names of the arms on the first and on the second side.
    *margin
        The comparison's margin and the reason for it, if it has one.

    Returns
    -------
    tuple of Part
        The comparisons.

    Examples
    --------
    >>> from nnest.experiments import Greater, each, test_accuracy
    >>> [part.label for part in each(Greater, test_accuracy, ["2", "3"], ["1"])]
    ['test_accuracy of 2 > test_accuracy of 1', 'test_accuracy of 3 > test_accuracy of 1']
    """
    pairs = product(arms, others)
    return tuple(compare(value(arm), value(other), *margin) for arm, other in pairs)


def arms_compared(part: Part) -> tuple[str, ...]:
    """Return the names of the arms of a comparison.

    Parameters
    ----------
    part : Part
        The comparison.

    Returns
    -------
    tuple of str
        Each name once.

    Examples
    --------
    >>> from nnest.experiments import CountLearning, arms_compared
    >>> arms_compared(CountLearning("a", "b"))
    ('a', 'b')
    """
    if isinstance(part, CountLearning):
        return part.a, part.b
    return tuple(dict.fromkeys(value.arm for value in values_compared(part)))


def values_compared(part: Part) -> tuple[Value, ...]:
    """Return the metrics that a comparison reads; a count of networks reads none.

    Parameters
    ----------
    part : Part
        The comparison.

    Returns
    -------
    tuple of Value
        The metrics of arms, at most two.

    Examples
    --------
    >>> from nnest.experiments import CountLearning, values_compared
    >>> values_compared(CountLearning("a", "b"))
    ()
    """
    if isinstance(part, CountLearning):
        return ()
    return (part.a,) if isinstance(part, Bound) else (part.a, part.b)
