"""Keras layers whose hyper-parameters are part of their state."""

from nnest.layers._layers import Conv2D, Dense, Dropout, MaxPooling2D
from nnest.layers._state import Hyperparameters, labels_of_batch, present_labels

__all__ = [
    "Conv2D",
    "Dense",
    "Dropout",
    "Hyperparameters",
    "MaxPooling2D",
    "labels_of_batch",
    "present_labels",
]
