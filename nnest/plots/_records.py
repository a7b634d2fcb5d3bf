"""Figures of recorded trainings and of what a report says about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnest.plots._axes import axes_or_new, require_columns, square

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

_VERDICT_COLORS = {
    "agrees": "tab:green",
    "equal": "tab:green",
    "undecided": "tab:gray",
    "not at the report's size": "tab:gray",
    "own size, other data": "tab:gray",
    "not judged": "tab:gray",
    "not comparable": "tab:gray",
    "ours higher": "tab:red",
    "ours lower": "tab:red",
    "differs": "tab:red",
}


def learning_curves(
    frame: pd.DataFrame,
    *,
    metric: str = "val_accuracy",
    hue: str = "arm",
    ax: Axes | None = None,
) -> Axes:
    """Draw one metric over the epochs: the mean of the seeds, and a band from lowest to highest.

    Parameters
    ----------
    frame : pandas.DataFrame
        Tidy table with the columns ``epoch``, ``value``, ``metric`` and the one named by `hue`;
        one row per epoch and training.
    metric : str, default="val_accuracy"
        Which rows of the column ``metric`` are drawn.
    hue : str, default="arm"
        The column that tells the lines apart.
    ax : matplotlib.axes.Axes, default=None
        Where to draw; a new figure if None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes that was drawn on.

    Raises
    ------
    ValueError
        If a column is missing or no row is of that metric.

    Examples
    --------
    >>> import pandas as pd
    >>> from nnest.plots import learning_curves
    >>> frame = pd.DataFrame({"epoch": [1, 2, 1, 2], "value": [0.5, 0.8, 0.6, 0.9],
    ...                       "metric": "val_accuracy", "arm": "base", "seed": [0, 0, 1, 1]})
    >>> learning_curves(frame).get_ylabel()
    'val accuracy'
    """
    import seaborn as sns
    from matplotlib.ticker import MaxNLocator

    require_columns(frame, ["epoch", "value", "metric", hue], "The table of learning curves")
    rows = frame[frame["metric"] == metric]
    if rows.empty:
        raise ValueError(
            f"There is no row of metric {metric!r}: "
            f"the table holds {sorted(map(str, set(frame['metric'])))}."
        )
    ax = axes_or_new(ax)
    sns.lineplot(
        rows,
        x="epoch",
        y="value",
        hue=hue,
        style=hue,
        dashes=True,
        estimator="mean",
        errorbar=("pi", 100),
        ax=ax,
    )
    ax.set(xlabel="epoch", ylabel=metric.replace("_", " "))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return ax


def confusion_matrix(
    matrix: ArrayLike,
    labels: Sequence[Any] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a confusion matrix: true classes in rows, predicted classes in columns.

    The color shows the errors only. On the diagonal stands the number of correct predictions, which
    would otherwise leave the errors without contrast.

    Parameters
    ----------
    matrix : array-like of shape (n_classes, n_classes)
        Counts, or means of counts.
    labels : sequence of length n_classes, default=None
        Names of the classes; 0, 1, 2, ... if None.
    ax : matplotlib.axes.Axes, default=None
        Where to draw; a new figure if None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes that was drawn on.

    Raises
    ------
    ValueError
        If the matrix is not square or the labels are of another number.

    Examples
    --------
    >>> from nnest.plots import confusion_matrix
    >>> confusion_matrix([[5, 1], [0, 6]], labels=["cat", "dog"]).get_xlabel()
    'predicted'
    """
    import seaborn as sns

    counts = square(matrix, "The confusion matrix")
    names = list(range(len(counts))) if labels is None else list(labels)
    if len(names) != len(counts):
        raise ValueError(
            f"There are {len(names)} labels for {len(counts)} classes: give one label per class."
        )
    ax = axes_or_new(ax, width=0.55 * len(counts) + 1.5, height=0.5 * len(counts) + 1.2)
    errors = np.where(np.eye(len(counts), dtype=bool), 0, counts)
    whole = np.issubdtype(counts.dtype, np.integer)
    sns.heatmap(
        errors,
        annot=counts,
        fmt="d" if whole else ".1f",
        cmap="rocket_r",
        cbar=False,
        linewidths=0.5,
        xticklabels=names,
        yticklabels=names,
        annot_kws={"fontsize": 8},
        ax=ax,
    )
    ax.tick_params(axis="y", rotation=0)
    ax.set(xlabel="predicted", ylabel="true")
    return ax


def agreement(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw what a report states beside our interval, one row per number.

    Parameters
    ----------
    table : pandas.DataFrame
        The columns ``label``, ``reported``, ``low``, ``high``, ``mean`` and ``verdict``. The
        interval is drawn as a bar, our mean as a stroke, the reported value as a diamond in the
        color of the verdict.
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
    >>> from nnest.plots import agreement
    >>> table = pd.DataFrame({"label": ["accuracy"], "reported": [0.9875], "low": [0.986],
    ...                       "high": [0.991], "mean": [0.9885], "verdict": ["agrees"]})
    >>> [text.get_text() for text in agreement(table).get_yticklabels()]
    ['accuracy']
    """
    require_columns(
        table, ["label", "reported", "low", "high", "mean", "verdict"], "The table of agreement"
    )
    ax = axes_or_new(ax, height=0.32 * len(table) + 1.2)
    rows = np.arange(len(table))
    low, high = table["low"].to_numpy(float), table["high"].to_numpy(float)
    ax.barh(rows, high - low, left=low, height=0.5, color="0.8", label="ours: 95 % interval")
    ax.scatter(table["mean"], rows, marker="|", s=120, color="0.2", label="ours: mean", zorder=3)
    for verdict, part in table.assign(row=rows).groupby("verdict", sort=True):
        color = _VERDICT_COLORS.get(str(verdict), "tab:blue")
        label = f"reported: {verdict}"
        ax.scatter(part["reported"], part["row"], marker="D", s=28, c=color, label=label, zorder=4)
    ax.set(yticks=rows, yticklabels=list(table["label"]), xlabel="value", ylabel="")
    ax.invert_yaxis()
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=8)
    return ax
