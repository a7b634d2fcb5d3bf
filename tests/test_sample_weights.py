"""Weights of samples and classes are relative: what counts is how they compare."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.ensemble import AdaBoostClassifier
from sklearn.model_selection import train_test_split

from nnest import MLPClassifier, MLPRegressor, fit_many
from tests.networks import ESTIMATORS, mlp, network, pictures, refuses, same_weights, weights

RNG = np.random.default_rng(0)
X, Y = pictures()
WEIGHT = RNG.uniform(0.2, 2.0, len(X)).astype(np.float32)
COUNTS = np.arange(len(X)) * 7 % 4
FULL: dict[str, Any] = {"batch_size": 512, "optimizer": "sgd", "epochs": 3}


def same(one: Any, other: Any) -> bool:
    """Tell whether weights and histories are equal to the last bit."""
    return same_weights(one, other) and one.history_ == other.history_


@pytest.mark.parametrize("cls", ESTIMATORS)
@pytest.mark.parametrize("early", [False, True])
def test_equal_weights_are_none(cls: Any, early: bool) -> None:
    """Bit for bit, in training, in the history and for early stopping."""
    net = network(cls, l2=0.01, early_stopping=early)
    plain = network(cls, l2=0.01, early_stopping=early).fit(X, Y)
    for unit in (0.01, 7.3, 1e-30):
        assert same(net.fit(X, Y, sample_weight=np.full(len(X), unit)), plain)


@pytest.mark.parametrize("early", [False, True])
def test_the_unit_does_not_matter(early: bool) -> None:
    """Weights times 1024 are the same problem."""
    net, other = (mlp(l2=0.01, early_stopping=early, epochs=5) for _ in range(2))
    assert same(net.fit(X, Y, sample_weight=WEIGHT), other.fit(X, Y, sample_weight=1024 * WEIGHT))


def test_a_penalty_weighs_the_same_in_any_unit() -> None:
    """The slope of a ridge regression; with weights of 0.01 it was a tenth."""
    settings: dict[str, Any] = {"hidden_units": (), "optimizer": "sgd", "learning_rate": 0.1}
    x = RNG.normal(size=(100, 1))
    slopes = [
        MLPRegressor(**settings, l2=0.1, epochs=60, random_state=0)
        .fit(x, 2 * x[:, 0], sample_weight=np.full(100, unit))
        .model_.get_weights()[0]
        .item()
        for unit in (1.0, 0.01)
    ]
    assert slopes[0] == slopes[1] > 1.5


def test_groups_weigh_as_one_does() -> None:
    """Each member by the mean over its own rows."""
    nets, alone = [mlp(), mlp()], mlp()
    splits = [(np.arange(40), np.arange(40, 64)), (np.arange(20, 60), np.arange(20))]
    fit_many(nets, X, Y, splits=splits, sample_weight=0.001 * WEIGHT)
    for net, (rows, watched) in zip(nets, splits, strict=True):
        alone.fit(X[rows], Y[rows], WEIGHT[rows], X_val=X[watched], y_val=Y[watched])
        for one, other in zip(weights(net), weights(alone), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)
        for name, values in alone.history_.items():
            np.testing.assert_allclose(net.history_[name], values, rtol=1e-4)


def test_adaboost_of_three() -> None:
    """Its weights sum to one; three networks are about as good as one."""
    X, y = load_digits(return_X_y=True)
    A, B, a, b = train_test_split(X / 16, y, random_state=0, stratify=y)
    net = MLPClassifier(
        hidden_units=(32,), optimizer="sgd", learning_rate=0.1, momentum=0.9, random_state=0
    )
    assert AdaBoostClassifier(net, n_estimators=3, random_state=0).fit(A, a).score(B, b) > 0.94


@pytest.mark.parametrize("grouped", [False, True])
def test_weight_zero_is_absent_for_early_stopping(grouped: bool) -> None:
    """The part that is set aside is drawn from the samples that count, and so are its groups."""
    kept = COUNTS > 0
    groups = np.arange(len(X)) // 4 if grouped else None
    net = mlp(early_stopping=True, validation_fraction=0.25, epochs=4)
    net.fit(X, Y, sample_weight=COUNTS, groups=groups)
    other = mlp(early_stopping=True, validation_fraction=0.25, epochs=4)
    own = None if groups is None else groups[kept]
    assert same(net, other.fit(X[kept], Y[kept], sample_weight=COUNTS[kept], groups=own))


def test_a_loss_that_is_watched_is_a_weighted_mean() -> None:
    """Of the validation samples, by class weights that the training samples decide."""
    few = Y != 2
    few[:6] = True  # two samples of class 2
    net = mlp(class_weight="balanced", epochs=3).fit(X[few], Y[few], X_val=X, y_val=Y)
    n = np.bincount(Y[few])
    own = (few.sum() / (3 * n))[Y]
    losses = -np.log(net.predict_proba(X)[np.arange(len(X)), Y])
    expected = np.average(losses, weights=own)
    assert net.history_["val_loss"][-1] == pytest.approx(expected, rel=1e-5)
    assert expected != pytest.approx(losses.mean(), rel=1e-2)


def test_balanced_counts_weights() -> None:
    """A whole weight is a sample repeated, and zero is none, for the balance too."""
    rows = np.repeat(np.arange(len(X)), COUNTS)
    net = mlp(class_weight="balanced", **FULL).fit(X, Y, sample_weight=np.where(Y == 1, COUNTS, 1))
    torn = np.repeat(np.arange(len(X)), np.where(Y == 1, COUNTS, 1))
    repeated = mlp(class_weight="balanced", **FULL).fit(X[torn], Y[torn])
    for one, other in zip(weights(net), weights(repeated), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    zero = mlp(class_weight="balanced").fit(X, Y, sample_weight=COUNTS)
    kept = np.unique(rows)
    absent = mlp(class_weight="balanced").fit(X[kept], Y[kept], sample_weight=COUNTS[kept])
    assert same(zero, absent)


def test_equal_class_weights_are_none() -> None:
    """Whatever they are."""
    assert same(mlp(class_weight={0: 5, 1: 5, 2: 5}).fit(X, Y), mlp().fit(X, Y))


def test_class_weights_that_leave_nothing() -> None:
    """There is nothing to learn from."""
    with refuses(
        "class_weight leaves none of 64 samples with a weight above zero: give the class of some "
        "of them a weight."
    ):
        mlp(class_weight={0: 0.0, 1: 0.0, 2: 0.0}).fit(X, Y)


def test_partial_fit_takes_weights_as_they_are() -> None:
    """A call sees a part of the samples: a weight of one is no weight, and two is another."""
    plain = mlp().partial_fit(X, Y)
    once, twice = (mlp(optimizer="sgd") for _ in range(2))
    assert same(mlp().partial_fit(X, Y, sample_weight=np.ones(len(X))), plain)
    once.partial_fit(X, Y, sample_weight=np.ones(len(X)))
    twice.partial_fit(X, Y, sample_weight=np.full(len(X), 2.0))
    assert twice.history_["loss"][0] > 1.5 * once.history_["loss"][0]


def test_partial_fit_cannot_balance() -> None:
    """As scikit-learn's own classifiers say; a dict is taken."""
    with refuses(
        "class_weight='balanced' is not accepted by partial_fit, which sees a part of the "
        "samples: compute the weights from all of them, as compute_class_weight of sklearn.utils "
        "does, and give them as a dict."
    ):
        mlp(class_weight="balanced").partial_fit(X, Y)
    assert mlp(class_weight={0: 1.0, 1: 2.0, 2: 1.0}).partial_fit(X, Y).n_iter_ == 1
