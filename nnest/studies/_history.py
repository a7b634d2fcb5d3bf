"""What the trials of a study say about batches: which were asked whole, lost, or trained.

Storages have no compare-and-set. What must happen once is therefore tied to what they do once:
they number trials, and let one process alone move a trial to running or to its end.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from functools import cached_property
from typing import Any

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

__all__ = [
    "ASKED",
    "BATCH",
    "ENDING",
    "ENQUEUED",
    "LOST",
    "NOWHERE",
    "PLACE",
    "POINT",
    "Ledger",
]

#: User attributes of trials. The batch and its worker; set on one trial when all were suggested;
#: what is about to be told; the place in the study.
BATCH, ASKED, ENDING, PLACE = "nnest:batch", "nnest:asked", "nnest:ending", "nnest:place"
#: Optuna's attributes of trials: what a user has enqueued; which point of a grid it is, and a
#: number that no point has.
ENQUEUED, POINT, NOWHERE = "fixed_params", "grid_id", -1
#: How many workers may die on one trial before it counts as failed by itself.
LOST = 10

_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
_LIVE = (TrialState.WAITING, TrialState.RUNNING, *_FINISHED)


def history(trial: FrozenTrial) -> list[int]:
    """Return the numbers of a trial's predecessors, which were lost with their workers."""
    found: list[int] = trial.system_attrs.get("retry_history", [])
    return found


def batch_of(trial: FrozenTrial) -> str | None:
    """Return the name of a trial's batch."""
    found: str | None = trial.user_attrs.get(BATCH, {}).get("id")
    return found


def is_enqueued(trial: FrozenTrial) -> bool:
    """Tell whether a user has given a trial some of its parameters."""
    return ENQUEUED in trial.system_attrs


def ending_of(trial: FrozenTrial) -> dict[str, Any] | None:
    """Return what was written of a trial's end before it was told."""
    found: dict[str, Any] | None = trial.user_attrs.get(ENDING)
    return found


def _is_dropped(trial: FrozenTrial) -> bool:
    """Tell whether a trial was one too many."""
    return bool((ending_of(trial) or {}).get("surplus", False))


class Ledger:
    """A study's trials as they are now.

    Parameters
    ----------
    study : optuna.Study
        The study.
    """

    def __init__(self, study: Study) -> None:
        self.trials = study.get_trials(deepcopy=False)

    def of_state(self, *states: TrialState) -> list[FrozenTrial]:
        """Return the trials of some states."""
        return [trial for trial in self.trials if trial.state in states]

    def in_order(self, trials: list[FrozenTrial]) -> list[FrozenTrial]:
        """Return trials in the order of their places."""
        return sorted(trials, key=lambda trial: (self.places[trial.number], trial.number))

    @cached_property
    def places(self) -> dict[int, int]:
        """The place of each trial by its number.

        A trial that is trained again has its first predecessor's. The number of a trial never
        changes, and neither does how many before it were trained again.
        """
        found: dict[int, int] = {}
        again = 0
        for trial in self.trials:
            first = trial.system_attrs.get("failed_trial")
            again += first is not None
            found[trial.number] = trial.number - again if first is None else found[first]
        return found

    @cached_property
    def live(self) -> list[FrozenTrial]:
        """Trials that count, or will when they have come to their end."""
        return self.of_state(*_LIVE)

    @cached_property
    def n_finished(self) -> int:
        """Number of trials that are complete or pruned."""
        return len(self.of_state(*_FINISHED))

    @cached_property
    def asked(self) -> set[str | None]:
        """Batches of which all trials were suggested."""
        return {batch_of(trial) for trial in self.trials if ASKED in trial.user_attrs}

    @cached_property
    def _followed(self) -> set[int]:
        """Numbers of trials that were enqueued again."""
        return {history(trial)[-1] for trial in self.trials if history(trial)}

    @cached_property
    def lost(self) -> list[FrozenTrial]:
        """Trials that were taken from a dead worker and are not enqueued again yet."""
        return [trial for trial in self.of_state(TrialState.FAIL) if self._is_lost(trial)]

    @cached_property
    def failed(self) -> list[FrozenTrial]:
        """Trials that failed by themselves."""
        over = (each for each in self.of_state(TrialState.FAIL) if not self._is_lost(each))
        return [
            trial for trial in over if trial.number not in self._followed and not _is_dropped(trial)
        ]

    def _is_lost(self, trial: FrozenTrial) -> bool:
        """Tell whether a failed trial did not fail by itself and has no successor."""
        if batch_of(trial) is None or trial.number in self._followed:
            return False
        ending = ending_of(trial)
        by_itself = ending is not None and ending["state"] == TrialState.FAIL.name
        return not by_itself and len(history(trial)) < LOST

    def endings(self, batch: str | None) -> dict[int, dict[str, Any]]:
        """Return the endings of a batch by place, or none unless those of all places are known.

        None is told before all are written. A place may have several trials, where two workers
        have enqueued it again, and then some that know nothing.
        """
        members = [trial for trial in self.trials if batch_of(trial) == batch]
        needed = {self.places[trial.number] for trial in members if not _is_dropped(trial)}
        known = {
            self.places[trial.number]: ending
            for trial in members
            if (ending := ending_of(trial)) is not None and not _is_dropped(trial)
        }
        return known if known.keys() >= needed else {}

    @cached_property
    def kept_places(self) -> list[int]:
        """Places that count, or will, in order: also those whose trials are lost just now."""
        return sorted({self.places[trial.number] for trial in [*self.live, *self.lost]})

    def is_surplus(self, trial: FrozenTrial, n_trials: int) -> bool:
        """Tell whether enough other places, or another trial of its own, come before a trial.

        Its number would not tell: a trial that is enqueued again comes behind newer ones by it.
        """
        return self.is_beyond(trial, n_trials) or self.is_double(trial)

    def is_beyond(self, trial: FrozenTrial, n_trials: int) -> bool:
        """Tell whether enough other places come before that of a trial."""
        return bisect_left(self.kept_places, self.places[trial.number]) >= n_trials

    def is_double(self, trial: FrozenTrial) -> bool:
        """Tell whether another one of its place comes before a trial: two workers enqueued it."""
        place = self.places[trial.number]
        return any(
            each.number < trial.number and self.places[each.number] == place for each in self.live
        )

    def before(self, trial: FrozenTrial) -> dict[int, float]:
        """Return what a trial's predecessors had reported."""
        found: dict[int, float] = {}
        for number in history(trial):
            found |= self.trials[number].intermediate_values
        return found

    def n_running_elsewhere(self, mine: set[int]) -> int:
        """Return how many trials are run by others; `mine` are ids."""
        running = Counter(each._trial_id in mine for each in self.of_state(TrialState.RUNNING))
        return running[False]
