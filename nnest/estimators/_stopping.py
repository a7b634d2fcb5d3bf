"""Early stopping: its rule, and the callback that follows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

__all__ = ["EarlyStoppingRule", "StopEarly"]


@dataclass
class EarlyStoppingRule:
    """Stop when the validation loss has not fallen for some epochs, and keep the best weights.

    It is the rule of `keras.callbacks.EarlyStopping`, which an estimator follows alone and in a
    group.

    Parameters
    ----------
    tol : float
        What counts as a fall of the loss.
    epochs : int
        Epochs without a fall after which training stops.
    wait : int, default=0
        Epochs since the last fall.
    best : float, optional
        The smallest loss so far.
    best_epoch : int, default=-1
        Its epoch, from 0.

    Examples
    --------
    >>> from nnest.estimators import EarlyStoppingRule
    >>> rule = EarlyStoppingRule(tol=0.0, epochs=1)
    >>> [rule.improves(epoch, loss) for epoch, loss in enumerate((0.5, 0.4, 0.4))]
    [True, True, False]
    >>> rule.is_over(2)
    True
    """

    tol: float
    epochs: int
    wait: int = 0
    best: float | None = None
    best_epoch: int = -1

    @classmethod
    def of(cls, estimator: Any) -> EarlyStoppingRule | None:
        """Return the rule of an estimator; None if it has none.

        Parameters
        ----------
        estimator : estimator
            An estimator of this package.

        Returns
        -------
        EarlyStoppingRule or None
            A rule that has seen no epoch.
        """
        if not estimator.early_stopping:
            return None
        return cls(float(estimator.tol), int(estimator.n_iter_no_change))

    def improves(self, epoch: int, loss: float) -> bool:
        """Take the loss of an epoch; tell whether its weights are the best so far.

        Parameters
        ----------
        epoch : int
            Number of the epoch, from 0.
        loss : float
            Its validation loss.

        Returns
        -------
        bool
            True for the first epoch, whatever its loss.
        """
        self.wait += 1
        if self.best is not None and not loss + self.tol < self.best:
            return False
        self.wait, self.best, self.best_epoch = 0, loss, epoch
        return True

    def is_over(self, epoch: int) -> bool:
        """Tell whether it is time to stop.

        Parameters
        ----------
        epoch : int
            Number of the epoch, from 0.

        Returns
        -------
        bool
            Never after the first epoch of all.
        """
        return self.wait >= self.epochs and epoch > 0

    def afresh(self) -> EarlyStoppingRule:
        """Return the same rule, which has seen no epoch.

        Returns
        -------
        EarlyStoppingRule
            A new one.
        """
        return EarlyStoppingRule(self.tol, self.epochs)


class StopEarly(keras.callbacks.Callback):
    """Follows a rule in a training of its own; at the end the network has its best weights."""

    def __init__(self, rule: EarlyStoppingRule) -> None:
        super().__init__()
        self._rule = rule
        self._weights: list[Any] | None = None

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Look at the validation loss."""
        if self._rule.improves(epoch, (logs or {})["val_loss"]):
            self._weights = self.model.get_weights()
        if self._rule.is_over(epoch):
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Give the network its best weights back."""
        if self._weights is not None:
            self.model.set_weights(self._weights)
