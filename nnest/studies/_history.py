"""What the trials of a study say about batches: which were asked whole, lost, or trained."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from nnest._compat import optuna as compat

#: User attributes of trials: the batch and its worker; set on one trial when all of its batch were
#: asked; the result, written before it is told; the place in the study.
BATCH, ASKED, RESULT, PLACE = "nnest:batch", "nnest:asked", "nnest:ending", "nnest:place"
#: How many workers may die on one trial before it counts as failed.
MAX_RETRIES = 10

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


def predecessors(trial: FrozenTrial) -> list[int]:
    """Return the numbers of the trials that this one repeats: they lost their workers."""
    found: list[int] = trial.system_attrs.get(compat.PREDECESSORS, [])
    return found


def batch_of(trial: FrozenTrial) -> str | None:
    """Return the name of a trial's batch."""
    found: str | None = trial.user_attrs.get(BATCH, {}).get("id")
    return found


def is_enqueued(trial: FrozenTrial) -> bool:
    """Return whether a user has given a trial some of its parameters."""
    return compat.ENQUEUED in trial.system_attrs


def result_of(trial: FrozenTrial) -> dict[str, Any]:
    """Return the result that was written before it was told; empty if there is none."""
    found: dict[str, Any] = trial.user_attrs.get(RESULT, {})
    return found


class TrialHistory:
    """A study's trials at one moment.

    Parameters
    ----------
    study : optuna.Study
        The study.
    """

    def __init__(self, study: Study) -> None:
        compat.check_trial_keys()
        self.trials = study.get_trials(deepcopy=False)

    def of_state(self, *states: TrialState) -> list[FrozenTrial]:
        """Return the trials of some states."""
        return [trial for trial in self.trials if trial.state in states]

    def in_order(self, trials: list[FrozenTrial]) -> list[FrozenTrial]:
        """Return trials in the order of their places."""
        return sorted(trials, key=lambda trial: (self.places[trial.number], trial.number))

    @cached_property
    def places(self) -> dict[int, int]:
        """The place of each trial, by its number.

        A repeated trial keeps the place of the first one, because seeds derive from places. All
        others are counted without repetitions. Neither ever changes, as trials are only appended.
        """
        found: dict[int, int] = {}
        n_repeated = 0
        for trial in self.trials:
            first = trial.system_attrs.get(compat.FIRST_TRIAL)
            n_repeated += first is not None
            found[trial.number] = trial.number - n_repeated if first is None else found[first]
        return found

    @property
    def n_finished(self) -> int:
        """Number of trials that are complete or pruned."""
        return len(self.of_state(*FINISHED))

    @property
    def n_running(self) -> int:
        """Number of trials that run."""
        return len(self.of_state(TrialState.RUNNING))

    @cached_property
    def asked(self) -> set[str | None]:
        """Batches of which all trials were asked."""
        return {batch_of(trial) for trial in self.trials if ASKED in trial.user_attrs}

    @cached_property
    def _repeated(self) -> set[int]:
        return {numbers[-1] for trial in self.trials if (numbers := predecessors(trial))}

    @cached_property
    def lost(self) -> list[FrozenTrial]:
        """Trials that lost their worker and are not enqueued again yet."""
        return [trial for trial in self.of_state(TrialState.FAIL) if self._is_lost(trial)]

    @cached_property
    def failed(self) -> list[FrozenTrial]:
        """Trials that failed themselves, and not their worker."""
        return [
            trial
            for trial in self.of_state(TrialState.FAIL)
            if not self._is_lost(trial)
            and trial.number not in self._repeated
            and not result_of(trial).get("surplus")
        ]

    def _is_lost(self, trial: FrozenTrial) -> bool:
        """Return whether a trial with the state FAIL only lost its worker."""
        if batch_of(trial) is None or trial.number in self._repeated:
            return False
        failed_itself = result_of(trial).get("state") == TrialState.FAIL.name
        return not failed_itself and len(predecessors(trial)) < MAX_RETRIES

    @cached_property
    def counted_places(self) -> list[int]:
        """Places of trials that count, or will when they have ended, in order."""
        counted = [trial for trial in self.trials if trial.state != TrialState.FAIL]
        return sorted({self.places[trial.number] for trial in [*counted, *self.lost]})

    def known_results(self, batch: str) -> dict[int, dict[str, Any]]:
        """Return the results of a batch by place; none unless those of all places are known.

        The worker writes all results of a batch before it tells the first. If one is missing, then
        none was told, and the batch is trained again as a whole.
        """
        members = [
            trial
            for trial in self.trials
            if batch_of(trial) == batch and not result_of(trial).get("surplus")
        ]
        known = {self.places[t.number]: found for t in members if (found := result_of(t))}
        return known if all(self.places[t.number] in known for t in members) else {}

    def reported_before(self, trial: FrozenTrial) -> dict[int, float]:
        """Return what a trial's predecessors had reported: step to value."""
        found: dict[int, float] = {}
        for number in predecessors(trial):
            found |= self.trials[number].intermediate_values
        return found
