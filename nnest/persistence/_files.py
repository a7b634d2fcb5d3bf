"""The files of an estimator, in a folder or in a zip archive.

What is read is bounded before it is read, and lies in one folder without any below it. What is
written gets its name when it is whole.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import uuid
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nnest._storage import open_regular, unpacked
from nnest.persistence._errors import Refused

__all__ = ["MANIFEST", "Files", "is_archive", "opened", "write"]

MANIFEST = "estimator.json"
NAME = re.compile(r"[a-z0-9_-][a-z0-9_.-]*\.(json|npy)")
MOST_FILES = 10_000
#: How many times its own size an archive may unpack to; trained weights are hard to compress.
MOST_UNPACKED = 100


@dataclass(frozen=True)
class Files:
    """What there is to read: the sizes of files in bytes by their names, and their contents."""

    sizes: dict[str, int]
    read: Callable[[str], bytes]

    def below(self, prefix: str) -> Files:
        """Return the files whose names start so, by the rest of their names."""
        own = {name: size for name, size in self.sizes.items() if name.startswith(prefix)}
        return Files(
            {name.removeprefix(prefix): size for name, size in own.items()},
            lambda name: self.read(f"{prefix}{name}"),
        )


def is_archive(path: Path) -> bool:
    """Tell whether a path names a zip archive, and no folder."""
    return path.suffix.lower() == ".zip"


@contextmanager
def opened(path: Path, max_bytes: int) -> Iterator[Files]:
    """Open a folder or an archive whose names and sizes are in order."""
    if path.is_dir():
        sizes = _folder_sizes(path)
        _check(sizes, max_bytes)
        yield Files(sizes, lambda name: _read_file(path / name, sizes[name]))
        return
    size = path.stat().st_size
    with _archive(path) as archive:
        entries = _entries(archive)
        sizes = {name: entry.file_size for name, entry in entries.items()}
        _check(sizes, max_bytes)
        if sum(sizes.values()) > MOST_UNPACKED * size:
            raise Refused(f"it unpacks to more than {MOST_UNPACKED} times its size")
        yield Files(sizes, lambda name: _read_entry(archive, entries[name]))


def _check(sizes: dict[str, int], max_bytes: int) -> None:
    """Raise if a name is not ours, or if there is more than may be read."""
    for name in sizes:
        if not NAME.fullmatch(name):
            raise Refused(f"it holds {name!r}, which belongs to no estimator")
    if MANIFEST not in sizes:
        raise Refused(f"it holds no {MANIFEST!r}")
    total = sum(sizes.values())
    if len(sizes) > MOST_FILES or total > max_bytes:
        raise Refused(
            f"it holds {len(sizes)} files of {total} bytes, and at most {MOST_FILES} of "
            f"{max_bytes} are read",
            "give another max_bytes if you trust it",
        )


def _folder_sizes(path: Path) -> dict[str, int]:
    """Return the sizes of a folder's files."""
    sizes = {}
    with os.scandir(path) as entries:
        for entry in entries:
            if not entry.is_file(follow_symlinks=False):
                raise Refused(f"{entry.name!r} in it is no plain file")
            sizes[entry.name] = entry.stat(follow_symlinks=False).st_size
    return sizes


def _read_file(path: Path, size: int) -> bytes:
    """Return the content of a file that is still as it was seen."""
    with open_regular(path, follow=False) as file:
        content = file.read(size + 1)
    if len(content) != size:
        raise Refused(f"{path.name!r} in it changes while it is read")
    return content


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip archive."""
    try:
        file = open_regular(path)
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.EISDIR):
            raise Refused(f"{error.strerror}") from error
        raise
    with file:
        try:
            archive = zipfile.ZipFile(file)
        except Exception as error:  # zipfile raises many kinds of errors for other files
            raise Refused(f"it is no whole zip archive ({error})") from error
        with archive:
            yield archive


def _entries(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return an archive's entries by their names, if all are plain files."""
    found: dict[str, zipfile.ZipInfo] = {}
    for entry in archive.infolist():
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if entry.is_dir() or kind not in (0, stat.S_IFREG):
            raise Refused(f"{entry.filename!r} in it is no plain file")
        if entry.flag_bits & 1:
            raise Refused(f"{entry.filename!r} in it is encrypted")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refused(f"{entry.filename!r} in it is compressed in a way that is not read")
        if entry.filename in found:
            raise Refused(f"it holds {entry.filename!r} twice")
        found[entry.filename] = entry
    return found


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Return the content of an entry, checked against its sum."""
    try:
        return unpacked(archive, entry)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
        raise Refused(f"{entry.filename!r} in it is damaged ({error})") from error


def write(path: Path, files: dict[str, bytes]) -> None:
    """Write files under a name beside the path, then put them into place whole.

    Replaces what an earlier call has written there, and nothing else.
    """
    path = path.resolve()
    if path.exists() and not _is_ours(path):
        raise FileExistsError(
            f"{str(path)!r} exists and holds no estimator: give a path that is free, or remove it."
        )
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"There is no folder {str(path.parent)!r}: make it, or give another path."
        )
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        (_write_archive if is_archive(path) else _write_folder)(beside, files)
        _move(beside, path)
    finally:
        _remove(beside)


def _is_ours(path: Path) -> bool:
    """Tell whether an earlier call has written this, and may be replaced."""
    if path.is_dir() == is_archive(path):
        return False
    try:
        with opened(path, max_bytes=2**63):
            return True
    except Refused:
        return False


def _write_archive(path: Path, files: dict[str, bytes]) -> None:
    """Write an archive."""
    with open(path, "xb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        file.flush()
        os.fsync(file.fileno())


def _write_folder(path: Path, files: dict[str, bytes]) -> None:
    """Write a folder."""
    path.mkdir()
    for name, content in files.items():
        with open(path / name, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


def _move(source: Path, path: Path) -> None:
    """Give what is written its name; a folder that has it makes way first, and comes back."""
    if not path.is_dir():
        os.replace(source, path)
        return
    old = source.with_name(f"{source.name}.old")
    os.rename(path, old)
    try:
        os.rename(source, path)
    except OSError:
        os.rename(old, path)
        raise
    shutil.rmtree(old)


def _remove(path: Path) -> None:
    """Remove what a write that failed has left."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
