"""Files that may come from anywhere, or that may not fit: what every part reads and writes by."""

from nnest._storage._arrays import array_in, open_member, unpacked
from nnest._storage._files import (
    StorageError,
    check_regular,
    open_regular,
    read_at_most,
    replacing,
    writing,
)
from nnest._storage._sentences import shortened

__all__ = [
    "StorageError",
    "array_in",
    "check_regular",
    "open_member",
    "open_regular",
    "read_at_most",
    "replacing",
    "shortened",
    "unpacked",
    "writing",
]
