"""What a page says comes from the records: a changed record changes the page and the command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.book.sources import BOOK
from tests.helpers import ROOT

REPORT = "boyer-2019"


def said_by(command: list[str], results: Path) -> str:
    """Run a program on a folder of records and return what it prints."""
    environment = os.environ | {"NNEST_RESULTS": str(results), "MPLBACKEND": "Agg"}
    shown = subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        timeout=300,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    return shown.stdout


def page(results: Path) -> dict[str, Any]:
    """Return the values and tables of the report's page."""
    said: dict[str, Any] = json.loads(
        said_by(["-m", "tests.book.run_page", f"reports/{REPORT}"], results).splitlines()[-1]
    )
    return said


def command(results: Path) -> dict[str, Any]:
    """Return what the command line says of the report."""
    said: dict[str, Any] = json.loads(said_by(["-m", "nnest", "report", REPORT, "--json"], results))
    return said


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the committed records."""
    return Path(shutil.copytree(BOOK / "results", tmp_path_factory.mktemp("records") / "results"))


@pytest.fixture(scope="module")
def changed(copied: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy in which every network of the final model got a tenth more digits wrong."""
    folder = Path(shutil.copytree(copied, tmp_path_factory.mktemp("changed") / "results"))
    path = folder / REPORT / "final.jsonl"
    runs = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for run in runs:
        run["final"]["test_accuracy"] -= 0.1
        run["confusion"][9][4] += 100
        run["confusion"][9][9] -= 100
    path.write_text("".join(json.dumps(run) + "\n" for run in runs), encoding="utf-8")
    return folder


def test_a_changed_record_changes_the_page(copied: Path, changed: Path) -> None:
    """The accuracy in the prose, its verdict, and the table of numbers."""
    before, after = page(copied), page(changed)
    assert before["glued"]["our_percent"] != after["glued"]["our_percent"]
    assert after["glued"]["accuracy_verdict"] == "ours lower"
    assert before["glued"]["cells_outside"] != after["glued"]["cells_outside"]
    assert before["tables"] != after["tables"]


def test_a_changed_record_changes_the_command(copied: Path, changed: Path) -> None:
    """The same verdict stands in what ``nnest report`` prints."""
    before, after = command(copied), command(changed)
    assert before != after
    assert "ours lower" in {one["verdict"] for one in after["numbers"]}


def test_the_page_says_so_where_nothing_is_recorded(tmp_path: Path) -> None:
    """Before the first run the page can be built, and promises nothing."""
    said = page(tmp_path)
    assert said["glued"]["our_percent"] == "not recorded yet"
    assert said["glued"]["accuracy_verdict"] == "no records"
    assert said["glued"]["cells_judged"] == 0
