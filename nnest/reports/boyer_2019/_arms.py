"""What is trained: the report's final model, what varies it, and how the images are treated."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from sklearn.pipeline import make_pipeline

from nnest.estimators import CNNClassifier
from nnest.experiments import Experiment, Protocol, Size, read_deviations, vary
from nnest.preprocessing import GaussianBlur, PixelScaler

# A literal, which a test holds to the kernel: the last bits of a computed sum differ between
# processors, and this number is part of the digest that records are found by.
KERNEL_SUM = 0.7794836797093876
"""What the report's kernel leaves of a picture's brightness: 0.779."""

PLAIN = PixelScaler()
DIMMED = PixelScaler(factor=KERNEL_SUM)
BLURRED = make_pipeline(GaussianBlur(3, 1.0, normalize=False, mode="constant"), PixelScaler())
SMOOTHED = make_pipeline(GaussianBlur(3, 1.0, normalize=True, mode="constant"), PixelScaler())

BASE = CNNClassifier(
    filters=(32, 64),
    kernel_size=3,
    padding="valid",
    activation="relu",
    pooling="max",
    pool_size=2,
    conv_batch_norm="last_pooling",
    hidden_units=(128,),
    dropout=0.3,
    dropout_at="last",
    optimizer="adam",
    learning_rate=1e-3,
    batch_size=128,
)
"""The report's final model."""

FINAL = "final/final"
arm = vary(BASE, PLAIN)

PROTOCOL = Protocol(
    smoke=Size(epochs=3, seeds=2, n_train=500, dataset="digits", shape=(28, 28)),
    lite=Size(epochs=20, seeds=5, claim_seeds=10, n_train=10_000),
    full=Size(epochs=12, seeds=10),
)
# Our own questions are no sentences of the report; more seeds go to those that are.
OUR_PROTOCOL = replace(PROTOCOL, lite=replace(PROTOCOL.lite, claim_seeds=None))

experiment = partial(Experiment.of, dataset="mnist", protocol=PROTOCOL)
question = partial(Experiment.of, dataset="mnist", protocol=OUR_PROTOCOL, ours=True)

DEVIATIONS = read_deviations(__package__)
MODEL = DEVIATIONS.of(
    *("framework", "filters", "kernels", "convolution-activation", "batch-norm", "dense"),
    *("optimizer", "batch", "epochs", "pixels", "lite-size", "trainings"),
)
"""The deviations of the model, which all experiments have."""
