"""A part of the samples that takes whole groups."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from sklearn.model_selection import GroupShuffleSplit, StratifiedGroupKFold

__all__ = ["split_groups"]

#: Most folds that are made to come close to a share.
_MOST_FOLDS = 20


def split_groups(
    groups: Any, strata: Any | None, share: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Set about a share of the samples aside, no group on both sides.

    Parameters
    ----------
    groups : array-like of shape (n,)
        The group of each sample.
    strata : array-like of shape (n,) or None
        Classes that both parts hold in proportion, as far as groups allow; None is no classes.
    share : float
        The share, above 0 and below 1: of the samples, or without classes of the groups.
    seed : int
        Decides the draw.

    Returns
    -------
    rest, aside : ndarray of int
        Row numbers of both parts, in rising order.

    Raises
    ------
    ValueError
        If there are too few groups, or too few samples of each class.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest._groups import split_groups
    >>> groups = np.arange(40) // 4
    >>> rest, aside = split_groups(groups, np.arange(40) % 2, 0.3, seed=0)
    >>> len(aside), len(np.unique(groups[aside]))
    (12, 3)
    """
    n_groups, fewest = len(np.unique(groups)), max(2, round(1 / share))
    if n_groups < fewest:
        raise ValueError(f"at least {fewest} groups are needed")
    if strata is None:
        split = GroupShuffleSplit(1, test_size=share, random_state=seed)
        rest, aside = next(split.split(groups, groups=groups))
        return rest, aside
    rarest = np.unique(strata, return_counts=True)[1].min()
    most = max(fewest, min(_MOST_FOLDS, n_groups, int(rarest)))
    part = min(Fraction(share).limit_denominator(most), Fraction(most - 1, most))
    folds = StratifiedGroupKFold(part.denominator, shuffle=True, random_state=seed)
    parts = [aside for _, aside in folds.split(strata, strata, groups)]
    aside = np.sort(np.concatenate(parts[: part.numerator]))
    return np.setdiff1d(np.arange(len(groups)), aside), aside
