"""The space, the data and the folds that all studies of the benchmarks have."""

from __future__ import annotations

from typing import Any

LAYERS = {"64": (64,), "128": (128,), "128-64": (128, 64)}
#: Lowest and highest value, and whether its logarithm is drawn.
RANGES = {
    "dropout": (0.0, 0.6, False),
    "l2": (1e-6, 1e-2, True),
    "learning_rate": (1e-4, 1e-2, True),
}
#: Trials that are asked for at once where a comparison must not depend on that.
GROUP = 8


def numbers(trial: Any) -> dict[str, Any]:
    """Suggest what changes no shape."""
    return {
        name: trial.suggest_float(name, low, high, log=log)
        for name, (low, high, log) in RANGES.items()
    }


def setting(trial: Any) -> dict[str, Any]:
    """Suggest a setting: the same space for all ways."""
    layers = trial.suggest_categorical("hidden_units", list(LAYERS))
    return {**numbers(trial), "hidden_units": LAYERS[layers]}


def digits(samples: int) -> tuple[Any, Any]:
    """Return scikit-learn's digits as rows of numbers from 0 to 1."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return (X / 16).astype("float32")[:samples], y[:samples]


def splits_of(X: Any, y: Any, folds: int) -> list[Any]:
    """Return the folds that all ways have."""
    from sklearn.model_selection import StratifiedKFold

    return list(StratifiedKFold(folds, shuffle=True, random_state=0).split(X, y))
