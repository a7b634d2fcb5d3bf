"""The statistics: equal to SciPy's where it has them, and as often right as they say."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats as scipy_stats

from nnest.stats import (
    Interval,
    cohen_dz,
    count_prediction_interval,
    detectable_difference,
    equivalence_test,
    holm,
    mcnemar_test,
    mean_interval,
    median_prediction_interval,
    one_sample_test,
    paired_difference_test,
    paired_interval,
    prediction_interval,
    rounding_interval,
    seeds_needed,
    sign_flip_test,
    sign_test,
)

SEEDS_AND_RUNS = [(5, 1), (5, 6), (10, 1), (10, 6)]
Predict = Callable[[NDArray[np.float64]], Interval]


def coverage(predict: Predict, seen: NDArray[np.float64], stated: NDArray[np.float64]) -> float:
    """Return how often the interval of a row of seeds holds what that row's report states."""
    limits = np.array([predict(row) for row in seen])
    return float(np.mean((limits[:, 0] <= stated) & (stated <= limits[:, 1])))


@pytest.mark.parametrize(("n", "runs"), SEEDS_AND_RUNS)
@pytest.mark.parametrize("statistic", ["mean", "median"])
def test_prediction_intervals_cover_as_often_as_they_say(statistic: str, n: int, runs: int) -> None:
    """A further mean or median of trainings is held 94 to 96 times in a hundred."""
    rng = np.random.default_rng(n * 10 + runs)
    draws = rng.normal(0.98, 0.003, (10_000, n + runs))
    if statistic == "mean":
        held = coverage(
            lambda row: prediction_interval(row, runs=runs), draws[:, :n], draws[:, n:].mean(1)
        )
    else:
        held = coverage(
            lambda row: median_prediction_interval(row, runs=runs),
            draws[:, :n],
            np.median(draws[:, n:], axis=1),
        )
    assert 0.94 <= held <= 0.96


def test_an_interval_that_forgets_the_error_of_the_seeds_mean_would_be_noticed() -> None:
    """Without 1/n in the width a mean of six is held far too seldom: the test above can fail."""
    draws = np.random.default_rng(0).normal(0.98, 0.003, (2000, 11))

    def too_narrow(row: NDArray[np.float64]) -> Interval:
        half = scipy_stats.t.ppf(0.975, 4) * row.std(ddof=1) / np.sqrt(6)
        return Interval(row.mean() - half, row.mean() + half)

    assert coverage(too_narrow, draws[:, :5], draws[:, 5:].mean(1)) < 0.9


@pytest.mark.parametrize(("n", "runs"), SEEDS_AND_RUNS)
@pytest.mark.parametrize("dispersion", [1, 2])
@pytest.mark.parametrize("mean", [0.1, 1, 5, 40])
def test_count_intervals_cover_at_least_as_often_as_they_say(
    mean: float, dispersion: int, n: int, runs: int
) -> None:
    """A further count lies in its interval at least 93 times in a hundred, overdispersed too."""
    rng = np.random.default_rng(7)
    shape = (2000, n + runs)
    rates = rng.gamma(mean, 1, shape) if dispersion == 2 else np.full(shape, float(mean))
    draws = rng.poisson(rates).astype(float)
    held = coverage(
        lambda row: count_prediction_interval(row, runs=runs), draws[:, :n], draws[:, n:].mean(1)
    )
    assert held >= 0.93


@pytest.mark.parametrize("count", [0, 3, 970])
def test_equal_counts_give_an_interval_at_least_as_wide_as_poissons(count: int) -> None:
    """Seeds that agree by chance do not make a count certain."""
    low, high = count_prediction_interval([count] * 5)
    assert low <= count < high
    assert high - count > np.sqrt(count)
    assert low >= 0


def test_a_count_near_its_total_is_judged_by_what_it_misses() -> None:
    """970 right of 980 are as certain as 10 wrong of 980, and never more than 980."""
    right = np.array([970, 972, 971, 969, 973])
    low, high = count_prediction_interval(right, total=980)
    missed = count_prediction_interval(980 - right, total=980)
    assert (980 - high, 980 - low) == pytest.approx(missed)
    assert count_prediction_interval([980] * 5, total=980).high == 980
    assert high - low < count_prediction_interval(right).high - right.mean()


