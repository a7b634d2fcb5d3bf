"""Samplers and pruners by name, made anew for each trial of a study."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import (
    BasePruner,
    HyperbandPruner,
    MedianPruner,
    PatientPruner,
    SuccessiveHalvingPruner,
)
from optuna.samplers import (
    BaseSampler,
    GridSampler,
    NSGAIIISampler,
    NSGAIISampler,
    QMCSampler,
    RandomSampler,
    TPESampler,
)

from nnest._validation import suggest
from nnest.exceptions import StudyError

__all__ = [
    "PRUNERS",
    "SAMPLERS",
    "as_pruner",
    "check_name",
    "grid_of",
    "is_adaptive",
    "sampler_maker",
]

MakeSampler = Callable[[int], BaseSampler]
Distributions = dict[str, BaseDistribution] | None

#: What `sampler` may be called.
SAMPLERS = ("tpe", "random", "grid", "qmc", "nsga2", "nsga3")
#: What `pruner` may be called.
PRUNERS = ("median", "halving", "hyperband", "patient")
_EVOLVING: dict[str, Any] = {"tpe": TPESampler, "nsga2": NSGAIISampler, "nsga3": NSGAIIISampler}
#: Settings of a grid are counted, and told to Optuna, one by one.
_LARGEST_GRID = 100_000


def sampler_maker(given: Any, distributions: Distributions, study_seed: int) -> MakeSampler:
    """Return what makes the sampler of a trial from the seed of that trial."""
    if given is None or isinstance(given, str):
        return _by_name(given or "tpe", distributions, study_seed)
    if isinstance(given, BaseSampler):
        # One copy for the whole fit: it goes on as Optuna's own loop would let it, and the
        # parameter that the user gave stays as it is.
        own = deepcopy(given)
        return lambda _: own
    if callable(given):
        return lambda seed: _checked_sampler(given(seed))
    raise _no_sampler(given)


def _checked_sampler(made: Any) -> BaseSampler:
    """Return a sampler; raise if it is something else."""
    if isinstance(made, BaseSampler):
        return made
    raise _no_sampler(made)


def _no_sampler(given: Any) -> StudyError:
    """Return the error for something that is not a sampler."""
    return StudyError(
        f"sampler={given!r} is not accepted: give one of {', '.join(map(repr, SAMPLERS))}, a "
        "sampler of Optuna, or a function that takes a seed and returns one."
    )


def _by_name(name: str, distributions: Distributions, study_seed: int) -> MakeSampler:
    """Return the maker of a sampler with a name."""
    check_name("sampler", name, SAMPLERS)
    if name == "random":
        return lambda seed: RandomSampler(seed=seed)
    if name == "grid":
        points = grid_of(distributions)
        # The seed decides the order of the points, which all workers share.
        return lambda _: GridSampler(points, seed=study_seed)
    if name == "qmc":
        return lambda seed: _quasi_random(distributions, study_seed, seed)
    return lambda seed: _evolving(name, seed)


def _evolving(name: str, seed: int) -> BaseSampler:
    """Return a sampler that learns from earlier trials."""
    made: BaseSampler
    with _without_experimental_warnings():
        made = _EVOLVING[name](seed=seed)
    return made


def check_name(parameter: str, name: str, known: tuple[str, ...]) -> None:
    """Raise if a name is unknown."""
    if name in known:
        return
    hint = suggest(name, known, f"give one of {', '.join(known)}, or an object of Optuna.")
    raise StudyError(f"{parameter}={name!r} is not accepted: {hint}")


@contextmanager
def _without_experimental_warnings() -> Iterator[None]:
    """Ignore Optuna's warnings about experimental parts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        yield


class _QuasiRandom(QMCSampler):
    """Quasi-random points of a space that is known before the first trial has finished."""

    distributions: dict[str, BaseDistribution]

    def infer_relative_search_space(self, study: Any, trial: Any) -> dict[str, BaseDistribution]:
        """Return the space, without what leaves no choice."""
        return {name: each for name, each in self.distributions.items() if not each.single()}


def _quasi_random(distributions: Distributions, study_seed: int, seed: int) -> BaseSampler:
    """Return a sampler of one scrambled sequence, which the whole study shares."""
    kind = QMCSampler if distributions is None else _QuasiRandom
    with _without_experimental_warnings():
        sampler = kind(
            scramble=True,
            seed=study_seed,
            independent_sampler=RandomSampler(seed=seed),
            warn_independent_sampling=False,
        )
    if isinstance(sampler, _QuasiRandom):
        sampler.distributions = dict(distributions or {})
    return sampler


def grid_of(distributions: Distributions) -> dict[str, list[Any]]:
    """Return all values of each parameter of a space that has finitely many."""
    if distributions is None:
        raise StudyError(
            "sampler='grid' needs to know all settings beforehand: give param_distributions as a "
            "dict, or another sampler."
        )
    points = {name: _values(name, each) for name, each in distributions.items()}
    size = math.prod(len(values) for values in points.values())
    if size > _LARGEST_GRID:
        raise StudyError(
            f"sampler='grid' has {size} settings to try, more than {_LARGEST_GRID}: give fewer "
            "choices, or another sampler."
        )
    return points


def _values(name: str, distribution: BaseDistribution) -> list[Any]:
    """Return all values of one parameter."""
    if isinstance(distribution, CategoricalDistribution):
        return list(distribution.choices)
    about: Any = distribution
    if about.step is None:
        raise StudyError(
            f"sampler='grid' needs choices, and {name!r} is the range from {about.low} to "
            f"{about.high} without a step: give a list of values, or another sampler."
        )
    n = round((about.high - about.low) / about.step) + 1
    # Sums of floats may end a little above the last value.
    return [min(about.low + i * about.step, about.high) for i in range(n)]


def is_adaptive(sampler: Any, pruner: Any) -> bool:
    """Return whether suggestions or pruning depend on the results of earlier trials."""
    blind = (RandomSampler, GridSampler, QMCSampler)
    return pruner is not None or (
        sampler not in ("random", "grid", "qmc") and not isinstance(sampler, blind)
    )


def as_pruner(given: Any, epochs: int) -> BasePruner | None:
    """Return the pruner of a study whose networks train for so many epochs."""
    if isinstance(given, str):
        check_name("pruner", given, PRUNERS)
        return _pruner(given, epochs)
    if given is None or isinstance(given, BasePruner):
        return deepcopy(given)
    raise StudyError(
        f"pruner={given!r} is not accepted: give None, one of {', '.join(map(repr, PRUNERS))}, "
        "or a pruner of Optuna."
    )


def _pruner(name: str, epochs: int) -> BasePruner:
    """Return the pruner of a name."""
    if name == "halving":
        return SuccessiveHalvingPruner(min_resource=1)
    if name == "hyperband":
        return HyperbandPruner(min_resource=1, max_resource=epochs)
    # A fifth of all epochs says little about the last one.
    median = MedianPruner(n_startup_trials=5, n_warmup_steps=max(1, epochs // 5))
    if name == "median":
        return median
    with _without_experimental_warnings():
        return PatientPruner(median, patience=max(1, epochs // 5))
