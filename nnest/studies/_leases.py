"""Which trials a worker trains next: what waits, else new ones; nobody else has them then."""

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

from nnest.studies._history import (
    BATCH,
    ENDING,
    ENQUEUED,
    NOWHERE,
    PLACE,
    POINT,
    Ledger,
    batch_of,
    is_enqueued,
)
from nnest.studies._recovery import counters
from nnest.studies._texts import text_among
from nnest.studies._workers import Worker

__all__ = ["Claim", "Claims"]


@dataclass
class Claim:
    """Trials that a worker has claimed together.

    Parameters
    ----------
    batch : str
        Name of the batch.
    again : bool
        Whether its trials were suggested before, by a worker that is gone.
    ids : set of int
        Ids of the trials.
    """

    batch: str
    again: bool
    ids: set[int] = field(default_factory=set)


class Claims:
    """Claims trials of a study for one worker.

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
        self._study, self._worker, self._storage = study, worker, study._storage
        self._n_trials, self._size = n_trials, group_size
        self._grid = sampler if isinstance(sampler, GridSampler) else None

    def next(self, claim: Claim, ledger: Ledger) -> None:
        """Claim what comes next; nothing is claimed where others have all that is left.

        `claim` is filled one by one, so that it tells what was claimed if this is interrupted.
        """
        waiting = ledger.in_order(ledger.of_state(TrialState.WAITING))
        asked = [trial for trial in waiting if batch_of(trial) in ledger.asked]
        if asked:
            claim.batch, claim.again = str(batch_of(asked[0])), True
            for trial in asked:
                if batch_of(trial) == claim.batch:
                    self._take(claim, trial)
        else:
            self._fill(claim, waiting, ledger)

    def _fill(self, claim: Claim, waiting: list[FrozenTrial], ledger: Ledger) -> None:
        """Claim trials that have a number and nothing else, and make new ones behind them."""
        # What the user has enqueued beyond the trials that are wanted waits for a longer study.
        waiting = [
            trial
            for trial in waiting
            if not is_enqueued(trial) or not ledger.is_beyond(trial, self._n_trials)
        ]
        first = ledger.places[waiting[0].number] if waiting else len(set(ledger.places.values()))
        alone = not ledger.n_running_elsewhere(set())
        size = self._size - (first % self._size if alone else 0)
        mark = self._mark(claim)
        for trial in waiting[:size]:
            self._take(claim, trial, mark)
        new = min(size - len(claim.ids), self._n_trials - len(ledger.kept_places))
        if self._grid is not None:
            new = min(new, len(self._free_points(ledger)) - len(waiting))
        for _ in range(new):
            blank = create_trial(state=TrialState.WAITING, user_attrs={BATCH: mark})
            trial_id = self._storage.create_new_trial(self._study._study_id, blank)
            self._start(claim, trial_id)

    def _mark(self, claim: Claim) -> dict[str, Any]:
        """Return what says whose a trial is, and where its batch began."""
        return {
            "id": claim.batch,
            "owner": self._worker.mark,
            "points": counters(self._study),
        }

    def _take(self, claim: Claim, trial: FrozenTrial, mark: dict[str, Any] | None = None) -> None:
        """Claim a waiting trial, unless somebody else is faster.

        It is marked before, so that no running trial ever bears the mark of a dead worker.
        """
        mark = mark or {**trial.user_attrs[BATCH], "owner": self._worker.mark}
        with suppress(UpdateFinishedTrialError):
            self._storage.set_trial_user_attr(trial._trial_id, BATCH, mark)
            self._start(claim, trial._trial_id)

    def _start(self, claim: Claim, trial_id: int) -> None:
        """Let a trial run; what is ours is in the claim."""
        self._worker.watch(trial_id)
        claim.ids.add(trial_id)
        is_ours = False
        with suppress(UpdateFinishedTrialError):
            is_ours = self._storage.set_trial_state_values(trial_id, TrialState.RUNNING)
        if not is_ours:
            claim.ids.discard(trial_id)
            self._worker.leave({trial_id})

    def settle(self, claim: Claim) -> list[FrozenTrial]:
        """Let go what others have claimed too; return the rest in order, each with its place."""
        ledger = Ledger(self._study)
        mine = ledger.in_order([t for t in ledger.trials if t._trial_id in claim.ids])
        kept = [trial for trial in mine if not ledger.is_surplus(trial, self._n_trials)]
        if self._grid is not None and not claim.again:
            kept = self._with_points(kept, ledger)
        ids = {trial._trial_id for trial in kept}
        for trial in mine:
            if trial._trial_id in ids:
                self._sign(claim, trial, ledger.places[trial.number])
            else:
                self._drop(claim, trial)
        return kept

    def _sign(self, claim: Claim, trial: FrozenTrial, place: int) -> None:
        """Write down whose a trial is, which somebody may have overwritten, and its place."""
        mark = trial.user_attrs[BATCH]
        if mark["owner"] != self._worker.mark:
            mark = {**mark, "owner": self._worker.mark, "id": claim.batch}
            self._storage.set_trial_user_attr(trial._trial_id, BATCH, mark)
        if trial.user_attrs.get(PLACE) != place:
            self._storage.set_trial_user_attr(trial._trial_id, PLACE, place)

    def _drop(self, claim: Claim, trial: FrozenTrial) -> None:
        """Fail a trial that the study does not need."""
        self._worker.leave({trial._trial_id})
        drop(self._study, trial)
        claim.ids.discard(trial._trial_id)

    def clear(self, ledger: Ledger) -> None:
        """Fail the trials that were made in excess, or enqueued twice, and that nobody claimed.

        What was suggested, or given by the user, stays for a study that is to have more trials.
        """
        for trial in ledger.of_state(TrialState.WAITING):
            fresh = batch_of(trial) not in ledger.asked and not is_enqueued(trial)
            surplus = fresh and ledger.is_surplus(trial, self._n_trials)
            if surplus or ledger.is_double(trial):
                drop(self._study, trial)

    def is_exhausted(self, ledger: Ledger) -> bool:
        """Tell whether there is a grid of which all points are taken."""
        return self._grid is not None and not self._free_points(ledger)

    def _free_points(self, ledger: Ledger) -> list[int]:
        """Return the numbers of the points of the grid that no trial has."""
        assert self._grid is not None
        space = json.dumps(self._grid._search_space)
        taken = {
            trial.system_attrs[POINT]
            for trial in [*ledger.live, *ledger.lost, *ledger.failed]
            if json.dumps(trial.system_attrs.get("search_space")) == space
        }
        return [point for point in range(self._grid._n_min_trials) if point not in taken]

    def _with_points(self, trials: list[FrozenTrial], ledger: Ledger) -> list[FrozenTrial]:
        """Give each trial its point of the grid; return those for which there is one.

        Left alone, the sampler goes by numbers, which trials that are asked again use up.
        """
        assert self._grid is not None
        free, kept = self._free_points(ledger), set()
        # What the user has enqueued names its point, and comes first.
        for trial in sorted(trials, key=lambda each: not is_enqueued(each)):
            point = self._point(trial, ledger.places[trial.number], free)
            if point is None:
                continue
            free = [each for each in free if each != point]
            kept.add(trial.number)
            set_attr = self._storage.set_trial_system_attr
            set_attr(trial._trial_id, "search_space", self._grid._search_space)
            set_attr(trial._trial_id, POINT, point)
        return [trial for trial in trials if trial.number in kept]

    def _point(self, trial: FrozenTrial, place: int, free: list[int]) -> int | None:
        """Return the point that a trial names, or the one of its place, or another that is free."""
        if not is_enqueued(trial):
            return place if place in free else next(iter(free), None)
        assert self._grid is not None
        space, names = self._grid._search_space, self._grid._param_names
        given = {
            name: text_among(value, space[name])
            for name, value in trial.system_attrs[ENQUEUED].items()
            if name in space
        }
        named = [
            point
            for point, values in enumerate(self._grid._all_grids)
            if given.items() <= dict(zip(names, values, strict=True)).items()
        ]
        return next((point for point in named if point in free), (*named, NOWHERE)[0])


def drop(study: Study, trial: FrozenTrial) -> None:
    """Fail a trial that is one too many: it does not count, and nobody trains it."""
    storage = study._storage
    ending = {"state": TrialState.FAIL.name, "surplus": True, "reason": "The study had enough."}
    with suppress(UpdateFinishedTrialError):
        storage.set_trial_user_attr(trial._trial_id, ENDING, ending)
        storage.set_trial_state_values(trial._trial_id, TrialState.FAIL)


def new_claim() -> Claim:
    """Return a claim of nothing under a name of its own."""
    return Claim(uuid.uuid4().hex[:12], again=False)
