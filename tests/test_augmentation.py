"""Augmentation: each operation, what is drawn for it, and where in a training it takes place."""

from __future__ import annotations

import colorsys
import json
import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV

from nnest import Augmentation, CNNClassifier, CNNRegressor
from nnest.augmentation import (
    Augment,
    change_brightness,
    change_contrast,
    change_saturation,
    crop_and_flip,
)
from nnest.layers import batch_context
from nnest.programs import signature
from tests.helpers import in_new_process, require
from tests.networks import compilations, same_weights

RNG = np.random.default_rng(0)
IMAGES = RNG.random((12, 7, 9, 3), dtype=np.float32)
LABELS = np.array(list("abcabcabcabc"))
EVERYTHING: dict[str, Any] = {
    "crop": (5, 6),
    "flip_labels": ["b", "c"],
    "brightness": 0.2,
    "saturation": (0.5, 2.0),
    "contrast": (0.7, 1.3),
}


def numpy_of(tensor: Any) -> np.ndarray:
    """Return a tensor of any back end as an array."""
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def net(augmentation: Any = None, **settings: Any) -> CNNClassifier:
    """Return a small unfitted softmax regression on images."""
    plain: dict[str, Any] = {"filters": (), "hidden_units": (), "batch_size": 12}
    plain |= {"epochs": 2, "random_state": 0, "learning_rate": 0.05}
    return CNNClassifier(**{**plain, **settings}, augmentation=augmentation)


def in_training(layer: Augment, images: np.ndarray, labels: Any = None) -> np.ndarray:
    """Return what a layer makes of images in training."""
    with batch_context(labels):
        return numpy_of(layer(images, training=True))


def cut_by_hand(
    image: np.ndarray, top: int, left: int, flipped: bool, size: tuple[int, int]
) -> np.ndarray:
    """Return the window of one image."""
    window = image[top : top + size[0], left : left + size[1]]
    return window[:, ::-1] if flipped else window


def saturate_by_hand(image: np.ndarray, factor: float) -> np.ndarray:
    """Return an image whose saturation is changed by way of hue, saturation and value."""
    changed = np.empty_like(image)
    for place in np.ndindex(image.shape[:2]):
        hue, saturation, value = colorsys.rgb_to_hsv(*map(float, image[place]))
        changed[place] = colorsys.hsv_to_rgb(hue, min(saturation * factor, 1), value)
    return changed


# The operations, given what was drawn


def test_windows_are_cut_and_turned_as_by_hand() -> None:
    """Every image has its own window, bit for bit."""
    top, left = RNG.integers(0, 3, 12).astype("int32"), RNG.integers(0, 4, 12).astype("int32")
    flipped = RNG.random(12) < 0.5
    cut = numpy_of(crop_and_flip(IMAGES, top, left, flipped, (5, 6)))
    for i in range(12):
        expected = cut_by_hand(IMAGES[i], top[i], left[i], flipped[i], (5, 6))
        np.testing.assert_array_equal(cut[i], expected)


def test_brightness_adds_the_same_to_all_pixels_of_an_image() -> None:
    """As NumPy does it."""
    delta = RNG.normal(size=12).astype("float32")
    changed = numpy_of(change_brightness(IMAGES, delta))
    np.testing.assert_allclose(changed, IMAGES + delta[:, None, None, None], rtol=1e-6)


def test_contrast_stretches_about_the_mean_of_a_channel() -> None:
    """The mean of each channel of each image stays, and distances from it are multiplied."""
    factor = RNG.uniform(0, 2, 12).astype("float32")
    changed = numpy_of(change_contrast(IMAGES, factor))
    for i in range(12):
        for c in range(3):
            channel = IMAGES[i, :, :, c].astype(float)
            expected = channel.mean() + factor[i] * (channel - channel.mean())
            np.testing.assert_allclose(changed[i, :, :, c], expected, atol=1e-6)


@pytest.mark.parametrize("factor", [0.0, 0.5, 1.0, 1.7, 50.0])
def test_saturation_is_that_of_hue_saturation_value(factor: float) -> None:
    """As Python's colorsys has it, for gray, black and pure colors too."""
    image = np.concatenate(
        [
            IMAGES[0],
            np.broadcast_to(IMAGES[1][:, :, :1], IMAGES[1].shape),
            np.zeros((1, 9, 3), "float32"),
            np.broadcast_to(np.float32([0, 1, 0]), (1, 9, 3)),
        ]
    )
    changed = numpy_of(change_saturation(image[None], np.float32([factor])))[0]
    np.testing.assert_allclose(changed, saturate_by_hand(image, factor), atol=1e-6)


