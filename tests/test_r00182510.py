"""The declaration of r00182510 says what the report says, and all of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from nnest.builders import build_mlp
from nnest.experiments import SCALES, Report, arm_digest, jobs_of, load_images, parse_metric, run
from nnest.reports import get_report
from nnest.results import ResultStore
from nnest.verdicts import judge

# Experiment, arm, and what the report prints of it, in the order of its text.
PART_A = """
softmax - n_images@training-part 60000
softmax - n_images@test-part 10000
softmax - n_classes 10
softmax softmax train_accuracy 0.8471
softmax softmax train_loss 0.4621571
softmax softmax test_accuracy 0.83
softmax softmax test_loss 0.49859193
hidden-layers A train_accuracy 0.9320667
hidden-layers A train_loss 0.19903933
hidden-layers A test_accuracy 0.884
hidden-layers A test_loss 0.33143488
hidden-layers B train_accuracy 0.9374833
hidden-layers B train_loss 0.18114457
hidden-layers B test_accuracy 0.8853
hidden-layers B test_loss 0.33479336
hidden-layers A train_accuracy 0.93
hidden-layers A test_accuracy 0.88
hidden-layers B train_accuracy 0.93
hidden-layers B test_accuracy 0.88
hidden-layers A test_loss_lowest_epoch 150
hidden-layers B test_loss_lowest_epoch 150
penalties l2_0.006 test_accuracy 0.83
penalties l2_0.003 train_accuracy 0.87
penalties l2_0.003 test_accuracy 0.86
penalties l1_0.0003 train_accuracy 0.87
penalties l1_0.0003 test_accuracy 0.85
"""
PART_B = """
depth - n_images@training-part 200000
depth - n_images@test-part 17000
depth - n_classes 10
depth 1 fit_loss 0.6235
depth 1 fit_accuracy 0.8346
depth 1 test_loss 0.5514
depth 1 test_accuracy 0.8569
depth 2 fit_loss 0.2288
depth 2 fit_accuracy 0.9321
depth 2 test_loss 0.3055
depth 2 test_accuracy 0.9162
depth 3 fit_loss 0.1504
depth 3 fit_accuracy 0.9523
depth 3 test_loss 0.3039
depth 3 test_accuracy 0.9238
depth 4 fit_loss 0.1331
depth 4 fit_accuracy 0.9566
depth 4 test_loss 0.3154
depth 4 test_accuracy 0.9303
depth 2 test_accuracy 0.91
depth 3 test_accuracy 0.92
depth 4 test_accuracy 0.93
depth 2 test_loss_lowest_epoch 6
depth 3 test_loss_lowest_epoch 4
depth 4 test_loss_lowest_epoch 3
dropout 0.2 fit_loss 0.1573
dropout 0.2 fit_accuracy 0.9477
dropout 0.2 test_loss 0.2775
dropout 0.2 test_accuracy 0.9321
dropout 0.2 test_loss_lowest_epoch 13
dropout 0.4 fit_loss 0.2628
dropout 0.4 fit_accuracy 0.9153
dropout 0.4 test_loss 0.2414
dropout 0.4 test_accuracy 0.9298
dropout 0.6 fit_loss 0.3700
dropout 0.6 fit_accuracy 0.8847
dropout 0.6 test_loss 0.2826
dropout 0.6 test_accuracy 0.9151
dropout 0.4-0.2 fit_loss 0.2488
dropout 0.4-0.2 fit_accuracy 0.9195
dropout 0.4-0.2 test_loss 0.2393
dropout 0.4-0.2 test_accuracy 0.9312
dropout 0.4-0.2 test_loss_lowest_epoch 50
dropout-deeper 0.4 fit_loss 0.2367
dropout-deeper 0.4 fit_accuracy 0.9255
dropout-deeper 0.4 test_loss 0.2338
dropout-deeper 0.4 test_accuracy 0.9330
"""


@pytest.fixture(scope="module")
def report() -> Report:
    """Return the declaration."""
    return get_report("r00182510")


def printed(text: str) -> list[str]:
    """Return the lines of a transcription."""
    return [line for line in text.split("\n") if line]


def declared(report: Report) -> list[str]:
    """Return all declared numbers, each as a line of the transcription."""
    return [
        f"{one.key} {(number.arm or '-').replace(' ', '_')} {number.metric}"
        f" {number.value:.{number.decimals}f}"
        for one in report.experiments
        for number in one.reported
    ]


def test_all_73_numbers_are_declared_as_printed(report: Report) -> None:
    """Three counts of the data in each part, 23 of part A's trainings and 44 of part B's."""
    assert declared(report) == printed(PART_A) + printed(PART_B)
    assert (len(printed(PART_A)), len(printed(PART_B))) == (3 + 23, 3 + 44)


def test_counts_of_the_data_are_exact_numbers(report: Report) -> None:
    """Clothes are the report's, letters are fewer, and both are of ten classes."""
    exact = [one for each in report.experiments for one in each.reported if one.compute]
    assert [one.compute() for one in exact if one.compute] == [60_000, 10_000, 10, 13_724, 5000, 10]
    assert [one.not_comparable for one in exact] == [None, None, None, 9, 9, None]
    numbers = judge(report, ResultStore("no/such/folder")).numbers
    assert [one.verdict for one in numbers if one.kind == "exact"] == [
        *["equal"] * 3,
        *["not comparable"] * 2,
        "equal",
    ]


