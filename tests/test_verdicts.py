"""Verdicts follow their rules on planted records, and say why where there is none."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnest import plots
from nnest.exceptions import ExperimentError
from nnest.experiments import (
    Above,
    AllOf,
    Arm,
    Below,
    Claim,
    CountLearning,
    Deviation,
    Different,
    Experiment,
    Greater,
    Protocol,
    Report,
    Reported,
    Similar,
    Size,
    Value,
    arm_digest,
)
from nnest.reporting import as_frame, as_json, as_text, overview
from nnest.reporting._columns import CLAIM, NUMBER
from nnest.results import ResultStore, Run
from nnest.stats import (
    count_prediction_interval,
    detectable_difference,
    holm,
    median_prediction_interval,
    paired_difference_test,
    prediction_interval,
)
from nnest.verdicts import ClaimVerdict, NumberVerdict, Verdict, Verdicts, judge, summarize
from tests.test_experiments_run import FakeClassifier

SEEDS = 5
SIZE = Size(epochs=2, seeds=SEEDS)
PROTOCOL = Protocol(smoke=SIZE, lite=replace(SIZE, n_train=100), full=SIZE)
ARMS = (Arm("a", FakeClassifier(0.9)), Arm("b", FakeClassifier(0.5)))
OTHER_DATA = Deviation(7, ours="MNIST", theirs="other digits", why="lost", source="the report")
NARROW = (0.981, 0.979, 0.980, 0.982, 0.978)


class Memory(ResultStore):
    """A store whose records are in memory."""

    def __init__(self) -> None:
        super().__init__("records")
        self.runs: list[Run] = []

    def append(self, run: Run) -> None:
        """Keep a run."""
        self.runs.append(run)

    def read(self, report: str, experiment: str | None = None) -> list[Run]:
        """Return the runs."""
        return [run for run in self.runs if run.report == report]


@pytest.fixture
def store() -> Memory:
    """Start without any record."""
    return Memory()


def declared(
    *reported: Reported, claims: Sequence[Claim] = (), questions: Sequence[Claim] = ()
) -> Report:
    """Declare a report with two arms, and an experiment of our own that shares them."""
    first = Experiment(
        "first", "?", "mnist", ARMS, PROTOCOL, reported, tuple(claims), (OTHER_DATA,)
    )
    shared = tuple(replace(arm, shared=f"first/{arm.name}") for arm in ARMS)
    ours = Experiment("ours", "?", "mnist", shared, PROTOCOL, (), tuple(questions), ours=True)
    return Report("fake", "Fake", "Nobody", 2020, "nowhere", (first, ours))


def planted(report: Report, arm: str, seed: int, scale: str = "full", **fields: Any) -> Run:
    """Make the record of a training."""
    known = {
        "report": report.key,
        "experiment": "first",
        "arm": arm,
        "seed": seed,
        "scale": scale,
        "digest": arm_digest(report, "first", arm, scale),
        "parameters": {},
        "history": {},
        "final": {},
        "seconds": 1.0,
        "device": "cpu",
        "versions": {},
        "code": {},
        "data_digest": "d",
    }
    return Run(**{**known, **fields})


def plant(
    store: ResultStore,
    report: Report,
    arm: str,
    values: Sequence[float],
    *,
    metric: str = "test_accuracy",
    scale: str = "full",
) -> None:
    """Record a training for each value, with the seeds 0, 1, 2, ..."""
    for seed, value in enumerate(values):
        store.append(planted(report, arm, seed, scale, final={metric: value}))


def cells(arm: str, counts: Sequence[Sequence[int]]) -> list[Reported]:
    """Declare the cells of a confusion matrix."""
    return [
        Reported(arm, f"test_confusion[{i},{j}]", str(count), "Figure 1", kind="count")
        for i, row in enumerate(counts)
        for j, count in enumerate(row)
    ]


def accuracy(value: float = 0.98, *, decimals: int = 3, **options: Any) -> Reported:
    """Declare an accuracy that the report states."""
    return Reported("a", "test_accuracy", f"{value:.{decimals}f}", "Section 1", **options)


def only(store: ResultStore, report: Report, scale: str | None = None) -> NumberVerdict:
    """Judge a report of one number."""
    (found,) = judge(report, store, scale=scale).numbers
    return found


def test_number_within_our_interval_agrees(store: Memory) -> None:
    """The interval is that for one further training, narrower than the tolerance."""
    report = declared(accuracy())
    plant(store, report, "a", NARROW)
    found = only(store, report)
    assert found.verdict == "agrees"
    assert (found.low, found.high) == prediction_interval(NARROW)
    assert (found.n, found.scale, found.mean) == (SEEDS, "full", pytest.approx(0.98))


@pytest.mark.parametrize(("value", "verdict"), [(0.96, "ours higher"), (0.99, "ours lower")])
def test_number_outside_our_interval_differs(store: Memory, value: float, verdict: str) -> None:
    """Higher and lower are told apart, with the difference."""
    report = declared(accuracy(value))
    plant(store, report, "a", NARROW)
    found = only(store, report)
    assert found.verdict == verdict
    assert found.difference == pytest.approx(0.98 - value)


def test_wide_interval_decides_nothing_where_it_holds_the_number(store: Memory) -> None:
    """Seeds that differ by percentage points agree with anything, hence with nothing."""
    report = declared(accuracy())
    plant(store, report, "a", [0.95, 0.99, 0.97, 0.98, 0.96])
    assert only(store, report).verdict == "undecided"


def test_tolerance_is_the_declared_one(store: Memory) -> None:
    """The same interval agrees where the number's own tolerance is wider."""
    report = declared(accuracy(tolerance=0.1))
    plant(store, report, "a", [0.95, 0.99, 0.97, 0.98, 0.96])
    assert only(store, report).verdict == "agrees"


@pytest.mark.parametrize(("spread", "verdict"), [(0.001, "agrees"), (0.02, "undecided")])
def test_losses_have_a_tolerance_of_a_fifth(store: Memory, spread: float, verdict: str) -> None:
    """A loss of 0.1 is agreed with by an interval of 0.02 to either side, at most."""
    report = declared(Reported("a", "test_loss", "0.100", "Section 1"))
    plant(store, report, "a", [0.1 + spread * k for k in (-1, 0, 1, 0, 0)], metric="test_loss")
    assert only(store, report).verdict == verdict


