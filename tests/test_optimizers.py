"""The optimizers are Keras's own, but for a momentum that is state."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from nnest import optimizers
from nnest.estimators import MLPClassifier
from nnest.programs import signature

RNG = np.random.default_rng(0)
PAIRS = {
    "sgd": (optimizers.SGD, keras.optimizers.SGD),
    "rmsprop": (optimizers.RMSprop, keras.optimizers.RMSprop),
}


def path(optimizer: Any, gradients: np.ndarray) -> list[np.ndarray]:
    """Return where an optimizer brings a variable."""
    variable = keras.Variable(np.ones(5, np.float32))
    optimizer.build([variable])
    values = []
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
        values.append(keras.ops.convert_to_numpy(variable))
    return values


@pytest.mark.parametrize("settings", [{}, {"weight_decay": 0.01}, {"clipnorm": 0.5}])
@pytest.mark.parametrize("name", PAIRS)
def test_steps_are_those_of_keras(name: str, settings: dict[str, Any]) -> None:
    """With any momentum, and with what every optimizer can do besides."""
    ours, stock = PAIRS[name]
    gradients = RNG.normal(size=(6, 5)).astype(np.float32)
    for momentum in (0.1, 0.9):
        given = {"learning_rate": 0.05, "momentum": momentum, **settings}
        np.testing.assert_allclose(
            path(ours(**given), gradients), path(stock(**given), gradients), rtol=1e-6
        )


@pytest.mark.parametrize("name", PAIRS)
def test_the_momentum_comes_back_from_the_configuration(name: str) -> None:
    """A copy is the same optimizer."""
    one = PAIRS[name][0](learning_rate=0.2, momentum=0.3)
    other = type(one).from_config(one.get_config())
    assert other.get_config() == one.get_config()


@pytest.mark.parametrize("name", PAIRS)
def test_trainings_that_differ_in_momentum_share_programs(name: str) -> None:
    """And one without has a program of its own, which keeps no velocity."""
    x, y = RNG.random((40, 3)), np.arange(40) % 2
    signatures = [
        signature(MLPClassifier(optimizer=name, momentum=m, epochs=1).fit(x, y).model_)
        for m in (0.3, 0.6, 0.0)
    ]
    assert signatures[0] == signatures[1] != signatures[2]
