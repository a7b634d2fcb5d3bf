"""The training and test images of a protocol, drawn by rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnest import datasets
from nnest.exceptions import ExperimentError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from nnest.experiments._experiment import Experiment
    from nnest.experiments._protocol import Size

__all__ = ["Images", "data_digest", "enlarge", "load_images", "stratified_subset"]


@dataclass(frozen=True, eq=False)
class Images:
    """Training and test images with their labels.

    Parameters
    ----------
    train : ndarray of shape (n_train, height, width) or (n_train, height, width, channels)
        Training images.
    train_labels : ndarray of shape (n_train,)
        Their labels.
    test : ndarray of shape (n_test, height, width) or (n_test, height, width, channels)
        Test images.
    test_labels : ndarray of shape (n_test,)
        Their labels.
    groups : ndarray of shape (n_train,) or None, default=None
        What of the training images belongs together: tracks, or fonts.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.experiments import Images
    >>> images, labels = np.zeros((4, 8, 8)), np.arange(4)
    >>> len(Images(images, labels, images, labels).train)
    4
    """

    train: NDArray[Any]
    train_labels: NDArray[Any]
    test: NDArray[Any]
    test_labels: NDArray[Any]
    groups: NDArray[Any] | None = None

    def take(self, rows: NDArray[Any]) -> Images:
        """Keep some of the training images.

        Parameters
        ----------
        rows : ndarray of shape (n_rows,)
            Their row numbers, or a mask.

        Returns
        -------
        Images
            These with what belongs to them, and all test images.
        """
        groups = None if self.groups is None else self.groups[rows]
        labels = self.train_labels[rows]
        return replace(self, train=self.train[rows], train_labels=labels, groups=groups)


def load_images(experiment: Experiment, scale: str, data_home: str | Path | None = None) -> Images:
    """Load what the arms of an experiment are trained and tested on.

    Parameters
    ----------
    experiment : Experiment
        Whose images.
    scale : {"smoke", "lite", "full"}
        The scale.
    data_home : str, Path or None, default=None
        The folder of the data sets; None is the usual one.

    Returns
    -------
    Images
        Pixels from 0 to 255; the training images are drawn as the protocol says.

    Raises
    ------
    DatasetError
        If the data set cannot be had.

    Examples
    --------
    >>> from nnest.experiments import load_images
    >>> from nnest.reports import get_report
    >>> load_images(get_report("boyer-2019").experiment("final"), "smoke").train.shape
    (500, 28, 28)
    """
    size = experiment.protocol.size(scale)
    bunch = datasets.fetch(size.dataset or experiment.dataset, data_home)
    images = Images(bunch.data, bunch.target, bunch.data_test, bunch.target_test, bunch.groups)
    if size.classes is not None:
        images = _spread_labels(images, size.classes)
    chosen = stratified_subset(
        images.train_labels,
        size.n_train,
        keep=experiment.protocol.keep,
        seed=experiment.protocol.subset_seed,
    )
    return _like_pictures(images.take(chosen), size, float(bunch.max_value))


def data_digest(experiment: Experiment, scale: str) -> str:
    """Return the digest of the data set that a scale uses, without loading it.

    Parameters
    ----------
    experiment : Experiment
        Whose data.
    scale : {"smoke", "lite", "full"}
        The scale.

    Returns
    -------
    str
        What records call their data digest.

    Examples
    --------
    >>> from nnest.experiments import data_digest
    >>> from nnest.reports import get_report
    >>> len(data_digest(get_report("boyer-2019").experiment("final"), "lite"))
    64
    """
    name = experiment.protocol.size(scale).dataset or experiment.dataset
    return datasets.describe(name).digest


def stratified_subset(
    labels: ArrayLike,
    n_images: int | None = None,
    *,
    keep: Mapping[int, float] | None = None,
    seed: int = 0,
) -> NDArray[np.intp]:
    """Draw images of each class in proportion, the same ones for one seed.

    Parameters
    ----------
    labels : array-like of shape (n_samples,)
        The label of each image.
    n_images : int or None, default=None
        How many; None is all.
    keep : mapping of int to float or None, default=None
        The share of a class's drawn images that is kept, where it is not all of them.
    seed : int, default=0
        The seed of the draw.

    Returns
    -------
    ndarray of shape (n_drawn,)
        Indices in rising order.

    Raises
    ------
    ExperimentError
        If there are fewer images than asked for.

    Examples
    --------
    >>> from nnest.experiments import stratified_subset
    >>> stratified_subset([0, 0, 0, 0, 1, 1], 3).size
    3
    """
    y = np.asarray(labels)
    if n_images is not None and n_images > y.size:
        raise ExperimentError(f"{n_images} images are asked for; there are {y.size}.")
    classes, counts = np.unique(y, return_counts=True)
    wanted = counts if n_images is None else _shares(counts, n_images)
    # RandomState, whose stream is frozen for good: a later numpy draws the same images.
    rng = np.random.RandomState(seed)
    chosen = [
        rng.permutation(np.flatnonzero(y == label))[: _kept(int(label), number, keep or {})]
        for label, number in zip(classes, wanted, strict=True)
    ]
    return np.sort(np.concatenate(chosen))


def enlarge(images: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
    """Enlarge images by repeating pixels, and put zeros around what is left.

    Parameters
    ----------
    images : ndarray of shape (n, height, width) or (n, height, width, channels)
        Images that are not larger than `shape`.
    shape : tuple of int
        The height and width wanted.

    Returns
    -------
    ndarray of shape (n, height, width) or (n, height, width, channels)
        The enlarged images.

    Raises
    ------
    ExperimentError
        If the images are larger.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.experiments import enlarge
    >>> enlarge(np.ones((1, 1, 1)), (3, 4))[0].astype(int).tolist()
    [[1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 0]]
    """
    height, width = images.shape[1:3]
    factor = min(shape[0] // height, shape[1] // width)
    if factor < 1:
        raise ExperimentError(f"Images of {height}x{width} do not fit into {shape[0]}x{shape[1]}.")
    larger = images.repeat(factor, axis=1).repeat(factor, axis=2)
    borders = [_border(want - have) for want, have in zip(shape, larger.shape[1:3], strict=True)]
    rest = [(0, 0)] * (images.ndim - 3)
    return np.pad(larger, [(0, 0), *borders, *rest])


def _spread_labels(images: Images, n_classes: int) -> Images:
    """Give each label in turns the numbers that are as far apart as there are labels."""
    n_labels = len(np.unique(images.train_labels))
    train, test = (
        (labels + n_labels * np.arange(len(labels))) % n_classes
        for labels in (images.train_labels, images.test_labels)
    )
    return replace(images, train_labels=train, test_labels=test)


def _like_pictures(images: Images, size: Size, maximum: float) -> Images:
    """Bring small images with other pixel ranges to the size and range of the real ones."""
    if size.shape is not None:
        images = replace(
            images, train=enlarge(images.train, size.shape), test=enlarge(images.test, size.shape)
        )
    if size.channels is not None:
        train, test = (
            np.repeat(part[..., None], size.channels, axis=-1)
            for part in (images.train, images.test)
        )
        images = replace(images, train=train, test=test)
    if maximum != 255.0:
        factor = np.float32(255.0 / maximum)
        images = replace(images, train=images.train * factor, test=images.test * factor)
    return images


def _shares(counts: NDArray[Any], total: int) -> NDArray[Any]:
    """Divide a total in proportion to counts; the largest remainders get what is left."""
    exact = counts * (total / counts.sum())
    shares: NDArray[Any] = np.floor(exact).astype(int)
    largest = np.argsort(shares - exact, kind="stable")[: total - shares.sum()]
    shares[largest] += 1
    return shares


def _kept(label: int, number: int, keep: Mapping[int, float]) -> int:
    """Return how many images of a class are kept: at least one, if there is one."""
    return max(1, round(int(number) * keep.get(label, 1.0))) if number else 0


def _border(missing: int) -> tuple[int, int]:
    """Divide missing pixels between both sides."""
    return missing // 2, missing - missing // 2