@pytest.mark.parametrize(("decimals", "verdict"), [(2, "agrees"), (4, "ours higher")])
def test_number_stands_for_its_rounding_interval(
    store: Memory, decimals: int, verdict: str
) -> None:
    """0.98 printed with two decimals may be 0.984; printed as 0.9800 it may not."""
    report = declared(accuracy(0.98, decimals=decimals))
    plant(store, report, "a", [0.9840, 0.9841, 0.9839, 0.9840, 0.9840])
    assert only(store, report).verdict == verdict


@pytest.mark.parametrize(
    ("ours", "rounded", "cut"),
    [
        (0.9374, "ours higher", "agrees"),  # 93.74 % is 93 % if the rest is cut, else 94 %
        (0.9320, "agrees", "agrees"),
        (0.9270, "agrees", "agrees"),  # 92.70 % is rounded up to 93 %
        (0.9240, "ours lower", "ours lower"),
        (0.9410, "ours higher", "ours higher"),
    ],
)
def test_number_that_may_be_cut_reaches_a_unit_up(
    store: Memory, ours: float, rounded: str, cut: str
) -> None:
    """0.93 stands for 0.925 to 0.935 if it is rounded, and for 0.925 to 0.94 if it may be cut."""
    for approximate, verdict in ((False, rounded), (True, cut)):
        report = declared(accuracy(0.93, decimals=2, approximate=approximate))
        store.runs.clear()
        # The interval is 2.78 * 0.00007 * sqrt(1 + 1/5) = 0.0002 to either side.
        plant(store, report, "a", [ours + k * 1e-4 for k in (-1, 0, 0, 0, 1)])
        found = only(store, report)
        assert (found.verdict, found.approximate) == (verdict, approximate)


@pytest.mark.parametrize(
    ("number", "low", "high"),
    [
        (Reported("a", "test_accuracy", "0.93", "here"), 0.925, 0.935),
        (Reported("a", "test_accuracy", "93%", "here", approximate=True), 0.925, 0.94),
        (Reported("a", "seconds", "60", "here", kind="time", approximate=True), 59.5, 61),
        (Reported("a", "test_confusion[0,1]", "7", "here", kind="count"), 7, 7),
        (Reported("a", "test_confusion[0,1]", "7", "here", kind="count", runs=4), 6.5, 7.5),
    ],
)
def test_what_is_printed_stands_for_an_interval(number: Reported, low: float, high: float) -> None:
    """Half a unit to either side; a whole one up where it may be cut; none for a single count."""
    assert number.interval == pytest.approx((low, high))


def test_number_that_may_be_cut_is_shown_as_about(store: Memory) -> None:
    """In the terminal and in tables, so that a verdict beside it can be understood."""
    report = declared(accuracy(0.93, decimals=2, approximate=True))
    assert only(store, report).stated == "about 0.93"
    assert re.search(r"test accuracy of a +about 0\.93 ", as_text(judge(report, store)))
    assert as_frame(judge(report, store).numbers)["approximate"].tolist() == [True]


def test_count_of_one_training_is_not_approximate() -> None:
    """Nobody cuts the digits of a count."""
    message = (
        "test_confusion[0,1] is a count of one training and approximate; such a count is whole as"
        " printed, so leave out approximate=True."
    )
    with pytest.raises(ExperimentError, match=f"^{re.escape(message)}$"):
        Reported("a", "test_confusion[0,1]", "7", "here", kind="count", approximate=True)


def test_mean_of_several_trainings_is_predicted_closer(store: Memory) -> None:
    """What one training may be, the mean of a hundred may not."""
    one, many = declared(accuracy(0.983)), declared(accuracy(0.983, runs=100))
    plant(store, one, "a", NARROW)
    assert only(store, one).verdict == "agrees"
    assert only(store, many).verdict == "ours lower"


def test_median_is_predicted_as_a_median(store: Memory) -> None:
    """The interval of a median comes from its own simulation."""
    report = declared(accuracy(runs=6, statistic="median"))
    plant(store, report, "a", NARROW)
    found = only(store, report)
    assert (found.low, found.high) == median_prediction_interval(NARROW, runs=6)


def confusions(store: Memory, report: Report, tables: Sequence[Any], scale: str = "full") -> None:
    """Record a confusion matrix for each seed."""
    for seed, table in enumerate(tables):
        store.append(planted(report, "a", seed, scale, confusion=table))


def test_cells_of_equal_counts_have_an_interval_nonetheless(store: Memory) -> None:
    """No seed ever mixed them up; that the report's training did so once is no contradiction."""
    report = declared(*cells("a", [[99, 1], [5, 95]]))
    confusions(store, report, [[[100, 0], [0, 100]]] * SEEDS)
    found = {one.metric: one for one in judge(report, store).numbers}
    cell = found["test_confusion[0,1]"]
    assert (cell.low, cell.high) == count_prediction_interval([0] * SEEDS, total=100)
    assert (cell.mean, cell.verdict) == (0, "agrees")
    assert found["test_confusion[1,0]"].verdict == "ours lower"
    assert found["test_confusion[0,0]"].verdict == "agrees"
    assert found["test_confusion[1,1]"].verdict == "ours higher"


def test_count_of_one_training_is_not_rounded(store: Memory) -> None:
    """A limit of 1.9 does not reach 2, though it reaches its rounding interval."""
    report = declared(*cells("a", [[98, 2], [0, 100]]))
    confusions(store, report, [[[100, 0], [0, 100]]] * SEEDS)
    assert 1.5 < judge(report, store).numbers[1].high < 2
    assert judge(report, store).numbers[1].verdict == "ours lower"


def exact(value: float, ours: float = 0.125, **options: Any) -> Reported:
    """Declare a number of which ours is known."""
    options = {"kind": "exact", "compute": lambda: ours, **options}
    return Reported(None, "kernel[0,0]", f"{value:.2f}", "Section 1", **options)


@pytest.mark.parametrize(("approximate", "verdict"), [(False, "differs"), (True, "equal")])
def test_exact_number_may_be_cut_too(store: Memory, approximate: bool, verdict: str) -> None:
    """0.127 is printed as 0.13, or cut as 0.12."""
    found = only(store, declared(exact(0.12, ours=0.127, approximate=approximate)))
    assert found.verdict == verdict


