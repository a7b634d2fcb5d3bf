"""How a group is run: looked up in a table, which benchmarks have measured."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import jax
import keras

__all__ = ["Lowering", "look_up"]


@dataclass(frozen=True)
class Lowering:
    """How many members run in one program, and how.

    Parameters
    ----------
    name : {"stacked", "alone"}
        Whether the members of a block are stacked, or each is a block.
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
    platform = jax.default_backend()
    convolutions = any(isinstance(layer, keras.layers.Conv2D) for layer in model.layers)
    row = next(
        row
        for row in _table()
        if row["platform"] == ("cpu" if platform == "cpu" else "gpu")
        and row["convolutions"] == convolutions
    )
    threads = min(row["threads"], len(os.sched_getaffinity(0)))
    most = min(row["lanes"], max_group or row["lanes"])
    # A power of two, so that groups of similar size run the same program, and no more than leaves
    # work for each thread.
    wanted = 1 << (max(1, -(-n_members // threads)) - 1).bit_length()
    return Lowering(row["lowering"], min(wanted, most), threads)


@cache
def _table() -> list[dict[str, Any]]:
    """Return the rows of the table."""
    text = files("nnest.population").joinpath("lowerings.json").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = json.loads(text)
    return rows
