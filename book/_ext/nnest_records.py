"""The way from a number in the book to the line of the record that it came from.

Beside the pages lie the records themselves, as files and as one archive for each report, and for
each file a listing of its lines. The directive ``records`` offers them on a page with digests; the
role ``record`` leads from a word to the lines of an arm: ``{record}`REPORT/EXPERIMENT/ARM```.
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import ReferenceRole, SphinxDirective

from nnest.cli import results_folder
from nnest.reporting import RecordFile, anchor, record_files
from nnest.reports import list_reports
from nnest.results import ResultStore, Run

_EARLIEST = (1980, 1, 1, 0, 0, 0)  # of a zip archive: the same records give the same bytes
_HEAD = ("line", "seed", "epochs", "final numbers", "seconds", "device", "commit", "SHA-256")
_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:16px/1.4 sans-serif;margin:1rem auto;max-width:75rem;padding:0 1rem}"
    "main{overflow-wrap:anywhere}table{border-collapse:collapse;font-size:.85em}"
    "th,td{border-bottom:1px solid #888;padding:.25em .6em;text-align:left;vertical-align:top}"
    "a{color:light-dark(#1058bd,#8ab6f5)}a:focus-visible{outline:3px solid}"
    ":target{background:light-dark(#ffd,#443c00)}"
    "@media(max-width:60rem){thead{display:none}table,tbody,tr,td{display:block}"
    "tr{padding:.5em 0;border-bottom:1px solid #888}td{border:0;padding:0}"
    "td::before{content:attr(data-head) ': '}}"
)


def write_archive(report: str, results: Path, target: Path) -> None:
    """Pack the records of a report, so that the same records give the same bytes.

    Parameters
    ----------
    report : str
        The report's key.
    results : pathlib.Path
        The folder of the records.
    target : pathlib.Path
        The archive.
    """
    _pack((results / report).glob("*.jsonl"), results, target)


def _pack(paths: Iterable[Path], results: Path, target: Path) -> None:
    """Pack files under their names below a folder, in a fixed order."""
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(paths):
            info = zipfile.ZipInfo(path.relative_to(results).as_posix(), _EARLIEST)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, path.read_bytes())


def listing(file: RecordFile, results: Path) -> str:
    """Return the page that lists the lines of a file, by arm, scale and digest.

    Parameters
    ----------
    file : RecordFile
        The file.
    results : pathlib.Path
        The folder of the records.

    Returns
    -------
    str
        A page of HTML that loads nothing.
    """
    report, _, name = file.name.partition("/")
    lines = (results / file.name).read_bytes().splitlines()
    groups: dict[tuple[str, str, str], list[tuple[int, Run]]] = {}
    for number, run in ResultStore(results).numbered(report, name.removesuffix(".jsonl")):
        groups.setdefault((run.arm, run.scale, run.digest), []).append((number, run))
    title = escape(file.name)
    return "\n".join(
        [
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
            '<meta name="viewport" content="width=device-width">',
            f"<style>{_STYLE}</style></head><body><main>",
            f'<p><a href="../../../reports/{escape(report)}.html">The page of the report</a></p>',
            f'<h1>{title}</h1>\n<p><a download href="{escape(name)}">The file</a> has {file.lines}'
            f" lines, each the record of one training; SHA-256 <code>{file.sha256}</code>. Below is"
            " what each line holds at the end of its training; the line itself has its curves and"
            " settings too.</p>",
            *_groups(groups, lines),
            "</main></body></html>",
        ]
    )


def _groups(
    groups: dict[tuple[str, str, str], list[tuple[int, Run]]], lines: Sequence[bytes]
) -> Iterator[str]:
    """Yield a heading and a table for each arm, scale and digest."""
    seen: set[str] = set()
    for (arm, scale, digest), runs in groups.items():
        # The first group of an arm is also the place of all of them.
        mark = "" if arm in seen else f'<a id="{anchor(arm)}"></a>'
        seen.add(arm)
        place = anchor(arm, scale, digest)
        yield f'{mark}<h2 id="{place}">{escape(arm)}, {escape(scale)}</h2>'
        yield f"<p>Digest of the settings: <code>{escape(digest)}</code></p><div><table><thead><tr>"
        yield "".join(f"<th>{name}</th>" for name in _HEAD) + "</tr></thead><tbody>"
        yield from (_row(number, run, lines[number - 1]) for number, run in runs)
        yield "</tbody></table></div>"


def _row(number: int, run: Run, line: bytes) -> str:
    """Return the row of one line."""
    finals = ", ".join(f"{name} {value:.6g}" for name, value in run.final.items())
    cells = [
        str(number),
        str(run.seed),
        str(max(map(len, run.history.values()), default=0))
        + (", diverged" if run.diverged else ""),
        finals,
        f"{run.seconds:.0f}",
        run.device,
        str(run.code.get("commit"))[:10],
        hashlib.sha256(line).hexdigest()[:16],
    ]
    return (
        f'<tr id="L{number}">'
        + "".join(
            f'<td data-head="{head}">{escape(one)}</td>'
            for head, one in zip(_HEAD, cells, strict=True)
        )
        + "</tr>"
    )


def offer_records(results: Path, folder: Path) -> None:
    """Write archives, files and listings of all records.

    Parameters
    ----------
    results : pathlib.Path
        The folder of the records.
    folder : pathlib.Path
        Where the built book keeps them.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # What a notebook fetches: with it, tables are whole outside a checkout too.
    _pack(results.rglob("*.jsonl"), results, folder / "all.zip")
    for report in list_reports():
        write_archive(report, results, folder / f"{report}.zip")
        for file in record_files(report, ResultStore(results)):
            target = folder / file.name
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(results / file.name, target)
            (folder / file.listing).write_text(listing(file, results), encoding="utf-8")


