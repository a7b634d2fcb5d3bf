"""Figures of a search over settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ._axes import axes_or_new, require_columns

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def search_results(
    cv_results: Mapping[str, Any] | pd.DataFrame,
    param: str,
    *,
    score: str = "mean_test_score",
    hue: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the score of every setting of a search over one parameter.

    Parameters
    ----------
    cv_results : mapping or pandas.DataFrame
        ``cv_results_`` of a search, or any table with a column ``param_<name>`` per parameter.
    param : str
        The parameter on the horizontal axis, with or without ``param_`` in front.
    score : str, default="mean_test_score"
        The column on the vertical axis. Where ``std_test_score`` belongs to it and is there, bars
        show one standard deviation over the folds.
    hue : str, default=None
        A second parameter that tells the lines apart.
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
    >>> from nnest.plots import search_results
    >>> results = {"param_dropout": [0.0, 0.3], "mean_test_score": [0.95, 0.96]}
    >>> search_results(results, "dropout").get_xlabel()
    'dropout'
    """
    import pandas as pd
    import seaborn as sns

    frame = pd.DataFrame(cv_results)
    columns = ["param_" + name.removeprefix("param_") for name in (param, hue) if name is not None]
    require_columns(frame, [*columns, score], "The table of search results")
    ax = axes_or_new(ax)
    # Settings such as (64, 32) or None have no place on a number line: then every value is a name.
    numeric = pd.api.types.is_numeric_dtype(frame[columns[0]].infer_objects())
    names = columns[1:] if numeric else columns
    shown = frame.assign(**{name: frame[name].map(str) for name in names})
    sns.lineplot(
        shown,
        x=columns[0],
        y=score,
        hue=columns[1] if hue is not None else None,
        marker="o",
        errorbar=("pi", 100),
        ax=ax,
    )
    _deviation_bars(shown, columns, score, ax)
    ax.set(xlabel=columns[0].removeprefix("param_"), ylabel=score.replace("_", " "))
    if hue is not None and (legend := ax.get_legend()) is not None:
        legend.set_title(columns[1].removeprefix("param_"))
    return ax


def _deviation_bars(frame: pd.DataFrame, columns: Sequence[str], score: str, ax: Axes) -> None:
    """Add one standard deviation over the folds where there is one setting per point."""
    deviation = score.replace("mean_", "std_", 1)
    if deviation == score or deviation not in frame.columns or frame.duplicated(columns).any():
        return
    ax.errorbar(
        frame[columns[0]], frame[score], frame[deviation], fmt="none", ecolor="gray", alpha=0.6
    )
