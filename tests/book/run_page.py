"""Run the code cells of a page, and keep what a reader would see."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

import matplotlib as mpl
import myst_nb
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from tests.book.sources import chapter, split


@dataclass
class Seen:
    """The values that a page glues into its prose, and its tables."""

    glued: dict[str, Any] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)

    def glue(self, name: str, value: Any, display: bool = True) -> None:
        """Stand in for the book's function of this name."""
        self.glued[name] = value


def run(page: str) -> Seen:
    """Run a page's cells in order; figures are drawn and thrown away."""
    seen = Seen()
    names: dict[str, Any] = {"__name__": "page"}
    width = pd.get_option("display.max_colwidth")
    with pytest.MonkeyPatch.context() as patch, mpl.rc_context():
        patch.setattr(myst_nb, "glue", seen.glue)
        for block in split(chapter(page))[1]:
            if block.name == "code-cell":
                shown = _run_cell(block.body, names)
                if hasattr(shown, "_repr_html_"):
                    seen.tables.append(shown._repr_html_())
    pd.set_option("display.max_colwidth", width)
    plt.close("all")
    return seen


def _run_cell(source: str, names: dict[str, Any]) -> Any:
    """Run one cell and return the value of its last line, as a notebook shows it."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None
