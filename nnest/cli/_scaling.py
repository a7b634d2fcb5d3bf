"""How the numbers of a file are brought to a size that networks learn from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["SCALES", "scaled"]

#: What ``--scale`` takes.
SCALES = ("auto", "none", "255", "standard")
#: White in pictures of 1, 2, 4 (scikit-learn's digits have 16), 8, 10, 12, 14 and 16 bits.
_WHITES = (1, 3, 16, 255, 1023, 4095, 16383, 65535)
#: Numbers of a table up to this size are left alone.
_SMALL = 100
#: Columns from which rows of whole numbers may be pictures that come flat.
_PIXELS = 64


def scaled(
    X: NDArray[np.float32], scale: str, are_pictures: bool
) -> tuple[NDArray[np.float32], str]:
    """Return the numbers as networks take them, and what was done in words.

    What is done follows from the numbers, never from the type that holds them.

    Parameters
    ----------
    X : ndarray of shape (n, features), (n, h, w) or (n, h, w, c)
        Finite numbers.
    scale : {"auto", "none", "255", "standard"}
        "standard" brings each column of a table, each channel of pictures, to mean 0 and
        variance 1 over all samples.
    are_pictures : bool
        Whether rows are pictures that come flat.

    Returns
    -------
    ndarray of shape X.shape
        Numbers, float32.
    str
        What was done, as "divided by 255".
    """
    import numpy as np  # here, so that the command line's help does not wait for it

    low, high = float(X.min()), float(X.max())
    pictures = X.ndim > 2 or are_pictures or _look_like_pictures(X, low, high)
    white = _white(low, high, pictures) if scale == "auto" else 255 if scale == "255" else 1
    if scale == "standard" or white is None:
        columns = (0,) if not pictures else tuple(range(min(X.ndim, 3)))
        mean, spread = X.mean(columns, np.float64), X.std(columns, dtype=np.float64)
        standard = (X - mean) / np.where(spread > 0, spread, 1.0)
        each = "picture channel" if pictures else "column"
        done, X = f"each {each} brought to mean 0 and variance 1", standard.astype(np.float32)
    elif white == 1:
        done = "taken as it is"
    else:
        done, X = f"divided by {white}", X / np.float32(white)
    return X, done


def _white(low: float, high: float, pictures: bool) -> int | None:
    """Return the number to divide by; None for numbers that have no common scale."""
    if pictures and low >= 0:
        return next((white for white in _WHITES if high <= white), None)
    return 1 if max(-low, high) <= _SMALL else None


def _look_like_pictures(X: NDArray[np.float32], low: float, high: float) -> bool:
    """Tell whether rows can be square pictures of one channel or three, pixel by pixel."""
    n = X.shape[1]
    sides = (math.isqrt(n), math.isqrt(n // 3))
    square = sides[0] ** 2 == n or 3 * sides[1] ** 2 == n
    fits = n >= _PIXELS and square and low >= 0 and high <= _WHITES[-1]
    return fits and bool((X.round() == X).all())
