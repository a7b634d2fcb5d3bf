"""The book's programs and chapters, as the tests of the book read them."""

from __future__ import annotations

import importlib.util
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from tests.helpers import ROOT

BOOK = ROOT / "book"

_FENCE = re.compile(r"^(?P<ticks>`{3,}|:{3,})\s*(\{(?P<name>[\w:-]+)\})?(?P<argument>[^`]*)$")


def load(path: Path) -> ModuleType:
    """Import a program of the book, which is no package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# The parts of the book that import each other do so by their bare names, as Sphinx lets them.
sys.path.append(str(BOOK / "_ext"))
build = load(BOOK / "build.py")
extension = load(BOOK / "_ext" / "nnest_book.py")
records = load(BOOK / "_ext" / "nnest_records.py")
quiz = load(BOOK / "_ext" / "nnest_quiz.py")
notebooks = load(BOOK / "_ext" / "nnest_notebooks.py")
provenance = load(BOOK / "_ext" / "nnest_provenance.py")
light = load(BOOK / "_ext" / "nnest_light.py")
figures = load(BOOK / "_ext" / "nnest_figures.py")


@dataclass(frozen=True)
class Block:
    """A fenced block of a chapter: its directive, its argument and its lines."""

    name: str
    argument: str
    lines: tuple[str, ...]

    @property
    def options(self) -> str:
        """The options of the directive, as YAML."""
        if self.lines and self.lines[0].strip() == "---":
            end = next(i for i, line in enumerate(self.lines[1:], 1) if line.strip() == "---")
            return "\n".join(self.lines[1:end])
        rows = [line.strip() for line in self.lines]
        end = next((i for i, row in enumerate(rows) if not row.startswith(":")), len(rows))
        return "\n".join(row[1:].replace(":", ": ", 1) for row in rows[:end])

    @property
    def body(self) -> str:
        """What stands behind the options."""
        used = self.options.count("\n") + 1 if self.options else 0
        if self.lines and self.lines[0].strip() == "---":
            used += 2
        return "\n".join(self.lines[used:])


def chapter(page: str) -> str:
    """Return the source of a page."""
    return (BOOK / f"{page}.md").read_text(encoding="utf-8")


def split(source: str) -> tuple[str, list[Block]]:
    """Take a chapter apart: its prose outside of fenced blocks, and the blocks."""
    lines = re.sub(r"\A---\n.*?\n---\n", "", source, flags=re.DOTALL).splitlines()
    prose: list[str] = []
    blocks: list[Block] = []
    position = 0
    while position < len(lines):
        opening = _FENCE.match(lines[position])
        if opening is None:
            prose.append(lines[position])
            position += 1
            continue
        end = position + 1
        while end < len(lines) and lines[end].rstrip() != opening["ticks"]:
            end += 1
        name, argument = opening["name"] or "", opening["argument"].strip()
        blocks.append(Block(name, argument, tuple(lines[position + 1 : end])))
        position = end + 1
    return "\n".join(prose), blocks


def count_widgets(page: str) -> int:
    """Return how many interactive parts a page has, its questions among them."""
    source = chapter(page)
    return source.count("data-nn=") + sum(block.name == "quiz" for block in split(source)[1])


def code(page: str) -> str:
    """Return the code cells of a page, one after the other."""
    cells = [block.body for block in split(chapter(page))[1] if block.name == "code-cell"]
    return "\n\n".join(cells)
