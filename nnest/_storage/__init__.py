"""Files that may come from anywhere, or that may not fit: what every part reads and writes by."""

from nnest._storage._arrays import array_in, open_member, unpacked
from nnest._storage._files import (
    check_regular,
    open_regular,
    read_at_most,
    reason_of,
    replacing,
    writing,
)

__all__ = [
    "array_in",
    "check_regular",
    "open_member",
    "open_regular",
    "read_at_most",
    "reason_of",
    "replacing",
    "unpacked",
    "writing",
]
