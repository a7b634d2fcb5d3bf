"""Trains the trials of a batch together."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from optuna.trial import TrialState
from sklearn.base import is_classifier

from nnest._machine import device
from nnest.estimators import network_size
from nnest.search._batching import Member, fit_members
from nnest.search._checks import Rows
from nnest.search._evaluation import Evaluation
from nnest.search._facts import derived, versions
from nnest.search._sizes import sizes_before
from nnest.search.optuna._objectives import Objectives
from nnest.search.optuna._pruning import PruningReporter, was_stopped
from nnest.studies import BatchTrial, TrialResult

__all__ = ["Trainer"]

Outcome = dict[str, Any]


class Trainer:
    """Trains the batches of a study.

    Parameters
    ----------
    evaluation : Evaluation
        Samples, folds and metrics.
    objectives : Objectives
        What is told of a trial.
    limits : dict of str to float
        Sizes above which a setting is not trained.
    seed : int
        That of the study.
    prunes : bool
        Whether trials report every epoch, and may be stopped early.
    facts : dict of str to object
        What is stored with every trial.
    context : CallbackContext
        The task of scikit-learn's callbacks to which the fits belong.
    """

    def __init__(
        self,
        evaluation: Evaluation,
        objectives: Objectives,
        limits: dict[str, float],
        *,
        seed: int,
        prunes: bool,
        facts: dict[str, Any],
        context: Any,
    ) -> None:
        self._evaluation, self._objectives, self._limits = evaluation, objectives, limits
        self._context = context
        self._seed, self._prunes, self._facts = seed, prunes, facts
        self._n_folds = len(evaluation.splits)

    def __call__(self, trials: list[BatchTrial]) -> list[TrialResult]:
        """Train a batch; return the result of each trial, in order."""
        results: dict[int, TrialResult] = self._too_large(trials) if self._limits else {}
        places = [i for i in range(len(trials)) if i not in results]
        trained = self._trained([trials[i] for i in places]) if places else []
        results.update(zip(places, trained, strict=True))
        return [results[i] for i in range(len(trials))]

    def _too_large(self, trials: list[BatchTrial]) -> dict[int, TrialResult]:
        """Set the sizes as constraints; return the results of trials above a limit."""
        results: dict[int, TrialResult] = {}
        sizes = sizes_before(self._evaluation.job(), [trial.params for trial in trials])
        for i, (trial, size) in enumerate(zip(trials, sizes, strict=True)):
            if size is None:
                continue
            for name, limit in self._limits.items():
                trial.trial.set_constraint(name, size[name] - limit)
            over = [
                f"its {size[name]} {name} are more than {limit:.12g}"
                for name, limit in self._limits.items()
                if size[name] > limit
            ]
            if over:
                reason = f"It was not trained: {' and '.join(over)}."
                attrs = {"reason": reason, **size, **self._facts}
                results[i] = TrialResult(TrialState.PRUNED, reason=reason, attrs=attrs)
        return results

    def _trained(self, trials: list[BatchTrial]) -> list[TrialResult]:
        """Train trials whose sizes are accepted."""
        reporter = PruningReporter(trials, self._n_folds, self._prunes)
        job = self._evaluation.job(
            watched_rows=self._watched() if self._prunes else None,
            after_epoch=reporter,
            is_callback_error=lambda error: error is reporter.error,
        )
        seeds = [
            [derived(self._seed, trial.place, fold) for fold in range(self._n_folds)]
            for trial in trials
        ]
        first = [trial.trial.number * self._n_folds for trial in trials]
        ids = (start + fold for start in first for fold in range(self._n_folds))
        tasks = self._evaluation.begin_tasks(self._context, ids)
        members = fit_members(job, [trial.params for trial in trials], seeds)
        return self._results(trials, members, tasks, reporter)

    def _watched(self) -> list[Rows]:
        """Return the test rows of each fold on which networks are watched.

        A label that is not trained on has no place among a network's outputs.
        """
        evaluation = self._evaluation
        if not is_classifier(evaluation.base):
            return [test for _, test in evaluation.splits]
        y = np.asarray(evaluation.y)
        return [test[np.isin(y[test], y[train])] for train, test in evaluation.splits]

    def _results(
        self,
        trials: list[BatchTrial],
        members: list[Member],
        tasks: list[Any],
        reporter: PruningReporter,
    ) -> list[TrialResult]:
        """Score the trials that were not pruned; return all results."""
        rows, tasks_of = (
            [each[i : i + self._n_folds] for i in range(0, len(members), self._n_folds)]
            for each in (members, tasks)
        )
        attrs = [self._attributes(row, reporter) for row in rows]
        pruned = [self._is_pruned(i, row, reporter) for i, row in enumerate(rows)]
        for row in rows:
            self._find_diverged(row)
        scored = [i for i, gone in enumerate(pruned) if not gone]
        outcomes = self._evaluation.score(
            [each for i in scored for each in rows[i]],
            [each for i in scored for each in tasks_of[i]],
        )
        for task in (each for i, gone in enumerate(pruned) if gone for each in tasks_of[i]):
            self._evaluation.end_task(task)
        for n, i in enumerate(scored):
            of_trial = outcomes[n * self._n_folds : (n + 1) * self._n_folds]
            attrs[i].update(_scores(of_trial))
        results = [
            TrialResult(TrialState.PRUNED, attrs=attrs[i])
            if pruned[i]
            else self._result(row, attrs[i])
            for i, row in enumerate(rows)
        ]
        complete = [i for i, each in enumerate(results) if each.state is TrialState.COMPLETE]
        for i in complete:
            self._report_folds(trials[i], results[i].attrs["test_scores"])
        keeper = self._evaluation.keeper
        if keeper is not None:
            means = {i: _means(results[i].attrs["test_scores"]) for i in complete}
            keeper.add(
                [(trials[i].place, rows[i], means[i].get(keeper.metric or "")) for i in complete],
                [test for _, test in self._evaluation.splits],
            )
        return results

    def _report_folds(self, trial: BatchTrial, scores: Any) -> None:
        """Report the scores of the folds, of which a study with one objective is the mean."""
        metric = self._objectives.metrics[0]
        if len(self._objectives.metrics) > 1 or metric is None or self._n_folds < 2:
            return
        of_folds: list[float | None] = scores[metric] if isinstance(scores, dict) else scores
        known = [score for score in of_folds if score is not None]
        if len(known) == self._n_folds:
            trial.trial.report_folds(known)

    def _is_pruned(self, i: int, row: list[Member], reporter: PruningReporter) -> bool:
        """Return whether a trial was pruned, here or before its worker was lost."""
        if not self._prunes:
            return False
        reporter.finish(i, max(getattr(member.network, "n_iter_", 0) for member in row))
        if any(member.error or _diverged(member) for member in row):
            return i in reporter.pruned
        return i in reporter.pruned or any(was_stopped(member.network) for member in row)

    def _attributes(self, row: list[Member], reporter: PruningReporter) -> dict[str, Any]:
        """Return what is stored of a trial beside its scores."""
        # A subclass may have a `fit` of its own that trains no such model.
        fitted = [m.network for m in row if m.error is None and hasattr(m.network, "n_iter_")]
        first = fitted[0] if fitted else None
        seconds = [reporter.seconds(member) for member in row]
        return {
            "fit_times": [member.seconds for member in row],
            "epochs": [int(network.n_iter_) for network in fitted],
            "seeds": [_plain_seed(member.network) for member in row],
            "group": getattr(first, "group_", None),
            "seconds": _finite(float(np.mean(seconds))),
            **({} if first is None else network_size(first)),
            **self._facts,
            "device": device(),
            "versions": versions(),
        }

    def _result(self, row: list[Member], attrs: dict[str, Any]) -> TrialResult:
        """Return the result of a trial that was not pruned."""
        errors = [member.error for member in row if member.error]
        if len(errors) == len(row) or (errors and not self._replaces_errors()):
            return _failed(_sentence(errors[0]), attrs)
        scores = _means(attrs["test_scores"])
        measured = {name: _number(attrs.get(name)) for name in ("seconds", "parameters", "bytes")}
        values = self._objectives.values(scores, measured)
        wrong = [
            name
            for name, value in zip(self._objectives.names, values, strict=True)
            if not math.isfinite(value)
        ]
        if wrong:
            return _failed(f"Its {' and '.join(wrong)} is not a finite number.", attrs)
        return TrialResult(TrialState.COMPLETE, values=tuple(values), attrs=attrs)

    def _find_diverged(self, row: list[Member]) -> None:
        """Give all members of a trial an error if a training diverged."""
        diverged = [member for member in row if member.error is None and _diverged(member)]
        if not diverged:
            return
        first = diverged[0]
        reason = (
            f"The training diverged: its loss is not finite after epoch {first.network.n_iter_} of "
            f"fold {first.fold}."
        )
        if self._evaluation.error_score == "raise":
            raise ValueError(reason)
        warnings.warn(f"{reason} Its trial fails.", UserWarning, stacklevel=2)
        for member in row:
            # The others were stopped: the mean over folds has no value any more.
            member.error = member.error or reason

    def _replaces_errors(self) -> bool:
        """Return whether a fold that fails has a score."""
        return math.isfinite(_number(self._evaluation.error_score))


def _failed(reason: str, attrs: dict[str, Any]) -> TrialResult:
    """Return the result of a failed trial."""
    return TrialResult(TrialState.FAIL, reason=reason, attrs={"reason": reason, **attrs})


def _diverged(member: Member) -> bool:
    """Return whether the loss of a training became infinite or undefined."""
    return bool(getattr(member.network, "diverged_", False))


def _scores(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the scores of all folds, and the times that they took, as plain lists."""
    plain: dict[str, Any] = {"score_times": [each["score_time"] for each in outcomes]}
    for name in ("test_scores", "train_scores"):
        if name in outcomes[0]:
            plain[name] = _turned([each[name] for each in outcomes])
    return plain


