"""How verdicts deal with few seeds, heaps, bounds, printed digits and unsaid settings."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks import verdicts
from nnest.experiments import (
    Above,
    Arm,
    Below,
    Deviation,
    Experiment,
    Greater,
    Protocol,
    Report,
    Reported,
    Similar,
    Size,
    Value,
)
from nnest.reporting import ReportPage, as_frame, as_text, recorded_table
from nnest.reporting._columns import settings_text
from nnest.reporting._text import p_text
from nnest.reports import get_report, list_reports
from nnest.results import ResultStore
from nnest.stats import (
    mean_interval,
    paired_difference_test,
    prediction_interval,
    seeds_needed,
    sign_flip_test,
)
from nnest.verdicts import ClaimVerdict, Comparison, Verdict, judge
from nnest.verdicts._claims import _rests_on_normality
from nnest.verdicts._families import Decision
from tests.helpers import ROOT
from tests.test_experiments_run import FakeClassifier
from tests.test_verdicts import (
    HIGH,
    LOW,
    ONE_CLASS,
    TOLD_APART,
    A,
    B,
    Memory,
    accuracy,
    claim,
    declared,
    plant,
    planted,
)

TEN = 10
GOOD = [0.97 + seed / 1000 for seed in range(TEN)]


@pytest.fixture
def store() -> Memory:
    """Start without any record."""
    return Memory()


def with_ten_seeds(*claims: Any, numbers: Sequence[Reported] = (), **options: Any) -> Report:
    """Declare a report whose arms are trained with ten seeds at full and at lite scale."""
    size = Size(epochs=6, seeds=TEN)
    protocol = Protocol(smoke=size, lite=replace(size, n_train=100), full=size)
    arms = (Arm("a", FakeClassifier(0.9)), Arm("b", FakeClassifier(0.5)))
    experiment = Experiment(
        "first", "?", "mnist", arms, protocol, tuple(numbers), claims, **options
    )
    return Report("fake", "Fake", "Nobody", 2020, "nowhere", (experiment,))


def judged(store: Memory, report: Report) -> ClaimVerdict:
    """Judge the only claim of a report."""
    (found,) = judge(report, store).claims
    return found


def plant_heaps(store: Memory, report: Report, arm: str, learnt: Sequence[bool]) -> None:
    """Record networks that learn, to about 0.97, and others that give one class."""
    for seed, learns in enumerate(learnt):
        final = {"test_accuracy": GOOD[seed] if learns else 0.1}
        run = planted(report, arm, seed, final=final)
        store.append(replace(run, confusion=TOLD_APART if learns else ONE_CLASS))


@pytest.mark.parametrize(("n_dead", "verdict"), [(9, "holds"), (2, "undecided")])
def test_two_heaps_are_compared_by_signs(store: Memory, n_dead: int, verdict: str) -> None:
    """Nine dead networks of ten are shown to be worse; two of ten are not."""
    report = with_ten_seeds(claim(Greater(A, B, 0.01, reason="small")))
    plant_heaps(store, report, "a", [True] * TEN)
    plant_heaps(store, report, "b", [seed >= n_dead for seed in range(TEN)])
    one = judged(store, report)
    (part,) = one.parts
    assert part.note == f"{TEN - n_dead} of 10 networks of b learn, so that signs are compared"
    assert one.verdict == verdict
    assert part.p_holds >= 0.5**TEN


def test_heaps_give_the_exact_share_of_signs(store: Memory) -> None:
    """The p-value is that of the exchange of signs, seed by seed."""
    report = with_ten_seeds(claim(Greater(A, B)))
    learnt = [False, True] * 5
    plant_heaps(store, report, "a", [True] * TEN)
    plant_heaps(store, report, "b", learnt)
    values = [good if one else 0.1 for good, one in zip(GOOD, learnt, strict=True)]
    (part,) = judged(store, report).parts
    assert part.p_holds == sign_flip_test(GOOD, values).p_greater == 1 / 32
    # Student's t would have been far too sure of it.
    assert paired_difference_test(GOOD, values).p_greater < 1 / 64


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([0.0] * TEN, "holds"),
        ([0.0] * 9 + [0.02], "holds"),
        ([0.0] * 7 + [0.02] * 3, "undecided"),
        ([0.0] + [0.02 + seed / 1000 for seed in range(9)], "contradicted"),
    ],
)
def test_values_at_their_bound_are_counted(
    store: Memory, values: Sequence[float], verdict: str
) -> None:
    """A rise is never below zero: k of ten below the constant, and p is never 0."""
    expects = Below(Value("a", "test_loss_rise"), 0.01, reason="hardly to be seen")
    report = with_ten_seeds(claim(expects))
    for seed, value in enumerate(values):
        curve = [0.5, 0.4, 0.3, 0.2, 0.1, 0.1 + value]
        store.append(planted(report, "a", seed, history={"test_loss": curve}))
    one = judged(store, report)
    (part,) = one.parts
    assert one.verdict == verdict
    assert part.note.endswith("are at their bound, so that signs are compared")
    assert part.p_holds >= 0.5**TEN
    assert part.low >= -0.01  # no rise is less than zero


def test_epochs_are_whole_numbers(store: Memory) -> None:
    """Which epoch is lowest is compared by signs too."""
    values = [Value(arm, "test_loss_lowest_epoch") for arm in "ab"]
    report = with_ten_seeds(claim(Greater(*values)))
    for arm, low in (("a", 4), ("b", 2)):
        for seed in range(TEN):
            curve = [abs(epoch - low - seed % 2) + 1.0 for epoch in range(6)]
            store.append(planted(report, arm, seed, history={"test_loss": curve}))
    one = judged(store, report)
    assert (one.verdict, one.parts[0].p_holds) == ("holds", 0.5**TEN)
    assert one.parts[0].note == "epochs are whole numbers, so that signs are compared"


def test_no_impossible_p_value_is_printed(store: Memory) -> None:
    """Neither 0 nor 1e-18: less than 0.001 is all that is said."""
    assert [p_text(p) for p in (0.0, 1.4e-18, 0.00099, 0.001, 0.0312)] == [
        "p < 0.001",
        "p < 0.001",
        "p < 0.001",
        "p = 0.001",
        "p = 0.031",
    ]
    report = with_ten_seeds(claim(Greater(A, B)))
    plant(store, report, "a", GOOD)
    plant(store, report, "b", [good - 0.5 + (-1) ** k / 1e5 for k, good in enumerate(GOOD)])
    assert judged(store, report).p < 1e-18
    text = as_text(judge(report, store))
    assert "p < 0.001 after Holm" in text
    assert not re.search(r"e-\d\d|p ?= ?0 ", text)


@pytest.mark.parametrize(("sentences", "said"), [(1, False), (2, True)])
def test_verdict_that_rests_on_normality_says_so(store: Memory, sentences: int, said: bool) -> None:
    """Five equal signs have a chance of 1/32: enough for one sentence, not for one of two."""
    claims = [claim(Greater(A, B), f"claim {k}") for k in range(sentences)]
    report = declared(claims=claims)
    plant(store, report, "a", HIGH)
    plant(store, report, "b", LOW)
    for one in judge(report, store).claims:
        assert one.verdict == "holds"
        assert ("5 seeds decide only if normal" in one.note) == said


@pytest.mark.parametrize(("note", "said"), [("", True), ("5 and 0 of 5 learn", False)])
def test_tests_of_counts_and_signs_take_nothing_for_normal(note: str, said: bool) -> None:
    """They have a note; Holm may give them a larger level than the first of their family."""
    part = Comparison("a > b", 1.0, 0.0, 1.0, math.nan, math.nan, 1 / 32, 1.0, 0.5, note=note)
    holds = Decision(Verdict.HOLDS, 1 / 32, 1.0, 1.0, (part,), "")

    assert bool(_rests_on_normality(holds, 5, 0.025)) == said
    assert _rests_on_normality(holds, 6, 0.025) == ""


def test_claims_of_two_scales_are_two_families(store: Memory) -> None:
    """The one at lite does not make the one at full harder."""
    size = Size(epochs=2, seeds=5)
    protocol = Protocol(smoke=size, lite=replace(size, n_train=100), full=size)
    arms = (Arm("a", FakeClassifier(0.9)), Arm("b", FakeClassifier(0.5)))
    first, second = (
        Experiment(key, "?", "mnist", arms, protocol, claims=(claim(Greater(A, B)),))
        for key in ("first", "second")
    )
    report = Report("fake", "Fake", "Nobody", 2020, "nowhere", (first, second))
    for arm, values in (("a", HIGH), ("b", LOW)):
        plant(store, report, arm, values)
        for seed, value in enumerate(values):
            run = planted(report, arm, seed, "lite", final={"test_accuracy": value})
            store.append(replace(run, experiment="second"))
    found = judge(report, store).claims
    assert [one.scale for one in found] == ["full", "lite"]
    raw = paired_difference_test(HIGH, LOW).p_greater
    assert [one.p_holds for one in found] == [raw, raw]


def test_misses_by_chance_are_those_of_our_own_seeds(store: Memory) -> None:
    """Each seed is left out, printed as the report prints, and compared with the others."""
    report = with_ten_seeds(numbers=[accuracy(0.974, decimals=3)])
    values = [*GOOD[:9], 0.999]
    plant(store, report, "a", values)
    (number,) = judge(report, store).numbers
    missed = 0
    for seed, value in enumerate(values):
        low, high = prediction_interval(values[:seed] + values[seed + 1 :])
        missed += not low <= round(value, 3) + 0.0005 or not round(value, 3) - 0.0005 <= high
    assert number.by_chance == missed / TEN == 0.1
    assert number.can_miss
    assert judge(report, store).summary.expected_outside == pytest.approx(0.1)


@pytest.mark.parametrize(("decimals", "without"), [(1, 1), (3, 0)])
def test_number_of_few_digits_carries_no_information(
    store: Memory, decimals: int, without: int
) -> None:
    """Whatever such a training gives is printed as 1.0: it agrees, and cannot do otherwise."""
    report = with_ten_seeds(numbers=[accuracy(1.0 if without else 0.974, decimals=decimals)])
    plant(store, report, "a", GOOD)
    verdicts = judge(report, store)
    assert verdicts.numbers[0].verdict == "agrees"
    assert verdicts.summary.without_information == without
    said = re.sub(r"\s+", " ", as_text(verdicts))
    assert ("1 is printed with so few digits that chance cannot" in said) == bool(without)


def test_several_trainings_are_left_out_together(store: Memory) -> None:
    """A mean of four is compared with what six others predict of four."""
    report = with_ten_seeds(numbers=[accuracy(0.974, decimals=3, runs=4)])
    plant(store, report, "a", GOOD)
    assert 0 <= judge(report, store).numbers[0].by_chance <= 1
    # With nine of ten left out nothing is predicted; then it is 5 % by definition.
    many = with_ten_seeds(numbers=[accuracy(0.974, decimals=3, runs=9)])
    assert judge(many, store).numbers[0].by_chance == 0.05


@pytest.mark.parametrize("margin", [0.0005, 0.01])
def test_needed_seeds_are_those_of_the_margin(store: Memory, margin: float) -> None:
    """As many as its two tests need, with the spread that is recorded, at its level."""
    like = Similar(A, B, margin, reason="small")
    report = with_ten_seeds(claim(like), claim(Greater(A, B), "other"))
    plant(store, report, "a", GOOD)
    other = [good + 0.002 * (-1) ** seed for seed, good in enumerate(GOOD)]
    plant(store, report, "b", other)
    alike, _ = judge(report, store).claims
    deviation = float(np.std(np.subtract(GOOD, other), ddof=1))
    assert alike.needs == seeds_needed(deviation, margin, alpha=0.05 / 2, power=0.9)
    table = as_frame(judge(report, store).claims)
    assert table["needs"][0] == alike.needs


def test_needed_seeds_by_simulation() -> None:
    """As many seeds find a planted difference eight times in ten, one less does not."""
    n = seeds_needed(1.0, 0.7, alpha=0.01)
    assert n is not None
    draws = np.random.default_rng(0).normal(0.7, 1, (3000, n))
    found = [paired_difference_test(row, np.zeros(n)).p_greater <= 0.01 for row in draws]
    assert np.mean(found) == pytest.approx(0.8, abs=0.025)
    assert seeds_needed(1.0, 0.001, most=50) is None
    assert seeds_needed(0.0, 0.001) == 2


def curves(last: float, *, spike: float = 0.0) -> dict[str, list[float]]:
    """Return a curve of six epochs that ends with this value."""
    return {"test_accuracy": [0.5, *[last + spike] * 4, last]}


def test_mean_of_the_last_epochs_stands_beside_the_last(store: Memory) -> None:
    """One epoch's luck makes the last undecided; the mean of five tells, and decides nothing."""
    report = with_ten_seeds(claim(Greater(A, B)))
    for arm, mean in (("a", 0.98), ("b", 0.97)):
        for seed in range(TEN):
            last = mean - (0.2 if arm == "a" and seed == 4 else 0.0) + seed / 1000
            curve = curves(last, spike=mean + seed / 1000 - last)
            final = {"test_accuracy": last}
            store.append(planted(report, arm, seed, history=curve, final=final))
    one = judged(store, report)
    (part,) = one.parts
    assert one.verdict == "undecided"
    assert part.difference == pytest.approx(-0.01)
    assert part.last is not None
    expected = [0.01 - (0.2 / 5 if seed == 4 else 0) for seed in range(TEN)]
    assert part.last == pytest.approx((np.mean(expected), *mean_interval(expected)))
    assert "; mean of the last five epochs +0.006" in re.sub(
        r"\s+", " ", as_text(judge(report, store))
    )
    (row,) = ReportPage(report, store).sentences()
    assert str(row[3]).startswith("0.0060 [")


