"""Parts of the training images that are set aside, and networks tested in training mode."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnest import CNNClassifier, MLPClassifier
from nnest.exceptions import ExperimentError
from nnest.experiments import (
    Above,
    Arm,
    Experiment,
    Holdout,
    Images,
    LayerMode,
    Protocol,
    Report,
    Reported,
    Size,
    Value,
    arm_digest,
    hold_out,
    load_images,
    proba_in_mode,
    read_metric,
    run,
)
from nnest.experiments import Claim as Said
from nnest.experiments._holdouts import held_out_rows
from nnest.preprocessing import PixelScaler
from nnest.results import ResultStore

SMALL = Size(epochs=1, seeds=1, n_train=200, dataset="digits")
PROTOCOL = Protocol(smoke=SMALL, lite=SMALL, full=SMALL)
PARTS = {"track": Holdout(0.2, by="groups"), "random": Holdout(0.1, by="images")}
ALL = ("Dropout", "BatchNormalization")


def tracks(n_classes: int = 3, n_tracks: int = 10, n_frames: int = 6) -> Images:
    """Return images whose only pixel is their number, in tracks of frames."""
    n = n_classes * n_tracks * n_frames
    pictures = np.arange(n, dtype=float).reshape(n, 1, 1)
    labels = np.arange(n) // (n_tracks * n_frames)
    return Images(pictures, labels, pictures[:5], labels[:5], groups=np.arange(n) // n_frames)


def declared(arm: Arm, protocol: Protocol, **changes: Any) -> Report:
    """Declare a report of one arm."""
    one = Experiment("one", "?", "digits", (arm,), protocol, **changes)
    return Report("fake", "Fake", "Nobody", 2020, "nowhere", (one,))


def refused(message: str) -> Any:
    """Expect an error of exactly this message."""
    return pytest.raises(ExperimentError, match=f"^{re.escape(message)}$")


def test_no_track_is_on_both_sides() -> None:
    """A part by groups takes whole tracks, of each class its share."""
    rest, parts = hold_out(tracks(), {"track": PARTS["track"]}, seed=3)
    held, labels = parts["track"]
    assert np.bincount(labels).tolist() == [12, 12, 12]
    numbers = held.ravel().astype(int)
    assert not set(numbers // 6) & set(rest.groups)
    assert sorted([*numbers, *rest.train.ravel().astype(int)]) == list(range(180))


def test_random_part_shares_its_tracks_with_the_rest() -> None:
    """A part by images is drawn from what the track part has left, and leaks."""
    rest, parts = hold_out(tracks(), PARTS, seed=3)
    numbers = parts["random"][0].ravel().astype(int)
    assert set(numbers // 6) <= set(rest.groups)
    assert not set(numbers // 6) & set(parts["track"][0].ravel().astype(int) // 6)
    assert len(numbers) == 3 * round(0.1 * 48)


def test_a_group_of_several_classes_is_drawn_once() -> None:
    """A hundred fonts with ten letters each: a fifth of the fonts, not a fifth for each letter."""
    fonts, letters = np.divmod(np.arange(1000), 10)
    rest, parts = held_out_rows(letters, fonts, {"font": PARTS["track"]}, seed=0)
    assert len(parts["font"]) == 200
    assert not set(fonts[rest]) & set(fonts[parts["font"]])


def test_each_seed_draws_its_own_part() -> None:
    """The same seed draws the same images, another one others."""
    first, again, other = (
        hold_out(tracks(), PARTS, seed=seed)[1]["random"][0].ravel().tolist() for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other


def test_images_without_groups_are_drawn_one_by_one() -> None:
    """A data set that knows no groups can stand in for one that does."""
    rest, parts = hold_out(replace(tracks(), groups=None), PARTS, seed=0)
    assert rest.groups is None
    assert len(parts["track"][0]) == 36


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 2.0])
def test_share_that_leaves_nothing_is_refused(share: float) -> None:
    """Something must be on both sides."""
    with refused(f"share is {share}; it must lie between 0 and 1."):
        Holdout(share, by="images")


def test_unknown_unit_is_refused() -> None:
    """Parts are drawn by groups or by images."""
    with refused("by is 'fonts'; it must be one of groups, images."):
        Holdout(0.1, by="fonts")


@pytest.mark.parametrize(("layers", "size"), [((), 8), (("Dropout",), 0)])
def test_mode_that_is_none_is_refused(layers: tuple[str, ...], size: int) -> None:
    """A mode names layers and a number of images."""
    with refused(
        f"layers is {layers} and batch_size is {size}; a mode names at least one class of layers"
        " and at least 1 image."
    ):
        LayerMode(layers, size)


def test_two_ways_of_testing_of_one_name_are_refused() -> None:
    """A condition means one thing."""
    with refused("'x' names a treatment of the test images and a mode; each needs its own name."):
        replace(PROTOCOL, test_images={"x": PixelScaler()}, modes={"x": LayerMode(ALL, 8)})


def test_metric_of_a_part_that_is_not_set_aside_is_refused() -> None:
    """The condition of a val metric is a part, that of a test metric a treatment or a mode."""
    protocol = replace(PROTOCOL, holdouts=PARTS, modes={"training": LayerMode(ALL, 8)})
    high = Above(Value("a", "val_accuracy@training"), 0.5, reason="half")
    with refused(
        "one reads val_accuracy@training of a, but one declares these for val_accuracy: track,"
        " random."
    ):
        declared(Arm("a", MLPClassifier()), protocol, claims=(Said("c", "?", "here", high),))


def test_exact_number_may_say_of_what() -> None:
    """Parameters of a layer are told apart by its name."""
    number = Reported(
        None, "n_parameters@conv_1", "2432", "Section 2.2", kind="exact", compute=lambda: 2432.0
    )
    assert number.label == "n_parameters@conv_1"


def test_unused_settings_leave_digests_as_they_were() -> None:
    """What came later is part of a digest only where it is set."""
    arm = Arm("a", MLPClassifier())
    plain = arm_digest(declared(arm, PROTOCOL), "one", "a", "lite")
    assert plain == arm_digest(declared(arm, replace(PROTOCOL, holdouts={})), "one", "a", "lite")
    colored = replace(SMALL, channels=3)
    for changed in (
        replace(PROTOCOL, holdouts=PARTS),
        replace(PROTOCOL, modes={"training": LayerMode(ALL, 8)}),
        replace(PROTOCOL, lite=colored),
        replace(PROTOCOL, lite=replace(SMALL, classes=20)),
    ):
        assert arm_digest(declared(arm, changed), "one", "a", "lite") != plain


def test_digits_can_stand_in_for_colored_signs() -> None:
    """Channels are copies of the gray one, and labels are spread over all classes."""
    size = replace(SMALL, shape=(32, 32), channels=3, classes=43)
    one = declared(Arm("a", MLPClassifier()), replace(PROTOCOL, smoke=size)).experiment("one")
    images = load_images(one, "smoke")
    assert images.train.shape == (200, 32, 32, 3)
    assert np.ptp(images.train, axis=-1).max() == 0
    assert set(images.train_labels) == set(range(43)) == set(images.test_labels)


def network(**changes: Any) -> CNNClassifier:
    """Return a fitted network with dropout and batch normalization."""
    x, y = np.random.default_rng(0).random((40, 8, 8)), np.arange(40) % 2
    settings = {"filters": (4,), "conv_batch_norm": True, "hidden_units": (8,), "dropout": 0.5}
    return CNNClassifier(**settings, epochs=1, random_state=0, **changes).fit(x, y)


def test_network_in_no_mode_infers() -> None:
    """Where no layer of these classes is there, the answer is that of predict_proba."""
    net, images = network(), np.random.default_rng(1).random((10, 8, 8))
    found = proba_in_mode(net, images, LayerMode(("GaussianNoise",), batch_size=4))
    assert np.allclose(found, net.predict_proba(images), atol=1e-6)


def test_batch_normalization_in_training_mode_sees_the_batch() -> None:
    """An image's answer then depends on its neighbors; the network's averages stay."""
    net, images = network(), np.random.default_rng(1).random((10, 8, 8))
    before = [weight.copy() for weight in net.model_.get_weights()]
    together = proba_in_mode(net, images, LayerMode(("BatchNormalization",), batch_size=10))
    alone = proba_in_mode(net, images, LayerMode(("BatchNormalization",), batch_size=1))
    assert not np.allclose(together, alone, atol=1e-4)
    assert all(map(np.array_equal, before, net.model_.get_weights()))


def test_dropout_in_training_mode_draws() -> None:
    """Two passes differ, and neither is what the whole network says."""
    net, images = network(), np.random.default_rng(1).random((10, 8, 8))
    mode = LayerMode(("Dropout",), batch_size=10)
    first, second = proba_in_mode(net, images, mode), proba_in_mode(net, images, mode)
    assert not np.allclose(first, second)
    assert not np.allclose(first, net.predict_proba(images))


def test_network_that_is_no_chain_is_refused() -> None:
    """A shortcut cannot be followed layer by layer."""
    net, images = network(shortcut=True), np.zeros((2, 8, 8))
    with pytest.raises(
        ValueError, match=r"^The network is no chain of layers: leave shortcut at False\.$"
    ):
        proba_in_mode(net, images, LayerMode(("Dropout",), batch_size=2))


def test_runs_record_parts_and_modes(tmp_path: Any) -> None:
    """A record holds the scores on all parts and in all modes, and fewer images were trained on."""
    protocol = replace(PROTOCOL, holdouts=PARTS, modes={"training": LayerMode(ALL, 32)})
    report = declared(
        Arm("a", MLPClassifier(hidden_units=(8,), dropout=0.5), PixelScaler()), protocol
    )
    store = ResultStore(tmp_path)
    run(report, store=store, scale="smoke", progress=False)
    (found,) = store.read("fake")
    wanted = {"val_accuracy@track", "val_loss@random", "test_accuracy@training"}
    assert wanted <= set(found.final)
    assert found.final["test_loss@training"] != found.final["test_loss"]


def test_norms_are_recorded_where_the_protocol_asks_for_them(tmp_path: Path) -> None:
    """Of the gradient over the first steps and of kernels by layer, also of trainings in groups."""
    net = MLPClassifier(hidden_units=(6,), optimizer="sgd", learning_rate=0.1, batch_size=50)
    twice = replace(SMALL, seeds=2)
    protocol = Protocol(twice, twice, twice, gradient_steps=3, kernel_norms=("hidden_1", "output"))
    report = declared(Arm("a", net, PixelScaler()), protocol)
    store = ResultStore(tmp_path)
    run(report, store=store, scale="smoke", progress=False)
    norms = {"gradient_norm_first", "gradient_norm_largest", "kernel_norm"}
    for one in store.read("fake"):
        assert one.group == {"lowering": "stacked", "lanes": 1, "members": 2}
        found = {name: value for name, value in one.final.items() if "norm" in name}
        assert set(found) == norms | {"kernel_norm@hidden_1", "kernel_norm@output"}
        assert found["gradient_norm_largest"] >= found["gradient_norm_first"] > 0
        by_layer = [found["kernel_norm@hidden_1"], found["kernel_norm@output"]]
        assert found["kernel_norm"] == pytest.approx(np.hypot(*by_layer))
        assert read_metric(one, "kernel_norm@output") == by_layer[1]


def test_norms_that_nobody_asks_for_are_not_recorded(tmp_path: Path) -> None:
    """A protocol without them leaves records as they were."""
    store = ResultStore(tmp_path)
    run(declared(Arm("a", MLPClassifier(hidden_units=())), PROTOCOL), store=store, scale="smoke",
        progress=False)  # fmt: skip
    (one,) = store.read("fake")
    assert not [name for name in one.final if "norm" in name]


def test_look_at_no_step_is_refused() -> None:
    """Steps begin with the first."""
    with refused("gradient_steps is 0; it must be at least 1, or None."):
        replace(PROTOCOL, gradient_steps=0)


def test_norm_of_a_layer_that_is_not_recorded_is_refused() -> None:
    """A claim names a layer that the protocol names."""
    protocol = replace(PROTOCOL, kernel_norms=("output",))
    high = Above(Value("a", "kernel_norm@hidden_1"), 0.5, reason="half")
    with refused(
        "one reads kernel_norm@hidden_1 of a, but one declares these for kernel_norm: output."
    ):
        declared(Arm("a", MLPClassifier()), protocol, claims=(Said("c", "?", "here", high),))
