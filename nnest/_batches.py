"""The order in which samples come, from a seed."""

from __future__ import annotations

import keras
import numpy as np

__all__ = ["FILLER", "Batches", "batch_bounds", "order_of", "rows_at_once"]

#: The weight of a row that is no sample and only fills a batch.
FILLER = -1.0
#: Rows for which a program is made at least.
_FEWEST = 32


def rows_at_once(batch_size: int, n: int) -> int:
    """Return the rows of a program that takes `n` samples in batches of `batch_size`.

    Parameters
    ----------
    batch_size : int
        Samples in a batch.
    n : int
        Number of samples.

    Returns
    -------
    int
        `batch_size`, or the next power of two above `n` if that is less: what fills a batch costs
        time too. A power of two, so that parts of similar length share a program.

    Examples
    --------
    >>> from nnest.programs import rows_at_once
    >>> rows_at_once(32, 1000), rows_at_once(1_000_000, 133), rows_at_once(1_000_000, 134)
    (32, 256, 256)
    """
    return min(batch_size, max(_FEWEST, 1 << (n - 1).bit_length()))


def order_of(seed: int | None, epoch: int, n: int) -> np.ndarray:
    """Return the order of an epoch's samples.

    Parameters
    ----------
    seed : int or None
        Decides the order; None is the order in which they are stored.
    epoch : int
        Number of the epoch.
    n : int
        Number of samples.

    Returns
    -------
    ndarray of shape (n,)
        Their places.

    Examples
    --------
    >>> from nnest._batches import order_of
    >>> order_of(None, 3, 4).tolist()
    [0, 1, 2, 3]
    """
    if seed is None:
        return np.arange(n)
    return np.random.default_rng([seed, epoch]).permutation(n)


def batch_bounds(n: int, size: int, fewest: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return where the batches of an epoch begin and end.

    Parameters
    ----------
    n : int
        Number of samples.
    size : int
        Most samples in a batch.
    fewest : int, default=1
        If the last batch would hold fewer, it shares with the one before, half and half. A single
        sample that cannot be shared, because batches hold two, is left out.

    Returns
    -------
    starts : ndarray of shape (n_batches,)
        The place of the first sample of each batch in the order of the epoch.
    stops : ndarray of shape (n_batches,)
        The place behind the last one.

    Examples
    --------
    >>> from nnest._batches import batch_bounds
    >>> [bounds.tolist() for bounds in batch_bounds(9, 4)]
    [[0, 4, 8], [4, 8, 9]]
    >>> [bounds.tolist() for bounds in batch_bounds(9, 4, fewest=2)]
    [[0, 4, 7], [4, 7, 9]]
    """
    starts = np.arange(0, n, size)
    stops = np.minimum(starts + size, n)
    rest = n % size
    if len(starts) > 1 and 0 < rest < fewest:
        if size == 2:
            return starts[:-1], stops[:-1]
        starts[-1] = stops[-2] = n - (size + rest) // 2
    return starts, stops


class Batches(keras.utils.PyDataset):
    """Mini-batches in an order that depends on the seed and on the epoch, and on nothing else.

    Keras shuffles with the process's global random state, which differs between back ends and
    is not ours to move.

    Parameters
    ----------
    arrays : tuple of ndarray
        Inputs, targets and, if there are any, sample weights; equal lengths.
    batch_size : int
        Samples in a batch; the last one may hold fewer.
    seed : int or None
        Decides the order; None is the order in which they are stored.
    epoch : int, default=0
        Number of the first epoch that is drawn.
    fill : bool, default=False
        Fill smaller batches with copies of their first row, which weigh :data:`FILLER`: a program
        for batches of one size takes all of them. All samples have a weight then.
    fewest : int, default=1
        See :func:`batch_bounds`.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.programs import Batches
    >>> batches = Batches((np.arange(5), np.arange(5)), 2, seed=0)
    >>> len(batches), sorted(int(i) for b in range(3) for i in batches[b][0])
    (3, [0, 1, 2, 3, 4])
    """

    def __init__(
        self,
        arrays: tuple[np.ndarray, ...],
        batch_size: int,
        seed: int | None,
        epoch: int = 0,
        fill: bool = False,
        fewest: int = 1,
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        if fill and len(arrays) == 2:
            arrays = (*arrays, np.ones(len(arrays[0]), np.float32))
        self._arrays, self._batch_size, self._fill = arrays, batch_size, fill
        self._seed, self._epoch = seed, epoch
        self._starts, self._stops = batch_bounds(len(arrays[0]), batch_size, fewest)
        self._order = self._draw()

    def _draw(self) -> np.ndarray:
        """Return the order of this epoch."""
        return order_of(self._seed, self._epoch, len(self._arrays[0]))

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return len(self._starts)

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        """Return one batch: inputs, targets and perhaps weights."""
        rows = self._order[self._starts[index] : self._stops[index]]
        n, missing = len(rows), self._batch_size - len(rows)
        if not (self._fill and missing):
            return tuple(array[rows] for array in self._arrays)
        rows = np.concatenate([rows, np.repeat(rows[:1], missing)])
        *samples, weight = (array[rows] for array in self._arrays)
        weight[n:] = FILLER
        return (*samples, weight)

    def on_epoch_end(self) -> None:
        """Draw the order of the next epoch."""
        self._epoch += 1
        self._order = self._draw()
