"""The benchmark of coverage: it counts right, and what misses a bar is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsRegressor

from benchmarks import _runs, coverage
from benchmarks._runs import Row


def record(coverage: float, size: float = 1.0, **theirs: float) -> dict[str, Any]:
    """Return what was measured at alpha 0.1."""
    return {"alpha": 0.1, "coverage": coverage, "coverage_error": 0.01, "size": size, **theirs}


@pytest.mark.parametrize(
    ("found", "missed"),
    [
        (record(0.9), ""),
        (record(0.891), ""),
        (record(0.939), ""),
        (record(0.88), "too seldom"),
        (record(0.95), "too often"),
        (record(0.9, 1.05, mapie_size=1.0), ""),
        (record(0.9, 1.2, mapie_size=1.0), "size unlike MAPIE's"),
        (record(0.5, 0.5, mapie_size=1.0), "too seldom, size unlike MAPIE's"),
    ],
)
def test_bars_are_judged(found: dict[str, Any], missed: str) -> None:
    """One point below the promise, four above it, a tenth of MAPIE's size."""
    assert coverage.judge(found) == missed


@pytest.mark.parametrize(("leaks", "missed"), [(False, ""), (True, "too seldom")])
def test_members_that_have_seen_their_rows_miss_the_bar(leaks: bool, missed: str) -> None:
    """Their errors on rows out of fold are too small, and so are the intervals."""
    found = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(1400, 2))
        y = X[:, 0] + rng.normal(size=1400)
        fold = np.arange(400) % coverage.FOLDS
        parts = [(fold != k) | leaks for k in range(coverage.FOLDS)]
        nets = [KNeighborsRegressor(5).fit(X[:400][seen], y[:400][seen]) for seen in parts]
        found.append(coverage._Division(nets, X, y, fold)(0.1))

    mean = coverage._summary(found)
    assert coverage.judge({"alpha": 0.1, **mean}) == missed


@pytest.mark.parametrize(("name", "largest"), [("digits", 10.0), ("diabetes", np.inf)])
def test_coverage_is_measured(name: str, largest: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of tiny parts of the data, at each alpha; a smaller alpha gives larger answers."""
    for table in (coverage.CLASSES, coverage.NUMBERS):
        if name in table:
            monkeypatch.setitem(table, name, (table[name][0], 60, 40))

    found = coverage.measure(name, splits=2, epochs=1)

    assert [each["alpha"] for each in found] == list(coverage.ALPHAS)
    assert all(0 < each["coverage"] <= 1 for each in found)
    assert 0 < found[1]["size"] <= found[0]["size"] <= largest
    assert all(each["coverage_error"] >= 0 for each in found)


def test_each_data_set_has_its_number_of_rows() -> None:
    """Training and test rows of a division are there, and numbers of classes begin with 0."""
    for name, (load, n_train, n_test) in (coverage.CLASSES | coverage.NUMBERS).items():
        if name != "MNIST":
            X, y = load()
            assert len(X) == len(y) >= n_train + n_test
            assert name in coverage.NUMBERS or set(y) == set(range(len(set(y))))


def test_what_misses_a_bar_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Behind its numbers; the others have nothing there."""

    def pretend(row: Row, **_: Any) -> list[dict[str, Any]]:
        return [record(0.5 if row.name == "digits" else 0.9, mapie_size=1.0, mapie_coverage=0.9)]

    monkeypatch.setattr(_runs, "measure", pretend)
    coverage.main(["--out", str(tmp_path), "--rows", "d*"])

    digits, diabetes = capsys.readouterr().out.splitlines()
    assert digits.endswith("50.0% ± 1.0%, size 1.000; MAPIE  90.0%, 1.000  too seldom")
    assert diabetes.strip().endswith("MAPIE  90.0%, 1.000")
