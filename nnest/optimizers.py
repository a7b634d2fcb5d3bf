"""Keras optimizers whose numbers are part of their state.

Keras keeps the learning rate in the optimizer's state already, but a momentum, a decay of weights,
a bound of gradients and a schedule are constants of the compiled program. Here they are numbers of
the state, so that trainings that differ in them share programs.
"""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from nnest._compat.keras import rmsprop_slots, variable_index

__all__ = ["SCHEDULES", "SGD", "RMSprop", "numbers", "plain", "with_numbers"]

_serializable = keras.saving.register_keras_serializable(package="nnest")

#: Schedules of the learning rate: the usual share of the steps that warms up, and the usual share
#: of the rate at the end.
SCHEDULES = {
    "cosine": (0.0, 0.0),
    "exponential": (0.0, 0.01),
    "one_cycle": (0.3, 0.0),
    "step": (0.0, 0.01),
}
#: The share of the rate from which "one_cycle" starts: that of fastai and PyTorch.
_FIRST = 1 / 25


class _WithNumbers:
    """Numbers of the state that Keras has as constants."""

    #: Parts of the configuration that the compiled program does not depend on, unless one is None.
    traced: tuple[str, ...] = ()
    _variable: dict[str, Any]

    def numbers(self) -> dict[str, float]:
        """Return the numbers with which it starts, by the names of their variables."""
        return {}

    def build(self: Any, variables: list[Any]) -> None:
        """Create the state, the numbers included."""
        if not self.built:
            super().build(variables)  # type: ignore[misc]
            self._variable = {
                name: self.add_variable(
                    (), initializer=keras.initializers.Constant(value), name=name
                )
                for name, value in self.numbers().items()
            }

    def take_numbers(self: Any, other: Any) -> None:
        """Go on with the numbers of another optimizer of this class."""
        config = other.get_config()
        for name in self.traced:
            setattr(self, name, config[name])
        for name, value in self.numbers().items():
            self._variable[name].assign(value)


class _WithMomentum(_WithNumbers):
    """The momentum as a number of the state."""

    traced = ("momentum",)

    def numbers(self: Any) -> dict[str, float]:
        """Add the momentum."""
        return {**super().numbers(), "coefficient": self.momentum}


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
            for value in (learning_rate, gradient, self._variable["coefficient"])
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
            for value in (learning_rate, gradient, self._variable["coefficient"])
        )
        average, step = rmsprop_slots(self, variable)
        self.assign(average, self.rho * average + (1 - self.rho) * ops.square(gradient))
        self.assign(step, momentum * step + rate * gradient / ops.sqrt(average + self.epsilon))
        self.assign_sub(variable, step)


