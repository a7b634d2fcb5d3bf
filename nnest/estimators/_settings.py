"""Settings of a training: what is accepted, and what may change before the next one."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import keras

from nnest import _arguments
from nnest.augmentation import Augment, Augmentation
from nnest.layers import Conv2D, Dense, Dropout
from nnest.optimizers import SCHEDULES, SGD, RMSprop, numbers, with_numbers
from nnest.programs import STARTS, Model, signature

__all__ = [
    "builder_parameters",
    "check_rows",
    "check_training",
    "float32_policy",
    "make_augment",
    "make_optimizer",
    "network_settings",
    "static_parameters",
    "stored_parameters",
    "take_over",
    "traced_parameters",
    "without_traced",
]

OPTIMIZERS = (
    "adam", "adamw", "adamax", "nadam", "sgd", "rmsprop", "adagrad", "adadelta", "ftrl", "lion",
)  # fmt: skip
WITH_MOMENTUM = {"sgd": SGD, "rmsprop": RMSprop}
#: Parameters of optimizers that Keras has as constants, or not at all; None leaves them to Keras.
_OF_OPTIMIZER = (
    "learning_rate_schedule", "warmup_fraction", "final_fraction", "weight_decay", "clip_norm",
)  # fmt: skip
_OF_COMPILATION = ("optimizer", "learning_rate", "momentum", "label_smoothing", *_OF_OPTIMIZER)
#: What a parameter is called by the layers that declare it to be traced.
_BY_LAYERS = {"dropout": "rate", "conv_dropout": "rate"}
#: What decides how long and on what a network is trained, and no program.
_OF_TRAINING = {
    "class_weight", "epochs", "n_iter_no_change", "random_state", "tol", "validation_fraction",
    "verbose", "warm_start",
}  # fmt: skip
#: Parameters with bounds of which no builder sees anything, and the penalties.
_CHECKED = (
    "batch_size", "epochs", "n_iter_no_change", "l1", "l2", "tol", "validation_fraction",
    "momentum",
)  # fmt: skip
_LONGEST = 60


@cache
def builder_parameters(kind: Any) -> frozenset[str]:
    """Return the parameters of the builder of a class of estimators."""
    return frozenset(inspect.signature(kind._builder).parameters)


@cache
def traced_parameters() -> frozenset[str]:
    """Return the parameters that change no program, or only by whether they are zero.

    Layers, models and optimizers declare them by their `traced`. A learning rate is a variable of
    Keras's own optimizers, and what a network starts from is no part of a program.
    """
    kinds = (Dense, Conv2D, Dropout, Model, SGD, RMSprop, with_numbers(SGD))
    declared = {name for kind in kinds for name in kind.traced} | {"learning_rate", *STARTS}
    named = {name for name, by_layers in _BY_LAYERS.items() if by_layers in declared}
    return frozenset((declared - {*_BY_LAYERS.values(), "seed"}) | named)


def static_parameters(estimator: Any) -> dict[str, Any]:
    """Return the parameters that decide the program of an estimator.

    Parameters
    ----------
    estimator : estimator
        An estimator of this package.

    Returns
    -------
    dict of str to object
        Estimators that differ in none of them, and are trained on samples of one shape, share
        programs, but for rates of zero, which may make a layer fewer.

    Examples
    --------
    >>> from nnest import MLPClassifier
    >>> from nnest.estimators import static_parameters
    >>> one, other = MLPClassifier(dropout=0.1), MLPClassifier(dropout=0.2)
    >>> static_parameters(one) == static_parameters(other)
    True
    """
    return without_traced(estimator.get_params(deep=False))


def without_traced(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return those of an estimator's parameters that decide its program."""
    left_out = traced_parameters() | _OF_TRAINING
    return {name: value for name, value in parameters.items() if name not in left_out}


def check_training(net: Any, has_end: bool = True) -> None:
    """Raise if training cannot use a value; the builders check those of the architecture."""
    if keras.config.floatx() != "float32":
        raise ValueError(
            f"floatx={keras.config.floatx()!r} of Keras is not accepted, since networks are "
            "trained in float32: call keras.config.set_floatx('float32') first."
        )
    _arguments.one_of("optimizer", net.optimizer, OPTIMIZERS)
    for name in ("early_stopping", "warm_start"):
        _arguments.flag(name, getattr(net, name))
    for name in _CHECKED:
        _arguments.within(name, getattr(net, name))
    for name in ("learning_rate", *_OF_OPTIMIZER[1:]):
        if getattr(net, name) is not None:
            _arguments.within(name, getattr(net, name))
    _check_schedule(net, has_end)
    if net.momentum and net.optimizer not in WITH_MOMENTUM:
        raise ValueError(
            f"momentum={net.momentum!r} has no meaning for optimizer={net.optimizer!r}: "
            f"leave it at 0.0, or give one of {', '.join(map(repr, WITH_MOMENTUM))}."
        )


