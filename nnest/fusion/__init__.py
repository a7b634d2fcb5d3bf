"""Convolution, activation and pooling as one operator, several times faster on a CPU.

The compiler's own convolutions, and above all the gradient of pooling, take most of a small
network's training time on a CPU. The operators of this package compute the same numbers in
another way. Models keep their ordinary layers: :func:`operations` looks for the chains of
convolution, activation and pooling in a model's graph and runs each as one operator. All of it is
for JAX on a CPU, and :func:`switched_off` turns all of it off; elsewhere Keras's own is used.
"""

from nnest.fusion._blocks import Block, convolve_block
from nnest.fusion._chains import block_to_run, chains, operations
from nnest.fusion._pooling import max_pool
from nnest.fusion._switch import compiler_options, is_on, switched_off

__all__ = [
    "Block",
    "block_to_run",
    "chains",
    "compiler_options",
    "convolve_block",
    "is_on",
    "max_pool",
    "operations",
    "switched_off",
]
