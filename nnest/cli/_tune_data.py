"""What ``nnest tune`` trains on: a data set by its name, or the user's own arrays or pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnest.cli._npz import read_npz
from nnest.cli._scaling import scaled
from nnest.exceptions import TuneError

__all__ = ["Samples", "folds_of", "is_path", "load_samples", "subset"]

#: Kinds of NumPy types that are classes, and those that are numbers.
_CLASSES, _NUMBERS = "biuU", "biuf"
#: Height and width to which the pictures of a folder are brought.
DEFAULT_SIZE = "32x32"


@dataclass(frozen=True)
class Samples:
    """Pictures or rows of numbers, their classes, and what belongs together."""

    X: NDArray[np.float32]
    y: NDArray[Any]
    groups: NDArray[Any] | None = None
    done: str = "taken as it is"  # how the numbers were scaled


def is_path(source: str) -> bool:
    """Tell whether DATA is a path; the name of a data set comes before a folder of that name."""
    from nnest.datasets import list_datasets

    is_written_so = source.endswith(".npz") or "/" in source or "\\" in source
    names = [info.name for info in list_datasets()]
    return is_written_so or (Path(source).is_dir() and source not in names)


def load_samples(
    source: str,
    scale: str = "auto",
    are_pictures: bool = False,
    image_size: str | None = None,
    color: str | None = None,
) -> Samples:
    """Return the training part of a data set, the arrays of a file, or a folder's pictures, scaled.

    The official test part of a data set, and a folder ``test``, are not even looked at.
    """
    is_folder = is_path(source) and Path(source).is_dir() and not source.endswith(".npz")
    for option, value in (("image-size", image_size), ("color", color)):
        if value is not None and not is_folder:
            raise TuneError(
                f"--{option} is {value}, but {source} is no folder of pictures: leave it out."
            )
    if is_folder:
        samples, are_pictures = _pictures(source, image_size or DEFAULT_SIZE, color or "rgb"), True
        scale = "255" if scale == "auto" else scale
    elif is_path(source):
        samples = _checked(source, read_npz(Path(source), ("X", "y"), ("groups",)))
    else:
        from nnest.datasets import describe, fetch

        try:
            describe(source)
        except ValueError as error:
            raise TuneError(
                f"{error} Arrays of your own come as a file, as in data.npz, and pictures as a "
                "folder, as in ./pictures."
            ) from error
        bunch = fetch(source)
        samples = Samples(bunch.data.astype(np.float32), bunch.target, bunch.groups)
        if scale == "auto":
            white = np.float32(bunch.max_value)
            return replace(samples, X=samples.X / white, done=f"divided by {bunch.max_value:g}")
    X, done = scaled(samples.X, scale, are_pictures or not is_path(source))
    return replace(samples, X=X, done=done)


def _pictures(source: str, image_size: str, color: str) -> Samples:
    """Return the pictures of a folder that has a folder for each class."""
    from nnest.datasets import load_image_folder

    sides = image_size.split("x")
    if len(sides) != 2 or not all(side.isdecimal() and int(side) for side in sides):
        raise TuneError(
            f"--image-size is {image_size!r}: give height and width in pixels, as in 32x48."
        )
    height, width = map(int, sides)
    found = load_image_folder(source, (height, width), color=color)  # type: ignore[arg-type]
    names = np.array(found.target_names)
    return Samples(found.data.astype(np.float32), names[found.target])


def _checked(source: str, arrays: dict[str, NDArray[Any]]) -> Samples:
    """Return the arrays of a file if networks can be trained on them."""
    X, y, groups = arrays["X"], arrays["y"], arrays.get("groups")
    if X.dtype.kind not in _NUMBERS or X.ndim not in (2, 3, 4):
        raise TuneError(
            f"{source} holds X of shape {X.shape} and type {X.dtype}: give numbers of shape "
            "(n, features), (n, height, width) or (n, height, width, channels)."
        )
    if y.dtype.kind not in _CLASSES or y.ndim != 1:
        raise TuneError(
            f"{source} holds y of shape {y.shape} and type {y.dtype}: give one class for each "
            "sample, as whole numbers or names"
            f"{', which y.astype(str) makes of bytes' if y.dtype.kind == 'S' else ''}."
        )
    if groups is not None and (groups.dtype.kind not in _CLASSES or groups.ndim != 1):
        raise TuneError(
            f"{source} holds groups of shape {groups.shape} and type {groups.dtype}: give one "
            "group for each sample, as whole numbers or names."
        )
    for name, array in (("y", y), ("groups", groups)):
        if array is not None and len(array) != len(X):
            raise TuneError(
                f"{source} holds {len(X)} samples in X and {len(array)} in {name}: give one entry "
                "for each sample."
            )
    if 0 in X.shape or len(np.unique(y)) < 2:
        raise TuneError(
            f"{source} holds X of shape {X.shape} with {len(np.unique(y))} classes: give samples "
            "of at least two classes."
        )
    with np.errstate(over="ignore", invalid="ignore"):  # what does not fit is refused below
        numbers = X.astype(np.float32)
    if not np.isfinite(numbers).all():
        bad = int((~np.isfinite(numbers)).sum())
        raise TuneError(
            f"{source} holds {bad} numbers in X that are not finite in float32: replace or remove "
            "them."
        )
    return Samples(numbers, y.copy(), groups)


def subset(samples: Samples, n: int | None, seed: int) -> Samples:
    """Return n of the samples, drawn in proportion to the classes; all if n is None."""
    from sklearn.model_selection import train_test_split

    total = len(samples.y)
    if n is None or n == total:
        return samples
    n_classes = len(np.unique(samples.y))
    if not 2 * n_classes <= n < total - n_classes:
        raise TuneError(
            f"--samples is {n}, but there are {total} samples of {n_classes} classes: give at "
            f"least two of each class and fewer than {total - n_classes}, or leave it out."
        )
    try:
        rows, _ = train_test_split(
            np.arange(total), train_size=n, stratify=samples.y, random_state=seed
        )
    except ValueError as error:
        raise TuneError(
            f"--samples cannot draw {n} of {total} samples in proportion to the classes: {error}"
        ) from error
    rows = np.sort(rows)
    groups = None if samples.groups is None else samples.groups[rows]
    return replace(samples, X=samples.X[rows], y=samples.y[rows], groups=groups)


def folds_of(
    samples: Samples, n_folds: int, seed: int
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Return training and validation rows of each fold: stratified, and groups kept together."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    classes, counts = np.unique(samples.y, return_counts=True)
    if counts.min() < n_folds:
        rare = classes[np.argmin(counts)]
        raise TuneError(
            f"--folds is {n_folds}, but class {rare.item()!r} has {counts.min()} samples: give at "
            "most as many folds as the rarest class has samples."
        )
    if samples.groups is None:
        plain = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
        return list(plain.split(samples.X, samples.y))
    n_groups = len(np.unique(samples.groups))
    if n_groups < n_folds:
        raise TuneError(
            f"--folds is {n_folds}, but there are {n_groups} groups of samples that belong "
            "together: give at most as many folds."
        )
    grouped = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    return list(grouped.split(samples.X, samples.y, samples.groups))
