"""The convolutional networks of the benchmarks, in plain Keras and as estimators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

CLASSES = 10
LEARNING_RATE = 1e-3


@dataclass(frozen=True)
class Network:
    """A network of convolutions with pooling and at most one hidden layer.

    Parameters
    ----------
    shape : tuple of int
        Height, width and channels of an image.
    filters : tuple of int
        Filters of each convolution.
    kernel : int
        Side of its kernels.
    hidden : tuple of int
        Units of the hidden layers.
    is_normalized : bool
        Whether batch normalization follows the hidden layer, or, without one, the last pooling.
    dropout : float
        Rate before the output.
    batch_size : int
        Samples in a step.
    """

    shape: tuple[int, int, int]
    filters: tuple[int, ...]
    kernel: int
    hidden: tuple[int, ...]
    is_normalized: bool
    dropout: float
    batch_size: int = 128


NETWORKS = {
    "3x3": Network((28, 28, 1), (32, 64), 3, (128,), True, 0.5),
    "LeNet 5x5": Network((28, 28, 1), (20, 50), 5, (500,), False, 0.0),
    "traffic signs 5x5": Network((28, 28, 3), (32, 64), 5, (), True, 0.5),
}


def plain_keras(network: Network, dropout: float | None = None, seed: int = 0) -> Any:
    """Return the network as Keras's users write it, compiled."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(seed)
    rate = network.dropout if dropout is None else dropout
    model = keras.Sequential([keras.Input(network.shape)])
    for filters in network.filters:
        model.add(layers.Conv2D(filters, network.kernel, activation="relu"))
        model.add(layers.MaxPooling2D(2))
    if network.is_normalized and not network.hidden:
        model.add(layers.BatchNormalization())
    model.add(layers.Flatten())
    for units in network.hidden:
        model.add(layers.Dense(units))
        if network.is_normalized:
            model.add(layers.BatchNormalization())
        model.add(layers.Activation("relu"))
    model.add(layers.Dropout(rate))
    model.add(layers.Dense(CLASSES, activation="softmax"))
    adam = keras.optimizers.Adam(LEARNING_RATE)
    model.compile(adam, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def estimator(network: Network, **settings: Any) -> Any:
    """Return the network as an estimator of this package."""
    from nnest import CNNClassifier

    chosen: dict[str, Any] = {
        "filters": network.filters,
        "kernel_size": network.kernel,
        "padding": "valid",
        "hidden_units": network.hidden,
        "batch_norm_at": "every" if network.is_normalized else None,
        "dropout": network.dropout,
        "learning_rate": LEARNING_RATE,
        "batch_size": network.batch_size,
        "random_state": 0,
    }
    if not network.hidden:
        chosen["conv_batch_norm"] = "last_pooling" if network.is_normalized else False
        chosen |= {"conv_dropout": network.dropout, "conv_dropout_at": "head"}
    return CNNClassifier(**{**chosen, **settings})


def images(network: Network, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels: of MNIST where its data is at hand, else digits made larger."""
    from nnest.datasets import fetch_mnist, path_of

    if path_of("mnist").is_file():
        mnist = fetch_mnist()
        X, y = np.asarray(mnist.data)[:n] / 255, np.asarray(mnist.target)[:n]
    else:
        X, y = _larger_digits(n)
    X = X.reshape(-1, 28, 28, 1).astype("float32")
    return np.repeat(X, network.shape[2], axis=3), y


def _larger_digits(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return scikit-learn's digits, each pixel three by three, with a frame, as often as needed."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    pictures = np.kron(X.reshape(-1, 8, 8) / 16, np.ones((1, 3, 3)))
    rows = np.arange(n) % len(y)
    return np.pad(pictures, ((0, 0), (2, 2), (2, 2)))[rows], y[rows]
