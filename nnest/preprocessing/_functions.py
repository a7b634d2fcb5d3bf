"""Gaussian kernels, blur and pixel scaling as functions of plain arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

FloatArray = NDArray[np.floating[Any]]

MODES = ("reflect", "constant", "nearest", "mirror", "wrap")


def gaussian_kernel(
    size: int = 3, sigma: float = 1.0, *, normalize: bool = True
) -> NDArray[np.float64]:
    r"""Return a square kernel of Gaussian weights.

    Parameters
    ----------
    size : int, default=3
        Height and width of the kernel; odd, so that it has a center.
    sigma : float, default=1.0
        Standard deviation of the Gaussian, in pixels.
    normalize : bool, default=True
        Whether the weights are divided by their sum. Without it they are the values of the
        density at whole pixels, whose sum is not one: the picture is dimmed (or brightened) as
        well as blurred.

    Returns
    -------
    ndarray of shape (size, size), float64
        The weights, the largest in the center.

    Raises
    ------
    ValueError
        If `size` is even or not positive, or `sigma` not positive and finite.
    TypeError
        If `size` is not an integer or `sigma` is not a number.

    Notes
    -----
    With :math:`x` and :math:`y` counted from the center, the density is

    .. math:: G(x, y) = \frac{1}{2\pi\sigma^2} \exp\left(-\frac{x^2 + y^2}{2\sigma^2}\right).

    At ``size=3, sigma=1`` its nine values sum to 0.779, so that a picture convolved with them
    keeps 78 % of its brightness. Divided by their sum they keep all of it.

    References
    ----------
    .. [1] R. Szeliski, "Computer Vision: Algorithms and Applications", 2nd edition, section 3.2,
           Springer, 2022.

    Examples
    --------
    >>> from nnest.preprocessing import gaussian_kernel
    >>> gaussian_kernel(3, 1.0).round(4)
    array([[0.0751, 0.1238, 0.0751],
           [0.1238, 0.2042, 0.1238],
           [0.0751, 0.1238, 0.0751]])
    >>> float(gaussian_kernel(3, 1.0, normalize=False).sum().round(4))
    0.7795
    """
    profile = _profile(size, sigma, normalize)
    return np.outer(profile, profile)


def gaussian_blur(
    images: ArrayLike,
    size: int = 3,
    sigma: float = 1.0,
    *,
    normalize: bool = True,
    mode: str = "reflect",
) -> FloatArray:
    """Convolve every image and channel with a Gaussian kernel.

    Parameters
    ----------
    images : array-like of shape (n, height, width) or (n, height, width, channels)
        Images of any real type.
    size : int, default=3
        Height and width of the kernel; odd. It may be larger than the image.
    sigma : float, default=1.0
        Standard deviation of the Gaussian, in pixels.
    normalize : bool, default=True
        Whether the kernel sums to one, see `gaussian_kernel`.
    mode : {"reflect", "constant", "nearest", "mirror", "wrap"}, default="reflect"
        What lies beyond the border, in the words of `scipy.ndimage`; "constant" is black.

    Returns
    -------
    ndarray of the shape of `images`
        Pixels in float64 if `images` is float64, else in float32; not rounded.

    Raises
    ------
    ValueError
        If there is no image, if a pixel is not finite, if the number of dimensions is neither
        three nor four, or if a parameter is out of range.
    TypeError
        If the pixels are no real numbers.

    Notes
    -----
    The kernel is a product of two profiles, so each axis is convolved with one of them: `2 * size`
    products a pixel instead of ``size ** 2``. A Gaussian is symmetric, so convolution and
    correlation are the same.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.preprocessing import gaussian_blur
    >>> dot = np.zeros((1, 3, 3), dtype="uint8")
    >>> dot[0, 1, 1] = 100
    >>> gaussian_blur(dot).round(1)
    array([[[ 7.5, 12.4,  7.5],
            [12.4, 20.4, 12.4],
            [ 7.5, 12.4,  7.5]]], dtype=float32)
    """
    profile = _profile(size, sigma, normalize)
    check_mode(mode)
    pixels = checked_pixels(images)
    if pixels.ndim not in (3, 4):
        raise ValueError(
            f"images has the shape {pixels.shape}: give (n, height, width) or "
            "(n, height, width, channels)."
        )
    return _blur(pixels, profile, mode)


def scale_pixels(images: ArrayLike, maximum: float = 255.0, factor: float = 1.0) -> FloatArray:
    """Divide pixels by their largest possible value.

    Parameters
    ----------
    images : array-like of any shape but empty
        Images of any real type, flat or not.
    maximum : float, default=255.0
        The value of a white pixel, which becomes `factor`.
    factor : float, default=1.0
        Brightness that is kept: below one dims the images, above one brightens them.

    Returns
    -------
    ndarray of the shape of `images`
        Pixels, ``images / maximum * factor``; float64 if `images` is float64, else float32.

    Raises
    ------
    ValueError
        If there is no image, if a pixel is not finite, or if `maximum` or `factor` is not
        positive and finite.
    TypeError
        If the pixels, `maximum` or `factor` are no real numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.preprocessing import scale_pixels
    >>> scale_pixels(np.array([[0, 51, 255]], dtype="uint8"))
    array([[0. , 0.2, 1. ]], dtype=float32)
    """
    check_positive("maximum", maximum)
    check_positive("factor", factor)
    pixels = checked_pixels(images)
    scaled: FloatArray = np.divide(pixels, maximum, dtype=_float_type(pixels))
    if factor != 1:
        scaled *= factor
    return scaled


def _profile(size: int, sigma: float, normalize: bool) -> NDArray[np.float64]:
    """Return one axis of the kernel, which is this profile times itself."""
    _check_size(size)
    check_positive("sigma", sigma)
    offsets = np.arange(size, dtype=np.float64) - size // 2
    with np.errstate(over="ignore"):  # far outside a narrow Gaussian: exp(-inf) is the zero we want
        weights = np.exp(-0.5 * (offsets / sigma) ** 2)
    total = weights.sum() if normalize else math.sqrt(2 * math.pi) * sigma
    profile: NDArray[np.float64] = weights / total
    return profile


def _blur(pixels: NDArray[Any], profile: NDArray[np.float64], mode: str) -> FloatArray:
    """Convolve the height and the width of checked images."""
    dtype = _float_type(pixels)
    rows = ndimage.correlate1d(pixels.astype(dtype, copy=False), profile, axis=1, mode=mode)
    blurred: FloatArray = ndimage.correlate1d(rows, profile, axis=2, mode=mode)
    return blurred


def _float_type(pixels: NDArray[Any]) -> type[np.float32] | type[np.float64]:
    """Return float64 for float64 pixels, float32 for all others: it holds 8-bit ones exactly."""
    is_double = pixels.dtype.kind == "f" and pixels.dtype.itemsize >= 8
    return np.float64 if is_double else np.float32


def checked_pixels(images: ArrayLike, owner: str = "images") -> NDArray[Any]:
    """Return `images` as an array of finite real numbers, or say what is wrong with them."""
    pixels = np.asarray(images)
    if pixels.dtype.kind not in "buif":
        raise TypeError(
            f"{owner} has the type {pixels.dtype}: give whole numbers or floats, "
            "for example images.astype('float32')."
        )
    if pixels.size == 0:
        raise ValueError(f"{owner} has the shape {pixels.shape}: give at least one image.")
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        count = int(pixels.size - np.isfinite(pixels).sum())
        raise ValueError(
            f"{owner} has {count} pixels that are NaN or infinite: replace them, for example "
            "with numpy.nan_to_num, or leave those images out."
        )
    return pixels


def _check_size(size: object) -> None:
    """Raise unless a kernel size is an odd integer of 1 or more."""
    if isinstance(size, bool) or not isinstance(size, int | np.integer):
        raise TypeError(f"size={size!r} is not accepted: give an odd whole number, such as 3.")
    if size < 1 or size % 2 == 0:
        raise ValueError(
            f"size={size!r} is not accepted: a kernel needs a center, so give an odd whole number "
            "of at least 1, such as 3."
        )


def check_positive(name: str, value: object) -> None:
    """Raise unless a parameter is a positive, finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name}={value!r} is not accepted: give a positive number.")
    if not (np.isfinite(value) and value > 0):
        raise ValueError(f"{name}={value!r} is not accepted: give a positive, finite number.")


def check_mode(mode: str) -> None:
    """Raise unless a border rule is one of `MODES`."""
    if mode not in MODES:
        raise ValueError(f"mode={mode!r} is not accepted: give one of {', '.join(MODES)}.")