def test_t_intervals_equal_scipys() -> None:
    """The interval of a mean is SciPy's, and that of a paired difference too."""
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(2, 8))
    expected = scipy_stats.ttest_1samp(a, 0).confidence_interval(0.9)
    assert mean_interval(a, confidence=0.9) == pytest.approx(tuple(expected))
    expected = scipy_stats.ttest_rel(a, b).confidence_interval(0.95)
    assert paired_interval(a, b) == pytest.approx(tuple(expected))


def test_many_predicted_runs_come_down_to_the_interval_of_the_mean() -> None:
    """The mean of endlessly many trainings is as uncertain as the mean itself."""
    values = [0.1, 0.4, 0.2, 0.35]
    assert prediction_interval(values, runs=10**12) == pytest.approx(mean_interval(values))


def test_a_median_of_one_training_is_that_training() -> None:
    """For one run the simulated median gives Student's interval, up to simulation error."""
    values = [0.1, 0.4, 0.2, 0.35, 0.3]
    simulated = median_prediction_interval(values, runs=1)
    assert simulated.half_width == pytest.approx(prediction_interval(values).half_width, rel=0.02)


def test_the_median_interval_is_the_same_each_time() -> None:
    """The simulation starts from a fixed seed and touches no global state."""
    before = np.random.get_state()[1].copy()
    first = median_prediction_interval([1.0, 2.0, 3.0], runs=6)
    assert median_prediction_interval([1.0, 2.0, 3.0], runs=6) == first
    assert median_prediction_interval([1.0, 2.0, 3.0], runs=6, rng=1) != first
    generator = np.random.default_rng(0)
    assert median_prediction_interval([1.0, 2.0, 3.0], runs=6, rng=generator) == first
    assert median_prediction_interval([1.0, 2.0, 3.0], runs=6, rng=generator) != first
    assert np.array_equal(np.random.get_state()[1], before)


@pytest.mark.parametrize(("low", "high", "together"), [(2, 3, True), (2.1, 3, False), (0, 9, True)])
def test_intervals_overlap_where_they_share_a_point(
    low: float, high: float, together: bool
) -> None:
    """Touching is overlapping, one within the other too."""
    assert Interval(1, 2).overlaps(Interval(low, high)) is together
    assert Interval(low, high).overlaps(Interval(1, 2)) is together


def test_a_printed_value_stands_for_what_rounds_to_it() -> None:
    """Half a unit of the last digit to either side, and no more."""
    low, high = rounding_interval(98.75, decimals=2)
    assert round(low + 1e-9, 2) == round(high - 1e-9, 2) == 98.75
    assert round(low - 1e-9, 2) < 98.75 < round(high + 1e-9, 2)


@pytest.mark.parametrize("by", [-0.3, 0.0, 0.4])
def test_the_paired_test_equals_scipys(by: float) -> None:
    """Both directions have SciPy's p-values."""
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=(2, 9))
    test = paired_difference_test(a, b, by=by)
    for p, alternative in ((test.p_greater, "greater"), (test.p_less, "less")):
        assert p == pytest.approx(scipy_stats.ttest_rel(a, b + by, alternative=alternative).pvalue)
    assert test.difference == pytest.approx(np.mean(a - b))
    assert test.n == 9
    assert test.standard_error == pytest.approx(scipy_stats.sem(a - b))


def test_the_test_against_a_constant_equals_scipys() -> None:
    """Both directions have SciPy's p-values of one sample."""
    a = np.random.default_rng(6).normal(0.2, 1, 7)
    test = one_sample_test(a, 0.1)
    greater, less = (
        scipy_stats.ttest_1samp(a, 0.1, alternative=side).pvalue for side in ("greater", "less")
    )
    assert (test.p_greater, test.p_less) == pytest.approx((greater, less))


@pytest.mark.parametrize(
    ("a", "expected"), [(0.99, (1 / 8, 1.0)), (0.97, (1.0, 1 / 8)), (0.98, (1.0, 1.0))]
)
def test_differences_that_are_all_the_same_are_told_by_their_sign(
    a: float, expected: tuple[float, float]
) -> None:
    """Without any spread there are three equal signs, and rounding errors are none."""
    test = paired_difference_test([a, a + 0.001, a + 0.002], [0.97, 0.971, 0.972], by=0.01)
    assert (test.p_greater, test.p_less) == expected
    assert test.standard_error == 0