def _turned(scores: list[Any]) -> Any:
    """Return one list of finite numbers and None, or one for each metric."""
    metrics = next((list(each) for each in scores if isinstance(each, dict)), None)
    if metrics is None:
        return [_finite(float(each)) for each in scores]
    return {
        name: [_finite(float(each[name] if isinstance(each, dict) else each)) for each in scores]
        for name in metrics
    }


def _finite(value: float) -> float | None:
    """Return a number that JSON has, or None."""
    return value if math.isfinite(value) else None


def _number(value: Any) -> float:
    """Return `float(value)`, NaN if it is not a number."""
    return float(value) if isinstance(value, int | float) else math.nan


def _mean(values: Sequence[float | None]) -> float:
    """Return the mean over folds; NaN if one is missing."""
    return float(np.mean([_number(value) for value in values]))


def _means(scores: Any) -> dict[str, float]:
    """Return the mean over folds of each metric; one alone is called "score"."""
    of_metrics = scores if isinstance(scores, dict) else {"score": scores}
    return {name: _mean(values) for name, values in of_metrics.items()}


def _plain_seed(network: Any) -> int | None:
    """Return the seed of a network, if it is a number."""
    seed = network.random_state
    return int(seed) if isinstance(seed, int | np.integer) else None


def _sentence(error: str) -> str:
    """Return an error as one line."""
    return " ".join(error.split())
