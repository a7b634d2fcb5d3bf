"""Exercises of the chapters on foundations."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnest.exercises._exercise import declare

__all__ = ["declare_all"]

# How often each digit occurs among scikit-learn's bundled ones; a test counts them.
DIGITS = (178, 182, 177, 183, 181, 182, 181, 179, 174, 180)


def declare_all() -> None:
    """Declare the exercises of all chapters."""
    _pixels()
    _activations()
    _losses()
    _from_scratch()
    _optimizers()
    _learning_rate()
    _initialization()


def _pixels() -> None:
    declare(
        "pixels/parameters",
        28 * 28 * 10 + 10,
        "Each class has one weight for each pixel, and one bias.",
        {
            "These are the weights; each class has a bias too.": 28 * 28 * 10,
            "These are the numbers of one class; there are ten.": 28 * 28 + 1,
        },
    )
    declare(
        "pixels/steps",
        -(-1257 // 32) * 10,
        "How many batches does it take to see every example once? The last one may be smaller.",
        {
            "You left out the last batch of each epoch, which is smaller than the others.": 390,
            "These are the steps of one epoch.": 40,
            "An epoch ends with a smaller batch; the next one does not fill it up.": 393,
        },
    )
    declare(
        "pixels/chance",
        max(DIGITS) / sum(DIGITS),
        "Which digit is the most frequent, and how many of all digits is that?",
        {
            "This would be so if all digits were equally frequent.": 0.1,
            "This is the share of the rarest digit.": min(DIGITS) / sum(DIGITS),
        },
    )


def _activations() -> None:
    declare(
        "activations/derivative",
        lambda a: a * (1 - a),
        "Write the derivative of 1 / (1 + exp(-z)), then look for the value itself in it.",
        {
            "This takes its argument for z; the function gets the value a = sigmoid(z).": _slope,
            "This is the derivative of tanh by its value.": lambda a: 1 - a**2,
        },
        [(0.5,), (0.1,), (0.9,), (0.3,)],
    )
    declare(
        "activations/dead",
        0.5**3,
        "A unit is dead if its input is negative for each of the examples.",
        {
            "This is the probability that it is negative for one example.": 0.5,
            "This is the probability that it is alive.": 1 - 0.5**3,
        },
    )
    declare(
        "activations/leaky",
        [-0.02, 0.0, 3.0],
        "Below zero the function is not zero, but a small share of its input.",
        {
            "This is the rectifier without a leak.": [0.0, 0.0, 3.0],
            "The share is a hundredth, not a tenth.": [-0.2, 0.0, 3.0],
        },
    )


def _slope(z: float) -> float:
    value = 1 / (1 + np.exp(-z))
    return float(value * (1 - value))


def _losses() -> None:
    declare(
        "losses/entropy",
        np.log(10),
        "All ten probabilities are a tenth; add up -p ln p.",
        {
            "You took the logarithm to base ten; the entropy here takes the natural one.": 1.0,
            "This is the entropy in bits; the one here takes the natural logarithm.": np.log2(10),
        },
    )
    declare(
        "losses/cross_entropy",
        -np.log(0.2),
        "Of the sum, only the term of the true class is left.",
        {
            "The sign is missing: the logarithm of a probability is negative.": np.log(0.2),
            "This is the loss if the first class is the true one.": -np.log(0.7),
            "This is the binary formula, which adds a term for each wrong class.": -np.log(0.2)
            - np.log(0.3)
            - np.log(0.9),
        },
    )
    declare(
        "losses/binary",
        -(np.log(0.1) + 9 * np.log(0.9)) / 10,
        "Nine outputs should be zero and one should be one; average the ten terms.",
        {
            "This is the sum of the ten terms; Keras takes their mean.": -np.log(0.1)
            - 9 * np.log(0.9),
            "This is the cross-entropy over the classes, which has one term only.": np.log(10),
        },
    )
    declare(
        "losses/one_hot",
        _one_hot,
        "Row i is zero everywhere but in the column of label i.",
        {
            "A class that does not occur among the labels needs a column too.": lambda labels, n: (
                _one_hot(labels, max(labels) + 1)
            ),
            "Examples are rows and classes are columns.": lambda labels, n: _one_hot(labels, n).T,
        },
        [([2, 0, 1, 1], 5), ([0], 3)],
    )


def _one_hot(labels: ArrayLike, n: int) -> NDArray[np.int64]:
    found: NDArray[np.int64] = (np.asarray(labels)[:, None] == np.arange(n)).astype(np.int64)
    return found


def _from_scratch() -> None:
    declare(
        "from_scratch/gradient",
        [0.7, -0.8, 0.1],
        "Write the truth as a list of zeros with a single one.",
        {
            "You took truth minus probability: the sign is turned round.": [-0.7, 0.8, -0.1],
            "These are the probabilities; take the truth away.": [0.7, 0.2, 0.1],
            "The other classes have a gradient, too.": [0.0, -0.8, 0.0],
        },
    )
    declare(
        "from_scratch/numbers",
        64 * 30 + 30 + 30 * 10 + 10 + 10 * 10 + 10,
        "Count each layer by itself: its weights and its biases.",
        {
            "Each unit has a bias, too.": 64 * 30 + 30 * 10 + 10 * 10,
            "The last layer is missing.": 64 * 30 + 30 + 30 * 10 + 10,
        },
    )


def _optimizers() -> None:
    declare(
        "optimizers/momentum",
        0.1 / (1 - 0.9),
        "The velocity stays the same once what is added to it equals what is lost.",
        {
            "This is the first step; momentum has not gathered yet.": 0.1,
            "This is the second step; go on until the steps stay the same.": 0.1 * 1.9,
        },
    )
    declare(
        "optimizers/adam_first",
        0.001,
        "Put t = 1 into both corrections and look at what cancels.",
        {
            "This is the step of plain gradient descent.": 0.001 * 0.003,
            "This is the step without the two corrections.": 0.001 * 0.1 / np.sqrt(0.001),
        },
    )
    declare(
        "optimizers/adagrad",
        0.1 / np.sqrt(100),
        "After a hundred steps the sum of squares is a hundred.",
        {
            "The sum of squares stands under a root.": 0.1 / 100,
            "This is RMSprop's: its mean of squares stays one.": 0.1,
        },
    )
    declare(
        "optimizers/second_moment",
        16.0,
        "Which formula does v have? Is anything subtracted from the gradient there?",
        {
            "This is the variance. Adam does not subtract the mean before it squares.": 0.0,
            "This is the root of it.": 4.0,
        },
    )


def _learning_rate() -> None:
    declare(
        "learning_rate/largest",
        2 / 8,
        "Each step multiplies w by 1 - 8 times the rate. When does that stay within -1 and 1?",
        {
            "At this rate one step reaches the minimum; larger ones still converge.": 1 / 8,
            "At this rate w is multiplied by -3.": 0.5,
        },
    )
    declare(
        "learning_rate/noise",
        0.5,
        "The standard deviation of a mean of n numbers falls with the root of n.",
        {
            "This is the factor for the variance.": 0.25,
            "With more examples the noise falls.": 2.0,
        },
    )
    declare(
        "learning_rate/schedule",
        0.1 * 0.5**3,
        "How many times has the rate been halved before epoch 35 begins?",
        {
            "It is halved after epochs 10, 20 and 30; epoch 40 is still to come.": 0.1 * 0.5**4,
            "One halving is missing.": 0.1 * 0.5**2,
        },
    )


def _initialization() -> None:
    declare(
        "initialization/he",
        np.sqrt(2 / 784),
        "He's rule looks at the inputs of a unit only.",
        {
            "This is the variance; the standard deviation is its root.": 2 / 784,
            "This is Glorot's rule.": np.sqrt(2 / (784 + 128)),
            "The two is missing: half of the units of a rectifier are silent.": np.sqrt(1 / 784),
        },
    )
    declare(
        "initialization/glorot_limit",
        np.sqrt(6 / (64 + 32)),
        "A uniform distribution from -a to a has the variance a squared over three.",
        {
            "This is the standard deviation; the limit is the root of three times as large.": (
                np.sqrt(2 / (64 + 32))
            ),
            "Glorot's rule counts inputs and outputs.": np.sqrt(6 / 64),
        },
    )
    declare(
        "initialization/twenty",
        0.9**20,
        "Each layer multiplies by the same factor.",
        {
            "Layers multiply, they do not add.": 1 - 20 * 0.1,
            "This is the factor for the variance.": 0.9**40,
        },
    )
