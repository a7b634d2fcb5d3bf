"""The programs that take the steps of many members at once."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from nnest.layers import convolutions_as_products
from nnest.population._members import Feed
from nnest.programs import running_model

__all__ = ["select_lanes", "test_many", "train_many"]


def train_many(ragged: bool, products: bool) -> Any:
    """Return a compiled function that takes some training steps of all lanes."""

    def steps(state: Any, samples: Any, feed: Feed, start: Any, stop: Any) -> Any:
        # Compiled in itself, it is traced once for what it returns and for the loop.
        step = jax.jit(jax.vmap(_traced(running_model().train_step, products)), inline=True)

        def one(i: Any, carried: Any) -> Any:
            state, _ = carried
            data = (samples[feed.places[i]], feed.y[i], feed.weight[i])
            logs, new = step(state, data)
            if ragged:
                new = select_lanes((feed.weight[i] >= 0).any(axis=1), new, state)
            return new, logs

        # The first step's metrics have the form of all; their values are never seen.
        first = (samples[feed.places[0]], feed.y[0], feed.weight[0])
        logs = jax.tree.map(
            lambda v: jnp.zeros(v.shape, v.dtype), jax.eval_shape(step, state, first)[0]
        )
        state, logs = jax.lax.fori_loop(start, stop, one, (state, logs))
        return logs, state

    return jax.jit(steps, donate_argnums=0, compiler_options=_compiler_options())


def _compiler_options() -> dict[str, str]:
    """Return what is asked of the compiler: on a CPU half the effort, for programs as fast."""
    return {"xla_backend_optimization_level": "1"} if jax.default_backend() == "cpu" else {}


def _traced(step: Any, products: bool) -> Any:
    """Return a step whose convolutions are products, if they are to be."""

    def traced(*args: Any) -> Any:
        with convolutions_as_products(products):
            return step(*args)

    return traced


def select_lanes(active: Any, new: Any, old: Any) -> Any:
    """Return the new values of the lanes that are active, and the old ones of the others."""

    def choose(after: Any, before: Any) -> Any:
        return jnp.where(active.reshape(-1, *[1] * (after.ndim - 1)), after, before)

    return jax.tree.map(choose, new, old)


def test_many(products: bool) -> Any:
    """Return a compiled function that evaluates all lanes."""

    def steps(state: Any, samples: Any, feed: Feed) -> Any:
        step = jax.vmap(_traced(running_model().test_step, products))

        def one(state: Any, batch: Feed) -> Any:
            logs, (_, _, metrics) = step(state, (samples[batch.places], batch.y, batch.weight))
            return (*state[:2], metrics), logs

        _, logs = jax.lax.scan(one, state, feed)
        return jax.tree.map(lambda values: values[-1], logs)

    return jax.jit(steps, compiler_options=_compiler_options())
