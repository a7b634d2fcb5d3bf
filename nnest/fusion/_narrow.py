r"""Convolution of images with one channel, by multiply-adds over the filters.

With so little to sum over, a matrix product is no gain. The output at place (p, q) of tile (t, s),

.. math:: y_{pq}(t, s) = \sum_{ij} x(at + p + i, bs + q + j) \, k_{ij}

for tiles of a x b pixels, is a chain of multiply-adds that the compiler fuses with the bias, the
activation and the pooling, so that the large map is never written. The kernel's gradient is a
product of two matrices for each place: all pixels that any window of the tile sees, which are
laid side by side once, and the place's gradient; the kernel's entries are then cut out.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from nnest.fusion._plain import stock
from nnest.fusion._tiles import Tile, join

__all__ = ["backward", "forward"]


def _seen(x: Any, window: tuple[int, int], tile: Tile) -> dict[tuple[int, int], Any]:
    """Return the pixels that the windows of all tiles see, by their place from the tile's first."""
    (a, b), (p, q) = window, tile
    height, width = x.shape[0] - a - p + 2, x.shape[1] - b - q + 2
    places = product(range(a + p - 1), range(b + q - 1))
    return {(i, j): x[i : i + height : p, j : j + width : q] for i, j in places}


def forward(x: Any, kernel: Any, tile: Tile) -> list[Any]:
    """Return the places of the output's tiles."""
    a, b = kernel.shape[:2]
    pixels = _seen(x, (a, b), tile)
    places, taps = product(*map(range, tile)), list(product(range(a), range(b)))
    return [sum(pixels[p + i, q + j] * kernel[i, j, 0] for i, j in taps) for p, q in places]


def backward(x: Any, kernel: Any, gradients: Sequence[Any], tile: Tile) -> tuple[Any, Any]:
    """Return the gradients of the input and of the kernel, given those of the tile's places."""
    (a, b, _, filters), (p, q) = kernel.shape, tile
    pixels = list(_seen(x, (a, b), tile).values())
    seen = jnp.concatenate(pixels, axis=3).reshape(-1, len(pixels))
    products = [seen.T @ gradient.reshape(-1, filters) for gradient in gradients]
    products = lax.optimization_barrier(products)
    to_kernel = sum(
        whole.reshape(a + p - 1, b + q - 1, 1, filters)[i : i + a, j : j + b]
        for whole, (i, j) in zip(products, product(range(p), range(q)), strict=True)
    )
    return _to_input(x, kernel, join(gradients, tile)), to_kernel


def _to_input(x: Any, kernel: Any, gradient: Any) -> Any:
    """Return the gradient of the input, by the compiler's own: images rarely need one."""
    _, pull = jax.vjp(lambda x: stock(x, kernel, "VALID", "HWNC"), x)
    return pull(gradient)[0]
