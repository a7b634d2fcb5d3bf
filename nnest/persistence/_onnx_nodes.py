"""The layers of a network as operators of ONNX.

Images keep their channels last, as in Keras; around each convolution and pooling, whose operators
want them first, the axes are turned. ONNX Runtime takes such pairs of turns out when it loads a
file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["Graph", "NoOnnxFormError", "normalization", "pads"]

TO_CHANNELS_FIRST = (0, 3, 1, 2)
TO_CHANNELS_LAST = (0, 2, 3, 1)


class NoOnnxFormError(Exception):
    """A layer or an activation has no form in ONNX; the message names it."""


class Graph:
    """The operators and constants of a file, to which layers are added one by one."""

    def __init__(self, onnx: Any) -> None:
        self.onnx = onnx
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add an operator, and return the name of its output."""
        name = f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(
            self.onnx.helper.make_node(operator, list(inputs), [name], name, **attributes)
        )
        return name

    def constant(self, values: Any) -> str:
        """Add a constant, and return its name."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(self.onnx.numpy_helper.from_array(np.asarray(values), name))
        return name

    def reshape(self, x: str, shape: tuple[int, ...]) -> str:
        """Add a change of shape."""
        return self.add("Reshape", x, self.constant(np.array(shape, np.int64)))

    def rename(self, old: str, new: str) -> None:
        """Give the output of the file's last operator another name."""
        assert list(self.nodes[-1].output) == [old]
        self.nodes[-1].output[0] = new

    def network(self, x: str, model: Any) -> str:
        """Add all layers of a functional model that takes `x`, and return its output."""
        names = {id(model.input): x}
        for layer in model.layers[1:]:
            given = layer.input if isinstance(layer.input, list) else [layer.input]
            inputs = [names[id(tensor)] for tensor in given]
            names[id(layer.output)] = self._layer(inputs, layer)
        return names[id(model.output)]

    def _layer(self, inputs: list[str], layer: Any) -> str:
        """Add a layer of one of the kinds that the builders use."""
        kinds = {each.__name__ for each in type(layer).__mro__}
        kind = next((name for name in _LAYERS if name in kinds), None)
        if kind is None:
            raise NoOnnxFormError(f"layer {layer.name!r} is a {type(layer).__name__}")
        return _LAYERS[kind](self, inputs, layer)


def _weights(layer: Any) -> list[np.ndarray]:
    """Return the kernel, and the bias if there is one."""
    return [np.asarray(each, np.float32) for each in (layer.kernel, layer.bias) if each is not None]


def _dense(graph: Graph, inputs: list[str], layer: Any) -> str:
    """Add a fully connected layer."""
    kernel, *bias = _weights(layer)
    x = graph.add("MatMul", inputs[0], graph.constant(kernel))
    return graph.add("Add", x, graph.constant(bias[0])) if bias else x


def _convolution(graph: Graph, inputs: list[str], layer: Any) -> str:
    """Add a convolution."""
    kernel, *bias = _weights(layer)
    kernel = kernel.transpose(3, 2, 0, 1)
    constants = [graph.constant(each) for each in (np.ascontiguousarray(kernel), *bias)]
    return _channels_first(
        graph,
        "Conv",
        inputs[0],
        *constants,
        strides=list(layer.strides),
        pads=pads(layer, layer.kernel_size),
    )


def _pooling(operator: str) -> Callable[[Graph, list[str], Any], str]:
    """Return what adds a pooling."""

    def add(graph: Graph, inputs: list[str], layer: Any) -> str:
        return _channels_first(
            graph,
            operator,
            inputs[0],
            kernel_shape=list(layer.pool_size),
            strides=list(layer.strides),
            pads=pads(layer, layer.pool_size),
        )

    return add


def _channels_first(graph: Graph, operator: str, x: str, *more: str, **attributes: Any) -> str:
    """Add an operator that wants channels first, between two turns of the axes."""
    x = graph.add("Transpose", x, perm=TO_CHANNELS_FIRST)
    x = graph.add(operator, x, *more, **attributes)
    return graph.add("Transpose", x, perm=TO_CHANNELS_LAST)


