"""Load pictures of one's own from a folder that has a folder for each class."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from nnest.datasets._pictures import PictureError, read_picture
from nnest.exceptions import DatasetError

if TYPE_CHECKING:
    from sklearn.utils import Bunch

__all__ = ["load_image_folder"]

#: Files that Windows puts into folders of pictures.
_SYSTEM_FILES = ("Thumbs.db", "desktop.ini")


class _Entry(NamedTuple):
    """A file, its class and the group to which it belongs."""

    path: Path
    label: str
    group: str | None


class _Part(NamedTuple):
    """The pictures that could be read."""

    images: NDArray[np.uint8]
    entries: list[_Entry]
    skipped: list[str]


def load_image_folder(
    path: str | os.PathLike[str],
    image_size: tuple[int, int],
    *,
    color: Literal["rgb", "gray"] = "rgb",
    split: float | None = None,
    random_state: int = 0,
    groups: str | None = None,
    errors: Literal["raise", "skip"] = "raise",
    memory_limit: int = 2**30,
) -> Bunch:
    r"""Load the pictures of a folder that has a folder for each class.

    ``path`` holds one folder for each class, or the folders ``train`` and ``test`` with one folder
    for each class in both. Files are taken in the order of their names, those in folders below a
    class too; hidden files and folders are left out. Each picture is turned as its EXIF data says,
    laid on white where it is transparent, and resized to `image_size` without keeping its
    proportions.

    Parameters
    ----------
    path : str or path
        The folder.
    image_size : tuple of two int
        Height and width of the loaded pictures, in pixels.
    color : {"rgb", "gray"}, default="rgb"
        Three channels, or one.
    split : float or None, default=None
        Share of the pictures of each class that becomes the test part, above 0 and below 1. None
        makes no test part where there is no folder ``test``.
    random_state : int, default=0
        Seed of that split.
    groups : str or None, default=None
        Regular expression that finds in a file's name what it shares with others, such as a person
        or a video: its first group in parentheses, or all that it matches. A split keeps groups
        together.
    errors : {"raise", "skip"}, default="raise"
        Whether a file that is no whole picture is an error, or is left out and listed in
        ``skipped``.
    memory_limit : int, default=2**30
        Bytes of pictures above which they are kept in a temporary file instead of in memory.

    Returns
    -------
    sklearn.utils.Bunch
        With the keys

        data : ndarray or memmap of shape (n, height, width[, 3]), uint8
            The pictures, channels last.
        target : ndarray of shape (n,), int64
            Their classes, as places in ``target_names``.
        data_test, target_test : ndarray or None
            The test part, likewise.
        groups, groups_test : ndarray of shape (n,), str, or None
            What `groups` found.
        target_names : list of str
            Names of the classes' folders, sorted.
        filenames, filenames_test : list of str
            Where each picture lies, below ``path``.
        skipped : list of str
            One sentence for each file that was left out.
        max_value : int
            The value of a white pixel, 255.

    Raises
    ------
    DatasetError
        If the folder cannot be read, has fewer than two classes, or a file is no whole picture.
    ValueError
        If a parameter has another value than is said here.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from PIL import Image
    >>> from nnest.datasets import load_image_folder
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, shade in (("day", 250), ("night", 10)):
    ...         (pathlib.Path(folder) / name).mkdir()
    ...         Image.new("L", (40, 30), shade).save(f"{folder}/{name}/1.png")
    ...     pictures = load_image_folder(folder, (15, 20), color="gray")
    >>> pictures.data.shape, pictures.target.tolist(), pictures.target_names
    ((2, 15, 20), [0, 1], ['day', 'night'])
    """
    from sklearn.utils import Bunch

    _check_parameters(image_size, color, split, errors, memory_limit)
    root, pattern = Path(path), _compiled(groups)
    train, test = _listed(root, pattern)
    if test and split is not None:
        raise ValueError(f"split is {split!r}, but {root} has a folder test: leave split out.")
    names = _class_names(root, train, test)
    if split is not None:
        train, test = _divided(train, split, random_state)
    part, part_test = (
        _read(entries, tuple(image_size), color, errors, memory_limit) for entries in (train, test)
    )
    _check_classes(root, part, names)
    return Bunch(
        **_columns(root, part, names, groups is not None),
        **{
            f"{key}_test": value if test else None
            for key, value in _columns(root, part_test, names, groups is not None).items()
        },
        target_names=names,
        skipped=[*part.skipped, *part_test.skipped],
        max_value=255,
        name=root.name,
        DESCR=f"Pictures of {root}: {len(part.entries)} for training, "
        f"{len(part_test.entries)} for testing, classes {', '.join(names)}.",
    )


def _check_parameters(
    image_size: Any, color: Any, split: Any, errors: Any, memory_limit: Any
) -> None:
    """Raise if a parameter cannot be used."""
    is_pair = isinstance(image_size, Sequence) and len(image_size) == 2
    whole = is_pair and all(isinstance(side, int | np.integer) for side in image_size)
    if not whole or not all(1 <= side <= 4096 for side in image_size):
        raise ValueError(
            f"image_size is {image_size!r}: give height and width as two whole numbers from 1 to "
            "4096, as (32, 32)."
        )
    for name, value, accepted in (
        ("color", color, ("rgb", "gray")),
        ("errors", errors, ("raise", "skip")),
    ):
        if value not in accepted:
            raise ValueError(f"{name} is {value!r}: give {' or '.join(map(repr, accepted))}.")
    if split is not None and not (isinstance(split, float) and 0 < split < 1):
        raise ValueError(f"split is {split!r}: give a share above 0 and below 1, or None.")
    if not isinstance(memory_limit, int) or memory_limit < 0:
        raise ValueError(f"memory_limit is {memory_limit!r}: give a number of bytes.")


def _compiled(groups: str | None) -> re.Pattern[str] | None:
    """Return the pattern of groups."""
    try:
        return None if groups is None else re.compile(groups)
    except (re.error, TypeError) as error:
        raise ValueError(
            f"groups is {groups!r}: give a regular expression, as r'person(\\d+)' ({error})."
        ) from error


def _folders(root: Path) -> list[str]:
    """Return the names of the folders in a folder."""
    try:
        with os.scandir(root) as entries:
            return sorted(
                entry.name for entry in entries if entry.is_dir() and entry.name[0] != "."
            )
    except OSError as error:
        raise DatasetError(
            f"{root} cannot be read ({error.strerror}): name a folder with one folder of pictures "
            "for each class."
        ) from error


def _listed(root: Path, pattern: re.Pattern[str] | None) -> tuple[list[_Entry], list[_Entry]]:
    """Return the files of the training part and of the test part."""
    found = _folders(root)
    if "train" in found and set(found) <= {"train", "test"}:
        test = _entries(root / "test", pattern) if "test" in found else []
        return _entries(root / "train", pattern), test
    return _entries(root, pattern), []


def _entries(folder: Path, pattern: re.Pattern[str] | None) -> list[_Entry]:
    """Return the files of all classes of a part, classes and files in the order of their names."""
    return [
        _Entry(path, label, _group(path, pattern))
        for label in _folders(folder)
        for path in _files(folder / label)
    ]


def _files(folder: Path) -> list[Path]:
    """Return all files below a folder that are not hidden, nor in a hidden folder."""

    def refuse(error: OSError) -> NoReturn:
        raise DatasetError(
            f"{error.filename} cannot be read ({error.strerror}): make it readable, or remove it."
        ) from error

    paths: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths += [
            Path(place) / name
            for name in names
            if not name.startswith(".") and name not in _SYSTEM_FILES
        ]
    return sorted(paths, key=Path.as_posix)


def _group(path: Path, pattern: re.Pattern[str] | None) -> str | None:
    """Return what a file's name says about its group."""
    if pattern is None:
        return None
    found = pattern.search(path.name)
    if found is None:
        raise DatasetError(
            f"groups is {pattern.pattern!r}, which finds nothing in the name of {path}: give a "
            "pattern that all names match."
        )
    return found[1] if pattern.groups and found[1] is not None else found[0]


