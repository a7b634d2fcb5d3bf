"""Members of archives and arrays of ``.npy`` files, whose headers may lie."""

from __future__ import annotations

import io
import math
import zipfile
from typing import IO, TYPE_CHECKING, Any

from nnest._storage._files import read_at_most

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["array_in", "open_member", "read_header", "unpacked"]


def open_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> IO[bytes]:
    """Open a member of an archive; a ValueError if it cannot be unpacked piece by piece."""
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError("is compressed in a way that is not read")
    return archive.open(entry)


def unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Return a member of an archive, of which no more is unpacked than its declared size.

    Raises
    ------
    ValueError
        If it is not as long as it says, or is compressed in a way that cannot be undone piece by
        piece. What zipfile raises for other damage is left as it is.
    """
    with open_member(archive, entry) as stream:
        content = read_at_most(stream, entry.file_size)
    if len(content) != entry.file_size:
        raise ValueError("is not as long as it says")
    return content


def array_in(content: bytes) -> NDArray[Any]:
    """Return the array of a ``.npy`` file, whose header and bytes agree.

    Raises
    ------
    TypeError
        If it holds Python objects, which could run code.
    ValueError
        If it is no such file; the message lacks only its name.
    """
    import numpy as np  # here, so that the command line's help does not wait for it

    stream = io.BytesIO(content)
    shape, fortran, dtype = read_header(stream)
    if dtype.hasobject:
        raise TypeError("holds Python objects")
    n = len(content) - stream.tell()
    if not dtype.itemsize or min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != n:
        raise ValueError(f"has {n} bytes, where its header says shape {shape} of {dtype}")
    if not n:
        return np.zeros(shape, dtype)
    flat = np.frombuffer(content, dtype, offset=stream.tell())
    return flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)


def read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Return shape, Fortran order and type of an array; the stream then stands at its values.

    Raises
    ------
    ValueError
        If there is no header; the message lacks only the array's name.
    """
    from numpy.lib import format as npy

    headers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    try:
        return headers[npy.read_magic(stream)](stream)
    except Exception as error:  # numpy raises many kinds for headers that are not its own
        raise ValueError(f"is no array ({type(error).__name__})") from error
