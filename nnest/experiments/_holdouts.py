"""Parts of the training images that a training does not see, drawn anew for each seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nnest.experiments._images import Images
from nnest.experiments._protocol import Holdout

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["hold_out"]


def hold_out(
    images: Images, holdouts: Mapping[str, Holdout], seed: int
) -> tuple[Images, dict[str, tuple[NDArray[Any], NDArray[Any]]]]:
    """Set parts of the training images aside, one after the other.

    Parameters
    ----------
    images : Images
        All images of a protocol.
    holdouts : mapping of str to Holdout
        The parts by name; each is drawn from what the ones before have left.
    seed : int
        The seed of the draw.

    Returns
    -------
    rest : Images
        What is left for training.
    parts : dict of str to tuple of ndarray
        Images and labels of each part.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.experiments import hold_out
    >>> from nnest.experiments import Images
    >>> from nnest.experiments import Holdout
    >>> pictures, labels, tracks = np.zeros((8, 2, 2)), np.zeros(8, int), np.arange(8) // 2
    >>> images = Images(pictures, labels, pictures, labels, groups=tracks)
    >>> rest, parts = hold_out(images, {"track": Holdout(0.25, by="groups")}, seed=0)
    >>> len(rest.train), len(np.unique(rest.groups)), len(parts["track"][0])
    (6, 3, 2)
    """
    rng = np.random.RandomState(seed)  # a stream that is frozen for good
    parts = {}
    for name, holdout in holdouts.items():
        aside = _draw(images, holdout, rng)
        parts[name] = images.train[aside], images.train_labels[aside]
        images = _without(images, aside)
    return images, parts


def _draw(images: Images, holdout: Holdout, rng: np.random.RandomState) -> NDArray[np.bool_]:
    """Draw the share of the units of each class: a mask over the training images."""
    together = holdout.by == "groups" and images.groups is not None
    units = images.groups if together else np.arange(len(images.train))
    assert units is not None
    aside = np.zeros(len(images.train), dtype=bool)
    for label in np.unique(images.train_labels):
        own = np.unique(units[images.train_labels == label])
        n_drawn = max(1, round(holdout.share * len(own)))
        aside |= np.isin(units, rng.permutation(own)[:n_drawn])
    return aside


def _without(images: Images, aside: NDArray[np.bool_]) -> Images:
    """Return the images without those that are set aside."""
    groups = None if images.groups is None else images.groups[~aside]
    train, labels = images.train[~aside], images.train_labels[~aside]
    return replace(images, train=train, train_labels=labels, groups=groups)
