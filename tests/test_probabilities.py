"""Loss, Brier score and calibration error: scikit-learn's values, and intervals that cover."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
import sklearn.metrics
from scipy.special import softmax

from nnest.stats import Estimate, Interval, brier_score, expected_calibration_error, log_loss

METRICS = [log_loss, brier_score, expected_calibration_error]


def draw(
    n: int, rng: np.random.Generator, too_sure: float = 1.0, sharp: float = 6.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return labels of ten classes, and probabilities that are calibrated or too sure."""
    logits = sharp * rng.normal(size=(n, 10))
    cumulative = softmax(logits, axis=1).cumsum(axis=1)
    y = (cumulative > rng.random((n, 1))).argmax(axis=1)
    return y, softmax(too_sure * logits, axis=1)


def covered(estimates: Iterable[Estimate], truth: float) -> float:
    """Return the share of intervals that hold the truth."""
    return float(np.mean([low <= truth <= high for _, (low, high) in estimates]))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n_classes", [2, 10])
def test_values_are_those_of_scikit_learn(n_classes: int, dtype: Any) -> None:
    """Text as labels; some probabilities are zero."""
    y, p = draw(200, np.random.default_rng(0))
    y, p = y % n_classes, p[:, :n_classes]
    p[3, y[3]] = 0
    p = (p / p.sum(axis=1, keepdims=True)).astype(dtype)
    names = np.array(list("abcdefghij"))[:n_classes]

    expected = sklearn.metrics.log_loss(names[y], p, labels=names)
    assert log_loss(names[y], p, labels=names).value == pytest.approx(expected, rel=1e-5)
    expected = sklearn.metrics.brier_score_loss(names[y], p, labels=names)
    assert brier_score(names[y], p, labels=names).value == pytest.approx(expected, rel=1e-5)


def test_calibration_error_is_that_of_its_definition() -> None:
    """One sum for each bin."""
    y, p = draw(300, np.random.default_rng(0), too_sure=1.5)
    sure, right = p.max(axis=1), p.argmax(axis=1) == y
    expected = 0.0
    for k in range(10):
        inside = (sure >= k / 10) & ((sure < (k + 1) / 10) | (k == 9))
        expected += abs((sure[inside] - right[inside]).sum()) / 300

    assert expected_calibration_error(y, p, n_bins=10).value == pytest.approx(expected)


@pytest.mark.parametrize("metric", METRICS)
def test_labels_have_the_order_of_the_columns(metric: Callable[..., Estimate]) -> None:
    """Columns and labels that change places together change nothing; one column is the second."""
    y, p = draw(100, np.random.default_rng(0))
    order = np.roll(np.arange(10), 3)

    moved, plain = metric(y, p[:, order], labels=order), metric(y, p)
    assert moved.value == pytest.approx(plain.value)
    assert moved.interval == pytest.approx(plain.interval)
    second = np.full(50, 0.7)
    both = np.column_stack([1 - second, second])
    truth = np.arange(50) % 3 > 0
    assert metric(truth, second) == metric(truth, both)


@pytest.mark.parametrize("too_sure", [1.0, 1.5])
@pytest.mark.parametrize("metric", [log_loss, brier_score])
def test_intervals_of_means_cover_as_often_as_they_say(
    metric: Callable[..., Estimate], too_sure: float
) -> None:
    """400 draws of 300 samples: a standard error of 1.1 points."""
    truth = metric(*draw(200_000, np.random.default_rng(9), too_sure)).value
    rng = np.random.default_rng(0)

    found = covered((metric(*draw(300, rng, too_sure)) for _ in range(400)), truth)

    assert 0.92 <= found <= 0.98


def calibration_truth(too_sure: float) -> float:
    """Return the calibration error over endlessly many samples, nearly."""
    many = draw(200_000, np.random.default_rng(9), too_sure)
    return expected_calibration_error(*many, n_simulations=1).value


@pytest.mark.slow
@pytest.mark.parametrize("too_sure", [1.0, 1.3, 2.0])
def test_intervals_of_the_calibration_error_cover_as_often_as_they_say(too_sure: float) -> None:
    """Also for an error of nothing, where the value itself is always too large."""
    rng, truth = np.random.default_rng(0), calibration_truth(too_sure)

    def estimate() -> Estimate:
        return expected_calibration_error(*draw(300, rng, too_sure), n_simulations=300)

    assert covered((estimate() for _ in range(150)), truth) >= 0.9


