"""What a batch of trials reports while it trains, and which of them are given up."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from nnest.search._batching import Member
from nnest.studies import BatchTrial

__all__ = ["PruningReporter", "was_stopped"]

#: Metrics that are reported, the first that a network has, and their signs: greater is better.
_WATCHED = (("val_accuracy", 1.0), ("val_loss", -1.0))


class PruningReporter:
    """Reports the epochs of a batch to its trials, and stops the trials that are pruned.

    Parameters
    ----------
    trials : sequence of BatchTrial
        The trials of the batch, in order.
    n_folds : int
        Members of each trial.
    prunes : bool
        Whether values are reported, so that trials may be pruned.

    Attributes
    ----------
    pruned : dict of int to int
        The epoch in which a trial was pruned, by its position in the batch.
    error : Exception or None
        What was raised here and not by a network.
    """

    def __init__(self, trials: Sequence[BatchTrial], n_folds: int, prunes: bool) -> None:
        self._trials, self._prunes = trials, prunes
        self._values: list[list[dict[int, float]]] = [[{} for _ in range(n_folds)] for _ in trials]
        self._reported: list[set[int]] = [set() for _ in trials]
        self._diverged: set[int] = set()
        self._last_time = time.perf_counter()
        self._epoch_times: defaultdict[tuple[int, int], list[float]] = defaultdict(list)
        self.pruned: dict[int, int] = {}
        self.error: Exception | None = None

    def __call__(
        self, members: list[Member], epoch: int, metrics: dict[str, np.ndarray]
    ) -> np.ndarray:
        """Take the metrics of an epoch; return which members are to stop."""
        try:
            trained = self._take(members, epoch, metrics)
            if self._prunes:
                self._judge(sorted(trained - self._diverged - self.pruned.keys()), epoch)
        except Exception as error:
            self.error = error
            raise
        return np.array([self._is_over(member.candidate, epoch) for member in members])

    def seconds(self, member: Member) -> float:
        """Return what a training cost: its share of a typical epoch, times epochs.

        The first epoch may include a compilation, so it is counted as a typical one. A member
        that was fitted alone has a time of its own.
        """
        shares = self._epoch_times[member.candidate, member.fold]
        epochs = getattr(member.network, "n_iter_", 0)
        return float(np.median(shares[1:] or shares)) * epochs if shares else member.seconds

    def finish(self, candidate: int, epochs: int) -> None:
        """Report what a trial's predecessor had reported of epochs that were not trained again."""
        if self._prunes:
            self._report_before(candidate, epochs)

    def _take(self, members: list[Member], epoch: int, metrics: dict[str, np.ndarray]) -> set[int]:
        """Keep values and times of the members that trained; return their trials."""
        now = time.perf_counter()
        loss = metrics["loss"]
        others = [values for name, values in metrics.items() if name != "loss"]
        finite = np.isfinite(loss)
        trained = finite | np.isinf(loss)
        for values in others:
            trained |= ~np.isnan(values)
        share = (now - self._last_time) / max(1, int(trained.sum()))
        self._last_time = now
        name, sign = next((pair for pair in _WATCHED if pair[0] in metrics), ("", 1.0))
        for i in np.flatnonzero(trained):
            candidate, fold = members[i].candidate, members[i].fold
            self._epoch_times[candidate, fold].append(share)
            if not finite[i]:
                self._diverged.add(candidate)
            elif name and np.isfinite(metrics[name][i]):
                self._values[candidate][fold][epoch] = sign * float(metrics[name][i])
        return {members[i].candidate for i in np.flatnonzero(trained)}

    def _judge(self, candidates: list[int], epoch: int) -> None:
        """Report the trials, and ask the pruner about each, in the order of the batch."""
        reported = []
        for candidate in candidates:
            value = self._mean(candidate, epoch)
            if value is not None:
                self._report_before(candidate, epoch)
                if self._report(candidate, epoch, value):
                    reported.append(candidate)
        for candidate in reported:
            if self._trials[candidate].trial.should_prune():
                self.pruned[candidate] = epoch

    def _mean(self, candidate: int, epoch: int) -> float | None:
        """Return the mean over folds, or None if one has not begun yet.

        A fold that has ended counts with its last value.
        """
        folds = self._values[candidate]
        known = [[each for each in values if each <= epoch] for values in folds]
        if not all(known):
            return None
        return float(
            np.mean([values[max(each)] for values, each in zip(folds, known, strict=True)])
        )

    def _report_before(self, candidate: int, epoch: int) -> None:
        """Report what a predecessor had reported of the epochs before one."""
        for step, value in sorted(self._trials[candidate].reported_before.items()):
            if step < epoch:
                self._report(candidate, step, value)

    def _report(self, candidate: int, step: int, value: float) -> bool:
        """Report a value unless there is one for this epoch; return whether it was new."""
        if step in self._reported[candidate]:
            return False
        self._reported[candidate].add(step)
        self._trials[candidate].trial.report(value, step)
        return True

    def _is_over(self, candidate: int, epoch: int) -> bool:
        """Return whether the members of a trial can stop."""
        return candidate in self._diverged or self.pruned.get(candidate, epoch + 1) <= epoch


def was_stopped(network: Any) -> bool:
    """Return whether a network's training was stopped by a callback.

    A group that goes on from its checkpoint does not report again which members it had stopped.
    """
    alone = getattr(network, "group_", None) is None
    if alone or network.diverged_ or network.n_iter_ >= network.epochs:
        return False
    patient = network.early_stopping and (
        network.n_iter_ - network.best_epoch_ >= network.n_iter_no_change
    )
    return not patient
