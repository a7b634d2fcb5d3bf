"""Members of one architecture, trained together epoch by epoch."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import keras
import numpy as np

from nnest._compat.keras import symbolic_build
from nnest._machine import worker_cores
from nnest.population._blocks import Alone, Block, Stacked, StackShape
from nnest.population._checkpoint import GroupCheckpoint, bytes_of
from nnest.population._execution import ExecutionPlan
from nnest.population._members import Member
from nnest.programs import signature

__all__ = ["Group", "with_metrics"]

#: Seconds after which a block lets the others, and the checkpoint, have their turn.
SLICE = 15.0
#: Of checkpoints: another one is not found again.
FORMAT = 3

AfterEpoch = Callable[[int, list[Member]], set[int]]


class Group:
    """Members of one architecture.

    Parameters
    ----------
    members : list of Member
        The members; equal signatures, batch sizes and epochs that they were trained for before.
    samples : ndarray
        The samples of all.
    plan : ExecutionPlan
        How they are run.
    """

    def __init__(self, members: list[Member], samples: np.ndarray, plan: ExecutionPlan) -> None:
        self.members, self.plan = members, plan
        self.template = with_metrics(members[0], samples)
        self.samples = samples if plan.name == "alone" else jax.device_put(samples)
        self.epoch = self.start = members[0].fitting.start
        self.blocks: list[Block] = []
        self.earlier = 0.0  # seconds, in processes that were stopped
        self._begun = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long it has been trained, all processes together."""
        return self.earlier + time.monotonic() - self._begun

    def run(self, after_epoch: AfterEpoch, checkpoint: GroupCheckpoint) -> None:
        """Train until no member is left in training.

        Parameters
        ----------
        after_epoch : callable
            Takes the epoch's number and the members that trained in it; returns the places of
            those to stop.
        checkpoint : GroupCheckpoint
            Keeps the state on disk.
        """
        if not checkpoint.restore(self):
            self.blocks = self.pack([m for m in self.members if m.is_alive])
            self.begin()
        # How many blocks train at the same time changes no number.
        with ThreadPoolExecutor(min(self.plan.threads, worker_cores())) as pool:
            while self.blocks:
                self._train_epoch(pool, checkpoint)
                self._end_epoch(after_epoch)
                checkpoint.save_if_due(self)
        checkpoint.save(self)

    def compile(self) -> None:
        """Compile its program, by a block that is given up."""
        block, *_ = self.pack(self.members[: self.plan.lanes])
        block.begin(self.start)
        block.compile()

    def pack(self, members: list[Member]) -> list[Block]:
        """Return blocks of these members."""
        if self.plan.name == "alone":
            return [Alone([m], self.samples, self.template) for m in members]
        steps = [member.steps for member in self.members]
        lanes = self.plan.lanes
        shape = StackShape(
            lanes,
            self.plan.name == "products",
            max(steps),
            ragged=min(steps) < max(steps),
            watched=max(member.watched for member in self.members),
        )
        return [
            Stacked(members[i : i + lanes], self.samples, self.template, shape)
            for i in range(0, len(members), lanes)
        ]

    def begin(self) -> None:
        """Get all blocks ready for the epoch."""
        for block in self.blocks:
            block.begin(self.epoch)

    def _train_epoch(self, pool: ThreadPoolExecutor, checkpoint: GroupCheckpoint) -> None:
        """Train all blocks for this epoch, in turns."""
        if self.epoch == self.start and self.blocks[0].logs is None:
            # One block first: all of them run one program, which each thread would compile else.
            self.blocks[0].advance(time.monotonic())
        while waiting := [block for block in self.blocks if block.logs is None]:
            deadline = time.monotonic() + SLICE
            # Those that come when the time is over wait for the next turn.
            turns = [pool.submit(_advance, block, deadline) for block in waiting]
            for turn in turns:
                turn.result()
            checkpoint.save_if_due(self)

    def _end_epoch(self, after_epoch: AfterEpoch) -> None:
        """Take the metrics, let members go whose training is over, and begin the next epoch."""
        trained = []
        for block in self.blocks:
            improved = np.zeros(len(block.members), bool)
            for i, member in enumerate(block.members):
                if member.is_alive:
                    improved[i] = member.record_epoch(self.epoch, (block.logs or [])[i])
                    trained.append(member)
            # All blocks or none: those that are left are brought together with what they kept.
            if any(member.stopping for member in self.members):
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
        if self.plan.name == "alone" or not alive or 2 * len(alive) >= lanes:
            return
        # Other lanes are another program, which is compiled anew and sums in another order: it pays
        # only where most lanes do nothing. A power of two keeps the number of programs small.
        taken = [_rows_of(block) for block in self.blocks]
        states = [row for rows in taken for row in rows]
        share = -(-len(alive) // self.plan.threads)
        fitting = 1 << (share - 1).bit_length()
        lanes = min(self.plan.lanes, fitting)
        self.plan = self.plan.with_lanes(lanes)
        self.blocks = self.pack(alive)
        for i, block in enumerate(self.blocks):
            mine = states[i * lanes : i * lanes + len(block.members)]
            block.restore(*jax.tree.map(lambda *leaves: np.stack(leaves), *mine))

    def identity(self) -> str:
        """Return a digest of all that its numbers depend on, which tells it from all others."""
        digest = hashlib.sha256()
        settings = [FORMAT, jax.__version__, keras.__version__, jax.devices()[0].device_kind]
        settings += [signature(self.template), vars(self.plan)]
        settings += [self.start] if self.start else []
        for member in self.members:
            own, rule = member.estimator, member.stopping
            # The rule under its old name: older checkpoints are found by this text.
            stopping = repr(rule).replace(type(rule).__name__, "Patience")
            settings.append([own.epochs, own.batch_size, member.fitting.order_seed, stopping])
            arrays = [*member.train, *(member.validation or ())]
            for array in [*arrays, *jax.tree.leaves(member.state)]:
                digest.update(bytes_of(array))
        digest.update(bytes_of(self.samples))
        digest.update(json.dumps(settings).encode())
        return digest.hexdigest()

    def state_dict(self, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
        """Return its state as JSON; arrays go into `arrays`."""
        blocks = []
        for i, block in enumerate(self.blocks):
            state, best = block.arrays()
            kept = None if best is None else _put(arrays, f"block_{i}_best", best)
            blocks.append(
                {
                    "members": [member.place for member in block.members],
                    "step": block.step,
                    "logs": block.logs,
                    "state": _put(arrays, f"block_{i}_state", state),
                    "best": kept,
                }
            )
        members = [
            {
                "place": member.place,
                "history": member.history,
                "is_alive": member.is_alive,
                "patience": None if member.stopping is None else vars(member.stopping),
                "state": None
                if member.is_alive
                else _put(arrays, f"member_{member.place}", member.state),
            }
            for member in self.members
        ]
        return {
            "epoch": self.epoch,
            "seconds": self.seconds,
            "lanes": self.plan.lanes,
            "blocks": blocks,
            "members": members,
        }

    def load_state_dict(self, state: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Take over what :meth:`state_dict` returned."""
        by_place = {member.place: member for member in self.members}
        for entry in state["members"]:
            member = by_place[entry["place"]]
            member.history = entry["history"]
            if member.stopping is not None:
                vars(member.stopping).update(entry["patience"])
            if not entry["is_alive"]:
                learnt = _get(arrays, f"member_{member.place}", entry["state"])
                member.export_weights(learnt, None)
        self.epoch, self.earlier = state["epoch"], state["seconds"]
        self.plan = self.plan.with_lanes(state["lanes"])
        for i, entry in enumerate(state["blocks"]):
            (block,) = self.pack([by_place[place] for place in entry["members"]])
            best = None if entry["best"] is None else _get(arrays, f"block_{i}_best", entry["best"])
            block.restore(_get(arrays, f"block_{i}_state", entry["state"]), best)
            block.begin(self.epoch, entry["step"])
            block.logs = entry["logs"]
            self.blocks.append(block)


def _put(arrays: dict[str, np.ndarray], name: str, parts: Any) -> list[Any]:
    """Put lists of arrays among the others; return the type of each, part by part."""
    kinds: list[list[str]] = []
    for i, part in enumerate(parts):
        kinds.append([])
        for j, leaf in enumerate(part):
            array = np.asarray(leaf)
            kinds[-1].append(str(array.dtype))
            # bfloat16 is not NumPy's own: its bytes are saved.
            plain = array if array.dtype.kind in "biuf" else array.view(np.uint16)
            arrays[f"{name}_{i}_{j}"] = plain
    return kinds


def _get(arrays: Any, name: str, kinds: list[Any]) -> Any:
    """Return lists of arrays that `_put` put there."""
    return tuple(
        [arrays[f"{name}_{i}_{j}"].view(jax.numpy.dtype(kind)) for j, kind in enumerate(part)]
        for i, part in enumerate(kinds)
    )


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
            member.export_weights(mine[0], mine[1] if member.stopping is not None else None)


def _rows_of(block: Block) -> list[Any]:
    """Return state and kept weights of each member that is left in a block."""
    arrays = block.arrays()
    return [
        jax.tree.map(lambda v, i=i: v[i], arrays)
        for i, member in enumerate(block.members)
        if member.is_alive
    ]


def with_metrics(member: Member, samples: np.ndarray) -> Any:
    """Return a model of the member's architecture, with whose metrics all can be traced."""
    rows, model = member.train, member.like
    symbolic_build(model, (samples[:1], rows.y[:1], rows.weight[:1]))
    return model