def test_whole_percents_may_be_cut(report: Report) -> None:
    """Four said again of part A's architectures, five of its penalties, three of part B's models.

    Cut they are at least where four digits are printed elsewhere: 0.9374833 is said again as 93 %,
    0.8853 as 88 %, 0.9162 as 91 %.
    """
    numbers = [(one.key, number) for one in report.experiments for number in one.reported]
    about = Counter(key for key, number in numbers if number.approximate)
    assert about == {"hidden-layers": 4, "penalties": 5, "depth": 3}
    said = {(key, one.arm, one.metric): one for key, one in numbers if one.approximate}
    in_full = {(key, one.arm, one.metric): one for key, one in numbers if not one.approximate}
    again = said.keys() & in_full.keys()
    assert len(again) == 7
    for place in again:
        assert said[place].interval.overlaps(in_full[place].interval)


def test_numbers_of_part_a_are_shares_of_whole_images(report: Report) -> None:
    """60000 training and 10000 test images: so the report's validation is its test part."""
    trained = [one for each in report.experiments for one in each.reported if one.arm is not None]
    for number in trained[:12]:
        if number.metric.endswith("accuracy"):
            images = number.value * (60_000 if number.metric.startswith("train") else 10_000)
            assert images == pytest.approx(round(images), abs=0.005)


def test_numbers_of_other_data_are_not_compared(report: Report) -> None:
    """Part B's were measured on fifteen times as many letters; part A's data are ours."""
    for experiment in report.experiments:
        expected = 9 if experiment.dataset == "notmnist" else None
        measured = [one for one in experiment.reported if one.arm is not None]
        assert {one.not_comparable for one in measured} <= {expected}
    letters = next(one for one in report.deviations if one.number == 9)
    assert "200000" in letters.theirs
    assert "no font in both" in letters.ours


def test_every_sentence_is_a_claim_at_its_place(report: Report) -> None:
    """How many of the report's statements are claims, task by task."""
    places = Counter(
        ", ".join(claim.where.split(", ")[:2])
        for one in report.experiments
        if not one.ours
        for claim in one.claims
    )
    assert places == {
        "Part A, Task 1": 4,
        "Part A, Task 2": 6,
        "Part A, Task 3": 7,
        "Part B, Task 1": 11,
        "Part B, Task 2": 10,
        "Part C, benefits": 5,
        "Part C, why": 1,
    }


def test_networks_are_those_of_the_text(report: Report) -> None:
    """Units, penalties and dropout rates, as the report states them."""
    clothes = report.experiment("hidden-layers")
    assert [arm.estimator.hidden_units for arm in clothes.arms] == [(), (300,), (300, 100)]
    penalties = report.experiment("penalties").arms[1:]
    assert [arm.estimator.l2 for arm in penalties[:3]] == [0.001, 0.003, 0.006]
    assert [arm.estimator.l1 for arm in penalties[3:]] == [0.0001, 0.0003, 0.0006]
    assert {arm.estimator.hidden_units for arm in penalties} == {(300, 100)}
    letters = report.experiment("depth").arms
    units = [(), (300,), (400, 200), (600, 400, 200)]
    assert [arm.estimator.hidden_units for arm in letters] == units
    rates = [arm.estimator.dropout for arm in report.experiment("dropout").arms]
    assert rates == [0.0, 0.2, 0.4, 0.6, (0.4, 0.2)]


def test_part_a_trains_on_all_images_at_once(report: Report) -> None:
    """Its functions take all training instances in each step, at each scale."""
    for key in ("softmax", "hidden-layers", "penalties"):
        protocol = report.experiment(key).protocol
        for size, n_images in ((protocol.smoke, 500), (protocol.lite, 10_000)):
            assert (size.n_train, size.batch_size) == (n_images, n_images)
        assert protocol.full.n_train is None
        assert {arm.estimator.batch_size for arm in report.experiment(key).arms} == {60_000}


def test_runs_are_long_enough_for_the_epochs_that_claims_name(report: Report) -> None:
    """No claim asks for an epoch after the last one, at lite and full scale."""
    for experiment in report.experiments:
        named = [value.epoch for claim in experiment.claims for value in claim.values]
        latest = max([epoch for epoch in named if isinstance(epoch, int)], default=1)
        for size in (experiment.protocol.lite, experiment.protocol.full):
            assert size.epochs >= latest


def test_models_of_part_b_train_for_its_ten_epochs(report: Report) -> None:
    """Those with dropout for as long as the text speaks of."""
    epochs = {one.key: one.protocol.full.epochs for one in report.experiments}
    assert epochs["depth"] == 10
    assert epochs["dropout"] == 50


def test_own_questions_are_marked(report: Report) -> None:
    """They are a family of their own."""
    ours = [one.key for one in report.experiments if one.ours]
    assert ours == [
        "curves-alone-clothes",
        "curves-alone-letters",
        "what-may-be",
        "gradient-descent",
        "softmax-longer",
    ]


