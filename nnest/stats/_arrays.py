"""What every statistic asks of its arrays and options."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special


def finite_values(name: str, values: ArrayLike, *, at_least: int) -> NDArray[np.float64]:
    """Return one row of finite numbers, or say what is wrong with it."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(
            f"Got {name} of shape {array.shape}, but one row with a number for each seed is needed."
        )
    if array.size < at_least:
        raise ValueError(
            f"Got {array.size} of {name}, but at least {at_least} seeds are needed to see how "
            "much they differ."
        )
    if not np.isfinite(array).all():
        bad = int((~np.isfinite(array)).sum())
        raise ValueError(
            f"Got {bad} of {array.size} {name} that are not finite: report diverged runs beside "
            "the statistic and leave them out of it."
        )
    return array


def finite_pairs(a: ArrayLike, b: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return two rows of finite numbers that belong together."""
    first, second = finite_values("a", a, at_least=2), finite_values("b", b, at_least=2)
    if first.size != second.size:
        raise ValueError(
            f"Got {first.size} of a and {second.size} of b, but pairs need the same seeds in both."
        )
    return first, second


def check_count(name: str, value: Any) -> None:
    """Raise unless a number is an integer of 1 or more."""
    if not isinstance(value, Integral) or value < 1:
        raise ValueError(f"Got {name}={value!r}, but it must be an integer of 1 or more.")


def check_share(name: str, value: float) -> None:
    """Raise unless a number is strictly between 0 and 1."""
    if not 0 < value < 1:
        raise ValueError(f"Got {name}={value!r}, but it must lie between 0 and 1.")


def t_quantile(n: int, confidence: float) -> float:
    """Return the two-sided quantile of Student's t for n values."""
    check_share("confidence", confidence)
    return float(special.stdtrit(n - 1, (1 + confidence) / 2))
