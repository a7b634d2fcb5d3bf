"""Convolution, bias, activation and pooling as one operator."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from nnest.fusion import _narrow, _stock, _winograd
from nnest.fusion._tiles import barrier, pool, unpool

__all__ = ["Block", "convolve_block"]

#: Entries of a kernel up to which multiply-adds over its one channel are the fastest.
MOST_TAPS = 9
#: Channels from which on Winograd's algorithm is the fastest: its products need some width.
LEAST_CHANNELS = 16
#: Numbers that it may hold at a time, about 50 MB of them: beyond, the system clears memory for
#: them in every step, which takes longer than the products.
MOST_NUMBERS = 12_000_000


@dataclass(frozen=True)
class Block:
    """A convolution of stride 1 with what follows it, max pooling over tiles of 2x2 pixels.

    Parameters
    ----------
    padding : {"SAME", "VALID"}
        Whether the convolution's input is padded with zeros.
    rectify : bool
        Whether there is a ReLU before the pooling.

    Examples
    --------
    >>> from nnest.fusion import Block
    >>> Block("VALID", rectify=True).padding
    'VALID'
    """

    padding: str
    rectify: bool


def _engine(x: Any, kernel: Any) -> Any:
    """Return the module whose convolution is the fastest for these shapes."""
    a, b, channels, filters = kernel.shape
    if channels == 1 and a * b <= MOST_TAPS:
        return _narrow
    held = 4 * x.size // channels * (channels + filters)  # 16 products for each tile of 4 pixels
    wide = channels >= LEAST_CHANNELS and held <= MOST_NUMBERS
    return _winograd if (a, b) == (3, 3) and wide else _stock


def _edges(side: int, taps: int, padding: str) -> tuple[int, int]:
    """Return by how many pixels an axis of the input grows at both ends.

    The output is a whole number of tiles, so a last row or column that fills none is not computed;
    a negative number is cut off.
    """
    before, out = ((taps - 1) // 2, side) if padding == "SAME" else (0, side - taps + 1)
    return before, out // 2 * 2 + taps - 1 - side - before


def _read(x: Any, kernel: Any, block: Block) -> Any:
    """Return the pixels that are read, of shape (height, width, n, channels)."""
    sides = zip(x.shape[1:3], kernel.shape[:2], strict=True)
    grown = [(*_edges(side, taps, block.padding), 0) for side, taps in sides]
    return lax.pad(x.transpose(1, 2, 0, 3), jnp.zeros((), x.dtype), [*grown, (0, 0, 0), (0, 0, 0)])


def _run(x: Any, kernel: Any, bias: Any, block: Block) -> tuple[Any, Any]:
    """Return the output, of shape (height, width, n, filters), and the index of the maxima."""
    read = _read(x, kernel, block)
    return pool(_engine(read, kernel).forward(read, kernel), bias, block.rectify)


@partial(jax.custom_vjp, nondiff_argnums=(3,))
def convolve_block(x: Any, kernel: Any, bias: Any, block: Block) -> Any:
    """Convolve with stride 1, add the bias, perhaps rectify, and pool over tiles of 2x2 pixels.

    Kernels of 3x3 go by Winograd's algorithm, and small ones for one channel by multiply-adds. The
    gradient goes to the first maximum of each window, and nowhere if that is rectified away.

    Parameters
    ----------
    x : array of shape (n, height, width, channels)
        Images or feature maps.
    kernel : array of shape (a, b, channels, filters)
        The kernel.
    bias : array of shape (filters,)
        The bias.
    block : Block
        What else is done.

    Returns
    -------
    array of shape (n, rows, columns, filters)
        Feature maps; a row or a column that fills no tile is left out.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from nnest.fusion import Block, convolve_block
    >>> x, kernel = jnp.ones((1, 4, 4, 1)), jnp.ones((3, 3, 1, 1))
    >>> convolve_block(x, kernel, jnp.ones(1), Block("VALID", rectify=True)).ravel().tolist()
    [10.0]
    """
    y, _ = _run(x, kernel, bias, block)
    return barrier(y).transpose(2, 0, 1, 3)


def _forward(x: Any, kernel: Any, bias: Any, block: Block) -> tuple[Any, Any]:
    """Return the feature maps and what the gradient needs."""
    y, index = barrier(_run(x, kernel, bias, block))
    return y.transpose(2, 0, 1, 3), (x, kernel, index)


def _backward(block: Block, saved: Any, gradient: Any) -> tuple[Any, Any, Any]:
    """Return the gradients of the input, the kernel and the bias."""
    x, kernel, index = saved
    places = unpool(index, gradient.transpose(1, 2, 0, 3))
    read, pull = jax.vjp(lambda x: _read(x, kernel, block), x)
    to_read, to_kernel = _engine(read, kernel).backward(read, kernel, places)
    return pull(to_read)[0], to_kernel, jnp.sum(sum(places), axis=(0, 1, 2))


convolve_block.defvjp(_forward, _backward)
