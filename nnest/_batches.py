"""The order in which samples come, from a seed."""

from __future__ import annotations

import keras
import numpy as np

__all__ = ["Batches"]


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
    seed : int
        Decides the order.
    epoch : int, default=0
        Number of the first epoch that is drawn.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.programs import Batches
    >>> batches = Batches((np.arange(5), np.arange(5)), 2, seed=0)
    >>> len(batches), sorted(int(i) for b in range(3) for i in batches[b][0])
    (3, [0, 1, 2, 3, 4])
    """

    def __init__(
        self, arrays: tuple[np.ndarray, ...], batch_size: int, seed: int, epoch: int = 0
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self._arrays, self._batch_size = arrays, batch_size
        self._seed, self._epoch = seed, epoch
        self._order = self._draw()

    def _draw(self) -> np.ndarray:
        """Return the order of this epoch."""
        return np.random.default_rng([self._seed, self._epoch]).permutation(len(self._arrays[0]))

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return -(-len(self._arrays[0]) // self._batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        """Return one batch: inputs, targets and perhaps weights."""
        rows = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        return tuple(array[rows] for array in self._arrays)

    def on_epoch_end(self) -> None:
        """Draw the order of the next epoch."""
        self._epoch += 1
        self._order = self._draw()
