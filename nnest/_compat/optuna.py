"""What nnest uses of Optuna without a public way to it.

Optuna may move such a name in any release. Each is looked for before it is used, because a key
or a flag that is silently missing would spoil a study.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import optuna
from optuna.distributions import FloatDistribution
from optuna.samplers import BaseSampler, GridSampler, QMCSampler, RandomSampler
from optuna.storages import BaseStorage, InMemoryStorage, RetryHeartbeatStaleTrialCallback
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState, create_trial

from nnest._compat._probe import attribute, gone

__all__ = [
    "ENQUEUED",
    "FIRST_TRIAL",
    "GRID",
    "POINT",
    "PREDECESSORS",
    "Grid",
    "allow_stop",
    "check_sampler",
    "check_trial_keys",
    "enqueued_values",
    "grid_of",
    "quasi_random_counters",
    "report_fold_scores",
    "silence_optuna",
    "stop_allowed",
    "storage_of",
    "take_stop",
    "trial_id",
]

#: The releases that the tests run with.
_TESTED = "optuna>=5,<5.1"

#: Optuna's system attributes of trials: the parameters that a user has enqueued; the first of the
#: trials of which one is a repetition, and all of them; a grid, and the number of a point in it.
ENQUEUED, FIRST_TRIAL, PREDECESSORS = "fixed_params", "failed_trial", "retry_history"
GRID, POINT = "search_space", "grid_id"
#: How the names of a study's system attributes begin that count quasi-random points.
_COUNTERS = "qmc:"


def _get(thing: Any, name: str, use: str) -> Any:
    return attribute(_TESTED, thing, name, use)


def storage_of(study: Study) -> BaseStorage:
    """Return the storage of a study."""
    storage: BaseStorage = _get(study, "_storage", "write to a study")
    return storage


def trial_id(trial: Trial | FrozenTrial) -> int:
    """Return the number by which a storage knows a trial."""
    return int(_get(trial, "_trial_id", "write to a trial"))


def allow_stop(study: Study, allowed: bool = True) -> None:
    """Allow `study.stop()`, as inside of `Study.optimize`."""
    state = _get(study, "_thread_local", "let study.stop() end a search")
    _get(state, "in_optimize_loop", "let study.stop() end a search")
    state.in_optimize_loop = allowed


@contextmanager
def stop_allowed(study: Study) -> Iterator[None]:
    """Allow `study.stop()` for a while."""
    allow_stop(study)
    try:
        yield
    finally:
        allow_stop(study, False)


def take_stop(study: Study) -> bool:
    """Return whether a study was stopped since this was asked before."""
    found = bool(_get(study, "_stop_flag", "let study.stop() end a search"))
    if found:  # one that comes now, from another thread, is not lost
        study._stop_flag = False
    return found


def enqueued_values(trial: Trial) -> dict[str, Any]:
    """Return the enqueued parameters of a running trial, which may be replaced in place."""
    found: dict[str, Any] = _get(trial, "_fixed_params", "read what was enqueued")
    return found


def report_fold_scores(trial: Trial, scores: list[float]) -> None:
    """Report the scores of all folds, which `optuna.terminator` looks at."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # the function says that it will go
        from optuna import terminator

        report = getattr(terminator, "report_cross_validation_scores", None)
        if report is None:
            raise gone(_TESTED, "report_cross_validation_scores", "report the scores of folds")
        report(trial, scores)


@dataclass(frozen=True)
class Grid:
    """The points of a grid.

    Parameters
    ----------
    space : dict of str to list
        The values of each parameter.
    names : list of str
        The parameters, in the order of a point's values.
    points : list of tuple
        The points, in the order in which the sampler tries them.
    """

    space: dict[str, list[Any]]
    names: list[str]
    points: list[tuple[Any, ...]]


def grid_of(sampler: GridSampler) -> Grid:
    """Return the points of a sampler's grid."""
    _check_grid_keys()
    use = "share a grid among workers"
    names = ("_search_space", "_param_names", "_all_grids")
    return Grid(*(_get(sampler, name, use) for name in names))


def quasi_random_counters(study: Study) -> dict[str, int]:
    """Return how many points of quasi-random sequences a study has used, by system attribute."""
    storage = storage_of(study)
    attrs = storage.get_study_system_attrs(storage.get_study_id_from_name(study.study_name))
    return {name: value for name, value in attrs.items() if name.startswith(_COUNTERS)}


def check_sampler(sampler: BaseSampler) -> None:
    """Raise an error if a quasi-random sampler does not count its points as nnest reads it."""
    if isinstance(sampler, QMCSampler):
        _check_counters()


def check_trial_keys() -> None:
    """Raise an error if Optuna does not write the attributes of trials that nnest reads."""
    _check_enqueued_key()
    _check_repetition_keys()


@contextmanager
def silence_optuna() -> Iterator[None]:
    """Turn Optuna's messages off; whoever opens or runs a study has its own."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


def _probed(sampler: BaseSampler) -> Study:
    """Return an empty study for a probe, without Optuna's message that there is a new one."""
    storage = InMemoryStorage()
    with silence_optuna():
        storage.create_new_study([StudyDirection.MINIMIZE], "probe")
    return optuna.load_study(study_name="probe", storage=storage, sampler=sampler)


def _require(keys: set[str], found: Any, use: str) -> None:
    """Raise an error if one of the keys was not found."""
    missing = sorted(keys - set(found))
    if missing:
        raise gone(_TESTED, f"attribute {missing[0]!r} of trials", use)


@cache
def _check_enqueued_key() -> None:
    study = _probed(RandomSampler())
    study.enqueue_trial({"x": 0.0})
    _require({ENQUEUED}, study.trials[0].system_attrs, "find enqueued trials")


@cache
def _check_repetition_keys() -> None:
    attrs = {FIRST_TRIAL: 1, PREDECESSORS: [1, 2]}
    trial = create_trial(state=TrialState.WAITING, system_attrs=attrs)
    readers: dict[str, Callable[[FrozenTrial], Any]] = {
        FIRST_TRIAL: RetryHeartbeatStaleTrialCallback.retried_trial_number,
        PREDECESSORS: RetryHeartbeatStaleTrialCallback.retry_history,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # both are experimental
        agreed = {key for key, read in readers.items() if read(trial) == attrs[key]}
    _require({*attrs}, agreed, "find trials that were lost with their worker")


@cache
def _check_grid_keys() -> None:
    trial = _probed(GridSampler({"x": [0.0]}, seed=0)).ask()
    attrs = trial.storage.get_trial_system_attrs(trial_id(trial))
    _require({GRID, POINT}, attrs, "share a grid among workers")


@cache
def _check_counters() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the sampler is experimental
        study = _probed(QMCSampler(seed=0, warn_independent_sampling=False))
    # The sampler learns the space from the first trial.
    for _ in range(2):
        study.tell(study.ask({"x": FloatDistribution(0.0, 1.0)}), 0.0)
    if not quasi_random_counters(study):
        use = "go on with quasi-random points"
        raise gone(_TESTED, f"attributes {_COUNTERS!r} of studies", use)
