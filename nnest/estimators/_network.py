"""The network of an estimator: a Keras model, or the numbers of which one can be made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from types import SimpleNamespace
from typing import Any

import numpy as np

from nnest.augmentation import Augment
from nnest.builders import OtherArchitectureError, initial_values, recorded_layers
from nnest.estimators._settings import (
    builder_parameters,
    float32_policy,
    make_optimizer,
    without_traced,
)
from nnest.optimizers import numbers
from nnest.programs import EVALUATION_BATCH, STARTS, Model, batch_bounds, outputs_of

__all__ = ["Architectures", "Network", "Plan", "State", "state_of", "whole_batches"]

#: Weights, other variables, optimizer.
State = tuple[list[Any], list[Any], list[Any]]


def state_of(model: Model) -> State:
    """Return the present state of a model, the optimizer's included."""
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    trainable, others, optimizer = _variables(model)
    return ([v.value for v in trainable], [v.value for v in others], [v.value for v in optimizer])


def _variables(model: Model) -> State:
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
    is built when somebody asks for it.
    """

    def __init__(self, model: Model) -> None:
        self.like = model
        self._state: State | None = None
        self._build: Callable[[], Model] | None = None

    @classmethod
    def without_model(cls, like: Model, state: State, build: Callable[[], Model]) -> Network:
        """Return a network of which there are numbers, and a model of the same architecture."""
        network = cls(like)
        network._state, network._build = state, build
        return network

    @property
    def model(self) -> Model:
        """The Keras model."""
        if self._build is not None:
            model = self._build()
            model.optimizer.build(model.trainable_variables)
            _assign(model, self.state)
            self.like, self._state, self._build = model, None, None
        return self.like

    @property
    def state(self) -> State:
        """Weights, other variables and optimizer."""
        return state_of(self.like) if self._state is None else self._state

    def size(self) -> dict[str, int]:
        """Return the weights, and the bytes of what a training keeps of each."""
        shapes = [values.shape for part in self.state for values in part]
        return {
            "parameters": int(self.like.count_params()),
            "bytes": sum(4 * int(np.prod(shape)) for shape in shapes),
        }

    def with_state(self, state: State) -> Network:
        """Return this network with another state."""
        if self._build is not None:
            return Network.without_model(self.like, state, self._build)
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
            outputs, _ = outputs_of(self.like, self.state[:2], X, batch_size)
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
    for variables, values in zip(_variables(model), state, strict=True):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


class Architectures:
    """One model for each architecture, which stands for all networks of that architecture.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest import MLPClassifier
    >>> from nnest.estimators import Architectures, Fitting, Samples
    >>> nets = [MLPClassifier(dropout=rate, random_state=0) for rate in (0.1, 0.2)]
    >>> samples, rows = Samples.checked(nets[0], np.eye(4), [0, 1, 0, 1]), np.arange(4)
    >>> known = Architectures()
    >>> one, other = (Fitting.begin(net, samples, rows, None, known) for net in nets)
    >>> one.like is other.like
    True
    """

    def __init__(self) -> None:
        self._known: dict[Any, list[_Architecture]] = {}

    def network(self, plan: Plan) -> Network:
        """Return an untrained network, without a model of its own where that is possible.

        Parameters
        ----------
        plan : Plan
            All that decides it.

        Returns
        -------
        Network
            An augmentation is a layer that there is already: with one, it has a model.
        """
        if plan.augment is not None:  # a layer that there is already
            return Network(plan.build())
        # What is static narrows the search; the layers decide, as a rate of zero may leave one out.
        static = repr(without_traced(plan.settings))
        known = self._known.setdefault((plan.kind, plan.shape, plan.n_outputs, static), [])
        for architecture in known:
            with suppress(OtherArchitectureError):
                return architecture.network(plan)
        known.append(_Architecture(plan))
        return known[-1].network(plan)


class _Architecture:
    """A model that nobody trains, and the state from which it starts."""

    def __init__(self, plan: Plan) -> None:
        self.model = plan.build()
        self._static = _static(recorded_layers(plan.layers, self.model))
        self._numbers = numbers(self.model.optimizer).keys()
        state = state_of(self.model)
        self._start = [[np.asarray(value) for value in part] for part in state]
        self._places = {
            id(variable): (i, j)
            for i, part in enumerate(_variables(self.model))
            for j, variable in enumerate(part)
        }

    def network(self, plan: Plan) -> Network:
        """Return the network of a plan, if it has these layers."""
        recorded = recorded_layers(plan.layers, self.model)
        optimizer = make_optimizer(SimpleNamespace(**plan.settings))
        own = numbers(optimizer)
        alike = type(optimizer) is type(self.model.optimizer) and own.keys() == self._numbers
        if _static(recorded) != self._static or not alike:
            raise OtherArchitectureError
        state = [list(part) for part in self._start]
        for variable, value in chain(
            initial_values(self.model, recorded), self._own_values(plan, own)
        ):
            i, j = self._places[id(variable)]
            state[i][j] = value
        return Network.without_model(self.model, (state[0], state[1], state[2]), plan.build)

    def _own_values(self, plan: Plan, own: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
        """Yield the variables beside those of the layers, and what they start from."""
        yield self.model.hyperparameters.label_smoothing, np.float32(plan.label_smoothing)
        for variable in self.model.optimizer.variables:
            if variable.name in own:
                yield variable, np.asarray(own[variable.name], np.float32)


def _static(recorded: Any) -> dict[str, Any]:
    """Return what decides the program of recorded layers."""
    found = {}
    for name, (kind, settings) in recorded.items():
        left_out = (*getattr(kind, "traced", ()), *STARTS)
        found[name] = kind, {k: v for k, v in settings.items() if k not in left_out}
    return found
