"""What all figures need: an axes to draw on, and data of the right form."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike


def axes_or_new(ax: Axes | None, *, width: float = 6.4, height: float = 4.0) -> Axes:
    """Return `ax`, or the axes of a new figure where it is None."""
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt

    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def save_figure(ax: Axes, path: str | Path) -> None:
    """Write the figure of an axes to a file, and close it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        An axes that was drawn on.
    path : str or Path
        The file; its ending says which form it has, such as ``.png`` or ``.svg``.

    Raises
    ------
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> from nnest.plots import kernel, save_figure
    >>> save_figure(kernel([[0.0, 1.0], [1.0, 0.0]]), "kernel.png")  # doctest: +SKIP
    """
    from matplotlib import pyplot as plt

    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.savefig(path, dpi=150)
    plt.close(figure)


def require_columns(frame: pd.DataFrame, wanted: Sequence[str], name: str) -> None:
    """Raise if the table lacks a column that will be drawn."""
    missing = [column for column in wanted if column not in frame.columns]
    if missing:
        raise ValueError(
            f"{name} has no column {missing[0]!r}: it has {sorted(map(str, frame.columns))}; "
            f"give a table with the columns {list(wanted)}."
        )


def square(matrix: ArrayLike, name: str) -> np.ndarray[Any, Any]:
    """Return `matrix` as a square array or say what came instead."""
    array = np.asarray(matrix)
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        raise ValueError(f"{name} has the shape {array.shape}: give a square matrix.")
    return array
