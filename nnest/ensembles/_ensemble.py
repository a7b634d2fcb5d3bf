"""Several estimators that answer as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Self

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils.validation import check_is_fitted

from nnest.ensembles._folds import OutOfFold, checked_predictions
from nnest.ensembles._voting import Voting

__all__ = ["Ensemble"]

_SEEDS = 2**31 - 1


class Ensemble(Voting):
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
    temperature_ : float
        What averaged logits are divided by; 1 unless the ensemble was calibrated.
    out_of_fold_ : object or None
        What the members predict of rows that they have not seen; None unless the ensemble is that
        of a cross-validation.
    n_features_in_ : int
        Number of features in `fit`, where the first estimator tells it.
    feature_names_in_ : ndarray of shape (n_features,)
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
    def from_folds(
        cls,
        estimators: Sequence[Any],
        X: Any,
        y: Any,
        splits: Sequence[tuple[Any, Any]],
        *,
        folds: Sequence[int] | None = None,
        weights: Sequence[float] | None = None,
        calibrate: str | None = None,
        predictions: Any = None,
    ) -> Self:
        """Return an ensemble of the estimators that a cross-validation has fitted.

        It knows what its members predict of rows that they have not seen, and so how sure it is:
        see `predict_set` and `predict_interval`.

        Parameters
        ----------
        estimators : sequence of estimator
            Fitted estimators, each on the training part of one split.
        X : array-like of shape (n, p), (n, h, w) or (n, h, w, c)
            All samples of the cross-validation.
        y : array-like of shape (n,) or (n, n_outputs)
            Their targets.
        splits : sequence of (train, test)
            Row numbers; each row is in exactly one test part.
        folds : sequence of int, optional
            The split of each estimator, from 0 on; None if there is one for each, in order.
        weights : sequence of float, optional
            How much each estimator counts; None counts all alike.
        calibrate : {None, "temperature"}, default=None
            "temperature" divides the averaged logits by the number with which the rows out of fold
            have the lowest logarithmic loss. It changes probabilities and no label.
        predictions : array-like of shape (n, n_classes), (n,) or (n, n_outputs), optional
            What the estimators of each row's fold predict of it, if that is known: probabilities
            of all labels, or numbers. Then `X` is not looked at and may be None. None asks the
            estimators.

        Returns
        -------
        Ensemble
            A fitted ensemble.

        Raises
        ------
        ValueError
            If splits, folds, weights, predictions and estimators do not fit together.

        References
        ----------
        .. [1] R. Rahaman, A. Thiery, "Uncertainty Quantification and Deep Ensembles", NeurIPS
           2021, on calibration after averaging.

        Examples
        --------
        >>> from sklearn.datasets import load_digits
        >>> from sklearn.linear_model import LogisticRegression
        >>> from sklearn.model_selection import KFold
        >>> from nnest import Ensemble
        >>> X, y = load_digits(return_X_y=True)
        >>> X, splits = X / 16, list(KFold(3).split(X[:900]))
        >>> nets = [LogisticRegression().fit(X[train], y[train]) for train, _ in splits]
        >>> ensemble = Ensemble.from_folds(nets, X[:900], y[:900], splits)
        >>> sets = ensemble.predict_set(X[900:], alpha=0.1)
        >>> bool(sets[range(897), y[900:]].mean() > 0.85)
        True
        """
        if calibrate not in (None, "temperature"):
            raise ValueError(
                f"calibrate={calibrate!r} is not accepted: give None or 'temperature'."
            )
        ensemble = cls.from_fitted(estimators, weights)
        targets = np.asarray(y)
        if is_classifier(ensemble):
            targets = column_or_1d(targets, warn=True)
            unknown = np.setdiff1d(targets, ensemble.classes_)
            if unknown.size:
                raise ValueError(
                    f"y has the label {unknown[0]}, which no estimator knows: give the targets "
                    "on which they were fitted."
                )
            targets = np.searchsorted(ensemble.classes_, targets)
        elif calibrate:
            raise ValueError("calibrate='temperature' is for classifiers: give None.")
        places = list(range(len(estimators)) if folds is None else folds)
        if len(places) != len(estimators):
            raise ValueError(
                f"Got {len(places)} folds for {len(estimators)} estimators: give the split of each."
            )
        counted = {fold for fold, w in zip(places, ensemble.weights_, strict=True) if w > 0}
        if not set(places) <= counted:
            raise ValueError(
                "All estimators of a fold have weight 0: give at least one of each fold a weight "
                "above 0."
            )
        ask: Callable[[int, Any], np.ndarray] = partial(ensemble._of_fold, places)
        if predictions is not None:
            outputs = (len(ensemble.classes_),) if is_classifier(ensemble) else targets.shape[1:]
            X = checked_predictions(predictions, (len(targets), *outputs))
            ask = _as_known
        known = OutOfFold.of(places, splits, X, targets, ask)
        ensemble.out_of_fold_ = known
        if calibrate:
            ensemble.temperature_ = known.temperature()
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

    def predict_set(self, X: Any, alpha: float = 0.1) -> np.ndarray:
        """Return the classes that each sample may belong to.

        Parameters
        ----------
        X : array-like of shape (n, p), (n, h, w) or (n, h, w, c)
            Samples.
        alpha : float, default=0.1
            The share of sets that may miss the true class; see `nnest.ensembles.conformal_sets`
            for what is promised.

        Returns
        -------
        ndarray of bool of shape (n, n_classes)
            Which of `classes_` are in each set.

        Raises
        ------
        ValueError
            If the ensemble is not one of a cross-validation's classifiers.
        """
        known = self._known("predict_set", "classifiers", is_classifier(self))
        return known.sets(self._by_fold(X, known), alpha)

    def predict_interval(self, X: Any, alpha: float = 0.1) -> np.ndarray:
        """Return an interval for the target of each sample.

        Parameters
        ----------
        X : array-like of shape (n, p), (n, h, w) or (n, h, w, c)
            Samples.
        alpha : float, default=0.1
            The share of intervals that may miss the target; see
            `nnest.ensembles.conformal_intervals` for what is promised.

        Returns
        -------
        ndarray of shape (n, 2) or (n, n_outputs, 2)
            Lower and upper bounds.

        Raises
        ------
        ValueError
            If the ensemble is not one of a cross-validation's regressors.
        """
        known = self._known("predict_interval", "regressors", not is_classifier(self))
        return known.intervals(self._by_fold(X, known), alpha)

    def _known(self, method: str, kind: str, right: bool) -> OutOfFold:
        """Return what is known of rows out of fold, or raise if that says nothing here."""
        check_is_fitted(self)
        known: OutOfFold | None = self.out_of_fold_
        if known is None or not right:
            raise ValueError(
                f"{method} needs an ensemble of {kind} of a cross-validation: see "
                "Ensemble.from_folds."
            )
        return known

    def _by_fold(self, X: Any, known: OutOfFold) -> np.ndarray:
        """Return what the members of each fold predict, (n_folds, n, ...)."""
        folds = np.arange(int(known.members.max()) + 1)
        weights = np.where(known.members == folds[:, None], self.weights_, 0)
        return np.stack(self._mixtures(X, weights))

    def _of_fold(self, folds: Sequence[int], fold: int, X: Any) -> np.ndarray:
        """Return what the members of one fold predict."""
        (mixed,) = self._mixtures(X, np.where(np.equal(folds, fold), self.weights_, 0)[None])
        return mixed


def _as_known(fold: int, predictions: np.ndarray) -> np.ndarray:
    """Return the predictions of a fold that are known already."""
    del fold
    return predictions
