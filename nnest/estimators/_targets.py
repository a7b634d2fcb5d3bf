"""What classifiers and what regressors add to a network: their targets and their answers."""

from __future__ import annotations

from abc import ABCMeta
from typing import Any, ClassVar, Self

import keras
import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets

from nnest import _arguments
from nnest.estimators._neural_net import NeuralNet
from nnest.estimators._parts import Part, finite

__all__ = ["Classifier", "Regressor"]

#: Epochs of two steps each that learn what scikit-learn's checks ask for.
ENOUGH_EPOCHS = 20


class Classifier(ClassifierMixin, NeuralNet, metaclass=ABCMeta):
    """Labels, probabilities and class weights; not for use by itself."""

    _loss = "categorical_crossentropy"
    _output = "softmax"
    _target_checks: ClassVar[dict[str, bool]] = {}

    def __sklearn_tags__(self) -> Any:
        """Say that few epochs give poor scores on the few rows of scikit-learn's checks."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = self.epochs in range(ENOUGH_EPOCHS)
        return tags

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train for one epoch more.

        Parameters
        ----------
        X : array-like of shape (n, p), (n, h, w) or (n, h, w, c)
            Training samples.
        y : array-like of shape (n,)
            Labels.
        classes : array-like of shape (n_classes,), optional
            All labels that will ever come; needed in the first call if `y` lacks some.
        sample_weight : array-like of shape (n,), optional
            Weight of each sample in the loss, as it is and not relative to their mean, since a
            call sees a part of the samples: 1 is a sample without a weight.

        Returns
        -------
        object
            The estimator itself.

        Raises
        ------
        ValueError
            If a parameter or the data are not accepted; the message says what is.

        Examples
        --------
        >>> import numpy as np
        >>> from nnest import MLPClassifier
        >>> net = MLPClassifier(random_state=0)
        >>> net.partial_fit(np.eye(4), [0, 1, 0, 1], classes=[0, 1, 2]).classes_.tolist()
        [0, 1, 2]
        """
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' is not accepted by partial_fit, which sees a part of the "
                "samples: compute the weights from all of them, as compute_class_weight of "
                "sklearn.utils does, and give them as a dict."
            )
        return self._partial_fit(X, y, sample_weight, classes)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n, p), (n, h, w) or (n, h, w, c)
            Samples.

        Returns
        -------
        ndarray of shape (n, n_classes)
            Probabilities, float32; each row sums to one.

        Raises
        ------
        ValueError
            If the outputs are not finite numbers, because the training diverged.

        Examples
        --------
        >>> import numpy as np
        >>> from nnest import MLPClassifier
        >>> net = MLPClassifier(epochs=1, random_state=0).fit(np.eye(4), [0, 1, 0, 1])
        >>> net.predict_proba(np.eye(4)).shape
        (4, 2)
        """
        return finite(self, self._forward(X))

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n, p), (n, h, w) or (n, h, w, c)
            Samples.

        Returns
        -------
        ndarray of shape (n, n_classes)
            Natural logarithms, float32; minus infinity for a probability of zero.

        Examples
        --------
        >>> import numpy as np
        >>> from nnest import MLPClassifier
        >>> net = MLPClassifier(epochs=1, random_state=0).fit(np.eye(4), [0, 1, 0, 1])
        >>> bool((net.predict_log_proba(np.eye(4)) <= 0).all())
        True
        """
        with np.errstate(divide="ignore"):  # a probability may be too small for float32
            logarithms: np.ndarray = np.log(self.predict_proba(X))
        return logarithms

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable label of each sample.

        Parameters
        ----------
        X : array-like of shape (n, p), (n, h, w) or (n, h, w, c)
            Samples.

        Returns
        -------
        ndarray of shape (n,)
            Labels.

        Raises
        ------
        ValueError
            If the outputs are not finite numbers, because the training diverged.

        Examples
        --------
        >>> import numpy as np
        >>> from nnest import MLPClassifier
        >>> net = MLPClassifier(epochs=50, random_state=0).fit(np.eye(4), list("abab"))
        >>> net.predict(np.eye(4)).tolist()
        ['a', 'b', 'a', 'b']
        """
        places = finite(self, self._forward(X)).argmax(axis=1)
        labels: np.ndarray = self.classes_[places]
        return labels

    def _encode(self, y: np.ndarray, reset: bool, classes: Any) -> np.ndarray:
        """Return the place of each label among the classes."""
        _arguments.within("label_smoothing", self.label_smoothing)
        check_classification_targets(y)
        given = None if classes is None else np.unique(classes)
        if reset:
            self.classes_ = _at_least_two(np.unique(y) if given is None else given)
            self._check_named_labels()
        elif given is not None and not np.array_equal(given, self.classes_):
            raise ValueError(
                f"classes={given.tolist()} are not those of the first call, "
                f"{self.classes_.tolist()}: give the same, or none."
            )
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise ValueError(
                f"y holds the labels {unknown.tolist()}, which are not among the classes "
                f"{self.classes_.tolist()}: leave them out, or fit again with all labels."
            )
        # 32 bits, as JAX has them: it warns of what it would have to cut.
        return np.searchsorted(self.classes_, y).astype(np.int32)

    def _check_named_labels(self) -> None:
        """Raise for class weights below 0 or no numbers; warn of labels that no sample has."""
        if isinstance(self.class_weight, dict):
            for label, value in self.class_weight.items():
                _arguments.number(f"class_weight[{label!r}]", value, 0.0, float("inf"))
            _arguments.warn_of_absent("class_weight", self.class_weight, self.classes_)
        flipped = getattr(getattr(self, "augmentation", None), "flip_labels", None)
        if hasattr(flipped, "__len__") and not isinstance(flipped, str):
            _arguments.warn_of_absent("flip_labels", np.asarray(flipped).tolist(), self.classes_)

    def _n_outputs(self) -> int:
        """Return the number of classes."""
        return len(self.classes_)

    @staticmethod
    def _metrics() -> list[Any]:
        """Return the accuracy, under the name that it has in `history_`."""
        return [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]

    def _strata(self, y: np.ndarray) -> np.ndarray:
        """Return the classes, which a split keeps in proportion."""
        return y

    def _class_weights(self, part: Part) -> np.ndarray | None:
        """Return the weight of each class; balanced ones make all classes weigh the same."""
        if self.class_weight is None:
            return None
        if isinstance(self.class_weight, dict):
            return np.array([self.class_weight.get(label, 1.0) for label in self.classes_.tolist()])
        present = np.unique(part.y)
        of_class = np.ones(len(self.classes_))
        of_class[present] = compute_class_weight(
            self.class_weight,
            classes=self.classes_[present],
            y=self.classes_[part.y],
            sample_weight=part.weight,
        )
        return of_class


def _at_least_two(classes: np.ndarray) -> np.ndarray:
    """Return the classes unless there is nothing to tell apart."""
    if len(classes) < 2:
        raise ValueError(
            f"y holds one class, {classes.tolist()}: give samples of at least two classes."
        )
    return classes


class Regressor(RegressorMixin, NeuralNet, metaclass=ABCMeta):
    """One number or several for each sample; not for use by itself."""

    _loss = "mean_squared_error"
    _output = "linear"
    _target_checks: ClassVar[dict[str, bool]] = {"y_numeric": True, "multi_output": True}

    def __sklearn_tags__(self) -> Any:
        """Say that there may be several numbers for each sample."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one epoch more.

        Parameters
        ----------
        X : array-like of shape (n, p), (n, h, w) or (n, h, w, c)
            Training samples.
        y : array-like of shape (n,) or (n, n_outputs)
            Targets.
        sample_weight : array-like of shape (n,), optional
            Weight of each sample in the loss, as it is and not relative to their mean, since a
            call sees a part of the samples: 1 is a sample without a weight.

        Returns
        -------
        object
            The estimator itself.

        Raises
        ------
        ValueError
            If a parameter or the data are not accepted; the message says what is.

        Examples
        --------
        >>> import numpy as np
        >>> from nnest import MLPRegressor
        >>> net = MLPRegressor(random_state=0)
        >>> net.partial_fit(np.eye(4), [0.0, 1.0, 2.0, 3.0]).n_iter_
        1
        """
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: Any) -> np.ndarray:
        """Return the predicted numbers.

        Parameters
        ----------
        X : array-like of shape (n, p), (n, h, w) or (n, h, w, c)
            Samples.

        Returns
        -------
        ndarray of shape (n,) or (n, n_outputs)
            Predictions in float64, in the form of the targets that were fitted.

        Raises
        ------
        ValueError
            If the outputs are not finite numbers, because the training diverged.

        Examples
        --------
        >>> import numpy as np
        >>> from nnest import MLPRegressor
        >>> net = MLPRegressor(epochs=1, random_state=0).fit(np.eye(4), [0.0, 1.0, 2.0, 3.0])
        >>> net.predict(np.eye(4)).shape
        (4,)
        """
        outputs = finite(self, self._forward(X)).astype(np.float64)
        return outputs[:, 0] if self._target_shape == () else outputs

    def _encode(self, y: np.ndarray, reset: bool, classes: Any) -> np.ndarray:
        """Return the targets as float32, one column for each output."""
        del classes  # regressors have none
        if reset:
            self._target_shape = y.shape[1:]
        elif y.shape[1:] != self._target_shape:
            raise ValueError(
                f"y has targets of shape {y.shape[1:]}, but this {type(self).__name__} was fitted "
                f"with targets of shape {self._target_shape}: give those, or fit again."
            )
        return y.reshape(len(y), -1).astype(np.float32)

    def _n_outputs(self) -> int:
        """Return how many numbers a sample has."""
        return int(np.prod(self._target_shape, dtype=int))

    @staticmethod
    def _metrics() -> list[Any]:
        """Return none: the loss is the mean squared error already."""
        return []

    def _strata(self, y: np.ndarray) -> None:
        """Return nothing: numbers have no classes to keep in proportion."""
        del y

    def _class_weights(self, part: Part) -> None:
        """Return none: numbers have no classes."""
        del part
