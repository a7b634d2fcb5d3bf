"""Every page as a notebook that runs without the tools of the book.

References, citations, glued values and numbers of equations become text. A first cell installs
the released package, a second one fetches the recorded runs where the page reads them. The
notebooks lie in ``notebooks/`` beside the pages. The Pages workflow pushes that folder to a branch,
from which Colab and Binder open it; ``nnest_launch`` in ``_config.yml`` has their addresses.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Callable
from functools import cached_property
from importlib.metadata import metadata, version
from pathlib import Path
from typing import Any

import nbformat
from myst_nb.core.read import read_myst_markdown_notebook
from myst_nb.core.variables import format_plain_text
from myst_nb.ext.glue.crossref import read_glue_cache
from nnest_quiz import parse
from pybtex.plugin import find_plugin
from sphinx.application import Sphinx
from sphinx.util import docname_join

FOLDER = "notebooks"
PACKAGE = "nnest-estimators"
RECORDS = "_static/records/all.zip"
#: What a page imports, and the extra of the package that brings it.
_EXTRAS = {"onnx": "onnx", "onnxruntime": "onnx"}
_DIRECTIVE = re.compile(
    r"^(?P<ticks>`{3,})\{(?P<name>[\w:-]+)\}[ ]*(?P<argument>.*)\n(?P<body>(?:.*\n)*?)(?P=ticks)$",
    re.MULTILINE,
)
_CODE_BLOCK = re.compile(r"^(?P<ticks>`{3,})[^{\n]*\n(?:.*\n)*?(?P=ticks)$", re.MULTILINE)
_ROLE = re.compile(r"\{(?P<name>[\w:+-]+)\}`(?P<text>[^`]+)`")
_TARGET = re.compile(r"^\([\w-]+\)=\n", re.MULTILINE)
_ATTRIBUTES = re.compile(r"^\{[.#][^}]*\}\n", re.MULTILINE)
_DOWNLOAD = re.compile(r'(<a href="(?:\.\./)*(?:_sources|notebooks)/[^"]*") target="_blank"')


def book_address() -> str:
    """Return the address of the published book, as the package states it.

    Returns
    -------
    str
        Without a slash at its end.
    """
    links = dict(line.split(", ", 1) for line in metadata(PACKAGE).get_all("Project-URL") or ())
    return links["Book"].rstrip("/")


class _WithoutGlue(ast.NodeVisitor):
    """Finds the lines of a cell that only the book needs: its import, and what is glued."""

    def __init__(self, source: str) -> None:
        self.lines: set[int] = set()
        self.visit(ast.parse(source))

    def is_removed(self, node: ast.stmt) -> bool:
        """Tell whether nothing of a statement is left, and note the lines of those that go."""
        if isinstance(node, ast.ImportFrom):
            gone = node.module == "myst_nb"
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            gone = isinstance(node.value.func, ast.Name) and node.value.func.id == "glue"
        elif isinstance(node, ast.For | ast.If | ast.With):
            parts = [*node.body, *getattr(node, "orelse", [])]
            gone = {self.is_removed(each) for each in parts} == {True}
        else:
            self.generic_visit(node)
            return False
        if gone:
            self.lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        return gone

    def generic_visit(self, node: ast.AST) -> None:
        """Look at each statement below a node."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                self.is_removed(child)
            else:
                self.generic_visit(child)


def without_glue(source: str) -> str:
    """Return the code of a cell without what only the book needs.

    Parameters
    ----------
    source : str
        Python.

    Returns
    -------
    str
        The same without the lines that import or call ``glue``, and without loops and conditions
        of which nothing else is left.
    """
    found = _WithoutGlue(source)
    kept = [line for number, line in enumerate(source.splitlines(), 1) if number not in found.lines]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n")