@pytest.mark.parametrize(
    ("curve", "final"),
    [({"test_accuracy": [0.5, 0.98]}, 0.98), (curves(0.98), 0.9), ({}, 0.98)],
    ids=["too short", "another value", "no curve"],
)
def test_no_mean_where_the_curve_does_not_give_one(
    store: Memory, curve: dict[str, list[float]], final: float
) -> None:
    """Fewer epochs, or a curve that ends elsewhere: losses with a penalty, for instance."""
    report = with_ten_seeds(claim(Above(A, 0.7, reason="said")))
    for seed in range(TEN):
        store.append(planted(report, "a", seed, history=curve, final={"test_accuracy": final}))
    assert judged(store, report).parts[0].last is None


UNSAID = Deviation(
    3, ours="32 a batch", theirs="not said", why="a default", source="Keras", unsaid=True
)
SAID = Deviation(4, ours="10 seeds", theirs="4 seeds", why="more", source="ours")
MACHINE = Deviation(
    5,
    ours="our machine",
    theirs="hardware not said",
    why="-",
    source="-",
    unsaid=True,
    of_machine=True,
)


def test_deviations_say_with_one_phrase_what_is_unsaid() -> None:
    """Other phrases would hide that a verdict rests on a choice of ours; seeds are no setting."""
    experiments = [one for key in list_reports() for one in get_report(key).experiments]
    others = {
        (deviation.ours, deviation.theirs)
        for experiment in experiments
        for deviation in experiment.deviations
        if not deviation.unsaid
        and re.search("not named|without a number|not stated", deviation.theirs)
    }
    assert [theirs for ours, theirs in others if "seeds" not in ours] == []


