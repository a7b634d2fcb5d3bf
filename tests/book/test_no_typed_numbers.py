"""No result is typed by hand: decimals and percentages in prose come from code or a record."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.book.sources import Block, build, chapter, split

PAGES = build.pages()
ALLOWED = tomllib.loads(
    Path(__file__).with_name("allowed_numbers.toml").read_text(encoding="utf-8")
)["allowed"]

_NUMBER = re.compile(r"\d+[.,]\d+|\d+\s*(?:%|percent|per cent)|\.\d+")
_SILENT = {"code-cell", "math", "raw", "bibliography", "nb-exec-table", "eval-rst", ""}


def spoken(block: Block) -> list[str]:
    """Return what a reader reads as text of a block: captions, alternative texts, notes."""
    if block.name == "code-cell":
        shown = (yaml.safe_load(block.options) or {}).get("mystnb") or {}
        return [
            shown.get("figure", {}).get("caption", ""),
            shown.get("image", {}).get("alt", ""),
        ]
    return [block.argument] if block.name in _SILENT else [block.argument, block.body]


def readable(source: str) -> str:
    """Return the text of a chapter without code, math, options and glued values."""
    prose, blocks = split(source)
    text = "\n".join([prose, *(part for block in blocks for part in spoken(block))])
    text = re.sub(r"\$\$.*?\$\$|\$[^$\n]*(?:\n[^$\n]+)?\$", " ", text, flags=re.DOTALL)
    text = re.sub(r"\{glue:[\w:]*\}`[^`]*`(\s*%)?", " ", text)
    return re.sub(r"\]\([^)]*\)|<https?:[^>]*>", " ", text)


def typed_numbers(page: str, source: str) -> list[str]:
    """Return the lines of a page with a number that is neither glued nor allowed."""
    allowed = [entry["text"] for entry in ALLOWED if entry["page"] == page]
    text = readable(source)
    for words in allowed:
        text = text.replace(words, " ")
    return [line.strip() for line in text.splitlines() if _NUMBER.search(line)]


@pytest.mark.parametrize("page", PAGES)
def test_no_decimal_or_percentage_is_typed(page: str) -> None:
    """Every one is glued, or a setting or formula that the list allows with a reason."""
    assert typed_numbers(page, chapter(page)) == []


def test_every_allowance_is_used_and_reasoned() -> None:
    """The list holds nothing that no chapter says any more."""
    for entry in ALLOWED:
        assert entry["text"] in readable(chapter(entry["page"]))
        assert entry["why"]


@pytest.mark.parametrize(
    "line",
    [
        "The accuracy is 0.9875.",
        "It reaches 98.75 % after all.",
        "About 12 percent are wrong.",
        "A rate of .3 is best.",
        "In code, `dropout=0.3` wins.",
        "```{note} Only 3 % differ.\n```",
        "```{code-cell} ipython3\n---\nmystnb:\n  figure: {caption: It falls to 0.1.}\n---\n1\n```",
    ],
)
def test_a_typed_number_is_found(line: str) -> None:
    """Prose, inline code, titles of directives and captions are all read."""
    assert typed_numbers("a page", f"# Title\n\n{line}\n")


@pytest.mark.parametrize(
    "line",
    [
        "The accuracy is {glue:text}`accuracy:.3f`, or {glue:text}`percent:.1f` % of all.",
        "with $\\sigma = 0.5$ and\n\n```{math}\n:label: eq-a\n0.5 x\n```",
        "```{code-cell} ipython3\n:tags: [hide-input]\nx = 0.5\n```",
        "```python\nx = 0.5\n```",
    ],
)
def test_code_formulas_and_glued_values_are_free(line: str) -> None:
    """Numbers that code computes or that a formula defines."""
    assert typed_numbers("a page", f"---\nversion: 0.13\n---\n# Title\n\n{line}\n") == []
