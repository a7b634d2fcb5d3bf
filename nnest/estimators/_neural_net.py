"""What the four estimators have in common: checking, splitting, seeding and training.

scikeras trains the model. It has had no release since 2024, so nothing of scikit-learn's contract
is left to it: it is handed arrays, targets and weights that are ready, and a seed for their order.
"""

from __future__ import annotations

import inspect
from abc import ABCMeta, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Self

import keras
import numpy as np
from scikeras.wrappers import BaseWrapper
from sklearn.base import BaseEstimator, is_classifier
from sklearn.utils.validation import check_is_fitted, validate_data

from nnest import _arguments
from nnest._compat.sklearn import check_sample_weight
from nnest._interrupts import interrupts_heard, undone, uninterrupted
from nnest.estimators._inputs import as_samples, as_targets, check_layout, warn_of_planes
from nnest.estimators._parts import Part, ProgressBar, StopWhenDiverged, picture_shape
from nnest.estimators._rollback import Rollback
from nnest.estimators._settings import (
    check_rows,
    check_training,
    float32_policy,
    make_augment,
    make_optimizer,
    network_settings,
    take_over,
)
from nnest.estimators._splits import check_groups, split_groups, split_rows
from nnest.programs import EVALUATION_BATCH, Model, check_process

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

    @abstractmethod
    def _metrics(self) -> list[Any]:
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
            part, validation = self._prepare(X, y, sample_weight, X_val, y_val, groups)
            self._train(part, self.epochs, validation, kept)
        return self

    def _prepare(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        groups: Any = None,
    ) -> tuple[Part, Part | None]:
        """Build the model, or go on with the one that is there; return what it is trained on."""
        self._check_training_parameters()
        goes_on = bool(self.warm_start) and hasattr(self, "model_")
        given = self._check_part(X, y, sample_weight, reset=not goes_on)
        part = given.counted()
        self._start_or_go_on(part, goes_on)
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val go together: give both, or neither.")
        of_class = self._class_weights(part)
        part, validation = part.times(of_class), None
        if X_val is not None:
            validation = self._check_part(X_val, y_val, None, reset=False).times(of_class)
        elif self.early_stopping:
            own = None if groups is None else check_groups(groups, len(given.y))[part.rows]
            part, validation = self._split(part, own)
        check_rows(self.model_, self.batch_size, len(part.y))
        return part.relative(), None if validation is None else validation.relative()

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Self:
        """Train for one epoch more, from where the last call ended."""
        with undone(self) as kept:
            self._check_training_parameters()
            goes_on = hasattr(self, "model_")
            part = self._check_part(X, y, sample_weight, not goes_on, classes).counted()
            self._start_or_go_on(part, goes_on)
            part = part.times(self._class_weights(part))
            check_rows(self.model_, self.batch_size, len(part.y))
            self._train(part.absolute(), 1, None, kept)
        return self

    def _check_training_parameters(self) -> None:
        """Refuse values that training cannot use; the builders refuse those of the architecture."""
        check_training(self)

    def _check_part(
        self, X: Any, y: Any, sample_weight: Any, reset: bool, classes: Any = None
    ) -> Part:
        """Return the samples as arrays that are ready for training."""
        X, y = as_samples(X), as_targets(y, are_labels=is_classifier(self))
        X, y = validate_data(
            self, X, y, reset=reset, dtype="numeric", allow_nd=True, **self._target_checks
        )
        self._check_sample_shape(X, reset)
        encoded = self._encode(y, reset, classes)
        if sample_weight is not None:
            sample_weight = check_sample_weight(
                sample_weight, X, dtype=np.float32, ensure_non_negative=True
            )
        return Part(self._as_input(X), encoded, sample_weight, np.arange(len(encoded)))

    def _check_sample_shape(self, X: np.ndarray, reset: bool) -> None:
        """Refuse samples of another shape than those that were fitted."""
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

    def _start_or_go_on(self, part: Part, goes_on: bool) -> None:
        """Build a new model, or let the one that is there take over the present settings."""
        if goes_on:
            self._settle()
        else:
            self._start(part)

    def _settle(self) -> None:
        """Give the network the rates and penalties that were set since it was trained."""
        settings = network_settings(self)
        if settings != self._built:
            images = self._as_input(np.zeros((0, *self._sample_shape)))
            take_over(self.model_, self._build(images, 0, 0), self._built, settings)
            self._built = settings

    def _start(self, part: Part) -> None:
        """Build and compile a new model, and draw the seeds of everything that is random."""
        check_process()
        seed = _arguments.random_state(self.random_state).randint(np.iinfo(np.int32).max)
        build, self._order_seed, self._split_seed, augment = (
            int(s >> 1) for s in np.random.SeedSequence(seed).generate_state(4)
        )
        model = self._build(part.X, build, augment)
        check_rows(model, self.batch_size, len(part.y))
        self.model_, self._built = model, network_settings(self)
        self.history_: dict[str, list[float]] = {}
        self.n_iter_ = 0

    def _build(self, images: np.ndarray, seed: int, augment: int) -> Model:
        """Return a compiled model of the present settings."""
        settings = self.get_params(deep=False)
        wanted = inspect.signature(self._builder).parameters
        with float32_policy():
            if settings.get("augmentation") is not None:
                settings["augmentation"] = make_augment(self, images, augment)
            model = self._builder(
                images.shape[1:],
                self._n_outputs(),
                **{name: settings[name] for name in wanted if name in settings},
                output_activation=self._output,
                seed=seed,
            )
            model.compile(
                optimizer=make_optimizer(self), loss=self._loss, weighted_metrics=self._metrics()
            )
            model.hyperparameters.label_smoothing.assign(settings.get("label_smoothing", 0.0))
        return model

    def _rebuild(self) -> None:
        """Build the network anew and untrained, for the samples and targets that are known."""
        given = self.get_params(deep=False)["random_state"]
        self.set_params(random_state=0)  # draws nothing from a state that others share
        images, none = self._as_input(np.zeros((0, *self._sample_shape))), np.zeros(0, np.int64)
        try:
            self._start(Part(images, none, None, none))
        finally:
            self.set_params(random_state=given)

    def _split(self, part: Part, groups: np.ndarray | None) -> tuple[Part, Part]:
        """Return training and validation part: stratified, seeded, groups kept together."""
        strata, share, seed = self._strata(part.y), self.validation_fraction, self._split_seed
        if groups is None:
            train, test = split_rows(len(part.y), strata, share, seed)
        else:
            train, test = split_groups(groups, strata, share, seed)
        return part.take(train), part.take(test)

    def _train(self, part: Part, epochs: int, validation: Part | None, kept: set[str]) -> None:
        """Hand the model to scikeras for some epochs more, and take over what it learnt.

        Where that is interrupted, the whole epochs before are kept, and so are all attributes.
        """
        rollback, begun = Rollback(), (self.history_, self.n_iter_)
        watch: list[Any] = [rollback, StopWhenDiverged()]
        if self.verbose:
            watch.append(ProgressBar(epochs))
        stopping = None
        if self.early_stopping and validation is not None:
            stopping = keras.callbacks.EarlyStopping(
                "val_loss",
                min_delta=self.tol,
                patience=self.n_iter_no_change,
                mode="min",
                restore_best_weights=True,
            )
            watch.append(stopping)
        wrapper = BaseWrapper(
            model=self.model_,
            batch_size=int(self.batch_size),
            callbacks=[*watch, *(self.callbacks or ())] or None,
            verbose=0,
        )
        try:
            with interrupts_heard():
                wrapper.fit(
                    part.X,
                    part.y,
                    part.weight,
                    shuffle=self._order_seed,
                    initial_epoch=self.n_iter_,
                    epochs=epochs,
                    validation_data=None if validation is None else validation.for_keras(),
                )
            history = wrapper.model_.history.history
            self._learnt(history, None if stopping is None else stopping.best_epoch)
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
        check_is_fitted(self, "model_")
        X = validate_data(self, as_samples(X), reset=False, dtype="numeric", allow_nd=True)
        self._check_sample_shape(X, reset=False)
        X = self._as_input(X)
        n, size = len(X), EVALUATION_BATCH if len(X) > 32 else 32
        missing = -n % size
        if missing:
            X = np.concatenate([X, np.zeros((missing, *X.shape[1:]), X.dtype)])
        return np.asarray(self.model_.predict(X, batch_size=size, verbose=0))[:n]
