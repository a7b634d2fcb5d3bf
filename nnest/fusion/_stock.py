"""Convolution by the compiler's own operator: only what follows it is another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
from jax import lax

from nnest.fusion._tiles import barrier, join, split

__all__ = ["backward", "convolve", "forward"]


def convolve(x: Any, kernel: Any) -> Any:
    """Return the convolution of x, of shape (height, width, n, channels)."""
    axes = ("HWNC", "HWIO", "HWNC")
    return lax.conv_general_dilated(x, kernel, (1, 1), "VALID", dimension_numbers=axes)


def forward(x: Any, kernel: Any) -> list[Any]:
    """Return the places of the output's tiles."""
    return split(convolve(x, kernel))


def backward(x: Any, kernel: Any, gradients: Sequence[Any]) -> tuple[Any, Any]:
    """Return the gradients of the input and of the kernel, given those of the tile's places."""
    _, pull = jax.vjp(convolve, x, kernel)
    to_input, to_kernel = pull(barrier(join(gradients)))
    return to_input, to_kernel