def test_many_deviations_are_named_by_ranges(store: Memory) -> None:
    """Three and more in a row are one range."""
    report = with_ten_seeds(claim(Greater(A, B)))
    plant(store, report, "a", GOOD)
    plant(store, report, "b", [good - 0.1 for good in GOOD])
    (judged,) = judge(report, store).claims
    judged = replace(judged, unsaid=(1, 2, 3, 4, 6, 8, 9))
    assert settings_text(judged) == "rests on deviations 1 to 4, 6, 8, 9"
    assert settings_text(replace(judged, verdict=Verdict.NOT_JUDGED)) == ""


@pytest.mark.parametrize("metric", ["test_accuracy", "seconds"])
def test_verdict_names_the_unsaid_settings(store: Memory, metric: str) -> None:
    """Those that the report leaves unsaid; the machine's where times are compared."""
    values = [Value(arm, metric) for arm in "ab"]
    report = with_ten_seeds(
        claim(Greater(*values)), numbers=[accuracy()], deviations=(UNSAID, SAID, MACHINE)
    )
    for arm, base in (("a", 0.98), ("b", 0.95)):
        for seed in range(TEN):
            noise = (seed * 7 % 10) / (1000 if arm == "a" else 2000)
            final = {"test_accuracy": base + noise}
            store.append(planted(report, arm, seed, final=final, seconds=base + noise))
    verdicts = judge(report, store)
    expected = (3, 5) if metric == "seconds" else (3,)
    assert verdicts.claims[0].unsaid == expected
    assert verdicts.numbers[0].unsaid == (3,)
    said = f"rests on deviation{'s 3, 5' if metric == 'seconds' else ' 3'}"
    assert said in re.sub(r"\s+", " ", as_text(verdicts))
    page = ReportPage(report, store)
    assert [row[7] for row in page.sentences()] == [said]
    assert [row[7] for row in page.numbers()] == ["rests on deviation 3"]


