"""The part that early stopping sets aside: stratified, seeded, groups kept together."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from nnest._groups import split_groups
from nnest.estimators._inputs import is_missing

__all__ = ["check_groups", "split_rows", "split_rows_by_groups"]


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
    """Return the groups of all samples, or say that there are too few or too many, or missing."""
    checked: np.ndarray = np.asarray(groups)
    if checked.shape != (n,):
        raise ValueError(
            f"groups has shape {checked.shape} for {n} samples: give one group for each."
        )
    missing = sum(map(is_missing, checked.tolist()))
    if missing:
        raise ValueError(f"groups lacks {missing} of {n} groups: give one group for each sample.")
    return checked


def split_rows_by_groups(
    groups: np.ndarray, strata: np.ndarray | None, share: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of both parts, no group in both."""
    try:
        return split_groups(groups, strata, share, seed)
    except ValueError as error:
        raise ValueError(
            f"early_stopping=True cannot set {share} of {len(np.unique(groups))} groups aside "
            f"({error}): give more groups, another validation_fraction, or X_val and y_val."
        ) from None
