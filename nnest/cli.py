"""The command ``nnest``: run the reports again, and look after data sets.

Heavy imports stand inside the commands, so that ``nnest --help`` answers at once.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnest.experiments import Outcome, Report
    from nnest.results import ResultStore

__all__ = ["build_parser", "main", "results_folder"]

_UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0}
_INTERRUPTED = 130
_REFUSED = 2


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
    parsed = build_parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = parsed.command
    try:
        return command(parsed)
    except KeyboardInterrupt:
        print("nnest: stopped.", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:  # the reader, such as head, has seen enough
        sys.stderr.close()
        return 0
    except Exception as error:
        if not isinstance(error, _expected_errors()):
            raise
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
        prog="nnest", description="Run student reports again, honestly."
    )
    parser.add_argument("--version", action=_Version)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_reproduce(commands.add_parser("reproduce", help="train what is missing of a report"))
    return parser


def results_folder(given: str | None = None, *, scale: str | None = None) -> Path:
    """Return the folder of the records.

    Parameters
    ----------
    given : str or None, default=None
        What the command line says; it comes first.
    scale : str or None, default=None
        At "smoke", records go to a folder of their own, which is not meant to be kept.

    Returns
    -------
    Path
        The given folder; that of ``NNEST_RESULTS``; ``demo-results`` at smoke scale; the book's in
        a checkout; or ``results`` in the working folder.

    Examples
    --------
    >>> from nnest.cli import results_folder
    >>> results_folder("records").name
    'records'
    """
    if given or os.environ.get("NNEST_RESULTS"):
        return Path(given or os.environ["NNEST_RESULTS"])
    if scale == "smoke":
        return Path("demo-results")
    checkout = Path(__file__).resolve().parents[1]
    if (checkout / "pyproject.toml").is_file() and (checkout / "book").is_dir():
        return checkout / "book" / "results"
    return Path("results")


class _Version(argparse.Action):
    """Prints the version; it is looked up only when asked for."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:
        """Take no argument."""
        super().__init__(option_strings, dest, nargs=0, help="print the version and exit")

    def __call__(self, parser: argparse.ArgumentParser, *unused: object) -> None:
        """Print and exit."""
        del unused
        try:
            found = version("nnest-estimators")
        except PackageNotFoundError:
            found = "(not installed)"
        print(f"nnest {found}")
        parser.exit()


def _expected_errors() -> tuple[type[Exception], ...]:
    """Return the exceptions whose message is meant for the reader."""
    from nnest.datasets import DatasetError
    from nnest.experiments import ExperimentError
    from nnest.results import ResultsError

    return DatasetError, ExperimentError, ResultsError


def _add_reproduce(parser: argparse.ArgumentParser) -> None:
    """Declare ``nnest reproduce``."""
    parser.description = (
        "Train what is missing of a report, or of all reports, and record each training as it ends."
        " Stopped at any moment, it goes on when it is called again."
    )
    parser.add_argument(
        "what", nargs="?", metavar="REPORT[/EXPERIMENT]", help="default: all reports"
    )
    parser.add_argument("--scale", choices=("smoke", "lite", "full"), default="lite")
    parser.add_argument("--seeds", type=int, metavar="N", help="default: as declared")
    parser.add_argument("--results", metavar="DIR", help="the folder of the records")
    parser.add_argument(
        "--allow-dirty", action="store_true", help="record runs of code that is not committed"
    )
    parser.add_argument(
        "--budget", type=_duration, metavar="TIME", help="as in 25min or 2h: then begin no more"
    )
    parser.set_defaults(command=_reproduce)


def _duration(text: str) -> float:
    """Read a duration in seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|min|h)", text)
    if match is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no duration; write a number and s, min or h, as in 25min"
        )
    return float(match[1]) * _UNITS[match[2]]


def _reproduce(parsed: argparse.Namespace) -> int:
    """Run ``nnest reproduce``."""
    from nnest.experiments import get_report, list_reports
    from nnest.results import ResultStore

    key, _, experiment = (parsed.what or "").partition("/")
    reports = [get_report(name) for name in ([key] if key else list_reports())]
    store = ResultStore(results_folder(parsed.results, scale=parsed.scale))
    for report in reports:
        code = _reproduce_report(report, experiment or None, store, parsed)
        if code:
            return code
    return 0


def _reproduce_report(
    report: Report, experiment: str | None, store: ResultStore, parsed: argparse.Namespace
) -> int:
    """Run one report, and say what is recorded."""
    from nnest.experiments import run

    try:
        outcome = run(
            report,
            experiment,
            store=store,
            scale=parsed.scale,
            n_seeds=parsed.seeds,
            allow_dirty=parsed.allow_dirty,
            budget=parsed.budget,
        )
    except KeyboardInterrupt:
        print(
            f"nnest: stopped. What had ended is recorded in {store.folder}; the same command"
            " goes on where it was.",
            file=sys.stderr,
        )
        return _INTERRUPTED
    print(_summary(report, store, outcome))
    return 0


def _summary(report: Report, store: ResultStore, outcome: Outcome) -> str:
    """Say what a run came to."""
    done = (
        f"{report.key}: {outcome.trained} trainings recorded in {store.folder / report.key},"
        f" {outcome.found} of {outcome.needed} were there before."
    )
    if outcome.left:
        return f"{done} {outcome.left} are left for the next time."
    return done
