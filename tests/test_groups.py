"""Parts that take whole groups are as large as they are asked to be."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from sklearn.model_selection import GroupShuffleSplit, StratifiedGroupKFold

from nnest._groups import split_groups

GROUPS = np.repeat(np.arange(60), 6)
CLASSES = np.arange(360) % 3


@pytest.mark.parametrize("share", [0.05, 0.15, 0.3, 0.35, 0.4, 0.6, 0.75, 0.9, 0.95])
@pytest.mark.parametrize("strata", [CLASSES, None], ids=["classes", "no classes"])
def test_a_part_has_its_share(share: float, strata: np.ndarray | None) -> None:
    """Also where it is no whole part of one, and where it is more than a half."""
    rest, aside = split_groups(GROUPS, strata, share, seed=1)
    assert sorted([*rest, *aside]) == list(range(360))
    assert not set(GROUPS[rest]) & set(GROUPS[aside])
    assert len(aside) / 360 == pytest.approx(share, abs=1 / 60)
    assert len(set(np.bincount(CLASSES[aside]))) == 1


@pytest.mark.parametrize("share", [0.1, 0.2, 0.25, 0.5, 0.01])
def test_a_whole_part_of_one_is_the_first_fold(share: float) -> None:
    """Without classes it is scikit-learn's draw of groups."""
    groups = np.repeat(np.arange(100), 6)
    classes, n_folds = np.arange(600) % 3, round(1 / share)
    folds = StratifiedGroupKFold(n_folds, shuffle=True, random_state=3)
    for expected, found in zip(
        next(folds.split(classes, classes, groups)),
        split_groups(groups, classes, share, 3),
        strict=True,
    ):
        np.testing.assert_array_equal(found, expected)
    draw = GroupShuffleSplit(1, test_size=1 / n_folds, random_state=3)
    for expected, found in zip(
        next(draw.split(groups, groups=groups)), split_groups(groups, None, share, 3), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("share", [0.3, 0.4, 0.6, 0.75, 0.99])
def test_few_groups_come_as_close_as_they_can(share: float) -> None:
    """Something is on both sides, and nothing is said of classes that are rare."""
    groups, classes = np.repeat(np.arange(5), 4), np.tile([0, 0, 0, 1], 5)
    rest, aside = split_groups(groups, classes, share, seed=0)
    assert len(rest)
    assert abs(Fraction(len(aside), 20) - Fraction(share)) <= Fraction(1, 5)


def test_too_few_groups_are_refused() -> None:
    """A tenth of nine groups is none of them."""
    with pytest.raises(ValueError, match=r"^at least 10 groups are needed$"):
        split_groups(np.arange(9), np.arange(9) % 2, 0.1, 0)
