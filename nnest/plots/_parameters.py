"""Figures of a study's parameters: one alone, and all side by side."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnest.plots._axes import axes_or_new, require_columns
from nnest.plots._scales import MISSING, is_numeric, is_wide, names_of, shares

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

#: Where lines of trials without a setting pass.
_BELOW = -0.15


def isolation(
    table: pd.DataFrame,
    parameter: str,
    *,
    value: str = "value",
    bins: int = 8,
    log: bool | None = None,
    higher_is_better: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw the best value for each part of one parameter's range.

    Every complete trial is a hollow circle. The best of each part, whatever the other parameters
    were there, is filled and joined to its neighbors: this line is the parameter's effect where
    the others are tuned for it. A line that still rises at an edge asks for a wider range, a range
    with few circles for more trials, and a flat line says that the parameter may stay where it is.

    Parameters
    ----------
    table : pandas.DataFrame
        A table of trials with the columns ``param_<name>``, ``state`` and the one named by
        `value`.
    parameter : str
        The parameter on the horizontal axis, with or without ``param_`` in front.
    value : str, default="value"
        The column on the vertical axis.
    bins : int, default=8
        Into how many parts of one width the range of a number is cut. Names, and numbers with at
        most so many values, are their own parts.
    log : bool, default=None
        Whether the axis is logarithmic; None guesses from the values.
        `nnest.studies.log_parameters` tells how a study has searched them.
    higher_is_better : bool, default=True
        What the best is.
    ax : matplotlib.axes.Axes, default=None
        Where to draw; a new figure if None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes that was drawn on.

    Raises
    ------
    ValueError
        If a column is missing or no complete trial has the parameter.

    References
    ----------
    .. [1] V. Godbole, G. E. Dahl, J. Gilmer, C. J. Shallue, Z. Nado, "Deep Learning Tuning
       Playbook", 2023. https://github.com/google-research/tuning_playbook

    Examples
    --------
    >>> import pandas as pd
    >>> from nnest.plots import isolation
    >>> table = pd.DataFrame({"param_l2": [1e-5, 1e-5, 1e-3], "state": "complete",
    ...                       "value": [0.91, 0.93, 0.92]})
    >>> isolation(table, "l2").lines[0].get_ydata().tolist()
    [0.93, 0.92]
    """
    name = parameter.removeprefix("param_")
    column = f"param_{name}"
    require_columns(table, [column, "state", value], "The table of trials")
    rows = table[table["state"] == "complete"].dropna(subset=[column, value])
    if rows.empty:
        raise ValueError(f"No complete trial has {name!r} and a value: there is nothing to draw.")
    ax = axes_or_new(ax)
    places, parts, wide = _places(rows[column], bins, log)
    scores = rows[value].to_numpy(float)
    best = _best_of_parts(parts, scores, higher_is_better)
    style: dict[str, Any] = {"facecolors": "none", "edgecolors": "0.5", "s": 22}
    ax.scatter(places, scores, label="a complete trial", **style)
    ax.plot(
        places[best], scores[best], "o-", color="tab:red", markersize=6, label="best of its part"
    )
    if wide:
        ax.set_xscale("log")
    if not is_numeric(rows[column]):
        names = names_of(rows[column])
        ax.set_xticks(range(len(names)), names)
    ax.set(xlabel=name, ylabel=value.replace("_", " "))
    ax.legend(fontsize=8)
    return ax


def _places(
    column: pd.Series[Any], bins: int, log: bool | None
) -> tuple[NDArray[np.float64], NDArray[np.intp], bool]:
    """Return where each trial stands, the number of its part, and whether the scale is wide."""
    if not is_numeric(column):
        order = {name: place for place, name in enumerate(names_of(column))}
        places = np.array([order[str(value)] for value in column], np.intp)
        return places.astype(float), places, False
    values = column.to_numpy(float)
    wide = is_wide(values, log)
    distinct, parts = np.unique(values, return_inverse=True)
    if len(distinct) <= bins:
        return values, np.asarray(parts, np.intp), wide
    scaled = np.log(values) if wide else values
    edges = np.linspace(scaled.min(), scaled.max(), bins + 1)[1:-1]
    return values, np.asarray(np.searchsorted(edges, scaled, side="right"), np.intp), wide


