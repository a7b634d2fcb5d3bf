"""Ctrl-C is heard, whatever Python is doing when it is pressed."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["interrupts_heard"]

#: Seconds after which an interrupt that was lost is raised again.
_PAUSE = 0.01


@contextmanager
def interrupts_heard() -> Iterator[None]:
    """Raise a KeyboardInterrupt again that came where Python ignores exceptions.

    What is raised in a finalizer or in a callback of the garbage collector is printed and ignored.
    JAX has such a callback, and it is slow, so that trainings sometimes went on.

    Yields
    ------
    None
        Outside the main thread, which alone is interrupted, nothing is changed.

    Examples
    --------
    >>> from nnest._interrupts import interrupts_heard
    >>> with interrupts_heard():
    ...     total = sum(range(10))
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = sys.unraisablehook

    def hook(ignored: Any) -> None:
        if issubclass(ignored.exc_type, KeyboardInterrupt):
            # Raised here, it would be ignored once more. The low-level call takes no lock that
            # the interrupted code may hold.
            _thread.start_new_thread(_interrupt_again, ())
        else:
            before(ignored)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before


def _interrupt_again() -> None:
    """Interrupt the main thread when it has left what ignored the first interrupt."""
    time.sleep(_PAUSE)
    main = threading.main_thread().ident
    if main is not None and hasattr(signal, "pthread_kill"):
        signal.pthread_kill(main, signal.SIGINT)  # this ends a system call that waits, too
    else:
        _thread.interrupt_main()
