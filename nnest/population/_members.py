"""A member of a group: its samples, how long it trains, and what it has learnt."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from inspect import signature
from typing import Any, NamedTuple

import jax
import numpy as np

from nnest._compat.sklearn import num_samples, safe_indexing
from nnest.estimators import Architectures, EarlyStoppingRule, Fitting, Samples, State
from nnest.programs import FILLER, batch_bounds, order_of, rows_at_once

__all__ = [
    "Feed",
    "Member",
    "Outline",
    "Preparation",
    "Rows",
    "check_splits",
    "feed_of",
    "fit_alone",
]


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
class Outline:
    """Stands for the :class:`Fitting` of a member in another process, which needs no more of it."""

    epochs: int
    batch_size: int
    start: int
    order_seed: int
    like: Any
    #: What the fitting is to be finished with.
    learnt: tuple[Any, ...] = ()

    @property
    def estimator(self) -> Outline:
        """What knows of epochs and batches."""
        return self

    def finish(self, state: State, *learnt: Any) -> None:
        """Keep what was learnt, as arrays and plain data."""
        self.learnt = (jax.device_get(state), *learnt)


@dataclass
class Member:
    """An estimator in training with others."""

    place: int
    fitting: Fitting | Outline
    train: Rows
    validation: Rows | None
    stopping: EarlyStoppingRule | None
    state: State  # from which it starts; when its training is over, in which it ends
    history: dict[str, list[float]] = field(default_factory=dict)
    is_over: bool = False  # its last epoch was its last
    is_alive: bool = True  # its weights are still in a block

    @property
    def estimator(self) -> Any:
        """The estimator, which knows of nothing until :meth:`publish`."""
        return self.fitting.estimator

    @property
    def end(self) -> int:
        """Number of epochs after which its training is over at the latest."""
        return self.fitting.start + int(self.estimator.epochs)

    @property
    def batch_rows(self) -> int:
        """Rows of a batch in the program, as the estimator's own `fit` would take them."""
        return rows_at_once(int(self.estimator.batch_size), len(self.train.y))

    @property
    def steps(self) -> int:
        """Batches of an epoch."""
        return len(batch_bounds(len(self.train.y), self.batch_rows, self.like.fewest_rows)[0])

    @property
    def watched(self) -> int:
        """Samples of the validation part."""
        return 0 if self.validation is None else len(self.validation.y)

    @property
    def like(self) -> Any:
        """A model of its architecture."""
        return self.fitting.like

    def record_epoch(self, epoch: int, logs: dict[str, float]) -> bool:
        """Take the metrics of an epoch; tell whether its weights are to be kept as the best."""
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)
        rule = self.stopping
        improves = rule is not None and rule.improves(epoch, logs["val_loss"])
        self.is_over = (
            (rule is not None and rule.is_over(epoch))
            or epoch + 1 >= self.end
            or not math.isfinite(logs["loss"])
        )
        return improves

    def export_weights(self, state: Any, best: tuple[list[Any], list[Any]] | None) -> None:
        """Take the member's state out of its block, with the best weights if it kept some."""
        like = self.like
        weights = {id(variable) for variable in like.weights} if best else set()
        parts = []
        for variables, now, then in zip(
            (like.trainable_variables, like.non_trainable_variables),
            state[:2],
            best or state[:2],
            strict=True,
        ):
            # Random streams go on from where training ended, as with Keras's own callback.
            chosen = zip(variables, now, then, strict=True)
            parts.append([then if id(v) in weights else now for v, now, then in chosen])
        # One transfer for all: there are dozens of them, and most are tiny.
        self.state = jax.device_put((*parts, list(state[2])))
        self.is_alive = False

    def publish(self, group: dict[str, Any]) -> None:
        """Give the estimator what was learnt."""
        best = None if self.stopping is None else self.stopping.best_epoch
        self.fitting.finish(self.state, self.history, best, group)

    def outline(self, like: Any) -> Member:
        """Return this member for another process, with a model of its architecture."""
        own = self.fitting.estimator
        known = own.epochs, own.batch_size, self.fitting.start, self.fitting.order_seed
        return replace(self, fitting=Outline(*known, like), state=jax.device_get(self.state))

    def begin_again(self) -> None:
        """Forget all epochs."""
        self.history.clear()
        self.is_over = False
        if self.stopping is not None:
            self.stopping = self.stopping.afresh()


def check_splits(splits: Any, n_estimators: int, n: int) -> None:
    """Raise unless there is a pair for each estimator, of rows that there are."""
    if len(splits) != n_estimators:
        raise ValueError(
            f"splits hold {len(splits)} pairs for {n_estimators} estimators: give one for each."
        )
    every = np.arange(n)
    for i, split in enumerate(splits):
        if not isinstance(split, tuple | list) or len(split) != 2 or split[0] is None:
            raise ValueError(
                f"splits[{i}] is no pair: give (train, validation), row numbers of both, or None "
                "as validation."
            )
        for rows in split:
            try:
                every[[] if rows is None or not np.size(rows) else rows]
            except IndexError as error:
                raise ValueError(
                    f"splits[{i}] names rows that {n} samples lack ({error}): give row numbers "
                    f"from 0 to {n - 1}."
                ) from None


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


