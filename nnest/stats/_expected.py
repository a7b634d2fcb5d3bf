"""What fewer trials of a study would have found."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nnest.stats._arrays import check_count, check_share

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

__all__ = ["expected_best"]


def expected_best(
    values: ArrayLike,
    *,
    higher_is_better: bool = True,
    confidence: float = 0.95,
    n_resamples: int = 2000,
    random_state: int = 0,
) -> pd.DataFrame:
    r"""Return the best value that k trials of a study would have found, for every k.

    Parameters
    ----------
    values : array-like of shape (n_trials,)
        Values of the trials, such as ``trial_table(study)["value"]``. One that is not finite
        counts as the worst of the others: such a trial was paid for as well.
    higher_is_better : bool, default=True
        What the best is.
    confidence : float, default=0.95
        Share of the resamples that lie within the band.
    n_resamples : int, default=2000
        How often the trials are drawn anew, with replacement.
    random_state : int, default=0
        Decides these draws.

    Returns
    -------
    pandas.DataFrame
        The columns ``k`` (1 to the number of trials), ``expected``, ``low`` and ``high``.

    Raises
    ------
    ValueError
        If no value is finite, or `confidence` or `n_resamples` is out of range.

    Notes
    -----
    With the n values sorted upwards, the mean of the largest of k of them, over all choices of k
    without replacement, is

    .. math:: \sum_{i=k}^{n} x_{(i)} \binom{i-1}{k-1} \Big/ \binom{n}{k}.

    The band holds the same mean of bootstrap resamples. It speaks of trials that could as well
    have come in another order, which is true of random and quasi-random search; a sampler that
    learns does better later than its early trials would let one expect.

    References
    ----------
    .. [1] J. Dodge, S. Gururangan, D. Card, R. Schwartz, N. A. Smith, "Show Your Work: Improved
       Reporting of Experimental Results", EMNLP 2019.

    Examples
    --------
    >>> from nnest.stats import expected_best
    >>> expected_best([0.90, 0.92, 0.94])["expected"].round(4).tolist()
    [0.92, 0.9333, 0.94]
    """
    import pandas as pd

    check_share("confidence", confidence)
    check_count("n_resamples", n_resamples)
    sign = 1.0 if higher_is_better else -1.0
    scores = sign * _paid_for(np.asarray(values, dtype=float), sign)
    weights = _weights(len(scores))
    drawn = np.random.default_rng(random_state).choice(scores, (n_resamples, len(scores)))
    means = sign * (np.sort(drawn, axis=1) @ weights.T)
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = np.quantile(means, tails, axis=0)
    return pd.DataFrame(
        {
            "k": np.arange(1, len(scores) + 1),
            "expected": sign * (weights @ np.sort(scores)),
            "low": low,
            "high": high,
        }
    )


def _paid_for(values: NDArray[np.float64], sign: float) -> NDArray[np.float64]:
    """Return the values with the worst finite one in place of those that are not finite."""
    finite = np.isfinite(values)
    if values.ndim != 1 or not finite.any():
        raise ValueError(
            f"Got values of shape {values.shape} of which {int(finite.sum())} are finite: give one "
            "row of numbers, a trial each, at least one of them finite."
        )
    worst = values[finite].min() if sign > 0 else values[finite].max()
    filled: NDArray[np.float64] = np.where(finite, values, worst)
    return filled


def _weights(n: int) -> NDArray[np.float64]:
    """Return how often each of n sorted values is the largest of k, a row for each k."""
    logs = np.array([math.lgamma(i + 1) for i in range(n + 1)])
    i, k = np.meshgrid(np.arange(1, n + 1), np.arange(1, n + 1))
    below = np.maximum(i - k, 0)
    chosen = logs[i - 1] - logs[k - 1] - logs[below]
    whole = logs[n] - logs[k] - logs[n - k]
    weights: NDArray[np.float64] = np.where(i >= k, np.exp(chosen - whole), 0.0)
    return weights
