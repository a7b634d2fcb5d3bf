"""Feature maps in tiles of 2x2 pixels: their places apart, pooled by index, and together again.

All arrays are of shape (height, width, n, channels): every spatial slice then lies on leading axes
and is a copy of long runs. A map of tiles is given as four arrays of shape (rows, columns, n,
channels), one for each place in a tile, row by row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
from jax import lax

__all__ = ["barrier", "join", "pool", "split", "unpool"]

#: Index of a window to which no gradient goes, because its maximum is rectified away.
NOWHERE = 255


def barrier(values: Any) -> Any:
    """Return the values as they are, computed once: nothing behind it is fused into its readers."""
    return lax.optimization_barrier(values)  # type: ignore[no-untyped-call]


def split(x: Any) -> list[Any]:
    """Return the pixels of all tiles by their place; x is a whole number of tiles."""
    return [x[i::2, j::2] for i in range(2) for j in range(2)]


def join(places: Sequence[Any]) -> Any:
    """Return the map whose pixels are given by their place: the inverse of `split`."""
    rows, columns, *rest = places[0].shape
    lines = [jnp.stack(places[i : i + 2], axis=2) for i in (0, 2)]
    return jnp.stack(lines, axis=1).reshape(2 * rows, 2 * columns, *rest)


def pool(places: Sequence[Any], bias: Any, rectify: bool) -> tuple[Any, Any]:
    """Return the maxima of ``places + bias``, perhaps rectified, and the index of the first one.

    The bias is the same at all places and rounding keeps the order, so it is added to the maximum
    only. Where the maximum is rectified away, no place has a gradient.
    """
    best, index = places[0], jnp.zeros(places[0].shape, jnp.uint8)
    for k, candidate in enumerate(places[1:], start=1):
        index = jnp.where(candidate > best, jnp.uint8(k), index)
        best = jnp.maximum(best, candidate)
    best = best + bias
    if not rectify:
        return best, index
    return jnp.maximum(best, 0), jnp.where(best > 0, index, jnp.uint8(NOWHERE))


def unpool(index: Any, gradient: Any) -> list[Any]:
    """Return the gradient of each place: the adjoint of `pool` for this index."""
    return [jnp.where(index == k, gradient, 0) for k in range(4)]
