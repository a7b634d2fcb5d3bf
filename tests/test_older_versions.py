"""What older versions have written still opens; the files come from these versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnest.cli._settings import Settings
from nnest.results import ResultStore

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.mark.parametrize(
    ("report", "experiment", "arm", "was_in_a_group"),
    [
        ("boyer-2019", "dropout", "0.0", False),
        ("groth-2019", "pooling-mnist", "none", True),
    ],
)
def test_records_of_0_1_0(report: str, experiment: str, arm: str, was_in_a_group: bool) -> None:
    """They are read, and written again to the same bytes: neither a field nor a digit moves."""
    store = ResultStore(FIXTURES / "0.1.0" / "results")
    (run,) = store.read(report, experiment)
    assert run.to_json() + "\n" == store.path(report, experiment).read_text(encoding="utf-8")
    assert (run.arm, run.group is not None) == (arm, was_in_a_group)
    assert store.keys(report, experiment) == {run.key}
    assert store.select(report, experiment, arm, run.scale, run.digest) == {run.seed: run}


def test_a_study_of_nnest_tune_of_0_1_0() -> None:
    """What came later has its default, and the space is what it was."""
    text = (FIXTURES / "0.1.0" / "tune-settings.json").read_text(encoding="utf-8")
    settings = Settings.from_text(text)
    assert (settings.data, settings.model, settings.trials) == ("digits", "mlp", 4)
    assert settings.scale == "auto"
    assert settings.read_space().ranges == ["learning_rate", "hidden_units", "dropout", "l1", "l2"]
