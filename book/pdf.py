"""Print the built book as one PDF, and say where it is: ``python book/pdf.py [PAGE ...]``.

A browser prints each page by the same styles as for the screen and those for paper at the end of
``nnest.css``; then the pages are put into one file, in reading order.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from build import BUILD, HTML, pages
from pypdf import PdfWriter

TARGET = BUILD / "nnest.pdf"
BROWSERS = ("chromium", "google-chrome", "chromium-browser", "chrome")
TIMEOUT = 120  # seconds for a page


def browser() -> str:
    """Return the program of a browser that prints without a window.

    Returns
    -------
    str
        The program.
    """
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    sys.exit(f"To print the book, install one of these browsers: {', '.join(BROWSERS)}.")


def print_page(page: str, target: Path) -> None:
    """Print a page of the built book.

    Parameters
    ----------
    page : str
        Such as ``"layers/pooling"``.
    target : pathlib.Path
        The file to write.
    """
    path = HTML / f"{page}.html"
    if not path.is_file():
        sys.exit(f"{path} is not built; run: make book")
    command = [
        *(browser(), "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"),
        *("--run-all-compositor-stages-before-draw", "--virtual-time-budget=10000"),
        *(f"--user-data-dir={target.parent / 'profile'}", f"--print-to-pdf={target}"),
        path.as_uri(),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        sys.exit(f"{page} was not printed within {TIMEOUT} seconds: try again when less runs.")
    if done.returncode or not target.is_file():
        sys.exit(f"{page} could not be printed: {done.stderr[-500:]}")


def main(wanted: list[str], target: Path = TARGET) -> None:
    """Print pages and put them into one file.

    Parameters
    ----------
    wanted : list of str
        Names of pages; all of them if it is empty.
    target : pathlib.Path, default=TARGET
        The file to write.
    """
    whole = PdfWriter()
    with tempfile.TemporaryDirectory() as folder:
        for number, page in enumerate(wanted or pages()):
            printed = Path(folder) / f"{number}.pdf"
            print_page(page, printed)
            whole.append(printed, outline_item=page)
        whole.add_metadata({"/Title": "nnest"})
        whole.compress_identical_objects()
        whole.write(target)
    print(f"The book is printed: {target}, {len(whole.pages)} pages")


if __name__ == "__main__":
    main(sys.argv[1:])
