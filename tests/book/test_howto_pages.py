"""The how-to pages explain their words, and the page of the command line knows every command."""

from __future__ import annotations

import argparse
import re

import pytest

from nnest.cli import build_parser
from tests.book.sources import build, chapter, code, split

PAGES = [page for page in build.pages() if page.startswith("howto/")]
CHAPTERS = [
    page
    for page in build.pages()
    if page.split("/")[0] in {"foundations", "layers", "regularization"}
]
#: Terms that these pages also use as words of every day.
EVERYDAY = {"deviation", "fit", "run", "scale", "weight"}
_TERM = re.compile(r"\{term\}`(?:([^`<]*?)\s*<)?([^`>]+)>?`")


def terms() -> list[str]:
    """Return the words of the glossary."""
    (block,) = [one for one in split(chapter("reference/glossary"))[1] if one.name == "glossary"]
    return [line for line in block.lines if line and not line.startswith(" ")]


def unlinked(source: str, words: list[str]) -> list[str]:
    """Return the words that a page uses before it links them to the glossary."""
    prose = re.sub(r"^#.*$", "", split(source)[0], flags=re.MULTILINE)
    linked = [(m.start(), m.end(), m[2].strip()) for m in _TERM.finditer(prose)]
    text = re.sub(r"(\{[\w:]+\})?`[^`]*`", _blank, prose)
    missing = []
    for word in words:
        forms = f"{re.escape(word)}|{re.escape(word)}e?s|{re.escape(word[:-1])}ies"
        first = re.search(rf"\b(?:{forms})\b", text.replace("\n", " "), re.IGNORECASE)
        if first and not any(a < first.start() < b for a, b, name in linked):
            missing.append(word)
    return missing


def _blank(found: re.Match[str]) -> str:
    """Return a linked term as it is, and spaces for code and for other links."""
    return found[0] if found[1] == "{term}" else " " * len(found[0])


def commands(parser: argparse.ArgumentParser, name: str = "nnest") -> list[str]:
    """Return the names of a command and of all commands below it."""
    below = [one.choices for one in parser._actions if isinstance(one.choices, dict)]
    return [name, *(each for a in below for b in a for each in commands(a[b], f"{name} {b}"))]


@pytest.mark.parametrize("page", PAGES)
def test_a_term_is_linked_where_it_comes_first(page: str) -> None:
    """A reader who does not know a word finds it in the glossary at once."""
    assert unlinked(chapter(page), [one for one in terms() if one not in EVERYDAY]) == []


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_chapter_links_its_terms_too(page: str) -> None:
    """Once on the page, so that one can begin with any of them."""
    linked = {found[2].strip() for found in _TERM.finditer(chapter(page))}
    told = {*EVERYDAY, "verdict", *linked}
    assert unlinked(chapter(page), [one for one in terms() if one not in told]) == []


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("word", "used"), [("epoch", "epochs"), ("batch", "batch_size"), ("validation part", "X_val")]
)
def test_a_word_is_told_before_it_is_used(page: str, word: str, used: str) -> None:
    """Also where it is used in code."""
    source = chapter(page)
    told = source.find(f"{{term}}`{word}`")
    assert used not in source or -1 < told < source.index(used)


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("# Epochs\n\nAn {term}`epoch` ends. Epochs go by.", []),
        ("Epochs go by. An {term}`epoch` ends.", ["epoch"]),
        ("Two\n{term}`validation\nparts <validation part>`, `epoch`, {doc}`epoch`.", []),
        ("A {term}`study <study>`; studies; a\nvalidation part.", ["validation part"]),
    ],
)
def test_a_word_before_its_link_is_found(source: str, missing: list[str]) -> None:
    """Plurals count, and so do line breaks; headings and code do not."""
    assert unlinked(source, ["epoch", "study", "validation part"]) == missing


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_short(page: str) -> None:
    """Three cells at least, and no more words than a reader takes at a stretch."""
    cells = [block for block in split(chapter(page))[1] if block.name == "code-cell"]
    assert 3 <= len(cells) <= 8
    assert len(split(chapter(page))[0].split()) <= 800


def test_every_page_is_on_the_way_of_the_first_page() -> None:
    """The first page leads to each of them."""
    assert [page for page in PAGES if page not in chapter("intro")] == []


def test_every_command_is_on_the_page_of_the_command_line() -> None:
    """Each has a heading, and a cell that asks it for its help."""
    wanted = commands(build_parser())
    headings = re.findall(r"^##+ (nnest.*)$", chapter("reference/cli"), flags=re.MULTILINE)
    shown = re.findall(r"^show\((.*)\)$", code("reference/cli"), flags=re.MULTILINE)
    asked = [" ".join(["nnest", *re.findall(r'"(\w+)"', one)]) for one in shown]
    assert sorted(headings) == sorted(wanted)
    assert asked == headings
