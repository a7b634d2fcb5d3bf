"""Declarations refuse what does not fit, and metrics are read as they are named."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from nnest.estimators import CNNClassifier
from nnest.exceptions import ExperimentError
from nnest.experiments import (
    Above,
    AllOf,
    Arm,
    Claim,
    Experiment,
    Greater,
    Protocol,
    Report,
    Reported,
    Similar,
    Size,
    Value,
    arm_digest,
    describe,
    enlarge,
    load_images,
    metric_values,
    parse_metric,
    read_metric,
    stratified_subset,
)
from nnest.experiments._jobs import parameters_of
from nnest.preprocessing import PixelScaler
from nnest.reporting._means import rounded_mean
from nnest.reports import get_report, list_reports
from nnest.verdicts import Evidence

SIZE = Size(epochs=1, seeds=2, claim_seeds=4, dataset="digits")
PROTOCOL = Protocol(smoke=SIZE, lite=SIZE, full=SIZE, test_images={"dark": PixelScaler()})
A, B = Value("a", "test_accuracy"), Value("b", "test_accuracy")


def experiment(key: str = "one", **changes: Any) -> Experiment:
    """Declare an experiment of two arms."""
    arms = (Arm("a", LogisticRegression()), Arm("b", LogisticRegression(C=2.0)))
    return Experiment(**{"key": key, "question": "?", "dataset": "mnist", "arms": arms,
                         "protocol": PROTOCOL, **changes})  # fmt: skip


def report(*experiments: Experiment) -> Report:
    """Declare a report."""
    return Report("fake", "Fake", "Nobody", 2020, "nowhere", experiments)


def refused(message: str) -> Any:
    """Expect an error of exactly this message."""
    return pytest.raises(ExperimentError, match=f"^{re.escape(message)}$")


def test_every_listed_report_can_be_had() -> None:
    """Keys lead to declarations of that key."""
    for key in list_reports():
        assert get_report(key).key == key


def test_unknown_names_are_refused_with_the_nearest() -> None:
    """A report, an experiment, an arm, a scale that does not exist."""
    with refused("There is no report 'boyer-2018'; did you mean 'boyer-2019'?"):
        get_report("boyer-2018")
    with refused(f"There is no report 'zzz'; there are {', '.join(list_reports())}."):
        get_report("zzz")
    with refused("There is no experiment of fake 'onne'; did you mean 'one'?"):
        report(experiment()).experiment("onne")
    with refused("There is no arm of one 'x'; there are a, b."):
        experiment().arm("x")
    with refused("There is no scale 'ful'; did you mean 'full'?"):
        PROTOCOL.size("ful")


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ("test_acuracy", "There is no metric 'test_acuracy'; did you mean 'test_accuracy'?"),
        (
            "test_confusion[2]",
            "The metric 'test_confusion[2]' has 1 numbers in brackets; test_confusion takes 2"
            " numbers.",
        ),
        (
            "test_recall",
            "The metric 'test_recall' has 0 numbers in brackets; test_recall takes at least one"
            " number.",
        ),
        (
            "fit_loss@dark",
            "The metric 'fit_loss@dark' names a treatment of the images, which only test_accuracy,"
            " test_loss, val_accuracy, val_loss, kernel_norm have; leave out the part from '@' on.",
        ),
        ("kernel[0,0]", "kernel[0,0] belongs to no run; no claim can compare it."),
    ],
)
def test_unknown_metric_is_refused_when_declaring(metric: str, message: str) -> None:
    """The list of metrics is closed."""
    with refused(message):
        Value("a", metric)


@pytest.mark.parametrize("epoch", [0, -1, "first", "1"])
def test_unknown_epoch_rule_is_refused(epoch: Any) -> None:
    """An epoch is the last, the best, or a number from 1 on."""
    with refused(
        f"The epoch rule is {epoch!r}; it must be 'last', 'best' or an integer from 1 on."
    ):
        Value("a", "test_accuracy", epoch)


def test_differences_need_reasons() -> None:
    """A least difference, a margin or a constant without a reason is refused."""
    with refused("by=0.1 needs a reason, declared before the first run."):
        Greater(A, B, 0.1)
    with refused("margin=0.1 needs a reason, declared before the first run."):
        Similar(A, B, 0.1, reason="")
    with refused("The margin is -0.1; it must be greater than zero."):
        Similar(A, B, -0.1, reason="why")
    with refused("The constant 0.1 must be finite and needs a reason."):
        Above(A, 0.1, reason="")
    with refused("by is nan; it must be a finite number."):
        Greater(A, B, float("nan"), reason="why")
    with refused("AllOf has 1 part; it needs at least two."):
        AllOf(Greater(A, B))


def test_claim_names_each_arm_once() -> None:
    """The arms of a claim are those of all its parts."""
    expects = AllOf(Greater(A, B), Above(A, 0.5, reason="half"))
    assert Claim("key", "text", "where", expects).arms == ("a", "b")
    assert isinstance(expects, AllOf)


def test_claim_of_an_arm_that_is_not_there_is_refused() -> None:
    """Claims and numbers must name arms of their experiment."""
    claim = Claim("key", "text", "where", Greater(A, Value("c", "test_accuracy")))
    with refused("There is no arm of one 'c'; there are a, b."):
        experiment(claims=(claim,))
    with refused("There is no arm of one 'c'; there are a, b."):
        experiment(reported=(Reported("c", "test_accuracy", "0.5", "where"),))


def test_doubled_names_are_refused() -> None:
    """Two arms, two experiments of one name cannot be told apart."""
    arm = Arm("a", LogisticRegression())
    with refused("Two arms of one are called 'a'; each needs its own name."):
        experiment(arms=(arm, arm))
    with refused("Two experiments of fake are called 'one'; each needs its own name."):
        report(experiment(), experiment())


def test_shared_arm_must_be_declared_like_its_owner() -> None:
    """Otherwise its runs would be those of something else."""
    shared = Arm("mine", LogisticRegression(C=3.0), shared="one/a")
    message = (
        "two/mine shares the runs of one/a, but is declared otherwise; make their estimators,"
        " images, data and sizes equal."
    )
    with refused(message):
        report(experiment(), experiment("two", arms=(shared,)))
    with refused(message):
        like = replace(shared, estimator=LogisticRegression())
        longer = replace(PROTOCOL, lite=replace(SIZE, epochs=9))
        report(experiment(), experiment("two", arms=(like,), protocol=longer))


def test_chain_of_shared_arms_is_refused() -> None:
    """A shared arm names the one that has the runs."""
    first = Arm("x", LogisticRegression(), shared="one/a")
    second = Arm("y", LogisticRegression(), shared="two/x")
    with refused(
        "three/y shares the runs of two/x, which itself shares those of one/a; name the last one."
    ):
        report(experiment(), experiment("two", arms=(first,)), experiment("three", arms=(second,)))


def test_treatment_that_the_protocol_lacks_is_refused() -> None:
    """A metric under a treatment of the test images needs that treatment declared."""
    claim = Claim("key", "text", "where", Greater(A, Value("b", "test_accuracy@bright")))
    with refused(
        "one reads test_accuracy@bright of b, but one declares these for test_accuracy: dark."
    ):
        report(experiment(claims=(claim,)))


def test_seeds_follow_claims_and_sharing() -> None:
    """An arm has the seeds of the experiment that asks for the most of it."""
    shared = Arm("mine", LogisticRegression(), shared="one/a")
    other = Arm("other", LogisticRegression(C=5.0))
    claim = Claim("key", "text", "where", Above(Value("mine", "test_loss"), 0, reason="why"))
    both = report(experiment(), experiment("two", arms=(shared, other), claims=(claim,)))
    seeds = [both.n_seeds("one", "a", "lite"), both.n_seeds("one", "b", "lite")]
    assert seeds == [4, 2]
    assert both.n_seeds("two", "mine", "lite") == 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "exact"},
        {"arm": None},
        {"metric": "kernel[0,0]"},
        {"compute": float},
    ],
)
def test_exact_numbers_have_no_arm_and_others_have_one(wrong: dict[str, Any]) -> None:
    """The kind of a number decides what belongs to it."""
    right = {"arm": "a", "metric": "test_accuracy", "printed": "0.5", "where": "where"}
    Reported(**right)
    with pytest.raises(ExperimentError, match="an exact number has kind='exact', no arm"):
        Reported(**{**right, **wrong})


def run_with(**changes: Any) -> Any:
    """Return what a run holds."""
    held = {
        "report": "fake", "experiment": "one", "arm": "a", "seed": 0, "scale": "lite",
        "seconds": 2.5, "diverged": False,
        "final": {"test_accuracy": 0.9, "test_accuracy@dark": 0.4, "train_accuracy": 0.99,
                  "train_loss": 0.25, "test_loss": 0.75},
        "history": {"test_accuracy": [0.5, 0.95, 0.9], "fit_loss": [3.0, 1.0, 2.0],
                    "test_loss": [1.0, 1.5, 0.5, 0.75]},
        "confusion": [[8, 1, 1], [0, 10, 0], [2, 0, 8]],
    }  # fmt: skip
    return SimpleNamespace(**{**held, **changes})


@pytest.mark.parametrize(
    ("metric", "epoch", "value"),
    [
        ("test_accuracy", "last", 0.9),
        ("test_accuracy", "best", 0.95),
        ("test_accuracy", 1, 0.5),
        ("test_accuracy@dark", "last", 0.4),
        ("fit_loss", "best", 1.0),
        ("seconds", "last", 2.5),
        ("test_confusion[2,0]", "last", 2.0),
        ("test_error_share[0,2]", "last", 0.75),
        ("test_error_share[2,0]", "last", 0.75),
        ("test_recall[0,1]", "last", 0.9),
        ("test_loss_lowest_epoch", "last", 3.0),
        ("fit_loss_lowest_epoch", "last", 2.0),
        ("test_loss_rise", "last", 0.25),
        ("test_loss_upward", "last", 0.75),
        ("fit_loss_upward", "last", 1.0),
        ("loss_gap", "last", 0.5),
        ("accuracy_gap", "last", 0.09),
    ],
)
def test_metrics_are_read_by_name_and_epoch(metric: str, epoch: Any, value: float) -> None:
    """Worked by hand: of four errors three are between 0 and 2; recalls are 0.8, 1.0, 0.8."""
    assert read_metric(run_with(), metric, epoch) == pytest.approx(value)


def test_share_of_no_errors_is_no_number() -> None:
    """A network without an error shares out none."""
    assert np.isnan(read_metric(run_with(confusion=[[3, 0], [0, 3]]), "test_error_share[0,1]"))


def test_curve_that_diverged_has_no_lowest_epoch() -> None:
    """A loss that is no number is neither high nor low."""
    run = run_with(history={"test_loss": [1.0, float("nan"), 0.5]})
    for metric in ("test_loss_lowest_epoch", "test_loss_rise", "test_loss_upward"):
        assert np.isnan(read_metric(run, metric))


def test_metric_that_a_run_lacks_is_named() -> None:
    """Reading what is not there says what is."""
    with refused(
        "The run fake/one/a (seed 0, lite) holds no val_loss; it holds test_accuracy,"
        " test_accuracy@dark, test_loss, train_accuracy, train_loss."
    ):
        read_metric(run_with(), "val_loss")
    with refused("The run fake/one/a (seed 0, lite) has fit_loss for epochs 1 to 3, not for 4."):
        read_metric(run_with(), "fit_loss", 4)


def test_values_stand_in_the_order_of_seeds() -> None:
    """So that arms can be paired by seed."""
    runs = {seed: run_with(seconds=float(seed)) for seed in (2, 0, 1)}
    assert metric_values(runs, "seconds").tolist() == [0.0, 1.0, 2.0]


def test_subset_is_stratified_and_the_same_again() -> None:
    """Classes keep their proportions within one image, and a seed decides the draw."""
    labels = np.repeat([0, 1, 2], [500, 300, 200])
    drawn = stratified_subset(labels, 100)
    assert np.bincount(labels[drawn]).tolist() == [50, 30, 20]
    assert np.unique(drawn).size == 100
    assert np.array_equal(drawn, stratified_subset(labels, 100))
    assert not np.array_equal(drawn, stratified_subset(labels, 100, seed=1))
    assert stratified_subset(np.arange(10), 3).size == 3


def test_subset_keeps_a_part_of_a_class() -> None:
    """The others stay as they would be without that rule."""
    labels = np.repeat([0, 1], [500, 500])
    plain, rare = stratified_subset(labels, 100), stratified_subset(labels, 100, keep={1: 0.1})
    assert np.bincount(labels[rare]).tolist() == [50, 5]
    assert set(rare) <= set(plain)


def test_subset_of_more_than_all_is_refused() -> None:
    """There is no drawing of images that are not there."""
    with refused("5 images are asked for; there are 2."):
        stratified_subset([0, 1], 5)


def test_enlarged_images_hold_each_pixel_in_a_block() -> None:
    """Eight by eight becomes three times as large with a border of two, as sums tell."""
    images = np.arange(64.0).reshape(1, 8, 8)
    larger = enlarge(images, (28, 28))
    assert larger.shape == (1, 28, 28)
    assert larger.sum() == 9 * images.sum()
    assert np.array_equal(larger[:, 2:26:3, 2:26:3], images)
    assert not larger[:, :2].any()
    with refused("Images of 8x8 do not fit into 4x8."):
        enlarge(images, (4, 8))


def test_smoke_images_look_like_the_real_ones() -> None:
    """The bundled digits come in MNIST's shape and range."""
    images = load_images(get_report("boyer-2019").experiment("final"), "smoke")
    assert images.train.shape[1:] == images.test.shape[1:] == (28, 28)
    assert images.train.max() == 255


