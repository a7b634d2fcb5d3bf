r"""Convolution of images with one channel, by multiply-adds over the filters.

With so little to sum over, a matrix product is no gain. The output at place (p, q) of tile (t, s),

.. math:: y_{pq}(t, s) = \sum_{ij} x(2t + p + i, 2s + q + j) \, k_{ij},

is a chain of multiply-adds that the compiler fuses with the bias, the activation and the pooling,
so that the large map is never written. The kernel's gradient is a product of two matrices for each
place, with the pixels that all windows of a tile see, laid side by side once,

.. math:: z_{pq}(u, v) = \sum_{ts} x(2t + u, 2s + v) \, dy_{pq}(t, s), \quad
    dk_{ij} = \sum_{pq} z_{pq}(p + i, q + j).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp

from nnest.fusion._stock import convolve
from nnest.fusion._tiles import barrier, join

__all__ = ["backward", "forward"]

PLACES = list(product(range(2), range(2)))


def _seen(x: Any, kernel: Any) -> dict[tuple[int, int], Any]:
    """Return the pixels that the windows of all tiles see, by their place from the tile's first."""
    a, b = kernel.shape[:2]
    height, width = x.shape[0] - a, x.shape[1] - b
    places = product(range(a + 1), range(b + 1))
    return {(i, j): x[i : i + height : 2, j : j + width : 2] for i, j in places}


def forward(x: Any, kernel: Any) -> list[Any]:
    """Return the places of the output's tiles."""
    pixels, taps = _seen(x, kernel), list(product(*map(range, kernel.shape[:2])))
    return [sum(pixels[p + i, q + j] * kernel[i, j, 0] for i, j in taps) for p, q in PLACES]


def backward(x: Any, kernel: Any, gradients: Sequence[Any]) -> tuple[Any, Any]:
    """Return the gradients of the input and of the kernel, given those of the tile's places."""
    a, b, _, filters = kernel.shape
    pixels = list(_seen(x, kernel).values())
    seen = jnp.concatenate(pixels, axis=3).reshape(-1, len(pixels))
    z = barrier([seen.T @ gradient.reshape(-1, filters) for gradient in gradients])
    to_kernel = sum(
        part.reshape(a + 1, b + 1, 1, filters)[p : p + a, q : q + b]
        for part, (p, q) in zip(z, PLACES, strict=True)
    )
    # The compiler's own, which is left out where nobody asks for it: images rarely need a gradient.
    _, pull = jax.vjp(lambda x: convolve(x, kernel), x)
    return pull(join(gradients))[0], to_kernel
