"""Saved ensembles come back as they were; files that none has written are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nnest import Ensemble, MLPRegressor, VectorizedGridSearchCV, fit_many
from nnest.persistence import load, save
from tests.networks import mlp, network, refuses, same_weights
from tests.searches import table
from tests.test_persistence_files import MANIFEST, Files, npy, refused, with_json, zipped

X, Y = table()
TARGETS = np.stack([Y, -2 * Y], axis=1).astype(np.int16)


def folds(net: Any, y: np.ndarray, **settings: Any) -> Ensemble:
    """Return the networks of two folds, the second of which counts more."""
    splits = list(KFold(2).split(X))
    nets = [type(net)(**net.get_params()) for _ in splits]
    fit_many(nets, X, y, splits=[(train, None) for train, _ in splits])
    return Ensemble.from_folds(nets, X, y, splits, weights=(0.3, 0.7), **settings)


@pytest.fixture(scope="module")
def classifiers() -> Ensemble:
    """Return a calibrated ensemble whose labels are text."""
    names = np.array(["no", "perhaps", "yes"])[Y]
    return folds(mlp(epochs=1, dropout=0.2), names, calibrate="temperature")


@pytest.fixture(scope="module")
def original(classifiers: Ensemble, tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Return its files."""
    folder = tmp_path_factory.mktemp("saved") / "nets"
    save(classifiers, folder)
    return {each.name: each.read_bytes() for each in folder.iterdir()}


@pytest.mark.parametrize("name", ["nets", "nets.zip"])
def test_an_ensemble_comes_back(classifiers: Ensemble, name: str, tmp_path: Path) -> None:
    """Its answers are the same to the last digit, and so are its sets."""
    save(classifiers, tmp_path / name)
    again = load(tmp_path / name)

    assert type(again) is Ensemble
    assert again.weights == classifiers.weights
    assert again.temperature_ == classifiers.temperature_ != 1
    for one, other in zip(again.estimators_, classifiers.estimators_, strict=True):
        assert same_weights(one, other)
        assert one.history_ == other.history_
    for one, other in zip(again.estimators, classifiers.estimators, strict=True):
        assert one.get_params() == other.get_params()
    np.testing.assert_array_equal(again.predict_proba(X), classifiers.predict_proba(X))
    np.testing.assert_array_equal(again.predict(X), classifiers.predict(X))
    np.testing.assert_array_equal(again.predict_set(X, 0.3), classifiers.predict_set(X, 0.3))


def test_regressors_come_back(tmp_path: Path) -> None:
    """With the intervals of several outputs, whose targets were whole numbers."""
    ensemble = folds(network(MLPRegressor), TARGETS)
    save(ensemble, tmp_path / "nets.zip")
    again = load(tmp_path / "nets.zip")

    np.testing.assert_array_equal(again.predict(X), ensemble.predict(X))
    np.testing.assert_array_equal(again.predict_interval(X), ensemble.predict_interval(X))


def test_an_ensemble_of_a_search_comes_back(tmp_path: Path) -> None:
    """Its networks may lie in files of their own, which the saved one does not need."""
    search = VectorizedGridSearchCV(
        mlp(), {"dropout": [0.0, 0.4]}, cv=2, keep="all", checkpoint=tmp_path / "kept"
    ).fit(X, Y)
    ensemble = search.ensemble("greedy", share=1.0)
    save(ensemble, tmp_path / "nets.zip")
    for file in (tmp_path / "kept").iterdir():
        file.unlink()
    again = load(tmp_path / "nets.zip")

    np.testing.assert_array_equal(again.predict_proba(X), ensemble.predict_proba(X))
    np.testing.assert_array_equal(again.weights_, ensemble.weights_)


def test_seeds_come_back_without_folds(tmp_path: Path) -> None:
    """What has no rows out of fold still has none; weights that were set later do not count."""
    ensemble = Ensemble.from_seeds(mlp(epochs=1), X, Y, n=2).set_params(weights=[1, 3])
    save(ensemble, tmp_path / "nets.zip")
    again = load(tmp_path / "nets.zip")

    assert again.out_of_fold_ is None
    assert again.weights == [1, 3]
    np.testing.assert_array_equal(again.predict_proba(X), ensemble.predict_proba(X))


@pytest.mark.parametrize("weights", [range(1, 3), pd.Series([1, 2])], ids=["range", "series"])
def test_weights_of_any_sequence_come_back(weights: Any, tmp_path: Path) -> None:
    """As the numbers that they are."""
    ensemble = Ensemble.from_seeds(mlp(epochs=1), X, Y, n=2).set_params(weights=weights)
    save(ensemble, tmp_path / "nets.zip")

    assert load(tmp_path / "nets.zip").weights == [1, 2]


def test_what_cannot_be_saved_is_told(tmp_path: Path) -> None:
    """Other estimators, code, and what is not fitted."""
    path = tmp_path / "nets.zip"
    other = LogisticRegression().fit(X, Y)
    for member in (make_pipeline(StandardScaler(), other).fit(X, Y), other):
        with pytest.raises(TypeError, match="An Ensemble with a LogisticRegression in it is not"):
            save(Ensemble.from_fitted([member]), path)
    with pytest.raises(NotFittedError):
        save(Ensemble([mlp()]), path)
    called = Ensemble([mlp(epochs=1)]).fit(X, Y)
    called.estimators_[0].callbacks = [print]
    with refuses(
        "This Ensemble cannot be saved because callbacks are code, which is not saved: set "
        "callbacks=None."
    ):
        save(called, path)
    assert not path.exists()


