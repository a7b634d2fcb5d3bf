"""What fills a batch up to its size is never seen: by loss, metrics, moments, or the compiler."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras.layers import Activation, BatchNormalization, Conv2D, Dense, Flatten
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV

from nnest import MLPClassifier
from nnest.builders import build_cnn, build_mlp
from nnest.population import fit_many
from nnest.programs import Batches, _model, _sharing, clear_programs

RNG = np.random.default_rng(0)
N = 138  # four batches of 32, and 10 samples: as few as are left by themselves
X = RNG.normal(size=(N, 6)).astype(np.float32)
PICTURES = RNG.normal(size=(N, 6, 6, 1)).astype(np.float32)
Y = np.arange(N, dtype=np.int32) % 3
WEIGHT = RNG.uniform(0.2, 2.0, N).astype(np.float32)
METRIC = keras.metrics.SparseCategoricalAccuracy


def stock_mlp() -> keras.Model:
    """Return Keras's own perceptron with batch normalization."""
    inputs = keras.Input((6,))
    x = BatchNormalization()(Activation("relu")(Dense(8)(inputs)))
    return keras.Model(inputs, Activation("softmax")(Dense(3)(x)))


def stock_cnn() -> keras.Model:
    """Return Keras's own convolutional network with batch normalization."""
    inputs = keras.Input((6, 6, 1))
    x = Activation("relu")(Conv2D(4, 3, padding="same")(inputs))
    x = BatchNormalization()(keras.layers.MaxPooling2D(2)(x))
    return keras.Model(inputs, Activation("softmax")(Dense(3)(Flatten()(x))))


# Batch normalization is not right behind a bias: its gradient would be nothing but rounding there.
PAIRS = {
    "mlp": (
        X,
        stock_mlp,
        lambda: build_mlp(
            (6,), 3, hidden_units=(8,), batch_norm_at="every", batch_norm_order="after_activation"
        ),
    ),
    "cnn": (
        PICTURES,
        stock_cnn,
        lambda: build_cnn(
            (6, 6, 1), 3, filters=(4,), hidden_units=(), conv_batch_norm="last_pooling"
        ),
    ),
}


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
@pytest.mark.parametrize("family", PAIRS)
def test_training_is_that_of_keras_on_ragged_batches(family: str, weight: Any) -> None:
    """138 rows in batches of 32, batch normalization, Adam: metrics, weights, moments, steps."""
    x, make_stock, make = PAIRS[family]
    stock, ours = make_stock(), make()
    stock.set_weights(ours.get_weights())
    stock.compile("adam", "sparse_categorical_crossentropy", metrics=[METRIC(name="accuracy")])
    ours.compile("adam", "categorical_crossentropy", weighted_metrics=[METRIC(name="accuracy")])
    arrays = (x, Y) if weight is None else (x, Y, weight)
    rest = (x[:50], Y[:50])
    theirs = stock.fit(
        Batches(arrays, 32, seed=4), epochs=3, verbose=0, shuffle=False, validation_data=rest
    )
    mine = ours.fit(
        x, Y, sample_weight=weight, epochs=3, verbose=0, shuffle=4, validation_data=rest
    )

    assert mine.history.keys() == theirs.history.keys()
    for name, values in theirs.history.items():
        np.testing.assert_allclose(mine.history[name], values, rtol=2e-4, err_msg=name)
    for own, their in zip(ours.get_weights(), stock.get_weights(), strict=True):
        np.testing.assert_allclose(own, their, atol=2e-4)
    assert int(ours.optimizer.iterations.value) == int(stock.optimizer.iterations.value) == 15


