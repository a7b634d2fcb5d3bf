"""A trial of a batch, and its result."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from reprlib import repr as shortened
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import Trial, TrialState

from nnest._compat.optuna import enqueued_values, report_fold_scores
from nnest.studies._texts import matching_text


class EnqueuedValueError(ValueError):
    """A trial was enqueued with a value that its parameter cannot have."""


@dataclass(frozen=True)
class BatchTrial:
    """One trial of a batch, to be trained.

    Parameters
    ----------
    trial : LeasedTrial
        The running trial.
    params : object
        What the space returned for it.
    place : int
        Its place in the study, from 0 on. A repeated trial keeps its place.
    reported_before : dict of int to float
        What it had reported before its worker was lost: epoch to value.
    result : TrialResult or None
        Its result if it is not to be trained: the space has pruned it, or it cannot be asked.
    """

    trial: LeasedTrial
    params: Any
    place: int
    reported_before: dict[int, float] = field(default_factory=dict)
    result: TrialResult | None = None


@dataclass(frozen=True)
class TrialResult:
    """The result of a trial.

    Parameters
    ----------
    state : optuna.trial.TrialState
        COMPLETE, PRUNED or FAIL.
    values : tuple of float, default=()
        One for each objective, if the trial is complete.
    reason : str, default=""
        Why it failed, in one sentence.
    attrs : mapping of str to object, default={}
        User attributes that the trial gets.
    """

    state: TrialState
    values: tuple[float, ...] = ()
    reason: str = ""
    attrs: Mapping[str, Any] = field(default_factory=dict)

    def validate(self, n_values: int) -> TrialResult:
        """Return a result that Optuna accepts: one without proper values has failed."""
        if self.state is not TrialState.COMPLETE:
            return self
        if len(self.values) != n_values or any(map(math.isnan, self.values)):
            reason = f"Its values are {self.values}, and not {n_values} numbers."
            return replace(self, state=TrialState.FAIL, values=(), reason=reason)
        return replace(self, values=tuple(float(value) for value in self.values))


class LeasedTrial(Trial):
    """A running trial that another worker may have taken over in the meantime."""

    is_late = False

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Suggest a number; one that was enqueued has to fit."""
        if name in enqueued_values(self):
            self._check_enqueued(name, FloatDistribution(low, high, log=log, step=step))
        return super().suggest_float(name, low, high, step=step, log=log)

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        """Suggest a whole number; one that was enqueued has to fit."""
        if name in enqueued_values(self):
            self._check_enqueued(name, IntDistribution(low, high, log=log, step=step))
        return super().suggest_int(name, low, high, step=step, log=log)

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Suggest a choice; one that was enqueued becomes its text in the study."""
        given = enqueued_values(self)
        if name in given:
            given[name] = matching_text(given[name], choices)
            self._check_enqueued(name, CategoricalDistribution(choices))
        return super().suggest_categorical(name, choices)

    def _check_enqueued(self, name: str, distribution: BaseDistribution) -> None:
        """Raise an error if a parameter cannot have its enqueued value."""
        value = enqueued_values(self)[name]
        try:
            distribution.to_internal_repr(value)
        except ValueError:
            choices = getattr(distribution, "choices", None)
            shown = str(distribution) if choices is None else shortened(list(choices))
            raise EnqueuedValueError(
                f"Trial {self.number} was enqueued with {name}={shortened(value)}, which is "
                f"not in {shown}: it fails, and the study goes on."
            ) from None

    def report_folds(self, scores: list[float]) -> None:
        """Report the scores of all folds, unless the trial is another worker's now."""
        self._write(report_fold_scores, self, scores)

    def report(self, value: float, step: int) -> None:
        """Report a value, unless the trial is another worker's now."""
        self._write(super().report, value, step)

    def set_user_attr(self, key: str, value: Any) -> None:
        """Set an attribute, unless the trial is another worker's now."""
        self._write(super().set_user_attr, key, value)

    def set_constraint(self, key: str, value: float) -> None:
        """Set a constraint, unless a predecessor has set it: Optuna warns about a second one."""
        if key not in self.constraints:
            self._write(super().set_constraint, key, value)

    def should_prune(self) -> bool:
        """Return whether to stop: also if the trial is another worker's now."""
        return self.is_late or bool(super().should_prune())

    def _write(self, write: Callable[..., None], *args: Any) -> None:
        """Write something, unless the trial was ended by others."""
        try:
            write(*args)
        except UpdateFinishedTrialError:
            self.is_late = True
