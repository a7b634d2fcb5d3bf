"""The programs that models share, and the model that runs one."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

import jax
import keras
import numpy as np

from nnest import fusion
from nnest.programs._disk import kept_programs
from nnest.programs._signature import signature

__all__ = [
    "TRACING",
    "clear_programs",
    "outputs_of",
    "outputs_together",
    "running",
    "running_model",
    "shared_program",
    "step_program",
    "traced_with",
]

#: How many programs are kept; the one that was not used for longest goes first.
CAPACITY = 192
#: Bytes of the widest map of a batch up to which convolutions are fastest on a CPU; measured.
MAP_BYTES = 7_000_000
#: Tracing writes on the model that is traced: one thread at a time.
TRACING = threading.RLock()

# A program outlives the model with which it was traced, and other models run it. Had it kept that
# model, the weights of one model for each architecture would stay in memory for good. So it asks
# for the model only while it is traced, and this tells it which one: by thread, because members of
# a group are trained in several.
_programs: OrderedDict[tuple[Any, ...], Callable[..., Any]] = OrderedDict()
_running = threading.local()  # .model is the one whose program this thread runs


def clear_programs() -> None:
    """Forget all compiled programs.

    Examples
    --------
    >>> from nnest.programs import clear_programs
    >>> clear_programs()
    """
    _programs.clear()


@contextmanager
def running(model: keras.Model) -> Iterator[None]:
    """Trace with this model what this thread still has to trace, for as long as this lasts.

    A program keeps no model: it is traced with the one that runs it. What it compiles to is kept
    on disk.

    Parameters
    ----------
    model : Model
        A compiled model.

    Yields
    ------
    None
        Nothing; see :func:`running_model`.

    Examples
    --------
    >>> from nnest.builders import build_mlp
    >>> from nnest.programs import running, running_model
    >>> model = build_mlp((4,), 3)
    >>> with running(model):
    ...     running_model() is model
    True
    """
    with kept_programs(), traced_with(model):
        yield


@contextmanager
def traced_with(model: keras.Model) -> Iterator[None]:
    """Do as :func:`running` does, in the few instructions that a step has time for."""
    outer, _running.model = getattr(_running, "model", None), model
    try:
        yield
    finally:
        _running.model = outer


def running_model() -> Any:
    """Return the model whose program this thread runs.

    Returns
    -------
    Model or None
        None outside of :func:`running`.

    Examples
    --------
    >>> from nnest.programs import running_model
    >>> running_model() is None
    True
    """
    return getattr(_running, "model", None)


def shared_program(key: tuple[Any, ...], make: Callable[[], Callable[..., Any]]) -> Any:
    """Return the program of this key, made if there is none.

    Parameters
    ----------
    key : tuple
        Everything that the program depends on.
    make : callable
        Returns a new compiled function, which must hold no model.

    Returns
    -------
    callable
        The program.

    Examples
    --------
    >>> from nnest.programs import clear_programs, shared_program
    >>> shared_program(("demo",), lambda: abs)(-2)
    2
    >>> clear_programs()
    """
    with TRACING:
        if key not in _programs:
            _programs[key] = make()
        _programs.move_to_end(key)
        while len(_programs) > CAPACITY:
            _programs.popitem(last=False)
        return _programs[key]


def step_program(kind: str, model: Any) -> Any:
    """Return the program of one step of models of this architecture.

    Parameters
    ----------
    kind : {"train", "test", "predict", "gradient"}
        What the step is for.
    model : Model
        A compiled model; :func:`running` must hold it, or one of its signature, whenever the
        program is called.

    Returns
    -------
    callable
        Takes state and batch, returns metrics, outputs or gradients, and the new state; the old one
        is gone, except where it is for a prediction.

    Examples
    --------
    >>> from nnest.builders import build_mlp
    >>> from nnest.programs import step_program
    >>> one, other = build_mlp((4,), 3, dropout=0.1), build_mlp((4,), 3, dropout=0.2)
    >>> for model in (one, other):
    ...     model.compile("adam", "categorical_crossentropy")
    >>> step_program("train", one) is step_program("train", other)
    True
    """

    def make() -> Callable[..., Any]:
        # A new function each time: JAX shares what is compiled by the function.
        def step(state: Any, data: Any) -> Any:
            outputs, new = getattr(running_model(), f"{kind}_step")(state, data)
            return outputs, ((state[0], new) if kind == "predict" else new)

        options = fusion.compiler_options() if _convolves(model) else {}
        given_away = () if kind == "predict" else 0
        return jax.jit(step, donate_argnums=given_away, compiler_options=options)

    return shared_program((kind, signature(model)), make)


def outputs_of(
    like: Any, state: tuple[list[Any], list[Any]], x: np.ndarray, batch_size: int
) -> tuple[np.ndarray, list[Any]]:
    """Return what a network answers whose state is given, without a model of its own.

    Parameters
    ----------
    like : Model
        A compiled model of its architecture.
    state : tuple of list
        Weights and other variables of the network, in the order of `like`.
    x : ndarray of float32
        Inputs, at least one.
    batch_size : int
        Samples in a batch.

    Returns
    -------
    outputs : ndarray
        Outputs.
    others : list
        The other variables as they are now.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.builders import build_mlp
    >>> from nnest.programs import outputs_of
    >>> like = build_mlp((4,), 3)
    >>> like.compile("adam", "categorical_crossentropy")
    >>> state = [v.value for v in like.trainable_variables], [
    ...     v.value for v in like.non_trainable_variables
    ... ]
    >>> outputs_of(like, state, np.ones((2, 4), np.float32), 2)[0].shape
    (2, 3)
    """
    program, outputs = step_program("predict", like), []
    weights, others = state
    with running(like):
        for start in range(0, len(x), batch_size):
            output, (_, others) = program((weights, others), (x[start : start + batch_size],))
            outputs.append(output)
    return np.concatenate(outputs), others


def outputs_together(
    like: Any, states: list[tuple[list[Any], list[Any]]], x: np.ndarray, batch_size: int
) -> np.ndarray:
    """Return what several networks of one architecture answer.

    Perceptrons answer in one program. Networks with convolutions answer one after the other, on a
    CPU in batches whose maps stay in its cache.

    Parameters
    ----------
    like : Model
        A compiled model of their architecture, on JAX.
    states : list of tuple of list
        Weights and other variables of each network, in the order of `like`.
    x : ndarray of float32
        Inputs, at least one.
    batch_size : int
        Samples in a batch, at most.

    Returns
    -------
    ndarray of shape (n_networks, n, n_outputs)
        Outputs.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest.builders import build_mlp
    >>> from nnest.programs import outputs_together
    >>> like = build_mlp((4,), 3)
    >>> like.compile("adam", "categorical_crossentropy")
    >>> state = [v.value for v in like.trainable_variables], [
    ...     v.value for v in like.non_trainable_variables
    ... ]
    >>> outputs_together(like, [state, state], np.ones((2, 4), np.float32), 2).shape
    (2, 2, 3)
    """

    def make() -> Callable[..., Any]:
        def step(states: Any, data: Any) -> Any:
            # One after the other in one program: on a CPU, products of stacked kernels are slower.
            outputs = [running_model().predict_step(state, data)[0] for state in states]
            return jax.numpy.stack(outputs)

        return jax.jit(step)

    if _convolves(like):
        rows = _rows_in_cache(like, batch_size)
        # The state may be a file, which is read once and not for each batch.
        return np.stack([outputs_of(like, jax.device_put(state), x, rows)[0] for state in states])
    program = shared_program(("predict together", signature(like)), make)
    with running(like):
        outputs = [
            program(states, (x[start : start + batch_size],))
            for start in range(0, len(x), batch_size)
        ]
    return np.concatenate(outputs, axis=1)


def _convolves(model: Any) -> bool:
    """Tell whether a model has convolutions."""
    return any(isinstance(layer, keras.layers.Conv2D) for layer in model.layers)


def _rows_in_cache(model: Any, most: int) -> int:
    """Return how many samples of at most so many are a batch for a network with convolutions."""
    widest = max(4 * prod(layer.output.shape[1:]) for layer in model.layers)
    fitting = 1 << (MAP_BYTES // widest).bit_length() >> 1  # a power of two
    return max(32, min(most, fitting)) if jax.default_backend() == "cpu" else most
