"""Preprocessing: kernels against the formula, blur against scipy, transformers in pipelines."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage, sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils import Tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from nnest.preprocessing import (
    GaussianBlur,
    PixelScaler,
    gaussian_blur,
    gaussian_kernel,
    scale_pixels,
)

MODES = ["reflect", "constant", "nearest", "mirror", "wrap"]


def pictures(*shape: int, seed: int = 0) -> np.ndarray:
    """Return random 8-bit pixels."""
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def test_kernel_without_normalization_has_the_printed_values() -> None:
    """The matrix that the density gives, to the eight digits that a report prints."""
    printed = [
        [0.05854983, 0.09653235, 0.05854983],
        [0.09653235, 0.15915494, 0.09653235],
        [0.05854983, 0.09653235, 0.05854983],
    ]
    assert gaussian_kernel(3, 1.0, normalize=False).round(8).tolist() == printed


def test_normalized_kernel_is_what_scipy_convolves_with() -> None:
    """A dot blurred by `scipy.ndimage.gaussian_filter` is the kernel."""
    dot = np.zeros((9, 9))
    dot[4, 4] = 1
    expected = ndimage.gaussian_filter(dot, 1.3, radius=2)[2:7, 2:7]
    np.testing.assert_allclose(gaussian_kernel(5, 1.3), expected, rtol=1e-12)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("shape", [(3, 7, 5), (3, 7, 5, 2)])
def test_blur_equals_scipy_image_by_image(
    shape: tuple[int, ...], normalize: bool, mode: str
) -> None:
    """Two one-dimensional passes give scipy's two-dimensional correlation."""
    images = pictures(*shape)
    kernel = gaussian_kernel(5, 1.2, normalize=normalize)
    channels = images.reshape(*shape[:3], -1).astype(float)
    expected = np.empty_like(channels)
    for image in range(shape[0]):
        for channel in range(channels.shape[3]):
            expected[image, ..., channel] = ndimage.correlate(
                channels[image, ..., channel], kernel, mode=mode
            )
    blurred = gaussian_blur(images, 5, 1.2, normalize=normalize, mode=mode)
    assert blurred.dtype == np.float32
    np.testing.assert_allclose(blurred, expected.reshape(shape), rtol=1e-5, atol=1e-4)


def test_kernel_that_is_not_normalized_dims_a_plain_picture() -> None:
    """A plain picture keeps its brightness, or the kernel's sum of it."""
    plain = np.full((1, 6, 6), 200, dtype=np.uint8)
    np.testing.assert_allclose(gaussian_blur(plain), 200, rtol=1e-6)
    share = gaussian_kernel(normalize=False).sum()
    np.testing.assert_allclose(gaussian_blur(plain, normalize=False), 200 * share, rtol=1e-6)


def test_scaler_can_dim_as_much_as_the_kernel_does() -> None:
    """`factor` dims without blurring, by exactly the kernel's sum."""
    share = gaussian_kernel(normalize=False).sum()
    images = pictures(2, 4, 4)
    dimmed = PixelScaler(factor=share).fit_transform(images)
    np.testing.assert_allclose(dimmed, images / 255 * share, rtol=1e-6)


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [("uint8", "float32"), ("bool", "float32"), ("int64", "float32"), ("float16", "float32"),
     ("float32", "float32"), ("float64", "float64"), (">f8", "float64")],
)  # fmt: skip
def test_result_is_float32_unless_float64_came(dtype: str, expected: str) -> None:
    """Types: 8-bit pixels need no more than float32; float64 is not narrowed."""
    images = np.ones((2, 3, 3), dtype=dtype)
    assert gaussian_blur(images).dtype == expected
    assert scale_pixels(images).dtype == expected


def test_input_is_left_as_it_was() -> None:
    """Neither function writes into its input."""
    images = pictures(2, 5, 5).astype(np.float64)
    before = images.copy()
    gaussian_blur(images)
    scale_pixels(images, factor=0.5)
    np.testing.assert_array_equal(images, before)


class RowBlur(GaussianBlur):
    """Takes any table as images of one row, so that scikit-learn's checks, on tables, can run."""

    def __sklearn_tags__(self) -> Tags:
        """Say that any table is welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        return tags

    def _with_rows(self, images: np.ndarray) -> np.ndarray:
        """Make each row of a table an image."""
        return images[:, np.newaxis] if images.ndim == 2 else images


@parametrize_with_checks([PixelScaler(), RowBlur()])
def test_scikit_learn_checks(estimator: Any, check: Any) -> None:
    """scikit-learn's own checks of a transformer."""
    check(estimator)


@pytest.mark.parametrize("transformer", [GaussianBlur(size=5), PixelScaler(factor=0.5)])
def test_flat_images_give_the_same_pixels(transformer: Any) -> None:
    """Flat square images are transformed as images and stay flat."""
    images = pictures(3, 6, 6)
    expected = transformer.fit_transform(images)
    flat = clone(transformer).fit_transform(images.reshape(3, -1))
    np.testing.assert_array_equal(flat, expected.reshape(3, -1))


def test_flat_color_images_are_blurred_by_their_shape() -> None:
    """`image_shape` says how pixels lie."""
    images = pictures(3, 6, 4, 3)
    flat = GaussianBlur(image_shape=(6, 4, 3)).fit_transform(images.reshape(3, -1))
    np.testing.assert_array_equal(flat.reshape(images.shape), gaussian_blur(images))


