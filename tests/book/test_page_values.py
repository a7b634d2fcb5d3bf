"""What a page says comes from the records: a changed record changes the page and the command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from nnest.cli import main
from tests.book.run_page import Seen, run
from tests.book.sources import BOOK

REPORT = "boyer-2019"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Return a copy of the committed records."""
    return Path(shutil.copytree(BOOK / "results", tmp_path / "copied"))


@pytest.fixture
def changed(copied: Path, tmp_path: Path) -> Path:
    """Return a copy in which every network of the final model got a tenth more digits wrong."""
    folder = Path(shutil.copytree(copied, tmp_path / "changed"))
    path = folder / REPORT / "final.jsonl"
    runs = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for run_ in runs:
        run_["final"]["test_accuracy"] -= 0.1
        run_["confusion"][9][4] += 100
        run_["confusion"][9][9] -= 100
    path.write_text("".join(json.dumps(one) + "\n" for one in runs), encoding="utf-8")
    return folder


def page(results: Path, monkeypatch: pytest.MonkeyPatch) -> Seen:
    """Return the values and tables of the report's page."""
    monkeypatch.setenv("NNEST_RESULTS", str(results))
    return run(f"reports/{REPORT}")


def command(results: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return what the command line says of the report."""
    assert main(["report", REPORT, "--json", "--results", str(results)]) == 0
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    return said


def test_a_changed_record_changes_the_page(
    copied: Path, changed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The accuracy in the prose, its verdict, the counts of cells, and the tables."""
    before, after = page(copied, monkeypatch), page(changed, monkeypatch)
    assert before.glued["our_percent"] != after.glued["our_percent"]
    assert after.glued["accuracy_verdict"] == "ours lower"
    assert before.glued["cells_outside"] != after.glued["cells_outside"]
    assert before.tables != after.tables


def test_a_changed_record_changes_the_command(
    copied: Path, changed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same verdict stands in what ``nnest report`` prints."""
    before, after = command(copied, capsys), command(changed, capsys)
    assert before != after
    assert "ours lower" in json.dumps(after)


def test_page_and_command_say_the_same(
    copied: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both read one set of verdicts."""
    seen, said = page(copied, monkeypatch), command(copied, capsys)
    (accuracy,) = [one for one in said["numbers"] if one["metric"] == "test_accuracy"]
    assert seen.glued["accuracy_verdict"] == accuracy["verdict"]
    assert seen.glued["our_percent"] == f"{100 * accuracy['mean']:.2f} %"


def test_the_page_says_so_where_nothing_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first run the page can be built, and promises nothing."""
    glued = page(tmp_path, monkeypatch).glued
    assert glued["our_percent"] == "not run yet"
    assert glued["accuracy_verdict"] == "no records"
    assert glued["cells_judged"] == 0
