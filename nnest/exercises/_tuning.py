"""Exercises of the chapters on tuning."""

from __future__ import annotations

import math

import numpy as np

from nnest.exercises._exercise import declare

__all__ = ["declare_all"]

_A = np.array([0.981, 0.979, 0.984, 0.980, 0.983])
_B = np.array([0.978, 0.977, 0.979, 0.979, 0.980])


def declare_all() -> None:
    """Declare the exercises of all chapters."""
    differences = _A - _B
    declare(
        "differences/paired",
        _t(differences),
        "Compute the five differences. Divide their mean by its standard error.",
        {
            "Divide the sum of squares by n - 1, not by n.": _t(differences, ddof=0),
            "This ignores that A and B have the same seeds.": differences.mean()
            / math.sqrt((_A.var(ddof=1) + _B.var(ddof=1)) / 5),
            "Divide by the standard error: the standard deviation over the square root of n.": (
                differences.mean() / differences.std(ddof=1)
            ),
        },
    )
    declare(
        "differences/holm",
        [0.03, 0.06, 0.06],
        "Multiply the smallest by 3, the next by 2, the last by 1. If one is then below the one "
        "before it, raise it to that value.",
        {
            "This is Bonferroni's correction.": [0.03, 0.12, 0.09],
            "One value is below the one before it. Raise it to that value.": [0.03, 0.04, 0.06],
        },
    )
    declare(
        "differences/seeds",
        math.ceil(((1.96 + 0.84) * 0.01 / 0.005) ** 2),
        "Solve the formula of the smallest detectable difference for n.",
        {
            "With so few seeds, half of all studies miss the difference.": 16,
            "Square the fraction.": math.ceil((1.96 + 0.84) * 0.01 / 0.005),
        },
    )
    declare(
        "differences/best_of_many",
        0.5 * _expected_maximum(20),
        "Draw twenty normal numbers many times, and average the largest.",
        {
            "This is an upper bound, not the mean.": 0.5 * math.sqrt(2 * math.log(20)),
            "Multiply by the noise of one score.": _expected_maximum(20),
        },
    )
    _declare_ensembles()
    _declare_halving()
    _searches()


def _searches() -> None:
    declare(
        "grid_search/trainings",
        4 * 3 * 2 * 5 + 1,
        "Multiply the numbers of values and the number of folds. Then add the last training.",
        {
            "The best setting is trained once more at the end.": 4 * 3 * 2 * 5,
            "These are the settings. Each is trained once for each fold.": 4 * 3 * 2,
            "A grid tries all combinations: multiply, do not add.": (4 + 3 + 2) * 5 + 1,
        },
    )
    declare(
        "grid_search/values",
        [3, 9],
        "A grid uses each rate again with each dropout value. Random search repeats nothing.",
        {"Random search draws a new rate for each training.": [3, 3]},
    )
    declare(
        "many_models/faster",
        50 * 5 / 54,
        "Write both times in seconds, and divide the longer by the shorter.",
        {
            "Each network is still trained. Only compiling is shared.": 50.0,
            "This is the limit for very many networks.": 5.0,
            "You divided the shorter time by the longer one.": 54 / 250,
        },
    )
    declare(
        "grid_of_cnns/programs",
        [3, 81],
        "Which parameter changes the shape of an array? Each setting is trained for each fold.",
        {
            "Each setting is trained on three folds.": [3, 27],
            "Dropout and penalty change no shape, so they need no program of their own.": [27, 81],
        },
    )
    declare(
        "optuna/rounds",
        [8, 7],
        "Count the groups. All trials of a group are drawn at the same time.",
        {
            "After the last group, no trial is left to draw.": [8, 8],
            "A whole group is drawn before the first score is known.": [1, 7],
        },
    )
    declare(
        "several_machines/seconds",
        5 + 2 * (20 + 8 * 4 * 0.01),
        "How many rounds are there? In a round, each worker trains one group.",
        {
            "Compiling takes time too.": 2 * (20 + 8 * 4 * 0.01),
            "This is the time of one worker.": 5 + 8 * (20 + 8 * 0.01),
            "This is one round.": 5 + 20 + 8 * 4 * 0.01,
        },
    )


def _declare_ensembles() -> None:
    """Declare the exercises of the chapter on ensembles."""
    two = np.array([0.9, 0.1])
    of_mean, mean_of = -math.log(two.mean()), float(-np.log(two).mean())
    declare(
        "ensembles/two",
        [of_mean, mean_of],
        "First average, then take the logarithm. For the second number, change the order.",
        {
            "The loss of the mean comes first.": [mean_of, of_mean],
            "The loss is minus the natural logarithm.": [-of_mean, -mean_of],
        },
    )
    declare(
        "ensembles/set",
        2,
        "The score of a class is one minus its probability. Count the training scores below each.",
        {
            "Eight is not less than eight, so the third class is not in the set.": 3,
            "A class with a high probability has a low score, so it is in the set.": 1,
        },
    )
    declare(
        "ensembles/greedy",
        [3, 1],
        "Take the model with the lowest mean loss. Then average each model with it, and compare.",
        {
            "The third model with itself is no better than the third model alone.": [3, 3],
            "The first model is poor on the second row, so its mean loss is higher.": [
                1,
                2,
            ],
        },
    )


def _declare_halving() -> None:
    """Declare the exercises of the chapter on successive halving."""
    declare(
        "halving/epochs",
        81,
        "For each rung, multiply the number of settings by the new epochs of each.",
        {
            "A setting that stays has its first epochs already. Count only the new ones.": 108,
            "This is the whole grid.": 729,
        },
    )
    declare(
        "halving/rungs",
        [16, 8, 4, 2, 1],
        "Divide by two until one is left.",
        {
            "The last setting is trained too, to the end.": [16, 8, 4, 2],
            "All settings are trained at the first rung.": [8, 4, 2, 1],
        },
    )
    curves = [(0.9 - 0.5 * math.exp(-e / 2), 0.95 - 0.8 * math.exp(-e / 6)) for e in range(1, 40)]
    crossing = 1 + next(i for i, (a, b) in enumerate(curves) if b > a)
    declare(
        "halving/cross",
        crossing,
        "Compute both accuracies for one epoch after the other.",
        {
            "After this epoch, A is still ahead.": crossing - 1,
            "B was ahead one epoch earlier.": crossing + 1,
        },
    )


def _t(differences: np.ndarray, ddof: int = 1) -> float:
    error = differences.std(ddof=ddof) / math.sqrt(differences.size)
    return float(differences.mean() / error)


def _expected_maximum(n: int) -> float:
    """Return the mean of the largest of n standard normal numbers."""
    x = np.linspace(-8, 8, 3201)
    density = np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    cumulative = np.cumsum(density) * (x[1] - x[0])
    return float(np.sum(x * n * density * cumulative ** (n - 1)) * (x[1] - x[0]))
