"""Every page is a notebook that a reader can run: what is in it, and where links lead."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import subprocess
import tomllib
from html.parser import HTMLParser
from typing import Any

import pytest
import yaml

from tests.book.sources import build, chapter, notebooks, provenance
from tests.helpers import ROOT, require

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
#: One that trains, one that draws tables from records, one that needs an extra.
KINDS = ("start", "reports/summary", "howto/save_and_move")
#: What is only in the book's sources: roles, directives, targets, options; and Python's own names.
_RAW = re.compile(r"\{[\w:+-]+\}`|^`{3,}\{|^\([\w-]+\)=$|^:label:|<Verdict\.", re.MULTILINE)


def cells(page: str, kind: str) -> list[str]:
    """Return the texts of a page's cells of one kind."""
    path = build.HTML / "notebooks" / f"{page}.ipynb"
    require(path.is_file(), f"{path} is not built; run: make book")
    found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in found if cell["cell_type"] == kind]


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("from myst_nb import glue\nx = 1\nglue('x', x)", "x = 1"),
        ("for i in range(3):\n    glue(\n        'x',\n        i,\n    )\ny = 2", "y = 2"),
        ("for i in a:\n    b = i\n    glue('x', b)", "for i in a:\n    b = i"),
        ("if a:\n    for b in a:\n        glue('b', b)\nelse:\n    glue('b', 0)", ""),
        ("def f():\n    glue('x', 1)\n    return 2", "def f():\n    return 2"),
        ("glue('x', 1, display=False)", ""),
    ],
)
def test_what_only_the_book_needs_is_left_out(source: str, left: str) -> None:
    """The import, the calls, and loops that hold nothing else."""
    assert notebooks.without_glue(source) == left


@pytest.mark.parametrize("page", build.pages())
def test_everything_that_a_page_uses_has_a_form_in_notebooks(page: str) -> None:
    """Found here in a moment, and not at the end of a build."""
    known = object.__new__(notebooks.Page)
    source = chapter(page)
    assert {*re.findall(r"\{([\w:]+)\}`", source)} <= known._roles.keys()
    used = {*re.findall(r"^`{3,}\{([\w-]+)\}", source, re.MULTILINE)} - {"code-cell"}
    assert used <= known._directives.keys()


@pytest.mark.parametrize(
    ("code", "extras"),
    [
        ("import numpy as np", ""),
        ("import onnx", "[onnx]"),
        ("import onnxruntime", "[onnx]"),
    ],
)
def test_the_first_cell_installs_the_package(code: str, extras: str) -> None:
    """In the version of this book, with the extras that the page imports from."""
    (cell,) = notebooks.first_cells(code, ("", ""))
    wanted = f"{PROJECT['name']}{extras}=={PROJECT['version']}"
    assert cell == f'%pip install --quiet "{wanted}"'
    assert set(notebooks._EXTRAS.values()) <= set(PROJECT["optional-dependencies"])


def test_launch_buttons_lead_to_the_branch_of_notebooks() -> None:
    """They are set in the configuration; the workflow pushes to the branch that they name."""
    launch = CONFIG["sphinx"]["config"]["nnest_launch"]
    repository = CONFIG["repository"]["url"].removeprefix("https://github.com/")
    assert notebooks.launches(launch, "layers/pooling") == {
        "Open in Colab": f"https://colab.research.google.com/github/{repository}/blob/notebooks/"
        "layers/pooling.ipynb",
        "Open in Binder": f"https://mybinder.org/v2/gh/{repository}/notebooks?urlpath=lab/tree/"
        "layers/pooling.ipynb",
    }
    workflow = (ROOT / ".github" / "workflows" / "book.yml").read_text(encoding="utf-8")
    assert "HEAD:refs/heads/notebooks" in workflow
    assert notebooks.book_address() == PROJECT["urls"]["Book"]


def test_a_page_says_with_what_it_was_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock can be set, so that the same sources give the same bytes."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    said = provenance.provenance.__wrapped__()
    assert "1970-01-01 00:00 UTC" in said
    assert f"nnest {PROJECT['version']}, commit <code>" in said
    assert re.search(r"Python 3\.\d+\.\d+, keras 3\.\d+", said)


@pytest.mark.parametrize(("seconds", "said"), [(None, ""), (12.34, " Its code ran for 12.3 s")])
def test_a_page_with_code_says_how_long_it_ran(seconds: float | None, said: str) -> None:
    """In words of its own."""
    assert provenance.run_time(seconds).startswith(said)
    assert bool(provenance.run_time(seconds)) == bool(said)


