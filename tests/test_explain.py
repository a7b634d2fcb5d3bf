"""The page about a network: what its program computes is what Keras computes."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

from nnest import Augmentation, CNNClassifier, MLPClassifier, MLPRegressor, save
from nnest.cli import main
from nnest.explain import write_page
from nnest.explain._layers import ACTIVATIONS
from nnest.preprocessing import GaussianBlur, PixelScaler
from tests.helpers import require
from tests.networks import mlp, pictures

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(24, 6)).astype(np.float32)
LARGER = RNG.uniform(size=(24, 16, 18, 2)).astype(np.float32)
LABELS = np.arange(24) % 3


def node() -> str:
    """Return the program that runs scripts: the environment's own or the system's."""
    places = f"{Path(sys.executable).parent}"
    found = shutil.which("node", path=places) or shutil.which("node")
    require(found is not None, "there is no node")
    return str(found)


def computed(path: Path, place: int = 0, patch: int = 0) -> dict[str, Any]:
    """Return what the program of a page computes for its images, and its data."""
    script = Path(__file__).with_name("explained.js")
    command = [node(), str(script), str(path), str(place), str(patch)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def small(kind: Any, **settings: Any) -> Any:
    """Return an estimator that trains in a moment."""
    return kind(**{"hidden_units": (5,), "epochs": 2, "random_state": 0} | settings)


def norms_at_random(network: Any) -> None:
    """Give batch normalization numbers that a short training does not have."""
    for layer in network.model_.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            rng = np.random.default_rng(1)
            layer.set_weights([rng.uniform(0.5, 2, each.shape) for each in layer.get_weights()])


def cases() -> dict[str, Any]:
    """Return estimators that have each layer and each step, and their images."""
    images = (LARGER * 255).astype(np.uint8)
    every = small(
        CNNClassifier, filters=(3, 4), kernel_size=(3, 2), strides=(2, 1), activation="elu",
        pooling=("average", "max"), conv_batch_norm=True, conv_dropout=0.1, shortcut=True,
        batch_norm_at="every", dropout=0.2, augmentation=Augmentation(crop=(13, 15)),
    )  # fmt: skip
    blur = GaussianBlur(5, 1.3, normalize=False, mode="constant", image_shape=(16, 18, 2))
    flat = small(
        CNNClassifier, filters=(3,), kernel_size=5, padding="valid", pool_size=3,
        image_shape=(16, 18, 2),
    )  # fmt: skip
    softmax = ("gelu", "softmax", "log_softmax")
    rows = small(MLPClassifier, hidden_units=(5, 4, 4), activation=softmax, batch_norm_at="last")
    return {
        "every layer": (every, LARGER),
        "a pipeline": (make_pipeline(PixelScaler(255, 0.8), blur, flat), images.reshape(24, -1)),
        "a table": (rows, ROWS),
        "pictures without convolutions": (
            make_pipeline(GaussianBlur(), small(MLPClassifier)),
            LARGER[..., 0],
        ),
    }


@pytest.fixture(scope="module", params=cases())
def case(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    """Return a fitted estimator that has some of the layers and steps, and its images."""
    estimator, X = cases()[request.param]
    estimator.fit(X, LABELS)
    norms_at_random(getattr(estimator, "steps", [("", estimator)])[-1][1])
    return estimator, X


def test_the_page_computes_what_keras_computes(case: tuple[Any, Any], tmp_path: Path) -> None:
    """The values of every layer, and the probabilities."""
    estimator, X = case
    write_page(estimator, tmp_path / "net.html", X[:3], LABELS[:3])
    told = computed(tmp_path / "net.html")
    taken, network = np.asarray(X[:3], np.float32), estimator
    if hasattr(estimator, "steps"):
        taken, network = estimator[:-1].transform(X[:3]), estimator[-1]
    model = network.model_
    every = keras.Model(model.input, [layer.output for layer in model.layers])
    wanted = every.predict_on_batch(taken.reshape(3, *model.input.shape[1:]))

    names = [layer["name"] for layer in told["data"]["layers"]]
    assert names[1 - len(model.layers) :] == [x.name for x in model.layers[1:]]
    for row, one in enumerate(told["found"]):
        for layer, values in zip(model.layers[1:], wanted[1:], strict=True):
            found = one["values"][names.index(layer.name)]
            np.testing.assert_allclose(found, values[row].ravel(), atol=1e-4, err_msg=layer.name)
    answers = [one["values"][-1] for one in told["found"]]
    np.testing.assert_allclose(answers, estimator.predict_proba(X[:3]), atol=1e-5)
    assert told["data"]["predicted"] == estimator.predict(X[:3]).tolist()
    assert told["data"]["truth"] == [0, 1, 2]


def test_the_gradient_is_that_of_differences(case: tuple[Any, Any], tmp_path: Path) -> None:
    """The score of a class, which softmax gets, over small steps of single pixels."""
    estimator, X = case
    base = np.asarray(X[0], np.float32).ravel()
    step = 0.01 * float(np.abs(X).max())
    chosen = RNG.permutation(base.size)[:6]
    moves = [sign * step * (np.arange(base.size) == at) for at in chosen for sign in (1, -1)]
    images = np.stack([base, *(base + move for move in moves)]).reshape(-1, *X.shape[1:])
    write_page(estimator, tmp_path / "net.html", images)
    told = computed(tmp_path / "net.html", place=1)
    scores = np.array([one["values"][-2][1] for one in told["found"]])[1:]
    gradient = np.array(told["found"][0]["gradient"])
    largest = float(np.abs(gradient).max())
    assert largest > 0
    differences = (scores[::2] - scores[1::2]) / (2 * step)
    np.testing.assert_allclose(gradient[chosen], differences, atol=0.05 * largest)


@pytest.fixture(scope="module")
def plain() -> Any:
    """Return a fitted network for pictures of 6x6 pixels."""
    X, y = pictures()
    return mlp(epochs=1).fit(X, y)


def test_occlusion_is_the_mean_fall_of_the_probability(plain: Any, tmp_path: Path) -> None:
    """Over all gray patches that cover a pixel, half a side apart."""
    X, _ = pictures()
    write_page(plain, tmp_path / "net.html", X[:1])
    told = computed(tmp_path / "net.html", place=1, patch=4)
    starts = [(y, x) for y in range(-3, 6, 2) for x in range(-3, 6, 2)]
    covered = np.zeros((len(starts), 6, 6), bool)
    for mask, (y, x) in zip(covered, starts, strict=True):
        mask[max(0, y) : y + 4, max(0, x) : x + 4] = True
    before = plain.predict_proba(X[:1])[0, 1]
    falls = before - plain.predict_proba(np.where(covered, X[0].mean(), X[:1]))[:, 1]
    wanted = (covered * falls[:, None, None]).sum(axis=0) / covered.sum(axis=0)
    np.testing.assert_allclose(told["occlusion"], wanted.ravel(), atol=1e-5)


def test_activations_are_those_of_keras(plain: Any, tmp_path: Path) -> None:
    """All that a page takes, from -10 to 10."""
    write_page(plain, tmp_path / "net.html")
    told = computed(tmp_path / "net.html")
    assert sorted(told["activations"]) == sorted(ACTIVATIONS)
    numbers = np.array(told["numbers"], np.float32)
    for name, found in told["activations"].items():
        wanted = np.asarray(getattr(keras.activations, name)(numbers))
        np.testing.assert_allclose(found, wanted, atol=1e-4, rtol=1e-5, err_msg=name)


def parts(page: str) -> list[tuple[str, str]]:
    """Return attributes and text of each script of a page."""
    return re.findall(r"<script([^>]*)>(.*?)</script", page, flags=re.DOTALL)


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    """No label ends the data or begins a tag, and only the two scripts of ours may run."""
    hostile = ["</script><script>alert(1)</script>", "<!--<script>", "<img src=x onerror=alert(1)>"]
    X, y = pictures()
    write_page(mlp(epochs=1).fit(X, np.array(hostile)[y]), tmp_path / "net.html", X[:2])
    page = (tmp_path / "net.html").read_text(encoding="utf-8")
    scripts = parts(page)
    assert len(scripts) == page.count("<script") == 3
    assert json.loads(scripts[0][1])["classes"] == sorted(hostile)
    assert "<" not in scripts[0][1]
    assert "<img" not in page
    allowed = re.search(r"script-src ([^\"]*)\"", page)
    digests = [base64.b64encode(hashlib.sha256(x.encode()).digest()).decode() for _, x in scripts]
    assert allowed is not None
    assert allowed[1].split() == [f"'sha256-{digest}'" for digest in digests[1:]]


def test_a_page_stands_alone_and_is_small(plain: Any, tmp_path: Path) -> None:
    """Beside weights and images it takes less than 0.1 MB, and it names no other file."""
    X, y = pictures()
    (tmp_path / "net.html").write_text("older")
    write_page(plain, tmp_path / "net.html", X, y, class_names=["a", "b", "c"])
    page = (tmp_path / "net.html").read_text(encoding="utf-8")
    numbers = 4 * (X.size + plain.model_.count_params())
    assert len(page.encode()) < 100_000 + 1.4 * numbers
    assert json.loads(parts(page)[0][1])["classes"] == ["a", "b", "c"]
    assert not re.search(r"https?:|\bsrc=|\bhref=|@import|url\(|fetch\(|\{\{", page)
    assert [path.name for path in tmp_path.iterdir()] == ["net.html"]


def test_what_a_page_cannot_hold_or_compute_is_refused(
    plain: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence each, which names the layer; nothing is written."""
    X, y = pictures()
    page = tmp_path / "net.html"

    def refused(kind: type[Exception], words: str, *given: Any, **named: Any) -> None:
        with pytest.raises(kind, match=words) as caught:
            write_page(given[0], page, *given[1:], **named)
        assert len(str(caught.value)) < 300

    plus = mlp(epochs=1, activation="sparse_plus").fit(X, y)
    refused(ValueError, "compute activation 'sparse_plus' of layer 'hidden_1_activation'", plus)
    inputs = keras.Input((6, 6))
    normalized = keras.layers.LayerNormalization(name="odd")(inputs)
    plus.model_ = keras.Model(inputs, normalized)
    refused(ValueError, "cannot compute layer 'odd', a LayerNormalization", plus)
    images = keras.Input((6, 6, 1))
    for name, layer in {
        "activation='relu'": keras.layers.Dense(3, activation="relu", name="odd"),
        "activation='tanh'": keras.layers.Conv2D(2, 3, activation="tanh", name="odd"),
        r"dilation_rate=\(2, 2\)": keras.layers.Conv2D(2, 3, dilation_rate=2, name="odd"),
        "axis=1": keras.layers.BatchNormalization(axis=1, name="odd"),
        "data_format='channels_first'": keras.layers.Flatten("channels_first", name="odd"),
    }.items():
        plus.model_ = keras.Model(images, layer(images))
        refused(ValueError, f"cannot compute {name} of layer 'odd': give a network", plus)
    refused(TypeError, "MLPRegressor is not accepted", small(MLPRegressor).fit(ROWS, ROWS[:, 0]))
    refused(TypeError, "A pipeline with PCA", make_pipeline(PCA(3), plain))
    refused(ValueError, "not fitted", MLPClassifier())
    refused(ValueError, "y has labels, but X is None", plain, None, y)
    refused(ValueError, "y has the label 7, which is no class of the network: 0, 1, 2", plain, X,
            y + 7)  # fmt: skip
    refused(ValueError, r"y has shape \(2,\), but X has 64 images", plain, X, y[:2])
    refused(ValueError, "samples of shape", plain, X[:, :, :5], y)
    refused(ValueError, "class_names has 1 names: give one for each of 3", plain, class_names="a")
    monkeypatch.setattr("nnest.explain._page.MOST_NUMBERS", 100)
    refused(ValueError, "2,304 numbers in 64 images.*at most 100: give at most 2 images", plain, X)
    monkeypatch.setattr("nnest.explain._page.MOST_WEIGHTS", 100)
    refused(ValueError, "has 323 parameters, and a page holds at most 100", plain)
    assert not page.exists()


