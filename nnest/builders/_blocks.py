"""The parts of a network: hidden layers, convolutions, the output, and the seeds of all."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import keras
import numpy as np
from keras.layers import Activation, AveragePooling2D

from nnest import _arguments
from nnest._machine import free_memory
from nnest.layers import BatchNormalization, Conv2D, Dense, Dropout, MaxPooling2D

__all__ = [
    "CHANNELS",
    "Convolutions",
    "Hidden",
    "Initializer",
    "Initializers",
    "Kernels",
    "output",
    "seeds",
]

Initializer = str | dict[str, Any]
Initializers = Initializer | Sequence[Initializer]

BATCH_NORM_ORDERS = ("before_activation", "after_activation")
CONV_BATCH_NORM = (False, True, "last_pooling")
CONV_DROPOUT_PLACES = ("activation", "pooling", "flatten", "head")
POOLINGS = ("max", "average", None)
PADDINGS = ("same", "valid")
#: Where the channels of a picture are, whatever Keras's own setting is.
CHANNELS = "channels_last"
#: Weights from which it is asked whether memory holds them.
MANY = 10_000_000
#: Bytes of a weight with its gradient and two moments.
BYTES = 16


@dataclass(frozen=True)
class Kernels:
    """What every layer with a kernel is given, and the seeds of all."""

    l1: float
    l2: float
    kernel_initializer: Initializer
    bias_initializers: Iterator[Initializer]
    seeds: Iterator[int]

    @classmethod
    def of(
        cls,
        l1: float,
        l2: float,
        kernel_initializer: Initializer,
        bias_initializer: Initializers,
        n_layers: int,
        seed: int,
    ) -> Self:
        """Return what so many layers are given, the output layer included."""
        biases = _arguments.per_layer("bias_initializer", bias_initializer, n_layers)
        return cls(l1, l2, kernel_initializer, iter(biases), seeds(seed))

    def draw(self) -> int:
        """Return the next seed."""
        return next(self.seeds)

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of the next layer."""
        return {
            "l1": self.l1,
            "l2": self.l2,
            "kernel_initializer": _seeded(
                "kernel_initializer", self.kernel_initializer, self.draw()
            ),
            "bias_initializer": _seeded(
                "bias_initializer", next(self.bias_initializers), self.draw()
            ),
        }


