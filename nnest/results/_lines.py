"""Lines of JSON as they are read: each of a whole run, a torn last one skipped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from nnest._storage import open_regular, reason_of
from nnest.exceptions import ResultsError
from nnest.results._run import Run

__all__ = ["LONGEST_LINE", "read_file", "whole_part"]

LONGEST_LINE = 16 * 2**20


def whole_part(content: bytes) -> bytes:
    """Return a file's content without a torn last line."""
    body = content.rstrip()
    start = body.rfind(b"\n") + 1
    return content[:start] if body and _is_torn(body[start:]) else content


def _is_torn(line: bytes) -> bool:
    """Tell whether a line is no JSON, as one that was not written to its end."""
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return True
    return False


def read_file(path: Path) -> Iterator[tuple[int, Run]]:
    """Yield the runs of a file with the numbers of their lines, skipping a torn last line."""
    try:
        with open_regular(path) as file:
            content = file.read()
    except FileNotFoundError:
        return
    except OSError as error:
        raise ResultsError(f"Cannot read {str(path)!r}: {reason_of(error)}.") from error
    for number, line in enumerate(whole_part(content).split(b"\n"), start=1):
        if line.strip():
            yield number, _read_line(path, number, line)


def _read_line(path: Path, number: int, line: bytes) -> Run:
    """Return the run of one line, or say which line of which file is wrong and what to do."""
    place = f"Line {number} of {str(path)!r}"
    advice = "restore the file from git, or delete the line and run the experiment again"
    if len(line) > LONGEST_LINE:
        raise ResultsError(f"{place} is longer than any run: {advice}.")
    if _is_torn(line):
        raise ResultsError(f"{place} is torn, it is no whole line of JSON: {advice}.")
    try:
        run = Run.from_json(line)
    except (TypeError, ValueError, RecursionError) as error:
        raise ResultsError(
            f"{place} is no recorded run: {str(error).rstrip('.')}; {advice}."
        ) from error
    if (run.report, run.experiment) != (path.parent.name, path.stem):
        raise ResultsError(
            f"{place} belongs to {run.report}/{run.experiment} and not in this file: {advice}."
        )
    return run
