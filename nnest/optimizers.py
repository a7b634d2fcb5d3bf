"""Keras optimizers whose momentum is part of their state.

Keras keeps the learning rate in the optimizer's state already, but a momentum is a constant of the
compiled program. Here it is a number of the state, so that trainings that differ in it share
programs. Adam and the others have none that this package studies.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from nnest._compat.keras import rmsprop_slots, variable_index

__all__ = ["SGD", "RMSprop"]

_serializable = keras.saving.register_keras_serializable(package="nnest")


class _WithMomentum:
    """The variable that holds the momentum."""

    #: Parts of the configuration that the compiled program does not depend on.
    traced = ("momentum",)

    def build(self: Any, variables: list[Any]) -> None:
        """Create the state, the momentum included."""
        if not self.built:
            super().build(variables)  # type: ignore[misc]
            value = keras.initializers.Constant(self.momentum)
            self._coefficient = self.add_variable((), initializer=value, name="coefficient")

    def assign_momentum(self: Any, momentum: float) -> None:
        """Go on with another momentum."""
        self.momentum = momentum
        if self.built:
            self._coefficient.assign(momentum)


@_serializable
class SGD(_WithMomentum, keras.optimizers.SGD):
    r"""Gradient descent with momentum, which is a number of its state.

    The velocity is :math:`v \leftarrow \mu v - \eta g`, and the weights move by it.

    Parameters
    ----------
    learning_rate : float, default=0.01
        The rate :math:`\eta`.
    momentum : float, default=0.9
        The momentum :math:`\mu`, greater than 0.
    **kwargs
        Everything else that `keras.optimizers.SGD` takes, except ``nesterov``.

    Examples
    --------
    >>> from nnest.optimizers import SGD
    >>> SGD(momentum=0.5).get_config()["momentum"]
    0.5
    """

    def __init__(self, learning_rate: float = 0.01, momentum: float = 0.9, **kwargs: Any) -> None:
        super().__init__(learning_rate=learning_rate, momentum=momentum, **kwargs)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Move one variable."""
        rate, gradient, momentum = (
            ops.cast(value, variable.dtype)
            for value in (learning_rate, gradient, self._coefficient)
        )
        velocity = self.momentums[variable_index(self, variable)]
        self.assign(velocity, velocity * momentum - gradient * rate)
        self.assign_add(variable, velocity)


@_serializable
class RMSprop(_WithMomentum, keras.optimizers.RMSprop):
    r"""RMSprop with momentum, which is a number of its state.

    Steps are :math:`s \leftarrow \mu s + \eta g / \sqrt{r + \epsilon}`, where :math:`r` is the
    moving average of :math:`g^2`.

    Parameters
    ----------
    learning_rate : float, default=0.001
        The rate :math:`\eta`.
    momentum : float, default=0.9
        The momentum :math:`\mu`, greater than 0.
    **kwargs
        Everything else that `keras.optimizers.RMSprop` takes, except ``centered``.

    Examples
    --------
    >>> from nnest.optimizers import RMSprop
    >>> RMSprop(momentum=0.5).get_config()["momentum"]
    0.5
    """

    def __init__(self, learning_rate: float = 0.001, momentum: float = 0.9, **kwargs: Any) -> None:
        super().__init__(learning_rate=learning_rate, momentum=momentum, **kwargs)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Move one variable."""
        rate, gradient, momentum = (
            ops.cast(value, variable.dtype)
            for value in (learning_rate, gradient, self._coefficient)
        )
        average, step = rmsprop_slots(self, variable)
        self.assign(average, self.rho * average + (1 - self.rho) * ops.square(gradient))
        self.assign(step, momentum * step + rate * gradient / ops.sqrt(average + self.epsilon))
        self.assign_sub(variable, step)
