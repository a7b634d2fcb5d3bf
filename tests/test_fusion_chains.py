"""Chains of layers run as one operator where the graph allows it, and only there."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras.layers import Activation, BatchNormalization, Dense, Flatten

from nnest import fusion
from nnest.layers import Conv2D, MaxPooling2D
from tests.helpers import require


class Model(keras.Model):
    """A functional model that runs its chains as operators."""

    def _run_through_graph(
        self, inputs: Any, operation_fn: Any = lambda op: op, call_fn: Any = None
    ) -> Any:
        if call_fn is None:
            operation_fn = fusion.operations(self, inputs, operation_fn)
        return super()._run_through_graph(inputs, operation_fn, call_fn)


class Doubling(Conv2D):
    """A convolution that does something else."""

    def call(self, inputs: Any) -> Any:
        """Return twice the feature maps."""
        return 2 * super().call(inputs)


@pytest.fixture(autouse=True)
def on() -> None:
    """Skip where there is nothing to test."""
    require(fusion.is_on(), "chains are run as one operator on JAX on a CPU only")


def picture(channels: int = 2) -> Any:
    """Return the input of a small network."""
    return keras.Input((8, 10, channels), name="picture")


def names(model: Any) -> list[list[str]]:
    """Return the names of the layers of a model's chains."""
    return [[layer.name for layer in chain] for chain, _ in fusion.chains(model)]


