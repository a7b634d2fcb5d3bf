"""Each layer is its Keras original, but for hyper-parameters that are part of its state."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
import scipy.stats
from keras.layers import BatchNormalization as KerasBatchNormalization

from nnest.layers import (
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Hyperparameters,
    MaxPooling2D,
    batch_context,
    compiled_initializer,
    convolve_patches,
    uniform,
)
from nnest.programs import Model
from tests.helpers import require_float16

L1, L2 = 0.01, 0.3
PENALTY = {"l1": L1, "l2": L2}
REGULARIZER = {"kernel_regularizer": keras.regularizers.L1L2(L1, L2)}
CONVOLUTIONS = [
    {"kernel_size": 3, "padding": "valid"},
    {"kernel_size": 3, "padding": "same"},
    {"kernel_size": 2, "padding": "same", "activation": "relu"},
    {"kernel_size": (1, 4), "padding": "valid", "use_bias": False},
    {"kernel_size": 3, "padding": "same", "strides": 2},
    {"kernel_size": 3, "padding": "valid", "strides": (1, 2)},
    {"kernel_size": 2, "padding": "valid", "dilation_rate": 2},
    {"kernel_size": 3, "padding": "same", "groups": 2},
]
POOLINGS = [
    {"pool_size": 2},
    {"pool_size": 3},
    {"pool_size": (1, 2)},
    {"pool_size": 2, "padding": "same"},
    {"pool_size": 3, "strides": 2},
    {"pool_size": 8},
]


@pytest.fixture
def policy(request: pytest.FixtureRequest) -> Iterator[str]:
    """Set a policy of types for one test."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(before)


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    """Return random numbers of a shape."""
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def maps(channels: int = 2) -> np.ndarray:
    """Return three feature maps of odd height."""
    return numbers(3, 9, 8, channels)


def alike(ours: Any, stock: Any, x: np.ndarray) -> tuple[Any, Any]:
    """Return two layers with the same weights."""
    ours.build(x.shape)
    stock.build(x.shape)
    stock.set_weights(ours.get_weights())
    return ours, stock


def run(layer: Any, x: np.ndarray) -> tuple[Any, Any, Any]:
    """Return a layer's output, the sum of its losses, and all gradients of both."""

    def loss(weights: Any, inputs: Any) -> Any:
        mapping = list(zip(layer.trainable_variables, weights, strict=True))
        with keras.StatelessScope(mapping, collect_losses=True):  # calls it as a model would
            out, losses = layer(inputs), layer.losses
        wide = out.astype(jnp.float32)
        cotangent = jnp.asarray(numbers(*wide.shape, seed=1))
        penalty = sum((each.astype(jnp.float32) for each in losses), jnp.float32(0))
        return jnp.sum(wide * cotangent) + penalty, (out, losses)

    weights = [v.value for v in layer.trainable_variables]
    inputs = jnp.asarray(x)
    gradients, (out, losses) = jax.jit(jax.grad(loss, (0, 1), has_aux=True))(weights, inputs)
    return out, float(sum(float(loss) for loss in losses)), gradients


def assert_alike(ours: Any, stock: Any, x: np.ndarray, tolerance: float) -> None:
    """Hold outputs, losses and gradients of two layers to one another."""
    out, loss, gradients = run(ours, x)
    expected, expected_loss, expected_gradients = run(stock, x)

    assert out.dtype == expected.dtype
    compared = [(out, expected), (loss, expected_loss)]
    compared += list(
        zip(jax.tree.leaves(gradients), jax.tree.leaves(expected_gradients), strict=True)
    )
    for a, b in compared:
        a, b = np.asarray(a, np.float32), np.asarray(b, np.float32)
        np.testing.assert_allclose(a, b, atol=tolerance * max(1.0, np.abs(b).max()))


