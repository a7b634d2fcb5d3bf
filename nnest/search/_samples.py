"""Stacks the transformed samples of all folds, so that their networks train together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse, vstack

from nnest._compat.sklearn import num_samples
from nnest.search._checks import Rows

__all__ = ["MAX_STACK_BYTES", "FoldSamples", "StackedSamples", "joined", "stacked"]

#: Samples that are stacked take at most about this much memory; more make another stack.
MAX_STACK_BYTES = 2**30


class FoldSamples(NamedTuple):
    """Samples after the transformers of a fold, and the members that are trained on them.

    `rows` are the row numbers in the samples of the search, if the transformers keep all samples.
    The first `n_training` are trained on; the others, if any, are watched.
    """

    members: list[Any]
    rows: Rows
    X: Any
    y: Any
    weight: Any
    n_training: int


@dataclass
class StackedSamples:
    """Samples, and for each member the rows that it is trained on and those that are watched."""

    X: Any
    y: Any
    weight: Any
    members: list[Any] = field(default_factory=list)
    splits: list[tuple[Rows, Rows | None]] = field(default_factory=list)

    def add(self, fold: FoldSamples, rows: Rows) -> None:
        """Add the members of a fold whose samples are in these rows."""
        train, watched = rows[: fold.n_training], rows[fold.n_training :]
        self.members += fold.members
        self.splits += [(train, watched if len(watched) else None)] * len(fold.members)


def joined(first: Any, second: Any) -> Any:
    """Concatenate samples; the container is that of the first."""
    if isinstance(first, list):
        return [*first, *second]
    if hasattr(first, "iloc"):
        from pandas import concat

        return concat([first, second], ignore_index=True)
    if issparse(first):
        return vstack([first, second], format="csr")
    return np.concatenate([first, second])


def stacked(folds: Iterable[FoldSamples], n: int) -> Iterator[StackedSamples]:
    """Yield the samples of all folds in as few stacks as memory allows.

    Folds whose transformers give the same numbers, as a fixed scaling does, share their samples.
    `n` is the number of samples of the search.
    """
    open_stacks: dict[Any, _Stack] = {}
    for fold in folds:
        arrays = _stackable(fold)
        if arrays is None:
            alone = StackedSamples(fold.X, fold.y, fold.weight)
            alone.add(fold, np.arange(num_samples(fold.X)))
            yield alone
            continue
        kind = tuple((array.shape[1:], array.dtype) for array in arrays)
        if kind in open_stacks and not open_stacks[kind].has_room(arrays):
            yield open_stacks.pop(kind).samples()
        open_stacks.setdefault(kind, _Stack(n)).add(fold, arrays)
    for stack in open_stacks.values():
        yield stack.samples()


def _stackable(fold: FoldSamples) -> list[np.ndarray] | None:
    """Return samples, targets and weights as arrays; None if they cannot be stacked."""
    if not isinstance(fold.X, np.ndarray) or len(np.unique(fold.rows)) < len(fold.rows):
        return None
    weight = [] if fold.weight is None else [np.asarray(fold.weight)]
    # Networks are float32: half the memory, the same numbers.
    X = fold.X.astype(np.float32) if fold.X.dtype == np.float64 else fold.X
    return [X, np.asarray(fold.y), *weight]


class _SharedRows:
    """Arrays that folds write their samples into, each at its row number."""

    def __init__(self, n: int, arrays: list[np.ndarray]) -> None:
        self._arrays = [np.zeros((n, *each.shape[1:]), each.dtype) for each in arrays]
        self._filled = np.zeros(n, bool)

    def write(self, rows: Rows, arrays: list[np.ndarray]) -> bool:
        """Write samples; return False, and write none, if rows are missing or hold others."""
        if rows.max() >= len(self._filled):
            return False
        known = self._filled[rows]
        pairs = list(zip(self._arrays, arrays, strict=True))
        if not all(np.array_equal(mine[rows[known]], given[known]) for mine, given in pairs):
            return False
        for mine, given in pairs:
            mine[rows] = given
        self._filled[rows] = True
        return True

    def positions(self, rows: Rows) -> Rows:
        """Return where these rows are in `arrays`."""
        positions: Rows = (np.cumsum(self._filled) - 1)[rows]
        return positions

    def arrays(self) -> list[np.ndarray]:
        """Return the arrays without empty rows."""
        whole = self._filled.all()
        return [each if whole else each[self._filled] for each in self._arrays]


class _Stack:
    """Shared rows one below the other, and the folds that use them."""

    def __init__(self, n: int) -> None:
        self._n, self._bytes = n, 0
        self._parts: list[_SharedRows] = []
        self._folds: list[tuple[FoldSamples, int]] = []

    def has_room(self, arrays: list[np.ndarray]) -> bool:
        """Return whether another fold fits into memory."""
        return self._bytes + arrays[0].nbytes <= MAX_STACK_BYTES

    def add(self, fold: FoldSamples, arrays: list[np.ndarray]) -> None:
        """Add the samples of a fold, in rows that it shares or in new ones."""
        if not self._parts or not self._parts[-1].write(fold.rows, arrays):
            # Steps of a pipeline may make more samples than there were.
            self._parts.append(_SharedRows(max(self._n, int(fold.rows.max()) + 1), arrays))
            self._parts[-1].write(fold.rows, arrays)
            self._bytes += arrays[0].nbytes
        # The samples are copied: only the rows are still needed.
        light = fold._replace(X=None, y=None, weight=None)
        self._folds.append((light, len(self._parts) - 1))

    def samples(self) -> StackedSamples:
        """Return all samples."""
        parts = [part.arrays() for part in self._parts]
        starts = np.cumsum([0, *(len(part[0]) for part in parts)])
        # One part is not copied once more.
        X, y, *weight = (
            each[0] if len(each) == 1 else np.concatenate(each) for each in zip(*parts, strict=True)
        )
        stack = StackedSamples(X, y, weight[0] if weight else None)
        for fold, i in self._folds:
            stack.add(fold, starts[i] + self._parts[i].positions(fold.rows))
        return stack
