"""Verdicts as values for programs: JSON and frames."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nnest.reporting._columns import CLAIM, DEVIATION, NUMBER, Column
from nnest.results import to_plain
from nnest.verdicts import ClaimVerdict, NumberVerdict, Verdicts

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["as_frame", "as_json"]

_OF_REPORT = ("key", "title", "author", "year", "source")


def as_json(verdicts: Verdicts) -> dict[str, Any]:
    """Return all verdicts on a report as plain dictionaries, lists, texts and numbers.

    Parameters
    ----------
    verdicts : Verdicts
        The verdicts.

    Returns
    -------
    dict
        With the keys ``report``, ``summary``, ``numbers``, ``claims``, ``deviations``, ``unused``,
        ``conflicts`` and ``diverged``; None stands for a number that is not finite.

    Examples
    --------
    >>> from nnest.reporting import as_json
    >>> from nnest.reports import get_report
    >>> from nnest.verdicts import judge
    >>> from nnest.results import ResultStore
    >>> plain = as_json(judge(get_report("boyer-2019"), ResultStore("no/such/folder")))
    >>> plain["numbers"][0]["reported"], plain["claims"][0]["p"]
    (0.05854983, None)
    """
    everything = {
        "report": {name: getattr(verdicts.report, name) for name in _OF_REPORT},
        "summary": asdict(verdicts.summary),
        "numbers": _rows(NUMBER, verdicts.numbers),
        "claims": _rows(CLAIM, verdicts.claims),
        "deviations": _rows(DEVIATION, verdicts.report.deviations),
        "unused": [asdict(one) for one in verdicts.unused],
        "conflicts": verdicts.conflicts,
        "diverged": verdicts.diverged,
    }
    plain: dict[str, Any] = to_plain(_without_nan(everything))
    return plain


def _rows(columns: Sequence[Column], rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the values of rows by the names of their columns."""
    names = [column.name for column in columns if column.name]
    nested = [(one, asdict(one)) for one in rows]
    return [
        {name: plain[name] if name in plain else getattr(one, name) for name in names}
        for one, plain in nested
    ]


def _without_nan(value: Any) -> Any:
    """Replace numbers that are not finite by None: JSON has no word for them."""
    if isinstance(value, Mapping):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def as_frame(rows: Sequence[NumberVerdict] | Sequence[ClaimVerdict]) -> pd.DataFrame:
    """Return verdicts on numbers, or on claims, as a frame.

    Parameters
    ----------
    rows : sequence of NumberVerdict or sequence of ClaimVerdict
        For instance `Verdicts.numbers`. If there is none, the frame has the columns of numbers.

    Returns
    -------
    pandas.DataFrame
        One row for each, with its fields, but no nested ones: of a number, the records' ``file``
        and ``digest`` instead of ``source``; of a claim, ``claim`` instead of ``key``, ``files``
        instead of ``sources``, and of the comparison that decides it ``difference``, ``low``,
        ``high``, ``a``, ``b`` and ``detectable``. Then ``judged``, of a number ``difference``, and
        of a claim ``p`` and ``needs`` (the seeds that the margins of its comparisons need).

    Examples
    --------
    >>> from nnest.reporting import as_frame
    >>> from nnest.reports import get_report
    >>> from nnest.results import ResultStore
    >>> from nnest.verdicts import judge
    >>> verdicts = judge(get_report("boyer-2019"), ResultStore("no/such/folder"))
    >>> len(as_frame(verdicts.numbers)), as_frame(verdicts.claims)["claim"][0]
    (104, 'faster')
    """
    import pandas as pd

    columns = CLAIM if any(isinstance(one, ClaimVerdict) for one in rows) else NUMBER
    named = [column for column in columns if column.name]
    names = None if rows else [name for column in named for name in column.names]
    values = [
        {name: value for column in named for name, value in column.values(one).items()}
        for one in rows
    ]
    return pd.DataFrame(values, columns=names)
