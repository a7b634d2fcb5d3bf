"""Functional Keras models from the hyper-parameters that this package studies."""

from nnest.builders._functions import build_cnn, build_mlp
from nnest.builders._layers import (
    Initializer,
    Initializers,
    OtherArchitectureError,
    filled_layers,
    initial_values,
    own_shapes,
    recorded_layers,
)

__all__ = [
    "Initializer",
    "Initializers",
    "OtherArchitectureError",
    "build_cnn",
    "build_mlp",
    "filled_layers",
    "initial_values",
    "own_shapes",
    "recorded_layers",
]