class _Scheduled(_WithNumbers):
    """A schedule of the learning rate, a decay of weights and a bound of gradients."""

    traced = (
        "learning_rate_schedule", "warmup_fraction", "final_fraction", "schedule_steps",
        "weight_decay", "clip_norm",
    )  # fmt: skip

    def __init__(
        self,
        learning_rate_schedule: str | None = None,
        warmup_fraction: float | None = None,
        final_fraction: float | None = None,
        schedule_steps: int = 1,
        clip_norm: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.learning_rate_schedule = learning_rate_schedule
        if learning_rate_schedule is not None:
            warmup, final = SCHEDULES[learning_rate_schedule]
            warmup_fraction = warmup if warmup_fraction is None else warmup_fraction
            final_fraction = final if final_fraction is None else final_fraction
        self.warmup_fraction, self.final_fraction = warmup_fraction, final_fraction
        self.schedule_steps, self.clip_norm = schedule_steps, clip_norm

    @property
    def weight_decay(self: Any) -> Any:
        """The share of the weights, times the learning rate, that goes in a step."""
        return self._variable.get("weight_decay") if self.built else self._decay

    @weight_decay.setter
    def weight_decay(self: Any, value: float | None) -> None:
        self._decay = value

    @property
    def learning_rate(self: Any) -> Any:
        """The rate of the next step."""
        rate = super().learning_rate  # type: ignore[misc]
        if self.learning_rate_schedule is None or not self.built:
            return rate
        return rate * _share_of_rate(ops.cast(self.iterations, "float32"), **self._variable)

    @learning_rate.setter
    def learning_rate(self: Any, rate: Any) -> None:
        keras.optimizers.Optimizer.learning_rate.fset(self, rate)

    def numbers(self: Any) -> dict[str, float]:
        """Add those of the schedule, of the decay and of the bound, where they are given."""
        found = super().numbers()
        if self.learning_rate_schedule is not None:
            found |= {
                "schedule": float(list(SCHEDULES).index(self.learning_rate_schedule)),
                "warmup_fraction": self.warmup_fraction,
                "final_fraction": self.final_fraction,
                "schedule_start": 0.0,
                "schedule_steps": float(self.schedule_steps),
            }
        given = {"weight_decay": self._decay, "clip_norm": self.clip_norm}
        return found | {name: value for name, value in given.items() if value is not None}

    def get_config(self: Any) -> dict[str, Any]:
        """Return Keras's configuration with what is added here."""
        config = super().get_config()  # type: ignore[misc]
        config |= {name: getattr(self, name) for name in _Scheduled.traced}
        config["weight_decay"] = self._decay
        return dict(config)

    def apply(self: Any, grads: list[Any], trainable_variables: Any = None) -> None:
        """Take a step, by gradients that are no longer than the bound."""
        if self.clip_norm is not None:
            longest = self._variable["clip_norm"]
            squares = [ops.sum(ops.square(each)) for each in grads if each is not None]
            share = longest * ops.minimum(1 / ops.sqrt(sum(squares)), 1 / longest)
            grads = [each if each is None else each * share for each in grads]
        super().apply(grads, trainable_variables)  # type: ignore[misc]


def _share_of_rate(step: Any, **of: Any) -> Any:
    """Return which share of the learning rate a step has; all numbers are state."""
    done = ops.clip((step - of["schedule_start"]) / of["schedule_steps"], 0.0, 1.0)
    warmup, final, kind = of["warmup_fraction"], of["final_fraction"], of["schedule"]
    rising = done / ops.maximum(warmup, 1e-9)
    falling = (done - warmup) / ops.maximum(1.0 - warmup, 1e-9)
    bent = ops.cos(math.pi * ops.stack([rising, falling]))
    _cosine, exponential, one_cycle, at_steps = (float(i) for i in range(len(SCHEDULES)))
    up = ops.where(kind == one_cycle, _FIRST + (1 - _FIRST) * (1 - bent[0]) / 2, rising)
    down = final + (1 - final) * (1 + bent[1]) / 2
    # A power of zero has no meaning here, and no gradient goes through: any number will do.
    base = ops.maximum(final, 1e-30)
    down = ops.where(kind == exponential, base**falling, down)
    stairs = ops.where(falling > 0.75, base, ops.where(falling > 0.5, ops.sqrt(base), 1.0))
    down = ops.where(kind == at_steps, stairs, down)
    return ops.where(done < warmup, up, down)


def _of_kind(kind: type) -> type:
    """Return a class of Keras's optimizers with a schedule, a decay and a bound."""
    name = f"Scheduled{kind.__name__}"
    traced = (*_Scheduled.traced, *getattr(kind, "traced", ()))
    made = type(name, (_Scheduled, kind), {"__module__": __name__, "traced": traced})
    _serializable(made)
    return made


_SCHEDULED = {
    kind: _of_kind(kind)
    for kind in (
        SGD, RMSprop, *(getattr(keras.optimizers, name) for name in (
            "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lion", "Nadam", "RMSprop",
            "SGD",
        )),
    )
}  # fmt: skip


def with_numbers(kind: type) -> Any:
    """Return the class of optimizers with a schedule, a decay and a bound as numbers of the state.

    Its parameters are those of `kind`, and *learning_rate_schedule*, *warmup_fraction*,
    *final_fraction*, *weight_decay* and *clip_norm* as estimators take them, and *schedule_steps*,
    the steps that the schedule lasts.

    Parameters
    ----------
    kind : type
        An optimizer of Keras, or one of those here.

    Returns
    -------
    type
        The class.

    Examples
    --------
    >>> import keras
    >>> from nnest.optimizers import with_numbers
    >>> optimizer = with_numbers(keras.optimizers.Adam)(
    ...     learning_rate_schedule="cosine", schedule_steps=100
    ... )
    >>> weight = keras.Variable([1.0])
    >>> optimizer.build([weight])
    >>> round(float(optimizer.learning_rate), 6)
    0.001
    """
    return _SCHEDULED[kind]


def numbers(optimizer: Any) -> dict[str, Any]:
    """Return the numbers with which an optimizer starts, by the names of their variables.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        An optimizer.

    Returns
    -------
    dict of str to float
        The learning rate, and what one of this module adds.

    Examples
    --------
    >>> from nnest.optimizers import SGD, numbers
    >>> sorted(numbers(SGD(momentum=0.5)))
    ['coefficient', 'learning_rate']
    """
    (rate,) = (each.value for each in optimizer.variables if each.name == "learning_rate")
    added = optimizer.numbers() if isinstance(optimizer, _WithNumbers) else {}
    return {"learning_rate": rate, **added}


def plain(optimizer: Any) -> Any:
    """Return Keras's own optimizer that starts as one of this module does.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        An optimizer.

    Returns
    -------
    keras.optimizers.Optimizer
        One without a schedule, which ends with a training: the rate is the highest.

    Examples
    --------
    >>> from nnest.optimizers import SGD, plain
    >>> optimizer = plain(SGD(momentum=0.5))
    >>> type(optimizer).__module__.partition(".")[0], optimizer.momentum
    ('keras', 0.5)
    """
    kind, config = type(optimizer), optimizer.get_config()
    if isinstance(optimizer, _WithNumbers):
        kind = next(base for base in kind.__mro__ if base.__module__.startswith("keras."))
        config["global_clipnorm"] = config.pop("clip_norm", None)
        config = {name: config[name] for name in config if name not in _Scheduled.traced[:4]}
    return kind.from_config(config)
