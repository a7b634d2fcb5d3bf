"""Files of JSON lines to which several processes add, and of which one may be killed meanwhile."""

from __future__ import annotations

import json
import os
from io import FileIO
from pathlib import Path
from typing import IO

from nnest._storage._files import check_regular

__all__ = ["append_line", "cut_torn_line", "is_torn"]

#: Bytes that are read at once in the search for the end of the line before.
_BLOCK = 2**16


def append_line(path: Path, line: bytes) -> None:
    """Write a line behind the last whole one; leave the file as it was if that fails.

    Only the end of the file is read. A last line that is no JSON is cut off first, because a
    killed process did not write it to its end; one that lacks only its newline gets it.
    """
    if path.exists():
        check_regular(path)
    with path.open("ab+", buffering=0) as file:
        end = file.seek(0, os.SEEK_END)
        start, last = _last_line(file, end)
        separator = b"" if not last or last.endswith(b"\n") else b"\n"
        while start and not last.strip():
            start, last = _last_line(file, start)
        keep = end
        if last.strip() and is_torn(last):
            keep, separator = start, b""
        try:
            if keep < end:
                file.truncate(keep)
            _write_all(file, separator + line)
            os.fsync(file.fileno())
        except OSError:
            file.truncate(keep)
            raise


def cut_torn_line(path: Path) -> bytes:
    """Cut off a last line that has no newline, and return the last line that has one.

    This is for files whose writers end each line with a newline; it is empty where no line is left.
    """
    with path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        start, last = _last_line(file, end)
        if last and not last.endswith(b"\n"):
            file.truncate(start)
            file.flush()
            os.fsync(file.fileno())
            _, last = _last_line(file, start)
    return last


def is_torn(line: bytes) -> bool:
    """Tell whether a line is no JSON, as one that was not written to its end."""
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return True
    return False


def _last_line(file: IO[bytes], end: int) -> tuple[int, bytes]:
    """Return where the line begins that ends at a position, and the line with its newline."""
    start, line = end, b""
    while start:
        size = min(start, _BLOCK)
        start -= size
        file.seek(start)
        block = file.read(size)
        # The newline at the very end belongs to this line and not to the one before.
        newline = block.rfind(b"\n", 0, size - (not line))
        line = block[newline + 1 :] + line
        if newline >= 0:
            return start + newline + 1, line
    return 0, line


def _write_all(file: FileIO, data: bytes) -> None:
    """Write all of the data, however much the system takes at once."""
    while data:
        data = data[file.write(data) :]
