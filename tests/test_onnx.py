"""Networks as ONNX: ONNX Runtime predicts what the estimator predicts, or there is no file."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

from nnest import (
    Augmentation,
    CNNClassifier,
    CNNRegressor,
    Ensemble,
    MLPClassifier,
    MLPRegressor,
    load,
    save,
)
from nnest.cli import main
from nnest.persistence import to_onnx
from nnest.preprocessing import GaussianBlur, PixelScaler

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(24, 6)).astype(np.float32)
PICTURES = RNG.uniform(size=(24, 9, 11, 2)).astype(np.float32)
LARGER = RNG.uniform(size=(24, 16, 18, 2)).astype(np.float32)
LABELS = np.arange(24) % 3


def exported(estimator: Any, path: Path, X: Any) -> dict[str, np.ndarray]:
    """Return what ONNX Runtime makes of samples."""
    to_onnx(estimator, path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    found = session.run(names, {"X": np.asarray(X, np.float32)})
    return dict(zip(names, found, strict=True))


def small(kind: Any, **settings: Any) -> Any:
    """Return an estimator that trains in a moment."""
    return kind(hidden_units=(5,), epochs=1, random_state=0, **settings)


@pytest.mark.parametrize(
    "labels",
    [
        LABELS,
        LABELS.astype(np.int8) - 1,
        LABELS * 1.0,
        LABELS > 0,
        np.array(["no", "yes", "è"])[LABELS],
    ],
    ids=["int64", "int8", "float", "bool", "text"],
)
def test_labels_come_back_as_they_were_given(tmp_path: Path, labels: Any) -> None:
    """Whole numbers, floats, truth values and names; probabilities are those of Keras."""
    net = small(MLPClassifier).fit(ROWS, labels)
    found = exported(net, tmp_path / "net.onnx", ROWS)
    assert found["label"].tolist() == net.predict(ROWS).tolist()
    np.testing.assert_allclose(found["probabilities"], net.predict_proba(ROWS), atol=1e-6)


@pytest.mark.parametrize(
    "y", [ROWS[:, 0], ROWS[:, :2], ROWS[:, :1]], ids=["(n,)", "(n, 2)", "(n, 1)"]
)
def test_a_regressor_keeps_the_shape_of_its_targets(tmp_path: Path, y: Any) -> None:
    """One number, one column and two columns are told apart."""
    net = small(MLPRegressor).fit(ROWS, y)
    found = exported(net, tmp_path / "net.onnx", ROWS)["prediction"]
    assert found.shape == net.predict(ROWS).shape
    np.testing.assert_allclose(found, net.predict(ROWS), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("shape", [(9, 11, 2), (9, 22), (198,)], ids=str)
def test_scaling_and_blur_of_a_pipeline_are_in_the_file(tmp_path: Path, shape: Any) -> None:
    """Pictures come as they are: with channels, without, or flat."""
    X = (PICTURES * 255).astype(np.uint8).reshape(24, *shape)
    image_shape = (9, 11, 2) if len(shape) == 1 else None
    blur = GaussianBlur(3, 1.0, normalize=False, image_shape=image_shape)
    network = small(CNNClassifier, filters=(3,), image_shape=image_shape)
    pipeline = make_pipeline(PixelScaler(255, 0.8), "passthrough", blur, network).fit(X, LABELS)
    found = exported(pipeline, tmp_path / "net.onnx", X)
    np.testing.assert_allclose(found["probabilities"], pipeline.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("mode", ["reflect", "constant", "nearest", "mirror", "wrap"])
def test_every_border_rule_of_the_blur_is_kept(tmp_path: Path, mode: str) -> None:
    """A network that hands its input on shows the blur alone."""
    pipeline = make_pipeline(GaussianBlur(5, 1.3, mode=mode), small(MLPRegressor))
    X, y = PICTURES[..., 0], PICTURES[:, 0, 0, 0]
    pipeline.fit(X, y)
    found = exported(pipeline, tmp_path / "net.onnx", X)
    np.testing.assert_allclose(found["prediction"], pipeline.predict(X), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "step",
    [
        StandardScaler(),
        StandardScaler(with_mean=False),
        StandardScaler(with_std=False),
        MinMaxScaler((-1, 2)),
        MinMaxScaler(clip=True),
        MaxAbsScaler(),
        RobustScaler(quantile_range=(10.0, 90.0)),
        RobustScaler(with_centering=False, with_scaling=False),
    ],
    ids=str,
)
def test_scalers_of_scikit_learn_are_in_the_file(tmp_path: Path, step: Any) -> None:
    """To the last digits, also where means are far larger than what is between rows."""
    X = ROWS * [1, 5, 0.1, 1, 1, 1] + [0, 1e3, -3, 1, 0, 7]
    frame = pd.DataFrame(X.astype(np.float32), columns=list("abcdef"))
    pipeline = make_pipeline(step, small(MLPClassifier)).set_output(transform="pandas")
    pipeline.fit(frame, LABELS)
    found = exported(pipeline, tmp_path / "net.onnx", frame)
    np.testing.assert_allclose(found["probabilities"], pipeline.predict_proba(frame), atol=1e-5)


def of_folds(kind: Any, X: Any, y: Any, steps: Any = ()) -> Ensemble:
    """Return the networks of two folds, of which the first counts most."""
    splits, settings = list(KFold(2).split(X)), dict[str, Any](batch_size=12)
    if kind in (CNNClassifier, CNNRegressor):
        settings |= {"filters": (2,)}
    nets = [
        make_pipeline(*steps, small(kind, **settings)).fit(X[rows], y[rows]) for rows, _ in splits
    ]
    calibrate = "temperature" if kind in (MLPClassifier, CNNClassifier) else None
    return Ensemble.from_folds(nets, X, y, splits, weights=(3, 1), calibrate=calibrate)


@pytest.mark.parametrize(
    ("kind", "X", "y", "steps"),
    [
        (MLPClassifier, ROWS, np.array(["no", "yes", "è"])[LABELS], [StandardScaler()]),
        (CNNClassifier, PICTURES, LABELS, [PixelScaler(0.5), GaussianBlur()]),
        (MLPRegressor, ROWS, ROWS[:, :2], [MinMaxScaler(), RobustScaler()]),
        (CNNRegressor, PICTURES, PICTURES[:, 0, 0, 0] + 7, []),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_an_ensemble_is_one_file(tmp_path: Path, kind: Any, X: Any, y: Any, steps: Any) -> None:
    """Weights, temperature, and each member behind the steps of its own fold."""
    ensemble = of_folds(kind, X, y, steps)
    found = exported(ensemble, tmp_path / "nets.onnx", X)
    if hasattr(ensemble, "classes_"):
        assert ensemble.temperature_ != 1
        assert found["label"].tolist() == ensemble.predict(X).tolist()
        np.testing.assert_allclose(found["probabilities"], ensemble.predict_proba(X), atol=1e-5)
    else:
        assert found["prediction"].shape == y.shape
        np.testing.assert_allclose(found["prediction"], ensemble.predict(X), rtol=1e-4, atol=1e-5)


def test_members_need_not_be_alike(tmp_path: Path) -> None:
    """Other layers, labels that one has not seen, and one that counts nothing."""
    few = small(MLPClassifier).fit(ROWS[LABELS != 1], LABELS[LABELS != 1])
    deep = small(MLPClassifier, batch_norm_at="every", shortcut=True).fit(ROWS, LABELS)
    idle = small(MLPClassifier, activation="sparse_plus").fit(ROWS, LABELS)
    ensemble = Ensemble.from_fitted([few, deep, idle], weights=(1, 2, 0))
    found = exported(ensemble, tmp_path / "nets.onnx", ROWS)
    np.testing.assert_allclose(found["probabilities"], ensemble.predict_proba(ROWS), atol=1e-5)


def test_an_ensemble_that_has_no_form_is_refused(tmp_path: Path) -> None:
    """One sentence for a member, a step, a shape, an activation, and what is not fitted."""
    path, net = tmp_path / "nets.onnx", small(MLPClassifier).fit(ROWS, LABELS)
    steps = make_pipeline(PCA(3), small(MLPClassifier)).fit(ROWS, LABELS)
    with pytest.raises(TypeError, match="A pipeline with PCA is not accepted: give one of Gau"):
        to_onnx(Ensemble.from_fitted([net, steps]), path)
    other = LogisticRegression().fit(ROWS, LABELS)
    with pytest.raises(TypeError, match="LogisticRegression is not accepted: give a fitted CNN"):
        to_onnx(Ensemble.from_fitted([net, other]), path)
    square = small(MLPClassifier).fit(ROWS.reshape(24, 2, 3), LABELS)
    with pytest.raises(ValueError, match=r"of the shapes \[\(2, 3\), \(6,\)\], and a file takes"):
        to_onnx(Ensemble.from_fitted([net, square]), path)
    odd = small(MLPClassifier, activation="sparse_plus").fit(ROWS, LABELS)
    with pytest.raises(ValueError, match="This Ensemble has no form in ONNX: activation"):
        to_onnx(Ensemble.from_fitted([net, odd]), path)
    with pytest.raises(ValueError, match="not fitted"):
        to_onnx(Ensemble([net]), path)
    wrong = Ensemble.from_fitted([net])
    wrong.weights_ = np.array([2.0])
    with pytest.raises(ValueError, match=r"from this Ensemble, more than 1e-05: the file was not"):
        to_onnx(wrong, path)
    assert not list(tmp_path.iterdir())


def drawn(seed: int) -> tuple[Any, Any, Any]:
    """Return a random architecture with samples and targets."""
    rng = np.random.default_rng(seed)

    def one(*choices: Any) -> Any:
        return choices[rng.integers(len(choices))]

    settings: dict[str, Any] = {
        "hidden_units": one((), (7,), (8, 5)),
        "activation": one("relu", "elu", "gelu", "selu", "tanh", "softsign", "leaky_relu", "mish"),
        "dropout": 0.2,
        "batch_norm_at": one(None, "every"),
        "batch_norm_order": one("before_activation", "after_activation"),
        "shortcut": one(False, True),
        "batch_size": 8,
        "epochs": 2,
        "random_state": seed,
    }
    pictures = seed % 3 != 0
    if pictures:
        settings |= {
            "filters": one((3,), (4, 3)),
            "kernel_size": one(1, 2, 3, 5),
            "strides": one(1, 2),
            "padding": "same",
            "pooling": one("max", "average", None),
            "conv_batch_norm": one(False, True, "last_pooling"),
            "augmentation": one(None, Augmentation(crop=(13, 15), brightness=0.1)),
        }
    X = LARGER if pictures else ROWS
    if seed % 2:
        return (CNNClassifier if pictures else MLPClassifier)(**settings), X, LABELS
    return (CNNRegressor if pictures else MLPRegressor)(**settings), X, X.reshape(24, -1)[:, :2]


@pytest.mark.parametrize(
    "seed", [1, 4, *(pytest.param(s, marks=pytest.mark.slow) for s in range(5, 33))]
)
def test_random_architectures_agree(tmp_path: Path, seed: int) -> None:
    """Batch norm, shortcuts, strides, paddings, poolings and augmentations with a crop."""
    net, X, y = drawn(seed)
    net.fit(X, y)
    found = exported(net, tmp_path / "net.onnx", X)
    if "probabilities" in found:
        np.testing.assert_allclose(found["probabilities"], net.predict_proba(X), atol=1e-5)
    else:
        np.testing.assert_allclose(found["prediction"], net.predict(X), rtol=1e-4, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [(3, 9, 15), (1, 5, 7), (6, 12, 18), (2, 4, 8)], ids=str)
def test_ensembles_of_random_architectures_agree(tmp_path: Path, seeds: tuple[int, ...]) -> None:
    """Perceptrons and convolutions, classifiers and regressors; at a low temperature too."""
    nets = []
    for seed in seeds:
        net, X, y = drawn(seed)
        nets.append(make_pipeline(net).fit(X, y))
    ensemble = Ensemble.from_fitted(nets, weights=(1, 2, 4))
    ensemble.temperature_ = 0.3 if hasattr(ensemble, "classes_") else 1.0
    found = exported(ensemble, tmp_path / "nets.onnx", X)
    if "probabilities" in found:
        np.testing.assert_allclose(found["probabilities"], ensemble.predict_proba(X), atol=1e-5)
    else:
        np.testing.assert_allclose(found["prediction"], ensemble.predict(X), rtol=1e-4, atol=1e-5)


def test_the_command_writes_what_a_saved_network_predicts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``nnest export`` needs the file alone."""
    net = small(CNNClassifier, filters=(3,)).fit(PICTURES, LABELS)
    save(net, tmp_path / "net.zip")
    assert main(["export", str(tmp_path / "net.zip"), str(tmp_path / "net.onnx")]) == 0
    assert f"{tmp_path / 'net.onnx'}" in capsys.readouterr().out
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx")
    probabilities = session.run(["probabilities"], {"X": PICTURES})[0]
    np.testing.assert_allclose(
        probabilities, load(tmp_path / "net.zip").predict_proba(PICTURES), atol=1e-6
    )


