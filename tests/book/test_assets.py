"""The built book is whole by itself: no foreign host, no broken formula, no silent figure."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.book.sources import build
from tests.helpers import require

pytestmark = pytest.mark.book

_LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
# These name an address and load nothing from it.
_NAMES_ONLY = {"canonical", "next", "prev", "search", "index", "author", "copyright"}


@dataclass
class Page(HTMLParser):
    """What a page loads, and its pictures."""

    loads: list[str] = field(default_factory=list)
    pictures: list[dict[str, str | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Set up the parser."""
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element loads."""
        found = dict(attrs)
        if tag == "img":
            self.pictures.append(found)
        if tag == "link" and found.get("rel") in _NAMES_ONLY:
            return
        if address := found.get(_LOADS.get(tag, "")):
            self.loads.append(address)


@pytest.fixture(scope="module", params=build.pages())
def built(request: pytest.FixtureRequest) -> Path:
    """Return a built page."""
    path: Path = build.HTML / f"{request.param}.html"
    require(path.is_file(), f"{path} is not built; run: make book")
    return path


def parsed(path: Path) -> Page:
    """Read a page."""
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def test_nothing_is_loaded_from_another_host(built: Path) -> None:
    """Scripts, styles and pictures all lie beside the page."""
    foreign = [one for one in parsed(built).loads if one.startswith(("http:", "https:", "//"))]
    assert foreign == []


def test_everything_that_is_loaded_is_there(built: Path) -> None:
    """Each address leads to a file of the build."""
    local = [one.split("?")[0].split("#")[0] for one in parsed(built).loads]
    missing = [
        one for one in local if one and "data:" not in one and not (built.parent / one).is_file()
    ]
    assert missing == []


def test_formulas_are_rendered(built: Path) -> None:
    """No formula is left as an error, nor to a script."""
    text = built.read_text(encoding="utf-8")
    assert "katex-error" not in text
    assert "MathJax" not in text


def test_live_code_is_left_out(built: Path) -> None:
    """The theme's live code would ask a foreign host."""
    assert "thebe" not in built.read_text(encoding="utf-8").lower()


def test_figures_have_words(built: Path) -> None:
    """An alternative text that is a file name tells nothing."""
    for picture in parsed(built).pictures:
        alternative, address = picture.get("alt") or "", picture.get("src") or ""
        assert alternative
        assert alternative not in address
        assert Path(address).stem not in alternative


def test_no_cell_ended_in_an_error(built: Path) -> None:
    """Tracebacks are no output that a reader should meet."""
    assert "Traceback" not in built.read_text(encoding="utf-8")
