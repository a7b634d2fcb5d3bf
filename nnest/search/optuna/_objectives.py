"""What a study aims at, and what its networks must not exceed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from optuna.study import StudyDirection

from nnest._validation import Bounds, suggest
from nnest.exceptions import StudyError
from nnest.search._checks import several_metrics
from nnest.search._facts import SCORER

__all__ = ["Objectives", "as_limits", "as_objectives"]

#: What is measured, and not scored: less is better.
_SIZES = ("parameters", "bytes")
_MEASURED = ("seconds", *_SIZES)


@dataclass(frozen=True)
class Objectives:
    """The objectives of a study, in order.

    Parameters
    ----------
    names : tuple of str
        What they are called.
    metrics : tuple of (str or None)
        The metric that each is the mean of; None for what is measured.
    """

    names: tuple[str, ...]
    metrics: tuple[str | None, ...]

    @property
    def directions(self) -> list[StudyDirection]:
        """Which way is better."""
        return [
            StudyDirection.MINIMIZE if metric is None else StudyDirection.MAXIMIZE
            for metric in self.metrics
        ]

    def values(self, scores: Mapping[str, float], measured: Mapping[str, float]) -> list[float]:
        """Return the value of each objective."""
        return [
            float(measured[name] if metric is None else self._score(scores, metric))
            for name, metric in zip(self.names, self.metrics, strict=True)
        ]

    def target(self, given: Any) -> Callable[[Sequence[float]], bool] | None:
        """Return what tells whether the values of a trial reach a target; None without one."""
        if given is None:
            return None
        numbers = given if isinstance(given, Mapping) else {self.names[0]: given}
        known = set(numbers) <= set(self.names) and len(numbers) > 0
        if not known or (len(self.names) > 1 and not isinstance(given, Mapping)):
            raise StudyError(
                f"target_score={given!r} is not accepted with the objectives {list(self.names)}: "
                "give a number for one objective, a dict of numbers by their names, or None."
            )
        for number in numbers.values():
            if not Bounds(-inf, above=True).holds(number):
                raise StudyError(
                    f"target_score={given!r} is not accepted: give numbers that are finite, or "
                    "None."
                )
        signs = [1 if each is StudyDirection.MAXIMIZE else -1 for each in self.directions]
        least = [
            numbers.get(name, -sign * inf) for name, sign in zip(self.names, signs, strict=True)
        ]
        return lambda values: all(
            sign * value >= sign * bound
            for sign, value, bound in zip(signs, values, least, strict=True)
        )

    def _score(self, scores: Mapping[str, float], metric: str) -> float:
        """Return a metric's mean."""
        if metric not in scores:
            raise StudyError(
                f"objectives={list(self.names)} has {metric!r}, but scoring gives "
                f"{sorted(scores)}: name one of these."
            )
        return scores[metric]


def as_objectives(given: Any, scoring: Any, refit: Any) -> Objectives:
    """Return the objectives of a search, checked against its metrics."""
    names = (given,) if isinstance(given, str) else given
    texts = isinstance(names, Sequence) and all(isinstance(name, str) for name in names)
    if not texts or not names or len(set(names)) < len(names):
        raise StudyError(
            f"objectives={given!r} is not accepted: give one name or several, none twice, of "
            f"'score', {', '.join(map(repr, _MEASURED))} and the metrics in scoring."
        )
    several = several_metrics(scoring)
    known = list(several) or ["score"]
    # What a function returns is known after its first call.
    anything = callable(scoring) and not isinstance(scoring, SCORER)
    metrics = tuple(_metric(name, known, bool(several), anything, refit) for name in names)
    if len(names) > 1 and refit is True:
        raise StudyError(
            f"objectives={list(names)} have no single best trial: give refit the name of a "
            "metric, a function that chooses from cv_results_, or False."
        )
    return Objectives(tuple(names), metrics)


def _metric(name: Any, known: list[str], several: bool, anything: bool, refit: Any) -> str | None:
    """Return the metric behind an objective; None if it is measured."""
    if name in _MEASURED:
        return None
    if name == "score" and isinstance(refit, str) and (several or anything):
        return refit
    if name in known or (anything and isinstance(name, str)):
        return str(name)
    if name == "score":
        raise StudyError(
            f"objectives has 'score', but scoring has the metrics {known}: name one of them in "
            "objectives, or in refit."
        )
    allowed = [*known, *_MEASURED]
    raise StudyError(
        f"objectives has {name!r}, which is neither a metric in scoring nor measured: "
        f"{suggest(name, allowed)}"
    )


def as_limits(given: Any) -> dict[str, float]:
    """Return the largest sizes that are accepted."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise StudyError(
            f"constraints={given!r} is not accepted: give a dict of limits of "
            f"{' and '.join(map(repr, _SIZES))}, or None."
        )
    for name, limit in given.items():
        if name not in _SIZES:
            raise StudyError(
                f"constraints has {name!r}, which is not known before a network is trained: give "
                f"limits of {' and '.join(map(repr, _SIZES))}."
            )
        if not Bounds(0, above=True).holds(limit):
            raise StudyError(
                f"constraints[{name!r}]={limit!r} is not accepted: give a number above 0."
            )
    return {name: float(limit) for name, limit in given.items()}
