"""Every link inside the built book leads to a page that is there, and to a place on it."""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.book.sources import build
from tests.helpers import require

pytestmark = pytest.mark.book


class Page(HTMLParser):
    """Collects the links of a page, and the places that links may lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        found = {name: value for name, value in attrs if value}
        self.places |= {found[name] for name in ("id", "name") if name in found}
        if tag == "a" and "href" in found:
            self.links.append(found["href"])


@cache
def parsed(path: Path) -> Page:
    """Read a page once."""
    return Page(path.read_text(encoding="utf-8"))


def leads_somewhere(link: str, path: Path) -> bool:
    """Tell whether a link of a page is to another host, or to a place that is there."""
    if re.match(r"[a-z]+:|//", link):
        return True
    address, _, place = link.partition("#")
    target = (path.parent / unquote(address.partition("?")[0])).resolve() if address else path
    if not target.is_file():
        return False
    return not place or target.suffix != ".html" or unquote(place) in parsed(target).places


def broken(path: Path) -> list[str]:
    """Return the links of a page that lead nowhere."""
    return [link for link in parsed(path).links if not leads_somewhere(link, path)]


def test_no_link_leads_nowhere() -> None:
    """On the pages, the index, and the listings of records."""
    require(not build.missing_pages(), "the book is not built; run: make book")
    paths = sorted(build.HTML.resolve().rglob("*.html"))
    assert sum(len(parsed(path).links) for path in paths) > 5000
    assert {path.name: links for path in paths if (links := broken(path))} == {}


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ("b.html#here", []),
        ("b.html?q=1#here", []),
        ("#own", []),
        ("https://example.org/a", []),
        ("b.html#gone", ["b.html#gone"]),
        ("c.html", ["c.html"]),
        ("#other", ["#other"]),
    ],
)
def test_a_link_that_leads_nowhere_is_found(link: str, found: list[str], tmp_path: Path) -> None:
    """A page that is not there, or a place that is not on it."""
    (tmp_path / "b.html").write_text('<p id="here">')
    (tmp_path / "a.html").write_text(f'<p id="own"><a href="{link}">a link</a>')
    assert broken(tmp_path / "a.html") == found
