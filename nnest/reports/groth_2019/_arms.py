"""What is trained: the report's initial values, what varies one factor of them, and how."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from nnest.estimators import CNNClassifier
from nnest.experiments import Arm, Experiment, Protocol, Size, read_deviations, vary
from nnest.preprocessing import PixelScaler

MNIST = Protocol(
    smoke=Size(epochs=2, seeds=2, n_train=200, dataset="digits", shape=(28, 28)),
    lite=Size(epochs=5, seeds=5, n_train=10_000),
    full=Size(epochs=100, seeds=10),
)
CIFAR10 = replace(MNIST, smoke=replace(MNIST.smoke, shape=(32, 32), channels=3))
MNIST_LONGER = replace(
    MNIST,
    smoke=replace(MNIST.smoke, epochs=3),
    lite=replace(MNIST.lite, epochs=10),
    full=replace(MNIST.full, epochs=200),
)
LOWER_MNIST = replace(MNIST, lite=replace(MNIST.lite, seeds=10))

on_mnist = partial(Experiment.of, dataset="mnist", protocol=MNIST)
on_cifar10 = partial(Experiment.of, dataset="cifar10", protocol=CIFAR10)

BASE = CNNClassifier(
    filters=(20, 50),
    kernel_size=5,
    strides=1,
    padding="valid",
    pooling="max",
    pool_size=2,
    hidden_units=(500,),
    activation="relu",
    optimizer="sgd",
    learning_rate=0.5,
    batch_size=32,
)
"""The report's table of initial values."""

arm = vary(BASE, PixelScaler())

INITIAL, INITIAL_CIFAR10 = "learning-rate/0.5", "kernel-size-cifar10/5"
LOWER = 0.1
SOLVERS = {"rmsprop": 0.001, "adagrad": 0.01, "adadelta": 1.0, "adam": 0.001}
"""The rates of the solvers beside SGD."""

WEIGHTS: dict[str, dict[str, Any]] = {
    "normal around 0": {"class_name": "RandomNormal", "config": {"mean": 0.0, "stddev": 0.05}},
    "normal around 1": {"class_name": "RandomNormal", "config": {"mean": 1.0, "stddev": 0.05}},
    "only negative": {"class_name": "RandomUniform", "config": {"minval": -0.05, "maxval": 0.0}},
}
FACTORS: dict[str, tuple[str, dict[str, Any]]] = {
    "batch 16": ("batch-size/16", {"batch_size": 16}),
    "batch 128": ("batch-size/128", {"batch_size": 128}),
    **{
        name: (f"initialization/{name}", {"kernel_initializer": weights})
        for name, weights in WEIGHTS.items()
    },
    "softsign": ("activation/softsign", {"activation": "softsign"}),
    "tanh": ("activation/tanh", {"activation": "tanh"}),
    "linear": ("activation/linear", {"activation": "linear"}),
    "kernel 1": ("kernel-size-mnist/1", {"kernel_size": 1}),
    "kernel 3": ("kernel-size-mnist/3", {"kernel_size": 3}),
    "kernel 7": ("kernel-size-mnist/7", {"kernel_size": 7}),
    "stride 1": ("stride-mnist/1", {"padding": "same"}),
    "stride 2": ("stride-mnist/2", {"padding": "same", "strides": 2}),
    "stride 3": ("stride-mnist/3", {"padding": "same", "strides": 3}),
    "filters 5-12": ("filters-mnist/5-12", {"filters": (5, 12)}),
    "filters 10-25": ("filters-mnist/10-25", {"filters": (10, 25)}),
    "one convolution": ("layers-mnist/1", {"filters": (20,)}),
    "no convolution": ("layers-mnist/0", {"filters": ()}),
    "one pooling": ("pooling-mnist/one", {"pooling": ("max", None)}),
    "no pooling": ("pooling-mnist/none", {"pooling": None}),
    "average pooling": ("pooling-mnist/average", {"pooling": "average"}),
}
"""All factors but rate and solver: where their runs on MNIST are, and what they change."""


def shared(*names: str) -> tuple[Arm, ...]:
    """Return the arms of some factors on MNIST, whose runs are shared."""
    return tuple(arm(name, FACTORS[name][0], **FACTORS[name][1]) for name in names)


def at_lower_rate(*names: str) -> tuple[Arm, ...]:
    """Return the arms of some factors at a learning rate of 0.1."""
    return tuple(arm(name, learning_rate=LOWER, **FACTORS[name][1]) for name in names)


# What the report would call a significant change of a curve, and what it would not.
VISIBLE = (
    0.005,
    "half a percentage point, about half of the network's mistakes: curves that end closer to each"
    " other cannot be told apart in a figure of accuracies",
)
NOT_VISIBLY_WORSE = (-VISIBLE[0], VISIBLE[1])
VISIBLE_CIFAR10 = (
    0.02,
    "two percentage points, where a network makes about forty mistakes in a hundred: curves that"
    " end closer to each other cannot be told apart in a figure of accuracies",
)
SMALL = (0.02, "a change of more than two percentage points is not small where 98 % are right")

DEVIATIONS = read_deviations(__package__)
MODEL = DEVIATIONS.of(
    *("framework", "dense", "padding", "pixels", "initialization", "loss", "seeds"),
    *("validation", "validation-batch", "lite-size"),
)
"""The deviations of the model, which all experiments have."""
