"""Figures of a study: how it went, what mattered, and what fewer trials would have found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnest.plots._axes import axes_or_new, require_columns

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_MARKERS = {"complete": "o", "pruned": "x", "failed": "|"}
_DASHES = ("-", "--", ":", "-.")


def study_history(
    table: pd.DataFrame,
    *,
    value: str = "value",
    higher_is_better: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw the value of every trial in the order of the study, and the best one so far.

    Parameters
    ----------
    table : pandas.DataFrame
        A table of trials with the columns ``trial``, ``state`` and the one named by `value`.
        Complete trials are dots, pruned ones crosses at the last value that they reported, and
        failed ones strokes on the lower edge.
    value : str, default="value"
        The column on the vertical axis.
    higher_is_better : bool, default=True
        Which way the best goes.
    ax : matplotlib.axes.Axes, default=None
        Where to draw; a new figure if None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes that was drawn on.

    Raises
    ------
    ValueError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from nnest.plots import study_history
    >>> table = pd.DataFrame({"trial": [0, 1, 2], "state": ["complete", "pruned", "complete"],
    ...                       "value": [0.90, 0.71, 0.93]})
    >>> study_history(table).lines[0].get_ydata().tolist()
    [0.9, 0.93]
    """
    from matplotlib.ticker import MaxNLocator

    require_columns(table, ["trial", "state", value], "The table of trials")
    ax = axes_or_new(ax)
    rows = table.sort_values("trial")
    _draw_best(rows[rows["state"] == "complete"], value, higher_is_better, ax)
    for state, marker in _MARKERS.items():
        part = rows[rows["state"] == state]
        if not part.empty:
            _draw_trials(part, value, f"{state} ({len(part)})", marker, ax)
    ax.set(xlabel="trial", ylabel=value.replace("_", " "))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if ax.get_legend_handles_labels()[0]:
        ax.legend(fontsize=8, loc="lower right" if higher_is_better else "upper right")
    return ax


def _draw_best(rows: pd.DataFrame, value: str, higher_is_better: bool, ax: Axes) -> None:
    """Draw the best value so far as stairs."""
    rows = rows.dropna(subset=[value])
    if rows.empty:
        return
    best = rows[value].cummax() if higher_is_better else rows[value].cummin()
    ax.plot(rows["trial"], best, drawstyle="steps-post", color="tab:red", label="best so far")


def _draw_trials(rows: pd.DataFrame, value: str, label: str, marker: str, ax: Axes) -> None:
    """Draw trials of one state; on the lower edge where they have no value."""
    style: dict[str, Any] = {"marker": marker, "label": label, "zorder": 3}
    if rows[value].notna().any():
        color = "tab:blue" if marker == "o" else "0.45"
        ax.scatter(rows["trial"], rows[value], color=color, s=22, **style)
    else:
        places = np.full(len(rows), 0.02)
        ax.scatter(
            rows["trial"], places, color="0.2", s=60, transform=ax.get_xaxis_transform(), **style
        )


def importances(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw how much each parameter mattered, the most important one on top.

    Parameters
    ----------
    table : pandas.DataFrame
        The columns ``parameter`` and ``importance``, as `nnest.studies.importances` returns them.
    ax : matplotlib.axes.Axes, default=None
        Where to draw; a new figure if None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes that was drawn on.

    Raises
    ------
    ValueError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from nnest.plots import importances
    >>> table = pd.DataFrame({"parameter": ["l2", "dropout"], "importance": [0.2, 0.8]})
    >>> [text.get_text() for text in importances(table).get_yticklabels()]
    ['dropout', 'l2']
    """
    require_columns(table, ["parameter", "importance"], "The table of importances")
    ax = axes_or_new(ax, height=0.3 * len(table) + 1.2)
    rows = table.sort_values("importance", ascending=False, kind="stable")
    places = np.arange(len(rows))
    bars = ax.barh(places, rows["importance"], color="tab:blue", height=0.6)
    ax.bar_label(bars, fmt="%.2f", padding=3, fontsize=8)
    ax.set(yticks=places, yticklabels=list(rows["parameter"]), xlabel="importance", ylabel="")
    ax.invert_yaxis()
    ax.margins(x=0.12)
    return ax


def best_of_k(table: pd.DataFrame, *, hue: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the best value that is to be expected of k trials, with its band.

    Parameters
    ----------
    table : pandas.DataFrame
        The columns ``k``, ``expected``, ``low`` and ``high``, as `nnest.stats.expected_best`
        returns them.
    hue : str, default=None
        The column that tells several studies apart; each has a color and a dash of its own.
    ax : matplotlib.axes.Axes, default=None
        Where to draw; a new figure if None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes that was drawn on.

    Raises
    ------
    ValueError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from nnest.plots import best_of_k
    >>> table = pd.DataFrame({"k": [1, 2], "expected": [0.90, 0.92],
    ...                       "low": [0.88, 0.91], "high": [0.91, 0.93]})
    >>> best_of_k(table).get_xlabel()
    'trials'
    """
    from matplotlib.ticker import MaxNLocator

    wanted = ["k", "expected", "low", "high", *([] if hue is None else [hue])]
    require_columns(table, wanted, "The table of best values")
    ax = axes_or_new(ax)
    parts = [(None, table)] if hue is None else list(table.groupby(hue, sort=False))
    for place, (name, part) in enumerate(parts):
        label = None if hue is None else str(name)
        (line,) = ax.plot(
            part["k"], part["expected"], linestyle=_DASHES[place % len(_DASHES)], label=label
        )
        ax.fill_between(part["k"], part["low"], part["high"], alpha=0.2, color=line.get_color())
    ax.set(xlabel="trials", ylabel="expected best value")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if hue is not None:
        ax.legend(title=hue, fontsize=8)
    return ax
