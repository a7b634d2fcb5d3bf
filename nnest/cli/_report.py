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
        "Print every number and claim of a report beside our recorded results, with a verdict. With"
        " --all, a summary by report and scale comes last."
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("report", nargs="?", metavar="REPORT")
    which.add_argument("--all", action="store_true", help="all reports")
    parser.add_argument("--json", action="store_true", help="for programs: all rows as JSON")
    parser.add_argument("--results", metavar="DIR", help="the folder of the records")
    parser.set_defaults(command=_report)


def _report(parsed: argparse.Namespace) -> int:
    """Run ``nnest report``."""
    from nnest.reporting import as_json, as_text, overview_text
    from nnest.reports import get_report, list_reports
    from nnest.results import ResultStore
    from nnest.verdicts import Records, judge

    reports = [get_report(key) for key in (list_reports() if parsed.all else [parsed.report])]
    store = ResultStore(results_folder(parsed.results))
    records = [Records(report, store) for report in reports]
    found = [judge(one.report, store, records=one) for one in records]
    if parsed.json:
        plain = [as_json(one) for one in found]
        shown = plain if parsed.all else plain[0]
        print(json.dumps(shown, indent=1, ensure_ascii=False, allow_nan=False))
    else:
        summary = [overview_text(found)] if parsed.all else []
        print("\n\n\n".join([*(as_text(one) for one in found), *summary]))
    for report in [one.report.key for one in records if not one.runs]:
        print(
            f"nnest: nothing is recorded in {store.folder / report};"
            f" nnest reproduce {report} would do it.",
            file=sys.stderr,
        )
    return 0