@pytest.mark.parametrize("activation", ["linear", "relu"])
def test_dense_equals_its_original(activation: str) -> None:
    """Output, penalty and all gradients are those of Keras with its L1L2."""
    x = numbers(4, 6)
    layers = (
        Dense(5, activation=activation, **PENALTY),
        keras.layers.Dense(5, activation=activation, **REGULARIZER),
    )

    assert_alike(*alike(*layers, x), x, 1e-5)


@pytest.mark.parametrize("settings", CONVOLUTIONS, ids=str)
def test_a_convolution_equals_its_original(settings: dict[str, Any]) -> None:
    """Also where a stride, a dilation or groups leave it to Keras."""
    x = maps()
    layers = Conv2D(4, **settings, **PENALTY), keras.layers.Conv2D(4, **settings, **REGULARIZER)

    assert_alike(*alike(*layers, x), x, 1e-5)


@pytest.mark.parametrize("settings", POOLINGS, ids=str)
def test_pooling_equals_its_original(settings: dict[str, Any]) -> None:
    """Also where windows overlap, are padded or are too large for the fast gradient."""
    assert_alike(MaxPooling2D(**settings), keras.layers.MaxPooling2D(**settings), maps(), 1e-6)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "bfloat16", "mixed_float16"], indirect=True)
def test_layers_equal_their_originals_under_other_types(policy: str) -> None:
    """Outputs have the type of the policy, and numbers agree to what that type can tell."""
    if policy == "mixed_float16":
        require_float16()
    x = maps()
    pairs = [
        (Dense(5, **PENALTY), keras.layers.Dense(5, **REGULARIZER)),
        (Conv2D(4, 3, **PENALTY), keras.layers.Conv2D(4, 3, **REGULARIZER)),
        (MaxPooling2D(2), keras.layers.MaxPooling2D(2)),
    ]
    for pair in pairs:
        assert_alike(*alike(*pair, x), x, 0.02)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "bfloat16"], indirect=True)
def test_hyperparameters_are_float32_under_any_policy(policy: str) -> None:
    """A rate of 0.1 is not rounded to bfloat16, where it is 0.1001."""
    layer = Dropout(0.1, seed=0)

    kept = layer(np.ones((1, 500), np.float32), training=True)

    assert layer.hyperparameters.rate.dtype == "float32"
    assert layer.get_config()["rate"] == 0.1
    assert kept.dtype == "bfloat16"
    assert {round(float(value), 2) for value in kept[0]} == {0.0, 1.11}


def test_a_frozen_layer_is_free_of_penalty() -> None:
    """Keras penalizes what is trained, and so do we."""
    ours, stock = alike(Dense(5, **PENALTY), keras.layers.Dense(5, **REGULARIZER), numbers(2, 3))
    for layer in (ours, stock):
        layer.trainable = False
        layer(numbers(2, 3))

    assert sum(ours.losses) == sum(stock.losses) == 0


def test_channels_first_is_left_to_keras() -> None:
    """The fast operators know one order of axes only, and other orders still come out right."""
    conv = Conv2D(4, 3, data_format="channels_first")
    x = numbers(1, 2, 9, 9)
    expected = Conv2D(4, 3)
    expected.build((1, 9, 9, 2))
    conv.build(x.shape)
    expected.set_weights(conv.get_weights())
    moved = np.moveaxis(x, 1, -1)

    np.testing.assert_allclose(
        np.moveaxis(np.asarray(conv(x)), 1, -1), np.asarray(expected(moved)), atol=1e-5
    )
    pooled = MaxPooling2D(2, data_format="channels_first")(x)
    np.testing.assert_array_equal(
        np.moveaxis(np.asarray(pooled), 1, -1), np.asarray(MaxPooling2D(2)(moved))
    )


@pytest.mark.parametrize("training", [True, False])
def test_no_dropout_is_exactly_the_identity(training: bool) -> None:
    """A rate of 0 changes no bit, whatever the input is."""
    x = np.append(numbers(200), [0.0, -0.0, np.inf, 1e-30]).astype(np.float32)

    assert np.asarray(Dropout(0.0, seed=3)(x, training=training)).tobytes() == x.tobytes()


