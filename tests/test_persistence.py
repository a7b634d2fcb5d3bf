"""Saved estimators come back as they were, under every back end."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline

from nnest import Augmentation, CNNClassifier, MLPClassifier, MLPRegressor, fit_many
from nnest.persistence import load, save, to_keras
from tests.networks import ESTIMATORS, network, pictures, same_weights

X, Y = pictures()
Y = Y.astype(np.int32)  # as Keras wants them where it is called itself
RANDOM = {"dropout": 0.3, "batch_norm_at": "every", "l2": 0.01}
AUGMENTED = {"augmentation": Augmentation(crop=(5, 4), flip_labels=[1], brightness=0.1, clip=None)}
ALL = pytest.mark.parametrize("cls", ESTIMATORS, ids=lambda cls: cls.__name__)

OPTIMIZERS = [
    {"optimizer": "adamw"},
    {"optimizer": "sgd", "momentum": 0.9},
    {"optimizer": "rmsprop", "momentum": 0.5},
    {"optimizer": "ftrl"},
]
PARAMETERS = [
    {"hidden_units": [4, 3], "activation": ("tanh", "relu"), "dropout": [0.1, 0.2]},
    {"hidden_units": np.array([4]), "shortcut": np.True_, "l1": np.float32(0.1)},
    {"class_weight": {0: 1.0, 1: 2.5, 2: 0.5}, "label_smoothing": 0.1, "random_state": None},
    {"kernel_initializer": {"class_name": "RandomNormal", "config": {"stddev": 0.1}}},
    {"hidden_units": (4,), "bias_initializer": ("ones", "zeros")},
    {"kernel_initializer": keras.initializers.serialize(keras.initializers.HeNormal(seed=1))},
]
LABELS = [
    np.array(["no", "perhaps", "yes"]),
    np.array(["no", "perhaps", "yes"], dtype=object),
    np.array([-1, 0, 7]),
    np.array([0.0, 1.0, 2.0]),
    np.array([False, True]),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where to save."""
    return tmp_path / "net.zip"


