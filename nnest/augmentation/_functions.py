"""The operations on a batch of images, each a pure function of the values that were drawn."""

from __future__ import annotations

from typing import Any

from keras import ops

__all__ = ["change_brightness", "change_contrast", "change_saturation", "crop_and_flip"]


def crop_and_flip(images: Any, top: Any, left: Any, flipped: Any, size: tuple[int, int]) -> Any:
    """Cut a window out of each image, and turn it left to right where that is wanted.

    Parameters
    ----------
    images : tensor of shape (n, h, w, c)
        A batch of images.
    top, left : int32 tensor of shape (n,)
        First row and first column of each window.
    flipped : bool tensor of shape (n,)
        Whether the window is turned left to right.
    size : tuple of int
        Height and width of the windows.

    Returns
    -------
    tensor of shape (n, height, width, c)
        The windows.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.augmentation import crop_and_flip
    >>> image = np.arange(9.0).reshape(1, 3, 3, 1)
    >>> zero, one = np.zeros(1, "int32"), np.ones(1, "int32")
    >>> np.asarray(crop_and_flip(image, zero, one, one == 1, (2, 2)))[0, :, :, 0].tolist()
    [[2.0, 1.0], [5.0, 4.0]]
    """
    height, width = size
    row, column = ops.arange(height, dtype="int32"), ops.arange(width, dtype="int32")
    flipped = ops.expand_dims(ops.convert_to_tensor(flipped), 1)
    rows = ops.expand_dims(top, 1) + row
    columns = ops.expand_dims(left, 1) + ops.where(flipped, width - 1 - column, column)
    cut = ops.take_along_axis(images, ops.reshape(rows, (-1, height, 1, 1)), axis=1)
    return ops.take_along_axis(cut, ops.reshape(columns, (-1, 1, width, 1)), axis=2)


def change_brightness(images: Any, delta: Any) -> Any:
    r"""Add one number to all pixels of an image: :math:`x' = x + \delta`.

    Parameters
    ----------
    images : tensor of shape (n, h, w, c)
        A batch of images.
    delta : tensor of shape (n,)
        What is added to each image.

    Returns
    -------
    tensor of shape (n, h, w, c)
        The changed images; they may leave the range of pixels.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.augmentation import change_brightness
    >>> np.asarray(change_brightness(np.zeros((1, 1, 2, 1)), np.array([0.5]))).ravel().tolist()
    [0.5, 0.5]
    """
    return ops.convert_to_tensor(images) + _of_images(delta)


def change_contrast(images: Any, factor: Any) -> Any:
    r"""Stretch the pixels about the mean of their channel: :math:`x' = (x - \bar x) f + \bar x`.

    Parameters
    ----------
    images : tensor of shape (n, h, w, c)
        A batch of images.
    factor : tensor of shape (n,)
        Factor of each image; 1 changes nothing, 0 leaves the mean.

    Returns
    -------
    tensor of shape (n, h, w, c)
        The changed images; they may leave the range of pixels.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.augmentation import change_contrast
    >>> image = np.array([0.25, 0.75]).reshape(1, 1, 2, 1)
    >>> np.asarray(change_contrast(image, np.array([2.0]))).ravel().tolist()
    [0.0, 1.0]
    """
    images = ops.convert_to_tensor(images)
    mean = ops.mean(images, axis=(1, 2), keepdims=True)
    return (images - mean) * _of_images(factor) + mean


def change_saturation(images: Any, factor: Any) -> Any:
    r"""Multiply the saturation of colors, and leave hue and value as they are.

    In the hue-saturation-value model of color [1]_ a pixel has the value :math:`V = \max x` and the
    saturation :math:`S = (V - \min x) / V`, and with hue and value fixed the distances
    :math:`V - x` of its channels are proportional to the saturation. With the new saturation
    :math:`\min(f S, 1)` that is

    .. math:: x' = V - (V - x) \min\left(f, \frac{V}{V - \min x}\right).

    Parameters
    ----------
    images : tensor of shape (n, h, w, 3)
        A batch of images in red, green and blue.
    factor : tensor of shape (n,)
        Factor of each image, at least 0; 1 changes nothing, 0 leaves gray.

    Returns
    -------
    tensor of shape (n, h, w, 3)
        The changed images.

    Notes
    -----
    Where all channels are 0 or negative, as a change of brightness may leave them, there is no
    saturation, and the result is gray.

    References
    ----------
    .. [1] A. R. Smith, "Color gamut transform pairs", SIGGRAPH 1978.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.augmentation import change_saturation
    >>> image = np.array([1.0, 0.5, 0.75]).reshape(1, 1, 1, 3)
    >>> np.asarray(change_saturation(image, np.array([0.5]))).ravel().tolist()
    [1.0, 0.75, 0.875]
    """
    images = ops.convert_to_tensor(images)
    value = ops.max(images, axis=-1, keepdims=True)
    spread = value - ops.min(images, axis=-1, keepdims=True)
    gray = spread == 0
    # One that is not zero where there is nothing to divide, so that no gradient is infinite.
    most = ops.relu(value) / ops.where(gray, ops.ones_like(spread), spread)
    return value - (value - images) * ops.minimum(_of_images(factor), most)


def _of_images(values: Any) -> Any:
    """Return one value for each image in a form that broadcasts over pixels."""
    return ops.reshape(values, (-1, 1, 1, 1))