@pytest.mark.data("mnist")
def test_imbalanced_training_images_are_a_tenth_of_the_last_five() -> None:
    """The rule of the class weights' experiment, on real data; the test part is whole."""
    images = load_images(get_report("boyer-2019").experiment("class-weights"), "lite")
    counts = np.bincount(images.train_labels)
    assert counts[:5].min() > 900
    assert 85 <= counts[5:].min() <= counts[5:].max() <= 115
    assert len(images.test) == 10_000


def test_description_holds_defaults_but_not_seed_or_noise() -> None:
    """What influences a training is described, and is plain JSON."""
    described = describe(make_pipeline(PixelScaler(), LogisticRegression(verbose=3)))
    (_, scaler), (_, model) = described["steps"]
    assert scaler["maximum"] == 255.0
    assert "C" in model
    assert not {"verbose", "random_state", "n_jobs"} & set(model)
    assert json.loads(json.dumps(described)) == described


def test_description_leaves_out_what_is_not_set() -> None:
    """A parameter that comes later with the default None makes no record stale."""
    assert "class_weight" not in describe(CNNClassifier())
    assert describe(CNNClassifier(class_weight="balanced"))["class_weight"] == "balanced"


def test_function_cannot_be_described() -> None:
    """A digest over the address of a function would change from day to day."""
    with pytest.raises(ExperimentError, match="cannot be part of a declaration"):
        describe({"scale": len})