def test_saturation_of_negative_pixels_is_gray() -> None:
    """Less than black has no color; nothing is divided by zero."""
    image = np.float32([[[[-0.1, -0.2, -0.3], [-0.2, 0.0, -0.1], [0.0, 0.0, 0.0]]]])
    changed = numpy_of(change_saturation(image, np.float32([2.0])))
    expected = np.broadcast_to(image.max(axis=-1, keepdims=True), image.shape)
    np.testing.assert_allclose(changed, expected, atol=1e-7)


def test_a_layer_does_what_its_draws_say_in_the_report_s_order() -> None:
    """Crop, flip, brightness, saturation, contrast, clip, done again by hand."""
    layer = Augmentation(**EVERYTHING).make_layer(IMAGES, ["a", "b", "c"], seed=5)
    drawn = numpy_of(keras.random.uniform((12, 6), seed=keras.random.SeedGenerator(5)))
    places = np.arange(12) % 3
    changed = in_training(layer, IMAGES, places)
    for i, (top, left, flip, brightness, saturation, contrast) in enumerate(drawn.astype(float)):
        flipped = bool(flip < [0, 0.5, 0.5][places[i]])
        image = cut_by_hand(IMAGES[i], int(top * 3), int(left * 4), flipped, (5, 6)).astype(float)
        image = image + 0.2 * (2 * brightness - 1)
        value, least = image.max(axis=-1, keepdims=True), image.min(axis=-1, keepdims=True)
        # The distances from the greatest channel grow with the saturation, at most up to 1.
        most = np.maximum(value, 0) / (value - least)
        image = value - (value - image) * np.minimum(0.5 + 1.5 * saturation, most)
        mean = image.mean(axis=(0, 1))
        image = np.clip((image - mean) * (0.7 + 0.6 * contrast) + mean, 0, 1)
        np.testing.assert_allclose(changed[i], image, atol=1e-5)


# What is drawn


@pytest.fixture(scope="module")
def coordinates() -> np.ndarray:
    """Return many images whose pixels tell their row and column."""
    rows, columns = np.mgrid[:6, :7].astype("float32")
    return np.broadcast_to(np.stack([rows, columns], axis=-1), (6000, 6, 7, 2))


def test_all_windows_are_equally_probable(coordinates: np.ndarray) -> None:
    """Each of the 3 x 3 places comes as often as the others, within 4.5 standard deviations."""
    cut = in_training(Augment(crop=(4, 5), seed=1), coordinates)
    places = cut[:, 0, 0].astype(int)
    counts = np.bincount(places[:, 0] * 3 + places[:, 1], minlength=9)
    assert counts.shape == (9,)
    expected, deviation = 6000 / 9, np.sqrt(6000 * (1 / 9) * (8 / 9))
    assert np.abs(counts - expected).max() < 4.5 * deviation


def test_only_chosen_labels_are_flipped_and_half_of_the_time(coordinates: np.ndarray) -> None:
    """An image of another label is never turned."""
    layer = Augmentation(flip_labels=[30, 11]).make_layer(coordinates, [11, 20, 30], seed=2)
    places = np.arange(6000) % 3
    columns = in_training(layer, coordinates, places)[:, 0, :, 1]
    flipped = columns[:, 0] > columns[:, -1]
    assert not flipped[places == 1].any()
    for chosen in (0, 2):
        share = flipped[places == chosen].mean()
        assert abs(share - 0.5) < 4.5 * np.sqrt(0.25 / 2000)


def test_strengths_are_uniform_between_their_bounds() -> None:
    """Each image has its own; bounds and quarters are those of a uniform distribution."""
    images = np.broadcast_to(np.float32([0.25, 0.75])[None, None, :, None], (6000, 1, 2, 1))
    brighter = in_training(Augment(brightness=0.2, seed=3), images)
    stretched = in_training(Augment(contrast=(0.5, 2.0), seed=4), images)
    deltas = brighter[:, 0, 0, 0] - 0.25
    factors = 2 * (stretched[:, 0, 1, 0] - stretched[:, 0, 0, 0])
    for values, low, high in ((deltas, -0.2, 0.2), (factors, 0.5, 2.0)):
        units = (values - low) / (high - low)
        assert units.min() > -1e-6
        assert units.max() < 1 + 1e-6
        quarters = np.bincount(np.clip(units * 4, 0, 3).astype(int), minlength=4) / 6000
        assert np.abs(quarters - 0.25).max() < 4.5 * np.sqrt(0.25 * 0.75 / 6000)


