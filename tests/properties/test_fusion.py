"""What holds for the fast operators whatever the shapes and the pixels are."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nnest import fusion

sides = st.integers(1, 9)
channels = st.integers(1, 3)
seeds = st.integers(0, 2**32 - 1)
kernel_sides = st.integers(1, 5)
paddings = st.sampled_from(["SAME", "VALID"])


def drawn(seed: int, *shape: int, levels: int = 0) -> Any:
    """Return random numbers; few levels make ties."""
    rng = np.random.default_rng(seed)
    values = rng.integers(levels, size=shape) if levels else rng.normal(size=shape)
    return jnp.asarray(values, jnp.float32)


def pulled_back(operator: Any, seed: int, *inputs: Any) -> tuple[Any, Any, Any]:
    """Return an operator's output, a random cotangent of it, and the gradients of its inputs."""
    shape = jax.eval_shape(operator, *inputs).shape
    cotangent = drawn(seed, *shape)

    def both(cotangent: Any, *inputs: Any) -> Any:
        out, back = jax.vjp(operator, *inputs)
        return out, back(cotangent)

    out, gradients = jax.jit(both)(cotangent, *inputs)
    return out, np.asarray(cotangent), gradients


def by_hand(x: np.ndarray, kernel: np.ndarray, padding: str) -> np.ndarray:
    """Convolve by the definition, in double precision."""
    a, b = kernel.shape[:2]
    if padding == "SAME":
        x = np.pad(x, ((0, 0), ((a - 1) // 2, a // 2), ((b - 1) // 2, b // 2), (0, 0)))
    rows, columns = x.shape[1] - a + 1, x.shape[2] - b + 1
    shifts = ((i, j) for i in range(a) for j in range(b))
    return sum(x[:, i : i + rows, j : j + columns] @ kernel[i, j] for i, j in shifts)


def pooled(maps: np.ndarray) -> np.ndarray:
    """Pool by the definition, over tiles of 2x2 pixels."""
    rows, columns = (side // 2 for side in maps.shape[1:3])
    tiles = maps[:, : 2 * rows, : 2 * columns].reshape(len(maps), rows, 2, columns, 2, -1)
    return tiles.max(axis=(2, 4))


@settings(max_examples=20, deadline=None)
@given(
    seeds,
    sides,
    sides,
    st.sampled_from([1, 2, 16]),
    kernel_sides,
    kernel_sides,
    paddings,
    st.booleans(),
)
def test_a_block_is_its_definition_and_its_gradients_are_adjoints(
    seed: int, height: int, width: int, c: int, a: int, b: int, padding: str, rectify: bool
) -> None:
    """The output is that of the definition, and <y, g> = <k, gk> + <b, gb> = <x, gx> + <b, gb>.

    A block is linear in the kernel and the bias, and in the input and the bias, for as long as the
    same places are the maxima. With whole numbers everything is exact.
    """
    if padding == "VALID":
        height, width = height + a, width + b
    x, kernel = (
        drawn(seed, 2, height + 1, width + 1, c, levels=5),
        drawn(seed + 1, a, b, c, 3, levels=5),
    )
    bias = drawn(seed + 2, 3, levels=5)
    x, kernel, bias = x - 2, kernel - 2, bias - 2
    block = fusion.Block(padding, rectify)
    out, cotangent, gradients = pulled_back(
        lambda *inputs: fusion.convolve_block(*inputs, block), seed + 3, x, kernel, bias
    )

    maps = by_hand(np.asarray(x, np.float64), np.asarray(kernel, np.float64), padding)
    expected = pooled(maps + np.asarray(bias))
    expected = np.maximum(expected, 0) if rectify else expected
    np.testing.assert_array_equal(out, expected)
    products = expected * cotangent
    pairs = [
        np.sum(np.asarray(value, np.float64) * np.asarray(gradient, np.float64))
        for value, gradient in zip((x, kernel, bias), gradients, strict=True)
    ]
    for pair in pairs[:2]:
        assert abs(pair + pairs[2] - products.sum()) < 1e-5 * np.abs(products).sum() + 1e-3


@settings(max_examples=20)
@given(seeds, sides, sides, channels, st.integers(1, 4), st.integers(1, 4), st.integers(0, 3))
def test_pooling_moves_each_gradient_to_the_first_maximum(
    seed: int, height: int, width: int, c: int, a: int, b: int, levels: int
) -> None:
    """Each window's gradient lies whole at the first of its largest pixels, and nowhere else."""
    x = drawn(seed, 2, height + a - 1, width + b - 1, c, levels=levels)
    out, cotangent, (gradient,) = pulled_back(lambda x: fusion.max_pool(x, (a, b)), seed + 1, x)
    pixels, out, expected = np.asarray(x), np.asarray(out), np.zeros(x.shape, np.float32)
    for n, i, j, k in np.ndindex(*out.shape):
        window = pixels[n, i * a : (i + 1) * a, j * b : (j + 1) * b, k]
        first = np.unravel_index(window.argmax(), window.shape)
        expected[n, i * a + first[0], j * b + first[1], k] = cotangent[n, i, j, k]
        assert out[n, i, j, k] == window.max()

    np.testing.assert_array_equal(gradient, expected)
