"""Exact tests, for few seeds and for values that are far from normal."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from nnest.stats._arrays import finite_pairs, finite_values
from nnest.stats._comparisons import RELATIVE_ZERO, PairedTest

_ALL_FLIPS_UP_TO = 16
_N_FLIPS = 100_000


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


def sign_test(a: ArrayLike, constant: float) -> PairedTest:
    r"""Test on which side of a constant the values lie, by their number alone.

    Parameters
    ----------
    a : array-like of shape (n_seeds,)
        One number for each seed, at least two.
    constant : float
        What they are compared with.

    Returns
    -------
    PairedTest
        The mean minus the constant, and the p-values of both directions; ``standard_error`` is
        NaN, since none is used.

    Raises
    ------
    ValueError
        If there are fewer than two values or one is not finite.

    Notes
    -----
    If a value is as likely above the constant as below, at least k of n are above with the
    probability that :math:`B(n, 1/2)` gives. Values that are equal to it count for neither side.

    Examples
    --------
    >>> test = sign_test([0.98, 0.97, 0.99, 0.1], 0.9)
    >>> test.p_greater, test.p_less
    (0.3125, 0.9375)
    """
    array = finite_values("a", a, at_least=2)
    above, below = (array > constant).sum(), (array < constant).sum()
    up, down = (_half_tail(int(count), array.size) for count in (above, below))
    return PairedTest(float(array.mean() - constant), up, down, array.size, math.nan)


def sign_flip_test(
    a: ArrayLike, b: ArrayLike, *, by: float = 0.0, rng: int | np.random.Generator = 0
) -> PairedTest:
    r"""Test whether a is greater than b by more than a given difference, by exchanging signs.

    Parameters
    ----------
    a, b : array-like of shape (n_seeds,)
        One number for each seed, in the same order of seeds, at least two.
    by : float, default=0.0
        The difference that has to be exceeded.
    rng : int or numpy.random.Generator, default=0
        Draws signs where there are more than 16 seeds; up to 16 all are tried.

    Returns
    -------
    PairedTest
        The mean difference and the p-values of both directions, which are never below
        :math:`2^{-n}`; ``standard_error`` is NaN, since none is used.

    Raises
    ------
    ValueError
        If the lengths differ, there are fewer than two pairs, or a value is not finite.

    Notes
    -----
    If the differences are as likely above ``by`` as below, by as much, each sign of
    :math:`d - by` is a coin's. The p-value is the share of all :math:`2^n` choices of signs
    whose sum is at least the one observed [1]_. For ``by=0`` that is so wherever the two
    settings differ in nothing, whatever the distribution.

    References
    ----------
    .. [1] R. A. Fisher, "The Design of Experiments", 1935, section 21.

    Examples
    --------
    >>> sign_flip_test([0.97, 0.96, 0.98, 0.97, 0.97], [0.1, 0.95, 0.1, 0.1, 0.96]).p_greater
    0.03125
    """
    first, second = finite_pairs(a, b)
    if not math.isfinite(by):
        raise ValueError(f"Got by={by!r}, but a difference is a finite number.")
    excess = first - second - by
    zero = RELATIVE_ZERO * max(np.abs(first).max(), np.abs(second).max(), abs(by)) * excess.size
    sums = _signs(excess.size, rng) @ excess
    p_greater = float((sums >= excess.sum() - zero).mean())
    p_less = float((sums <= excess.sum() + zero).mean())
    return PairedTest(float((first - second).mean()), p_greater, p_less, excess.size, math.nan)


def _signs(n: int, rng: int | np.random.Generator) -> NDArray[np.float64]:
    """Return all choices of n signs, or many drawn ones; the first is that of no change."""
    if n <= _ALL_FLIPS_UP_TO:
        flipped = np.arange(2**n)[:, np.newaxis] >> np.arange(n) & 1
    else:
        flipped = np.random.default_rng(rng).integers(0, 2, (_N_FLIPS, n))
        flipped[0] = 0
    return np.where(flipped, -1.0, 1.0)


def _half_tail(successes: int, n: int) -> float:
    """Return how likely so many heads of n fair coins are, or more."""
    return float(special.bdtrc(successes - 1, n, 0.5)) if successes else 1.0
