"""Initial weights, drawn by a program that all seeds share.

Keras draws them operator by operator, and the first draw of each shape is compiled with all the
effort that a program deserves which runs a million times: half a second for a small layer.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import lru_cache
from math import prod
from typing import Any

import jax
import keras
import numpy as np

__all__ = ["compiled_initializer"]

#: Distributions of Keras's variance scaling that are drawn place by place and then scaled.
_SCALED = ("uniform", "truncated_normal")
#: So many are drawn at least: to compile a program more takes longer than to draw them.
FEWEST = 8192


def compiled_initializer(initializer: Any) -> Any:
    """Return what draws the same initial values as an initializer, and is compiled faster.

    Parameters
    ----------
    initializer : keras.initializers.Initializer or other
        What a layer starts from.

    Returns
    -------
    callable or other
        Takes shape and type; the initializer itself where there is nothing to gain.

    Examples
    --------
    >>> import keras
    >>> from nnest.layers import compiled_initializer
    >>> compiled_initializer(keras.initializers.GlorotUniform(seed=0))((2, 3), "float32").shape
    (2, 3)
    """
    kind, seed = type(initializer), getattr(initializer, "seed", None)
    known = getattr(keras.initializers, kind.__name__, None) is kind
    if keras.backend.backend() != "jax" or not known or not isinstance(seed, int):
        return initializer

    def draw(shape: Any, dtype: Any = None) -> Any:
        shape = tuple(shape)
        config = {k: v for k, v in initializer.get_config().items() if k != "seed"}
        name = keras.backend.standardize_dtype(dtype)
        key = np.array([seed, 0], np.uint32)  # as Keras makes it of a seed
        if getattr(initializer, "distribution", None) in _SCALED and _are_numbered():
            n = prod(shape)
            at_least = max(FEWEST, 1 << (n - 1).bit_length())
            drawn = _scaled(initializer.distribution, at_least, name)
            return np.asarray(drawn(key, np.float32(_scale(initializer, shape))))[:n].reshape(shape)
        program = _program(kind.__name__, json.dumps(config, sort_keys=True), shape, name)
        return program(key)

    return draw


def _are_numbered() -> bool:
    """Tell whether JAX draws each number by its place, however many there are."""
    return bool(getattr(jax.config, "jax_threefry_partitionable", True))  # newer ones always do


def _scale(initializer: Any, shape: tuple[int, ...]) -> float:
    """Return the standard deviation, or the bound, of what Keras's variance scaling draws."""
    places = prod(shape[:-2])
    fans = {"fan_in": shape[-2] * places, "fan_out": shape[-1] * places}
    fan = fans.get(initializer.mode, sum(fans.values()) / 2)
    scale = initializer.scale / max(1.0, fan)
    if initializer.distribution == "uniform":
        return math.sqrt(3.0 * scale)
    return math.sqrt(scale) / 0.87962566103423978


@lru_cache(maxsize=64)
def _scaled(distribution: str, n: int, dtype: str) -> Callable[..., Any]:
    """Return a compiled function that draws `n` numbers from a key and a scale.

    The first of them are the same for any `n`: so it serves all shapes of fewer numbers.
    """

    def draw(key: Any, scale: Any) -> Any:
        stream, random = _Key(key), keras.random
        if distribution == "uniform":
            return random.uniform((n,), -scale, scale, dtype=dtype, seed=stream)
        return random.truncated_normal((n,), 0.0, scale, dtype=dtype, seed=stream)

    return jax.jit(draw, compiler_options={"xla_backend_optimization_level": "1"})


@lru_cache(maxsize=256)
def _program(kind: str, config: str, shape: tuple[int, ...], dtype: str) -> Callable[..., Any]:
    """Return a compiled function that draws initial values from a key."""

    def draw(key: Any) -> Any:
        settings = {**json.loads(config), "seed": _Key(key)}
        return getattr(keras.initializers, kind)(**settings)(shape, dtype=dtype)

    return jax.jit(draw, compiler_options={"xla_backend_optimization_level": "1"})


class _Key(keras.random.SeedGenerator):
    """Stands for a stream of random numbers that is at its start."""

    def __init__(self, key: Any) -> None:
        self._key = key

    def next(self, ordered: bool = True) -> Any:
        """Return the key."""
        return self._key
