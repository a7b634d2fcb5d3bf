"""Networks of other layers and units learn in one program what each learns alone."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import optuna
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits

from nnest import MLPClassifier, MLPRegressor, OptunaSearchCV, VectorizedGridSearchCV, load, save
from nnest.estimators import network_size
from nnest.layers import compiled_initializer
from nnest.population import fit_many
from nnest.population._vmapped_steps import train_many
from nnest.programs import clear_programs

DIGITS = load_digits()
X, Y = (DIGITS.data[:400] / 16).astype(np.float32), DIGITS.target[:400]
UNITS = [(20,), (12, 9), (30, 10, 7), (17, 30, 30)]


def networks(kind: Any = MLPClassifier, **settings: Any) -> list[Any]:
    """Return a network for each of the layers."""
    common: dict[str, Any] = {"dropout": 0.2, "l2": 1e-3, "epochs": 3, **settings}
    return [kind(hidden_units=u, random_state=i, **common) for i, u in enumerate(UNITS)]


@pytest.mark.parametrize(
    "settings",
    [
        {"batch_norm_at": "every", "batch_norm_order": "after_activation", "shortcut": True},
        {"activation": "sigmoid", "optimizer": "sgd", "momentum": 0.9, "weight_decay": 0.01},
        {"optimizer": "adagrad", "l1": 1e-4, "clip_norm": 0.5, "bias_initializer": "ones"},
        {"early_stopping": True, "n_iter_no_change": 1, "kernel_initializer": "he_normal"},
    ],
    ids=["normalized", "sgd", "adagrad", "early stopping"],
)
def test_filled_up_is_as_alone(settings: dict[str, Any]) -> None:
    """History, weights, optimizer and outputs are those of the networks' own fits."""
    own = fit_many(networks(**settings), X, Y)
    filled = fit_many(networks(**settings), X, Y, fill_units=True)
    for one, other in zip(own, filled, strict=True):
        assert network_size(one)["parameters"] == network_size(other)["parameters"]
        np.testing.assert_allclose(one.history_["loss"], other.history_["loss"], atol=1e-3)
        np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), atol=5e-3)
        pairs = zip(one.model_.variables, other.model_.variables, strict=True)
        for mine, theirs in pairs:
            assert mine.shape == theirs.shape
            np.testing.assert_allclose(np.asarray(mine), np.asarray(theirs), atol=5e-3)
        pairs = zip(one.model_.optimizer.variables, other.model_.optimizer.variables, strict=True)
        for mine, theirs in pairs:
            np.testing.assert_allclose(np.asarray(mine), np.asarray(theirs), atol=5e-3)
        np.testing.assert_allclose(other.predict_proba(X), one.predict_proba(X), atol=5e-3)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows with each program of training that is made."""
    clear_programs()
    found: list[int] = []

    def make(*given: Any) -> Any:
        found.append(1)
        return train_many(*given)

    monkeypatch.setattr("nnest.population._blocks.train_many", make)
    return found


def test_they_share_programs(made: list[int]) -> None:
    """Powers of two and three layers make three architectures of four."""
    filled = fit_many(networks(), X, Y, fill_units=True)
    assert [net.group_["members"] for net in filled] == [2, 1, 1, 2]
    assert len(made) == 3
    others = [net.set_params(random_state=9, dropout=0.4) for net in networks()]
    fit_many(others, X, Y, fill_units=True)
    assert len(made) == 3
    assert {net.group_["members"] for net in fit_many(networks(), X, Y)} == {1}
    assert len(made) == 7


def test_what_units_more_would_change_is_not_filled_up() -> None:
    """Softmax looks at all units of a layer; "last" is another layer in a deeper network."""
    for settings in ({"activation": "softmax"}, {"dropout_at": "last"}, {"batch_norm_at": "first"}):
        filled = fit_many(networks(**settings)[::3], X, Y, fill_units=True)
        assert {net.group_["members"] for net in filled} == {1}


def test_it_pays_or_is_not_done() -> None:
    """Long trainings have programs of their own, whatever is beside them."""
    wide = [MLPClassifier(hidden_units=(n,), epochs=1, random_state=0) for n in (520, 600)]
    samples, labels = np.tile(X, (500, 1)), np.tile(Y, 500)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nnest.population._fit_many._train", lambda *_: [])
        patch.setattr("nnest.population._ahead.Group.compile", lambda _: None)
        seen: list[int] = []
        patch.setattr("nnest.population._fit_many._groups", lambda m: seen.append(
            len({id(each.like) for each in m})) or [])  # fmt: skip
        fit_many([clone(net) for net in wide], samples, labels, fill_units=True)
        fit_many([clone(net) for net in wide], X, Y, fill_units=True)
    assert seen == [2, 1]


def test_a_filled_network_goes_everywhere(tmp_path: Any) -> None:
    """It is copied, saved, trained on and joined to others as any other."""
    (net, *_) = fit_many(networks(MLPRegressor, warm_start=True), X, Y / 9, fill_units=True)
    expected = net.predict(X)
    save(net, tmp_path / "net.zip")
    np.testing.assert_allclose(load(tmp_path / "net.zip").predict(X), expected, atol=1e-6)
    together = fit_many([net], X, Y / 9, fill_units=True)[0]
    assert len(together.history_["loss"]) == 6
    assert together.model_.get_layer("hidden_1").units == 20
    assert together.fit(X, Y / 9).history_["loss"][-1] < together.history_["loss"][0]


def test_searches_over_layers_share_programs() -> None:
    """A grid of four architectures on two folds is trained as two groups, and scores agree."""
    grid = {"hidden_units": UNITS}
    net = MLPClassifier(epochs=3, random_state=0)
    search = VectorizedGridSearchCV(net, grid, cv=2, refit=False).fit(X, Y)
    for units, score in zip(UNITS, search.cv_results_["split0_test_score"], strict=True):
        own = VectorizedGridSearchCV(clone(net).set_params(hidden_units=units), {"l2": [0.0]}, cv=2)
        assert own.fit(X, Y).cv_results_["split0_test_score"][0] == pytest.approx(score, abs=0.011)


def test_a_study_of_widths_compiles_one_program(made: list[int]) -> None:
    """Any number of units from 17 to 32, in up to three layers, is one."""

    def space(trial: optuna.Trial) -> dict[str, Any]:
        depth = trial.suggest_int("depth", 1, 3)
        return {"hidden_units": tuple(trial.suggest_int(f"n{i}", 17, 32) for i in range(depth))}

    net = MLPClassifier(epochs=1, batch_size=128)
    search = OptunaSearchCV(net, space, n_trials=6, cv=2, random_state=1, refit=False).fit(X, Y)
    assert len({params["hidden_units"] for params in search.cv_results_["params"]}) == 6
    assert len(made) == 1


@pytest.mark.parametrize("kind", ["GlorotUniform", "HeNormal", "LecunNormal", "HeUniform"])
@pytest.mark.parametrize("shape", [(784, 130), (7, 3), (3, 3, 8, 17), (1, 1)])
def test_initial_weights_are_those_of_keras(kind: str, shape: tuple[int, ...]) -> None:
    """One program draws all shapes, to the last bit."""
    of_keras = getattr(keras.initializers, kind)
    ours = compiled_initializer(of_keras(seed=5))(shape, "float32")
    np.testing.assert_array_equal(np.asarray(of_keras(seed=5)(shape, "float32")), ours)
