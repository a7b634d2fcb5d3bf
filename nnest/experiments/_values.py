"""What claims compare: a metric of an arm, and short names for those that are compared most."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from nnest.exceptions import ExperimentError
from nnest.experiments._metrics import EXACT, parse_metric

__all__ = [
    "Value",
    "fit_accuracy",
    "fit_loss",
    "loss_gap",
    "seconds",
    "test_accuracy",
    "test_loss",
    "test_loss_lowest_epoch",
    "test_loss_rise",
    "test_loss_upward",
    "train_accuracy",
    "train_loss",
]


@dataclass(frozen=True)
class Value:
    """One side of a comparison: a metric of an arm.

    Parameters
    ----------
    arm : str
        The arm's name.
    metric : str
        A name of the closed list of metrics.
    epoch : {"last", "best"} or int, default="last"
        After the last epoch, at the best one, or after so many epochs.

    Raises
    ------
    ExperimentError
        If there is no such metric or epoch rule.

    Examples
    --------
    >>> from nnest.experiments import Value
    >>> Value("plain", "fit_accuracy", epoch=1).label
    'fit_accuracy of plain after epoch 1'
    """

    arm: str
    metric: str
    epoch: int | str = "last"

    def __post_init__(self) -> None:
        """Raise if the metric or the epoch rule is unknown."""
        if parse_metric(self.metric).name in EXACT:
            raise ExperimentError(f"{self.metric} belongs to no run; no claim can compare it.")
        allowed = self.epoch >= 1 if isinstance(self.epoch, int) else self.epoch in ("last", "best")
        if not allowed:
            raise ExperimentError(
                f"The epoch rule is {self.epoch!r}; it must be 'last', 'best' or an integer"
                " from 1 on."
            )

    @property
    def label(self) -> str:
        """The value in words."""
        when = {"last": "", "best": " at its best epoch"}
        after = when.get(str(self.epoch), f" after epoch {self.epoch}")
        return f"{self.metric} of {self.arm}{after}"


# The values that claims compare most, each by its metric's name: `fit_loss("arm", epoch=1)`.
fit_accuracy = partial(Value, metric="fit_accuracy")
fit_loss = partial(Value, metric="fit_loss")
train_accuracy = partial(Value, metric="train_accuracy")
train_loss = partial(Value, metric="train_loss")
test_accuracy = partial(Value, metric="test_accuracy")
test_loss = partial(Value, metric="test_loss")
test_loss_rise = partial(Value, metric="test_loss_rise")
test_loss_upward = partial(Value, metric="test_loss_upward")
test_loss_lowest_epoch = partial(Value, metric="test_loss_lowest_epoch")
loss_gap = partial(Value, metric="loss_gap")
seconds = partial(Value, metric="seconds")
