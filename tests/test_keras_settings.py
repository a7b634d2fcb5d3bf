"""Keras's own settings, which hold for a thread or a process, change no number of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest
from joblib import Parallel, delayed

from nnest import Augmentation, MLPRegressor
from nnest.builders import build_cnn
from tests.networks import cnn, mlp, network, pictures, refuses, same_weights

X, Y = pictures()
X /= 3
NETS = [
    cnn(conv_batch_norm=True, dropout=0.2, l2=0.01, augmentation=Augmentation(brightness=0.1)),
    network(MLPRegressor, optimizer="sgd", momentum=0.9),
]


@pytest.fixture
def keras_settings() -> Iterator[None]:
    """Put Keras's settings back."""
    before = keras.config.dtype_policy(), keras.config.floatx(), keras.config.image_data_format()
    yield
    keras.config.set_dtype_policy(before[0])
    keras.config.set_floatx(before[1])
    keras.config.set_image_data_format(before[2])


def fitted(net: Any) -> Any:
    """Return a fitted copy."""
    return type(net)(**net.get_params(deep=False)).fit(X, Y)


@pytest.mark.usefixtures("keras_settings")
@pytest.mark.parametrize("net", NETS)
def test_a_policy_of_types_does_not_matter(net: Any) -> None:
    """It reaches the thread that sets it: with two jobs numbers were others."""
    plain = fitted(net)
    keras.config.set_dtype_policy("mixed_bfloat16")
    here = fitted(net)
    there = Parallel(n_jobs=2, backend="threading")([delayed(fitted)(net)] * 2)
    assert all(same_weights(each, plain) for each in (here, *there))
    np.testing.assert_array_equal(here.predict(X), plain.predict(X))
    assert keras.config.dtype_policy().name == "mixed_bfloat16"


@pytest.mark.usefixtures("keras_settings")
def test_where_keras_has_channels_does_not_matter() -> None:
    """Rows were taken for channels."""
    colors = np.repeat(X[..., None], 3, axis=-1) * [1.0, 0.5, 0.2]
    net = cnn(filters=(3, 4), pooling=("max", "average"), epochs=1)
    plain = net.fit(colors, Y).predict_proba(colors)
    keras.config.set_image_data_format("channels_first")
    np.testing.assert_array_equal(net.fit(colors, Y).predict_proba(colors), plain)
    assert build_cnn((6, 6, 3), 3).layers[1].output.shape == (None, 6, 6, 32)


@pytest.mark.usefixtures("keras_settings")
def test_another_float_is_refused() -> None:
    """It holds for the whole process, which no thread can change for itself alone."""
    keras.config.set_floatx("float16")
    with refuses(
        "floatx='float16' of Keras is not accepted, since networks are trained in float32: call "
        "keras.config.set_floatx('float32') first."
    ):
        mlp().fit(X, Y)