def test_deviations_are_numbered_without_gaps(report: Report) -> None:
    """Each unsaid setting has a number, and says ours, theirs, why and whence."""
    assert [one.number for one in report.deviations] == list(range(1, len(report.deviations) + 1))
    for one in report.deviations:
        assert all([one.ours, one.theirs, one.why, one.source])


@pytest.mark.parametrize(
    ("experiment", "value"),
    [
        ("softmax", "Adam at a learning rate of 0.001"),
        ("softmax", "deviation 0.05"),
        ("softmax", "500 iterations"),
        ("depth", "32 images a batch"),
        ("depth", "ReLU"),
        ("dropout", "50 epochs"),
        ("dropout-deeper", "20 epochs"),
        ("batch-norm", "after each hidden layer's activation"),
        ("learning-rates", "0.01 and 0.1"),
    ],
)
def test_what_is_unsaid_is_a_deviation(report: Report, experiment: str, value: str) -> None:
    """Settings that no line of the report states are declared as ours."""
    assert any(value in one.ours for one in report.experiment(experiment).deviations)


def test_every_claim_and_number_names_its_place(report: Report) -> None:
    """Those of the report name a part and a task; ours say that they are ours."""
    for experiment in report.experiments:
        assert experiment.claims
        for claim in experiment.claims:
            assert claim.where == "our question" if experiment.ours else "Part" in claim.where
        assert all("Part" in one.where and one.why for one in experiment.reported)


def test_claims_read_metrics_that_runs_hold(report: Report) -> None:
    """Its validation parts are test parts, and never a part of the training images."""
    for experiment in report.experiments:
        for metric in experiment.metrics:
            assert not parse_metric(metric).name.startswith("val_")


def test_arms_of_several_experiments_are_trained_once(report: Report) -> None:
    """Three networks by hand and six penalties, four models, nine with dropout, and so on."""
    jobs = jobs_of(report, scale="full", n_seeds=1)
    homes = Counter(job.experiment.key for job in jobs)
    assert homes == {
        "softmax": 1,
        "hidden-layers": 2,
        "penalties": 6,
        "shrinkage": 4,
        "depth": 4,
        "dropout": 5,
        "dropout-deeper": 4,
        "batch-norm": 2,
        "learning-rates": 4,
        "without-dropout": 2,
        "inputs": 1,
        "gradient-descent": 2,
        "softmax-longer": 1,
    }


def test_digests_of_different_arms_differ(report: Report) -> None:
    """No two trainings that are declared apart have one digest, at the scales of verdicts."""
    places = {(job.experiment.key, job.arm.name) for job in jobs_of(report, n_seeds=1)}
    for scale in SCALES[1:]:
        assert len({arm_digest(report, *place, scale) for place in places}) == len(places)


def test_every_arm_can_be_built(report: Report) -> None:
    """The builder takes the settings of each arm, for the images of its smallest scale."""
    images = load_images(report.experiment("softmax"), "smoke")
    names = (
        "hidden_units", "activation", "dropout", "dropout_at", "batch_norm_at",
        "batch_norm_order", "kernel_initializer", "l1", "l2",
    )  # fmt: skip
    for job in jobs_of(report, scale="smoke", n_seeds=1):
        settings = job.arm.estimator.get_params()
        model = build_mlp(images.train.shape[1:], 10, **{name: settings[name] for name in names})
        assert model.output_shape == (None, 10)


def test_an_experiment_can_be_run(report: Report, tmp_path: Path) -> None:
    """The softmax layer, full batch, at the smallest scale: a step an epoch."""
    store = ResultStore(tmp_path)
    run(report, "softmax", store=store, scale="smoke", n_seeds=1, progress=False)
    (found,) = store.read(report.key)
    assert found.parameters["estimator"]["batch_size"] == 500
    losses = found.history["fit_loss"]
    assert losses == sorted(losses, reverse=True)


def test_lite_scale_keeps_its_floor(report: Report) -> None:
    """At least 10000 images and 5 seeds; 10 seeds where a claim of the report names the arm."""
    for experiment in report.experiments:
        assert (experiment.protocol.lite.n_train or 0) >= 10_000
        for arm in experiment.arms:
            least = 5 if experiment.ours else 10
            assert report.n_seeds(experiment.key, arm.name, "lite") >= least


def test_full_scale_is_all_images_with_ten_seeds(report: Report) -> None:
    """The whole training part of each data set."""
    for experiment in report.experiments:
        size = experiment.protocol.full
        assert (size.n_train, size.dataset, size.seeds) == (None, None, 10)


def test_norms_are_of_all_kernels_of_the_network(report: Report) -> None:
    """What L2 penalizes is the sum of all squares, which those of the layers come to."""
    experiment = report.experiment("shrinkage")
    for arm in experiment.arms:
        net = build_mlp((28, 28), 10, hidden_units=arm.estimator.hidden_units)
        kernels = [layer.name for layer in net.layers if hasattr(layer, "kernel")]
        assert list(experiment.protocol.kernel_norms) == kernels
