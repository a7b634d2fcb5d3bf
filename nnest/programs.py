"""One compiled program for all models of an architecture.

On JAX Keras compiles the step of training, of evaluation and of prediction once for each *model*.
These steps are pure functions of the state that is handed to them, so any model of the same
architecture can run them: :class:`Model` looks its steps up under a :func:`signature` that holds
everything the traced program depends on. `fit`, `evaluate`, `predict`, callbacks and progress bars
are Keras's own. On other back ends a :class:`Model` is a plain Keras model with seeded shuffling.
"""

from __future__ import annotations

import inspect
import itertools
import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Self
from weakref import WeakKeyDictionary

import keras
from keras import ops

from nnest._batches import Batches
from nnest.layers import Hyperparameters, labels_of_batch

__all__ = ["Batches", "Model", "clear_programs", "signature"]

#: How many architectures keep their programs; the one that was not used for longest goes first.
CAPACITY = 64

# What a layer starts from is decided before the program runs, so that the program is the same.
_STARTS = ("kernel_initializer", "bias_initializer")
_programs: OrderedDict[tuple[str, str], Callable[..., Any]] = OrderedDict()
_tracing = threading.RLock()  # tracing writes on the model that is traced
_running = threading.local()  # .model is the one whose program this thread runs
_foreign: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
_next = itertools.count()


def clear_programs() -> None:
    """Forget all compiled programs, and the models that lent them.

    Examples
    --------
    >>> from nnest.programs import clear_programs
    >>> clear_programs()
    """
    _programs.clear()


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
    left_out = (*getattr(layer, "traced", ()), *_STARTS)
    config = {k: value for k, value in layer.get_config().items() if k not in left_out}
    return {"code": _identities(layer), **config}


def _optimizer_config(optimizer: Any) -> dict[str, Any]:
    """Return what the program sees of an optimizer."""
    config = optimizer.get_config()
    config.pop("name")  # Keras numbers its optimizers
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
    graph = model.get_config()
    edges = [(entry["name"], entry["inbound_nodes"]) for entry in graph["layers"]]
    compiled = model.get_compile_config()
    compiled.pop("optimizer")
    parts = {
        "model": _identity(type(model)),
        "layers": [_layer_config(layer) for layer in model.layers],
        "edges": [edges, graph["input_layers"], graph["output_layers"]],
        "weights": [(v.shape, v.dtype, v.trainable) for v in model.variables],
        "optimizer": _optimizer_config(model.optimizer),
        "decay": [model.optimizer._use_weight_decay(v) for v in model.trainable_variables],
        "compiled": compiled,
        "code": list(map(_identities, keras.tree.flatten(model._compile_config.config))),
        "keras": [
            keras.config.dtype_policy().name,
            keras.config.floatx(),
            keras.config.epsilon(),
            keras.config.image_data_format(),
        ],
        "execution": [model.jit_compile, model.run_eagerly, model.steps_per_execution],
    }
    return json.dumps(parts, sort_keys=True, default=repr)


