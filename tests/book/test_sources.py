"""The chapters and the programs that build them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.book.sources import BOOK, Block, build, chapter, code, extension, load, split

PAGES = build.pages()
PARTS = {"foundations", "layers", "regularization", "tuning"}
TEACHING = [page for page in PAGES if page.split("/")[0] in PARTS]


def blocks(page: str, name: str) -> list[Block]:
    """Return the blocks of a page that are of one directive."""
    return [block for block in split(chapter(page))[1] if block.name == name]


def test_every_chapter_is_in_the_table_of_contents() -> None:
    """A page that nobody can reach is a page that nobody reads."""
    found = {path.relative_to(BOOK).with_suffix("").as_posix() for path in BOOK.rglob("*.md")}
    assert found == set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_code_cells_compile(page: str) -> None:
    """Found here in a moment, and not after minutes of building."""
    compile(code(page), page, "exec")


@pytest.mark.parametrize("page", PAGES)
def test_every_exercise_has_a_solution(page: str) -> None:
    """And every solution an exercise, hidden until it is asked for."""
    labels = [yaml.safe_load(block.options)["label"] for block in blocks(page, "exercise-start")]
    solutions = blocks(page, "solution-start")
    assert sorted(block.argument for block in solutions) == sorted(labels)
    assert all(yaml.safe_load(block.options)["class"] == "dropdown" for block in solutions)


@pytest.mark.parametrize("page", TEACHING)
def test_a_teaching_page_has_all_its_parts(page: str) -> None:
    """A question, a formula, a figure, something to move, a trained network, three exercises."""
    source = chapter(page)
    assert "**The question.**" in source
    assert blocks(page, "math")
    assert "figure:" in source
    assert "data-nn=" in source
    assert re.search(r"(MLP|CNN)Classifier\(", code(page))
    assert len(blocks(page, "exercise-start")) >= 3


@pytest.mark.parametrize("page", PAGES)
def test_every_figure_has_a_caption_and_words_for_those_who_do_not_see_it(page: str) -> None:
    """Both stand in the options of the cell that draws it."""
    for block in blocks(page, "code-cell"):
        drawn = re.search(r"plots\.\w+\(|sns\.\w+plot\(|plt\.subplots\(", block.body)
        if drawn is None or "def " in block.body:
            continue
        shown = yaml.safe_load(block.options)["mystnb"]
        assert shown["figure"]["caption"]
        assert len(shown["image"]["alt"]) > 40


def test_digest_follows_package_and_records(tmp_path: Path) -> None:
    """A changed record or source gives another cache; a changed chapter does not."""
    (tmp_path / "nnest").mkdir()
    (tmp_path / "book" / "results" / "a-report").mkdir(parents=True)
    source, record = tmp_path / "nnest" / "a.py", tmp_path / "book/results/a-report/b.jsonl"
    digests = [extension.input_digest(tmp_path)]
    changes = [(source, "x = 1"), (record, "{}"), (source, "x = 2"), (record, "{}\n{}")]
    changes += [
        (source.with_suffix(f".{kind}"), "1") for kind in ("csv", "html", "js", "json", "toml")
    ]
    for path, text in changes:
        path.write_text(text)
        digests.append(extension.input_digest(tmp_path))
    assert len(set(digests)) == len(digests)
    (tmp_path / "book" / "page.md").write_text("words")
    assert extension.input_digest(tmp_path) == digests[-1]


def test_a_page_that_is_not_printed_in_time_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one sentence."""
    pytest.importorskip("pypdf")
    monkeypatch.setattr(sys, "path", [*sys.path, str(BOOK)])
    pdf = load(BOOK / "pdf.py")
    (tmp_path / "page.html").touch()

    def too_slow(command: list[str], **options: Any) -> None:
        raise subprocess.TimeoutExpired(command, options["timeout"])

    monkeypatch.setattr(pdf, "HTML", tmp_path)
    monkeypatch.setattr(pdf, "browser", lambda: "browser")
    monkeypatch.setattr(subprocess, "run", too_slow)
    with pytest.raises(SystemExit, match=r"^page was not printed within 120 seconds: try again"):
        pdf.print_page("page", tmp_path / "page.pdf")


def test_notebooks_ask_for_an_installed_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is none, as where the book's tools are installed too."""
    program = load(BOOK / "run_notebooks.py")
    monkeypatch.setattr(program, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="is not that of a reader; run: make test-notebooks"):
        program.main([])


def test_a_build_that_wrote_nothing_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every page of the table of contents, and the first page, must be there."""
    monkeypatch.setattr(build, "HTML", tmp_path)
    assert build.missing_pages() == ["index.html", *(f"{page}.html" for page in PAGES)]
    (tmp_path / "index.html").touch()
    assert "index.html" not in build.missing_pages()
