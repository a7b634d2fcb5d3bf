"""Members that are trained side by side: stacked in one program, or one of them alone."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from nnest.population._members import Feed, Member, feed_of
from nnest.population._vmapped_steps import select_lanes, test_many, train_many
from nnest.programs import (
    EVALUATION_BATCH,
    running,
    shared_program,
    signature,
    step_program,
)

__all__ = ["Alone", "Block", "StackShape", "Stacked"]

#: Steps after which a block looks at the clock for the first time.
FIRST_STEPS = 32


class StackShape(NamedTuple):
    """What the program of stacked members depends on, beside their architecture.

    Parameters
    ----------
    lanes : int
        How many members it takes.
    products : bool
        Whether convolutions are products of patches and kernels.
    steps : int
        Batches of an epoch of the member that has most.
    ragged : bool
        Whether some have fewer: they keep their state in the steps that they lack.
    watched : int
        Samples of the largest validation part.
    """

    lanes: int
    products: bool
    steps: int
    ragged: bool
    watched: int


def _metrics_of(template: Any) -> list[Any]:
    """Return the variables of a model's metrics."""
    return [variable.value for variable in template.metrics_variables]


class Block(ABC):
    """Members that take their steps together.

    Parameters
    ----------
    members : list of Member
        The members; equal signatures.
    samples : ndarray or jax.Array
        The samples of all.
    template : Model
        The model with which programs are traced.
    """

    def __init__(self, members: list[Member], samples: Any, template: Any) -> None:
        self.members, self.samples, self.template = members, samples, template
        self.batch_rows = members[0].batch_rows
        self.steps = max(member.steps for member in members)
        self.watched = max(member.watched for member in members)
        self.step = 0
        self.state: Any = None
        self.best: Any = None
        self.logs: list[dict[str, float]] | None = None
        self.seconds_of_step = 0.0

    def begin(self, epoch: int, step: int = 0) -> None:
        """Get ready for an epoch; `step` is where it goes on."""
        self.step, self.logs = step, None
        size, fewest = self.batch_rows, self.template.fewest_rows
        feeds = [
            feed_of(m.train, size, self.steps, m.fitting.order_seed, epoch + 1, fewest)
            for m in self.members
        ]
        self._take_feeds(feeds)
        if not step:
            self._reset_metrics()

    def _reset_metrics(self) -> None:
        """Set the metrics to zero."""
        self.state = (*self.state[:3], [jnp.zeros_like(v) for v in self.state[3]])

    def compile(self) -> None:
        """Compile the training step, by the first one."""
        self._train(0, 1)

    def advance(self, deadline: float) -> None:
        """Train until the epoch or the time is over; then look at the validation parts."""
        while self.step < self.steps:
            stop = min(self.steps, self.step + self._affordable(deadline))
            begun = time.monotonic()
            self._train(self.step, stop)
            now = time.monotonic()
            self.seconds_of_step = (now - begun) / (stop - self.step)
            self.step = stop
            if now >= deadline:
                break
        if self.step == self.steps:
            logs = self._train_logs()
            for name, values in (self._watch() if self.watched else {}).items():
                logs[f"val_{name}"] = values
            self.logs = [
                {
                    name: float(values[i])
                    for name, values in logs.items()
                    if member.validation is not None or not name.startswith("val_")
                }
                for i, member in enumerate(self.members)
            ]

    def _affordable(self, deadline: float) -> int:
        """Return for how many steps there is time; one at least."""
        if not self.seconds_of_step:
            return FIRST_STEPS
        left = deadline - time.monotonic()
        return max(1, min(self.steps, int(left / self.seconds_of_step)))

    def _wait(self) -> None:
        """Wait until the device has done what it was asked to do."""
        for leaf in self.state[0]:
            leaf.block_until_ready()

    def _validation_feeds(self) -> list[Feed]:
        """Return the validation parts in batches."""
        size = EVALUATION_BATCH if self.watched > 32 else 32
        steps = -(-self.watched // size)
        parts = [member.validation for member in self.members]
        return [feed_of(part, size, steps, None, 0) for part in parts if part is not None]

    @abstractmethod
    def _take_feeds(self, feeds: list[Feed]) -> None:
        """Take the batches of an epoch."""

    @abstractmethod
    def _train(self, start: int, stop: int) -> None:
        """Take these steps, and wait for them."""

    @abstractmethod
    def _train_logs(self) -> dict[str, np.ndarray]:
        """Return the metrics of the epoch, one value for each member."""

    @abstractmethod
    def _watch(self) -> dict[str, np.ndarray]:
        """Return the metrics of the validation parts."""

    @abstractmethod
    def keep(self, improved: np.ndarray) -> None:
        """Keep the weights of the members that are better than ever, (n_members,) of bool."""

    @abstractmethod
    def arrays(self) -> tuple[Any, Any]:
        """Return the state of all members and what was kept of it, stacked, as NumPy arrays."""

    @abstractmethod
    def restore(self, state: Any, best: Any) -> None:
        """Take over what `arrays` returned."""


class Alone(Block):
    """One member, trained by the very program that its own `fit` would run."""

    def __init__(self, members: list[Member], samples: Any, template: Any) -> None:
        super().__init__(members, samples, template)
        # Copies: a step gives the memory of the state before it back.
        self.state = jax.tree.map(jnp.array, (*members[0].state, _metrics_of(template)))
        self._train_step = step_program("train", template)
        self._test_step = step_program("test", template)

    def _take_feeds(self, feeds: list[Feed]) -> None:
        self._feed = feeds[0]

    def _batch(self, feed: Feed, step: int) -> tuple[Any, Any, Any]:
        return self.samples[feed.places[step]], feed.y[step], feed.weight[step]

    def _train(self, start: int, stop: int) -> None:
        with running(self.template):
            for step in range(start, stop):
                self._logs, self.state = self._train_step(self.state, self._batch(self._feed, step))
        self._wait()

    def _train_logs(self) -> dict[str, np.ndarray]:
        return {name: np.asarray(value)[None] for name, value in self._logs.items()}

    def _watch(self) -> dict[str, np.ndarray]:
        feed = self._validation_feeds()[0]
        weights, others = ([jnp.array(v) for v in part] for part in self.state[:2])
        state = (weights, others, [jnp.zeros_like(v) for v in self.state[3]])
        with running(self.template):
            for step in range(len(feed.weight)):
                logs, state = self._test_step(state, self._batch(feed, step))
        return {name: np.asarray(value)[None] for name, value in logs.items()}

    def keep(self, improved: np.ndarray) -> None:
        if improved[0]:
            self.best = jax.tree.map(jnp.array, self.state[:2])

    def arrays(self) -> tuple[Any, Any]:
        arrays: tuple[Any, Any]
        arrays = jax.tree.map(lambda v: np.asarray(v)[None], (self.state, self.best))
        return arrays

    def restore(self, state: Any, best: Any) -> None:
        self.state, self.best = jax.tree.map(lambda v: jnp.array(v[0]), (state, best))


class Stacked(Block):
    """Members whose states are stacked: one program takes a step of all of them.

    There are always `lanes` lanes; those without a member run a copy of the last one, so that any
    number of members runs the same program, and none of them sees how many there are. A copy, and
    not zeros, because it computes nothing that the last one does not: no division by zero and no
    overflow can come of it.
    """

    def __init__(
        self, members: list[Member], samples: Any, template: Any, shape: StackShape
    ) -> None:
        super().__init__(members, samples, template)
        self.steps, self.watched = shape.steps, shape.watched
        lanes = shape.lanes
        self.lanes = [*members, *[members[-1]] * (lanes - len(members))]
        states = [member.state for member in self.lanes]
        stacked = jax.tree.map(lambda *leaves: jnp.asarray(np.stack(leaves)), *states)
        metrics = [jnp.zeros((lanes, *v.shape), v.dtype) for v in _metrics_of(template)]
        self.state = (*stacked, metrics)
        key = (signature(template), shape.lanes, shape.products)
        self._train_steps = shared_program(
            ("train many", *key, shape.ragged), lambda: train_many(shape.ragged, shape.products)
        )
        self._test_steps = shared_program(("test many", *key), lambda: test_many(shape.products))

    def _stacked(self, feeds: list[Feed]) -> Feed:
        """Return the batches of all lanes, (steps, lanes, batch, ...)."""
        feeds = [*feeds, *[feeds[-1]] * (len(self.lanes) - len(feeds))]
        stacked = Feed(*(np.stack(arrays, axis=1) for arrays in zip(*feeds, strict=True)))
        on_device: Feed = jax.device_put(stacked)
        return on_device

    def _take_feeds(self, feeds: list[Feed]) -> None:
        self._feed = self._stacked(feeds)

    def _train(self, start: int, stop: int) -> None:
        with running(self.template):
            self._logs, self.state = self._train_steps(
                self.state, self.samples, self._feed, start, stop
            )
        self._wait()

    def _train_logs(self) -> dict[str, np.ndarray]:
        return {name: np.asarray(values) for name, values in self._logs.items()}

    def _watch(self) -> dict[str, np.ndarray]:
        feed = self._stacked(self._validation_feeds())
        metrics = [jnp.zeros_like(v) for v in self.state[3]]
        with running(self.template):
            logs = self._test_steps((*self.state[:2], metrics), self.samples, feed)
        return {name: np.asarray(values) for name, values in logs.items()}

    def keep(self, improved: np.ndarray) -> None:
        if self.best is None:  # of the members that are not watched it is never asked for
            self.best = jax.tree.map(jnp.array, self.state[:2])
        elif improved.any():
            unused = np.zeros(len(self.lanes) - len(improved), bool)
            mask = jnp.asarray(np.concatenate([improved, unused]))
            self.best = select_lanes(mask, self.state[:2], self.best)

    def arrays(self) -> tuple[Any, Any]:
        n = len(self.members)
        arrays: tuple[Any, Any]
        arrays = jax.tree.map(lambda v: np.asarray(v)[:n], (self.state, self.best))
        return arrays

    def restore(self, state: Any, best: Any) -> None:
        missing = len(self.lanes) - len(self.members)

        def fill(values: np.ndarray) -> Any:
            return jnp.asarray(np.concatenate([values, np.repeat(values[-1:], missing, axis=0)]))

        self.state, self.best = jax.tree.map(fill, (state, best))