FOLDS = "its folds, rows and labels do not fit each other"
WEIGHTS = "'weights.npy' in it holds no shares of one"
TAMPERED: dict[str, tuple[str, bytes | None, str]] = {
    "no member": ("member-1-estimator.json", None, "it lacks 'member-1-estimator.json'"),
    "no kernel": (
        "member-1-layer-hidden_1-kernel.npy", None, "it lacks 'layer-hidden_1-kernel.npy'"
    ),
    "no weights": ("weights.npy", None, "it lacks 'weights.npy'"),
    "no folds": ("fold-rows.npy", None, "it lacks 'fold-rows.npy'"),
    "a third member": (
        "member-2-estimator.json", b"{}",
        "it holds 'member-2-estimator.json', which belongs to no such ensemble",
    ),
    "a member twice": (
        "member-01-estimator.json", b"{}",
        "it holds 'member-01-estimator.json', which belongs to no such ensemble",
    ),
    "an array more": (
        "layer-output-bias.npy", npy(np.ones(3)),
        "it holds 'layer-output-bias.npy', which belongs to no such ensemble",
    ),
    "weights below zero": ("weights.npy", npy(np.array([-1.0, 2.0])), WEIGHTS),
    "weights above one": ("weights.npy", npy(np.array([1.0, 1.0])), WEIGHTS),
    "weights that are none": (
        "weights.npy", npy(np.array([np.nan, 1.0])),
        "'weights.npy' in it holds numbers that are not finite",
    ),
    "pickled weights": (
        "weights.npy", npy(np.array([{}, []], dtype=object)),
        "'weights.npy' in it is no array of plain values in C order",
    ),
    "a fold without weight": ("weights.npy", npy(np.array([0.0, 1.0])), FOLDS),
    "a fold that is missing": ("fold-members.npy", npy(np.array([0, 2])), FOLDS),
    "a fold below zero": ("fold-members.npy", npy(np.array([-1, 0])), FOLDS),
    "a huge fold": ("fold-members.npy", npy(np.array([0, 2**62])), FOLDS),
    "rows of no fold": ("fold-rows.npy", npy(np.full(60, 7)), FOLDS),
    "labels that are none": ("fold-targets.npy", npy(np.full(60, 3)), FOLDS),
    "too few rows": (
        "fold-rows.npy", npy(np.zeros(59, np.int64)),
        "'fold-rows.npy' in it has shape (59,) and type int64, where its configuration asks for "
        "(60,) and int64",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TAMPERED)
def test_files_that_do_not_fit_are_refused(case: str, original: Files, tmp_path: Path) -> None:
    """Each with one sentence."""
    name, content, reason = TAMPERED[case]
    files = {**original, name: content or b""}
    if content is None:
        del files[name]

    refused(zipped(files, tmp_path / "nets.zip"), reason)


KIND = "is of another kind"
VALUES: list[tuple[str, Any, str]] = [
    ("members", 0, "'members' in its JSON is 0, which is out of bounds"),
    ("members", 10**6, "'members' in its JSON is 1000000, which is out of bounds"),
    ("members", True, f"'members' in its JSON is 'True', which {KIND}"),
    ("members", 1, ""),
    ("temperature", -1.0, "'temperature' or 'rows' in its JSON is out of bounds"),
    ("temperature", 1, f"'temperature' in its JSON is '1', which {KIND}"),
    ("rows", 0, "'temperature' or 'rows' in its JSON is out of bounds"),
    ("rows", None, ""),
    ("weights", [1.0], ""),
    ("weights", ["a", "b"], ""),
    ("weights", {"dict": []}, ""),
    ("more", 1, "its JSON holds 'more', which is not known"),
]


@pytest.mark.parametrize(("name", "value", "reason"), VALUES)
def test_json_that_does_not_fit_is_refused(
    name: str, value: Any, reason: str, original: Files, tmp_path: Path
) -> None:
    """Nothing else is raised."""
    path = zipped(with_json(original, name, value=value), tmp_path / "nets.zip")
    if reason:
        refused(path, reason)
    else:
        with pytest.raises(ValueError, match="is refused because") as caught:
            load(path)
        assert len(str(caught.value)) < 300


def test_another_version_is_refused(original: Files, tmp_path: Path) -> None:
    """And a format that is none."""
    refused(
        zipped(with_json(original, "version", value=2), tmp_path / "nets.zip"),
        "its format has version 2, and this nnest reads version 1",
        "load it with the nnest that wrote it, or a newer one.",
    )
    refused(
        zipped(with_json(original, "format", value="ensemble"), tmp_path / "other.zip"),
        "it is of another format",
    )


def test_members_are_held_to_what_single_networks_are(original: Files, tmp_path: Path) -> None:
    """A member that is an ensemble itself, or of another kind than the others, is refused."""
    own = {name: content for name, content in original.items() if name.startswith("member-0-")}
    nested = {**original, "member-1-estimator.json": original[MANIFEST]}
    refused(zipped(nested, tmp_path / "nested.zip"), "it is of another format")

    save(network(MLPRegressor, epochs=1).fit(X, Y), tmp_path / "one")
    files = {name: each for name, each in original.items() if not name.startswith("member-1-")}
    files |= {f"member-1-{each.name}": each.read_bytes() for each in (tmp_path / "one").iterdir()}
    with pytest.raises(ValueError, match=r"its members do not answer together .estimators are of"):
        load(zipped(files, tmp_path / "mixed.zip"))

    large = json.loads(own["member-0-estimator.json"])
    large["parameters"]["hidden_units"] = {"tuple": [10**9]}
    huge = {**original, "member-0-estimator.json": json.dumps(large).encode()}
    with pytest.raises(ValueError, match="its configuration describes a network of 2 kernels"):
        load(zipped(huge, tmp_path / "huge.zip"))
