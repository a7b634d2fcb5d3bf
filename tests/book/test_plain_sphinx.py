"""The way on from Jupyter Book 1, which only its community keeps up: plain Sphinx with myst-nb."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.book.sources import BOOK
from tests.helpers import ROOT

pytestmark = pytest.mark.book
#: One of words, one with code, a question and formulas.
PAGES = ("reference/glossary", "layers/pooling")
#: What is Jupyter Book itself.
WRAPPER = ("jupyter_book", "sphinx_jupyterbook_latex", "sphinx_thebe", "sphinx_comments")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Return a book of two pages with this book's configuration."""
    shutil.copy(ROOT / "_config.yml", tmp_path)
    for name in ("_ext", "assets"):
        shutil.copytree(BOOK / name, tmp_path / "book" / name)
    for name in ("references.bib", *(f"{page}.md" for page in PAGES)):
        target = tmp_path / "book" / name
        target.parent.mkdir(exist_ok=True)
        shutil.copy(BOOK / name, target)
    toc = f"format: jb-book\nroot: {PAGES[0]}\nchapters:\n  - file: {PAGES[1]}\n"
    (tmp_path / "book" / "_toc.yml").write_text(toc, encoding="utf-8")
    return tmp_path


def command(name: str, *arguments: str, folder: Path) -> str:
    """Run a program of this environment and return what it says."""
    path = os.pathsep.join([str(BOOK / "_ext"), str(ROOT)])
    environment = {k: v for k, v in os.environ.items() if k != "MPLBACKEND"}  # kernels draw inline
    done = subprocess.run(
        [str(Path(sys.executable).with_name(name)), *arguments],
        cwd=folder, env={**environment, "PYTHONPATH": path}, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


def test_pages_build_without_jupyter_book(small: Path) -> None:
    """Its own tool translates the configuration; Sphinx builds the pages and runs their code."""
    command("jupyter-book", "config", "sphinx", "book", folder=small)
    conf = (small / "conf.py").rename(small / "book" / "conf.py")
    left = f"\nextensions = [one for one in extensions if one not in {WRAPPER}]\n"
    conf.write_text(conf.read_text(encoding="utf-8") + left, encoding="utf-8")
    warned = command("sphinx-build", "-b", "html", "book", "_build/html", folder=small).splitlines()
    # The other pages are not there; nothing else may be amiss.
    others = ("unknown document", "undefined label", "bibtex key", "TCP without encryption")
    assert [one for one in warned if one.strip() and not any(e in one for e in others)] == []
    for page in PAGES:
        assert (small / "_build" / "html" / f"{page}.html").is_file()
        assert (small / "_build" / "html" / "notebooks" / f"{page}.ipynb").is_file()
    built = (small / "_build" / "html" / f"{PAGES[1]}.html").read_text(encoding="utf-8")
    assert "cell_output" in built
    assert "Traceback" not in built
