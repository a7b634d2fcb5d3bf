"""Transformed samples of all folds on one sheet, so that their networks train together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse, vstack
from sklearn.utils.validation import _num_samples

from nnest.search._checks import Rows

__all__ = ["SHEET_BYTES", "Portion", "Sheet", "joined", "sheets"]

#: Samples of one sheet take at most about this much memory; more make another sheet.
SHEET_BYTES = 2**30


class Portion(NamedTuple):
    """What a fold's networks are trained on: samples after the transformers, in training order.

    `rows` are their numbers, from before the transformers if these keep all samples. Samples that
    are only watched come after the first `n_training`.
    """

    members: list[Any]
    rows: Rows
    X: Any
    y: Any
    weight: Any
    n_training: int


@dataclass
class Sheet:
    """Samples, and the rows of them on which each member is trained, and on which watched."""

    X: Any
    y: Any
    weight: Any
    members: list[Any] = field(default_factory=list)
    splits: list[tuple[Rows, Rows | None]] = field(default_factory=list)

    def add(self, portion: Portion, rows: Rows) -> None:
        """Add the members of a portion whose samples stand in these rows."""
        train, watched = rows[: portion.n_training], rows[portion.n_training :]
        self.members += portion.members
        self.splits += [(train, watched if len(watched) else None)] * len(portion.members)


def joined(one: Any, other: Any) -> Any:
    """Return the samples of both, one after the other, in the container that they came in."""
    if isinstance(one, list):
        return [*one, *other]
    if hasattr(one, "iloc"):
        from pandas import concat

        return concat([one, other], ignore_index=True)
    if issparse(one):
        return vstack([one, other], format="csr")
    return np.concatenate([one, other])


def sheets(portions: Iterator[Portion], n: int) -> Iterator[Sheet]:
    """Yield all portions on as few sheets as memory allows.

    Folds whose transformers give the same numbers, as a fixed scaling does, share their samples.
    """
    stacks: dict[Any, _Stack] = {}
    for portion in portions:
        columns = _columns(portion)
        if columns is None:
            sheet = Sheet(portion.X, portion.y, portion.weight)
            sheet.add(portion, np.arange(_num_samples(portion.X)))
            yield sheet
            continue
        kind = tuple((column.shape[1:], column.dtype) for column in columns)
        if kind in stacks and not stacks[kind].has_room(columns):
            yield stacks.pop(kind).sheet()
        stacks.setdefault(kind, _Stack(n)).add(portion, columns)
    for stack in stacks.values():
        yield stack.sheet()


def _columns(portion: Portion) -> list[np.ndarray] | None:
    """Return the arrays of a portion; None if it cannot lie beside others."""
    if not isinstance(portion.X, np.ndarray) or len(np.unique(portion.rows)) < len(portion.rows):
        return None
    weight = [] if portion.weight is None else [np.asarray(portion.weight)]
    # Networks are float32: half the memory, the same numbers.
    X = portion.X.astype(np.float32) if portion.X.dtype == np.float64 else portion.X
    return [X, np.asarray(portion.y), *weight]


class _Pool:
    """Arrays whose samples stand under their row numbers before the transformers."""

    def __init__(self, n: int, columns: list[np.ndarray]) -> None:
        self._columns = [np.zeros((n, *each.shape[1:]), each.dtype) for each in columns]
        self._filled = np.zeros(n, bool)

    def takes(self, rows: Rows, columns: list[np.ndarray]) -> bool:
        """Write the samples unless there is no room, or other numbers stand in their rows."""
        if rows.max() >= len(self._filled):
            return False
        known = self._filled[rows]
        for mine, theirs in zip(self._columns, columns, strict=True):
            if not np.array_equal(mine[rows[known]], theirs[known]):
                return False
        for mine, theirs in zip(self._columns, columns, strict=True):
            mine[rows] = theirs
        self._filled[rows] = True
        return True

    def places(self, rows: Rows) -> Rows:
        """Return where these rows stand when empty ones are left out."""
        places: Rows = (np.cumsum(self._filled) - 1)[rows]
        return places

    def columns(self) -> list[np.ndarray]:
        """Return the arrays without empty rows."""
        whole = self._filled.all()
        return [each if whole else each[self._filled] for each in self._columns]


class _Stack:
    """Pools whose samples have one shape, and who trains on which of their rows."""

    def __init__(self, n: int) -> None:
        self._n, self._bytes = n, 0
        self._pools: list[_Pool] = []
        self._entries: list[tuple[Portion, int]] = []

    def has_room(self, columns: list[np.ndarray]) -> bool:
        """Tell whether another portion fits into memory."""
        return self._bytes + columns[0].nbytes <= SHEET_BYTES

    def add(self, portion: Portion, columns: list[np.ndarray]) -> None:
        """Lay a portion's samples down, beside or upon those that are there."""
        if not self._pools or not self._pools[-1].takes(portion.rows, columns):
            # Steps of a pipeline may make more samples than there were.
            self._pools.append(_Pool(max(self._n, int(portion.rows.max()) + 1), columns))
            self._pools[-1].takes(portion.rows, columns)
            self._bytes += columns[0].nbytes
        # Nothing but the rows is needed any more: the samples can go.
        light = portion._replace(X=None, y=None, weight=None)
        self._entries.append((light, len(self._pools) - 1))

    def sheet(self) -> Sheet:
        """Return all samples, one pool under the other."""
        parts = [pool.columns() for pool in self._pools]
        starts = np.cumsum([0, *(len(part[0]) for part in parts)])
        whole = [
            each[0] if len(each) == 1 else np.concatenate(each) for each in zip(*parts, strict=True)
        ]
        sheet = Sheet(whole[0], whole[1], whole[2] if len(whole) > 2 else None)
        for portion, place in self._entries:
            sheet.add(portion, starts[place] + self._pools[place].places(portion.rows))
        return sheet
