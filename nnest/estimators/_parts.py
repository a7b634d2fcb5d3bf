"""What training handles: samples that belong together, pictures, a progress bar."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import keras
import numpy as np
from tqdm import tqdm

from nnest import _arguments

__all__ = ["Part", "ProgressBar", "StopWhenDiverged", "finite", "picture_shape"]


#: Side of the smallest square that a flat sample is taken for: four numbers are a table's row.
SMALLEST_SIDE = 4


class Part(NamedTuple):
    """Samples that go into training or validation together."""

    rows: np.ndarray  # where they are among the samples that were given
    y: np.ndarray
    weight: np.ndarray | None

    def take(self, chosen: np.ndarray) -> Part:
        """Return some of the samples."""
        weight = None if self.weight is None else self.weight[chosen]
        return Part(self.rows[chosen], self.y[chosen], weight)

    def counted(self) -> Part:
        """Drop samples of weight zero."""
        return self if self.weight is None else self.take(np.flatnonzero(self.weight))

    def times(self, of_class: np.ndarray | None) -> Part:
        """Return the samples that count, their weights multiplied by those of their classes."""
        if of_class is None:
            return self.counted()
        own = of_class[self.y]
        part = self._replace(weight=own if self.weight is None else own * self.weight).counted()
        if not len(part.y):
            raise ValueError(
                f"class_weight leaves none of {len(self.y)} samples with a weight above zero: give "
                "the class of some of them a weight."
            )
        return part

    def relative(self) -> Part:
        """Return the samples with weights of mean one, or with none if all are equal.

        What a penalty, a learning rate and a tolerance mean does not depend on their unit then.
        """
        if self.weight is None:
            return self
        weight = (self.weight / self.weight.mean(dtype=np.float64)).astype(np.float32)
        return self._replace(weight=None if (weight == 1).all() else weight)

    def absolute(self) -> Part:
        """Return the samples with their weights as they are."""
        return self if self.weight is None else self._replace(weight=self.weight.astype(np.float32))

    def arrays(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Return samples, targets and weights; the samples are copied only if some are left out."""
        if len(self.rows) == len(X) and np.array_equal(self.rows, np.arange(len(X))):
            return X, self.y, self.weight
        return X[self.rows], self.y, self.weight


def picture_shape(shape: tuple[int, ...], given: Any) -> tuple[int, ...]:
    """Return height, width and channels of a sample of this shape."""
    if len(shape) > 1:
        return (*shape, 1)[:3]
    if given is not None:
        sizes = _arguments.sizes("image_shape", given)
        if len(sizes) not in (2, 3) or math.prod(sizes) != shape[0]:
            raise ValueError(
                f"image_shape={given!r} does not fit samples of {shape[0]} numbers: give their "
                "height, width and channels, whose product that is."
            )
        return (*sizes, 1)[:3]
    for channels in (1, 3):
        side = math.isqrt(shape[0] // channels)
        if side >= SMALLEST_SIDE and side * side * channels == shape[0]:
            return side, side, channels
    return 1, shape[0], 1


def finite(estimator: Any, outputs: np.ndarray) -> np.ndarray:
    """Return the outputs of a network; raise if one of them is not finite."""
    if not np.isfinite(outputs).all():
        raise ValueError(
            f"This {type(estimator).__name__} answers with numbers that are not finite: its "
            "training diverged, or the samples are too large for float32. Fit again with a "
            "smaller learning_rate, or with samples of a smaller scale."
        )
    return outputs


class StopWhenDiverged(keras.callbacks.Callback):
    """Ends a training after the epoch whose loss is not finite: it will not come back."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Look at the loss."""
        if not math.isfinite((logs or {}).get("loss", 0.0)):
            self.model.stop_training = True


class ProgressBar(keras.callbacks.Callback):
    """One bar over all epochs, with the loss and the time left."""

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self._bar = tqdm(total=epochs, desc="epochs")

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Move on by one epoch."""
        self._bar.set_postfix({name: f"{value:.4g}" for name, value in (logs or {}).items()})
        self._bar.update()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Close the bar."""
        self._bar.close()
