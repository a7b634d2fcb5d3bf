"""The estimators as scikit-learn's other parts see and use them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, StratifiedKFold, check_cv, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nnest import CNNClassifier, CNNRegressor, MLPClassifier, MLPRegressor
from tests.networks import ESTIMATORS, cnn, mlp, network, pictures, same_weights

X, Y = pictures()
FLAT = X.reshape(len(X), -1)


@pytest.fixture(scope="module")
def fitted() -> MLPClassifier:
    """Return a network that has learnt the three classes."""
    return mlp(epochs=20).fit(FLAT, Y)


@pytest.mark.parametrize("cls", [MLPClassifier, CNNClassifier])
def test_classifiers_are_classifiers(cls: Any) -> None:
    """So say scikit-learn's tags."""
    assert is_classifier(cls())
    assert not is_regressor(cls())


@pytest.mark.parametrize("cls", [MLPRegressor, CNNRegressor])
def test_regressors_are_regressors(cls: Any) -> None:
    """So say scikit-learn's tags."""
    assert is_regressor(cls())
    assert not is_classifier(cls())


def test_folds_of_a_search_are_stratified() -> None:
    """Sorted labels, which plain folds would tear apart, come in equal parts into each fold."""
    order = np.argsort(Y, kind="stable")
    assert isinstance(check_cv(3, Y, classifier=is_classifier(mlp())), StratifiedKFold)
    search = GridSearchCV(mlp(epochs=20), {"dropout": [0.0]}, cv=2, error_score="raise")
    search.fit(FLAT[order], Y[order])
    assert search.best_score_ > 0.9


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_clone_starts_anew_with_all_parameters(cls: Any) -> None:
    """A clone of a fitted network has its parameters, is not fitted, and fits to the same."""
    net = network(cls, dropout=(0.25,), l2=1e-3).fit(X, Y)
    twin = clone(net)
    assert twin.get_params() == net.get_params()
    assert not hasattr(twin, "model_")
    assert same_weights(twin.fit(X, Y), net)


def test_fit_changes_no_parameter() -> None:
    """What was given is what `get_params` shows afterwards, the very same objects."""
    net = mlp(dropout=[0.5], callbacks=[], class_weight={0: 1.0, 1: 2.0, 2: 1.0})
    before = net.get_params()
    net.fit(X, Y)
    assert all(net.get_params()[name] is value for name, value in before.items())


def test_networks_learn() -> None:
    """All four are far better than chance on what they were trained on."""
    for cls in ESTIMATORS:
        net = network(cls, epochs=60, hidden_units=(16,)).fit(X, Y)
        assert net.score(X, Y) > 0.8, cls.__name__


@pytest.mark.parametrize("n_targets", [1, 2])
def test_regressors_answer_in_the_form_of_the_targets(n_targets: int) -> None:
    """A column stays a column, and two targets are two columns."""
    targets = np.column_stack([Y, -Y])[:, :n_targets].astype(float)
    net = network(MLPRegressor).fit(X, targets)
    assert net.predict(X[:5]).shape == (5, n_targets)


def test_pipeline_with_data_frames() -> None:
    """`set_output` changes what goes between the steps and no prediction."""
    frame = pd.DataFrame(FLAT, columns=[f"pixel_{i}" for i in range(FLAT.shape[1])])
    plain = make_pipeline(StandardScaler(), mlp()).fit(FLAT, Y)
    framed = make_pipeline(StandardScaler(), mlp()).set_output(transform="pandas").fit(frame, Y)
    assert framed[-1].feature_names_in_.tolist() == list(frame.columns)
    np.testing.assert_array_equal(framed.predict_proba(frame), plain.predict_proba(FLAT))


def test_calibration() -> None:
    """Calibrated probabilities are distributions and tell the classes."""
    calibrated = CalibratedClassifierCV(mlp(epochs=20), cv=2).fit(X, Y)
    np.testing.assert_allclose(calibrated.predict_proba(X).sum(axis=1), 1, rtol=1e-6)
    assert calibrated.score(X, Y) > 0.9


def test_voting() -> None:
    """A soft vote is the mean of the networks' probabilities."""
    vote = VotingClassifier([("mlp", mlp()), ("cnn", cnn())], voting="soft").fit(X, Y)
    mean = np.mean([net.predict_proba(X) for net in vote.estimators_], axis=0)
    np.testing.assert_allclose(vote.predict_proba(X), mean, rtol=1e-6)


def test_scores_in_two_processes_are_those_in_one() -> None:
    """`cross_val_score` sends networks to workers and gets the same scores."""
    net = mlp(epochs=5, dropout=0.2)
    parallel = cross_val_score(net, X, Y, cv=2, n_jobs=2)
    assert parallel.tolist() == cross_val_score(net, X, Y, cv=2).tolist()


