"""What `set_params` changes before training goes on: numbers count, another network is refused."""

from __future__ import annotations

import copy
from typing import Any

import keras
import numpy as np
import pytest

from nnest import Augmentation, load, save
from tests.networks import cnn, mlp, pictures, refuses, same_weights

X, Y = pictures()
X /= 3

NUMBERS = {
    "learning_rate": 0.5, "dropout": 0.6, "l1": 0.1, "l2": 0.3, "label_smoothing": 0.4,
}  # fmt: skip


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_counts_in_the_next_training(name: str) -> None:
    """By partial_fit and by a warm fit alike, and not before."""
    first = mlp(warm_start=True, epochs=1, dropout=0.1).fit(X, Y)
    before = first.predict_proba(X)
    net, warm, same = (copy.deepcopy(first) for _ in range(3))
    net.set_params(**{name: NUMBERS[name]})
    np.testing.assert_array_equal(net.predict_proba(X), before)
    warm.set_params(**{name: NUMBERS[name]})
    assert same_weights(net.partial_fit(X, Y), warm.fit(X, Y))
    assert not same_weights(net, same.partial_fit(X, Y))


def test_a_tiny_rate_moves_nothing() -> None:
    """As the rate says; None is Keras's own again."""
    net = mlp().partial_fit(X, Y)
    before = net.predict_proba(X)
    net.set_params(learning_rate=1e-12).partial_fit(X, Y)
    np.testing.assert_allclose(net.predict_proba(X), before, atol=1e-6)
    net.set_params(learning_rate=None).partial_fit(X, Y)
    assert float(net.model_.optimizer.learning_rate.value) == pytest.approx(0.001)


def test_going_on_with_other_numbers_is_starting_with_them() -> None:
    """Numbers that change nothing in the first epoch give the network that had them at once."""
    late = mlp(optimizer="sgd", momentum=0.5, learning_rate=1e-30, dropout=0.3).partial_fit(X, Y)
    late.set_params(learning_rate=0.1, momentum=0.9, dropout=0.0, l2=0.01).partial_fit(X, Y)
    early = mlp(optimizer="sgd", momentum=0.9, learning_rate=1e-30, dropout=0.0, l2=0.01)
    early.partial_fit(X, Y).set_params(learning_rate=0.1).partial_fit(X, Y)
    assert same_weights(late, early)


def test_strengths_of_an_augmentation_count() -> None:
    """They are numbers too, though the object is the same."""
    net = cnn(augmentation=Augmentation(brightness=0.1)).partial_fit(X, Y)
    other = copy.deepcopy(net)
    other.set_params(augmentation__brightness=0.9)
    assert not same_weights(net.partial_fit(X, Y), other.partial_fit(X, Y))
    with refuses(
        "set_params changed augmentation from Augmentation(brightness=0.9) to None since this "
        "network was trained, and that is another network: set it back to train on, or start anew "
        "by fit with warm_start=False."
    ):
        other.set_params(augmentation=None).partial_fit(X, Y)


def test_a_rate_that_a_callback_set_stays() -> None:
    """Another setting that changes does not undo it."""
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.001)
    net = mlp(callbacks=[schedule]).partial_fit(X, Y)
    net.set_params(callbacks=None, dropout=0.5).partial_fit(X, Y)
    assert float(net.model_.optimizer.learning_rate.value) == pytest.approx(0.001)


ANOTHER: list[tuple[dict[str, Any], str]] = [
    ({"hidden_units": (9, 9)}, "hidden_units from (8,) to (9, 9)"),
    ({"optimizer": "sgd"}, "optimizer from 'adam' to 'sgd'"),
    ({"batch_norm_at": "first"}, "batch_norm_at from None to 'first'"),
    ({"activation": "tanh", "l2": 0.1}, "activation from 'relu' to 'tanh'"),
    (
        {"hidden_units": (9,), "shortcut": True},
        "hidden_units from (8,) to (9,) (also shortcut)",
    ),
]


@pytest.mark.parametrize(("settings", "said"), ANOTHER)
@pytest.mark.parametrize("loaded", [False, True])
def test_another_network_is_refused(
    settings: dict[str, Any], said: str, loaded: bool, tmp_path: Any
) -> None:
    """What changed is named, the network stays as it is, and a plain fit starts anew."""
    net = mlp(warm_start=True).fit(X, Y)
    if loaded:
        save(net, tmp_path / "net")
        net = load(tmp_path / "net")
    before = net.predict_proba(X)
    sentence = (
        f"set_params changed {said} since this network was trained, and that is another network: "
        "set it back to train on, or start anew by fit with warm_start=False."
    )
    net.set_params(**settings)
    for train in (net.fit, net.partial_fit):
        with refuses(sentence):
            train(X, Y)
    np.testing.assert_array_equal(net.predict_proba(X), before)
    assert net.n_iter_ == 2
    assert net.set_params(warm_start=False).fit(X, Y).n_iter_ == 2


def test_what_is_no_setting_of_the_network_may_change() -> None:
    """Lists for tuples, the batch size, initializers: the network goes on."""
    net = mlp(warm_start=True).fit(X, Y)
    net.set_params(hidden_units=[8], batch_size=16, kernel_initializer="he_normal", epochs=1)
    assert net.fit(X, Y).n_iter_ == 3
