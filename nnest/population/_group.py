"""Members of one architecture, trained together epoch by epoch."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import numpy as np

from nnest._compat.keras import symbolic_build
from nnest.population._blocks import Alone, Block, Plan, Stacked
from nnest.population._checkpoint import Keeper
from nnest.population._lowering import Lowering
from nnest.population._members import Member

__all__ = ["Group", "with_metrics"]

#: Seconds after which a block lets the others, and the checkpoint, have their turn.
SLICE = 15.0

AfterEpoch = Callable[[int, list[Member]], set[int]]


class Group:
    """Members of one architecture.

    Parameters
    ----------
    members : list of Member
        The members; equal signatures and batch sizes.
    samples : ndarray
        The samples of all.
    lowering : Lowering
        How they are run.
    """

    def __init__(self, members: list[Member], samples: np.ndarray, lowering: Lowering) -> None:
        self.members, self.lowering = members, lowering
        self.template = with_metrics(members[0], samples)
        self.samples = samples if lowering.name == "alone" else jax.device_put(samples)
        self.epoch = 0
        self.blocks: list[Block] = []
        self.earlier = 0.0  # seconds, in processes that were stopped
        self._begun = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long it has been trained, all processes together."""
        return self.earlier + time.monotonic() - self._begun

    def run(self, after_epoch: AfterEpoch, keeper: Keeper) -> None:
        """Train until no member is left in training.

        Parameters
        ----------
        after_epoch : callable
            Takes the epoch's number and the members that trained in it; returns the places of
            those to stop.
        keeper : Keeper
            Keeps the state on disk.
        """
        if not keeper.restore(self):
            self.blocks = self.pack([m for m in self.members if m.is_alive])
            self.begin()
        with ThreadPoolExecutor(self.lowering.threads) as pool:
            while self.blocks:
                self._train_epoch(pool, keeper)
                self._end_epoch(after_epoch)
                keeper.save_if_due(self)
        keeper.save(self)

    def pack(self, members: list[Member]) -> list[Block]:
        """Return blocks of these members."""
        if self.lowering.name == "alone":
            return [Alone([m], self.samples, self.template) for m in members]
        steps = [member.steps for member in self.members]
        plan = Plan(
            self.lowering.lanes,
            self.lowering.name == "products",
            max(steps),
            ragged=min(steps) < max(steps),
            watched=max(member.watched for member in self.members),
        )
        return [
            Stacked(members[i : i + plan.lanes], self.samples, self.template, plan)
            for i in range(0, len(members), plan.lanes)
        ]

    def begin(self) -> None:
        """Get all blocks ready for the epoch."""
        for block in self.blocks:
            block.begin(self.epoch)

    def _train_epoch(self, pool: ThreadPoolExecutor, keeper: Keeper) -> None:
        """Train all blocks for this epoch, in turns."""
        if self.epoch == 0 and self.blocks[0].logs is None:
            # The program is compiled once, not by each thread.
            self.blocks[0].advance(time.monotonic())
        while waiting := [block for block in self.blocks if block.logs is None]:
            deadline = time.monotonic() + SLICE
            # Those that come when the time is over wait for the next turn.
            turns = [pool.submit(_advance, block, deadline) for block in waiting]
            for turn in turns:
                turn.result()
            keeper.save_if_due(self)

    def _end_epoch(self, after_epoch: AfterEpoch) -> None:
        """Take the metrics, let members go whose training is over, and begin the next epoch."""
        trained = []
        for block in self.blocks:
            improved = np.zeros(len(block.members), bool)
            for i, member in enumerate(block.members):
                if member.is_alive:
                    improved[i] = member.learns(self.epoch, (block.logs or [])[i])
                    trained.append(member)
            if any(member.patience for member in block.members):
                block.keep(improved)
        stopped = after_epoch(self.epoch, trained)
        for block in self.blocks:
            done = [m.is_alive and (m.is_over or m.place in stopped) for m in block.members]
            _let_go(block, done)
        self.blocks = [b for b in self.blocks if any(m.is_alive for m in b.members)]
        self._compact()
        self.epoch += 1
        self.begin()

    def _compact(self) -> None:
        """Bring the members that are left together if they are fewer than half."""
        alive = [m for block in self.blocks for m in block.members if m.is_alive]
        lanes = sum(len(block.members) for block in self.blocks)
        if self.lowering.name == "alone" or not alive or 2 * len(alive) >= lanes:
            return
        taken = [_rows_of(block) for block in self.blocks]
        states = [row for rows in taken for row in rows]
        share = -(-len(alive) // self.lowering.threads)
        fitting = 1 << (share - 1).bit_length()
        lanes = min(self.lowering.lanes, fitting)
        self.lowering = Lowering(self.lowering.name, lanes, self.lowering.threads)
        self.blocks = self.pack(alive)
        for i, block in enumerate(self.blocks):
            mine = states[i * lanes : i * lanes + len(block.members)]
            block.restore(*jax.tree.map(lambda *leaves: np.stack(leaves), *mine))


def _advance(block: Block, deadline: float) -> None:
    """Let a block train if there is time left."""
    if time.monotonic() < deadline:
        block.advance(deadline)


def _let_go(block: Block, gone: list[bool]) -> None:
    """Give the members that are done their weights."""
    if not any(gone):
        return
    state, best = block.arrays()
    for i, member in enumerate(block.members):
        if gone[i]:
            mine = jax.tree.map(lambda v, i=i: v[i], (state, best))
            member.ends(mine[0], mine[1] if member.patience is not None else None)


def _rows_of(block: Block) -> list[Any]:
    """Return state and kept weights of each member that is left in a block."""
    arrays = block.arrays()
    return [
        jax.tree.map(lambda v, i=i: v[i], arrays)
        for i, member in enumerate(block.members)
        if member.is_alive
    ]


def with_metrics(member: Member, samples: np.ndarray) -> Any:
    """Return the member's model, its metrics built, so that all can be traced with it."""
    rows, model = member.train, member.model
    symbolic_build(model, (samples[:1], rows.y[:1], rows.weight[:1]))
    return model
