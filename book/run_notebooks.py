"""Run notebooks of the built book as a reader would: ``python book/run_notebooks.py [PAGE ...]``.

It belongs to an environment in which the wheel is installed and the book's tools are not, see
``make test-notebooks``. The first cell would install the released package; it is left out. The
records come from the built book instead of the published one.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError

HTML = Path(__file__).resolve().parents[1] / "_build" / "html"
NOTEBOOKS = HTML / "notebooks"
RECORDS = HTML / "_static" / "records" / "all.zip"
TIMEOUT = 900  # seconds for a cell


def prepared(page: str) -> nbformat.NotebookNode:
    """Return the notebook of a page, with what is built here in place of what is published.

    Parameters
    ----------
    page : str
        Such as ``"layers/pooling"``.

    Returns
    -------
    nbformat.NotebookNode
        The notebook without its first cell.
    """
    notebook = nbformat.read(NOTEBOOKS / f"{page}.ipynb", as_version=4)
    notebook.cells = [cell for cell in notebook.cells if not cell.source.startswith("%pip ")]
    for cell in notebook.cells:
        if "fetch_records(" in cell.source:
            cell.source = re.sub(r'"https://[^"]*/all\.zip"', repr(str(RECORDS)), cell.source)
    return notebook


def run(page: str) -> str:
    """Run a page's notebook in an empty folder.

    Parameters
    ----------
    page : str
        The page.

    Returns
    -------
    str
        What went wrong; empty if nothing did.
    """
    notebook = prepared(page)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(notebook, timeout=TIMEOUT, resources={"metadata": {"path": folder}})
        try:
            client.execute()
        except (CellControlSignal, DeadKernelError) as error:  # an error, a timeout, a crash
            return str(error)
    shown = "".join(
        output.get("data", {}).get("text/html", "")
        for cell in notebook.cells
        for output in cell.get("outputs", ())
    )
    book = (HTML / f"{page}.html").read_text(encoding="utf-8")
    return "tables are emptier than in the book" if missing(shown) > missing(book) else ""


def missing(text: str) -> int:
    """Return how often a page says that a run is not recorded.

    Parameters
    ----------
    text : str
        HTML.

    Returns
    -------
    int
        A count.
    """
    return len(re.findall("not run yet|Nothing is recorded", text))


def main(pages: list[str]) -> int:
    """Run the notebooks of the pages that are named, or all.

    Parameters
    ----------
    pages : list of str
        Names of pages.

    Returns
    -------
    int
        Zero if every notebook ran.
    """
    nnest = find_spec("nnest")
    if find_spec("myst_nb") or nnest is None or "site-packages" not in str(nnest.origin):
        sys.exit("This environment is not that of a reader; run: make test-notebooks")
    # A reader's kernel knows nothing of the checkout; messages stay on this machine.
    for name in [name for name in os.environ if name.startswith(("NNEST_", "PYTHON"))]:
        del os.environ[name]
    every = [
        path.relative_to(NOTEBOOKS).with_suffix("").as_posix()
        for path in NOTEBOOKS.rglob("*.ipynb")
    ]
    failed = 0
    for page in pages or sorted(every):
        begun = time.perf_counter()
        wrong = run(page)
        failed += bool(wrong)
        print(f"{page}: {wrong or 'whole'}, {time.perf_counter() - begun:.0f} s", flush=True)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
