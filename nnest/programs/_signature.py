"""What a program depends on."""

from __future__ import annotations

import inspect
import itertools
import json
from typing import Any
from weakref import WeakKeyDictionary

import keras

from nnest import fusion
from nnest._compat.keras import compile_config, uses_weight_decay

__all__ = ["STARTS", "signature"]

#: What a layer starts from is decided before the program runs, so that the program is the same.
STARTS = ("kernel_initializer", "bias_initializer")
_foreign: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
_next = itertools.count()
# The text of each model, with the compilation for which it holds.
_static: WeakKeyDictionary[Any, tuple[Any, str]] = WeakKeyDictionary()


def _identity(thing: Any) -> str:
    """Return the name of a class or function, and a number where another may have the same name."""
    name = f"{thing.__module__}.{thing.__qualname__}"
    if name.startswith(("keras.", "nnest.", "builtins.")):
        return name
    return f"{name}#{_foreign.setdefault(thing, next(_next))}"


def _identities(given: Any) -> list[str]:
    """Return which code an object runs: its class, and the functions that it was given."""
    if inspect.isfunction(given):
        return [_identity(given)]
    functions = filter(inspect.isfunction, getattr(given, "__dict__", {}).values())
    return [_identity(type(given)), *map(_identity, functions)]


def _layer_config(layer: Any) -> dict[str, Any]:
    """Return what the program sees of one layer."""
    left_out = (*getattr(layer, "traced", ()), *STARTS)
    config = {k: value for k, value in layer.get_config().items() if k not in left_out}
    return {"code": _identities(layer), **config}


def _optimizer_config(optimizer: Any) -> dict[str, Any]:
    """Return what the program sees of an optimizer."""
    config = optimizer.get_config()
    config.pop("name")  # Keras numbers its optimizers
    for traced in getattr(optimizer, "traced", ()):
        config[traced] = config[traced] is not None  # what is None takes no part in the program
    if not isinstance(config.get("learning_rate"), dict):  # a schedule is part of the program
        config.pop("learning_rate", None)  # a number is a weight of the optimizer
    if "inner_optimizer" in config:
        config["inner_optimizer"] = _optimizer_config(optimizer.inner_optimizer)
    return {"code": _identities(optimizer), **config}


def signature(model: keras.Model) -> str:
    """Return a text that is equal for two models if and only if they may share programs.

    It holds the layers with their static configuration and how they are joined, shapes, types,
    the loss, the metrics, the optimizer with its static settings, and how the model was compiled.
    It leaves out what is a weight: rates, penalties, label smoothing, learning rate, seeds.

    Parameters
    ----------
    model : keras.Model
        A compiled functional model.

    Returns
    -------
    str
        JSON.

    Examples
    --------
    >>> from nnest.builders import build_mlp
    >>> from nnest.programs import signature
    >>> one, other = (build_mlp((4,), 3, dropout=rate) for rate in (0.1, 0.5))
    >>> for model in (one, other):
    ...     model.compile("adam", "categorical_crossentropy")
    >>> signature(one) == signature(other)
    True
    """
    known = _static.get(model)
    if known is None or known[0] is not compile_config(model):
        # What a compiled model runs is settled; Keras, too, makes its functions only once.
        known = (compile_config(model), _static_text(model))
        _static[model] = known
    execution = [model.jit_compile, model.run_eagerly, model.steps_per_execution]
    surroundings = [
        keras.config.dtype_policy().name,
        keras.config.floatx(),
        keras.config.epsilon(),
        keras.config.image_data_format(),
        fusion.is_on(),
    ]
    return json.dumps([known[1], execution, surroundings])


def _call(layer: Any, node: dict[str, Any]) -> dict[str, Any]:
    """Return how a layer was called, as outside of any other call.

    A run says anew whether it is training, to layers with this argument. Keras notes it from a call
    around the building of a model, and one that Ctrl-C has stopped is left behind.
    """
    given, argument = node["kwargs"], inspect.signature(layer.call).parameters.get("training")
    if argument is not None and "training" in given:
        given = {**given, "training": argument.default}
        if argument.default is None:  # Keras notes no such default
            del given["training"]
    return {**node, "kwargs": given}


def _static_text(model: Any) -> str:
    """Return what a model's programs depend on and only another `compile` can change."""
    graph = model.get_config()
    edges = [
        (entry["name"], [_call(model.get_layer(entry["name"]), n) for n in entry["inbound_nodes"]])
        for entry in graph["layers"]
    ]
    compiled = model.get_compile_config()
    compiled.pop("optimizer")
    # A program holds as a constant all that is not state. Two models that share one although they
    # differ there train with each other's constants, and no error says so: what is not known to be
    # state must be in this text. Too much in it costs a compilation, and nothing else.
    parts = {
        "model": _identity(type(model)),
        "layers": [_layer_config(layer) for layer in model.layers],
        "edges": [edges, graph["input_layers"], graph["output_layers"]],
        "weights": [(v.shape, v.dtype, v.trainable) for v in model.variables],
        "optimizer": _optimizer_config(model.optimizer),
        "decay": [uses_weight_decay(model.optimizer, v) for v in model.trainable_variables],
        "compiled": compiled,
        "code": list(map(_identities, keras.tree.flatten(compile_config(model).config))),
    }
    return json.dumps(parts, sort_keys=True, default=repr)
