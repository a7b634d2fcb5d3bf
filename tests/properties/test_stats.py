"""What holds for the statistics whatever the numbers are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnest.stats import (
    count_prediction_interval,
    equivalence_test,
    holm,
    median_prediction_interval,
    paired_difference_test,
    prediction_interval,
)

metrics = st.floats(0, 1).map(lambda value: round(value, 6))
rows = st.lists(metrics, min_size=2, max_size=12)
pairs = st.lists(st.tuples(metrics, metrics), min_size=2, max_size=12)
p_values = st.lists(st.floats(0, 1), max_size=12)
counts = st.lists(st.integers(0, 1000), min_size=2, max_size=12)


@given(rows, st.integers(1, 20))
def test_an_interval_holds_its_mean_and_shrinks_with_the_runs_averaged(
    values: list[float], runs: int
) -> None:
    """The mean lies within, and averaging more trainings is never less certain."""
    interval = prediction_interval(values, runs=runs)
    assert interval.low <= np.mean(values) <= interval.high
    assert prediction_interval(values, runs=runs + 1).half_width <= interval.half_width


@given(rows, st.floats(-10, 10), st.floats(0.1, 10))
def test_intervals_move_and_stretch_with_their_values(
    values: list[float], shift: float, stretch: float
) -> None:
    """Another unit or origin of the metric changes no verdict."""
    moved = [shift + stretch * value for value in values]
    for predict in (prediction_interval, median_prediction_interval):
        before, after = predict(values, runs=6), predict(moved, runs=6)
        expected = (shift + stretch * before.low, shift + stretch * before.high)
        assert tuple(after) == pytest.approx(expected, abs=1e-9)


@given(counts, st.integers(1, 20))
def test_a_count_interval_has_width_and_never_goes_below_zero(values: list[int], runs: int) -> None:
    """Limits enclose the mean strictly above, whatever the counts are."""
    low, high = count_prediction_interval(values, runs=runs)
    assert 0 <= low <= np.mean(values) < high
    limited = count_prediction_interval(values, runs=runs, total=1000)
    assert 0 <= limited.low <= np.mean(values) <= limited.high <= 1000
    assert limited.half_width > 0


@given(pairs, st.floats(-0.5, 0.5))
def test_exchanging_the_two_exchanges_the_directions(
    values: list[tuple[float, float]], by: float
) -> None:
    """That a exceeds b by some difference is that b falls short of a by it."""
    a, b = np.array(values).T
    one, other = paired_difference_test(a, b, by=by), paired_difference_test(b, a, by=-by)
    assert one.p_greater == pytest.approx(other.p_less)
    assert one.p_less == pytest.approx(other.p_greater)
    assert 0 <= one.p_greater <= 1


@given(pairs, st.floats(0, 0.5), st.floats(0.001, 0.5))
def test_asking_for_more_is_never_easier(
    values: list[tuple[float, float]], by: float, more: float
) -> None:
    """A larger difference to exceed raises the p-value, a wider margin lowers it."""
    a, b = np.array(values).T
    easy, hard = (paired_difference_test(a, b, by=each).p_greater for each in (by, by + more))
    assert hard >= easy - 1e-12
    narrow, wide = (equivalence_test(a, b, margin=each) for each in (more, more + by))
    assert wide.p_equivalent <= narrow.p_equivalent + 1e-12
    assert wide.p_different >= narrow.p_different - 1e-12


@given(pairs, st.floats(0.001, 0.5))
def test_similar_and_different_are_never_both_significant(
    values: list[tuple[float, float]], margin: float
) -> None:
    """One family of runs cannot support a claim and contradict it."""
    a, b = np.array(values).T
    test = equivalence_test(a, b, margin=margin)
    assert max(test.p_equivalent, test.p_different) > 0.05


@given(p_values, st.randoms(use_true_random=False))
def test_holm_raises_keeps_order_and_goes_with_its_p_values(
    values: list[float], random: object
) -> None:
    """Adjusted p-values are between the raw ones and Bonferroni's, in the same order."""
    adjusted = holm(values)
    raw = np.array(values)
    assert np.all(adjusted >= raw)
    assert np.all(adjusted <= np.minimum(1, raw * max(1, len(values))))
    assert np.all(np.diff(adjusted[np.argsort(raw, kind="stable")]) >= 0)
    order = list(range(len(values)))
    random.shuffle(order)  # type: ignore[attr-defined]
    assert holm(raw[order]) == pytest.approx(adjusted[order])
