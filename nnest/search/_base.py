"""The base class of searches that train all settings and folds together.

scikit-learn's searches fit one estimator on one fold at a time. Here all are fitted at once;
scoring, ranking and the names of the results are scikit-learn's own.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from contextlib import nullcontext
from copy import deepcopy
from typing import Any, ClassVar, Self

from sklearn.base import clone, is_classifier
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv
from sklearn.utils import get_tags, indexable

from nnest._compat import sklearn as compat
from nnest._interrupts import interrupts_heard, undone
from nnest.search._batching import with_setting
from nnest.search._checks import (
    check_metrics,
    checked_network,
    checked_splits,
    checked_targets,
    warn_of_missing_labels,
)
from nnest.search._evaluation import Evaluation, Split
from nnest.search._keeping import Keeper, check_keep

__all__ = ["BaseBatchedSearchCV"]


class BaseBatchedSearchCV(compat.BaseSearchCV):
    """Base class of searches that train all settings and folds together."""

    _evaluation: ClassVar[type[Evaluation]] = Evaluation
    keep: Any = None  # of those that have no such parameter

    def __sklearn_tags__(self) -> Any:
        """Return tags: the search takes the samples and targets that the estimator takes."""
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.target_tags = deepcopy(inner.target_tags)
        tags.input_tags.three_d_array = inner.input_tags.three_d_array
        return tags

    @compat.fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any = None, **params: Any) -> Self:
        """Train and score all members, then the best setting on all samples.

        Parameters
        ----------
        X : array-like of shape (n, p), (n, h, w) or (n, h, w, c)
            Samples.
        y : array-like of shape (n,) or (n, n_outputs)
            Targets.
        **params : dict of str to object
            Handed on to the estimator's `fit`, to the splitter and to the metrics, as
            scikit-learn's searches do it.

        Returns
        -------
        object
            The search itself.

        Raises
        ------
        ValueError
            If the grid, the folds, the metrics or the data are not accepted.
        TypeError
            If the estimator is not of this package.
        OSError
            If checkpoints, or what a study keeps, cannot be written.
        WorkerError
            If the workers of joblib ended twice while groups were in training.
        """
        with undone(self) as kept:
            kept.add("study_")  # it has all trials that ended, also after Ctrl-C
            self._fit(X, y, params)
        return self

    def _fit(self, X: Any, y: Any, params: dict[str, Any]) -> None:
        """Search, choose and refit."""
        check_metrics(self.scoring)
        check_keep(self)
        scorers, refit_metric = compat.get_scorers(self)
        X, y = indexable(X, y)
        y = checked_targets(y, is_classifier(self.estimator))
        params = compat.check_method_params(X, params=params)
        routed = compat.route_params(self, params)
        weight = params.get("sample_weight")
        about = {"X": X, "y": y, "metadata": None if weight is None else {"sample_weight": weight}}
        context = compat.init_callback_context(self, max_subtasks=1 + (self.refit is not False))
        context.call_on_fit_task_begin(estimator=self, **about)
        for name in [name for name in vars(self) if name.endswith("_")]:
            delattr(self, name)  # of an earlier fit
        splits = self._split(X, y, routed.splitter.split)
        base = clone(self.estimator)
        keeper = None if self.keep is None else Keeper(self, y)
        evaluation = self._evaluation(self, base, X, y, splits, scorers, routed, keeper)
        with interrupts_heard():
            results, seed = self._search(evaluation, refit_metric, context)
        if self.refit:
            best = with_setting(base, self.best_params_)
            if seed is not None and checked_network(best).random_state is None:
                checked_network(best).set_params(random_state=seed)
            self._refit(best, X, y, routed.estimator.fit, context, about)
        self.scorer_ = {
            name: check_scoring(self.estimator, metric)
            for name, metric in evaluation.metrics.items()
        } or scorers
        self.cv_results_ = results
        context.call_on_fit_task_end(estimator=self, **about)

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether a search has ended."""
        return hasattr(self, "cv_results_")

    @abstractmethod
    def _search(
        self, evaluation: Evaluation, refit_metric: Any, context: Any
    ) -> tuple[dict[str, Any], int | None]:
        """Train and score settings, and choose the best.

        Returns `cv_results_` and the seed of the refit, None for the estimator's own.
        """

    def _split(self, X: Any, y: Any, params: dict[str, Any]) -> list[Split]:
        """Return the folds, once for all candidates."""
        cv = check_cv(self.cv, y, classifier=is_classifier(self.estimator))
        self.n_splits_ = cv.get_n_splits(X, y, **params)
        splits = checked_splits(cv.split(X, y, **params), self.n_splits_, X)
        if is_classifier(self.estimator):
            warn_of_missing_labels(splits, y)
        return splits

    def _choose(
        self, results: dict[str, Any], outcomes: list[dict[str, Any]], refit_metric: Any
    ) -> None:
        """Set the best setting, its index and its score."""
        first = outcomes[0]["test_scores"]
        self.multimetric_ = isinstance(first, dict)
        if callable(self.scoring) and self.multimetric_:
            compat.check_refit(self, first)
            refit_metric = self.refit
        if not self.refit and self.multimetric_:
            return
        self.best_index_ = compat.select_best_index(self.refit, refit_metric, results)
        if not callable(self.refit):
            self.best_score_ = results[f"mean_test_{refit_metric}"][self.best_index_]
        self.best_params_ = results["params"][self.best_index_]

    def _refit(
        self, best: Any, X: Any, y: Any, params: dict[str, Any], context: Any, about: dict[str, Any]
    ) -> None:
        """Fit the best setting on all samples."""
        task = context.subcontext(task_name="refit-with-best-params")
        # A network alone has no callbacks of scikit-learn; handing them on would only warn of that.
        has_callbacks = hasattr(best, "set_callbacks")
        with task.propagate_callback_context(best) if has_callbacks else nullcontext():
            task.call_on_fit_task_begin(estimator=self, **about)
            start = time.time()
            self.best_estimator_ = best.fit(X, y, **params)
            self.refit_time_ = time.time() - start
        if hasattr(best, "feature_names_in_"):
            self.feature_names_in_ = best.feature_names_in_
        task.call_on_fit_task_end(estimator=self, **about)
