"""Initial weights, drawn by a program that all seeds share.

Keras draws them operator by operator, and the first draw of each shape is compiled with all the
effort that a program deserves which runs a million times: half a second for a small layer.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jax
import keras
import numpy as np

__all__ = ["compiled_initializer"]


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
        config = {k: v for k, v in initializer.get_config().items() if k != "seed"}
        name = keras.backend.standardize_dtype(dtype)
        program = _program(kind.__name__, json.dumps(config, sort_keys=True), tuple(shape), name)
        # As Keras makes a key of a seed.
        return program(np.array([seed, 0], np.uint32))

    return draw


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
