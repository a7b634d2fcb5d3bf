"""Counter-based uniform numbers for the masks of dropout."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import keras
from jax import lax
from keras import ops

__all__ = ["uniform"]


def uniform(shape: tuple[int, ...], stream: keras.random.SeedGenerator, width: Any = None) -> Any:
    r"""Draw numbers from [0, 1), and move the stream on.

    On JAX each is a hash of its place and of the stream's seed :math:`s` and position :math:`t`,
    :math:`m(m(i \oplus a) + b)` with :math:`a = m(s \oplus m(t))` and :math:`b = m(a + t)`, where
    :math:`m` mixes 32 bits reversibly [1]_. It costs a fifth of JAX's generator, whose strength
    against an adversary is of no use to dropout, and which a small network spends a third of its
    time on.

    Parameters
    ----------
    shape : tuple of int
        How many to draw.
    stream : keras.random.SeedGenerator
        Where they come from.
    width : scalar of int, optional
        Of rows that are filled up to `shape`: so many first numbers of each row are what the
        stream gives to rows of this length. On JAX alone.

    Returns
    -------
    tensor of shape `shape`
        Multiples of :math:`2^{-24}`, float32; on other back ends what Keras draws.

    References
    ----------
    .. [1] C. Wellons, "Prospecting for hash functions", https://nullprogram.com/blog/2018/07/31/
       and https://github.com/skeeto/hash-prospector (bias 0.107).

    Examples
    --------
    >>> import keras
    >>> from nnest.layers import uniform
    >>> drawn = uniform((2, 500), keras.random.SeedGenerator(0))
    >>> bool(0.45 < float(keras.ops.mean(drawn)) < 0.55)
    True
    """
    if keras.backend.backend() != "jax":
        return keras.random.uniform(shape, seed=stream)
    seed, position = ops.cast(stream.next(), "uint32")
    first = _mixed(seed ^ _mixed(position))
    second = _mixed(first + position)
    if width is None:
        places = lax.iota(jnp.uint32, math.prod(shape)).reshape(shape)
    else:
        row, column = (lax.broadcasted_iota(jnp.uint32, shape, axis) for axis in (0, 1))
        places = row * ops.cast(width, "uint32") + column
    bits = _mixed(_mixed(places ^ first) + second)
    return (bits >> 8).astype(jnp.float32) * jnp.float32(2**-24)


def _mixed(x: Any) -> Any:
    """Return 32 bits so mixed that each depends on all, and none is lost."""
    x = (x ^ (x >> 16)) * jnp.uint32(0x21F0AAAD)
    x = (x ^ (x >> 15)) * jnp.uint32(0xD35A2D97)
    return x ^ (x >> 15)
