"""The exercises on the pages are those that can be checked, and their solutions are right."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from nnest.exercises import EXERCISES, Checked, check
from tests.book.sources import build, chapter, split

PAGES = build.pages()
_NAME = re.compile(r'check\("([^"]+)"')


def solutions(page: str) -> list[str]:
    """Return the code cells of a page, inside its solutions, that check an answer."""
    found, inside = [], False
    for block in split(chapter(page))[1]:
        inside = block.name == "solution-start" or (inside and block.name != "solution-end")
        if inside and block.name == "code-cell" and "check(" in block.body:
            found.append(block.body)
    return found


CHECKED = [(page, cell) for page in PAGES for cell in solutions(page)]


def test_every_exercise_is_on_a_page() -> None:
    """Nothing is declared that no page asks, and no page asks what nobody declared."""
    asked = {name for page in PAGES for name in _NAME.findall(chapter(page))}
    assert asked == set(EXERCISES)


def test_every_exercise_has_a_solution_that_is_checked() -> None:
    """Each name stands in the code of a solution."""
    solved = [name for _, cell in CHECKED for name in _NAME.findall(cell)]
    assert sorted(solved) == sorted(EXERCISES)


@pytest.mark.parametrize(("page", "cell"), CHECKED, ids=lambda value: value[:40])
def test_the_solution_of_a_page_is_right(page: str, cell: str) -> None:
    """The cell runs with nothing but what a reader has: NumPy, the check, and its own lines."""
    seen: list[Checked] = []

    def checking(name: str, answer: Any) -> Checked:
        seen.append(check(name, answer))
        return seen[-1]

    cell = cell.replace("from nnest.exercises import check\n", "")
    exec(compile(cell, page, "exec"), {"np": np, "check": checking, **_kernels()})
    assert seen
    assert all(seen)


def _kernels() -> dict[str, Any]:
    """Return what the page on Gaussian kernels has imported before."""
    from scipy.optimize import brentq

    from nnest.preprocessing import gaussian_blur, gaussian_kernel

    return {"brentq": brentq, "gaussian_blur": gaussian_blur, "gaussian_kernel": gaussian_kernel}
