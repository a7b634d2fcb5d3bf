"""What an estimator's files hold beside arrays, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from nnest.estimators import FitState
from nnest.persistence._errors import Refused
from nnest.persistence._state import ESTIMATORS, check_parameters, circumstances
from nnest.persistence._values import from_json

__all__ = ["FORMAT", "LONGEST", "VERSION", "JsonObject", "Manifest"]

FORMAT = "nnest estimator"
VERSION = 1
#: Parameters that files of nnest 0.1 lack; their default is what those were trained with.
ADDED = frozenset(
    ("clip_norm", "final_fraction", "learning_rate_schedule", "warmup_fraction", "weight_decay")
)

LONGEST = 16 * 2**20
LARGEST_SEED = 2**32


@dataclass(frozen=True)
class Manifest:
    """An estimator without its arrays."""

    kind: str
    parameters: dict[str, Any]
    state: FitState  # without classes and history, which may be arrays
    classes: list[str] | None
    history: list[str]

    @classmethod
    def read(cls, about: dict[str, Any]) -> Self:
        """Return what JSON holds if all of it is in order."""
        found = JsonObject(about)
        _check_format(found)
        _check_circumstances(found)
        kind, parameters = _parameters(found)
        seeds = JsonObject(found.take("seeds", dict))
        n_iter = found.whole("n_iter", least=1)
        state = FitState(
            sample_shape=_shape(found.take("sample_shape", list), sides=(1, 2, 3)),
            target_shape=_target_shape(found, kind),
            classes=None,
            feature_names=_names(found),
            order_seed=seeds.whole("order", least=0, below=LARGEST_SEED),
            split_seed=seeds.whole("split", least=0, below=LARGEST_SEED),
            history={},
            n_iter=n_iter,
            best_epoch=found.whole("best_epoch", least=1, below=n_iter + 1),
            diverged=found.take("diverged", bool),
            group=_group(found),
        )
        classes, history = _texts(found, "classes"), _texts(found, "history") or []
        found.take("written_by", dict)
        for each in (seeds, found):
            each.check_empty()
        manifest = cls(kind, parameters, state, classes, history)
        manifest._check()
        return manifest

    def _check(self) -> None:
        """Raise if two parts contradict each other."""
        state = self.state
        if state.feature_names is not None and len(state.feature_names) != state.sample_shape[0]:
            raise Refused("'feature_names' in it are not as many as there are features")
        if len(set(self.history)) != len(self.history):
            raise Refused("'history' in it names a metric twice")
        if self.classes is not None and state.target_shape is not None:
            raise Refused("'classes' in it belong to no regressor")


class JsonObject:
    """An object of JSON from which values are taken, each once and of the right kind."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = dict(values)

    def take(self, name: str, *kinds: Any) -> Any:
        """Return a value if it is there and of one of these kinds."""
        if name not in self._values:
            raise Refused(f"its JSON lacks {name!r}")
        value = self._values.pop(name)
        if type(value) not in kinds:  # True is no whole number
            raise Refused(f"{name!r} in its JSON is {str(value)[:80]!r}, which is of another kind")
        return value

    def whole(self, name: str, least: int, below: int = 2**53) -> int:
        """Return a whole number within bounds."""
        value: int = self.take(name, int)
        if not least <= value < below:
            raise Refused(f"{name!r} in its JSON is {value}, which is out of bounds")
        return value

    def check_version(self, known: int) -> None:
        """Raise if this nnest does not read the version of a format."""
        version = self.take("version", int)
        if version != known:
            raise Refused(
                f"its format has version {version}, and this nnest reads version {known}",
                "load it with the nnest that wrote it, or a newer one",
            )

    def check_empty(self) -> None:
        """Raise for a key that is not known."""
        if self._values:
            raise Refused(f"its JSON holds {min(self._values)!r}, which is not known")


def _check_format(found: JsonObject) -> None:
    """Raise if format or version are others, before anything else is looked at."""
    if found.take("format", str) != FORMAT:
        raise Refused("it is of another format")
    found.check_version(VERSION)


def _check_circumstances(found: JsonObject) -> None:
    """Raise if the numbers mean something else under the present settings of Keras."""
    given = found.take("keras", dict)
    for name, present in circumstances().items():
        if given.get(name) != present:
            raise Refused(
                f"it was saved under {name}={given.get(name)!r} of Keras, and here it is "
                f"{present!r}",
                f"call keras.config.set_{name} first",
            )
    if set(given) != set(circumstances()):
        raise Refused("'keras' in its JSON holds other settings than are known")


def _parameters(found: JsonObject) -> tuple[str, dict[str, Any]]:
    """Return the estimator's name and its parameters."""
    kind = found.take("estimator", str)
    if kind not in ESTIMATORS:
        raise Refused(f"{kind[:80]!r} is no estimator of this package")
    given = found.take("parameters", dict)
    known = set(ESTIMATORS[kind]().get_params(deep=False))
    if not known - ADDED <= set(given) <= known:
        raise Refused(f"it has other parameters than a {kind}")
    parameters = {name: from_json(value) for name, value in given.items()}
    check_parameters(parameters)
    return kind, parameters


def _group(found: JsonObject) -> dict[str, Any] | None:
    """Return how a network was trained with others, if it was."""
    given: Any = from_json(found.take("group", dict, type(None)))
    plain = str | int | float | None
    fits = given is None or (
        isinstance(given, dict)
        and all(isinstance(k, str) and isinstance(v, plain) for k, v in given.items())
    )
    if not fits:
        raise Refused("'group' in its JSON holds other than names and numbers")
    return None if given is None else dict(given)


def _target_shape(found: JsonObject, kind: str) -> tuple[int, ...] | None:
    """Return the shape of a regressor's targets."""
    given = found.take("target_shape", list, type(None))
    if (given is None) == kind.endswith("Regressor"):
        raise Refused(f"'target_shape' in its JSON does not fit a {kind}")
    return None if given is None else _shape(given, sides=(0, 1))


def _shape(given: list[Any], sides: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape of so many sides."""
    if len(given) not in sides or not all(type(side) is int and side > 0 for side in given):
        raise Refused(f"{str(given)[:80]!r} in its JSON is no shape")
    return tuple(given)


def _names(found: JsonObject) -> np.ndarray | None:
    """Return the names of features, if there are any."""
    names = _texts(found, "feature_names")
    return None if names is None else np.array(names, dtype=object)


def _texts(found: JsonObject, name: str) -> list[str] | None:
    """Return a list of strings, or None."""
    given: list[str] | None = found.take(name, list, type(None))
    if given is not None and not all(isinstance(each, str) for each in given):
        raise Refused(f"{name!r} in its JSON is no list of strings")
    return given