def test_rounding_errors_are_no_spread_and_no_difference() -> None:
    """Accuracies exactly 0.01 apart in decimals are neither more nor less than 0.01 apart."""
    a, b = np.array([0.98, 0.9712, 0.9633]), np.array([0.97, 0.9612, 0.9533])
    assert (a - b).std() > 0
    test = paired_difference_test(a, b, by=0.01)
    assert (test.p_greater, test.p_less, test.standard_error) == (1, 1, 0)
    assert paired_difference_test(a, b).p_greater == 1 / 8


def test_effect_size_is_the_t_statistic_without_the_number_of_seeds() -> None:
    """The statistic is d_z times the root of n; no spread gives an infinite effect or none."""
    a, b = np.random.default_rng(8).normal(size=(2, 9))
    assert cohen_dz(a, b) * 3 == pytest.approx(scipy_stats.ttest_rel(a, b).statistic)
    assert cohen_dz([2.0, 3.0], [1.0, 2.0]) == np.inf
    assert cohen_dz([1.0, 2.0], [2.0, 3.0]) == -np.inf
    assert cohen_dz([1.0, 2.0], [1.0, 2.0]) == 0


@pytest.mark.parametrize("n", [5, 10])
def test_a_planted_difference_holds_and_its_reverse_is_contradicted(n: int) -> None:
    """What is two standard deviations apart is found nearly always, in its own direction."""
    rng = np.random.default_rng(n)
    tests = [
        paired_difference_test(rng.normal(0.02, 0.005, n), rng.normal(0, 0.005, n), by=0.005)
        for _ in range(500)
    ]
    assert np.mean([test.p_greater < 0.05 for test in tests]) > 0.9
    assert max(test.p_greater + test.p_less for test in tests) == pytest.approx(1)
    assert not any(test.p_less < 0.05 for test in tests)


@pytest.mark.parametrize("n", [5, 10])
def test_planted_equality_is_similar_and_a_planted_difference_is_not(n: int) -> None:
    """Two one-sided tests find equality within the margin, and refuse it beyond."""
    rng = np.random.default_rng(n)
    noise = rng.normal(0, 0.001, (500, 2, n))
    same = [equivalence_test(a, b, margin=0.005) for a, b in noise]
    apart = [equivalence_test(a + 0.01, b, margin=0.005) for a, b in noise]
    assert np.mean([test.p_equivalent < 0.05 for test in same]) > 0.95
    assert not any(test.p_different < 0.05 for test in same)
    assert np.mean([test.p_different < 0.05 for test in apart]) > 0.95
    assert not any(test.p_equivalent < 0.05 for test in apart)


@pytest.mark.parametrize("n", [5, 10])
def test_at_the_margin_equivalence_errs_at_most_five_times_in_a_hundred(n: int) -> None:
    """On the border both of its verdicts are false, and neither comes more often than 5 %."""
    rng = np.random.default_rng(n)
    draws = rng.normal(0, 0.001, (4000, n)) + 0.002
    tests = [equivalence_test(row, np.zeros(n), margin=0.002) for row in draws]
    allowed = 0.05 + 3 * np.sqrt(0.05 * 0.95 / 4000)
    assert np.mean([test.p_equivalent <= 0.05 for test in tests]) <= allowed
    assert np.mean([test.p_different <= 0.05 for test in tests]) <= allowed


def test_no_difference_found_is_not_similarity() -> None:
    """Few noisy seeds neither show a difference nor similarity."""
    test = equivalence_test([0.1, 0.9, 0.4], [0.5, 0.2, 0.6], margin=0.01)
    assert test.p_equivalent > 0.05
    assert test.p_different > 0.05


