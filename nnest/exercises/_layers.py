"""Exercises of the chapters on layers."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnest.exercises._exercise import declare

__all__ = ["declare_all"]

_PICTURE = [[1, 3, 2, 0], [5, 2, 1, 1], [0, 0, 4, 8], [0, 4, 2, 2]]


def declare_all() -> None:
    """Declare the exercises of all chapters."""
    _convolution()
    _pooling()
    _batch_normalization()
    _gaussian_kernels()


def _convolution() -> None:
    declare(
        "convolution/size",
        (32 - 5) // 2 + 1,
        "At how many places does the kernel fit if it moves by two? Count whole steps only.",
        {
            "Round down before you add one: the kernel must not leave the picture.": 15,
            "This is the formula before it is rounded down.": (32 - 5) / 2 + 1,
            "This is the size with padding.": 16,
            "This is the size with a stride of one.": 28,
        },
    )
    declare(
        "convolution/parameters",
        3 * 3 * 16 * 32 + 32,
        "Each filter has a kernel for every input channel, and one bias.",
        {
            "These are the weights; each filter has a bias too.": 3 * 3 * 16 * 32,
            "Each filter needs a kernel for each of the 16 input channels.": 3 * 3 * 32 + 32,
            "There is one bias for each filter, not for each channel.": 3 * 3 * 16 * 32 + 16,
        },
    )
    declare(
        "convolution/receptive_field",
        3 + 2 + 1 + 2 * 2,
        "After the pooling, one step on the map is two pixels on the picture.",
        {
            "After the pooling, neighbors on the map are two pixels apart on the picture.": 8,
            "This is the answer before the last convolution.": 6,
        },
    )
    declare(
        "convolution/by_hand",
        _cross_correlation,
        "At each place, multiply each number of the window by its weight, and add up.",
        {
            "You turned the kernel around. Layers of networks do not do this.": (
                lambda image, kernel: _cross_correlation(image, np.flip(kernel))
            ),
            "Without padding the result is smaller than the picture.": (
                lambda image, kernel: _cross_correlation(np.pad(image, 1), kernel)
            ),
        },
        [
            (np.arange(20).reshape(4, 5) ** 2 % 7, np.arange(9).reshape(3, 3)),
            (np.eye(3, dtype=int), np.array([[1, 2, 0], [0, 3, 0], [1, 0, 5]])),
        ],
    )


def _cross_correlation(image: ArrayLike, kernel: ArrayLike) -> NDArray[np.int64]:
    weights = np.asarray(kernel)
    windows = np.lib.stride_tricks.sliding_window_view(np.asarray(image), weights.shape)
    found: NDArray[np.int64] = np.einsum("ijuv,uv->ij", windows, weights)
    return found


def _pooled(reduce: Callable[[list[int]], float]) -> list[list[float]]:
    return [
        [
            reduce([_PICTURE[2 * row + i][2 * column + j] for i, j in product((0, 1), repeat=2)])
            for column in (0, 1)
        ]
        for row in (0, 1)
    ]


def _pooling() -> None:
    declare(
        "pooling/by_hand",
        _pooled(max),
        "Take the largest number of each two by two window; windows do not overlap.",
        {
            "This is mean pooling.": _pooled(lambda window: sum(window) / 4),
            "These are the smallest numbers.": _pooled(min),
        },
    )
    declare(
        "pooling/saved",
        4,
        "How many numbers of each map are left after the pooling?",
        {
            "The pooling halves both sides of a map.": 2,
            "The number of maps makes no difference.": 4 * 32,
        },
    )
    declare(
        "pooling/shift",
        0.5,
        "Does the 1 leave its window? It depends on the column in which it starts.",
        {
            "This is the answer if pooling ignores every shift.": 1.0,
            "This is the answer for two directions, but the 1 moves in only one.": 0.25,
        },
    )


def _batch_normalization() -> None:
    declare(
        "batch_normalization/one",
        [0.5, 0.5, 0.5],
        "The mean of one number is that number.",
        {
            "The offset is missing: add it at the end.": [0.0, 0.0, 0.0],
            "The scale is multiplied by zero here, so it changes nothing.": [2.5, 2.5, 2.5],
        },
    )
    declare(
        "batch_normalization/running",
        (1 - 0.99**100) * 5,
        "The distance to 5 is multiplied by 0.99 in each step.",
        {
            "This is the distance to 5 that is left.": 0.99**100 * 5,
            "After a hundred steps the running mean is still below 5.": 5.0,
        },
    )


def _gaussian_kernels() -> None:
    declare(
        "gaussian_kernels/separable",
        [49, 14],
        "The whole kernel has a weight for each of its pixels. A pass needs one row of weights.",
        {
            "There are two passes.": [49, 7],
            "The two passes are added, not multiplied.": [49, 49],
        },
    )
    declare(
        "gaussian_kernels/frequency",
        np.exp(-2 * np.pi**2 / 16),
        "How much of a period lies in one pixel?",
        {
            "The period is four pixels, so the frequency is a quarter.": np.exp(-2 * np.pi**2 * 16),
            "You did not square the frequency.": np.exp(-2 * np.pi**2 / 4),
        },
    )
    declare(
        "gaussian_kernels/light",
        _sigma_of_one(),
        "Between 0.3 and 1, the sum minus one changes its sign.",
        {
            "This is the report's kernel, which sums to less than one.": 1.0,
            "This is the variance. Take its square root.": _sigma_of_one() ** 2,
        },
    )
    declare(
        "gaussian_kernels/twice",
        np.hypot(1.5, 2.0),
        "Blur a single dot with two short kernels. What is the variance of the result?",
        {
            "Variances add, not standard deviations.": 1.5 + 2.0,
            "This is the variance. Take its square root.": 1.5**2 + 2.0**2,
        },
    )


def _sigma_of_one() -> float:
    """Return where three by three values of the bell surface sum to one, by bisection."""
    low, high = 0.3, 1.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        row = (1 + 2 * np.exp(-1 / (2 * middle**2))) / (np.sqrt(2 * np.pi) * middle)
        low, high = (middle, high) if row > 1 else (low, middle)
    return low
