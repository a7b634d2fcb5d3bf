"""Regular files, read no further than is asked for, and written whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from nnest.exceptions import NnestError, StorageError

__all__ = [
    "check_regular",
    "check_writable",
    "open_regular",
    "read_at_most",
    "reason_of",
    "replacing",
    "writing",
]

Place = str | os.PathLike[str]

#: Seconds between attempts to replace a file: a virus scanner opens what is new for a moment.
_PAUSES = (0.05, 0.2, 0.8)
#: What a path may be instead of a regular file.
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFLNK: "a link",
}


def check_regular(path: Place, *, follow: bool = True) -> None:
    """Raise an OSError if a path is no regular file; with `follow` a link counts as its target."""
    _check_mode(path, os.stat(path, follow_symlinks=follow).st_mode)


def open_regular(path: Place, *, follow: bool = True) -> BufferedReader:
    """Open a regular file to read it; anything else is an OSError at once.

    A pipe would be waited for, and a device may have no end.
    """
    check_regular(path, follow=follow)
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0)
    # For what has taken the file's place since it was looked at: do not wait for it.
    flags |= getattr(os, "O_NONBLOCK", 0) | (0 if follow else getattr(os, "O_NOFOLLOW", 0))
    descriptor = os.open(path, flags)
    try:
        _check_mode(path, os.fstat(descriptor).st_mode)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _check_mode(path: Place, mode: int) -> None:
    """Raise an OSError unless the mode is that of a regular file."""
    if not stat.S_ISREG(mode):
        number = errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL
        kind = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise OSError(number, f"it is {kind} and no regular file", os.fspath(path))


def read_at_most(stream: IO[bytes], most: int) -> bytes:
    """Return what is left of a stream; an OSError if that is more than so many bytes.

    No more than one byte beyond them is read, or unpacked, whatever a header says.
    """
    content = stream.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"it holds more than {most} bytes")
    return content


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Write a file beside a path, and give it that name when it is whole; else leave nothing."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _replace(source: Path, target: Path) -> None:
    """Give a file another name; Windows refuses that while another program looks at the target."""
    for pause in _PAUSES:
        try:
            source.replace(target)
        except PermissionError:
            time.sleep(pause)
        else:
            return
    source.replace(target)


def check_writable(folder: Path) -> None:
    """Make a folder and write a block to it; an OSError before time is spent on what goes there."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryFile(dir=folder) as probe:
        probe.write(b"0" * 4096)
        probe.flush()


@contextmanager
def writing(folder: Path, remedy: str) -> Iterator[None]:
    """Turn errors of what is written meanwhile into a sentence that names the folder.

    `remedy` says what to do, and what became of what was written before.
    """
    try:
        yield
    except (NnestError, BrokenPipeError):  # one says what to do, the other is no file's fault
        raise
    except OSError as error:
        raise StorageError(
            f"Cannot write to {str(folder)!r} ({reason_of(error)}): {remedy}"
        ) from error


def reason_of(error: BaseException) -> str:
    """Return why the system refused, without the path that the sentence names already."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
