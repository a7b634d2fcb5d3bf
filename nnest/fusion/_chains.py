"""The chains of convolution, activation and pooling in a model's graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any

import keras

from nnest._compat.keras import graph_nodes
from nnest.fusion._blocks import Block
from nnest.fusion._switch import is_on

__all__ = ["block_to_run", "chains", "operations"]

_block: ContextVar[tuple[Any, Block] | None] = ContextVar("block", default=None)


def block_to_run(layer: Any) -> Block | None:
    """Return what a convolution layer is to do besides convolving, as part of one operator.

    Parameters
    ----------
    layer : keras.layers.Layer
        The layer that is being called.

    Returns
    -------
    Block or None
        None where the layer is run by itself.

    Examples
    --------
    >>> from nnest.fusion import block_to_run
    >>> block_to_run(None) is None
    True
    """
    given = _block.get()
    return given[1] if given is not None and given[0] is layer else None


def operations(model: Any, inputs: Any, operation: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return what is to be called for each operation of a model's graph.

    It is for a functional model as it runs its graph: the first operation of a chain runs all
    of it, and the others hand on what they are given.

    Parameters
    ----------
    model : keras.Model
        A functional model.
    inputs : tensor or structure of tensors
        What the model is called with; symbolic tensors are left to Keras.
    operation : callable
        What is otherwise called for an operation.

    Returns
    -------
    callable
        A function of an operation; `operation` itself where :func:`is_on` is False.

    Examples
    --------
    >>> from nnest.fusion import operations, switched_off
    >>> with switched_off():
    ...     operations(None, None, len) is len
    True
    """
    symbolic = any(isinstance(x, keras.KerasTensor) for x in keras.tree.flatten(inputs))
    if symbolic or not is_on():
        return operation
    found = chains(model)
    blocks = {id(chain[0]): block for chain, block in found}
    absorbed = {id(layer) for chain, _ in found for layer in chain[1:]}

    def choose(layer: Any) -> Any:
        """Return what is to be called for one operation."""
        if id(layer) in absorbed:
            return _hand_on
        block = blocks.get(id(layer))
        return operation(layer) if block is None else _whole(layer, block, operation(layer))

    return choose


def _hand_on(x: Any, **kwargs: Any) -> Any:
    """Stand for a layer whose work is done already."""
    return x


def _whole(layer: Any, block: Block, call: Callable[..., Any]) -> Callable[..., Any]:
    """Return a call of a convolution layer that runs the whole block."""

    def run(*args: Any, **kwargs: Any) -> Any:
        token = _block.set((layer, block))
        try:
            return call(*args, **kwargs)
        finally:
            _block.reset(token)

    return run


def chains(model: Any) -> list[tuple[list[Any], Block]]:
    """Return the chains of a model's graph that can be run as one operator.

    A chain is a convolution with stride 1, perhaps a ReLU, and max pooling over tiles of 2x2
    pixels, in this order, for float32 numbers with the channels last. Nothing else reads what
    passes between its layers, and each layer is called once. Without a pooling the compiler's own
    operators are as fast.

    Parameters
    ----------
    model : keras.Model
        A functional model.

    Returns
    -------
    list of (list of keras.layers.Layer, Block)
        The layers of each chain, and what the operator does after convolving.

    Examples
    --------
    >>> from nnest.builders import build_cnn
    >>> from nnest.fusion import chains
    >>> [[layer.name for layer in chain] for chain, _ in chains(build_cnn((8, 8, 1), 3))][0]
    ['conv_1', 'conv_1_activation', 'conv_1_max_pooling']
    """
    nodes = graph_nodes(model)
    calls = Counter(id(node.operation) for node in nodes)
    readers: dict[int, list[Any]] = {}
    for node in nodes:
        for tensor in node.input_tensors:
            readers.setdefault(id(tensor), []).append(node)
    kept = {id(tensor) for tensor in model.outputs}

    # One operator returns nothing of what passes between its layers. If a second reader, an output
    # of the model or another call of the same layer needed it, it would not be there.
    def path(node: Any) -> Iterable[Any]:
        """Yield the nodes from one on, for as long as each is the only reader of the last."""
        while calls[id(node.operation)] == 1 and len(node.outputs) == 1:
            yield node
            following = readers.get(id(node.outputs[0]), [])
            if id(node.outputs[0]) in kept or len(following) != 1:
                return
            node = following[0]

    starts = [node for node in nodes if _is_plain_convolution(node)]
    found = [_chain(list(path(node))) for node in starts]
    return [chain for chain in found if chain is not None]


def _chain(path: list[Any]) -> tuple[list[Any], Block] | None:
    """Return the chain that starts a path of nodes, if there is one."""
    if not path:
        return None
    first, rest = path[0].operation, path[1:]
    rectify, taken = _name(first.activation) == "relu", [first]
    if rest and not rectify and _is_rectifier(rest[0]):
        rectify = True
        taken.append(rest.pop(0).operation)
    if not rest or not _is_tile_pooling(rest[0]):
        return None
    return [*taken, rest[0].operation], Block(first.padding.upper(), rectify)


def _name(function: Any) -> str | None:
    """Return which of Keras's own activations a function is, of those that matter here."""
    known = {"relu": keras.activations.relu, "linear": keras.activations.linear}
    return next((name for name, own in known.items() if function is own), None)


def _is_plain(node: Any) -> bool:
    """Tell whether a layer is called with one float32 tensor, and does nothing on the side."""
    layer = node.operation
    return (
        len(node.input_tensors) == 1
        and not node.arguments.kwargs
        and isinstance(layer, keras.layers.Layer)
        and layer.dtype_policy.name == "float32"
        and layer.quantization_mode is None
        and layer.activity_regularizer is None
        and node.input_tensors[0].dtype == "float32"
    )


def _is_fusible(layer: Any) -> bool:
    """Tell whether a class declares that its chains may be run so; a subclass has to by itself."""
    return bool(vars(type(layer)).get("fusible", False))


def _is_plain_convolution(node: Any) -> bool:
    """Tell whether a node is a convolution whose block could be one operator."""
    layer = node.operation
    return (
        _is_fusible(layer)
        and isinstance(layer, keras.layers.Conv2D)
        and _is_plain(node)
        and layer.built
        and layer.strides == layer.dilation_rate == (1, 1)
        and layer.groups == 1
        and layer.data_format == "channels_last"
        and layer.padding in ("same", "valid")
        and _name(layer.activation) is not None
    )


def _is_rectifier(node: Any) -> bool:
    """Tell whether a node is a ReLU."""
    layer = node.operation
    return (
        type(layer) is keras.layers.Activation
        and _is_plain(node)
        and _name(layer.activation) == "relu"
    )


def _is_tile_pooling(node: Any) -> bool:
    """Tell whether a node is max pooling over tiles of 2x2 pixels."""
    layer = node.operation
    return (
        _is_fusible(layer)
        and isinstance(layer, keras.layers.MaxPooling2D)
        and _is_plain(node)
        and layer.pool_size == layer.strides == (2, 2)
        and layer.padding == "valid"
        and layer.data_format == "channels_last"
    )
