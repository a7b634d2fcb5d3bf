"""What a report states, read from the tables that lie beside its declaration.

``reported.csv`` holds its numbers, ``claims.toml`` its sentences and ours, and ``deviations.toml``
where ours is not its set-up. What is trained and compared, and how, stands in Python.
"""

from __future__ import annotations

import csv
import io
import math
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields, replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple, get_type_hints

from nnest.exceptions import ExperimentError
from nnest.experiments._claims import Claim
from nnest.experiments._experiment import Experiment
from nnest.experiments._protocol import check_known
from nnest.experiments._reported import Deviation, Reported

__all__ = ["Deviations", "read_deviations", "read_tables"]

COLUMNS = (
    *("experiment", "arm", "metric", "printed", "where", "why", "deviation"),
    *("kind", "runs", "statistic", "approximate", "tolerance"),
)
"""The columns of reported.csv. The last six are empty where a number has nothing of its own."""

_SENTENCE = {"text": str, "where": str, "reading": str, "not_comparable": int, "after": int}
_DEVIATION = get_type_hints(Deviation)
_NEEDED = sum(field.default is MISSING for field in fields(Deviation))

Exact = Mapping[str, Mapping[str, Callable[[], float]]]


class _Row(NamedTuple):
    """A row of a table, and where it stands."""

    place: str
    cells: dict[str, str]


def read_tables(
    package: str | Traversable, experiments: Sequence[Experiment], exact: Exact | None = None
) -> tuple[Experiment, ...]:
    """Give experiments the numbers and the sentences that a report states, from its tables.

    A row of ``reported.csv`` is a number as it is printed. A row of the metric ``test_confusion``
    names a file in place of a number: a table of counts, whose rows are true labels and whose
    columns predicted ones. An entry of ``claims.toml`` is the text of a claim and its place; the
    place is "our question" where it names none.

    Parameters
    ----------
    package : str or traversable
        The package, or the folder, that holds the tables.
    experiments : sequence of Experiment
        The report's experiments, without numbers and sentences.
    exact : mapping of str to mapping of str to callable or None, default=None
        What computes the exact numbers, by experiment and metric. None is no such number.

    Returns
    -------
    tuple of Experiment
        The same experiments with their numbers, in the table's order, and with their sentences.

    Raises
    ------
    ExperimentError
        If a column or a field is missing or unknown, an entry names something that is not declared,
        something declared has no entry, or a text is no number; the message names the file, and the
        line or the entry.

    Examples
    --------
    >>> from nnest.reports import get_report
    >>> number = get_report("boyer-2019").experiment("final").reported[0]
    >>> number.metric, number.printed
    ('test_accuracy', '98.75%')
    """
    folder = files(package) if isinstance(package, str) else package
    numbers = _read_numbers(folder, experiments, exact or {})
    claims = _read_claims(folder / "claims.toml", experiments)
    try:
        return tuple(
            replace(one, reported=tuple(numbers[one.key]), claims=tuple(claims[one.key]))
            for one in experiments
        )
    except ExperimentError as error:  # numbers were checked line by line
        raise ExperimentError(f"claims.toml: {error}") from None


def _read_numbers(
    folder: Traversable, experiments: Sequence[Experiment], exact: Exact
) -> dict[str, list[Reported]]:
    """Return the numbers of each experiment."""
    by_key = {one.key: one for one in experiments}
    numbers: dict[str, list[Reported]] = {key: [] for key in by_key}
    left = {(key, metric) for key, metrics in exact.items() for metric in metrics}
    for row in _rows(folder / "reported.csv"):
        key, metric = row.cells["experiment"], row.cells["metric"]
        try:
            check_known("experiment", key, by_key)
            for number in _numbers(folder, row.cells, exact.get(key, {}).get(metric)):
                by_key[key].check_number(number)
                numbers[key].append(number)
        except ExperimentError as error:
            raise ExperimentError(f"{row.place}: {error}") from None
        left.discard((key, metric))
    for key, metric in sorted(left):
        raise ExperimentError(f"reported.csv has no row for {metric} of {key}.")
    return numbers


def _rows(file: Traversable) -> Iterator[_Row]:
    """Yield the rows of reported.csv, whose header and length are checked."""
    lines = csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline=""))
    header = next(lines, [])
    for wrong, what in ((set(COLUMNS) - {*header}, "lacks"), ({*header} - {*COLUMNS}, "has")):
        if wrong:
            raise ExperimentError(
                f"{file.name}, line 1: the header {what} {', '.join(sorted(wrong))}; its columns"
                f" are {', '.join(COLUMNS)}."
            )
    for cells in lines:
        place = f"{file.name}, line {lines.line_num}"
        if len(cells) != len(header):
            raise ExperimentError(f"{place}: {len(cells)} cells, where there are {len(header)}.")
        yield _Row(place, dict(zip(header, cells, strict=True)))


def _numbers(
    folder: Traversable, cells: Mapping[str, str], compute: Callable[[], float] | None
) -> Iterator[Reported]:
    """Yield the number of a row, or all cells of the matrix that it names."""
    options: dict[str, Any] = {
        "where": cells["where"],
        "why": cells["why"],
        "kind": cells["kind"] or "random",
        "runs": _number(int, "runs", cells["runs"] or "1"),
        "statistic": cells["statistic"] or "mean",
        "approximate": _yes(cells["approximate"]),
        "tolerance": _number(float, "tolerance", cells["tolerance"]),
        "not_comparable": _number(int, "deviation", cells["deviation"]),
        "compute": compute,
    }
    if cells["metric"] == "test_confusion":
        for metric, printed in _matrix(folder / cells["printed"]):
            yield Reported(cells["arm"], metric, printed, **options)
    else:
        yield Reported(cells["arm"] or None, cells["metric"], cells["printed"], **options)


