"""What a study may choose from: distributions, or a function that asks a trial."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    IntDistribution,
    distribution_to_json,
)
from sklearn.base import clone

from nnest._validation import suggest
from nnest.exceptions import StudyError
from nnest.search._facts import function_text
from nnest.studies import texts_of

__all__ = ["Space", "as_space"]

Define = Callable[[Any], dict[str, Any]]


class Space(ABC):
    """What a study chooses from, seen from the search.

    `distributions` are those of each parameter as the study knows them, None if a function asks
    for them one by one; `text` says what the space is, the same in every process.
    """

    distributions: dict[str, BaseDistribution] | None
    text: str

    @abstractmethod
    def define(self, trial: Any) -> dict[str, Any]:
        """Ask a trial, running or finished, for a setting, and return it as the estimator's."""


class _Named(Space):
    """Distributions by the names of the estimator's parameters."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._choices: dict[str, dict[Any, Any]] = {}
        self.distributions = {}
        for name, value in given.items():
            self.distributions[name] = self._distribution(name, value)
        kinds = {
            name: json.loads(distribution_to_json(each))
            for name, each in sorted(self.distributions.items())
        }
        self.text = json.dumps(kinds)

    def _distribution(self, name: str, value: Any) -> BaseDistribution:
        """Return one as the study is to know it."""
        if isinstance(value, BaseDistribution) and not isinstance(value, CategoricalDistribution):
            return value
        choices = value.choices if isinstance(value, CategoricalDistribution) else value
        if isinstance(choices, np.ndarray):
            choices = choices.tolist()
        if isinstance(choices, str) or not isinstance(choices, Sequence):
            raise StudyError(
                f"param_distributions[{name!r}] is {value!r}, which is neither a distribution of "
                "Optuna nor a list of choices: give, for example, "
                "optuna.distributions.FloatDistribution(0.0, 0.5)."
            )
        if not choices:
            raise StudyError(
                f"param_distributions[{name!r}] has no choices: give at least one, or leave it out."
            )
        texts = texts_of(choices)
        self._choices[name] = dict(zip(texts, choices, strict=True))
        return CategoricalDistribution(texts)

    def define(self, trial: Any) -> dict[str, Any]:
        """Ask for all parameters, in their order."""
        return {
            name: self._meant(name, _suggest(trial, name, distribution))
            for name, distribution in (self.distributions or {}).items()
        }

    def _meant(self, name: str, value: Any) -> Any:
        """Return the choice that a text stands for."""
        return self._choices[name][value] if name in self._choices else value


def _suggest(trial: Any, name: str, distribution: BaseDistribution) -> Any:
    """Ask a trial for a parameter by Optuna's public methods."""
    if isinstance(distribution, CategoricalDistribution):
        return trial.suggest_categorical(name, distribution.choices)
    about = {key: getattr(distribution, key) for key in ("low", "high", "step", "log")}
    if isinstance(distribution, IntDistribution):
        return trial.suggest_int(name, **about)
    return trial.suggest_float(name, **about)


class _Asked(Space):
    """A function that asks a trial for what it needs, and returns a setting."""

    def __init__(self, function: Define, estimator: Any) -> None:
        self.distributions = None
        self._function, self._estimator = function, estimator
        self.text = function_text(function)

    def define(self, trial: Any) -> dict[str, Any]:
        """Let the function ask."""
        setting = self._function(_Translating(trial))
        if not isinstance(setting, Mapping):
            raise StudyError(
                f"param_distributions returned {setting!r} for a trial: return a dict of the "
                "estimator's parameters."
            )
        _check_names(list(setting), self._estimator)
        return dict(setting)


class _Translating:
    """A trial whose choices may be tuples; all else is Optuna's."""

    def __init__(self, trial: Any) -> None:
        self._trial = trial

    def __getattr__(self, name: str) -> Any:
        """Be the trial."""
        return getattr(self._trial, name)

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Suggest one of the choices, which the study knows by its text."""
        choices = list(choices)
        texts = texts_of(choices)
        return choices[texts.index(self._trial.suggest_categorical(name, texts))]


def as_space(given: Any, estimator: Any) -> Space:
    """Return the space that a search was given, checked against its estimator."""
    if isinstance(given, Mapping):
        if not given:
            raise StudyError("param_distributions is empty: give at least one parameter to search.")
        _check_names(list(given), estimator)
        return _Named(given)
    if callable(given):
        return _Asked(given, estimator)
    raise StudyError(
        f"param_distributions={given!r} is not accepted: give a dict of Optuna distributions by "
        "the names of parameters, or a function that takes a trial and returns a dict of "
        "parameters."
    )


def _check_names(names: list[Any], estimator: Any) -> None:
    """Raise if the estimator does not have a name."""
    known = clone(estimator).get_params(deep=True)
    for name in names:
        # What a nested object has may depend on another choice.
        if name in known or (str(name).rpartition("__")[0] in names):
            continue
        hint = suggest(name, known, "get_params() lists them.")
        raise StudyError(f"{name!r} is no parameter of {type(estimator).__name__}: {hint}")
