"""Saved pipelines come back as they were; files that none has written are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import KFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

from nnest import Ensemble, MLPRegressor, VectorizedGridSearchCV
from nnest.persistence import load, save
from nnest.preprocessing import GaussianBlur, PixelScaler
from tests.networks import cnn, mlp, network, pictures, refuses, same_weights
from tests.searches import table
from tests.test_persistence_files import MANIFEST, Files, npy, refused, with_json, zipped

X, Y = table()
KINDS = "GaussianBlur, MaxAbsScaler, MinMaxScaler, PixelScaler, RobustScaler, StandardScaler"


@pytest.fixture(scope="module")
def net() -> Any:
    """Return a network that is fitted to rows."""
    return mlp(epochs=1).fit(X, Y)


def fitted(step: Any, net: Any, rows: Any = X) -> Pipeline:
    """Return a pipeline of a step that is fitted here and a network that is fitted already."""
    return Pipeline([("step", step.fit(rows)), ("network", net)])


@pytest.fixture(scope="module")
def original(net: Any, tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Return the files of a pipeline of three steps."""
    folder = tmp_path_factory.mktemp("saved") / "net"
    blur = GaussianBlur(image_shape=(6, 6)).fit(X)
    steps = [("scale", StandardScaler().fit(X)), ("blur", blur), ("network", net)]
    save(Pipeline(steps), folder)
    return {each.name: each.read_bytes() for each in folder.iterdir()}


def holes(rows: np.ndarray) -> np.ndarray:
    """Return rows of which the first feature lacks a number."""
    rows = rows.copy()
    rows[0, 0] = np.nan
    return rows


@pytest.mark.parametrize(
    ("step", "rows"),
    [
        (StandardScaler(), X),
        (StandardScaler(), X.astype(np.float64)),
        (StandardScaler(), holes(X)),
        (StandardScaler(with_std=False), X),
        (StandardScaler(with_mean=False, with_std=False), X),
        (MinMaxScaler((-1, 1), clip=True), X),
        (MaxAbsScaler(), X),
        (RobustScaler(quantile_range=(10.0, 90.0)), X),
        (RobustScaler(with_centering=False, with_scaling=False), X),
        (PixelScaler(2.0, 0.5), X),
        (GaussianBlur(5, image_shape=(6, 6), mode="wrap"), X),
        ("passthrough", X),
        (None, X),
    ],
    ids=str,
)
def test_steps_come_back(step: Any, rows: Any, net: Any, tmp_path: Path) -> None:
    """With all that they have learnt, in the same types; they learn on as they would have."""
    if hasattr(step, "fit"):
        step.fit(rows)
    pipeline = Pipeline([("step", step), ("network", net)])
    save(pipeline, tmp_path / "net.zip")
    again = load(tmp_path / "net.zip")

    assert type(again) is Pipeline
    assert [name for name, _ in again.steps] == ["step", "network"]
    np.testing.assert_array_equal(again.predict_proba(X), pipeline.predict_proba(X))
    if not hasattr(step, "fit"):
        return
    assert type(again[0]) is type(step)
    assert again[0].get_params() == step.get_params()
    mine, theirs = vars(step), vars(again[0])
    assert mine.keys() == theirs.keys()
    for name, value in mine.items():
        assert type(theirs[name]) is type(value), name
        assert getattr(theirs[name], "dtype", None) == getattr(value, "dtype", None), name
        np.testing.assert_array_equal(theirs[name], value)
    if hasattr(step, "partial_fit"):
        for each in (step, again[0]):
            each.partial_fit(rows[:7])
        np.testing.assert_array_equal(again.predict_proba(X), pipeline.predict_proba(X))


def test_pictures_come_back(tmp_path: Path) -> None:
    """With rows and columns; a folder is as good as an archive."""
    X, y = pictures()
    pipeline = make_pipeline(PixelScaler(2), GaussianBlur(), cnn(epochs=1)).fit(X, y)
    save(pipeline, tmp_path / "net")
    again = load(tmp_path / "net")

    assert same_weights(again[-1], pipeline[-1])
    np.testing.assert_array_equal(again.predict_proba(X), pipeline.predict_proba(X))


