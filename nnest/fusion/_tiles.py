"""Feature maps in tiles: the places of a tile apart, pooled by index, and together again.

All arrays are of shape (height, width, n, channels): every spatial slice then lies on leading axes
and is a copy of long runs. A tile of a x b pixels is given as a * b arrays of shape (rows, columns,
n, channels), one for each place in the tile, row by row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

__all__ = ["Tile", "join", "pool", "split", "unpool"]

Tile = tuple[int, int]
#: Index of a window to which no gradient goes, because its maximum is rectified away.
NOWHERE = 255


def split(x: Any, tile: Tile) -> list[Any]:
    """Return the pixels of all tiles by their place; x is a whole number of tiles."""
    (a, b) = tile
    return [x[i::a, j::b] for i in range(a) for j in range(b)]


def join(places: Sequence[Any], tile: Tile) -> Any:
    """Return the map whose pixels are given by their place: the inverse of `split`."""
    (a, b), (rows, columns, *rest) = tile, places[0].shape
    lines = [jnp.stack(places[i * b : (i + 1) * b], axis=2) for i in range(a)]
    return jnp.stack(lines, axis=1).reshape(rows * a, columns * b, *rest)


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


def unpool(index: Any, gradient: Any, tile: Tile) -> list[Any]:
    """Return the gradient of each place: the adjoint of `pool` for this index."""
    return [jnp.where(index == k, gradient, 0) for k in range(tile[0] * tile[1])]
