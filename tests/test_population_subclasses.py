"""Subclasses of the estimators: what is their own is used, alone and in searches."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution
from sklearn.model_selection import GridSearchCV

from nnest import MLPClassifier, OptunaSearchCV, VectorizedGridSearchCV
from nnest.population import fit_many
from tests.networks import mlp, network, same_weights
from tests.searches import assert_same, table

X, Y = table()
ALONE = "estimators were fitted one by one: their class has a `fit` of its own."


class Plain(MLPClassifier):
    """A `fit` that takes nothing but samples and targets."""

    def fit(self, X: Any, y: Any) -> Any:
        """Learn nothing."""
        return super().fit(0 * X, y)


class Weighted(MLPClassifier):
    """A `fit` that hands on what it is given."""

    def fit(self, X: Any, y: Any, **params: Any) -> Any:
        """Learn nothing."""
        return super().fit(0 * X, y, **params)


class Trains(MLPClassifier):
    """A training of its own under the `fit` of all."""

    def _train(self, part: Any, epochs: int, *others: Any) -> None:
        super()._train(part, 1, *others)


class Constant(MLPClassifier):
    """A `fit` that trains no network."""

    def fit(self, X: Any, y: Any) -> Any:
        """Keep the labels."""
        self.classes_, self.n_features_in_ = np.unique(y), X.shape[1]
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Always answer with the first."""
        return np.full(len(X), self.classes_[0])


class Predicts(MLPClassifier):
    """Answers of its own."""

    def predict(self, X: Any) -> np.ndarray:
        """Always answer with the first label."""
        return np.full(len(X), self.classes_[0])


class Probable(MLPClassifier):
    """Probabilities of its own."""

    def predict_proba(self, X: Any) -> np.ndarray:
        """Turn them round."""
        return super().predict_proba(X)[:, ::-1]


class Scores(MLPClassifier):
    """A score of its own."""

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return a number that no accuracy can be."""
        return 7 + super().score(X, y, sample_weight)


class Smaller(MLPClassifier):
    """Nothing of its own but defaults."""

    def __init__(self, hidden_units: Any = (8,), epochs: int = 2, random_state: Any = 0) -> None:
        super().__init__(hidden_units=hidden_units, epochs=epochs, random_state=random_state)


def test_the_own_fit_is_called_with_what_it_takes() -> None:
    """Other members train together, a subclass that changes nothing but a default among them."""
    members = [network(Plain), network(Weighted), Smaller(), Smaller(random_state=1)]
    part = (np.arange(40), np.arange(40, 60))

    with pytest.warns(UserWarning, match=re.escape(f"2 of 4 {ALONE}")):
        fit_many(members, X, Y, splits=[part] * 4)

    expected = mlp().fit(0 * X[:40], Y[:40], X_val=X[40:], y_val=Y[40:])
    assert all(same_weights(each, expected) for each in members[:2])
    assert ["val_loss" in each.history_ for each in members] == [False, True, True, True]
    assert [getattr(each, "group_", {}).get("members") for each in members] == [None, None, 2, 2]


@pytest.mark.filterwarnings("ignore:.*were fitted one by one")
@pytest.mark.parametrize("cls", [Plain, Weighted, Trains, Constant], ids=lambda cls: cls.__name__)
def test_searches_fit_as_scikit_learn_does(cls: Any) -> None:
    """In a grid and in a study, with a pruner too."""
    grid = {"random_state": [0, 1]}
    settings = {"cv": 2, "scoring": "accuracy", "error_score": "raise"}
    theirs = GridSearchCV(network(cls), grid, **settings).fit(X, Y)

    assert_same(theirs, VectorizedGridSearchCV(network(cls), grid, **settings).fit(X, Y))
    study = OptunaSearchCV(
        network(cls),
        {"random_state": CategoricalDistribution([0, 1])},
        sampler="grid",
        pruner="median",
        n_trials=2,
        **settings,
    ).fit(X, Y)
    assert study.best_score_ == pytest.approx(theirs.best_score_, abs=1e-3)


@pytest.mark.parametrize(
    ("cls", "scoring"),
    [(Predicts, "accuracy"), (Predicts, None), (Probable, "neg_log_loss"), (Scores, None)],
)
def test_own_answers_are_scored(cls: Any, scoring: Any) -> None:
    """Networks that are trained together are asked by their own methods."""
    settings = {"cv": 2, "scoring": scoring, "refit": False}
    grid = {"l2": [0.0]}
    theirs = GridSearchCV(network(cls), grid, **settings).fit(X, Y)

    ours = VectorizedGridSearchCV(network(cls), grid, **settings).fit(X, Y)

    assert_same(theirs, ours)