def _matrix(file: Traversable) -> Iterator[tuple[str, str]]:
    """Yield metric and printed text of each cell; labels stand in the first line and column."""
    if not file.is_file():
        raise ExperimentError(f"There is no file {file.name!r} beside it.")
    lines = csv.reader(file.read_text(encoding="utf-8-sig").splitlines())
    header, *rows = [line for line in lines if line] or [[]]
    if not header:
        raise ExperimentError(f"{file.name} is empty.")
    columns = header[1:]
    for true, *counts in rows:
        if len(counts) != len(columns):
            raise ExperimentError(f"{file.name} has {len(counts)} counts of {true}.")
        for predicted, count in zip(columns, counts, strict=True):
            yield f"test_confusion[{true},{predicted}]", count


def _number(kind: Callable[[str], float], name: str, text: str) -> Any:
    """Read a number, or None where the cell is empty."""
    try:
        number = kind(text) if text else None
        if number is None or math.isfinite(number):
            return number
        raise ValueError
    except ValueError:
        raise ExperimentError(f"{name} is {text!r}; it must be a number.") from None


def _yes(text: str) -> bool:
    """Read yes, or nothing."""
    if text not in ("", "yes"):
        raise ExperimentError(f"approximate is {text!r}; it must be yes, or empty.")
    return text == "yes"


def _read_claims(file: Traversable, experiments: Sequence[Experiment]) -> dict[str, list[Claim]]:
    """Return the claims of each experiment with their sentences."""
    entries = _entries(file)
    declared = {one.key: [claim.key for claim in one.claims] for one in experiments}
    try:
        for key, sentences in entries.items():
            check_known("experiment", key, declared)
            for name in sentences:
                check_known(f"claim of {key}", name, declared[key])
    except ExperimentError as error:
        raise ExperimentError(f"{file.name}: {error}") from None
    return {
        one.key: [
            _said(file.name, one.key, claim, entries.get(one.key, {})) for claim in one.claims
        ]
        for one in experiments
    }


def _said(file: str, experiment: str, claim: Claim, sentences: Mapping[str, Any]) -> Claim:
    """Return a claim with the sentence of its entry."""
    entry = sentences.get(claim.key, {})
    _check_entry(f"{file}, {experiment}.{claim.key}", entry, _SENTENCE)
    try:
        return replace(claim, **{"where": "our question", **entry})
    except ExperimentError as error:
        raise ExperimentError(f"{file}, {experiment}.{claim.key}: {error}") from None


class Deviations(dict[str, Deviation]):
    """Deviations by name.

    Examples
    --------
    >>> from nnest.experiments import read_deviations
    >>> deviations = read_deviations("nnest.reports.boyer_2019")
    >>> [one.number for one in deviations.of("batch", "epochs")]
    [8, 9]
    """

    def of(self, *names: str) -> tuple[Deviation, ...]:
        """Return the deviations of these names.

        Parameters
        ----------
        *names : str
            Their names.

        Returns
        -------
        tuple of Deviation
            The deviations in that order.

        Raises
        ------
        ExperimentError
            If there is no such name; the message has the nearest.

        Examples
        --------
        >>> from nnest.experiments import read_deviations
        >>> read_deviations("nnest.reports.boyer_2019").of("batch")[0].ours
        '128 images a batch'
        """
        for name in names:
            check_known("deviation", name, self)
        return tuple(self[name] for name in names)


def read_deviations(package: str | Traversable) -> Deviations:
    """Read where ours is not a report's own set-up, from the table ``deviations.toml``.

    Parameters
    ----------
    package : str or traversable
        The package, or the folder, that holds the table.

    Returns
    -------
    Deviations
        The deviations by name, in the table's order.

    Raises
    ------
    ExperimentError
        If the file is no TOML, or an entry lacks a field or has an unknown or wrong one.

    Examples
    --------
    >>> from nnest.experiments import read_deviations
    >>> read_deviations("nnest.reports.boyer_2019")["batch"].ours
    '128 images a batch'
    """
    folder = files(package) if isinstance(package, str) else package
    file = folder / "deviations.toml"
    entries = _entries(file)
    for name, entry in entries.items():
        _check_entry(f"{file.name}, {name}", entry, _DEVIATION, needed=_NEEDED)
    return Deviations({name: Deviation(**entry) for name, entry in entries.items()})


def _check_entry(place: str, entry: Any, kinds: Mapping[str, type], needed: int = 1) -> None:
    """Raise if an entry lacks one of the first fields, or has an unknown or wrong one."""
    fits = isinstance(entry, dict) and {*list(kinds)[:needed]} <= {*entry} <= {*kinds}
    if not fits or any(type(entry[name]) is not kinds[name] for name in entry):
        known = [f"{name} ({kind.__name__})" for name, kind in kinds.items()]
        raise ExperimentError(
            f"{place}: an entry has {', '.join(known[:needed])}, and may have"
            f" {', '.join(known[needed:])}."
        )


def _entries(file: Traversable) -> dict[str, Any]:
    """Read a TOML file whose entries are tables."""
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ExperimentError(f"{file.name}: {error}.") from None
    for name, entry in entries.items():
        if not isinstance(entry, dict):
            raise ExperimentError(f"{file.name}: {name} stands outside all entries.")
    return entries
