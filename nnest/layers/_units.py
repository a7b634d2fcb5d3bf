"""Layers with which networks of fewer units, or of fewer layers, run in a wider one."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from nnest.layers._layers import Dropout
from nnest.layers._random import uniform
from nnest.layers._state import Hyperparameters

__all__ = ["FilledDropout", "UnitMask"]

_serializable = keras.saving.register_keras_serializable(package="nnest")


@_serializable
class FilledDropout(Dropout):
    """Dropout of a layer that is filled up with units: its masks are those of the first ones.

    Parameters
    ----------
    rate : float
        Probability with which an input is set to zero, in [0, 1).
    seed : int
        Start of this layer's random stream.
    **kwargs
        Everything else that a Keras layer takes.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.layers import Dropout, FilledDropout
    >>> filled = FilledDropout(0.5, seed=0)
    >>> _ = filled.hyperparameters.units.assign(3)
    >>> wide = filled(np.ones((4, 8), "float32"), training=True)[:, :3]
    >>> own = Dropout(0.5, seed=0)(np.ones((4, 3), "float32"), training=True)
    >>> bool((wide == own).all())
    True
    """

    traced = ("rate", "seed", "units")  # type: ignore[assignment]

    def __init__(self, rate: float, seed: int, **kwargs: Any) -> None:
        super().__init__(rate, seed, **kwargs)
        self.hyperparameters = Hyperparameters(rate=float(rate), units=0.0)

    def _drawn(self, inputs: Any) -> Any:
        units = ops.convert_to_tensor(self.hyperparameters.units)
        return uniform(ops.shape(inputs), self.seed_generator, units)

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs to build this layer again."""
        config = super().get_config()
        config.pop("units")
        return config


@_serializable
class UnitMask(keras.layers.Layer):
    """The end of a hidden layer that is filled up with units.

    Units that the network does not have are zero. A network that does not have this layer sees
    what came into it. How many units it has is a number of the state, `units`; 0 is no such layer.

    Parameters
    ----------
    **kwargs
        Everything that a Keras layer takes.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.layers import UnitMask
    >>> mask = UnitMask()
    >>> _ = mask.hyperparameters.units.assign(2)
    >>> after, before = np.ones((1, 3), "float32"), np.full((1, 3), 7, "float32")
    >>> np.asarray(mask([after, before])).tolist()
    [[1.0, 1.0, 0.0]]
    """

    traced = ("units",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hyperparameters = Hyperparameters(units=0.0)

    def call(self, inputs: Any) -> Any:
        """Return the outputs of the layer, or its inputs."""
        after, before = inputs
        width, given = after.shape[-1], before.shape[-1]
        units = ops.convert_to_tensor(self.hyperparameters.units)
        own = ops.where(ops.arange(width, dtype="float32") < units, after, 0)
        if given < width:
            before = ops.pad(before, ((0, 0), (0, width - given)))
        return ops.where(units > 0, own, before[:, :width])

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of what the layer puts out."""
        return input_shape[0]

    @property
    def variables(self) -> list[Any]:
        """All of the layer's state: the number of units."""
        return [*super().variables, *self.hyperparameters.variables]
