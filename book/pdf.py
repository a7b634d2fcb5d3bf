"""Print the built book as one PDF, and say where it is: ``python book/pdf.py [PAGE ...]``.

A browser prints each page by the same styles as for the screen and those for paper at the end of
``nnest.css``; then the pages are put into one file, in reading order. Links between them lead to
the printed pages, and those to what is not printed to the published book.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from urllib.parse import unquote

from build import BUILD, HTML, ROOT, pages
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, NameObject, TextStringObject

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


def add_page(whole: PdfWriter, printed: Path, page: str) -> dict[str, ArrayObject]:
    """Append a printed page to the file.

    Parameters
    ----------
    whole : pypdf.PdfWriter
        The file.
    printed : pathlib.Path
        The printed page.
    page : str
        Such as ``"layers/pooling"``.

    Returns
    -------
    dict of pypdf.generic.ArrayObject
        Where links may lead to, by address: the page, and places on it.
    """
    reader, first = PdfReader(printed), len(whole.pages)
    whole.append(reader, outline_item=page)
    sheets = [sheet.indirect_reference for sheet in whole.pages[first:]]
    places = {f"{page}.html": ArrayObject([sheets[0], NameObject("/Fit")])}
    for name, place in reader.named_destinations.items():
        sheet = sheets[reader.get_destination_page_number(place) or 0]
        places[f"{page}.html#{name[1:]}"] = ArrayObject([sheet, *place.dest_array[1:]])
    # Chromium names places within a page by their anchors, which several pages have.
    for sheet in whole.pages[first:]:
        for link in sheet.get("/Annots", ()):
            link = link.get_object()
            if found := places.get(f"{page}.html#{str(link.get('/Dest'))[1:]}"):
                link[NameObject("/Dest")] = found
    return places


def lead_inside(whole: PdfWriter, places: dict[str, ArrayObject]) -> None:
    """Let links lead to printed pages, or to the published book, instead of this machine's files.

    Parameters
    ----------
    whole : pypdf.PdfWriter
        All printed pages.
    places : dict of pypdf.generic.ArrayObject
        Where links may lead to.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    here = f"{HTML.as_uri()}/"
    for sheet in whole.pages:
        for link in (one.get_object() for one in sheet.get("/Annots", ())):
            action = link.get("/A", {})
            address = str(action.get("/URI", ""))
            if not address.startswith(here):
                continue
            address = unquote(address.removeprefix(here))
            if found := places.get(address) or places.get(address.partition("#")[0]):
                link[NameObject("/Dest")] = found
                del link["/A"]
            else:
                published = f"{project['urls']['Book']}/{address}"
                action[NameObject("/URI")] = TextStringObject(published)


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
    places: dict[str, ArrayObject] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, page in enumerate(wanted or pages()):
            printed = Path(folder) / f"{number}.pdf"
            print_page(page, printed)
            places |= add_page(whole, printed, page)
        lead_inside(whole, places)
        whole.add_metadata({"/Title": "nnest"})
        whole.compress_identical_objects()
        whole.write(target)
    print(f"The book is printed: {target}, {len(whole.pages)} pages")


if __name__ == "__main__":
    main(sys.argv[1:])