def test_the_command_takes_ensembles_of_pipelines(tmp_path: Path) -> None:
    """As they were saved."""
    ensemble = of_folds(MLPClassifier, ROWS, LABELS, [StandardScaler()])
    save(ensemble, tmp_path / "nets.zip")
    assert main(["export", str(tmp_path / "nets.zip"), str(tmp_path / "nets.onnx")]) == 0
    session = onnxruntime.InferenceSession(tmp_path / "nets.onnx")
    probabilities = session.run(["probabilities"], {"X": ROWS})[0]
    np.testing.assert_allclose(probabilities, ensemble.predict_proba(ROWS), atol=1e-5)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["nothing.zip", "net.onnx"], "nothing.zip"),
        (["net.zip", "no/folder/net.onnx"], "no/folder"),
        (["net.zip", "net.txt"], "net.txt does not end in .onnx"),
    ],
)
def test_the_command_says_what_is_wrong_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, given: list[str], said: str
) -> None:
    """A missing file, a missing folder, another ending."""
    monkeypatch.chdir(tmp_path)
    save(small(MLPClassifier).fit(ROWS, LABELS), "net.zip")
    assert main(["export", *given]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_network_that_runs_otherwise_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weights that change between writing and checking stand for a wrong operator."""
    from nnest.persistence import _onnx_nodes

    net = small(MLPClassifier, activation="elu").fit(ROWS, LABELS)
    monkeypatch.setitem(_onnx_nodes._ACTIVATIONS, "elu", ("Elu", {"alpha": 0.5}))
    (tmp_path / "net.onnx").write_bytes(b"older")
    with pytest.raises(ValueError, match=r"predicts numbers up to .* the file was not written"):
        to_onnx(net, tmp_path / "net.onnx")
    assert (tmp_path / "net.onnx").read_bytes() == b"older"
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]


def test_what_has_no_form_is_named(tmp_path: Path) -> None:
    """An activation, a step of a pipeline, a foreign estimator, one that is not fitted."""
    net = small(MLPClassifier, activation="sparse_plus").fit(ROWS, LABELS)
    with pytest.raises(ValueError, match="activation 'sparse_plus' of layer 'hidden_1_activation'"):
        to_onnx(net, tmp_path / "net.onnx")
    pipeline = make_pipeline(PCA(3), small(MLPClassifier)).fit(ROWS, LABELS)
    with pytest.raises(TypeError, match="A pipeline with PCA is not accepted: give one of"):
        to_onnx(pipeline, tmp_path / "net.onnx")
    with pytest.raises(TypeError, match="PCA is not accepted: give a fitted"):
        to_onnx(PCA(), tmp_path / "net.onnx")
    with pytest.raises(ValueError, match="not fitted"):
        to_onnx(MLPClassifier(), tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named with the command that installs it."""
    net, real = small(MLPClassifier).fit(ROWS, LABELS), builtins.__import__

    def without(name: str, *args: Any) -> Any:
        if name == "onnx":
            raise ImportError("No module named 'onnx'", name="onnx")
        return real(name, *args)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"package 'onnx', .* \"nnest-estimators\[onnx\]\""):
        to_onnx(net, tmp_path / "net.onnx")
