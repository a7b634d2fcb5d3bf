"""How estimators are fitted, alone and by what trains several: checks, states, models."""

from __future__ import annotations

import pickle
from types import SimpleNamespace
from typing import Any

import jax
import keras
import numpy as np
import pytest
from sklearn.base import clone

from nnest import CNNClassifier, MLPClassifier, MLPRegressor, fit_many
from nnest.estimators import (
    EarlyStoppingRule,
    FitState,
    Fitting,
    Samples,
    _scikeras,
    network_size,
    static_parameters,
)
from nnest.estimators._architectures import Architectures
from nnest.estimators._network import state_of
from tests.networks import mlp, pictures, same_weights

X, Y = pictures(60)
FLAT = X.reshape(len(X), -1)
TINY = {"hidden_units": (5,), "epochs": 2, "random_state": 3}


@pytest.mark.parametrize(
    "net",
    [
        MLPClassifier(hidden_units=(6, 4), dropout=(0.1, 0.0), l1=1e-3, label_smoothing=0.1),
        MLPClassifier(hidden_units=(6, 4), batch_norm_at="every", kernel_initializer="he_normal"),
        MLPClassifier(hidden_units=(), bias_initializer="ones", optimizer="sgd", momentum=0.9),
        MLPClassifier(
            bias_initializer=({"class_name": "RandomNormal", "config": {"seed": 5}}, "zeros")
        ),
        MLPClassifier(kernel_initializer="orthogonal", optimizer="rmsprop", learning_rate=0.1),
        MLPRegressor(hidden_units=(3,), shortcut=True, optimizer="adadelta"),
        CNNClassifier(filters=(3, 4), conv_dropout=0.2, conv_batch_norm="last_pooling"),
        CNNClassifier(filters=(3,), conv_dropout=0.2, conv_dropout_at="head", dropout=0.3),
        CNNClassifier(filters=(), pooling=(), conv_dropout_at="flatten", conv_dropout=0.1),
    ],
    ids=lambda net: str(net)[:60].replace("\n", ""),
)
def test_a_state_without_a_model_is_the_model_s_own(net: Any) -> None:
    """Bit for bit, for another seed and other rates than those of the architecture's model."""
    samples = Samples.checked(net, X if isinstance(net, CNNClassifier) else FLAT, Y)
    rows, architectures = np.arange(len(Y)), Architectures()
    other = {"random_state": 1, "l2": 0.5, "learning_rate": 0.3}
    first = Fitting.begin(clone(net).set_params(**other), samples, rows, None, architectures)
    net.set_params(random_state=7, epochs=3)

    light = Fitting.begin(net, samples, rows, None, architectures)
    whole = Fitting.begin(net, samples, rows)

    assert light.like is first.like
    assert light.like is not whole.like
    jax.tree.map(np.testing.assert_array_equal, light.network.state, state_of(whole.like))
    jax.tree.map(np.testing.assert_array_equal, state_of(light.network.model), state_of(whole.like))


def test_other_layers_are_another_architecture() -> None:
    """A rate of zero may leave a layer out: networks of both kinds train side by side."""
    nets = [CNNClassifier(filters=(3,), conv_dropout=rate, **TINY) for rate in (0.0, 0.5, 0.0, 0.2)]
    fit_many(nets, X, Y)

    assert [net.group_["members"] for net in nets] == [2] * 4
    for net in nets:
        names = [layer.name for layer in net.model_.layers]
        assert ("conv_1_dropout" in names) == bool(net.conv_dropout)


def test_a_model_is_built_when_it_is_asked_for() -> None:
    """It predicts what the group's model did with its numbers, and belongs to nobody else."""
    one, other = fit_many([mlp(random_state=i) for i in range(2)], FLAT, Y)
    before = [net.predict_proba(FLAT) for net in (one, other)]
    assert network_size(one)["parameters"] == one.model_.count_params()

    assert one.model_ is one.model_
    assert one.model_ is not other.model_
    for net, expected in zip((one, other), before, strict=True):
        np.testing.assert_array_equal(net.predict_proba(FLAT), expected)
    one.model_.set_weights([0 * weight for weight in one.model_.get_weights()])
    np.testing.assert_array_equal(other.predict_proba(FLAT), before[1])


def test_a_member_is_pickled_with_a_model() -> None:
    """Another process knows nothing of the group."""
    (net,) = fit_many([mlp()], FLAT, Y)
    expected = net.predict_proba(FLAT)

    again = pickle.loads(pickle.dumps(net))

    np.testing.assert_array_equal(again.predict_proba(FLAT), expected)
    assert same_weights(again, net)


def test_parameters_that_are_set_later_change_no_model() -> None:
    """A model is built as its settings were when it was trained."""
    (net,) = fit_many([mlp(hidden_units=(5,))], FLAT, Y)
    net.set_params(hidden_units=(7, 7))
    assert net.model_.get_layer("hidden_1").units == 5


