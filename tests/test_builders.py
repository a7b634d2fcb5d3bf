"""Models have the layers, the parameters and the weights that their settings name."""

from __future__ import annotations

import random
import re
from typing import Any

import keras
import numpy as np
import pytest

from nnest.builders import _blocks, build_cnn, build_mlp

PICTURE = (8, 8, 1)


def mlp(**settings: Any) -> Any:
    """Return a small perceptron."""
    return build_mlp(**{"input_shape": (6,), "n_outputs": 3, "hidden_units": (5, 4), **settings})


def cnn(**settings: Any) -> Any:
    """Return a small convolutional network."""
    small = {"n_outputs": 3, "filters": (2, 3), "hidden_units": (4,)}
    return build_cnn(**{"input_shape": PICTURE, **small, **settings})


def names(model: Any) -> list[str]:
    """Return the names of a model's layers without the input, in order."""
    return [layer.name for layer in model.layers[1:]]


def hidden(model: Any) -> list[str]:
    """Return what follows each hidden layer, in order."""
    return [name.removeprefix("hidden_") for name in names(model) if name.startswith("hidden_")]


def trainable(model: Any) -> dict[str, int]:
    """Return the number of trained parameters of each layer that has any."""
    counts = {
        layer.name: sum(int(np.prod(v.shape)) for v in layer.trainable_variables)
        for layer in model.layers
    }
    return {name: count for name, count in counts.items() if count}


def test_the_traffic_sign_network_has_the_parameters_of_its_report() -> None:
    """Two convolutions of 5x5 with batch normalization, and an output for each of 43 signs."""
    model = build_cnn(
        (28, 28, 3),
        43,
        filters=(32, 64),
        kernel_size=5,
        padding="valid",
        activation="elu",
        conv_batch_norm=True,
        hidden_units=(),
    )

    assert trainable(model) == {
        "conv_1": 2432,
        "conv_1_batch_norm": 64,
        "conv_2": 51264,
        "conv_2_batch_norm": 128,
        "output": 44075,
    }


def test_the_shortcut_network_has_the_parameters_of_its_report() -> None:
    """The input, joined to the last hidden layer, is one more input of the output layer."""
    model = build_mlp((1,), 1, hidden_units=(64, 32), shortcut=True, output_activation="linear")

    assert list(trainable(model).values()) == [128, 2080, 34]
    assert model.count_params() == 2242


def test_a_shortcut_reaches_the_output() -> None:
    """With hidden kernels of zero the output still depends on the input."""
    models = [mlp(shortcut=s, kernel_initializer="ones", seed=1) for s in (True, False)]
    x = np.eye(2, 6, dtype=np.float32)
    for model in models:
        model.get_layer("hidden_2").set_weights([np.zeros((5, 4)), np.zeros(4)])
        kernel, bias = model.get_layer("output").get_weights()
        model.get_layer("output").set_weights([np.random.default_rng(0).random(kernel.shape), bias])
    with_shortcut, without = (np.asarray(model(x)) for model in models)

    assert not np.allclose(with_shortcut[0], with_shortcut[1])
    np.testing.assert_array_equal(without[0], without[1])


def test_no_hidden_layer_is_softmax_regression() -> None:
    """One matrix, one bias, and probabilities."""
    model = build_mlp((6,), 3, hidden_units=())
    x = np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32)
    kernel, bias = model.get_weights()
    scores = np.exp(x @ kernel + bias)

    assert names(model) == ["output", "output_activation"]
    np.testing.assert_allclose(model(x), scores / scores.sum(axis=1, keepdims=True), rtol=1e-5)


def test_a_picture_is_flattened_for_a_perceptron() -> None:
    """Anything but a vector is."""
    assert names(build_mlp((4, 4), 2, hidden_units=()))[0] == "flatten"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ["1", "1_activation", "1_dropout", "2", "2_activation", "2_dropout"]),
        ({"dropout_at": "first"}, ["1", "1_activation", "1_dropout", "2", "2_activation"]),
        ({"dropout_at": "last"}, ["1", "1_activation", "2", "2_activation", "2_dropout"]),
        ({"dropout_at": None}, ["1", "1_activation", "2", "2_activation"]),
        (
            {"dropout_at": None, "batch_norm_at": "every"},
            ["1", "1_batch_norm", "1_activation", "2", "2_batch_norm", "2_activation"],
        ),
        (
            {"dropout_at": None, "batch_norm_at": "first"},
            ["1", "1_batch_norm", "1_activation", "2", "2_activation"],
        ),
        (
            {"dropout_at": None, "batch_norm_at": "last"},
            ["1", "1_activation", "2", "2_batch_norm", "2_activation"],
        ),
        (
            {"batch_norm_at": "last", "batch_norm_order": "after_activation"},
            ["1", "1_activation", "1_dropout", "2", "2_activation", "2_batch_norm", "2_dropout"],
        ),
    ],
    ids=str,
)
def test_hidden_layers_are_in_their_order(settings: dict[str, Any], expected: list[str]) -> None:
    """Dense, then batch norm and activation in either order, then dropout."""
    assert hidden(mlp(**settings)) == expected


