"""Functional Keras models from the hyper-parameters that this package studies.

The names are those of the estimators, which hand their parameters over as they are. Nothing here
draws from a global random state: `seed` decides every weight and every dropout mask.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras.layers import Activation, AveragePooling2D, BatchNormalization, Concatenate, Flatten

from nnest import arguments
from nnest.layers import Conv2D, Dense, Dropout, MaxPooling2D
from nnest.programs import Model

__all__ = ["build_cnn", "build_mlp"]

Initializer = str | dict[str, Any]

BATCH_NORM_ORDERS = ("before_activation", "after_activation")
CONV_BATCH_NORM = (False, True, "last_pooling")
CONV_DROPOUT_PLACES = ("activation", "pooling", "flatten", "head")
POOLINGS = ("max", "average", None)
PADDINGS = ("same", "valid")


def build_mlp(
    input_shape: tuple[int, ...],
    n_outputs: int,
    *,
    hidden_units: Sequence[int] = (128,),
    activation: str | Sequence[str] = "relu",
    dropout: float | Sequence[float] = 0.0,
    dropout_at: str | None = "every",
    batch_norm_at: str | None = None,
    batch_norm_order: str = "before_activation",
    shortcut: bool = False,
    l1: float = 0.0,
    l2: float = 0.0,
    kernel_initializer: Initializer = "glorot_uniform",
    bias_initializer: Initializer = "zeros",
    output_activation: str = "softmax",
    seed: int = 0,
) -> Model:
    """Build a multilayer perceptron.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of one sample; anything but a vector is flattened first.
    n_outputs : int
        Units of the output layer.
    hidden_units : sequence of int, default=(128,)
        Units of each hidden layer; an empty one is softmax (or linear) regression.
    activation : str or sequence of str, default="relu"
        Activation of the hidden layers, one for all or one for each.
    dropout : float or sequence of float, default=0.0
        Dropout rate after the activation of the hidden layers, one for all or one for each.
    dropout_at : {"every", "first", "last", None}, default="every"
        Which hidden layers have dropout.
    batch_norm_at : {None, "first", "last", "every"}, default=None
        Which hidden layers have batch normalization.
    batch_norm_order : {"before_activation", "after_activation"}, default="before_activation"
        On which side of the activation.
    shortcut : bool, default=False
        Join the input to the output of the last hidden layer.
    l1, l2 : float, default=0.0
        Strengths of the penalties on all kernels.
    kernel_initializer : str or dict, default="glorot_uniform"
        By name, or as a Keras configuration.
    bias_initializer : str or dict, default="zeros"
        By name, or as a Keras configuration.
    output_activation : str, default="softmax"
        Activation of the output layer.
    seed : int, default=0
        Decides initial weights and dropout masks.

    Returns
    -------
    Model
        Not compiled.

    Raises
    ------
    ValueError
        For a value that is not accepted; the message says which are.

    Examples
    --------
    >>> from nnest.builders import build_mlp
    >>> build_mlp((1,), 1, hidden_units=(64, 32), shortcut=True).count_params()
    2242
    """
    kernels = _Kernels(l1, l2, kernel_initializer, bias_initializer, _seeds(seed))
    units = arguments.sizes("hidden_units", hidden_units)
    hidden = _Hidden(
        units,
        arguments.activations(activation, len(units)),
        arguments.rates("dropout", dropout, len(units)),
        arguments.layers_at("dropout_at", dropout_at, len(units)),
        arguments.layers_at("batch_norm_at", batch_norm_at, len(units)),
        arguments.one_of("batch_norm_order", batch_norm_order, BATCH_NORM_ORDERS)
        == "before_activation",
    )
    inputs = keras.Input(input_shape, name="input")
    flat = inputs if len(input_shape) == 1 else Flatten(name="flatten")(inputs)
    x = hidden.apply(flat, kernels)
    if shortcut:
        x = Concatenate(name="shortcut")([flat, x])
    return Model(inputs, _output(x, n_outputs, output_activation, kernels), name="mlp")


def build_cnn(
    input_shape: tuple[int, int, int],
    n_outputs: int,
    *,
    filters: Sequence[int] = (32, 64),
    kernel_size: int | Sequence[int] = 3,
    strides: int | Sequence[int] = 1,
    padding: str = "same",
    pooling: str | None | Sequence[str | None] = "max",
    pool_size: int | Sequence[int] = 2,
    conv_dropout: float | Sequence[float] = 0.0,
    conv_dropout_at: str = "pooling",
    conv_batch_norm: bool | str = False,
    hidden_units: Sequence[int] = (128,),
    activation: str | Sequence[str] = "relu",
    dropout: float | Sequence[float] = 0.0,
    dropout_at: str | None = "every",
    batch_norm_at: str | None = None,
    batch_norm_order: str = "before_activation",
    shortcut: bool = False,
    l1: float = 0.0,
    l2: float = 0.0,
    kernel_initializer: Initializer = "glorot_uniform",
    bias_initializer: Initializer = "zeros",
    output_activation: str = "softmax",
    seed: int = 0,
) -> Model:
    """Build a convolutional network: convolutions with pooling, then hidden layers.

    Parameters
    ----------
    input_shape : tuple of int
        Height, width and channels of an image.
    n_outputs : int
        Units of the output layer.
    filters : sequence of int, default=(32, 64)
        Filters of each convolution; an empty one leaves a multilayer perceptron.
    kernel_size, strides : int or sequence of int, default=3 and 1
        Side of the square kernel and its step in pixels, one for all or one for each convolution.
    padding : {"same", "valid"}, default="same"
        Whether convolutions pad their input with zeros.
    pooling : {"max", "average", None} or sequence of them, default="max"
        What follows each convolution.
    pool_size : int or sequence of int, default=2
        Side of the pooling windows in pixels, which is also their step.
    conv_dropout : float or sequence of float, default=0.0
        Dropout rate in the convolutional part, one for all or one for each convolution.
    conv_dropout_at : {"pooling", "activation", "flatten", "head"}, default="pooling"
        After each pooling, after each activation, once after the last feature maps are
        flattened, or once before the output layer. The last two take one rate.
    conv_batch_norm : bool or "last_pooling", default=False
        Batch normalization between each convolution and its activation, or once after the last
        pooling.
    hidden_units, activation, dropout, dropout_at, batch_norm_at, batch_norm_order
        As in :func:`build_mlp`; `activation` as a sequence has one entry for each convolution and
        then one for each hidden layer.
    shortcut : bool, default=False
        Join the flattened feature maps to the output of the last hidden layer.
    l1, l2, kernel_initializer, bias_initializer, output_activation, seed
        As in :func:`build_mlp`.

    Returns
    -------
    Model
        Not compiled.

    Raises
    ------
    ValueError
        For a value that is not accepted, and where nothing is left of the image.

    Examples
    --------
    >>> from nnest.builders import build_cnn
    >>> lenet = build_cnn((28, 28, 1), 10, filters=(20, 50), kernel_size=5, padding="valid")
    >>> [layer.name for layer in lenet.layers][:4]
    ['input', 'conv_1', 'conv_1_activation', 'conv_1_max_pooling']
    """
    kernels = _Kernels(l1, l2, kernel_initializer, bias_initializer, _seeds(seed))
    maps, units = arguments.sizes("filters", filters), arguments.sizes("hidden_units", hidden_units)
    activations = arguments.activations(activation, len(maps) + len(units))
    arguments.one_of("conv_dropout_at", conv_dropout_at, CONV_DROPOUT_PLACES)
    each = conv_dropout_at in ("activation", "pooling")
    rates = arguments.rates("conv_dropout", conv_dropout, len(maps) if each else 1)
    convolutions = _Convolutions(
        maps,
        arguments.sizes("kernel_size", kernel_size, len(maps)),
        arguments.sizes("strides", strides, len(maps)),
        arguments.one_of("padding", padding, PADDINGS),
        tuple(
            arguments.one_of("pooling", p, POOLINGS)
            for p in arguments.per_layer("pooling", pooling, len(maps))
        ),
        arguments.sizes("pool_size", pool_size, len(maps)),
        activations[: len(maps)],
        rates if each and any(rates) else None,
        conv_dropout_at,
        arguments.one_of("conv_batch_norm", conv_batch_norm, CONV_BATCH_NORM),
    )
    hidden = _Hidden(
        units,
        activations[len(maps) :],
        arguments.rates("dropout", dropout, len(units)),
        arguments.layers_at("dropout_at", dropout_at, len(units)),
        arguments.layers_at("batch_norm_at", batch_norm_at, len(units)),
        arguments.one_of("batch_norm_order", batch_norm_order, BATCH_NORM_ORDERS)
        == "before_activation",
    )
    inputs = keras.Input(input_shape, name="input")
    flat = Flatten(name="flatten")(convolutions.apply(inputs, kernels))
    if conv_dropout_at == "flatten":
        flat = Dropout(rates[0], seed=kernels.draw(), name="flatten_dropout")(flat)
    x = hidden.apply(flat, kernels)
    if shortcut:
        x = Concatenate(name="shortcut")([flat, x])
    if conv_dropout_at == "head":
        x = Dropout(rates[0], seed=kernels.draw(), name="head_dropout")(x)
    return Model(inputs, _output(x, n_outputs, output_activation, kernels), name="cnn")


@dataclass(frozen=True)
class _Kernels:
    """What every layer with a kernel is given, and the seeds of all."""

    l1: float
    l2: float
    kernel_initializer: Initializer
    bias_initializer: Initializer
    seeds: Iterator[int]

    def draw(self) -> int:
        """Return the next seed."""
        return next(self.seeds)

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of the next layer."""
        return {
            "l1": self.l1,
            "l2": self.l2,
            "kernel_initializer": _seeded(self.kernel_initializer, self.draw()),
            "bias_initializer": _seeded(self.bias_initializer, self.draw()),
        }