class Page:
    """Turns the text of a page into that of a notebook.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The application, when all pages are read.
    name : str
        The page.
    """

    def __init__(self, app: Sphinx, name: str) -> None:
        self._env, self._name = app.env, name
        self._glued = read_glue_cache(str(Path(app.outdir).parent / "jupyter_execute"), name)
        self._address = f"{book_address()}/{name}.html"

    @cached_property
    def _roles(self) -> dict[str, Callable[[str, str], str]]:
        """What becomes of each role, from its text and its target."""
        return {
            "cite:p": lambda _, key: f"({self._cited(key, ', ')})",
            "cite:t": lambda _, key: self._cited(key, " (") + ")",
            "class": lambda text, _: f"`{text.removeprefix('~')}`",
            "doc": self._link,
            "download": lambda text, _: f"[{text}]({self._address})",
            "eq": lambda _, label: f"({self._number('displaymath', f'equation-{label}')})",
            "func": lambda text, _: f"`{text.removeprefix('~')}`",
            "glue:text": lambda _, key: self._glue(key),
            "numref": lambda _, label: f"Fig. {self._number('figure', label)}",
            "record": lambda text, _: text,
            "ref": self._reference,
            "term": lambda text, _: text,
        }

    @cached_property
    def _directives(self) -> dict[str, Callable[[str, str], str]]:
        """What becomes of each directive, from its argument and its lines."""
        return {
            "bibliography": lambda *_: self._bibliography(),
            "eval-rst": lambda *_: self._elsewhere("This part is made for the book"),
            "exercise-end": lambda *_: "",
            "exercise-start": self._exercise,
            "glossary": lambda _, body: re.sub(r"^(\S.*)\n  ", r"**\1**: ", body, flags=re.M),
            "include": lambda *_: self._elsewhere("This part is a file of its own"),
            "math": self._math,
            "nb-exec-table": lambda *_: self._elsewhere("The table of times is made for the book"),
            "quiz": self._quiz,
            "raw": lambda *_: self.interactive,
            "records": lambda *_: self._elsewhere("The records lie beside the page"),
            "solution-end": lambda *_: "",
            "solution-start": lambda label, _: f"**Solution of {self._exercise_name(label)}**",
        }

    @property
    def interactive(self) -> str:
        """What stands in place of an interactive part."""
        return self._elsewhere("The page has an interactive part here")

    def text(self, source: str) -> str:
        """Return a piece of the page as a notebook shows it.

        Parameters
        ----------
        source : str
            MyST Markdown, without cells of code.

        Returns
        -------
        str
            Plain Markdown.
        """
        source = _ATTRIBUTES.sub("", _TARGET.sub("", source + "\n"))
        shelf: list[str] = []

        def keep(found: re.Match[str]) -> str:
            shelf.append(found[0])
            return f"\0{len(shelf) - 1}\0"

        source = _CODE_BLOCK.sub(keep, _DIRECTIVE.sub(self._directive, source))
        source = _ROLE.sub(self._role, source)
        source = re.sub("\0(\\d+)\0", lambda found: shelf[int(found[1])], source)
        return re.sub(r"\n{3,}", "\n\n", source).strip()

    def _directive(self, found: re.Match[str]) -> str:
        """Return what becomes of a directive."""
        return self._directives[found["name"]](found["argument"].strip(), found["body"])

    def _role(self, found: re.Match[str]) -> str:
        """Return what becomes of a role."""
        text = " ".join(found["text"].split())
        titled = re.fullmatch(r"(.*?)\s*<([^<>]+)>", text)
        shown, target = (titled[1], titled[2]) if titled else (text, text)
        return self._roles[found["name"]](shown, target)

    def _domain(self, name: str) -> Any:
        """Return a domain of Sphinx."""
        return self._env.get_domain(name)

    def _elsewhere(self, words: str) -> str:
        """Return a sentence that leads to the page in the book."""
        return f"*{words}: [{self._address}]({self._address})*"

    def _link(self, shown: str, target: str) -> str:
        """Return a link to another page of the book."""
        page = docname_join(self._name, target)
        title = shown
        if shown == target and page in self._env.titles:  # Sphinx itself warns of what is not there
            title = self._env.titles[page].astext()
        return f"[{title}]({book_address()}/{page}.html)"

    def _reference(self, shown: str, target: str) -> str:
        """Return a link to a place in the book."""
        if target not in self._domain("std").labels:  # Sphinx itself warns
            return shown
        page, place, title = self._domain("std").labels[target]
        return f"[{shown if shown != target else title}]({book_address()}/{page}.html#{place})"

    def _cited(self, keys: str, between: str) -> str:
        """Return authors and year of publications."""
        entries = self._domain("cite").bibdata.data.entries
        return "; ".join(_cited(entries[key.strip()], between) for key in keys.split(","))

    def _bibliography(self) -> str:
        """Return all publications as a list."""
        entries = self._domain("cite").bibdata.data.entries.values()
        style = find_plugin("pybtex.style.formatting", "unsrt")()
        rows = sorted(one.text.render_as("markdown") for one in style.format_entries(entries))
        return "\n".join(f"- {row}" for row in rows)

    def _glue(self, target: str) -> str:
        """Return a value that the page computed when the book was built."""
        name, _, form = target.partition(":")
        return format_plain_text(self._glued[name]["data"]["text/plain"], form)

    def _number(self, kind: str, label: str) -> str:
        """Return the number that a figure, a formula or an exercise has in the book."""
        for numbers in self._env.toc_fignumbers.values():
            if label in numbers.get(kind, {}):
                return ".".join(map(str, numbers[kind][label]))
        raise KeyError(f"{self._name}: {kind} {label!r} has no number")

    def _exercise_name(self, label: str) -> str:
        """Return how the book calls an exercise."""
        return f"exercise {self._number('exercise', label)}"

    def _exercise(self, title: str, body: str) -> str:
        """Return the heading of an exercise."""
        (label,) = re.findall(r"^:label: *(\S+)", body, re.MULTILINE)
        return f"**{self._exercise_name(label).capitalize()}. {title}**"

    def _math(self, _: str, body: str) -> str:
        """Return a formula, with the number that it has in the book."""
        label = re.match(r":label: *(\S+)\n", body)
        formula = body[label.end() if label else 0 :].strip()
        if r"\\" in formula:
            formula = f"\\begin{{aligned}}\n{formula}\n\\end{{aligned}}"
        number = self._number("displaymath", f"equation-{label[1]}") if label else ""
        tag = f" \\tag{{{number}}}" if number else ""
        return f"$$\n{formula}{tag}\n$$"

    @staticmethod
    def _quiz(question: str, body: str) -> str:
        """Return a question, its answers, and which of them is right."""
        answers = parse(body.splitlines())
        (right,) = [one for one in answers if one.is_right]
        rows = "\n".join(f"- {one.text}" for one in answers)
        return (
            f"**{question}**\n\n{rows}\n\n<details><summary>The answer</summary>\n\n{right.text}"
            f" {right.reason}\n\n</details>"
        )


