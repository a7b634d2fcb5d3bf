"""Samples and targets in the forms that people have them: taken everywhere, or refused by name."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.model_selection import cross_val_score

from nnest import Augmentation, MLPRegressor, VectorizedGridSearchCV
from nnest.estimators import Fitting, Samples
from nnest.population import fit_many
from tests.networks import cnn, mlp, network, pictures, same_weights

X, Y = pictures(24)
PIXELS = (X * 100).astype(np.uint8)
FLAT = X.reshape(24, -1)[:, :4]
NAMES = np.array(["ant", "bee", "cat"])[Y]


def refuses(sentence: str) -> Any:
    """Expect a ValueError of exactly this sentence."""
    assert len(sentence) < 300
    return pytest.raises(ValueError, match=f"^{re.escape(sentence)}$")


def objects_of(pictures: Any) -> np.ndarray:
    """Return an array whose entries are pictures."""
    array = np.empty(len(pictures), object)
    array[:] = list(pictures)
    return array


@pytest.mark.parametrize(
    "form",
    [list, np.ndarray.tolist, objects_of, lambda array: [Image.fromarray(p) for p in array]],
    ids=["arrays", "lists", "objects", "PIL"],
)
def test_lists_of_pictures_are_an_array(form: Any) -> None:
    """In a fit, a prediction, a group and a search."""
    plain = cnn(epochs=1).fit(PIXELS, Y)
    listed = cnn(epochs=1).fit(form(PIXELS), Y)
    assert same_weights(plain, listed)
    np.testing.assert_array_equal(plain.predict_proba(PIXELS), plain.predict_proba(form(PIXELS)))
    (member,) = fit_many([cnn(epochs=1)], form(PIXELS), Y)
    np.testing.assert_allclose(member.history_["loss"], plain.history_["loss"], rtol=1e-4)
    search = VectorizedGridSearchCV(cnn(epochs=1), {"l2": [0.0]}, cv=2, error_score="raise")
    assert np.isfinite(search.fit(form(PIXELS), Y).best_score_)


def test_pictures_of_two_sizes_are_refused() -> None:
    """The shapes are named."""
    sentence = (
        "X holds pictures of 2 shapes, as (5, 6) and (6, 6): bring them to one size and one number "
        "of channels."
    )
    for form in (list, objects_of):
        with refuses(sentence):
            cnn().fit(form([*PIXELS[:-1], PIXELS[-1][:5]]), Y)


@pytest.mark.parametrize("shape", [(3, 8, 8), (4, 8, 9), (1, 8, 8)])
def test_channels_that_come_first_are_refused(shape: tuple[int, ...]) -> None:
    """The cure is named, and how to say that they do not."""
    images = np.zeros((24, *shape), np.float32)
    with refuses(
        f"X has shape {images.shape}, as if channels came before height and width: give "
        f"np.moveaxis(X, 1, -1), or image_shape={shape} if it is height, width, channels."
    ):
        cnn().fit(images, Y)
    meant = cnn(image_shape=shape, pooling=None)
    Samples.checked(meant, images, Y)
    Samples.checked(cnn(), np.moveaxis(images, 1, -1), Y)
    Samples.checked(mlp(), images, Y)


def test_a_row_of_pixels_with_many_channels_is_one() -> None:
    """A series of several sensors is a picture one pixel high."""
    assert Samples.checked(cnn(), np.zeros((24, 1, 30, 9)), Y).X.shape == (24, 1, 30, 9)


def begun(net: Any, y: Any) -> Fitting:
    """Return a training that is begun with these targets."""
    samples = Samples.checked(net, FLAT, y)
    return Fitting.begin(net, samples, np.arange(len(samples.y)))


def smooth(n: int = 24, side: int = 16) -> np.ndarray:
    """Return pictures whose neighboring pixels are alike, (n, side, side, 3)."""
    noise = np.random.default_rng(0).normal(size=(n, side + 6, side + 6, 3))
    for axis in (1, 2):
        noise = sum(np.roll(noise, i, axis) for i in range(6))
    return noise[:, 6:, 6:]


@pytest.mark.filterwarnings("error")
def test_flat_pictures_that_lie_color_by_color_are_told() -> None:
    """CIFAR-10's own files are so; other flat pictures are not, gray ones and noise neither."""
    images = smooth()
    gray = np.repeat(images[..., :1], 3, axis=3)
    for well in (images, gray, np.random.default_rng(1).normal(size=images.shape)):
        Samples.checked(cnn(), well.reshape(24, -1), Y)
    planes = np.moveaxis(images, -1, 1).reshape(24, -1)
    for given in (None, (16, 16, 3)):
        with pytest.warns(UserWarning, match=re.escape("X.reshape(-1, 3, 16, 16), 1, -1)")):
            Samples.checked(cnn(image_shape=given), planes, Y)


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (pd.array(NAMES, dtype="string"), ["ant", "bee", "cat"]),
        (pd.Series(NAMES, dtype="category"), ["ant", "bee", "cat"]),
        (pd.Categorical(NAMES), ["ant", "bee", "cat"]),
        (NAMES.astype(object), ["ant", "bee", "cat"]),
        (pd.Series(Y, dtype="category"), [0, 1, 2]),
        (pd.array(Y, dtype="Int64"), [0, 1, 2]),
        (pd.Series(Y > 1, dtype="boolean"), [False, True]),
        (pd.array(Y.astype(float), dtype="Float64"), [0.0, 1.0, 2.0]),
    ],
)
def test_labels_of_pandas(labels: Any, classes: list[Any]) -> None:
    """Each is the plain label that it means, with its type."""
    net = mlp()
    net = begun(net, labels).twin
    assert net.classes_.tolist() == classes
    assert {type(label) for label in net.classes_.tolist()} == {type(classes[0])}


