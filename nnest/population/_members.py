"""A member of a group: its samples, how long it trains, and what it has learnt."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from inspect import signature
from typing import Any, NamedTuple

import jax
import numpy as np

from nnest._compat.sklearn import safe_indexing
from nnest._interrupts import uninterrupted
from nnest.programs import FILLER, batch_bounds, order_of, rows_at_once

__all__ = [
    "Feed",
    "Member",
    "Patience",
    "Rows",
    "State",
    "feed_of",
    "fit_alone",
    "prepare",
    "state_of",
    "unfinished_undone",
]

#: Weights, other variables, optimizer, metrics.
State = tuple[list[Any], list[Any], list[Any], list[Any]]


def state_of(model: Any) -> State:
    """Return the present state of a model."""
    return (
        [v.value for v in model.trainable_variables],
        [v.value for v in model.non_trainable_variables],
        [v.value for v in model.optimizer.variables],
        [v.value for v in model.metrics_variables],
    )


class Rows(NamedTuple):
    """Samples of a member: their places among those of all, their targets and their weights."""

    places: np.ndarray
    y: np.ndarray
    weight: np.ndarray


class Feed(NamedTuple):
    """The batches of an epoch: places, targets and weights, each (steps, batch, ...)."""

    places: np.ndarray
    y: np.ndarray
    weight: np.ndarray


@dataclass
class Patience:
    """Keras's rule of early stopping: when the loss has not fallen by `tol` for some epochs."""

    tol: float
    epochs: int
    wait: int = 0
    best: float | None = None
    best_epoch: int = -1

    def improves(self, epoch: int, loss: float) -> bool:
        """Take the loss of an epoch; tell whether its weights are the best so far."""
        self.wait += 1
        first = self.best is None
        if first or loss + self.tol < (self.best or 0.0):
            self.wait, self.best, self.best_epoch = 0, loss, epoch
            return True
        return False

    def afresh(self) -> Patience:
        """Return the same rule, which has seen nothing yet."""
        return Patience(self.tol, self.epochs)

    def is_over(self, epoch: int) -> bool:
        """Tell whether it is time to stop."""
        return self.wait >= self.epochs and epoch > 0


@dataclass
class Member:
    """An estimator in training with others."""

    place: int
    estimator: Any
    train: Rows
    validation: Rows | None
    patience: Patience | None
    history: dict[str, list[float]] = field(default_factory=dict)
    is_over: bool = False  # its last epoch was its last
    is_alive: bool = True  # its weights are still in a block

    @property
    def batch_rows(self) -> int:
        """Rows of a batch in the program, as the estimator's own `fit` would take them."""
        return rows_at_once(int(self.estimator.batch_size), len(self.train.y))

    @property
    def steps(self) -> int:
        """Batches of an epoch."""
        return len(batch_bounds(len(self.train.y), self.batch_rows, self.model.fewest_rows)[0])

    @property
    def watched(self) -> int:
        """Samples of the validation part."""
        return 0 if self.validation is None else len(self.validation.y)

    @property
    def model(self) -> Any:
        """The estimator's model."""
        return self.estimator.model_

    def learns(self, epoch: int, logs: dict[str, float]) -> bool:
        """Take the metrics of an epoch; tell whether its weights are to be kept as the best."""
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)
        improves = self.patience is not None and self.patience.improves(epoch, logs["val_loss"])
        is_over = self.patience is not None and self.patience.is_over(epoch)
        self.is_over = (
            is_over or epoch + 1 >= self.estimator.epochs or not math.isfinite(logs["loss"])
        )
        return improves

    def ends(self, state: State, best: tuple[list[Any], list[Any]] | None) -> None:
        """Give the estimator its weights, the best of them if it was to keep those."""
        model = self.model
        weights = {id(variable) for variable in model.weights} if best else set()
        # Random streams go on from where training ended, as with Keras's own callback.
        values = [
            then if id(variable) in weights else now
            for variable, now, then in zip(
                [*model.trainable_variables, *model.non_trainable_variables],
                [*state[0], *state[1]],
                [*best[0], *best[1]] if best else [*state[0], *state[1]],
                strict=True,
            )
        ]
        variables = [*model.trainable_variables, *model.non_trainable_variables]
        variables += model.optimizer.variables
        # One transfer for all: there are dozens of them, and most are tiny.
        moved = jax.device_put([*values, *state[2]])
        for variable, value in zip(variables, moved, strict=True):
            variable.assign(value)
        self.is_alive = False

    def tells(self) -> None:
        """Tell the estimator how its training went."""
        best = None if self.patience is None else self.patience.best_epoch
        self.estimator._learnt(self.history, best)


