"""Functional Keras models from the hyper-parameters that this package studies."""

from nnest.builders._blocks import Initializer, Initializers
from nnest.builders._functions import build_cnn, build_mlp

__all__ = ["Initializer", "Initializers", "build_cnn", "build_mlp"]