def test_dropout_does_nothing_but_in_training() -> None:
    """Prediction sees the whole network."""
    x = numbers(3, 4)

    np.testing.assert_array_equal(np.asarray(Dropout(0.9, seed=0)(x)), x)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_keeps_its_share_and_the_expected_value(rate: float) -> None:
    """What is kept is divided by the share that is kept."""
    n = 40_000
    out = np.asarray(Dropout(rate, seed=0)(np.full(n, 2.0, np.float32), training=True))
    kept = out[out != 0]

    assert abs(len(kept) / n - (1 - rate)) < 5 * np.sqrt(rate * (1 - rate) / n)
    np.testing.assert_allclose(kept, 2 / (1 - rate), rtol=1e-6)


def test_a_dropped_input_gets_no_gradient() -> None:
    """And one that is kept gets the gradient times its scale."""
    layer = Dropout(0.25, seed=0)
    state = [v.value for v in layer.non_trainable_variables]

    def total(x: Any) -> Any:
        return jnp.sum(layer.stateless_call([], state, x, training=True)[0])

    gradient = jax.grad(total)(jnp.ones(100))

    assert {round(float(g), 5) for g in gradient} == {0.0, round(1 / 0.75, 5)}


def masks(seed: int, n: int = 2) -> list[bytes]:
    """Return the first masks that a seed draws."""
    layer = Dropout(0.5, seed=seed)
    return [np.asarray(layer(np.ones(64), training=True)).tobytes() for _ in range(n)]


def test_masks_depend_on_the_seed_and_go_on() -> None:
    """Same seed, same masks; other seed, others; and each call draws anew."""
    assert masks(1) == masks(1)
    assert len({*masks(1, 3), *masks(2, 3)}) == 6


def test_a_program_reads_hyperparameters_when_it_runs() -> None:
    """A new value needs no new program."""
    layer = Dense(2, l2=1.0)
    layer.build((None, 3))
    traced = []

    @jax.jit
    def penalty(trainable: Any, rest: Any, x: Any) -> Any:
        traced.append(1)
        return sum(layer.stateless_call(trainable, rest, x, return_losses=True)[2])

    def now() -> float:
        state = [[v.value for v in part] for part in parts]
        return float(penalty(*state, numbers(1, 3)))

    parts = layer.trainable_variables, layer.non_trainable_variables
    first = now()
    layer.hyperparameters.l2.assign(3.0)

    assert now() == pytest.approx(3 * first)
    assert len(traced) == 1


LAYERS = [
    (lambda: Dense(3, **PENALTY), lambda: keras.layers.Dense(3), (2, 4), ["l1", "l2"]),
    (
        lambda: Conv2D(3, 2, **PENALTY),
        lambda: keras.layers.Conv2D(3, 2),
        (2, 4, 4, 1),
        ["l1", "l2"],
    ),
    (lambda: Dropout(0.5, seed=0), lambda: keras.layers.Dropout(0.5, seed=0), (2, 4), ["rate"]),
]


@pytest.mark.parametrize(("make", "original", "shape", "names"), LAYERS)
def test_hyperparameters_are_state_and_no_parameters(
    make: Any, original: Any, shape: tuple[int, ...], names: list[str]
) -> None:
    """They are among the variables, and neither weights nor counted nor trained."""
    ours, stock = make(), original()
    for layer in (ours, stock):
        layer.build(shape)
    ids = [id(v) for v in ours.hyperparameters.variables]

    assert [v.name for v in ours.hyperparameters.variables] == names
    assert ids == [id(v) for v in ours.variables][-len(ids) :]
    assert ids == [id(v) for v in ours.non_trainable_variables][-len(ids) :]
    assert ours.count_params() == stock.count_params()
    assert len(ours.weights) == len(stock.weights)
    assert len(ours.trainable_variables) == len(stock.trainable_variables)


