"""No built page prints a statistic that cannot be, such as an accuracy of 1.03."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.book.sources import build
from tests.helpers import require

_NUMBER = r"-?\d+(?:\.\d+)?(?:e-?\d+)?"
_INTERVAL = re.compile(rf"({_NUMBER}) \[({_NUMBER}), ({_NUMBER})\]")
_LEAST = re.compile(rf"smallest detectable difference: ({_NUMBER})")


def impossible(page: str) -> list[str]:
    """Return what a page says of accuracies that no accuracy can be, or differ by."""
    found = []
    for table in re.findall(r"<table.*?</table>", page, flags=re.DOTALL):
        head, *rows = re.findall(r"<tr.*?</tr>", table, flags=re.DOTALL)
        of_accuracy = re.search(r"<th[^>]*>[^<]*accuracy", head) is not None
        for row in rows:
            text = " ".join(unescape(re.sub(r"<[^>]*>", " ", row)).replace("−", "-").split())
            if re.search("loss|seconds|gradient", text) or not (of_accuracy or "accuracy" in text):
                continue
            least = -1.0 if re.search("difference|gain|from the first arm|>by<", head) else 0.0
            numbers = [float(one) for three in _INTERVAL.findall(text) for one in three]
            known = [float(one) for one in _LEAST.findall(text)]
            if any(not least <= one <= 1 for one in numbers) or any(one > 1 for one in known):
                found.append(text)
    return found + re.findall(r"[\d.]+ would have shown", page)


@pytest.mark.parametrize("page", build.pages())
@pytest.mark.book
def test_no_accuracy_is_above_one(page: str) -> None:
    """Intervals are bounded, and no detectable difference is larger than what there can be."""
    path = build.HTML / f"{page}.html"
    require(path.is_file(), f"{path} is not built; run: make book")
    assert impossible(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("cells", "n"),
    [
        ("<td>test_accuracy of a</td><td>0.4483 [-0.1358, 1.0324]</td>", 1),
        ("<td>test_accuracy of a</td><td>0.98 [0.97, 0.99]</td>", 0),
        ("<td>test_loss of a</td><td>1.2 [1.1, 1.3]</td>", 0),
        ("<td>accuracy</td><td>smallest detectable difference: 1.9</td>", 1),
        ("<td>accuracy</td><td>1.9 would have shown</td>", 1),
    ],
)
def test_what_cannot_be_is_found(cells: str, n: int) -> None:
    """The check itself sees what a review once found."""
    page = f"<table><tr><th>number</th><th>ours [interval]</th></tr><tr>{cells}</tr></table>"
    assert len(impossible(page)) == n
