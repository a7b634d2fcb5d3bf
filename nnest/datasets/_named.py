"""One function for each data set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnest.datasets._loaders import Folder, fetch

if TYPE_CHECKING:
    from sklearn.utils import Bunch

__all__ = [
    "fetch_cifar10",
    "fetch_fashion_mnist",
    "fetch_gtsrb",
    "fetch_mnist",
    "fetch_notmnist",
    "load_digits",
]


def load_digits() -> Bunch:
    """Load scikit-learn's 8 by 8 digits, split into a training and a test part.

    Of each class every fourth image, in the original order, is the test part.

    Returns
    -------
    sklearn.utils.Bunch
        As `fetch` returns it. Pixels are 0..16: ``max_value`` is 16.

    Examples
    --------
    >>> from nnest.datasets import load_digits
    >>> digits = load_digits()
    >>> digits.data.shape, digits.data_test.shape, digits.max_value
    ((1352, 8, 8), (445, 8, 8), 16)
    """
    return fetch("digits")


def fetch_mnist(data_home: Folder = None) -> Bunch:
    """Load MNIST: handwritten digits of 28 by 28 pixels.

    Parameters
    ----------
    data_home : str, path or None, default=None
        Folder of the cached file, see `path_of`. If it is not there, it is downloaded.

    Returns
    -------
    sklearn.utils.Bunch
        As `fetch` returns it.

    Raises
    ------
    DatasetError
        If a file is damaged or foreign, or neither there nor to be downloaded.

    Examples
    --------
    >>> from nnest.datasets import describe  # the data set itself is a download
    >>> info = describe("mnist")
    >>> info.n_train, info.n_test, info.shape
    (60000, 10000, (28, 28))
    """
    return fetch("mnist", data_home)


def fetch_fashion_mnist(data_home: Folder = None) -> Bunch:
    """Load Fashion-MNIST: articles of clothing of 28 by 28 pixels.

    Parameters
    ----------
    data_home : str, path or None, default=None
        Folder of the cached file, see `path_of`. If it is not there, it is downloaded.

    Returns
    -------
    sklearn.utils.Bunch
        As `fetch` returns it.

    Raises
    ------
    DatasetError
        If a file is damaged or foreign, or neither there nor to be downloaded.

    Examples
    --------
    >>> from nnest.datasets import describe  # the data set itself is a download
    >>> info = describe("fashion_mnist")
    >>> info.n_train, info.n_test, info.shape
    (60000, 10000, (28, 28))
    """
    return fetch("fashion_mnist", data_home)


def fetch_notmnist(data_home: Folder = None) -> Bunch:
    """Load notMNIST, the small part: letters A to J of 28 by 28 pixels, in 1873 fonts.

    There is no official split. The test part are all images of 500 fonts, chosen by the SHA-256
    of their names, so that no font is in both parts.

    Parameters
    ----------
    data_home : str, path or None, default=None
        Folder of the cached file, see `path_of`. If it is not there, it is downloaded.

    Returns
    -------
    sklearn.utils.Bunch
        As `fetch` returns it. ``groups`` and ``groups_test`` are fonts; ``dup_test`` marks
        test images that equal a training image in every pixel.

    Raises
    ------
    DatasetError
        If a file is damaged or foreign, or neither there nor to be downloaded.

    Examples
    --------
    >>> from nnest.datasets import describe  # the data set itself is a download
    >>> info = describe("notmnist")
    >>> info.n_train, info.n_test, info.shape
    (13724, 5000, (28, 28))
    """
    return fetch("notmnist", data_home)


def fetch_cifar10(data_home: Folder = None) -> Bunch:
    """Load CIFAR-10: photographs of 32 by 32 pixels in color.

    Parameters
    ----------
    data_home : str, path or None, default=None
        Folder of the cached file, see `path_of`. If it is not there, it is downloaded.

    Returns
    -------
    sklearn.utils.Bunch
        As `fetch` returns it.

    Raises
    ------
    DatasetError
        If a file is damaged or foreign, or neither there nor to be downloaded.

    Examples
    --------
    >>> from nnest.datasets import describe  # the data set itself is a download
    >>> info = describe("cifar10")
    >>> info.n_train, info.n_test, info.shape
    (50000, 10000, (32, 32, 3))
    """
    return fetch("cifar10", data_home)


def fetch_gtsrb(data_home: Folder = None) -> Bunch:
    """Load GTSRB: German traffic signs of 32 by 32 pixels in color.

    Training images are sorted by class, track and frame. Frames of a track are near-duplicates:
    keep the tracks together in any validation split, and shuffle.

    Parameters
    ----------
    data_home : str, path or None, default=None
        Folder of the cached file, see `path_of`. If it is not there, it is downloaded.

    Returns
    -------
    sklearn.utils.Bunch
        As `fetch` returns it. ``groups`` are tracks; ``class_track_frame``, ``roi``, ``size`` and
        ``size_test`` are what the annotations say.

    Raises
    ------
    DatasetError
        If a file is damaged or foreign, or neither there nor to be downloaded.

    Examples
    --------
    >>> from nnest.datasets import describe  # the data set itself is a download
    >>> info = describe("gtsrb")
    >>> info.n_train, info.n_test, info.shape
    (39209, 12630, (32, 32, 3))
    """
    return fetch("gtsrb", data_home)
