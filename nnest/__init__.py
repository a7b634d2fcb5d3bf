"""Neural-network hyper-parameters, studied and taught.

scikit-learn estimators over Keras builders, experiments that are declared and recorded, and
verdicts on what student reports state. Names are loaded when they are touched: ``import nnest`` is
cheap.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnest.augmentation import Augmentation
    from nnest.ensembles import Ensemble
    from nnest.estimators import CNNClassifier, CNNRegressor, MLPClassifier, MLPRegressor
    from nnest.persistence import load, save
    from nnest.population import fit_many
    from nnest.search import HalvingSearchCV, VectorizedGridSearchCV
    from nnest.search.optuna import OptunaSearchCV

__all__ = [
    "Augmentation",
    "CNNClassifier",
    "CNNRegressor",
    "Ensemble",
    "HalvingSearchCV",
    "MLPClassifier",
    "MLPRegressor",
    "OptunaSearchCV",
    "VectorizedGridSearchCV",
    "fit_many",
    "load",
    "save",
]
__version__ = "0.1.0"

_HOMES = {
    **dict.fromkeys(__all__, "nnest.estimators"),
    "Augmentation": "nnest.augmentation",
    "Ensemble": "nnest.ensembles",
    "HalvingSearchCV": "nnest.search",
    "OptunaSearchCV": "nnest.search.optuna",
    "VectorizedGridSearchCV": "nnest.search",
    "fit_many": "nnest.population",
    "load": "nnest.persistence",
    "save": "nnest.persistence",
}

# Keras takes its back end from the environment when it is imported, and TensorFlow if nothing is
# said there. JAX is what this package installs. A choice that was made is left alone.
if "keras" not in sys.modules:
    os.environ.setdefault("KERAS_BACKEND", "jax")


def __getattr__(name: str) -> Any:
    """Load a public name when it is first touched."""
    if name not in _HOMES:
        raise AttributeError(f"module 'nnest' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted([*globals(), *__all__])
