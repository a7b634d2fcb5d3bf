"""Which arrays make up a network, and the network that a configuration describes."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from nnest import _arguments
from nnest._validation import shortened
from nnest.estimators import CNNClassifier, CNNRegressor, MLPClassifier, MLPRegressor
from nnest.persistence._errors import Refused

__all__ = [
    "ESTIMATORS",
    "check_parameters",
    "circumstances",
    "is_finite",
    "kernels",
    "stored_type",
    "to_numpy",
    "variables",
]

ESTIMATORS = {
    each.__name__: each for each in (CNNClassifier, CNNRegressor, MLPClassifier, MLPRegressor)
}
#: Keras takes a second for each hundred thousand numbers of an initializer.
MOST_NUMBERS = 10_000
INITIALIZERS = frozenset(
    name
    for name in dir(keras.initializers)
    if not name.startswith("_") and name not in ("Initializer", "deserialize", "get", "serialize")
) | {"normal", "one", "uniform", "zero"}


def variables(model: keras.Model) -> dict[str, Any]:
    """Return all that training changes and all that a program reads, by the names of files."""
    found: dict[str, Any] = {}
    for layer in model.layers:
        for variable in layer.variables:
            found[f"layer-{layer.name}-{variable.name}.npy"] = variable
    for variable in model.hyperparameters.variables:
        found[f"model-{variable.name}.npy"] = variable
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    for variable in model.optimizer.variables:
        found[f"optimizer-{variable.name}.npy"] = variable
    return found


def stored_type(variable: Any) -> np.dtype[Any]:
    """Return the type that a variable has in a file, which is the same on all back ends."""
    name = keras.backend.standardize_dtype(variable.dtype)
    if "float" in name:  # float32 holds bfloat16 and float16 exactly
        return np.dtype("<f8" if name == "float64" else "<f4")
    return np.dtype("|b1" if name == "bool" else "<i8")


def to_numpy(variable: Any) -> np.ndarray:
    """Return a variable's values in the type of files."""
    values: np.ndarray = ops.convert_to_numpy(variable.value)
    return values.astype(stored_type(variable))


def is_finite(name: str, values: np.ndarray) -> bool:
    """Tell whether weights are numbers; an optimizer's squares may overflow and do no harm."""
    weights = name.startswith("layer-") and values.dtype.kind == "f"
    return not weights or bool(np.isfinite(values).all())


def circumstances() -> dict[str, Any]:
    """Return the settings of Keras that a network's numbers depend on."""
    return {
        "dtype_policy": "float32",  # as estimators build their layers, whatever Keras's own is
        "floatx": keras.config.floatx(),
        "epsilon": keras.config.epsilon(),
        "image_data_format": "channels_last",
    }


def check_parameters(parameters: dict[str, Any]) -> None:
    """Raise if a file cannot hold a value, or if reading it would look up code by a name."""
    if parameters["callbacks"]:
        raise Refused("callbacks are code, which is not saved", "set callbacks=None")
    seed = parameters["random_state"]
    whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
    if seed is not None and not whole:
        raise Refused(
            f"random_state={shortened(repr(seed), 40)} is no number",
            "set random_state to a whole number or None",
        )
    for name in ("kernel_initializer", "bias_initializer"):
        given = parameters[name]
        if not all(map(_is_stock, given if isinstance(given, list | tuple) else [given])):
            raise Refused(
                f"{name}={shortened(repr(given), 40)} is not an initializer of Keras with "
                "plain numbers",
                "use one of keras.initializers by its name, or its class_name and config",
            )


def _is_stock(initializer: Any) -> bool:
    """Tell whether an initializer is one of Keras's own, so that no other code is looked up."""
    if isinstance(initializer, str):
        return initializer in INITIALIZERS
    if not isinstance(initializer, dict) or not {"class_name"} <= set(initializer):
        return False
    config = initializer.get("config", {})
    name, rest = initializer["class_name"], set(initializer) - {"class_name", "config"}
    plain = isinstance(config, dict) and all(map(_is_plain, config.values()))
    standard = all(
        (key, initializer[key]) in (("module", "keras.initializers"), ("registered_name", None))
        for key in rest
    )
    return isinstance(name, str) and name in INITIALIZERS and plain and standard


def _is_plain(value: Any) -> bool:
    """Tell whether a value is a number, a word or a sequence of not too many numbers."""
    if isinstance(value, list | tuple):
        plain = all(isinstance(each, int | float | list | tuple) for each in value)
        return plain and _n_values(value) <= MOST_NUMBERS
    return value is None or isinstance(value, bool | int | float | str | np.number)


def _n_values(value: Any) -> int:
    """Return how many values there are in sequences of sequences."""
    return sum(map(_n_values, value)) if isinstance(value, list | tuple) else 1


def kernels(net: Any, shape: tuple[int, ...], n_outputs: int) -> list[int]:
    """Return how many numbers each kernel has, without making any."""
    found, shape = _convolutions(net, shape) if hasattr(net, "filters") else ([], shape)
    inputs = n = math.prod(shape)
    for units in _arguments.sizes("hidden_units", net.hidden_units):
        found.append(n * units)
        n = units
    return [*found, (n + inputs * bool(net.shortcut)) * n_outputs]


def _convolutions(net: Any, shape: tuple[int, ...]) -> tuple[list[int], tuple[int, ...]]:
    """Return the sizes of the convolutions' kernels, and the shape of the last feature maps."""
    if net.augmentation is not None and net.augmentation.crop is not None:
        shape = (*np.broadcast_to(net.augmentation.crop, 2).tolist(), shape[-1])
    maps = _arguments.sizes("filters", net.filters)
    sides, steps, pools = (
        _arguments.sizes(name, getattr(net, name), len(maps))
        for name in ("kernel_size", "strides", "pool_size")
    )
    kinds = _arguments.per_layer("pooling", net.pooling, len(maps))
    found = []
    for i, n in enumerate(maps):
        found.append(sides[i] ** 2 * shape[-1] * n)
        layers = [keras.layers.Conv2D(n, sides[i], steps[i], net.padding)]
        layers += [keras.layers.MaxPooling2D(pools[i])] if kinds[i] is not None else []
        for layer in layers:
            shape = layer.compute_output_shape((None, *shape))[1:]
    return found, shape