@keras.saving.register_keras_serializable(package="nnest")
class Model(keras.Model):
    """A functional Keras model that runs the programs of its architecture.

    Besides what Keras gives it has a hyper-parameter `label_smoothing`, traced like the rates of
    its layers, and takes an integer for `shuffle` in :meth:`fit`.

    Parameters
    ----------
    *args, **kwargs
        What `keras.Model` takes for a functional model: its inputs, its outputs, its name.

    Examples
    --------
    >>> import keras
    >>> from nnest.programs import Model
    >>> inputs = keras.Input((3,))
    >>> Model(inputs, keras.layers.Dense(2)(inputs)).count_params()
    8
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hyperparameters = Hyperparameters(label_smoothing=0.0)

    @property
    def variables(self) -> list[Any]:
        """All of the model's state: that of its layers, then its own hyper-parameters."""
        # On torch Keras asks for them before the constructor has come as far as ours.
        own = vars(self).get("hyperparameters")
        return [*super().variables, *(own.variables if own else ())]

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs to build this model again."""
        return {**super().get_config(), **self.hyperparameters.to_config()}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        """Build a model from what `get_config` returned."""
        graph = {name: value for name, value in config.items() if name != "label_smoothing"}
        model: Self = super().from_config(graph, custom_objects)
        model.hyperparameters.label_smoothing.assign(config.get("label_smoothing", 0.0))
        return model

    def _streams(self) -> dict[str, Any]:
        """Return the states of the layers' random streams, which Keras leaves out of files."""
        return {x.name: x.seed_generator.state for x in self.layers if hasattr(x, "seed_generator")}

    def save_own_variables(self, store: Any) -> None:
        """Save random streams too, so that a copy or a file trains on as the original would."""
        super().save_own_variables(store)
        for name, state in self._streams().items():
            store[name] = ops.convert_to_numpy(state.value)

    def load_own_variables(self, store: Any) -> None:
        """Take over what `save_own_variables` saved; a file without streams leaves them alone."""
        saved = {name: store[name] for name in store.keys()}  # noqa: SIM118  # no true dict
        for name, state in self._streams().items():
            state.assign(saved.pop(name, state.value))
        super().load_own_variables(saved)

    def fit(self, x: Any = None, y: Any = None, **kwargs: Any) -> Any:
        """Train, as Keras does; an integer for `shuffle` is the seed of the order of samples.

        Parameters
        ----------
        x, y : ndarray
            Inputs and targets.
        **kwargs
            What `keras.Model.fit` takes. With ``shuffle=seed`` (an int) the order of each epoch
            depends on that seed and on the number of the epoch.

        Returns
        -------
        keras.callbacks.History
            Metrics of each epoch.
        """
        seed = kwargs.get("shuffle", True)
        if isinstance(seed, bool):
            return super().fit(x, y, **kwargs)
        weight = kwargs.pop("sample_weight", None)
        arrays = (x, y) if weight is None else (x, y, weight)
        batch_size = kwargs.pop("batch_size", None) or 32
        kwargs.setdefault("validation_batch_size", batch_size)
        batches = Batches(arrays, batch_size, seed, kwargs.get("initial_epoch", 0))
        return super().fit(batches, **{**kwargs, "shuffle": False})

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the loss; integer labels become smoothed distributions over the classes first.

        With smoothing e the target is ``(1 - e) * one_hot + e / n_classes`` in training, and the
        plain label in evaluation.
        """
        if self.loss == "categorical_crossentropy":
            n = y_pred.shape[-1]
            y = ops.one_hot(ops.cast(ops.reshape(y, (-1,)), "int32"), n, dtype=y_pred.dtype)
            if training:
                smoothing = ops.cast(self.hyperparameters.label_smoothing, y.dtype)
                y = (1 - smoothing) * y + smoothing / n
        return super().compute_loss(x, y, y_pred, sample_weight, training)

    def make_train_function(self, force: bool = False) -> None:
        """Take this architecture's program of a training step, or compile it."""
        self._take("train", super().make_train_function, force)

    def make_test_function(self, force: bool = False) -> None:
        """Take this architecture's program of an evaluation step, or compile it."""
        self._take("test", super().make_test_function, force)

    def make_predict_function(self, force: bool = False) -> None:
        """Take this architecture's program of a prediction step, or compile it."""
        self._take("predict", super().make_predict_function, force)

    def _take(self, kind: str, make: Callable[..., Any], force: bool) -> None:
        """Set the function of one kind from the shared programs."""
        if getattr(self, f"{kind}_function") is not None and not force:
            return
        if keras.backend.backend() != "jax" or self.run_eagerly or not self.jit_compile:
            make(force=force)
            return
        key = (kind, signature(self))
        with _tracing:
            if key not in _programs:
                make(force=True)
                _programs[key] = getattr(self, f"{kind}_function")
            _programs.move_to_end(key)
            while len(_programs) > 3 * CAPACITY:
                _programs.popitem(last=False)
            program = _programs[key]

        def run(*arguments: Any) -> Any:
            """Run the program; what is still to be traced is traced with this model."""
            outer, _running.model = getattr(_running, "model", None), self
            try:
                return program(*arguments)
            finally:
                _running.model = outer

        setattr(self, f"{kind}_function", run)

    def _traced(self) -> Self:
        """Return the model to trace: the one that runs, for that which lent may have changed."""
        return getattr(_running, "model", None) or self

    def train_step(self, *args: Any, **kwargs: Any) -> Any:
        """Trace a training step, one at a time; layers may look at the labels of its batch."""
        _, labels, _ = keras.utils.unpack_x_y_sample_weight(args[-1])
        with _tracing, labels_of_batch(labels):
            return super(Model, self._traced()).train_step(*args, **kwargs)

    def test_step(self, *args: Any, **kwargs: Any) -> Any:
        """Trace an evaluation step, one at a time."""
        with _tracing:
            return super(Model, self._traced()).test_step(*args, **kwargs)

    def predict_step(self, *args: Any, **kwargs: Any) -> Any:
        """Trace a prediction step, one at a time."""
        with _tracing:
            return super(Model, self._traced()).predict_step(*args, **kwargs)
