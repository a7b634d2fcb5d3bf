"""The declaration of pillarisetti-2019 says what the report says, and all of it."""

from __future__ import annotations

import pytest

from nnest.builders import build_mlp
from nnest.experiments import SCALES, Report, arm_digest, jobs_of, load_images, parse_metric, run
from nnest.reports import get_report
from nnest.results import ResultStore

# Layers, test score, test accuracy, epochs, dropout rate, optimizer, activation, places, verdict.
TABLE = """
2 0.057 0.98 20 0.5 ADAM Relu Every good
2 0.1 0.98 20 0.5 ADAM Relu None Not-good
2 0.062 0.98 20 0.2 Ada_delta Relu Every Not-good
2 0.054 0.98 20 0.5 ADAM Relu First Not-good
2 0.093 0.98 20 0.5 ADAM Relu Last Not-good
3 0.05 0.98 20 0.5 ADAM Relu Every good
3 0.091 0.98 20 0.5 ADAM Relu None Not-good
3 0.059 0.98 20 0.2 Ada_delta Relu Every Not-good
3 0.058 0.98 20 0.5 ADAM Relu First Not-good
3 0.066 0.98 20 0.5 ADAM Relu Last Not-good
5 0.066 0.98 20 0.5 ADAM Relu Every good
5 0.088 0.98 20 0.5 ADAM Relu None Not-good
5 0.064 0.98 20 0.2 Ada_delta Relu Every Not-good
5 0.085 0.98 20 0.5 ADAM Relu First Not-good
5 0.086 0.98 20 0.5 ADAM Relu Last Not-good
"""
"""The report's Section 12, as printed."""

ROWS = [line.split() for line in TABLE.split("\n") if line]


@pytest.fixture(scope="module")
def report() -> Report:
    """Return the declaration."""
    return get_report("pillarisetti-2019")


def test_all_30_numbers_are_declared(report: Report) -> None:
    """A score and an accuracy for each of fifteen rows, printed as the report prints them."""
    numbers = [number for one in report.experiments for number in one.reported]
    assert [number.metric for number in numbers] == ["test_loss", "test_accuracy"] * 15
    printed = [text for row in ROWS for text in row[1:3]]
    assert [number.printed for number in numbers] == printed


def test_rows_are_the_settings_that_the_table_states(report: Report) -> None:
    """Depth, epochs, dropout rate, optimizer, activation and places of each row, in its order."""
    table = report.experiment("table")
    arms = [number.arm for number in table.reported[::2]]
    assert arms == [arm.name for arm in table.arms]
    for arm, row in zip(table.arms, ROWS, strict=True):
        net = arm.estimator
        place = None if row[7] == "None" else row[7].lower()
        assert (len(net.hidden_units), table.protocol.full.epochs) == (int(row[0]), int(row[3]))
        assert (net.dropout, net.activation) == (float(row[4]), row[6].lower())
        assert net.optimizer == row[5].lower().replace("_", "")
        assert (net.dropout_at, net.batch_norm_at) == (place, place)


def called(depth: int, verdict: str) -> set[str]:
    """Return the arms of a depth whose rows the table calls so."""
    rows = [row for row in ROWS if row[0] == str(depth) and row[8] == verdict]
    places = ["adadelta" if row[5] == "Ada_delta" else row[7].lower() for row in rows]
    return {f"{depth}-{place}" for place in places}


@pytest.mark.parametrize("depth", [2, 3, 5])
def test_rows_called_good_are_claimed_to_be_the_best_of_their_depth(
    report: Report, depth: int
) -> None:
    """The claim of a depth compares its good row with each that is not."""
    (claim,) = (one for one in report.experiment("table").claims if one.key == f"good-of-{depth}")
    assert {part.b.arm for part in claim.expects.parts} == called(depth, "good")
    assert {part.a.arm for part in claim.expects.parts} == called(depth, "Not-good")
    assert {value.metric for value in claim.values} == {"test_loss"}


@pytest.mark.parametrize("depth", [2, 3, 5])
def test_good_is_also_read_as_section_9_reads_its_figures(report: Report, depth: int) -> None:
    """Bad is more test loss than train; of all rows of a depth the good one alone has less."""
    table = report.experiment("table")
    (claim,) = (one for one in table.claims if one.key == f"good-of-{depth}-as-figures")
    higher = {
        (part.a.arm, part.a.metric, part.b.arm, part.b.metric) for part in claim.expects.parts
    }
    good = {(arm, "fit_loss", arm, "test_loss") for arm in called(depth, "good")}
    bad = {(arm, "test_loss", arm, "fit_loss") for arm in called(depth, "Not-good")}
    assert (len(good), len(bad)) == (1, 4)
    assert higher == good | bad


def test_reading_of_good_says_where_the_table_contradicts_it(report: Report) -> None:
    """At 2 and 5 layers a row that is not good has a lower loss than the good one."""
    losses = {number.arm: number.value for number in report.experiment("table").reported[::2]}
    lower = [
        depth
        for depth in (2, 3, 5)
        if min(losses[arm] for arm in called(depth, "Not-good")) < losses[f"{depth}-every"]
    ]
    assert lower == [2, 5]
    (claim,) = (one for one in report.experiment("table").claims if one.key == "good-of-2")
    assert claim.reading.endswith("The report's own losses contradict it at 2 and 5 layers.")


def test_all_11_sentences_are_claims(report: Report) -> None:
    """Of Section 6 two, of 7 three, of 9 three, of the table's last column three, read twice."""
    sections = [claim.where[:10] for one in report.experiments if not one.ours
                for claim in one.claims]  # fmt: skip
    assert sorted(sections) == (
        ["Section 12"] * 3 * 2 + ["Section 6"] + ["Section 6,"] + ["Section 7"] * 2
        + ["Section 7,"] + ["Section 9"] + ["Section 9,"] * 2
    )  # fmt: skip


