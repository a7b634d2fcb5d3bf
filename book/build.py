"""Build the book and say where it is: ``python book/build.py [--force]``."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "_build"
HTML = BUILD / "html"
OPTIONS = ["-n", "-W", "--keep-going"]


def _files(entry: dict[str, Any]) -> Iterator[str]:
    """Yield the pages below an entry of the table of contents."""
    if "file" in entry:
        yield entry["file"]
    for key in ("parts", "chapters", "sections"):
        for child in entry.get(key, []):
            yield from _files(child)


def pages(toc: Path = ROOT / "book" / "_toc.yml") -> list[str]:
    """Return the pages of the book in reading order, without a suffix.

    Parameters
    ----------
    toc : pathlib.Path
        The table of contents.

    Returns
    -------
    list of str
        Such as ``"layers/gaussian_kernels"``.
    """
    contents = yaml.safe_load(toc.read_text(encoding="utf-8"))
    return [contents["root"], *_files(contents)]


def missing_pages() -> list[str]:
    """Return the pages that a build should have written and did not.

    Returns
    -------
    list of str
        Paths below the folder of the built book.
    """
    wanted = ["index.html", *(f"{page}.html" for page in pages())]
    return [name for name in wanted if not (HTML / name).is_file()]


def _remove_earlier_build() -> None:
    """Delete pages and cached executions, so that every cell runs anew."""
    for path in [HTML, BUILD / ".doctrees", *BUILD.glob(".jupyter_cache*")]:
        shutil.rmtree(path, ignore_errors=True)


def main() -> int:
    """Build, check that every page is there, and print the way to it.

    Returns
    -------
    int
        Zero if the book is whole.
    """
    parser = argparse.ArgumentParser(description="Build the book.")
    parser.add_argument("--force", action="store_true", help="execute every page from scratch")
    if parser.parse_args().force:
        _remove_earlier_build()
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", "book", *OPTIONS]
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    if code == 0 and (missing := missing_pages()):
        print(f"The build did not fail, yet these pages are missing: {missing}.", file=sys.stderr)
        code = 1
    if code == 0:
        print(f"The book is built: open {HTML / 'index.html'}")
    return code


if __name__ == "__main__":
    sys.exit(main())