@pytest.mark.parametrize(("value", "verdict"), [(0.12, "equal"), (0.14, "differs")])
def test_exact_numbers_need_no_records(store: Memory, value: float, verdict: str) -> None:
    """They are computed, and equal as far as they are printed."""
    found = only(store, declared(exact(value)))
    assert (found.verdict, found.mean, found.scale, found.n) == (verdict, 0.125, "exact", 0)


def test_times_are_shown_and_not_judged(store: Memory) -> None:
    """The mean is there, a verdict is not."""
    report = declared(Reported("a", "seconds", "60", "Section 1", kind="time"))
    plant(store, report, "a", NARROW)
    found = only(store, report)
    assert (found.verdict, found.judged, found.mean) == ("not judged", False, 1.0)


def test_shorter_runs_show_the_difference_only(store: Memory) -> None:
    """At lite scale no number is judged."""
    report = declared(accuracy(0.96))
    plant(store, report, "a", NARROW, scale="lite")
    found = only(store, report)
    assert (found.verdict, found.scale) == ("not at the report's size", "lite")
    assert found.difference == pytest.approx(0.02)


def test_known_difference_is_not_comparable(store: Memory) -> None:
    """A number for which a deviation is named has no verdict, but its values are shown."""
    report = declared(accuracy(0.96, not_comparable=7))
    plant(store, report, "a", NARROW)
    found = only(store, report)
    assert (found.verdict, found.note) == ("not comparable", "see deviation 7")
    assert found.mean == pytest.approx(0.98)
    assert found.deviations == (7,)


def test_known_difference_must_be_declared() -> None:
    """The number of a deviation that is not there is refused."""
    message = "first calls something not comparable for deviation 8, but declares the deviations 7."
    with pytest.raises(ExperimentError, match=f"^{re.escape(message)}$"):
        declared(accuracy(not_comparable=8))


def test_diverged_run_counts_in_accuracy_and_not_in_loss(store: Memory) -> None:
    """A loss that is no number gives no interval; the accuracy of that run is a number."""
    loss = Reported("a", "test_loss", "0.1", "Section 1")
    report = declared(accuracy(0.98), loss)
    for seed, value in enumerate(NARROW[:-1]):
        store.append(planted(report, "a", seed, final={"test_accuracy": value, "test_loss": 0.1}))
    broken = {"test_accuracy": 0.1, "test_loss": math.nan}
    store.append(planted(report, "a", 4, final=broken, diverged=True))
    verdicts = judge(report, store)
    by_accuracy, by_loss = verdicts.numbers
    assert by_accuracy.mean == pytest.approx(np.mean([*NARROW[:-1], 0.1]))
    assert (by_loss.verdict, by_loss.note) == ("undecided", "1 of 5 diverged")
    assert math.isnan(by_loss.low)
    assert verdicts.diverged == ("first/a seed 4 (full)",)
    # Of the five accuracies, the one of the run that diverged is outside of the others.
    assert verdicts.summary.expected_outside == pytest.approx(1 / 5)
    assert "first/a seed 4 (full): diverged" in as_text(verdicts)


def test_too_few_seeds_are_no_verdict(store: Memory) -> None:
    """Four of five seeds: shown, said, not judged."""
    report = declared(accuracy())
    plant(store, report, "a", NARROW[:4])
    found = only(store, report)
    assert (found.verdict, found.note, found.n) == ("not judged", "4 of 5 seeds", 4)
    assert not found.judged


def test_seeds_beyond_the_declared_ones_are_not_used(store: Memory) -> None:
    """A sixth seed changes nothing, and is listed."""
    report = declared(accuracy())
    plant(store, report, "a", [*NARROW, 0.1])
    assert only(store, report).mean == pytest.approx(0.98)
    (extra,) = judge(report, store).unused
    assert (extra.name, extra.why) == ("first/a seed 5 (full)", "verdicts use the seeds 0 to 4")


def test_seeds_are_the_declared_ones_and_not_just_as_many(store: Memory) -> None:
    """Seeds 1 to 5 are five, but 0 is missing."""
    report = declared(accuracy())
    for seed, value in enumerate(NARROW, start=1):
        store.append(planted(report, "a", seed, final={"test_accuracy": value}))
    assert only(store, report).note == "4 of 5 seeds"


def test_largest_complete_scale_is_judged(store: Memory) -> None:
    """A full scale that has only begun leaves lite in its place; a scale can be asked for."""
    report = declared(accuracy())
    plant(store, report, "a", NARROW, scale="lite")
    plant(store, report, "a", NARROW[:3])
    assert only(store, report).scale == "lite"
    for seed in (3, 4):
        store.append(planted(report, "a", seed, final={"test_accuracy": NARROW[seed]}))
    assert only(store, report).scale == "full"
    assert only(store, report, scale="lite").verdict == "not at the report's size"


def test_smoke_runs_are_never_compared(store: Memory) -> None:
    """They are no records for a verdict, and asking for it is refused."""
    report = declared(accuracy())
    plant(store, report, "a", NARROW, scale="smoke")
    assert only(store, report).verdict == "no records"
    message = "Runs at scale 'smoke' are not compared with a report; choose 'lite' or 'full'."
    with pytest.raises(ExperimentError, match=f"^{re.escape(message)}$"):
        judge(report, store, scale="smoke")


def test_records_that_do_not_count_are_listed_with_the_reason(store: Memory) -> None:
    """Another digest, an arm that is gone, an arm that keeps its runs elsewhere."""
    report = declared(accuracy())
    store.append(planted(report, "a", 0, digest="d0"))
    store.append(replace(planted(report, "a", 0), arm="gone"))
    store.append(replace(planted(report, "a", 0), experiment="ours"))
    verdicts = judge(report, store)
    assert verdicts.numbers[0].verdict == "no records"
    stale = "stale: settings, protocol or data are declared otherwise now"
    elsewhere = "no arm keeps its runs there now"
    assert [(one.arm, one.why) for one in verdicts.unused] == [
        ("a", stale),
        ("gone", elsewhere),
        ("a", elsewhere),
    ]
    assert f"first/gone seed 0 (full): not used, {elsewhere}" in as_text(verdicts)


def test_first_of_two_records_counts(tmp_path: Path) -> None:
    """A second record with other numbers is reported, and changes nothing."""
    report, store = declared(accuracy()), ResultStore(tmp_path)
    plant(store, report, "a", NARROW)
    store.append(planted(report, "a", 0, final={"test_accuracy": 0.5}))
    verdicts = judge(report, store)
    assert verdicts.numbers[0].mean == pytest.approx(0.98)
    assert [key[1:5] for key in verdicts.conflicts] == [("first", "a", 0, "full")]
    expected = "first/a seed 0 (full): recorded twice with different numbers; the first counts"
    assert expected in as_text(verdicts)