def test_optimizers_have_the_rates_of_their_year(report: Report) -> None:
    """Adadelta's and Adagrad's defaults are others today."""
    rates = {arm.name: arm.estimator.learning_rate for arm in report.experiment("optimizers").arms}
    assert rates == {
        "adam": 0.001,
        "adagrad": 0.01,
        "rmsprop": 0.001,
        "sgd": 0.01,
        "momentum": 0.01,
        "adadelta": 1.0,
    }


def test_own_questions_are_marked(report: Report) -> None:
    """They are a family of their own."""
    ours = [one.key for one in report.experiments if one.ours]
    assert ours == ["rows-apart", "optimizer-or-rate"]


def test_rows_a_thousandth_apart_are_asked_about(report: Report) -> None:
    """Each pair of neighboring scores 0.001 apart is claimed to differ, and to be alike."""
    printed = {arm.name: float(row[1]) for arm, row in
               zip(report.experiment("table").arms, ROWS, strict=True)}  # fmt: skip
    claims = {claim.key: claim for claim in report.experiment("rows-apart").claims}
    pairs = {
        (high, low)
        for high in printed
        for low in printed
        if round(printed[high] - printed[low], 3) == 0.001
    }
    asked = {
        (claim.expects.a.arm, claim.expects.b.arm) for key, claim in claims.items() if "like" in key
    }
    assert pairs == asked - {("3-last", "5-every")}
    assert printed["3-last"] == printed["5-every"]
    above = {(one.expects.a.arm, one.expects.b.arm) for key, one in claims.items() if "0.0" in key}
    assert pairs <= above


def test_deviations_are_numbered_without_gaps(report: Report) -> None:
    """Each unsaid setting has a number, and says ours, theirs, why and whence."""
    assert [one.number for one in report.deviations] == list(range(1, len(report.deviations) + 1))
    for one in report.deviations:
        assert all([one.ours, one.theirs, one.why, one.source])


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("batch_size", "128 images"),
        ("learning_rate", "rate of 0.001"),
        ("hidden_units", "512 units"),
        ("kernel_initializer", "variance 2 / fan-in"),
        ("batch_norm_order", "batch normalization, ReLU"),
        ("random_state", "judged as one training's"),
    ],
)
def test_what_is_unsaid_is_a_deviation(report: Report, setting: str, value: str) -> None:
    """Settings that no line of the report states are declared as ours."""
    assert setting in report.experiment("table").arm("2-every").estimator.get_params()
    assert any(value in one.ours for one in report.experiment("table").deviations)


def test_every_claim_and_number_names_its_place(report: Report) -> None:
    """Those of the report name a section; ours say that they are ours."""
    for experiment in report.experiments:
        assert experiment.claims
        for claim in experiment.claims:
            assert claim.where == "our question" if experiment.ours else "Section" in claim.where
        assert all("Section" in one.where and one.why for one in experiment.reported)


def test_claims_read_metrics_that_runs_hold(report: Report) -> None:
    """The report has no validation part; its test part is MNIST's."""
    for experiment in report.experiments:
        for metric in experiment.metrics:
            assert not parse_metric(metric).name.startswith("val_")


def test_arms_of_several_experiments_are_trained_once(report: Report) -> None:
    """Fifteen rows, five optimizers, three without batch norm, raw pixels, one rate more."""
    jobs = jobs_of(report, scale="full", n_seeds=1)
    assert len(jobs) == 15 + 5 + 3 + 1 + 1


def test_digests_of_different_arms_differ(report: Report) -> None:
    """No two trainings that are declared apart have one digest, at any scale."""
    places = {(job.experiment.key, job.arm.name) for job in jobs_of(report, n_seeds=1)}
    digests = {arm_digest(report, *place, scale) for place in places for scale in SCALES}
    assert len(digests) == len(places) * len(SCALES)


def test_every_arm_can_be_built(report: Report) -> None:
    """The builder takes the settings of each arm, for the images of its smallest scale."""
    images = load_images(report.experiment("table"), "smoke")
    for job in jobs_of(report, scale="smoke", n_seeds=1):
        settings = job.arm.estimator.get_params()
        names = (
            "hidden_units", "activation", "dropout", "dropout_at", "batch_norm_at",
            "batch_norm_order", "kernel_initializer",
        )  # fmt: skip
        chosen = {name: settings[name] for name in names}
        model = build_mlp(images.train.shape[1:], 10, **chosen)
        assert model.output_shape == (None, 10)


def test_an_arm_can_be_run(report: Report, tmp_path: object) -> None:
    """The raw pixels too, at the smallest scale, without a loss that is no number."""
    store = ResultStore(tmp_path)
    run(report, "inputs", store=store, scale="smoke", n_seeds=1, progress=False)
    runs = store.read(report.key)
    assert {one.arm for one in runs} == {"2-none", "2-raw"}
    assert not any(one.diverged for one in runs)


def test_lite_scale_keeps_its_floor(report: Report) -> None:
    """At least 10000 images and 5 seeds; 10 seeds where a claim of the report names the arm."""
    for experiment in report.experiments:
        assert (experiment.protocol.lite.n_train or 60_000) >= 10_000
        for arm in experiment.arms:
            least = 5 if experiment.ours else 10
            assert report.n_seeds(experiment.key, arm.name, "lite") >= least


def test_full_scale_is_all_of_mnist_for_20_epochs_with_ten_seeds(report: Report) -> None:
    """The report's own size is the whole training part and its 20 epochs."""
    for experiment in report.experiments:
        size = experiment.protocol.full
        assert (size.n_train, size.dataset, size.epochs, size.seeds) == (None, None, 20, 10)
