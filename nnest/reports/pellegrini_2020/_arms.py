"""What is trained: the report's original model, what varies it, and how."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from nnest.augmentation import Augmentation
from nnest.estimators import CNNClassifier
from nnest.experiments import Experiment, Holdout, LayerMode, Protocol, Size, read_deviations, vary
from nnest.preprocessing import PixelScaler

FLIPPED = [11, 12, 13, 17, 18, 26, 30, 35]
"""Labels of signs that stay the same sign when they are turned left to right, as in the report."""

PROTOCOL = Protocol(
    smoke=Size(
        epochs=2, seeds=2, n_train=300, dataset="digits", shape=(32, 32), channels=3, classes=43
    ),
    lite=Size(epochs=12, seeds=5, n_train=10_000),
    full=Size(epochs=800, seeds=10),
)
PLACEMENTS = replace(
    PROTOCOL,
    lite=replace(PROTOCOL.lite, claim_seeds=10),
    modes={"dropout-on": LayerMode(("Dropout",), batch_size=128)},
)
BATCHES = {
    "batches-of-32": LayerMode(("BatchNormalization",), batch_size=32),
    "one-by-one": LayerMode(("BatchNormalization",), batch_size=1),
}
SET_ASIDE = replace(
    PROTOCOL,
    lite=replace(PROTOCOL.lite, n_train=15_000),
    holdouts={"track": Holdout(0.2, by="groups"), "random": Holdout(0.1, by="images")},
)

experiment = partial(Experiment.of, dataset="gtsrb", protocol=PROTOCOL)
question = partial(Experiment.of, dataset="gtsrb", protocol=PROTOCOL, ours=True)


def biases(mean: float) -> dict[str, Any]:
    """Return the truncated normal distribution of initial biases."""
    return {"class_name": "TruncatedNormal", "config": {"mean": mean, "stddev": 0.01}}


BASE = CNNClassifier(
    filters=(32, 64),
    kernel_size=5,
    padding="valid",
    activation="elu",
    pooling="max",
    pool_size=2,
    hidden_units=(),
    bias_initializer=biases(0.01),
    augmentation=Augmentation(crop=28, flip_labels=FLIPPED, brightness=0.1),
    optimizer="adam",
    learning_rate=0.001,
    batch_size=32,
)
"""The original model, with the template's augmentation."""

arm = vary(BASE, PixelScaler())
ORIGINAL = "placements/original"
DROPOUT: dict[str, dict[str, Any]] = {
    name: {"conv_dropout": 0.5, "conv_dropout_at": place}
    for name, place in (
        ("dropout1", "pooling"),
        ("dropout2", "flatten"),
        ("dropout3", "activation"),
    )
}
"""The three placements of dropout, as changes of the original model."""

ADDED: dict[str, Any] = {
    "augmentation__saturation": (0.5, 2.0),
    "augmentation__contrast": (0.7, 1.3),
}
"""What the report adds to the template's augmentation, in its order: all of it, then the clip."""

CHALLENGE: dict[str, Any] = {
    "filters": (32, 64, 128),
    "kernel_size": (5, 5, 3),
    "conv_batch_norm": True,
    "conv_dropout": (0.25, 0.5, 0.5),
    "conv_dropout_at": "pooling",
    "bias_initializer": biases(0.05),
    "learning_rate": 0.05,
    **ADDED,
}
"""What the challenge changes of the original model, item by item."""

PLACED = (
    arm("original", ORIGINAL),
    *(arm(name, f"placements/{name}", **changes) for name, changes in DROPOUT.items()),
)
"""The four placements where another experiment shows their runs."""

DEVIATIONS = read_deviations(__package__)
MODEL = DEVIATIONS.of(
    *("framework", "batch", "biases", "kernels", "images", "template-augmentation"),
    *("test-window", "training-metrics", "seeds", "lite-size", "choice", "flatten"),
)
"""The deviations of the model, which all experiments with networks have."""
