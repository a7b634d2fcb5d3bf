"""Keras layers whose hyper-parameters are part of their state."""

from nnest.layers._layers import Conv2D, Dense, Dropout, MaxPooling2D
from nnest.layers._normalization import BatchNormalization
from nnest.layers._state import Hyperparameters, known_batch, present_labels, present_rows

__all__ = [
    "BatchNormalization",
    "Conv2D",
    "Dense",
    "Dropout",
    "Hyperparameters",
    "MaxPooling2D",
    "known_batch",
    "present_labels",
    "present_rows",
]
