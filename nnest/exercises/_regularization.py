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
        "First the amount of L1 is taken off, then L2 divides.",
        {
            "L2's derivative is two lambda w: it divides by 1 + 2 lambda.": (1.2 - 0.5) / 1.25,
            "L1 comes first: it takes its amount off before L2 divides.": 1.2 / 1.5 - 0.5,
        },
    )
    declare(
        "l1_l2/zeros",
        2,
        "Which weights does the data want by less than lambda?",
        {
            "L1 removes a weight of exactly lambda too: nothing is left of it.": 1,
            "The sign does not count: compare the absolute values.": 3,
        },
    )
    declare(
        "l1_l2/strength",
        1 / 20,
        "Set the two forces equal: lambda one, and two lambda two times the weight.",
        {
            "The derivative of the square has a factor two.": 1 / 10,
            "You divided the wrong way round.": 20,
        },
    )


def _dropout() -> None:
    declare(
        "dropout/rectified",
        _mean_of_masks(),
        "Average the rectified outputs, not the outputs: sixteen masks, each equally probable.",
        {
            "This is what the whole network gives; the mean over the masks is another number.": (
                max(0.0, _H @ _W)
            ),
            "What is left has to be divided by one minus the rate.": _mean_of_masks() / 2,
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
        "How many places has the upper left corner of the window?",
        {
            "The last place counts too: there are five along each side.": (32 - 28) ** 2,
            "A window moves in both directions.": 32 - 28 + 1,
        },
    )
    declare(
        "augmentation/flips",
        [0, 8],
        "Write each digit on thin paper and look at it from behind.",
        {
            "A one that is written with a stroke at its top is no one when it is mirrored.": (
                [0, 1, 8]
            ),
            "A mirrored three is no digit; it is its own image upside down only.": [0, 3, 8],
        },
    )
    declare(
        "augmentation/contrast",
        [0.0, 0.4, 0.8],
        "Take the mean off, multiply, and add the mean again.",
        {
            "The mean has to be taken off before, and added after.": [0.4, 0.8, 1.2],
            "The mean has to be added again.": [-0.4, 0.0, 0.4],
        },
    )


def _early_stopping() -> None:
    best, stopped = _stop(_LOSSES, _PATIENCE)
    declare(
        "early_stopping/epochs",
        [best, stopped],
        "Remember the lowest loss so far, and count the epochs since.",
        {
            "Count epochs from one.": [best - 1, stopped - 1],
            "Training ended before the last epoch was seen.": [10, 10],
            "The count starts anew with each new lowest loss.": [3, 6],
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
        "All classes together should weigh as much as all examples did.",
        {
            "Divide by the number of classes too, so that the mean weight stays one.": (
                counts.sum() / counts
            ),
            "These are the shares; a rare class needs a large weight.": counts / counts.sum(),
        },
    )
    declare(
        "class_weights/balanced_accuracy",
        0.5,
        "Take the share of right answers in each class, and average the two.",
        {"This is the plain accuracy.": 0.9, "The common class is right every time.": 0.1},
    )
    declare(
        "class_weights/threshold",
        0.1,
        "When does 9 p exceed 1 - p?",
        {
            "A larger weight of the rare class lowers the threshold.": 0.9,
            "This is the threshold without weights.": 0.5,
        },
    )