def test_confusion_matrix_of_other_classes_is_refused(store: Memory) -> None:
    """A record with two classes has no cell of a third."""
    report = declared(*cells("a", [[1, 0, 0]] * 3))
    confusions(store, report, [[[1, 0], [0, 1]]] * SEEDS)
    message = "The run fake/first/a (seed 0, full) holds no test_confusion[0,2]; it holds ."
    with pytest.raises(ExperimentError, match=f"^{re.escape(message)}$"):
        judge(report, store)


A, B = Value("a", "test_accuracy"), Value("b", "test_accuracy")
HIGH, LOW = (0.98, 0.981, 0.979, 0.982, 0.98), (0.95, 0.952, 0.949, 0.951, 0.95)


def claim(expects: Any, key: str = "claim", **options: Any) -> Claim:
    """Declare a claim."""
    return Claim(key, "a sentence", "Section 1", expects, **options)


def verdict_of(store: Memory, expects: Any, a: Sequence[float], b: Sequence[float]) -> ClaimVerdict:
    """Judge a claim by runs of both arms."""
    report = declared(claims=[claim(expects)])
    plant(store, report, "a", a)
    plant(store, report, "b", b)
    (found,) = judge(report, store).claims
    return found


LIKE = Similar(A, B, 0.01, reason="small")
REVERSED = Greater(B, A)


@pytest.mark.parametrize(
    ("expects", "verdict"),
    [
        (Greater(A, B), "holds"),
        (REVERSED, "contradicted"),
        (Greater(A, B, 0.02, reason="much"), "holds"),
        (Greater(A, B, 0.05, reason="more"), "not by that much"),
        (Greater(B, A, 0.05, reason="more"), "contradicted"),
        (LIKE, "contradicted"),
        (Similar(A, B, 0.05, reason="large"), "holds"),
        (Above(A, 0.9, reason="said"), "holds"),
        (Above(B, 0.96, reason="said"), "contradicted"),
        (AllOf(Greater(A, B), Above(A, 0.9, reason="said")), "holds"),
        (AllOf(Greater(A, B), LIKE), "in part"),
        (AllOf(Greater(B, A), LIKE), "contradicted"),
        (AllOf(Greater(B, A), Greater(A, B, 0.05, reason="more")), "in part"),
    ],
    ids=str,
)
def test_planted_difference_decides(
    store: Memory, expects: Greater | Similar | Above, verdict: str
) -> None:
    """A difference of three points between seeds that differ by tenths."""
    assert verdict_of(store, expects, HIGH, LOW).verdict == verdict


def test_no_difference_found_is_not_similarity(store: Memory) -> None:
    """Seeds that differ widely leave both undecided, and what they could have shown is said."""
    noisy = [0.95, 0.99, 0.93, 0.98, 0.96]
    other = noisy[1:] + noisy[:1]
    found = verdict_of(store, LIKE, noisy, other)
    assert found.verdict == "undecided"
    deviation = float(np.std(np.subtract(noisy, other), ddof=1))
    shown = detectable_difference(deviation, SEEDS, power=0.9)
    assert found.parts[0].detectable == pytest.approx(shown)


@pytest.mark.parametrize(
    ("a", "b", "margin", "verdict"),
    [
        (HIGH, LOW, 0.005, "holds"),
        (LOW, HIGH, 0.005, "holds"),
        (HIGH, LOW, 0.1, "contradicted"),
    ],
)
def test_difference_may_go_either_way(
    store: Memory, a: tuple[float, ...], b: tuple[float, ...], margin: float, verdict: str
) -> None:
    """Which one is greater does not matter; that they are alike is the opposite."""
    found = verdict_of(store, Different(A, B, margin, reason="seen"), a, b)
    assert found.verdict == verdict
    assert "differs from" in found.expects


def test_equality_holds_for_similar(store: Memory) -> None:
    """The same numbers are similar, and neither is greater."""
    assert verdict_of(store, LIKE, HIGH, HIGH).verdict == "holds"
    report = declared(claims=[claim(Greater(A, B))])
    (found,) = judge(report, store).claims
    assert found.verdict == "undecided"


def test_pairs_are_of_equal_seeds(store: Memory) -> None:
    """Both arms follow the seed; the small difference between them shows only in pairs."""
    a = np.array([0.9, 0.95, 0.8, 0.99, 0.85])
    b = a - np.array([0.01, 0.011, 0.009, 0.01, 0.012])
    found = verdict_of(store, Greater(A, B), a, b)
    assert found.verdict == "holds"
    assert found.parts[0].difference == pytest.approx(0.0104)


def test_claim_of_several_parts_holds_with_the_weakest(store: Memory) -> None:
    """The largest p-value for it; against it the smallest, times the number of parts."""
    weak = Greater(A, B, 0.029, reason="nearly all of it")
    found = verdict_of(store, AllOf(Greater(A, B), weak), HIGH, LOW)
    tests = [paired_difference_test(HIGH, LOW, by=by) for by in (0, 0.029)]
    assert found.p_holds == max(test.p_greater for test in tests)
    # It is contradicted where the opposite of both parts is shown, and fails where one part does.
    opposite = paired_difference_test(HIGH, LOW).p_less
    assert found.p_contradicted == min(1, 2 * opposite)
    assert found.p_fails == min(1, 2 * min(test.p_less for test in tests))
    assert found.deciding is not None
    assert found.deciding.label == weak.label


def test_families_are_adjusted_apart(store: Memory) -> None:
    """The report's two claims share a level; our one question has its own."""
    small = Greater(A, B, 0.0285, reason="nearly all of it")
    report = declared(
        claims=[claim(Greater(A, B), "one"), claim(small, "two")],
        questions=[claim(small, "three")],
    )
    plant(store, report, "a", HIGH)
    plant(store, report, "b", LOW)
    one, two, three = judge(report, store).claims
    raw = [paired_difference_test(HIGH, LOW, by=by).p_greater for by in (0, 0.0285)]
    assert [one.p_holds, two.p_holds] == pytest.approx(holm(raw).tolist())
    assert three.p_holds == pytest.approx(raw[1])
    assert (one.family, three.family) == ("the report's", "ours")