def test_a_page_that_no_commit_has_was_not_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither is one where git is not installed."""
    assert provenance.last_change("no/such/page", "https://a") == ""
    monkeypatch.setenv("PATH", "")
    assert provenance.last_change("start", "https://a") == ""


@pytest.mark.book
@pytest.mark.parametrize("page", build.pages())
def test_a_page_says_how_long_it_ran_and_when_it_was_changed(page: str) -> None:
    """With a link to what changed it."""
    path = build.HTML / f"{page}.html"
    require(path.is_file(), f"{path} is not built; run: make book")
    text = path.read_text(encoding="utf-8")
    said = text.partition('<p class="nn-built">')[2].partition("</p>")[0]
    assert ("Its code ran for " in said) == ("{code-cell}" in chapter(page))
    history = f"{CONFIG['repository']['url']}/commits/main/book/{page}.md"
    if provenance.last_change(page, history):  # a checkout without its history knows nothing
        assert re.search(r"last changed on <time[^>]*>\d{4}-\d\d-\d\d</time>", said)
        assert f'href="{history}"' in said


@pytest.mark.book
@pytest.mark.parametrize("page", build.pages())
def test_nothing_of_the_book_is_left_in_a_notebook(page: str) -> None:
    """References are resolved, and code needs no tool of the book."""
    prose, code = cells(page, "markdown"), cells(page, "code")
    assert [one for one in prose if _RAW.search(re.sub(r"`{3}.*?`{3}", "", one, flags=re.S))] == []
    assert bool(code) == ("{code-cell}" in chapter(page))
    for cell in code[1:]:
        names = {node.id for node in ast.walk(ast.parse(cell)) if isinstance(node, ast.Name)}
        assert "glue" not in names
        assert "myst_nb" not in cell
    if code:
        assert code[0].startswith(f'%pip install --quiet "{PROJECT["name"]}')


@pytest.mark.book
@pytest.mark.parametrize("page", [one for one in build.pages() if "results_folder" in chapter(one)])
def test_records_are_fetched_with_the_digest_of_what_is_offered(page: str) -> None:
    """The address is that of the published book, where the archive lies as it does here."""
    fetch = cells(page, "code")[1]
    archive = build.HTML / "_static" / "records" / "all.zip"
    assert f'"{PROJECT["urls"]["Book"]}/_static/records/all.zip"' in fetch
    assert hashlib.sha256(archive.read_bytes()).hexdigest() in fetch


class Links(HTMLParser):
    """Collects the links of a page, with all their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link."""
        if tag == "a":
            self.found.append(dict(attrs))


@pytest.mark.book
@pytest.mark.parametrize("page", build.pages())
def test_a_page_offers_its_notebook(page: str) -> None:
    """As a download, from a file that is there, and at two services; and says when it was built."""
    path = build.HTML / f"{page}.html"
    require(path.is_file(), f"{path} is not built; run: make book")
    links = Links()
    text = path.read_text(encoding="utf-8")
    links.feed(text)
    downloads = [link for link in links.found if "download" in link]
    addresses = [str(link["href"]) for link in downloads]
    (own,) = [one for one in addresses if one.endswith(f"notebooks/{page}.ipynb")]
    assert (path.parent / own).resolve() == (build.HTML / "notebooks" / f"{page}.ipynb").resolve()
    assert all((path.parent / one).is_file() for one in addresses)
    assert any(one.endswith(f"_sources/{page}.md") for one in addresses)
    every = {link.get("href") for link in links.found}
    assert every >= set(
        notebooks.launches(CONFIG["sphinx"]["config"]["nnest_launch"], page).values()
    )
    assert text.count('class="nn-built"') == 1


@pytest.mark.book
def test_three_kinds_run_where_only_the_wheel_is_installed() -> None:
    """In an environment of their own, made anew where it is not there; tables are not empty."""
    require((build.HTML / "notebooks").is_dir(), "the book is not built; run: make book")
    outside: dict[str, Any] = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    # The environment that runs this test is ready, whatever the times of its files say.
    command = ["make", "-o", ".venv/.ready", "test-notebooks", f"PAGES={' '.join(KINDS)}"]
    done = subprocess.run(
        command, cwd=ROOT, env=outside, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall(r"^(\S+): whole", done.stdout, re.MULTILINE) == list(KINDS)
