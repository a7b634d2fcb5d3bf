"""Gaussian kernels, blur and pixel scaling: pure array functions and thin transformers.

The functions take and return plain arrays. The transformers do nothing but check their input
and call the functions, so that a preprocessing step can stand in a scikit-learn pipeline and its
parameters in a grid.
"""

from nnest.preprocessing._functions import gaussian_blur, gaussian_kernel, scale_pixels
from nnest.preprocessing._transformers import GaussianBlur, PixelScaler

__all__ = ["GaussianBlur", "PixelScaler", "gaussian_blur", "gaussian_kernel", "scale_pixels"]
