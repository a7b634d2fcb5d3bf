"""Parts of the training images that a training does not see, drawn anew for each seed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nnest.experiments._images import Images
from nnest.experiments._protocol import Holdout

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["held_out_rows", "hold_out"]


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
    >>> from nnest.experiments import Holdout, Images, hold_out
    >>> pictures, labels, tracks = np.zeros((8, 2, 2)), np.zeros(8, int), np.arange(8) // 2
    >>> images = Images(pictures, labels, pictures, labels, groups=tracks)
    >>> rest, parts = hold_out(images, {"track": Holdout(0.25, by="groups")}, seed=0)
    >>> len(rest.train), len(np.unique(rest.groups)), len(parts["track"][0])
    (6, 3, 2)
    """
    rest, parts = held_out_rows(images.train_labels, images.groups, holdouts, seed)
    own = {name: (images.train[rows], images.train_labels[rows]) for name, rows in parts.items()}
    return images.take(rest), own


def held_out_rows(
    labels: NDArray[Any],
    groups: NDArray[Any] | None,
    holdouts: Mapping[str, Holdout],
    seed: int,
) -> tuple[NDArray[np.intp], dict[str, NDArray[np.intp]]]:
    """Return the row numbers of the training images that are left, and those of each part."""
    rng = np.random.RandomState(seed)  # a stream that is frozen for good
    rest, parts = np.arange(len(labels)), {}
    for name, holdout in holdouts.items():
        aside = _draw(labels[rest], None if groups is None else groups[rest], holdout, rng)
        parts[name], rest = rest[aside], rest[~aside]
    return rest, parts


def _draw(
    labels: NDArray[Any],
    groups: NDArray[Any] | None,
    holdout: Holdout,
    rng: np.random.RandomState,
) -> NDArray[np.bool_]:
    """Draw the share of the units of each class: a mask over the images."""
    units = groups if holdout.by == "groups" and groups is not None else np.arange(len(labels))
    aside = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        own = np.unique(units[labels == label])
        # A group may have images of several classes, and be drawn for one of them already.
        free = np.setdiff1d(own, units[aside])
        n_drawn = max(1, round(holdout.share * len(own))) - (len(own) - len(free))
        aside |= np.isin(units, rng.permutation(free)[: max(0, n_drawn)])
    return aside
