"""The one call of scikeras.

The project was asked to stand on scikeras. It has had no release since April 2024 and fails seven
of scikit-learn's checks, so this package answers for scikit-learn's contract itself, and scikeras
does nothing but call `fit` of the model. On the day on which it can no longer be imported,
:func:`train` becomes :func:`train_without`, which returns the same numbers: a test says so.
"""

from __future__ import annotations

from typing import Any

from scikeras.wrappers import BaseWrapper

__all__ = ["train", "train_without"]

History = dict[str, list[float]]


def train(
    model: Any, arrays: tuple[Any, Any, Any], *, batch_size: int, callbacks: Any, **settings: Any
) -> History:
    """Train a compiled model with samples, targets and weights; return its metrics."""
    wrapper = BaseWrapper(model=model, batch_size=batch_size, callbacks=callbacks, verbose=0)
    wrapper.fit(*arrays, **settings)
    history: History = wrapper.model_.history.history
    return history


def train_without(
    model: Any, arrays: tuple[Any, Any, Any], *, batch_size: int, callbacks: Any, **settings: Any
) -> History:
    """Do the same without scikeras."""
    X, y, weight = arrays
    settings["epochs"] += settings["initial_epoch"]  # Keras counts them from the first fit on
    given = {} if weight is None else {"sample_weight": weight}
    history: History = model.fit(
        X, y, batch_size=batch_size, callbacks=callbacks, verbose=0, **given, **settings
    ).history
    return history
