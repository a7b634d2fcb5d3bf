"""Networks that answer together: their choice, their mean, and how sure it is."""

from __future__ import annotations

from nnest.ensembles._conformal import conformal_intervals, conformal_sets
from nnest.ensembles._ensemble import Ensemble
from nnest.ensembles._folds import LEAST_PROBABILITY as LEAST_PROBABILITY
from nnest.ensembles._folds import OutOfFold as OutOfFold
from nnest.ensembles._selection import greedy_weights

__all__ = ["Ensemble", "conformal_intervals", "conformal_sets", "greedy_weights"]
