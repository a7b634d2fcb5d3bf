"""The declaration of groth-2019 says what the report says, and all of it."""

from __future__ import annotations

import json
from inspect import signature
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from nnest.builders import build_cnn
from nnest.datasets import fetch
from nnest.exceptions import DatasetError
from nnest.experiments import SCALES, Report, arm_digest, describe, jobs_of, load_images
from nnest.reports import get_report
from nnest.reports.groth_2019._arms import BASE
from nnest.reports.groth_2019._exact import MNIST_TEST, MNIST_TRAIN
from tests.helpers import require

INITIAL = {
    "batch_size": 32,
    "learning_rate": 0.5,
    "optimizer": "sgd",
    "activation": "relu",
    "filters": (20, 50),
    "kernel_size": 5,
    "strides": 1,
    "pool_size": 2,
}
"""Table 1, but for its 100 epochs."""

VARIED = {
    "batch-size": {"batch_size"},
    "solver": {"optimizer", "learning_rate"},
    "learning-rate": {"learning_rate"},
    "learning-rate-longer": {"learning_rate"},
    "initialization": {"kernel_initializer"},
    "activation": {"activation"},
    "activation-cifar10": {"activation"},
    "kernel-size-mnist": {"kernel_size", "filters"},
    "kernel-size-cifar10": {"kernel_size"},
    "stride-mnist": {"strides", "padding"},
    "stride-cifar10": {"strides", "padding"},
    "filters-mnist": {"filters"},
    "filters-cifar10": {"filters"},
    "layers-mnist": {"filters"},
    "layers-cifar10": {"filters"},
    "pooling-mnist": {"pooling"},
    "pooling-cifar10": {"pooling"},
    "architecture-mnist": {"kernel_size", "filters", "pooling"},
    "solver-and-rate": {"optimizer", "learning_rate"},
    "interactions": {"batch_size", "activation", "learning_rate"},
    "training-time": {"batch_size", "filters", "pooling"},
    "lower-rate-cifar10": {
        "learning_rate",
        "activation",
        "kernel_size",
        "strides",
        "padding",
        "filters",
        "pooling",
    },
    "lower-rate-mnist": {
        "batch_size",
        "learning_rate",
        "kernel_initializer",
        "activation",
        "kernel_size",
        "strides",
        "padding",
        "filters",
        "pooling",
    },
    "solvers-lower-rate": {"optimizer", "learning_rate"},
    "first-gradients": {"learning_rate", "kernel_initializer"},
}
"""What the arms of each experiment may change of the initial values."""


ALIKE = {"batch_size": 1, "optimizer": "sgd", "learning_rate": 1.0, "activation": "relu",
         "kernel_initializer": "zeros"}  # fmt: skip
"""Settings of a training that decide nothing about the sizes of a network's layers."""

SHAPES = {"mnist": (28, 28, 1), "cifar10": (32, 32, 3)}


@pytest.fixture(scope="module")
def report() -> Report:
    """Return the declaration."""
    return get_report("groth-2019")


def build(estimator: Any, shape: tuple[int, int, int]) -> Any:
    """Build the network of an estimator."""
    given = estimator.get_params()
    known = set(signature(build_cnn).parameters) & set(given)
    return build_cnn(shape, 10, **{name: given[name] for name in known})


def arms_of(report: Report, key: str) -> list[str]:
    """Return the names of an experiment's arms."""
    return [arm.name for arm in report.experiment(key).arms]


def test_initial_values_are_those_of_table_1(report: Report) -> None:
    """All of the table's rows, and its epochs at full scale."""
    declared = BASE.get_params()
    assert {name: declared[name] for name in INITIAL} == INITIAL
    longer = {one.key: one.protocol.full.epochs for one in report.experiments}
    assert longer.pop("learning-rate-longer") == 200
    assert set(longer.values()) == {100}


def test_one_factor_is_varied_at_a_time(report: Report) -> None:
    """Arms differ from the initial values in what their experiment is about, and nowhere else."""
    initial = BASE.get_params()
    for experiment in report.experiments:
        for arm in experiment.arms:
            settings = arm.estimator.get_params()
            changed = {name for name in settings if settings[name] != initial[name]}
            assert changed <= VARIED[experiment.key], (experiment.key, arm.name)


