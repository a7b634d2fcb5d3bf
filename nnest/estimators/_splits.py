"""The part that early stopping sets aside: stratified, seeded, groups kept together."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.model_selection import GroupShuffleSplit, StratifiedGroupKFold, train_test_split

__all__ = ["check_groups", "split_groups", "split_rows"]


def split_rows(
    n: int, strata: np.ndarray | None, share: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the training and of the validation part."""
    try:
        train, test = train_test_split(
            np.arange(n), test_size=share, random_state=seed, stratify=strata
        )
    except ValueError as error:
        raise ValueError(
            f"early_stopping=True cannot set {share} of {n} samples aside ({error}): give more "
            "samples of each class, another validation_fraction, or X_val and y_val."
        ) from None
    return train, test


def check_groups(groups: Any, n: int) -> np.ndarray:
    """Return the groups of all samples, or say that there are too few or too many."""
    checked: np.ndarray = np.asarray(groups)
    if checked.shape != (n,):
        raise ValueError(
            f"groups has shape {checked.shape} for {n} samples: give one group for each."
        )
    return checked


def split_groups(
    groups: np.ndarray, strata: np.ndarray | None, share: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of both parts, no group in both."""
    n_folds = max(2, round(1 / share))
    if len(np.unique(groups)) < n_folds:
        raise ValueError(
            f"groups holds {len(np.unique(groups))} groups, too few to set "
            f"validation_fraction={share} of them aside: give at least {n_folds} groups, or X_val "
            "and y_val."
        )
    if strata is None:
        split = GroupShuffleSplit(1, test_size=1 / n_folds, random_state=seed)
        train, test = next(split.split(groups, groups=groups))
        return train, test
    folds = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    train, test = next(folds.split(strata, strata, groups))
    return train, test
