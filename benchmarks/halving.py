"""Halving beside whole searches: ``python -m benchmarks.halving [mlp|cnn|study] [--seeds N]``.

81 settings, or the 40 trials of a study with and without the pruner "halving", up to 27 epochs,
3,000 images of Fashion-MNIST. Both searches run by turns in one process; the first seed compiles
what they need, and the medians leave that out. The chosen setting of each is trained anew on all
training rows, and scored on images that neither search has seen.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import optuna
from optuna.distributions import FloatDistribution

from nnest import (
    CNNClassifier,
    HalvingSearchCV,
    MLPClassifier,
    OptunaSearchCV,
    VectorizedGridSearchCV,
)
from nnest.datasets import fetch_fashion_mnist

__all__ = ["main", "measure"]

_GRID = {
    "learning_rate": [3e-4, 1e-3, 3e-3],
    "dropout": [0.0, 0.2, 0.4],
    "l2": [0.0, 1e-5, 1e-3],
    "l1": [0.0, 1e-6, 1e-5],
}
_SPACE = {
    "learning_rate": FloatDistribution(1e-4, 1e-1, log=True),
    "dropout": FloatDistribution(0.0, 0.5),
    "l2": FloatDistribution(1e-6, 1e-2, log=True),
}
_TRIALS = 40
_EPOCHS, _TRAINED, _HELD_OUT = 27, 3_000, 10_000


def _network(kind: str, seed: int) -> Any:
    """Return the network whose settings are searched."""
    settings: dict[str, Any] = {"epochs": _EPOCHS, "batch_size": 64, "random_state": seed}
    if kind == "cnn":
        return CNNClassifier(filters=(8, 16), hidden_units=(64,), **settings)
    return MLPClassifier(hidden_units=(64,), **settings)


def _search(kind: str, seed: int, halves: bool) -> Any:
    """Return a search that has not run; halving begins with three epochs, as one says little."""
    network = _network(kind, seed)
    if kind == "study":
        given = {"n_trials": _TRIALS, "random_state": seed, "cv": 3, "refit": False}
        return OptunaSearchCV(network, _SPACE, pruner="halving" if halves else None, **given)
    if halves:
        return HalvingSearchCV(network, _GRID, min_resources=3, cv=3, refit=False)
    return VectorizedGridSearchCV(network, _GRID, cv=3, refit=False)


def measure(kind: str, seed: int) -> dict[str, tuple[float, float, float]]:
    """Return seconds by the clock, of processors, and the accuracy of the choice, by search."""
    data = fetch_fashion_mnist()
    rows = np.random.default_rng(seed).permutation(len(data.data))[: _TRAINED + _HELD_OUT]
    X, y = (data.data[rows] / 255).astype(np.float32), data.target[rows]
    if kind != "cnn":
        X = X.reshape(len(X), -1)
    found = {}
    for name in ("halving", "whole")[:: 1 if seed % 2 else -1]:
        begun = time.perf_counter(), time.process_time()
        search = _search(kind, seed, halves=name == "halving")
        search.fit(X[:_TRAINED], y[:_TRAINED])
        taken = time.perf_counter() - begun[0], time.process_time() - begun[1]
        chosen = _network(kind, seed).set_params(**search.best_params_)
        accuracy = chosen.fit(X[:_TRAINED], y[:_TRAINED]).score(X[_TRAINED:], y[_TRAINED:])
        found[name] = (*taken, 100 * accuracy)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the ratios of time, and how the choices differ."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.halving", description=__doc__)
    parser.add_argument("kind", nargs="?", choices=("mlp", "cnn", "study"), default="mlp")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0, help="the first of the seeds")
    parsed = parser.parse_args(arguments)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    pairs = []
    for seed in range(parsed.first_seed, parsed.first_seed + parsed.seeds):
        found = measure(parsed.kind, seed)
        pairs.append((found["whole"], found["halving"]))
        print(f"{parsed.kind} seed {seed}: " + "; ".join(
            f"{name} {clock:.1f} s, {processors:.1f} s of processors, {accuracy:.2f} %"
            for name, (clock, processors, accuracy) in found.items()
        ), flush=True)  # fmt: skip
    for i, name in enumerate(("clock", "processors")):
        ratios = sorted(whole[i] / ours[i] for whole, ours in pairs)
        print(f"{name}: {statistics.median(ratios):.1f}x ({ratios[0]:.1f} to {ratios[-1]:.1f})")
    differences = [ours[2] - whole[2] for whole, ours in pairs]
    print(f"points of accuracy: {np.mean(differences):+.2f} on the mean of {len(pairs)} seeds")


if __name__ == "__main__":
    main()
