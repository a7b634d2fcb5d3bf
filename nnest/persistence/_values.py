"""Parameters as JSON and back: plain values, sequences, dictionaries and an `Augmentation`.

JSON knows neither tuples nor keys that are no strings, so both are written as an object with one
name: ``{"tuple": [3, 5]}`` and ``{"dict": [[0, 1.0], [1, 2.5]]}``.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from nnest.augmentation import Augmentation
from nnest.persistence._errors import Refused

__all__ = ["from_json", "named_json", "parse", "to_json"]

#: Names of features are many at times; settings and labels are fewer.
MOST_VALUES = 10**6
#: Whole numbers end here; longer ones are no setting, and slow to read and to print.
LARGEST = 2**64


def to_json(value: Any) -> Any:
    """Return a value in a form that JSON holds; numpy's numbers and arrays become Python's."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    whole = isinstance(value, int) and abs(value) < LARGEST
    if value is None or whole or isinstance(value, str):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, tuple):
        return {"tuple": [to_json(each) for each in value]}
    if isinstance(value, list):
        return [to_json(each) for each in value]
    if isinstance(value, dict):
        return {"dict": [[to_json(key), to_json(each)] for key, each in value.items()]}
    if type(value) is Augmentation:
        settings = value.get_params(deep=False)
        return {"Augmentation": {name: to_json(each) for name, each in settings.items()}}
    raise TypeError(value)


def named_json(name: str, value: Any) -> Any:
    """Return a parameter in a form that JSON holds."""
    try:
        return to_json(value)
    except TypeError:
        raise Refused(
            f"{name}={value!r} has no form in JSON",
            "give plain numbers, strings, sequences or dictionaries of them",
        ) from None


def from_json(value: Any) -> Any:
    """Return the value that `to_json` wrote."""
    if isinstance(value, list):
        return [from_json(each) for each in value]
    if not isinstance(value, dict):
        return value
    kind, content = next(iter(value.items()), ("nothing", None))
    if len(value) == 1 and kind == "tuple" and isinstance(content, list):
        return tuple(from_json(each) for each in content)
    if len(value) == 1 and kind == "dict" and isinstance(content, list):
        return _dictionary(content)
    if len(value) == 1 and kind == "Augmentation" and isinstance(content, dict):
        return _augmentation(content)
    raise Refused(f"it holds the value {str(value)[:80]!r}, whose type is not supported")


def _dictionary(pairs: list[Any]) -> dict[Any, Any]:
    """Return a dictionary from its pairs."""
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise Refused("a dictionary in it is no list of pairs")
    keys = [from_json(key) for key, _ in pairs]
    try:
        found = dict(zip(keys, (from_json(each) for _, each in pairs), strict=True))
    except TypeError:
        raise Refused("a dictionary in it has a key that is not hashable") from None
    if len(found) != len(pairs):
        raise Refused("a dictionary in it has the same key twice")
    return found


def _augmentation(settings: dict[str, Any]) -> Augmentation:
    """Return the augmentation with these settings."""
    if set(settings) != set(Augmentation().get_params()):
        raise Refused("its augmentation has other parameters than an Augmentation")
    return Augmentation(**{name: from_json(each) for name, each in settings.items()})


def parse(text: bytes) -> dict[str, Any]:
    """Return the object that strict JSON holds: each name once, finite numbers, no more."""
    if text.count(b",") > MOST_VALUES:
        raise Refused(f"its JSON holds more than {MOST_VALUES} values")
    try:
        found = json.loads(
            text.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_finite,
            parse_float=_finite,
            parse_int=_whole,
        )
    except (ValueError, RecursionError) as error:
        raise Refused(f"its JSON cannot be read ({error})") from None
    if not isinstance(found, dict):
        raise Refused("its JSON is no object")
    return found


def _finite(literal: str) -> float:
    """Return a number if it is one."""
    number = float(literal)
    if not math.isfinite(number):
        raise Refused(f"its JSON holds {literal}, which is no finite number")
    return number


def _whole(literal: str) -> int:
    """Return a number if it is not too long."""
    if len(literal) > len(str(LARGEST)) or abs(int(literal)) >= LARGEST:
        raise Refused(f"its JSON holds the number {literal[:20]}..., which is too large")
    return int(literal)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object whose names are all different."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Refused("its JSON has the same name twice in an object")
    return found
