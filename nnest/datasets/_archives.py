"""Bounded readers of archives: nothing is written to disk, nothing larger than declared is read."""

from __future__ import annotations

import gzip
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from nnest._storage import open_regular, unpacked
from nnest.exceptions import DatasetError

__all__ = ["BROKEN", "FormatError", "Limits", "blame", "gunzip", "read_tar", "read_zip"]

#: Bytes beside a member of a tar: a header, a header for a long name, and padding.
TAR_OVERHEAD = 2048

#: What readers of archives raise for damaged ones.
BROKEN = (
    EOFError,
    NotImplementedError,  # zipfile: a compression that it does not know
    RuntimeError,  # zipfile: an encrypted member
    ValueError,  # numpy: a header that it does not know
    gzip.BadGzipFile,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)


class FormatError(ValueError):
    """The content of a file is not what its format demands."""


@dataclass(frozen=True)
class Limits:
    """The most that an archive may hold: members, bytes of one of them, bytes of all."""

    members: int
    member_bytes: int
    total_bytes: int


@contextmanager
def blame(path: Path) -> Iterator[None]:
    """Turn whatever a broken file causes into one sentence that names the file and the remedy."""
    try:
        yield
    except FormatError as error:
        reason = str(error)
    except DatasetError:
        raise
    except OSError as error:
        reason = error.strerror or f"it cannot be read ({error})"
    except BROKEN as error:
        reason = f"it is damaged or truncated ({error})"
    else:
        return
    raise DatasetError(
        f"{path} is refused because {reason}; it was left in place: remove it and fetch again, "
        "or put the right file there."
    )


def gunzip(content: bytes, limit: int) -> bytes:
    """Return the decompressed content of one gzip stream of at most `limit` bytes."""
    stream = zlib.decompressobj(wbits=31)
    plain = stream.decompress(content, limit + 1)
    if len(plain) > limit:
        raise FormatError(f"it decompresses to more than {limit} bytes")
    if not stream.eof:
        raise FormatError("its compressed stream ends too early")
    return plain


def read_tar(path: Path, limits: Limits) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the regular files of a compressed tar, in its order."""
    limit = limits.total_bytes + limits.members * TAR_OVERHEAD
    with open_regular(path) as file, _BoundedGzip(file, limit) as stream:
        yield from _tar_members(stream, limits)


class _BoundedGzip(gzip.GzipFile):
    """A stream that ends with an error where more comes out of it than an archive may hold.

    Sizes in headers are checked as well, but tarfile reads some headers of any size by itself.
    """

    def __init__(self, file: IO[bytes], limit: int) -> None:
        super().__init__(fileobj=file, mode="rb")
        self._allowance = limit

    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes."""
        content = super().read(size)
        self._allowance -= len(content)
        if self._allowance < 0:
            raise FormatError("it decompresses to more than it may hold")
        return content


def _tar_members(stream: _BoundedGzip, limits: Limits) -> Iterator[tuple[str, bytes]]:
    """Yield the regular files of a tar that is read from front to back."""
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        total = 0
        for count, member in enumerate(archive, start=1):
            total += member.size
            _check_member(member.name, count, member.size, total, limits)
            if member.isdir():
                continue
            if not member.isreg():
                raise FormatError(f"its member {member.name!r} is a link or a device")
            content = archive.extractfile(member)
            assert content is not None  # regular files have one
            yield member.name, content.read()


def read_zip(path: Path, limits: Limits) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the files of a zip, sorted by name."""
    with open_regular(path) as file, zipfile.ZipFile(file) as archive:
        total = 0
        members = sorted(archive.infolist(), key=lambda member: member.filename)
        for count, member in enumerate(members, start=1):
            total += member.file_size
            _check_member(member.filename, count, member.file_size, total, limits)
            if member.is_dir():
                continue
            try:
                plain = unpacked(archive, member)
            except ValueError as error:
                raise FormatError(f"its member {member.filename!r} {error}") from error
            yield member.filename, plain


def _check_member(name: str, count: int, size: int, total: int, limits: Limits) -> None:
    """Raise an error for a member that points outside, and for an archive that holds too much."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts:
        raise FormatError(f"its member {name!r} points outside the archive")
    if count > limits.members:
        raise FormatError(f"it has more than {limits.members} members")
    if size > limits.member_bytes:
        raise FormatError(f"its member {name!r} has {size} bytes, over {limits.member_bytes}")
    if total > limits.total_bytes:
        raise FormatError(f"it holds more than {limits.total_bytes} bytes")
