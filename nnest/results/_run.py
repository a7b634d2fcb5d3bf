"""One recorded training and its line of JSON."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Self

from nnest._identity import canonical_json, to_plain

#: Version of the fields of a record; another one is not read.
RECORD_FORMAT = 1

#: What may be part of a path on every system.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def _now() -> str:
    """Return the time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True, kw_only=True)
class Run:
    """One training: its settings, where it ran and what came out.

    The values are checked and made plain when the run is made: sequences and arrays become
    lists, NumPy's numbers become Python's, and a metric that is not finite becomes NaN. Hence
    ``Run.from_json(run.to_json()) == run``.

    Parameters
    ----------
    report, experiment : str
        Keys of letters, digits, dots, hyphens and underscores: they name the file.
    arm : str
        The arm of the experiment.
    seed : int
        The seed, 0 or more.
    scale : str
        At which scale the declaration was run.
    digest : str
        Fingerprint of parameters, protocol, data and record format; see `digest_of`.
    parameters : mapping
        The settings, as `to_plain` takes them.
    history : mapping of str to list of float
        One number for each epoch, by metric.
    final : mapping of str to float
        The final numbers, by metric.
    seconds : float
        How long it took.
    device : str
        What it ran on.
    versions : mapping of str to str
        Versions of the packages that matter.
    code : mapping
        The commit, whether files were changed, the digest of the source, and what else tells
        how the program was made.
    data_digest : str
        Fingerprint of the data.
    confusion : list of list of int, or None, default=None
        Counts of true (rows) against predicted (columns) classes.
    diverged : bool, default=False
        Whether the loss ceased to be finite.
    group : mapping or None, default=None
        How it was trained beside others: lowering, lanes of the program, members, and where it was
        stopped and went on, the seconds before that. None is alone.
    created : str, default=now
        Time in UTC, in ISO 8601.
    record_format : int, default=RECORD_FORMAT
        Version of these fields.

    Raises
    ------
    ValueError
        If a value is not what its field holds.
    TypeError
        If a setting is of a type that JSON does not know.

    Notes
    -----
    JSON has no NaN: in the line a metric that is not finite is ``null``, which is read as NaN.
    Floats are written by ``repr`` and come back bit for bit.

    Examples
    --------
    >>> run = Run(report="demo", experiment="dropout", arm="none", seed=0, scale="smoke",
    ...           digest="d0", parameters={"dropout": 0.0}, history={"fit_loss": [0.7, 0.4]},
    ...           final={"test_accuracy": 0.98}, seconds=1.5, device="cpu", versions={},
    ...           code={"commit": None}, data_digest="d1")
    >>> Run.from_json(run.to_json()) == run
    True
    """

    report: str
    experiment: str
    arm: str
    seed: int
    scale: str
    digest: str
    parameters: Mapping[str, Any]
    history: Mapping[str, list[float]]
    final: Mapping[str, float]
    seconds: float
    device: str
    versions: Mapping[str, str]
    code: Mapping[str, Any]
    data_digest: str
    confusion: list[list[int]] | None = None
    diverged: bool = False
    group: Mapping[str, Any] | None = None
    created: str = field(default_factory=_now)
    record_format: int = RECORD_FORMAT

    def __post_init__(self) -> None:
        for name, made_plain in _FIELDS.items():
            object.__setattr__(self, name, made_plain(name, getattr(self, name)))

    @property
    def key(self) -> tuple[str, str, str, int, str, str]:
        """Report, experiment, arm, seed, scale and digest: what makes it the same training."""
        return (self.report, self.experiment, self.arm, self.seed, self.scale, self.digest)

    def to_json(self) -> str:
        """Return the run as one line of JSON.

        Returns
        -------
        str
            The line without its end; keys are sorted, so that equal runs give equal lines.
        """
        record = asdict(self)
        if record["group"] is None:  # records of before there were groups have no such field
            del record["group"]
        for metrics in (record["final"], *record["history"].values()):
            places = metrics if isinstance(metrics, dict) else range(len(metrics))
            for place in places:
                metrics[place] = None if math.isnan(metrics[place]) else metrics[place]
        return canonical_json(record)

    @classmethod
    def from_json(cls, line: str | bytes) -> Self:
        """Read a run from its line.

        Parameters
        ----------
        line : str or bytes
            What `to_json` gave.

        Returns
        -------
        Run
            The run.

        Raises
        ------
        ValueError
            If the line is not JSON, or not such a record.
        """
        record = json.loads(line)
        if not isinstance(record, dict):
            raise ValueError(f"a record is a JSON object, but it is a {type(record).__name__}.")
        if record.get("record_format") != RECORD_FORMAT:
            raise ValueError(
                f"record_format is {record.get('record_format')!r}, but this version of nnest "
                f"reads {RECORD_FORMAT}."
            )
        expected = {each.name for each in fields(cls)}
        if missing := sorted(expected - record.keys() - {"group"}):
            raise ValueError(f"the record lacks {', '.join(missing)}.")
        if unknown := sorted(record.keys() - expected):
            raise ValueError(f"the record has fields that no run has: {', '.join(unknown)}.")
        return cls(**record)