def test_permutation_importance_finds_what_tells_the_classes() -> None:
    """Rows 0 to 2 of a picture are bright by class; the rows below are noise."""
    rows = X.mean(axis=2)
    net = mlp(epochs=40).fit(rows, Y)
    found = permutation_importance(net, rows, Y, n_repeats=3, random_state=0).importances_mean
    assert found[:3].sum() > 0.3
    assert np.abs(found[3:]).max() < found[:3].max() / 2


def test_html_shows_the_name() -> None:
    """Notebooks show the class and what was set."""
    html = cnn(l2=0.125)._repr_html_()
    assert "CNNClassifier" in html
    assert "0.125" in html


def test_history_has_one_entry_for_each_epoch(fitted: MLPClassifier) -> None:
    """Loss and accuracy, as plain numbers; the loss falls."""
    assert set(fitted.history_) == {"loss", "accuracy"}
    assert {len(values) for values in fitted.history_.values()} == {20}
    assert fitted.n_iter_ == fitted.best_epoch_ == 20
    assert all(type(v) is float for values in fitted.history_.values() for v in values)
    assert fitted.history_["loss"][-1] < fitted.history_["loss"][0]


def test_regressors_have_a_history_of_their_loss() -> None:
    """The mean squared error is the loss, so there is no metric beside it."""
    net = network(MLPRegressor, epochs=3).fit(X, Y)
    assert {name: len(values) for name, values in net.history_.items()} == {"loss": 3}


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_silent_by_default(cls: Any, capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing is printed while fitting and predicting."""
    network(cls).fit(X, Y).predict(X)
    assert capfd.readouterr() == ("", "")


def test_one_progress_bar_when_asked(capfd: pytest.CaptureFixture[str]) -> None:
    """`verbose=1` shows one line on stderr that ends at the last epoch with the loss."""
    net = mlp(verbose=1, epochs=3).fit(X, Y)
    net.predict(X)
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    last = err.strip().split("\r")[-1]
    assert "3/3" in last
    assert f"loss={net.history_['loss'][-1]:.4g}" in last


class Spy(keras.callbacks.Callback):
    """A callback that keeps the epochs that it saw, and may stop the training."""

    def __init__(self, stop_after: int = 10**9) -> None:
        super().__init__()
        self.stop_after = stop_after
        self.seen: list[int] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Keep the epoch."""
        self.seen.append(epoch)
        if len(self.seen) == self.stop_after:
            self.model.stop_training = True


def test_keras_callbacks_see_every_epoch() -> None:
    """They are called as Keras does, with epochs counted from 0."""
    spy = Spy()
    net = mlp(epochs=4, callbacks=[spy]).fit(X, Y)
    assert spy.seen == [0, 1, 2, 3]
    assert net.n_iter_ == 4


def test_keras_callbacks_can_stop() -> None:
    """`history_` then holds the epochs that ran."""
    net = mlp(epochs=9, callbacks=[Spy(stop_after=2)]).fit(X, Y)
    assert net.n_iter_ == len(net.history_["loss"]) == 2


def test_clones_do_not_share_callbacks() -> None:
    """Each fold of a cross-validation has its own copy, so that none sees another's epochs."""
    spy = Spy()
    cross_val_score(mlp(callbacks=[spy]), X, Y, cv=2)
    assert spy.seen == []


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_partial_fits_are_one_fit(cls: Any) -> None:
    """Three calls give the weights and the history of three epochs: order and dropout go on."""
    whole = network(cls, epochs=3, dropout=0.3).fit(X, Y)
    parts = network(cls, dropout=0.3)
    for _ in range(3):
        parts.partial_fit(X, Y)
    assert same_weights(parts, whole)
    assert parts.history_ == whole.history_
    assert parts.n_iter_ == 3


def test_warm_start_goes_on() -> None:
    """Two fits of two epochs are one fit of four."""
    whole = mlp(epochs=4, dropout=0.3).fit(X, Y)
    parts = mlp(epochs=2, dropout=0.3, warm_start=True).fit(X, Y).fit(X, Y)
    assert same_weights(parts, whole)
    assert parts.history_ == whole.history_


def test_without_warm_start_fit_starts_anew() -> None:
    """A second fit forgets the first."""
    net = mlp(dropout=0.3).fit(X, Y)
    first = net.predict_proba(X)
    np.testing.assert_array_equal(net.fit(X, Y).predict_proba(X), first)
    assert net.n_iter_ == 2


def test_partial_fit_takes_all_classes_first() -> None:
    """Classes that the first call lacks are known from `classes`, and come later."""
    net = mlp().partial_fit(X[Y < 2], Y[Y < 2], classes=[0, 1, 2])
    assert net.predict_proba(X).shape == (64, 3)
    net.partial_fit(X, Y)
    assert net.n_iter_ == 2
