"""Tables for the pages of the book: cells of text and links, shown as HTML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Link", "Table"]


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
    >>> from nnest.experiments import Link
    >>> Link("10 lines", "../_static/records/demo/a.html").html
    '<a href="../_static/records/demo/a.html">10 lines</a>'
    """

    text: str
    address: str

    @property
    def html(self) -> str:
        """The link in HTML."""
        return f'<a href="{escape(self.address)}">{escape(self.text)}</a>'


Cell = str | int | Link | tuple[Link, ...]


@dataclass(frozen=True)
class Table:
    """A table that notebooks show as HTML, without a column of row numbers.

    Parameters
    ----------
    columns : sequence of str
        The heads of the columns.
    rows : sequence of tuple
        The rows; a cell is a text, a whole number, a `Link` or a tuple of links.
    nothing : str, default="nothing"
        What stands in the table if there is no row.

    Examples
    --------
    >>> from nnest.experiments import Table
    >>> print(Table(["arm", "seeds"], [("0.5", 10)]))
    arm | seeds
    0.5 | 10
    """

    columns: Sequence[str]
    rows: Sequence[tuple[Cell, ...]]
    nothing: str = "nothing"

    def __str__(self) -> str:
        """Return the table as lines of text."""
        return "\n".join(
            " | ".join(_text(cell) for cell in row) for row in [tuple(self.columns), *self]
        )

    def __iter__(self) -> Iterator[tuple[Cell, ...]]:
        """Yield the rows that are shown."""
        empty = (self.nothing, *["–"] * (len(self.columns) - 1))
        yield from self.rows or [empty]

    def _repr_html_(self) -> str:
        """Return the table as notebooks show it."""
        head = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        body = "\n".join(
            "<tr>" + "".join(f"<td>{_html(cell)}</td>" for cell in row) + "</tr>" for row in self
        )
        return (
            f'<table class="dataframe">\n<thead><tr>{head}</tr></thead>\n'
            f"<tbody>\n{body}\n</tbody>\n</table>"
        )


def _html(cell: Cell) -> str:
    """Return a cell in HTML."""
    if isinstance(cell, Link):
        return cell.html
    if isinstance(cell, tuple):
        return ", ".join(link.html for link in cell) or "–"
    return escape(str(cell))


def _text(cell: Cell) -> str:
    """Return a cell as text."""
    if isinstance(cell, Link):
        return cell.text
    if isinstance(cell, tuple):
        return ", ".join(link.text for link in cell) or "–"
    return str(cell)
