"""What each array of the cached files must be: type, shape and SHA-256 of its bytes."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["ArraySpec", "combined_digest"]


@dataclass(frozen=True)
class ArraySpec:
    """Type, shape and digest of one array, C-ordered and little-endian."""

    dtype: str
    shape: tuple[int, ...]
    sha256: str

    @property
    def size(self) -> int:
        """Number of entries."""
        return math.prod(self.shape)


def combined_digest(specs: Mapping[str, ArraySpec]) -> str:
    """Return one SHA-256 for all arrays of a set, whatever the order in which they are named."""
    lines = [
        f"{name} {spec.dtype} {spec.shape} {spec.sha256}\n" for name, spec in sorted(specs.items())
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