def test_claim_that_cannot_be_judged_takes_no_part_in_the_family(store: Memory) -> None:
    """What is not comparable is shown with both means, and makes no other claim harder."""
    efficient = claim(Greater(Value("a", "seconds"), Value("b", "seconds")), not_comparable=7)
    report = declared(claims=[efficient, claim(Greater(A, B), "other")])
    plant(store, report, "a", HIGH)
    plant(store, report, "b", LOW)
    times, other = judge(report, store).claims
    assert (times.verdict, times.note) == ("not comparable", "see deviation 7")
    assert (times.parts[0].a, times.parts[0].b) == (1.0, 1.0)
    assert math.isnan(times.p_holds)
    assert other.p_holds == paired_difference_test(HIGH, LOW).p_greater


def test_claim_lacks_seeds_of_one_arm(store: Memory) -> None:
    """All seeds of one arm and three of the other: three pairs, no verdict."""
    found = verdict_of(store, Greater(A, B), HIGH, LOW[:3])
    assert (found.verdict, found.n, found.needed) == ("not judged", 3, SEEDS)
    assert found.note == "3 of 5 seeds"
    assert found.p_holds != found.p_holds  # NaN: not even a hint of a verdict


def test_claim_is_judged_at_one_scale(store: Memory) -> None:
    """One arm at full and both at lite: the claim is judged at lite, and says so."""
    report = declared(claims=[claim(Greater(A, B))])
    plant(store, report, "a", LOW)
    plant(store, report, "a", HIGH, scale="lite")
    plant(store, report, "b", LOW, scale="lite")
    (found,) = judge(report, store).claims
    assert (found.scale, found.verdict) == ("lite", "holds")
    assert {source.scale for source in found.sources} == {"lite"}


def test_claim_about_a_loss_that_diverged_is_undecided(store: Memory) -> None:
    """No number, no verdict: it says how many runs diverged, and keeps its place in the family."""
    losses = [Value(arm, "test_loss") for arm in "ab"]
    report = declared(claims=[claim(Greater(*losses)), claim(Greater(A, B), "other")])
    for arm, values in (("a", HIGH), ("b", LOW)):
        for seed, value in enumerate(values):
            broken = arm == "a" and seed == 2
            final = {"test_accuracy": value, "test_loss": math.nan if broken else 0.1}
            store.append(planted(report, arm, seed, final=final, diverged=broken))
    found, other = judge(report, store).claims
    assert (found.verdict, found.note) == ("undecided", "1 of 10 diverged")
    assert other.p_holds == 2 * paired_difference_test(HIGH, LOW).p_greater
    assert "test loss of a > test loss of b: no number" in as_text(judge(report, store))


def test_epoch_rule_reads_the_curve(store: Memory) -> None:
    """A claim about the first epoch is judged by it, and not by the last."""
    early = [Value(arm, "fit_accuracy", 1) for arm in "ab"]
    report = declared(claims=[claim(Greater(*early))])
    for arm, first in (("a", 0.9), ("b", 0.8)):
        for seed in range(SEEDS):
            curve = {"fit_accuracy": [first + seed / 1000, 0.5]}
            store.append(planted(report, arm, seed, history=curve, final={"fit_accuracy": 0.5}))
    assert judge(report, store).claims[0].verdict == "holds"


def test_families_rarely_hold_by_chance() -> None:
    """Five claims about arms that do not differ: at most 5 % of families have a false verdict."""
    arms = [f"arm {k}" for k in range(6)]
    size = Experiment(
        "first",
        "?",
        "mnist",
        tuple(Arm(name, FakeClassifier(k / 10)) for k, name in enumerate(arms)),
        PROTOCOL,
        (),
        tuple(
            claim(Greater(Value(arms[0], "test_accuracy"), Value(name, "test_accuracy")), name)
            for name in arms[1:]
        ),
    )
    report = Report("fake", "Fake", "Nobody", 2020, "nowhere", (size,))
    rng = np.random.default_rng(0)
    template = {name: planted(report, name, 0) for name in arms}
    held = 0
    families = 300
    for _ in range(families):
        store = Memory()
        for name in arms:
            for seed, value in enumerate(rng.normal(0.98, 0.002, SEEDS)):
                run = replace(template[name], seed=seed, final={"test_accuracy": value})
                store.append(run)
        held += any(one.verdict == "holds" for one in judge(report, store, scale="full").claims)
    assert held / families <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / families)


@pytest.fixture
def everything(store: Memory) -> Verdicts:
    """Judge a report with numbers and claims of several kinds, some without records."""
    report = declared(
        accuracy(),
        exact(0.12),
        *cells("a", [[9, 1], [3, 7]]),
        Reported("b", "test_accuracy", "0.9", "Section 2"),
        claims=[claim(Greater(A, B))],
        questions=[claim(Above(A, 0.9, reason="said"), "question")],
    )
    for seed, value in enumerate(NARROW):
        final, table = {"test_accuracy": value}, [[10, 0], [0, 10]]
        store.append(planted(report, "a", seed, final=final, confusion=table))
    return judge(report, store)


@pytest.mark.parametrize("verdict", Verdict)
def test_each_verdict_knows_whether_it_is_one(verdict: Verdict) -> None:
    """What speaks against a report is a verdict too; reasons for having none are neither."""
    reasons = {"not judged", "own size, other data", "not comparable", "no records"}
    assert verdict.judged == (verdict not in {*reasons, "not at the report's size"})
    against = {"ours higher", "ours lower", "differs"}
    assert verdict.outside == (verdict in {*against, "contradicted", "in part", "not by that much"})
    assert verdict.shown == ("not run yet" if verdict == "no records" else verdict.value)


def test_summary_counts_judged_and_unjudged_apart(everything: Verdicts) -> None:
    """Of seven numbers one is exact, five are of one network, one has no records."""
    found = everything.summary
    assert found.numbers == {
        "agrees": 3,
        "equal": 1,
        "ours lower": 1,
        "ours higher": 1,
        "no records": 1,
    }
    assert (found.numbers_judged, found.exact, found.networks) == (6, 1, 1)
    assert (found.outside, found.expected_outside, found.without_information) == (2, 0, 0)
    assert (found.claims, found.claims_judged) == ({"not judged": 1}, 0)
    assert (found.questions, found.questions_judged) == ({"holds": 1}, 1)
    assert summarize([everything, everything]).numbers_judged == 2 * found.numbers_judged


