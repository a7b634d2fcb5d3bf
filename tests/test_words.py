"""Plain English: turns of phrase that a reader from elsewhere reads twice do not come back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.helpers import ROOT, require

#: What was read twice, by what says the same at once.
PHRASES = {
    r"(that|which|what|stands for what) (is|are) none\b": "say what it is not: 'is not a sampler'",
    r"\bwhat is no \w+": "'what is not a ...', or 'unless it is a ...'",
    r"\b(is|are) none of\b": "'is not one of'",
    r"\bhave brought\b|\bhas brought\b": "'resulted in'",
    r"\bbefell\b|\bleft in peace\b|\bworth its while\b": "no picture: say what happens",
    r"\bfrom the dead\b|\bcame to nothing\b": "no picture: say what happens",
}
TEXTS = [
    *sorted((ROOT / "nnest").rglob("*.py")),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "nnest/studies/README.md")),
    *sorted(path for path in (ROOT / "book").rglob("*.md") if "_build" not in path.parts),
]


@pytest.mark.parametrize("phrase", PHRASES)
def test_a_phrase_that_was_read_twice_stays_away(phrase: str) -> None:
    """Each has a plain form."""
    require((ROOT / "README.md").exists(), "this is no checkout")
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in filter(Path.exists, TEXTS)
        for match in re.finditer(phrase, path.read_text(encoding="utf-8"))
    ]

    assert found == [], PHRASES[phrase]
