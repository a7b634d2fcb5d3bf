"""A trial of a batch, and what becomes of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import Trial, TrialState

__all__ = ["Ending", "Task", "TrialOfBatch", "sound"]


@dataclass(frozen=True)
class Task:
    """One trial of a batch, to be trained.

    Parameters
    ----------
    trial : optuna.trial.Trial
        The running trial.
    params : object
        What the space made of it.
    place : int
        Its place in the study, from 0 on. A trial that is trained again keeps its place.
    before : dict of int to float
        What had been reported of it before its worker was lost: epoch to value.
    """

    trial: Trial
    params: Any
    place: int
    before: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Ending:
    """What became of a trial.

    Parameters
    ----------
    state : optuna.trial.TrialState
        COMPLETE, PRUNED or FAIL.
    values : tuple of float, default=()
        One for each objective, of a trial that is complete.
    reason : str, default=""
        Why it failed, in one sentence.
    attrs : mapping of str to object, default={}
        User attributes that the trial gets.
    """

    state: TrialState
    values: tuple[float, ...] = ()
    reason: str = ""
    attrs: Mapping[str, Any] = field(default_factory=dict)


class TrialOfBatch(Trial):
    """A trial that may have been given to another worker while it was trained."""

    is_late = False

    def report(self, value: float, step: int) -> None:
        """Report a value unless that is somebody else's now."""
        self._unless_late(super().report, value, step)

    def set_user_attr(self, key: str, value: Any) -> None:
        """Set an attribute unless that is somebody else's now."""
        self._unless_late(super().set_user_attr, key, value)

    def set_constraint(self, key: str, value: float) -> None:
        """Set a constraint unless that is somebody else's now, or a predecessor has set it."""
        if key not in self._constraints():
            self._unless_late(super().set_constraint, key, value)

    def should_prune(self) -> bool:
        """Tell whether going on is of no use."""
        return self.is_late or bool(super().should_prune())

    def _constraints(self) -> set[str]:
        """Return the names of the constraints that are set."""
        attrs = self.storage.get_trial_system_attrs(self._trial_id)
        return {name.partition(":")[2] for name in attrs if name.startswith("constraints:")}

    def _unless_late(self, write: Callable[..., None], *args: Any) -> None:
        """Write something, or learn that the trial was ended by others."""
        try:
            write(*args)
        except UpdateFinishedTrialError:
            self.is_late = True


def sound(ending: Ending, n_values: int) -> Ending:
    """Return an ending that Optuna accepts."""
    if ending.state is not TrialState.COMPLETE:
        return ending
    if len(ending.values) == n_values and not any(map(math.isnan, ending.values)):
        values = tuple(float(value) for value in ending.values)
        return Ending(ending.state, values, ending.reason, ending.attrs)
    reason = f"Its values are {ending.values}, and not {n_values} numbers."
    return Ending(TrialState.FAIL, (), reason, ending.attrs)