def test_json_has_every_row_and_no_nan(everything: Verdicts) -> None:
    """Programs find every number and claim, with the records that they stand on."""
    plain = json.loads(json.dumps(as_json(everything), allow_nan=False))
    assert list(plain) == [
        "report",
        "summary",
        "numbers",
        "claims",
        "deviations",
        "unused",
        "conflicts",
        "diverged",
    ]
    number = plain["numbers"][0]
    assert number["verdict"] == "agrees"
    assert number["source"] == {
        "file": "fake/first.jsonl",
        "arm": "a",
        "scale": "full",
        "digest": arm_digest(everything.report, "first", "a", "full"),
        "seeds": [0, 1, 2, 3, 4],
    }
    unrecorded = plain["numbers"][-1]
    assert (unrecorded["mean"], unrecorded["source"]) == (None, None)
    assert plain["claims"][1]["parts"][0]["label"] == "test_accuracy of a > 0.9"
    assert plain["summary"]["numbers"]["agrees"] == 3
    deviations = everything.report.deviations
    assert [(one["number"], one["unsaid"], one["of_machine"]) for one in plain["deviations"]] == [
        (one.number, one.unsaid, one.of_machine) for one in deviations
    ]


def test_tables_can_be_drawn(everything: Verdicts) -> None:
    """The table of numbers is what the figure of agreement takes."""
    numbers, claims = as_frame(everything.numbers), as_frame(everything.claims)
    assert numbers["file"][0] == "fake/first.jsonl"
    drawn = plots.agreement(numbers[numbers["n"] > 0])
    assert len(drawn.get_yticklabels()) == 5
    assert claims["verdict"].tolist() == ["not judged", "holds"]
    assert claims["difference"][1] == pytest.approx(0.08)


@pytest.mark.parametrize(("columns", "kind"), [(NUMBER, NumberVerdict), (CLAIM, ClaimVerdict)])
def test_every_value_has_a_column(columns: Sequence[Any], kind: type) -> None:
    """So that JSON and frames hold all that a verdict holds, in its order."""
    names = [column.name for column in columns if column.name]
    assert names[: len(fields(kind))] == [field.name for field in fields(kind)]
    assert len(set(names)) == len(names)


def test_text_shows_what_was_found(everything: Verdicts) -> None:
    """Numbers with intervals, a matrix with signs, claims, and the summary."""
    low, high = prediction_interval(NARROW)
    text = as_text(everything)
    assert f"0.9800 ({low:.4f} to {high:.4f}, n=5, full)" in text
    assert "  agrees, +0.0000" in text
    lines = text.splitlines()
    row = lines.index("   1        3        7")
    assert lines[row + 1] == "          0.0-    10.0+"
    assert '  HOLDS  ours/question: "a sentence"' in lines
    assert '  NOT JUDGED  first/claim: "a sentence"' in lines
    assert (
        "5 of the judged numbers are of 1 network: 2 lie outside our interval, where chance alone"
        " would put 0.0."
    ) in re.sub(r"\s+", " ", text)
    assert "  7. Ours: MNIST. The report's: other digits." in lines


def test_text_follows_the_records(store: Memory) -> None:
    """A record that is another makes the text another."""
    report = declared(accuracy())
    plant(store, report, "a", NARROW)
    before = as_text(judge(report, store))
    store.runs[0] = replace(store.runs[0], final={"test_accuracy": 0.97})
    after = as_text(judge(report, store))
    assert "0.9800 (" in before
    assert "0.978 (" in after


def test_undecided_claim_says_what_so_many_seeds_can_show(store: Memory) -> None:
    """The difference that so many seeds find in four of five cases."""
    report = declared(claims=[claim(Greater(A, B))])
    plant(store, report, "a", [0.65, 0.69, 0.63, 0.68, 0.66])
    plant(store, report, "b", [0.66, 0.68, 0.65, 0.63, 0.69])
    verdicts = judge(report, store)
    text = re.sub(r"\s+", " ", as_text(verdicts))
    detectable = verdicts.claims[0].parts[0].detectable
    assert 0 < detectable < 1
    assert f"; smallest detectable difference: {detectable:.2g}" in text


ONE_CLASS, TOLD_APART = [[0, 6], [0, 4]], [[5, 1], [0, 4]]


def judged_with(
    store: Memory, expects: Any, learnt: Sequence[bool], **final: float
) -> ClaimVerdict:
    """Judge a claim on two arms of equal numbers; of the second, some networks learnt."""
    report = declared(claims=[claim(expects)])
    for arm, values in (("a", [False] * SEEDS), ("b", learnt)):
        for seed, value in enumerate(values):
            run = planted(report, arm, seed, final={"test_accuracy": 0.1, **final})
            store.append(replace(run, confusion=TOLD_APART if value else ONE_CLASS))
    (found,) = judge(report, store).claims
    return found


@pytest.mark.parametrize("expects", [LIKE, Greater(A, B, 0.05, reason="said")])
def test_networks_that_learnt_nothing_are_no_evidence(store: Memory, expects: Any) -> None:
    """Two arms that give one class are alike, and none is better: neither says anything."""
    found = judged_with(store, expects, [False] * SEEDS)
    assert found.verdict == "not judged"
    assert found.note.endswith("0 of 5 networks of a learnt anything")
    assert found.p_holds == found.p_contradicted == 1


@pytest.mark.parametrize("expects", [LIKE, Greater(B, A), Above(A, 0.05, reason="said")])
def test_one_arm_that_learnt_nothing_is_enough(store: Memory, expects: Any) -> None:
    """That a network which learns is better than one that does not is no news of the settings."""
    found = judged_with(store, expects, [True] * SEEDS)
    assert (found.verdict, found.judged) == ("not judged", False)
    assert found.note.endswith("0 of 5 networks of a learnt anything")


def test_claim_that_is_not_judged_keeps_its_place_in_the_family(store: Memory) -> None:
    """That its networks learnt nothing was seen in the records, so it makes nothing easier."""
    report = declared(claims=[claim(LIKE), claim(Above(B, 0.05, reason="said"), "other")])
    for arm, table in (("a", ONE_CLASS), ("b", TOLD_APART)):
        for seed, value in enumerate(HIGH):
            run = planted(report, arm, seed, final={"test_accuracy": value})
            store.append(replace(run, confusion=table))
    dead, other = judge(report, store).claims
    assert (dead.verdict, other.verdict) == ("not judged", "holds")
    assert other.p_holds == pytest.approx(2 * other.parts[0].p_holds)


