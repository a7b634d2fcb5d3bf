"""Cross-validation that trains many networks together; it knows nothing of Optuna."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnest.search._grid import VectorizedGridSearchCV
    from nnest.search._halving import HalvingSearchCV

__all__ = ["HalvingSearchCV", "VectorizedGridSearchCV"]

# Loaded when touched: a command that needs no search imports neither Keras nor JAX.
_HOMES = {
    "HalvingSearchCV": "nnest.search._halving",
    "VectorizedGridSearchCV": "nnest.search._grid",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first touched."""
    if name not in _HOMES:
        raise AttributeError(f"module 'nnest.search' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
