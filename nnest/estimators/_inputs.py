"""Samples and targets as people have them, in the one form that scikit-learn checks."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from nnest import _arguments

__all__ = ["as_samples", "as_targets", "check_layout", "is_missing", "warn_of_planes"]

#: Channels that pictures have.
_CHANNELS = (1, 3, 4)
#: Side of the smallest pictures whose layout is looked at.
_SMALLEST = 8
#: A reading of flat pictures is the right one if it makes them that much smoother.
_SMOOTHER = 0.8


def as_samples(X: Any) -> Any:
    """Return the samples, a list or an object array of pictures as one array.

    Whatever is no sequence of pictures and no text comes back as it is.
    """
    dtypes: Any = getattr(X, "dtypes", None)
    for name, dtype in dtypes.items() if hasattr(dtypes, "items") else ():
        if not _is_numeric(dtype):
            raise ValueError(
                f"X has the column {name!r} of type {dtype}: give numbers; encode categories and "
                "text first, as by OneHotEncoder."
            )
    kind = getattr(getattr(X, "dtype", None), "kind", "")
    if kind in "USTMm" and kind:
        raise ValueError(
            f"X holds values of type {X.dtype}: give numbers; encode text and dates first."
        )
    is_sequence = isinstance(X, list | tuple) or (kind == "O" and getattr(X, "ndim", 0) == 1)
    if not is_sequence or not len(X) or not all(map(_is_picture, X)):
        return X
    pictures = [np.asarray(picture) for picture in X]
    shapes = sorted({picture.shape for picture in pictures})
    if len(shapes) > 1:
        raise ValueError(
            f"X holds pictures of {len(shapes)} shapes, as {shapes[0]} and {shapes[1]}: bring them "
            "to one size and one number of channels."
        )
    return np.stack(pictures)


def _is_numeric(dtype: Any) -> bool:
    """Tell whether the values of a column can be numbers; of Python objects one sees later."""
    categories = getattr(dtype, "categories", None)
    dtype = dtype if categories is None else categories.dtype
    return dtype.kind in "biufcO" and not str(dtype).startswith("str")


def _is_picture(value: Any) -> bool:
    """Tell whether a value is an array of pixels, or what PIL has opened."""
    if isinstance(value, np.ndarray):
        return value.ndim > 1
    return hasattr(value, "__array_interface__") and hasattr(value, "getbands")


def as_targets(y: Any, are_labels: bool) -> Any:
    """Return the targets, pandas's nullable types and categories as the plain ones they mean."""
    if are_labels:
        _check_one_label(y)
    dtype = getattr(y, "dtype", None)
    if dtype is None or (isinstance(dtype, np.dtype) and dtype.kind not in "OT"):
        return y
    if dtype.kind == "T":
        raise ValueError(
            f"y holds values of type {dtype}, which scikit-learn does not score: give "
            "y.astype(str)."
        )
    values = y.tolist() if hasattr(y, "tolist") else list(y)
    flat = values if np.ndim(y) == 1 else [value for row in values for value in row]
    missing = sum(map(is_missing, flat))
    if missing:
        raise ValueError(f"y lacks {missing} of {len(flat)} targets: leave those samples out.")
    kinds = sorted({"str" if isinstance(v, str) else type(v).__name__ for v in flat})
    if are_labels and isinstance(dtype, np.dtype) and kinds != ["str"]:
        raise ValueError(
            f"Unknown label type: y holds Python objects ({', '.join(kinds[:5])}), which "
            "scikit-learn does not score; give labels of one type, as y.astype(int) or "
            "y.astype(str)."
        )
    plain = np.asarray(values)
    # Text stays what it is, and so do the labels that are predicted.
    return plain if plain.dtype.kind in "biuf" else y


def _check_one_label(y: Any) -> None:
    """Raise if there are several labels for a sample, as a table or as lists."""
    try:
        shape = tuple(y.shape) if hasattr(y, "shape") else np.asarray(y).shape
    except ValueError:  # lists of unequal lengths
        shape = (len(y),)
    first = next(iter(y), None) if hasattr(y, "__iter__") else None
    if len(shape) == 1 and isinstance(first, list | tuple | set | frozenset):
        raise ValueError(
            "y holds a list of labels for each sample, but a classifier here learns one: encode "
            "them by scikit-learn's MultiLabelBinarizer, and put the classifier into a "
            "OneVsRestClassifier or MultiOutputClassifier."
        )
    if len(shape) > 1 and shape[1:] != (1,):
        raise ValueError(
            f"y has shape {shape}, but a classifier here learns one label for each sample: put the "
            "classifier into scikit-learn's MultiOutputClassifier or OneVsRestClassifier; of "
            "one-hot rows give y.argmax(axis=1)."
        )


def is_missing(value: Any) -> bool:
    """Tell whether a value stands for none, as pandas has several."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and value != value


def check_layout(X: np.ndarray, image_shape: Any) -> None:
    """Raise if channels come first, unless `image_shape` says that they do not."""
    shape = X.shape[1:]
    given = None if image_shape is None else _arguments.sizes("image_shape", image_shape)
    if len(shape) == 3 and given != shape:
        channels, height, width = shape
        pixels = height == width if channels == 1 else height >= _SMALLEST
        if channels in _CHANNELS and width not in _CHANNELS and width >= _SMALLEST and pixels:
            raise ValueError(
                f"X has shape {X.shape}, as if channels came before height and width: give "
                f"np.moveaxis(X, 1, -1), or image_shape={shape} if it is height, width, channels."
            )


def warn_of_planes(X: np.ndarray, shape: tuple[int, ...]) -> None:
    """Warn if flat pictures of this shape are smoother when read one color after the other."""
    height, width, channels = shape
    if channels != 3 or height < _SMALLEST or not len(X):
        return
    some = X[np.linspace(0, len(X) - 1, min(len(X), 64)).astype(int)].astype(np.float32)
    by_pixel = np.abs(np.diff(some.reshape(-1, height, width, 3), axis=1)).mean()
    by_color = np.abs(np.diff(some.reshape(-1, 3, height, width), axis=2)).mean()
    if by_color < _SMOOTHER * by_pixel:
        warnings.warn(
            f"X has flat pictures that look as if they were stored one color after the other, as "
            f"CIFAR-10's files are: give np.moveaxis(X.reshape(-1, 3, {height}, {width}), 1, -1).",
            stacklevel=2,
        )