@pytest.mark.parametrize(
    ("after", "verdict"), [(SIZE.epochs - 1, "holds"), (SIZE.epochs, "not at the report's size")]
)
def test_sentence_on_later_epochs_is_not_judged(store: Memory, after: int, verdict: str) -> None:
    """What a training ends with, or before, it cannot contradict; what it shows is shown."""
    report = declared(claims=[claim(Greater(A, B), "late", after=after), claim(Greater(A, B))])
    plant(store, report, "a", NARROW)
    plant(store, report, "b", [one - 0.1 for one in reversed(NARROW)])
    late, other = judge(report, store).claims
    assert (late.verdict, other.verdict) == (verdict, "holds")
    assert late.n == SEEDS
    assert late.parts[0].difference == pytest.approx(0.1)
    if not late.judged:
        assert late.note == f"{SIZE.epochs} epochs, and it is said of those after {SIZE.epochs}"
        assert other.p_holds == other.parts[0].p_holds  # a family of one


def test_epoch_before_the_first_is_refused() -> None:
    """There is none to speak of."""
    message = (
        "The claim 'claim' speaks of what comes after epoch -1; give the number of an epoch, or"
        " leave it out."
    )
    with pytest.raises(ExperimentError, match=f"^{re.escape(message)}$"):
        claim(Greater(A, B), after=-1)


def timed(
    store: Memory, expects: Any, a: Sequence[float], b: Sequence[float], members: int = 1
) -> ClaimVerdict:
    """Judge a claim on two arms that took so long, and of which no network learnt anything."""
    report = declared(claims=[claim(expects)])
    for arm, times in (("a", a), ("b", b)):
        for seed, seconds in enumerate(times):
            group = {"members": members if arm == "b" else 1}
            run = planted(report, arm, seed, seconds=seconds, group=group)
            store.append(replace(run, confusion=ONE_CLASS))
    (found,) = judge(report, store).claims
    return found


TIMES = {arm: Value(arm, "seconds") for arm in "ab"}
LONGER, AS_LONG = Greater(TIMES["a"], TIMES["b"]), Similar(*TIMES.values(), 1.0, reason="small")
ALONE = [2.0 + seed / 100 for seed in range(SEEDS)]
TOGETHER = [1.0] * (SEEDS - 1) + [1.5]
APART = [1.0, 1.01, 1.02, 1.03, 1.04]


@pytest.mark.parametrize(("expects", "verdict"), [(LONGER, "contradicted"), (AS_LONG, "holds")])
def test_time_of_networks_that_learnt_nothing_is_evidence(
    store: Memory, expects: Any, verdict: str
) -> None:
    """What they took is compared all the same."""
    found = timed(store, expects, ALONE, [one + 0.1 + one / 100 for one in ALONE])
    assert (found.verdict, found.note) == (verdict, "")


def test_equal_times_of_networks_that_trained_alone_are_evidence(store: Memory) -> None:
    """A clock that rounds may show one time twice; the records say that each was measured."""
    found = timed(store, Greater(TIMES["b"], TIMES["a"]), ALONE, [3.0, 3.0, 3.01, 3.02, 3.03])
    assert (found.verdict, found.note) == ("holds", "")


@pytest.mark.parametrize("times", [TOGETHER, APART])
@pytest.mark.parametrize("expects", [LONGER, AS_LONG, Above(TIMES["b"], 0.5, reason="said")])
def test_one_time_for_several_seeds_is_no_evidence(
    store: Memory, expects: Any, times: Sequence[float]
) -> None:
    """Parts of one measured time say nothing of another, whatever each is said to have taken."""
    found = timed(store, expects, ALONE, times, members=SEEDS)
    assert found.verdict == "not judged"
    assert found.note.endswith("seeds trained as a group have one time together")
    assert found.p_holds == found.p_contradicted == 1


@pytest.mark.parametrize(
    ("learnt", "verdict", "note"),
    [
        ([False] * 10, "holds", "10 and 0 of 10 learn"),
        ([False] * 4 + [True] * 6, "undecided", "10 and 6 of 10 learn"),
        ([True] * 10, "undecided", "10 and 10 of 10 learn"),
    ],
)
def test_networks_that_learn_are_counted(
    store: Memory, learnt: Sequence[bool], verdict: str, note: str
) -> None:
    """Ten seeds of ten that differ are evidence, four are not: 1/1024 and 1/16."""
    found = counted(store, [True] * 10, learnt)
    (part,) = found.parts
    assert (found.verdict, part.note) == (verdict, note)
    assert part.p_holds == 0.5 ** (10 - sum(learnt))
    assert math.isnan(part.low)
    assert part.detectable == 0.5  # five pairs that differ in one way have a chance of 1/32
    assert counted(Memory(), learnt, [True] * 10).verdict == verdict.replace(
        "holds", "contradicted"
    )


def counted(store: Memory, a: Sequence[bool], b: Sequence[bool]) -> ClaimVerdict:
    """Judge by ten seeds of each arm, of which these learn, that more of the first learn."""
    size = replace(SIZE, seeds=len(a))
    experiment = Experiment(
        "first",
        "?",
        "mnist",
        ARMS,
        replace(PROTOCOL, full=size),
        claims=(claim(CountLearning("a", "b")),),
    )
    report = Report("fake", "Fake", "Nobody", 2020, "nowhere", (experiment,))
    for arm, learnt in (("a", a), ("b", b)):
        for seed, value in enumerate(learnt):
            run = planted(report, arm, seed)
            store.append(replace(run, confusion=TOLD_APART if value else ONE_CLASS))
    (found,) = judge(report, store).claims
    return found


@pytest.mark.parametrize(
    ("low", "note"),
    [
        (LOW, "that it is greater is shown"),
        ([one + 0.0001 * (-1) ** k for k, one in enumerate(HIGH)], "that it is greater is not"),
    ],
)
def test_size_that_is_not_reached_is_no_opposite(
    store: Memory, low: Sequence[float], note: str
) -> None:
    """Less than declared, whether or not the direction is shown, is not by that much."""
    found = verdict_of(store, Greater(A, B, 0.05, reason="more"), HIGH, low)
    assert found.verdict == "not by that much"
    assert found.note.startswith(note)
    assert found.p == found.p_fails <= 0.05 < found.p_contradicted


