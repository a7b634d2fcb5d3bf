"""A figure of a network: its layers, their shapes and how many parameters they have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nnest.plots._axes import axes_or_new

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HEIGHT, _WIDTH = 0.38, 4.4
"""Inches of a row and of the figure, which a phone shows at its own size."""


@dataclass
class _Row:
    """A line of the figure: a layer, and those behind it that change no shape."""

    text: str
    shape: tuple[int, ...]
    parameters: int
    sources: list[int] = field(default_factory=list)


def network(model: Any, ax: Axes | None = None) -> Axes:
    """Draw the layers of a network with the shape of what they give, and count their parameters.

    Layers that change no shape, such as an activation or dropout, stand in the row of the layer
    before them. An arc leads past the rows that a shortcut leaves out.

    Parameters
    ----------
    model : keras.Model or fitted estimator
        A functional or sequential model whose input is known, or what has one as ``model_``.
    ax : matplotlib.axes.Axes, default=None
        Where to draw; a new figure if None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes that was drawn on.

    Raises
    ------
    ValueError
        If the model is none, or its shapes are not known yet.

    Examples
    --------
    >>> from nnest.builders import build_mlp
    >>> from nnest.plots import network
    >>> ax = network(build_mlp((4,), 2, hidden_units=(8,)))
    >>> [text.get_text() for text in ax.texts][-3:]
    ['parameters together', '', '58']
    """
    model = getattr(model, "model_", model)
    rows = _rows(model)
    ax = axes_or_new(ax, width=_WIDTH, height=_HEIGHT * (len(rows) + 2))
    ax.set_axis_off()
    ax.set(xlim=(0, 1), ylim=(len(rows) + 0.5, -1.5))
    _write(ax, -1, "layer", "shape", "parameters")
    for place, row in enumerate(rows):
        count = f"{row.parameters:,}" if row.parameters else ""
        _write(ax, place, row.text, " x ".join(map(str, row.shape)), count)
        for source in row.sources:
            _connect(ax, source, place)
    total = f"{sum(row.parameters for row in rows):,}"
    for line in (-0.5, len(rows) - 0.5):
        ax.axhline(line, color="0.6", linewidth=0.8)
    _write(ax, len(rows), "parameters together", "", total)
    return ax


def _write(ax: Axes, place: int, *texts: str) -> None:
    """Write a row: what it is from the left, its numbers up to the right."""
    for x, align, text in zip((0.12, 0.76, 1.0), ("left", "right", "right"), texts, strict=True):
        ax.text(x, place, text, ha=align, va="center", fontsize=9, color="black")


def _connect(ax: Axes, source: int, target: int) -> None:
    """Draw an arrow to the next row, or an arc past those between."""
    arc = "arc3,rad=0" if target == source + 1 else "arc3,rad=0.3"
    style = {"arrowstyle": "-|>", "color": "tab:blue", "connectionstyle": arc, "shrinkA": 3}
    ax.annotate("", (0.08, target), (0.08, source), arrowprops={**style, "shrinkB": 3})


def _rows(model: Any) -> list[_Row]:
    """Return the lines of the figure."""
    layers = getattr(model, "layers", None)
    if not layers or not hasattr(model, "get_config"):
        raise ValueError(
            f"network draws a Keras model with layers or a fitted estimator, not {model!r:.80}."
        )
    if not getattr(model, "built", False) or not getattr(model, "inputs", None):
        raise ValueError("The model knows no shapes yet: give it an input, or call it once.")
    sources, rows, places = _sources(model), list[_Row](), dict[str, int]()
    if type(layers[0]).__name__ != "InputLayer":  # a sequential model does not list it
        rows.append(_Row("input", tuple(model.inputs[0].shape[1:]), 0))
    for layer in layers:
        before = [places[name] for name in sources.get(layer.name, ()) if name in places]
        before = before or ([len(rows) - 1] if rows else [])
        shape, count, text = tuple(layer.output.shape[1:]), layer.count_params(), _name(layer)
        joins = len(before) == 1 and before[0] == len(rows) - 1 and rows[-1].shape == shape
        if joins and not count:
            rows[-1].text += f", {text}" if text else ""
        else:
            rows.append(_Row(text or "dropout 0", shape, count, before))
        places[layer.name] = len(rows) - 1
    return rows


def _sources(model: Any) -> dict[str, list[str]]:
    """Return from which layers each layer takes its input; nothing for a chain."""
    layers = model.get_config().get("layers", [])
    return {
        layer["name"]: list(_histories(layer["inbound_nodes"]))
        for layer in layers
        if "inbound_nodes" in layer
    }


def _histories(value: Any) -> Iterator[str]:
    """Yield the names of layers in a part of a model's settings."""
    if isinstance(value, dict):
        if "keras_history" in value:
            yield value["keras_history"][0]
        value = list(value.values())
    if isinstance(value, list | tuple):
        for one in value:
            yield from _histories(one)


def _name(layer: Any) -> str:
    """Return what a layer is, with its size or rate; nothing for a dropout that drops nothing."""
    kind = type(layer).__name__
    match kind:
        case "InputLayer":
            return "input"
        case "Activation":
            return str(layer.activation.__name__)
        case "Dropout":
            rate = round(float(layer.get_config()["rate"]), 6)
            return f"dropout {rate:g}" if rate else ""
    size = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None) or ()
    return f"{kind} {'x'.join(map(str, size))}".strip()
