"""What a layer knows beside its weights: hyper-parameters, and the labels of a batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import keras
from keras import ops

__all__ = ["Hyperparameters", "batch_context", "batch_labels", "sample_mask"]


class Hyperparameters:
    """Numbers of a layer that a program reads and no optimizer touches.

    They belong to the layer's `variables`, so that they are part of the state that a program is
    handed, and not to its `weights`: they are no parameters of the network, and counts of
    parameters do not show them.

    Parameters
    ----------
    **values : float or sequence of float
        Their names and values.

    Examples
    --------
    >>> from nnest.layers import Hyperparameters
    >>> Hyperparameters(rate=0.5).to_config()
    {'rate': 0.5}
    """

    def __init__(self, **values: Any) -> None:
        # Keras would take over a variable or a dictionary that is an attribute of the layer itself.
        # They are float32 under any policy: a rate of 0.1 in bfloat16 is another rate.
        self._variables = {
            name: keras.Variable(value, dtype="float32", trainable=False, autocast=False, name=name)
            for name, value in values.items()
        }

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._variables[name]

    @property
    def variables(self) -> list[Any]:
        """The variables, in the order in which they were given."""
        return list(self._variables.values())

    def to_config(self) -> dict[str, Any]:
        """Return the present values.

        Returns
        -------
        dict of str to float or list of float
            Each by its name, as the shortest decimal number of its float32 value.
        """
        return {
            name: _rounded(ops.convert_to_numpy(variable.value))
            for name, variable in self._variables.items()
        }


def _rounded(value: Any) -> Any:
    """Return the shortest decimal numbers that float32 values stand for."""
    return [_rounded(v) for v in value] if value.ndim else float(str(value))


# Labels and present rows of the batch that runs through the network.
_batch: ContextVar[tuple[Any, Any] | None] = ContextVar("batch", default=None)


@contextmanager
def batch_context(labels: Any = None, present: Any = None) -> Iterator[None]:
    """Let layers know about the rows of a batch, for as long as this lasts.

    Parameters
    ----------
    labels : int tensor of shape (n,) or None, default=None
        The places of the labels among the classes.
    present : bool tensor of shape (n,) or None, default=None
        Which rows are samples; the others only fill the batch. None if all are.

    Yields
    ------
    None
        Nothing; see :func:`batch_labels` and :func:`sample_mask`.

    Examples
    --------
    >>> from nnest.layers import batch_context, batch_labels
    >>> with batch_context(labels=[2, 0]):
    ...     batch_labels()
    [2, 0]
    """
    token = _batch.set((labels, present))
    try:
        yield
    finally:
        _batch.reset(token)


def batch_labels() -> Any:
    """Return the labels of the batch, or None where nobody said which they are.

    Returns
    -------
    tensor of shape (n,) or None
        What :func:`batch_context` was given.

    Examples
    --------
    >>> from nnest.layers import batch_labels
    >>> batch_labels() is None
    True
    """
    return (_batch.get() or (None, None))[0]


def sample_mask() -> Any:
    """Return which rows of the batch are samples, or None where all of them are.

    Returns
    -------
    bool tensor of shape (n,) or None
        What :func:`batch_context` was given.

    Examples
    --------
    >>> from nnest.layers import sample_mask
    >>> sample_mask() is None
    True
    """
    return (_batch.get() or (None, None))[1]
