"""Checks of hyper-parameters: each returns the value in one form, or says what is accepted."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
from sklearn.utils import check_random_state

from nnest._validation import BOUNDS, Bounds, suggest

__all__ = [
    "activations",
    "flag",
    "layers_at",
    "number",
    "one_of",
    "per_layer",
    "random_state",
    "rates",
    "sizes",
    "warn_of_absent",
    "within",
]

PLACES = (None, "first", "last", "every")


def per_layer(name: str, value: Any, n: int) -> tuple[Any, ...]:
    """Return one value for each of `n` layers."""
    if not isinstance(value, tuple | list | np.ndarray):
        return (value,) * n
    if len(value) != n:
        raise ValueError(
            f"{name}={value!r} has {len(value)} entries for {n} layers: give one value for all, "
            "or one for each layer."
        )
    return tuple(value)


def sizes(name: str, value: Any, n: int | None = None) -> tuple[int, ...]:
    """Return whole numbers of at least 1, one for each layer."""
    if n is None and not isinstance(value, tuple | list | np.ndarray):
        axes = ("axis", f"({value!r}, {value!r})")
        each, example = axes if name == "image_shape" else ("layer", f"({value!r},)")
        raise ValueError(
            f"{name}={value!r} is not a sequence: give one number for each {each}, as {example}."
        )
    values = tuple(value) if n is None else per_layer(name, value, n)
    for v in values:
        if not BOUNDS[name].holds(v):
            raise ValueError(f"{name}={value!r} holds {v!r}: give {BOUNDS[name]}.")
    return tuple(int(v) for v in values)


def rates(name: str, value: Any, n: int) -> tuple[float, ...]:
    """Return dropout rates, one for each layer."""
    values = per_layer(name, value, n)
    for v in values if isinstance(value, tuple | list) else (value,):
        if not BOUNDS[name].holds(v):
            raise ValueError(f"{name}={value!r} is not a dropout rate: give {BOUNDS[name]}.")
    return tuple(float(v) for v in values)


def layers_at(name: str, place: str | None, n: int) -> frozenset[int]:
    """Return which of `n` layers a place names."""
    one_of(name, place, PLACES)
    named = {None: (), "first": range(n)[:1], "last": range(n)[-1:], "every": range(n)}
    return frozenset(named[place])


def one_of(name: str, value: Any, accepted: tuple[Any, ...]) -> Any:
    """Return the value if it is one of those accepted."""
    if not any(value is a or (isinstance(a, str) and value == a) for a in accepted):
        raise ValueError(
            f"{name}={value!r} is not accepted: give one of {', '.join(map(repr, accepted))}."
        )
    return value


def flag(name: str, value: Any) -> bool:
    """Return True or False, NumPy's too."""
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name}={value!r} is not accepted: give True or False.")
    return bool(value)


def activations(value: Any, n: int) -> tuple[str, ...]:
    """Return the names of activations, one for each layer."""
    values = per_layer("activation", value, n)
    for name in values if isinstance(value, tuple | list) else (value,):
        _check_activation(name)
    return values


def _check_activation(name: object) -> None:
    """Raise unless a name is an activation of Keras; the message names the nearest."""
    known = [n for n in dir(keras.activations) if n.islower() and not n.startswith("_")]
    known = [n for n in known if n not in ("deserialize", "get", "serialize")]
    if name in known:
        return
    hint = suggest(name, known, "name one of keras.activations, as 'relu' or 'tanh'.")
    raise ValueError(f"activation={name!r} is not an activation of Keras: {hint}")


def within(name: str, value: Any, bounds: Bounds | None = None) -> Any:
    """Return a number that is within bounds, else those of the estimators' parameter."""
    bounds = BOUNDS[name] if bounds is None else bounds
    if not bounds.holds(value):
        raise ValueError(f"{name}={value!r} is not accepted: give {bounds.one}.")
    return value


def number(name: str, value: Any, low: float, high: float) -> float:
    """Return a number in [low, high)."""
    return float(within(name, value, Bounds(low, high)))


def random_state(value: Any) -> np.random.RandomState:
    """Return the source of random numbers that a parameter *random_state* names."""
    try:
        source: np.random.RandomState = check_random_state(value)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"random_state={value!r} is not accepted: give a whole number from 0 to {2**32 - 1}, a "
            "RandomState or None."
        ) from error
    return source


def warn_of_absent(name: str, labels: Iterable[Any], classes: np.ndarray) -> None:
    """Warn of labels that are no classes of these samples, as a fold may lack some.

    Text among numbers, or a number among texts, is never a label: that is an error.
    """
    known = classes.tolist()
    absent = [label for label in labels if label not in known]
    is_text = all(isinstance(label, str) for label in known)
    for label in absent:
        if isinstance(label, str) != is_text:
            raise ValueError(
                f"{name} names {label!r}, and the classes are "
                f"{'text' if is_text else 'no text'}, as {known[0]!r}: name labels as y has them."
            )
    if absent:
        warnings.warn(
            f"{name} names {_few(absent)}, and y holds {_few(known)}: nothing is done for labels "
            "that y lacks. Give labels of y, unless this is a part of the samples.",
            stacklevel=2,
        )


def _few(labels: list[Any]) -> str:
    """Return the first labels as text."""
    shown = ", ".join(map(repr, labels[:5]))
    return shown if len(labels) <= 5 else f"{shown} and {len(labels) - 5} more"
