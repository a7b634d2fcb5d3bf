"""The loop of a study: ask for a batch of trials, train it together, tell its results.

Workers may crash at any moment. Their trials are failed and enqueued again, with the same
parameters if all trials of the batch were asked, or as places to be asked anew if not. Seeds derive
from a trial's place, so that an interrupted single worker reproduces an uninterrupted one.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from reprlib import repr as shortened
from typing import Any

import optuna
from optuna.exceptions import TrialPruned, UpdateFinishedTrialError
from optuna.samplers import BaseSampler, GridSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from nnest._compat import optuna as compat
from nnest.exceptions import StudyError
from nnest.studies._history import ASKED, RESULT, TrialHistory, result_of
from nnest.studies._leases import NO_POINT, BatchLease, LeaseManager
from nnest.studies._locks import run_exclusively
from nnest.studies._recovery import reclaim_stale_trials, release_trials
from nnest.studies._retries import Say
from nnest.studies._trials import BatchTrial, EnqueuedValueError, LeasedTrial, TrialResult
from nnest.studies._workers import Worker

#: Seconds of the first pause while others train what is left, and of the longest.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


@dataclass(kw_only=True)
class BatchLoop:
    """The loop of one worker: it trains batches until a study has enough trials.

    Parameters
    ----------
    study : optuna.Study
        The study; its pruner is used, its sampler is not.
    define : callable
        Takes a trial, suggests, and returns what is to be trained; `optuna.TrialPruned` prunes
        the trial before it is. `study.stop()`, called here or in `after_tell`, ends the loop after
        the batch, for this worker alone.
    train : callable
        Takes the trials of a batch and returns one result for each, in order.
    n_trials : int
        How many complete and pruned trials the study is to have in the end.
    group_size : int
        How many trials are asked and trained together. Batches begin at its multiples.
    make_sampler : callable
        Takes a trial's place and returns a sampler for it. What it returns must follow from the
        place, or a study that was interrupted ends with other trials.
    say : callable or None, default=print
        Takes one sentence where there is something to say.
    after_tell : callable or None, default=None
        Takes each trial and its result when it was told.
    is_enough : callable or None, default=None
        Takes a complete trial, whoever trained it, and returns whether the study has found what
        it was to find: then no further batch is begun.
    """

    study: Study = field(kw_only=False)
    define: Callable[[LeasedTrial], Any] = field(kw_only=False)
    train: Callable[[list[BatchTrial]], list[TrialResult]] = field(kw_only=False)
    n_trials: int
    group_size: int
    make_sampler: Callable[[int], BaseSampler]
    say: Say = print
    after_tell: Callable[[BatchTrial, TrialResult], None] | None = None
    is_enough: Callable[[FrozenTrial], bool] | None = None

    def __post_init__(self) -> None:
        self._said = ""
        #: Whether a sampler has tried all settings, and whether the user has ended this loop.
        self._is_exhausted = self._is_halted = False
        self._worker, self._lease = Worker(compat.storage_of(self.study)), BatchLease()
        self._leases = LeaseManager(
            self.study, self._worker, self.n_trials, self.group_size, self.make_sampler(0)
        )

    def run(self, timeout: float | None = None) -> None:
        """Train batch after batch.

        Parameters
        ----------
        timeout : float or None, default=None
            Seconds after which no further batch is begun.

        Raises
        ------
        StudyError
            If as many trials have failed as the study is to have, and none is complete or pruned;
            or if the storage has been away for too long, or is not supported.
        """
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        pause = _FIRST_PAUSE
        with self._worker, compat.stop_allowed(self.study):
            while True:
                history = self._train_next(deadline)
                if self._is_over(history, deadline):
                    return
                if self._lease.trials:
                    pause = _FIRST_PAUSE
                    continue
                if not self._wait(history, min(pause, deadline - time.monotonic())):
                    return
                pause = min(1.5 * pause, _LONGEST_PAUSE)

    def _say(self, sentence: str) -> None:
        """Say a sentence, but not twice in a row."""
        if self.say is not None and sentence != self._said:
            self.say(sentence)
        self._said = sentence

    def _train_next(self, deadline: float) -> TrialHistory:
        """Lease a batch, train and tell it; return the study as it was before.

        What ends this early gives the leased trials back at once; a kill leaves that to the next
        worker.
        """
        try:
            history = run_exclusively(self.study, lambda: self._lease_next(deadline))
            if self._lease.trials:
                self._run_batch()
        except BaseException:
            with suppress(Exception):  # the first error is the one to be heard of
                self._release()
            raise
        finally:
            self._worker.stop_heartbeats()
        return history

    def _lease_next(self, deadline: float) -> TrialHistory:
        """Reclaim trials of dead workers, then lease a batch; return what there was to lease."""
        self._lease = BatchLease()
        n_lost = len(reclaim_stale_trials(self.study, self._worker))
        history = TrialHistory(self.study)
        if not self._is_over(history, deadline):
            self._leases.fill(self._lease, history, allow_new=not self._is_exhausted)
        if n_lost:
            self._say(f"{_trials(n_lost)} had no worker any more and will be trained again.")
        return history

    def _is_over(self, history: TrialHistory, deadline: float) -> bool:
        """Return whether there is nothing more to do."""
        if self._is_halted or time.monotonic() >= deadline or history.n_finished >= self.n_trials:
            return True
        reached = self._reached(history)
        if reached is not None:
            self._say(f"Trial {reached.number} has reached the target: the search ends.")
            return True
        # A trial that was enqueued and could not be asked says nothing about the study.
        failed = [each for each in history.failed if result_of(each).get("trained", True)]
        if len(failed) < self.n_trials:
            return False
        reason = result_of(failed[-1]).get("reason", "Its workers died.")
        sentence = (
            f"{_trials(len(failed))} have failed, as many as were wanted, and {history.n_finished} "
            f"have not: the study stops. The last one: {reason or 'no reason is known.'}"
        )
        if not history.n_finished:
            raise StudyError(sentence)
        self._say(sentence)
        return True

    def _reached(self, history: TrialHistory) -> FrozenTrial | None:
        """Return the first trial that is enough, if there is one."""
        if self.is_enough is None:
            return None
        complete = history.of_state(TrialState.COMPLETE)
        return next((trial for trial in complete if self.is_enough(trial)), None)

    def _wait(self, history: TrialHistory, seconds: float) -> bool:
        """Wait for what others train; False if nobody does and nothing is left."""
        if history.n_running:
            self._say("Waiting for trials that other workers train.")
        elif self._is_exhausted or self._leases.is_exhausted(history):
            self._say(f"All settings were tried: {_trials(history.n_finished)} are the study.")
            return False
        time.sleep(max(0.0, seconds))
        return True

    def _run_batch(self) -> None:
        """Ask the leased trials, train them and tell their results."""
        history = TrialHistory(self.study)
        try:
            trials = [self._ask(frozen, history) for frozen in self._lease.trials]
        except UpdateFinishedTrialError:
            # Without a heartbeat for too long, this worker counted as dead.
            self._say("A batch was given to another worker: asked too late.")
            self._release()
            return
        known: dict[int, dict[str, Any]] = {}
        if self._lease.is_repeated:
            known = history.known_results(self._lease.batch)
        else:
            trials[0].trial.set_user_attr(ASKED, True)
        self._tell(trials, self._repeat(trials, known) if known else self._results(trials))

    def _release(self) -> None:
        """Enqueue what is not told of the lease, for the next worker."""
        run_exclusively(self.study, lambda: release_trials(self.study, self._lease.ids))

    def _ask(self, frozen: FrozenTrial, history: TrialHistory) -> BatchTrial:
        """Let a trial suggest its parameters."""
        place = history.places[frozen.number]
        # A study object of its own: samplers see what the trials before it have suggested.
        study = optuna.load_study(
            study_name=self.study.study_name,
            storage=compat.storage_of(self.study),
            sampler=self.make_sampler(place),
            pruner=self.study.pruner,
        )
        compat.allow_stop(study)
        trial = LeasedTrial(study, compat.trial_id(frozen))
        params, result = None, None
        attrs = history.trials[frozen.number].system_attrs
        try:
            if attrs.get(compat.POINT) == NO_POINT:
                raise EnqueuedValueError(
                    f"Trial {trial.number} was enqueued with {shortened(attrs[compat.ENQUEUED])}, "
                    "which is no setting of the grid: it fails, and the study goes on."
                )
            params = self.define(trial)
        except (TrialPruned, EnqueuedValueError) as error:
            state = TrialState.PRUNED if isinstance(error, TrialPruned) else TrialState.FAIL
            reason = str(error)
            result = TrialResult(state, reason=reason, attrs={"reason": reason} if reason else {})
        self._is_halted |= compat.take_stop(study)
        return BatchTrial(trial, params, place, history.reported_before(frozen), result)

    def _repeat(
        self, trials: list[BatchTrial], known: dict[int, dict[str, Any]]
    ) -> list[TrialResult]:
        """Return the results of a batch whose worker died when it was about to tell them."""
        for each in trials:
            for step, value in each.reported_before.items():
                each.trial.report(value, step)
        results = [known[each.place] for each in trials]
        return [
            TrialResult(TrialState[each["state"]], tuple(each["values"]), each["reason"])
            for each in results
        ]

    def _results(self, trials: list[BatchTrial]) -> list[TrialResult]:
        """Train a batch, and write all results before any is told.

        A worker that dies while it tells leaves no batch of which a part is to be trained again.
        """
        n_values = len(self.study.directions)
        left = [each for each in trials if each.result is None]
        trained = dict(zip(map(id, left), self.train(left) if left else [], strict=True))
        results = [(each.result or trained[id(each)]).validate(n_values) for each in trials]
        for each, result in zip(trials, results, strict=True):
            written: dict[str, Any] = {"state": result.state.name, "values": result.values}
            written |= {"reason": result.reason, "trained": each.result is None}
            for key, value in {**result.attrs, RESULT: written}.items():
                each.trial.set_user_attr(key, value)
        return results

    def _tell(self, trials: list[BatchTrial], results: list[TrialResult]) -> None:
        """Tell the results of a batch in the order of its trials."""
        for each, result in zip(trials, results, strict=True):
            values = list(result.values) if result.state is TrialState.COMPLETE else None
            study = each.trial.study
            self._is_halted |= compat.take_stop(study)
            try:
                told = study.tell(each.trial, values, state=result.state, skip_if_finished=True)
                is_late = told.state is not result.state
            except UpdateFinishedTrialError:
                is_late = True
            # A sampler stops the study when it has tried all settings. A grid's counts lost trials
            # too: its points are counted by the leases.
            is_grid = isinstance(study.sampler, GridSampler)
            self._is_exhausted |= compat.take_stop(study) and not is_grid
            if is_late:
                self._say(f"Trial {each.trial.number} was given to another worker: told too late.")
                continue
            if self.after_tell is not None:
                self.after_tell(each, result)
                self._is_halted |= compat.take_stop(self.study)
            if each.result is not None and result.state is TrialState.FAIL:
                warnings.warn(result.reason, stacklevel=2)


def _trials(n: int) -> str:
    """Return a number of trials in words."""
    return "1 trial" if n == 1 else f"{n} trials"
