"""Tables for the pages of the book: cells of text and links, shown as HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

__all__ = ["NOTHING", "Folded", "Link", "Table"]

NOTHING = "–"
"""What stands in a cell that has nothing to say."""

_SHORT, _LONG = 18, 60
"""Texts up to the first length are kept in one line; from the second on they get room."""

_SHOWN_LINKS = 1


@dataclass(frozen=True)
class Link:
    """A text that leads to an address.

    Parameters
    ----------
    text : str
        What is shown.
    address : str
        Where it leads, relative to the page.

    Examples
    --------
    >>> from nnest.reporting import Link
    >>> Link("10 lines", "../_static/records/demo/a.html").html
    '<a href="../_static/records/demo/a.html">10 lines</a>'
    """

    text: str
    address: str

    @property
    def html(self) -> str:
        """The link in HTML."""
        return f'<a href="{escape(self.address)}">{escape(self.text)}</a>'


@dataclass(frozen=True)
class Folded:
    """A text that is shown when a reader asks for it.

    Parameters
    ----------
    summary : str
        What is shown before.
    text : str
        The text.

    Examples
    --------
    >>> from nnest.reporting import Folded
    >>> Folded("of 2 parts", "a > b, and a > c").html
    '<details><summary>of 2 parts</summary>a &gt; b, and a &gt; c</details>'
    """

    summary: str
    text: str

    @property
    def html(self) -> str:
        """The text in HTML."""
        return f"<details><summary>{escape(self.summary)}</summary>{escape(self.text)}</details>"


Cell = str | int | Link | Folded | tuple[Link, ...]


@dataclass(frozen=True)
class Table:
    """A table that notebooks show as HTML, without a column of row numbers.

    Parameters
    ----------
    columns : sequence of str
        The heads of the columns.
    rows : sequence of tuple
        The rows; a cell is a text, a whole number, a `Link`, a `Folded` or a tuple of links.
    nothing : str, default="nothing"
        What stands in the table if there is no row.
    beneath : mapping of str to str, default={}
        Columns that HTML has no room for: their cells stand beneath those of another column. The
        key is the head of such a column, the value the head of the other.

    Examples
    --------
    >>> from nnest.reporting import Table
    >>> print(Table(["arm", "seeds"], [("0.5", 10)]))
    arm | seeds
    0.5 | 10
    """

    columns: Sequence[str]
    rows: Sequence[tuple[Cell, ...]]
    nothing: str = "nothing"
    beneath: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the table as lines of text."""
        return "\n".join(
            " | ".join(_text(cell) for cell in row) for row in [tuple(self.columns), *self]
        )

    def __iter__(self) -> Iterator[tuple[Cell, ...]]:
        """Yield the rows that are shown."""
        empty = (self.nothing, *[NOTHING] * (len(self.columns) - 1))
        yield from self.rows or [empty]

    def _repr_html_(self) -> str:
        """Return the table as notebooks show it."""
        shown = [name for name in self.columns if name not in self.beneath]
        head = "".join(f"<th>{escape(name)}</th>" for name in shown)
        rows = [dict(zip(self.columns, row, strict=True)) for row in self]
        body = "\n".join(
            "<tr>" + "".join(self._cell_html(row, name) for name in shown) + "</tr>" for row in rows
        )
        return (
            f'<table class="dataframe">\n<thead><tr>{head}</tr></thead>\n'
            f"<tbody>\n{body}\n</tbody>\n</table>"
        )

    def _cell_html(self, row: Mapping[str, Cell], name: str) -> str:
        """Return a cell, and beneath it those of the columns that stand there."""
        more = "".join(
            f'<span class="nn-beneath"><span>{escape(head)}:</span> {_html(row[head])}</span>'
            for head, place in self.beneath.items()
            if place == name and _text(row[head]) not in ("", NOTHING)
        )
        return f"<td{_class(row[name])}>{_html(row[name])}{more}</td>"


def _class(cell: Cell) -> str:
    """Return the class of a cell, which tells the style sheet how wide its text should be."""
    length = len(_text(cell))
    if _SHORT < length < _LONG or isinstance(cell, tuple):
        return ""
    return ' class="nn-short"' if length <= _SHORT else ' class="nn-text"'


def _html(cell: Cell) -> str:
    """Return a cell in HTML."""
    if isinstance(cell, Link | Folded):
        return cell.html
    if isinstance(cell, tuple):
        links = ", ".join(link.html for link in cell) or NOTHING
        if len(cell) <= _SHOWN_LINKS:
            return links
        return f"<details><summary>{len(cell)} places</summary>{links}</details>"
    return escape(str(cell))


def _text(cell: Cell) -> str:
    """Return a cell as text."""
    if isinstance(cell, Link | Folded):
        return cell.text
    if isinstance(cell, tuple):
        return ", ".join(link.text for link in cell) or NOTHING
    return str(cell)
