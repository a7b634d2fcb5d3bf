"""The closed list of metric names, and how each is read from a recorded run."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from nnest._validation import suggest
from nnest.exceptions import ExperimentError
from nnest.stats import Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnest.results import Run

__all__ = ["Metric", "metric_values", "parse_metric", "read_metric"]

_PARTS, _KINDS = ("train", "val", "test"), ("accuracy", "loss")
SCORED = tuple(f"{part}_{kind}" for part in _PARTS for kind in _KINDS)
"""Metrics of finished runs, in inference mode and without any penalty. A loss after an epoch is
Keras's, with the penalty: where an arm has one, it is not compared with a final loss."""

WATCHED = ("fit_accuracy", "fit_loss")
"""Keras's running means during an epoch: dropout on, penalty included."""

FROM_COUNTS: dict[str, int | None] = {
    "test_confusion": 2,
    "test_error_share": 2,
    "test_recall": None,
}
"""Metrics that the confusion counts give; how many class numbers each takes (None: one or more)."""

FROM_CURVES = (
    "fit_loss_lowest_epoch",
    "fit_loss_upward",
    "test_loss_lowest_epoch",
    "test_loss_rise",
    "test_loss_upward",
)
"""Metrics that a curve gives as a whole: all its upward steps together, the epoch after which it
is lowest, and how far it ends above that."""

GAPS = {
    "accuracy_gap": ("train_accuracy", "test_accuracy"),
    "loss_gap": ("test_loss", "train_loss"),
}
"""Differences of two metrics of a finished run: by how much the training images are done better."""

OF_WEIGHTS = ("gradient_norm_first", "gradient_norm_largest", "kernel_norm")
"""Norms of the gradient at the first step, and the largest of the first steps, and of the kernels
at the end; of runs whose protocol asks for them."""

EXACT: dict[str, int | None] = {
    "kernel": 2,
    "n_classes": 0,
    "n_images": 0,
    "n_parameters": 0,
    "output_shape": 1,
}
"""Numbers that no training decides; what stands after an ``@`` says what of."""

_PATTERN = re.compile(r"(?P<name>\w+?)(\[(?P<index>\d+(,\d+)*)\])?(@(?P<condition>[\w-]+))?")
_PLAIN = (
    *(*WATCHED, *SCORED, *FROM_CURVES, *GAPS, *OF_WEIGHTS),
    *("test_balanced_accuracy", "seconds"),
)
_NOT_NEGATIVE = ("loss", "rise", "upward", "seconds", "confusion")
_WITH_CONDITION = ("test_accuracy", "test_loss", "val_accuracy", "val_loss", "kernel_norm")


@dataclass(frozen=True)
class Metric:
    """The parts of a metric's name.

    Parameters
    ----------
    name : str
        The name proper, such as ``"test_accuracy"``.
    index : tuple of int, default=()
        Class numbers, as in ``"test_confusion[2,7]"``.
    condition : str or None, default=None
        The test images' treatment, as in ``"test_accuracy@blurred"``, or the part, or the layer.

    Examples
    --------
    >>> from nnest.experiments import Metric
    >>> Metric("test_confusion", (2, 7)).index
    (2, 7)
    """

    name: str
    index: tuple[int, ...] = ()
    condition: str | None = None

    @property
    def is_share(self) -> bool:
        """Whether it is a share of images, from 0 to 1."""
        return self.name.endswith(("accuracy", "recall", "share"))

    @property
    def is_of_learning(self) -> bool:
        """Whether it says what was learnt; seconds, gradients and kernels do not."""
        return self.name not in ("seconds", *OF_WEIGHTS)

    @property
    def bounds(self) -> Interval:
        """The least and the largest value that it can have."""
        if self.is_share:
            return Interval(0.0, 1.0)
        if self.name == "accuracy_gap":
            return Interval(-1.0, 1.0)
        if self.name.endswith("lowest_epoch"):
            return Interval(1.0, math.inf)
        not_negative = self.name in OF_WEIGHTS or self.name.endswith(_NOT_NEGATIVE)
        return Interval(0.0 if not_negative else -math.inf, math.inf)


@cache
def parse_metric(text: str) -> Metric:
    """Take a metric's name apart, and refuse one that is not in the closed list.

    Parameters
    ----------
    text : str
        For instance ``"fit_loss"``, ``"test_accuracy@blurred"``, ``"test_confusion[2,7]"``.

    Returns
    -------
    Metric
        Its parts.

    Raises
    ------
    ExperimentError
        If there is no such metric.

    Examples
    --------
    >>> from nnest.experiments import parse_metric
    >>> parse_metric("test_accuracy@blurred")
    Metric(name='test_accuracy', index=(), condition='blurred')
    """
    # A report reads the same few names thousands of times, so that each is taken apart once.
    match = _PATTERN.fullmatch(text)
    metric = Metric(text)
    if match:
        index = tuple(int(number) for number in (match["index"] or "").split(",") if number)
        metric = Metric(match["name"], index, match["condition"])
    _check_name(text, metric.name)
    _check_index(text, metric)
    if metric.condition and metric.name not in (*_WITH_CONDITION, *EXACT):
        raise ExperimentError(
            f"The metric {text!r} names a treatment of the images, which only"
            f" {', '.join(_WITH_CONDITION)} have; leave out the part from '@' on."
        )
    return metric