def test_draws_of_operations_are_independent(coordinates: np.ndarray) -> None:
    """Where the window lies says nothing about the brightness."""
    both = in_training(Augment(crop=(4, 7), brightness=0.4, seed=1), coordinates)
    top = np.round(both[:, 0, 0, 0])
    assert abs(np.corrcoef(top, both[:, 0, 0, 0] - top)[0, 1]) < 4.5 / np.sqrt(6000)


def test_one_operation_does_not_move_the_draws_of_another(coordinates: np.ndarray) -> None:
    """The windows are the same with and without flips that never happen."""
    alone = in_training(Augment(crop=(4, 5), seed=1), coordinates)
    beside = in_training(Augment(crop=(4, 5), flip=[0.0], brightness=0.0, seed=1), coordinates)
    np.testing.assert_array_equal(alone, beside)


def test_each_step_draws_anew() -> None:
    """A layer's random stream goes on."""
    layer = Augment(brightness=0.2, seed=1)
    assert not np.allclose(in_training(layer, IMAGES), in_training(layer, IMAGES))


def test_clip_keeps_pixels_in_their_range() -> None:
    """Without a range they leave it."""
    cut = Augmentation(brightness=5.0, clip=(0.0, 2.0)).apply(IMAGES, random_state=0)
    free = Augmentation(brightness=5.0, clip=None).apply(IMAGES, random_state=0)
    assert cut.min() == 0
    assert cut.max() == 2
    np.testing.assert_allclose(cut, np.clip(free, 0, 2))
    assert free.max() > 2


# Training only


def test_evaluation_sees_the_central_window_and_nothing_else() -> None:
    """Bit for bit, on a side where the room is even and one where it is odd."""
    layer = Augmentation(**EVERYTHING).make_layer(IMAGES, ["a", "b", "c"])
    np.testing.assert_array_equal(numpy_of(layer(IMAGES)), IMAGES[:, 1:6, 1:7])


def test_prediction_does_not_depend_on_what_lies_outside_the_center() -> None:
    """A frame of other pixels changes no probability; pixels inside do."""
    fitted = net(Augmentation(**EVERYTHING)).fit(IMAGES, LABELS)
    framed = RNG.random(IMAGES.shape, dtype=np.float32)
    framed[:, 1:6, 1:7] = IMAGES[:, 1:6, 1:7]
    expected = fitted.predict_proba(IMAGES)
    np.testing.assert_array_equal(fitted.predict_proba(framed), expected)
    assert not np.allclose(fitted.predict_proba(framed[:, ::-1]), expected)


def test_validation_images_are_not_augmented() -> None:
    """The validation loss of the last epoch is that of the predictions."""
    fitted = net(Augmentation(**EVERYTHING)).fit(IMAGES, LABELS, X_val=IMAGES, y_val=LABELS)
    expected = log_loss(LABELS, fitted.predict_proba(IMAGES))
    assert fitted.history_["val_loss"][-1] == pytest.approx(expected, rel=1e-5)


def test_training_flips_the_images_of_the_chosen_label() -> None:
    """Half of the pictures of "b" look like those of "a" then, and the network says so."""
    left = np.zeros((1, 4, 4), "float32")
    left[..., :2] = 1
    X = np.concatenate([np.repeat(left, 64, 0), np.repeat(left[..., ::-1], 64, 0)])
    y = np.repeat(["a", "b"], 64)
    fitted = net(Augmentation(flip_labels=["b"]), epochs=60, batch_size=128).fit(X, y)
    of_left, of_right = fitted.predict_proba(X[[0, -1]])[:, 0]
    # Of three pictures that are bright on the left two are an "a"; none is on the right.
    assert of_left == pytest.approx(2 / 3, abs=0.1)
    assert of_right < 0.1


