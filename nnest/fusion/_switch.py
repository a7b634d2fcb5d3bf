"""Whether the fast operators are used, and what their programs ask of the compiler."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

import jax
import keras

__all__ = ["compiler_options", "is_on", "switched_off"]

WANTED = (
    ("xla_disable_hlo_passes", "cse_barrier_expander"),
    ("xla_cpu_experimental_ynn_fusion_type", "LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT"),
)
_off: ContextVar[bool] = ContextVar("off", default=False)


def is_on() -> bool:
    """Tell whether the operators of this package are used.

    They are on JAX on a CPU, unless the environment variable ``NNEST_FUSION`` is ``0`` or
    :func:`switched_off` holds. A program that was compiled one way stays what it is: whoever
    keeps programs keeps this answer with them.

    Returns
    -------
    bool
        False on every other back end and device.

    Examples
    --------
    >>> from nnest.fusion import is_on, switched_off
    >>> with switched_off():
    ...     is_on()
    False
    """
    if _off.get() or os.environ.get("NNEST_FUSION") == "0":
        return False
    return keras.backend.backend() == "jax" and jax.default_backend() == "cpu"


@contextmanager
def switched_off() -> Iterator[None]:
    """Use Keras's own operators for as long as this lasts.

    Yields
    ------
    None
        Nothing; see :func:`is_on`.

    Examples
    --------
    >>> from nnest.fusion import compiler_options, switched_off
    >>> with switched_off():
    ...     compiler_options()
    {}
    """
    token = _off.set(True)
    try:
        yield
    finally:
        _off.reset(token)


def compiler_options() -> dict[str, str]:
    """Return what `jax.jit` is to be given as `compiler_options` for programs with these operators.

    The compiler fuses a producer into each of its consumers, which here means to compute it many
    times over. Barriers forbid that, but the CPU's back end deletes them first, unless the pass
    that does so is left out: a step of training is then up to three times faster. And newer
    compilers hand convolutions to a library that runs them on one thread: they are to use it for
    products only.

    Returns
    -------
    dict of str to str
        Empty where :func:`is_on` is False.

    Examples
    --------
    >>> from nnest.fusion import compiler_options, is_on
    >>> bool(compiler_options()) == is_on()
    True
    """
    return dict(_known_options()) if is_on() else {}


@cache
def _known_options() -> tuple[tuple[str, str], ...]:
    """Return those of the wanted options that this compiler knows."""
    return tuple(option for option in WANTED if _is_known(*option))


def _is_known(name: str, value: str) -> bool:
    """Tell whether the compiler takes an option."""
    try:
        jax.jit(lambda: 0, compiler_options={name: value}).lower().compile()
    except jax.errors.JaxRuntimeError:
        return False
    return True