def test_intervals_stay_where_the_metric_can_be(store: Memory) -> None:
    """No accuracy above 1, no loss below 0, no difference of accuracies above 1."""
    loss = Reported("a", "test_loss", "0.01", "Section 1")
    report = with_ten_seeds(claim(Greater(A, B)), numbers=[accuracy(), loss])
    for arm in "ab":
        for seed in range(TEN):
            far = (seed % 2) if arm == "a" else ((seed + 1) % 2)
            final = {"test_accuracy": 0.4 + 0.59 * far, "test_loss": 0.001 + far}
            store.append(planted(report, arm, seed, final=final))
    verdicts = judge(report, store)
    first, second = verdicts.numbers
    assert prediction_interval([0.4, 0.99] * 5).high > 1
    assert (first.high, second.low) == (1.0, 0.0)
    assert verdicts.numbers[0].verdict == "undecided"
    (row, _) = ReportPage(report, store).arms("first")
    assert "1.0" not in str(row[3]).split(",")[1]
    assert verdicts.claims[0].parts[0].low >= -1


def test_false_verdicts_of_planted_families_are_rare() -> None:
    """Claims that lie where a verdict turns, at two scales: at most 5 % of families have one."""
    n = 300
    found = {each["case"]: each["share"] for each in verdicts.families(simulations=n, seed=1)}
    allowed = 0.05 + 3 * math.sqrt(0.05 * 0.95 / n)
    assert len(found) == 6
    assert all(share <= allowed for case, share in found.items() if not case.endswith("both"))


