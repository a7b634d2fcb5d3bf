"""Arrays of an ``.npz`` file that may come from anywhere: no pickles, no sizes that lie."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from nnest._machine import free_memory
from nnest._storage import array_in, open_regular, reason_of, unpacked
from nnest.exceptions import TuneError

__all__ = ["read_npz"]

#: Share of the memory that arrays may take; training needs the rest.
_SHARE = 0.5


def read_npz(
    path: Path, needed: Sequence[str], optional: Sequence[str] = ()
) -> dict[str, NDArray[Any]]:
    """Return the named arrays of a file, or say what is wrong with it.

    Sizes are compared with the file before memory is asked for; Python objects are refused.
    """
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            return _arrays(archive, path, needed, optional)
    except OSError as error:
        raise TuneError(
            f"{path} cannot be read ({reason_of(error)}): name an .npz file."
        ) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise TuneError(
            f"{path} is no whole .npz file ({error}): write it anew, as by numpy.savez."
        ) from error


def _arrays(
    archive: zipfile.ZipFile, path: Path, needed: Sequence[str], optional: Sequence[str]
) -> dict[str, NDArray[Any]]:
    """Return the arrays of an open archive, after a look at their sizes."""
    files = (name for name in archive.namelist() if name.endswith(".npy"))
    held = [name.removesuffix(".npy") for name in files]
    for name in needed:
        if name not in held:
            raise TuneError(
                f"{path} holds no array {name!r}, but {', '.join(sorted(held)) or 'nothing'}: give "
                f"{' and '.join(needed)}, as by numpy.savez(path, X=X, y=y)."
            )
    infos = {name: archive.getinfo(f"{name}.npy") for name in (*needed, *optional) if name in held}
    total = sum(info.file_size for info in infos.values())
    memory = free_memory()
    if total > _SHARE * memory:
        raise TuneError(
            f"{path} holds {total / 1e9:.1f} GB, too much for the {memory / 1e9:.1f} GB of memory "
            "that this process may take: give fewer samples."
        )
    return {name: _array(archive, info, name, path) for name, info in infos.items()}


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, path: Path) -> NDArray[Any]:
    """Return one array, whose header and bytes agree."""
    try:
        return array_in(unpacked(archive, info))
    except TypeError as error:
        raise TuneError(
            f"{path} holds Python objects in {name}, which could run code: give an array of "
            "numbers or of text."
        ) from error
    except ValueError as error:
        raise TuneError(
            f"{path} is damaged: {name} {error}; write it anew, as by numpy.savez."
        ) from error
