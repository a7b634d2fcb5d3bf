"""Recorded trainings: append-only files of JSON lines, and where a number came from.

A `Run` is one training: what was trained, on what, with which code, and what came out. A
`ResultStore` keeps runs in ``<folder>/<report>/<experiment>.jsonl``, one line each. The files are
plain text without any code in them; a process that is killed while it writes damages nothing
but the line at hand, and that line is skipped.
"""

from nnest._identity import digest_of, to_plain, versions
from nnest.results._frames import history_frame, to_frame
from nnest.results._origin import git_state, source_digest
from nnest.results._run import RECORD_FORMAT, Run
from nnest.results._store import ResultStore, conflicting_keys

__all__ = [
    "RECORD_FORMAT",
    "ResultStore",
    "Run",
    "conflicting_keys",
    "digest_of",
    "git_state",
    "history_frame",
    "source_digest",
    "to_frame",
    "to_plain",
    "versions",
]
