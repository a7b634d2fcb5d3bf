"""Workers that share one Optuna storage; they know nothing of networks."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnest.studies._history import TrialHistory
    from nnest.studies._loop import run_batches
    from nnest.studies._open import open_study
    from nnest.studies._settings import bind_study_settings
    from nnest.studies._storages import find_study, open_storage
    from nnest.studies._tables import importances, log_parameters, trial_table
    from nnest.studies._texts import stable_text, texts_of
    from nnest.studies._trials import BatchTrial, TrialResult

__all__ = [
    "BatchTrial",
    "TrialHistory",
    "TrialResult",
    "bind_study_settings",
    "find_study",
    "importances",
    "log_parameters",
    "open_storage",
    "open_study",
    "run_batches",
    "stable_text",
    "texts_of",
    "trial_table",
]

# Loaded when touched: tables of a study need no storage.
_HOMES = {
    "BatchTrial": "nnest.studies._trials",
    "TrialHistory": "nnest.studies._history",
    "TrialResult": "nnest.studies._trials",
    "bind_study_settings": "nnest.studies._settings",
    "find_study": "nnest.studies._storages",
    "importances": "nnest.studies._tables",
    "log_parameters": "nnest.studies._tables",
    "open_storage": "nnest.studies._storages",
    "open_study": "nnest.studies._open",
    "run_batches": "nnest.studies._loop",
    "stable_text": "nnest.studies._texts",
    "texts_of": "nnest.studies._texts",
    "trial_table": "nnest.studies._tables",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first touched."""
    if name not in _HOMES:
        raise AttributeError(f"module 'nnest.studies' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
