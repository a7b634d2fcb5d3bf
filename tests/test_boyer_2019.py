"""The declaration of boyer-2019 says what the report says, and all of it."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from nnest.experiments import SCALES, Report, arm_digest, jobs_of, parse_metric
from nnest.preprocessing import gaussian_kernel
from nnest.reports import get_report
from nnest.reports.boyer_2019._arms import KERNEL_SUM

TEST_DIGITS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
"""How often each digit is in MNIST's test part."""


@pytest.fixture(scope="module")
def report() -> Report:
    """Return the declaration."""
    return get_report("boyer-2019")


def test_all_104_numbers_are_declared(report: Report) -> None:
    """A hundred counts, one accuracy, and the three distinct entries of the kernel."""
    kinds = Counter(number.kind for one in report.experiments for number in one.reported)
    assert kinds == {"count": 100, "random": 1, "exact": 3}


def test_confusion_matrix_is_of_the_official_test_part(report: Report) -> None:
    """Its rows sum to MNIST's test digits, so that they are true labels; the accuracy fits."""
    cells = [one.value for one in report.experiment("final").reported if one.kind == "count"]
    counts = np.reshape(cells, (10, 10))
    assert counts.sum(axis=1).tolist() == TEST_DIGITS
    assert np.trace(counts) / counts.sum() == 0.9875


def test_cells_are_declared_where_they_stand(report: Report) -> None:
    """The cell that takes 9 for 4 thirteen times is the one of row 9 and column 4."""
    cells = {one.metric: one.value for one in report.experiment("final").reported}
    assert cells["test_confusion[9,4]"] == 13
    assert cells["test_confusion[2,7]"] == 12


def test_kernel_entries_are_computed_to_the_printed_digits(report: Report) -> None:
    """Each exact number has a function that gives it to eight decimals."""
    exact = [one for one in report.experiment("gaussian-kernel").reported if one.kind == "exact"]
    for number in exact:
        assert number.compute is not None
        assert round(number.compute(), number.decimals) == number.value
    kernel = gaussian_kernel(3, 1.0, normalize=False).round(8)
    assert set(np.unique(kernel)) == {number.value for number in exact}
    exactly = gaussian_kernel(3, 1.0, normalize=False).sum()
    assert pytest.approx(exactly, rel=1e-14) == KERNEL_SUM


def test_every_number_says_what_it_is_and_where(report: Report) -> None:
    """A number names its place in the report and why our metric is the one meant."""
    for experiment in report.experiments:
        for number in experiment.reported:
            assert number.where.startswith("Section")
            assert number.why


def test_arms_cover_what_the_report_tried(report: Report) -> None:
    """One to three convolutions, five dropout rates, both kinds of images."""
    names = {one.key: [arm.name for arm in one.arms] for one in report.experiments}
    assert names["convolutions"] == ["1", "2", "3"]
    assert names["dropout"] == ["0.0", "0.1", "0.2", "0.3", "0.4"]
    assert names["gaussian-kernel"] == ["normal", "blurred"]
    assert [key for key in names if report.experiment(key).ours] == [
        "best-rate",
        "blur-or-dimming",
        "filters",
        "class-weights",
    ]


def test_deviations_are_numbered_without_gaps(report: Report) -> None:
    """Each unsaid setting has a number, and says ours, theirs, why and whence."""
    assert [one.number for one in report.deviations] == list(range(1, len(report.deviations) + 1))
    for one in report.deviations:
        assert all([one.ours, one.theirs, one.why, one.source])


def test_every_claim_names_its_place(report: Report) -> None:
    """Claims of the report name a section; ours say that they are ours."""
    for experiment in report.experiments:
        assert experiment.claims
        for claim in experiment.claims:
            assert claim.where == "our question" if experiment.ours else "Section" in claim.where


def test_slightly_higher_is_read_on_either_kind_of_test_images(report: Report) -> None:
    """The report does not say whether its blurred model was tested on blurred images."""
    claims = {claim.key: claim for claim in report.experiment("gaussian-kernel").claims}
    metrics = {
        key: {part.b.metric for part in claims[key].expects.parts}
        for key in ("slightly-higher", "slightly-higher-on-plain")
    }
    assert metrics == {
        "slightly-higher": {"test_accuracy"},
        "slightly-higher-on-plain": {"test_accuracy@plain"},
    }


def test_what_may_be_is_no_claim(report: Report) -> None:
    """Which dropout rate is best is our question, asked of the trainings that there are."""
    said = [claim.text for one in report.experiments if not one.ours for claim in one.claims]
    assert len(said) == 11
    assert not any(" may " in text for text in said)
    asked = {arm.name: arm.shared for arm in report.experiment("best-rate").arms}
    assert asked == {
        "0.0": "dropout/0.0",
        "0.1": "dropout/0.1",
        "0.2": "dropout/0.2",
        "0.3": "final/final",
    }
    for arm in asked:
        assert report.n_seeds("best-rate", arm, "lite") == 10


def test_claims_read_metrics_that_runs_hold(report: Report) -> None:
    """No claim compares a metric of a validation part, of which this report has none."""
    for experiment in report.experiments:
        for metric in experiment.metrics:
            assert not parse_metric(metric).name.startswith("val_")


def test_base_arm_is_trained_once(report: Report) -> None:
    """The final model is an arm of six other experiments, and one training of each seed."""
    sharing = [
        (one.key, arm.name)
        for one in report.experiments
        for arm in one.arms
        if arm.shared == "final/final"
    ]
    assert len(sharing) == 6
    jobs = jobs_of(report, scale="smoke")
    assert sum(job.arm.name == "final" for job in jobs) == report.n_seeds("final", "final", "smoke")
    assert {arm_digest(report, *place, "lite") for place in sharing} == {
        arm_digest(report, "final", "final", "lite")
    }


def test_digests_of_different_arms_differ(report: Report) -> None:
    """No two trainings that are declared apart have one digest, at any scale."""
    places = {
        (job.experiment.key, job.arm.name) for job in jobs_of(report, scale="smoke", n_seeds=1)
    }
    digests = {arm_digest(report, *place, scale) for place in places for scale in SCALES}
    assert len(digests) == len(places) * len(SCALES)


def test_lite_scale_keeps_its_floor(report: Report) -> None:
    """At least 10000 images and 5 seeds; 10 seeds where a claim of the report names the arm."""
    for experiment in report.experiments:
        assert (experiment.protocol.lite.n_train or 60_000) >= 10_000
        for arm in experiment.arms:
            least = 5 if experiment.ours else 10
            assert report.n_seeds(experiment.key, arm.name, "lite") >= least


def test_full_scale_is_all_of_mnist_with_ten_seeds(report: Report) -> None:
    """The whole training part stands for the report's own size, which it does not say."""
    for experiment in report.experiments:
        size = experiment.protocol.full
        assert (size.n_train, size.dataset, size.seeds) == (None, None, 10)
