"""Measurements in processes of their own, and their records."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatch
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import joblib

from nnest._machine import processor
from nnest.results import git_state, source_digest, versions

ROOT = Path(__file__).resolve().parents[1]
RECORDS = ROOT / "book" / "results" / "benchmarks"
#: Stands before what a child found, since libraries print too.
MARK = "measured: "
#: What glibc is told to keep pages that it has, as the README names it.
KEEP_PAGES = (
    "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=1000000000:"
    "glibc.malloc.trim_threshold=8000000000:glibc.malloc.arena_max=1"
)
_PACKAGES = (
    "nnest-estimators", "keras", "jax", "jaxlib", "tensorflow-cpu", "torch", "skorch", "scikeras",
    "scikit-learn", "numpy", "optuna", "psycopg", "mapie",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One way of doing the work.

    Parameters
    ----------
    name : str
        What the table calls it.
    task : str
        The function that does it, as ``"module:function"`` of this package; it returns a list of
        dicts, one for each thing that it measured.
    settings : dict
        The function's arguments.
    environment : dict
        Variables of the process in which it runs.
    needs : tuple of str
        Packages without which there is no such row.
    """

    name: str
    task: str
    settings: dict[str, Any]
    environment: dict[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()

    @property
    def is_possible(self) -> bool:
        """Whether all that it needs is installed."""
        return all(find_spec(name) is not None for name in self.needs)


class MeasurementError(RuntimeError):
    """A row's process did not come to its end."""


def measure(row: Row, *, on_cpu: bool = True) -> list[dict[str, Any]]:
    """Run a row in a process of its own and return what it found.

    Parameters
    ----------
    row : Row
        The row.
    on_cpu : bool, default=True
        Whether to hide accelerators.

    Returns
    -------
    list of dict
        What its function returned.

    Raises
    ------
    MeasurementError
        If the process fails; the message ends with what it said last.
    """
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore", "KERAS_BACKEND": "jax"}
    hidden = {"JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""} if on_cpu else {}
    command = [sys.executable, "-m", "benchmarks._child", row.task, json.dumps(row.settings)]
    environment = {**os.environ, **quiet, **hidden, **row.environment}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    found = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
    if done.returncode or not found:
        said = "\n".join(done.stderr.strip().splitlines()[-12:])
        raise MeasurementError(f"{row.name} ended with code {done.returncode}:\n{said}")
    measured: list[dict[str, Any]] = json.loads(found[-1].removeprefix(MARK))
    return measured


@cache
def circumstances() -> dict[str, Any]:
    """Return what a number depends on beside the work: device, versions, code."""
    commit, dirty = git_state(ROOT, exclude=["book/results"])
    return {
        "device": f"{processor()}, {joblib.cpu_count()} cores",
        "python": platform.python_version(),
        "versions": versions(_PACKAGES),
        "code": {
            "commit": commit,
            "dirty": dirty,
            "source_digest": source_digest(ROOT / "nnest"),
        },
    }


def measure_all(
    benchmark: str, rows: Iterable[Row], options: argparse.Namespace, *, on_cpu: bool = True
) -> list[dict[str, Any]]:
    """Measure all rows, then all again, and append each finding to the records at once.

    Parameters
    ----------
    benchmark : str
        Names the file of the records.
    rows : iterable of Row
        The rows; those that are not installed, or not asked for, are left out.
    options : argparse.Namespace
        From :func:`arguments`.
    on_cpu : bool, default=True
        Whether to hide accelerators.

    Returns
    -------
    list of dict
        The records of this run, those that an interrupted one left included.
    """
    path = Path(options.out) / f"{benchmark}.jsonl"
    wanted = [row for row in rows if any(fnmatch(row.name, each) for each in options.rows)]
    for row in wanted:
        if not row.is_possible:
            print(f"left out, not installed: {row.name}", file=sys.stderr)
    wanted = [row for row in wanted if row.is_possible]
    before = [each for each in read(path) if each["run"] == options.run]
    done = {(each["row"], each["repeat"]) for each in before}
    for repeat in range(options.repeats):
        for row in wanted:
            if (row.name, repeat) not in done:
                _measure_one(benchmark, row, repeat, path, options, on_cpu)
    return [each for each in read(path) if each["run"] == options.run]


def _measure_one(
    benchmark: str, row: Row, repeat: int, path: Path, options: argparse.Namespace, on_cpu: bool
) -> None:
    """Measure a row once; a row that fails is told of and the others go on."""
    begun = datetime.now(UTC)
    try:
        measured = measure(row, on_cpu=on_cpu)
    except MeasurementError as error:
        print(error, file=sys.stderr)
        return
    about = {
        "benchmark": benchmark,
        "row": row.name,
        "repeat": repeat,
        "run": options.run,
        "settings": row.settings,
        "created": begun.isoformat(timespec="seconds"),
        **circumstances(),
    }
    append(path, [{**about, **each} for each in measured])
    taken = (datetime.now(UTC) - begun).total_seconds()
    print(f"{benchmark}, repeat {repeat + 1}: {row.name}, {taken:.0f} s", file=sys.stderr)


def append(path: Path, records: Sequence[dict[str, Any]]) -> None:
    """Add records to a file of JSON lines, all or none of them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(record, sort_keys=True, allow_nan=False) + "\n" for record in records]
    with path.open("a", encoding="utf-8") as file:
        file.write("".join(lines))


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of a file, none where there is no file."""
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def arguments(purpose: str, **sizes: int) -> argparse.ArgumentParser:
    """Return the options that all benchmarks have.

    Parameters
    ----------
    purpose : str
        What the benchmark measures.
    **sizes : int
        Sizes of the work by name, with their defaults.

    Returns
    -------
    argparse.ArgumentParser
        A parser.
    """
    parser = argparse.ArgumentParser(description=purpose)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    parser.add_argument("--repeats", type=int, default=3, help="how often each row is measured")
    parser.add_argument("--rows", nargs="+", default=["*"], help="names of rows, * for any letters")
    parser.add_argument("--out", default=str(RECORDS), help="folder of the records")
    parser.add_argument("--run", default=now, help="name of the run; a known one goes on")
    for name, default in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser
