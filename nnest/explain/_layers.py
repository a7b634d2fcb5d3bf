"""A network as the page computes it: one row for each layer, in JSON."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from nnest.persistence import blur_matrix, normalization, pads
from nnest.preprocessing import GaussianBlur, PixelScaler

__all__ = ["ACTIVATIONS", "encoded", "image_shape", "layer_rows"]

#: Activations of one number that the page computes, by their names in Keras.
ACTIVATIONS = (
    "celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_tanh",
    "leaky_relu", "linear", "log_sigmoid", "mish", "relu", "relu6", "selu", "sigmoid", "silu",
    "soft_shrink", "softplus", "softsign", "squareplus", "tanh", "tanh_shrink",
)  # fmt: skip
#: Numbers from which a row that is not a picture by its shape is shown as a square.
LEAST_SQUARE = 16

#: Settings of layers of which the page computes this value alone.
PLAIN = {"axis": -1, "data_format": "channels_last", "dilation_rate": (1, 1), "groups": 1}

Row = dict[str, Any]


def encoded(values: Any) -> str:
    """Return numbers as text: float32, the lowest byte first, in base 64."""
    return base64.b64encode(np.asarray(values, "<f4").tobytes()).decode()


def image_shape(steps: list[Any], network: Any) -> tuple[int, int, int]:
    """Return height, width and channels in which samples are shown; a table has one row."""
    shape: tuple[int, ...] = network.model_.input.shape[1:]
    if len(shape) == 1:
        blurs = [step for step in steps if isinstance(step, GaussianBlur)]
        shape = next((step.image_shape for step in blurs if step.image_shape), shape)
    if len(shape) == 1:
        (n,), side = shape, math.isqrt(shape[0])
        shape = (side, side) if side * side == n >= LEAST_SQUARE else (1, n)
    height, width, *channels = shape
    return height, width, math.prod(channels)


def layer_rows(steps: list[Any], network: Any) -> list[Row]:
    """Return what each step of a pipeline and each layer of its network computes.

    Parameters
    ----------
    steps : list of transformer
        Fitted `PixelScaler` and `GaussianBlur` steps.
    network : estimator
        A fitted classifier.

    Returns
    -------
    list of dict
        The first one stands for the image. Each names its operation, the places of its inputs, and
        the numbers that it needs.

    Raises
    ------
    ValueError
        If the page has no such operation; the message names the layer.
    """
    shape = image_shape(steps, network)
    rows = [_row("image", "Input", shape, [], {"operation": "same"})]
    for step in steps:
        form = _scaling(step) if isinstance(step, PixelScaler) else _blur(step, shape)
        rows.append(_row("step", type(step).__name__, shape, [len(rows) - 1], form))
    model = network.model_
    places = {id(model.input): len(rows) - 1}
    for layer in model.layers[1:]:
        given = layer.input if isinstance(layer.input, list) else [layer.input]
        inputs = [places[id(tensor)] for tensor in given]
        kind = _kind(layer)
        row = _row(layer.name, kind, layer.output.shape[1:], inputs, _FORMS[kind](layer))
        places[id(layer.output)] = len(rows)
        rows.append(row | {"parameters": layer.count_params()})
    return rows


def _kind(layer: Any) -> str:
    """Return the name of the layer's class, or of the class of Keras that it is a kind of."""
    kind = next((each.__name__ for each in type(layer).__mro__ if each.__name__ in _FORMS), None)
    if kind is None:
        raise ValueError(
            f"The page cannot compute layer {layer.name!r}, a {type(layer).__name__}: give a "
            f"network of {', '.join(_FORMS)}."
        )
    known = PLAIN if kind == "Activation" else {"activation": "linear", **PLAIN}
    for name, value in layer.get_config().items():
        if value != known.get(name, value):
            raise ValueError(
                f"The page cannot compute {name}={value!r} of layer {layer.name!r}: give a network "
                f"in which it is {known[name]!r}; an activation can be a layer of its own."
            )
    return kind


def _row(name: str, kind: str, shape: tuple[int, ...], inputs: list[int], form: Row) -> Row:
    """Return the row of a layer; what is flat is one pixel of many channels."""
    shape = (1, 1, *shape)[-3:]
    return {"name": name, "kind": kind, "shape": shape, "inputs": inputs, "parameters": 0} | form


def _scaling(step: PixelScaler) -> Row:
    """Return what a division by white computes."""
    return {"operation": "scale", "factor": step.factor / step.maximum}


def _blur(step: GaussianBlur, shape: tuple[int, int, int]) -> Row:
    """Return what a blur computes: a matrix for each axis."""
    rows, columns = (encoded(blur_matrix(step, side)) for side in shape[:2])
    return {"operation": "blur", "grid": shape, "rows": rows, "columns": columns}


def _activation(layer: Any) -> Row:
    """Return what an activation computes."""
    name = layer.activation.__name__
    if name in ("softmax", "log_softmax"):
        return {"operation": "softmax", "function": name, "log": name == "log_softmax"}
    if name not in ACTIVATIONS:
        raise ValueError(
            f"The page cannot compute activation {name!r} of layer {layer.name!r}: give a network "
            "with another one, as 'relu'."
        )
    return {"operation": "activation", "function": name}


def _weights(layer: Any, n: int) -> Row:
    """Return kernel and bias."""
    bias = np.zeros(n) if layer.bias is None else layer.bias
    return {"kernel": encoded(layer.kernel), "bias": encoded(bias)}


def _window(layer: Any, size: tuple[int, ...]) -> Row:
    """Return how a window moves over an image."""
    return {"size": size, "strides": layer.strides, "pads": pads(layer, size)[:2]}


def _convolution(layer: Any) -> Row:
    """Return what a convolution computes."""
    window = _window(layer, layer.kernel_size)
    return {"operation": "convolution", **window, **_weights(layer, layer.filters)}


def _batch_norm(layer: Any) -> Row:
    """Return batch normalization by its moving moments, as a factor and an addend."""
    factor, addend = map(encoded, normalization(layer))
    return {"operation": "affine", "factor": factor, "addend": addend}


def _central_window(layer: Any) -> Row:
    """Return what is left of an augmentation."""
    (_, *whole, _), (_, *window, _) = layer.input.shape, layer.output.shape
    starts = [-((size - left) // 2) for size, left in zip(whole, window, strict=True)]
    return {"operation": "crop", "size": (1, 1), "strides": (1, 1), "pads": starts}


def _same(layer: Any) -> Row:
    """Return what changes no number."""
    return {"operation": "same"}


_FORMS: dict[str, Callable[[Any], Row]] = {
    "Activation": _activation,
    "Augment": _central_window,
    "AveragePooling2D": lambda layer: {"operation": "mean"} | _window(layer, layer.pool_size),
    "BatchNormalization": _batch_norm,
    "Concatenate": lambda layer: {"operation": "join"},
    "Conv2D": _convolution,
    "Dense": lambda layer: {"operation": "dense"} | _weights(layer, layer.units),
    "Dropout": _same,
    "Flatten": _same,
    "MaxPooling2D": lambda layer: {"operation": "max"} | _window(layer, layer.pool_size),
}
