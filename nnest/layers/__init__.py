"""Keras layers whose hyper-parameters are part of their state."""

from nnest.layers._draws import uniform
from nnest.layers._layers import Conv2D, Dense, Dropout, MaxPooling2D
from nnest.layers._normalization import BatchNormalization
from nnest.layers._patches import (
    are_convolutions_products,
    convolutions_as_products,
    convolve_patches,
)
from nnest.layers._starts import start_of
from nnest.layers._state import Hyperparameters, known_batch, present_labels, present_rows

__all__ = [
    "BatchNormalization",
    "Conv2D",
    "Dense",
    "Dropout",
    "Hyperparameters",
    "MaxPooling2D",
    "are_convolutions_products",
    "convolutions_as_products",
    "convolve_patches",
    "known_batch",
    "present_labels",
    "present_rows",
    "start_of",
    "uniform",
]
