"""The preprocessing functions as scikit-learn transformers."""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from nnest.preprocessing._functions import (
    FloatArray,
    check_mode,
    check_positive,
    checked_pixels,
    gaussian_blur,
    gaussian_kernel,
    scale_pixels,
)


def _keeps_features(transformer: _ImageTransformer) -> bool:
    """Tell whether each column of the input is a feature: so for flat images only."""
    return len(getattr(transformer, "image_shape_", (1,))) == 1


class _ImageTransformer(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """What both transformers share: checks, the shape seen in `fit`, feature names if flat."""

    image_shape_: tuple[int, ...]

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Check the parameters and the images, and remember the shape of an image.

        Parameters
        ----------
        X : array-like of shape (n, height, width), (n, height, width, channels) or (n, pixels)
            Images; nothing is learnt from their pixels.
        y : None
            Ignored; here because scikit-learn's pipelines hand it over.

        Returns
        -------
        self
            The transformer itself.
        """
        del y
        self._check_parameters()
        images = self._validated(X, reset=True)
        self.image_shape_ = images.shape[1:]
        return self

    def transform(self, X: ArrayLike) -> FloatArray:
        """Return the transformed images, in the shape of the input.

        Parameters
        ----------
        X : array-like of shape (n, height, width), (n, height, width, channels) or (n, pixels)
            Images of the shape that `fit` saw.

        Returns
        -------
        ndarray of the shape of `X`
            Pixels in float64 if `X` is float64, else in float32.
        """
        check_is_fitted(self)
        self._check_parameters()
        images = self._validated(X, reset=False)
        if images.shape[1:] != self.image_shape_:
            raise ValueError(
                f"{type(self).__name__} was fitted to images of the shape {self.image_shape_} and "
                f"got images of the shape {images.shape[1:]}: give images of one size, or fit "
                "again."
            )
        return self._transformed(images)

    @available_if(_keeps_features)
    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray[np.object_]:
        """Return the names of the pixels, for flat images.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the input's columns; None takes those that `fit` saw.

        Returns
        -------
        ndarray of str objects
            The same names: every pixel stays where it is.
        """
        names: NDArray[np.object_] = super().get_feature_names_out(input_features)
        return names

    def set_output(self, *, transform: str | None = None) -> Self:
        """Choose the container of flat images; images with rows and columns stay arrays.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"} or None, default=None
            The container, as scikit-learn names it; None leaves it as it is.

        Returns
        -------
        self
            The transformer itself.
        """
        if _keeps_features(self):
            super().set_output(transform=transform)
        return self

    def __sklearn_tags__(self) -> Tags:
        """Declare that images with rows and columns are welcome and float types are kept."""
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _validated(self, X: ArrayLike, *, reset: bool) -> NDArray[Any]:
        """Return `X` as scikit-learn's own estimators would, with our sentence for bad pixels."""
        images = validate_data(
            self, X, reset=reset, dtype="numeric", allow_nd=True, ensure_all_finite=False
        )
        return checked_pixels(images, f"X of {type(self).__name__}")

    def _check_parameters(self) -> None:
        """Raise if the function would refuse a parameter."""
        raise NotImplementedError

    def _transformed(self, images: NDArray[Any]) -> FloatArray:
        """Call the function on checked images."""
        raise NotImplementedError


class PixelScaler(_ImageTransformer):
    """Divide pixels by their largest possible value.

    Parameters
    ----------
    maximum : float, default=255.0
        The value of a white pixel, which becomes `factor`. The ``max_value`` of a data set.
    factor : float, default=1.0
        Brightness that is kept: below one dims the images. ``gaussian_kernel(3, 1.0,
        normalize=False).sum()`` dims as much as that kernel does, without its blur.

    Attributes
    ----------
    image_shape_ : tuple of int
        Shape of one image: ``X.shape[1:]`` in `fit`.
    n_features_in_ : int
        ``X.shape[1]`` in `fit`: pixels of flat images, else rows.
    feature_names_in_ : ndarray of str
        Names of the columns, where `X` had any.

    See Also
    --------
    scale_pixels : The same as a function.

    Notes
    -----
    Nothing is learnt from the data: the output is ``X / maximum * factor``.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.preprocessing import PixelScaler
    >>> PixelScaler(maximum=16).fit_transform(np.array([[0, 4, 16]]))
    array([[0.  , 0.25, 1.  ]], dtype=float32)
    """

    def __init__(self, maximum: float = 255.0, factor: float = 1.0) -> None:
        self.maximum = maximum
        self.factor = factor

    def _check_parameters(self) -> None:
        """Raise unless maximum and factor are positive."""
        check_positive("maximum", self.maximum)
        check_positive("factor", self.factor)

    def _transformed(self, images: NDArray[Any]) -> FloatArray:
        """Scale checked images."""
        return scale_pixels(images, self.maximum, self.factor)


class GaussianBlur(_ImageTransformer):
    """Convolve every image and channel with a Gaussian kernel.

    Parameters
    ----------
    size : int, default=3
        Height and width of the kernel; odd.
    sigma : float, default=1.0
        Standard deviation of the Gaussian, in pixels.
    normalize : bool, default=True
        Whether the kernel sums to one. Without it the images are dimmed as well.
    mode : {"reflect", "constant", "nearest", "mirror", "wrap"}, default="reflect"
        What lies beyond the border, in the words of `scipy.ndimage`.
    image_shape : tuple of int or None, default=None
        Shape of an image, (height, width) or (height, width, channels), if images are flat. None
        takes flat images as square ones of one channel. Images that are not flat keep their own.

    Attributes
    ----------
    image_shape_ : tuple of int
        Shape of one image as it came: ``X.shape[1:]`` in `fit`.
    n_features_in_ : int
        ``X.shape[1]`` in `fit`: pixels of flat images, else rows.
    feature_names_in_ : ndarray of str
        Names of the columns, where `X` had any.

    See Also
    --------
    gaussian_blur : The same as a function.
    gaussian_kernel : The weights.

    Notes
    -----
    Nothing is learnt from the data. The output has the shape of the input: flat stays flat.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.preprocessing import GaussianBlur
    >>> flat = np.array([[0, 0, 0, 0, 100, 0, 0, 0, 0]])
    >>> GaussianBlur(normalize=False).fit_transform(flat).round(1)
    array([[ 5.9,  9.7,  5.9,  9.7, 15.9,  9.7,  5.9,  9.7,  5.9]],
          dtype=float32)
    """

    def __init__(
        self,
        size: int = 3,
        sigma: float = 1.0,
        normalize: bool = True,
        mode: str = "reflect",
        image_shape: tuple[int, ...] | None = None,
    ) -> None:
        self.size = size
        self.sigma = sigma
        self.normalize = normalize
        self.mode = mode
        self.image_shape = image_shape

    def __sklearn_tags__(self) -> Tags:
        """Declare that not every table of numbers is a flat image."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        return tags

    def _check_parameters(self) -> None:
        """Raise if the kernel, the border rule or the shape of the images cannot be used."""
        gaussian_kernel(self.size, self.sigma, normalize=self.normalize)
        check_mode(self.mode)
        if self.image_shape is not None and not _is_image_shape(self.image_shape):
            raise ValueError(
                f"image_shape={self.image_shape!r} is not accepted: give (height, width), "
                "(height, width, channels) or None."
            )

    def _validated(self, X: ArrayLike, *, reset: bool) -> NDArray[Any]:
        """Check also, in `fit`, that flat images have rows and columns to blur over."""
        images = super()._validated(X, reset=reset)
        self._with_rows(images)
        return images

    def _transformed(self, images: NDArray[Any]) -> FloatArray:
        """Blur checked images, flat ones by way of their rows and columns."""
        blurred = gaussian_blur(
            self._with_rows(images),
            self.size,
            self.sigma,
            normalize=self.normalize,
            mode=self.mode,
        )
        return blurred.reshape(images.shape)

    def _with_rows(self, images: NDArray[Any]) -> NDArray[Any]:
        """Return flat images as (n, height, width) or with channels, others as they are."""
        if images.ndim != 2:
            return images
        pixels = images.shape[1]
        side = math.isqrt(pixels)
        shape = (side, side) if self.image_shape is None else tuple(self.image_shape)
        if math.prod(shape) != pixels:
            wanted = "no square" if self.image_shape is None else f"not of the shape {shape}"
            raise ValueError(
                f"Flat images of {pixels} pixels are {wanted}: give image_shape=(height, width) or "
                "(height, width, channels), or images that are not flat."
            )
        return images.reshape(-1, *shape)


def _is_image_shape(shape: object) -> bool:
    """Tell whether `shape` is two or three positive whole numbers."""
    return (
        isinstance(shape, tuple | list)
        and len(shape) in (2, 3)
        and all(isinstance(side, int | np.integer) and side > 0 for side in shape)
    )
