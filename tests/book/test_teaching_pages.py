"""What chapters say of the reports stands on records, and on none if there are none."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import myst_nb
import numpy as np
import pytest

from nnest.experiments import metric_values
from nnest.reporting import ReportPage
from nnest.reports import get_report
from nnest.results import ResultStore
from tests.book.run_page import Seen
from tests.book.sources import build, chapter, split
from tests.planted import plant_report

HEADING = "## What the reports say"
# Pages whose cells of that part need nothing that was computed before them.
PAGES = [
    "foundations/pixels",
    "foundations/losses",
    "foundations/optimizers",
    "foundations/learning_rate",
    "foundations/initialization",
    "layers/convolution",
    "layers/gaussian_kernels",
    "layers/pooling",
    "regularization/augmentation",
    "regularization/early_stopping",
    "regularization/class_weights",
    "tuning/differences",
    "tuning/grid_search_and_optuna",
]


def part(page: str) -> str:
    """Return the part of a page that is about the reports."""
    source = chapter(page)
    return source[source.index(HEADING) : source.index("## Exercises")]


def run_part(page: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Seen, str]:
    """Run the cells of that part; return what they glue, and the last table as text."""
    seen, names = Seen(), dict[str, Any](np=np)
    monkeypatch.setattr(myst_nb, "glue", seen.glue)
    names["glue"] = seen.glue
    for block in split(part(page))[1]:
        if block.name == "code-cell":
            exec(compile(block.body, page, "exec"), names)
    return seen, str(names["table"])


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_nothing_of_runs_that_are_not_there(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every name that the prose glues is there, and no verdict is among them."""
    monkeypatch.setenv("NNEST_RESULTS", str(tmp_path))
    seen, table = run_part(page, monkeypatch)
    spoken = re.findall(r"\{glue:text\}`([^`:]+)", part(page))
    assert spoken
    assert set(spoken) <= set(seen.glued)
    assert "not run yet" in table
    assert "holds" not in seen.glued.values()


def test_all_chapters_with_such_a_part_are_tried() -> None:
    """Older chapters are tried whole, in the tests of the reports' pages."""
    older = {
        "foundations/activations",
        "layers/batch_normalization",
        "regularization/dropout",
        "regularization/l1_l2",
    }
    found = {page for page in build.pages() if HEADING in chapter(page)}
    assert found == {*PAGES, *older}


def test_a_mean_says_what_it_stands_on(tmp_path: Path) -> None:
    """A number of the records, or that there is none, or how many trainings diverged."""
    report = get_report("boyer-2019")
    assert ReportPage(report, ResultStore(tmp_path)).mean("convolutions", "1") == "not run yet"
    plant_report(report, tmp_path, diverged="convolutions/1")
    page = ReportPage(report, ResultStore(tmp_path))
    values = metric_values(page.found("dropout")["0.0"].runs, "test_accuracy")
    mean = page.mean("dropout", "0.0")
    assert mean.endswith(" %")
    assert float(mean.removesuffix(" %")) == pytest.approx(100 * values.mean(), abs=0.5)
    assert page.mean("convolutions", "1", "test_loss") == f"1 of {len(values)} diverged"