@dataclass(frozen=True)
class _Hidden:
    """The hidden layers: Dense, batch norm and activation in either order, dropout."""

    units: tuple[int, ...]
    activations: tuple[str, ...]
    rates: tuple[float, ...]
    dropout_at: frozenset[int]
    batch_norm_at: frozenset[int]
    norm_first: bool

    def apply(self, x: Any, kernels: _Kernels) -> Any:
        """Stack the layers on `x`."""
        for i, units in enumerate(self.units):
            name = f"hidden_{i + 1}"
            x = Dense(units, name=name, **kernels.arguments())(x)
            steps = [Activation(self.activations[i], name=f"{name}_activation")]
            if i in self.batch_norm_at:
                norm = BatchNormalization(name=f"{name}_batch_norm")
                steps.insert(0 if self.norm_first else 1, norm)
            # The seed is drawn in any case: the weights do not depend on where dropout is.
            dropout_seed = kernels.draw()
            if i in self.dropout_at:
                steps.append(Dropout(self.rates[i], seed=dropout_seed, name=f"{name}_dropout"))
            for step in steps:
                x = step(x)
        return x


@dataclass(frozen=True)
class _Convolutions:
    """The convolutional part: convolution, batch norm, activation, pooling, dropout."""

    filters: tuple[int, ...]
    kernel_size: tuple[int, ...]
    strides: tuple[int, ...]
    padding: str
    pooling: tuple[str | None, ...]
    pool_size: tuple[int, ...]
    activations: tuple[str, ...]
    rates: tuple[float, ...] | None
    dropout_at: str
    batch_norm: bool | str

    def apply(self, x: Any, kernels: _Kernels) -> Any:
        """Stack the layers on `x`."""
        for i in range(len(self.filters)):
            x = self._block(x, i, kernels)
        if self.batch_norm == "last_pooling" and self.filters:
            x = BatchNormalization(name="last_pooling_batch_norm")(x)
        return x

    def _block(self, x: Any, i: int, kernels: _Kernels) -> Any:
        """Return one convolution with what follows it."""
        name, size, side = f"conv_{i + 1}", self.kernel_size[i], self.strides[i]
        if self.padding == "valid" and size > min(x.shape[1:3]):
            raise ValueError(
                f"kernel_size={size} of convolution {i + 1} is larger than its input of "
                f"{x.shape[1]}x{x.shape[2]} pixels: give a smaller kernel, padding='same', fewer "
                "convolutions or larger images."
            )
        conv = Conv2D(
            self.filters[i], size, strides=side, padding=self.padding, name=name,
            **kernels.arguments(),
        )  # fmt: skip
        x = conv(x)
        if self.batch_norm is True:
            x = BatchNormalization(name=f"{name}_batch_norm")(x)
        x = Activation(self.activations[i], name=f"{name}_activation")(x)
        seed = kernels.draw()
        x = self._dropped(x, i, "activation", seed)
        return self._dropped(self._pooled(x, i), i, "pooling", seed)

    def _pooled(self, x: Any, i: int) -> Any:
        """Return the pooled feature maps."""
        kind, size = self.pooling[i], self.pool_size[i]
        if kind is None:
            return x
        if size > min(x.shape[1:3]):
            raise ValueError(
                f"pool_size={size} after convolution {i + 1} leaves nothing of "
                f"{x.shape[1]}x{x.shape[2]} pixels: give fewer convolutions or poolings "
                "(pooling=None), a smaller pool_size, padding='same' or larger images."
            )
        layer = MaxPooling2D if kind == "max" else AveragePooling2D
        return layer(size, name=f"conv_{i + 1}_{kind}_pooling")(x)

    def _dropped(self, x: Any, i: int, place: str, seed: int) -> Any:
        """Return `x` with dropout if its place is here."""
        # Masks of whole feature maps are slow to draw: without a rate there is no such layer.
        if self.rates is None or self.dropout_at != place:
            return x
        return Dropout(self.rates[i], seed=seed, name=f"conv_{i + 1}_dropout")(x)


def _output(x: Any, n_outputs: int, activation: str, kernels: _Kernels) -> Any:
    """Return the output layer; its numbers are float32 under any policy of types."""
    x = Dense(n_outputs, name="output", **kernels.arguments())(x)
    return Activation(activation, dtype="float32", name="output_activation")(x)


def _seeds(seed: int) -> Iterator[int]:
    """Yield independent seeds for the parts of a model."""
    rng = np.random.default_rng(seed)
    while True:
        yield int(rng.integers(np.iinfo(np.int32).max))


def _seeded(initializer: Initializer, seed: int) -> Any:
    """Return an initializer that draws from `seed`, unless its configuration names another."""
    try:
        found = keras.initializers.get(initializer)
        config = found.get_config()
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{initializer!r} is no initializer: give the name of one of keras.initializers, "
            "as 'he_normal', or its configuration, as "
            "{'class_name': 'RandomNormal', 'config': {'mean': 1.0, 'stddev': 0.05}}."
        ) from error
    if config.get("seed", 0) is None:
        found = type(found).from_config({**config, "seed": seed})
    return found
