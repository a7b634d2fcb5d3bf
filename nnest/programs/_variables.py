"""What Keras's variables lack: NumPy 2 warns of each that is made an array."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

__all__ = ["take_copy_keyword"]


def take_copy_keyword(kind: type) -> None:
    """Let a class that can become an array take NumPy's *copy*, unless it does.

    Keras 3.15 makes an array of the learning rate wherever it writes an optimizer down, and so in
    each fit, pickle and file.

    Parameters
    ----------
    kind : type
        The class.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.programs._variables import take_copy_keyword
    >>> class Pair:
    ...     def __array__(self, dtype=None):
    ...         return np.array([1, 2], dtype)
    >>> take_copy_keyword(Pair)
    >>> np.array(Pair(), copy=True)
    array([1, 2])
    """
    original: Any = kind.__array__  # type: ignore[attr-defined]
    if "copy" in inspect.signature(original).parameters:
        return

    def as_array(self: Any, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array: np.ndarray = original(self, dtype)
        return array.copy() if copy else array

    kind.__array__ = as_array  # type: ignore[attr-defined]
