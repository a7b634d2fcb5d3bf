"""From every number of a page there is a way to the line of the record, and it leads somewhere."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from pathlib import Path

import pytest

from nnest.reporting import ReportPage, record_files
from nnest.reports import get_report, list_reports
from nnest.results import ResultStore
from tests.book.sources import BOOK, build, chapter, records
from tests.planted import plant_report

REPORT = "pillarisetti-2019"
RECORDED = [key for key in list_reports() if (BOOK / "results" / key).is_dir()]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with records of one report, one of them diverged."""
    folder: Path = tmp_path_factory.mktemp("planted")
    plant_report(get_report(REPORT), folder, diverged="table/2-every")
    return folder


@pytest.fixture(scope="module")
def offered(planted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what the built book keeps of them."""
    folder: Path = tmp_path_factory.mktemp("built") / "_static" / "records"
    records.offer_records(planted, folder)
    return folder


def links(page: ReportPage) -> set[str]:
    """Return the addresses of all links in the tables of a page."""
    tables = [page.numbers(), page.sentences(), *(page.arms(one) for one in arms_of(page))]
    return {address for one in tables for address in re.findall(r'href="([^"]+)"', str_html(one))}


def arms_of(page: ReportPage) -> list[str]:
    """Return the experiments that train something."""
    return [one.key for one in page.report.experiments if one.arms]


def str_html(table: object) -> str:
    """Return what a notebook shows."""
    return str(table._repr_html_())  # type: ignore[attr-defined]


def test_every_link_of_a_number_leads_to_its_lines(planted: Path, offered: Path) -> None:
    """The file is there, and the place in it."""
    found = links(ReportPage(get_report(REPORT), ResultStore(planted)))
    assert found
    for address in found:
        name, _, place = address.removeprefix("../_static/records/").partition("#")
        assert f'id="{place}"' in (offered / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("key", RECORDED)
def test_committed_records_are_reached_too(key: str, tmp_path: Path) -> None:
    """As the pages have them now."""
    records.offer_records(BOOK / "results", tmp_path / "records")
    for address in links(ReportPage(get_report(key), ResultStore(BOOK / "results"))):
        name, _, place = address.removeprefix("../_static/records/").partition("#")
        assert f'id="{place}"' in (tmp_path / "records" / name).read_text(encoding="utf-8")


def test_a_listed_line_is_the_line_of_the_file(planted: Path, offered: Path) -> None:
    """Its number, its digest, its numbers; a run that diverged is called so."""
    lines = (offered / REPORT / "table.jsonl").read_bytes().splitlines()
    shown = (offered / REPORT / "table.html").read_text(encoding="utf-8")
    for number, line in enumerate(lines, start=1):
        (row,) = re.findall(rf'<tr id="L{number}">(.*?)</tr>', shown)
        run = json.loads(line)
        assert hashlib.sha256(line).hexdigest()[:16] in row
        assert f"test_accuracy {run['final']['test_accuracy']:.6g}" in row
        assert ("diverged" in row) == run["diverged"]
    assert hashlib.sha256(b"\n".join(lines) + b"\n").hexdigest() in shown


def test_an_archive_holds_the_files_and_is_the_same_again(planted: Path, tmp_path: Path) -> None:
    """So that its digest says something."""
    for name in ("one.zip", "two.zip"):
        records.write_archive(REPORT, planted, tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert archive.namelist() == [
            one.name for one in record_files(REPORT, ResultStore(planted))
        ]
        for name in archive.namelist():
            assert archive.read(name) == (planted / name).read_bytes()


def test_each_report_is_packed_once(
    planted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many files it has."""
    packed: list[str] = []
    monkeypatch.setattr(records, "write_archive", lambda report, *_: packed.append(report))
    records.offer_records(planted, tmp_path / "records")
    assert sorted(packed) == sorted(list_reports())


def test_a_page_offers_archive_and_digests(planted: Path) -> None:
    """Or says that there is nothing."""
    files = record_files(REPORT, ResultStore(planted))
    shown = records.records_html(REPORT, files, "../")
    assert f'href="../_static/records/{REPORT}.zip"' in shown
    assert all(one.sha256 in shown and one.listing in shown for one in files)
    assert "Nothing is recorded of other yet." in records.records_html("other", [], "../")


@pytest.mark.parametrize("key", list_reports())
def test_every_report_offers_its_records(key: str) -> None:
    """By the directive, on its page; which is in the book."""
    assert f"reports/{key}" in build.pages()
    assert f"```{{records}} {key}\n```" in chapter(f"reports/{key}")
