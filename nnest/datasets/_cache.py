"""The cached files: where they lie, how they are read, checked, written and first made."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from nnest._storage import open_member, open_regular, read_header, replacing
from nnest._validation import shortened
from nnest.datasets._archives import FormatError, blame
from nnest.datasets._arrays import ArraySpec
from nnest.datasets._registry import OfficialFile, Recipe
from nnest.exceptions import DatasetError, DatasetUnavailableError

__all__ = [
    "array_digest",
    "build",
    "cache_folder",
    "check_arrays",
    "check_file",
    "download",
    "download_reason",
    "read_arrays",
]

Arrays = dict[str, NDArray[Any]]

#: Seconds without an answer, for one address.
TIMEOUT = 30


def cache_folder(data_home: str | os.PathLike[str] | None) -> Path:
    """Return the folder of the cached files: the argument, NNEST_DATA, or the platform's cache."""
    chosen = data_home if data_home is not None else os.environ.get("NNEST_DATA")
    if chosen:
        return Path(chosen).expanduser()
    import pooch

    return Path(pooch.os_cache("nnest"))


def read_arrays(path: Path, specs: Mapping[str, ArraySpec]) -> Arrays:
    """Return the arrays of a cached file, each checked; nothing in it is run or trusted.

    The header of each array is compared before a byte of it is read, so that a foreign file can
    neither fill the memory nor bring objects.
    """
    with blame(path), open_regular(path) as file, zipfile.ZipFile(file) as archive:
        names = set(archive.namelist())
        if names != {f"{name}.npy" for name in specs}:
            found = ", ".join(sorted(name.removesuffix(".npy") for name in names))
            raise FormatError(
                f"it has the arrays {shortened(found, 80) or 'none'} instead of "
                f"{', '.join(sorted(specs))}"
            )
        return {name: _read_array(archive, name, spec) for name, spec in specs.items()}


def _read_array(archive: zipfile.ZipFile, name: str, spec: ArraySpec) -> NDArray[Any]:
    """Return one array, whose header must be the expected one."""
    with open_member(archive, archive.getinfo(f"{name}.npy")) as file:
        try:
            shape, fortran, dtype = read_header(file)
        except ValueError as error:
            raise FormatError(f"its array {name} {error}") from error
        if fortran or shape != spec.shape or dtype != np.dtype(spec.dtype):
            raise FormatError(
                f"its array {name} is {dtype} of shape {shape} instead of {spec.dtype} of shape "
                f"{spec.shape}"
            )
        array = np.empty(spec.shape, spec.dtype)
        _fill(array, file, name)
    if array_digest(array) != spec.sha256:
        raise FormatError(f"its array {name} has a wrong SHA-256 digest")
    return array


def _fill(array: NDArray[Any], file: IO[bytes], name: str) -> None:
    """Read exactly as many bytes as the array has."""
    rest = array.reshape(-1).view(np.uint8).data
    while rest:
        block = file.read(min(len(rest), 2**20))
        if not block:
            raise FormatError(f"its array {name} ends too early")
        rest[: len(block)] = block
        rest = rest[len(block) :]
    if file.read(1):
        raise FormatError(f"its array {name} is longer than its header says")


def array_digest(array: NDArray[Any]) -> str:
    """Return the SHA-256 of the C-ordered bytes."""
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()


def check_arrays(arrays: Arrays, recipe: Recipe, remedy: str) -> None:
    """Raise an error if arrays are not those of the data set, although their files are whole."""
    for name, spec in recipe.arrays.items():
        array = arrays[name]
        found = ArraySpec(array.dtype.name, array.shape, array_digest(array))
        if found != spec:
            raise DatasetError(
                f"The array {name} of {recipe.name}, of shape {found.shape} with SHA-256 digest "
                f"{found.sha256}, is not the known one of shape {spec.shape} with {spec.sha256}: "
                f"its files are damaged or another edition; {remedy}."
            )


def build(recipe: Recipe, path: Path) -> None:
    """Make a cached file from the official ones, downloaded where they are not there already."""
    assert recipe.parse is not None  # bundled data sets are never built
    folder = path.parent / recipe.name
    with _writable(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.parent / f".{path.name}.lock").acquire()
    with lock:
        if path.exists():  # another process was faster
            return
        with _writable(path.parent):
            folder.mkdir(exist_ok=True)
        official = {file.name: folder / file.name for file in recipe.files}
        fetched = [file.name for file in recipe.files if _provide(file, folder, recipe, path)]
        arrays = recipe.parse(official, recipe.content_md5)
        check_arrays(arrays, recipe, f"remove {folder} and fetch again")
        _write(path, arrays)
        for name in fetched:
            official[name].unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()


def _provide(file: OfficialFile, folder: Path, recipe: Recipe, path: Path) -> bool:
    """Download an official file unless it is there; return whether it was downloaded."""
    target = folder / file.name
    if target.exists():
        with blame(target):
            check_file(target, file)
        return False
    reasons = []
    for url in file.urls:
        try:
            download(url, file, target)
        except (OSError, ValueError) as error:
            reasons.append(f"{url}: {download_reason(error)}")
        else:
            return True
    raise DatasetUnavailableError(
        f"{recipe.name} is not on this machine and could not be downloaded "
        f"({'; '.join(reasons)}): connect to a network, or put {path.name} into {path.parent}, or "
        f"put {', '.join(f.name for f in recipe.files)} into {folder}."
    )


def download_reason(error: Exception) -> str:
    """Return a few words for an error whose own message may be a page long."""
    if isinstance(error, FormatError):
        return str(error)
    return getattr(error, "strerror", None) or type(error).__name__


def download(url: str, file: OfficialFile, target: Path) -> None:
    """Download to a name of its own, check, and move into place only when whole."""
    import pooch

    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    # A server that offers to decompress .gz files on the way would change what is checked.
    headers = {"Accept-Encoding": "identity"}
    try:
        downloader = pooch.HTTPDownloader(progressbar=True, timeout=TIMEOUT, headers=headers)
        downloader(url, str(part), None)
        check_file(part, file)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def check_file(path: Path, file: OfficialFile) -> None:
    """Compare an official file with its digest, where one is known."""
    if file.sha256 is None:
        return
    with open_regular(path) as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != file.sha256:
        raise FormatError(f"its SHA-256 digest is {found} instead of {file.sha256}")


def _write(path: Path, arrays: Arrays) -> None:
    """Write a cached file whole, or not at all."""
    named: dict[str, Any] = dict(arrays)
    with _writable(path.parent), replacing(path) as file:
        np.savez(file, **named)


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    """Turn errors of the system into a sentence that names the folder and the remedy."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
    else:
        return
    raise DatasetError(
        f"{folder} cannot be written ({reason}): name another folder by data_home= or NNEST_DATA, "
        "or make room there."
    )