def pads(layer: Any, window: tuple[int, ...]) -> list[int]:
    """Return how many zeros stand before and behind rows and columns; the odd one is behind."""
    if layer.padding == "valid":
        return [0, 0, 0, 0]
    missing = [
        max(0, (-(-side // step) - 1) * step + size - side)
        for side, step, size in zip(layer.input.shape[1:3], layer.strides, window, strict=True)
    ]
    return [*(each // 2 for each in missing), *(each - each // 2 for each in missing)]


def _batch_norm(graph: Graph, inputs: list[str], layer: Any) -> str:
    """Add batch normalization by its moving moments, as a factor and an addend."""
    factor, addend = normalization(layer)
    x = graph.add("Mul", inputs[0], graph.constant(factor.astype(np.float32)))
    return graph.add("Add", x, graph.constant(addend.astype(np.float32)))


def normalization(layer: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the factor and the addend of each channel."""
    gamma, beta, mean, variance = (np.asarray(each, np.float64) for each in layer.get_weights())
    factor = gamma / np.sqrt(variance + layer.epsilon)
    return factor, beta - mean * factor


def _central_window(graph: Graph, inputs: list[str], layer: Any) -> str:
    """Add what is left of an augmentation."""
    (_, *whole, _), (_, *window, _) = layer.input.shape, layer.output.shape
    starts = [(size - left) // 2 for size, left in zip(whole, window, strict=True)]
    ends = [start + left for start, left in zip(starts, window, strict=True)]
    bounds = [graph.constant(np.array(each, np.int64)) for each in (starts, ends, (1, 2))]
    return graph.add("Slice", inputs[0], *bounds)


def _activation(graph: Graph, inputs: list[str], layer: Any) -> str:
    """Add an activation by its name in Keras."""
    name, x = layer.activation.__name__, inputs[0]
    if name in _ACTIVATIONS:
        operator, attributes = _ACTIVATIONS[name]
        return graph.add(operator, x, **attributes)
    if name in ("hard_tanh", "relu6"):
        low, high = (-1.0, 1.0) if name == "hard_tanh" else (0.0, 6.0)
        return graph.add("Clip", x, *(graph.constant(np.float32(each)) for each in (low, high)))
    if name in ("silu", "swish"):
        return graph.add("Mul", x, graph.add("Sigmoid", x))
    if name == "tanh_shrink":
        return graph.add("Sub", x, graph.add("Tanh", x))
    if name == "log_sigmoid":
        return graph.add("Neg", graph.add("Softplus", graph.add("Neg", x)))
    if name == "squareplus":
        four, half = (graph.constant(np.float32(each)) for each in (4.0, 0.5))
        root = graph.add("Sqrt", graph.add("Add", graph.add("Mul", x, x), four))
        return graph.add("Mul", graph.add("Add", x, root), half)
    raise NoOnnxFormError(f"activation {name!r} of layer {layer.name!r} is no operator of it")


#: Names of activations in Keras, with operator and attributes as Keras defines them.
_ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "celu": ("Celu", {"alpha": 1.0}),
    "elu": ("Elu", {"alpha": 1.0}),
    "exponential": ("Exp", {}),
    "gelu": ("Gelu", {}),
    "hard_shrink": ("Shrink", {"lambd": 0.5, "bias": 0.0}),
    "hard_sigmoid": ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}),
    "hard_silu": ("HardSwish", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": 0.2}),
    "linear": ("Identity", {}),
    "log_softmax": ("LogSoftmax", {"axis": -1}),
    "mish": ("Mish", {}),
    "relu": ("Relu", {}),
    "selu": ("Selu", {}),
    "sigmoid": ("Sigmoid", {}),
    "soft_shrink": ("Shrink", {"lambd": 0.5, "bias": 0.5}),
    "softmax": ("Softmax", {"axis": -1}),
    "softplus": ("Softplus", {}),
    "softsign": ("Softsign", {}),
    "tanh": ("Tanh", {}),
}

#: Kinds of layers by the name of their class, or of the class of Keras that it is a kind of.
_LAYERS: dict[str, Callable[[Graph, list[str], Any], str]] = {
    "Activation": _activation,
    "Augment": _central_window,
    "AveragePooling2D": _pooling("AveragePool"),
    "BatchNormalization": _batch_norm,
    "Concatenate": lambda graph, inputs, layer: graph.add("Concat", *inputs, axis=-1),
    "Conv2D": _convolution,
    "Dense": _dense,
    "Dropout": lambda graph, inputs, layer: inputs[0],
    "Flatten": lambda graph, inputs, layer: graph.add("Flatten", inputs[0]),
    "MaxPooling2D": _pooling("MaxPool"),
}