def test_arms_cover_what_the_report_tried(report: Report) -> None:
    """What it names by name is there."""
    assert arms_of(report, "activation") == ["relu", "softsign", "tanh", "linear"]
    assert {"normal around 1", "only negative"} < set(arms_of(report, "initialization"))
    for data in ("mnist", "cifar10"):
        assert arms_of(report, f"pooling-{data}") == ["max", "one", "none", "average"]
        assert arms_of(report, f"layers-{data}") == ["0", "1", "2"]
        assert {"1", "5"} < set(arms_of(report, f"kernel-size-{data}"))
        assert arms_of(report, f"stride-{data}") == ["1", "2", "3"]
        assert "20-50" in arms_of(report, f"filters-{data}")
    assert [one.key for one in report.experiments if one.ours] == [
        "solver-and-rate",
        "interactions",
        "training-time",
        "lower-rate-cifar10",
        "lower-rate-mnist",
        "solvers-lower-rate",
        "first-gradients",
    ]


def test_factors_at_a_lower_rate_are_those_of_the_report(report: Report) -> None:
    """But for the rate, each arm is one that the report's experiments have on these images."""
    for data in ("cifar10", "mnist"):
        theirs = [
            describe(arm.estimator)
            for one in report.experiments
            if one.dataset == data and not one.ours
            for arm in one.arms
        ]
        for arm in report.experiment(f"lower-rate-{data}").arms:
            assert arm.estimator.learning_rate == (0.5 if arm.name == "rate 0.5" else 0.1)
            assert describe(clone(arm.estimator).set_params(learning_rate=0.5)) in theirs, arm.name


def test_all_factors_are_asked_at_a_lower_rate_on_mnist(report: Report) -> None:
    """Whatever the report's experiments vary there, but for the rate and the solver."""
    asked = report.experiment("lower-rate-mnist").arms
    ours = [describe(clone(arm.estimator).set_params(learning_rate=0.5)) for arm in asked]
    factors = [
        arm
        for one in report.experiments
        if one.dataset == "mnist" and not one.ours
        if one.key not in ("solver", "learning-rate", "learning-rate-longer")
        for arm in one.arms
    ]
    assert {arm.name for arm in factors if describe(arm.estimator) not in ours} == set()


def test_new_seeds_are_declared_once(report: Report) -> None:
    """Ten at lite scale for what is asked at a rate of 0.1 on MNIST, and for gradients."""
    for key in ("lower-rate-mnist", "solvers-lower-rate", "first-gradients"):
        experiment = report.experiment(key)
        assert {24, 25} & {one.number for one in experiment.deviations}
        assert {report.n_seeds(key, arm.name, "lite") for arm in experiment.arms} == {10}


def test_initial_weights_are_as_their_names_say(report: Report) -> None:
    """Around one, around zero, and nowhere above zero."""
    for name, least, most in (
        ("normal around 0", -0.5, 0.5),
        ("normal around 1", 0.5, 1.5),
        ("only negative", -0.05, 0.0),
    ):
        net = clone(report.experiment("initialization").arm(name).estimator)
        model = build(net.set_params(filters=(3, 4), hidden_units=(20,)), SHAPES["mnist"])
        kernels = [weight for weight in model.get_weights() if weight.ndim > 1]
        assert len(kernels) == 4
        assert all(least <= kernel.min() <= kernel.max() <= most for kernel in kernels)


def test_exact_numbers_are_declared(report: Report) -> None:
    """Classes and images of a class in both data sets, and the side that Equation 5 gives."""
    numbers = [(one.key, number) for one in report.experiments for number in one.reported]
    stated = {(key, number.metric): number for key, number in numbers}
    assert {place: number.value for place, number in stated.items()} == {
        ("kernel-size-cifar10", "n_images@test-part"): 1000,
        ("kernel-size-cifar10", "n_images@training-part"): 5000,
        ("kernel-size-cifar10", "n_classes"): 10,
        ("architecture-mnist", "n_images@test-part"): 1000,
        ("architecture-mnist", "n_images@training-part"): 6000,
        ("architecture-mnist", "n_classes"): 10,
        ("architecture-mnist", "output_shape[0]@conv_1"): 24,
    }
    computed = {place: number.compute() for place, number in stated.items() if number.compute}
    differing = {place for place in stated if computed[place] != stated[place].value}
    # MNIST's digits are not equally frequent.
    assert differing == {
        ("architecture-mnist", "n_images@test-part"),
        ("architecture-mnist", "n_images@training-part"),
    }


