"""Figures of a search over settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nnest.plots._axes import axes_or_new, require_columns
from nnest.plots._scales import are_numbers, settings_of

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

    columns = ["param_" + name.removeprefix("param_") for name in (param, hue) if name is not None]
    deviation = score.replace("mean_", "std_", 1)
    header = pd.DataFrame(columns=list(cv_results))
    require_columns(header, [*columns, score], "The table of search results")
    ax = axes_or_new(ax)
    # A table would make None a number that is missing: it is given names instead.
    settings = {name: settings_of(cv_results[name]) for name in columns}
    for name in columns[1:] if are_numbers(settings[columns[0]]) else columns:
        settings[name] = [str(value) for value in settings[name]]
    scores = {name: np.ravel(cv_results[name]) for name in (score, deviation) if name in header}
    shown = pd.DataFrame({**settings, **scores})
    sns.lineplot(
        shown,
        x=columns[0],
        y=score,
        hue=columns[1] if hue is not None else None,
        marker="o",
        errorbar=("pi", 100),
        ax=ax,
    )
    if deviation != score and deviation in shown and not shown.duplicated(columns).any():
        # One standard deviation over the folds, where there is one setting for each point.
        ax.errorbar(
            shown[columns[0]], shown[score], shown[deviation], fmt="none", ecolor="gray", alpha=0.6
        )
    ax.set(xlabel=columns[0].removeprefix("param_"), ylabel=score.replace("_", " "))
    if hue is not None and (legend := ax.get_legend()) is not None:
        legend.set_title(columns[1].removeprefix("param_"))
    return ax
