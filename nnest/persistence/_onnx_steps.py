"""The steps before a network as operators of ONNX."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from nnest.persistence._onnx_nodes import Graph
from nnest.preprocessing import GaussianBlur, PixelScaler, gaussian_kernel

__all__ = ["add_step", "before", "blur_matrix"]


def add_step(graph: Graph, x: str, step: Any, shape: tuple[int, ...]) -> str:
    """Add a step to a graph, and return the name of its output."""
    if isinstance(step, PixelScaler):
        x = graph.add("Div", x, graph.constant(np.float32(step.maximum)))
        return graph.add("Mul", x, graph.constant(np.float32(step.factor)))
    if isinstance(step, GaussianBlur):
        return _blurred(graph, x, step, shape)
    types = graph.onnx.TensorProto
    for operator, numbers in _arithmetic(step):
        # What scikit-learn does in float64 is rounded to float32 after each operation.
        double = numbers.dtype == np.float64
        x = graph.add("Cast", x, to=types.DOUBLE) if double else x
        x = graph.add(operator, x, graph.constant(numbers))
        x = graph.add("Cast", x, to=types.FLOAT) if double else x
    bounds = _bounds(step)
    if bounds is None:
        return x
    return graph.add("Clip", x, *(graph.constant(np.float32(each)) for each in bounds))


def _arithmetic(step: Any) -> list[tuple[str, np.ndarray]]:
    """Return what one of scikit-learn's scalers does, as operators and a number for each column.

    Numbers are in the type in which scikit-learn applies them to samples in float32.
    """
    if isinstance(step, MinMaxScaler):  # its scale is a factor
        return [("Mul", step.scale_), ("Add", step.min_)]
    if isinstance(step, StandardScaler):
        center, scale = step.mean_ if step.with_mean else None, step.scale_
        pairs = [
            (operator, None if numbers is None else numbers.astype(np.float32))
            for operator, numbers in (("Sub", center), ("Div", scale))
        ]
    else:
        pairs = [("Sub", getattr(step, "center_", None)), ("Div", step.scale_)]
    return [(operator, numbers) for operator, numbers in pairs if numbers is not None]


def _bounds(step: Any) -> tuple[float, float] | None:
    """Return between which numbers a scaler keeps its output."""
    if not getattr(step, "clip", False):
        return None
    low, high = getattr(step, "feature_range", (-1.0, 1.0))
    return low, high


def _blurred(graph: Graph, x: str, step: GaussianBlur, shape: tuple[int, ...]) -> str:
    """Add a blur, as a product with a matrix along each axis."""
    side = math.isqrt(int(np.prod(shape)))
    rows_first = shape if len(shape) > 1 else (step.image_shape or (side, side))
    height, width, *_ = rows_first
    # An image with channels is (n, height, width, c); one without gets a last axis of one.
    channels = int(np.prod(shape)) // (height * width)
    rows, columns = (blur_matrix(step, side) for side in (height, width))
    x = graph.reshape(x, (-1, height, width * channels))
    x = graph.add("MatMul", graph.constant(rows), x)
    x = graph.reshape(x, (-1, width, channels))
    x = graph.add("MatMul", graph.constant(columns), x)
    return graph.reshape(x, (-1, *shape))


def blur_matrix(step: GaussianBlur, side: int) -> np.ndarray:
    """Return the matrix that blurs an axis; a border rule is a part of it."""
    from scipy.ndimage import correlate1d

    kernel = gaussian_kernel(step.size, step.sigma, normalize=step.normalize)
    profile = kernel[step.size // 2] / np.sqrt(kernel[step.size // 2, step.size // 2])
    matrix: np.ndarray = correlate1d(np.eye(side), profile, axis=0, mode=step.mode)
    return matrix.astype(np.float32)


def before(steps: list[Any], X: np.ndarray) -> np.ndarray:
    """Return samples of which the steps make others of the size of `X`."""
    for step in reversed(steps):
        if isinstance(step, PixelScaler):
            X = X * step.maximum
        elif not isinstance(step, GaussianBlur):
            X = np.asarray(step.inverse_transform(X))
    return X.astype(np.float32)