def test_size_that_is_neither_reached_nor_missed_is_undecided(store: Memory) -> None:
    """The direction is shown all the same, and is said."""
    found = verdict_of(store, Greater(A, B, 0.03, reason="about what it is"), HIGH, LOW)
    assert found.verdict == "undecided"
    assert found.note == "that it is greater is shown, by how much is not decided"
    # What can be shown is more than the declared difference.
    assert found.parts[0].detectable > 0.03


def test_parts_that_fail_are_named(store: Memory) -> None:
    """One part holds, one fails: in part, with the name of the one that fails."""
    found = verdict_of(store, AllOf(Greater(A, B), LIKE), HIGH, LOW)
    assert found.verdict == "in part"
    assert found.note == f"contradicted: {LIKE.label}; 1 of 2 parts hold"
    assert [part.verdict for part in found.parts] == ["holds", "contradicted"]
    assert found.deciding is not None
    assert found.deciding.label == LIKE.label


def test_part_that_fails_by_luck_is_found_out(store: Memory) -> None:
    """With many parts one is below 5 % by chance: each has its share of the level alone."""
    by = 0.0292  # p_less of it alone is about 0.02
    parts = [Greater(A, B, by + 0.0022, reason="more"), *[Greater(A, B)] * 9]
    alone = paired_difference_test(HIGH, LOW, by=by + 0.0022).p_less
    assert alone <= 0.05 < 10 * alone
    assert verdict_of(store, AllOf(*parts), HIGH, LOW).verdict == "undecided"


def test_no_impossible_difference_is_named(store: Memory) -> None:
    """Nothing is two points better than 0.99, and no accuracy is above 1."""
    noisy, good = [0.95, 0.99, 0.90, 0.98, 0.96], [0.99, 0.985, 0.995, 0.99, 0.99]
    found = verdict_of(store, Greater(A, B), noisy, good)
    assert found.verdict == "undecided"
    assert math.isnan(found.parts[0].detectable)
    assert found.parts[0].least == "smallest detectable difference: none that is possible"


def declared_more(seeds_before: int | None, *, other_data: str | None = None) -> Report:
    """Declare a report with ten seeds, of which so many were declared before."""
    size = replace(SIZE, seeds=10, seeds_before=seeds_before)
    experiment = Experiment(
        "first",
        "?",
        "mnist",
        ARMS,
        replace(PROTOCOL, full=size),
        (accuracy(),),
        (claim(Greater(A, B)),),
        stands_for=other_data,
    )
    return Report("fake", "Fake", "Nobody", 2020, "nowhere", (experiment,))


@pytest.mark.parametrize("more", [0, 1])
def test_old_verdict_stands_until_all_new_seeds_are_there(store: Memory, more: int) -> None:
    """Five seeds were declared, ten are now: with six the verdict of five is kept, and said."""
    report = declared_more(seeds_before=5)
    plant(store, report, "a", [*HIGH, 0.5][: 5 + more])
    plant(store, report, "b", LOW)
    verdicts = judge(report, store)
    for found in (verdicts.numbers[0], verdicts.claims[0]):
        assert (found.n, found.needed) == (5, 5)
        assert found.note.endswith("of 10 seeds, not judged; this is of the 5 before")
    assert verdicts.numbers[0].note.startswith(f"{5 + more} of 10")
    assert verdicts.claims[0].note.startswith("5 of 10")
    assert (verdicts.numbers[0].verdict, verdicts.claims[0].verdict) == ("agrees", "holds")
    assert verdicts.unused == ()


def test_new_verdict_is_of_all_new_seeds(store: Memory) -> None:
    """Ten of ten: the five before are no verdict of their own any more."""
    report = declared_more(seeds_before=5)
    plant(store, report, "a", [*HIGH, *LOW])
    plant(store, report, "b", [*LOW, *HIGH])
    (found,) = judge(report, store).claims
    assert (found.verdict, found.n, found.note) == ("undecided", 10, "")


def test_too_few_new_seeds_are_not_judged_where_none_were_before(store: Memory) -> None:
    """Six of ten, and nothing was declared before."""
    report = declared_more(seeds_before=None)
    plant(store, report, "a", [*HIGH, 0.98])
    plant(store, report, "b", [*LOW, 0.95])
    verdicts = judge(report, store)
    for found in (verdicts.numbers[0], verdicts.claims[0]):
        assert (found.verdict, found.note, found.n) == ("not judged", "6 of 10 seeds", 6)
    assert all(math.isfinite(part.difference) for part in verdicts.claims[0].parts)


def test_full_runs_on_other_data_are_called_so(store: Memory) -> None:
    """A number is not judged by them; a sentence is, and says by which runs."""
    report = declared_more(seeds_before=None, other_data="notMNIST_large, 200000 images")
    plant(store, report, "a", [*HIGH, *HIGH])
    plant(store, report, "b", [*LOW, *LOW])
    verdicts = judge(report, store)
    number, sentence = verdicts.numbers[0], verdicts.claims[0]
    assert (number.verdict, number.judged) == ("own size, other data", False)
    assert number.note == "it stands for notMNIST_large, 200000 images"
    assert (sentence.verdict, sentence.scale) == ("holds", "full")
    assert number.size == sentence.size == "own size, other data"
    assert "n=10, own size, other data" in as_text(verdicts)
    sizes = [(one.kind, one.scale, one.judged) for one in overview([verdicts])]
    assert sizes == [
        ("numbers", "own size, other data", 0),
        ("claims", "own size, other data", 1),
    ]


def test_value_below_a_constant() -> None:
    """What holds of `Above` is contradicted of `Below`, and the other way round."""
    assert Below(A, 0.97, reason="said").label == "test_accuracy of a < 0.97"
    for side, expects, verdict in (
        (A, Below, "contradicted"),
        (B, Below, "holds"),
        (A, Above, "holds"),
        (B, Above, "contradicted"),
    ):
        assert (
            verdict_of(Memory(), expects(side, 0.97, reason="said"), HIGH, LOW).verdict == verdict
        )


def test_a_frame_of_no_number_has_the_columns_of_numbers(store: Memory) -> None:
    """A filter that finds nothing is no other table."""
    numbers = judge(declared(accuracy()), store).numbers

    assert list(as_frame([]).columns) == list(as_frame(numbers).columns)
