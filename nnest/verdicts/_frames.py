"""Verdicts as tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from nnest.verdicts._claims import ClaimVerdict
from nnest.verdicts._numbers import NumberVerdict

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["claim_frame", "number_frame"]

_FIRST_OF_NUMBERS = (
    "label",
    "reported",
    "mean",
    "low",
    "high",
    "n",
    "scale",
    "verdict",
    "where",
    "deviations",
    "difference",
)
_FIRST_OF_CLAIMS = (
    "claim",
    "text",
    "where",
    "expects",
    "difference",
    "low",
    "high",
    "p",
    "n",
    "scale",
    "verdict",
    "detectable",
    "needs",
    "family",
    "deviations",
)
_OF_COMPARISONS = ("a", "b", "difference", "low", "high", "detectable")


def number_frame(verdicts: Sequence[NumberVerdict]) -> pd.DataFrame:
    """Return verdicts on numbers as a table; see `Verdicts.number_table`."""
    return _table([_number_row(one) for one in verdicts], _FIRST_OF_NUMBERS)


def claim_frame(verdicts: Sequence[ClaimVerdict]) -> pd.DataFrame:
    """Return verdicts on claims as a table; see `Verdicts.claim_table`."""
    return _table([_claim_row(one) for one in verdicts], _FIRST_OF_CLAIMS)


def _number_row(one: NumberVerdict) -> dict[str, Any]:
    """Return the row of a number."""
    row = {field.name: getattr(one, field.name) for field in fields(one)}
    source = row.pop("source")
    where = (source.file, source.digest) if source else ("", "")
    row |= {"difference": one.difference, "judged": one.judged}
    return row | dict(zip(("file", "digest"), where, strict=True))


def _claim_row(one: ClaimVerdict) -> dict[str, Any]:
    """Return the row of a claim, with the comparison that decides it."""
    row = {field.name: getattr(one, field.name) for field in fields(one)}
    row["claim"] = row.pop("key")
    parts, sources, deciding = row.pop("parts"), row.pop("sources"), one.deciding
    row |= {name: getattr(deciding, name, math.nan) for name in _OF_COMPARISONS}
    row |= {"p": one.p, "needs": one.needs}
    row["comparisons"] = len(parts)
    row["files"] = tuple(dict.fromkeys(source.file for source in sources))
    return row | {"judged": one.judged}


def _table(rows: Sequence[Mapping[str, Any]], first: Sequence[str]) -> pd.DataFrame:
    """Return rows as a table, the columns that matter most in front."""
    import pandas as pd

    names = list(rows[0]) if rows else []
    rest = [name for name in names if name not in first]
    return pd.DataFrame(rows, columns=[*first, *rest])
