"""Exact numbers of the report's networks: parameters and shapes, computed from them."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from nnest.builders import build_cnn, build_mlp


@cache
def _shortcut() -> Any:
    """Build the functional model with a shortcut."""
    return build_mlp((1,), 1, hidden_units=(64, 32), shortcut=True, output_activation="linear")


@cache
def _network() -> Any:
    """Build the network of Section 2."""
    return build_cnn(
        (28, 28, 3),
        43,
        filters=(32, 64),
        kernel_size=5,
        padding="valid",
        activation="elu",
        conv_batch_norm=True,
        hidden_units=(),
    )


def _size(weights: list[Any]) -> float:
    """Return how many numbers there are in some weights."""
    return float(sum(math.prod(weight.shape) for weight in weights))


def _trainable(model: Any, layer: str) -> float:
    """Return how many numbers of a layer are trained."""
    return _size(model().get_layer(layer).trainable_weights)


def _norm_share(kind: str) -> float:
    """Return how many numbers of a kind the second batch normalization has for a feature map."""
    layer = _network().get_layer("conv_2_batch_norm")
    return _size(getattr(layer, kind)) / float(layer.output.shape[-1])


def _kernel_share(layer: str, n_axes: int) -> float:
    """Return how many weights a kernel has along its first axes."""
    return float(math.prod(_network().get_layer(layer).kernel.shape[:n_axes]))


def _side(layer: str, axis: int) -> float:
    """Return how long a layer's output is along an axis, that of the batch not counted."""
    return float(_network().get_layer(layer).output.shape[axis + 1])


_BLOCKS = [
    f"conv_{block}{part}"
    for block in (1, 2)
    for part in ("", "_batch_norm", "_activation", "_max_pooling")
]
_AXES = {"input": 3, **dict.fromkeys(_BLOCKS, 3), "flatten": 1, "output": 1}
EXACT: dict[str, dict[str, Callable[[], float]]] = {
    "shortcut": {
        "n_parameters": lambda: float(_shortcut().count_params()),
        "n_parameters@not-trainable": lambda: _size(_shortcut().non_trainable_weights),
        **{
            f"n_parameters@{layer}": partial(_trainable, _shortcut, layer)
            for layer in ("hidden_1", "hidden_2", "output")
        },
    },
    "batch-normalization": {
        **{
            f"n_parameters@{layer}": partial(_trainable, _network, layer)
            for layer in (*_BLOCKS, "flatten", "output")
        },
        **{
            f"output_shape[{axis}]@{layer}": partial(_side, layer, axis)
            for layer, n_axes in _AXES.items()
            if layer != "conv_1_batch_norm"
            for axis in range(n_axes)
        },
        "n_parameters@mask": partial(_kernel_share, "conv_1", 2),
        "n_parameters@mask-2": partial(_kernel_share, "conv_2", 2),
        "n_parameters@map": partial(_norm_share, "trainable_weights"),
        "n_parameters@map-not-trainable": partial(_norm_share, "non_trainable_weights"),
        "n_parameters@output-neuron": partial(_kernel_share, "output", 1),
        "n_parameters@output-biases": lambda: _size([_network().get_layer("output").bias]),
    },
}
"""What computes the exact numbers of reported.csv, by experiment and metric."""
