"""Exact numbers of the report: its data sets, and a shape that it computes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from nnest.builders import build_cnn
from nnest.datasets import describe

# Literals, which a test holds to the data: exact numbers are computed where no data is.
MNIST_TRAIN = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
"""How many training images each digit has."""

MNIST_TEST = (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
"""How many test images each digit has."""


def _output_side() -> float:
    """Return the side of what a convolution of 5x5 makes of 28x28 pixels."""
    net = build_cnn((28, 28, 1), 10, filters=(1,), kernel_size=5, padding="valid", pooling=None)
    return float(net.get_layer("conv_1").output.shape[1])


def _classes(dataset: str) -> float:
    """Return how many classes a data set has."""
    return float(describe(dataset).n_classes)


def _images_of_a_class(part: str) -> float:
    """Return how many images of CIFAR-10 each class has: they are equally frequent."""
    info = describe("cifar10")
    return float(getattr(info, f"n_{part}") / info.n_classes)


EXACT: dict[str, dict[str, Callable[[], float]]] = {
    "kernel-size-cifar10": {
        "n_images@test-part": partial(_images_of_a_class, "test"),
        "n_images@training-part": partial(_images_of_a_class, "train"),
        "n_classes": partial(_classes, "cifar10"),
    },
    "architecture-mnist": {
        "n_images@test-part": partial(min, MNIST_TEST),
        "n_images@training-part": partial(min, MNIST_TRAIN),
        "n_classes": partial(_classes, "mnist"),
        "output_shape[0]@conv_1": _output_side,
    },
}
"""What computes the exact numbers of reported.csv, by experiment and metric."""
