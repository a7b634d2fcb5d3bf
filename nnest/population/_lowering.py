"""How a group is run: looked up in a table, which benchmarks have measured."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import jax
import keras

from nnest._machine import cores
from nnest.estimators import NeuralNet

__all__ = ["Lowering", "look_up", "members_at_once", "static_parameters"]

# What changes no program, or only by whether it is zero.
_TRACED = {
    "class_weight", "conv_dropout", "dropout", "epochs", "l1", "l2", "label_smoothing",
    "learning_rate", "momentum", "n_iter_no_change", "random_state", "tol", "validation_fraction",
    "verbose", "warm_start", "kernel_initializer", "bias_initializer",
}  # fmt: skip


@dataclass(frozen=True)
class Lowering:
    """How many members run in one program, and how.

    Parameters
    ----------
    name : {"stacked", "products", "alone"}
        Whether the members of a block are stacked, the convolutions of which then become grouped
        ones, or products of patches and kernels; or whether each member is a block.
    lanes : int
        Members in a block.
    threads : int
        Blocks that run at the same time.
    """

    name: str
    lanes: int
    threads: int

    def halved(self) -> Lowering:
        """Return the same with half as many lanes."""
        return Lowering(self.name, max(1, self.lanes // 2), self.threads)


def look_up(model: Any, n_members: int, max_group: int | None) -> Lowering:
    """Return how members of this architecture are run on this device."""
    row = _row(any(isinstance(layer, keras.layers.Conv2D) for layer in model.layers))
    threads = _threads(row)
    most = min(row["lanes"], max_group or row["lanes"])
    # A power of two, so that groups of similar size run the same program, and no more than leaves
    # work for each thread.
    wanted = 1 << (max(1, -(-n_members // threads)) - 1).bit_length()
    return Lowering(row["lowering"], min(wanted, most), threads)


def members_at_once(estimator: Any) -> int:
    """Return how many members like this estimator make a group worth its while on this device.

    Parameters
    ----------
    estimator : estimator
        An unfitted estimator.

    Returns
    -------
    int
        More are no faster than one group after the other; 1 for estimators of other packages.

    Examples
    --------
    >>> from nnest import MLPClassifier
    >>> from nnest.population import members_at_once
    >>> members_at_once(MLPClassifier()) >= 1
    True
    """
    if not isinstance(estimator, NeuralNet):
        return 1
    row = _row(bool(estimator.get_params(deep=False).get("filters")))
    return int(row["lanes"] * _threads(row))


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
    >>> from nnest.population import static_parameters
    >>> one, other = MLPClassifier(dropout=0.1), MLPClassifier(dropout=0.2)
    >>> static_parameters(one) == static_parameters(other)
    True
    """
    parameters = estimator.get_params(deep=False)
    return {name: value for name, value in parameters.items() if name not in _TRACED}


def _row(convolutions: bool) -> dict[str, Any]:
    """Return the row of the table for this device."""
    platform = "cpu" if jax.default_backend() == "cpu" else "gpu"
    wanted = {"platform": platform, "convolutions": convolutions}
    return next(row for row in _table() if wanted.items() <= row.items())


def _threads(row: dict[str, Any]) -> int:
    """Return how many blocks run at the same time."""
    return min(int(row["threads"]), cores())


@cache
def _table() -> list[dict[str, Any]]:
    """Return the rows of the table."""
    text = files("nnest.population").joinpath("lowerings.json").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = json.loads(text)
    return rows