@pytest.mark.parametrize("place", ["first", "last", "every", None])
def test_places_mean_nothing_without_layers(place: str | None) -> None:
    """Softmax regression has no dropout and no batch norm, wherever they are wanted."""
    model = mlp(hidden_units=(), dropout_at=place, batch_norm_at=place)

    assert names(model) == ["output", "output_activation"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ["conv_1", "conv_1_activation", "conv_1_max_pooling"]),
        ({"conv_dropout": 0.1}, [
            "conv_1", "conv_1_activation", "conv_1_max_pooling", "conv_1_dropout",
        ]),
        ({"conv_dropout": 0.1, "conv_dropout_at": "activation"}, [
            "conv_1", "conv_1_activation", "conv_1_dropout", "conv_1_max_pooling",
        ]),
        ({"conv_dropout": 0.1, "pooling": None}, [
            "conv_1", "conv_1_activation", "conv_1_dropout",
        ]),
        ({"conv_batch_norm": True}, [
            "conv_1", "conv_1_batch_norm", "conv_1_activation", "conv_1_max_pooling",
        ]),
        ({"conv_batch_norm": "last_pooling", "pooling": "average"}, [
            "conv_1", "conv_1_activation", "conv_1_average_pooling", "last_pooling_batch_norm",
        ]),
    ],
    ids=str,
)  # fmt: skip
def test_convolutions_are_in_their_order(settings: dict[str, Any], expected: list[str]) -> None:
    """Convolution, batch norm, activation, pooling, dropout."""
    model = cnn(filters=(2,), hidden_units=(), **settings)

    assert names(model) == [*expected, "flatten", "output", "output_activation"]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("flatten", ["flatten", "flatten_dropout", "hidden_1", "shortcut", "output"]),
        ("head", ["flatten", "hidden_1", "shortcut", "head_dropout", "output"]),
    ],
)
def test_dropout_stands_before_or_behind_the_hidden_layers(place: str, expected: list[str]) -> None:
    """Once, with one rate."""
    model = cnn(conv_dropout=0.3, conv_dropout_at=place, shortcut=True)

    assert [name for name in names(model) if name in (*expected, "conv_1_dropout")] == expected
    assert model.get_layer(f"{place}_dropout").get_config()["rate"] == 0.3


def test_settings_come_one_for_each_layer() -> None:
    """A tuple has one entry for each layer; activations name convolutions first."""
    model = cnn(
        kernel_size=(3, 2),
        strides=[1, 2],
        pooling=(None, "average"),
        pool_size=np.array([2, 3]),
        conv_dropout=(0.1, 0.2),
        activation=("relu", "elu", "tanh"),
        hidden_units=(4,),
        dropout=(0.3,),
    )

    def of(name: str) -> dict[str, Any]:
        return model.get_layer(name).get_config()

    assert [of(f"conv_{i}")["kernel_size"] for i in (1, 2)] == [(3, 3), (2, 2)]
    assert [of(f"conv_{i}")["strides"] for i in (1, 2)] == [(1, 1), (2, 2)]
    assert of("conv_2_average_pooling")["pool_size"] == (3, 3)
    assert [of(f"conv_{i}_dropout")["rate"] for i in (1, 2)] == [0.1, 0.2]
    layers = ("conv_1", "conv_2", "hidden_1")
    assert [of(f"{name}_activation")["activation"] for name in layers] == ["relu", "elu", "tanh"]
    assert of("hidden_1_dropout")["rate"] == 0.3
    assert "conv_1_max_pooling" not in names(model)


def weights(model: Any) -> list[np.ndarray]:
    """Return the kernels and biases of a model."""
    kinds = ("conv_1", "conv_2", "hidden_1", "hidden_2", "output")
    return [w for layer in model.layers if layer.name in kinds for w in layer.get_weights()]