def _class_names(root: Path, train: list[_Entry], test: list[_Entry]) -> list[str]:
    """Return the classes of the training part, which has all of them."""
    names = sorted({entry.label for entry in train})
    if len(names) < 2:
        raise DatasetError(
            f"{root} has pictures of {len(names)} classes: give at least two folders that hold "
            "pictures, one for each class."
        )
    unknown = sorted({entry.label for entry in test} - set(names))
    if unknown:
        raise DatasetError(
            f"{root / 'test'} has the class {unknown[0]!r}, which {root / 'train'} lacks: give "
            "training pictures of every class."
        )
    return names


def _divided(
    entries: list[_Entry], share: float, random_state: int
) -> tuple[list[_Entry], list[_Entry]]:
    """Split by class and seed; files of one group stay together."""
    from sklearn.model_selection import train_test_split

    from nnest._groups import split_groups

    labels = [entry.label for entry in entries]
    try:
        if entries[0].group is None:
            train, test = train_test_split(
                np.arange(len(entries)), test_size=share, stratify=labels, random_state=random_state
            )
        else:
            groups = [entry.group for entry in entries]
            train, test = split_groups(groups, labels, share, random_state)
    except ValueError as error:
        raise ValueError(
            f"split is {share}, which cannot divide these {len(entries)} pictures: {error}"
        ) from error
    return [entries[row] for row in np.sort(train)], [entries[row] for row in np.sort(test)]