def test_an_estimator_without_a_network_has_no_model() -> None:
    """As an attribute that was never set."""
    net = mlp()
    assert not hasattr(net, "model_")
    net.fit(FLAT, Y)
    del net.model_
    assert not hasattr(net, "model_")


def test_samples_are_checked_once_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not for each member; once more for each class of estimators."""
    seen: list[str] = []
    checked = Samples.checked

    def counted(estimator: Any, *given: Any) -> Samples:
        seen.append(type(estimator).__name__)
        return checked(estimator, *given)

    monkeypatch.setattr(Samples, "checked", counted)
    nets = [mlp(random_state=i, epochs=1) for i in range(3)]
    nets += [CNNClassifier(filters=(2,), image_shape=(6, 6), **TINY) for _ in range(2)]
    rows = [np.arange(40), np.arange(20, 60)]
    fit_many(nets, FLAT, Y, splits=[(rows[i % 2], None) for i in range(5)])

    assert seen == ["MLPClassifier", "CNNClassifier"]
    assert {net.n_features_in_ for net in nets} == {FLAT.shape[1]}


def test_rows_that_belong_to_no_member_may_lack_values() -> None:
    """Each member's rows are checked by themselves then, and learnt from as ever."""
    holes = FLAT.copy()
    holes[50:] = np.nan
    splits = [(np.arange(40), np.arange(40, 50)), (np.arange(10, 50), None)]

    nets = fit_many([mlp(random_state=i) for i in range(2)], holes, Y, splits=splits)

    expected = fit_many([mlp(random_state=i) for i in range(2)], FLAT, Y, splits=splits)
    assert all(map(same_weights, nets, expected))
    assert [net.history_ for net in nets] == [net.history_ for net in expected]
    with pytest.raises(ValueError, match="Input X contains NaN"):
        fit_many([mlp(), mlp()], holes, Y, splits=[splits[0], (np.arange(60), None)])


def test_an_estimator_knows_of_nothing_until_the_end() -> None:
    """What ends a training early leaves nothing behind."""
    nets, seen = [mlp(random_state=i) for i in range(2)], []

    def look(epoch: int, metrics: Any) -> None:
        seen.append([sorted(vars(net)) for net in nets])
        if epoch:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit_many(nets, FLAT, Y, callback=look)
    assert seen == [[sorted(vars(mlp()))] * 2] * 2
    assert [sorted(vars(net)) for net in nets] == seen[0]


def test_scikeras_can_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a few lines that train to the same numbers."""
    settings = {"early_stopping": True, "epochs": 3, "warm_start": True}
    weight = np.linspace(0.5, 1.5, len(Y))
    expected = mlp(**settings).fit(FLAT, Y, weight).fit(FLAT, Y).partial_fit(FLAT, Y)
    monkeypatch.setattr("nnest.estimators._neural_net.train", _scikeras.train_without)

    found = mlp(**settings).fit(FLAT, Y, weight).fit(FLAT, Y).partial_fit(FLAT, Y)

    assert found.n_iter_ == 7
    assert found.history_ == expected.history_
    assert same_weights(found, expected)


@pytest.mark.parametrize("n", range(20))
def test_early_stopping_is_keras_s_own_rule(n: int) -> None:
    """The same best epoch, and the same end."""
    rng = np.random.default_rng(n)
    losses = [float(rng.choice([0.1, 0.2, 0.3, 0.3001, np.nan])) for _ in range(8)]
    rule = EarlyStoppingRule(tol=1e-3, epochs=2)
    theirs = keras.callbacks.EarlyStopping("val_loss", min_delta=1e-3, patience=2, mode="min")
    theirs.set_model(SimpleNamespace(stop_training=False))
    theirs.on_train_begin()
    for epoch, loss in enumerate(losses):
        theirs.on_epoch_end(epoch, {"val_loss": loss})
        rule.improves(epoch, loss)
        assert (rule.best_epoch, rule.is_over(epoch)) == (
            theirs.best_epoch,
            theirs.model.stop_training,
        )
        if theirs.model.stop_training:
            break


def test_what_is_traced_is_declared_by_layers_and_optimizers() -> None:
    """These decide a program; all others are numbers, or matter to no program."""
    assert set(static_parameters(CNNClassifier())) == {
        "activation", "augmentation", "batch_norm_at", "batch_norm_order", "batch_size",
        "callbacks", "conv_batch_norm", "conv_dropout_at", "dropout_at", "early_stopping",
        "filters", "hidden_units", "image_shape", "kernel_size", "optimizer", "padding",
        "pool_size", "pooling", "shortcut", "strides",
    }  # fmt: skip


def test_a_state_is_all_that_a_file_needs() -> None:
    """A new estimator that is given it, and the numbers of the network, is the old one."""
    net = mlp().fit(FLAT, Y)
    again, state = clone(net), FitState.of(net)
    state.build_network(again)
    again.model_.set_weights(net.model_.get_weights())
    state.restore(again)

    np.testing.assert_equal(vars(FitState.of(again)), vars(state))
    np.testing.assert_array_equal(again.predict_proba(FLAT), net.predict_proba(FLAT))
