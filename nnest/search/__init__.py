"""Searches over hyper-parameters that train many networks together."""

from nnest.search._grid import VectorizedGridSearchCV

__all__ = ["VectorizedGridSearchCV"]
