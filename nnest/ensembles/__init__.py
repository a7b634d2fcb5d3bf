"""Networks that answer together, and the choice of those that do."""

from __future__ import annotations

from nnest.ensembles._ensemble import Ensemble
from nnest.ensembles._selection import greedy_weights

__all__ = ["Ensemble", "greedy_weights"]
