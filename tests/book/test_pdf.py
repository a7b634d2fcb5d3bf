"""The printed book: tables whole, code folded, widgets as figures."""

from __future__ import annotations

import re
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.book.sources import BOOK, build, load
from tests.helpers import require

pytestmark = pytest.mark.browser
#: The widest tables, and a page with a widget.
PAGES = ("reports/groth-2019", "tuning/several_machines", "foundations/activations")


class Cells(HTMLParser):
    """Collects what the cells of a page's tables say."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Begin a cell."""
        if tag in ("td", "th"):
            self._inside = True
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        """End a cell."""
        if tag in ("td", "th"):
            self._inside = False

    def handle_data(self, data: str) -> None:
        """Add to a cell."""
        if self._inside:
            self.found[-1] += data


def letters(text: str) -> str:
    """Return the letters and digits of a text, whatever breaks its lines."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the program and the printed pages, as one file."""
    pypdf = pytest.importorskip("pypdf")
    require(any(map(shutil.which, ("chromium", "google-chrome"))), "there is no chromium")
    require((build.HTML / "index.html").is_file(), "the book is not built; run: make book")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path, str(BOOK)])
        program = load(BOOK / "pdf.py")
    target: Path = tmp_path_factory.mktemp("pdf") / "book.pdf"
    program.main(list(PAGES), target)
    return pypdf.PdfReader(target)


def of(printed: Any, page: str) -> list[Any]:
    """Return the sheets of a page of the book."""
    starts = [printed.get_destination_page_number(one) for one in printed.outline]
    place = PAGES.index(page)
    end = starts[place + 1] if place + 1 < len(starts) else len(printed.pages)
    return list(printed.pages)[starts[place] : end]


def test_the_outline_leads_to_each_page(printed: Any) -> None:
    """In the order of the book."""
    assert [one.title for one in printed.outline] == list(PAGES)


def test_no_link_leads_to_a_file_of_this_machine(printed: Any) -> None:
    """But to printed pages and places on them, and to the published book for the others."""
    links = [one.get_object() for sheet in printed.pages for one in sheet.get("/Annots", ())]
    addresses = [str(one["/A"]["/URI"]) for one in links if "/A" in one]
    assert addresses
    assert [one for one in addresses if not one.startswith("https://")] == []
    inside = [one["/Dest"] for one in links if "/Dest" in one]
    assert inside
    sheets = {sheet.indirect_reference.idnum for sheet in printed.pages}
    assert all(place[0].indirect_reference.idnum in sheets for place in inside)


@pytest.mark.parametrize("page", PAGES[:2])
def test_no_table_is_cut(page: str, printed: Any) -> None:
    """What each cell says is on paper, whole."""
    cells = Cells()
    cells.feed((build.HTML / f"{page}.html").read_text(encoding="utf-8"))
    text = letters(" ".join(sheet.extract_text() for sheet in of(printed, page)))
    assert len(cells.found) > 50
    # A long cell may go on overleaf, behind the heading of its table.
    ends = {cell: letters(cell) if len(cell) < 300 else letters(cell)[-20:] for cell in cells.found}
    assert [cell for cell, end in ends.items() if end not in text] == []


def test_a_widget_is_a_figure_and_code_is_folded(printed: Any) -> None:
    """What a widget says in its first state is printed, and no bar that shows code."""
    text = " ".join(sheet.extract_text() for sheet in of(printed, "foundations/activations"))
    assert re.search(r"f.\(z\) = 0\.105", text)
    assert "Show code cell" not in text
    assert "curves" in text
