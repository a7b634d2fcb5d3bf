"""Spaces of settings as TOML files: ranges, choices, lists with a value for each layer."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from nnest._storage import open_regular, read_at_most
from nnest._validation import suggest
from nnest.cli._entries import Entry, check_fixed, from_toml, read_entry
from nnest.exceptions import TuneError

__all__ = ["Space", "as_space", "default_space", "default_text", "read_space"]

#: Parameters that a space must not hold, and why.
_GIVEN_ELSEWHERE = {
    "augmentation": "a file holds no objects",
    "callbacks": "a file holds no code",
    "epochs": "--epochs says how long all trials train",
    "random_state": "--seed decides all seeds",
    "verbose": "one progress bar shows the whole study",
    "warm_start": "every trial starts anew",
}

#: Most bytes of a file; the longest of ours has two thousand.
_LONGEST = 2**20


@dataclass(frozen=True)
class Space:
    """Settings to choose from; called with a trial, it returns one of them.

    `text` says the same in every process, `fixed` is what all trials share, `defaults` what the
    network does without being told.
    """

    text: str
    entries: tuple[Entry, ...]
    fixed: Mapping[str, Any]
    defaults: Mapping[str, Any]

    def __call__(self, trial: Any) -> dict[str, Any]:
        """Ask a trial for a setting."""
        chosen: dict[str, Any] = {}
        for entry in self.entries:
            setting = {**self.defaults, **self.fixed, **chosen}
            if entry.applies(setting):
                chosen[entry.name] = entry.ask(trial, setting)
        return chosen

    def __repr__(self) -> str:
        """Return what the file says, by which a study knows its space again."""
        return self.text

    @property
    def ranges(self) -> list[str]:
        """Names of the parameters that are more than choices, of which no grid can be made."""
        return [entry.name for entry in self.entries if not entry.is_plain_choice]

    @property
    def grid(self) -> dict[str, list[Any]]:
        """Choices by name, of a space without ranges."""
        return {entry.name: list(entry.draw) for entry in self.entries}  # type: ignore[arg-type]


def as_space(content: Mapping[str, Any], file: str, defaults: Mapping[str, Any]) -> Space:
    """Return the space that the content of a file describes, or say what is wrong with it.

    `defaults` are the parameters of the network by name.
    """
    for name in content:
        if name in _GIVEN_ELSEWHERE:
            raise TuneError(f"{file}: {name!r} is not for a space: {_GIVEN_ELSEWHERE[name]}.")
        if name not in defaults:
            raise TuneError(
                f"{file}: {name!r} is no parameter of this network; {suggest(name, defaults)}"
            )
    fixed: dict[str, Any] = {}
    entries: list[Entry] = []
    for name, value in content.items():
        if isinstance(value, Mapping):
            above = [*fixed, *(entry.name for entry in entries)]
            entries.append(read_entry(name, value, file, above))
        else:
            fixed[name] = from_toml(value, f"{file}: {name}")
            check_fixed(name, fixed[name], f"{file}: {name}")
    _check_order(entries, file)
    _check_conditions(entries, fixed, defaults, file)
    if not entries:
        raise TuneError(
            f"{file} holds nothing to search: give at least one table, such as [dropout] with low "
            "and high."
        )
    return Space(json.dumps(content), tuple(entries), fixed, dict(defaults))


def _check_order(entries: list[Entry], file: str) -> None:
    """Raise an error for values for each layer that are chosen before the layers are."""
    names = [entry.name for entry in entries]
    for place, entry in enumerate(entries):
        if entry.partner in names[place:]:
            raise TuneError(
                f"{file}: [{entry.name}] has a value for each layer of {entry.partner!r}, whose "
                "table stands below: put it above."
            )


def _check_conditions(
    entries: list[Entry], fixed: Mapping[str, Any], defaults: Mapping[str, Any], file: str
) -> None:
    """Raise an error for conditions that never hold: nothing would be searched under them."""
    above = {entry.name: entry for entry in entries}
    for entry in entries:
        for name, values in entry.when.items():
            if name in fixed:
                holds = fixed[name] in values
            else:
                holds = any(above[name].can_be(value, defaults[name]) for value in values)
            if not holds:
                given = " or ".join(map(repr, values)) or "nothing"
                raise TuneError(
                    f"{file}: [{entry.name}] is asked for when {name!r} is {given}, which it never "
                    "is: give a value that it can have, or leave 'when' out."
                )


def default_text(model: str) -> str:
    """Return the file of a model's space."""
    return (files("nnest.cli") / "spaces" / f"{model}.toml").read_text(encoding="utf-8")


def default_space(model: str, defaults: Mapping[str, Any]) -> Space:
    """Return the space of a model that is searched unless a file is named."""
    return as_space(tomllib.loads(default_text(model)), f"{model}.toml", defaults)


def read_space(path: str, defaults: Mapping[str, Any]) -> Space:
    """Read a space from a file, or say what is wrong with it."""
    try:
        with open_regular(path) as file:
            content = tomllib.loads(read_at_most(file, _LONGEST).decode("utf-8"))
        return as_space(content, path, defaults)
    except OSError as error:
        raise TuneError(f"{path} cannot be read ({error.strerror}): name a TOML file.") from error
    except UnicodeDecodeError as error:
        raise TuneError(f"{path} is no text in UTF-8: name a TOML file.") from error
    except tomllib.TOMLDecodeError as error:
        raise TuneError(f"{path} is no TOML: {error}.") from error
    except RecursionError as error:
        raise TuneError(
            f"{path} nests lists or tables too deeply: no setting has more than three levels."
        ) from error
