"""How the layers of a network are made, the seeds of all, and the numbers that they start from.

A network of Keras takes 50 ms to build, which is more than a small one takes to train. Networks of
one architecture differ in nothing but numbers, so that one model stands for all of them: a builder
that runs under :func:`recorded_layers` makes no layer, but says what each would have been made
with, and :func:`initial_values` draws from that what the layer would have drawn.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import keras
import numpy as np

from nnest import _arguments
from nnest.layers import Dropout, FilledDropout, UnitMask, compiled_initializer
from nnest.programs import Model

__all__ = [
    "Initializer",
    "Initializers",
    "Layers",
    "OtherArchitectureError",
    "filled_layers",
    "initial_values",
    "own_shapes",
    "recorded_layers",
    "seeds",
]

Initializer = str | dict[str, Any]
Initializers = Initializer | Sequence[Initializer]

#: The class of each layer and what it is made with, by its name.
Recorded = dict[str, tuple[type, dict[str, Any]]]

_recording: ContextVar[tuple[Model, Recorded] | None] = ContextVar("recording", default=None)
_filling: ContextVar[bool] = ContextVar("filling", default=False)


class OtherArchitectureError(Exception):
    """Says that a network has a layer that the model, which stands for it, has not.

    Examples
    --------
    >>> from nnest.builders import OtherArchitectureError
    >>> issubclass(OtherArchitectureError, ValueError)
    False
    """


class Layers:
    """Makes layers one after the other, those with a kernel with what all of them share.

    Parameters
    ----------
    l1, l2 : float
        Strengths of the penalties on all kernels.
    kernel_initializer, bias_initializer : str, dict or sequence of them
        See :func:`nnest.builders.build_mlp`.
    n_kernels : int
        How many layers have a kernel, the output layer included.
    seed : int
        Decides all seeds.
    """

    def __init__(
        self,
        l1: float,
        l2: float,
        kernel_initializer: Initializer,
        bias_initializer: Initializers,
        n_kernels: int,
        seed: int,
    ) -> None:
        self._penalties = {"l1": l1, "l2": l2}
        self._kernel_initializer = kernel_initializer
        self._biases = iter(_arguments.per_layer("bias_initializer", bias_initializer, n_kernels))
        self._seeds = seeds(seed)

    def draw(self) -> int:
        """Return the next seed."""
        return next(self._seeds)

    def kernel(self) -> dict[str, Any]:
        """Return what the next layer with a kernel is made with."""
        kernel = _seeded("kernel_initializer", self._kernel_initializer, self.draw())
        bias = _seeded("bias_initializer", next(self._biases), self.draw())
        return {**self._penalties, "kernel_initializer": kernel, "bias_initializer": bias}

    def input(self, shape: tuple[int, ...]) -> Any:
        """Return the input of the network."""
        recording = _recording.get()
        return keras.Input(shape, name="input") if recording is None else recording[0].input

    def add(self, kind: type, x: Any, name: str, **settings: Any) -> Any:
        """Make a layer and return its output for `x`."""
        recording = _recording.get()
        if recording is None:
            is_filled = _filling.get() and kind is Dropout and name.startswith("hidden_")
            return (FilledDropout if is_filled else kind)(name=name, **settings)(x)
        like, recorded = recording
        recorded[name] = kind, settings
        layer = next((layer for layer in like.layers if layer.name == name), None)
        if layer is None:
            raise OtherArchitectureError(name)
        return layer.output

    def end(self, x: Any, before: Any, name: str) -> Any:
        """End a hidden layer, into which `before` came."""
        if _recording.get() is not None or not _filling.get():
            return x
        return UnitMask(name=f"{name}_units")([x, before])

    def model(self, inputs: Any, outputs: Any, name: str) -> Model:
        """Return the network."""
        recording = _recording.get()
        return Model(inputs, outputs, name=name) if recording is None else recording[0]


@contextmanager
def filled_layers() -> Iterator[None]:
    """Let a builder make a network in which those with fewer hidden units can run.

    Each hidden layer ends in a :class:`nnest.layers.UnitMask`.

    Yields
    ------
    None
        Nothing.

    Examples
    --------
    >>> from nnest.builders import build_mlp, filled_layers
    >>> with filled_layers():
    ...     model = build_mlp((4,), 3, hidden_units=(8,))
    >>> "hidden_1_units" in [layer.name for layer in model.layers]
    True
    """
    token = _filling.set(True)
    try:
        yield
    finally:
        _filling.reset(token)


def recorded_layers(build: Callable[[], Model], like: Model) -> Recorded:
    """Return what the layers of a network would be made with, without making any.

    Parameters
    ----------
    build : callable
        Calls one of the builders.
    like : Model
        A network of the same architecture, in which shapes are looked up.

    Returns
    -------
    dict of str to (type, dict)
        The class of each layer and its arguments, by its name.

    Raises
    ------
    OtherArchitectureError
        If `like` lacks one of the layers.

    Examples
    --------
    >>> from nnest.builders import build_mlp, recorded_layers
    >>> like = build_mlp((4,), 3)
    >>> recorded = recorded_layers(lambda: build_mlp((4,), 3, l2=0.1, dropout=0.5), like)
    >>> recorded["hidden_1_dropout"][1]["rate"]
    0.5
    """
    recorded: Recorded = {}
    token = _recording.set((like, recorded))
    try:
        build()
    finally:
        _recording.reset(token)
    return recorded


def initial_values(like: Model, recorded: Recorded) -> Iterator[tuple[Any, Any]]:
    """Yield what the layers of a network would start from: bit for bit what they would draw.

    Parameters
    ----------
    like : Model
        A network of the same architecture.
    recorded : dict of str to (type, dict)
        What :func:`recorded_layers` returned.

    Yields
    ------
    tuple of (Variable, array)
        A variable of `like`, and its first value in the network, which may have fewer units than
        `like`, see :func:`filled_layers`. Those that are left out start from the same numbers in
        all networks.

    Examples
    --------
    >>> from nnest.builders import build_mlp, initial_values, recorded_layers
    >>> like = build_mlp((4,), 3)
    >>> recorded = recorded_layers(lambda: build_mlp((4,), 3, dropout=0.5), like)
    >>> values = {variable.name: value for variable, value in initial_values(like, recorded)}
    >>> float(values["rate"])
    0.5
    """
    shapes, units = own_shapes(like, recorded), 0
    for layer in like.layers:
        settings = recorded.get(layer.name, (None, {}))[1]
        units = settings.get("units", units)
        for name in ("kernel", "bias"):
            if f"{name}_initializer" in settings:
                variable = getattr(layer, name)
                draw = compiled_initializer(settings[f"{name}_initializer"])
                yield variable, draw(shapes[id(variable)], variable.dtype)
        if hasattr(layer, "hyperparameters"):
            is_there = layer.name.removesuffix("_units") in recorded
            own = {"l1": 0, "l2": 0, "rate": 0, "units": units if is_there else 0, **settings}
            for variable in layer.hyperparameters.variables:
                yield variable, np.float32(own[variable.name])
        if hasattr(layer, "seed_generator") and "seed" in settings:
            yield layer.seed_generator.state, np.array([settings["seed"], 0], np.uint32)


def own_shapes(like: Model, recorded: Recorded) -> dict[int, tuple[int, ...]]:
    """Return the shapes of a network's weights.

    Parameters
    ----------
    like : Model
        A network of the same architecture, or one that is filled up with units.
    recorded : dict of str to (type, dict)
        What :func:`recorded_layers` returned.

    Returns
    -------
    dict of int to tuple of int
        By the `id` of the variable of `like`; those of layers that the network lacks are left out.

    Examples
    --------
    >>> from nnest.builders import build_mlp, filled_layers, own_shapes, recorded_layers
    >>> with filled_layers():
    ...     like = build_mlp((4,), 3, hidden_units=(8,))
    >>> recorded = recorded_layers(lambda: build_mlp((4,), 3, hidden_units=(5,)), like)
    >>> list(own_shapes(like, recorded).values())
    [(4, 5), (5,), (5, 3), (3,)]
    """
    shapes, units, lacking = {}, 0, 0  # of the layer before: its units, and how many more are here
    for layer in like.layers:
        kind, settings = recorded.get(layer.name, (None, {}))
        units = settings.get("units", units)
        for variable in layer.weights if kind else ():
            shape = tuple(variable.shape)
            if "units" in settings:
                shape = (shape[0] - lacking, units)[-len(shape) :]
            elif layer.name.startswith("hidden_"):  # batch normalization
                shape = (units,)
            shapes[id(variable)] = shape
        if isinstance(layer, keras.layers.Dense):
            lacking = layer.units - units
    return shapes


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
