"""Whatever folds and transformers are, each network is trained on its own samples."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nnest.search import _samples
from nnest.search._samples import FoldSamples, stacked

FOLDS = st.integers(3, 12).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.lists(
            st.tuples(
                st.lists(st.integers(0, n - 1), min_size=1, max_size=n),  # rows, perhaps repeated
                st.sampled_from([0, 0, 1, 2]),  # which transformer
                st.sampled_from([1, 2]),  # how many numbers a sample has after it
                st.booleans(),  # weighted or not
                st.integers(1, 3),  # how many members
                st.integers(0, n),  # how many of the last rows are only watched
            ),
            min_size=1,
            max_size=6,
        ),
    )
)


def portion_of(case: Any, labels: list[str], place: int) -> FoldSamples:
    """Return samples that tell their row and their transformer."""
    rows, transformer, width, weighted, n_members, n_watched = case
    rows = np.array(rows)
    X = np.repeat((rows + 100.0 * transformer)[:, None], width, axis=1)
    weight = rows + 0.5 if weighted else None
    members = [f"{place}.{i}" for i in range(n_members)]
    n_training = max(1, len(rows) - n_watched)
    return FoldSamples(members, rows, X, np.array(labels)[rows], weight, n_training)


@given(FOLDS, st.sampled_from([1, 100, 2**30]))
def test_each_member_gets_its_samples(case: Any, memory: int) -> None:
    """Samples, targets and weights of each member are those of its portion, in that order."""
    n, folds = case
    labels = [chr(ord("a") + i) for i in range(n)]
    portions = [portion_of(fold, labels, place) for place, fold in enumerate(folds)]
    wanted = {member: each for each in portions for member in each.members}
    before, _samples.MAX_STACK_BYTES = _samples.MAX_STACK_BYTES, memory
    try:
        found = list(stacked(portions, n))
    finally:
        _samples.MAX_STACK_BYTES = before

    seen = []
    for sheet in found:
        for member, (train, watched) in zip(sheet.members, sheet.splits, strict=True):
            assert len(train) == wanted[member].n_training
            rows = train if watched is None else np.concatenate([train, watched])
            np.testing.assert_array_equal(sheet.X[rows], wanted[member].X)
            assert sheet.y[rows].tolist() == wanted[member].y.tolist()
            if wanted[member].weight is None:
                assert sheet.weight is None
            else:
                np.testing.assert_array_equal(sheet.weight[rows], wanted[member].weight)
            seen.append(member)
    assert sorted(seen) == sorted(wanted)
    if memory == 1:
        assert all(len(sheet.X) <= n for sheet in found)
