"""Trains and scores candidates, and returns scikit-learn's table of results."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from nnest._compat import sklearn as compat
from nnest.population import checkpoints_kept
from nnest.search._batching import Job, Member, fit_members
from nnest.search._checks import Rows, several_metrics
from nnest.search._keeping import Keeper

__all__ = ["Evaluation", "Split"]

Split = tuple[Rows, Rows]


class Evaluation:
    """Trains and scores the candidates of a search, in one call or in several.

    Parameters
    ----------
    search : BaseSearchCV
        The search, whose parameters are read.
    base : estimator
        The estimator that gets the settings.
    X, y : array-like
        Samples and targets.
    splits : list of (train, test)
        Rows of each fold.
    scorers : callable
        One metric, or several in one.
    routed : Bunch
        Parameters for the estimator's `fit` and for the metrics.
    keeper : Keeper or None
        What keeps networks.
    """

    #: Whether networks are still needed when they have been scored.
    keeps_networks = False

    def __init__(
        self,
        search: Any,
        base: Any,
        X: Any,
        y: Any,
        splits: list[Split],
        scorers: Any,
        routed: Any,
        keeper: Keeper | None = None,
    ) -> None:
        self._search, self.X, self.y = search, X, y
        self.base, self.splits, self.scorers = base, splits, scorers
        self.metrics = several_metrics(search.scoring)
        self._score_params = routed.scorer.score or {}
        self.fit_params = routed.estimator.fit
        self.error_score = search.error_score
        self.keeper = keeper
        self._candidates: list[dict[str, Any]] = []
        self._more: defaultdict[str, list[Any]] = defaultdict(list)
        self.outcomes: list[dict[str, Any]] = []
        self.results: dict[str, Any] = {}

    def __call__(
        self,
        candidate_params: Iterable[dict[str, Any]],
        more_results: Mapping[str, Iterable[Any]] | None = None,
        callback_ctx: Any = None,
    ) -> dict[str, Any]:
        """Train and score candidates, and return the table of all so far."""
        candidates = list(candidate_params)
        if not candidates:
            raise ValueError("The grid is empty: give at least one dict of parameters to try.")
        if self.keeper is not None and not self.keeps_networks:  # of halving, asked at its begin
            self.keeper.check_room(self.job(), candidates, len(candidates))
        tasks = self._begin(len(candidates), callback_ctx)
        # Until all is in the table, and kept where it is asked for, what is trained can be lost.
        with checkpoints_kept():
            members = self._trained(candidates)
            self._add(candidates, self.score(members, tasks), more_results or {})
            if self.keeper is not None:
                self._keep(self.keeper, members)
        return self.results

    def _add(
        self,
        candidates: list[dict[str, Any]],
        outcomes: list[dict[str, Any]],
        more_results: Mapping[str, Iterable[Any]],
    ) -> None:
        """Add outcomes to the table."""
        compat.report_fit_failures(outcomes, self._search.error_score)
        if callable(self._search.scoring):
            compat.insert_error_scores(outcomes, self._search.error_score)
        self._candidates += candidates
        self.outcomes += outcomes
        for name, values in more_results.items():
            self._more[name] += values
        self.results = compat.format_results(
            self._search, self._candidates, len(self.splits), self.outcomes, self._more
        )

    def _trained(self, candidates: list[dict[str, Any]]) -> list[Member]:
        """Return the members of candidates, fitted."""
        return fit_members(self.job(), candidates)

    def _keep(self, keeper: Keeper, members: list[Member]) -> None:
        """Hand the members of new candidates over, with the scores of the table."""
        n_folds = len(self.splits)
        means = self.results.get(f"mean_test_{keeper.metric}")
        first = len(self._candidates) - len(members) // n_folds
        keeper.add(
            (
                (place, members[i : i + n_folds], None if means is None else float(means[place]))
                for place, i in enumerate(range(0, len(members), n_folds), first)
            ),
            [test for _, test in self.splits],
        )

    def job(self, **more: Any) -> Job:
        """Return the settings that all members share."""
        return Job(
            self.base,
            self.X,
            self.y,
            [train for train, _ in self.splits],
            self.fit_params,
            self._search.error_score,
            self._search.checkpoint,
            self._search.max_group,
            getattr(self._search, "n_jobs", None),
            **more,
        )

    def _begin(self, n_candidates: int, context: Any) -> list[Any]:
        """Print the number of fits, and return a task of scikit-learn's callbacks for each."""
        n_folds = len(self.splits)
        total = n_candidates * n_folds
        if self._search.verbose > 0:
            print(
                f"Fitting {n_folds} folds for each of {n_candidates} candidates, "
                f"totalling {total} fits"
            )
        return [None] * total if context is None else self.begin_tasks(context, range(total))

    def begin_tasks(self, context: Any, ids: Iterable[int]) -> list[Any]:
        """Return a task of scikit-learn's callbacks for each fit; all of them have begun."""
        tasks = [
            context.subcontext(task_name="candidate-split-evaluation", task_id=each) for each in ids
        ]
        for task in tasks:
            task.call_on_fit_task_begin(estimator=self._search)
        return tasks

    def end_task(self, task: Any) -> None:
        """Say that a fit has ended."""
        if task is not None:
            task.call_on_fit_task_end(estimator=self._search)

    def score(self, members: list[Member], tasks: list[Any] | None = None) -> list[dict[str, Any]]:
        """Return the outcome of each member; only one fold is in memory at a time."""
        tasks = tasks or [None] * len(members)
        outcomes: list[dict[str, Any]] = [{}] * len(members)
        n_folds = len(self.splits)
        for fold, (train, test) in enumerate(self.splits):
            parts = {"test": self._part(test, train)}
            if self._search.return_train_score:
                parts["train"] = self._part(train, None)
            for place in range(fold, len(members), n_folds):
                member = members[place]
                outcomes[place] = self._outcome(member, parts)
                if self.keeper is not None:
                    member.predictions = self.keeper.predictions(member, parts["test"][0])
                elif not self.keeps_networks:
                    member.network = None  # frees its memory
                self.end_task(tasks[place])
        return outcomes

    def _part(self, rows: Rows, train: Rows | None) -> tuple[Any, Any, dict[str, Any]]:
        """Return samples, targets and parameters for the metrics."""
        X, y = compat.safe_split(self._search.estimator, self.X, self.y, rows, train)
        return X, y, compat.check_method_params(self.X, params=self._score_params, indices=rows)

    def _outcome(self, member: Member, parts: dict[str, Any]) -> dict[str, Any]:
        """Return scores and times of one member, under scikit-learn's names."""
        start = time.perf_counter()
        scores: dict[str, Any] = {}
        score_time = 0.0
        estimator = member.estimator()
        for name, (X, y, params) in parts.items():
            if member.error is None:
                error_score = self._search.error_score
                scores[name] = compat.score(estimator, X, y, self.scorers, params, error_score)
            else:
                scores[name] = self._error_scores()
            score_time = score_time or time.perf_counter() - start
        outcome = {f"{name}_scores": value for name, value in scores.items()}
        outcome["fit_error"] = member.error
        outcome["n_test_samples"] = compat.num_samples(parts["test"][0])
        outcome["fit_time"] = member.seconds
        outcome["score_time"] = 0.0 if member.error else score_time
        if self._search.verbose > 1:
            print(self._line(member, scores, member.seconds + outcome["score_time"]))
        return outcome

    def _error_scores(self) -> Any:
        """Return the scores of a member whose fit failed."""
        error_score = self._search.error_score
        return dict.fromkeys(self.metrics, error_score) if self.metrics else error_score

    def _line(self, member: Member, scores: dict[str, Any], seconds: float) -> str:
        """Return one line about a member, as scikit-learn prints it."""
        setting = ", ".join(f"{name}={member.setting[name]}" for name in sorted(member.setting))
        text, fold = setting + (";" if setting else ""), ""
        if self._search.verbose > 2:
            text += _shown(scores)
            fold = f" {member.fold + 1}/{len(self.splits)}"
        time = f"{seconds / 60:4.1f}min" if seconds > 60 else f" {seconds:5.1f}s"
        text += f" total time={time}"
        start = f"[CV{fold}] END "
        return f"{start}{text:.>{80 - len(start)}}"


def _shown(scores: dict[str, Any]) -> str:
    """Return the scores of a member as scikit-learn prints them."""
    parts = [part for part in ("train", "test") if part in scores]
    if isinstance(scores["test"], dict):
        return "".join(
            f" {name}: ({', '.join(f'{part}={scores[part][name]:.3f}' for part in parts)})"
            for name in sorted(scores["test"])
        )
    if len(parts) == 1:
        return f", score={scores['test']:.3f}"
    return f", score=({', '.join(f'{part}={scores[part]:.3f}' for part in parts)})"
