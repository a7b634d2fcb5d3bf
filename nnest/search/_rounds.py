"""The loop of a study: ask for a batch of trials, train it together, tell what became of it.

Whatever happens to a worker, its trials are given to the next one: see :mod:`._lost`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import Trial, TrialState

from nnest.search._errors import StudyError

__all__ = ["Ending", "StudyError", "Task", "run_rounds", "set_up"]


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
    say: Callable[[str], None] | None = print,
    told: Callable[[Task, Ending], None] | None = None,
) -> None:
    """Train batches until a study has so many complete and pruned trials."""
    raise NotImplementedError


def set_up(study: Study, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Write down what a study is, once, and return what is written."""
    raise NotImplementedError
