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
from tests.helpers import require, require_float16

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
    """Pooled maps and gradients have the type of the input."""
    if dtype == "float16":
        require_float16()
    assert_pools_like_stock(numbers(2, 8, 8, 2).astype(dtype), (2, 2))


def test_pooling_of_members_side_by_side_equals_pooling_of_members_alone() -> None:
    """Pooling and its gradient can be vmapped."""
    x = numbers(3, 2, 7, 8, 2)
    gradient = jax.grad(lambda x: jnp.sum(fusion.max_pool(x, (2, 2)) ** 2))

    together = jax.vmap(gradient)(x)
    np.testing.assert_array_equal(together, [gradient(member) for member in x])


BLOCKS = [Block(padding, rectify) for padding in ("SAME", "VALID") for rectify in (True, False)]
#: Images and kernels for each way to convolve.
SHAPES = {
    "multiply-adds": ((8, 9, 1), (2, 4)),
    "winograd": ((7, 8, 16), (3, 3)),
    "stock": ((9, 8, 3), (5, 2)),
}
OTHER_SHAPES = {
    "one channel": ((7, 8, 1), (3, 3)),
    "one channel and many taps": ((8, 8, 1), (5, 5)),
    "few channels": ((8, 7, 3), (3, 3)),
    "odd channels": ((8, 9, 17), (3, 3)),
    "a kernel as large as the image": ((4, 5, 2), (4, 4)),
    "nothing between": ((5, 4, 2), (1, 1)),
}


def stock_block(x: Any, kernel: Any, bias: Any, block: Block) -> Any:
    """Convolve, rectify and pool as the compiler does."""
    y = stock_convolution(x, kernel, block.padding) + bias
    return stock_pooling(jax.nn.relu(y) if block.rectify else y, (2, 2))


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
@pytest.mark.parametrize("way", SHAPES)
def test_a_block_equals_stock_layers(way: str, block: Block) -> None:
    """Output and all three gradients are the same, also where a row or a column is left over."""
    assert_exact(block, *SHAPES[way])


@pytest.mark.parametrize("shape", OTHER_SHAPES)
def test_blocks_of_other_shapes_equal_stock_layers(shape: str) -> None:
    """Channels and sides may be even or odd."""
    assert_exact(Block("SAME", rectify=True), *OTHER_SHAPES[shape])


def test_large_maps_are_left_to_the_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Winograd's products take room."""
    x, kernel = numbers(2, 8, 8, 16), numbers(3, 3, 16, 4, seed=1)
    block = Block("VALID", rectify=True)

    def y() -> Any:
        return fusion.convolve_block(x, kernel, jnp.zeros(4), block)

    by_winograd = y()
    monkeypatch.setattr("nnest.fusion._blocks.MOST_NUMBERS", 0)
    stock = stock_block(x, kernel, jnp.zeros(4), block)
    np.testing.assert_allclose(by_winograd, stock, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(y(), stock, rtol=1e-6, atol=1e-6)
    assert not np.array_equal(by_winograd, y())


@pytest.mark.parametrize("channels", [1, 2, 16])
def test_a_blank_image_gives_the_gradients_of_stock(channels: int) -> None:
    """All pixels of all windows are equal: one of them gets the gradient, or none."""
    blank, kernel = jnp.zeros((2, 8, 8, channels)), levels(3, 3, channels, 3)
    for rectify in (True, False):
        block = Block("VALID", rectify)
        bias = jnp.asarray([1.0, 0.0, -1.0])
        assert_blocks_equal(block, blank, kernel, bias, rtol=0.0, draw=levels)


@pytest.mark.parametrize("channels", [1, 16])
def test_rounding_stays_small(channels: int) -> None:
    """For any numbers the errors of a convolution are those of float32."""
    x, kernel = numbers(8, 16, 16, channels), numbers(3, 3, channels, 8, seed=1)
    bias = numbers(8, seed=2)
    for block in BLOCKS:
        fast = fusion.convolve_block(x, kernel, bias, block)
        stock = stock_block(x, kernel, bias, block)
        np.testing.assert_allclose(fast, stock, rtol=1e-5, atol=1e-5 * np.sqrt(channels))


@pytest.mark.parametrize("channels", [1, 2, 16])
def test_a_number_that_is_none_is_not_hidden(channels: int) -> None:
    """A network that diverged shows it."""
    x = jnp.zeros((1, 6, 6, channels)).at[0, 2, 2, 0].set(jnp.nan)
    for block in BLOCKS:
        y = fusion.convolve_block(x, jnp.ones((3, 3, channels, 2)), jnp.zeros(2), block)
        assert np.isnan(y).any()


@pytest.mark.parametrize("channels", [1, 3, 16])
def test_blocks_of_members_side_by_side_equal_blocks_of_members_alone(channels: int) -> None:
    """A block and its gradients can be vmapped over all of its inputs."""
    x, kernels = numbers(3, 2, 7, 8, channels), numbers(3, 3, 3, channels, 4, seed=1)
    block = Block("SAME", rectify=True)

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
        block = Block("VALID", rectify=True)
        program = jax.jit(
            lambda *inputs: jnp.sum(fusion.convolve_block(*inputs, block)), compiler_options=options
        )
        inputs = numbers(2, 8, 8, 16), numbers(3, 3, 16, 4), numbers(4)
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