def test_augmentation_that_changes_nothing_trains_as_without() -> None:
    """It takes no random number from weights, order or dropout."""
    idle = Augmentation(flip_labels=(), brightness=0.0)
    with_layer, without = (net(a, dropout=0.2, epochs=3).fit(IMAGES, LABELS) for a in (idle, None))
    for one, other in zip(
        with_layer.model_.get_weights(), without.model_.get_weights(), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_early_stopping_and_a_regressor_with_flips() -> None:
    """Targets that are numbers need no labels where all images may be flipped."""
    regressor = CNNRegressor(
        filters=(),
        hidden_units=(),
        epochs=2,
        early_stopping=True,
        random_state=0,
        augmentation=Augmentation(crop=5, flip_labels="all"),
    )
    regressor.fit(IMAGES, np.arange(12.0))
    assert len(regressor.history_["val_loss"]) == 2
    assert regressor.predict(IMAGES).shape == (12,)


# Seeds


def test_same_seed_same_weights_other_seed_other_weights() -> None:
    """`random_state` decides what is drawn."""
    first, again = (net(Augmentation(**EVERYTHING)).fit(IMAGES, LABELS) for _ in range(2))
    other = net(Augmentation(**EVERYTHING), random_state=1).fit(IMAGES, LABELS)
    assert same_weights(first, again)
    assert first.history_ == again.history_
    assert not same_weights(first, other)


def test_the_random_stream_is_one_of_its_own() -> None:
    """Networks with the same weights at the start see other images if the layer's seed differs."""
    one, other = (
        in_training(
            Augmentation(**EVERYTHING).make_layer(IMAGES, list("abc"), seed=s), IMAGES, [0] * 12
        )
        for s in (0, 1)
    )
    assert not np.allclose(one, other)


# Programs


def test_strengths_share_a_program() -> None:
    """Brightness, contrast, saturation, flipped labels, range and seed compile nothing anew."""
    net(Augmentation(**EVERYTHING)).fit(IMAGES, LABELS).predict(IMAGES)
    others: dict[str, Any] = {
        "brightness": 0.0,
        "contrast": (1.0, 1.0),
        "saturation": (0.9, 1.1),
        "flip_labels": "all",
        "clip": (0.0, 1.5),
    }
    with compilations() as compiled:
        for name, value in others.items():
            changed = Augmentation(**{**EVERYTHING, name: value})
            net(changed, random_state=7).fit(IMAGES, LABELS).predict(IMAGES)
    assert compiled == []


@pytest.mark.parametrize(
    "change",
    [{"crop": (6, 5)}, {"crop": None}, *({name: None} for name in list(EVERYTHING)[1:])],
    ids=str,
)
def test_what_is_static_has_a_program_of_its_own(change: dict[str, Any]) -> None:
    """The crop, and which operations there are."""
    usual, other = (
        net(Augmentation(**{**EVERYTHING, **part}), epochs=1).fit(IMAGES, LABELS)
        for part in ({}, change)
    )
    assert signature(usual.model_) != signature(other.model_)


def test_a_search_over_strengths_compiles_once() -> None:
    """Nested parameters go through GridSearchCV, and each has its own effect."""
    X, y = np.tile(IMAGES, (4, 1, 1, 1)), np.tile(LABELS, 4)
    grid = {"augmentation__brightness": [0.0, 0.1, 0.6]}
    network = net(Augmentation(brightness=0.3))
    search = GridSearchCV(network, grid, cv=2, scoring="neg_log_loss", error_score="raise")
    search.fit(X, y)
    with compilations() as compiled:
        search.fit(X, y)
    assert compiled == []
    assert len(set(search.cv_results_["mean_test_score"])) == 3
    assert search.best_params_["augmentation__brightness"] in grid["augmentation__brightness"]


def test_members_of_a_group_have_their_own_strengths() -> None:
    """Stacked states under jax.vmap give what each member gives alone."""
    jax = pytest.importorskip("jax")
    layers = [
        Augmentation(crop=5, flip_labels="all", brightness=b, contrast=c).make_layer(IMAGES, [0, 1])
        for b, c in ((0.0, (1.0, 1.0)), (0.3, (0.5, 2.0)))
    ]
    labels = np.arange(12, dtype="int32") % 2

    def run(state: Any) -> Any:
        """Apply the first layer in another layer's state."""
        first = layers[0]
        pairs = zip(first.variables, state, strict=True)
        with batch_context(labels), keras.StatelessScope(state_mapping=list(pairs)):
            return first(IMAGES, training=True)

    states = [[np.asarray(v.value) for v in layer.variables] for layer in layers]
    together = jax.vmap(run)([np.stack(parts) for parts in zip(*states, strict=True)])
    for layer, member in zip(layers, together, strict=True):
        np.testing.assert_allclose(in_training(layer, IMAGES, labels), member, atol=1e-6)


# Parameters, copies, configurations


def test_clone_keeps_nested_parameters() -> None:
    """A clone has its own equal Augmentation."""
    network = net(Augmentation(**EVERYTHING))
    twin = clone(network)
    assert twin.augmentation is not network.augmentation
    assert twin.augmentation.get_params() == network.augmentation.get_params()
    assert twin.set_params(augmentation__crop=3).augmentation.crop == 3
    assert network.augmentation.crop == (5, 6)


def test_a_pickled_network_predicts_the_same(tmp_path: Path) -> None:
    """The layer comes back with its strengths and takes part in further training."""
    fitted = net(Augmentation(**EVERYTHING)).fit(IMAGES, LABELS)
    calls = [(fitted.model_, "count_params"), (fitted, "predict_proba", IMAGES)]
    (_, twin), (_, found) = in_new_process(tmp_path, *calls)
    np.testing.assert_array_equal(found, fitted.predict_proba(IMAGES))
    twin.partial_fit(IMAGES, LABELS)
    assert twin.n_iter_ == 3


def test_a_configuration_is_json_and_gives_the_same_layer() -> None:
    """Strengths that were changed in the state are in it as they are now."""
    layer = Augmentation(**EVERYTHING).make_layer(IMAGES, ["a", "b", "c"], seed=9)
    layer.hyperparameters.brightness.assign(0.1)
    config = json.loads(json.dumps(layer.get_config()))
    assert config["brightness"] == 0.1
    assert config["flip"] == [0.0, 0.5, 0.5]
    twin = Augment.from_config(config)
    assert twin.get_config() == config
    np.testing.assert_array_equal(
        in_training(twin, IMAGES, [1] * 12), in_training(layer, IMAGES, [1] * 12)
    )


def test_the_layer_adds_no_parameters() -> None:
    """Strengths and random streams are state, and counts of parameters do not show them."""
    augmented, plain = (net(a, epochs=1) for a in (Augmentation(brightness=0.1), None))
    counts = [n.fit(IMAGES, LABELS).model_.count_params() for n in (augmented, plain)]
    assert counts[0] == counts[1]


def test_apply_shows_what_training_might_see() -> None:
    """Labels are given as the user knows them; one random state is one outcome."""
    augmentation = Augmentation(flip_labels=["b"])
    shown = augmentation.apply(IMAGES, LABELS, random_state=0)
    np.testing.assert_array_equal(shown, augmentation.apply(IMAGES, LABELS, random_state=0))
    turned = [not np.array_equal(a, b) for a, b in zip(shown, IMAGES, strict=True)]
    assert set(LABELS[turned]) == {"b"}


# Bad input


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"crop": 8},
            "crop=8 does not fit into images of 7 x 9 pixels: give a smaller one.",
        ),
        *(
            (
                {"crop": crop},
                f"crop={crop!r} is not accepted: give the side of a square in whole pixels, or "
                "(height, width).",
            )
            for crop in (0, 2.5, True, (3,), (3, 0), "5")
        ),
        (
            {"saturation": (2.0, 0.5)},
            "saturation=(2.0, 0.5) is not accepted: give the least and the greatest factor as "
            "(low, high) with 0 <= low <= high.",
        ),
        *(
            (
                {"contrast": contrast},
                f"contrast={contrast!r} is not accepted: give the least and the greatest factor as "
                "(low, high) with 0 <= low <= high.",
            )
            for contrast in (0.3, (-0.1, 1.0), (1.0,), ("a", "b"), (0.0, float("inf")))
        ),
        (
            {"brightness": -0.1},
            "brightness=-0.1 is not accepted: give a number of at least 0.",
        ),
        (
            {"flip_labels": [1]},
            "flip_labels names 1, and the classes are text, as 'a': name labels as y has them.",
        ),
        (
            {"flip_labels": "b"},
            "flip_labels='b' is not accepted: give a sequence of labels, 'all' or None.",
        ),
        (
            {"brightness": 0.1, "clip": (1.0, 1.0)},
            "clip=(1.0, 1.0) is not accepted: give the least and the greatest pixel as (low, high) "
            "with low < high, or None.",
        ),
    ],
)
def test_a_wrong_setting_is_refused(settings: dict[str, Any], sentence: str) -> None:
    """When it is fitted, in one sentence."""
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        net(Augmentation(**settings)).fit(IMAGES, LABELS)


