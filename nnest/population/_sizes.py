"""How large members are, and whether memory holds them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from nnest._machine import free_memory
from nnest.estimators import static_parameters
from nnest.population._members import Member

__all__ = ["MemoryCheck", "device_memory", "size_of"]


class MemoryCheck:
    """Raises if memory does not hold the estimators, as soon as the size of their models is known.

    Parameters
    ----------
    estimators : list of estimators
        All whose models are to be built.
    """

    def __init__(self, estimators: list[Any]) -> None:
        self._left = Counter(map(_architecture, estimators))
        self._sizes: dict[str, int] = {}

    def __call__(self, member: Member, free: Callable[[], float]) -> None:
        """Take a member that was built; `free` tells the bytes that are left."""
        own = _architecture(member.estimator)
        if own not in self._sizes:
            self._sizes[own] = size_of(member)
            self._refuse_too_many(free())
        self._left[own] -= 1

    def _refuse_too_many(self, free: float) -> None:
        """Raise if the rest of the architectures whose size is known is too much."""
        size = sum(self._left[each] * bytes_ for each, bytes_ in self._sizes.items())
        if size > free:
            n = sum(self._left[each] for each in self._sizes)
            mean = "each" if len(self._sizes) == 1 else "on average"
            raise ValueError(
                f"{n} estimators of {size / n / 2**20:.1f} MiB {mean} do not fit into the "
                f"{free / 2**20:.1f} MiB of memory that are free: fit fewer of them in one call."
            )


def _architecture(estimator: Any) -> str:
    """Return what decides the size of an estimator's model."""
    return repr(static_parameters(estimator))


def size_of(member: Member) -> int:
    """Return the bytes of a member's state, the optimizer's included."""
    return sum(4 * int(np.prod(values.shape)) for part in member.state for values in part)


def device_memory() -> float:
    """Return the bytes that the device, or this process, has left."""
    stats = jax.devices()[0].memory_stats() or {}
    if "bytes_limit" in stats:
        return float(stats["bytes_limit"] - stats.get("bytes_in_use", 0))
    return free_memory()