def test_a_bootstrap_of_the_calibration_error_would_be_too_high() -> None:
    """Drawing samples again adds the error of chance once more; the interval here does not."""
    rng, truth = np.random.default_rng(0), calibration_truth(1.0)
    ours, bootstrapped = [], []
    for _ in range(12):
        y, p = draw(300, rng)
        rows = rng.integers(300, size=(50, 300))
        found = [expected_calibration_error(y[i], p[i], n_simulations=1).value for i in rows]
        bootstrapped.append(Estimate(0, Interval(*np.quantile(found, [0.025, 0.975]))))
        ours.append(expected_calibration_error(y, p, n_simulations=300))

    assert covered(bootstrapped, truth) < 0.5
    assert covered(ours, truth) > 0.8


def test_no_error_among_some_is_no_promise() -> None:
    """Of 60 sure answers, all right, the limit is that of Clopper and Pearson."""
    y, p = np.arange(60) % 3, np.eye(3)[np.arange(60) % 3]

    value, (low, high) = expected_calibration_error(y, p, n_simulations=20_000)

    assert (value, low) == (0, 0)
    assert high == pytest.approx(1 - 0.025 ** (1 / 60), abs=0.002)
    assert brier_score(y, p) == (0, (0, 0))


@pytest.mark.parametrize("metric", METRICS)
def test_intervals_stay_where_the_number_can_be(metric: Callable[..., Estimate]) -> None:
    """Few samples, right and wrong ones; more confidence is a wider interval."""
    for p in (np.eye(3)[[0, 1, 2, 0]], np.eye(3)[[0, 1, 1, 1]], np.eye(3)[[1, 2, 0, 1]]):
        y = [0, 1, 2, 0]
        value, (low, high) = metric(y, p)
        wider = metric(y, p, confidence=0.99).interval
        assert 0 <= wider.low <= low <= high <= wider.high
        assert metric is log_loss or high <= (2 if metric is brier_score else 1)
        assert metric is expected_calibration_error or low <= value <= high


def test_a_seed_gives_the_same_interval() -> None:
    """And nothing touches a global generator."""
    y, p = draw(100, np.random.default_rng(0))
    before = np.random.get_state()[1].copy()

    first = expected_calibration_error(y, p)

    assert expected_calibration_error(y, p) == first
    assert expected_calibration_error(y, p, rng=np.random.default_rng(0)) == first
    assert expected_calibration_error(y, p, rng=1) != first
    assert np.array_equal(np.random.get_state()[1], before)


@pytest.mark.parametrize(
    ("y", "p", "settings", "sentence"),
    [
        ([0], [[0.5, 0.5]], {"labels": [0, 1]}, "at least two samples"),
        ([0, 1], [[0.5, 0.5]], {}, r"y of shape \(2,\), probabilities of shape \(1, 2\)"),
        ([0, 0], [[0.5, 0.5]] * 2, {}, "1 labels: give at least two samples"),
        ([0, 1], [[0.5, 0.5]] * 2, {"labels": [1, 1]}, "another label for each column"),
        ([0, 2], [[0.5, 0.5]] * 2, {"labels": [0, 1]}, r"label 2, which is not .*\[0, 1\]: give"),
        ([0, 1], [[0.5, 0.9]] * 2, {}, "whose sum in each row is 1"),
        ([0, 1], [[-0.5, 1.5]] * 2, {}, "numbers of 0 or more"),
        ([0, 1], [[np.nan, 1.0]] * 2, {}, "Some rows are no probabilities"),
        ([0, 1], [[0.5, 0.5]] * 2, {"confidence": 1.0}, "confidence=1.0, but it must lie between"),
    ],
)
@pytest.mark.parametrize("metric", METRICS)
def test_what_is_no_prediction_is_refused(
    metric: Callable[..., Estimate], y: Any, p: Any, settings: Any, sentence: str
) -> None:
    """The sentence says what to give."""
    with pytest.raises(ValueError, match=sentence):
        metric(y, p, **settings)


@pytest.mark.parametrize("name", ["n_bins", "n_simulations"])
@pytest.mark.parametrize("number", [0, 2.5])
def test_numbers_of_bins_and_simulations_are_whole(name: str, number: Any) -> None:
    """Zero is none."""
    said = f"{name}={number}, but it must be an integer of 1 or more"
    with pytest.raises(ValueError, match=said):
        expected_calibration_error([0, 1], [0.2, 0.8], **{name: number})
