"""Searches over hyper-parameters that train many networks together."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnest.search._errors import StudyError
    from nnest.search._expected import expected_best
    from nnest.search._grid import VectorizedGridSearchCV
    from nnest.search._handles import open_study
    from nnest.search._optuna import OptunaSearchCV
    from nnest.search._study import wait_for_study
    from nnest.search._tables import importances, log_parameters, trial_table

__all__ = [
    "OptunaSearchCV",
    "StudyError",
    "VectorizedGridSearchCV",
    "expected_best",
    "importances",
    "log_parameters",
    "open_study",
    "trial_table",
    "wait_for_study",
]

# Loaded when touched: the loop of a study alone needs neither Keras nor JAX.
_HOMES = {
    "OptunaSearchCV": "nnest.search._optuna",
    "StudyError": "nnest.search._errors",
    "VectorizedGridSearchCV": "nnest.search._grid",
    "open_study": "nnest.search._handles",
    "wait_for_study": "nnest.search._study",
    "expected_best": "nnest.search._expected",
    **dict.fromkeys(("importances", "log_parameters", "trial_table"), "nnest.search._tables"),
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first touched."""
    if name not in _HOMES:
        raise AttributeError(f"module 'nnest.search' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
