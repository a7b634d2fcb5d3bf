"""Trials whose worker has died: failed, and enqueued again with what was known of them.

All of it runs inside an exclusive section. A trial that has failed there and is not enqueued again
yet was therefore left by a worker that died in that very moment, and is enqueued by the next one.
"""

from __future__ import annotations

import math
import time
import warnings
from contextlib import suppress
from datetime import datetime

import optuna
from optuna.exceptions import ExperimentalWarning, UpdateFinishedTrialError
from optuna.storages import fail_stale_trials
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState, create_trial

from nnest._compat import optuna as compat
from nnest.studies._history import BATCH, TrialHistory, batch_of, predecessors
from nnest.studies._workers import REMOTE_TIMEOUT, Worker, heartbeat_database, is_dead


def reclaim_stale_trials(study: Study, worker: Worker) -> list[FrozenTrial]:
    """Fail all running trials whose workers are dead, and enqueue them again.

    Parameters
    ----------
    study : optuna.Study
        The study.
    worker : Worker
        Who looks. It trains nothing just now: a running trial of its own was left by an attempt to
        lease a batch that a lost connection ended.

    Returns
    -------
    list of FrozenTrial
        The trials that had lost their worker.
    """
    database = heartbeat_database(compat.storage_of(study))
    if database is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            fail_stale_trials(optuna.load_study(study_name=study.study_name, storage=database))
    running = TrialHistory(study).of_state(TrialState.RUNNING)
    fail(study, [each for each in running if _is_stale(each, worker, database is not None)])
    return _enqueue_lost_trials(study)


def release_trials(study: Study, trial_ids: set[int]) -> None:
    """Enqueue trials of a worker that cannot go on; those that have ended are left alone."""
    running = TrialHistory(study).of_state(TrialState.RUNNING)
    fail(study, [trial for trial in running if compat.trial_id(trial) in trial_ids])
    _enqueue_lost_trials(study)


def fail(study: Study, trials: list[FrozenTrial]) -> None:
    """Fail trials, unless somebody has ended them."""
    for trial in trials:
        with suppress(UpdateFinishedTrialError):
            compat.storage_of(study).set_trial_state_values(compat.trial_id(trial), TrialState.FAIL)


def _is_stale(trial: FrozenTrial, worker: Worker, has_heartbeats: bool) -> bool:
    """Return whether the owner of a running trial is dead or has timed out."""
    owner = trial.user_attrs.get(BATCH, {}).get("owner")
    started = trial.datetime_start or datetime.now()
    age = (datetime.now() - started).total_seconds()
    if owner is None:  # somebody runs it by Optuna's own loop
        return not has_heartbeats and age > REMOTE_TIMEOUT
    if owner["worker"] == worker.identity["worker"]:
        return True
    # Hosts of a cluster may have the same name. Where there are heartbeats, they decide about
    # other processes, and this looks at workers of this process alone.
    ours = all(owner[key] == worker.identity[key] for key in ("host", "pid", "started"))
    return (ours or not has_heartbeats) and is_dead(owner, time.time() - age)


def _enqueue_lost_trials(study: Study) -> list[FrozenTrial]:
    """Enqueue lost trials again, in the order of their places; return them.

    A trial of a batch that was asked as a whole keeps its parameters. Of all others only the places
    are kept: they are asked again, by samplers that know what they knew.
    """
    history = TrialHistory(study)
    lost = history.lost
    if not lost:
        return []
    if not history.n_running:
        storage = compat.storage_of(study)
        later = _later_siblings(history, lost)
        for trial in later:
            if batch_of(trial) is None:  # or it would count as failed if this worker died now
                storage.set_trial_user_attr(compat.trial_id(trial), BATCH, {"id": ""})
        fail(study, later)
        lost = history.in_order(lost + later)
        _reset_counters(study, [each for each in lost if batch_of(each) not in history.asked])
    for trial in history.in_order(lost):
        _enqueue_again(study, trial, keeps_parameters=batch_of(trial) in history.asked)
    return lost


def _later_siblings(history: TrialHistory, lost: list[FrozenTrial]) -> list[FrozenTrial]:
    """Return waiting trials that belong behind lost ones of their batch.

    Samplers see trials in the order of their numbers. For a worker alone, that has to be the order
    of places, or it would not end with the same study.
    """

    def asked_batch(trial: FrozenTrial) -> str | None:
        batch = batch_of(trial)
        return batch if batch in history.asked else None

    first: dict[str | None, int] = {}
    for trial in reversed(history.in_order(lost)):
        first[asked_batch(trial)] = history.places[trial.number]
    return [
        trial
        for trial in history.of_state(TrialState.WAITING)
        if history.places[trial.number] > first.get(asked_batch(trial), math.inf)
    ]


def _enqueue_again(study: Study, trial: FrozenTrial, *, keeps_parameters: bool) -> None:
    """Add a waiting trial that repeats another one, by the attributes that Optuna reads."""
    user_attrs, system_attrs = trial.user_attrs, trial.system_attrs
    if not keeps_parameters:
        user_attrs = {k: v for k, v in user_attrs.items() if not k.startswith("nnest:")}
        system_attrs = {
            k: v for k, v in system_attrs.items() if k in (compat.ENQUEUED, compat.FIRST_TRIAL)
        }
    repetition = {
        compat.FIRST_TRIAL: system_attrs.get(compat.FIRST_TRIAL, trial.number),
        compat.PREDECESSORS: [*predecessors(trial), trial.number],
    }
    study.add_trial(
        create_trial(
            state=TrialState.WAITING,
            params=trial.params if keeps_parameters else {},
            distributions=trial.distributions if keeps_parameters else {},
            user_attrs=user_attrs,
            system_attrs={**system_attrs, **repetition},
        )
    )


def _reset_counters(study: Study, trials: list[FrozenTrial]) -> None:
    """Set quasi-random sequences back to where batches began that are asked again."""
    marks = [trial.user_attrs.get(BATCH, {}) for trial in trials]
    began = [mark["points"] for mark in marks if "points" in mark]
    storage = compat.storage_of(study)
    study_id = storage.get_study_id_from_name(study.study_name)
    for name, value in compat.quasi_random_counters(study).items():
        first = min([each.get(name, -1) for each in began], default=value)
        if first < value:
            storage.set_study_system_attr(study_id, name, first)
