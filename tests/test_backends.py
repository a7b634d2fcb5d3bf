"""The estimators do their work under every back end of Keras; see ``make test-backends``."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from nnest import CNNClassifier, CNNRegressor, MLPClassifier, MLPRegressor
from nnest.builders import build_cnn
from nnest.datasets import load_digits
from nnest.layers import Conv2D, Dense, Dropout, MaxPooling2D
from nnest.programs import _sharing, clear_programs
from tests.helpers import in_new_process

pytestmark = pytest.mark.backend

DIGITS = load_digits()
X, Y = DIGITS.data[:300] / 16, DIGITS.target[:300]
QUICK = {"learning_rate": 0.01, "random_state": 0}
MLP = MLPClassifier(hidden_units=(32,), epochs=8, **QUICK)
CNN = CNNClassifier(filters=(8,), hidden_units=(16,), epochs=8, **QUICK)
CLASSIFIERS = pytest.mark.parametrize("net", [MLP, CNN], ids=["mlp", "cnn"])


def numbers(*shape: int) -> np.ndarray:
    """Return random numbers of a shape."""
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def weights(net: Any) -> list[np.ndarray]:
    """Return what a fitted network weighs."""
    return net.model_.get_weights()


def same(one: Any, other: Any) -> bool:
    """Tell whether two fitted networks are equal to the last bit."""
    return all(np.array_equal(a, b) for a, b in zip(weights(one), weights(other), strict=True))


@CLASSIFIERS
def test_a_classifier_learns(net: Any) -> None:
    """Far better than chance, with probabilities that are float32 and sum to one."""
    net = clone(net).fit(X, Y)
    p = net.predict_proba(X)

    assert net.score(X, Y) > 0.8
    assert net.history_["loss"][-1] < net.history_["loss"][0] / 2
    assert p.dtype == np.float32
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("kind", [MLPRegressor, CNNRegressor])
def test_a_regressor_learns(kind: Any) -> None:
    """How much ink there is on a picture is easily told."""
    ink = X.reshape(len(X), -1).mean(axis=1) * 10
    net = kind(hidden_units=(16,), epochs=20, **QUICK).fit(X, ink)

    assert net.score(X, ink) > 0.5
    assert net.predict(X).shape == ink.shape


@CLASSIFIERS
def test_the_seed_decides_everything(net: Any) -> None:
    """Same seed, same weights, whatever the global states are; other seed, other weights."""
    net = clone(net).set_params(dropout=0.3, epochs=2)
    one = clone(net).fit(X, Y)
    keras.utils.set_random_seed(99)
    again, other = clone(net).fit(X, Y), clone(net).set_params(random_state=1).fit(X, Y)

    assert same(one, again)
    assert one.history_ == again.history_
    assert not same(one, other)


def test_no_global_state_is_touched() -> None:
    """The random states of Python and numpy are as they were."""
    keras.utils.set_random_seed(3)
    before = random.getstate(), np.random.get_state()[1].tolist()
    clone(CNN).set_params(dropout=0.3, conv_dropout=0.3, epochs=1).fit(X, Y)

    assert (random.getstate(), np.random.get_state()[1].tolist()) == before


def test_training_in_parts_is_training_at_once() -> None:
    """Three calls of one epoch are a fit of three, dropout included."""
    net = clone(MLP).set_params(dropout=0.3, epochs=3)
    parts = clone(net)
    for _ in range(3):
        parts.partial_fit(X, Y)

    assert same(parts, net.fit(X, Y))


def test_early_stopping_keeps_the_best_weights() -> None:
    """The network ends as its best epoch left it."""
    net = clone(MLP).set_params(early_stopping=True, n_iter_no_change=2, epochs=60, tol=0.05)
    net.fit(X, Y, X_val=X[:60], y_val=Y[:60])
    losses = net.history_["val_loss"]
    _, y, p = X[:60], Y[:60], net.predict_proba(X[:60])

    assert len(losses) == net.n_iter_ < 60
    assert net.best_epoch_ == net.n_iter_ - 2
    assert -np.log(p[np.arange(60), y]).mean() == pytest.approx(
        losses[net.best_epoch_ - 1], rel=1e-3
    )


def test_a_pickled_network_is_the_same(tmp_path: Path) -> None:
    """It predicts as before in another process, and trains on."""
    nets = [clone(net).set_params(epochs=1).fit(X, Y) for net in (MLP, CNN)]
    twins, found = in_new_process(tmp_path, *[(net, "predict_proba", X) for net in nets])

    for net, twin, probabilities in zip(nets, twins, found, strict=True):
        np.testing.assert_array_equal(probabilities, net.predict_proba(X))
        assert twin.partial_fit(X, Y).n_iter_ == 2


def test_a_grid_search_runs() -> None:
    """Over what is traced and what is not."""
    grid = {"dropout": [0.0, 0.3], "hidden_units": [(), (16,)]}
    search = GridSearchCV(clone(MLP).set_params(epochs=3), grid, cv=2).fit(X, Y)

    assert search.best_score_ > 0.5
    assert len(search.cv_results_["params"]) == 4


def test_no_dropout_is_exactly_the_identity() -> None:
    """Also on this back end."""
    x = numbers(3, 50)
    np.testing.assert_array_equal(ops.convert_to_numpy(Dropout(0.0, seed=0)(x, training=True)), x)


def test_dropout_keeps_its_share() -> None:
    """And the expected value, with masks that go on from call to call."""
    layer = Dropout(0.25, seed=0)
    first, second = (
        ops.convert_to_numpy(layer(np.ones(10_000, np.float32), training=True)) for _ in range(2)
    )

    assert abs((first > 0).mean() - 0.75) < 0.03
    np.testing.assert_allclose(first[first > 0], 4 / 3, rtol=1e-6)
    assert (first != second).any()


PENALTY, STOCK = {"l1": 0.1, "l2": 0.2}, {"kernel_regularizer": keras.regularizers.L1L2(0.1, 0.2)}
PAIRS = [
    (lambda: Dense(3, **PENALTY), lambda: keras.layers.Dense(3, **STOCK)),
    (lambda: Conv2D(3, 2, **PENALTY), lambda: keras.layers.Conv2D(3, 2, **STOCK)),
    (lambda: MaxPooling2D(2), lambda: keras.layers.MaxPooling2D(2)),
]


@pytest.mark.parametrize(("make", "original"), PAIRS, ids=["dense", "convolution", "pooling"])
def test_a_layer_equals_its_original(make: Any, original: Any) -> None:
    """Outputs and penalties are Keras's."""
    x = numbers(2, 7, 6, 2)
    ours, stock = make(), original()
    for layer in (ours, stock):
        layer.build(x.shape)
    stock.set_weights(ours.get_weights())
    out, expected = (ops.convert_to_numpy(layer(x)) for layer in (ours, stock))
    penalty, its = (
        sum(float(ops.convert_to_numpy(each)) for each in layer.losses) for layer in (ours, stock)
    )

    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-5)
    assert penalty == pytest.approx(its)