def fit_arguments(
    X: Any, y: Any, split: tuple[Any, Any] | None, sample_weight: Any
) -> tuple[tuple[Any, Any, Any], dict[str, Any]]:
    """Return what the `fit` of an estimator would be called with for its rows."""
    if split is None:
        return (X, y, sample_weight), {}
    train, validation = split
    weight = None if sample_weight is None else safe_indexing(sample_weight, train)
    watch = {}
    if validation is not None and len(validation):
        watch = {"X_val": safe_indexing(X, validation), "y_val": safe_indexing(y, validation)}
    return (safe_indexing(X, train), safe_indexing(y, train), weight), watch


def fit_alone(
    estimator: Any, X: Any, y: Any, split: tuple[Any, Any] | None, sample_weight: Any
) -> None:
    """Call an estimator's `fit` with its rows; a subclass may take less than ours."""
    (X, y, weight), watch = fit_arguments(X, y, split, sample_weight)
    given = {} if weight is None else {"sample_weight": weight}
    parameters = signature(estimator.fit).parameters
    if "X_val" in parameters or any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
        given |= watch
    estimator.fit(X, y, **given)


def prepare(
    place: int,
    estimator: Any,
    X: Any,
    y: Any,
    split: tuple[np.ndarray, np.ndarray | None] | None,
    sample_weight: Any,
) -> Member:
    """Build an estimator's model, and find out which rows it learns from."""
    every = np.arange(len(y))
    train, validation = (every, None) if split is None else split
    arguments, watch = fit_arguments(X, y, split, sample_weight)
    part, watched = estimator._prepare(*arguments, **watch)
    estimator.model_.optimizer.build(estimator.model_.trainable_variables)
    patience = None
    if estimator.early_stopping:
        patience = Patience(float(estimator.tol), int(estimator.n_iter_no_change))
    return Member(
        place,
        estimator,
        _rows(part, every[train]),
        None if watched is None else _rows(watched, every[validation if watch else train]),
        patience,
    )


def _rows(part: Any, given: Any) -> Rows:
    """Return where the samples of a part are among those of all members."""
    weight = np.ones(len(part.y), np.float32) if part.weight is None else part.weight
    return Rows(given[part.rows].astype(np.int32), part.y, weight.astype(np.float32))


def feed_of(
    rows: Rows, size: int, steps: int, seed: int | None, epoch: int, fewest: int = 1
) -> Feed:
    """Return an epoch's batches; rows without a sample weigh :data:`FILLER`."""
    starts, stops = batch_bounds(len(rows.y), size, fewest)
    lacking = (0, steps - len(starts))
    starts, stops = np.pad(starts, lacking, mode="edge"), np.pad(stops, lacking)
    places = starts[:, None] + np.arange(size)
    present = places < stops[:, None]
    # A batch is filled with its own first row, as Batches does: what fills it is a real sample.
    filled = order_of(seed, epoch, len(rows.y))[np.where(present, places, starts[:, None])]
    weight = np.where(present, rows.weight[filled], np.float32(FILLER))
    return Feed(rows.places[filled], rows.y[filled], weight)


@contextmanager
def unfinished_undone(estimators: list[Any]) -> Iterator[None]:
    """Leave estimators as they were if they are not whole when an exception ends the training."""
    before = [dict(vars(estimator)) for estimator in estimators]
    try:
        yield
    except BaseException:
        with uninterrupted():
            for estimator, old in zip(estimators, before, strict=True):
                new = vars(estimator)
                # A new model has no epoch until its estimator is told of all of them.
                told = new.get("n_iter_") and any(
                    new.get(name) is not old.get(name) for name in ("model_", "history_")
                )
                if not told:
                    new.clear()
                    new.update(old)
        raise