def _best_of_parts(
    parts: NDArray[np.intp], scores: NDArray[np.float64], higher_is_better: bool
) -> list[int]:
    """Return the row of the best trial of each part, in the order of the parts."""
    signed = scores if higher_is_better else -scores
    members = [np.flatnonzero(parts == part) for part in np.unique(parts)]
    return [int(rows[np.argmax(signed[rows])]) for rows in members]


def parallel_coordinates(
    table: pd.DataFrame,
    *,
    parameters: Sequence[str] | None = None,
    value: str = "value",
    best: float = 0.1,
    log: Collection[str] | None = None,
    higher_is_better: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw every complete trial as a line through its settings, the best ones bold.

    Parameters
    ----------
    table : pandas.DataFrame
        A table of trials with the columns ``param_<name>``, ``state`` and the one named by
        `value`. A trial without a setting passes below that axis.
    parameters : sequence of str, default=None
        Which parameters, from left to right; None is all that differ between trials.
    value : str, default="value"
        The column of the axis on the right.
    best : float, default=0.1
        The share of the trials that is drawn bold, at least one.
    log : collection of str, default=None
        Names of the parameters whose axes are logarithmic, as `nnest.studies.log_parameters`
        returns them; None guesses from the values.
    higher_is_better : bool, default=True
        What the best is.
    ax : matplotlib.axes.Axes, default=None
        Where to draw; a new figure if None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes that was drawn on.

    Raises
    ------
    ValueError
        If a column is missing or there is no complete trial.

    Examples
    --------
    >>> import pandas as pd
    >>> from nnest.plots import parallel_coordinates
    >>> table = pd.DataFrame({"param_l2": [1e-5, 1e-3], "param_activation": ["relu", "tanh"],
    ...                       "state": "complete", "value": [0.93, 0.92]})
    >>> [text.get_text() for text in parallel_coordinates(table).get_xticklabels()]
    ['l2', 'activation', 'value']
    """
    require_columns(table, ["state", value], "The table of trials")
    rows = table[table["state"] == "complete"].dropna(subset=[value])
    columns = [*_columns(rows, parameters), value]
    require_columns(table, columns, "The table of trials")
    if rows.empty:
        raise ValueError("The table has no complete trial: there is nothing to draw.")
    ax = axes_or_new(ax, width=1.1 * len(columns) + 1.5)
    order = rows[value].sort_values(ascending=not higher_is_better, kind="stable").index
    bold = set(order[: max(1, round(best * len(rows)))])
    scales = [None if log is None else name.removeprefix("param_") in log for name in columns]
    heights = np.column_stack(
        [_axis(ax, i, rows[name], scales[i]) for i, name in enumerate(columns)]
    )
    for index, line in zip(rows.index, heights, strict=True):
        chosen = index in bold
        style: dict[str, Any] = {"color": "tab:red", "lw": 2.2, "zorder": 3} if chosen else {}
        ax.plot(line, **{"color": "0.7", "lw": 0.7, "zorder": 2, **style})
    _label_axes(ax, columns, bool((heights == _BELOW).any()))
    return ax


def _columns(rows: pd.DataFrame, parameters: Sequence[str] | None) -> list[str]:
    """Return the columns of the named parameters, or of all that differ."""
    if parameters is not None:
        return [f"param_{name.removeprefix('param_')}" for name in parameters]
    candidates = [name for name in rows.columns if name.startswith("param_")]
    return [name for name in candidates if rows[name].map(str).nunique() > 1]


def _axis(ax: Axes, place: int, column: pd.Series[Any], log: bool | None) -> NDArray[np.float64]:
    """Draw one upright axis with its names, and return the height of each trial on it."""
    heights, names = shares(column, log)
    ax.axvline(place, color="0.3", lw=0.8)
    for height, name in names.items():
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.8}
        ax.text(place, height, name, fontsize=7, ha="left", va="center", bbox=box, zorder=4)
    return np.where(np.isfinite(heights), heights, _BELOW)


def _label_axes(ax: Axes, columns: Sequence[str], missing: bool) -> None:
    """Write the names of the parameters, and what it means that a line passes below."""
    labels = [name.removeprefix("param_") for name in columns]
    ax.set_xticks(range(len(columns)), labels, rotation=30, ha="right")
    ax.set_yticks([_BELOW] if missing else [], [MISSING] if missing else [])
    ax.set_xlim(-0.3, len(columns) - 0.4)
    for side in ("left", "right", "top", "bottom"):
        ax.spines[side].set_visible(False)