def read_metric(run: Run, text: str, epoch: int | str = "last") -> float:
    """Read one metric from a run.

    Parameters
    ----------
    run : Run
        A recorded run.
    text : str
        The metric's name.
    epoch : {"last", "best"} or int, default="last"
        When: after the last epoch, at the best one (highest accuracy, lowest loss), or after this
        many epochs. Metrics of a whole training, such as ``"test_loss_rise"``, take no notice.

    Returns
    -------
    float
        The value; NaN where the run diverged before it had one.

    Raises
    ------
    ExperimentError
        If the run holds no such value.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from nnest.experiments import read_metric
    >>> run = SimpleNamespace(
    ...     history={"fit_loss": [0.9, 0.5]}, final={"fit_loss": 0.5}, diverged=False
    ... )
    >>> read_metric(run, "fit_loss", epoch=1)
    0.9
    """
    metric = parse_metric(text)
    if metric.name == "seconds":
        return float(run.seconds)
    if metric.name in FROM_COUNTS:
        return _from_counts(metric, _counts(run, text, metric))
    if text in FROM_CURVES:
        return _from_curve(run, text)
    if text in GAPS:
        upper, lower = GAPS[text]
        return _final(run, upper) - _final(run, lower)
    if epoch == "last":
        return _final(run, text)
    curve = _curve(run, text)
    if epoch == "best":
        return float(np.min(curve) if text.endswith("loss") else np.max(curve))
    return _at_epoch(run, text, curve, epoch)


def metric_values(runs: Mapping[int, Run], text: str, epoch: int | str = "last") -> NDArray[Any]:
    """Read one metric from the runs of one arm, in the order of their seeds.

    Parameters
    ----------
    runs : mapping of int to Run
        Runs by seed.
    text : str
        The metric's name.
    epoch : {"last", "best"} or int, default="last"
        When, as in `read_metric`.

    Returns
    -------
    ndarray of shape (n_runs,)
        The values in float64.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from nnest.experiments import metric_values
    >>> runs = {1: SimpleNamespace(seconds=4.0), 0: SimpleNamespace(seconds=3.0)}
    >>> metric_values(runs, "seconds").tolist()
    [3.0, 4.0]
    """
    return np.array([read_metric(runs[seed], text, epoch) for seed in sorted(runs)], dtype=float)


def _check_name(text: str, name: str) -> None:
    """Raise if a name is not in the list."""
    known = (*_PLAIN, *FROM_COUNTS, *EXACT)
    if name not in known:
        raise ExperimentError(f"There is no metric {text!r}; {suggest(name, known)}")


def _check_index(text: str, metric: Metric) -> None:
    """Raise if class numbers stand where none belong, or are missing where they do."""
    needed = {**FROM_COUNTS, **EXACT}.get(metric.name, 0)
    fits = bool(metric.index) if needed is None else len(metric.index) == needed
    if not fits:
        wanted = "at least one number" if needed is None else f"{needed} numbers"
        raise ExperimentError(
            f"The metric {text!r} has {len(metric.index)} numbers in brackets; {metric.name}"
            f" takes {wanted}."
        )


def _counts(run: Run, text: str, metric: Metric) -> NDArray[Any]:
    """Return a run's confusion counts, which must have the metric's classes."""
    if run.confusion is None or max(metric.index) >= len(run.confusion):
        raise _missing(run, text)
    return np.asarray(run.confusion, dtype=float)


def _from_counts(metric: Metric, counts: NDArray[Any]) -> float:
    """Derive a metric from confusion counts."""
    if metric.name == "test_recall":
        recall = np.diag(counts) / counts.sum(axis=1)
        return float(recall[list(metric.index)].mean())
    row, column = metric.index
    if metric.name == "test_confusion":
        return float(counts[row, column])
    errors = counts.sum() - np.trace(counts)
    pair = counts[row, column] + counts[column, row]
    return float(pair / errors) if errors else float("nan")


def _from_curve(run: Run, text: str) -> float:
    """Derive a metric from a whole curve; NaN where the run diverged."""
    name, _, what = text.partition("_loss_")
    curve = _curve(run, f"{name}_loss")
    if not np.isfinite(curve).all():
        return float("nan")
    if what == "upward":
        return float(np.maximum(np.diff(curve), 0.0).sum())
    lowest = int(curve.argmin())
    return float(lowest + 1) if what == "lowest_epoch" else float(curve[-1] - curve[lowest])


def _final(run: Run, text: str) -> float:
    """Return a value of the finished run."""
    if text not in run.final:
        raise _missing(run, text)
    return float(run.final[text])


def _curve(run: Run, text: str) -> NDArray[Any]:
    """Return a metric's value after each epoch."""
    if text not in run.history:
        raise _missing(run, text)
    return np.asarray(run.history[text], dtype=float)


def _at_epoch(run: Run, text: str, curve: NDArray[Any], epoch: int | str) -> float:
    """Return the value after so many epochs."""
    if run.diverged and isinstance(epoch, int) and epoch > len(curve) > 0:
        # It ended early: weights that are no numbers stay so, and what they get right with them.
        return float("nan") if text.endswith("loss") else float(curve[-1])
    if not isinstance(epoch, int) or not 1 <= epoch <= len(curve):
        raise ExperimentError(
            f"The run {_name(run)} has {text} for epochs 1 to {len(curve)}, not for {epoch!r}."
        )
    return float(curve[epoch - 1])


def _missing(run: Run, text: str) -> ExperimentError:
    """Say that a run holds no such metric."""
    return ExperimentError(
        f"The run {_name(run)} holds no {text}; it holds {', '.join(sorted(run.final))}."
    )


def _name(run: Run) -> str:
    """Name a run for a message."""
    return f"{run.report}/{run.experiment}/{run.arm} (seed {run.seed}, {run.scale})"