def _read(
    entries: list[_Entry], size: tuple[int, ...], color: str, errors: str, memory_limit: int
) -> _Part:
    """Read the pictures of a part."""
    shape = (len(entries), *size) if color == "gray" else (len(entries), *size, 3)
    images = _room(shape, memory_limit)
    kept: list[_Entry] = []
    skipped = []
    for entry in entries:
        try:
            images[len(kept)] = read_picture(entry.path, size, color)
        except PictureError as error:
            if errors == "raise":
                raise DatasetError(
                    f"{error} Remove the file, or leave out such files by errors='skip'."
                ) from error
            skipped.append(str(error))
        else:
            kept.append(entry)
    return _Part(images[: len(kept)], kept, skipped)


def _room(shape: tuple[int, ...], memory_limit: int) -> NDArray[np.uint8]:
    """Return an array of zeros, in a file that nobody sees where it is large."""
    if np.prod(shape, dtype=np.int64) <= memory_limit or not shape[0]:
        return np.zeros(shape, np.uint8)
    # The map keeps the file; it goes away with the last array that looks at it.
    with tempfile.TemporaryFile(prefix="nnest-") as file:
        return np.memmap(file, np.uint8, "w+", shape=shape)


def _check_classes(root: Path, part: _Part, names: list[str]) -> None:
    """Raise if a class has lost all of its pictures."""
    missing = sorted(set(names) - {entry.label for entry in part.entries})
    if missing:
        raise DatasetError(
            f"{root} has no picture of the class {missing[0]!r} that can be read for training: add "
            "some, or remove its folder."
        )


def _columns(root: Path, part: _Part, names: list[str], has_groups: bool) -> dict[str, Any]:
    """Return the columns of a part, by name."""
    places = {name: place for place, name in enumerate(names)}
    return {
        "data": part.images,
        "target": np.array([places[entry.label] for entry in part.entries], dtype=np.int64),
        "groups": np.array([entry.group for entry in part.entries]) if has_groups else None,
        "filenames": [entry.path.relative_to(root).as_posix() for entry in part.entries],
    }
