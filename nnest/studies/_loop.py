"""The loop of a study: ask for a batch of trials, train it together, tell what became of it.

Any number of workers run it on one study, and any of them may die in any moment. Its trials are
then failed and enqueued again by the others, or by the next that comes: batches of which all
trials were suggested with the same parameters, batches that were not yet as places to be asked
anew. A trial's place is what its seeds derive from, so that a worker alone, whatever befell it,
comes to the trials and values of one that was left in peace.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from reprlib import repr as shortened
from typing import Any

import numpy as np
import optuna
from optuna.exceptions import TrialPruned, UpdateFinishedTrialError
from optuna.samplers import BaseSampler, GridSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState

from nnest.exceptions import StudyError
from nnest.studies._history import ASKED, ENDING, ENQUEUED, NOWHERE, POINT, Ledger, ending_of
from nnest.studies._leases import Claim, Claims, new_claim
from nnest.studies._recovery import give_back, take_from_the_dead, withdraw
from nnest.studies._settings import set_up
from nnest.studies._trials import (
    Ending,
    MisfitError,
    Task,
    TrialOfBatch,
    allow_stop,
    is_stopped,
    sound,
)
from nnest.studies._workers import Worker

__all__ = ["Ending", "StudyError", "Task", "run_rounds", "set_up"]

Say = Callable[[str], None] | None

#: Seconds of the first pause while others train what is left, and of the longest.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


def run_rounds(
    study: Study,
    define: Callable[[Trial], Any],
    train: Callable[[list[Task]], list[Ending]],
    *,
    n_trials: int,
    timeout: float | None = None,
    group_size: int,
    seed: int,
    make_sampler: Callable[[int], BaseSampler],
    say: Say = print,
    told: Callable[[Task, Ending], None] | None = None,
) -> None:
    """Train batches until a study has so many complete and pruned trials.

    Parameters
    ----------
    study : optuna.Study
        The study; its pruner is used, its sampler is not.
    define : callable
        Takes a trial, suggests, and returns what is to be trained; `optuna.TrialPruned` prunes
        the trial before it is. `study.stop()`, called here or in `told`, ends the loop after the
        batch, for this worker alone.
    train : callable
        Takes the tasks of a batch and returns one ending for each, in order.
    n_trials : int
        How many complete and pruned trials the study is to have in the end.
    timeout : float or None, default=None
        Seconds after which no further batch is begun.
    group_size : int
        How many trials are asked and trained together. Batches begin at its multiples.
    seed : int
        The study's seed.
    make_sampler : callable
        Takes a seed and returns a sampler. It is called for every trial, with a seed that derives
        from the study's and the trial's place.
    say : callable or None, default=print
        Takes one sentence where there is something to say.
    told : callable or None, default=None
        Takes each task and its ending when it was told.

    Raises
    ------
    StudyError
        If as many trials have failed by themselves as the study is to have, and none is complete
        or pruned; or if the storage has been away for too long.
    """
    rounds = _Rounds(study, define, train, n_trials, group_size, seed, make_sampler, say, told)
    allow_stop(study)
    try:
        rounds.run(math.inf if timeout is None else time.monotonic() + timeout)
    finally:
        allow_stop(study, False)


class _Rounds:
    """The loop of one worker; parameters as in :func:`run_rounds`."""

    def __init__(
        self,
        study: Study,
        define: Callable[[Trial], Any],
        train: Callable[[list[Task]], list[Ending]],
        n_trials: int,
        group_size: int,
        seed: int,
        make_sampler: Callable[[int], BaseSampler],
        say: Say,
        told: Callable[[Task, Ending], None] | None,
    ) -> None:
        self._study, self._define, self._train = study, define, train
        self._n_trials, self._seed, self._make_sampler = n_trials, seed, make_sampler
        self._told, self._said, self._say_to = told, "", say
        #: Whether a sampler has tried all, and whether the user has ended this loop.
        self._stopped = self._halted = False
        self._worker = Worker(study._storage)
        self._claims = Claims(study, self._worker, n_trials, group_size, self._sampler(0))

    def run(self, deadline: float) -> None:
        """Train batch after batch."""
        pause = _FIRST_PAUSE
        with self._worker:
            while True:
                ledger = self._look_around()
                if self._is_over(ledger) or self._halted or time.monotonic() >= deadline:
                    self._claims.clear(ledger)
                    return
                if self._round(ledger):
                    pause = _FIRST_PAUSE
                    continue
                if not self._wait(ledger, min(pause, deadline - time.monotonic())):
                    return
                pause = min(1.5 * pause, _LONGEST_PAUSE)

    def _say(self, sentence: str) -> None:
        """Say a sentence, but not twice in a row."""
        if self._say_to is not None and sentence != self._said:
            self._say_to(sentence)
        self._said = sentence

    def _look_around(self) -> Ledger:
        """Enqueue again what the dead have left; return the study's trials."""
        lost = take_from_the_dead(self._study, self._worker, set())
        if lost:
            self._say(f"{_trials(len(lost))} had lost their worker and will be trained again.")
        return Ledger(self._study)

    def _is_over(self, ledger: Ledger) -> bool:
        """Tell whether there is nothing more to do."""
        if ledger.n_finished >= self._n_trials:
            return True
        # What was enqueued and cannot be asked says nothing about the study.
        failed = [t for t in ledger.failed if (ending_of(t) or {}).get("trained", True)]
        if len(failed) < self._n_trials:
            return False
        last = ending_of(failed[-1]) or {"reason": "Its workers died."}
        sentence = (
            f"{_trials(len(failed))} have failed, as many as were wanted, and {ledger.n_finished} "
            f"have not: the study stops. The last one: {last['reason'] or 'no reason is known.'}"
        )
        if not ledger.n_finished:
            raise StudyError(sentence)
        self._say(sentence)
        return True

    def _wait(self, ledger: Ledger, seconds: float) -> bool:
        """Wait for what others train; False if nobody does and nothing is left."""
        # Who has taken trials from a dead worker is about to enqueue them.
        running = ledger.n_running_elsewhere(set()) + len(ledger.lost)
        if not running and (self._stopped or self._claims.is_exhausted(ledger)):
            self._say(f"All settings were tried: {_trials(ledger.n_finished)} are the study.")
            return False
        if running:
            self._say("Waiting for trials that other workers train.")
        time.sleep(max(0.0, seconds))
        return True

    def _round(self, ledger: Ledger) -> bool:
        """Ask for a batch, train and tell it; False if there was nothing to claim."""
        if self._stopped and not ledger.of_state(TrialState.WAITING):
            return False
        claim = new_claim()
        try:
            self._claims.next(claim, ledger)
            trials = self._claims.settle(claim) if claim.ids else []
            if trials:
                tasks = self._ask(claim, trials)
                self._tell(tasks, self._known(claim, tasks) or self._trained(tasks))
            return bool(trials)
        except BaseException:
            # What went wrong is to be heard of; what is not given back, the next worker finds.
            with suppress(Exception):
                self._give_up(claim)
            raise
        finally:
            self._worker.leave(claim.ids)

    def _sampler(self, place: int) -> BaseSampler:
        """Return the sampler of a place."""
        state = np.random.SeedSequence([self._seed, place]).generate_state(1)
        return self._make_sampler(int(state[0]) >> 1)

    def _ask(self, claim: Claim, trials: list[FrozenTrial]) -> list[Task]:
        """Let every trial of a batch suggest, then mark the batch as asked whole."""
        ledger, tasks = Ledger(self._study), []
        for frozen in trials:
            place = ledger.places[frozen.number]
            # A study object of its own: samplers see what the trials before it have suggested.
            study = optuna.load_study(
                study_name=self._study.study_name,
                storage=self._study._storage,
                sampler=self._sampler(place),
                pruner=self._study.pruner,
            )
            allow_stop(study)
            trial = TrialOfBatch(study, frozen._trial_id)
            params, ending = self._defined(trial, ledger.trials[frozen.number].system_attrs)
            self._halted |= is_stopped(study)
            tasks.append(Task(trial, params, place, ledger.before(frozen), ending))
        if not claim.again:
            tasks[0].trial.set_user_attr(ASKED, True)
        return tasks

    def _defined(self, trial: TrialOfBatch, attrs: Mapping[str, Any]) -> tuple[Any, Ending | None]:
        """Return what a trial is to train, or its end if the space has none for it."""
        try:
            if attrs.get(POINT) == NOWHERE:
                raise MisfitError(
                    f"Trial {trial.number} was enqueued with {shortened(attrs[ENQUEUED])}, which "
                    "is no setting of the grid: it fails, and the study goes on."
                )
            return self._define(trial), None
        except TrialPruned as error:
            state, reason = TrialState.PRUNED, str(error)
        except MisfitError as error:
            state, reason = TrialState.FAIL, str(error)
        return None, Ending(state, reason=reason, attrs={"reason": reason} if reason else {})

    def _known(self, claim: Claim, tasks: list[Task]) -> list[Ending]:
        """Return the endings of a batch whose worker died when it was about to tell them."""
        known = Ledger(self._study).endings(claim.batch) if claim.again else {}
        for task in tasks if known else []:
            for step, value in task.before.items():
                task.trial.report(value, step)
        endings = [known[task.place] for task in tasks if known]
        return [
            Ending(TrialState[each["state"]], tuple(each["values"]), each["reason"])
            for each in endings
        ]

    def _trained(self, tasks: list[Task]) -> list[Ending]:
        """Train a batch, and write down how each trial ended before any is told.

        A worker that dies while it tells leaves no batch of which a part is to be trained again.
        """
        n_values = len(self._study.directions)
        left = [task for task in tasks if task.ending is None]
        trained = dict(zip(map(id, left), self._train(left) if left else [], strict=True))
        endings = [sound(task.ending or trained[id(task)], n_values) for task in tasks]
        for task, ending in zip(tasks, endings, strict=True):
            known: dict[str, Any] = {"state": ending.state.name, "values": ending.values}
            known |= {"reason": ending.reason, "trained": task.ending is None}
            for key, value in {**ending.attrs, ENDING: known}.items():
                task.trial.set_user_attr(key, value)
        return endings

    def _tell(self, tasks: list[Task], endings: list[Ending]) -> None:
        """Tell a batch in the order of its trials."""
        for task, ending in zip(tasks, endings, strict=True):
            values = list(ending.values) if ending.state is TrialState.COMPLETE else None
            study = task.trial.study
            self._halted |= is_stopped(study)
            try:
                found = study.tell(task.trial, values, state=ending.state, skip_if_finished=True)
                is_late = found.state is not ending.state
            except UpdateFinishedTrialError:
                is_late = True
            # What samplers of finitely many settings do when all were tried. A grid's sampler
            # takes what was lost for tried; we count its points ourselves.
            self._stopped |= is_stopped(study) and not isinstance(study.sampler, GridSampler)
            if is_late:
                self._say(f"Trial {task.trial.number} was given to another worker: told too late.")
                continue
            if self._told is not None:
                self._told(task, ending)
                self._halted |= is_stopped(self._study)
            if task.ending is not None and ending.state is TrialState.FAIL:
                warnings.warn(ending.reason, stacklevel=2)

    def _give_up(self, claim: Claim) -> None:
        """Enqueue again at once what is not told of a claim."""
        left = Ledger(self._study).of_state(TrialState.WAITING, TrialState.RUNNING)
        mine = [trial for trial in left if trial._trial_id in claim.ids]
        numbers = {trial.number for trial in withdraw(self._study, self._worker, mine)}
        ledger = Ledger(self._study)
        lost = [trial for trial in ledger.lost if trial.number in numbers]
        give_back(self._study, self._worker, lost, ledger, claim.ids)


def _trials(n: int) -> str:
    """Return a number of trials in words."""
    return "1 trial" if n == 1 else f"{n} trials"
