"""Figures of the things that a network is made of: kernels, functions, pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from nnest.plots._axes import axes_or_new, square

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike


def kernel(matrix: ArrayLike, ax: Axes | None = None) -> Axes:
    """Draw a convolution kernel with its numbers; zero is white whatever the other entries are.

    Parameters
    ----------
    matrix : array-like of shape (size, size)
        The kernel.
    ax : matplotlib.axes.Axes, default=None
        Where to draw; a new figure if None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes that was drawn on.

    Raises
    ------
    ValueError
        If the kernel is not square.

    Examples
    --------
    >>> from nnest.plots import kernel
    >>> len(kernel([[0, 1, 0], [1, -4, 1], [0, 1, 0]]).texts)
    9
    """
    import seaborn as sns

    values = square(matrix, "The kernel").astype(float)
    ax = axes_or_new(ax, width=3.6, height=3.2)
    limit = float(np.abs(values).max()) or 1.0
    sns.heatmap(
        values,
        annot=len(values) <= 7,
        fmt=".3f",
        cmap="vlag",
        vmin=-limit,
        vmax=limit,
        square=True,
        cbar=False,
        xticklabels=False,
        yticklabels=False,
        annot_kws={"fontsize": 9},
        ax=ax,
    )
    return ax


def functions(
    x: ArrayLike,
    curves: Mapping[str, ArrayLike],
    *,
    xlabel: str = "x",
    ylabel: str = "f(x)",
    ax: Axes | None = None,
) -> Axes:
    """Draw several functions of one variable, such as activation functions.

    Parameters
    ----------
    x : array-like of shape (n_points,)
        Where the functions were evaluated.
    curves : mapping of str to array-like of shape (n_points,)
        The values of every function under its name.
    xlabel : str, default="x"
        Name of the horizontal axis.
    ylabel : str, default="f(x)"
        Name of the vertical axis.
    ax : matplotlib.axes.Axes, default=None
        Where to draw; a new figure if None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes that was drawn on.

    Raises
    ------
    ValueError
        If a function has another number of values than `x`.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.plots import functions
    >>> x = np.linspace(-3, 3, 61)
    >>> ax = functions(x, {"relu": np.maximum(x, 0), "tanh": np.tanh(x)})
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['relu', 'tanh']
    """
    import pandas as pd
    import seaborn as sns

    points = np.asarray(x, dtype=float)
    for name, values in curves.items():
        if np.shape(values) != points.shape:
            raise ValueError(
                f"The function {name!r} has values of shape {np.shape(values)} for points of "
                f"shape {points.shape}: give one value per point."
            )
    wide = pd.DataFrame({name: np.asarray(values) for name, values in curves.items()}, index=points)
    ax = axes_or_new(ax)
    sns.lineplot(wide, dashes=True, ax=ax)
    ax.axhline(0, color="0.7", linewidth=0.8, zorder=0)
    ax.axvline(0, color="0.7", linewidth=0.8, zorder=0)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    return ax


def images(
    pictures: ArrayLike,
    titles: Sequence[str] | None = None,
    *,
    limits: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw pictures side by side on one scale of brightness.

    Parameters
    ----------
    pictures : array-like of shape (n_pictures, height, width) or (n_pictures, height, width, 3)
        The pictures, gray or in color. A last axis of one is a gray picture too.
    titles : sequence of str of length n_pictures, default=None
        What stands under each picture.
    limits : (float, float), default=None
        The values that are drawn black and white; the lowest and highest of all if None.
    ax : matplotlib.axes.Axes, default=None
        Where to draw; a new figure if None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes that was drawn on.

    Raises
    ------
    ValueError
        If the pictures are not a stack of pictures or the titles are of another number.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.plots import images
    >>> ax = images(np.zeros((2, 8, 8)), titles=["before", "after"])
    >>> [text.get_text() for text in ax.get_xticklabels()]
    ['before', 'after']
    """
    stack = np.asarray(pictures, dtype=float)
    if stack.ndim == 4 and stack.shape[3] == 1:
        stack = stack[..., 0]
    in_color = stack.ndim == 4 and stack.shape[3] == 3
    if (stack.ndim != 3 and not in_color) or len(stack) == 0:
        raise ValueError(
            f"The pictures have the shape {stack.shape}: give (n_pictures, height, width), or"
            " (n_pictures, height, width, 3) in color."
        )
    names = [""] * len(stack) if titles is None else list(titles)
    if len(names) != len(stack):
        raise ValueError(f"There are {len(names)} titles for {len(stack)} pictures: give one each.")
    low, high = limits if limits is not None else (float(stack.min()), float(stack.max()))
    if in_color:
        stack = np.clip((stack - low) / ((high - low) or 1.0), 0, 1)
        stack = np.concatenate([stack, np.ones_like(stack[..., :1])], axis=3)
    n, height, width = stack.shape[:3]
    ax = axes_or_new(ax, width=1.8 * n, height=1.8 * height / width + 0.4)
    # A gap between the pictures: nothing is drawn for NaN, nor for an opacity of zero.
    strip = np.full((height, n * (width + 1) - 1, *stack.shape[3:]), 0.0 if in_color else np.nan)
    for index, picture in enumerate(stack):
        strip[:, index * (width + 1) : index * (width + 1) + width] = picture
    ax.imshow(strip, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
    ax.set_xticks(np.arange(n) * (width + 1) + (width - 1) / 2, labels=names)
    ax.tick_params(axis="both", length=0)
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    return ax
