"""Words are spelt as American dictionaries have them, in the book and in what it shows."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.helpers import ROOT, require

pytestmark = pytest.mark.book


def misspelt(place: Path) -> list[str]:
    """Return what codespell says of a folder, by the settings in pyproject.toml."""
    require(find_spec("codespell_lib") is not None, "codespell is not installed; run: make setup")
    settings = ["--toml", str(ROOT / "pyproject.toml")]
    command = [sys.executable, "-m", "codespell_lib", *settings]
    done = subprocess.run(
        command, cwd=place, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_nothing_is_misspelt() -> None:
    """Nor spelt in two Englishes; whole files, since the reference shows docstrings."""
    assert misspelt(ROOT) == []


MISSPELT = ["accomodate", "neighbours", "normalisation"]  # codespell:ignore


@pytest.mark.parametrize("word", MISSPELT)
def test_a_misspelt_word_is_found(word: str, tmp_path: Path) -> None:
    """Also the British form of a word."""
    (tmp_path / "page.md").write_text(f"A page with the word {word}.\n")
    (found,) = misspelt(tmp_path)
    assert f"{word} ==> " in found
