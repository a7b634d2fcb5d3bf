"""What many estimators answer, those of one architecture together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

from nnest.estimators import FitState, answers_together

__all__ = ["answers_of"]

#: Networks that answer together; more are no faster, and their answers take memory.
_AT_ONCE = 16


def answers_of(members: Sequence[Any], X: Any) -> Iterator[np.ndarray]:
    """Yield the probabilities or the numbers of each member, in order.

    Networks of one class that stand next to each other answer together; a class of somebody else's
    may have its own way to answer.
    """
    start = 0
    while start < len(members):
        kind, stop = type(members[start]), start + 1
        ours = kind.__module__.startswith("nnest.estimators.")
        if ours and keras.backend.backend() == "jax":
            last = min(len(members), start + _AT_ONCE)
            while stop < last and type(members[stop]) is kind:
                stop += 1
        yield from _block(members[start:stop], X)
        start = stop


def _block(members: Sequence[Any], X: Any) -> Iterator[np.ndarray]:
    """Yield what members of one class answer."""
    found = answers_together(members, X) if len(members) > 1 else None
    if found is None or not np.isfinite(found).all():  # each says itself what is wrong
        yield from (_alone(member, X) for member in members)
        return
    for member, outputs in zip(members, found, strict=True):
        yield outputs[:, 0] if FitState.of(member).target_shape == () else outputs


def _alone(member: Any, X: Any) -> Any:
    """Return the probabilities or the numbers of a member."""
    return member.predict_proba(X) if hasattr(member, "predict_proba") else member.predict(X)
