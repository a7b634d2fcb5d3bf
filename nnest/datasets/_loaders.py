"""Load, check and describe a data set by its name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnest.datasets._cache import build, cache_folder, check_arrays, read_arrays
from nnest.datasets._registry import DatasetInfo, Recipe, recipe_of, recipes
from nnest.exceptions import DatasetUnavailableError

if TYPE_CHECKING:
    from sklearn.utils import Bunch

__all__ = [
    "describe",
    "fetch",
    "list_datasets",
    "path_of",
    "verify",
]

Folder = str | os.PathLike[str] | None
Arrays = dict[str, NDArray[Any]]


def list_datasets() -> list[DatasetInfo]:
    """List the data sets, the bundled one first.

    Returns
    -------
    list of DatasetInfo
        Name, shape, counts, licence and address of each.

    Examples
    --------
    >>> from nnest.datasets import list_datasets
    >>> [info.name for info in list_datasets()]
    ['digits', 'mnist', 'fashion_mnist', 'notmnist', 'cifar10', 'gtsrb']
    """
    return [recipe.info for recipe in recipes().values()]


def describe(name: str) -> DatasetInfo:
    """Tell about one data set without loading it.

    Parameters
    ----------
    name : str
        One of the names of `list_datasets`.

    Returns
    -------
    DatasetInfo
        Name, shape, counts, licence and address.

    Raises
    ------
    ValueError
        If there is no such data set; the message names the nearest one.

    Examples
    --------
    >>> from nnest.datasets import describe
    >>> describe("mnist").licence
    'CC BY-SA 3.0 (Y. LeCun, C. Cortes)'
    """
    return recipe_of(name).info


def path_of(name: str, data_home: Folder = None) -> Path:
    """Tell where the file of a data set lies, or will lie when it is fetched.

    Parameters
    ----------
    name : str
        One of the names of `list_datasets`.
    data_home : str, path or None, default=None
        Folder of the cached files; None takes the environment variable ``NNEST_DATA``, or without
        it the platform's cache folder for ``nnest``.

    Returns
    -------
    pathlib.Path
        The path; for the bundled digits it is scikit-learn's file.

    Raises
    ------
    ValueError
        If there is no such data set.

    Examples
    --------
    >>> from nnest.datasets import path_of
    >>> path_of("mnist", data_home="data").as_posix()
    'data/mnist.npz'
    """
    if recipe_of(name).parse is None:
        import sklearn.datasets

        return Path(sklearn.datasets.__file__).with_name("data") / "digits.csv.gz"
    return cache_folder(data_home) / f"{name}.npz"


def verify(name: str, data_home: Folder = None) -> None:
    """Check every array of a data set by its digest, without downloading anything.

    Parameters
    ----------
    name : str
        One of the names of `list_datasets`.
    data_home : str, path or None, default=None
        Folder of the cached files, see `path_of`.

    Raises
    ------
    DatasetError
        If the file is missing, or is not what it should be; it is left as it is.
    ValueError
        If there is no such data set.

    Examples
    --------
    >>> from nnest.datasets import verify
    >>> verify("digits")
    """
    recipe, path = recipe_of(name), path_of(name, data_home)
    if not path.exists():
        raise DatasetUnavailableError(
            f"{name} is not on this machine: {path} does not exist; fetch it first."
        )
    _arrays_of(recipe, path)


def fetch(name: str, data_home: Folder = None) -> Bunch:
    """Load a data set by name; download and convert it first if it is not in the cache.

    Parameters
    ----------
    name : str
        One of the names of `list_datasets`.
    data_home : str, path or None, default=None
        Folder of the cached files, see `path_of`.

    Returns
    -------
    sklearn.utils.Bunch
        With the keys

        data : ndarray of shape (n_train, height, width[, 3]), uint8
            Training images, channels last.
        target : ndarray of shape (n_train,), int64
            Their classes.
        data_test, target_test : ndarray
            The test part, likewise.
        groups, groups_test : ndarray of shape (n,), int32, or None
            What belongs together: fonts of notMNIST, tracks of GTSRB.
        target_names : list of str
            Names of the classes.
        max_value : int
            The value of a white pixel.
        name, DESCR, licence, url : str
            What it is, under which terms, and from where.
        digest : str
            One SHA-256 over all arrays.

        and the further arrays that `DESCR` names.

    Raises
    ------
    DatasetError
        If a file is damaged, truncated or foreign; it is left in place, and the message says what
        to do. `DatasetUnavailableError` if there is no file and no network.
    ValueError
        If there is no such data set.

    Examples
    --------
    >>> from nnest.datasets import fetch
    >>> fetch("digits").data.shape
    (1352, 8, 8)
    """
    recipe, path = recipe_of(name), path_of(name, data_home)
    if not path.exists():
        build(recipe, path)
    return _bunch(recipe, _arrays_of(recipe, path))


def _arrays_of(recipe: Recipe, path: Path) -> Arrays:
    """Return the checked arrays of a data set that is on this machine."""
    if recipe.parse is not None:
        return read_arrays(path, recipe.arrays)
    arrays = _split_digits()
    check_arrays(arrays, recipe, "install another release of scikit-learn")
    return arrays


def _split_digits() -> Arrays:
    """Return the bundled digits; of each class every fourth is for testing."""
    from sklearn.datasets import load_digits as load_bundled_digits

    bundled = load_bundled_digits()
    images, labels = bundled.images.astype(np.uint8), bundled.target.astype(np.uint8)
    is_test = np.zeros(len(labels), dtype=bool)
    for label in range(10):
        is_test[np.flatnonzero(labels == label)[3::4]] = True
    return {
        "x_train": images[~is_test],
        "y_train": labels[~is_test],
        "x_test": images[is_test],
        "y_test": labels[is_test],
    }


def _bunch(recipe: Recipe, arrays: Arrays) -> Bunch:
    """Name the arrays as scikit-learn does and add what is known about them."""
    from sklearn.utils import Bunch

    rest = dict(arrays)
    return Bunch(
        data=rest.pop("x_train"),
        target=rest.pop("y_train").astype(np.int64),
        data_test=rest.pop("x_test"),
        target_test=rest.pop("y_test").astype(np.int64),
        groups=rest.pop(f"{recipe.groups}_train", None),
        groups_test=rest.pop(f"{recipe.groups}_test", None),
        **{name.removesuffix("_train"): array for name, array in rest.items()},
        target_names=list(recipe.target_names),
        max_value=recipe.max_value,
        name=recipe.name,
        DESCR=_description(recipe),
        licence=recipe.licence,
        url=recipe.url,
        digest=recipe.info.digest,
    )


def _description(recipe: Recipe) -> str:
    """Return a page about a data set."""
    info = recipe.info
    size = " x ".join(str(side) for side in info.shape)
    return (
        f"{recipe.title}\n\n"
        f"{info.n_train} training and {info.n_test} test images of {size} pixels, "
        f"{info.n_classes} classes, values 0..{recipe.max_value}.\n{recipe.note}\n\n"
        f"Reference: {recipe.citation}\nSource: {recipe.url}\nLicence: {recipe.licence}\n"
    )
