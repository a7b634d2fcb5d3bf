"""Lines of JSON as they are read: each of a whole run, a torn last one skipped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nnest._storage import is_torn, open_regular, reason_of
from nnest.exceptions import ResultsError
from nnest.results._run import Run

__all__ = ["LONGEST_LINE", "read_file", "state_of"]

#: Most characters of a line.
LONGEST_LINE = 16 * 2**20


def read_file(path: Path) -> Iterator[tuple[int, Run]]:
    """Yield the runs of a file with the numbers of their lines, skipping a torn last line."""
    try:
        with open_regular(path) as file:
            lines = file.read().rstrip().split(b"\n")
    except FileNotFoundError:
        return
    except OSError as error:
        raise ResultsError(f"Cannot read {str(path)!r}: {reason_of(error)}.") from error
    for number, line in enumerate(lines, start=1):
        if line.strip() and not (number == len(lines) and is_torn(line)):
            yield number, _read_line(path, number, line)


def state_of(path: Path) -> tuple[int, ...]:
    """Return numbers of which one changes with the content of a file; none if it is not there."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _read_line(path: Path, number: int, line: bytes) -> Run:
    """Return the run of one line, or say which line of which file is wrong and what to do."""
    place = f"Line {number} of {str(path)!r}"
    advice = "restore the file from git, or delete the line and run the experiment again"
    if len(line) > LONGEST_LINE:
        raise ResultsError(f"{place} is longer than any run: {advice}.")
    try:
        run = Run.from_json(line)
    except (TypeError, ValueError, RecursionError) as error:
        if is_torn(line):
            raise ResultsError(f"{place} is torn, it is no whole line of JSON: {advice}.") from None
        raise ResultsError(
            f"{place} is no recorded run: {str(error).rstrip('.')}; {advice}."
        ) from error
    if (run.report, run.experiment) != (path.parent.name, path.stem):
        raise ResultsError(
            f"{place} belongs to {run.report}/{run.experiment} and not in this file: {advice}."
        )
    return run