@pytest.mark.parametrize("n", [5, 10])
@pytest.mark.parametrize("shared", [False, True])
def test_false_holds_are_at_most_five_in_a_hundred_families(n: int, shared: bool) -> None:
    """Of families of twelve claims without any truth, at most 5 % have one that holds."""
    rng = np.random.default_rng(n)
    families = 1500
    arms = rng.normal(size=(families, 12, n))
    base = rng.normal(size=(families, 1 if shared else 12, n))
    false_holds = 0
    for ours, theirs in zip(arms, np.broadcast_to(base, arms.shape), strict=True):
        tests = [paired_difference_test(a, b) for a, b in zip(ours, theirs, strict=True)]
        false_holds += bool((holm([test.p_greater for test in tests]) <= 0.05).any())
    assert false_holds / families <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / families)


def test_holm_by_hand() -> None:
    """The textbook's example, in the order in which the p-values came; none gives none."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]).size == 0


def test_holm_with_weights() -> None:
    """A claim's two parts share its weight: by hand, and equal weights change nothing."""
    assert holm([0.01, 0.004, 0.03], weights=[1, 0.5, 0.5]) == pytest.approx([0.016, 0.016, 0.03])
    raw = [0.01, 0.04, 0.03, 0.005]
    assert holm(raw, weights=[0.3] * 4) == pytest.approx(holm(raw))


@pytest.mark.parametrize(("a", "b"), [(7, 0), (0, 7), (5, 2), (3, 3), (0, 0)])
def test_mcnemar_is_scipys_binomial_test(a: int, b: int) -> None:
    """Of the pairs that differ; pairs that are alike change nothing."""
    alike = [0, 1, 1]
    found = mcnemar_test([1] * a + [0] * b + alike, [0] * a + [1] * b + alike)
    assert (found.only_a, found.only_b) == (a, b)
    if a + b:
        expected = [scipy_stats.binomtest(k, a + b, alternative="greater").pvalue for k in (a, b)]
        assert [found.p_greater, found.p_less] == pytest.approx(expected)
    else:
        assert found.p_greater == found.p_less == 1


@pytest.mark.parametrize("by", [0.0, 0.4])
def test_sign_flips_are_scipys_permutations(by: float) -> None:
    """All signs of paired differences, in both directions."""
    rng = np.random.default_rng(3)
    a, b = rng.normal(0.5, 1, 8), rng.normal(0, 1, 8)
    found = sign_flip_test(a, b, by=by)
    for side, p in (("greater", found.p_greater), ("less", found.p_less)):
        expected = scipy_stats.permutation_test(
            (a - b - by,), np.mean, permutation_type="samples", alternative=side, n_resamples=np.inf
        )
        assert p == pytest.approx(expected.pvalue)


def test_sign_flips_of_many_seeds_are_drawn() -> None:
    """Above sixteen seeds the same integer draws the same signs, near the exact share."""
    a = np.random.default_rng(4).normal(0.3, 1, 20)
    found = sign_flip_test(a, np.zeros(20), rng=1)
    assert found == sign_flip_test(a, np.zeros(20), rng=1)
    assert found.p_greater == pytest.approx(one_sample_test(a, 0).p_greater, abs=0.03)
    assert sign_flip_test(a + 10, np.zeros(20)).p_greater > 0


def test_sign_test_counts_sides() -> None:
    """SciPy's binomial test of how many are above; what is equal counts for neither side."""
    found = sign_test([0.1, 0.2, 0.9, 0.5, 0.7], 0.5)
    above, below = (
        scipy_stats.binomtest(2, 5, alternative="greater").pvalue for _ in ("above", "below")
    )
    assert (found.p_greater, found.p_less) == pytest.approx((above, below))


@pytest.mark.parametrize("n", [3, 5, 10, 30])
def test_the_detectable_difference_is_found_with_the_power_that_was_asked(n: int) -> None:
    """SciPy's noncentral t gives the power back."""
    difference = detectable_difference(0.5, n, power=0.9)
    critical = scipy_stats.t.ppf(0.95, n - 1)
    power = scipy_stats.nct.sf(critical, n - 1, difference * np.sqrt(n) / 0.5)
    assert power == pytest.approx(0.9, abs=1e-6)


def test_the_detectable_difference_by_simulation() -> None:
    """A planted difference of that size is found eight times in ten."""
    size = detectable_difference(1.0, 6)
    draws = np.random.default_rng(2).normal(size, 1, (4000, 6))
    found = [one_sample_test(row, 0).p_greater <= 0.05 for row in draws]
    assert np.mean(found) == pytest.approx(0.8, abs=0.025)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: prediction_interval([0.9]),
            "Got 1 of values, but at least 2 seeds are needed to see how much they differ.",
        ),
        (
            lambda: prediction_interval([0.9, np.nan, np.inf]),
            "Got 2 of 3 values that are not finite: report diverged runs beside the statistic "
            "and leave them out of it.",
        ),
        (
            lambda: prediction_interval([[0.9, 0.8]]),
            "Got values of shape (1, 2), but one row with a number for each seed is needed.",
        ),
        (
            lambda: prediction_interval([1, 2], runs=0),
            "Got runs=0, but it must be an integer of 1 or more.",
        ),
        (
            lambda: prediction_interval([1, 2], runs=math.nan),  # type: ignore[arg-type]
            "Got runs=nan, but it must be an integer of 1 or more.",
        ),
        (
            lambda: median_prediction_interval([1, 2], runs=2.0),  # type: ignore[arg-type]
            "Got runs=2.0, but it must be an integer of 1 or more.",
        ),
        (
            lambda: mean_interval([1, 2], confidence=95),
            "Got confidence=95, but it must lie between 0 and 1.",
        ),
        (
            lambda: median_prediction_interval([1, 2], runs=6, n_simulations=1),
            "Got n_simulations=1, but 1000 are the fewest.",
        ),
        (
            lambda: paired_difference_test([1, 2, 3], [1, 2]),
            "Got 3 of a and 2 of b, but pairs need the same seeds in both.",
        ),
        (
            lambda: paired_difference_test([1, 2], [1, np.nan]),
            "Got 1 of 2 b that are not finite: report diverged runs beside the statistic and "
            "leave them out of it.",
        ),
        (
            lambda: paired_difference_test([1, 2], [1, 3], by=np.inf),
            "Got by=inf, but a difference is a finite number.",
        ),
        (
            lambda: equivalence_test([1, 2], [1, 3], margin=0),
            "Got margin=0, but a margin is a positive number.",
        ),
        (lambda: holm([0.1, np.nan]), "Got a p-value of nan, but they lie from 0 to 1."),
        (
            lambda: holm([[0.1]]),
            "Got p_values of shape (1, 1), but one row of them is needed.",
        ),
        (
            lambda: count_prediction_interval([1, -1]),
            "Got a count of -1, but counts are never negative.",
        ),
        (
            lambda: count_prediction_interval([1, 9], total=8),
            "Got a count of 9, more than total=8.",
        ),
        (
            lambda: rounding_interval(np.nan, decimals=2),
            "Got value=nan, but a printed number is finite.",
        ),
        (
            lambda: detectable_difference(1, 1),
            "Got n=1, but a paired test needs at least 2 seeds.",
        ),
        (
            lambda: detectable_difference(-1.0, 5),
            "Got standard_deviation=-1.0, but it must be a number of 0 or more.",
        ),
        (
            lambda: detectable_difference(1, 5, alpha=0.1, power=0.05),
            "Got power=0.05, but it has to be above alpha=0.1.",
        ),
        (
            lambda: holm([0.1, 0.2], weights=[1.0]),
            "Got weights=[1.0], but each test needs one, a positive number.",
        ),
        (
            lambda: mcnemar_test([0, 1], [0, 2]),
            "Got a success that is neither 0 nor 1; count each seed as one of them.",
        ),
        (
            lambda: sign_flip_test([1, 2], [1, 2], by=-np.inf),
            "Got by=-inf, but a difference is a finite number.",
        ),
        (
            lambda: seeds_needed(1.0, 0.0),
            "Got difference=0.0, but it must be a positive number.",
        ),
        (
            lambda: seeds_needed(1.0, 0.1, most=1),
            "Got most=1, but a paired test needs at least 2 seeds.",
        ),
    ],
)
def test_what_no_statistic_can_take_is_refused(call: Callable[[], object], message: str) -> None:
    """The error says what came and what is accepted."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()


def test_a_source_of_randomness_is_an_integer_or_a_generator() -> None:
    """None would give another interval each time, so it is refused."""
    message = "Got rng=None, but it must be an integer or a numpy.random.Generator."
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        median_prediction_interval([1, 2], runs=6, rng=None)  # type: ignore[arg-type]
