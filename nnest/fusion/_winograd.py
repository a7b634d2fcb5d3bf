r"""Convolution with 3x3 kernels by Winograd's algorithm F(2x2, 3x3).

Two neighboring outputs of a filter of three taps take six products; Winograd's take four:

.. math:: y = A'[(Gg) \odot (B'd)]

for the kernel g, four inputs d and

.. math::

    B' = \begin{pmatrix} 1&0&-1&0\\ 0&1&1&0\\ 0&-1&1&0\\ 0&1&0&-1 \end{pmatrix}, \quad
    G = \begin{pmatrix} 1&0&0\\ 1/2&1/2&1/2\\ 1/2&-1/2&1/2\\ 0&0&1 \end{pmatrix}, \quad
    A' = \begin{pmatrix} 1&1&1&0\\ 0&1&-1&-1 \end{pmatrix}

In two dimensions each is applied along both axes: V = B'dB, U = GgG', M = V U summed over the
channels, which are 16 matrix products, y = A'MA. A tile of 2x2 outputs takes 16 products instead
of 36. All of it is linear in d and in g, and the gradients are the adjoints, dM = A dy A':

.. math:: dU = V' dM, \quad dg = G' dU G, \quad dV = dM U', \quad dd = B dV B'

See S. Winograd, "Arithmetic complexity of computations", SIAM, 1980, and A. Lavin and S. Gray,
"Fast algorithms for convolutional neural networks", CVPR, 2016.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import jax.numpy as jnp

from nnest.fusion._tiles import barrier, join

__all__ = ["backward", "forward"]

Grid = list[list[Any]]
SIDES = range(4)


def _input(d: Sequence[Any]) -> list[Any]:
    """Return B'd."""
    return [d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]]


def _input_adjoint(v: Sequence[Any]) -> list[Any]:
    """Return Bv."""
    return [v[0], v[1] - v[2] + v[3], v[1] + v[2] - v[0], -v[3]]


def _kernel(g: Sequence[Any]) -> list[Any]:
    """Return Gg."""
    even, odd = (g[0] + g[2]) / 2, g[1] / 2
    return [g[0], even + odd, even - odd, g[2]]


def _kernel_adjoint(u: Sequence[Any]) -> list[Any]:
    """Return G'u."""
    even, odd = (u[1] + u[2]) / 2, (u[1] - u[2]) / 2
    return [u[0] + even, odd, even + u[3]]


def _output(m: Sequence[Any]) -> list[Any]:
    """Return A'm."""
    return [m[0] + m[1] + m[2], m[1] - m[2] - m[3]]


def _output_adjoint(y: Sequence[Any]) -> list[Any]:
    """Return Ay."""
    return [y[0], y[0] + y[1], y[0] - y[1], -y[1]]


def _along_both(transform: Callable[[Sequence[Any]], list[Any]], grid: Sequence[Any]) -> Grid:
    """Return T X T' for a transform T and a square X of arrays."""
    rows = [transform(row) for row in grid]
    columns = [transform(column) for column in zip(*rows, strict=True)]
    return [list(row) for row in zip(*columns, strict=True)]


def _tiles(x: Any) -> Grid:
    """Return the 4x4 places of all input tiles, which overlap by two pixels, as matrices."""
    height, width, _, channels = x.shape
    places = [[x[i : height - 2 + i : 2, j : width - 2 + j : 2] for j in SIDES] for i in SIDES]
    return [[v.reshape(-1, channels) for v in row] for row in _along_both(_input, places)]


def forward(x: Any, kernel: Any) -> list[Any]:
    """Return the four places of the output's 2x2 tiles; x has two more pixels than the output."""
    rows, columns, n = x.shape[0] // 2 - 1, x.shape[1] // 2 - 1, x.shape[2]
    v, u = _tiles(x), _along_both(_kernel, kernel)
    m = [[v[i][j] @ u[i][j] for j in SIDES] for i in SIDES]
    y = _along_both(_output, m)
    return [place.reshape(rows, columns, n, -1) for row in y for place in row]


def backward(x: Any, kernel: Any, gradients: Sequence[Any]) -> tuple[Any, Any]:
    """Return the gradients of the input and of the kernel, given those of the four places."""
    rows, columns, n, filters = gradients[0].shape
    flat = [place.reshape(-1, filters) for place in gradients]
    dm = _along_both(_output_adjoint, [flat[:2], flat[2:]])
    v, u = _tiles(x), _along_both(_kernel, kernel)
    du = [[v[i][j].T @ dm[i][j] for j in SIDES] for i in SIDES]
    dv = [[(dm[i][j] @ u[i][j].T).reshape(rows, columns, n, -1) for j in SIDES] for i in SIDES]
    du, dv = barrier((du, dv))
    to_kernel = jnp.stack([jnp.stack(row) for row in _along_both(_kernel_adjoint, du)])
    return _overlapped(_along_both(_input_adjoint, dv)), to_kernel


def _overlapped(d: Grid) -> Any:
    """Return the input's gradient from that of its overlapping tiles: the adjoint of slicing."""
    rows = [_shifted([row[j] for row in d], 0) for j in SIDES]  # by column, then parity of the row
    parities = product(range(2), range(2))
    return join([_shifted([column[p] for column in rows], 1)[q] for p, q in parities])


def _shifted(d: Sequence[Any], axis: int) -> list[Any]:
    """Return the sums for even and for odd pixels along an axis.

    Pixel 2t is number 0 of tile t and number 2 of tile t - 1, and pixel 2t + 1 likewise.
    """
    after, before = ([(0, 0)] * 4 for _ in range(2))
    after[axis], before[axis] = (0, 1), (1, 0)
    return [jnp.pad(d[k], after) + jnp.pad(d[k + 2], before) for k in range(2)]
