"""One model for each architecture, or for several that differ in their hidden layers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import replace
from itertools import chain, pairwise
from math import prod
from types import SimpleNamespace
from typing import Any

import numpy as np

from nnest import _arguments
from nnest.builders import (
    OtherArchitectureError,
    filled_layers,
    initial_values,
    own_shapes,
    recorded_layers,
)
from nnest.estimators._network import Network, Plan, state_of, variables_of
from nnest.estimators._settings import make_optimizer, without_traced
from nnest.optimizers import numbers
from nnest.programs import STARTS

__all__ = ["Architectures", "Unshared"]

#: Activations that treat each unit by itself, so that units more change nothing.
UNIT_BY_UNIT = {
    "celu", "elu", "exponential", "gelu", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh",
    "leaky_relu", "linear", "log_sigmoid", "mish", "relu", "relu6", "selu", "sigmoid", "silu",
    "softplus", "softsign", "soft_shrink", "hard_shrink", "swish", "tanh", "tanh_shrink",
}  # fmt: skip
#: Fewest units of a layer that is filled up, and the layers up to which a network is.
FEWEST, DEEPEST = 16, 3


class Architectures:
    """One model for each architecture, which stands for all networks of that architecture.

    Parameters
    ----------
    filler : float, default=0.0
        Networks are filled up with hidden units, and with layers, until others have the same
        architecture, where this adds at most so many weights times samples in training.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest import MLPClassifier
    >>> from nnest.estimators import Architectures, Fitting, Samples
    >>> nets = [MLPClassifier(hidden_units=(n,), random_state=0) for n in (100, 120)]
    >>> samples, rows = Samples.checked(nets[0], np.eye(4), [0, 1, 0, 1]), np.arange(4)
    >>> known = Architectures(filler=1e6)
    >>> one, other = (Fitting.begin(net, samples, rows, None, known) for net in nets)
    >>> one.like is other.like
    True
    """

    def __init__(self, filler: float = 0.0) -> None:
        self._filler = filler
        self._known: dict[Any, list[_Architecture]] = {}

    def network(self, plan: Plan, n_samples: int) -> Network:
        """Return an untrained network, without a model of its own where that is possible.

        Parameters
        ----------
        plan : Plan
            All that decides it.
        n_samples : int
            Samples that it is trained on, those of all epochs together.

        Returns
        -------
        Network
            An augmentation is a layer that there is already: with one, it has a model.
        """
        if plan.augment is not None:  # a layer that there is already
            return Network(plan.build())
        units = _filled_up(plan, self._filler / n_samples)
        wide = plan
        if units is not None:
            ends = {"hidden_units": units, "dropout": 0.0, "bias_initializer": "zeros"}
            wide = replace(plan, settings={**plan.settings, **ends, "kernel_initializer": "zeros"})
        # What is static narrows the search; the layers decide, as a rate of zero may leave one out.
        static = repr(without_traced(wide.settings))
        key = plan.kind, plan.shape, plan.n_outputs, static, units
        known = self._known.setdefault(key, [])
        for architecture in known:
            with suppress(OtherArchitectureError):
                return architecture.network(plan)
        known.append(_Architecture(wide, is_filled=units is not None))
        return known[-1].network(plan)


class Unshared:
    """A model for each network."""

    def network(self, plan: Plan, n_samples: int) -> Network:
        """Return an untrained network with a model of its own."""
        del n_samples
        return Network(plan.build())


def _filled_up(plan: Plan, most: float) -> tuple[int, ...] | None:
    """Return the hidden units of the network that a plan's is filled up to, or None.

    It depends on the plan and on how much may be added, so that most networks of later calls share
    its program.
    """
    has_filters = np.size(plan.settings.get("filters", ())) > 0
    if not most or has_filters or not _can_be_filled(plan.settings):
        return None
    own = _arguments.sizes("hidden_units", plan.settings["hidden_units"])
    if not own:
        return None
    first = prod(plan.shape)

    def n_weights(units: tuple[int, ...]) -> int:
        return sum(prod(pair) for pair in pairwise((first, *units, plan.n_outputs)))

    later = _power_of_two(max(own[1:], default=own[0]))
    for layers in (max(len(own), DEEPEST), len(own)):
        units = (_power_of_two(own[0]), *[later] * (layers - 1))
        if n_weights(units) - n_weights(own) <= most:
            return units
    return None


def _can_be_filled(settings: dict[str, Any]) -> bool:
    """Tell whether units and layers more change nothing of a network."""
    return (
        isinstance(settings["activation"], str)
        and settings["activation"] in UNIT_BY_UNIT
        and settings["dropout_at"] in ("every", None)
        and settings["batch_norm_at"] in ("every", None)
    )


def _power_of_two(n: int) -> int:
    """Return the next power of two."""
    return max(FEWEST, 1 << (int(n) - 1).bit_length())


class _Architecture:
    """A model that nobody trains, and the state from which it starts."""

    def __init__(self, plan: Plan, is_filled: bool = False) -> None:
        with filled_layers() if is_filled else nullcontext():
            self.model = plan.build()
        self._static = _static(recorded_layers(plan.layers, self.model), is_filled)
        self._is_filled = is_filled
        self._numbers = numbers(self.model.optimizer).keys()
        state = state_of(self.model)
        self._start = [[np.asarray(value) for value in part] for part in state]
        self._places = {
            id(variable): (i, j)
            for i, part in enumerate(variables_of(self.model))
            for j, variable in enumerate(part)
        }

    def network(self, plan: Plan) -> Network:
        """Return the network of a plan, if it has these layers."""
        recorded = recorded_layers(plan.layers, self.model)
        optimizer = make_optimizer(SimpleNamespace(**plan.settings))
        own = numbers(optimizer)
        alike = type(optimizer) is type(self.model.optimizer) and own.keys() == self._numbers
        static = _static(recorded, self._is_filled)
        if self._is_filled:  # layers that it lacks are passed by
            static = {**self._static, **static}
        if static != self._static or not alike:
            raise OtherArchitectureError
        state = [list(part) for part in self._start]
        for variable, value in chain(
            initial_values(self.model, recorded), self._own_values(plan, own)
        ):
            i, j = self._places[id(variable)]
            state[i][j] = _put_first(np.asarray(value), state[i][j])
        n_parameters = sum(prod(shape) for shape in own_shapes(self.model, recorded).values())
        numbers_of_all = (state[0], state[1], state[2])
        return Network.without_model(self.model, numbers_of_all, plan.build, n_parameters)

    def _own_values(self, plan: Plan, own: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
        """Yield the variables beside those of the layers, and what they start from."""
        yield self.model.hyperparameters.label_smoothing, np.float32(plan.label_smoothing)
        for variable in self.model.optimizer.variables:
            if variable.name in own:
                yield variable, np.asarray(own[variable.name], np.float32)


def _put_first(value: np.ndarray, wide: np.ndarray) -> np.ndarray:
    """Return a larger array of zeros, or none, that begins with a value."""
    if value.shape == wide.shape:
        return value
    filled = np.zeros_like(wide)
    filled[tuple(map(slice, value.shape))] = value
    return filled


def _static(recorded: Any, is_filled: bool) -> dict[str, Any]:
    """Return what decides the program of recorded layers."""
    found = {}
    for name, (kind, settings) in recorded.items():
        left_out = (*getattr(kind, "traced", ()), *STARTS, *(["units"] if is_filled else []))
        found[name] = kind, {k: v for k, v in settings.items() if k not in left_out}
    return found
