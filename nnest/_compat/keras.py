"""Private names of Keras.

Shared programs and chains of layers that run as one operator need to look into the loop of `fit`
and into the graph of a model. Methods that Keras calls and nnest replaces are here too: where
Keras no longer called one, nothing would fail and the numbers would be others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from nnest._compat._probe import attribute, find

__all__ = [
    "BatchNormalization",
    "Model",
    "build_at_init",
    "compile_config",
    "drop_running_state",
    "exportable",
    "graph_nodes",
    "iterating",
    "rmsprop_slots",
    "symbolic_build",
    "uses_weight_decay",
    "variable_index",
]

_TESTED = "keras>=3.15,<3.16"

for _name in (
    "Function._run_through_graph",
    "layers.BatchNormalization._moments",
    "layers.Layer._build_at_init",
    "Optimizer._get_variable_index",
    "Optimizer._use_weight_decay",
    "Model._symbolic_build",
):
    find(_TESTED, "keras", _name)
if keras.backend.backend() == "jax":
    for _name in ("Model._make_function", "Model._update_metrics_variables"):
        find(_TESTED, "keras", _name)


def _get(owner: Any, name: str) -> Any:
    return attribute(_TESTED, owner, name)


class Model(keras.Model):
    """A model with two places where a subclass comes between Keras and its layers and losses."""

    def __setattr__(self, name: str, value: Any) -> None:
        # `fit` sets the running state after each step. Keras looks for layers and variables in all
        # that is set, and copies its lists: longer than a step of a small network takes.
        if name == "_jax_state":
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    def operation_for(self, inputs: Any, operation_fn: Callable[..., Any]) -> Callable[..., Any]:
        """Return what says which operation runs for one of the graph; `operation_fn` is Keras's."""
        del inputs
        return operation_fn

    def loss_weight(self) -> Any:
        """Return how many samples the loss of a batch counts for; None is its rows."""
        return None

    def _run_through_graph(
        self, inputs: Any, operation_fn: Any = lambda operation: operation, call_fn: Any = None
    ) -> Any:
        if call_fn is None:
            operation_fn = self.operation_for(inputs, operation_fn)
        return super()._run_through_graph(inputs, operation_fn, call_fn)

    def _update_metrics_variables(
        self, variables: Any, loss: Any, x: Any, y: Any, y_pred: Any, sample_weight: Any
    ) -> Any:
        weight = self.loss_weight()
        if weight is None:
            return super()._update_metrics_variables(variables, loss, x, y, y_pred, sample_weight)
        mapping = list(zip(self.metrics_variables, variables, strict=True))
        with keras.StatelessScope(state_mapping=mapping) as scope:
            _get(self, "_loss_tracker").update_state(loss, weight)
            logs = self.compute_metrics(x, y, y_pred, sample_weight)
        values = [scope.get_current_value(variable) for variable, _ in mapping]
        return logs, [
            old if new is None else new for new, (_, old) in zip(values, mapping, strict=True)
        ]


class BatchNormalization(keras.layers.BatchNormalization):
    """Batch normalization whose moments a subclass computes."""

    def moments(self, inputs: Any, mask: Any, axes: list[int]) -> Any:
        """Return mean and variance of the inputs over some axes, as Keras does."""
        del axes
        return super()._moments(inputs, mask)

    def _moments(self, inputs: Any, mask: Any) -> Any:
        return self.moments(inputs, mask, _get(self, "_reduction_axes"))


def build_at_init(layer: Any) -> None:
    """Mark a layer without weights as built, at the end of its constructor."""
    layer._build_at_init()


def exportable(model: Any) -> None:
    """Let Keras export a functional model that was never called: it knows its inputs."""
    _get(model, "_called")
    model._called = True


def graph_nodes(model: Any) -> list[Any]:
    """Return the calls of operations of a functional model, inputs first."""
    by_depth = _get(model, "_nodes_by_depth")
    return [node for _, nodes in sorted(by_depth.items(), reverse=True) for node in nodes]


def compile_config(model: Any) -> Any:
    """Return the arguments of the last `compile`, in an object of their own for each."""
    return _get(model, "_compile_config")


def iterating(model: Any, step: Callable[..., Any], concatenate_outputs: bool) -> Any:
    """Return the function of `fit`, `evaluate` or `predict` that takes batches from an iterator."""
    return model._make_function(step, concatenate_outputs=concatenate_outputs)


def symbolic_build(model: Any, batch: tuple[Any, ...]) -> None:
    """Build metrics, losses and the optimizer for batches like this one."""
    model._symbolic_build(data_batch=batch)


def drop_running_state(model: Any) -> None:
    """Forget what the last step returned: the variables hold what is valid."""
    if keras.backend.backend() == "jax":
        for name in ("_jax_state", "_jax_state_synced"):
            _get(model, name)
        model._jax_state, model._jax_state_synced = None, True


def uses_weight_decay(optimizer: Any, variable: Any) -> bool:
    """Return whether an optimizer decays a weight."""
    return bool(optimizer._use_weight_decay(variable))


def variable_index(optimizer: Any, variable: Any) -> int:
    """Return the position of a weight among those of an optimizer."""
    return int(optimizer._get_variable_index(variable))


def rmsprop_slots(optimizer: Any, variable: Any) -> tuple[Any, Any]:
    """Return the mean square of a weight's gradients, and its momentum."""
    place = variable_index(optimizer, variable)
    return _get(optimizer, "_velocities")[place], _get(optimizer, "_momentums")[place]