@pytest.mark.parametrize("transformer", [GaussianBlur(), PixelScaler()])
def test_set_output_names_the_pixels_of_flat_images(transformer: Any) -> None:
    """A table comes back as a table with its columns, and images come back as arrays."""
    table = pd.DataFrame(pictures(3, 4), columns=["nw", "ne", "sw", "se"])
    transformer = clone(transformer).set_output(transform="pandas")
    assert list(transformer.fit_transform(table).columns) == ["nw", "ne", "sw", "se"]
    images = pictures(3, 2, 2)
    assert isinstance(transformer.fit_transform(images), np.ndarray)
    assert transformer.set_output(transform="pandas") is transformer
    assert isinstance(transformer.transform(images), np.ndarray)


def test_grid_over_preprocessing_in_a_pipeline() -> None:
    """Parameters of a step are searched like any others."""
    images, labels = pictures(24, 16), np.arange(24) % 2
    images[labels == 1] //= 4
    pipeline = make_pipeline(GaussianBlur(), PixelScaler(), LogisticRegression())
    grid = GridSearchCV(pipeline, {"gaussianblur__sigma": [0.5, 1.0]}, cv=2)
    assert grid.fit(images, labels).best_score_ > 0.9


def test_transform_before_fit_is_refused() -> None:
    """Without `fit` the transformer does not know the size of an image."""
    with pytest.raises(NotFittedError):
        PixelScaler().transform(pictures(2, 3, 3))


def test_images_of_another_size_are_refused() -> None:
    """A pipeline that was fitted to one size does not quietly take another."""
    blur = GaussianBlur().fit(pictures(2, 5, 5))
    sentence = (
        "GaussianBlur was fitted to images of the shape (5, 5) and got images of the shape "
        "(5, 6): give images of one size, or fit again."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        blur.transform(pictures(2, 5, 6))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"size": 4}, "size=4 is not accepted: a kernel needs a center, so give an odd whole "
         "number of at least 1, such as 3."),
        ({"size": -1}, "size=-1 is not accepted: a kernel needs a center, so give an odd whole "
         "number of at least 1, such as 3."),
        ({"sigma": 0.0}, "sigma=0.0 is not accepted: give a positive, finite number."),
        ({"sigma": float("nan")}, "sigma=nan is not accepted: give a positive, finite number."),
        ({"mode": "black"}, "mode='black' is not accepted: give one of reflect, constant, "
         "nearest, mirror, wrap."),
    ],
)  # fmt: skip
def test_values_out_of_range_are_refused(arguments: dict[str, Any], sentence: str) -> None:
    """Function and transformer refuse in the same words."""
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        gaussian_blur(pictures(1, 3, 3), **arguments)
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        GaussianBlur(**arguments).fit(pictures(1, 3, 3))


@pytest.mark.parametrize("size", [3.0, "3", True, None])
def test_sizes_of_another_type_are_refused(size: Any) -> None:
    """A size is a whole number."""
    sentence = f"size={size!r} is not accepted: give an odd whole number, such as 3."
    with pytest.raises(TypeError, match=f"^{re.escape(sentence)}$"):
        gaussian_kernel(size)


@pytest.mark.parametrize("name", ["maximum", "factor"])
def test_scaler_refuses_what_is_not_positive(name: str) -> None:
    """Function and transformer refuse in the same words."""
    sentence = f"{name}=0 is not accepted: give a positive, finite number."
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        scale_pixels(pictures(1, 3, 3), **{name: 0})
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        PixelScaler(**{name: 0}).fit(pictures(1, 3, 3))
    sentence = f"{name}='white' is not accepted: give a positive number."
    with pytest.raises(TypeError, match=f"^{re.escape(sentence)}$"):
        PixelScaler(**{name: "white"}).fit(pictures(1, 3, 3))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_pixels_that_are_not_finite_are_refused(bad: float) -> None:
    """One sentence, which counts them."""
    images = np.ones((2, 3, 3))
    images[0, 0, 0] = bad
    rest = (
        " has 1 pixels that are NaN or infinite: replace them, for example with "
        "numpy.nan_to_num, or leave those images out."
    )
    with pytest.raises(ValueError, match=f"^images{re.escape(rest)}$"):
        gaussian_blur(images)
    with pytest.raises(ValueError, match=f"^X of PixelScaler{re.escape(rest)}$"):
        PixelScaler().fit(images)


def test_other_bad_images_are_refused() -> None:
    """Objects, nothing at all, and flat images given to the function."""
    sentence = (
        "images has the type object: give whole numbers or floats, for example "
        "images.astype('float32')."
    )
    with pytest.raises(TypeError, match=f"^{re.escape(sentence)}$"):
        scale_pixels(np.array([["a"]], dtype=object))
    sentence = "images has the shape (0, 3, 3): give at least one image."
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        gaussian_blur(np.empty((0, 3, 3)))
    sentence = (
        "images has the shape (2, 9): give (n, height, width) or (n, height, width, channels)."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        gaussian_blur(pictures(2, 9))
    with pytest.raises(TypeError, match=r"[Ss]parse"):
        PixelScaler().fit(sparse.csr_matrix(np.eye(3)))


@pytest.mark.parametrize(
    ("image_shape", "sentence"),
    [
        (None, "Flat images of 12 pixels are no square: give image_shape=(height, width) or "
         "(height, width, channels), or images that are not flat."),
        ((5, 5), "Flat images of 12 pixels are not of the shape (5, 5): give "
         "image_shape=(height, width) or (height, width, channels), or images that are not "
         "flat."),
        ((12,), "image_shape=(12,) is not accepted: give (height, width), "
         "(height, width, channels) or None."),
    ],
)  # fmt: skip
def test_flat_images_without_rows_are_refused(image_shape: Any, sentence: str) -> None:
    """Blur needs to know which pixels are neighbors."""
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        GaussianBlur(image_shape=image_shape).fit(pictures(2, 12))
