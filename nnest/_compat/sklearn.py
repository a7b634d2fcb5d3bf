"""Private names of scikit-learn.

A search that trains all folds together cannot call `cross_validate`, so it splits, scores and
tabulates with the functions that scikit-learn's own searches call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nnest._compat._probe import attribute, find

if TYPE_CHECKING:
    from sklearn.model_selection._search import BaseSearchCV

__all__ = [
    "BaseSearchCV",
    "Interval",
    "StrOptions",
    "check_method_params",
    "check_refit",
    "check_sample_weight",
    "fit_context",
    "format_results",
    "get_scorers",
    "init_callback_context",
    "insert_error_scores",
    "num_samples",
    "output_container",
    "parameter_constraints",
    "report_fit_failures",
    "route_params",
    "run_grid",
    "safe_indexing",
    "safe_split",
    "score",
    "score_function",
    "select_best_index",
]

_TESTED = "scikit-learn>=1.9,<1.10"
_SEARCH = "sklearn.model_selection._search"
_SCORING = "sklearn.model_selection._validation"


def _find(module: str, name: str) -> Any:
    return find(_TESTED, module, name)


Function = Callable[..., Any]

if not TYPE_CHECKING:
    BaseSearchCV = _find(_SEARCH, "BaseSearchCV")

#: Methods of searches; the first argument is the search.
check_refit: Function = _find(_SEARCH, "BaseSearchCV._check_refit_for_multimetric")
format_results: Function = _find(_SEARCH, "BaseSearchCV._format_results")
get_scorers: Function = _find(_SEARCH, "BaseSearchCV._get_scorers")
init_callback_context: Function = _find(_SEARCH, "BaseSearchCV._init_callback_context")
route_params: Function = _find(_SEARCH, "BaseSearchCV._get_routed_params_for_fit")
run_grid: Function = _find(_SEARCH, "GridSearchCV._run_search")
select_best_index: Function = _find(_SEARCH, "BaseSearchCV._select_best_index")

insert_error_scores: Function = _find(_SCORING, "_insert_error_scores")
report_fit_failures: Function = _find(_SCORING, "_warn_or_raise_about_fit_failures")
score: Function = _find(_SCORING, "_score")

check_method_params: Function = _find("sklearn.utils.validation", "_check_method_params")
check_sample_weight: Function = _find("sklearn.utils.validation", "_check_sample_weight")
num_samples: Function = _find("sklearn.utils.validation", "_num_samples")
safe_indexing: Function = _find("sklearn.utils", "_safe_indexing")
safe_split: Function = _find("sklearn.utils.metaestimators", "_safe_split")

#: Decorates `fit`: checks the parameters by the constraints of the class.
fit_context: Function = _find("sklearn.base", "_fit_context")
Interval: Function = _find("sklearn.utils._param_validation", "Interval")
StrOptions: Function = _find("sklearn.utils._param_validation", "StrOptions")

_output_config: Function = _find("sklearn.utils._set_output", "_get_output_config")

_find(_SEARCH, "BaseSearchCV._parameter_constraints")


def score_function(scorer: Any) -> Any:
    """Return the function of which `make_scorer` made a metric."""
    return attribute(_TESTED, scorer, "_score_func", "tell metrics apart")


def parameter_constraints(kind: type, *left_out: str) -> dict[str, list[Any]]:
    """Return what a class accepts for each of its parameters, some left out."""
    constraints = kind._parameter_constraints  # type: ignore[attr-defined]
    return {name: accepted for name, accepted in constraints.items() if name not in left_out}


def output_container(transformer: Any) -> str:
    """Return in what a transformer hands its output on: "default", "pandas" or "polars"."""
    return str(_output_config("transform", transformer)["dense"])
