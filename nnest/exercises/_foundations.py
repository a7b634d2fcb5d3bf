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
            "Each epoch ends with a smaller batch. The next epoch does not fill it up.": 393,
        },
    )
    declare(
        "pixels/chance",
        max(DIGITS) / sum(DIGITS),
        "Which digit is the most frequent, and how many of all digits is that?",
        {
            "This is the answer if all digits are equally frequent.": 0.1,
            "This is the share of the rarest digit.": min(DIGITS) / sum(DIGITS),
        },
    )


def _activations() -> None:
    declare(
        "activations/derivative",
        lambda a: a * (1 - a),
        "Write the derivative of 1 / (1 + exp(-z)), then look for the value itself in it.",
        {
            "Your function takes its argument as z, but it gets the value a = sigmoid(z).": _slope,
            "This is the derivative of tanh, as a function of its value.": lambda a: 1 - a**2,
        },
        [(0.5,), (0.1,), (0.9,), (0.3,)],
    )
    declare(
        "activations/dead",
        0.5**3,
        "A unit is dead if its input is negative for each of the examples.",
        {
            "This is the probability that it is negative for one example.": 0.5,
            "This is the probability that it is not dead.": 1 - 0.5**3,
        },
    )
    declare(
        "activations/leaky",
        [-0.02, 0.0, 3.0],
        "Below zero, the function gives a small share of its input.",
        {
            "This is the ordinary rectifier, which gives zero below zero.": [0.0, 0.0, 3.0],
            "The share is one hundredth, not one tenth.": [-0.2, 0.0, 3.0],
        },
    )


def _slope(z: float) -> float:
    value = 1 / (1 + np.exp(-z))
    return float(value * (1 - value))


def _losses() -> None:
    declare(
        "losses/entropy",
        np.log(10),
        "All ten probabilities are one tenth. Add up -p ln p for all of them.",
        {
            "You took the logarithm to base ten; the entropy here takes the natural one.": 1.0,
            "This is the entropy in bits; the one here takes the natural logarithm.": np.log2(10),
        },
    )
    declare(
        "losses/cross_entropy",
        -np.log(0.2),
        "In the sum, only the term of the true class is not zero.",
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
        "One output should be 1, and the other nine should be 0. Average the ten terms.",
        {
            "This is the sum of the ten terms; Keras takes their mean.": -np.log(0.1)
            - 9 * np.log(0.9),
            "This is the cross-entropy over the classes, which has only one term.": np.log(10),
        },
    )
    declare(
        "losses/one_hot",
        _one_hot,
        "Each row has a one in the column of its label, and zeros elsewhere.",
        {
            "A class that is not among the labels needs a column too.": lambda labels, n: _one_hot(
                labels, max(labels) + 1
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
        "Write the true class as a list: a one at its place, and zeros elsewhere.",
        {
            "You took truth minus probability, so the sign is wrong.": [-0.7, 0.8, -0.1],
            "These are the probabilities. Subtract the truth.": [0.7, 0.2, 0.1],
            "The other classes have a gradient too.": [0.0, -0.8, 0.0],
        },
    )
    declare(
        "from_scratch/numbers",
        64 * 30 + 30 + 30 * 10 + 10 + 10 * 10 + 10,
        "Count the weights and the biases of each layer, and add them up.",
        {
            "Each unit has a bias too.": 64 * 30 + 30 * 10 + 10 * 10,
            "The last layer is missing.": 64 * 30 + 30 + 30 * 10 + 10,
        },
    )


def _optimizers() -> None:
    declare(
        "optimizers/momentum",
        0.1 / (1 - 0.9),
        "In each step the velocity loses a tenth, and something is added. When are the two equal?",
        {
            "This is the first step. The steps still become longer.": 0.1,
            "This is the second step. Continue until the steps stay the same.": 0.1 * 1.9,
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
            "You left out the square root of the sum.": 0.1 / 100,
            "This is the step of RMSprop, whose mean of squares stays one.": 0.1,
        },
    )
    declare(
        "optimizers/second_moment",
        16.0,
        "Look at the formula of v. Is anything subtracted from the gradient there?",
        {
            "This is the variance. Adam does not subtract the mean before it squares.": 0.0,
            "This is the square root of the answer.": 4.0,
        },
    )


def _learning_rate() -> None:
    declare(
        "learning_rate/largest",
        2 / 8,
        "Each step multiplies w by 1 - 8 times the rate. When does that stay within -1 and 1?",
        {
            "At this rate one step reaches the minimum. Larger rates still converge.": 1 / 8,
            "At this rate w is multiplied by -3.": 0.5,
        },
    )
    declare(
        "learning_rate/noise",
        0.5,
        "The standard deviation of a mean of n numbers falls with the square root of n.",
        {
            "This is the factor for the variance.": 0.25,
            "With more examples the noise falls.": 2.0,
        },
    )
    declare(
        "learning_rate/schedule",
        0.1 * 0.5**3,
        "How many times is the rate halved before epoch 35 begins?",
        {
            "It is halved after epochs 10, 20 and 30, but not yet after epoch 40.": 0.1 * 0.5**4,
            "One halving is missing.": 0.1 * 0.5**2,
        },
    )


def _initialization() -> None:
    declare(
        "initialization/he",
        np.sqrt(2 / 784),
        "He's rule looks at the inputs of a unit only.",
        {
            "This is the variance. Take its square root.": 2 / 784,
            "This is Glorot's rule.": np.sqrt(2 / (784 + 128)),
            "The 2 is missing: a rectifier sets half of the values to zero.": np.sqrt(1 / 784),
        },
    )
    declare(
        "initialization/glorot_limit",
        np.sqrt(6 / (64 + 32)),
        "A uniform distribution from -a to a has the variance a squared over three.",
        {
            "This is the standard deviation. Multiply it by the square root of three.": (
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
            "The factors of the layers are multiplied, not added.": 1 - 20 * 0.1,
            "This is the factor for the variance.": 0.9**40,
        },
    )