def _cited(entry: Any, between: str) -> str:
    """Return authors and year of a publication."""
    names = [" ".join(one.last_names) for one in entry.persons["author"]]
    names = [re.sub(r"[{}]", "", one) for one in names]
    who = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
    return f"{who}{between}{entry.fields['year']}"


def first_cells(code: str, records: tuple[str, str]) -> list[str]:
    """Return the cells that make ready what a page needs.

    Parameters
    ----------
    code : str
        All code of the page.
    records : tuple of str
        Address and SHA-256 digest of the recorded runs.

    Returns
    -------
    list of str
        The installation, and the download of the records if the page reads them.
    """
    modules = set(re.findall(r"^\s*(?:import|from) (\w+)", code, re.MULTILINE))
    extras = ",".join(sorted({extra for name, extra in _EXTRAS.items() if name in modules}))
    wanted = f"{PACKAGE}[{extras}]" if extras else PACKAGE
    cells = [f'%pip install --quiet "{wanted}=={version(PACKAGE)}"']
    if "results_folder" in code:
        cells.append(
            "# The recorded runs that the tables and figures below are drawn from.\n"
            "from nnest.cli import fetch_records\n\n"
            f'fetch_records(\n    "{records[0]}",\n    sha256="{records[1]}",\n);'
        )
    return cells


