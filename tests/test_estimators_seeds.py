"""Randomness: the seed decides everything and nothing else is touched; copies train on."""

from __future__ import annotations

import copy
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib
import keras
import numpy as np
import pytest
from sklearn.ensemble import BaggingClassifier
from sklearn.model_selection import cross_validate

from tests.helpers import ROOT, in_new_process
from tests.networks import ESTIMATORS, cnn, fingerprints, mlp, network, pictures, same_weights

X, Y = pictures()


def test_same_seed_same_weights_in_a_new_process() -> None:
    """Bit for bit, whatever the hash seed; with dropout, batch norm and a validation part."""
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT)}
    found = subprocess.run(
        [sys.executable, "-m", "tests.networks"],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    here = fingerprints()
    assert json.loads(found.stdout) == here
    assert not set(here.values()) & set(fingerprints(seed=1).values())


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_the_seed_decides(cls: Any) -> None:
    """The same twice with one seed, something else with another."""
    first = network(cls, dropout=0.3).fit(X, Y)
    assert same_weights(network(cls, dropout=0.3).fit(X, Y), first)
    assert not same_weights(network(cls, dropout=0.3, random_state=1).fit(X, Y), first)


@pytest.mark.parametrize("settings", [{"dropout": 0.5}, {"batch_size": 16}])
def test_the_seed_decides_masks_and_order(settings: dict[str, Any]) -> None:
    """Initial kernels of another seed are not all that differs: zeros are the same for all."""
    start = {"kernel_initializer": "zeros", "hidden_units": (), **settings}
    start = {**start, "hidden_units": (8,)} if "dropout" in settings else start
    start = {**start, "kernel_initializer": {"class_name": "Constant", "config": {"value": 0.1}}}
    one, other = (mlp(random_state=seed, **start).fit(X, Y) for seed in (0, 1))
    assert not same_weights(one, other)


def test_a_random_state_moves_on() -> None:
    """An instance in the same state gives the same, and then something else."""
    state = np.random.RandomState(5)
    first, second = mlp(random_state=state).fit(X, Y), mlp(random_state=state).fit(X, Y)
    assert same_weights(mlp(random_state=np.random.RandomState(5)).fit(X, Y), first)
    assert not same_weights(first, second)


@pytest.fixture
def draws() -> Iterator[Callable[[], tuple[float, ...]]]:
    """Return what seeds all global generators and draws from them; puts them back at the end."""
    kept = random.getstate(), np.random.get_state()

    def draw(between: Callable[[], object] = lambda: None) -> tuple[float, ...]:
        keras.utils.set_random_seed(3)
        between()
        drawn = random.random(), np.random.random(), keras.random.normal(())
        return tuple(float(value) for value in drawn)

    yield draw
    random.setstate(kept[0])
    np.random.set_state(kept[1])


def test_no_global_generator_is_touched(draws: Callable[..., tuple[float, ...]]) -> None:
    """Neither by fitting nor by predicting: Python's, NumPy's and Keras's give what they would."""
    net = cnn(dropout=0.3, conv_dropout=0.2, early_stopping=True)
    assert draws(lambda: net.fit(X, Y).predict(X)) == draws()


def test_without_a_seed_only_numpy_is_drawn_from(draws: Callable[..., tuple[float, ...]]) -> None:
    """So scikit-learn has it: `numpy.random.seed` makes such networks repeatable."""
    nets: list[Any] = []
    unseeded = {"random_state": None, "dropout": 0.3}
    first, second = (draws(lambda: nets.append(mlp(**unseeded).fit(X, Y))) for _ in range(2))
    undisturbed = draws()
    assert first == second
    assert first[0] == undisturbed[0]
    assert first[1] != undisturbed[1]
    assert first[2] == undisturbed[2]
    assert same_weights(*nets)
    assert not same_weights(nets[0], mlp(**unseeded).fit(X, Y))


def _in_new_process(net: Any, folder: Path) -> Any:
    """Return the network that a new process has loaded, and pickled again."""
    (twin,), _ = in_new_process(folder, (net, "get_params"))
    return twin


COPIES = {"pickle": _in_new_process, "deepcopy": lambda net, folder: copy.deepcopy(net)}


@pytest.mark.parametrize("way", COPIES)
def test_a_copy_trains_on_as_the_original(way: str, tmp_path: Path) -> None:
    """The state of the optimizer, of batch norm and of dropout's stream comes along."""
    net = cnn(
        dropout=0.3, conv_dropout=0.3, conv_batch_norm=True, label_smoothing=0.1, l2=1e-3,
        optimizer="rmsprop", momentum=0.5,
    )  # fmt: skip
    net.partial_fit(X, Y)
    twin = COPIES[way](net, tmp_path)
    np.testing.assert_array_equal(twin.predict_proba(X), net.predict_proba(X))
    assert twin.get_params() == net.get_params()
    assert twin.history_ == net.history_
    assert same_weights(twin.partial_fit(X, Y), net.partial_fit(X, Y))
    assert twin.history_ == net.history_


def test_pickles_predict_the_same(tmp_path: Path) -> None:
    """All four in a new process, which has imported nothing; joblib's files too."""
    nets, file = [network(cls).fit(X, Y) for cls in ESTIMATORS], tmp_path / "nets.joblib"
    joblib.dump(nets, file)
    calls = [(joblib.load, "__call__", file), *[(net, "predict", X) for net in nets]]
    _, (loaded, *found) = in_new_process(tmp_path, *calls)
    for net, predicted, twin in zip(nets, found, loaded, strict=True):
        np.testing.assert_array_equal(predicted, net.predict(X))
        assert same_weights(twin, net)


def test_networks_come_back_from_processes() -> None:
    """What joblib's processes have fitted is pickled there, and loaded here."""
    rows = X.reshape(len(X), -1)
    bag = BaggingClassifier(mlp(epochs=1), n_estimators=2, n_jobs=2, random_state=0).fit(rows, Y)
    assert bag.predict(rows).shape == Y.shape
    found = cross_validate(mlp(epochs=1), rows, Y, cv=2, n_jobs=2, return_estimator=True)
    assert [net.n_iter_ for net in found["estimator"]] == [1, 1]