@pytest.mark.data
def test_counts_of_digits_are_those_of_the_data() -> None:
    """The literals are what the files hold."""
    try:
        mnist = fetch("mnist")
    except DatasetError as error:
        require(False, str(error))
    assert tuple(np.bincount(mnist.target)) == MNIST_TRAIN
    assert tuple(np.bincount(mnist.target_test)) == MNIST_TEST


def test_all_claims_are_declared(report: Report) -> None:
    """Each subsection of Section 4 has its claims."""
    own = [one for one in report.experiments if not one.ours]
    places = [claim.where for one in own for claim in one.claims]
    assert len(places) == 21
    for section in ("4.1.1", "4.1.2", "4.1.3", "4.1.4", "4.1.5", "4.2", "4.2.1", "4.2.2", "4.2.3",
                    "4.2.4", "4.2.5"):  # fmt: skip
        assert any(place.split(" and ")[0] == f"Section {section}" for place in places), section


def test_every_claim_names_its_place(report: Report) -> None:
    """Claims of the report name a section; ours say that they are ours."""
    for experiment in report.experiments:
        # What the report says there only could be.
        assert experiment.claims or experiment.key == "activation-cifar10"
        for claim in experiment.claims:
            assert claim.where == "our question" if experiment.ours else "Section" in claim.where


def test_unsaid_settings_are_deviations(report: Report) -> None:
    """They are numbered without gaps; an experiment names those of what it varies."""
    assert [one.number for one in report.deviations] == list(range(1, len(report.deviations) + 1))
    for one in report.deviations:
        assert all([one.ours, one.theirs, one.why, one.source])
    subjects = {
        "batch-size": "batches of 16",
        "solver": "RMSprop",
        "learning-rate": "0.001",
        "initialization": "mean 1",
        "kernel-size-mnist": "7 pixels",
        "stride-cifar10": "strides of 1, 2 and 3",
        "filters-cifar10": "5 and 12",
        "layers-mnist": "dense layer sees pixels",
        "pooling-mnist": "arithmetic mean",
        "lower-rate-cifar10": "a learning rate of 0.1",
    }
    for key, words in subjects.items():
        assert any(words in one.ours for one in report.experiment(key).deviations), key


def test_initial_arms_are_trained_once(report: Report) -> None:
    """The initial values are an arm of most experiments, and one training of each seed and data."""
    jobs = jobs_of(report, scale="lite", n_seeds=1)
    assert len(jobs) == len({job.digest for job in jobs})
    assert sum(len(one.arms) for one in report.experiments) > len(jobs) + 30


def test_digests_of_different_arms_differ(report: Report) -> None:
    """No two trainings that are declared apart have one digest, at any scale."""
    places = {(job.experiment.key, job.arm.name) for job in jobs_of(report, scale="smoke")}
    digests = {arm_digest(report, *place, scale) for place in places for scale in SCALES}
    assert len(digests) == len(places) * len(SCALES)


def test_scales_keep_their_floors(report: Report) -> None:
    """Lite has 10000 images and more than the report's 4 seeds; full is the report's own size."""
    for experiment in report.experiments:
        lite, full = experiment.protocol.lite, experiment.protocol.full
        assert lite.n_train >= 10_000
        assert min(lite.seeds, full.seeds) > 4
        assert (full.n_train, full.dataset, full.seeds) == (None, None, 10)


def test_every_arm_can_be_built(report: Report) -> None:
    """No stride, kernel or pooling leaves nothing of an image, which is as large at any scale."""
    built = {}
    for job in jobs_of(report, scale="smoke", n_seeds=1):
        smoke, shape = job.experiment.protocol.smoke, SHAPES[job.experiment.dataset]
        assert (*smoke.shape, smoke.channels or 1) == shape
        # Few filters and units: what is left of an image does not depend on them.
        net = clone(job.arm.estimator)
        net.set_params(filters=tuple(2 for _ in net.filters), hidden_units=(3,))
        architecture = json.dumps([shape, describe(net.set_params(**ALIKE))])
        if architecture not in built:
            built[architecture] = build(net, shape).output_shape
    assert set(built.values()) == {(None, 10)}
    assert len(built) >= 15


def test_images_of_the_smoke_scale_are_like_the_real_ones(report: Report) -> None:
    """Digits stand in for MNIST and, in three channels, for CIFAR-10."""
    for key, shape in (("solver", (28, 28)), ("stride-cifar10", (32, 32, 3))):
        assert load_images(report.experiment(key), "smoke").train.shape == (200, *shape)
