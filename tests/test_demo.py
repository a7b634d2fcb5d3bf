"""The demo runs from end to end, and its parts give what they say."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
import pytest

from nnest.datasets import load_digits
from nnest.demo import optuna_study, run_demo
from nnest.exceptions import ResultsError
from nnest.results import ResultStore


def test_study_is_reproducible_and_leaves_optuna_as_it_was() -> None:
    """The same settings and scores twice; trials are not logged, and later ones are again."""
    digits = load_digits()
    images, labels = digits.data[:120] / digits.max_value, digits.target[:120]
    before = optuna.logging.get_verbosity()
    first, second = (optuna_study(images, labels, n_trials=2) for _ in range(2))
    assert [t.params for t in first.trials] == [t.params for t in second.trials]
    assert [t.value for t in first.trials] == [t.value for t in second.trials]
    assert optuna.logging.get_verbosity() == before


def test_folder_that_cannot_be_written_is_refused_before_anything_is_trained(
    tmp_path: Path,
) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "out").write_text("not a folder")
    message = (
        f"Cannot write to {str(tmp_path / 'out')!r}: File exists. Choose another folder with --out."
    )
    with pytest.raises(ResultsError, match=f"^{re.escape(message)}$"):
        run_demo(tmp_path / "out")


@pytest.mark.slow
def test_demo_writes_a_table_and_two_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every arm of the report's own experiments, every setting of the grid, every trial."""
    table = run_demo(tmp_path)
    assert table["study"].value_counts().to_dict() == {
        "boyer-2019": 11,
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