def same(one: Any, other: Any) -> bool:
    """Tell whether two models start from the same kernels and biases."""
    pairs = zip(weights(one), weights(other), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("build", [mlp, cnn])
def test_the_seed_decides_the_weights(build: Any) -> None:
    """Same seed, same weights; other seed, other kernels in each layer."""
    one, again, other = build(seed=1), build(seed=1), build(seed=2)

    assert same(one, again)
    kernels = [(a, b) for a, b in zip(weights(one), weights(other), strict=True) if a.ndim > 1]
    assert not any(np.array_equal(a, b) for a, b in kernels)


@pytest.mark.parametrize(
    "settings",
    [{"dropout": 0.5}, {"dropout_at": None}, {"dropout_at": "last"}, {"batch_norm_at": "every"},
     {"l2": 0.1}, {"activation": "elu"}],
    ids=str,
)  # fmt: skip
def test_weights_do_not_depend_on_what_has_none(settings: dict[str, Any]) -> None:
    """Arms of a study that differ in dropout start from the same network."""
    assert same(mlp(seed=1, **settings), mlp(seed=1))
    assert same(cnn(seed=1, **{"activation": "relu", **settings}), cnn(seed=1))


@pytest.mark.parametrize("place", ["activation", "pooling", "flatten", "head"])
def test_weights_do_not_depend_on_the_place_of_dropout(place: str) -> None:
    """Nor on whether there is any."""
    assert same(cnn(seed=1, conv_dropout=0.5, conv_dropout_at=place), cnn(seed=1))


def test_masks_depend_on_the_seed_and_on_the_layer() -> None:
    """No two layers, and no two seeds, draw the same mask."""
    models = [cnn(seed=seed, conv_dropout=0.5, dropout=0.5) for seed in (1, 2)]
    seeds = [layer.get_config()["seed"] for model in models for layer in model.layers
             if layer.name.endswith("_dropout")]  # fmt: skip

    assert len(seeds) == len(set(seeds)) == 6


def test_building_touches_no_global_state() -> None:
    """The random states of Python, numpy and Keras are as they were."""
    keras.utils.set_random_seed(3)
    keras.random.uniform(())
    generator = keras.src.backend.common.global_state.get_global_attribute("global_seed_generator")
    states = []
    for build in (None, mlp, cnn):
        if build is not None:
            build(dropout=0.5, batch_norm_at="every", kernel_initializer="he_normal")
        python, numpys = random.getstate(), np.random.get_state()[1].tolist()
        states.append((python, numpys, np.asarray(generator.state.value).tolist()))

    assert states[0] == states[1] == states[2]


def test_initializers_come_by_name_or_configuration() -> None:
    """A configuration's own seed is kept."""
    config = {"class_name": "RandomNormal", "config": {"mean": 3.0, "stddev": 0.1, "seed": 5}}
    one, other = (mlp(kernel_initializer=config, seed=seed) for seed in (1, 2))
    unseeded = {"class_name": "RandomNormal", "config": {"mean": 3.0, "seed": None}}
    constant = {"class_name": "Constant", "config": {"value": 0.5}}
    kernel, bias = mlp(kernel_initializer="zeros", bias_initializer=constant).get_weights()[:2]

    assert same(one, other)
    assert same(*(mlp(kernel_initializer=unseeded, seed=1) for _ in range(2)))
    assert not same(*(mlp(kernel_initializer=unseeded, seed=seed) for seed in (1, 2)))
    assert 2.5 < one.get_weights()[0].mean() < 3.5
    assert (kernel == 0).all()
    assert (bias == 0.5).all()


def test_biases_may_begin_otherwise_in_each_layer() -> None:
    """One initializer for each layer, the output's the last; as many as there are layers."""
    one = {"class_name": "Constant", "config": {"value": 1.0}}
    for build, shape in (
        (mlp, {"hidden_units": (4,)}),
        (cnn, {"filters": (2,), "hidden_units": ()}),
    ):
        first, *_, last = build(bias_initializer=(one, "zeros"), **shape).get_weights()[1::2]
        assert (first == 1).all()
        assert (last == 0).all()
        assert same(
            build(bias_initializer=(one, one), **shape), build(bias_initializer=one, **shape)
        )
    with pytest.raises(ValueError, match=r"has 3 entries for 2 layers: give one value for all"):
        mlp(hidden_units=(4,), bias_initializer=("zeros", "zeros", one))


def test_probabilities_are_float32_under_any_policy() -> None:
    """Sums of probabilities are tested by scikit-learn, and bfloat16 has two digits."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        out = cnn()(np.ones((2, *PICTURE), np.float32))
    finally:
        keras.config.set_dtype_policy(before)

    assert out.dtype == "float32"
    np.testing.assert_allclose(np.asarray(out).sum(axis=1), 1, rtol=1e-6)


PLACES = "None, 'first', 'last', 'every'"
WRONG = [
    (mlp, {"hidden_units": 5},
     "hidden_units=5 is not a sequence: give one number for each layer, as (5,)."),
    (mlp, {"hidden_units": (5, 0)},
     "hidden_units=(5, 0) holds 0: give whole numbers of at least 1."),
    (mlp, {"hidden_units": (2.5,)},
     "hidden_units=(2.5,) holds 2.5: give whole numbers of at least 1."),
    (mlp, {"hidden_units": (True,)},
     "hidden_units=(True,) holds True: give whole numbers of at least 1."),
    (mlp, {"dropout": 1.0},
     "dropout=1.0 is not a dropout rate: give numbers of at least 0 and below 1."),
    (mlp, {"dropout": -0.1},
     "dropout=-0.1 is not a dropout rate: give numbers of at least 0 and below 1."),
    (mlp, {"dropout": "0.5"},
     "dropout='0.5' is not a dropout rate: give numbers of at least 0 and below 1."),
    (mlp, {"dropout": (0.1,)},
     "dropout=(0.1,) has 1 entries for 2 layers: give one value for all, or one for each layer."),
    (mlp, {"dropout": (0.1, float("nan"))},
     "dropout=(0.1, nan) is not a dropout rate: give numbers of at least 0 and below 1."),
    (mlp, {"dropout_at": "middle"},
     f"dropout_at='middle' is not accepted: give one of {PLACES}."),
    (mlp, {"batch_norm_at": True},
     f"batch_norm_at=True is not accepted: give one of {PLACES}."),
    (mlp, {"batch_norm_order": "before"},
     "batch_norm_order='before' is not accepted: give one of 'before_activation', "
     "'after_activation'."),
    (mlp, {"l1": -1.0}, "l1=-1.0 is not a penalty: give a finite number of at least 0."),
    (mlp, {"l2": float("inf")}, "l2=inf is not a penalty: give a finite number of at least 0."),
    (mlp, {"kernel_initializer": "he"},
     "kernel_initializer='he' is no initializer: give the name of one of keras.initializers, as "
     "'he_normal', or its "
     "configuration, as {'class_name': 'RandomNormal', 'config': {'mean': 1.0, 'stddev': 0.05}}."),
    (cnn, {"filters": (32, 0)},
     "filters=(32, 0) holds 0: give whole numbers of at least 1."),
    (cnn, {"filters": 32},
     "filters=32 is not a sequence: give one number for each layer, as (32,)."),
    (cnn, {"kernel_size": (3, 3, 3)},
     "kernel_size=(3, 3, 3) has 3 entries for 2 layers: give one value for all, or one for each "
     "layer."),
    (cnn, {"kernel_size": 0}, "kernel_size=0 holds 0: give whole numbers of at least 1."),
    (cnn, {"strides": 0}, "strides=0 holds 0: give whole numbers of at least 1."),
    (cnn, {"padding": "full"},
     "padding='full' is not accepted: give one of 'same', 'valid'."),
    (cnn, {"pooling": "min"},
     "pooling='min' is not accepted: give one of 'max', 'average', None."),
    (cnn, {"pool_size": -2}, "pool_size=-2 holds -2: give whole numbers of at least 1."),
    (cnn, {"conv_dropout": 1},
     "conv_dropout=1 is not a dropout rate: give numbers of at least 0 and below 1."),
    (cnn, {"conv_dropout": (0.1, 0.2), "conv_dropout_at": "head"},
     "conv_dropout=(0.1, 0.2) has 2 entries for 1 layers: give one value for all, or one for each "
     "layer."),
    (cnn, {"conv_dropout_at": "every"},
     "conv_dropout_at='every' is not accepted: give one of 'activation', 'pooling', 'flatten', "
     "'head'."),
    (cnn, {"conv_batch_norm": "first"},
     "conv_batch_norm='first' is not accepted: give one of False, True, 'last_pooling'."),
    (cnn, {"kernel_size": 9, "padding": "valid"},
     "kernel_size=9 of convolution 1 is larger than its input of 8x8 pixels: give a smaller "
     "kernel, padding='same', fewer convolutions or larger images."),
    (cnn, {"filters": (2, 2, 2, 2)},
     "pool_size=2 after convolution 4 leaves nothing of 1x1 pixels: give fewer convolutions or "
     "poolings (pooling=None), a smaller pool_size, padding='same' or larger images."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("build", "settings", "sentence"), WRONG, ids=[str(settings) for _, settings, _ in WRONG]
)
def test_a_wrong_value_is_answered_with_one_sentence(
    build: Any, settings: dict[str, Any], sentence: str
) -> None:
    """It says what came, what is accepted, and what to do."""
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        build(**settings)


def test_a_misspelt_activation_is_answered_with_the_nearest_name() -> None:
    """Or with where all stand, if none is near."""
    pattern = r"^activation='rellu' is not an activation of Keras: did you mean 'relu'\?$"
    for build in (mlp, cnn):
        with pytest.raises(ValueError, match=pattern):
            build(activation="rellu")
    with pytest.raises(ValueError, match=r"^activation=None is not an activation of Keras: "):
        mlp(activation=None)


@pytest.mark.parametrize("pooling", ["max", "average"])
@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((1, 9, 1), [(1, 4), (1, 2)]),
        ((7, 1, 2), [(3, 1), (1, 1)]),
        ((1, 2, 1), [(1, 1), (1, 1)]),
        ((1, 1, 3), [(1, 1), (1, 1)]),
        ((2, 8, 1), [(1, 4), (1, 2)]),
        ((8, 8, 1), [(4, 4), (2, 2)]),
    ],
)
def test_an_axis_that_is_shorter_than_the_window_is_pooled_whole(
    shape: Any, expected: Any, pooling: str
) -> None:
    """A table's row is a picture one pixel high, which is pooled along the row, by Keras's rule."""
    model = build_cnn(shape, 2, filters=(2, 2), pooling=pooling, hidden_units=())
    layers = [model.get_layer(f"conv_{i}_{pooling}_pooling") for i in (1, 2)]
    assert [layer.output.shape[1:3] for layer in layers] == expected

    images = np.random.default_rng(0).random((3, *shape), dtype=np.float32)
    maps = model.get_layer("conv_1")(images)
    maps = np.maximum(np.asarray(maps), 0).reshape(3, *shape[:2], 2)
    (h, w), windows = expected[0], layers[0].pool_size
    cut = maps[:, : h * windows[0], : w * windows[1]].reshape(3, h, windows[0], w, windows[1], 2)
    pooled = cut.max((2, 4)) if pooling == "max" else cut.mean((2, 4))
    first = keras.Model(model.input, layers[0].output)
    np.testing.assert_allclose(first(images), pooled, atol=1e-6)


def test_what_is_left_of_a_picture_must_fill_a_window_along_one_axis() -> None:
    """Of 2x8 pixels three poolings leave one; the fourth has nothing to do, and says so."""
    build_cnn((2, 8, 1), 2, filters=(2,) * 3)
    with pytest.raises(ValueError, match="pool_size=2 after convolution 4 leaves nothing of 1x1"):
        build_cnn((2, 8, 1), 2, filters=(2,) * 4)


@pytest.mark.parametrize(
    ("build", "settings", "what"),
    [
        (build_mlp, {"hidden_units": (10**9,)}, "hidden_units=(1000000000,)"),
        (build_mlp, {"hidden_units": (50_000,) * 4}, "hidden_units=(50000, 50000, 50000, 50000)"),
        (build_cnn, {"filters": (10**9,)}, "filters=1000000000 of convolution 1"),
    ],
)
def test_a_network_that_memory_does_not_hold_is_refused(
    build: Any, settings: dict[str, Any], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is allocated: no layer is even made."""

    def made(*arguments: Any, **more: Any) -> None:
        raise AssertionError("a layer was made")

    for layer in ("Dense", "Conv2D"):
        monkeypatch.setattr(_blocks, layer, made)
    monkeypatch.setattr(_blocks, "free_memory", lambda: 2.0**34)
    sentence = re.escape(f"{what} asks for ") + r"\S+ weights, \S+ GiB in training, and 16.0 GiB"
    with pytest.raises(ValueError, match=sentence) as caught:
        build((1, 1, 1) if build is build_cnn else (1,), 2, **settings)
    assert len(str(caught.value)) < 300


def test_as_many_outputs_as_memory_does_not_hold() -> None:
    """Labels that are all different, say."""
    with pytest.raises(ValueError, match=r"^an output for each of 100000000000 asks for "):
        build_mlp((64,), 10**11, hidden_units=())