@pytest.mark.parametrize(("make", "original", "shape", "names"), LAYERS)
def test_a_configuration_holds_present_values(
    make: Any, original: Any, shape: tuple[int, ...], names: list[str]
) -> None:
    """What was assigned since is kept, as the decimal number that was meant."""
    layer = make()
    for variable in layer.hyperparameters.variables:
        variable.assign(0.7)

    again = type(layer).from_config(layer.get_config())

    assert again.hyperparameters.to_config() == dict.fromkeys(names, 0.7)
    assert again.get_config() == layer.get_config()


def test_a_saved_model_comes_back_with_its_hyperparameters(tmp_path: Path) -> None:
    """Layers, their present values and the model's own smoothing survive a file."""
    inputs = keras.Input((6, 6, 1))
    x = MaxPooling2D(2)(Conv2D(2, 3, l1=0.1)(inputs))
    x = Dropout(0.25, seed=4)(keras.layers.Flatten()(x))
    model = Model(inputs, Dense(3, l2=0.2)(x))
    model.layers[-2].hyperparameters.rate.assign(0.35)
    model.hyperparameters.label_smoothing.assign(0.15)

    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")

    pictures = numbers(2, 6, 6, 1)
    assert [type(layer) for layer in again.layers] == [type(layer) for layer in model.layers]
    assert again.layers[-2].get_config()["rate"] == 0.35
    assert again.hyperparameters.to_config() == {"label_smoothing": 0.15}
    np.testing.assert_array_equal(again(pictures), model(pictures))
    assert float(sum(again.losses)) == pytest.approx(float(sum(model.losses)))


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf"), "much", None, True])
@pytest.mark.parametrize("name", ["l1", "l2"])
def test_a_wrong_penalty_is_refused(name: str, value: object) -> None:
    """The sentence says what a penalty is."""
    sentence = f"{name}={value!r} is not a penalty: give a finite number of at least 0."
    for make in (lambda: Dense(3, **{name: value}), lambda: Conv2D(3, 3, **{name: value})):
        with pytest.raises(ValueError, match=re.escape(sentence)):
            make()


@pytest.mark.parametrize("value", [-0.1, 1.0, float("nan"), "half", None, False])
def test_a_wrong_rate_is_refused(value: Any) -> None:
    """It is a share, and a rate of 1 would leave nothing."""
    sentence = f"rate={value!r} is not a dropout rate: give a number in [0, 1)."
    with pytest.raises(ValueError, match=re.escape(sentence)):
        Dropout(value, seed=0)


