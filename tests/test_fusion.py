"""The fast operators give the numbers of the compiler's own."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from nnest import fusion
from nnest.fusion import Block
from tests.helpers import require

KERNELS = [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (1, 3), (4, 2), (2, 5)]
SHAPES = [(3, 8, 8, 1), (2, 7, 9, 3)]
WINDOWS = [(1, 1), (2, 2), (3, 3), (2, 3), (3, 1), (5, 4), (5, 5)]


def numbers(*shape: int, seed: int = 0) -> Any:
    """Return random numbers of a shape."""
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


def stock_convolution(x: Any, kernel: Any, padding: str) -> Any:
    """Convolve as the compiler does."""
    numbers = ("NHWC", "HWIO", "NHWC")
    return lax.conv_general_dilated(x, kernel, (1, 1), padding, dimension_numbers=numbers)


def stock_pooling(x: Any, size: tuple[int, int]) -> Any:
    """Pool as the compiler does."""
    window = (1, *size, 1)
    return lax.reduce_window(x, -jnp.inf, lax.max, window, window, "VALID")


def levels(*shape: int, seed: int = 0) -> Any:
    """Return small whole numbers: all sums of their products are exact, and many are equal."""
    return jnp.asarray(np.random.default_rng(seed).integers(-2, 3, size=shape), jnp.float32)


def assert_same(
    fast: Any, stock: Any, *inputs: Any, rtol: float = 1e-5, draw: Any = numbers
) -> None:
    """Hold an operator's output and gradients to another's, for one cotangent."""

    def pulled_back(operator: Any, inputs: Any) -> tuple[Any, Any]:
        out, back = jax.vjp(operator, *inputs)
        return out, back(draw(*out.shape, seed=9).astype(out.dtype))

    both = jax.jit(lambda *inputs: [pulled_back(operator, inputs) for operator in (fast, stock)])
    ours, theirs = (jax.tree.leaves(each) for each in both(*inputs))
    for a, b in zip(ours, theirs, strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        a, b = (np.asarray(each, np.float32) for each in (a, b))
        largest = np.abs(b[np.isfinite(b)]).max(initial=1.0)
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * largest)


def assert_pools_like_stock(x: Any, size: tuple[int, int]) -> None:
    """Hold pooling to the compiler's own, to the last bit."""
    assert_same(lambda x: fusion.max_pool(x, size), lambda x: stock_pooling(x, size), x, rtol=0.0)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("kernel", KERNELS, ids=str)
def test_convolution_equals_stock(kernel: tuple[int, int], padding: str) -> None:
    """Output and both gradients, over shapes with one channel and several, odd and even."""
    for shape in SHAPES:
        assert_same(
            lambda x, k: fusion.convolve(x, k, padding),
            lambda x, k: stock_convolution(x, k, padding),
            numbers(*shape),
            numbers(*kernel, shape[-1], 4, seed=1),
        )


def test_a_padded_kernel_may_be_larger_than_the_image() -> None:
    """Padding gives it room."""
    assert_same(
        lambda x, k: fusion.convolve(x, k, "SAME"),
        lambda x, k: stock_convolution(x, k, "SAME"),
        numbers(2, 3, 2, 2),
        numbers(5, 5, 2, 3, seed=1),
    )


@pytest.mark.parametrize("size", WINDOWS, ids=str)
def test_pooling_equals_stock(size: tuple[int, int]) -> None:
    """Also where rows and columns are left over."""
    for height, width in ((15, 16), (19, 20)):
        assert_pools_like_stock(numbers(2, height, width, 3), size)


@pytest.mark.parametrize("value", [0.0, -3.0, -np.inf, np.inf])
def test_a_blank_image_gives_the_gradient_to_the_first_pixel(value: float) -> None:
    """Where all pixels of a window are equal, one of them gets the gradient, as in stock."""
    assert_pools_like_stock(jnp.full((1, 4, 6, 2), value, jnp.float32), (2, 2))


@pytest.mark.parametrize("levels", [2, 3])
def test_ties_go_where_stock_sends_them(levels: int) -> None:
    """Rectified and quantized maps are full of ties."""
    x = jnp.asarray(np.random.default_rng(0).integers(levels, size=(4, 13, 11, 3)), jnp.float32)
    for size in ((2, 2), (2, 3)):
        assert_pools_like_stock(x, size)


