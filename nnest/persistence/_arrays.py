"""Arrays as the bytes of ``.npy`` files and back, without pickles."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from nnest._storage import read_header
from nnest.persistence._errors import Refused

__all__ = ["HEADER", "read_array", "read_vector", "write_array"]

#: Most bytes of a header; ours take 128.
HEADER = 4096


def write_array(array: np.ndarray) -> bytes:
    """Return a file: little-endian, in C order."""
    stream = io.BytesIO()
    array = np.asarray(array, order="C")
    np.save(stream, array.astype(array.dtype.newbyteorder("<")), allow_pickle=False)
    return stream.getvalue()


def read_array(name: str, content: bytes, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Return an array if it has the shape and the type that are expected."""
    found_shape, found, start = _header(name, content)
    if found_shape != shape or found != np.dtype(dtype):
        raise Refused(
            f"{name!r} in it has shape {found_shape} and type {found}, where its configuration "
            f"asks for {shape} and {np.dtype(dtype)}"
        )
    return _values(name, content[start:], found_shape, found)


def read_vector(name: str, content: bytes, kinds: str) -> np.ndarray:
    """Return an array of one axis, of a type that is one of these kinds."""
    shape, dtype, start = _header(name, content)
    if len(shape) != 1 or dtype.kind not in kinds:
        raise Refused(
            f"{name!r} in it has shape {shape} and type {dtype}, where it should have one axis and "
            "plain values"
        )
    return _values(name, content[start:], shape, dtype)


def _header(name: str, content: bytes) -> tuple[tuple[int, ...], np.dtype[Any], int]:
    """Return shape, type, and where the values start."""
    stream = io.BytesIO(content)
    try:
        shape, fortran, dtype = read_header(stream)
    except ValueError as error:
        raise Refused(f"{name!r} in it {error}") from error
    if fortran or dtype.hasobject:
        raise Refused(f"{name!r} in it is no array of plain values in C order")
    return shape, dtype, stream.tell()


def _values(name: str, data: bytes, shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray:
    """Return the values if there are as many as the header says."""
    n = 1
    for side in shape:  # Python's integers, which do not overflow
        n *= side
    if n < 0 or dtype.itemsize == 0 or n * dtype.itemsize != len(data):
        raise Refused(
            f"{name!r} in it has {len(data)} bytes of values, where its header says "
            f"{n * dtype.itemsize}"
        )
    values = np.frombuffer(data, dtype) if data else np.zeros(0, dtype)
    return values.reshape(shape).astype(dtype.newbyteorder("="))
