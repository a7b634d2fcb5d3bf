"""The digests of all declared arms, which records are found by: `python -m tests.digests`.

It adds the arms that are new to `digests.json`, and never changes one that is there.
"""

from __future__ import annotations

import json
from pathlib import Path

from nnest.experiments import SCALES, arm_digest
from nnest.reports import get_report, list_reports

FILE = Path(__file__).with_name("digests.json")


def declared() -> dict[str, dict[str, str]]:
    """Return the digests of all arms that hold runs of their own, by place and by scale."""
    return {
        f"{report.key}/{experiment.key}/{arm.name}": {
            scale: arm_digest(report, experiment.key, arm.name, scale) for scale in SCALES
        }
        for report in map(get_report, list_reports())
        for experiment in report.experiments
        for arm in experiment.arms
        if arm.shared is None
    }


def committed() -> dict[str, dict[str, str]]:
    """Return what the file holds."""
    found: dict[str, dict[str, str]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    known = committed() if FILE.exists() else {}
    FILE.write_text(json.dumps(declared() | known, indent=1) + "\n", encoding="utf-8")
