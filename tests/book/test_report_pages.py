"""Every report has one page with all its parts, which is right whatever is recorded."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nnest.reports import get_report, list_reports
from nnest.results import ResultStore
from nnest.verdicts import judge
from tests.book.run_page import Seen, run
from tests.book.sources import BOOK, chapter, code
from tests.planted import plant_report

REPORTS = list_reports()
PARTS = ("asked", "sizes", "deviations", "not_reproduced", "not_judged", "times", "hardware")
# These train networks of their own, which takes a while.
TEACHING = [
    "regularization/dropout",
    "regularization/l1_l2",
    "layers/batch_normalization",
    "foundations/activations",
]
PAGES = [
    *(f"reports/{key}" for key in REPORTS),
    "reports/summary",
    "reports/wishes",
    "reports/how_verdicts_work",
    *(pytest.param(name, marks=pytest.mark.slow) for name in TEACHING),
]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return records of all reports, no two alike, some of them diverged."""
    folder: Path = tmp_path_factory.mktemp("planted")
    broken = {
        "groth-2019": "initialization/normal around 1",
        "pillarisetti-2019": "optimizers/sgd",
    }
    for key in REPORTS:
        plant_report(get_report(key), folder, diverged=broken.get(key, ""))
    return folder


def page(name: str, results: Path) -> Seen:
    """Run a page on other records."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NNEST_RESULTS", str(results))
        return run(name)


def spoken(name: str) -> set[str]:
    """Return the names that the prose of a page glues."""
    return {
        found.partition(":")[0] for found in re.findall(r"\{glue:text\}`([^`]+)`", chapter(name))
    }


def calls(name: str, method: str) -> set[str]:
    """Return the experiments that a page asks a method for."""
    found = re.findall(rf"page\.{method}\(([^)]*)\)", code(name))
    return {key for one in found for key in re.findall(r'"([\w-]+)"', one)}


@pytest.mark.parametrize("key", REPORTS)
def test_a_page_has_all_its_parts(key: str) -> None:
    """What was asked and done, numbers, sentences, what failed, time, how to run it, records."""
    source = code(f"reports/{key}")
    for part in (*PARTS, "left_out"):
        assert f"page.{part}(" in source, part
    assert f"nnest reproduce {key}" in chapter(f"reports/{key}")


@pytest.mark.parametrize("key", REPORTS)
def test_a_page_shows_every_number_and_every_sentence(key: str) -> None:
    """Either all at once, or each experiment that has some."""
    report = get_report(key)
    for method, kind in (("numbers", "reported"), ("sentences", "claims")):
        if re.search(rf"page\.{method}\((ours=\w+)?\)", code(f"reports/{key}")):
            continue
        wanted = {one.key for one in report.experiments if getattr(one, kind)}
        assert wanted - calls(f"reports/{key}", method) == set()


@pytest.mark.parametrize("key", REPORTS)
def test_a_page_begins_for_readers(key: str) -> None:
    """Its title has the report's author and year; its code is one link; its network is drawn."""
    report, source = get_report(key), chapter(f"reports/{key}")
    title = re.search(r"^# (.*)$", source, re.M)
    assert title is not None
    assert title[1].startswith(f"{report.author.split()[-1]} ({report.year}): ")
    assert source.count(f"{{download}}`in the source of this page <{key}.md>`") == 1
    assert "hide-input" not in source
    assert "plots.network(page.model(" in source


@pytest.mark.parametrize("key", REPORTS)
def test_reports_and_chapters_lead_to_each_other(key: str) -> None:
    """A page lists the chapters on its subjects; each of them leads to sections of reports."""
    source = chapter(f"reports/{key}")
    listed = source.partition("These chapters explain what the report is about:")[2]
    for name in re.findall(r"\{doc\}`/([\w/]+)`", listed.partition("\n\n")[0]):
        if "## What the reports say" in chapter(name):
            said = chapter(name).partition("## What the reports say")[2].partition("\n## ")[0]
            assert re.search(r"\{ref\}`[^<`]+<[a-z0-9]+-[a-z-]+>`", said), name


@pytest.mark.parametrize("key", REPORTS)
def test_reasons_are_of_experiments_and_deviations_that_exist(key: str) -> None:
    """A reason for what is gone would never be read."""
    report = get_report(key)
    source = re.search(r"page\.not_reproduced\(\s*\{(.*?)\}\s*\)", code(f"reports/{key}"), re.S)
    assert source is not None
    for experiment in re.findall(r'^\s*"([\w-]+)[/"]', source[1], re.M):
        assert report.experiment(experiment)
    known = {one.number for one in report.deviations}
    named = re.findall(r"deviations? ([\d, and]+)", source[1])
    assert {int(one) for each in named for one in re.findall(r"\d+", each)} <= known


@pytest.mark.parametrize("name", PAGES)
def test_a_page_runs_without_any_record(name: str, tmp_path: Path) -> None:
    """All that it says is there, and no verdict is among it."""
    seen = page(name, tmp_path)
    assert spoken(name) <= set(seen.glued)
    said = " ".join(map(str, [*seen.glued.values(), *seen.tables]))
    assert "not run" in said
    assert not re.search(r"<td>(agrees|holds|contradicted|ours (higher|lower))", said)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_follows_the_records(name: str, planted: Path) -> None:
    """With everything recorded nothing is left open, and every claim has its verdict."""
    seen = page(name, planted)
    assert spoken(name) <= set(seen.glued)
    key = name.removeprefix("reports/")
    if key in REPORTS:
        shown = " ".join(seen.tables)
        assert "not run yet" not in shown
        for one in judge(get_report(key), ResultStore(planted)).claims:
            assert seen.glued[f"{one.experiment}_{one.key}"].startswith(one.verdict)


def test_a_page_names_what_diverged(planted: Path) -> None:
    """In its tables, with how many of how many."""
    shown = " ".join(page("reports/groth-2019", planted).tables)
    assert "diverged: it counts in accuracies" in shown
    assert re.search(r"1 of \d+ diverged", shown)


def test_the_summary_counts_what_is_declared(planted: Path) -> None:
    """Numbers and claims of all five, and what is judged of them."""
    glued = page("reports/summary", planted).glued
    found = [judge(get_report(key), ResultStore(planted)) for key in REPORTS]
    assert glued["numbers_all"] == sum(len(one.numbers) for one in found)
    assert glued["claims_all"] + glued["questions_all"] == sum(len(one.claims) for one in found)
    assert glued["numbers_judged"] == sum(one.summary.numbers_judged for one in found)


def test_pages_are_named_as_their_reports() -> None:
    """One page for each report, two for all of them, and one on the rules."""
    found = {path.stem for path in (BOOK / "reports").glob("*.md")}
    assert found == {*REPORTS, "summary", "wishes", "how_verdicts_work"}
