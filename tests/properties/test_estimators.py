"""Properties of the estimators that hold for any parameters, labels and pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.base import clone

from nnest import CNNClassifier, CNNRegressor, MLPClassifier, MLPRegressor
from tests.networks import ESTIMATORS, mlp, pictures

X, Y = pictures(32)
NET = mlp(dropout=0.2).fit(X, Y)

SIZES = st.lists(st.integers(1, 512), max_size=4)
RATES = st.floats(0, 1, exclude_max=True)
PLACES = st.sampled_from([None, "first", "last", "every"])
ACTIVATIONS = st.sampled_from(["relu", "tanh", "sigmoid"])


def _or_one_each(value: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw one value, or a sequence with one for each layer."""
    return value | st.lists(value, max_size=3) | st.lists(value, max_size=3).map(tuple)


ALL = {
    "hidden_units": SIZES | SIZES.map(tuple) | SIZES.map(np.array),
    "activation": _or_one_each(ACTIVATIONS),
    "dropout": _or_one_each(RATES),
    "dropout_at": PLACES,
    "batch_norm_at": PLACES,
    "shortcut": st.booleans(),
    "l1": st.floats(0, 1),
    "l2": st.floats(0, 1),
    "kernel_initializer": st.sampled_from(["he_normal", {"class_name": "Zeros", "config": {}}]),
    "optimizer": st.sampled_from(["adam", "sgd"]),
    "learning_rate": st.none() | st.floats(1e-6, 1),
    "batch_size": st.integers(1, 512),
    "early_stopping": st.booleans(),
    "random_state": st.none() | st.integers(0, 2**32 - 1),
}
CLASSIFIERS = {
    "label_smoothing": RATES,
    "class_weight": st.sampled_from([None, "balanced", {0: 1.0, "one": 2.0}]),
}
PICTURES = {
    "filters": SIZES.map(tuple),
    "kernel_size": _or_one_each(st.integers(1, 9)),
    "pooling": _or_one_each(st.sampled_from([None, "max", "average"])),
    "conv_dropout": _or_one_each(RATES),
    "conv_batch_norm": st.sampled_from([False, True, "last_pooling"]),
    "image_shape": st.none() | st.tuples(st.integers(1, 9), st.integers(1, 9)),
}
PARAMETERS = {
    MLPClassifier: ALL | CLASSIFIERS,
    MLPRegressor: ALL,
    CNNClassifier: ALL | CLASSIFIERS | PICTURES,
    CNNRegressor: ALL | PICTURES,
}
NETWORKS = st.sampled_from(ESTIMATORS).flatmap(
    lambda cls: st.fixed_dictionaries({}, optional=PARAMETERS[cls]).map(lambda given: cls(**given))
)


def _plain(value: Any) -> Any:
    """Return a value that == compares whole."""
    return ("array", value.tolist()) if isinstance(value, np.ndarray) else (type(value), value)


def _parameters(net: Any) -> dict[str, Any]:
    return {name: _plain(value) for name, value in net.get_params(deep=False).items()}


@given(NETWORKS)
def test_clone_keeps_every_parameter(net: Any) -> None:
    """Values and types: a list stays a list, an array an array."""
    assert _parameters(clone(net)) == _parameters(net)


@given(NETWORKS)
def test_parameters_can_be_set_later(net: Any) -> None:
    """A network that is given its parameters after its making is the same network."""
    later = type(net)().set_params(**net.get_params(deep=False))
    assert _parameters(later) == _parameters(net)
    assert repr(later) == repr(net)


@given(arrays(np.float32, (5, 6, 6), elements=st.floats(-1000, 1000, width=32)))
def test_probabilities_are_distributions(samples: np.ndarray) -> None:
    """For any pixels, far from those that were trained on too."""
    found = NET.predict_proba(samples)
    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(NET.predict(samples), found.argmax(axis=1))


@given(st.lists(st.integers(0, 31), min_size=1, max_size=32))
def test_an_answer_belongs_to_its_sample(rows: list[int]) -> None:
    """Picking and reordering samples picks and reorders answers."""
    np.testing.assert_allclose(NET.predict_proba(X[rows]), NET.predict_proba(X)[rows], rtol=1e-5)


@settings(max_examples=8)
@given(
    st.lists(st.text(max_size=5), min_size=3, max_size=3, unique=True)
    | st.lists(st.integers(-(2**31), 2**31), min_size=3, max_size=3, unique=True)
)
def test_names_of_labels_do_not_matter(labels: list[Any]) -> None:
    """In their sorted order they stand for the same classes, with the same probabilities."""
    named = np.array(sorted(labels))
    net = mlp(dropout=0.2).fit(X, named[Y])
    np.testing.assert_array_equal(net.predict_proba(X), NET.predict_proba(X))
    np.testing.assert_array_equal(net.predict(X), named[NET.predict(X)])