def both_ways(model: Any, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a model's outputs with its chains as operators, and with Keras's own operators."""
    fast = keras.ops.convert_to_numpy(model(x))
    with fusion.switched_off():
        return fast, keras.ops.convert_to_numpy(model(x))


def assert_equal_both_ways(model: Any) -> None:
    """Hold a model with its chains to the same model without."""
    shape = model.input_shape
    x = np.random.default_rng(0).normal(size=(3, *shape[1:])).astype("float32")
    np.testing.assert_allclose(*both_ways(model, x), rtol=1e-4, atol=1e-5)


def rectified(x: Any, **settings: Any) -> Any:
    """Return a convolution and its ReLU."""
    conv = Conv2D(4, 3, name="conv", bias_initializer="normal", **settings)
    return Activation("relu", name="relu")(conv(x))


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("channels", [1, 2])
def test_convolution_activation_and_pooling_are_one_operator(channels: int, padding: str) -> None:
    """The model gives the same numbers, and the summary shows ordinary layers."""
    x = picture(channels)
    model = Model(x, pooled(rectified(x, padding=padding)))

    assert names(model) == [["conv", "relu", "pool"]]
    assert [layer.name for layer in model.layers] == ["picture", "conv", "relu", "pool"]
    assert_equal_both_ways(model)


def pooled(maps: Any) -> Any:
    """Return pooled maps."""
    return MaxPooling2D(2, name="pool")(maps)


def by_itself(**settings: Any) -> Any:
    """Return a convolution with its own activation."""
    return Conv2D(4, 3, activation="relu", name="conv", **settings)


SHORTER = {
    "own activation": (lambda x: pooled(by_itself()(x)), ["conv", "pool"]),
    "no activation": (lambda x: pooled(Conv2D(4, 3, name="conv")(x)), ["conv", "pool"]),
    "no bias": (lambda x: pooled(rectified(x, use_bias=False)), ["conv", "relu", "pool"]),
    "a constraint": (
        lambda x: pooled(rectified(x, kernel_constraint="max_norm")),
        ["conv", "relu", "pool"],
    ),
}


@pytest.mark.parametrize("case", SHORTER)
def test_a_chain_may_be_another(case: str) -> None:
    """Activation and bias may be missing, and a kernel may be held in bounds."""
    build, expected = SHORTER[case]
    x = picture()
    model = Model(x, build(x))

    assert names(model) == [expected]
    assert_equal_both_ways(model)


def skipping(x: Any) -> Any:
    """Return pooled maps to which something is added that nobody pooled."""
    maps = Conv2D(4, 3, name="conv")(x)
    rest = keras.layers.Conv2D(4, 2, strides=2)(maps)
    return keras.layers.add([pooled(Activation("relu")(maps)), rest])


def shared(x: Any) -> Any:
    """Return what one convolution makes of two inputs."""
    conv = Conv2D(2, 3, padding="same")
    return MaxPooling2D(2)(conv(MaxPooling2D(2)(conv(x))))


def twice(x: Any) -> Any:
    """Return what one activation makes of two convolutions."""
    relu = Activation("relu")
    return pooled(relu(Conv2D(4, 3)(relu(Conv2D(4, 3)(x)))))


OTHERS = {
    "a skip connection": skipping,
    "a shared layer": shared,
    "a shared activation": twice,
    "steps": lambda x: pooled(rectified(x, strides=2)),
    "dilation": lambda x: pooled(rectified(x, dilation_rate=2)),
    "groups": lambda x: pooled(rectified(x, groups=2)),
    "a penalty on maps": lambda x: pooled(rectified(x, activity_regularizer="l2")),
    "two activations": lambda x: pooled(rectified(x, activation="tanh")),
    "another activation": lambda x: pooled(Activation("elu")(Conv2D(4, 3)(x))),
    "batch norm": lambda x: pooled(Activation("relu")(BatchNormalization()(Conv2D(4, 3)(x)))),
    "a subclass": lambda x: pooled(Activation("relu")(Doubling(4, 3)(x))),
    "Keras's convolution": lambda x: pooled(keras.layers.Conv2D(4, 3)(x)),
    "Keras's pooling": lambda x: keras.layers.MaxPooling2D(2)(rectified(x)),
    "large windows": lambda x: MaxPooling2D(3)(rectified(x)),
    "overlapping windows": lambda x: MaxPooling2D(2, strides=1)(rectified(x)),
    "padded windows": lambda x: MaxPooling2D(2, padding="same")(rectified(x)),
    "average pooling": lambda x: keras.layers.AveragePooling2D(2)(rectified(x)),
    "no pooling": lambda x: rectified(x),
}


@pytest.mark.parametrize("case", OTHERS)
def test_another_graph_is_left_to_keras(case: str) -> None:
    """Whatever else reads the maps, or the convolution is, the model stays right."""
    x = picture()
    model = Model(x, OTHERS[case](x))

    assert names(model) == []
    assert_equal_both_ways(model)


def test_maps_that_are_an_output_are_there() -> None:
    """A chain is not run as one if somebody asks for what is inside."""
    x = picture()
    maps = rectified(x)
    model = Model(x, [maps, pooled(maps)])
    pixels = np.random.default_rng(0).normal(size=(2, 8, 10, 2)).astype("float32")

    assert names(model) == []
    assert [y.shape for y in model(pixels)] == [(2, 6, 8, 4), (2, 3, 4, 4)]


@pytest.mark.parametrize("policy", ["bfloat16", "mixed_bfloat16"])
def test_other_types_are_left_to_keras(policy: str) -> None:
    """The operators are made for float32."""
    x = picture()
    model = Model(x, pooled(rectified(x, dtype=policy)))

    assert names(model) == []


def test_other_data_formats_are_left_to_keras() -> None:
    """The operators are made for channels that come last."""
    x = keras.Input((2, 8, 10))

    assert (
        names(
            Model(
                x,
                MaxPooling2D(2, data_format="channels_first")(
                    rectified(x, data_format="channels_first")
                ),
            )
        )
        == []
    )


def test_a_model_may_be_a_part_of_another() -> None:
    """Layers that another model shares keep their chains in this one."""
    x = picture()
    maps = rectified(x)
    inner, outer = Model(x, maps), Model(x, pooled(maps))

    assert names(inner) == []
    assert names(outer) == [["conv", "relu", "pool"]]
    assert_equal_both_ways(inner)
    assert_equal_both_ways(outer)


def test_the_penalty_of_a_chain_is_a_part_of_the_loss() -> None:
    """A convolution that runs a chain is called as a layer all the same."""
    x = picture()
    model = Model(x, pooled(rectified(x, l1=0.1, l2=0.2)))
    model(np.zeros((1, 8, 10, 2), "float32"))
    kernel = keras.ops.convert_to_numpy(model.get_layer("conv").kernel)

    expected = 0.1 * np.abs(kernel).sum() + 0.2 * (kernel**2).sum()
    np.testing.assert_allclose([float(loss) for loss in model.losses], [expected], rtol=1e-5)


def network() -> Model:
    """Return a small network with two chains, always with the same weights."""
    keras.utils.set_random_seed(0)
    x = pixels = keras.Input((12, 12, 1))
    for filters in (4, 8):
        conv = Conv2D(filters, 3, padding="same", l2=1e-3)
        x = MaxPooling2D(2)(Activation("relu")(conv(x)))
    model = Model(pixels, Dense(3, activation="softmax")(Flatten()(x)))
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    return model


def test_training_goes_the_same_way() -> None:
    """After some epochs losses, evaluation and predictions are those of Keras's own operators."""
    rng = np.random.default_rng(0)
    y = np.arange(96, dtype=np.int32) % 3
    x = rng.random((96, 12, 12, 1), dtype="float32") * (1 + (np.arange(12) % 3 == y[:, None]))[
        :, :, None, None
    ].astype("float32")

    def trained() -> tuple[list[float], float, np.ndarray]:
        model = network()
        losses = model.fit(x, y, epochs=5, shuffle=False, verbose=0).history["loss"]
        return losses, model.evaluate(x, y, verbose=0), model.predict(x, verbose=0)

    fast = trained()
    with fusion.switched_off():
        own = trained()
    assert own[0][-1] < own[0][0]
    for ours, theirs in zip(fast, own, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-3)