def test_the_command_writes_a_page(
    plain: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """Of a file of arrays, of a folder of pictures whose names stand for numbers, of none."""
    monkeypatch.chdir(tmp_path)
    X, y = pictures()
    save(plain, "net.zip")
    np.savez("images.npz", X=X / X.max(), y=y)
    for place, name in enumerate(["one", "three", "two"]):
        Path("folder", name).mkdir(parents=True)
        for i in range(4):
            image = np.full((6, 6), 40 * place + i, np.uint8)
            Image.fromarray(image).save(f"folder/{name}/{i}.png")
    assert main(["explain", "net.zip", "images.npz"]) == 0
    said = "nnest: X of images.npz: taken as it is.\nnet.html: 0.0"
    assert capsys.readouterr().out.startswith(said)
    assert computed(Path("net.html"))["data"]["truth"] == y.tolist()
    assert main(["explain", "net.zip", "./folder", "--output", "b.html", "--samples", "6"]) == 0
    told = computed(Path("b.html"))["data"]
    assert (told["classes"], sorted(told["truth"])) == (["one", "three", "two"], [0, 0, 1, 1, 2, 2])
    assert main(["explain", "net.zip", "--output", "c.html"]) == 0
    assert computed(Path("c.html"))["data"]["n"] == 0


def test_the_command_explains_a_pipeline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """Its own steps scale the numbers, unless the command line says how."""
    monkeypatch.chdir(tmp_path)
    X, y = pictures()
    pixels = np.round(255 * X / X.max())
    pipeline = make_pipeline(PixelScaler(255), small(MLPClassifier)).fit(pixels, y)
    save(pipeline, "pipe.zip")
    np.savez("images.npz", X=pixels, y=y)
    Path("folder", "0").mkdir(parents=True)
    Path("folder", "1").mkdir()
    for name in "01":
        Image.fromarray(pixels[int(name)].astype(np.uint8)).save(f"folder/{name}/0.png")
    assert main(["explain", "pipe.zip", "images.npz"]) == 0
    assert capsys.readouterr().out.startswith("nnest: X of images.npz: taken as it is.\npipe.html")
    assert_answers("pipe.html", pipeline.predict_proba(pixels))
    assert main(["explain", "pipe.zip", "./folder", "--output", "b.html"]) == 0
    assert_answers("b.html", pipeline.predict_proba(pixels[:2]))
    assert main(["explain", "pipe.zip", "images.npz", "--scale", "255"]) == 0
    assert "X of images.npz: divided by 255." in capsys.readouterr().out


def assert_answers(page: str, wanted: Any) -> None:
    """Fail unless a page computes these probabilities for its images."""
    answers = [one["values"][-1] for one in computed(Path(page))["found"]]
    np.testing.assert_allclose(answers, wanted, atol=1e-4)


def test_a_reader_that_has_left_is_no_error_of_the_page(
    plain: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as head behind a pipe: the command line deals with it."""
    monkeypatch.chdir(tmp_path)
    X, y = pictures()
    save(plain, "net.zip")
    np.savez("images.npz", X=X / X.max(), y=y)

    class Closed(StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError(text)

    monkeypatch.setattr(sys, "stdout", Closed())
    with pytest.raises(BrokenPipeError):
        main(["explain", "net.zip", "images.npz"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["nothing.zip"], "nothing.zip"),
        (["net.zip", "images.npz", "--output", "page.txt"], "page.txt does not end in .html"),
        (["net.zip", "other.npz"], "samples of shape"),
        (["net.zip", "missing.npz"], "missing.npz"),
        (["rows.zip", "./folder"], "rows.zip takes samples of shape (6,)"),
        (["net.zip", "--output", "no/folder/net.html"], "no/folder"),
    ],
)
def test_the_command_says_what_is_wrong_in_one_sentence(
    plain: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, given: Any, said: str
) -> None:
    """A missing file, another ending, images of another shape."""
    monkeypatch.chdir(tmp_path)
    X, y = pictures()
    save(plain, "net.zip")
    if given[0] == "rows.zip":
        save(small(MLPClassifier).fit(ROWS, LABELS), "rows.zip")
    np.savez("images.npz", X=X, y=y)
    np.savez("other.npz", X=X[:, :, :5], y=y)
    Path("folder").mkdir()
    assert main(["explain", *given]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not list(tmp_path.glob("*.html"))
