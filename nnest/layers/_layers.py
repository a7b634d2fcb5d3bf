"""Keras layers whose hyper-parameters are part of their state.

A dropout rate or a penalty's strength that is a Python number becomes a constant of the compiled
program, and every new value costs a new compilation. The layers of this module keep such values in
their state, where no optimizer touches them: models that differ in nothing else run the same
program.

Each class is its Keras original with that one difference. On JAX on a CPU a convolution, its
activation and its pooling run as one operator (:mod:`nnest.fusion`), because the compiler's own are
several times slower there.
"""

from __future__ import annotations

from numbers import Real
from typing import Any

import keras
from keras import ops

from nnest import fusion
from nnest._compat.keras import build_at_init
from nnest.layers._initializers import compiled_initializer
from nnest.layers._patches import are_convolutions_products, convolve_patches
from nnest.layers._random import uniform
from nnest.layers._state import Hyperparameters

__all__ = ["Conv2D", "Dense", "Dropout", "MaxPooling2D"]

#: Pixels of a pooling window up to which the fast gradient is used: it is compiled place by place,
#: which takes minutes for hundreds of them.
LARGEST_WINDOW = 25

_serializable = keras.saving.register_keras_serializable(package="nnest")


def _is_number(value: object) -> bool:
    """Tell whether a value can be a hyper-parameter; True and False are none."""
    return isinstance(value, Real) and not isinstance(value, bool)


def _strength(name: str, value: float) -> float:
    """Return a penalty's strength, or say what is wrong with it."""
    if not _is_number(value) or not 0 <= value < float("inf"):
        raise ValueError(f"{name}={value!r} is not a penalty: give a finite number of at least 0.")
    return float(value)


