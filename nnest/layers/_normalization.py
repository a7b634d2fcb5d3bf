"""Batch normalization that leaves out the rows which only fill a batch."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from nnest._compat import keras as compat
from nnest.layers._state import sample_mask

__all__ = ["BatchNormalization"]


@keras.saving.register_keras_serializable(package="nnest")
class BatchNormalization(compat.BatchNormalization):
    """Batch normalization whose moments are those of the samples of a batch.

    Keras's own, except that rows which only fill a batch up to its size
    (:func:`nnest.layers.sample_mask`) enter neither mean nor variance.

    Parameters
    ----------
    **kwargs
        Everything that `keras.layers.BatchNormalization` takes.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.layers import BatchNormalization, batch_context
    >>> layer = BatchNormalization(momentum=0.0)
    >>> rows = np.array([[1.0], [3.0], [99.0]], "float32")
    >>> with batch_context(present=np.array([True, True, False])):
    ...     _ = layer(rows, training=True)
    >>> np.asarray(layer.moving_mean).tolist()
    [2.0]
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def moments(self, inputs: Any, mask: Any, axes: list[int]) -> Any:
        """Return mean and variance over the samples of the batch.

        Parameters
        ----------
        inputs : tensor
            Inputs of the layer, samples first.
        mask : tensor or None
            Keras's mask of time steps; with one, Keras's own moments are returned.
        axes : list of int
            Axes that are averaged.

        Returns
        -------
        mean : tensor
            One number for each channel.
        variance : tensor
            One number for each channel.
        """
        present = sample_mask()
        if present is None or mask is not None:
            return super().moments(inputs, mask, axes)
        rows = ops.reshape(present, (-1, *[1] * (len(inputs.shape) - 1)))
        kept = ops.cast(rows, inputs.dtype)
        places = 1.0
        for axis in axes[1:]:
            places *= inputs.shape[axis]
        # A batch without a sample changes nothing; here it only must not divide by zero.
        n = ops.maximum(ops.sum(kept), 1.0) * places
        mean = ops.sum(ops.where(rows, inputs, 0), axes, keepdims=True) / n
        squares = ops.square(ops.where(rows, inputs - mean, 0))
        variance = ops.sum(squares, axes) / n
        return ops.reshape(mean, variance.shape), variance
