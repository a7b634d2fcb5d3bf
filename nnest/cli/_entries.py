"""One parameter of a space: what its table in the TOML file says, and how a trial is asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from nnest._validation import BOUNDS, suggest
from nnest.exceptions import TuneError

__all__ = ["Entry", "Range", "check_fixed", "from_toml", "read_entry"]

#: Keys of a parameter's table.
_KEYS = ("low", "high", "log", "step", "choices", "layers", "each_layer", "when")
#: Parameters with an entry for each layer, and those that may have a value for each layer of them.
_LISTS = ("hidden_units", "filters")
_LAYERS_OF = {
    "dropout": "hidden_units",
    **dict.fromkeys(
        ("kernel_size", "strides", "pooling", "pool_size", "conv_dropout"),
        "filters",
    ),
}
#: Most layers of a kind.
_MOST_LAYERS = 100


def _is_number(value: Any) -> bool:
    """Tell whether a value is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass(frozen=True)
class Range:
    """Numbers between two others, both included."""

    low: float
    high: float
    step: float | None = None
    log: bool = False

    def holds(self, value: Any) -> bool:
        """Tell whether a value is a number of the range."""
        return _is_number(value) and self.low <= value <= self.high

    def ask(self, trial: Any, name: str) -> float:
        """Let a trial choose."""
        if isinstance(self.low, int):
            number: int = trial.suggest_int(
                name, self.low, self.high, step=self.step or 1, log=self.log
            )
            return number
        found: float = trial.suggest_float(name, self.low, self.high, step=self.step, log=self.log)
        return found


@dataclass(frozen=True)
class Entry:
    """A parameter that is searched.

    With `layers`, a number of layers is chosen first and then a value for each of them; with
    `partner`, there is a value for each layer of that parameter. `when` names the values of other
    parameters under which this one is asked for.
    """

    name: str
    draw: Range | tuple[Any, ...]
    layers: tuple[int, int] | None
    partner: str | None
    when: Mapping[str, tuple[Any, ...]]

    @property
    def is_plain_choice(self) -> bool:
        """Whether the parameter is one of some values, whatever the others are."""
        one = isinstance(self.draw, tuple) and self.layers is None
        return one and self.partner is None and not self.when

    def applies(self, setting: Mapping[str, Any]) -> bool:
        """Tell whether the parameter matters beside these others."""
        return all(setting[name] in values for name, values in self.when.items())

    def can_be(self, value: Any, default: Any) -> bool:
        """Tell whether the parameter can have a value: its default too where it has a condition.

        Where a number is drawn from a range, any within its bounds is taken for possible.
        """
        if self.when and value == default:
            return True
        if self.layers is None and self.partner is None:
            return self._draws(value)
        least, most = self.layers or (0, _MOST_LAYERS)
        fits = isinstance(value, tuple) and least <= len(value) <= most
        return fits and all(map(self._draws, value))

    def _draws(self, value: Any) -> bool:
        """Tell whether a value is one of those to choose from."""
        return self.draw.holds(value) if isinstance(self.draw, Range) else value in self.draw

    def ask(self, trial: Any, setting: Mapping[str, Any]) -> Any:
        """Let a trial choose a value, or one for each layer."""
        if self.layers is not None:
            low, high = self.layers
            n = trial.suggest_int(f"{self.name}_layers", low, high) if low < high else low
        elif self.partner is not None:
            n = len(setting[self.partner])
        else:
            return self._ask(trial, self.name)
        return tuple(self._ask(trial, f"{self.name}_{layer}") for layer in range(1, n + 1))

    def _ask(self, trial: Any, name: str) -> Any:
        """Let a trial choose one value."""
        if isinstance(self.draw, Range):
            return self.draw.ask(trial, name)
        return trial.suggest_categorical(name, self.draw)


def from_toml(value: Any, where: str) -> Any:
    """Return the Python value of a value in a TOML file: lists are tuples, "none" is None."""
    if isinstance(value, list):
        return tuple(from_toml(each, where) for each in value)
    if value == "none":
        return None
    if isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise TuneError(
        f"{where} holds {value!r}: give finite numbers, names, true, false, or lists of them."
    )


def read_entry(name: str, table: Mapping[str, Any], file: str, above: Collection[str]) -> Entry:
    """Return what the table of a parameter says, or say what is wrong with it."""
    where = f"{file}: [{name}]"
    for key in table:
        if key not in _KEYS:
            raise TuneError(f"{where}: {key!r} is no key; {suggest(key, _KEYS)}")
    layers, partner = _layers(name, table, where), _partner(name, table, where)
    if layers is not None and partner is not None:
        raise TuneError(f"{where} has both 'layers' and 'each_layer': give one of them.")
    draw = _choices(table, where) if "choices" in table else _range(table, where)
    for number in draw if isinstance(draw, tuple) else (draw.low, draw.high):
        _check_number(name, number, where)
    _check_list(name, draw, layers, where)
    return Entry(name, draw, layers, partner, _when(table, where, above))


def _layers(name: str, table: Mapping[str, Any], where: str) -> tuple[int, int] | None:
    """Return the least and the largest number of layers."""
    if "layers" not in table:
        return None
    if name not in _LISTS:
        raise TuneError(
            f"{where} has 'layers', which only {' and '.join(_LISTS)} have: write "
            "'each_layer = true' for a value for each layer of theirs."
        )
    wanted = f"two whole numbers from 0 to {_MOST_LAYERS}, the least and the most, as [1, 3]"
    low, high = _value(table, "layers", where, _is_span, wanted)
    return low, high


