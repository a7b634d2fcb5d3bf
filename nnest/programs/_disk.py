"""Compiled programs on disk, so that a machine compiles each of them once.

JAX asks for the bytes of a program by a key that holds the program, its own version, the device
and the compiler's options. The bytes are machine code. They are therefore kept in a folder that
only its owner can write, and each file begins with a digest that is checked before JAX sees them.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

import keras
import platformdirs

from nnest._identity import versions
from nnest._machine import processor, processor_features
from nnest._storage import open_regular, read_at_most, reason_of, replacing
from nnest.exceptions import CompatibilityError

__all__ = ["ProgramCache", "kept_programs", "program_cache"]

#: Bytes of all files together; those that were not used for longest go first.
LARGEST = 200 * 2**20
VARIABLE = "NNEST_PROGRAM_CACHE"
_KEY = re.compile(r"[\w.-]{1,200}")
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_active = threading.local()  # .depth counts the contexts that this thread is in


class ProgramCache:
    """Files with compiled programs in one folder.

    Parameters
    ----------
    folder : Path
        Where they are; made, with access for its owner alone, if it is missing.
    largest : int, default=200 MiB
        Bytes of all files together.

    Raises
    ------
    OSError
        If the folder is a file, cannot be made, or can be written by others.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from nnest.programs import ProgramCache
    >>> with TemporaryDirectory() as folder:
    ...     cache = ProgramCache(Path(folder) / "programs")
    ...     cache.put("jit_step-12ab", b"machine code")
    ...     cache.get("jit_step-12ab"), cache.get("jit_step-34cd"), cache.size
    (b'machine code', None, 44)
    """

    def __init__(self, folder: Path, largest: int = LARGEST) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.name == "posix":
            status = folder.stat()
            if status.st_mode & _OTHERS_WRITE or status.st_uid != os.geteuid():
                raise OSError("others than you can write to it")
        self.folder, self.largest = folder, largest

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(size for _, size, _ in self._files())

    def __len__(self) -> int:
        """Return the number of programs."""
        return len(self._files())

    def get(self, key: str) -> bytes | None:
        """Return what was put under a key.

        Parameters
        ----------
        key : str
            JAX's name of a program.

        Returns
        -------
        bytes or None
            None if there is nothing, or not what was put there.
        """
        path = self._path(key)
        if path is None:
            return None
        try:
            with open_regular(path, follow=False) as file:
                content = read_at_most(file, self.largest)
        except OSError:
            return None
        digest, value = content[:32], content[32:]
        if digest != _digest(key, value):
            return None
        with suppress(OSError):  # a folder that cannot be written to serves as well
            os.utime(path)
        return value

    def put(self, key: str, value: bytes) -> None:
        """Keep a program; where that is impossible, nothing happens.

        Parameters
        ----------
        key : str
            JAX's name of the program.
        value : bytes
            The program.
        """
        path = self._path(key)
        if path is None or len(value) > self.largest // 4:
            return
        with suppress(OSError):
            with replacing(path) as file:
                file.write(_digest(key, value) + value)
            self._shrink()

    def clear(self) -> int:
        """Remove all programs.

        Returns
        -------
        int
            How many there were.
        """
        files = self._files()
        for _, _, path in files:
            path.unlink(missing_ok=True)
        return len(files)

    def _path(self, key: str) -> Path | None:
        """Return the file of a key for this machine and these versions."""
        if _KEY.fullmatch(key) is None:
            return None
        return self.folder / f"{key}-{hashlib.sha256(_surroundings()).hexdigest()[:12]}.program"

    def _files(self) -> list[tuple[int, int, Path]]:
        """Return when each file was last used, its bytes and its path."""
        found = []
        # Also what a killed process has not written to its end.
        for path in self.folder.glob("*.program*"):
            with suppress(OSError):  # another process may remove it at this moment
                status = path.stat(follow_symlinks=False)
                found.append((status.st_mtime_ns, status.st_size, path))
        return found

    def _shrink(self) -> None:
        """Remove the files that were not used for longest, down to the bound."""
        files = sorted(self._files())
        left = sum(size for _, size, _ in files)
        for _, size, path in files:
            if left <= self.largest:
                return
            path.unlink(missing_ok=True)
            left -= size


def _digest(key: str, value: bytes) -> bytes:
    """Return the digest of a program under its key, on this machine, with these versions."""
    known = hashlib.sha256(_surroundings())
    known.update(f"\0{key}\0".encode())
    known.update(value)
    return known.digest()


@lru_cache(maxsize=1)
def _surroundings() -> bytes:
    """Return what a program depends on and JAX's key may not hold."""
    known = versions(("nnest-estimators", "jax", "jaxlib", "keras"))
    return repr((known, processor(), processor_features())).encode()


@lru_cache(maxsize=1)
def program_cache() -> ProgramCache | None:
    """Return where compiled programs are kept on this machine.

    The environment variable ``NNEST_PROGRAM_CACHE`` names another folder; 0 is none at all.

    Returns
    -------
    ProgramCache or None
        None if there is to be none, or if its folder cannot be used: a warning says why.

    Examples
    --------
    >>> from nnest.programs import program_cache
    >>> cache = program_cache()
    """
    given = os.environ.get(VARIABLE, "")
    if given == "0":
        return None
    folder = Path(given) if given else platformdirs.user_cache_path("nnest") / "programs"
    try:
        return ProgramCache(folder)
    except OSError as error:
        warnings.warn(
            f"Compiled programs are not kept in {str(folder)!r} ({reason_of(error)}): "
            f"set {VARIABLE} to a folder of your own, or to 0.",
            stacklevel=2,
        )
        return None


@contextmanager
def kept_programs() -> Iterator[None]:
    """Take what this thread has to compile from the disk, and keep it there.

    Other programs of the process are left to JAX, and so are all of them where the user has given
    JAX a folder for compiled programs.

    Yields
    ------
    None
        Nothing.

    Examples
    --------
    >>> from nnest.programs import kept_programs
    >>> with kept_programs():
    ...     pass
    """
    if keras.backend.backend() != "jax" or not _is_in_use():
        yield
        return
    from nnest._compat.jax import every_program_is_kept

    _active.depth = vars(_active).get("depth", 0) + 1
    try:
        with every_program_is_kept():
            yield
    finally:
        _active.depth -= 1


@lru_cache(maxsize=1)
def _is_in_use() -> bool:
    """Let JAX use the cache, unless there is none or JAX has another one; tell whether it does."""
    from nnest._compat.jax import every_program_is_kept, has_store, use_store

    try:
        if has_store():
            return False
        cache = program_cache()
        if cache is None:
            return False
        with every_program_is_kept():
            use_store(_get, _put)
    except CompatibilityError as error:
        warnings.warn(f"Compiled programs are not kept: {error}", stacklevel=2)
        return False
    return True


def _get(key: str) -> bytes | None:
    """Return a program of ours."""
    cache = program_cache()
    return cache.get(key) if cache is not None and _is_active() else None


def _put(key: str, value: bytes) -> None:
    """Keep a program of ours."""
    cache = program_cache()
    if cache is not None and _is_active():
        cache.put(key, value)


def _is_active() -> bool:
    """Tell whether this thread compiles for nnest."""
    return bool(vars(_active).get("depth", 0))