def _offer(app: Sphinx, error: Exception | None) -> None:
    """Put the records beside the pages when the book is built."""
    if error is None and app.builder.name == "html":
        offer_records(results_folder(), Path(app.outdir) / "_static" / "records")


class Records(SphinxDirective):
    """Offers the records of a report: an archive, and its files with their digests."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the paragraph and the table."""
        report = self.arguments[0]
        files = record_files(report, ResultStore(results_folder()))
        return [
            nodes.raw("", records_html(report, files, _way_up(self.env.docname)), format="html")
        ]


def records_html(report: str, files: Sequence[RecordFile], up: str) -> str:
    """Return what a page offers of a report's records.

    Parameters
    ----------
    report : str
        The report's key.
    files : sequence of RecordFile
        Its files.
    up : str
        The way from the page to the top of the book.

    Returns
    -------
    str
        A paragraph and a table of HTML.
    """
    if not files:
        return f"<p>Nothing is recorded of {escape(report)} yet.</p>"
    base = f"{up}_static/records"
    lines = sum(one.lines for one in files)
    rows = "".join(
        f'<tr><td><a href="{base}/{one.listing}">{escape(one.name)}</a></td><td>{one.lines}</td>'
        f"<td>{one.size}</td><td><code>{one.sha256}</code></td></tr>"
        for one in files
    )
    return (
        f'<p><a class="reference download" download href="{base}/{escape(report)}.zip">Download the'
        f" records</a>: {lines} lines of JSON, one for each training. Each name below leads to a"
        ' listing of the lines.</p><div class="nn-scroll"><table class="table"><thead><tr>'
        "<th>file</th><th>lines</th><th>bytes</th><th>SHA-256</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


class Record(ReferenceRole):
    """Leads to the lines of an arm, if there are any."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the link, or the words alone where nothing is recorded."""
        report, experiment, arm = self.target.split("/", 2)
        if not (results_folder() / report / f"{experiment}.jsonl").is_file():
            return [nodes.inline("", self.title)], []
        address = f"{_way_up(self.env.docname)}_static/records/{report}/{experiment}.html"
        return [nodes.reference("", self.title, refuri=f"{address}#{anchor(arm)}")], []


def _way_up(page: str) -> str:
    """Return the way from a page to the top of the book."""
    return "../" * page.count("/")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The application.

    Returns
    -------
    dict
        What Sphinx asks of an extension.
    """
    app.add_directive("records", Records)
    app.add_role("record", Record())
    app.connect("build-finished", _offer)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
