"""Grid search whose members train together."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.model_selection import GridSearchCV

from nnest._compat.sklearn import Interval, StrOptions, parameter_constraints, run_grid
from nnest.search._base import BaseBatchedSearchCV
from nnest.search._evaluation import Evaluation
from nnest.search._kept import KeptNetworks

__all__ = ["VectorizedGridSearchCV"]


class VectorizedGridSearchCV(KeptNetworks, BaseBatchedSearchCV, GridSearchCV):
    """Grid search that trains all folds and settings of an architecture in one program.

    It takes the place of `sklearn.model_selection.GridSearchCV`: arguments, attributes and
    `cv_results_` are the same, and so are the scores, within the rounding of float32.

    Parameters
    ----------
    estimator : estimator
        A classifier or regressor of this package, or a `sklearn.pipeline.Pipeline` that ends in
        one. Transformers are fitted once for each fold and each of their own settings; steps that
        make or drop rows, as those of imbalanced-learn, work on training parts alone.
    param_grid : dict or list of dict
        Lists of values by the name of a parameter; several grids may be of different
        architectures.
    scoring : str, callable, list, tuple or dict, default=None
        One metric or several, as scikit-learn takes them; None is the estimator's `score`.
    cv : int, splitter or iterable of (train, test), default=None
        Folds, as scikit-learn takes them; None is five. Test parts never take part in training
        nor in early stopping.
    refit : bool, str or callable, default=True
        Whether to fit the best setting on all samples, by the estimator's own `fit`; the name of
        the metric that chooses, or a function of `cv_results_` that returns an index.
    n_jobs : int or None, default=None
        Workers of joblib that train, each one whole group at a time: networks of one architecture,
        at most `max_group` of them. None is 1, this process, except inside
        `joblib.parallel_config`, whose workers may be on other machines; -1 takes all. One process
        has all cores already: several are for many cores, or for several machines.
    verbose : int, default=0
        Print the number of fits from 1 on, the time of each fit from 2 on, and its scores from 3
        on.
    error_score : "raise" or float, default=numpy.nan
        Score of a member that cannot be fitted or scored, with a warning; or raise its error.
    return_train_score : bool, default=False
        Whether to score the training parts as well.
    checkpoint : str or Path, optional
        Folder in which the running state is kept, so that a killed search goes on where it was.
    max_group : int or "auto", default="auto"
        Most members that are trained at once; "auto" takes as many as fit into memory.
    keep : {"folds", "all"} or int, optional
        Networks of the folds to keep, with what they predict of the rows of their test parts:
        "folds" those of the best setting, a number those of so many best settings, "all" those of
        every setting. Then `ensemble` makes one estimator of them. The memory that
        they take is printed before the training (`verbose`). More than is free is refused, unless
        `checkpoint` is given: then the networks' numbers are kept there in files ``kept-*.bin``.
        They are read when a network is used, and may be deleted after the search is no longer
        used. None keeps nothing.

    Attributes
    ----------
    cv_results_ : dict of str to ndarray
        Scores, ranks and times, as `GridSearchCV` names them.
    best_index_ : int
        Place of the best setting in `cv_results_`.
    best_params_ : dict
        The best setting.
    best_score_ : float
        Its mean score over the folds.
    best_estimator_ : estimator
        It, fitted on all samples; only if `refit` is not False.
    refit_time_ : float
        Seconds that this took.
    scorer_ : callable or dict of callable
        The metrics.
    multimetric_ : bool
        Whether there are several.
    n_splits_ : int
        Number of folds.
    fold_estimators_ : dict of int to list of estimator
        Fitted networks, one for each fold, with the transformers of that fold before them, by the
        row of `cv_results_`, the best first; only with `keep`. A setting of which a fold failed is
        not among them.
    oof_predictions_ : dict of int to ndarray
        What they predict of each row out of fold, by the same rows: probabilities of all labels of
        `y`, sorted, of shape (n, n_classes), or numbers in the shape of `y`, float32. NaN for rows
        that no fold holds out; the mean for those that several do. Only with `keep`.
    classes_ : ndarray of shape (n_classes,)
        Labels of the best estimator, if it classifies.
    n_features_in_ : int
        Number of features of the best estimator.

    Notes
    -----
    Members that train together have no time of their own. The time of one call that trains them
    is shared equally among them, and so is that of a transformer among those that use it: the
    sum of all fit times is the time that fitting took.

    Fit parameters other than *sample_weight* and *groups* of the splitter are handed to each
    network's own `fit`, one network after the other, with a warning.

    Examples
    --------
    >>> from nnest import MLPClassifier, VectorizedGridSearchCV
    >>> from nnest.datasets import load_digits
    >>> digits = load_digits()
    >>> net = MLPClassifier(learning_rate=0.01, random_state=0)
    >>> search = VectorizedGridSearchCV(net, {"dropout": [0.0, 0.2]}, cv=3)
    >>> bool(search.fit(digits.data, digits.target).best_score_ > 0.9)
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **parameter_constraints(GridSearchCV, "pre_dispatch"),
        # `check_metrics` has a shorter sentence for an unknown metric.
        "scoring": [str, callable, list, tuple, dict, None],
        "checkpoint": [str, os.PathLike, None],
        "n_jobs": [
            Interval(Integral, None, -1, closed="right"),
            Interval(Integral, 1, None, closed="left"),
            None,
        ],
        "max_group": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "keep": [StrOptions({"folds", "all"}), Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(
        self,
        estimator: Any,
        param_grid: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Sequence[Any]]],
        *,
        scoring: Any = None,
        cv: Any = None,
        refit: bool | str | Callable[[dict[str, Any]], int] = True,
        n_jobs: int | None = None,
        verbose: int = 0,
        error_score: float | str = np.nan,
        return_train_score: bool = False,
        checkpoint: str | os.PathLike[str] | None = None,
        max_group: int | str = "auto",
        keep: int | str | None = None,
    ) -> None:
        self.estimator = estimator
        self.param_grid = param_grid
        self.scoring = scoring
        self.cv = cv
        self.refit = refit
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.error_score = error_score
        self.return_train_score = return_train_score
        self.checkpoint = checkpoint
        self.max_group = max_group
        self.keep = keep

    def _search(
        self, evaluation: Evaluation, refit_metric: Any, context: Any
    ) -> tuple[dict[str, Any], None]:
        """Train and score the whole grid; the refit has the estimator's own random state."""
        run_grid(self, evaluation, callback_ctx=context)
        self._choose(evaluation.results, evaluation.outcomes, refit_metric)
        places = list(range(len(evaluation.results["params"])))
        self._keep_chosen(evaluation.keeper, evaluation.results, places, evaluation.splits)
        return evaluation.results, None
