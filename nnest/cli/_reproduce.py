"""``nnest reproduce``."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from nnest.cli._durations import duration
from nnest.cli._folders import results_folder

if TYPE_CHECKING:
    from nnest.experiments import Outcome, Report
    from nnest.results import ResultStore

__all__ = ["INTERRUPTED", "add_reproduce"]

#: Exit status after Ctrl-C, as shells have it.
INTERRUPTED = 130


def add_reproduce(parser: argparse.ArgumentParser) -> None:
    """Declare ``nnest reproduce``."""
    parser.description = (
        "Train what is missing of a report, or of all reports, and record each training as it ends."
        " You can stop it at any moment: the same command continues."
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
        "--budget",
        type=duration,
        metavar="TIME",
        help="start no training after this time, such as 25min or 2h",
    )
    parser.set_defaults(command=_reproduce)


def _reproduce(parsed: argparse.Namespace) -> int:
    """Run ``nnest reproduce``."""
    from nnest.reports import get_report, list_reports
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
        return INTERRUPTED
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
