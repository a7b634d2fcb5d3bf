"""The weighted mean of several estimators, as one of scikit-learn's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import keras
import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone, is_classifier
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils import get_tags, indexable
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from nnest.ensembles._answers import answers_of
from nnest.ensembles._folds import OutOfFold, tempered
from nnest.estimators import NeuralNet
from nnest.population import fit_many

__all__ = ["Voting"]


def _classifies(ensemble: Any) -> bool:
    """Raise the AttributeError that scikit-learn expects of a regressor without probabilities."""
    if not is_classifier(ensemble):
        raise AttributeError("Regressors have no probabilities.")
    return True


class Voting(MetaEstimatorMixin, BaseEstimator):
    """Estimators whose answers are averaged; not for use by itself."""

    out_of_fold_: OutOfFold | None

    def __init__(self, estimators: Sequence[Any], *, weights: Sequence[float] | None = None):
        self.estimators = estimators
        self.weights = weights

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
        self.out_of_fold_, self.temperature_ = None, 1.0
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
        (mixed,) = self._mixtures(X, self.weights_[None])
        return mixed if self.temperature_ == 1 else tempered(mixed, self.temperature_)

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
        (mixed,) = self._mixtures(X, self.weights_[None])
        return mixed

    def _mixtures(self, X: Any, weights: np.ndarray) -> list[np.ndarray]:
        """Return weighted means of what the members predict, one for each row of weights."""
        counted = np.flatnonzero(weights.any(axis=0))
        shares = weights / weights.sum(axis=1, keepdims=True)
        total: Any = 0.0
        answers = answers_of([self.estimators_[i] for i in counted], X)
        for i, answer in zip(counted, answers, strict=True):
            whole = self._whole(self.estimators_[i], np.array(answer, np.float64))
            total = total + shares[:, i].reshape(-1, *[1] * whole.ndim) * whole
        return list(np.asarray(total))

    def _whole(self, member: Any, own: np.ndarray) -> np.ndarray:
        """Return a member's numbers, or its probabilities of all labels of the ensemble."""
        if not is_classifier(self):
            return own
        own /= own.sum(axis=1, keepdims=True)  # in float32 a row sums to one within 1e-7
        if len(member.classes_) == len(self.classes_):
            return own
        whole = np.zeros((len(own), len(self.classes_)))
        whole[:, np.searchsorted(self.classes_, member.classes_)] = own
        return whole

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
