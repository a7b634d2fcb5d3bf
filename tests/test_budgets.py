"""How much code there is: a bound that a commit raises only by naming the feature."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

PACKAGE = Path(find_spec("nnest").origin).parent
#: Most code lines, without docstrings, comments and blank lines: of the reports, of all else.
#: 20,000 before; 150 came with groups that go to joblib's workers; 400 with pipelines in files and
#: in ONNX, ensembles in ONNX, targets and callbacks of studies; 250 with networks that are filled
#: up with units, and compilation ahead; 300 with the page about a network;
#: 150 with loss, Brier score and calibration error and their intervals; 30 with lanes by the size
#: of the network, fillers by how many are alike, and ensembles that are calibrated by themselves;
#: 120 with ensembles whose batches fit the cache, studies that notice other scores and weights, and
#: bad input that is answered by a sentence; 30 with the networks that halving keeps.
MOST_IN_REPORTS, MOST_ELSEWHERE = 2_200, 21_450
#: The largest share of one room in all code beside the reports.
LARGEST_ROOM = 0.2

_NO_CODE = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def code_lines(source: str) -> int:
    """Return how many lines hold code."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node) is not None:
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return len(lines)


def lines_by_room() -> Counter[str]:
    """Return the code lines of each room."""
    found: Counter[str] = Counter()
    for path in PACKAGE.rglob("*.py"):
        room = path.relative_to(PACKAGE).parts[0]
        found[room] += code_lines(path.read_text(encoding="utf-8"))
    return found


def test_lines_of_code_are_counted() -> None:
    """Docstrings, comments and blank lines are not code."""
    assert code_lines('"""Two\\nlines."""\n\n# why\nx = (\n    1\n)\n') == 3
    assert code_lines('def f():\n    """Say."""\n    return 1  # one\n') == 2


def test_code_keeps_to_its_bounds() -> None:
    """Less is better: lower the bounds where a commit makes room."""
    lines = lines_by_room()
    reports = lines.pop("reports")

    assert reports <= MOST_IN_REPORTS
    assert lines.total() <= MOST_ELSEWHERE
    assert lines.total() > MOST_ELSEWHERE - 1_000, "the bound is too far away: lower it"


def test_no_room_is_a_barn() -> None:
    """A room over a fifth of all is several rooms."""
    lines = lines_by_room()
    lines.pop("reports")

    assert max(lines.values()) <= LARGEST_ROOM * lines.total(), lines.most_common(3)
