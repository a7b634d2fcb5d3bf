"""A network whose numbers are not finite answers nothing, and wins no search."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import GridSearchCV, cross_val_score

from nnest import VectorizedGridSearchCV, load, save
from nnest.experiments._train import _evaluate
from tests.networks import mlp, network

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
# Most labels are the first: of a network that answers NaN it was the label of all.
Y = (RNG.random(60) > 0.85).astype(int)
WILD: dict[str, Any] = {"optimizer": "sgd", "learning_rate": 1e30, "activation": "linear"}
SENTENCE = (
    "This MLPClassifier answers with numbers that are not finite: its training diverged, or the "
    "samples are too large for float32. Fit again with a smaller learning_rate, or with samples of "
    "a smaller scale."
)


@pytest.fixture(scope="module")
def lost() -> Any:
    """Return a network that diverged."""
    net = mlp(**WILD, epochs=3).fit(X, Y)
    assert net.diverged_
    return net


def test_a_classifier_gives_no_label(lost: Any, tmp_path: Path) -> None:
    """Nor probabilities; a file does not change that."""
    save(lost, tmp_path / "lost")
    for net in (lost, load(tmp_path / "lost")):
        for answer in (net.predict, net.predict_proba):
            with pytest.raises(ValueError, match=f"^{re.escape(SENTENCE)}$"):
                answer(X)


def test_a_regressor_gives_no_number() -> None:
    """Its mean squared error would be refused by scikit-learn in other words."""
    from nnest import MLPRegressor

    net = network(MLPRegressor, **WILD).fit(X, Y.astype(float))
    with pytest.raises(ValueError, match=r"^This MLPRegressor answers with numbers that are not"):
        net.predict(X)


@pytest.mark.parametrize("search", [GridSearchCV, VectorizedGridSearchCV])
def test_it_wins_no_grid(search: Any) -> None:
    """It scores as scikit-learn's *error_score* says, with a warning."""
    grid = {"learning_rate": [1e30, 0.001]}
    net = mlp(**{**WILD, "epochs": 2})
    with pytest.warns(UserWarning, match="Scoring failed"):
        done = search(net, grid, cv=2, error_score=0.0).fit(X, Y)
    assert done.best_params_ == {"learning_rate": 0.001}
    assert done.cv_results_["mean_test_score"][0] == 0.0
    with pytest.raises(ValueError, match="answers with numbers that are not finite"):
        search(net, grid, cv=2, error_score="raise").fit(X, Y)


def test_it_has_no_score_and_no_calibration() -> None:
    """Folds of it score NaN; what stands on its probabilities raises its sentence."""
    with pytest.warns(UserWarning, match="Scoring failed"):
        assert np.isnan(cross_val_score(mlp(**WILD), X, Y, cv=2)).all()
    with pytest.raises(ValueError, match="answers with numbers that are not finite"):
        CalibratedClassifierCV(mlp(**WILD), cv=2).fit(X, Y)


def test_records_count_it_as_they_always_did(lost: Any) -> None:
    """Its accuracy is that of the first label, and its loss is no number."""
    scores, predicted = _evaluate(lost, X, Y)
    assert scores["accuracy"] == pytest.approx(np.mean(Y == 0))
    assert np.isnan(scores["loss"])
    assert set(predicted) == {0}