def test_penalties_pull_kernels_to_zero() -> None:
    """A strength that is state has its gradient all the same."""
    kernels = [weights(clone(MLP).set_params(l2=l2, epochs=3).fit(X, Y))[0] for l2 in (0.0, 0.1)]

    assert np.abs(kernels[1]).mean() < np.abs(kernels[0]).mean() / 2


def test_a_saved_model_comes_back(tmp_path: Path) -> None:
    """With layers, present rates and smoothing."""
    model = build_cnn((8, 8, 1), 3, filters=(2,), hidden_units=(4,), dropout=0.2, l1=0.1)
    model.hyperparameters.label_smoothing.assign(0.1)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")

    x = numbers(2, 8, 8, 1)
    np.testing.assert_array_equal(*(m.predict(x, verbose=0) for m in (model, again)))
    assert again.hyperparameters.to_config() == {"label_smoothing": 0.1}
    assert again.get_layer("hidden_1_dropout").get_config()["rate"] == 0.2
    assert again.get_layer("conv_1").get_config()["l1"] == 0.1


def test_programs_are_shared_on_jax_only() -> None:
    """Elsewhere each model has its own, and the same numbers come out of a second fit."""
    clear_programs()
    clone(MLP).set_params(epochs=1).fit(X, Y).predict(X)

    assert bool(_sharing._programs) == (keras.backend.backend() == "jax")


def test_a_last_batch_of_one_row_spoils_no_average() -> None:
    """33 rows are batches of 17 and 16 on every back end; a batch of one row spreads nothing."""
    rows = numbers(33, 4)
    net = MLPRegressor(
        hidden_units=(8,), batch_norm_at="every", learning_rate=1e-9, epochs=60, random_state=0
    ).fit(rows, rows[:, 0])
    kernel, bias = net.model_.get_layer("hidden_1").get_weights()
    spread = (rows @ kernel + bias).var(axis=0)
    kept = net.model_.get_layer("hidden_1_batch_norm").get_weights()[3]
    start = 0.99**120  # what is left of the variance of one with which the average began
    assert 0.8 < np.mean((kept - start) / (1 - start) / spread) < 1.05


def test_equal_weights_of_samples_are_none() -> None:
    """Bit for bit, in any unit."""
    plain = clone(MLP).set_params(epochs=2).fit(X, Y)
    assert same(clone(MLP).set_params(epochs=2).fit(X, Y, sample_weight=np.full(300, 0.01)), plain)
