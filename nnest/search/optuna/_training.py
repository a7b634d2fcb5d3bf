"""Trains the trials of a batch together, and says what became of each."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from optuna.trial import TrialState
from sklearn.base import is_classifier

from nnest.search._batching import Member, fit_members
from nnest.search._checks import Rows
from nnest.search._evaluation import Evaluation
from nnest.search._facts import derived, device, versions
from nnest.search.optuna._objectives import Objectives, size_of, sizes_before
from nnest.search.optuna._pruning import Watch, was_stopped
from nnest.studies import Ending, Task

__all__ = ["Trainer"]

Outcome = dict[str, Any]


class Trainer:
    """What a study calls with each of its batches.

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
        Whether trials report how they get on, and may be given up.
    facts : dict of str to object
        What is written down with every trial.
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
    ) -> None:
        self._evaluation, self._objectives, self._limits = evaluation, objectives, limits
        self._seed, self._prunes, self._facts = seed, prunes, facts
        self._n_folds = len(evaluation.splits)

    def __call__(self, tasks: list[Task]) -> list[Ending]:
        """Train a batch; return the ending of each trial, in order."""
        endings: dict[int, Ending] = self._too_large(tasks) if self._limits else {}
        places = [i for i in range(len(tasks)) if i not in endings]
        trained = self._trained([tasks[i] for i in places]) if places else []
        endings.update(zip(places, trained, strict=True))
        return [endings[i] for i in range(len(tasks))]

    def _too_large(self, tasks: list[Task]) -> dict[int, Ending]:
        """Tell the sampler all sizes; return the endings of those above a limit."""
        endings: dict[int, Ending] = {}
        sizes = sizes_before(self._evaluation.job(), [task.params for task in tasks])
        for i, (task, size) in enumerate(zip(tasks, sizes, strict=True)):
            if size is None:
                continue
            for name, limit in self._limits.items():
                task.trial.set_constraint(name, size[name] - limit)
            over = [
                f"its {size[name]} {name} are more than {limit:.12g}"
                for name, limit in self._limits.items()
                if size[name] > limit
            ]
            if over:
                reason = f"It was not trained: {' and '.join(over)}."
                attrs = {"reason": reason, **size, **self._facts}
                endings[i] = Ending(TrialState.PRUNED, reason=reason, attrs=attrs)
        return endings

    def _trained(self, tasks: list[Task]) -> list[Ending]:
        """Train trials whose sizes are accepted."""
        watch = Watch(tasks, self._n_folds, self._prunes)
        job = self._evaluation.job(
            watched_rows=self._watched() if self._prunes else None,
            after_epoch=watch,
            is_callback_error=lambda error: error is watch.error,
        )
        seeds = [
            [derived(self._seed, task.place, fold) for fold in range(self._n_folds)]
            for task in tasks
        ]
        members = fit_members(job, [task.params for task in tasks], seeds)
        return self._endings(tasks, members, watch)

    def _watched(self) -> list[Rows]:
        """Return the test rows of each fold on which networks are watched.

        A label that is not trained on has no place among a network's outputs.
        """
        evaluation = self._evaluation
        if not is_classifier(evaluation.base):
            return [test for _, test in evaluation.splits]
        y = np.asarray(evaluation.y)
        return [test[np.isin(y[test], y[train])] for train, test in evaluation.splits]

    def _endings(self, tasks: list[Task], members: list[Member], watch: Watch) -> list[Ending]:
        """Score what is worth it, and say what became of each trial."""
        rows = [members[i : i + self._n_folds] for i in range(0, len(members), self._n_folds)]
        attrs = [self._attributes(row, watch) for row in rows]
        pruned = [self._is_pruned(i, row, watch) for i, row in enumerate(rows)]
        for row in rows:
            self._find_diverged(row)
        scored = [i for i, gone in enumerate(pruned) if not gone]
        outcomes = self._evaluation.score([each for i in scored for each in rows[i]])
        for n, i in enumerate(scored):
            of_trial = outcomes[n * self._n_folds : (n + 1) * self._n_folds]
            attrs[i].update(_scores(of_trial))
        endings = [
            Ending(TrialState.PRUNED, attrs=attrs[i]) if pruned[i] else self._ending(row, attrs[i])
            for i, row in enumerate(rows)
        ]
        for task, ending in zip(tasks, endings, strict=True):
            if ending.state is TrialState.COMPLETE:
                self._report_folds(task, ending.attrs["test_scores"])
        return endings

    def _report_folds(self, task: Task, scores: Any) -> None:
        """Report the scores of the folds, of which a study with one objective is the mean."""
        metric = self._objectives.metrics[0]
        if len(self._objectives.metrics) > 1 or metric is None or self._n_folds < 2:
            return
        of_folds: list[float | None] = scores[metric] if isinstance(scores, dict) else scores
        known = [score for score in of_folds if score is not None]
        if len(known) == self._n_folds:
            task.trial.report_folds(known)

    def _is_pruned(self, i: int, row: list[Member], watch: Watch) -> bool:
        """Tell whether a trial was given up, here or before its worker was lost."""
        if not self._prunes:
            return False
        watch.finish(i, max(getattr(member.network, "n_iter_", 0) for member in row))
        if any(member.error or _diverged(member) for member in row):
            return i in watch.pruned
        return i in watch.pruned or any(was_stopped(member.network) for member in row)

    def _attributes(self, row: list[Member], watch: Watch) -> dict[str, Any]:
        """Return what is written down of a trial beside its scores."""
        # A subclass may have a `fit` of its own that trains no such model.
        fitted = [m.network for m in row if m.error is None and hasattr(m.network, "model_")]
        first = fitted[0] if fitted else None
        seconds = [watch.seconds(member) for member in row]
        return {
            "fit_times": [member.seconds for member in row],
            "epochs": [int(network.n_iter_) for network in fitted],
            "seeds": [_plain_seed(member.network) for member in row],
            "group": getattr(first, "group_", None),
            "seconds": _finite(float(np.mean(seconds))),
            **({} if first is None else size_of(first.model_)),
            **self._facts,
            "device": device(),
            "versions": versions(),
        }

    def _ending(self, row: list[Member], attrs: dict[str, Any]) -> Ending:
        """Return the ending of a trial that was trained to its end."""
        errors = [member.error for member in row if member.error]
        if len(errors) == len(row) or (errors and not self._replaces_errors()):
            return _failed(_sentence(errors[0]), attrs)
        given = attrs["test_scores"]
        of_metrics = given if isinstance(given, dict) else {"score": given}
        scores = {name: _mean(values) for name, values in of_metrics.items()}
        measured = {name: _number(attrs.get(name)) for name in ("seconds", "parameters", "bytes")}
        values = self._objectives.values(scores, measured)
        wrong = [
            name
            for name, value in zip(self._objectives.names, values, strict=True)
            if not math.isfinite(value)
        ]
        if wrong:
            return _failed(f"Its {' and '.join(wrong)} is not a finite number.", attrs)
        return Ending(TrialState.COMPLETE, values=tuple(values), attrs=attrs)

    def _find_diverged(self, row: list[Member]) -> None:
        """Write down which members of a trial are not worth scoring, and why."""
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
        """Tell whether a fold that fails has a score."""
        return math.isfinite(_number(self._evaluation.error_score))


def _failed(reason: str, attrs: dict[str, Any]) -> Ending:
    """Return the ending of a trial that came to nothing."""
    return Ending(TrialState.FAIL, reason=reason, attrs={"reason": reason, **attrs})


def _diverged(member: Member) -> bool:
    """Tell whether a training came to infinite or undefined numbers."""
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
    """Return a number; NaN for what is none."""
    return float(value) if isinstance(value, int | float) else math.nan


def _mean(values: Sequence[float | None]) -> float:
    """Return the mean over folds; NaN if one is missing."""
    return float(np.mean([_number(value) for value in values]))


def _plain_seed(network: Any) -> int | None:
    """Return the seed of a network, if it is a number."""
    seed = network.random_state
    return int(seed) if isinstance(seed, int | np.integer) else None


def _sentence(error: str) -> str:
    """Return an error as one line."""
    return " ".join(error.split())