class _Penalized:
    """The penalty on a kernel, with its two strengths as hyper-parameters."""

    hyperparameters: Hyperparameters

    def _add_penalty(self: Any) -> None:
        if not self.trainable:  # Keras penalizes what is trained, and nothing else
            return
        dtype = keras.config.floatx()  # the type of losses, under any policy
        kernel = ops.cast(self.kernel, dtype)
        l1, l2 = (ops.cast(value, dtype) for value in self.hyperparameters.variables)
        self.add_loss(l1 * ops.sum(ops.absolute(kernel)) + l2 * ops.sum(ops.square(kernel)))

    def add_weight(
        self, shape: Any = None, initializer: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Add a weight, as Keras does; its start is drawn by a program that all seeds share."""
        return super().add_weight(shape, compiled_initializer(initializer), *args, **kwargs)  # type: ignore[misc]

    @property
    def variables(self) -> list[Any]:
        """All of the layer's state: its weights, then its hyper-parameters."""
        return [*super().variables, *self.hyperparameters.variables]  # type: ignore[misc]

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs to build this layer again."""
        config = super().get_config()  # type: ignore[misc]
        return {**config, **self.hyperparameters.to_config()}


@_serializable
class Dense(_Penalized, keras.layers.Dense):
    r"""A fully connected layer whose L1 and L2 strengths are hyper-parameters.

    Adds :math:`l_1 \sum |w| + l_2 \sum w^2` over its kernel to the loss; the bias is free.

    Parameters
    ----------
    units : int
        Number of outputs.
    l1, l2 : float, default=0.0
        Strength of the two penalties, at least 0.
    **kwargs
        Everything else that `keras.layers.Dense` takes.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.layers import Dense
    >>> layer = Dense(3, l2=0.01)
    >>> layer(np.ones((2, 4), "float32")).shape
    (2, 3)
    """

    #: Parts of the configuration that the compiled program does not depend on.
    traced = ("l1", "l2")

    def __init__(self, units: int, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        self.hyperparameters = Hyperparameters(l1=_strength("l1", l1), l2=_strength("l2", l2))

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return ``activation(inputs @ kernel + bias)`` and add the penalty to the loss."""
        self._add_penalty()
        return super().call(inputs, training=training)


@_serializable
class Conv2D(_Penalized, keras.layers.Conv2D):
    """A convolution whose L1 and L2 strengths are hyper-parameters.

    Parameters
    ----------
    filters : int
        Number of feature maps.
    kernel_size : int or tuple of int
        Height and width of the kernel, in pixels.
    l1, l2 : float, default=0.0
        Strength of the two penalties, at least 0.
    **kwargs
        Everything else that `keras.layers.Conv2D` takes.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.layers import Conv2D
    >>> Conv2D(8, 3, l1=1e-4)(np.ones((2, 9, 9, 1), "float32")).shape
    (2, 7, 7, 8)
    """

    traced = ("l1", "l2")
    #: Its chains with an activation and a pooling may run as one operator; no subclass inherits it.
    fusible = True

    def __init__(
        self, filters: int, kernel_size: Any, l1: float = 0.0, l2: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(filters, kernel_size, **kwargs)
        self.hyperparameters = Hyperparameters(l1=_strength("l1", l1), l2=_strength("l2", l2))

    def call(self, inputs: Any) -> Any:
        """Return the feature maps and add the penalty to the loss."""
        self._add_penalty()
        block = fusion.block_to_run(self)
        if block is None:
            return super().call(inputs)
        kernel = ops.convert_to_tensor(self.kernel)
        bias = ops.convert_to_tensor(self.bias) if self.use_bias else ops.zeros(self.filters)
        return fusion.convolve_block(inputs, kernel, bias, block)

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """Convolve, as a product of patches where that is asked for."""
        whole = self.dilation_rate == (1, 1) and self.groups == 1
        if whole and self.data_format == "channels_last" and are_convolutions_products():
            kernel = ops.convert_to_tensor(kernel)
            return convolve_patches(inputs, kernel, self.strides, self.padding)
        return super().convolution_op(inputs, kernel)


@_serializable
class Dropout(keras.layers.Layer):
    """Dropout whose rate is a hyper-parameter; a rate of 0 is exactly the identity.

    In training each input is kept with probability ``1 - rate`` and then divided by it, so that
    the expected output is the input [1]_.

    Parameters
    ----------
    rate : float
        Probability with which an input is set to zero, in [0, 1).
    seed : int
        Start of this layer's random stream.
    **kwargs
        Everything else that a Keras layer takes.

    References
    ----------
    .. [1] N. Srivastava et al., "Dropout: a simple way to prevent neural networks from
       overfitting", JMLR 15, 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.layers import Dropout
    >>> kept = Dropout(0.5, seed=0)(np.ones((1, 1000), "float32"), training=True)
    >>> sorted(set(np.asarray(kept).ravel().tolist()))
    [0.0, 2.0]
    """

    traced = ("rate", "seed")

    def __init__(self, rate: float, seed: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not _is_number(rate) or not 0 <= rate < 1:
            raise ValueError(f"rate={rate!r} is not a dropout rate: give a number in [0, 1).")
        self._seed = int(seed)
        self.hyperparameters = Hyperparameters(rate=float(rate))
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True
        build_at_init(self)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the inputs, thinned out if `training`."""
        if not training:
            return inputs
        drawn = self._drawn(inputs)
        rate = ops.convert_to_tensor(self.hyperparameters.rate)
        kept = inputs / ops.cast(1 - rate, inputs.dtype)
        return ops.where(drawn >= rate, kept, ops.zeros_like(inputs))

    def _drawn(self, inputs: Any) -> Any:
        """Return a number from [0, 1) for each input."""
        return uniform(ops.shape(inputs), self.seed_generator)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the input: dropout changes none."""
        return input_shape

    @property
    def variables(self) -> list[Any]:
        """All of the layer's state: its random stream and its rate."""
        return [*super().variables, *self.hyperparameters.variables]

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs to build this layer again."""
        config = super().get_config()
        return {**config, **self.hyperparameters.to_config(), "seed": self._seed}


@_serializable
class MaxPooling2D(keras.layers.MaxPooling2D):
    """Max pooling with a fast gradient on JAX on a CPU; elsewhere Keras's own.

    Parameters
    ----------
    pool_size : int or tuple of int, default=(2, 2)
        Height and width of a window, in pixels.
    strides : int or tuple of int, optional
        Steps of the window in pixels; its size if it is None.
    padding : {"valid", "same"}, default="valid"
        Whether windows reach over the border.
    data_format : {"channels_last", "channels_first"}, optional
        Where the channels are; Keras's own setting if it is None.
    name : str, optional
        The layer's name.
    **kwargs
        Everything else that a Keras layer takes.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.layers import MaxPooling2D
    >>> MaxPooling2D(2)(np.ones((2, 9, 9, 1), "float32")).shape
    (2, 4, 4, 1)
    """

    #: It may be a part of an operator that begins with a convolution; no subclass inherits it.
    fusible = True

    def call(self, inputs: Any) -> Any:
        """Return the largest value of each window."""
        size = self.pool_size
        # The fast operator looks at each place of a window by itself: large ones would take long
        # to compile.
        small = size[0] * size[1] <= LARGEST_WINDOW
        tiles = small and self.strides == size and self.padding == "valid"
        if tiles and self.data_format == "channels_last" and fusion.is_on():
            return fusion.max_pool(inputs, size)
        return super().call(inputs)
