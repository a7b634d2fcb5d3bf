"""How a group is run: looked up in a table, which benchmarks have measured."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from numbers import Integral
from typing import Any

import jax
import keras
import numpy as np

from nnest._machine import cores
from nnest.estimators import NeuralNet

__all__ = ["ExecutionPlan", "forced_plan", "largest_filler", "members_at_once", "plan_for"]

_forced: ContextVar[ExecutionPlan | None] = ContextVar("forced_plan", default=None)


@dataclass(frozen=True)
class ExecutionPlan:
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

    Examples
    --------
    >>> from nnest.population import ExecutionPlan
    >>> ExecutionPlan("stacked", lanes=8, threads=2).halved().lanes
    4
    """

    name: str
    lanes: int
    threads: int

    def halved(self) -> ExecutionPlan:
        """Return the same with half as many lanes, for where memory has run out.

        Returns
        -------
        ExecutionPlan
            At least one lane.
        """
        return self.with_lanes(max(1, self.lanes // 2))

    def with_lanes(self, lanes: int) -> ExecutionPlan:
        """Return the same with another number of lanes.

        Parameters
        ----------
        lanes : int
            Members in a block.

        Returns
        -------
        ExecutionPlan
            A new one.
        """
        return ExecutionPlan(self.name, lanes, self.threads)


@contextmanager
def forced_plan(plan: ExecutionPlan | None) -> Iterator[None]:
    """Let :func:`fit_many` run its members this way, whatever the package's table says.

    It is how benchmarks compare the ways and write the table.

    Parameters
    ----------
    plan : ExecutionPlan or None
        How members are run; None leaves it to the table.

    Yields
    ------
    None
        Nothing; it holds for this thread until the end of the block.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest import MLPClassifier
    >>> from nnest.population import ExecutionPlan, fit_many, forced_plan
    >>> with forced_plan(ExecutionPlan("alone", lanes=1, threads=1)):
    ...     (net,) = fit_many([MLPClassifier(epochs=1, random_state=0)], np.eye(4), [0, 1, 0, 1])
    >>> net.group_["lowering"]
    'alone'
    """
    token = _forced.set(plan)
    try:
        yield
    finally:
        _forced.reset(token)


def plan_for(model: Any, n_members: int, max_group: int | None) -> ExecutionPlan:
    """Return how members of this architecture are run on this device."""
    forced = _forced.get()
    if forced is not None:
        return forced
    has_convolutions = any(isinstance(layer, keras.layers.Conv2D) for layer in model.layers)
    row = _row(has_convolutions, sum(math.prod(w.shape) for w in model.trainable_weights))
    threads = _threads(row)
    most = min(row["lanes"], max_group or row["lanes"])
    # A power of two, so that groups of similar size run the same program, and no more than leaves
    # work for each thread.
    wanted = 1 << (max(1, -(-n_members // threads)) - 1).bit_length()
    return ExecutionPlan(row["lowering"], min(wanted, most), threads)


def members_at_once(estimator: Any) -> int:
    """Return the largest group of such estimators that still speeds training up on this device.

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
    parameters = estimator.get_params(deep=False)
    row = _row(np.size(parameters.get("filters", ())) > 0, _fewest_weights(parameters))
    return int(row["lanes"] * _threads(row))


def _fewest_weights(parameters: dict[str, Any]) -> int:
    """Return the weights between hidden layers: those to samples and targets are not known yet."""
    units = parameters.get("hidden_units")
    if not isinstance(units, tuple | list | np.ndarray):  # refused where the network is built
        return 0
    known = [int(n) for n in units if isinstance(n, Integral)]
    return sum(math.prod(pair) for pair in pairwise(known))


def largest_filler(members_alike: float) -> float:
    """Return the weights times samples that filling up may add to a network.

    Those that it adds to all members of an architecture must cost less than a program more.
    """
    return float(_row(convolutions=False)["filler"]) / members_alike


def _row(convolutions: bool, weights: int = 0) -> dict[str, Any]:
    """Return the row of the table for this device: of those for fewer weights, the last."""
    platform = "cpu" if jax.default_backend() == "cpu" else "gpu"
    wanted = {"platform": platform, "convolutions": convolutions}
    rows = [row for row in _table() if wanted.items() <= row.items() and row["weights"] <= weights]
    return max(rows, key=lambda row: int(row["weights"]))


def _threads(row: dict[str, Any]) -> int:
    """Return how many blocks run at the same time."""
    return min(int(row["threads"]), cores())


@cache
def _table() -> list[dict[str, Any]]:
    """Return the rows of the table."""
    text = files("nnest.population").joinpath("lowerings.json").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = json.loads(text)
    return rows
