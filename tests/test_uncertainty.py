"""How sure networks are: our temperature, sets and intervals beside scikit-learn's and MAPIE's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_diabetes, load_digits
from sklearn.model_selection import KFold

from nnest import Ensemble, MLPClassifier, MLPRegressor

X, Y = load_digits(return_X_y=True)
X = (X[:500] / 16).astype("float32")
Y = Y[:500]
FOLDS = KFold(3, shuffle=True, random_state=0)
NET = MLPClassifier(hidden_units=(16,), epochs=12, learning_rate=0.01, random_state=0)


def of_folds(net: Any, X: np.ndarray, y: np.ndarray) -> Ensemble:
    """Return the ensemble of the folds' networks, calibrated where it has classes."""
    splits = list(FOLDS.split(X))
    nets = [clone(net).fit(X[train], y[train]) for train, _ in splits]
    calibrate = "temperature" if isinstance(net, MLPClassifier) else None
    return Ensemble.from_folds(nets, X, y, splits, calibrate=calibrate)


@pytest.fixture(scope="module")
def folded() -> Ensemble:
    """Three networks of a cross-validation over the first 350 digits."""
    return of_folds(NET, X[:350], Y[:350])


def test_scikit_learn_finds_the_same_temperature(folded: Ensemble) -> None:
    """From the same folds; and its own network of all rows keeps its labels."""
    theirs = CalibratedClassifierCV(NET, method="temperature", cv=FOLDS, ensemble=False)
    theirs.fit(X[:350], Y[:350])
    (whole,) = theirs.calibrated_classifiers_

    assert 1 / whole.calibrators[0].beta_ == pytest.approx(folded.temperature_, rel=1e-3)
    plain = whole.estimator.predict_proba(X[350:])
    np.testing.assert_array_equal(theirs.predict(X[350:]), plain.argmax(axis=1))
    assert np.abs(theirs.predict_proba(X[350:]) - plain).max() > 1e-3


def test_mapie_gives_the_same_sets(folded: Ensemble) -> None:
    """It fits networks of the same folds by itself."""
    mapie = pytest.importorskip("mapie.classification", reason="MAPIE is not installed")
    theirs = mapie.CrossConformalClassifier(
        NET, confidence_level=0.9, conformity_score="lac", cv=FOLDS
    )
    theirs.fit_conformalize(X[:350], Y[:350])
    _, sets = theirs.predict_set(X[350:], agg_scores="crossval")

    np.testing.assert_array_equal(sets[:, :, 0], folded.predict_set(X[350:], alpha=0.1))


def test_mapie_gives_the_same_intervals() -> None:
    """By CV+, of networks that it fits by itself."""
    mapie = pytest.importorskip("mapie.regression", reason="MAPIE is not installed")
    inputs, targets = load_diabetes(return_X_y=True)
    targets = (targets - targets.mean()) / targets.std()
    net = MLPRegressor(hidden_units=(8,), epochs=5, random_state=0)
    theirs = mapie.CrossConformalRegressor(net, confidence_level=0.9, method="plus", cv=FOLDS)
    theirs.fit_conformalize(inputs[:300], targets[:300])
    _, bounds = theirs.predict_interval(inputs[300:])

    ours = of_folds(net, inputs[:300], targets[:300]).predict_interval(inputs[300:], alpha=0.1)
    np.testing.assert_allclose(bounds[:, :, 0], ours, atol=1e-5)
