"""The parser of the command line, and what becomes of errors."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn

from nnest import __version__
from nnest._interrupts import interrupts_heard
from nnest._storage import writing
from nnest.cli._cache import add_cache
from nnest.cli._data import add_data
from nnest.cli._explain import add_explain
from nnest.cli._export import add_export
from nnest.cli._report import add_report
from nnest.cli._reproduce import INTERRUPTED, add_reproduce
from nnest.cli._tune import add_tune
from nnest.exceptions import NnestError

__all__ = ["build_parser", "main", "run"]

#: Exit status after an error, as argparse has it.
_REFUSED = 2


def run() -> NoReturn:
    """Run the command line of the process, and end the process with its exit status.

    Examples
    --------
    >>> from nnest.cli import run
    >>> run()  # doctest: +SKIP
    """
    _prepare_streams()
    status = 0
    try:
        with suppress(BrokenPipeError):  # the reader, such as head, has seen enough
            status = main()
    finally:  # argparse ends the process after --help
        _flush_streams()
    if status == INTERRUPTED:
        # JAX may be compiling in a thread of its own, and crashes if the interpreter is taken down
        # meanwhile.
        os._exit(status)
    sys.exit(status)


def _prepare_streams() -> None:
    """Let every sign be printed.

    Windows writes to files and pipes in an old code page, which lacks signs of our tables.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


def _flush_streams() -> None:
    """Write what is buffered; what nobody reads any more goes nowhere.

    Python would do so at its end, and complain of a closed pipe.
    """
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str or None, default=None
        What stands behind ``nnest``; None is taken from the process.

    Returns
    -------
    int
        0, or 2 after an error that was said in one sentence, or 130 after Ctrl-C.

    Examples
    --------
    >>> from nnest.cli import main
    >>> main(["reproduce", "boyer-2020", "--scale", "smoke"])
    2
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    parsed = build_parser().parse_args(given, argparse.Namespace(given=given))
    command: Callable[[argparse.Namespace], int] = parsed.command
    try:
        with interrupts_heard():
            return command(parsed)
    except KeyboardInterrupt:
        print("nnest: stopped.", file=sys.stderr)
        return INTERRUPTED
    except NnestError as error:
        print(f"nnest: {error}", file=sys.stderr)
        unwritten = getattr(error, "line", "")
        if unwritten:  # the record of a training: printed, it is not lost
            print(unwritten, file=sys.stderr)
        return _REFUSED


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of the command line.

    Returns
    -------
    argparse.ArgumentParser
        The parser, with one sub-parser for each command.

    Examples
    --------
    >>> from nnest.cli import build_parser
    >>> build_parser().parse_args(["reproduce", "boyer-2019/final"]).scale
    'lite'
    """
    parser = argparse.ArgumentParser(
        prog="nnest", description="Run student reports again, and tune networks."
    )
    parser.add_argument("--version", action="version", version=f"nnest {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_reproduce(commands.add_parser("reproduce", help="train what is missing of a report"))
    add_report(commands.add_parser("report", help="print what a report says beside what we found"))
    add_tune(commands.add_parser("tune", help="search the settings of a network by a study"))
    add_export(commands.add_parser("export", help="write a saved network as ONNX"))
    add_explain(commands.add_parser("explain", help="write a page about a saved network"))
    add_data(commands.add_parser("data", help="list, fetch and verify the data sets"))
    add_cache(commands.add_parser("cache", help="see or remove compiled programs"))
    _add_demo(commands.add_parser("demo", help="a small study from end to end, without downloads"))
    return parser


def _add_demo(parser: argparse.ArgumentParser) -> None:
    """Declare ``nnest demo``."""
    parser.description = (
        "Run a small study from end to end on scikit-learn's digits: a report's experiments, a grid"
        " search, an Optuna study. Writes tables and figures."
    )
    parser.add_argument("--out", metavar="DIR", default="demo-results", help="where to write")
    parser.set_defaults(command=_demo)


def _demo(parsed: argparse.Namespace) -> int:
    """Run ``nnest demo``."""
    from nnest.demo import run_demo

    with writing(Path(parsed.out), "make room there, or choose another folder with --out."):
        run_demo(parsed.out)
    return 0
