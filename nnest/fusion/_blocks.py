"""Convolution, bias, activation and pooling as one operator."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from nnest.fusion import _narrow, _winograd
from nnest.fusion._tiles import Tile, join, pool, split, unpool

__all__ = ["Block", "convolve_block", "is_fast"]


@dataclass(frozen=True)
class Block:
    """What follows a convolution of stride 1 as part of one operator.

    Parameters
    ----------
    padding : {"SAME", "VALID"}
        Whether the convolution's input is padded with zeros.
    rectify : bool
        Whether the bias is followed by a ReLU.
    pool : bool
        Whether that is followed by max pooling over tiles of 2x2 pixels; a row or a column that
        fills no tile is not computed.

    Examples
    --------
    >>> from nnest.fusion import Block
    >>> Block("VALID", rectify=True, pool=True).pool
    True
    """

    padding: str
    rectify: bool
    pool: bool


@dataclass(frozen=True)
class _Layout:
    """Which pixels of the input the operator reads, and in which tiles it computes the output."""

    tile: Tile
    edges: tuple[tuple[int, int], tuple[int, int]]
    rows: int
    columns: int


def is_fast(kernel: tuple[int, ...], block: Block) -> bool:
    """Tell whether there is a fast operator for a kernel of this shape."""
    return kernel[2] == 1 or kernel[:2] == (3, 3)


def _layout(x: tuple[int, ...], kernel: tuple[int, ...], block: Block) -> _Layout:
    """Return the layout for an input (n, height, width, channels)."""
    tile = (2, 2) if block.pool or kernel[2] > 1 else (1, 1)
    sides, edges = [], []
    for side, taps, step in zip(x[1:3], kernel[:2], tile, strict=True):
        before = (taps - 1) // 2 if block.padding == "SAME" else 0
        out = side if block.padding == "SAME" else side - taps + 1
        sides.append(out)
        covered = out // step * step if block.pool else -(-out // step) * step
        # A negative edge is cut off.
        edges.append((before, covered + taps - 1 - side - before))
    return _Layout(tile, (edges[0], edges[1]), *sides)


def _read(x: Any, layout: _Layout) -> Any:
    """Return the pixels that are read, as (height, width, n, channels)."""
    low = ((*edge, 0) for edge in layout.edges)
    return lax.pad(x.transpose(1, 2, 0, 3), jnp.zeros((), x.dtype), (*low, (0, 0, 0), (0, 0, 0)))


def _places(x: Any, kernel: Any, layout: _Layout) -> list[Any]:
    """Return the convolution at the places of its tiles."""
    if kernel.shape[2] == 1:
        return _narrow.forward(x, kernel, layout.tile)
    return _winograd.forward(x, kernel)


def _run(x: Any, kernel: Any, bias: Any, block: Block) -> tuple[Any, Any]:
    """Return the output (height, width, n, filters) and the index of the maxima, if it pools."""
    layout = _layout(x.shape, kernel.shape, block)
    places = _places(_read(x, layout), kernel, layout)
    if block.pool:
        return pool(places, bias, block.rectify)
    whole = join(places, layout.tile)[: layout.rows, : layout.columns] + bias
    return (jnp.maximum(whole, 0) if block.rectify else whole), None


@partial(jax.custom_vjp, nondiff_argnums=(3,))
def convolve_block(x: Any, kernel: Any, bias: Any, block: Block) -> Any:
    """Convolve with stride 1, add the bias, and rectify and pool as the block says.

    Kernels of 3x3 go by Winograd's algorithm, images with one channel by multiply-adds. The
    gradient goes to the first maximum of each window, and nowhere if that is not above 0.

    Parameters
    ----------
    x : array of shape (n, height, width, channels)
        Images or feature maps.
    kernel : array of shape (a, b, channels, filters)
        The kernel: either 3x3, or for one channel.
    bias : array of shape (filters,)
        The bias.
    block : Block
        What else is done.

    Returns
    -------
    array of shape (n, rows, columns, filters)
        Feature maps.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from nnest.fusion import Block, convolve_block
    >>> block = Block("VALID", rectify=True, pool=True)
    >>> x, kernel = jnp.ones((1, 4, 4, 1)), jnp.ones((3, 3, 1, 1))
    >>> convolve_block(x, kernel, jnp.ones(1), block).ravel().tolist()
    [10.0]
    """
    y, _ = _run(x, kernel, bias, block)
    return lax.optimization_barrier(y).transpose(2, 0, 1, 3)


def _forward(x: Any, kernel: Any, bias: Any, block: Block) -> tuple[Any, Any]:
    """Return the feature maps and what the gradient needs."""
    y, index = lax.optimization_barrier(_run(x, kernel, bias, block))
    return y.transpose(2, 0, 1, 3), (x, kernel, y if index is None else index)


def _backward(block: Block, saved: Any, gradient: Any) -> tuple[Any, Any, Any]:
    """Return the gradients of the input, the kernel and the bias."""
    x, kernel, kept = saved
    layout = _layout(x.shape, kernel.shape, block)
    places, to_bias = _gradients(kept, gradient.transpose(1, 2, 0, 3), block, layout)
    read, pull = jax.vjp(lambda x: _read(x, layout), x)
    if kernel.shape[2] == 1:
        to_read, to_kernel = _narrow.backward(read, kernel, places, layout.tile)
    else:
        to_read, to_kernel = _winograd.backward(read, kernel, places)
    return pull(to_read)[0], to_kernel, to_bias


def _gradients(kept: Any, gradient: Any, block: Block, layout: _Layout) -> tuple[list[Any], Any]:
    """Return the gradients of the convolution's places and of the bias."""
    if block.pool:
        places = unpool(kept, gradient, layout.tile)
        return places, jnp.sum(sum(places), axis=(0, 1, 2))
    if block.rectify:
        gradient = jnp.where(kept > 0, gradient, 0)
    rest = [(0, -side % step) for side, step in zip(kept.shape, layout.tile, strict=False)]
    places = split(jnp.pad(gradient, (*rest, (0, 0), (0, 0))), layout.tile)
    return places, jnp.sum(gradient, axis=(0, 1, 2))


convolve_block.defvjp(_forward, _backward)
