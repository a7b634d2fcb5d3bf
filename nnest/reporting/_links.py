"""From a number to the lines of the records that it stands on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from nnest._storage import open_regular
from nnest.exceptions import ResultsError
from nnest.experiments import Report
from nnest.reporting._markup import Link
from nnest.results import ResultStore
from nnest.verdicts import Source

__all__ = ["RECORDS", "RecordFile", "anchor", "record_files", "source_links"]

RECORDS = "../_static/records"
"""Where the built book keeps the records, as its pages see it."""


@dataclass(frozen=True)
class RecordFile:
    """A file of records, to be checked after a download.

    Parameters
    ----------
    name : str
        The report's key and the file's name.
    lines : int
        How many lines it has.
    size : int
        Its bytes.
    sha256 : str
        The digest of its bytes.

    Examples
    --------
    >>> from nnest.reporting import RecordFile
    >>> RecordFile("demo/dropout.jsonl", 10, 4096, "0" * 64).listing
    'demo/dropout.html'
    """

    name: str
    lines: int
    size: int
    sha256: str

    @property
    def listing(self) -> str:
        """The page of the book that lists its lines."""
        return f"{self.name.removesuffix('.jsonl')}.html"


def record_files(report: Report | str, store: ResultStore) -> list[RecordFile]:
    """List the files of a report's records.

    Parameters
    ----------
    report : Report or str
        The report, or its key.
    store : ResultStore
        Where its runs are recorded.

    Returns
    -------
    list of RecordFile
        By name; empty where nothing is recorded.

    Examples
    --------
    >>> from nnest.reporting import record_files
    >>> from nnest.exceptions import ResultsError
    >>> from nnest.results import ResultStore
    >>> record_files("boyer-2019", ResultStore("no/such/folder"))
    []
    """
    key = report if isinstance(report, str) else report.key
    found = []
    for path in sorted((store.folder / key).glob("*.jsonl")):
        try:
            with open_regular(path) as file:
                content = file.read()
        except OSError as error:
            raise ResultsError(f"Cannot read {str(path)!r}: {error.strerror}.") from error
        digest = hashlib.sha256(content).hexdigest()
        lines = len(content.splitlines())
        found.append(RecordFile(f"{key}/{path.name}", lines, len(content), digest))
    return found


def anchor(arm: str, scale: str = "", digest: str = "") -> str:
    """Return the name of a place in the listing of a file's lines.

    Parameters
    ----------
    arm : str
        The arm.
    scale, digest : str, default=""
        Scale and digest of its runs; without them, the arm's runs of all scales.

    Returns
    -------
    str
        Letters, digits and hyphens.

    Examples
    --------
    >>> from nnest.reporting import anchor
    >>> anchor("sgd 0.5", "lite", "8f14e45f")
    'arm-sgd-0-5-lite-8f14e45f'
    """
    words = "-".join(filter(None, ["arm", arm, scale, digest]))
    return re.sub(r"[^A-Za-z0-9]+", "-", words).strip("-")


def source_links(sources: Iterable[Source | None]) -> tuple[Link, ...]:
    """Return links to the lines of some records, one for each arm.

    Parameters
    ----------
    sources : iterable of Source or None
        The records of a verdict; None is left out.

    Returns
    -------
    tuple of Link
        To the listing of the lines, as the pages of the built book see it.

    Examples
    --------
    >>> from nnest.reporting import source_links
    >>> from nnest.verdicts import Source
    >>> (link,) = source_links([Source("demo/rate.jsonl", "0.5", "lite", "8f14", (0, 1))])
    >>> link.text, link.address
    ('rate/0.5', '../_static/records/demo/rate.html#arm-0-5-lite-8f14')
    """
    links = []
    for one in filter(None, sources):
        stem = one.file.removesuffix(".jsonl")
        place = anchor(one.arm, one.scale, one.digest)
        name = f"{stem.rpartition('/')[2]}/{one.arm}"
        links.append(Link(name, f"{RECORDS}/{stem}.html#{place}"))
    return tuple(links)
