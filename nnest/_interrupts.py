"""Raise Ctrl-C whatever Python is doing when it is pressed, and keep objects whole."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["interrupts_heard", "undone", "uninterrupted"]

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


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ignore Ctrl-C for a moment, in which the last one is still being dealt with.

    Yields
    ------
    None
        Outside the main thread, which alone is interrupted, nothing is changed.

    Examples
    --------
    >>> from nnest._interrupts import uninterrupted
    >>> with uninterrupted():
    ...     total = sum(range(10))
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)


@contextmanager
def undone(thing: Any) -> Iterator[set[str]]:
    """Give an object its attributes back if what comes next ends by an exception.

    Parameters
    ----------
    thing : object
        Whatever has attributes; they are replaced in what comes, and not changed in place.

    Yields
    ------
    set of str
        Empty; the names of attributes that are put into it stay as they are then.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from nnest._interrupts import undone
    >>> thing = SimpleNamespace(side=1)
    >>> try:
    ...     with undone(thing) as kept:
    ...         thing.side, thing.other, thing.last = 2, 3, 4
    ...         kept.add("last")
    ...         raise KeyboardInterrupt
    ... except KeyboardInterrupt:
    ...     print(thing)
    namespace(side=1, last=4)
    """
    before, kept = dict(vars(thing)), set[str]()
    try:
        yield kept
    except BaseException:
        with uninterrupted():
            now = {name: value for name, value in vars(thing).items() if name in kept}
            vars(thing).clear()
            vars(thing).update(before | now)
        raise


def _interrupt_again() -> None:
    """Interrupt the main thread when it has left what ignored the first interrupt."""
    time.sleep(_PAUSE)
    main = threading.main_thread().ident
    if main is not None and hasattr(signal, "pthread_kill"):
        signal.pthread_kill(main, signal.SIGINT)  # this ends a system call that waits, too
    else:
        _thread.interrupt_main()
