"""What training minimizes and with what; and that settings which are weights compile nothing."""

from __future__ import annotations

import inspect
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from nnest import CNNClassifier, MLPClassifier, MLPRegressor
from nnest.builders import build_cnn
from tests.networks import cnn, compilations, mlp, network, pictures, same_weights, weights

X, Y = pictures()
OPTIMIZERS = {
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "adamax": keras.optimizers.Adamax,
    "nadam": keras.optimizers.Nadam,
    "sgd": keras.optimizers.SGD,
    "rmsprop": keras.optimizers.RMSprop,
    "adagrad": keras.optimizers.Adagrad,
    "adadelta": keras.optimizers.Adadelta,
    "ftrl": keras.optimizers.Ftrl,
    "lion": keras.optimizers.Lion,
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_are_keras_own(name: str) -> None:
    """Without a learning rate it is Keras's default for that optimizer."""
    net = mlp(optimizer=name, learning_rate=None, hidden_units=(), epochs=1).fit(X, Y)
    assert type(net.model_.optimizer) is OPTIMIZERS[name]
    default = inspect.signature(OPTIMIZERS[name]).parameters["learning_rate"].default
    assert float(net.model_.optimizer.learning_rate) == pytest.approx(default)


def test_learning_rate_and_momentum_reach_the_optimizer() -> None:
    """Two steps of gradient descent on a linear network, done by hand in float64."""
    rate, momentum = 0.25, 0.5
    settings = {"hidden_units": (), "optimizer": "sgd", "batch_size": 64}
    settings |= {"kernel_initializer": "zeros", "learning_rate": rate, "momentum": momentum}
    net = network(MLPRegressor, **settings).fit(X, Y)
    inputs = np.column_stack([X.reshape(64, -1), np.ones(64)]).astype(float)
    w = velocity = np.zeros(37)
    for _ in range(2):
        gradient = 2 * inputs.T @ (inputs @ w - Y) / 64
        velocity = momentum * velocity - rate * gradient
        w = w + velocity
    found = np.concatenate([part.ravel() for part in weights(net)])
    np.testing.assert_allclose(found, w, rtol=1e-4, atol=1e-5)


def test_penalties_are_part_of_the_loss() -> None:
    """The loss of the first step is the error plus both penalties on the first kernels."""
    still = {"learning_rate": 1e-30, "epochs": 1, "batch_size": 64}
    plain = network(MLPRegressor, **still).fit(X, Y)
    net = network(MLPRegressor, l1=0.01, l2=0.1, **still).fit(X, Y)
    kernels = [w for w in weights(net) if w.ndim > 1]
    penalty = sum(0.01 * np.abs(k).sum() + 0.1 * np.square(k).sum() for k in kernels)
    assert penalty > 0.1
    assert net.history_["loss"][0] - plain.history_["loss"][0] == pytest.approx(penalty, rel=1e-4)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_label_smoothing_is_keras_own(smoothing: float) -> None:
    """The loss in training is Keras's with smoothed labels, in validation that with plain ones."""
    net = mlp(label_smoothing=smoothing, learning_rate=1e-30, batch_size=64, epochs=1)
    net.fit(X, Y, X_val=X, y_val=Y)
    one_hot, found = np.eye(3, dtype=np.float32)[Y], net.predict_proba(X)
    smoothed = keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)
    plain = keras.losses.CategoricalCrossentropy()
    assert net.history_["loss"][0] == pytest.approx(float(smoothed(one_hot, found)), rel=1e-5)
    assert net.history_["val_loss"][0] == pytest.approx(float(plain(one_hot, found)), rel=1e-5)


def test_settings_of_the_architecture_reach_the_builder() -> None:
    """The model has the layers that the builder gives for the same settings; places count."""
    settings = {
        "filters": (2, 3), "conv_dropout": 0.5, "conv_dropout_at": "activation",
        "conv_batch_norm": True, "pooling": (None, "average"), "hidden_units": (4, 4),
        "dropout": 0.5, "dropout_at": "last", "batch_norm_at": "first",
        "batch_norm_order": "after_activation", "shortcut": True,
    }  # fmt: skip
    net = cnn(epochs=1, **settings).fit(X, Y)
    built = build_cnn((6, 6, 1), 3, **settings)
    assert [x.name for x in net.model_.layers] == [x.name for x in built.layers]
    assert net.model_.count_params() == built.count_params()


def test_dropout_is_for_training_only() -> None:
    """Predictions of one network are the same twice, and the training is another."""
    net = mlp(dropout=0.5).fit(X, Y)
    np.testing.assert_array_equal(net.predict_proba(X), net.predict_proba(X))
    assert not same_weights(net, mlp(dropout=0.1).fit(X, Y))


@pytest.mark.parametrize("cls", [MLPClassifier, CNNClassifier])
@pytest.mark.parametrize("other", [
    {"dropout": 0.6}, {"l1": 0.1}, {"l2": 0.1}, {"learning_rate": 0.5}, {"random_state": 8},
    {"label_smoothing": 0.2}, {"class_weight": "balanced"}, {"epochs": 3},
], ids=lambda settings: next(iter(settings)))  # fmt: skip
def test_what_is_a_weight_compiles_nothing(cls: Any, other: dict[str, Any]) -> None:
    """A second network of the architecture runs the programs of the first, to other numbers."""
    # A weight of each sample is part of the program, so both have one.
    ones = np.ones(len(X), np.float32)
    first = network(cls, dropout=0.3, momentum=0.5, optimizer="sgd", l2=1e-3)
    first.fit(X, Y, sample_weight=ones).predict(X)
    second = network(cls, **{**first.get_params(), **other})
    with compilations() as compiled:
        second.fit(X, Y, sample_weight=ones).predict(X)
    assert compiled == []
    assert not same_weights(first, second)


def test_what_is_no_weight_compiles() -> None:
    """Otherwise the tests above could not fail."""
    mlp(hidden_units=(9,)).fit(X, Y)
    with compilations() as compiled:
        mlp(hidden_units=(10,)).fit(X, Y)
    assert compiled != []


def test_a_search_compiles_for_one_network() -> None:
    """Nine settings in two folds and the refit take the programs of a single setting's search."""
    fixed = {"hidden_units": (7,), "dropout": 0.1}

    def search(**grid: Any) -> GridSearchCV:
        return GridSearchCV(mlp(**fixed), grid, cv=2, error_score="raise").fit(X, Y)

    search(l2=[0.0])
    with compilations() as compiled:
        wide = search(l2=[0.0, 1e-3, 1e-2], dropout=[0.1, 0.3, 0.5])
    assert compiled == []
    assert len(wide.cv_results_["params"]) == 9
