"""Exercises of the chapters on regularization."""

from __future__ import annotations

from itertools import product

import numpy as np

from nnest.exercises._exercise import declare

__all__ = ["declare_all"]

_LOSSES = (0.9, 0.6, 0.5, 0.52, 0.49, 0.55, 0.50, 0.51, 0.60, 0.40)
_PATIENCE = 3


def declare_all() -> None:
    """Declare the exercises of all chapters."""
    _penalties()
    _dropout()
    _augmentation()
    _early_stopping()
    _class_weights()


def _penalties() -> None:
    declare(
        "l1_l2/shrunk",
        (1.2 - 0.5) / (1 + 2 * 0.25),
        "First subtract lambda one, then divide because of L2.",
        {
            "The derivative of L2 is 2 lambda w, so divide by 1 + 2 lambda.": (1.2 - 0.5) / 1.25,
            "L1 comes first: subtract before you divide.": 1.2 / 1.5 - 0.5,
        },
    )
    declare(
        "l1_l2/zeros",
        2,
        "Compare the absolute value of each weight with lambda.",
        {
            "A weight of exactly lambda becomes zero too.": 1,
            "You compared -2 with its sign. Compare the absolute values.": 3,
        },
    )
    declare(
        "l1_l2/strength",
        1 / 20,
        "Set the two slopes equal: lambda_1 = 2 * lambda_2 * w.",
        {
            "The derivative of the square has a factor two.": 1 / 10,
            "This is one over the answer.": 20,
        },
    )


def _dropout() -> None:
    declare(
        "dropout/rectified",
        _mean_of_masks(),
        "Compute the output for each of the sixteen masks, rectify it, then average.",
        {
            "This is the output without dropout. The mean over the masks is another number.": (
                max(0.0, _H @ _W)
            ),
            "Divide the inputs that are kept by one minus the rate.": _mean_of_masks() / 2,
        },
    )
    declare(
        "dropout/kept",
        0.8,
        "Keras's argument is the share that is dropped.",
        {"This is the share that is kept.": 0.2},
    )


_H = np.array([0.5, 1.0, 0.2, 0.8])
_W = np.array([1.0, -1.5, 2.0, 0.5])


def _mean_of_masks() -> float:
    masks = np.array(list(product([0, 1], repeat=4)))
    return float(np.maximum(0, 2 * masks * _H @ _W).mean())


def _augmentation() -> None:
    declare(
        "augmentation/crops",
        (32 - 28 + 1) ** 2,
        "How many places can the upper left corner of the window have?",
        {
            "The last place counts too: there are five places along each side.": (32 - 28) ** 2,
            "The window moves in two directions.": 32 - 28 + 1,
        },
    )
    declare(
        "augmentation/flips",
        [0, 8],
        "Write each digit on thin paper and look at it from behind.",
        {
            "Many people write a one with a short line at its top. It changes if it is mirrored.": (
                [0, 1, 8]
            ),
            "A three that is mirrored left to right is not a digit.": [0, 3, 8],
        },
    )
    declare(
        "augmentation/contrast",
        [0.0, 0.4, 0.8],
        "Subtract the mean, multiply, and add the mean again.",
        {
            "Subtract the mean before you multiply, and add it afterwards.": [0.4, 0.8, 1.2],
            "Add the mean again at the end.": [-0.4, 0.0, 0.4],
        },
    )


def _early_stopping() -> None:
    best, stopped = _stop(_LOSSES, _PATIENCE)
    declare(
        "early_stopping/epochs",
        [best, stopped],
        "Remember the lowest loss so far, and count the epochs since then.",
        {
            "Count epochs from one.": [best - 1, stopped - 1],
            "The training ends before the last epoch.": [10, 10],
            "The loss becomes lower again in epoch 5. Then the count starts again.": [3, 6],
        },
    )
    declare(
        "early_stopping/set_aside",
        [95, 5],
        "A stratified part has the same share of each class as the whole.",
        {
            "The part has 100 examples, not 1000.": [950, 50],
            "Give the common class first.": [5, 95],
        },
    )


def _stop(losses: tuple[float, ...], patience: int) -> tuple[int, int]:
    """Return the epoch of the lowest loss so far, and the one after which training ends."""
    best = 1
    for epoch, loss in enumerate(losses, start=1):
        if loss < losses[best - 1]:
            best = epoch
        if epoch - best == patience:
            return best, epoch
    return best, len(losses)


def _class_weights() -> None:
    counts = np.array([90, 10])
    declare(
        "class_weights/balanced",
        counts.sum() / (2 * counts),
        "Each class should have the same sum of weights, and all sums together should be 100.",
        {
            "Divide by the number of classes too. Then the mean weight is one.": (
                counts.sum() / counts
            ),
            "These are the shares. A rare class needs a large weight.": counts / counts.sum(),
        },
    )
    declare(
        "class_weights/balanced_accuracy",
        0.5,
        "Take the share of right answers in each class, and average the two.",
        {"This is the plain accuracy.": 0.9, "All examples of the common class are right.": 0.1},
    )
    declare(
        "class_weights/threshold",
        0.1,
        "For which p is 9 p larger than 1 - p?",
        {
            "A larger weight of the rare class lowers the threshold.": 0.9,
            "This is the threshold without weights.": 0.5,
        },
    )