def test_what_fills_a_batch_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if it is absurd."""

    def trained(absurd: bool) -> Any:
        def absurd_batch(self: Batches, i: int) -> Any:
            x, y, weight = get(self, i)
            return np.where((weight < 0)[:, None], 1e6, x).astype(np.float32), y, weight

        get = Batches.__getitem__
        with monkeypatch.context() as patched:
            if absurd:
                patched.setattr(Batches, "__getitem__", absurd_batch)
            net = MLPClassifier(hidden_units=(8,), batch_norm_at="every", epochs=2, random_state=0)
            net.fit(X, Y, X_val=X[:40], y_val=Y[:40])
        return net.history_, net.model_.get_weights()

    (history, weights), (same_history, same_weights) = trained(False), trained(True)
    assert history == same_history
    for one, other in zip(weights, same_weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_folds_of_unequal_length_are_trained_together() -> None:
    """Two, three and five batches an epoch in one group: each as alone, to the number of steps."""
    settings: dict[str, Any] = {"hidden_units": (8,), "batch_norm_at": "every", "epochs": 3}
    sizes = (64, 90, 130)  # the last two batches of the third share 34 samples
    nets = [MLPClassifier(**settings, dropout=0.2, random_state=i) for i in range(3)]
    fit_many(nets, X, Y, splits=[(np.arange(n), None) for n in sizes])
    for i, (n, net) in enumerate(zip(sizes, nets, strict=True)):
        alone = MLPClassifier(**settings, dropout=0.2, random_state=i).fit(X[:n], Y[:n])
        np.testing.assert_allclose(net.history_["loss"], alone.history_["loss"], atol=1e-4)
        np.testing.assert_allclose(net.predict_proba(X), alone.predict_proba(X), atol=1e-4)
        steps = 3 * -(-n // 32)
        assert int(net.model_.optimizer.iterations.value) == steps
        streams = [v for v in net.model_.variables if "seed" in v.path]
        others = [v for v in alone.model_.variables if "seed" in v.path]
        assert [v.value.tolist() for v in streams] == [v.value.tolist() for v in others]


def test_a_grid_search_compiles_each_kind_of_program_once() -> None:
    """15 settings, 5 folds, of one architecture: one program to train, one to predict."""
    digits = load_digits()
    clear_programs()
    search = GridSearchCV(
        MLPClassifier(hidden_units=(8,), epochs=1, random_state=0),
        {"dropout": [0.0, 0.1, 0.2, 0.3, 0.5], "l2": [0.0, 1e-4, 1e-2]},
        return_train_score=True,
        refit=False,
    )
    search.fit(digits.data[:602], digits.target[:602])

    compiled = {kind: program._cache_size() for (kind, _), program in _sharing._programs.items()}
    assert compiled == {"train": 1, "predict": 1}
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize("n", [40, N])
def test_a_batch_size_above_the_rows_makes_no_more_rows(n: int) -> None:
    """A million costs what the rows cost, alone and in a group, to the same numbers."""
    settings: dict[str, Any] = {"hidden_units": (8,), "dropout": 0.2, "batch_norm_at": "every"}
    settings |= {"epochs": 2, "random_state": 0}
    exact = MLPClassifier(batch_size=n, **settings).fit(X[:n], Y[:n])
    taken: list[int] = []

    class Watched(Batches):
        def __getitem__(self, i: int) -> Any:
            batch = super().__getitem__(i)
            taken.append(len(batch[0]))
            return batch

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_model, "Batches", Watched)
        huge = MLPClassifier(batch_size=10**6, **settings).fit(X[:n], Y[:n])
    (member,) = fit_many([MLPClassifier(batch_size=10**6, **settings)], X[:n], Y[:n])

    assert max(taken) < 2 * n
    for net in (huge, member):
        np.testing.assert_allclose(net.history_["loss"], exact.history_["loss"], rtol=1e-5)
        np.testing.assert_allclose(net.predict_proba(X), exact.predict_proba(X), atol=1e-5)


def test_a_group_has_no_more_rows_than_its_longest_member_needs() -> None:
    """Folds of similar length are one group; a short part does not pay for a long one."""
    nets = [MLPClassifier(hidden_units=(8,), batch_size=10**6, epochs=1) for _ in range(3)]
    fit_many(nets, X, Y, splits=[(np.arange(n), None) for n in (N, 129, 20)])
    assert [net.group_["members"] for net in nets] == [2, 2, 1]
