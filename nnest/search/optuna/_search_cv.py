"""Optuna studies whose trials train together."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np

from nnest._compat.sklearn import BaseSearchCV, Interval, StrOptions, parameter_constraints
from nnest.search._base import BaseBatchedSearchCV
from nnest.search._evaluation import Evaluation
from nnest.search._facts import derived
from nnest.search._kept import KeptNetworks
from nnest.search.optuna._study import Plan, run

__all__ = ["OptunaSearchCV"]


class OptunaSearchCV(KeptNetworks, BaseBatchedSearchCV):
    """Search of an Optuna study that trains the trials of a batch, and all folds, together.

    A batch of trials is asked for, trained in as few programs as there are architectures in it,
    and told. The study can be left and gone on with, by one process or several, on one machine or
    many, and is an ordinary `optuna.Study`: figures, importances and dashboards work on it.

    Parameters
    ----------
    estimator : estimator
        A classifier or regressor of this package, or a `sklearn.pipeline.Pipeline` that ends in
        one.
    param_distributions : dict or callable
        Distributions of Optuna, or lists of choices, by the name of a parameter. Or a function
        that asks a trial (``trial.suggest_float(...)``) and returns a dict of parameters, so that
        one may depend on another. It raises `optuna.TrialPruned` for what is not to be trained.
        Choices may be tuples, as of `hidden_units`:
        the study knows them as texts (``(64, 32)`` is ``"64-32"``), all else as they are.
    n_trials : int, default=20
        Complete and pruned trials of the study, those included that it has already.
    timeout : float, optional
        Seconds after which no more batches are begun.
    scoring : str, callable, list, tuple or dict, default=None
        One metric or several, as scikit-learn takes them; None is the estimator's `score`.
    cv : int, splitter or iterable of (train, test), default=None
        Folds, as scikit-learn takes them; None is five. They are made once for a study and kept
        in it. Test parts never take part in training nor in early stopping.
    sampler : str, callable or optuna.samplers.BaseSampler, default=None
        "tpe" (None is the same), "random", "grid", "qmc", "nsga2" or "nsga3"; or a function that
        takes a seed and returns a sampler, called for each trial; or a sampler, of which one copy
        is used for a whole call of `fit`.
    pruner : str or optuna.pruners.BasePruner, default=None
        "median", "halving", "hyperband" or "patient", or a pruner: stops unpromising trials
        early. None lets all trials train to their end.
    storage : str, Path or optuna.storages.BaseStorage, optional
        Where the study is kept: a path (a journal file), the URL of SQLite or PostgreSQL, or an
        `InMemoryStorage` or `RDBStorage` of Optuna; None keeps it in memory. Others are not
        supported.
    study_name : str, optional
        Its name in the storage, by which it is found again; needs `storage`. None names it by its
        data, so that each data set has a study of its own: in a nested cross-validation, each
        fold has one, and the same call goes on with all of them. A named study is of one data set:
        a second fold under its name is refused.
    group_size : int or "auto", default="auto"
        Trials in a batch. "auto" takes as many as fill the program of the device, and no more
        than a tenth of `n_trials` if what a batch is depends on the results of those before. It
        is decided once for a study and kept in it.
    objectives : str or sequence of str, default=("score",)
        Objectives to optimize: "score", names of metrics in `scoring` (greater is better),
        "seconds" of training, "parameters" and "bytes" of a network (less is better). Several make
        a study with a Pareto front.
    constraints : dict of str to number, optional
        Limits of "parameters" (weights) and "bytes" (weights and the optimizer's state, as they
        are trained). A setting above one is not trained and counts as pruned; the sampler learns
        from it.
    refit : bool, str or callable, default=True
        Whether to fit the best setting on all samples, by the estimator's own `fit`; the name of
        the metric that chooses, or a function of `cv_results_` that returns an index.
    random_state : int, RandomState instance or None, default=None
        Decides which settings are asked for, and the networks that have no random state of their
        own: each gets a seed by its trial and fold. An integer in the estimator stays what it is.
    verbose : int, default=0
        Print what a study does from 1 on, the time of each fit from 2 on, and its scores from 3
        on.
    error_score : "raise" or float, default=numpy.nan
        Score of a fold that cannot be fitted or scored where others of its trial can; a number
        that is not finite lets the trial fail, "raise" ends the search.
    return_train_score : bool, default=False
        Whether to score the training parts as well.
    callbacks : sequence of callable, optional
        Called with the study and a trial that was told, as those of `optuna.Study.optimize`;
        ``study.stop()`` ends the search after the batch, as Optuna's own callbacks do.
    checkpoint : str or Path, optional
        Folder in which the running state is kept, so that a killed batch goes on where it was.
    max_group : int or "auto", default="auto"
        Most networks that are trained at once; "auto" takes as many as fit into memory.
    keep : {"folds", "all"} or int, optional
        Networks of the folds to keep, with what they predict of the rows of their test parts:
        "folds" those of the best setting, a number those of so many best settings, "all" those of
        every setting that was scored. Then `ensemble` makes one estimator of them. The memory that
        they take is printed before the training (`verbose`). More than is free is refused, unless
        `checkpoint` is given: then the networks' numbers are kept there in files ``kept-*.bin``.
        They are read when a network is used, and may be deleted after the search is no longer
        used. None keeps nothing.
    target_score : float or dict of str to float, optional
        Ends the search when a complete trial of the study reaches it: no batch is begun any more,
        and one that trains is trained and told to its end. A number is a bound of the one
        objective; a dict has bounds by the names of objectives, all of which one trial must reach.
        Of a score, that value or more reaches it; of "seconds", "parameters" and "bytes", that
        value or less. It is no setting of the study: trials of other workers and of earlier calls
        count, each worker ends by its own target, and a later call with a higher one goes on.

    Attributes
    ----------
    study_ : optuna.Study
        The study.
    cv_results_ : dict of str to ndarray
        Scores, ranks and times, as `GridSearchCV` names them; a row for each trial of the study
        that was told, whoever trained it. Trials that were pruned or failed have no scores and
        come last; those that the space itself has pruned have no setting and no row.
    best_index_ : int
        Place of the best setting in `cv_results_`.
    best_params_ : dict
        The best setting.
    best_score_ : float
        Its mean score over the folds.
    best_trial_ : optuna.trial.FrozenTrial
        Its trial.
    best_trials_ : list of optuna.trial.FrozenTrial
        The Pareto front, if there are several objectives.
    best_estimator_ : estimator
        The best setting, fitted on all samples; only if `refit` is not False.
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
        row of `cv_results_`, the best first; only with `keep`. Not among them are
        settings of which a fold failed, and those that an earlier call or another process has
        trained; a warning counts them.
    oof_predictions_ : dict of int to ndarray
        What they predict of each row out of fold, by the same rows: probabilities of all labels of
        `y`, sorted, of shape (n, n_classes), or numbers in the shape of `y`, float32. NaN for rows
        that no fold holds out; the mean for those that several do. Only with `keep`.
    classes_ : ndarray of shape (n_classes,)
        Labels of the best estimator, if it classifies.
    n_features_in_ : int
        Number of features of the best estimator.

    Raises
    ------
    ValueError
        If a parameter is not accepted, or the storage has a study of this name for another space,
        other data or another estimator.

    Notes
    -----
    With a `random_state`, one process, one device and no `timeout`, a study repeats itself, also
    if it was interrupted and gone on with: the sampler of each trial has a seed that follows from
    the study's and from its place. Samplers given as objects remember what they drew,
    which is lost with the process; pruners that compare with all trials of a study ("halving",
    "hyperband") also see those that were lost. Seconds are never the same.

    With a pruner, a trial reports the mean over folds of its validation accuracy after each epoch,
    or, for regressors, of the negative validation loss. It is measured on the test part of each
    fold, which has no influence on the training; with `early_stopping=True` on the part that
    early stopping set aside inside the training part. All folds of a pruned trial stop.

    Trials that a user has enqueued (`Study.enqueue_trial`) are trained before new ones, with tuples
    as they are or as texts; in a grid each takes the place of the setting that it names. One with
    a value that is not one of the choices, or not of the kind, fails with a warning and does not
    count as one of `n_trials`.

    Callbacks of scikit-learn (`set_callbacks`) hear of one task for each fold of a trial, with the
    number of the trial times the number of folds, plus the fold, as its identifier. The tasks of a
    batch begin together. Their number is that of the trials that the study lacks; failed trials
    come on top, and settings above a constraint have none.

    What is known of a trial is in its `user_attrs`: scores and times of the folds, epochs, seeds,
    sizes, versions, the device, the digest of the data, and why it failed.

    Examples
    --------
    >>> from optuna.distributions import FloatDistribution
    >>> from nnest import MLPClassifier, OptunaSearchCV
    >>> from nnest.datasets import load_digits
    >>> digits = load_digits()
    >>> net = MLPClassifier(learning_rate=0.01)
    >>> space = {"dropout": FloatDistribution(0.0, 0.5), "hidden_units": [(64,), (64, 32)]}
    >>> search = OptunaSearchCV(net, space, n_trials=3, cv=2, random_state=0)
    >>> bool(search.fit(digits.data, digits.target).best_score_ > 0.9)
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **parameter_constraints(BaseSearchCV, "n_jobs", "pre_dispatch"),
        # The others are checked where they are used, with errors that list what is accepted.
        "scoring": [str, callable, list, tuple, dict, None],
        "n_trials": [Interval(Integral, 1, None, closed="left")],
        "timeout": [Interval(Real, 0, None, closed="neither"), None],
        "study_name": [str, None],
        "group_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "callbacks": [list, tuple, None],
        "checkpoint": [str, os.PathLike, None],
        "max_group": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "keep": [StrOptions({"folds", "all"}), Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(
        self,
        estimator: Any,
        param_distributions: Mapping[str, Any] | Callable[[Any], dict[str, Any]],
        *,
        n_trials: int = 20,
        timeout: float | None = None,
        scoring: Any = None,
        cv: Any = None,
        sampler: Any = None,
        pruner: Any = None,
        storage: Any = None,
        study_name: str | None = None,
        group_size: int | str = "auto",
        objectives: str | Sequence[str] = ("score",),
        constraints: Mapping[str, float] | None = None,
        refit: bool | str | Callable[[dict[str, Any]], int] = True,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
        error_score: float | str = np.nan,
        return_train_score: bool = False,
        callbacks: Sequence[Callable[[Any, Any], None]] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        max_group: int | str = "auto",
        keep: int | str | None = None,
        target_score: float | Mapping[str, float] | None = None,
    ) -> None:
        self.estimator = estimator
        self.param_distributions = param_distributions
        self.n_trials = n_trials
        self.timeout = timeout
        self.scoring = scoring
        self.cv = cv
        self.sampler = sampler
        self.pruner = pruner
        self.storage = storage
        self.study_name = study_name
        self.group_size = group_size
        self.objectives = objectives
        self.constraints = constraints
        self.refit = refit
        self.random_state = random_state
        self.verbose = verbose
        self.error_score = error_score
        self.return_train_score = return_train_score
        self.callbacks = callbacks
        self.checkpoint = checkpoint
        self.max_group = max_group
        self.keep = keep
        self.target_score = target_score

    def _search(
        self, evaluation: Evaluation, refit_metric: Any, context: Any
    ) -> tuple[dict[str, Any], int | None]:
        """Go on with the study to its end, and choose the best of its trials.

        The seed of the refit follows from the place of the best trial in the study.
        """
        plan = Plan.of(self, evaluation)
        self.study_ = plan.study
        evaluation.splits = plan.splits  # those of whoever began the study
        table = run(self, evaluation, plan, context)
        results = table.format(self)
        several = len(plan.objectives.names) > 1
        if several:
            self.best_trials_ = self.study_.best_trials
        if several and not self.refit:
            self.multimetric_ = isinstance(table.outcomes[0]["test_scores"], dict)
        else:
            self._choose(results, table.outcomes, refit_metric)
        self._keep_chosen(evaluation.keeper, results, table.places, plan.splits)
        if not hasattr(self, "best_index_"):
            return results, None
        self.best_trial_ = table.trials[self.best_index_]
        return results, derived(plan.seed, table.places[self.best_index_], self.n_splits_)
