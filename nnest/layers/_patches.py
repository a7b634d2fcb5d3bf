"""Convolution as one product of matrices, for many members that share a program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from keras import ops

__all__ = ["are_convolutions_products", "convolutions_as_products", "convolve_patches"]

_products: ContextVar[bool] = ContextVar("products", default=False)


@contextmanager
def convolutions_as_products(wanted: bool = True) -> Iterator[None]:
    """Let convolutions be products of patches and kernels, for as long as this lasts.

    The convolutions of stacked members, each with kernels of its own, become one grouped
    convolution, whose gradients are slow on many devices; products become one batched product.

    Parameters
    ----------
    wanted : bool, default=True
        False leaves convolutions as they are.

    Yields
    ------
    None
        Nothing.

    Examples
    --------
    >>> from nnest.layers import are_convolutions_products, convolutions_as_products
    >>> with convolutions_as_products():
    ...     are_convolutions_products()
    True
    """
    token = _products.set(wanted)
    try:
        yield
    finally:
        _products.reset(token)


def are_convolutions_products() -> bool:
    """Tell whether :func:`convolutions_as_products` holds.

    Returns
    -------
    bool
        False by default.

    Examples
    --------
    >>> from nnest.layers import are_convolutions_products
    >>> are_convolutions_products()
    False
    """
    return _products.get()


def convolve_patches(x: Any, kernel: Any, strides: tuple[int, int], padding: str) -> Any:
    r"""Convolve by laying the shifted images side by side, and one product with the kernel.

    For a kernel of :math:`a \times b` pixels, :math:`y = [x_{00}, \dots, x_{a-1,b-1}] K`, where
    :math:`x_{ij}` is the image shifted by :math:`i` rows and :math:`j` columns and :math:`K` the
    kernel as a matrix of :math:`a b c` rows.

    Parameters
    ----------
    x : tensor of shape (n, height, width, channels)
        Images or feature maps.
    kernel : tensor of shape (a, b, channels, filters)
        The kernel.
    strides : tuple of int
        Steps in pixels.
    padding : {"same", "valid"}
        Whether the input is padded with zeros.

    Returns
    -------
    tensor of shape (n, rows, columns, filters)
        Feature maps.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.layers import convolve_patches
    >>> image, kernel = np.ones((1, 3, 3, 1), "float32"), np.ones((3, 3, 1, 1), "float32")
    >>> float(convolve_patches(image, kernel, (1, 1), "valid")[0, 0, 0, 0])
    9.0
    """
    (a, b, c, f), (_, h, w, _) = kernel.shape, x.shape
    if padding == "same":
        sides = [
            max((-(-size // step) - 1) * step + window - size, 0)
            for size, step, window in ((h, strides[0], a), (w, strides[1], b))
        ]
        x = ops.pad(x, ((0, 0), *((side // 2, side - side // 2) for side in sides), (0, 0)))
        h, w = h + sides[0], w + sides[1]
    down, right = h - a + 1, w - b + 1
    shifted = [
        x[:, i : i + down : strides[0], j : j + right : strides[1]]
        for i in range(a)
        for j in range(b)
    ]
    patches = ops.concatenate(shifted, axis=3)
    rows, columns = shifted[0].shape[1:3]
    flat = ops.matmul(ops.reshape(patches, (-1, a * b * c)), ops.reshape(kernel, (a * b * c, f)))
    return ops.reshape(flat, (-1, rows, columns, f))
