"""Paired comparisons: is one greater, are two similar, by how much do they differ."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from nnest.stats._arrays import finite_pairs, finite_values

# Differences of decimal fractions carry rounding errors of about 1e-16 of their operands; what
# is below this share of them is taken for zero, so that such errors are never called an effect.
RELATIVE_ZERO = 1e-12


class PairedTest(NamedTuple):
    """Two one-sided t tests of one mean difference.

    Parameters
    ----------
    difference : float
        The mean difference, a minus b.
    p_greater : float
        The p-value against "the mean difference is at most ``by``".
    p_less : float
        The p-value against "the mean difference is at least ``by``".
    n : int
        The number of seeds.
    standard_error : float
        The standard error of the mean difference.

    Examples
    --------
    >>> test = paired_difference_test([3.0, 4.0], [1.0, 2.0])
    >>> test.difference, test.p_greater
    (2.0, 0.25)
    """

    difference: float
    p_greater: float
    p_less: float
    n: int
    standard_error: float


class EquivalenceTest(NamedTuple):
    """Two one-sided t tests of a mean difference against a margin.

    Parameters
    ----------
    difference : float
        The mean difference, a minus b.
    p_equivalent : float
        The p-value against "the means differ by the margin or more"; small means similar.
    p_different : float
        The p-value against "the means differ by the margin at most"; small means not similar.
    n : int
        The number of seeds.
    standard_error : float
        The standard error of the mean difference.
    margin : float
        The margin that was asked for.

    Examples
    --------
    >>> test = equivalence_test([3.0, 4.0], [3.0, 4.0], margin=0.5)
    >>> test.difference, test.p_equivalent
    (0.0, 0.25)
    """

    difference: float
    p_equivalent: float
    p_different: float
    n: int
    standard_error: float
    margin: float


def paired_difference_test(a: ArrayLike, b: ArrayLike, *, by: float = 0.0) -> PairedTest:
    r"""Test whether a is greater than b by more than a given difference, seed by seed.

    Parameters
    ----------
    a, b : array-like of shape (n_seeds,)
        One number for each seed, in the same order of seeds, at least two.
    by : float, default=0.0
        The difference that has to be exceeded.

    Returns
    -------
    PairedTest
        The mean difference and the p-values of both directions.

    Raises
    ------
    ValueError
        If the lengths differ, there are fewer than two pairs, or a value is not finite.

    Notes
    -----
    With :math:`d = a - b` the statistic :math:`t = (\bar d - by) \sqrt n / s_d` is compared with
    Student's t of n - 1 degrees of freedom. Differences that are all the same have no spread
    to compare with: then the p-value is that of n equal signs, :math:`2^{-n}`, in the direction
    of :math:`\bar d - by` and 1 in the other, and 1 in both where it is zero.

    Examples
    --------
    >>> test = paired_difference_test([0.98, 0.97, 0.99], [0.95, 0.95, 0.96])
    >>> print(f"{test.difference:.3f} {test.p_greater:.3f} {test.p_less:.3f}")
    0.027 0.008 0.992
    """
    first, second = finite_pairs(a, b)
    scale = max(np.abs(first).max(), np.abs(second).max())
    return _one_sided(first - second, by, float(scale))


def one_sample_test(a: ArrayLike, constant: float) -> PairedTest:
    """Test whether the mean of a lies beyond a constant.

    Parameters
    ----------
    a : array-like of shape (n_seeds,)
        One number for each seed, at least two.
    constant : float
        What the mean is compared with.

    Returns
    -------
    PairedTest
        The mean minus the constant and the p-values of both directions, as in
        `paired_difference_test`.

    Raises
    ------
    ValueError
        If there are fewer than two values or one is not finite.

    Examples
    --------
    >>> test = one_sample_test([0.98, 0.97, 0.99], 0.95)
    >>> print(f"{test.difference:.3f} {test.p_greater:.3f} {test.p_less:.3f}")
    0.030 0.018 0.982
    """
    array = finite_values("a", a, at_least=2)
    return paired_difference_test(array, np.full(array.size, float(constant)))


def equivalence_test(a: ArrayLike, b: ArrayLike, *, margin: float) -> EquivalenceTest:
    """Test whether a and b are similar: their means differ by less than a margin.

    Parameters
    ----------
    a, b : array-like of shape (n_seeds,)
        One number for each seed, in the same order of seeds, at least two.
    margin : float
        The difference from which on they are no longer called similar.

    Returns
    -------
    EquivalenceTest
        The mean difference with the p-value of being similar and that of being different.

    Raises
    ------
    ValueError
        If the margin is not positive, the lengths differ, there are fewer than two pairs, or a
        value is not finite.

    Notes
    -----
    That no difference was found is not similarity. Similar is what passes two one-sided tests
    [1]_, that the difference is above ``-margin`` and that it is below ``margin``:
    ``p_equivalent`` is the larger of their p-values. ``p_different`` is twice the smaller of
    the p-values of the opposite tests, at most 1.

    References
    ----------
    .. [1] D. J. Schuirmann, "A comparison of the two one-sided tests procedure and the power
       approach for assessing the equivalence of average bioavailability", Journal of
       Pharmacokinetics and Biopharmaceutics 15, 1987.

    Examples
    --------
    >>> a, b = [0.981, 0.979, 0.980, 0.982], [0.980, 0.980, 0.981, 0.981]
    >>> test = equivalence_test(a, b, margin=0.005)
    >>> print(f"{test.p_equivalent:.3f} {test.p_different:.3f}")
    0.002 1.000
    """
    if not (math.isfinite(margin) and margin > 0):
        raise ValueError(f"Got margin={margin!r}, but a margin is a positive number.")
    above = paired_difference_test(a, b, by=-margin)
    below = paired_difference_test(a, b, by=margin)
    return EquivalenceTest(
        difference=above.difference,
        p_equivalent=max(above.p_greater, below.p_less),
        p_different=min(1.0, 2 * min(above.p_less, below.p_greater)),
        n=above.n,
        standard_error=above.standard_error,
        margin=float(margin),
    )


def cohen_dz(a: ArrayLike, b: ArrayLike) -> float:
    """Return the mean paired difference in units of its standard deviation.

    Parameters
    ----------
    a, b : array-like of shape (n_seeds,)
        One number for each seed, in the same order of seeds, at least two.

    Returns
    -------
    float
        Cohen's d_z; infinite for differences that are all the same and not zero, and 0 where
        there is no difference at all.

    Raises
    ------
    ValueError
        If the lengths differ, there are fewer than two pairs, or a value is not finite.

    Examples
    --------
    >>> print(f"{cohen_dz([0.98, 0.97, 0.99], [0.95, 0.95, 0.96]):.2f}")
    4.62
    """
    test = paired_difference_test(a, b)
    if test.standard_error == 0:
        return math.copysign(math.inf, test.difference) if test.p_greater != test.p_less else 0.0
    return test.difference / (test.standard_error * math.sqrt(test.n))


def _one_sided(differences: NDArray[np.float64], by: float, scale: float) -> PairedTest:
    """Test a mean difference in both directions; the scale says which rounding is no effect."""
    if not math.isfinite(by):
        raise ValueError(f"Got by={by!r}, but a difference is a finite number.")
    n, mean = differences.size, float(differences.mean())
    zero = RELATIVE_ZERO * max(scale, abs(by))
    error = float(differences.std(ddof=1)) / math.sqrt(n)
    excess = mean - by
    if error <= zero:
        # By signs alone: n coins fall alike with this probability, and nothing else is known.
        least = 0.5**n
        p_greater, p_less = (least if excess > zero else 1.0), (least if excess < -zero else 1.0)
        return PairedTest(mean, p_greater, p_less, n, 0.0)
    statistic = excess / error
    p_greater, p_less = (float(special.stdtr(n - 1, sign * statistic)) for sign in (-1, 1))
    return PairedTest(mean, p_greater, p_less, n, error)