@dataclass(frozen=True)
class Hidden:
    """The hidden layers: Dense, batch norm and activation in either order, dropout."""

    units: tuple[int, ...]
    activations: tuple[str, ...]
    rates: tuple[float, ...]
    dropout_at: frozenset[int]
    batch_norm_at: frozenset[int]
    norm_first: bool

    @classmethod
    def checked(
        cls,
        units: tuple[int, ...],
        activations: tuple[str, ...],
        dropout: float | Sequence[float],
        dropout_at: str | None,
        batch_norm_at: str | None,
        batch_norm_order: str,
    ) -> Self:
        """Return the hidden layers if all of their settings are accepted."""
        order = _arguments.one_of("batch_norm_order", batch_norm_order, BATCH_NORM_ORDERS)
        return cls(
            units,
            activations,
            _arguments.rates("dropout", dropout, len(units)),
            _arguments.layers_at("dropout_at", dropout_at, len(units)),
            _arguments.layers_at("batch_norm_at", batch_norm_at, len(units)),
            order == "before_activation",
        )

    def apply(self, x: Any, kernels: Kernels) -> Any:
        """Stack the layers on `x`."""
        widths = (int(x.shape[-1]), *self.units)
        n_weights = sum((n + 1) * units for n, units in pairwise(widths))
        check_size(f"hidden_units={reprlib.repr(self.units)}", n_weights)
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
class Convolutions:
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

    @classmethod
    def checked(
        cls,
        filters: tuple[int, ...],
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int],
        padding: str,
        pooling: str | Sequence[str | None] | None,
        pool_size: int | Sequence[int],
        activations: tuple[str, ...],
        rates: tuple[float, ...] | None,
        dropout_at: str,
        batch_norm: bool | str,
    ) -> Self:
        """Return the convolutions if all of their settings are accepted."""
        n = len(filters)
        kinds = _arguments.per_layer("pooling", pooling, n)
        return cls(
            filters,
            _arguments.sizes("kernel_size", kernel_size, n),
            _arguments.sizes("strides", strides, n),
            _arguments.one_of("padding", padding, PADDINGS),
            tuple(_arguments.one_of("pooling", kind, POOLINGS) for kind in kinds),
            _arguments.sizes("pool_size", pool_size, n),
            activations,
            rates,
            dropout_at,
            _arguments.one_of("conv_batch_norm", batch_norm, CONV_BATCH_NORM),
        )

    def apply(self, x: Any, kernels: Kernels) -> Any:
        """Stack the layers on `x`."""
        is_row = 1 in x.shape[1:3]
        for i in range(len(self.filters)):
            x = self._block(x, i, kernels, is_row)
        if self.batch_norm == "last_pooling" and self.filters:
            x = BatchNormalization(name="last_pooling_batch_norm")(x)
        return x

    def _block(self, x: Any, i: int, kernels: Kernels, is_row: bool) -> Any:
        """Return one convolution with what follows it."""
        name, size, side = f"conv_{i + 1}", self.kernel_size[i], self.strides[i]
        if self.padding == "valid" and size > min(x.shape[1:3]):
            raise ValueError(
                f"kernel_size={size} of convolution {i + 1} is larger than its input of "
                f"{x.shape[1]}x{x.shape[2]} pixels: give a smaller kernel, padding='same', fewer "
                "convolutions or larger images."
            )
        n_weights = (size * size * int(x.shape[3]) + 1) * self.filters[i]
        check_size(f"filters={self.filters[i]} of convolution {i + 1}", n_weights)
        conv = Conv2D(
            self.filters[i], size, strides=side, padding=self.padding, data_format=CHANNELS,
            name=name, **kernels.arguments(),
        )  # fmt: skip
        x = conv(x)
        if self.batch_norm is True:
            x = BatchNormalization(name=f"{name}_batch_norm")(x)
        x = Activation(self.activations[i], name=f"{name}_activation")(x)
        seed = kernels.draw()
        x = self._dropped(x, i, "activation", seed)
        return self._dropped(self._pooled(x, i, is_row), i, "pooling", seed)

    def _pooled(self, x: Any, i: int, is_row: bool) -> Any:
        """Return the pooled feature maps; an axis shorter than the window is pooled whole.

        A row of pixels, as a sample of a table is, has but one axis, and may end as one pixel.
        """
        kind, size = self.pooling[i], self.pool_size[i]
        if kind is None:
            return x
        height, width = x.shape[1:3]
        if size > max(height, width) and not is_row:
            raise ValueError(
                f"pool_size={size} after convolution {i + 1} leaves nothing of "
                f"{height}x{width} pixels: give fewer convolutions or poolings "
                "(pooling=None), a smaller pool_size, padding='same' or larger images."
            )
        window: Any = size if size <= min(height, width) else (min(size, height), min(size, width))
        layer = MaxPooling2D if kind == "max" else AveragePooling2D
        return layer(window, data_format=CHANNELS, name=f"conv_{i + 1}_{kind}_pooling")(x)

    def _dropped(self, x: Any, i: int, place: str, seed: int) -> Any:
        """Return `x` with dropout if its place is here."""
        # Masks of whole feature maps are slow to draw: without a rate there is no such layer.
        if self.rates is None or self.dropout_at != place:
            return x
        return Dropout(self.rates[i], seed=seed, name=f"conv_{i + 1}_dropout")(x)


def output(x: Any, n_outputs: int, activation: str, kernels: Kernels) -> Any:
    """Return the output layer; its numbers are float32 under any policy of types."""
    check_size(f"an output for each of {n_outputs}", (int(x.shape[-1]) + 1) * n_outputs)
    x = Dense(n_outputs, name="output", **kernels.arguments())(x)
    return Activation(activation, dtype="float32", name="output_activation")(x)


def check_size(what: str, n_weights: int) -> None:
    """Refuse layers that memory does not hold, before anything is allocated."""
    if n_weights < MANY:
        return
    free = free_memory()
    if BYTES * n_weights > free:
        raise ValueError(
            f"{what} asks for {n_weights:.2g} weights, {BYTES * n_weights / 2**30:.1f} GiB in "
            f"training, and {free / 2**30:.1f} GiB of memory are free: give a smaller network."
        )


def seeds(*seed: int) -> Iterator[int]:
    """Yield independent seeds for the parts of a model."""
    rng = np.random.default_rng(seed)
    while True:
        yield int(rng.integers(np.iinfo(np.int32).max))


def _seeded(name: str, initializer: Initializer, seed: int) -> Any:
    """Return an initializer that draws from `seed`, unless its configuration names another."""
    given: dict[str, Any]
    given = {"class_name": initializer} if isinstance(initializer, str) else initializer
    try:
        # Without a seed of ours, Keras would take one from Python's global random state at once.
        config = {"seed": seed, **given.get("config", {})}
        config["seed"] = seed if config["seed"] is None else config["seed"]
        try:
            return keras.initializers.get({**given, "config": config})
        except TypeError:  # as of zeros, which take no seed
            return keras.initializers.get({"config": {}, **given})
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{name}={reprlib.repr(initializer)} is no initializer: give the name of one of "
            "keras.initializers, as 'he_normal', or its configuration, as "
            "{'class_name': 'RandomNormal', 'config': {'mean': 1.0, 'stddev': 0.05}}."
        ) from error