def test_an_unknown_hyperparameter_is_an_attribute_error() -> None:
    """Copying and pickling look for private names, which must not be taken for values."""
    with pytest.raises(AttributeError):
        Hyperparameters(rate=0.5)._private  # noqa: B018


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("strides", [(1, 1), (2, 2), (3, 1)])
@pytest.mark.parametrize("size", [(1, 1), (3, 3), (2, 4), (5, 5)])
def test_a_convolution_as_a_product_is_that_of_keras(
    size: tuple[int, int], strides: tuple[int, int], padding: str
) -> None:
    """Over kernels, strides and paddings."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 9, 8, 3)).astype(np.float32)
    kernel = rng.normal(size=(*size, 3, 5)).astype(np.float32)
    expected = keras.ops.conv(x, kernel, strides=strides, padding=padding)
    found = convolve_patches(x, kernel, strides, padding)
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), atol=1e-4)


@pytest.mark.parametrize("shape", [(20, 3), (6, 4, 5, 3)])
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_batch_normalization_is_that_of_keras(shape: tuple[int, ...], policy: str) -> None:
    """In training and inference, its averages too, also where only some rows are samples."""
    x = np.random.default_rng(0).normal(2.0, 3.0, shape).astype(np.float32)
    for n in (len(x), len(x) - 2):
        ours, stock = (kind(dtype=policy) for kind in (BatchNormalization, KerasBatchNormalization))
        with batch_context(present=np.arange(len(x)) < n):
            mine = keras.ops.convert_to_numpy(ours(x, training=True))[:n]
        theirs = keras.ops.convert_to_numpy(stock(x[:n], training=True))
        close = {"atol": 1e-5} if policy == "float32" else {"atol": 0.05}
        np.testing.assert_allclose(mine.astype(float), theirs.astype(float), **close)
        for own, their in zip(ours.weights, stock.weights, strict=True):
            np.testing.assert_allclose(own.numpy(), their.numpy(), rtol=1e-5, atol=1e-6)
        seen = [keras.ops.convert_to_numpy(layer(x)).astype(float) for layer in (ours, stock)]
        np.testing.assert_allclose(*seen, **close)


def test_batch_normalization_comes_back_from_its_configuration() -> None:
    """And shows in a summary under the name that readers know."""
    layer = BatchNormalization(momentum=0.9, epsilon=0.01)
    again = BatchNormalization.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert type(layer).__name__ == "BatchNormalization"


def draws(n: int, seed: int, times: int = 1) -> np.ndarray:
    """Return what a stream draws."""
    stream = keras.random.SeedGenerator(seed)
    return np.stack([keras.ops.convert_to_numpy(uniform((n,), stream)) for _ in range(times)])


def test_draws_are_uniform_at_each_place_and_each_time() -> None:
    """Kolmogorov and Smirnov find nothing, along a draw, along time, and over seeds."""
    many = draws(20000, seed=1)[0]
    along = draws(3, seed=2, times=3000)
    seeds = np.array([draws(1, seed)[0, 0] for seed in range(3000)])
    for sample in (many, *along.T, seeds):
        assert 0 <= sample.min() <= sample.max() < 1
        assert scipy.stats.kstest(sample, "uniform").pvalue > 1e-3


def test_draws_do_not_depend_on_one_another() -> None:
    """Neither on neighbors, nor on the draw before, nor on the next seed, nor on single bits."""
    n = 20000
    one, after = draws(n, seed=5, times=2)
    next_seed = draws(n, seed=6)[0]
    pairs = [(one[:-1], one[1:]), (one[:-64], one[64:]), (one, after), (one, next_seed)]
    for left, right in pairs:
        assert abs(np.corrcoef(left, right)[0, 1]) < 4 / np.sqrt(n)
        table = np.histogram2d(left, right, bins=8, range=[[0, 1], [0, 1]])[0]
        assert scipy.stats.chisquare(table.ravel()).pvalue > 1e-3
    bits = (one * 2**24).astype(np.int64)[:, None] >> np.arange(24) & 1
    assert (abs(bits.mean(axis=0) - 0.5) < 4 * 0.5 / np.sqrt(n)).all()
    assert len(np.unique(draws(1000, seed=7, times=20))) > 19950


@pytest.mark.parametrize(
    "initializer",
    [
        keras.initializers.GlorotUniform(seed=3),
        keras.initializers.HeNormal(seed=3),
        keras.initializers.RandomNormal(mean=1.0, stddev=0.2, seed=3),
        keras.initializers.TruncatedNormal(stddev=0.1, seed=3),
        keras.initializers.Orthogonal(seed=3),
        keras.initializers.Zeros(),
        "glorot_uniform",
    ],
    ids=lambda one: one if isinstance(one, str) else type(one).__name__,
)
@pytest.mark.parametrize("shape", [(7, 5), (3, 3, 2, 4)])
def test_starts_are_those_of_keras(initializer: Any, shape: tuple[int, ...]) -> None:
    """The same numbers, whoever draws them; and other ones from another seed."""
    start = compiled_initializer(initializer)
    if isinstance(initializer, str) or not hasattr(initializer, "seed"):
        assert start is initializer
        return
    mine, expected = (
        keras.ops.convert_to_numpy(draw(shape, dtype="float32")) for draw in (start, initializer)
    )
    np.testing.assert_allclose(mine, expected, rtol=1e-6, atol=1e-7)
    other = type(initializer)(**{**initializer.get_config(), "seed": 4})
    assert not np.allclose(compiled_initializer(other)(shape, dtype="float32"), mine)