def test_planted_effects_are_found() -> None:
    """Each kind of effect has the verdict that is right; the smallest detectable in 80 %."""
    for each in verdicts.planted(simulations=100, seed=1):
        expected = (0.6, 0.95) if "smallest" in each["case"] else (0.9, 1.0)
        assert expected[0] <= each["share"] <= expected[1], each


def test_share_outside_is_the_one_that_is_said() -> None:
    """Five times in a hundred, and nearly never where two digits are printed."""
    found = {each["case"]: each for each in verdicts.coverage(simulations=200, seed=1)}
    fine, coarse = (found[f"10 seeds, mean of 1, {digits} digits"] for digits in (6, 2))
    assert fine["share"] == pytest.approx(0.05, abs=0.05)
    assert fine["said"] == pytest.approx(0.05, abs=0.02)
    assert coarse["share"] <= 0.05
    assert coarse["said"] < fine["said"] / 2


def test_runs_on_other_data_are_counted_apart() -> None:
    """The letters of r00182510 stand for others; its digits of clothes are its own."""
    table = recorded_table(["r00182510"], ResultStore(ROOT / "book" / "results"))
    runs = {str(row[1]): int(str(row[3])) for row in table}
    assert set(runs) >= {"full", "own size, other data", "lite"}
    assert runs["own size, other data"] > runs["full"] > 0
