"""Leases a worker its next batch: waiting trials first, then new ones.

All of it runs inside an exclusive section, so that no other worker leases at the same time.
"""

from __future__ import annotations

import json
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from optuna.exceptions import UpdateFinishedTrialError
from optuna.samplers import BaseSampler, GridSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState, create_trial

from nnest._compat import optuna as compat
from nnest.studies._history import BATCH, PLACE, RESULT, TrialHistory, batch_of, is_enqueued
from nnest.studies._recovery import fail
from nnest.studies._texts import matching_text
from nnest.studies._workers import Worker

#: The number of a point that no grid has.
NO_POINT = -1


@dataclass
class BatchLease:
    """The trials that a worker trains together; nobody else does as long as it lives.

    Parameters
    ----------
    batch : str
        Name of the batch.
    is_repeated : bool
        Whether its trials were asked before, by a worker that has died.
    ids : set of int
        Ids of the trials.
    trials : list of FrozenTrial
        The trials, in the order of their places.
    """

    batch: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    is_repeated: bool = False
    ids: set[int] = field(default_factory=set)
    trials: list[FrozenTrial] = field(default_factory=list)


class LeaseManager:
    """Leases trials of a study to one worker.

    Parameters
    ----------
    study : optuna.Study
        The study.
    worker : Worker
        The worker.
    n_trials : int
        How many trials the study is to have.
    group_size : int
        How many are trained together.
    sampler : optuna.samplers.BaseSampler
        A sampler of the study; a grid has an end.
    """

    def __init__(
        self, study: Study, worker: Worker, n_trials: int, group_size: int, sampler: BaseSampler
    ) -> None:
        compat.check_sampler(sampler)
        self._study, self._worker, self._storage = study, worker, compat.storage_of(study)
        self._n_trials, self._group_size = n_trials, group_size
        self._grid = compat.grid_of(sampler) if isinstance(sampler, GridSampler) else None

    def fill(self, lease: BatchLease, history: TrialHistory, *, allow_new: bool = True) -> None:
        """Lease the next batch; nothing is leased where others train all that is left.

        `lease` is filled trial by trial, so that an interrupt leaves it with what was leased.
        """
        # A user may have enqueued more than is wanted now; that waits for a longer study. Places
        # tell, and not numbers: a repeated trial comes behind newer ones by its number.
        wanted = history.counted_places[: self._n_trials]
        waiting = history.in_order(history.of_state(TrialState.WAITING))
        waiting = [trial for trial in waiting if history.places[trial.number] in wanted]
        asked = [trial for trial in waiting if batch_of(trial) in history.asked]
        if asked:
            lease.batch, lease.is_repeated = str(batch_of(asked[0])), True
            for trial in asked:
                if batch_of(trial) == lease.batch:
                    mark = {**trial.user_attrs[BATCH], "owner": self._worker.identity}
                    self._start(lease, compat.trial_id(trial), mark)
        else:
            self._fill_anew(lease, waiting, history, allow_new)
        history = TrialHistory(self._study)
        leased = history.in_order([t for t in history.trials if compat.trial_id(t) in lease.ids])
        for trial in leased:
            place = history.places[trial.number]
            if trial.user_attrs.get(PLACE) != place:
                self._storage.set_trial_user_attr(compat.trial_id(trial), PLACE, place)
        if self._grid is not None and not lease.is_repeated:
            leased = self._assign_points(lease, leased, history)
        lease.trials = leased

    def _fill_anew(
        self, lease: BatchLease, waiting: list[FrozenTrial], history: TrialHistory, allow_new: bool
    ) -> None:
        """Lease trials that have a number and no parameters yet, and new ones behind them."""
        first = history.places[waiting[0].number] if waiting else len({*history.places.values()})
        # A worker alone begins batches at multiples of their size, as after an interrupt.
        size = self._group_size - (0 if history.n_running else first % self._group_size)
        mark = {
            "id": lease.batch,
            "owner": self._worker.identity,
            "points": compat.quasi_random_counters(self._study),
        }
        for trial in waiting[:size]:
            self._start(lease, compat.trial_id(trial), mark)
        n_new = min(size - len(lease.ids), self._n_trials - len(history.counted_places))
        if self._grid is not None:
            n_new = min(n_new, len(self._free_points(history)) - len(waiting))
        study_id = self._storage.get_study_id_from_name(self._study.study_name)
        blank = create_trial(state=TrialState.WAITING, user_attrs={BATCH: mark})
        for _ in range(n_new if allow_new else 0):
            self._start(lease, self._storage.create_new_trial(study_id, blank), mark)

    def _start(self, lease: BatchLease, number: int, mark: dict[str, Any]) -> None:
        """Set a waiting trial to running, unless Optuna's own loop has just taken it.

        Its owner and a heartbeat are written before: a running trial without them would not be
        reclaimed if this worker died in between.
        """
        with suppress(UpdateFinishedTrialError):
            self._storage.set_trial_user_attr(number, BATCH, mark)
            self._worker.start_heartbeat(number)
            lease.ids.add(number)
            if self._storage.set_trial_state_values(number, TrialState.RUNNING):
                return
        lease.ids.discard(number)

    def is_exhausted(self, history: TrialHistory) -> bool:
        """Return whether there is a grid of which all points are taken."""
        return self._grid is not None and not self._free_points(history)

    def _free_points(self, history: TrialHistory) -> list[int]:
        """Return the numbers of the grid's points that no trial has."""
        assert self._grid is not None
        space = json.dumps(self._grid.space)
        dropped = {trial.number for trial in history.of_state(TrialState.FAIL)}
        dropped -= {trial.number for trial in [*history.lost, *history.failed]}
        taken = {
            trial.system_attrs[compat.POINT]
            for trial in history.trials
            if trial.number not in dropped
            and json.dumps(trial.system_attrs.get(compat.GRID)) == space
        }
        return [point for point in range(len(self._grid.points)) if point not in taken]

    def _assign_points(
        self, lease: BatchLease, trials: list[FrozenTrial], history: TrialHistory
    ) -> list[FrozenTrial]:
        """Give each trial its point of the grid; return those for which there is one.

        The sampler itself counts by the numbers of trials, which repetitions use up.
        """
        assert self._grid is not None
        free, kept = self._free_points(history), set()
        # What the user has enqueued names its point, and comes first.
        for trial in sorted(trials, key=lambda each: not is_enqueued(each)):
            number = compat.trial_id(trial)
            point = self._point(trial, history.places[trial.number], free)
            if point is None:  # an enqueued trial has taken it
                dropped = {"state": "FAIL", "surplus": True, "reason": "The study had enough."}
                self._storage.set_trial_user_attr(number, RESULT, dropped)
                fail(self._study, [trial])
                lease.ids.discard(number)
                continue
            free = [each for each in free if each != point]
            kept.add(trial.number)
            self._storage.set_trial_system_attr(number, compat.GRID, self._grid.space)
            self._storage.set_trial_system_attr(number, compat.POINT, point)
        return [trial for trial in trials if trial.number in kept]

    def _point(self, trial: FrozenTrial, place: int, free: list[int]) -> int | None:
        """Return the point that a trial names, or the one of its place, or another free one."""
        if not is_enqueued(trial):
            return place if place in free else next(iter(free), None)
        assert self._grid is not None
        space, names = self._grid.space, self._grid.names
        given = {
            name: matching_text(value, space[name])
            for name, value in trial.system_attrs[compat.ENQUEUED].items()
            if name in space
        }
        named = [
            point
            for point, values in enumerate(self._grid.points)
            if given.items() <= dict(zip(names, values, strict=True)).items()
        ]
        return next((point for point in named if point in free), (*named, NO_POINT)[0])
