"""``nnest report``."""

from __future__ import annotations

import argparse
import json
import sys

from nnest.cli._folders import results_folder

__all__ = ["add_report"]


def add_report(parser: argparse.ArgumentParser) -> None:
    """Declare ``nnest report``."""
    parser.description = (
        "Put every number and claim of a report beside what is recorded, with a verdict. With --all"
        " a summary by report and scale comes last."
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("report", nargs="?", metavar="REPORT")
    which.add_argument("--all", action="store_true", help="all reports")
    parser.add_argument("--json", action="store_true", help="for programs: all rows as JSON")
    parser.add_argument("--results", metavar="DIR", help="the folder of the records")
    parser.set_defaults(command=_report)


def _report(parsed: argparse.Namespace) -> int:
    """Run ``nnest report``."""
    from nnest.reporting import as_text, overview_text
    from nnest.reports import get_report, list_reports
    from nnest.results import ResultStore
    from nnest.verdicts import judge

    reports = [get_report(key) for key in (list_reports() if parsed.all else [parsed.report])]
    store = ResultStore(results_folder(parsed.results))
    found = [judge(report, store) for report in reports]
    if parsed.json:
        plain = [one.to_json() for one in found]
        shown = plain if parsed.all else plain[0]
        print(json.dumps(shown, indent=1, ensure_ascii=False, allow_nan=False))
    else:
        summary = [overview_text(found)] if parsed.all else []
        print("\n\n\n".join([*(as_text(one) for one in found), *summary]))
    for report in reports:
        if not store.read(report.key):
            print(
                f"nnest: nothing is recorded in {store.folder / report.key};"
                f" nnest reproduce {report.key} would do it.",
                file=sys.stderr,
            )
    return 0