def _check_schedule(net: Any, has_end: bool) -> None:
    """Raise if there is no such schedule, or if its numbers have no meaning."""
    name, final = net.learning_rate_schedule, net.final_fraction
    _arguments.one_of("learning_rate_schedule", name, (None, *SCHEDULES))
    if name is not None and not has_end:
        raise ValueError(
            f"learning_rate_schedule={name!r} needs to know how many steps there will be, which "
            "partial_fit does not: use fit, or None."
        )
    for other in ("warmup_fraction", "final_fraction"):
        if name is None and getattr(net, other) is not None:
            raise ValueError(
                f"{other}={getattr(net, other)!r} has no meaning without a learning_rate_schedule: "
                f"give one of {', '.join(map(repr, SCHEDULES))}, or leave it at None."
            )
    if final == 0 and name in ("exponential", "step"):
        raise ValueError(
            f"final_fraction=0 has no meaning for learning_rate_schedule={name!r}, which "
            "multiplies the rate until it is there: give a number above 0, as 0.01."
        )


def check_rows(model: Model, batch_size: Any, n: int) -> None:
    """Raise if a batch has one sample where a layer divides by its spread."""
    if model.fewest_rows > 1 and min(int(batch_size), n) == 1:
        raise ValueError(
            f"batch_size={batch_size} and {n} samples make batches of one, in which batch "
            "normalization finds no spread: give a larger batch_size, more samples, or no "
            "batch normalization."
        )


def make_augment(net: Any, images: Any, seed: int) -> Augment:
    """Return the layer that changes training images."""
    if not isinstance(net.augmentation, Augmentation):
        raise ValueError(
            f"augmentation={net.augmentation!r} is not accepted: give an Augmentation or None."
        )
    with float32_policy():
        return net.augmentation.make_layer(images, getattr(net, "classes_", None), seed=seed)


def make_optimizer(net: Any) -> Any:
    """Return Keras's optimizer with the given rate, or the one that is its own default."""
    kind: Any = type(keras.optimizers.get(net.optimizer))
    settings: dict[str, Any] = {}
    if net.learning_rate is not None:
        settings["learning_rate"] = float(net.learning_rate)
    if net.momentum:
        kind, settings["momentum"] = WITH_MOMENTUM[net.optimizer], float(net.momentum)
    given = {name: getattr(net, name) for name in _OF_OPTIMIZER}
    given = {name: value for name, value in given.items() if value is not None}
    return with_numbers(kind)(**settings, **given) if given else kind(**settings)


def network_settings(net: Any) -> dict[str, str]:
    """Return what decides an estimator's model, its loss and its optimizer, as text."""
    kind: Any = type(net)
    names = {*builder_parameters(kind), *_OF_COMPILATION}
    settings = net.get_params(deep=False)
    return {name: repr(settings[name]) for name in settings if name in names}


@contextmanager
def float32_policy() -> Iterator[None]:
    """Build layers of float32, whatever Keras's policy is: that holds for one thread only."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)


def take_over(model: Model, fresh: Model, before: dict[str, str], after: dict[str, str]) -> None:
    """Give a network the numbers of one that was built with the present settings.

    Parameters
    ----------
    model : Model
        The network that goes on.
    fresh : Model
        The other one.
    before, after : dict of str to str
        The settings of both as text.

    Raises
    ------
    ValueError
        If the fresh network is not the same but for its numbers.
    """
    changed = [name for name, value in after.items() if before[name] != value]
    if signature(model) != signature(fresh):
        raise ValueError(_refusal(changed, before, after))
    pairs = zip([model, *model.layers], [fresh, *fresh.layers], strict=True)
    for own, new in pairs:
        if hasattr(own, "hyperparameters"):
            values = new.hyperparameters.variables
            for variable, value in zip(own.hyperparameters.variables, values, strict=True):
                variable.assign(value.value)
    if "learning_rate" in changed:  # else a callback may have set it
        model.optimizer.learning_rate = float(numbers(fresh.optimizer)["learning_rate"])
    if hasattr(model.optimizer, "take_numbers"):
        model.optimizer.take_numbers(fresh.optimizer)


def _refusal(changed: list[str], before: dict[str, str], after: dict[str, str]) -> str:
    """Return the sentence that names what makes another network."""
    numbers = traced_parameters() | {"augmentation"}
    name, *others = [name for name in changed if name not in numbers] or changed
    said = f"{name} from {before[name]:.{_LONGEST}} to {after[name]:.{_LONGEST}}"
    also = f" (also {', '.join(others[:3])})" if others else ""
    return (
        f"set_params changed {said}{also} since this network was trained, and that is another "
        "network: set it back to train on, or start anew by fit with warm_start=False."
    )


def stored_parameters(net: Any) -> dict[str, Any]:
    """Return an estimator's parameters, also those that a subclass sets but does not take."""
    # By scikit-learn's conventions nothing else is stored under such a name.
    return {name: value for name, value in vars(net).items() if not re.search("^_|_$", name)}
