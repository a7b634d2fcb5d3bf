"""Studies of Optuna that train batches of trials together."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnest.search.optuna._samplers import PRUNERS as PRUNERS
    from nnest.search.optuna._samplers import SAMPLERS as SAMPLERS
    from nnest.search.optuna._samplers import check_name as check_name
    from nnest.search.optuna._search_cv import OptunaSearchCV
    from nnest.search.optuna._study import wait_for_study

__all__ = ["OptunaSearchCV", "wait_for_study"]

# Loaded when touched: a command that needs no search imports neither Keras nor JAX.
_HOMES = {
    "OptunaSearchCV": "nnest.search.optuna._search_cv",
    "wait_for_study": "nnest.search.optuna._study",
    **dict.fromkeys(("PRUNERS", "SAMPLERS", "check_name"), "nnest.search.optuna._samplers"),
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first touched."""
    if name not in _HOMES:
        raise AttributeError(f"module 'nnest.search.optuna' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
