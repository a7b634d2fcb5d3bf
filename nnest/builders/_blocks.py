"""The parts of a network: hidden layers, convolutions, the output."""

from __future__ import annotations

import reprlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

from keras.layers import Activation, AveragePooling2D

from nnest import _arguments
from nnest._machine import free_memory
from nnest.builders._layers import Layers
from nnest.layers import BatchNormalization, Conv2D, Dense, Dropout, MaxPooling2D

__all__ = ["CHANNELS", "Convolutions", "Hidden", "output"]

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

    def apply(self, x: Any, layers: Layers) -> Any:
        """Stack the layers on `x`."""
        widths = (int(x.shape[-1]), *self.units)
        n_weights = sum((n + 1) * units for n, units in pairwise(widths))
        check_size(f"hidden_units={reprlib.repr(self.units)}", n_weights)
        for i, units in enumerate(self.units):
            name, before = f"hidden_{i + 1}", x
            x = layers.add(Dense, x, name, units=units, **layers.kernel())
            normalizes = i in self.batch_norm_at
            if normalizes and self.norm_first:
                x = layers.add(BatchNormalization, x, f"{name}_batch_norm")
            x = layers.add(Activation, x, f"{name}_activation", activation=self.activations[i])
            if normalizes and not self.norm_first:
                x = layers.add(BatchNormalization, x, f"{name}_batch_norm")
            # The seed is drawn in any case: the weights do not depend on where dropout is.
            seed = layers.draw()
            if i in self.dropout_at:
                x = layers.add(Dropout, x, f"{name}_dropout", rate=self.rates[i], seed=seed)
            x = layers.end(x, before, name)
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

    def apply(self, x: Any, layers: Layers) -> Any:
        """Stack the layers on `x`."""
        is_row = 1 in x.shape[1:3]
        for i in range(len(self.filters)):
            x = self._block(x, i, layers, is_row)
        if self.batch_norm == "last_pooling" and self.filters:
            x = layers.add(BatchNormalization, x, "last_pooling_batch_norm")
        return x

    def _block(self, x: Any, i: int, layers: Layers, is_row: bool) -> Any:
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
        x = layers.add(
            Conv2D, x, name, filters=self.filters[i], kernel_size=size, strides=side,
            padding=self.padding, data_format=CHANNELS, **layers.kernel(),
        )  # fmt: skip
        if self.batch_norm is True:
            x = layers.add(BatchNormalization, x, f"{name}_batch_norm")
        x = layers.add(Activation, x, f"{name}_activation", activation=self.activations[i])
        # Masks of whole feature maps are slow to draw: without a rate there is no such layer.
        seed = layers.draw()
        for place in ("activation", "pooling"):
            if place == "pooling":
                x = self._pooled(x, i, layers, is_row)
            if self.rates is not None and self.dropout_at == place:
                x = layers.add(Dropout, x, f"{name}_dropout", rate=self.rates[i], seed=seed)
        return x

    def _pooled(self, x: Any, i: int, layers: Layers, is_row: bool) -> Any:
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
        pooling = MaxPooling2D if kind == "max" else AveragePooling2D
        name = f"conv_{i + 1}_{kind}_pooling"
        return layers.add(pooling, x, name, pool_size=window, data_format=CHANNELS)


def output(x: Any, n_outputs: int, activation: str, layers: Layers) -> Any:
    """Return the output layer; its numbers are float32 under any policy of types."""
    check_size(f"an output for each of {n_outputs}", (int(x.shape[-1]) + 1) * n_outputs)
    x = layers.add(Dense, x, "output", units=n_outputs, **layers.kernel())
    return layers.add(Activation, x, "output_activation", activation=activation, dtype="float32")


def check_size(what: str, n_weights: int) -> None:
    """Raise if memory does not hold the layers, before anything is allocated."""
    if n_weights < MANY:
        return
    free = free_memory()
    if BYTES * n_weights > free:
        raise ValueError(
            f"{what} asks for {n_weights:.2g} weights, {BYTES * n_weights / 2**30:.1f} GiB in "
            f"training, and {free / 2**30:.1f} GiB of memory are free: give a smaller network."
        )
