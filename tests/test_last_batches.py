"""A last batch of few rows, behind which batch normalization would remember a spread near zero."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from nnest import CNNClassifier, MLPClassifier, MLPRegressor, fit_many
from nnest.programs import Batches, batch_bounds
from tests.networks import cnn, mlp, pictures, refuses, same_weights

FEWEST = 10
RNG = np.random.default_rng(0)
X, Y = pictures()
ROWS = RNG.normal(size=(600, 4)).astype(np.float32)
TARGETS = ROWS @ [1.0, -1.0, 0.5, 0.0] + 0.5 * ROWS[:, 0] * ROWS[:, 1]
DIGITS = load_digits()


def spans(n: int, size: int, fewest: int) -> list[int]:
    """Return how many rows the batches of an epoch have."""
    starts, stops = batch_bounds(n, size, fewest)
    assert starts[0] == 0
    assert (starts[1:] == stops[:-1]).all()
    return [int(rows) for rows in stops - starts]


@pytest.mark.parametrize("size", [*range(2, 13), 32, 128])
def test_no_batch_has_one_row(size: int) -> None:
    """All rows are there, in batches that the program can take; others stay as Keras has them."""
    for n in range(2, 300):
        rows, keras_has = spans(n, size, FEWEST), spans(n, size, 1)
        assert min(rows) > 1
        assert max(rows) <= size
        assert sum(rows) == n - (size == 2 and n % 2)
        rest = n % size
        if rest == 0 or rest >= FEWEST or n < size:
            assert rows == keras_has
        elif size > 2:
            assert len(rows) == len(keras_has)
            assert rows[-2] - rows[-1] in (0, 1)


def test_batches_follow_the_bounds() -> None:
    """33 rows at 32 are 17 and 16; without normalization they are 32 and 1."""
    rows = np.arange(33)
    shared = Batches((rows, rows), 32, seed=0, fill=True, fewest=FEWEST)
    weights = [shared[i][2] for i in range(len(shared))]
    assert [int((weight >= 0).sum()) for weight in weights] == [17, 16]
    assert {len(weight) for weight in weights} == {32}
    assert sorted(np.concatenate([shared[i][0][w >= 0] for i, w in enumerate(weights)])) == [*rows]
    assert [len(batch[0]) for batch in Batches((rows, rows), 32, seed=0)] == [32, 1]


def regressors(rests: list[int], n: int, seeds: int, **settings: Any) -> np.ndarray:
    """Return the training error of networks on n rows and the rest, the mean over seeds."""
    nets, splits = [], []
    for rest in rests:
        for seed in range(seeds):
            net = MLPRegressor(
                hidden_units=(16,), batch_norm_at="every", learning_rate=0.01, random_state=seed
            )
            nets.append(net.set_params(**settings))
            splits.append((np.arange(100 * seed, 100 * seed + n + rest), None))
    fit_many(nets, ROWS, TARGETS, splits=splits)
    errors = [
        np.mean((net.predict(ROWS[rows]) - TARGETS[rows]) ** 2)
        for net, (rows, _) in zip(nets, splits, strict=True)
    ]
    return np.reshape(errors, (len(rests), seeds)).mean(axis=1)


def test_few_rows_more_do_no_harm() -> None:
    """33, 34 and 36 rows are learnt as well as 32; a batch of one made the error fifty times."""
    errors = regressors([0, 1, 2, 4], 32, seeds=1, epochs=400)
    assert (errors < 0.02).all()


@pytest.mark.slow
def test_each_remainder_does_no_harm() -> None:
    """Multilayer perceptrons and convolutional networks, with one row to 31 left over."""
    rests = list(range(32))
    errors = regressors(rests, 32, seeds=2, epochs=500)
    assert errors.max() < 0.05, errors
    nets = [
        CNNClassifier(
            filters=(4,), hidden_units=(16,), batch_norm_at="every", epochs=40,
            learning_rate=0.01, random_state=0,
        ) for _ in rests
    ]  # fmt: skip
    images = DIGITS.images / 16
    fit_many(nets, images, DIGITS.target, splits=[(np.arange(160 + r), None) for r in rests])
    scores = [net.score(images[900:], DIGITS.target[900:]) for net in nets]
    assert min(scores) > 0.74, scores


def test_averages_are_those_of_the_rows() -> None:
    """After many steps without learning, the remembered spread is that of all rows."""
    net = MLPRegressor(
        hidden_units=(8,), batch_norm_at="every", learning_rate=1e-9, epochs=100, batch_size=16,
        random_state=0,
    ).fit(ROWS[:33], TARGETS[:33])  # fmt: skip
    kernel, bias = net.model_.get_layer("hidden_1").get_weights()
    spread = (ROWS[:33] @ kernel + bias).var(axis=0)
    kept = net.model_.get_layer("hidden_1_batch_norm").moving_variance
    # Batches of eight and nine rows spread 7/8 of what all do, on average; of one row, nothing.
    assert 0.75 < np.mean(np.asarray(kept) / spread) < 1.1


@pytest.mark.parametrize("rest", [1, 2])
def test_a_group_has_the_same_batches(rest: int) -> None:
    """As each has alone."""
    n = 32 + rest
    settings: dict[str, Any] = {"batch_norm_at": "every", "epochs": 3, "optimizer": "sgd"}
    nets = [mlp(**settings, random_state=seed) for seed in range(2)]
    fit_many(nets, X, Y, splits=[(np.arange(n), None)] * 2)
    for seed, net in enumerate(nets):
        alone = mlp(**settings, random_state=seed).fit(X[:n], Y[:n])
        np.testing.assert_allclose(net.predict_proba(X), alone.predict_proba(X), atol=1e-5)
        assert int(net.model_.optimizer.iterations.value) == 6


@pytest.mark.parametrize("net", [mlp(batch_norm_at="every"), cnn(conv_batch_norm=True)])
def test_batches_of_one_row_are_refused(net: Any) -> None:
    """Before anything is fitted; a network that is there stays as it was."""
    rest = (
        " samples make batches of one, in which batch normalization finds no spread: give a "
        "larger batch_size, more samples, or no batch normalization."
    )
    with refuses(f"batch_size=1 and 64{rest}"):
        net.set_params(batch_size=1).fit(X, Y)
    assert not hasattr(net, "model_")
    with refuses(f"batch_size=1 and 64{rest}"):
        fit_many([net], X, Y)
    net.set_params(batch_size=32).partial_fit(X, Y)
    with refuses(f"batch_size=32 and 1{rest}"):
        net.partial_fit(X[:1], Y[:1])
    assert net.n_iter_ == 1


def test_without_normalization_one_row_is_a_batch() -> None:
    """And 33 rows are two batches, of 32 and of one, as ever."""
    assert mlp(batch_size=1).fit(X, Y).n_iter_ == 2
    net = mlp(epochs=1).fit(X[:33], Y[:33])
    assert int(net.model_.optimizer.iterations.value) == 2


def test_an_odd_row_waits_where_batches_hold_two() -> None:
    """It can neither be shared nor stand alone; each epoch leaves another one out."""
    settings: dict[str, Any] = {"hidden_units": (8,), "batch_norm_at": "every", "batch_size": 2}
    net = MLPClassifier(**settings, epochs=2, random_state=0).fit(X[:9], Y[:9])
    assert int(net.model_.optimizer.iterations.value) == 8
    twin = MLPClassifier(**settings, epochs=2, random_state=0)
    assert same_weights(net, twin.fit(X[:9], Y[:9]))
