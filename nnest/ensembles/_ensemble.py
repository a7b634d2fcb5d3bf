"""Several estimators that answer as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import keras
import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone, is_classifier
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils import check_random_state, get_tags, indexable
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from nnest.estimators import NeuralNet
from nnest.population import fit_many

__all__ = ["Ensemble"]

_SEEDS = 2**31 - 1


def _classifies(ensemble: Any) -> bool:
    """Raise the AttributeError that scikit-learn expects of a regressor without probabilities."""
    if not is_classifier(ensemble):
        raise AttributeError("Regressors have no probabilities.")
    return True


class Ensemble(MetaEstimatorMixin, BaseEstimator):
    """Estimators whose answers are averaged, as one scikit-learn estimator.

    A classifier averages probabilities (soft voting), a regressor averages numbers.

    Parameters
    ----------
    estimators : sequence of estimator
        Classifiers with `predict_proba`, or regressors: those of this package, pipelines that end
        in one, or any others. All of one kind.
    weights : sequence of float of shape (n_estimators,), default=None
        How much each counts; of 0 or more, not all 0. None counts all alike.

    Attributes
    ----------
    estimators_ : list of estimator
        The fitted estimators.
    weights_ : ndarray of shape (n_estimators,)
        Weights, whose sum is 1.
    classes_ : ndarray of shape (n_classes,)
        The labels that some estimator knows; of classifiers alone.
    n_features_in_ : int
        Number of features in `fit`, where the first estimator tells it.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where the first estimator tells them.

    See Also
    --------
    sklearn.ensemble.VotingClassifier : The same of estimators with names.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from nnest import Ensemble, MLPClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> net = MLPClassifier(hidden_units=(32,), epochs=5, random_state=0)
    >>> both = Ensemble.from_seeds(net, X[:1000] / 16, y[:1000], n=3)
    >>> len(both.estimators_), both.predict_proba(X[1000:] / 16).shape
    (3, (797, 10))
    """

    def __init__(self, estimators: Sequence[Any], *, weights: Sequence[float] | None = None):
        self.estimators = estimators
        self.weights = weights

    @classmethod
    def from_fitted(cls, estimators: Sequence[Any], weights: Sequence[float] | None = None) -> Self:
        """Return an ensemble of estimators that are fitted already.

        Parameters
        ----------
        estimators : sequence of estimator
            Fitted estimators; they are used as they are.
        weights : sequence of float, optional
            How much each counts; None counts all alike.

        Returns
        -------
        Ensemble
            A fitted ensemble. Its `fit` trains copies of the estimators anew.

        Raises
        ------
        NotFittedError
            If one of them is not fitted.
        ValueError
            If there is none, they are of different kinds, or the weights do not fit.

        Examples
        --------
        >>> from sklearn.linear_model import LinearRegression
        >>> from nnest import Ensemble
        >>> one = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
        >>> other = LinearRegression().fit([[0.0], [1.0]], [0.0, 3.0])
        >>> Ensemble.from_fitted([one, other], weights=[3, 1]).predict([[2.0]]).round(6).tolist()
        [3.0]
        """
        ensemble = cls([clone(each) for each in estimators], weights=weights)
        ensemble._check()
        for each in estimators:
            check_is_fitted(each)
        ensemble._take(list(estimators))
        return ensemble

    @classmethod
    def from_seeds(cls, estimator: Any, X: Any, y: Any, n: int = 5, **params: Any) -> Self:
        """Fit an estimator several times, from other seeds, on the same samples.

        Parameters
        ----------
        estimator : estimator
            An estimator of this package, or a pipeline that ends in one.
        X : array-like of shape (n, p), (n, h, w) or (n, h, w, c)
            Samples.
        y : array-like of shape (n,) or (n, n_outputs)
            Targets.
        n : int, default=5
            How many.
        **params : dict of str to object
            Handed on to `fit`, such as `sample_weight`.

        Returns
        -------
        Ensemble
            A fitted ensemble.

        Raises
        ------
        ValueError
            If `n` is less than 1, or if the estimator has no `random_state`.

        Examples
        --------
        >>> import numpy as np
        >>> from nnest import Ensemble, MLPRegressor
        >>> net = MLPRegressor(epochs=1, random_state=0)
        >>> Ensemble.from_seeds(net, np.eye(4), np.arange(4.0), n=2).predict(np.eye(4)).shape
        (4,)
        """
        if n < 1:
            raise ValueError(f"Got n={n!r}, but it must be an integer of 1 or more.")
        given = estimator.get_params()
        seeds = [name for name in given if name.rpartition("__")[2] == "random_state"]
        if not seeds:
            raise ValueError(
                f"{type(estimator).__name__} has no random_state: all its fits are the same, so an "
                "ensemble of them is that one."
            )
        rng = check_random_state(given[seeds[0]])
        members = [
            clone(estimator).set_params(**{name: int(rng.randint(_SEEDS)) for name in seeds})
            for _ in range(n)
        ]
        return cls(members).fit(X, y, **params)

    def __sklearn_tags__(self) -> Any:
        """Be what the first estimator is."""
        tags = super().__sklearn_tags__()
        if len(self.estimators):
            inner = get_tags(self.estimators[0])
            for name in ("estimator_type", "classifier_tags", "regressor_tags", "target_tags"):
                setattr(tags, name, getattr(inner, name))
            tags.input_tags = inner.input_tags
        return tags

    def fit(self, X: Any, y: Any, **params: Any) -> Self:
        """Fit a copy of each estimator; those of this package together.

        Parameters
        ----------
        X : array-like of shape (n, p), (n, h, w) or (n, h, w, c)
            Samples.
        y : array-like of shape (n,) or (n, n_outputs)
            Targets.
        **params : dict of str to object
            Handed on to the estimators' `fit`, such as `sample_weight`.

        Returns
        -------
        Ensemble
            The ensemble itself.

        Raises
        ------
        ValueError
            If there is no estimator, they are of different kinds, or the weights do not fit.
        """
        self._check()
        if y is None:
            raise ValueError("Ensemble requires y to be passed, but the target y is None.")
        X, y = indexable(X, y)
        members = [clone(each) for each in self.estimators]
        networks = all(isinstance(each, NeuralNet) for each in members)
        in_one_program = networks and keras.backend.backend() == "jax"
        if in_one_program and params.keys() <= {"sample_weight"}:
            fit_many(members, X, y, **params)
        else:
            members = [each.fit(X, y, **params) for each in members]
        self._take(members)
        return self

    def _check(self) -> None:
        """Raise if the estimators cannot answer together."""
        if not len(self.estimators):
            raise ValueError("estimators is empty: give at least one estimator.")
        kinds = {get_tags(each).estimator_type for each in self.estimators}
        if kinds not in ({"classifier"}, {"regressor"}):
            raise ValueError(
                f"estimators are of the kinds {sorted(map(str, kinds))}: give classifiers alone, "
                "or regressors alone."
            )
        lacking = [each for each in self.estimators if not hasattr(each, "predict_proba")]
        if kinds == {"classifier"} and lacking:
            raise ValueError(
                f"{type(lacking[0]).__name__} has no predict_proba: give classifiers that have it."
            )
        if self.weights is None:
            return
        weights = np.asarray(self.weights, np.float64)
        right = weights.shape == (len(self.estimators),) and np.isfinite(weights).all()
        if not right or (weights < 0).any() or not weights.any():
            raise ValueError(
                f"weights={self.weights!r} is not accepted: give {len(self.estimators)} numbers "
                "of 0 or more, not all 0."
            )

    def _take(self, members: list[Any]) -> None:
        """Keep fitted estimators, and what they say of themselves."""
        weights = np.ones(len(members)) if self.weights is None else np.asarray(self.weights, float)
        self.estimators_, self.weights_ = members, weights / weights.sum()
        if is_classifier(self):
            self.classes_ = np.unique(np.concatenate([each.classes_ for each in members]))
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(members[0], name):
                setattr(self, name, getattr(members[0], name))

    @available_if(_classifies)
    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the weighted mean of the estimators' probabilities.

        Parameters
        ----------
        X : array-like of shape (n, p), (n, h, w) or (n, h, w, c)
            Samples.

        Returns
        -------
        ndarray of shape (n, n_classes)
            Probabilities of `classes_`; each row sums to one. A label that an estimator does not
            know has probability zero for it.
        """
        check_is_fitted(self)
        mixed: Any = 0.0
        for member, weight in self._counted():
            own = np.asarray(member.predict_proba(X), np.float64)
            if len(member.classes_) < len(self.classes_):
                whole = np.zeros((len(own), len(self.classes_)))
                whole[:, np.searchsorted(self.classes_, member.classes_)] = own
                own = whole
            mixed = mixed + weight * own
        return np.asarray(mixed)

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable label, or the weighted mean of the predictions.

        Parameters
        ----------
        X : array-like of shape (n, p), (n, h, w) or (n, h, w, c)
            Samples.

        Returns
        -------
        ndarray of shape (n,) or (n, n_outputs)
            Labels or numbers.
        """
        check_is_fitted(self)
        if is_classifier(self):
            labels: np.ndarray = self.classes_[self.predict_proba(X).argmax(axis=1)]
            return labels
        return np.asarray(sum(weight * member.predict(X) for member, weight in self._counted()))

    def _counted(self) -> list[tuple[Any, float]]:
        """Return the estimators that count, with their weights."""
        pairs = zip(self.estimators_, self.weights_, strict=True)
        return [(member, float(weight)) for member, weight in pairs if weight > 0]

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy of a classifier, or R² of a regressor.

        Parameters
        ----------
        X : array-like of shape (n, p), (n, h, w) or (n, h, w, c)
            Samples.
        y : array-like of shape (n,) or (n, n_outputs)
            True labels or numbers.
        sample_weight : array-like of shape (n,), optional
            Weight of each sample.

        Returns
        -------
        float
            At most 1; higher is better.
        """
        metric = accuracy_score if is_classifier(self) else r2_score
        return float(metric(y, self.predict(X), sample_weight=sample_weight))
