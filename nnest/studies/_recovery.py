"""Trials whose worker is gone: taken from it and enqueued again, with what was known of them."""

from __future__ import annotations

import math
import time
import warnings
from copy import deepcopy
from datetime import datetime
from typing import Any

from optuna.exceptions import ExperimentalWarning, UpdateFinishedTrialError
from optuna.storages import RetryHeartbeatStaleTrialCallback, fail_stale_trials
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from nnest.studies._history import BATCH, Ledger, batch_of
from nnest.studies._storages import GRACE, Stale
from nnest.studies._workers import ELSEWHERE, Worker, beat_interval, is_gone

__all__ = ["counters", "give_back", "take_from_the_dead", "withdraw"]

#: A worker's mark may be overwritten by another one that wanted the same trial in that moment.
_OVERWRITTEN = 15.0
_KEPT = ("failed_trial", "retry_history", "fixed_params")
_OURS, _POINTS = "nnest:", "qmc:"

with warnings.catch_warnings():
    warnings.simplefilter("ignore", ExperimentalWarning)
    _enqueue = RetryHeartbeatStaleTrialCallback()


def take_from_the_dead(study: Study, worker: Worker, mine: set[int]) -> list[FrozenTrial]:
    """Fail all running trials whose workers are gone, and enqueue them again.

    Parameters
    ----------
    study : optuna.Study
        The study.
    worker : Worker
        Who looks.
    mine : set of int
        Ids of the trials that it trains just now.

    Returns
    -------
    list of FrozenTrial
        The trials that were lost.
    """
    beats = beat_interval(study._storage) is not None
    taken = _stale(study) if beats else []
    for trial in Ledger(study).of_state(TrialState.RUNNING):
        if trial._trial_id not in mine and _is_left(trial, worker, beats):
            taken += withdraw(study, worker, [trial])
    ledger = Ledger(study)
    numbers = {trial.number for trial in taken}
    callback = _callback(study) if beats else None
    grace = GRACE if callback is None else callback.grace
    lost = [
        trial
        for trial in ledger.lost
        if trial.number in numbers or _is_forgotten(trial, worker, grace if beats else None)
    ]
    return give_back(study, worker, lost, ledger, mine)


def _age(moment: datetime | None) -> float:
    """Return how many seconds ago something was."""
    return 0.0 if moment is None else (datetime.now() - moment).total_seconds()


def _stale(study: Study) -> list[FrozenTrial]:
    """Let Optuna fail the trials without a heartbeat; return those of which we were told."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        fail_stale_trials(study)
    callback = _callback(study)
    return [] if callback is None else callback.take()


def _callback(study: Study) -> Stale | None:
    """Return what keeps a storage's stale trials, unless the user has set that up."""
    found = study._storage.get_heartbeat_stale_trial_callback()  # type: ignore[attr-defined]
    return found if isinstance(found, Stale) else None


def _is_left(trial: FrozenTrial, worker: Worker, beats: bool) -> bool:
    """Tell whether nobody trains a running trial any more, as far as can be seen from here."""
    owner = trial.user_attrs.get(BATCH, {}).get("owner")
    age = _age(trial.datetime_start)
    if owner is None:
        return not beats and age > ELSEWHERE
    if owner["worker"] == worker.mark["worker"]:
        return age > _OVERWRITTEN
    # Hosts of a cluster may have the same name: there, heartbeats decide about other processes.
    ours = all(owner[key] == worker.mark[key] for key in ("host", "pid", "started"))
    return (ours or not beats) and is_gone(owner, time.time() - age)


def _is_forgotten(trial: FrozenTrial, worker: Worker, grace: float | None) -> bool:
    """Tell whether who failed a trial did not live to enqueue it again."""
    owner = trial.user_attrs[BATCH]["owner"]
    age = _age(trial.datetime_complete)
    if owner["worker"] == worker.mark["worker"]:
        return True
    return is_gone(owner, time.time() - age) if grace is None else age > grace


def withdraw(study: Study, worker: Worker, trials: list[FrozenTrial]) -> list[FrozenTrial]:
    """Fail trials, marked as ours to enqueue again; return those that nobody else has ended."""
    storage, done = study._storage, []
    for trial in trials:
        mark = {**trial.user_attrs.get(BATCH, {"id": None}), "owner": worker.mark}
        try:
            storage.set_trial_user_attr(trial._trial_id, BATCH, mark)
            storage.set_trial_state_values(trial._trial_id, TrialState.FAIL)
        except UpdateFinishedTrialError:
            continue
        done.append(trial)
    return done


def give_back(
    study: Study, worker: Worker, lost: list[FrozenTrial], ledger: Ledger, mine: set[int]
) -> list[FrozenTrial]:
    """Enqueue lost trials again, in the order of their places; return them.

    A trial of a batch that was asked whole keeps its parameters. Others keep their places alone:
    they are asked again, by samplers that know what they knew.
    """
    if not lost:
        return []
    if not ledger.n_running_elsewhere(mine):
        lost = lost + withdraw(study, worker, _later_siblings(ledger, lost))
        _put_back_points(study, [trial for trial in lost if _asked(trial, ledger) is None])
    for trial in ledger.in_order(lost):
        again = deepcopy(trial)
        if _asked(trial, ledger) is None:
            _forget(again)
        _enqueue(study, again)
    return lost


def _asked(trial: FrozenTrial, ledger: Ledger) -> str | None:
    """Return the name of a trial's batch if that was asked whole."""
    batch = batch_of(trial)
    return batch if batch in ledger.asked else None


def _later_siblings(ledger: Ledger, lost: list[FrozenTrial]) -> list[FrozenTrial]:
    """Return waiting trials that belong behind lost ones of their batch.

    Samplers see trials in the order of their numbers: for a worker alone, that of places has to
    be the same.
    """
    first: dict[str | None, int] = {}
    for trial in reversed(ledger.in_order(lost)):
        first[_asked(trial, ledger)] = ledger.places[trial.number]
    return [
        trial
        for trial in ledger.of_state(TrialState.WAITING)
        if ledger.places[trial.number] > first.get(_asked(trial, ledger), math.inf)
    ]


def _forget(trial: FrozenTrial) -> None:
    """Leave of a trial that it is one, and what the user had given it."""
    trial.params, trial.distributions = {}, {}
    trial.user_attrs = {k: v for k, v in trial.user_attrs.items() if not k.startswith(_OURS)}
    trial.system_attrs = {k: v for k, v in trial.system_attrs.items() if k in _KEPT}


def counters(study: Study) -> dict[str, Any]:
    """Return how many points of quasi-random sequences a study has used up."""
    attrs = study._storage.get_study_system_attrs(study._study_id)
    return {name: value for name, value in attrs.items() if name.startswith(_POINTS)}


def _put_back_points(study: Study, trials: list[FrozenTrial]) -> None:
    """Let quasi-random sequences go on where the batches began of which nothing is left."""
    began = [trial.user_attrs.get(BATCH, {}).get("points", {}) for trial in trials]
    for name, value in counters(study).items():
        first = min([each.get(name, -1) for each in began], default=value)
        if first < value:
            study._storage.set_study_system_attr(study._study_id, name, first)
