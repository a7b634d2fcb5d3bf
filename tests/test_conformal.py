"""Sets and intervals by CV+: the definition, and the promised coverage on made data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold
from sklearn.naive_bayes import GaussianNB

from nnest.ensembles import conformal_intervals, conformal_sets

Split = tuple[np.ndarray, np.ndarray]


def folds_of(n: int, k: int = 5) -> tuple[np.ndarray, list[Split]]:
    """Return the fold of each row, and the splits."""
    splits = list(KFold(k, shuffle=True, random_state=0).split(np.zeros((n, 1))))
    fold = np.empty(n, int)
    for number, (_, held) in enumerate(splits):
        fold[held] = number
    return fold, splits


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.5])
def test_sets_are_those_of_the_definition(alpha: float) -> None:
    """One sum for each sample and class."""
    rng = np.random.default_rng(0)
    scores, fold, new = rng.random(37), rng.integers(0, 3, 37), rng.random((3, 11, 4))

    sets = conformal_sets(scores, fold, new, alpha)

    for x in range(11):
        for y in range(4):
            above = sum(scores[i] < new[fold[i], x, y] for i in range(37))
            assert sets[x, y] == (above < (1 - alpha) * 38)


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.5])
def test_intervals_are_those_of_the_definition(alpha: float) -> None:
    """Sorted numbers for each sample."""
    rng = np.random.default_rng(0)
    residuals, fold, new = rng.random(37), rng.integers(0, 3, 37), rng.normal(size=(3, 11))

    bounds = conformal_intervals(residuals, fold, new, alpha)

    for x in range(11):
        low = np.sort(new[fold, x] - residuals)[int(np.floor(alpha * 38)) - 1]
        high = np.sort(new[fold, x] + residuals)[int(np.ceil((1 - alpha) * 38)) - 1]
        assert bounds[x].tolist() == [low, high]


def test_ranks_are_those_of_exact_arithmetic() -> None:
    """(1 - 0.7) * 10 is 3.0000000000000004 in floating point."""
    scores, fold = np.arange(9) / 10, np.zeros(9, int)

    sets = conformal_sets(scores, fold, [[[0.25, 0.15]]], alpha=0.7)
    bounds = conformal_intervals(np.arange(1.0, 10.0), fold, [[0.0]], alpha=0.7)

    assert sets.tolist() == [[False, True]]
    assert bounds.tolist() == [[-3.0, 3.0]]


def test_many_samples_are_taken_a_part_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parts give what the whole gives."""
    rng = np.random.default_rng(0)
    given = rng.random(20), rng.integers(0, 3, 20), rng.normal(size=(3, 50))
    whole = conformal_intervals(*given)
    monkeypatch.setattr("nnest.ensembles._conformal._AT_ONCE", 60)

    assert (conformal_intervals(*given) == whole).all()


def test_few_samples_promise_nothing() -> None:
    """Five samples cannot say where nine of ten lie."""
    bounds = conformal_intervals(np.ones(5), np.zeros(5, int), [[0.0]], alpha=0.1)

    assert bounds.tolist() == [[-np.inf, np.inf]]


@pytest.mark.parametrize("alpha", [0.05, 0.1])
@pytest.mark.parametrize("tails", ["normal", "heavy", "unequal"])
def test_intervals_hold_the_target_as_often_as_promised(alpha: float, tails: str) -> None:
    """Mean over 20 draws of 200 training rows; not much more often either."""
    found = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(700, 5))
        noise = rng.standard_t(2, 700) if tails == "heavy" else rng.normal(size=700)
        y = X.sum(axis=1) + noise * (np.abs(X[:, 0]) if tails == "unequal" else 1)
        fold, splits = folds_of(200)
        models = [LinearRegression().fit(X[train], y[train]) for train, _ in splits]
        known = np.array([models[k].predict(X[[i]])[0] for i, k in enumerate(fold)])
        new = [model.predict(X[200:]) for model in models]
        low, high = conformal_intervals(np.abs(y[:200] - known), fold, new, alpha).T
        found.append(((low <= y[200:]) & (y[200:] <= high)).mean())

    assert 1 - alpha - 0.01 <= np.mean(found) <= 1 - alpha + 0.04


@pytest.mark.parametrize("alpha", [0.05, 0.1])
def test_sets_hold_the_class_as_often_as_promised(alpha: float) -> None:
    """Mean over 20 draws of 200 training rows of three classes that overlap."""
    found = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        y = rng.integers(0, 3, 700)
        X = rng.normal(size=(700, 4)) + 0.8 * np.eye(3, 4)[y]
        fold, splits = folds_of(200)
        models = [clone(GaussianNB()).fit(X[train], y[train]) for train, _ in splits]
        known = [1 - models[k].predict_proba(X[[i]])[0, y[i]] for i, k in enumerate(fold)]
        new = [1 - model.predict_proba(X[200:]) for model in models]
        sets = conformal_sets(known, fold, new, alpha)
        found.append(sets[np.arange(500), y[200:]].mean())

    assert 1 - alpha - 0.01 <= np.mean(found) <= 1 - alpha + 0.04


@pytest.mark.parametrize(
    ("known", "fold", "new", "alpha", "sentence"),
    [
        ([0.1], [0], [[0.1]], 0, "alpha=0, but it must lie between 0 and 1"),
        ([0.1], [0], [[0.1]], 1.0, "alpha=1.0, but it must lie between 0 and 1"),
        ([], [], [[0.1]], 0.1, r"\(0,\) numbers"),
        ([0.1], [0.0], [[0.1]], 0.1, "integers and 2 axes, the first for the folds"),
        ([0.1], [0], [0.1], 0.1, "integers and 2 axes, the first for the folds"),
        ([0.1], [1], [[0.1]], 0.1, "folds from 1 to 1 and predictions of 1 folds"),
        ([np.nan], [0], [[0.1]], 0.1, "Some numbers are not finite"),
        ([0.1], [0], [[np.inf]], 0.1, "Some numbers are not finite"),
    ],
)
def test_what_does_not_fit_is_refused(
    known: Any, fold: Any, new: Any, alpha: float, sentence: str
) -> None:
    """The sentence says what to give."""
    with pytest.raises(ValueError, match=sentence):
        conformal_intervals(known, fold, new, alpha)
