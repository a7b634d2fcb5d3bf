"""Which of many networks answer together, chosen on predictions for rows that none has seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state

__all__ = ["greedy_weights"]

#: A probability of zero for the true class would make every mixture as bad as itself.
_LEAST = 1e-7


def greedy_weights(
    predictions: ArrayLike,
    y: ArrayLike,
    *,
    size: int = 25,
    n_bags: int = 20,
    share: float = 0.5,
    random_state: int = 0,
) -> NDArray[np.float64]:
    """Return how much each model counts in the mixture that a greedy choice finds.

    Each bag holds a random share of the models. It begins with the model of the lowest loss, and
    takes, again and again, the model with which the mean of all that were taken has the lowest
    loss; a model may be taken several times. The weight of a model is how often all bags took it.

    Parameters
    ----------
    predictions : array-like of shape (n_models, n, n_classes) or (n_models, n, n_outputs)
        What each model predicts of rows that it has not seen: probabilities, or numbers. A row for
        which any of them is NaN is left out.
    y : array-like of shape (n,) or (n, n_outputs)
        Targets: for probabilities the number of each row's class, of an integer type; for numbers
        the numbers, of a floating type.
    size : int, default=25
        How many models each bag takes.
    n_bags : int, default=20
        Number of bags.
    share : float, default=0.5
        Share of the models that are in a bag, above 0 and at most 1. Less than 1 guards against a
        choice that fits these rows alone.
    random_state : int, default=0
        Decides the bags.

    Returns
    -------
    ndarray of shape (n_models,)
        Weights of 0 or more; their sum is 1.

    Raises
    ------
    ValueError
        If shapes do not fit, no row has predictions of all models, or a number is out of range.

    Notes
    -----
    The loss is the mean logarithmic loss of probabilities, or the mean squared error of numbers.

    References
    ----------
    .. [1] R. Caruana, A. Niculescu-Mizil, G. Crew, A. Ksikes, "Ensemble Selection from Libraries
       of Models", ICML 2004.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.ensembles import greedy_weights
    >>> good, bad = [[0.9, 0.1], [0.2, 0.8]], [[0.1, 0.9], [0.9, 0.1]]
    >>> greedy_weights([good, bad], np.array([0, 1]), share=1.0).tolist()
    [1.0, 0.0]
    """
    found, targets = np.asarray(predictions, np.float64), np.asarray(y)
    _check(found, targets, size, n_bags, share)
    known = np.isfinite(found).all(axis=(0, 2))
    if not known.any():
        raise ValueError(
            "There is no row for which all models have predictions: give predictions of folds "
            "that cover the same rows."
        )
    found, targets = found[:, known], targets[known]
    labels = np.issubdtype(targets.dtype, np.integer)
    if labels and (targets.ndim != 1 or targets.min() < 0 or targets.max() >= found.shape[2]):
        raise ValueError(
            f"y has shape {targets.shape} and classes from {targets.min()} to {targets.max()}, and "
            f"predictions are of {found.shape[2]}: give each row's class, counted from 0, or "
            "numbers of a floating type."
        )
    if labels:  # the loss looks at the probability of the true class alone
        found = found[:, np.arange(len(targets)), targets][:, :, None]
    rng = check_random_state(random_state)
    n = len(found)
    in_bag = max(1, round(share * n))
    counts = np.zeros(n)
    for _ in range(n_bags):
        bag = np.sort(rng.permutation(n)[:in_bag])
        counts[bag] += _taken(found[bag], None if labels else targets, size)
    weights: NDArray[np.float64] = counts / counts.sum()
    return weights


def _check(found: np.ndarray, y: np.ndarray, size: int, n_bags: int, share: float) -> None:
    """Raise if something cannot be chosen from."""
    if found.ndim != 3 or not len(found) or len(y) != found.shape[1]:
        raise ValueError(
            f"Got predictions of shape {found.shape} for {len(y)} targets: give one array of shape "
            "(n_models, n, n_classes) and n targets."
        )
    for name, value in (("size", size), ("n_bags", n_bags)):
        if value < 1:
            raise ValueError(f"Got {name}={value!r}, but it must be an integer of 1 or more.")
    if not 0 < share <= 1:
        raise ValueError(f"Got share={share!r}, but it must be above 0 and at most 1.")


def _taken(found: np.ndarray, targets: np.ndarray | None, size: int) -> NDArray[np.float64]:
    """Return how often each model of a bag is taken."""
    counts, total = np.zeros(len(found)), np.zeros(found.shape[1:])
    for taken in range(1, size + 1):
        best = int(np.argmin(_losses((total + found) / taken, targets)))
        total = total + found[best]
        counts[best] += 1
    return counts


def _losses(mixed: np.ndarray, targets: np.ndarray | None) -> NDArray[np.float64]:
    """Return the loss of each mixture: of probabilities of the true class, or of numbers."""
    if targets is None:
        each = -np.log(np.maximum(mixed, _LEAST))
    else:
        each = (mixed - targets.reshape(mixed.shape[1:])) ** 2
    losses: NDArray[np.float64] = each.mean(axis=(1, 2))
    return losses
