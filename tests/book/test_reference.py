"""The pages of names leave none out, and the lists of arms and data sets are whole."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator

import pytest

import nnest
from nnest.datasets import list_datasets
from nnest.reporting import arm_table
from nnest.reports import get_report, list_reports
from nnest.results import ResultStore
from tests.book.run_page import run
from tests.book.sources import BOOK, build, chapter, code, load
from tests.helpers import require

PAGES = [page for page in build.pages() if page.startswith("reference/api")]
ESTIMATORS = ("MLPClassifier", "CNNClassifier", "MLPRegressor", "CNNRegressor")
_DIRECTIVE = re.compile(r"^\.\. (?:py:)?(\w+):: ([\w.]+).*\n((?:   :.*\n?)*)", re.MULTILINE)

reference = load(BOOK / "_ext" / "nnest_reference.py")


def public_names() -> Iterator[tuple[str, str, object]]:
    """Yield each public name with its room; the five declared reports are data."""
    for info in pkgutil.walk_packages(nnest.__path__, "nnest."):
        hidden = any(part.startswith("_") for part in info.name.split("."))
        if not hidden and not info.name.startswith("nnest.reports."):
            room = importlib.import_module(info.name)
            yield from ((info.name, name, getattr(room, name)) for name in room.__all__)


def documented() -> set[str]:
    """Return the full names that the pages describe."""
    found: set[str] = set()
    for page in PAGES:
        for kind, name, options in _DIRECTIVE.findall(chapter(page)):
            chosen = dict(re.findall(r":([\w-]+):[ ]?(.*)", options))
            if kind != "automodule":
                found.add(f"{chosen['module']}.{name}" if "module" in chosen else name)
                continue
            room, left_out = importlib.import_module(name), chosen.get("exclude-members", "")
            found |= {f"{name}.{one}" for one in room.__all__ if one not in left_out.split(", ")}
    return found


def test_every_public_name_is_on_a_page() -> None:
    """A name of `nnest` itself is there under that name, all others under their room's."""
    top = {id(getattr(nnest, name)): f"nnest.{name}" for name in nnest.__all__}
    known = documented()
    assert set(top.values()) <= known
    wanted = {top.get(id(value), f"{room}.{name}") for room, name, value in public_names()}
    assert wanted - known == set()


def test_a_constant_has_words_of_its_own() -> None:
    """What is neither class nor function has no docstring that a page could show."""
    written = {
        f"{room[1]}.{name}"
        for page in PAGES
        for _, name, options in _DIRECTIVE.findall(chapter(page))
        if (room := re.search(r":module: (.*)", options))
    }
    constants = {
        f"{room}.{name}"
        for room, name, value in public_names()
        if not (inspect.isroutine(inspect.unwrap(value)) or inspect.isclass(value))  # type: ignore[arg-type]
    }
    # These are shown by their own words: two directives, and a comment beside the constant.
    named = {"nnest.fusion.convolve_block", "nnest.fusion.max_pool", "nnest.optimizers.SCHEDULES"}
    assert constants - named == written


def test_the_first_page_lists_what_is_imported_from_nnest() -> None:
    """With a sentence for each."""
    listed = re.findall(r"^   nnest\.(\w+)$", chapter("reference/api"), flags=re.MULTILINE)
    assert sorted(listed) == sorted(nnest.__all__)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_methods_of_an_estimator_are_described(name: str) -> None:
    """Inherited ones too."""
    asked = rf"autoclass:: nnest\.{name}\n   :members:\n   :inherited-members:"
    assert re.search(asked, chapter("reference/api_estimators"))


@pytest.mark.book
@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_built_page_describes_the_methods(name: str) -> None:
    """`fit` with its validation part, and what answers for new examples."""
    path = build.HTML / "reference" / "api_estimators.html"
    require(path.is_file(), "the book is not built; run: make book")
    shown = path.read_text(encoding="utf-8")
    asked = ["fit", "predict", "score"] + ["predict_proba"] * name.endswith("Classifier")
    assert [one for one in asked if f'id="nnest.{name}.{one}"' not in shown] == []
    fit = shown.partition(f'id="nnest.{name}.fit"')[2].partition('class="py method"')[0]
    assert "X_val" in fit
    assert "y_val" in fit


@pytest.mark.book
def test_every_public_name_is_in_the_built_book() -> None:
    """As a place that a link can lead to."""
    paths = [build.HTML / f"{page}.html" for page in PAGES]
    require(all(path.is_file() for path in paths), "the book is not built; run: make book")
    places = {
        name
        for path in paths
        for name in re.findall(r'id="(nnest[\w.]*)"', path.read_text(encoding="utf-8"))
    }
    assert documented() - places == set()


def test_words_of_scikit_learn_lead_nowhere() -> None:
    """Its labels and terms are not in this book; setters of routing are left out."""
    line = reference.without_foreign_links(":term:`X` and :ref:`a guide <b_c>`, :class:`C`")
    assert line == "X and a guide, :class:`C`"
    for name, skipped in (("set_fit_request", True), ("set_params", False), ("fit", False)):
        assert reference.is_left_out(None, "class", name, None, False, None) == skipped


def test_every_report_has_its_list_of_arms() -> None:
    """In the order of the reports."""
    asked = re.findall(r'arm_table\(get_report\("(.*?)"\)', code("reference/experiments"))
    assert sorted(asked) == sorted(list_reports())


def test_a_list_of_arms_is_whole_and_leads_to_the_records() -> None:
    """One row for each arm of each experiment; where a seed is recorded, there is a link."""
    for key in list_reports():
        report = get_report(key)
        rows = list(arm_table(report, ResultStore(BOOK / "results")))
        declared = [(one.key, arm.name) for one in report.experiments for arm in one.arms]
        assert [row[:2] for row in rows] == declared
        for _, _, *sizes, links in rows:
            recorded = [str(size) for size in sizes if "; 0 of" not in str(size)]
            assert len(links) == len(recorded)  # type: ignore[arg-type]


def test_the_page_of_data_sets_has_license_and_source_of_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As the registry knows them."""
    shown: list[str] = []
    monkeypatch.setattr("IPython.display.Markdown", shown.append)
    run("reference/data_sets")
    for info in list_datasets():
        for words in (f"## {info.name}\n", info.licence, info.url, info.citation):
            assert words in shown[0]