@pytest.fixture(params=["net.zip", "net"], ids=["archive", "folder"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return where to save, in both forms."""
    return tmp_path / request.param


def fitted(cls: Any = MLPClassifier, **settings: Any) -> Any:
    """Return a small network that uses everything that is random."""
    return network(cls, **{**RANDOM, **settings}).fit(X, Y)


def outputs(net: Any, images: Any = X) -> np.ndarray:
    """Return what the network answers, before labels are made of it."""
    return net.predict_proba(images) if hasattr(net, "classes_") else net.predict(images)


def there_and_back(net: Any, path: Path) -> Any:
    """Return a network that was saved and loaded."""
    save(net, path)
    return load(path)


@ALL
def test_an_estimator_comes_back(cls: Any, either: Path) -> None:
    """With its parameters, everything that was learnt, and the same predictions."""
    net = fitted(cls)
    again = there_and_back(net, either)

    assert type(again) is cls
    assert again.get_params() == net.get_params()
    assert vars(again).keys() == vars(net).keys()
    learnt = set(vars(net)) - set(net.get_params()) - {"_network", "classes_"}
    assert {n: vars(again)[n] for n in learnt} == {n: vars(net)[n] for n in learnt}
    assert same_weights(again, net)
    np.testing.assert_array_equal(outputs(again), outputs(net))


@ALL
def test_a_loaded_estimator_trains_on(cls: Any, path: Path) -> None:
    """As the original would: weights, optimizer, order and masks go on where they were."""
    net = fitted(cls)
    again = there_and_back(net, path)
    for each in (net, again):
        each.partial_fit(X, Y)

    assert same_weights(again, net)
    assert again.history_ == net.history_
    assert again.n_iter_ == 3


def test_a_warm_start_goes_on(path: Path) -> None:
    """With augmentation and early stopping, whose split and draws have seeds of their own."""
    net = fitted(CNNClassifier, conv_dropout=0.2, early_stopping=True, warm_start=True, **AUGMENTED)
    again = there_and_back(net, path).fit(X, Y)
    net.fit(X, Y)

    assert same_weights(again, net)
    assert again.history_ == net.history_


@pytest.mark.parametrize("settings", OPTIMIZERS, ids=lambda s: s["optimizer"])
def test_every_optimizer_goes_on(settings: dict[str, Any], path: Path) -> None:
    """Each with the state that it has, and the rate that it has now."""
    net = fitted(**settings)
    net.model_.optimizer.learning_rate.assign(0.005)
    again = there_and_back(net, path)
    for each in (net, again):
        each.partial_fit(X, Y)

    assert same_weights(again, net)


FORMS = ["sequences", "numpy", "labels", "initializer", "each", "serialized"]


@pytest.mark.parametrize("settings", PARAMETERS, ids=FORMS)
def test_parameters_keep_their_form(settings: dict[str, Any], path: Path) -> None:
    """Tuples, lists, dictionaries with numbers as keys; what is numpy's becomes Python's."""
    net = network(MLPClassifier, **settings).fit(X, Y)
    again = there_and_back(net, path)
    plain = {n: v.tolist() if hasattr(v, "dtype") else v for n, v in net.get_params().items()}

    assert again.get_params() == plain
    assert {n: type(v) for n, v in again.get_params().items()} == {
        n: type(v) for n, v in plain.items()
    }
    np.testing.assert_array_equal(
        outputs(clone(again).set_params(random_state=0).fit(X, Y)),
        outputs(clone(net).set_params(random_state=0).fit(X, Y)),
    )


def test_an_augmentation_comes_back(path: Path) -> None:
    """As an estimator's nested parameter, and predictions use the central window again."""
    net = fitted(CNNClassifier, **AUGMENTED)
    again = there_and_back(net, path)

    assert again.get_params()["augmentation"].get_params() == AUGMENTED["augmentation"].get_params()
    np.testing.assert_array_equal(outputs(again), outputs(net))


@pytest.mark.parametrize("labels", LABELS, ids=lambda labels: str(labels.dtype))
def test_labels_come_back(labels: np.ndarray, path: Path) -> None:
    """Text, whole numbers, fractions, truth: with their type."""
    net = network(MLPClassifier).fit(X, labels[Y % len(labels)])
    again = there_and_back(net, path)

    assert again.classes_.dtype == labels.dtype
    np.testing.assert_array_equal(again.classes_, labels)
    assert again.predict(X).tolist() == net.predict(X).tolist()


def test_names_of_features_and_several_targets_come_back(path: Path) -> None:
    """A table's names are held to, and predictions have the form of the targets."""
    import pandas as pd

    table = pd.DataFrame(X.reshape(len(X), -1)).rename(columns="pixel {}".format)
    net = network(MLPRegressor).fit(table, np.c_[Y, -Y])
    again = there_and_back(net, path)

    assert again.feature_names_in_.tolist() == list(table.columns)
    assert again.feature_names_in_.dtype == net.feature_names_in_.dtype
    assert again.predict(table).shape == (len(X), 2)
    np.testing.assert_array_equal(again.predict(table), net.predict(table))


def test_how_it_was_trained_comes_back(path: Path) -> None:
    """With others in a group, and whether it diverged."""
    net = fitted()
    net.group_, net.diverged_ = {"lowering": "scan", "lanes": 2, "members": 3}, True
    again = there_and_back(net, path)

    assert (again.group_, again.diverged_) == (net.group_, True)


def test_a_history_that_is_not_finite_comes_back(path: Path) -> None:
    """A training that diverged is a result too."""
    net = fitted()
    net.history_["loss"][-1] = float("nan")
    again = there_and_back(net, path)

    np.testing.assert_array_equal(again.history_["loss"], net.history_["loss"])


def test_what_was_set_since_counts_when_training_goes_on(path: Path) -> None:
    """A rate that was set after training counts from the next one on, as in the original."""
    net = fitted().set_params(dropout=0.5, l2=0.3, learning_rate=1.0)
    again = there_and_back(net, path)
    np.testing.assert_array_equal(outputs(again), outputs(net))
    for each in (net, again):
        each.partial_fit(X, Y)

    assert again.get_params() == net.get_params()
    assert same_weights(again, net)
    assert float(again.model_.optimizer.learning_rate.value) == 1.0


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "bfloat16"])
def test_another_policy_of_types_makes_no_difference(policy: str, path: Path) -> None:
    """Estimators are of float32 under any policy, and so are their files."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        net = fitted(l2=0.0)
        np.testing.assert_array_equal(outputs(there_and_back(net, path)), outputs(net))
    finally:
        keras.config.set_dtype_policy(before)
    np.testing.assert_array_equal(outputs(load(path)), outputs(net))


def test_a_new_process_predicts_the_same(path: Path) -> None:
    """A file is all that it needs, and it asks for names at the top of the package."""
    net = fitted(CNNClassifier)
    save(net, path)
    np.save(path.with_name("X.npy"), X)
    code = (
        "import sys, numpy as np, nnest; net = nnest.load(sys.argv[1]); "
        "np.save(sys.argv[3], net.predict_proba(np.load(sys.argv[2])))"
    )
    places = [path, path.with_name("X.npy"), path.with_name("p.npy")]
    subprocess.run([sys.executable, "-c", code, *map(str, places)], check=True)

    np.testing.assert_array_equal(np.load(places[2]), net.predict_proba(X))


@pytest.mark.backend
@ALL
def test_any_back_end_saves(cls: Any, either: Path) -> None:
    """And loads to the same numbers, trains on, and hands a stock model over."""
    net = fitted(cls)
    again = there_and_back(net, either)
    np.testing.assert_array_equal(outputs(again), outputs(net))
    for each in (net, again):
        each.partial_fit(X, Y)

    assert same_weights(again, net)
    images = net._as_input(X)
    np.testing.assert_allclose(
        np.ravel(to_keras(net).predict(images, verbose=0)),
        np.ravel(outputs(net)),
        rtol=1e-4,
        atol=1e-5,
    )


@pytest.mark.backend
@pytest.mark.parametrize("cls", [MLPRegressor, CNNClassifier])
def test_another_back_end_predicts_the_same(cls: Any, tmp_path: Path) -> None:
    """What JAX has saved is loaded here, whatever back end this is, and training goes on."""
    code = (
        "import sys, numpy as np, nnest, tests.test_persistence as t\n"
        "net = t.fitted(getattr(nnest, sys.argv[1]))\n"
        "nnest.save(net, sys.argv[2])\n"
        "np.save(sys.argv[3], t.outputs(net))\n"
    )
    net_file, answers = tmp_path / "net.zip", tmp_path / "answers.npy"
    subprocess.run(
        [sys.executable, "-c", code, cls.__name__, str(net_file), str(answers)],
        check=True,
        env={**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    net = load(net_file)

    np.testing.assert_allclose(outputs(net), np.load(answers), rtol=1e-4, atol=1e-5)
    assert net.partial_fit(X, Y).n_iter_ == 3


def test_saving_no_global_state_is_touched(path: Path) -> None:
    """Nor is what the estimator holds."""
    net = fitted(random_state=None)
    before, parameters = np.random.get_state()[1].tolist(), net.get_params()
    there_and_back(net, path)

    assert np.random.get_state()[1].tolist() == before
    assert net.get_params() == parameters


# What cannot be saved.


def refused(net: Any, path: Path, sentence: str, error: Any = ValueError) -> None:
    """Hold `save` to one sentence, and to leaving nothing behind."""
    with pytest.raises(error, match=f"^{re.escape(sentence)}$"):
        save(net, path)
    assert list(path.parent.iterdir()) == []


def test_callbacks_are_not_saved(path: Path) -> None:
    """They are code."""
    net = fitted(callbacks=[keras.callbacks.TerminateOnNaN()])

    refused(
        net,
        path,
        "This MLPClassifier cannot be saved because callbacks are code, which is not saved: set "
        "callbacks=None.",
    )
    assert there_and_back(net.set_params(callbacks=None), path).callbacks is None


def test_a_random_state_that_goes_on_is_not_saved(path: Path) -> None:
    """It would not be the same one any more."""
    net = fitted()
    net.set_params(random_state=np.random.RandomState(0))

    refused(
        net,
        path,
        "This MLPClassifier cannot be saved because random_state=RandomState(MT19937) is no "
        "number: set random_state to a whole number or None.".replace(
            "RandomState(MT19937)", repr(net.random_state)
        ),
    )


def test_another_network_is_not_saved(path: Path) -> None:
    """Parameters that do not describe the network any more could not build it again."""
    refused(
        fitted().set_params(hidden_units=(9,)),
        path,
        "This MLPClassifier cannot be saved because its model_ is not what its parameters "
        "describe: set the parameters back that were changed since fit, or fit again.",
    )


def test_an_initializer_of_ones_own_is_not_saved(path: Path) -> None:
    """It is code, even where a name stands for it."""
    net = fitted().set_params(bias_initializer={"class_name": "Mine>Own", "config": {}})

    refused(
        net,
        path,
        "This MLPClassifier cannot be saved because bias_initializer={'class_name': 'Mine>Own', "
        "'config': {}} is not an initializer of Keras with plain numbers: use one of "
        "keras.initializers by its name, or its class_name and config.",
    )


def test_a_value_without_a_form_is_not_saved(path: Path) -> None:
    """Only plain values have one."""
    refused(
        fitted().set_params(verbose=1j),
        path,
        "This MLPClassifier cannot be saved because verbose=1j has no form in JSON: give plain "
        "numbers, strings, sequences or dictionaries of them.",
    )


def test_what_is_not_fitted_is_not_saved(path: Path) -> None:
    """There is nothing to save."""
    refused(
        MLPClassifier(),
        path,
        "This MLPClassifier instance is not fitted yet. Call 'fit' with appropriate arguments "
        "before using this estimator.",
        NotFittedError,
    )


@pytest.mark.parametrize("function", [lambda net: save(net, "net.zip"), to_keras])
def test_other_things_are_not_saved(function: Any) -> None:
    """Subclasses hold other people's code."""

    class MLPClassifier(MLPRegressor):
        """Has the name of another."""

    class Steps(Pipeline):
        """A pipeline of somebody else's."""

    pipeline = Steps([("network", network(MLPRegressor))])
    for other, name in ((pipeline, "Steps"), (MLPClassifier(), "MLPClassifier")):
        sentence = (
            f"{name} is not accepted: give a fitted CNNClassifier, CNNRegressor, MLPClassifier, "
            "MLPRegressor; of a pipeline or a search, the network in it."
        )
        with pytest.raises(TypeError, match=f"^{re.escape(sentence)}$"):
            function(other)


