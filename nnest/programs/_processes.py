"""Processes in which JAX cannot work: those that are forked after it has started."""

from __future__ import annotations

import os

from nnest._compat.jax import has_started

__all__ = ["check_process"]

#: Whether this process was forked from one in which JAX had threads, which are not here.
_is_forked = False


def check_process() -> None:
    """Raise where a program would wait for ever.

    Raises
    ------
    RuntimeError
        If JAX had started before this process was forked.

    Examples
    --------
    >>> from nnest.programs import check_process
    >>> check_process()
    """
    if _is_forked:
        raise RuntimeError(
            "This process was forked after JAX had started, and JAX would hang in it: start "
            "processes with multiprocessing.get_context('spawn'), or leave them to joblib's "
            "default backend, 'loky'."
        )


def _look() -> None:
    """Look whether JAX had started, in a process that was just forked."""
    global _is_forked
    _is_forked = _is_forked or has_started()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_look)
