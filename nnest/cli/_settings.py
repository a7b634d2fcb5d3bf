"""What decides a study of ``nnest tune``, as the study itself keeps it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nnest.cli._space import Space, as_space, default_space, read_space
from nnest.cli._tune_data import is_path
from nnest.exceptions import TuneError

__all__ = ["Settings", "given_settings", "network_of", "settled"]

#: Options that a study keeps, and the least that some may be.
_OPTIONS = (
    "model", "trials", "sampler", "pruner", "folds", "epochs", "samples", "scale", "image_size",
    "color", "seed",
)  # fmt: skip
_LEAST = {"trials": 1, "folds": 2, "epochs": 1, "seed": 0}


@dataclass(frozen=True)
class Settings:
    """All that decides the numbers of a study, and how many trials it is to have."""

    data: str
    model: str
    space: Mapping[str, Any]
    trials: int = 50
    sampler: str = "tpe"
    pruner: str = "median"
    folds: int = 3
    epochs: int = 10
    samples: int | None = None
    scale: str = "auto"
    image_size: str | None = None
    color: str | None = None
    seed: int = 0

    @classmethod
    def from_text(cls, text: str) -> Settings:
        """Return the settings that a study keeps."""
        try:
            return cls(**json.loads(text))
        except (TypeError, ValueError) as error:
            raise TuneError(
                "The study keeps settings that this version does not know: go on with the version "
                f"that made it, or give another --study-name ({error})."
            ) from error

    @property
    def text(self) -> str:
        """The settings as a study keeps them."""
        return json.dumps(asdict(self))

    def read_space(self) -> Space:
        """Return the space, checked."""
        return as_space(self.space, "The study's space", network_of(self.model)().get_params())


def network_of(model: str) -> Any:
    """Return the class of a network."""
    from nnest import CNNClassifier, MLPClassifier

    return {"cnn": CNNClassifier, "mlp": MLPClassifier}[model]


def given_settings(parsed: argparse.Namespace) -> dict[str, Any]:
    """Return what the command line says, and nothing that it leaves to defaults."""
    options = {name: getattr(parsed, name) for name in _OPTIONS}
    given = {name: value for name, value in options.items() if value is not None}
    for name, least in _LEAST.items():
        if given.get(name, least) < least:
            raise TuneError(f"--{name} is {given[name]}: give a whole number of at least {least}.")
    if parsed.data is not None:
        lies = is_path(parsed.data)
        given["data"] = str(Path(parsed.data).absolute()) if lies else parsed.data
    if parsed.space is not None:
        given["space"] = parsed.space
    return given


def settled(given: Mapping[str, Any], kept: Settings | None, study_name: str) -> Settings:
    """Return the settings of a study: what it keeps, which the command line must not contradict.

    Only the number of trials, and where a file of data lies, may be said anew.
    """
    if kept is None:
        return _new(given)
    known = network_of(kept.model)().get_params()
    now = dict(given)
    if "space" in now:
        now["space"] = json.loads(read_space(now["space"], known).text)
    for name, value in now.items():
        before = getattr(kept, name)
        moved = name == "data" and is_path(value) and is_path(before)
        same = json.dumps(value) == json.dumps(before)  # the order of parameters counts
        if name != "trials" and not moved and not same:
            raise TuneError(
                f"The study {study_name!r} was begun with {_option(name, before)}, and now it is "
                f"{_option(name, value)}: leave it out to go on, or give another --study-name."
            )
    return Settings(**{**asdict(kept), **now})


def _option(name: str, value: Any) -> str:
    """Return a setting as one would give it."""
    if name == "data":
        return str(value)
    return f"--{name.replace('_', '-')} {json.dumps(value) if name == 'space' else value}"


def _new(given: Mapping[str, Any]) -> Settings:
    """Return the settings of a study that begins."""
    for name, option in (
        ("data", "DATA, a data set, an .npz file or a folder of pictures,"),
        ("model", "--model"),
    ):
        if name not in given:
            raise TuneError(
                f"{option} is missing: say it as in nnest tune digits --model mlp --trials 20."
            )
    model = given["model"]
    known = network_of(model)().get_params()
    space = read_space(given["space"], known) if "space" in given else default_space(model, known)
    return Settings(**{**given, "space": json.loads(space.text)})