def _refusal(name: str, value: Any, accepted: str) -> ValueError:
    """Return the error for a value that is not what its field holds."""
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return ValueError(f"{name} is {shown}, but {accepted} is needed.")


def _text(name: str, value: Any) -> str:
    """Return a text that says something."""
    if not (isinstance(value, str) and value):
        raise _refusal(name, value, "a text")
    return value


def _file_name(name: str, value: Any) -> str:
    """Return a text that is safe as a part of a path."""
    if not (isinstance(value, str) and _NAME.fullmatch(value)):
        raise _refusal(name, value, "a name of letters, digits, '.', '-' and '_'")
    return value


def _whole(name: str, value: Any) -> int:
    """Return a whole number of 0 or more as Python's."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _refusal(name, value, "a whole number of 0 or more")
    return value


def _metric(name: str, value: Any) -> float:
    """Return a number as Python's, NaN for what is not finite."""
    value = value.item() if hasattr(value, "item") else value
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _refusal(name, value, "a number")
    # One and the same NaN each time: mappings that hold it then compare as equal.
    return float(value) if math.isfinite(value) else math.nan


def _duration(name: str, value: Any) -> float:
    """Return a number of seconds."""
    number = _metric(name, value)
    if not number >= 0:
        raise _refusal(name, value, "a number of 0 or more")
    return number


def _flag(name: str, value: Any) -> bool:
    """Return true or false as Python's."""
    value = value.item() if hasattr(value, "item") else value
    if not isinstance(value, bool):
        raise _refusal(name, value, "true or false")
    return value


def _time(name: str, value: Any) -> str:
    """Return a time with its zone."""
    try:
        if datetime.fromisoformat(value).tzinfo is not None:
            return str(value)
    except (TypeError, ValueError):
        pass
    raise _refusal(name, value, "a time like 2030-01-31T12:00:00+00:00")


def _mapping(name: str, value: Any) -> Mapping[str, Any]:
    """Return a mapping whose keys are texts."""
    if not (isinstance(value, Mapping) and all(isinstance(key, str) for key in value)):
        raise _refusal(name, value, "a mapping with texts as keys")
    return value


def _settings(name: str, value: Any) -> dict[str, Any]:
    """Return a mapping of whatever JSON can hold."""
    return {
        key: to_plain(item, name=f"{name}[{key!r}]") for key, item in _mapping(name, value).items()
    }


def _texts(name: str, value: Any) -> dict[str, str]:
    """Return a mapping of texts."""
    return {key: _text(f"{name}[{key!r}]", item) for key, item in _mapping(name, value).items()}


def _metrics(name: str, value: Any) -> dict[str, float]:
    """Return a mapping of numbers."""
    return {key: _metric(f"{name}[{key!r}]", item) for key, item in _mapping(name, value).items()}


def _curves(name: str, value: Any) -> dict[str, list[float]]:
    """Return a mapping of lists of numbers."""
    return {
        key: [_metric(f"{name}[{key!r}]", item) for item in _list(f"{name}[{key!r}]", curve)]
        for key, curve in _mapping(name, value).items()
    }


def _list(name: str, value: Any) -> list[Any]:
    """Return a sequence or an array as a list."""
    value = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(value, (list, tuple)):
        raise _refusal(name, value, "a list")
    return list(value)


def _confusion(name: str, value: Any) -> list[list[int]] | None:
    """Return a square table of counts, or None."""
    if value is None:
        return None
    rows = [[_whole(name, cell) for cell in _list(name, row)] for row in _list(name, value)]
    if not rows or any(len(row) != len(rows) for row in rows):
        raise _refusal(name, value, "a table with as many rows as columns")
    return rows


#: What makes the value of each field plain, or raises.
_FIELDS: dict[str, Callable[[str, Any], Any]] = {
    "report": _file_name,
    "experiment": _file_name,
    "arm": _text,
    "seed": _whole,
    "scale": _text,
    "digest": _text,
    "parameters": _settings,
    "history": _curves,
    "final": _metrics,
    "seconds": _duration,
    "device": _text,
    "versions": _texts,
    "code": _settings,
    "data_digest": _text,
    "confusion": _confusion,
    "diverged": _flag,
    "group": lambda name, value: None if value is None else _settings(name, value),
    "created": _time,
    "record_format": _whole,
}
