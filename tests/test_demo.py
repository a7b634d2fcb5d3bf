"""The demo runs from end to end, and its parts give what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nnest.cli import main
from nnest.demo import run_demo
from nnest.exceptions import ResultsError
from nnest.results import ResultStore


def test_folder_that_cannot_be_written_is_refused_before_anything_is_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "out").write_text("not a folder")
    with pytest.raises(ResultsError, match=r"^Cannot record runs in .*: .*\. Make it writable"):
        run_demo(tmp_path / "out")
    assert main(["demo", "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.startswith("nnest: Cannot record runs in ")


@pytest.mark.slow
def test_demo_writes_a_table_and_two_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every arm of the report's own experiments, every setting of the grid, every trial."""
    table = run_demo(tmp_path)
    assert table["study"].value_counts().to_dict() == {
        "boyer-2019": 8,
        "grid search": 8,
        "Optuna": 8,
    }
    assert table["accuracy"].between(0.1, 1).all()
    written = pd.read_csv(tmp_path / "table.csv")
    assert np.allclose(written["accuracy"], table["accuracy"])
    for name in ("learning-curves.png", "grid-search.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    assert len(ResultStore(tmp_path).read("boyer-2019")) == 16
    assert "nnest report boyer-2019" in capsys.readouterr().out