def test_pixels_outside_the_range_are_refused() -> None:
    """Clipping would make a white page of an image from 0 to 255."""
    sentence = (
        "clip=(0.0, 1.0) would cut the images' own pixels, which go from 0 to 255: scale them, or "
        "give the range of their pixels, or None."
    )
    X = np.zeros_like(IMAGES)
    X[:, 0] = 255
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        net(Augmentation(brightness=0.1)).fit(X, LABELS)
    net(Augmentation(brightness=20, clip=(0, 255)), epochs=1).fit(X, LABELS)
    net(Augmentation(crop=3), epochs=1).fit(X, LABELS)


def test_saturation_needs_colors() -> None:
    """One channel has none."""
    sentence = (
        "saturation=(0.5, 2.0) is for images with 3 channels, and these have 1: leave it at None."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        net(Augmentation(saturation=(0.5, 2.0))).fit(IMAGES[..., 0], LABELS)


def test_a_regressor_has_no_labels_to_flip() -> None:
    """It may flip all images or none."""
    sentence = "flip_labels=[1] names labels, and a regressor has none: give 'all' or None."
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        CNNRegressor(augmentation=Augmentation(flip_labels=[1])).fit(IMAGES, np.arange(12.0))


def test_something_else_than_an_augmentation_is_refused() -> None:
    """A number, for one."""
    sentence = "augmentation=0.5 is not accepted: give an Augmentation or None."
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        net(0.5).fit(IMAGES, LABELS)


def test_flips_of_labels_need_labels() -> None:
    """Both where a layer is called by itself and where images are only looked at."""
    layer = Augment(flip=[0.0, 0.5])
    with pytest.raises(ValueError, match="need the labels of the batch"):
        layer(IMAGES, training=True)
    sentence = "flip_labels=['b'] needs the labels of the images: give labels."
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Augmentation(flip_labels=["b"]).apply(IMAGES)


def test_images_to_look_at_have_four_axes() -> None:
    """Flat ones do not say how high they are."""
    sentence = "images has shape (12, 9): give images as (n, h, w, c)."
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Augmentation(crop=2).apply(np.zeros((12, 9)))


@pytest.mark.parametrize(
    ("flip_labels", "labels", "sentence"),
    [
        (5, LABELS, "flip_labels=5 is not accepted: give a sequence of labels, 'all' or None."),
        ("b", LABELS, "flip_labels='b' is not accepted: give a sequence of labels, 'all' or None."),
        (["b"], LABELS[:5], "labels has shape (5,) for 12 images: give one label for each."),
        (["b"], "b", "labels has shape () for 12 images: give one label for each."),
    ],
)
def test_labels_to_look_at_are_checked(flip_labels: Any, labels: Any, sentence: str) -> None:
    """Before they are put among the others."""
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Augmentation(flip_labels=flip_labels).apply(IMAGES, labels)


# Other back ends


@pytest.mark.backend
def test_operations_and_seeds_on_this_backend() -> None:
    """Windows as by hand, the center in prediction, same seed same numbers, other seed others."""
    test_windows_are_cut_and_turned_as_by_hand()
    test_saturation_is_that_of_hue_saturation_value(1.7)
    test_contrast_stretches_about_the_mean_of_a_channel()
    test_evaluation_sees_the_central_window_and_nothing_else()
    test_same_seed_same_weights_other_seed_other_weights()
    test_training_flips_the_images_of_the_chosen_label()
    test_prediction_does_not_depend_on_what_lies_outside_the_center()


@pytest.mark.backend
def test_operations_are_those_of_tensorflow() -> None:
    """The report used tf.image, where a pixel may lie outside the range before it is clipped."""
    require(keras.backend.backend() == "tensorflow", "this is not TensorFlow")
    import tensorflow as tf

    images = RNG.uniform(-0.1, 1.1, (12, 7, 9, 3)).astype("float32")
    for factor in (0.5, 1.0, 2.0):
        factors = np.full(12, factor, "float32")
        for ours, theirs in (
            (change_saturation, tf.image.adjust_saturation),
            (change_contrast, tf.image.adjust_contrast),
            (change_brightness, tf.image.adjust_brightness),
        ):
            expected = numpy_of(theirs(images, factor))
            np.testing.assert_allclose(numpy_of(ours(images, factors)), expected, atol=1e-5)
