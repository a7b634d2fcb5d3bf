"""Private names of JAX: the store of compiled programs, and whether JAX has started."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import jax

from nnest._compat._probe import find

__all__ = ["every_program_is_kept", "has_started", "has_store", "use_store"]

_TESTED = "jax>=0.10,<0.13"
#: Returns whether JAX has started, and has threads that a fork leaves behind.
has_started: Callable[[], bool] = find(_TESTED, "jax._src.xla_bridge", "backends_are_initialized")

_CACHE = "jax._src.compilation_cache"


def _private(module: str, name: str) -> Any:
    return find(_TESTED, module, name)


def has_store() -> bool:
    """Tell whether JAX has a store of compiled programs already, such as one of the user's."""
    given = getattr(jax.config, "jax_compilation_cache_dir", None)
    return bool(given) or _private(_CACHE, "_cache") is not None


def use_store(get: Callable[[str], bytes | None], put: Callable[[str, bytes], None]) -> None:
    """Let JAX look for compiled programs by `get`, and hand on new ones by `put`.

    Whoever gives JAX a folder of its own later gets JAX's own store back by `reset_cache`.
    """
    interface = _private("jax._src.compilation_cache_interface", "CacheInterface")
    lock = _private(_CACHE, "_cache_initialized_mutex")
    for name in ("_cache", "_cache_initialized"):
        _private(_CACHE, name)

    class Store(interface):  # type: ignore[misc, valid-type]
        """Hands both calls on."""

        def get(self, key: str) -> bytes | None:
            """Return the bytes of a program, or None."""
            return get(key)

        def put(self, key: str, value: bytes) -> None:
            """Keep the bytes of a program."""
            put(key, value)

    cache = importlib.import_module(_CACHE)
    with lock:
        vars(cache).update(_cache=Store(), _cache_initialized=True)


def every_program_is_kept() -> AbstractContextManager[None]:
    """Return a context in which JAX keeps programs that this thread compiled in no time, too."""
    context: AbstractContextManager[None]
    context = _private("jax._src.config", "persistent_cache_min_compile_time_secs")(0.0)
    return context
