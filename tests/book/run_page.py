"""Run the cells of a page and print what a reader sees: ``python -m tests.book.run_page PAGE``.

The values that are glued into the prose and the tables come out as JSON. Figures are drawn and
thrown away.
"""

from __future__ import annotations

import ast
import json
import sys
from typing import Any

import myst_nb
from IPython.display import HTML

from tests.book.sources import chapter, split


def run(page: str) -> dict[str, Any]:
    """Run a page's cells in order, and return its glued values and tables."""
    glued: dict[str, Any] = {}
    tables: list[str] = []
    myst_nb.glue = lambda name, value, display=True: glued.update({name: value})
    names: dict[str, Any] = {"__name__": "page"}
    for block in split(chapter(page))[1]:
        if block.name == "code-cell":
            shown = _run_cell(block.body, names)
            if isinstance(shown, HTML):
                tables.append(shown.data)
    return {"glued": glued, "tables": tables}


def _run_cell(source: str, names: dict[str, Any]) -> Any:
    """Run one cell and return the value of its last line, as a notebook shows it."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1])))