def test_names_of_columns_come_back(tmp_path: Path) -> None:
    """Frames go from step to step, as they did; nothing warns of names."""
    frame = pd.DataFrame(X, columns=[f"pixel {i}" for i in range(36)])
    pipeline = make_pipeline(MinMaxScaler(), StandardScaler(), mlp(epochs=1))
    pipeline.set_output(transform="pandas").fit(frame, Y)
    save(pipeline, tmp_path / "net.zip")
    again = load(tmp_path / "net.zip")

    assert again.feature_names_in_.tolist() == frame.columns.tolist()
    np.testing.assert_array_equal(again.predict(frame), pipeline.predict(frame))


def test_ensembles_of_pipelines_come_back(tmp_path: Path) -> None:
    """Those of a search too; each member has the scaler of its fold."""
    search = VectorizedGridSearchCV(
        make_pipeline(StandardScaler(), mlp(epochs=1)),
        {"mlpclassifier__dropout": [0.0, 0.4]},
        cv=2,
        keep="all",
    ).fit(X, Y)
    ensemble = search.ensemble("greedy", share=1.0, calibrate="temperature")
    save(ensemble, tmp_path / "nets.zip")
    again = load(tmp_path / "nets.zip")

    first, second = again.estimators_[:2]
    assert (first[0].mean_ != second[0].mean_).any()
    np.testing.assert_array_equal(again.predict_proba(X), ensemble.predict_proba(X))
    np.testing.assert_array_equal(again.predict_set(X, 0.3), ensemble.predict_set(X, 0.3))


def test_intervals_of_pipelines_come_back(tmp_path: Path) -> None:
    """What is known of rows out of fold belongs to the networks behind the steps."""
    splits = list(KFold(2).split(X))
    nets = [
        make_pipeline(StandardScaler(), network(MLPRegressor, epochs=1)).fit(X[train], Y[train])
        for train, _ in splits
    ]
    ensemble = Ensemble.from_folds(nets, X, Y * 1.0, splits)
    save(ensemble, tmp_path / "nets.zip")
    again = load(tmp_path / "nets.zip")

    np.testing.assert_array_equal(again.predict_interval(X), ensemble.predict_interval(X))


def test_what_cannot_be_saved_is_told(net: Any, tmp_path: Path) -> None:
    """Other steps, what is not fitted, a place on this machine, settings that were changed."""
    path = tmp_path / "net.zip"
    message = (
        f"A pipeline with PCA is not accepted: give one of {KINDS} and a network, or save "
        r"pipeline\[:-1\] with skops.io and the network with nnest.save\."
    )
    for pipeline in (fitted(PCA(36), net), Ensemble.from_fitted([fitted(PCA(36), net)])):
        with pytest.raises(TypeError, match=f"^{message}$"):
            save(pipeline, path)
    with pytest.raises(NotFittedError):
        save(Pipeline([("step", StandardScaler()), ("network", net)]), path)
    with pytest.raises(TypeError, match="StandardScaler is not accepted: give a fitted"):
        save(Pipeline([("step", StandardScaler().fit(X))]), path)
    cannot = "This Pipeline cannot be saved because"
    kept = fitted(StandardScaler(), net).set_params(memory=str(tmp_path))
    with refuses(f"{cannot} its memory is a place on this machine: set memory=None."):
        save(kept, path)
    again = "set its parameters back, or fit the pipeline again."
    other = "its step 'step' has learnt other things than a StandardScaler learns"
    with refuses(f"{cannot} {other}: {again}"):
        save(fitted(StandardScaler(), net).set_params(step__with_std=False), path)
    with refuses(f"{cannot} its step 'step' cannot be used (size is more than 1001): {again}"):
        save(fitted(GaussianBlur(image_shape=(6, 6)), net).set_params(step__size=1003), path)
    infinite = fitted(StandardScaler(), net)
    infinite[0].mean_[0] = np.inf
    with refuses(f"{cannot} 'mean_' {BOUNDS}: {again}"):
        save(infinite, path)
    by_hand = StandardScaler()
    by_hand.mean_ = by_hand.scale_ = np.ones(36)
    with refuses(f"{cannot} {other}: {again}"):
        save(Pipeline([("step", by_hand), ("network", net)]), path)
    assert not path.exists()


