"""What is trained: part A's networks by hand and part B's with Keras, and how."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from nnest.estimators import MLPClassifier
from nnest.experiments import Experiment, Protocol, Size, read_deviations, vary
from nnest.preprocessing import PixelScaler

CLOTHES = Protocol(
    smoke=Size(epochs=3, seeds=2, n_train=500, dataset="digits", shape=(28, 28), batch_size=500),
    lite=Size(epochs=250, seeds=5, claim_seeds=10, n_train=10_000, batch_size=10_000),
    full=Size(epochs=500, seeds=10),
)
LETTERS_10 = Protocol(
    smoke=Size(epochs=2, seeds=2, n_train=500, dataset="digits", shape=(28, 28)),
    lite=Size(epochs=10, seeds=5, claim_seeds=10, n_train=10_000),
    full=Size(epochs=10, seeds=10),
)
LETTERS_20, LETTERS_50 = (
    replace(
        LETTERS_10,
        lite=replace(LETTERS_10.lite, epochs=epochs),
        full=replace(LETTERS_10.full, epochs=epochs),
    )
    for epochs in (20, 50)
)
# Our own questions are no sentences of the report; more seeds go to those that are.
OUR_CLOTHES = replace(CLOTHES, lite=replace(CLOTHES.lite, claim_seeds=None))
OUR_LETTERS = replace(LETTERS_10, lite=replace(LETTERS_10.lite, claim_seeds=None))
WEIGHED = replace(CLOTHES, kernel_norms=("hidden_1", "hidden_2", "output"))
LONGER = replace(
    OUR_CLOTHES,
    lite=replace(OUR_CLOTHES.lite, epochs=700),
    full=replace(OUR_CLOTHES.full, epochs=700),
)

ARCHIVE = "200000 letters of the large notMNIST archive"
"""What the letters of the small archive stand for, by deviation 9."""

on_clothes = partial(Experiment.of, dataset="fashion_mnist", protocol=CLOTHES)
on_letters = partial(Experiment.of, dataset="notmnist", stands_for=ARCHIVE, protocol=LETTERS_10)

PLAIN = PixelScaler()
BY_HAND = MLPClassifier(
    hidden_units=(300, 100),
    activation="relu",
    kernel_initializer={"class_name": "RandomNormal", "config": {"mean": 0.0, "stddev": 0.05}},
    optimizer="adam",
    learning_rate=0.001,
    batch_size=60_000,
)
"""Architecture B of part A; all training images are one batch."""

WITH_KERAS = MLPClassifier(
    hidden_units=(400, 200), activation="relu", optimizer="adam", learning_rate=0.001, batch_size=32
)
"""Model 3 of part B."""

SOFTMAX, SMALL, LARGE = (), (300,), (300, 100)
MODEL_2, MODEL_4 = (300,), (600, 400, 200)

by_hand, with_keras = vary(BY_HAND, PLAIN), vary(WITH_KERAS, PLAIN)
normalized = partial(with_keras, batch_norm_at="every", batch_norm_order="after_activation")

# What a curve must do to be called flat, and its end to be called a rise; within one curve, because
# that of an arm with a penalty includes it, and the final loss does not.
RISE = (
    0.01,
    "a hundredth: less cannot be seen in a figure whose axis goes from zero to one or two",
)

DEVIATIONS = read_deviations(__package__)
MODEL_A = DEVIATIONS.of(
    *("framework", "validation-a", "optimizer-a", "initialization-a", "iterations-a"),
    *("pixels-a", "lite-size"),
)
MODEL_B = DEVIATIONS.of(
    *("framework", "lite-size", "letters", "validation-b", "activation-b", "training-b"), "pixels-b"
)
"""The deviations of part A's networks, and of those of parts B and C."""
