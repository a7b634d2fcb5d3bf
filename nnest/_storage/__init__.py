"""Files that may come from anywhere, or that may not fit: what every part reads and writes by."""

from nnest._storage._files import (
    check_regular,
    check_writable,
    open_regular,
    read_at_most,
    reason_of,
    replacing,
    writing,
)
from nnest._storage._jsonl import append_line, cut_torn_line, is_torn
from nnest._storage._npy import array_in, open_member, read_header, unpacked

__all__ = [
    "append_line",
    "array_in",
    "check_regular",
    "check_writable",
    "cut_torn_line",
    "is_torn",
    "open_member",
    "open_regular",
    "read_at_most",
    "read_header",
    "reason_of",
    "replacing",
    "unpacked",
    "writing",
]