@pytest.mark.parametrize("name", ["epochs", "seeds", "claim_seeds", "n_train"])
def test_sizes_start_at_one(name: str) -> None:
    """Nothing is trained for no epoch or on no image."""
    with refused(f"{name} is 0; it must be at least 1."):
        replace(SIZE, **{name: 0})


def test_batch_of_a_scale_takes_the_place_of_the_estimators_own() -> None:
    """Full-batch training has another batch at each scale, and so another digest."""
    own, whole = replace(SIZE, claim_seeds=None), replace(SIZE, claim_seeds=None, batch_size=500)
    arms = (Arm("a", CNNClassifier(batch_size=32)),)
    declared = report(experiment(arms=arms, protocol=replace(PROTOCOL, lite=own, full=whole)))
    batches = {
        scale: parameters_of(declared.experiments[0], arms[0], scale)["estimator"]["batch_size"]
        for scale in ("lite", "full")
    }
    assert batches == {"lite": 32, "full": 500}
    assert arm_digest(declared, "one", "a", "lite") != arm_digest(declared, "one", "a", "full")


def test_arm_of_another_batch_cannot_share_runs() -> None:
    """What is trained otherwise is not the same arm."""
    other = replace(PROTOCOL, full=replace(SIZE, batch_size=500))
    shared = (Arm("a", LogisticRegression(), shared="one/a"),)
    with refused(
        "two/a shares the runs of one/a, but is declared otherwise; make their estimators, images,"
        " data and sizes equal."
    ):
        report(experiment(), experiment("two", arms=shared, protocol=other))