# Where it is written.


def test_saving_again_replaces(either: Path) -> None:
    """The newer one is there, and nothing beside it."""
    save(fitted(random_state=1), either)
    net = fitted(random_state=2)

    np.testing.assert_array_equal(outputs(there_and_back(net, either)), outputs(net))
    assert [each.name for each in either.parent.iterdir()] == [either.name]


def test_what_is_somebody_elses_stays(either: Path) -> None:
    """Other files, and folders with one more file in them, are not overwritten."""
    net = fitted()
    if either.suffix:
        either.write_text("mine")
    else:
        save(net, either)
        (either / "notes.txt").write_text("mine")
    sentence = (
        f"{str(either)!r} exists and holds no estimator: give a path that is free, or remove it."
    )
    with pytest.raises(FileExistsError, match=f"^{re.escape(sentence)}$"):
        save(net, either)

    assert (either if either.suffix else either / "notes.txt").read_text() == "mine"


def test_a_write_that_fails_leaves_the_old_one(
    either: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole, and without half of the new one beside it."""
    old = fitted(random_state=1)
    save(old, either)
    monkeypatch.setattr(os, "fsync", _no_space)
    with pytest.raises(OSError, match="No space left"):
        save(fitted(random_state=2), either)

    assert [each.name for each in either.parent.iterdir()] == [either.name]
    np.testing.assert_array_equal(outputs(load(either)), outputs(old))


def _no_space(descriptor: int) -> None:
    raise OSError("No space left on device")


def test_a_folder_comes_back_if_the_new_one_cannot_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old one has made way by then."""
    old, rename = fitted(random_state=1), os.rename
    save(old, tmp_path / "net")

    def fail_once(source: Any, target: Any) -> None:
        if str(target).endswith("net") and not str(source).endswith("old"):
            raise OSError("Busy")
        rename(source, target)

    monkeypatch.setattr(os, "rename", fail_once)
    with pytest.raises(OSError, match="Busy"):
        save(fitted(random_state=2), tmp_path / "net")

    np.testing.assert_array_equal(outputs(load(tmp_path / "net")), outputs(old))
    assert [each.name for each in tmp_path.iterdir()] == ["net"]


def test_a_folder_that_is_missing_is_told(path: Path) -> None:
    """It is not made behind the user's back."""
    path = path.parent / "nowhere" / path.name
    sentence = f"There is no folder {str(path.parent)!r}: make it, or give another path."
    with pytest.raises(FileNotFoundError, match=f"^{re.escape(sentence)}$"):
        save(fitted(), path)


def test_files_are_arrays_and_json(either: Path) -> None:
    """And archives are readable by everybody: one level, no compression, no code."""
    save(fitted(), either)
    if either.suffix:
        with zipfile.ZipFile(either) as archive:
            names, manifest = archive.namelist(), archive.read("estimator.json")
    else:
        names, manifest = os.listdir(either), (either / "estimator.json").read_bytes()

    assert {Path(name).suffix for name in names} == {".json", ".npy"}
    assert json.loads(manifest)["estimator"] == "MLPClassifier"


# Models of Keras's own layers.

STOCK = [
    {"l1": 0.01, "l2": 0.02, "shortcut": True},
    {"conv_dropout": 0.1, "conv_batch_norm": True, "pooling": "average", "optimizer": "sgd"},
    AUGMENTED,
    {"augmentation": Augmentation(brightness=0.1, clip=None)},
]


@pytest.mark.parametrize("settings", STOCK, ids=["penalties", "norm", "crop", "no-crop"])
def test_a_stock_model_is_the_same_network(settings: dict[str, Any]) -> None:
    """It has Keras's layers only, the same outputs and the same loss with its penalty."""
    net = fitted(CNNClassifier, **settings)
    stock = to_keras(net)
    images = X[..., None]

    assert type(stock).__module__.startswith("keras.")
    assert {type(layer).__module__.split(".")[0] for layer in stock.layers} == {"keras"}
    np.testing.assert_allclose(
        stock.predict(images, verbose=0), net.predict_proba(X), rtol=1e-5, atol=1e-6
    )
    expected = net.model_.evaluate(images, Y, verbose=0, return_dict=True)
    assert stock.evaluate(images, Y, verbose=0, return_dict=True) == pytest.approx(
        expected, rel=1e-5
    )


def test_a_stock_regressor_is_the_same_network() -> None:
    """With the mean squared error as its loss."""
    net = fitted(MLPRegressor)
    stock = to_keras(net)

    found = stock.predict(X, verbose=0)[:, 0]
    np.testing.assert_allclose(found, net.predict(X), rtol=1e-5, atol=1e-6)
    expected = net.model_.evaluate(X, Y[:, None], verbose=0)
    assert stock.evaluate(X, Y[:, None], verbose=0) == pytest.approx(expected, rel=1e-5)


def test_a_stock_model_has_rates_as_constants() -> None:
    """The present ones, so that it trains with them."""
    net = fitted(CNNClassifier, conv_dropout=0.2)
    net.model_.optimizer.learning_rate.assign(0.125)
    stock = to_keras(net)
    kernel = net.model_.get_weights()[0]

    assert stock.get_layer("hidden_1_dropout").rate == pytest.approx(0.3)
    assert stock.get_layer("conv_1_dropout").rate == pytest.approx(0.2)
    assert stock.get_layer("conv_1").kernel_regularizer.l2 == pytest.approx(0.01)
    assert stock.get_layer("output").bias_regularizer is None
    assert float(stock.optimizer.learning_rate.value) == 0.125
    stock.fit(X[..., None], Y, epochs=1, verbose=0)
    assert (stock.get_weights()[0] != kernel).any()
    np.testing.assert_array_equal(net.model_.get_weights()[0], kernel)


def test_a_stock_file_needs_no_nnest(tmp_path: Path) -> None:
    """A process that cannot import the package loads it and predicts the same."""
    net = fitted(CNNClassifier, conv_dropout=0.2, **AUGMENTED)
    to_keras(net).save(tmp_path / "stock.keras")
    np.save(tmp_path / "X.npy", X[..., None])
    code = (
        "import sys, numpy as np; sys.modules['nnest'] = None; import keras; "
        "model = keras.models.load_model('stock.keras'); "
        "np.save('p.npy', model.predict(np.load('X.npy'), verbose=0))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)

    np.testing.assert_allclose(
        np.load(tmp_path / "p.npy"), net.predict_proba(X), rtol=1e-5, atol=1e-6
    )
    with zipfile.ZipFile(tmp_path / "stock.keras") as archive:
        assert not any(b"nnest" in archive.read(name) for name in archive.namelist())


def test_keras_calls_and_exports_what_was_loaded(path: Path) -> None:
    """At once; an export to ONNX refuses a model that it takes for one that was never called.

    What it needs beside Keras is not installed where the tests run.
    """
    net = fitted()
    loaded = there_and_back(net, path).model_
    calls = np.asarray(loaded(np.asarray(net._as_input(X[:2]))))
    np.testing.assert_allclose(calls, net.predict_proba(X[:2]), rtol=1e-5)
    models = [there_and_back(net, path).model_, copy.deepcopy(net).model_, to_keras(net)]
    models += [member.model_ for member in fit_many([clone(net), clone(net)], X, Y)]
    for model in models:
        with suppress(ImportError):
            model.export(path.with_suffix(".onnx"), format="onnx", verbose=False)