def notebook(app: Sphinx, name: str, records: tuple[str, str]) -> nbformat.NotebookNode:
    """Return a page as a notebook without outputs.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The application, when all pages are read.
    name : str
        The page.
    records : tuple of str
        Address and SHA-256 digest of the recorded runs.

    Returns
    -------
    nbformat.NotebookNode
        The notebook.
    """
    page = Page(app, name)
    source = Path(app.env.doc2path(name)).read_text(encoding="utf-8")
    read = read_myst_markdown_notebook(source)
    code = "\n".join(cell.source for cell in read.cells if cell.cell_type == "code")
    made = nbformat.v4.new_notebook()
    made.metadata["kernelspec"] = {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }
    if code:
        made.cells += map(nbformat.v4.new_code_cell, first_cells(code, records))
    for cell in read.cells:
        made.cells += _cells(page, cell)
    for place, cell in enumerate(made.cells):
        cell.id = f"cell-{place}"  # the same page gives the same file
    return made


def _cells(page: Page, cell: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Return what a cell of the page is in the notebook."""
    if cell.cell_type == "markdown":
        text = page.text(cell.source)
        return [nbformat.v4.new_markdown_cell(text)] if text else []
    if "data-nn=" in cell.source:
        return [nbformat.v4.new_markdown_cell(page.interactive)]
    code = without_glue(cell.source)
    if not code:
        return []
    made = [nbformat.v4.new_code_cell(code)]
    if set(cell.metadata.get("tags", ())) & {"hide-input", "remove-input", "remove-cell"}:
        made[0].metadata["jupyter"] = {"source_hidden": True}
    figure = cell.metadata.get("mystnb", {}).get("figure", {})
    if "caption" in figure:
        number = page.text(f"{{numref}}`{figure['name']}`")
        caption = page.text(figure["caption"])
        made.append(nbformat.v4.new_markdown_cell(f"*{number}:* {caption}"))
    return made


def _write(app: Sphinx, error: Exception | None) -> None:
    """Write all notebooks, and let links to them and to sources download."""
    if error is not None or app.builder.name != "html":
        return
    top = Path(app.outdir)
    digest = hashlib.sha256((top / RECORDS).read_bytes()).hexdigest()
    for name in sorted(app.env.found_docs):
        target = top / FOLDER / f"{name}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook(app, name, (f"{book_address()}/{RECORDS}", digest)), target)
        path = top / f"{name}.html"
        page = path.read_text(encoding="utf-8")
        path.write_text(_DOWNLOAD.sub(r"\1 download", page), encoding="utf-8")
    # Binder makes its environment from this; Colab runs the first cell.
    (top / FOLDER / "requirements.txt").write_text(f"{PACKAGE}=={version(PACKAGE)}\n")


def _offer(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Offer the notebook among the downloads of a page."""
    for group in context.get("header_buttons", ()):
        if group.get("label") == "download-buttons" and tree is not None:
            address = f"{context['pathto'](FOLDER, 1)}/{page}.ipynb"
            offers = {".ipynb": address, **launches(app.config.nnest_launch, page)}
            group["buttons"][:0] = [
                {"type": "link", "url": url, "text": text, "tooltip": _TIPS.get(text, text)}
                for text, url in offers.items()
            ]


_TIPS = {".ipynb": "Download this page as a notebook"}


def launches(launch: dict[str, str], page: str) -> dict[str, str]:
    """Return where a page can be run without an installation.

    Parameters
    ----------
    launch : dict of str
        Names of services and their addresses, in which ``{page}`` stands for the page.
    page : str
        The page.

    Returns
    -------
    dict of str
        Words of buttons and addresses.
    """
    return {f"Open in {name}": url.format(page=page) for name, url in launch.items()}


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
    app.add_config_value("nnest_launch", {}, "html", types=dict)
    app.connect("html-page-context", _offer, priority=900)
    # After the records, whose archive is read.
    app.connect("build-finished", _write, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