def _partner(name: str, table: Mapping[str, Any], where: str) -> str | None:
    """Return the parameter for whose layers there is a value each."""
    value = _value(table, "each_layer", where, _is_switch, "true or false")
    if value and name not in _LAYERS_OF:
        raise TuneError(
            f"{where} has 'each_layer', but it takes one value for all layers: leave it out; "
            f"{', '.join(_LAYERS_OF)} have it."
        )
    return _LAYERS_OF[name] if value else None


def _choices(table: Mapping[str, Any], where: str) -> tuple[Any, ...]:
    """Return the values to choose from."""
    more = [key for key in ("low", "high", "log", "step") if key in table]
    if more:
        raise TuneError(f"{where} has both 'choices' and {more[0]!r}: give choices or a range.")
    given = _value(table, "choices", where, _is_filled_list, "a list of at least one value")
    choices: tuple[Any, ...] = from_toml(given, f"{where} choices")
    for place, choice in enumerate(choices):
        if any(choice == other and type(choice) is type(other) for other in choices[:place]):
            raise TuneError(f"{where} has {choice!r} twice among its choices: give each once.")
    return choices


def _range(table: Mapping[str, Any], where: str) -> Range:
    """Return the range to choose from."""
    for key in ("low", "high"):
        if key not in table:
            raise TuneError(f"{where} has no {key!r}: give low and high, or choices.")
    low, high, step = (
        _value(table, key, where, _is_finite, "a finite number") for key in ("low", "high", "step")
    )
    log = bool(_value(table, "log", where, _is_switch, "true or false"))
    if not low < high:
        raise TuneError(f"{where} has low = {low!r} and high = {high!r}: low must be below high.")
    if log and (low <= 0 or step is not None):
        raise TuneError(
            f"{where} has log = true, which takes no step and a low above 0: its low is {low!r}, "
            f"its step {step!r}."
        )
    if not (type(low) is int and type(high) is int):
        low, high = float(low), float(high)
    _check_step(low, high, step, where)
    return Range(low, high, step, log)


def _value(
    table: Mapping[str, Any], key: str, where: str, fits: Callable[[Any], bool], wanted: str
) -> Any:
    """Return a value of a table, None if it is not there, or raise an error that says its form."""
    value = table.get(key)
    if key in table and not fits(value):
        raise TuneError(f"{where} has {key} = {value!r}: give {wanted}.")
    return value


def _is_span(value: Any) -> bool:
    """Tell whether a value is the least and the largest number of layers."""
    whole = isinstance(value, list) and all(type(each) is int for each in value)
    return whole and len(value) == 2 and 0 <= value[0] <= value[1] <= _MOST_LAYERS


def _is_switch(value: Any) -> bool:
    """Tell whether a value is true or false."""
    return isinstance(value, bool)


def _is_filled_list(value: Any) -> bool:
    """Tell whether a value is a list that holds something."""
    return isinstance(value, list) and bool(value)


def _is_finite(value: Any) -> bool:
    """Tell whether a value is a finite number."""
    return _is_number(value) and math.isfinite(value)


def _check_step(low: float, high: float, step: float | None, where: str) -> None:
    """Raise an error for steps that do not lead from low to high."""
    if step is None:
        return
    fits = step > 0 and not (isinstance(low, int) and not isinstance(step, int))
    if fits:
        n = (high - low) / step
        fits = n >= 1 and abs(n - round(n)) < 1e-8 * n
    if not fits:
        raise TuneError(
            f"{where} has step = {step!r}, which does not lead from {low!r} to {high!r}: give a "
            "step of which the range is a multiple, a whole number in a range of whole numbers."
        )


def check_fixed(name: str, value: Any, where: str) -> None:
    """Raise an error for a value for all trials that no network takes."""
    if name in _LISTS and not isinstance(value, tuple):
        raise TuneError(f"{where} is {value!r}: give a list with an entry for each layer.")
    _check_number(name, value, where)


def _check_number(name: str, value: Any, where: str) -> None:
    """Raise an error for numbers that no network takes."""
    bounds = BOUNDS.get(name)
    if bounds is not None and not _holds(value, bounds.holds):
        raise TuneError(f"{where} holds {value!r}: give {bounds}.")


def _holds(value: Any, fits: Callable[[Any], bool]) -> bool:
    """Tell whether a value, or each of a list, fits; None fits always."""
    return value is None or all(map(fits, value if isinstance(value, tuple) else (value,)))


def _check_list(
    name: str, draw: Range | tuple[Any, ...], layers: tuple[int, int] | None, where: str
) -> None:
    """Raise an error for single numbers instead of lists, and for lists instead of numbers."""
    lists = isinstance(draw, tuple) and any(isinstance(each, tuple) for each in draw)
    if layers is not None and lists:
        raise TuneError(
            f"{where} has 'layers' and lists among its choices: give the widths of one layer, as "
            "[32, 64]; there is one for each layer."
        )
    single = isinstance(draw, Range) or not all(isinstance(each, tuple) for each in draw)
    if name in _LISTS and layers is None and single:
        raise TuneError(
            f"{where} is a list with an entry for each layer: give layers, as layers = [1, 3], or "
            "choices that are lists, as [[64], [64, 32]]."
        )


def _when(
    table: Mapping[str, Any], where: str, above: Collection[str]
) -> dict[str, tuple[Any, ...]]:
    """Return the values of other parameters under which this one is asked for."""
    wanted = 'another parameter with its values, as { optimizer = "sgd" }'
    given = _value(table, "when", where, lambda value: isinstance(value, Mapping), wanted) or {}
    for name in given:
        if name not in above:
            raise TuneError(
                f"{where} depends on {name!r}, which does not stand above it: put its table there."
            )
    values = {name: from_toml(value, f"{where} when") for name, value in given.items()}
    return {name: v if isinstance(v, tuple) else (v,) for name, v in values.items()}
