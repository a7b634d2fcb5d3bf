"""The first layer of a network whose training images are augmented."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import keras
from keras import ops

from nnest._compat.keras import build_at_init
from nnest.augmentation._functions import (
    change_brightness,
    change_contrast,
    change_saturation,
    crop_and_flip,
)
from nnest.layers import Hyperparameters, batch_labels

__all__ = ["Augment"]

#: Numbers that are drawn for each image: top, left, flip, brightness, saturation, contrast.
DRAWS = 6


@keras.saving.register_keras_serializable(package="nnest")
class Augment(keras.layers.Layer):
    """Random changes of images in training; the central window in evaluation and prediction.

    The order is: crop, flip, brightness, saturation, contrast, clip. Each image has its own draw,
    and what is drawn for one operation does not depend on which others there are.

    Parameters
    ----------
    crop : sequence of int, optional
        Height and width of the window. Static, as it decides shapes.
    flip : sequence of float, optional
        Probability with which an image of each class is turned left to right, by the place of the
        class; a single number is for images of all classes.
    brightness : float, optional
        Largest number that is added or subtracted.
    contrast, saturation : sequence of float, optional
        Least and greatest factor.
    clip : sequence of float, optional
        Least and greatest pixel after all other changes.
    seed : int, default=0
        Start of the random stream.
    **kwargs
        Everything else that a Keras layer takes.

    Notes
    -----
    Which operations there are (those that are not None) is static; how strong they are is state,
    as are the rates of :class:`nnest.layers.Dropout`.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.augmentation import Augment
    >>> layer = Augment(crop=(28, 28), brightness=0.1)
    >>> images = np.zeros((2, 32, 32, 3), "float32")
    >>> layer(images).shape, layer(images, training=True).shape
    ((2, 28, 28, 3), (2, 28, 28, 3))
    """

    #: Parts of the configuration that the compiled program does not depend on.
    traced = ("flip", "brightness", "contrast", "saturation", "clip", "seed")

    def __init__(
        self,
        crop: Sequence[int] | None = None,
        flip: Sequence[float] | None = None,
        brightness: float | None = None,
        contrast: Sequence[float] | None = None,
        saturation: Sequence[float] | None = None,
        clip: Sequence[float] | None = None,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._crop = None if crop is None else (int(crop[0]), int(crop[1]))
        strengths = {
            "flip": flip,
            "brightness": brightness,
            "contrast": contrast,
            "saturation": saturation,
            "clip": clip,
        }
        given = {name: value for name, value in strengths.items() if value is not None}
        self._operations = (*(["crop"] if crop else []), *given)
        self.hyperparameters = Hyperparameters(**given)
        self._seed = int(seed)
        self.seed_generator = keras.random.SeedGenerator(seed)
        build_at_init(self)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the images, changed at random if `training`."""
        if not training:
            top, left = (room // 2 for room in self._room(inputs))
            height, width = self._size(inputs)
            return inputs[:, top : top + height, left : left + width, :]
        drawn = keras.random.uniform((ops.shape(inputs)[0], DRAWS), seed=self.seed_generator)
        drawn = ops.cast(drawn, "float32")
        return self._color(self._cut(inputs, drawn), ops.cast(drawn, inputs.dtype))

    def _size(self, images: Any) -> tuple[int, int]:
        """Return height and width of what is left of images."""
        return self._crop or (images.shape[1], images.shape[2])

    def _room(self, images: Any) -> tuple[int, int]:
        """Return by how many rows and columns a window can be moved."""
        height, width = self._size(images)
        return images.shape[1] - height, images.shape[2] - width

    def _cut(self, images: Any, drawn: Any) -> Any:
        """Return a window of each image, perhaps turned left to right."""
        if not {"crop", "flip"} & set(self._operations):
            return images
        # A draw just below 1 times the number of places may be rounded up to that number.
        top, left = (
            ops.minimum(ops.cast(drawn[:, i] * (room + 1), "int32"), room)
            for i, room in enumerate(self._room(images))
        )
        flipped = drawn[:, 2] < self._flip_probability(drawn)
        return crop_and_flip(images, top, left, flipped, self._size(images))

    def _flip_probability(self, drawn: Any) -> Any:
        """Return the probability of a flip for each image."""
        if "flip" not in self._operations:
            return ops.zeros_like(drawn[:, 2])
        of_class = ops.convert_to_tensor(self.hyperparameters.flip)
        if of_class.shape[0] == 1:
            return of_class
        labels = batch_labels()
        if labels is None:
            raise ValueError(
                "Flips of chosen labels need the labels of the batch, which only fit hands to the "
                "network: train with fit, or flip images of all labels."
            )
        return ops.take(of_class, ops.cast(ops.reshape(labels, (-1,)), "int32"))

    def _color(self, images: Any, drawn: Any) -> Any:
        """Return images in changed colors."""
        if "brightness" in self._operations:
            most = ops.cast(self.hyperparameters.brightness, images.dtype)
            images = change_brightness(images, most * (2 * drawn[:, 3] - 1))
        factors = (("saturation", change_saturation), ("contrast", change_contrast))
        for i, (name, change) in enumerate(factors, start=4):
            if name in self._operations:
                low, high = self._bounds(name, images.dtype)
                images = change(images, low + (high - low) * drawn[:, i])
        if "clip" in self._operations:
            low, high = self._bounds("clip", images.dtype)
            images = ops.minimum(ops.maximum(images, low), high)
        return images

    def _bounds(self, name: str, dtype: Any) -> tuple[Any, Any]:
        """Return the two numbers of a hyper-parameter."""
        bounds = ops.cast(getattr(self.hyperparameters, name), dtype)
        return bounds[0], bounds[1]

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the windows."""
        size = self._crop or tuple(input_shape[1:3])
        return (input_shape[0], *size, input_shape[3])

    @property
    def variables(self) -> list[Any]:
        """All of the layer's state: its random stream and its strengths."""
        return [*super().variables, *self.hyperparameters.variables]

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs to build this layer again."""
        return {
            **super().get_config(),
            **self.hyperparameters.to_config(),
            "crop": None if self._crop is None else list(self._crop),
            "operations": list(self._operations),
            "seed": self._seed,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Build a layer from what `get_config` returned.

        Parameters
        ----------
        config : dict
            The configuration.

        Returns
        -------
        Augment
            A layer with the same settings, its random stream at its start.
        """
        return cls(**{name: value for name, value in config.items() if name != "operations"})