class Preparation:
    """Makes members, and checks samples once for all estimators of a kind.

    Where all samples pass, those of each member do. Where they do not, as where a row lacks a value
    that belongs to no member, the rows of each member are checked by themselves.

    Parameters
    ----------
    X, y, sample_weight : array-like
        Samples of all.
    filler : float
        See :class:`nnest.estimators.Architectures`.
    """

    def __init__(self, X: Any, y: Any, sample_weight: Any, filler: float = 0.0) -> None:
        self._given = X, y, sample_weight
        self._every = np.arange(num_samples(y))
        self._checked: dict[Any, Samples | None] = {}
        self._architectures = Architectures(filler)

    def member(self, place: int, estimator: Any, split: Any) -> Member:
        """Return a member that is ready to be trained."""
        train, validation = (self._every, None) if split is None else split
        train, is_watched = self._every[train], validation is not None and len(validation)
        validation = self._every[validation] if is_watched else None
        samples = self._samples_for(estimator)
        if samples is None:
            fitting = self._begin_apart(estimator, split)
            rows, watched = train, train if validation is None else validation
        else:
            # As in `fit`, what is watched has no weights.
            held = None if validation is None else (samples._replace(weight=None), validation)
            fitting = Fitting.begin(estimator, samples, train, held, self._architectures)
            rows = watched = self._every
        return Member(
            place,
            fitting,
            _rows(fitting.train, rows),
            None if fitting.validation is None else _rows(fitting.validation, watched),
            EarlyStoppingRule.of(estimator),
            fitting.network.state,
        )

    def _samples_for(self, estimator: Any) -> Samples | None:
        """Return all samples, checked; None where some do not pass."""
        kind = type(estimator), repr(getattr(estimator, "image_shape", None))
        if kind not in self._checked:
            try:
                self._checked[kind] = Samples.checked(estimator, *self._given)
            except (ValueError, TypeError):
                self._checked[kind] = None  # the rows of each member may still pass
        return self._checked[kind]

    def _begin_apart(self, estimator: Any, split: Any) -> Fitting:
        """Begin a training with samples that are checked for it alone."""
        arguments, watch = fit_arguments(*self._given[:2], split, self._given[2])
        samples = Samples.checked(estimator, *arguments)
        watched = None
        if watch:
            held = Samples.checked(estimator, watch["X_val"], watch["y_val"])
            watched = held, np.arange(len(held.y))
        rows = np.arange(len(samples.y))
        return Fitting.begin(estimator, samples, rows, watched, self._architectures)

    def arguments(self, split: Any) -> tuple[Any, ...]:
        """Return what :func:`fit_alone` takes for the rows of a member."""
        X, y, sample_weight = self._given
        return X, y, split, sample_weight

    def inputs(self, estimator: Any) -> np.ndarray:
        """Return all samples as the networks of an estimator take them."""
        samples = self._samples_for(estimator)
        return Samples.unchecked(estimator, self._given[0]) if samples is None else samples.X


def _rows(part: Any, given: np.ndarray) -> Rows:
    """Return where the samples of a part are among those of all members."""
    weight = np.ones(len(part.y), np.float32) if part.weight is None else part.weight
    return Rows(given[part.rows].astype(np.int32), part.y, weight.astype(np.float32))


def feed_of(
    rows: Rows, size: int, steps: int, seed: int | None, epoch: int, fewest: int = 1
) -> Feed:
    """Return an epoch's batches; rows without a sample weigh :data:`FILLER`.

    A program is compiled for one shape. So the last batch is filled up, and so are the epochs of
    members with fewer steps than their neighbors. A filler row must change nothing: the weight -1,
    which no sample can have, tells the loss, the metrics and batch normalization to leave it out,
    and a step of nothing but filler rows leaves the member's state as it was.
    """
    starts, stops = batch_bounds(len(rows.y), size, fewest)
    lacking = (0, steps - len(starts))
    starts, stops = np.pad(starts, lacking, mode="edge"), np.pad(stops, lacking)
    places = starts[:, None] + np.arange(size)
    present = places < stops[:, None]
    # A batch is filled with its own first row, as Batches does: what fills it is a real sample.
    filled = order_of(seed, epoch, len(rows.y))[np.where(present, places, starts[:, None])]
    weight = np.where(present, rows.weight[filled], np.float32(FILLER))
    return Feed(rows.places[filled], rows.y[filled], weight)
