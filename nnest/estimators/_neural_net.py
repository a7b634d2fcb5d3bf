"""What the four estimators have in common: checking, splitting, seeding and training."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, is_classifier
from sklearn.utils.validation import check_is_fitted, validate_data

from nnest import _arguments
from nnest._compat.sklearn import check_sample_weight
from nnest._interrupts import interrupts_heard, undone, uninterrupted
from nnest.estimators._architectures import Architectures, Unshared
from nnest.estimators._inputs import as_samples, as_targets, check_layout, warn_of_planes
from nnest.estimators._network import Network, Plan, whole_batches
from nnest.estimators._parts import Part, ProgressBar, StopWhenDiverged, picture_shape
from nnest.estimators._rollback import Rollback
from nnest.estimators._samples import Samples, validating
from nnest.estimators._scikeras import train
from nnest.estimators._settings import (
    check_rows,
    check_training,
    make_augment,
    network_settings,
    stored_parameters,
    take_over,
)
from nnest.estimators._splits import check_groups, split_rows, split_rows_by_groups
from nnest.estimators._stopping import EarlyStoppingRule, StopEarly
from nnest.programs import Model, check_process

__all__ = ["NeuralNet"]


class NeuralNet(BaseEstimator, metaclass=ABCMeta):
    """Base class of the estimators; not for use by itself.

    Examples
    --------
    >>> from nnest.estimators import MLPClassifier, NeuralNet
    >>> issubclass(MLPClassifier, NeuralNet)
    True
    """

    _builder: ClassVar[Callable[..., Model]]
    _takes_pictures: ClassVar[bool] = False
    _loss: ClassVar[str]
    _output: ClassVar[str]
    _target_checks: ClassVar[dict[str, bool]]
    _built: dict[str, str]  # the settings that the network has
    _network: Network

    @property
    def model_(self) -> Model:
        """The trained network; one that was trained in a group is built when it is asked for."""
        if "_network" not in vars(self):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute 'model_'")
        return self._network.model

    @model_.setter
    def model_(self, model: Model) -> None:
        self._network = Network(model)

    @model_.deleter
    def model_(self) -> None:
        del self._network

    def __sklearn_tags__(self) -> Any:
        """Say that images are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    @abstractmethod
    def _encode(self, y: np.ndarray, reset: bool, classes: Any) -> np.ndarray:
        """Return the targets as Keras takes them; `reset` learns the classes or outputs."""

    @abstractmethod
    def _n_outputs(self) -> int:
        """Return the number of units of the output layer."""

    @staticmethod
    @abstractmethod
    def _metrics() -> list[Any]:
        """Return the metrics beside the loss."""

    @abstractmethod
    def _strata(self, y: np.ndarray) -> np.ndarray | None:
        """Return what a split keeps in proportion."""

    @abstractmethod
    def _class_weights(self, part: Part) -> np.ndarray | None:
        """Return the weight of each class, as these training samples decide it."""

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        groups: Any = None,
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n, p), (n, h, w) or (n, h, w, c)
            Training samples.
        y : array-like of shape (n,) or, for regressors, (n, n_outputs)
            Targets.
        sample_weight : array-like of shape (n,), optional
            Weight of each sample in the loss, relative to their mean. A sample of weight 0 is as
            good as absent.
        X_val, y_val : array-like, optional
            Validation samples and targets: `history_` then holds ``val_*``, and early stopping
            watches them instead of a part of `X`.
        groups : array-like of shape (n,), optional
            Samples of a group, as the frames of one film, stay on one side of the split that
            early stopping makes.

        Returns
        -------
        object
            The estimator itself.

        Raises
        ------
        ValueError
            If a parameter or the data are not accepted; the message says what is.
        """
        with undone(self) as kept:
            check_training(self)
            goes_on = bool(self.warm_start) and "_network" in vars(self)
            samples = self._samples(X, y, sample_weight, reset=not goes_on)
            if (X_val is None) != (y_val is None):
                raise ValueError("X_val and y_val go together: give both, or neither.")
            held = None
            if X_val is not None:
                with validating():
                    held = self._samples(X_val, y_val, None, reset=False)
            watched = None if held is None else (held, np.arange(len(held.y)))
            rows = np.arange(len(samples.y))
            part, validation = self._begin(samples, rows, watched, groups, goes_on=goes_on)
            watch = None if validation is None else validation.arrays((held or samples).X)
            self._train(part.arrays(samples.X), self.epochs, watch, kept)
        return self

    def _begin(
        self,
        samples: Samples,
        rows: np.ndarray,
        watched: tuple[Samples, np.ndarray] | None = None,
        groups: Any = None,
        architectures: Architectures | None = None,
        goes_on: bool = False,
    ) -> tuple[Part, Part | None]:
        """Make the network, or go on with the one that is there; return what it is trained on."""
        part = self._part(samples, rows, reset=not goes_on).counted()
        if goes_on:
            self._settle()
        else:
            self._start(samples.X, part, architectures)
        of_class = self._class_weights(part)
        part, validation = part.times(of_class), None
        if watched is not None:
            with validating():
                validation = self._part(*watched, reset=False).times(of_class)
        elif self.early_stopping:
            own = None if groups is None else check_groups(groups, len(samples.y))[part.rows]
            part, validation = self._split(part, own)
        check_rows(self._network.like, self.batch_size, len(part.y))
        self._network.begin_schedule(self.epochs, int(self.batch_size), len(part.y))
        return part.relative(), None if validation is None else validation.relative()

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Self:
        """Train for one epoch more, from where the last call ended."""
        with undone(self) as kept:
            check_training(self, has_end=False)
            goes_on = "_network" in vars(self)
            samples = self._samples(X, y, sample_weight, reset=not goes_on)
            part = self._part(samples, np.arange(len(samples.y)), not goes_on, classes).counted()
            if goes_on:
                self._settle()
            else:
                self._start(samples.X, part)
            part = part.times(self._class_weights(part))
            check_rows(self.model_, self.batch_size, len(part.y))
            self._train(part.absolute().arrays(samples.X), 1, None, kept)
        return self

    def _samples(self, X: Any, y: Any, sample_weight: Any, reset: bool) -> Samples:
        """Return checked samples as the network takes them, targets and weights."""
        X, y = as_samples(X), as_targets(y, are_labels=is_classifier(self))
        X, y = validate_data(
            self, X, y, reset=reset, dtype="numeric", allow_nd=True, **self._target_checks
        )
        self._check_sample_shape(X, reset)
        if sample_weight is not None:
            sample_weight = check_sample_weight(
                sample_weight, X, dtype=np.float32, ensure_non_negative=True
            )
        return Samples(self._as_input(X), y, sample_weight, Samples.learnt_by(self))

    def _part(self, samples: Samples, rows: np.ndarray, reset: bool, classes: Any = None) -> Part:
        """Return some of the samples, their targets encoded."""
        weight = None if samples.weight is None else samples.weight[rows]
        return Part(rows, self._encode(samples.y[rows], reset, classes), weight)

    def _check_sample_shape(self, X: np.ndarray, reset: bool) -> None:
        """Raise if samples have another shape than those that were fitted."""
        shape = X.shape[1:]
        if len(shape) > 3:
            raise ValueError(
                f"X has shape {X.shape}: give samples as (n, p), (n, h, w) or (n, h, w, c)."
            )
        if reset:
            self._sample_shape = shape
            if self._takes_pictures:
                check_layout(X, self.image_shape)
                if len(shape) == 1:
                    warn_of_planes(X, picture_shape(shape, self.image_shape))
        elif shape != self._sample_shape:
            raise ValueError(
                f"X has samples of shape {shape}, but this {type(self).__name__} was fitted with "
                f"samples of shape {self._sample_shape}: give samples of that shape, or fit again."
            )

    def _as_input(self, X: Any) -> np.ndarray:
        """Return the samples as the model takes them."""
        samples: np.ndarray = np.asarray(as_samples(X), dtype=np.float32)
        if not self._takes_pictures:
            return samples
        return samples.reshape(len(samples), *picture_shape(samples.shape[1:], self.image_shape))

    def _settle(self) -> None:
        """Give the network the rates and penalties that were set since it was trained."""
        settings = network_settings(self)
        if settings != self._built:
            fresh = self._plan_of_known().build()
            take_over(self.model_, fresh, self._built, settings)
            self._built = settings

    def _start(self, X: np.ndarray, part: Part, architectures: Architectures | None = None) -> None:
        """Make an untrained network, and draw the seeds of everything that is random."""
        check_process()
        seed = _arguments.random_state(self.random_state).randint(np.iinfo(np.int32).max)
        build, self._order_seed, self._split_seed, augment = (
            int(s >> 1) for s in np.random.SeedSequence(seed).generate_state(4)
        )
        plan = self._plan(X, build, augment, part.rows)
        known, n_samples = architectures or Unshared(), len(part.y) * int(self.epochs)
        self._network, self._built = known.network(plan, n_samples), network_settings(self)
        self.history_: dict[str, list[float]] = {}
        self.n_iter_ = 0

    def _plan(self, X: np.ndarray, seed: int, augment: int, rows: np.ndarray | None = None) -> Plan:
        """Return all that decides a network of the present settings."""
        settings, layer = stored_parameters(self), None
        if settings.get("augmentation") is not None:
            layer = make_augment(self, X if rows is None else X[rows], augment)
        return Plan(type(self), settings, X.shape[1:], self._n_outputs(), seed, layer)

    def _plan_of_known(self) -> Plan:
        """Return all that decides a network for the samples and targets that are known."""
        return self._plan(self._as_input(np.zeros((0, *self._sample_shape))), 0, 0)

    def _rebuild(self) -> None:
        """Build the network anew and untrained, for the samples and targets that are known."""
        check_process()
        self._network, self._built = Network(self._plan_of_known().build()), network_settings(self)

    def _split(self, part: Part, groups: np.ndarray | None) -> tuple[Part, Part]:
        """Return training and validation part: stratified, seeded, groups kept together."""
        strata, share, seed = self._strata(part.y), self.validation_fraction, self._split_seed
        if groups is None:
            train, test = split_rows(len(part.y), strata, share, seed)
        else:
            train, test = split_rows_by_groups(groups, strata, share, seed)
        return part.take(train), part.take(test)

    def _train(
        self,
        arrays: tuple[np.ndarray, np.ndarray, np.ndarray | None],
        epochs: int,
        watched: tuple[np.ndarray, np.ndarray, np.ndarray | None] | None,
        kept: set[str],
    ) -> None:
        """Train the model for some epochs more, and take over what it learnt.

        Where that is interrupted, the whole epochs before are kept, and so are all attributes.
        """
        rollback, begun = Rollback(), (self.history_, self.n_iter_)
        watch: list[Any] = [rollback, StopWhenDiverged()]
        if self.verbose:
            watch.append(ProgressBar(epochs))
        rule = None if watched is None else EarlyStoppingRule.of(self)
        if rule is not None:
            watch.append(StopEarly(rule))
        try:
            with interrupts_heard():
                history = train(
                    self.model_,
                    arrays,
                    batch_size=int(self.batch_size),
                    callbacks=[*watch, *(self.callbacks or ())],
                    shuffle=self._order_seed,
                    initial_epoch=self.n_iter_,
                    epochs=epochs,
                    validation_data=watched and tuple(a for a in watched if a is not None),
                )
            self._learnt(history, None if rule is None else rule.best_epoch)
        except BaseException:
            with uninterrupted():
                history = rollback.undo()
                if history:
                    self.history_, self.n_iter_ = begun
                    self._learnt(history, None)
                    kept.update(vars(self))
            raise

    def _learnt(self, history: dict[str, list[float]], best_epoch: int | None) -> None:
        """Take over the metrics of some epochs more; `best_epoch` counts from 0."""
        whole = dict(self.history_)
        for name, values in history.items():
            whole[name] = [*whole.get(name, ()), *map(float, values)]
        n_iter = self.n_iter_ + len(history["loss"])
        # At once: nothing comes between that would leave a part of it.
        self.__dict__.update(
            history_=whole,
            n_iter_=n_iter,
            best_epoch_=n_iter if best_epoch is None else best_epoch + 1,
            diverged_=not np.isfinite(whole["loss"][-1]),
        )

    def _forward(self, X: Any) -> np.ndarray:
        """Return the outputs of the network for samples that are not yet checked."""
        X, n, size = whole_batches(self._new_samples(X))
        return self._network.outputs(X, size)[:n]

    def _new_samples(self, X: Any) -> np.ndarray:
        """Return samples to predict as the network takes them, checked."""
        check_is_fitted(self, "_network")
        X = validate_data(self, as_samples(X), reset=False, dtype="numeric", allow_nd=True)
        self._check_sample_shape(X, reset=False)
        return self._as_input(X)
