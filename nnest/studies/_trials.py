"""A trial of a batch, and what becomes of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from reprlib import repr as shortened
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.exceptions import UpdateFinishedTrialError
from optuna.study import Study
from optuna.trial import Trial, TrialState

from nnest.studies._texts import text_among

__all__ = ["Ending", "MisfitError", "Task", "TrialOfBatch", "allow_stop", "is_stopped", "sound"]


class MisfitError(ValueError):
    """A trial that was enqueued with a value that its parameter cannot have."""


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
    ending : Ending or None
        Its end, if it is not to be trained: the space has pruned it, or it cannot be asked.
    """

    trial: TrialOfBatch
    params: Any
    place: int
    before: dict[int, float] = field(default_factory=dict)
    ending: Ending | None = None


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

    def _suggest(self, name: str, distribution: BaseDistribution) -> Any:
        """Suggest a value; one that was enqueued as the study's storage keeps it."""
        if name in self._fixed_params:
            value = self._fixed_params[name]
            try:
                if isinstance(distribution, CategoricalDistribution):
                    self._fixed_params[name] = text_among(value, distribution.choices)
                distribution.to_internal_repr(self._fixed_params[name])
            except ValueError:
                raise MisfitError(
                    f"Trial {self.number} was enqueued with {name}={shortened(value)}, which is "
                    f"not in {_shown(distribution)}: it fails, and the study goes on."
                ) from None
        return super()._suggest(name, distribution)

    def report_folds(self, scores: list[float]) -> None:
        """Report the scores of all folds, which `optuna.terminator` looks at."""
        # Its own function to do so warns that it will go.
        write = self.storage.set_trial_system_attr
        self._unless_late(write, self._trial_id, "terminator:cv_scores", scores)

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


def _shown(distribution: BaseDistribution) -> str:
    """Return what may be chosen, in a few words."""
    choices = getattr(distribution, "choices", None)
    return str(distribution) if choices is None else shortened(list(choices))


def allow_stop(study: Study, allowed: bool = True) -> None:
    """Let `study.stop()` be called, as inside of `Study.optimize`."""
    study._thread_local.in_optimize_loop = allowed


def is_stopped(study: Study) -> bool:
    """Tell whether a study was stopped since this was asked before."""
    found, study._stop_flag = study._stop_flag, False
    return found


def sound(ending: Ending, n_values: int) -> Ending:
    """Return an ending that Optuna accepts."""
    if ending.state is not TrialState.COMPLETE:
        return ending
    if len(ending.values) == n_values and not any(map(math.isnan, ending.values)):
        values = tuple(float(value) for value in ending.values)
        return Ending(ending.state, values, ending.reason, ending.attrs)
    reason = f"Its values are {ending.values}, and not {n_values} numbers."
    return Ending(TrialState.FAIL, (), reason, ending.attrs)
