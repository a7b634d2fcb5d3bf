"""Properties of kernels and blur that hold for any size, width and picture."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage

from nnest.preprocessing import gaussian_blur, gaussian_kernel, scale_pixels

SIZES = st.integers(0, 4).map(lambda half: 2 * half + 1)
SIGMAS = st.floats(0.05, 50)
IMAGES = arrays(np.uint8, array_shapes(min_dims=3, max_dims=4, min_side=1, max_side=6))
MODES = st.sampled_from(["reflect", "constant", "nearest", "mirror", "wrap"])


@given(SIZES, SIGMAS)
def test_kernel_sums_to_one_and_is_symmetric(size: int, sigma: float) -> None:
    """The weights are a distribution that no quarter turn and no mirror changes."""
    kernel = gaussian_kernel(size, sigma)
    np.testing.assert_allclose(kernel.sum(), 1, rtol=1e-12)
    np.testing.assert_array_equal(kernel, kernel.T)
    np.testing.assert_array_equal(kernel, kernel[::-1])
    assert kernel.max() == kernel[size // 2, size // 2]


@given(SIZES, SIGMAS)
def test_normalization_only_rescales(size: int, sigma: float) -> None:
    """Both kernels have the same shape and differ by the sum."""
    density = gaussian_kernel(size, sigma, normalize=False)
    np.testing.assert_allclose(density / density.sum(), gaussian_kernel(size, sigma), atol=1e-15)


@given(IMAGES, SIZES, SIGMAS, MODES)
def test_blur_is_the_correlation_with_the_kernel(
    images: np.ndarray, size: int, sigma: float, mode: str
) -> None:
    """Also where the kernel is larger than the image."""
    kernel = gaussian_kernel(size, sigma)
    kernel = kernel.reshape(1, size, size, *(1,) * (images.ndim - 3))
    expected = ndimage.correlate(images.astype(float), kernel, mode=mode)
    np.testing.assert_allclose(
        gaussian_blur(images, size, sigma, mode=mode), expected, rtol=1e-5, atol=1e-4
    )


@given(IMAGES, SIZES, SIGMAS)
def test_blur_stays_within_the_pixels_of_each_channel(
    images: np.ndarray, size: int, sigma: float
) -> None:
    """A mean of pixels is no darker than the darkest and no brighter than the brightest."""
    blurred = gaussian_blur(images, size, sigma)
    low, high = images.min(axis=(1, 2), keepdims=True), images.max(axis=(1, 2), keepdims=True)
    assert (blurred >= low - 1e-3).all()
    assert (blurred <= high + 1e-3).all()


@given(IMAGES, st.floats(0.5, 1e3), st.floats(0.01, 10))
def test_scaling_can_be_undone(images: np.ndarray, maximum: float, factor: float) -> None:
    """Nothing is lost: rounding back gives every pixel."""
    scaled = scale_pixels(images, maximum, factor)
    np.testing.assert_array_equal(np.rint(scaled / factor * maximum).astype(np.uint8), images)