def test_a_tie_moves_one_gradient_and_no_more() -> None:
    """The gradient of a pooled sum is as large as the number of windows, and lies in front."""
    gradient = jax.grad(lambda x: jnp.sum(fusion.max_pool(x, (2, 2))))(jnp.zeros((1, 4, 4, 1)))

    expected = np.zeros((4, 4))
    expected[::2, ::2] = 1
    np.testing.assert_array_equal(gradient[0, :, :, 0], expected)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_other_types_stay_as_they_are(dtype: str) -> None:
    """Outputs and gradients have the type of the input."""
    x, kernel = numbers(2, 8, 8, 2).astype(dtype), numbers(3, 3, 2, 4, seed=1).astype(dtype)

    assert_pools_like_stock(x, (2, 2))
    assert_same(
        lambda x, k: fusion.convolve(x, k, "SAME"),
        lambda x, k: stock_convolution(x, k, "SAME"),
        x,
        kernel,
        rtol=0.02,
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_members_side_by_side_equal_members_alone(channels: int) -> None:
    """Both operators and their gradients can be vmapped over inputs and kernels."""
    x, kernels = numbers(3, 2, 7, 8, channels), numbers(3, 3, 3, channels, 4, seed=1)

    def block(x: Any, kernel: Any) -> Any:
        return fusion.max_pool(fusion.convolve(x, kernel, "VALID"), (2, 2))

    def gradients(x: Any, kernel: Any) -> Any:
        loss = lambda x, kernel: jnp.sum(block(x, kernel) ** 2)  # noqa: E731
        return block(x, kernel), jax.grad(loss, argnums=(0, 1))(x, kernel)

    together = jax.jit(jax.vmap(gradients))(x, kernels)
    alone = [jax.jit(gradients)(*member) for member in zip(x, kernels, strict=True)]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *alone)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4), together, stacked
    )


def test_one_kernel_serves_many_inputs_under_vmap() -> None:
    """A kernel that is not batched is broadcast."""
    x, kernel = numbers(3, 2, 6, 6, 2), numbers(3, 3, 2, 4, seed=1)
    convolved = jax.vmap(fusion.convolve, (0, None, None))(x, kernel, "SAME")

    expected = fusion.convolve(x.reshape(6, 6, 6, 2), kernel, "SAME").reshape(convolved.shape)
    np.testing.assert_allclose(convolved, expected, rtol=1e-5, atol=1e-5)


BLOCKS = [
    Block(padding, rectify, pool)
    for padding in ("SAME", "VALID")
    for rectify in (True, False)
    for pool in (True, False)
]


def stock_block(x: Any, kernel: Any, bias: Any, block: Block) -> Any:
    """Convolve, rectify and pool as the compiler does."""
    y = stock_convolution(x, kernel, block.padding) + bias
    y = jax.nn.relu(y) if block.rectify else y
    return stock_pooling(y, (2, 2)) if block.pool else y


def assert_blocks_equal(block: Block, *inputs: Any, **settings: Any) -> None:
    """Hold a block to the stock operators one after another."""
    assert_same(
        lambda *inputs: fusion.convolve_block(*inputs, block),
        lambda *inputs: stock_block(*inputs, block),
        *inputs,
        **settings,
    )


def assert_exact(block: Block, image: tuple[int, ...], kernel: tuple[int, int]) -> None:
    """Hold a block to stock, to the last bit, in windows full of ties."""
    x, weights = levels(3, *image), levels(*kernel, image[-1], 4, seed=1)
    assert_blocks_equal(block, x, weights, levels(4, seed=2), rtol=0.0, draw=levels)


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_winograds_block_equals_stock_layers(block: Block) -> None:
    """Output and all three gradients are the same; a row and no column is left over."""
    assert_exact(block, (7, 8, 2), (3, 3))


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_block_for_one_channel_equals_stock_layers(block: Block) -> None:
    """Output and all three gradients are the same for a kernel that is no square."""
    assert_exact(block, (8, 9, 1), (2, 4))


