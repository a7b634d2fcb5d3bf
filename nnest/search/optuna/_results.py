"""scikit-learn's table of results, made from a study alone."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from copy import deepcopy
from functools import cached_property
from typing import Any

import numpy as np
from optuna.exceptions import TrialPruned
from optuna.study import Study, create_study
from optuna.trial import FrozenTrial, TrialState

from nnest._compat.optuna import allow_stop
from nnest._compat.sklearn import format_results
from nnest.search.optuna._spaces import Space
from nnest.studies import TrialHistory

__all__ = ["Table"]


class Table:
    """The trials of a study that were trained, as a search hands them out.

    Parameters
    ----------
    study : optuna.Study
        The study.
    space : Space
        What turns a trial into a setting.
    n_folds : int
        Folds of each trial.
    metrics : iterable of str
        The names of several metrics; empty if there is one, or a function.

    Attributes
    ----------
    trials : list of FrozenTrial
        One for each row, in the order of their places: trials that were lost with their worker
        and trained again are there once.
    places : list of int
        The place in the study of each.
    params : list of dict
        Their settings.
    outcomes : list of dict
        Scores and times of each row and fold, as scikit-learn's searches call them.
    """

    def __init__(self, study: Study, space: Space, n_folds: int, metrics: Iterable[str]) -> None:
        history = TrialHistory(study)
        told = history.of_state(TrialState.COMPLETE, TrialState.PRUNED)
        known = [
            (trial, setting)
            for trial in history.in_order([*told, *history.failed])
            if (setting := _setting(space, trial, study)) is not None
        ]
        self.trials = [trial for trial, _ in known]
        self.places = [history.places[trial.number] for trial in self.trials]
        self.params = [setting for _, setting in known]
        self._n_folds = n_folds
        self._metrics = list(metrics) or _returned_metrics(self.trials)
        self.outcomes = [each for trial in self.trials for each in self._of_trial(trial)]

    def format(self, search: Any) -> dict[str, Any]:
        """Return `cv_results_`."""
        with warnings.catch_warnings():
            # Trials that were given up have no scores, and that is as it should be.
            warnings.filterwarnings("ignore", ".* scores are non-finite", UserWarning)
            results: dict[str, Any] = format_results(
                search, self.params, self._n_folds, self.outcomes
            )
        return results

    @property
    def has_best(self) -> bool:
        """Whether there is a trial with scores."""
        return any(trial.state == TrialState.COMPLETE for trial in self.trials)

    def _of_trial(self, trial: FrozenTrial) -> list[dict[str, Any]]:
        """Return the outcomes of a trial, one for each fold."""
        attrs = trial.user_attrs
        # Only the scores of all folds of a trial that went to its end are to be compared.
        known = trial.state == TrialState.COMPLETE
        columns = {
            name: self._scores(attrs.get(name) if known else None)
            for name in ("test_scores", "train_scores")
        }
        for name in ("fit_time", "score_time"):
            columns[name] = _numbers(attrs.get(f"{name}s"), self._n_folds)
        return [
            {name: column[fold] for name, column in columns.items()}
            for fold in range(self._n_folds)
        ]

    def _scores(self, kept: Any) -> list[Any]:
        """Return the scores of each fold: a number, or one for each metric."""
        if self._metrics is None:
            return _numbers(kept, self._n_folds)
        kept = kept if isinstance(kept, dict) else {}
        of_metric = {name: _numbers(kept.get(name), self._n_folds) for name in self._metrics}
        return [
            {name: values[fold] for name, values in of_metric.items()}
            for fold in range(self._n_folds)
        ]


def _setting(space: Space, trial: FrozenTrial, study: Study) -> dict[str, Any] | None:
    """Return the setting of a trial; None if it has none, pruned by its space say."""
    try:
        return space.define(_Again(trial, study))
    except (TrialPruned, ValueError):
        return None


class _Again:
    """A finished trial that a function is asked for again, in the study as it was then."""

    def __init__(self, trial: FrozenTrial, study: Study) -> None:
        self._trial, self._study = deepcopy(trial), study  # what is asked, writes into it

    def __getattr__(self, name: str) -> Any:
        """Be the trial."""
        return getattr(self._trial, name)

    @cached_property
    def study(self) -> Study:
        """The trials that had been told when this one began."""
        began = self._trial.datetime_start
        study = create_study(directions=self._study.directions)
        study.add_trials(
            each
            for each in self._study.get_trials(deepcopy=False)
            if began and each.datetime_complete and each.datetime_complete <= began
        )
        allow_stop(study)
        return study


def _returned_metrics(trials: list[FrozenTrial]) -> list[str] | None:
    """Return the names of the metrics that a function has returned; None if it has one."""
    kept = [trial.user_attrs.get("test_scores") for trial in trials]
    return next((list(each) for each in kept if isinstance(each, dict)), None)


def _numbers(kept: Any, n: int) -> list[float]:
    """Return a list of numbers as it was before JSON."""
    if not isinstance(kept, list) or len(kept) != n:
        return [np.nan] * n
    return [np.nan if value is None else float(value) for value in kept]