def test_labels_of_pandas_are_scored() -> None:
    """Cross-validation and a search take them too."""
    labels = pd.array(Y, dtype="Int64")
    assert np.isfinite(cross_val_score(mlp(epochs=1), FLAT, labels, cv=2)).all()
    search = VectorizedGridSearchCV(mlp(epochs=1), {"l2": [0.0]}, cv=2, error_score="raise")
    assert np.isfinite(search.fit(FLAT, labels).best_score_)


LACKS = "y lacks 1 of 24 targets: leave those samples out."
OBJECTS = (
    "Unknown label type: y holds Python objects ({}), which scikit-learn does not score; give "
    "labels of one type, as y.astype(int) or y.astype(str)."
)


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (pd.array([None, *Y[1:]], dtype="Int64"), LACKS),
        (pd.array([None, *NAMES[1:]], dtype="string"), LACKS),
        (pd.Categorical([None, *NAMES[1:]]), LACKS),
        (np.array([None, *NAMES[1:]], object), LACKS),
        (np.array([np.nan, *NAMES[1:]], object), LACKS),
        (np.array([1, *NAMES[1:]], object), OBJECTS.format("int, str")),
        (Y.astype(object), OBJECTS.format("int")),
        (
            NAMES.astype(np.dtypes.StringDType()),
            "y holds values of type StringDType(), which scikit-learn does not score: give "
            "y.astype(str).",
        ),
    ],
)
def test_labels_that_no_score_takes_are_refused(labels: Any, sentence: str) -> None:
    """Before the network is built."""
    with refuses(sentence):
        mlp().fit(FLAT, labels)


@pytest.mark.parametrize(
    "targets",
    [pd.array(Y, dtype="Float64"), pd.Series(Y, dtype="category"), Y.astype(object)],
)
def test_numbers_to_predict(targets: Any) -> None:
    """A regressor takes what means numbers."""
    part = begun(network(MLPRegressor), targets).train
    assert isinstance(part.y, np.ndarray)
    np.testing.assert_array_equal(part.y[:, 0], Y)


FRAME = pd.DataFrame(FLAT, columns=list("abcd"))
COLUMN = (
    "X has the column 'a' of type {}: give numbers; encode categories and text first, as by "
    "OneHotEncoder."
)


@pytest.mark.parametrize(
    "frame",
    [
        FRAME.astype("Float64"),
        FRAME.round().astype("Int64"),
        FRAME.round().astype("category"),
        (FRAME > 0.5).astype("boolean"),
        FRAME.astype(object),
    ],
)
def test_tables_of_numbers(frame: pd.DataFrame) -> None:
    """Types of pandas that mean numbers are numbers."""
    part = Samples.checked(mlp(), frame, Y)
    np.testing.assert_array_equal(part.X, frame.to_numpy(np.float32))


@pytest.mark.parametrize(
    ("samples", "sentence"),
    [
        (FRAME.assign(a=pd.array(NAMES, "string")), COLUMN.format("string")),
        (FRAME.assign(a=pd.Categorical(NAMES)), COLUMN.format("category")),
        (FRAME.assign(a=pd.Timestamp("2020-01-01").as_unit("us")), COLUMN.format("datetime64[us]")),
        (
            FLAT.astype("U4"),
            "X holds values of type <U4: give numbers; encode text and dates first.",
        ),
        (
            FLAT.astype("U4").astype(np.dtypes.StringDType()),
            "X holds values of type StringDType(): give numbers; encode text and dates first.",
        ),
    ],
)
def test_samples_that_are_no_numbers(samples: Any, sentence: str) -> None:
    """They are named, and what makes numbers of them."""
    with refuses(sentence):
        mlp().fit(samples, Y)


@pytest.mark.parametrize("value", ["seed", -1, 1.5, 2**32, np.random.default_rng(0)])
def test_a_random_state_that_is_none(value: Any) -> None:
    """The parameter is named, in an estimator and where pictures are only changed."""
    sentence = (
        f"random_state={value!r} is not accepted: give a whole number from 0 to 4294967295, a "
        "RandomState or None."
    )
    with refuses(sentence):
        mlp(random_state=value).fit(FLAT, Y)
    with refuses(sentence):
        Augmentation(crop=2).apply(X[..., None], random_state=value)


@pytest.mark.parametrize("name", ["kernel_initializer", "bias_initializer"])
def test_an_initializer_that_is_none(name: str) -> None:
    """The parameter is named."""
    with pytest.raises(ValueError, match=f"^{name}='he_norml' is no initializer: give the name "):
        mlp(**{name: "he_norml"}).fit(FLAT, Y)


def test_logarithms_of_probabilities() -> None:
    """Those of `predict_proba`, minus infinity where it is zero, without a warning."""
    net = mlp(epochs=1).fit(FLAT, Y)
    np.testing.assert_allclose(np.exp(net.predict_log_proba(FLAT)), net.predict_proba(FLAT), 1e-5)
    far = net.predict_log_proba(FLAT * 1e6)
    assert np.isneginf(far).any()
    assert not np.isnan(far).any()
