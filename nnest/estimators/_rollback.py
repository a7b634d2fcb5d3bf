"""The last whole epoch of a network, to which an interrupted training goes back."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from nnest._compat.keras import drop_running_state

__all__ = ["Rollback"]


class Rollback(keras.callbacks.Callback):
    """Keeps a copy of the state in which each epoch begins.

    A step gives the memory of the state before it to the state after it, so that an interrupted
    one leaves neither. The copy costs less than a step.
    """

    def __init__(self) -> None:
        super().__init__()
        self._kept: tuple[list[Any], list[np.ndarray], dict[str, list[float]]] | None = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Copy the state, unless nothing is learnt yet."""
        if epoch == 0:
            return
        model = self.model
        variables = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
        values = [np.array(variable.numpy()) for variable in variables]
        history = {name: list(values) for name, values in model.history.history.items()}
        self._kept = variables, values, history

    def undo(self) -> dict[str, list[float]]:
        """Give the network its last whole epoch back; return the metrics of those that it keeps.

        Returns
        -------
        dict of str to list of float
            Empty if no epoch of this training was whole.
        """
        if self._kept is None:
            return {}
        variables, values, history = self._kept
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        # Keras would put it into the variables when it next looks at them.
        drop_running_state(self.model)
        return history