@pytest.mark.parametrize(
    ("image", "kernel"),
    [((8, 7, 3), (3, 3)), ((3, 4, 5), (3, 3)), ((7, 8, 1), (3, 3)), ((9, 9, 1), (5, 5))],
    ids=str,
)
def test_blocks_of_other_shapes_equal_stock_layers(
    image: tuple[int, ...], kernel: tuple[int, int]
) -> None:
    """Channels and sides may be even or odd."""
    for padding in ("SAME", "VALID"):
        if min(image[:2]) > kernel[0]:
            assert_exact(Block(padding, rectify=True, pool=True), image, kernel)


@pytest.mark.parametrize("channels", [1, 2])
def test_a_blank_image_gives_the_gradients_of_stock(channels: int) -> None:
    """All pixels of all windows are equal: one of them gets the gradient, or none."""
    blank, kernel = jnp.zeros((2, 8, 8, channels)), levels(3, 3, channels, 3)
    for rectify in (True, False):
        block = Block("VALID", rectify, pool=True)
        bias = jnp.asarray([1.0, 0.0, -1.0])
        assert_blocks_equal(block, blank, kernel, bias, rtol=0.0, draw=levels)


@pytest.mark.parametrize("channels", [1, 4])
def test_rounding_stays_small(channels: int) -> None:
    """For any numbers the errors of a block are those of float32."""
    x, kernel = numbers(8, 16, 16, channels), numbers(3, 3, channels, 16, seed=1)
    block = Block("VALID", rectify=False, pool=False)  # no place that rounding could change
    assert_blocks_equal(block, x, kernel, numbers(16, seed=2), rtol=3e-6)


@pytest.mark.parametrize("channels", [1, 2])
def test_a_number_that_is_none_is_not_hidden(channels: int) -> None:
    """A network that diverged shows it."""
    x = jnp.zeros((1, 6, 6, channels)).at[0, 2, 2, 0].set(jnp.nan)
    for block in BLOCKS:
        y = fusion.convolve_block(x, jnp.ones((3, 3, channels, 2)), jnp.zeros(2), block)
        assert np.isnan(y).any()


@pytest.mark.parametrize("channels", [1, 2])
def test_blocks_of_members_side_by_side_equal_blocks_of_members_alone(channels: int) -> None:
    """A block and its gradients can be vmapped over all of its inputs."""
    x, kernels = numbers(3, 2, 7, 8, channels), numbers(3, 3, 3, channels, 4, seed=1)
    block = Block("SAME", rectify=True, pool=True)

    def gradients(*inputs: Any) -> Any:
        loss = lambda *inputs: jnp.sum(fusion.convolve_block(*inputs, block) ** 2)  # noqa: E731
        return jax.value_and_grad(loss, argnums=(0, 1, 2))(*inputs)

    inputs = (x, kernels, numbers(3, 4, seed=2))
    together = jax.jit(jax.vmap(gradients))(*inputs)
    alone = [jax.jit(gradients)(*member) for member in zip(*inputs, strict=True)]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *alone)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4), together, stacked
    )


def test_barriers_outlive_the_compiler() -> None:
    """Without the option that a program is to be compiled with, they are gone."""

    def compiled(options: dict[str, str]) -> str:
        block = Block("VALID", rectify=True, pool=True)
        program = jax.jit(
            lambda *inputs: jnp.sum(fusion.convolve_block(*inputs, block)), compiler_options=options
        )
        inputs = numbers(2, 8, 8, 2), numbers(3, 3, 2, 4), numbers(4)
        return str(program.lower(*inputs).compile().as_text())

    assert "opt-barrier" in compiled(fusion.compiler_options())
    assert "opt-barrier" not in compiled({})


def test_one_switch_turns_all_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """It can be turned in a program and from outside."""
    require(fusion.is_on(), "this machine computes elsewhere than on its CPU")
    with fusion.switched_off():
        assert not fusion.is_on()
        assert fusion.compiler_options() == {}
    assert fusion.is_on()
    assert fusion.compiler_options() != {}
    monkeypatch.setenv("NNEST_FUSION", "0")
    assert not fusion.is_on()
    monkeypatch.setenv("NNEST_FUSION", "1")
    assert fusion.is_on()


def test_the_operators_serve_jax_on_a_cpu_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everywhere else Keras's own are used."""
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert not fusion.is_on()
    assert fusion.compiler_options() == {}
    monkeypatch.setattr(jax, "default_backend", lambda: "cpu")
    assert fusion.is_on()
    monkeypatch.setattr("keras.backend.backend", lambda: "torch")
    assert not fusion.is_on()
