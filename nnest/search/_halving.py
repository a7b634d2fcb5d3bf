"""Successive halving whose survivors go on from the weights that they have."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.model_selection import ParameterGrid, ParameterSampler

from nnest._compat.sklearn import Interval, StrOptions
from nnest.population import checkpoints_kept
from nnest.search._base import BaseBatchedSearchCV
from nnest.search._batching import with_setting
from nnest.search._checks import checked_network
from nnest.search._evaluation import Evaluation
from nnest.search._grid import VectorizedGridSearchCV
from nnest.search._kept import KeptNetworks
from nnest.search._rungs import Rungs, epochs_of_rungs

__all__ = ["HalvingSearchCV"]


class HalvingSearchCV(KeptNetworks, BaseBatchedSearchCV):
    """Successive halving over epochs, in which nothing is trained twice.

    All settings are trained for a few epochs, all folds together. The best of them, one in
    `factor`, go on from the weights that they have, for `factor` times as many epochs; and so on,
    until few settings have been trained for all epochs. Scores of the last rung are those that a
    whole search would have found for these settings.

    Parameters
    ----------
    estimator : estimator
        A classifier or regressor of this package, or a `sklearn.pipeline.Pipeline` that ends in
        one. Its *epochs* are those of a whole training.
    param_grid : dict or list of dict
        Lists of values by the name of a parameter; with `n_candidates`, distributions too.
    n_candidates : int or None, default=None
        How many settings are drawn from `param_grid`; None takes all of them.
    factor : int, default=3
        One of so many settings goes on, for so many times the epochs.
    min_resources : {"exhaust", "smallest"} or int, default="exhaust"
        Epochs of the first rung; "smallest" is 1, and with "exhaust" the last rung has
        `max_resources`.
    max_resources : "auto" or int, default="auto"
        Epochs of a whole training; "auto" takes the *epochs* of the estimator.
    aggressive_elimination : bool, default=False
        Whether to compare more than once after the first rung where there are too few epochs to
        bring the settings down to less than `factor`.
    scoring : str, callable or None, default=None
        The metric, as scikit-learn takes it; None is the estimator's `score`.
    cv : int, splitter or iterable of (train, test), default=None
        Folds, as scikit-learn takes them; None is five.
    refit : bool, default=True
        Whether to fit the best setting on all samples, for `max_resources` epochs.
    n_jobs : int or None, default=None
        Workers of joblib that train, each one whole group at a time: networks of one architecture,
        at most `max_group` of them. None is 1, this process, except inside
        `joblib.parallel_config`, whose workers may be on other machines; -1 takes all. One process
        has all cores already: several are for many cores, or for several machines.
    verbose : int, default=0
        Print the number of fits of each rung from 1 on.
    error_score : "raise" or float, default=numpy.nan
        Score of a member that cannot be fitted or scored, with a warning; or raise its error. From
        the second rung on, an error is that of all members that train in one call.
    return_train_score : bool, default=False
        Whether to score the training parts as well.
    checkpoint : str or Path, optional
        Folder in which all rungs are kept until the end, so that a killed search goes on where it
        was.
    max_group : int or "auto", default="auto"
        Most members that are trained at once; "auto" takes as many as fit into memory.
    random_state : int, RandomState instance or None, default=None
        Decides which settings are drawn.
    keep : {"folds", "all"} or int, optional
        Networks of the last rung to keep, as in `VectorizedGridSearchCV`: "all" are those of all
        its settings.

    Attributes
    ----------
    cv_results_ : dict of str to ndarray
        Scores, ranks and times, as scikit-learn names them, one row for each setting and rung;
        ``iter`` is the rung and ``n_resources`` its epochs.
    best_index_ : int
        Place of the best setting of the last rung in `cv_results_`.
    best_params_ : dict
        The best setting.
    best_score_ : float
        Its mean score over the folds.
    best_estimator_ : estimator
        It, fitted on all samples; only if `refit`.
    n_resources_ : list of int
        Epochs of each rung.
    n_candidates_ : list of int
        Settings of each rung.
    n_iterations_ : int
        Number of rungs.
    n_remaining_candidates_ : int
        Settings that would go on after the last rung.
    min_resources_, max_resources_ : int
        Epochs of the first rung, and of a whole training.
    refit_time_ : float
        Seconds that the refit took.
    scorer_ : callable
        The metric.
    n_splits_ : int
        Number of folds.
    fold_estimators_, oof_predictions_ : dict of int
        As in `VectorizedGridSearchCV`; only with `keep`.
    classes_ : ndarray of shape (n_classes,)
        Labels of the best estimator, if it classifies.
    n_features_in_ : int
        Number of features of the best estimator.

    Notes
    -----
    The method is that of Jamieson and Talwalkar, "Non-stochastic best arm identification and
    hyperparameter optimization", AISTATS 2016. scikit-learn's `HalvingGridSearchCV` trains each
    rung anew. Here a training goes on, so *early_stopping* and *learning_rate_schedule*, which
    would begin anew in each rung, are not accepted, and *epochs* is no parameter of the grid.

    Examples
    --------
    >>> from nnest import HalvingSearchCV, MLPClassifier
    >>> from nnest.datasets import load_digits
    >>> digits = load_digits()
    >>> net = MLPClassifier(epochs=9, random_state=0)
    >>> grid = {"learning_rate": [1e-4, 1e-3, 1e-2], "dropout": [0.0, 0.2, 0.4]}
    >>> search = HalvingSearchCV(net, grid, cv=3, refit=False)
    >>> search.fit(digits.data / 16, digits.target).n_resources_, search.n_candidates_
    ([1, 3, 9], [9, 3, 1])
    >>> search.best_params_["learning_rate"]
    0.01
    """

    _evaluation = Rungs
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **VectorizedGridSearchCV._parameter_constraints,
        "n_candidates": [Interval(Integral, 1, None, closed="left"), None],
        "factor": [Interval(Integral, 2, None, closed="left")],
        "min_resources": [
            Interval(Integral, 1, None, closed="left"),
            StrOptions({"exhaust", "smallest"}),
        ],
        "max_resources": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "aggressive_elimination": ["boolean"],
        "scoring": [str, callable, None],
        "refit": ["boolean"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: Any,
        param_grid: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        *,
        n_candidates: int | None = None,
        factor: int = 3,
        min_resources: int | str = "exhaust",
        max_resources: int | str = "auto",
        aggressive_elimination: bool = False,
        scoring: Any = None,
        cv: Any = None,
        refit: bool = True,
        n_jobs: int | None = None,
        verbose: int = 0,
        error_score: float | str = np.nan,
        return_train_score: bool = False,
        checkpoint: str | os.PathLike[str] | None = None,
        max_group: int | str = "auto",
        random_state: int | np.random.RandomState | None = None,
        keep: int | str | None = None,
    ) -> None:
        self.estimator = estimator
        self.param_grid = param_grid
        self.n_candidates = n_candidates
        self.factor = factor
        self.min_resources = min_resources
        self.max_resources = max_resources
        self.aggressive_elimination = aggressive_elimination
        self.scoring = scoring
        self.cv = cv
        self.refit = refit
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.error_score = error_score
        self.return_train_score = return_train_score
        self.checkpoint = checkpoint
        self.max_group = max_group
        self.random_state = random_state
        self.keep = keep

    def _search(
        self, evaluation: Evaluation, refit_metric: Any, context: Any
    ) -> tuple[dict[str, Any], None]:
        """Train from rung to rung, and choose among those that came to the last."""
        assert isinstance(evaluation, Rungs)
        candidates = self._drawn()
        self._check(evaluation, candidates)
        rungs = self._planned(len(candidates), int(checked_network(evaluation.base).epochs))
        task = context.subcontext(task_name="search", max_subtasks=len(rungs))
        task.call_on_fit_task_begin(estimator=self)
        evaluation.begin(rungs[0])
        keeper, evaluation.keeper = evaluation.keeper, None
        if keeper is not None:  # before anything is trained
            n_last = len(candidates)
            for _ in rungs[1:]:
                n_last = -(-n_last // self.factor)
            keeper.check_room(evaluation.job(), candidates, n_last)
        with checkpoints_kept():
            for i, epochs in enumerate(rungs):
                if i == len(rungs) - 1:
                    evaluation.keeper = keeper  # those of earlier rungs are not trained to the end
                if i:
                    results = evaluation.results
                    scores = results["mean_test_score"][np.asarray(results["iter"]) == i - 1]
                    best = _best_places(scores, -(-len(candidates) // self.factor))
                    candidates = [candidates[place] for place in best]
                    evaluation.go_on(best, epochs - rungs[i - 1])
                rung = task.subcontext(
                    task_name="halving-iteration",
                    max_subtasks=len(candidates) * self.n_splits_,
                    sequential_subtasks=False,
                )
                rung.call_on_fit_task_begin(estimator=self)
                n = len(candidates)
                evaluation(candidates, {"iter": [i] * n, "n_resources": [epochs] * n}, rung)
                if "mean_test_score" not in evaluation.results:
                    raise ValueError("scoring returns several metrics: give one with one number.")
                self.n_candidates_.append(n)
                rung.call_on_fit_task_end(estimator=self)
        task.call_on_fit_task_end(estimator=self)
        self.n_remaining_candidates_ = -(-len(candidates) // self.factor)
        self._choose(evaluation.results, evaluation.outcomes, refit_metric)
        places = list(range(len(evaluation.results["params"])))
        self._keep_chosen(keeper, evaluation.results, places, evaluation.splits)
        whole = {"epochs": rungs[-1], "warm_start": checked_network(evaluation.base).warm_start}
        for nets in getattr(self, "fold_estimators_", {}).values():
            for net in nets:
                checked_network(net).set_params(**whole)
        return evaluation.results, None

    def _best_first(self, keeper: Any, results: dict[str, Any]) -> list[int]:
        """Return the rows of the last rung that have scores, the winner first."""
        rows = super()._best_first(keeper, results)
        return [row for row in rows if results["iter"][row] == self.n_iterations_ - 1]

    def _drawn(self) -> list[dict[str, Any]]:
        """Return the settings of the first rung."""
        if self.n_candidates is None:
            return list(ParameterGrid(self.param_grid))
        return list(
            ParameterSampler(self.param_grid, self.n_candidates, random_state=self.random_state)
        )

    def _check(self, evaluation: Evaluation, candidates: list[dict[str, Any]]) -> None:
        """Raise if a setting cannot go on from rung to rung."""
        given = [name for name, value in evaluation.fit_params.items() if value is not None]
        if {name.rpartition("__")[2] for name in given} - {"sample_weight"}:
            raise ValueError(
                f"The fit parameters {sorted(given)} are not for many networks at once: leave out "
                "all but sample_weight, or use VectorizedGridSearchCV."
            )
        for candidate in candidates:
            if any(name.rpartition("__")[2] == "epochs" for name in candidate):
                raise ValueError(
                    "param_grid holds epochs, which are what a setting gets more of from rung to "
                    "rung: leave them out, and give max_resources."
                )
            network = checked_network(with_setting(evaluation.base, candidate))
            for name in ("early_stopping", "learning_rate_schedule"):
                if getattr(network, name):
                    raise ValueError(
                        f"{name}={getattr(network, name)!r} would begin anew in each rung: leave "
                        "it out, or use VectorizedGridSearchCV."
                    )

    def _planned(self, n_candidates: int, epochs: int) -> list[int]:
        """Return the epochs of all rungs."""
        if not n_candidates:
            raise ValueError("The grid is empty: give at least one dict of parameters to try.")
        most = epochs if self.max_resources == "auto" else int(self.max_resources)
        first = self.min_resources
        if not isinstance(first, str) and first > most:
            raise ValueError(
                f"min_resources is {first}, but a whole training has {most} epochs: give fewer, or "
                "more max_resources."
            )
        rungs = epochs_of_rungs(n_candidates, most, self.factor, first, self.aggressive_elimination)
        self.n_resources_, self.n_iterations_ = rungs, len(rungs)
        self.min_resources_, self.max_resources_ = rungs[0], most
        self.n_candidates_: list[int] = []
        return rungs

    def _choose(
        self, results: dict[str, Any], outcomes: list[dict[str, Any]], refit_metric: Any
    ) -> None:
        """Set the best setting of the last rung, its index and its score."""
        del outcomes, refit_metric
        self.multimetric_ = False
        last = np.flatnonzero(results["iter"] == self.n_iterations_ - 1)
        (best,) = _best_places(results["mean_test_score"][last], 1)
        self.best_index_ = int(last[best])
        self.best_score_ = results["mean_test_score"][self.best_index_]
        self.best_params_ = results["params"][self.best_index_]

    def _refit(self, best: Any, *arguments: Any) -> None:
        """Fit the best setting on all samples, for a whole training."""
        checked_network(best).set_params(epochs=self.max_resources_)
        super()._refit(best, *arguments)


def _best_places(scores: np.ndarray, n: int) -> list[int]:
    """Return where the best scores are, best first; the first of equals, and no number last."""
    known = np.where(np.isfinite(scores), scores, -np.inf)
    return [int(place) for place in np.argsort(-known, kind="stable")[:n]]
