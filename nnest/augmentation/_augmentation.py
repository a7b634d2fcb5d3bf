"""The settings of augmentation as a nested parameter of an estimator."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from sklearn.base import BaseEstimator

from nnest import _arguments
from nnest.augmentation._layer import Augment
from nnest.layers import batch_context

__all__ = ["Augmentation"]


class Augmentation(BaseEstimator):
    r"""How the training images of a network are changed at random, anew in each epoch.

    Give it to a :class:`~nnest.CNNClassifier` or a :class:`~nnest.CNNRegressor`. An operation that
    is None does not take place; the others take place in the order of the parameters, each image
    with its own draw. Only training images are changed: evaluation and prediction use the central
    window of `crop`, and nothing else.

    Parameters
    ----------
    crop : int or tuple of int, optional
        Side of a square window, or its height and width, in pixels. All places in the image are
        equally probable.
    flip_labels : sequence or "all", optional
        Labels whose images are turned left to right with probability 1/2; a sign with a number on
        it, for one, must not be. A label that the training samples lack, as a fold may, has no
        effect. Regressors know "all" only.
    brightness : float, optional
        :math:`x' = x + \delta` with :math:`\delta` uniform between minus this number and plus it.
    saturation : tuple of float, optional
        The saturation of the colors is multiplied by a factor that is uniform between these two,
        up to the full saturation 1; hue and value stay. For images with three channels.
    contrast : tuple of float, optional
        :math:`x' = (x - \bar x) f + \bar x` with :math:`f` uniform between these two numbers and
        the mean :math:`\bar x` over a channel of the image.
    clip : tuple of float or None, default=(0.0, 1.0)
        Least and greatest pixel: what brightness, saturation and contrast have moved beyond is set
        to them. None leaves it there.

    Notes
    -----
    The operations are those of TensorFlow's `tf.image`, in the order of a report on traffic signs
    [1]_. Strengths and flipped labels are hyper-parameters in the network's state: a search over
    them compiles nothing anew. The crop, and which operations there are, belong to the program;
    give 0.0, (1.0, 1.0) or () for an operation that is in the program and changes nothing.

    References
    ----------
    .. [1] S. Pellegrini, "Neural networks with TensorFlow", homework 2 of Large-Scale Data
       Analysis, 2020, section 2.3.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest import Augmentation, CNNClassifier
    >>> pictures = np.random.default_rng(0).random((20, 8, 8))
    >>> augmentation = Augmentation(crop=6, flip_labels=["b"], brightness=0.1)
    >>> net = CNNClassifier(filters=(4,), epochs=1, random_state=0, augmentation=augmentation)
    >>> net.fit(pictures, list("ab" * 10)).predict(pictures).shape
    (20,)
    """

    def __init__(
        self,
        crop: int | tuple[int, int] | None = None,
        flip_labels: Sequence[Any] | str | None = None,
        brightness: float | None = None,
        saturation: tuple[float, float] | None = None,
        contrast: tuple[float, float] | None = None,
        clip: tuple[float, float] | None = (0.0, 1.0),
    ) -> None:
        self.crop = crop
        self.flip_labels = flip_labels
        self.brightness = brightness
        self.saturation = saturation
        self.contrast = contrast
        self.clip = clip

    def make_layer(self, images: np.ndarray, classes: Any = None, *, seed: int = 0) -> Augment:
        """Return the layer that does what the parameters say, if they are right for the images.

        Parameters
        ----------
        images : ndarray of shape (n, h, w, c)
            The training images.
        classes : array-like of shape (n_classes,), optional
            The labels in the order in which the network counts them; none for regressors.
        seed : int, default=0
            Start of the layer's random stream.

        Returns
        -------
        Augment
            The first layer of a network.

        Raises
        ------
        ValueError
            For a value that is not accepted, or not for these images; the message says which are.

        Examples
        --------
        >>> import numpy as np
        >>> from nnest import Augmentation
        >>> Augmentation(crop=28).make_layer(np.zeros((5, 32, 32, 3))).compute_output_shape(
        ...     (None, 32, 32, 3)
        ... )
        (None, 28, 28, 3)
        """
        brightness, contrast, saturation = self._color_strengths(images.shape[3])
        colors = any(strength is not None for strength in (brightness, contrast, saturation))
        return Augment(
            crop=self._window(images.shape),
            flip=self._flip_probabilities(classes),
            brightness=brightness,
            contrast=contrast,
            saturation=saturation,
            clip=self._range(images) if colors else None,
            seed=seed,
            name="augmentation",
        )

    def apply(self, images: Any, labels: Any = None, *, random_state: Any = None) -> np.ndarray:
        """Return images as training might see them, to look at.

        Parameters
        ----------
        images : array-like of shape (n, h, w, c)
            Images.
        labels : array-like of shape (n,), optional
            Their labels; needed if `flip_labels` names some.
        random_state : int, RandomState instance or None, default=None
            Decides what is drawn.

        Returns
        -------
        ndarray of shape (n, height, width, c)
            Changed images, float32.

        Examples
        --------
        >>> import numpy as np
        >>> from nnest import Augmentation
        >>> Augmentation(crop=(6, 4)).apply(np.zeros((2, 8, 8, 1)), random_state=0).shape
        (2, 6, 4, 1)
        """
        images = np.asarray(images, np.float32)
        if images.ndim != 4:
            raise ValueError(f"images has shape {images.shape}: give images as (n, h, w, c).")
        if labels is not None and np.shape(labels) != images.shape[:1]:
            raise ValueError(
                f"labels has shape {np.shape(labels)} for {len(images)} images: give one label for "
                "each."
            )
        named = self._named_labels()
        seed = _arguments.random_state(random_state).randint(np.iinfo(np.int32).max)
        if labels is None and len(named):
            raise ValueError(
                f"flip_labels={self.flip_labels!r} needs the labels of the images: give labels."
            )
        classes = None if labels is None else np.unique([*labels, *named])
        layer = self.make_layer(images, classes, seed=seed)
        places = None if classes is None else np.searchsorted(classes, labels)
        with batch_context(places):
            return np.asarray(keras.ops.convert_to_numpy(layer(images, training=True)))

    def _window(self, shape: tuple[int, ...]) -> tuple[int, int] | None:
        """Return height and width of the crop if it fits into the images."""
        if self.crop is None:
            return None
        sides: Any = self.crop if isinstance(self.crop, tuple | list) else (self.crop, self.crop)
        fits = (isinstance(s, int | np.integer) and not isinstance(s, bool) for s in sides)
        if len(sides) != 2 or not all(fits) or min(sides) < 1:
            raise ValueError(
                f"crop={self.crop!r} is not accepted: give the side of a square in whole pixels, "
                "or (height, width)."
            )
        if sides[0] > shape[1] or sides[1] > shape[2]:
            raise ValueError(
                f"crop={self.crop!r} does not fit into images of {shape[1]} x {shape[2]} pixels: "
                "give a smaller one."
            )
        return int(sides[0]), int(sides[1])

    def _named_labels(self) -> Sequence[Any]:
        """Return the labels whose images are flipped, none where all or no images are."""
        named = self.flip_labels
        if named is None or _is_all(named):
            return ()
        if isinstance(named, str) or not hasattr(named, "__len__"):
            raise ValueError(
                f"flip_labels={named!r} is not accepted: give a sequence of labels, 'all' or None."
            )
        return named

    def _flip_probabilities(self, classes: Any) -> list[float] | None:
        """Return the probability of a flip for each class, or one for all."""
        if self.flip_labels is None:
            return None
        if _is_all(self.flip_labels):
            return [0.5] * (1 if classes is None else len(classes))
        named = self._named_labels()
        if classes is None:
            raise ValueError(
                f"flip_labels={self.flip_labels!r} names labels, and a regressor has none: give "
                "'all' or None."
            )
        known, wanted = np.asarray(classes).tolist(), np.asarray(named).tolist()
        return [0.5 if label in wanted else 0.0 for label in known]

    def _color_strengths(self, channels: int) -> tuple[Any, Any, Any]:
        """Return brightness, contrast and saturation if they are accepted."""
        brightness = self.brightness
        if brightness is not None:
            brightness = _arguments.number("brightness", brightness, 0.0, math.inf)
        if self.saturation is not None and channels != 3:
            raise ValueError(
                f"saturation={self.saturation!r} is for images with 3 channels, and these have "
                f"{channels}: leave it at None."
            )
        wanted = "the least and the greatest factor as (low, high) with 0 <= low <= high"
        contrast = _bounds("contrast", self.contrast, wanted)
        saturation = _bounds("saturation", self.saturation, wanted)
        return brightness, contrast, saturation

    def _range(self, images: np.ndarray) -> tuple[float, float] | None:
        """Return the bounds of pixels if all images keep to them."""
        wanted = "the least and the greatest pixel as (low, high) with low < high, or None"
        bounds = _bounds("clip", self.clip, wanted, least=-math.inf, apart=True)
        if bounds is None or not images.size:
            return bounds
        low, high = float(images.min()), float(images.max())
        if low < bounds[0] or high > bounds[1]:
            raise ValueError(
                f"clip={self.clip!r} would cut the images' own pixels, which go from {low:g} to "
                f"{high:g}: scale them, or give the range of their pixels, or None."
            )
        return bounds


def _is_all(labels: Any) -> bool:
    """Tell whether images of all labels are meant."""
    return isinstance(labels, str) and labels == "all"


def _bounds(
    name: str, value: Any, wanted: str, least: float = 0.0, *, apart: bool = False
) -> tuple[float, float] | None:
    """Return two finite numbers in order, or None."""
    if value is None:
        return None
    pair = isinstance(value, tuple | list) and len(value) == 2
    kinds = int | float | np.number
    numbers = pair and all(isinstance(v, kinds) and not isinstance(v, bool) for v in value)
    if not numbers or not all(math.isfinite(v) for v in value):
        fits = False
    else:
        fits = least <= value[0] < value[1] or (value[0] == value[1] >= least and not apart)
    if not fits:
        raise ValueError(f"{name}={value!r} is not accepted: give {wanted}.")
    return float(value[0]), float(value[1])
