"""Functional Keras models from the hyper-parameters that this package studies."""

from nnest.builders._blocks import Initializer
from nnest.builders._functions import build_cnn, build_mlp

__all__ = ["Initializer", "build_cnn", "build_mlp"]