def test_a_metric_is_taken_apart_once() -> None:
    """A report reads a few names thousands of times."""
    assert parse_metric("test_confusion[2,7]") is parse_metric("test_confusion[2,7]")


@pytest.mark.parametrize(
    ("metric", "low", "high"),
    [
        ("test_accuracy@blurred", 0.0, 1.0),
        ("test_recall[3]", 0.0, 1.0),
        ("accuracy_gap", -1.0, 1.0),
        ("loss_gap", -math.inf, math.inf),
        ("test_loss_lowest_epoch", 1.0, math.inf),
        ("kernel_norm", 0.0, math.inf),
        ("seconds", 0.0, math.inf),
    ],
)
def test_a_metric_knows_its_bounds(metric: str, low: float, high: float) -> None:
    """Intervals are cut off there."""
    assert parse_metric(metric).bounds == (low, high)


@pytest.mark.parametrize(
    ("metric", "values", "text"),
    [
        ("test_accuracy", (0.9912, 0.9914, 0.9910), "99.12 %"),
        ("test_accuracy", (0.93, 0.98, 0.99), "97 %"),
        ("test_loss", (0.0571, 0.0573, 0.0572), "0.0572"),
        ("test_loss", (1.5, 9.5, 4.0), "5"),
        ("test_loss", (0.5, 0.5), "0.5"),
        ("test_loss", (0.5, math.nan), "1 of 2 diverged"),
        ("test_loss", (0.5,), "not run yet"),
    ],
)
def test_mean_in_prose_has_the_digits_that_its_seeds_support(
    metric: str, values: tuple[float, ...], text: str
) -> None:
    """Its last digit is the first one that the interval leaves open."""
    runs = {seed: SimpleNamespace(final={metric: value}) for seed, value in enumerate(values)}
    assert rounded_mean(Evidence("f", "a", "full", "d", runs, len(runs)), metric) == text