MEAN, SCALE = "step-0-mean_.npy", "step-0-scale_.npy"
OTHER = "its step 'scale' has learnt other things than a StandardScaler learns"
BOUNDS = "of a step does not hold 36 numbers that are in bounds"
TAMPERED: dict[str, tuple[str, bytes | None, str]] = {
    "no network": (f"network-{MANIFEST}", None, f"it lacks 'network-{MANIFEST}'"),
    "no kernel": (
        "network-layer-hidden_1-kernel.npy", None, "it lacks 'layer-hidden_1-kernel.npy'"
    ),
    "no mean": (MEAN, None, OTHER),
    "an array more": ("step-0-more_.npy", npy(np.ones(36)), OTHER),
    "an array of no step": (
        "step-2-mean_.npy", npy(np.ones(36)),
        "it holds 'step-2-mean_.npy', which belongs to no such pipeline",
    ),
    "an array of the network's": (
        "network-layer-x-bias.npy", npy(np.ones(36)),
        "it holds 'layer-x-bias.npy', which belongs to no such estimator",
    ),
    "a mean of fewer": (MEAN, npy(np.ones(35)), f"'mean_' {BOUNDS}"),
    "a mean of none": (MEAN, npy(np.full(36, np.nan)), f"'mean_' {BOUNDS}"),
    "a scale of zero": (SCALE, npy(np.zeros(36)), f"'scale_' {BOUNDS}"),
    "a scale below zero": (SCALE, npy(np.full(36, -1.0)), f"'scale_' {BOUNDS}"),
    "a variance below zero": ("step-0-var_.npy", npy(np.full(36, -1.0)), f"'var_' {BOUNDS}"),
    "a mean of two axes": (
        MEAN, npy(np.ones((6, 6))),
        "'mean_.npy' in it has shape (6, 6) and type float64, where it should have one axis and "
        "plain values",
    ),
    "a mean of text": (
        MEAN, npy(np.full(36, "a")),
        "'mean_.npy' in it has shape (36,) and type <U1, where it should have one axis and plain "
        "values",
    ),
    "a pickled mean": (
        MEAN, npy(np.array([{}] * 36, dtype=object)),
        "'mean_.npy' in it is no array of plain values in C order",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TAMPERED)
def test_files_that_do_not_fit_are_refused(case: str, original: Files, tmp_path: Path) -> None:
    """Each with one sentence."""
    name, content, reason = TAMPERED[case]
    files = {**original, name: content or b""}
    if content is None:
        del files[name]

    refused(zipped(files, tmp_path / "net.zip"), reason)


KIND = "is of another kind"
NAMES = "the names of its steps are not those of a pipeline"
PLACES: list[tuple[tuple[Any, ...], Any, str]] = [
    (("version",), True, f"'version' in its JSON is 'True', which {KIND}"),
    (("verbose",), 1, f"'verbose' in its JSON is '1', which {KIND}"),
    (("more",), 1, "its JSON holds 'more', which is not known"),
    (("transform_input",), [1], "'transform_input' in its JSON is no list of strings"),
    (("network",), "blur", NAMES),
    (("network",), "a__b", NAMES),
    (("network",), "memory", NAMES),
    (("steps",), [1], "'steps' in its JSON is no list of objects"),
    (("steps",), [{}], "its JSON lacks 'name'"),
    (("steps",), [{"name": f"n{i}", "step": None} for i in range(100)],
     "it has 101 steps, and at most 100 are read"),
    (("steps",), [], "it holds 'step-0-mean_.npy', which belongs to no such pipeline"),
    (("steps", 0, "step"), "PCA", "'PCA' is no step that nnest.save writes"),
    (("steps", 0, "step"), "os.system", "'os.system' is no step that nnest.save writes"),
    (("steps", 0, "step"), None, "its JSON holds 'learnt', which is not known"),
    (("steps", 0, "step"), "MinMaxScaler", "it has other parameters than a MinMaxScaler"),
    (("steps", 0, "output"), "numpy", "it has other parameters than a StandardScaler"),
    (("steps", 0, "parameters"), {"more": 1}, "it has other parameters than a StandardScaler"),
    (("steps", 0, "parameters", "with_std"), False, OTHER),
    (("steps", 0, "learnt", "mean_"), 1.0, OTHER),
    (("steps", 0, "learnt"), {}, OTHER),
    (("steps", 0, "learnt", "more_"), 1, OTHER),
    (("steps", 0, "learnt", "n_features_in_"), 35,
     "'n_features_in_' in its JSON is '35', which does not fit its network"),
    (("steps", 0, "learnt", "n_samples_seen_"), -1,
     "'n_samples_seen_' in its JSON is '-1', which does not fit its network"),
    (("steps", 0, "learnt", "feature_names_in_"), ["a"],
     "'feature_names_in_' in its JSON is \"['a']\", which does not fit its network"),
    (("steps", 1, "learnt", "image_shape_"), {"tuple": [6, 6]},
     "'image_shape_' in its JSON is '(6, 6)', which does not fit its network"),
    (("steps", 1, "parameters", "size"), 10**9 + 1,
     "its step 'blur' cannot be used (size is more than 1001)"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "value", "reason"), PLACES, ids=range(len(PLACES)))
def test_json_that_does_not_fit_is_refused(
    place: Any, value: Any, reason: str, original: Files, tmp_path: Path
) -> None:
    """Nothing is built of it."""
    refused(zipped(with_json(original, *place, value=value), tmp_path / "net.zip"), reason)


@pytest.mark.parametrize(
    ("step", "name", "value"),
    [
        (0, "with_mean", "yes"),
        (0, "copy", {"dict": []}),
        (1, "size", 4),
        (1, "sigma", -1.0),
        (1, "image_shape", {"tuple": [10**9, 10**9]}),
    ],
    ids=str,
)
def test_parameters_are_checked_as_those_of_any_step(
    step: int, name: str, value: Any, original: Files, tmp_path: Path
) -> None:
    """By the step itself."""
    files = with_json(original, "steps", step, "parameters", name, value=value)
    with pytest.raises(ValueError, match=r"its step '(scale|blur)' cannot be used \(.*\): give"):
        load(zipped(files, tmp_path / "net.zip"))


def test_a_pipeline_holds_no_other(original: Files, tmp_path: Path) -> None:
    """Neither as its network nor inside itself; a newer version is refused."""
    nested = {**original, f"network-{MANIFEST}": original[MANIFEST]}
    refused(zipped(nested, tmp_path / "nested.zip"), "it is of another format")
    refused(
        zipped(with_json(original, "version", value=2), tmp_path / "new.zip"),
        "its format has version 2, and this nnest reads version 1",
        "load it with the nnest that wrote it, or a newer one.",
    )


def test_pictures_that_are_too_large_are_not_made(tmp_path: Path) -> None:
    """A convolution has few weights however large its pictures are."""
    X, y = pictures()
    pooled = cnn(epochs=1, hidden_units=(), filters=(1,), pool_size=6)
    save(make_pipeline(GaussianBlur(), pooled).fit(X, y), tmp_path / "net")
    files = {each.name: each.read_bytes() for each in (tmp_path / "net").iterdir()}
    manifest = json.loads(files[f"network-{MANIFEST}"])
    manifest["sample_shape"] = [60_000, 60_000]
    manifest["parameters"]["pool_size"] = 60_000
    files[f"network-{MANIFEST}"] = json.dumps(manifest).encode()

    refused(
        zipped(files, tmp_path / "net.zip"),
        "its step 'gaussianblur' cannot be used (samples have more than 268435456 numbers)",
    )
