"""Places of settings on an axis: numbers, numbers on a logarithmic scale, and names."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

#: Settings are looked at on a logarithmic scale if they span more than this ratio, and if more of
#: them lie below a twentieth of the largest than an even distribution would put there.
WIDE, LOWEST, CROWD = 50.0, 0.05, 0.2
#: What stands for a setting that a trial did not have.
MISSING = "not set"


def settings_of(values: Any) -> list[Any]:
    """Return settings as they were given: None is one, and what is masked or not a number none."""
    if isinstance(values, np.ma.MaskedArray):
        masked = np.broadcast_to(np.ma.getmaskarray(values), values.shape)
        pairs = zip(values.data, masked, strict=True)
        return [MISSING if np.all(mask) else _plain(value) for value, mask in pairs]
    return [MISSING if value != value else value for value in map(_plain, values)]


def _plain(value: Any) -> Any:
    """Return a setting without NumPy's types, which would show in its name."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    return tuple(map(_plain, value)) if isinstance(value, tuple | list) else value


def are_numbers(settings: list[Any]) -> bool:
    """Tell whether all settings have a place on a number line."""
    return all(isinstance(value, Real) and not isinstance(value, bool) for value in settings)


def is_numeric(column: pd.Series[Any]) -> bool:
    """Tell whether a column of settings holds numbers, apart from what is missing."""
    import pandas as pd

    present = column.dropna()
    if present.empty:
        return False
    truths = present.map(lambda value: isinstance(value, bool | np.bool_)).any()
    return not truths and pd.api.types.is_numeric_dtype(present.infer_objects())


def is_wide(values: NDArray[np.float64], log: bool | None = None) -> bool:
    """Tell whether numbers want a logarithmic scale; what was said comes first."""
    if not len(values) or values.min() <= 0:
        return False
    if log is not None:
        return log
    crowded = np.mean(values < LOWEST * values.max()) > CROWD
    return bool(crowded and values.max() > WIDE * values.min())


def names_of(column: pd.Series[Any]) -> list[str]:
    """Return the distinct settings as text, sorted."""
    return sorted(set(column.dropna().map(str)))


def shares(
    column: pd.Series[Any], log: bool | None = None
) -> tuple[NDArray[np.float64], dict[float, str]]:
    """Return each setting's height between 0 and 1, not-a-number for none, and names of heights."""
    if not is_numeric(column):
        names = names_of(column)
        if not names:
            return np.full(len(column), np.nan), {}
        steps = np.linspace(0.0, 1.0, len(names)) if len(names) > 1 else np.array([0.5])
        heights = column.map(str).map(dict(zip(names, steps.tolist(), strict=True)))
        heights = heights.where(column.notna())
        return heights.to_numpy(float), dict(zip(steps.tolist(), names, strict=True))
    values = column.to_numpy(float)
    present = values[np.isfinite(values)]
    scale = np.log if is_wide(present, log) else np.asarray
    low, high = float(present.min()), float(present.max())
    if low == high:
        return np.where(np.isfinite(values), 0.5, np.nan), {0.5: f"{low:.3g}"}
    share = (scale(values) - scale(low)) / (scale(high) - scale(low))
    return share, {0.0: f"{low:.3g}", 1.0: f"{high:.3g}"}
