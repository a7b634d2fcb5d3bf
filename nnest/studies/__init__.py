"""Workers that share one Optuna storage; they know nothing of networks."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnest.studies._history import Ledger as Ledger
    from nnest.studies._loop import run_rounds as run_rounds
    from nnest.studies._open import open_study
    from nnest.studies._settings import set_up as set_up
    from nnest.studies._storages import find_study as find_study
    from nnest.studies._storages import open_storage as open_storage
    from nnest.studies._tables import importances, log_parameters, trial_table
    from nnest.studies._texts import stable as stable
    from nnest.studies._texts import texts_of as texts_of
    from nnest.studies._trials import Ending as Ending
    from nnest.studies._trials import Task as Task
    from nnest.studies._trials import allow_stop as allow_stop

__all__ = [
    "importances",
    "log_parameters",
    "open_study",
    "trial_table",
]

# Loaded when touched: tables of a study need no storage.
_HOMES = {
    "Ending": "nnest.studies._trials",
    "Ledger": "nnest.studies._history",
    "Task": "nnest.studies._trials",
    "allow_stop": "nnest.studies._trials",
    "find_study": "nnest.studies._storages",
    "importances": "nnest.studies._tables",
    "log_parameters": "nnest.studies._tables",
    "open_storage": "nnest.studies._storages",
    "open_study": "nnest.studies._open",
    "run_rounds": "nnest.studies._loop",
    "set_up": "nnest.studies._settings",
    "stable": "nnest.studies._texts",
    "texts_of": "nnest.studies._texts",
    "trial_table": "nnest.studies._tables",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first touched."""
    if name not in _HOMES:
        raise AttributeError(f"module 'nnest.studies' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
