"""Keras layers whose hyper-parameters are part of their state."""

from nnest.layers._initializers import compiled_initializer
from nnest.layers._layers import Conv2D, Dense, Dropout, MaxPooling2D
from nnest.layers._normalization import BatchNormalization
from nnest.layers._patches import (
    are_convolutions_products,
    convolutions_as_products,
    convolve_patches,
)
from nnest.layers._random import uniform
from nnest.layers._state import Hyperparameters, batch_context, batch_labels, sample_mask
from nnest.layers._units import FilledDropout, UnitMask

__all__ = [
    "BatchNormalization",
    "Conv2D",
    "Dense",
    "Dropout",
    "FilledDropout",
    "Hyperparameters",
    "MaxPooling2D",
    "UnitMask",
    "are_convolutions_products",
    "batch_context",
    "batch_labels",
    "compiled_initializer",
    "convolutions_as_products",
    "convolve_patches",
    "sample_mask",
    "uniform",
]
