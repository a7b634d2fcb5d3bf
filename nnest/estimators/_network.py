"""The network of an estimator: a Keras model, or the numbers of which one can be made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from nnest.augmentation import Augment
from nnest.estimators._settings import (
    builder_parameters,
    float32_policy,
    make_optimizer,
)
from nnest.programs import EVALUATION_BATCH, Model, batch_bounds, outputs_of

__all__ = ["Network", "Plan", "State", "state_of", "variables_of", "whole_batches"]

#: Weights, other variables, optimizer.
State = tuple[list[Any], list[Any], list[Any]]


def state_of(model: Model) -> State:
    """Return the present state of a model, the optimizer's included."""
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    trainable, others, optimizer = variables_of(model)
    return ([v.value for v in trainable], [v.value for v in others], [v.value for v in optimizer])


def variables_of(model: Model) -> State:
    """Return the variables of a model in the order of its state."""
    return (
        model.trainable_variables,
        model.non_trainable_variables,
        model.optimizer.variables,
    )


@dataclass(frozen=True)
class Plan:
    """All that decides a network that is not trained yet."""

    kind: Any  # the estimator's class
    settings: dict[str, Any]
    shape: tuple[int, ...]
    n_outputs: int
    seed: int
    augment: Augment | None = None

    def build(self) -> Model:
        """Return a compiled model."""
        with float32_policy():
            model = self.layers()
            model.compile(
                optimizer=make_optimizer(SimpleNamespace(**self.settings)),
                loss=self.kind._loss,
                weighted_metrics=self.kind._metrics(),
            )
            model.hyperparameters.label_smoothing.assign(self.label_smoothing)
        return model

    def layers(self) -> Model:
        """Return the model without its loss and its optimizer."""
        given = {**self.settings, "augmentation": self.augment}
        wanted = builder_parameters(self.kind)
        built: Model = self.kind._builder(
            self.shape,
            self.n_outputs,
            **{name: given[name] for name in wanted if name in given},
            output_activation=self.kind._output,
            seed=self.seed,
        )
        return built

    @property
    def label_smoothing(self) -> float:
        """The share of a label's weight that training spreads; regressors have none."""
        return float(self.settings.get("label_smoothing", 0.0))


class Network:
    """A network of an estimator.

    A member of a group needs no Keras model of its own: the group's model runs with its state. One
    is built when somebody asks for it. The group's model may have more hidden layers and units, in
    which those of the network come first.
    """

    def __init__(self, model: Model) -> None:
        self.like = model
        self._n_parameters: int | None = None  # None is as many as `like` has
        self._state: State | None = None
        self._build: Callable[[], Model] | None = None

    @classmethod
    def without_model(
        cls, like: Model, state: State, build: Callable[[], Model], n_parameters: int
    ) -> Network:
        """Return a network of which there are numbers, and a model that runs with them."""
        network = cls(like)
        network._state, network._build, network._n_parameters = state, build, n_parameters
        return network

    @property
    def model(self) -> Model:
        """The Keras model."""
        if self._build is not None:
            model = self._build()
            model.optimizer.build(model.trainable_variables)
            for variable, value in _own_values(model, self.like, self.state):
                variable.assign(np.asarray(value)[tuple(map(slice, variable.shape))])
            self.like, self._state, self._build = model, None, None
        return self.like

    @property
    def state(self) -> State:
        """Weights, other variables and optimizer, as `like` has them."""
        return state_of(self.like) if self._state is None else self._state

    @property
    def values(self) -> tuple[list[Any], list[Any]]:
        """What an answer depends on: weights and other variables, as `like` has them."""
        if self._state is not None:
            return self._state[:2]
        trainable, others = self.like.trainable_variables, self.like.non_trainable_variables
        return [v.value for v in trainable], [v.value for v in others]

    @property
    def n_parameters(self) -> int:
        """Numbers of its layers."""
        own = self._n_parameters
        return int(self.like.count_params()) if own is None else own

    def size(self) -> dict[str, int]:
        """Return the weights, and the bytes of what a training keeps of each."""
        shapes = [values.shape for part in self.state for values in part]
        return {
            "parameters": self.n_parameters,
            "bytes": sum(4 * int(np.prod(shape)) for shape in shapes),
        }

    def with_state(self, state: State) -> Network:
        """Return this network with another state."""
        if self._build is not None:
            return Network.without_model(self.like, state, self._build, self.n_parameters)
        _assign(self.like, state)
        return self

    def begin_schedule(self, epochs: int, batch_size: int, n: int) -> None:
        """Begin the schedule of the rate anew, if there is one, for all steps of `n` samples."""
        optimizer = self.like.optimizer
        if getattr(optimizer, "learning_rate_schedule", None) is None:
            return
        starts, _ = batch_bounds(n, batch_size, self.like.fewest_rows)
        state = self.state[2]
        names = [variable.name for variable in optimizer.variables]
        begun = np.asarray(state[names.index("iteration")], np.float32)
        lasts = np.float32(epochs * len(starts))
        for name, value in (("schedule_start", begun), ("schedule_steps", lasts)):
            if self._state is None:
                optimizer.variables[names.index(name)].assign(value)
            else:
                state[names.index(name)] = value

    def move(self, move: Callable[[State], State]) -> None:
        """Replace the numbers by the same ones in another place; a Keras model keeps its own."""
        if self._state is not None:
            self._state = move(self._state)

    def outputs(self, X: np.ndarray, batch_size: int) -> np.ndarray:
        """Return the outputs for samples of float32."""
        if self._build is None:
            outputs: np.ndarray = self.like.predict(X, batch_size=batch_size, verbose=0)
        else:
            outputs, _ = outputs_of(self.like, self.values, X, batch_size)
        return np.asarray(outputs)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy the model: its like belongs to others too."""
        return Network, (self.model,)


def whole_batches(X: np.ndarray) -> tuple[np.ndarray, int, int]:
    """Return samples filled up to whole batches, their number, and the size of a batch."""
    n, size = len(X), EVALUATION_BATCH if len(X) > 32 else 32
    missing = -n % size
    if missing:
        X = np.concatenate([X, np.zeros((missing, *X.shape[1:]), X.dtype)])
    return X, n, size


def _assign(model: Model, state: State) -> None:
    """Give a model a state."""
    for variables, values in zip(variables_of(model), state, strict=True):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


def _own_values(model: Model, like: Model, state: State) -> Iterator[tuple[Any, Any]]:
    """Yield each variable of a model, and its value in the state of one that has all its layers."""
    values = {
        id(variable): value
        for part in zip(variables_of(like), state, strict=True)
        for variable, value in zip(*part, strict=True)
    }
    pairs = [(model.hyperparameters, like.hyperparameters)]
    pairs += [(layer, like.get_layer(layer.name)) for layer in model.layers]
    for own, other in pairs:
        for variable, wide in zip(own.variables, other.variables, strict=False):
            yield variable, values[id(wide)]
    by_name = {variable.name: values[id(variable)] for variable in like.optimizer.variables}
    for variable in model.optimizer.variables:
        yield variable, by_name[variable.name]
