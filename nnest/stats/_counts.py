"""Exact tests of counts of paired successes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from ._arrays import finite_pairs


class CountTest(NamedTuple):
    """Two one-sided exact tests of paired successes.

    Parameters
    ----------
    only_a : int
        Pairs in which a alone succeeds.
    only_b : int
        Pairs in which b alone does.
    p_greater : float
        The p-value against "a succeeds at most as often as b".
    p_less : float
        The p-value against "a succeeds at least as often as b".

    Examples
    --------
    >>> mcnemar_test([1, 1, 1, 1, 1], [0, 0, 0, 0, 0])
    CountTest(only_a=5, only_b=0, p_greater=0.03125, p_less=1.0)
    """

    only_a: int
    only_b: int
    p_greater: float
    p_less: float


def mcnemar_test(a: ArrayLike, b: ArrayLike) -> CountTest:
    r"""Test whether a succeeds more often than b, seed by seed, by McNemar's exact test.

    Parameters
    ----------
    a, b : array-like of shape (n_seeds,)
        1 for each seed with a success, 0 for each without, in the same order of seeds, at least
        two.

    Returns
    -------
    CountTest
        How many pairs differ, and the p-values of both directions.

    Raises
    ------
    ValueError
        If the lengths differ, there are fewer than two pairs, or a value is neither 0 nor 1.

    Notes
    -----
    Pairs that are alike say nothing. If neither succeeds more often, a alone succeeds in
    :math:`k \sim B(m, 1/2)` of the m pairs that differ [1]_: the p-values are the two tails of
    this distribution, the observed number included, and 1 where no pair differs.

    References
    ----------
    .. [1] Q. McNemar, "Note on the sampling error of the difference between correlated
       proportions or percentages", Psychometrika 12, 1947.

    Examples
    --------
    >>> mcnemar_test([1, 1, 1, 0], [0, 0, 1, 1]).p_greater
    0.5
    """
    first, second = finite_pairs(a, b)
    if not np.isin([first, second], (0, 1)).all():
        raise ValueError("Got a success that is neither 0 nor 1; count each seed as one of them.")
    only_a, only_b = int((first > second).sum()), int((first < second).sum())
    tails = (_half_tail(count, only_a + only_b) for count in (only_a, only_b))
    return CountTest(only_a, only_b, *tails)


def _half_tail(successes: int, n: int) -> float:
    """Return how likely so many heads of n fair coins are, or more."""
    return float(special.bdtrc(successes - 1, n, 0.5)) if successes else 1.0
