"""The built book is whole by itself: no foreign host, no broken formula, no silent figure."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.book.sources import build, light
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


def test_a_page_is_light(built: Path) -> None:
    """A first visit loads a megabyte at most, figures left out."""
    fonts = 45_000  # the two that most formulas need; those of icons have a few kilobytes
    loads = [(built.parent / one.partition("?")[0]).resolve() for one in parsed(built).loads]
    files = {built, *(one for one in loads if one.suffix in (".css", ".js"))}
    sizes = sorted(((one.stat().st_size, one.name) for one in files), reverse=True)
    assert sum(size for size, _ in sizes) + fonts <= 1_000_000, sizes


def test_nothing_is_shipped_that_nobody_loads() -> None:
    """No source map, and no script of icons beside the font of icons."""
    require(build.HTML.is_dir(), "the book is not built; run: make book")
    static = build.HTML / "_static"
    assert [*static.rglob("*.map"), *static.glob("scripts/fontawesome*")] == []


def test_a_page_has_an_icon(built: Path) -> None:
    """Otherwise a browser asks for one that is not there."""
    assert "favicon.svg" in built.read_text(encoding="utf-8")


@pytest.mark.parametrize(("body", "kept"), [("<p>", False), ('<div class="sd-card">', True)])
def test_styles_of_cards_are_loaded_where_cards_are(body: str, kept: bool, tmp_path: Path) -> None:
    """Jupyter Book puts them on every page."""
    styles = tmp_path / "_static" / "styles"
    styles.mkdir(parents=True)
    loads = (
        '\n<link rel="stylesheet" href="_static/sphinx-design.min.css?v=6a" />'
        '\n<script data-sd-tabs-storage-prefix="a" src="_static/design-tabs.js?v=fc">\n</script>'
    )
    page = tmp_path / "a.html"
    page.write_text(loads + body)
    light.lighten(tmp_path)
    assert page.read_text() == (loads if kept else "") + body


def test_lightening_twice_changes_nothing(tmp_path: Path) -> None:
    """A book that is built again on top of itself is the same."""
    scripts = tmp_path / "_static" / "scripts"
    scripts.mkdir(parents=True)
    page = tmp_path / "a.html"
    page.write_text(
        '<p>\n  <script src="../_static/scripts/fontawesome.js?digest=1"></script>\n</p>'
    )
    (scripts / "fontawesome.js").write_text("heavy")
    (scripts / "a.js").write_text("a;\n//# sourceMappingURL=a.js.map")
    (scripts / "a.js.map").write_text("{}")
    for _ in range(2):
        light.lighten(tmp_path)
        assert page.read_text() == "<p>\n</p>"
        assert {one.name: one.read_text() for one in scripts.iterdir()} == {"a.js": "a;"}
