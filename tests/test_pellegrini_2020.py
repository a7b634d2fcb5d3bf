"""The declaration of pellegrini-2020 says what the report says, and all of it."""

from __future__ import annotations

import statistics
from collections import Counter
from inspect import signature
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from nnest.builders import build_cnn
from nnest.experiments import SCALES, Report, Reported, arm_digest, jobs_of, load_images, run
from nnest.reports import get_report
from nnest.reports.pellegrini_2020._arms import FLIPPED
from nnest.results import ResultStore

TABLE_1 = {
    "original": (0.9998512, 0.0014878, 0.9408683, 0.61068712),
    "dropout1": (0.9994857, 0.0040141, 0.97637899, 0.09893451),
    "dropout2": (0.9997535, 0.0018357, 0.97604909, 0.11444334),
    "dropout3": (0.9932924, 0.0296686, 0.94375824, 0.26455179),
}
SECTION_3 = {
    "original": (0.9999, 0.0015, 0.9409, 0.6107),
    "dropout1": (0.9995, 0.0040, 0.9764, 0.0989),
    "dropout2": (0.9998, 0.0018, 0.9760, 0.1144),
    "dropout3": (0.9933, 0.0297, 0.9438, 0.2646),
}
TABLE_2 = {
    "trial 1": (0.9915281, "01:45"),
    "trial 2": (0.9901821, "01:46"),
    "trial 3": (0.9908155, "01:54"),
    "trial 4": (0.9921615, "01:53"),
    "trial 5": (0.9891448, "02:00"),
    "trial 6": (0.9925574, "02:05"),
    "trial 7": (0.9911322, "02:03"),
    "mean": (0.9910745, "01:55"),
    "median": (0.9911322, "01:54"),
}
PARAMETERS = {
    "conv_1": 2432,
    "conv_1_batch_norm": 64,
    "conv_1_activation": 0,
    "conv_1_max_pooling": 0,
    "conv_2": 51264,
    "conv_2_batch_norm": 128,
    "conv_2_activation": 0,
    "conv_2_max_pooling": 0,
    "flatten": 0,
    "output": 44075,
    "mask": 25,
    "mask-2": 25,
    "map": 2,
    "map-not-trainable": 2,
    "output-neuron": 1024,
    "output-biases": 43,
}
"""Section 2.2: of each layer, of parts of them."""

SHAPES = {
    "input": (28, 28, 3),
    "conv_1": (24, 24, 32),
    "conv_1_activation": (24, 24, 32),
    "conv_1_max_pooling": (12, 12, 32),
    "conv_2": (8, 8, 64),
    "conv_2_batch_norm": (8, 8, 64),
    "conv_2_activation": (8, 8, 64),
    "conv_2_max_pooling": (4, 4, 64),
    "flatten": (1024,),
    "output": (43,),
}
SHORTCUT = {"": 2242, "@hidden_1": 128, "@hidden_2": 2080, "@output": 34, "@not-trainable": 0}
N_TEST = 12630
LAST = 799
"""What is said of the placements is said of networks after the last of 800 epochs."""


@pytest.fixture(scope="module")
def report() -> Report:
    """Return the declaration."""
    return get_report("pellegrini-2020")


def numbers(report: Report, key: str) -> dict[str, Reported]:
    """Return an experiment's numbers by metric, for those whose metrics are all different."""
    return {one.metric: one for one in report.experiment(key).reported}


def minutes(printed: str) -> int:
    """Read hours and minutes."""
    hours, rest = printed.split(":")
    return 60 * int(hours) + int(rest)


def test_all_83_numbers_are_declared(report: Report) -> None:
    """Counts (5 and 16) and sides of shapes (26), two tables, and two epochs read from figures."""
    kinds = Counter(number.kind for one in report.experiments for number in one.reported)
    assert kinds == {"exact": 5 + 16 + 26, "random": 27, "time": 9}
    assert sum(kinds.values()) == 83


def test_parameter_counts_of_the_shortcut_model(report: Report) -> None:
    """Section 1.3, all five, and computed so."""
    stated = numbers(report, "shortcut")
    assert {name: one.value for name, one in stated.items()} == {
        f"n_parameters{of}": value for of, value in SHORTCUT.items()
    }
    assert all(one.compute() == one.value for one in stated.values() if one.compute)


def test_parameter_counts_and_shapes_of_the_network(report: Report) -> None:
    """Section 2.2, layer by layer, and computed so."""
    stated = numbers(report, "batch-normalization")
    wanted = {f"n_parameters@{layer}": count for layer, count in PARAMETERS.items()}
    wanted |= {
        f"output_shape[{axis}]@{layer}": side
        for layer, shape in SHAPES.items()
        for axis, side in enumerate(shape)
    }
    assert {name: one.value for name, one in stated.items()} == wanted
    assert all(one.compute() == one.value for one in stated.values() if one.compute)


@pytest.mark.parametrize("arm", TABLE_1)
def test_rows_of_table_1(report: Report, arm: str) -> None:
    """Four means of six trainings each, to all printed digits; the text rounds the same ones."""
    row = [one for one in report.experiment("placements").reported if one.arm == arm][:4]
    assert [one.metric for one in row] == ["fit_accuracy", "fit_loss", "test_accuracy", "test_loss"]
    assert tuple(one.value for one in row) == TABLE_1[arm]
    assert tuple(round(one.value, 4) for one in row) == SECTION_3[arm]
    for one in row:
        assert one.runs == 6
        assert one.printed == str(one.value)
        assert one.why
        assert "Table 1" in one.where


def test_accuracies_are_of_the_official_test_part() -> None:
    """Means of six, and all trials of the challenge but one, are whole numbers of 12630 images."""
    counts = {arm: row[2] * 6 * N_TEST for arm, row in TABLE_1.items()}
    counts |= {
        name: accuracy * N_TEST
        for name, (accuracy, _) in TABLE_2.items()
        if name.startswith("trial")
    }
    odd = [name for name, count in counts.items() if abs(count - round(count)) > 0.01]
    assert odd == ["trial 5"]


def test_rows_of_table_2(report: Report) -> None:
    """Seven trials, their mean and their median: accuracies and times."""
    stated = {(one.metric, one.where): one for one in report.experiment("challenge").reported}
    found = {}
    for (metric, where), one in stated.items():
        name = where.removeprefix("Table 2, ").split(";")[0]
        found.setdefault(name, {})[metric] = one
    assert list(found) == list(TABLE_2)
    for name, (accuracy, time) in TABLE_2.items():
        assert found[name]["test_accuracy"].value == accuracy
        assert found[name]["seconds"].value == 60 * minutes(time)
        assert found[name]["seconds"].kind == "time"
        runs = 1 if name.startswith("trial") else 7
        assert {one.runs for one in found[name].values()} == {runs}
        median = "median" if name == "median" else "mean"
        assert {one.statistic for one in found[name].values()} == {median}


def test_table_2_agrees_with_itself() -> None:
    """Its mean and median are those of its trials."""
    trials = [row for name, row in TABLE_2.items() if name.startswith("trial")]
    accuracies, times = [row[0] for row in trials], [minutes(row[1]) for row in trials]
    assert round(statistics.mean(accuracies), 7) == TABLE_2["mean"][0]
    assert statistics.median(accuracies) == TABLE_2["median"][0]
    assert round(statistics.mean(times)) == minutes(TABLE_2["mean"][1])
    assert statistics.median(times) == minutes(TABLE_2["median"][1])


def test_epochs_that_the_text_reads_from_figures(report: Report) -> None:
    """After 50 epochs for the original model, after 150 for the third."""
    read = {
        one.arm: one.value
        for one in report.experiment("placements").reported
        if one.metric == "test_loss_lowest_epoch"
    }
    assert read == {"original": 50, "dropout3": 150}


def test_sentences_on_later_epochs_need_them(report: Report) -> None:
    """Two name 50 and 150 epochs, all others are of networks after all 800; lite has 12."""
    claims = report.experiment("placements").claims
    named = {one.key: one.after for one in claims if one.after != LAST}
    assert named == {"original-overfits": 50, "dropout3-small-signs": 150}
    for claim in claims:
        if claim.key in named:
            assert f"after {claim.after} epochs" in claim.text
    assert report.experiment("placements").protocol.full.epochs == LAST + 1


def test_placements_differ_in_dropout_alone(report: Report) -> None:
    """After the poolings, before the output, after the activations, at a rate of 0.5."""
    experiment = report.experiment("placements")
    original = experiment.arm("original").estimator.get_params()
    places = {"dropout1": "pooling", "dropout2": "flatten", "dropout3": "activation"}
    for arm, place in places.items():
        settings = experiment.arm(arm).estimator.get_params(deep=False)
        changed = {name for name in settings if settings[name] != original[name]}
        assert changed - {"augmentation"} <= {"conv_dropout", "conv_dropout_at"}
        assert settings["augmentation"].get_params() == original["augmentation"].get_params()
        assert (settings["conv_dropout"], settings["conv_dropout_at"]) == (0.5, place)
    assert (original["optimizer"], original["learning_rate"]) == ("adam", 0.001)
    assert experiment.protocol.full.epochs == 800


def test_augmentation_is_that_of_the_report(report: Report) -> None:
    """The crop, the eight labels, the ranges; the challenge adds saturation and contrast."""
    assert FLIPPED == [11, 12, 13, 17, 18, 26, 30, 35]
    template = report.experiment("placements").arm("original").estimator.augmentation.get_params()
    assert template == {
        "crop": 28,
        "flip_labels": FLIPPED,
        "brightness": 0.1,
        "saturation": None,
        "contrast": None,
        "clip": (0.0, 1.0),
    }
    challenge = report.experiment("challenge").arm("challenge").estimator.augmentation.get_params()
    assert challenge == {**template, "saturation": (0.5, 2.0), "contrast": (0.7, 1.3)}


def test_challenge_is_modified_as_listed(report: Report) -> None:
    """Section 5, item by item."""
    experiment = report.experiment("challenge")
    settings = experiment.arm("challenge").estimator.get_params()
    assert settings["filters"] == (32, 64, 128)
    assert settings["kernel_size"] == (5, 5, 3)
    assert settings["conv_batch_norm"] is True
    assert (settings["conv_dropout"], settings["conv_dropout_at"]) == ((0.25, 0.5, 0.5), "pooling")
    assert settings["bias_initializer"]["config"]["mean"] == 0.05
    assert settings["learning_rate"] == 0.05
    assert experiment.protocol.full.epochs == 1200


def test_every_claim_names_its_place(report: Report) -> None:
    """Claims of the report name a section; ours say that they are ours."""
    claims = [(one.ours, claim.where) for one in report.experiments for claim in one.claims]
    assert Counter(ours for ours, _ in claims) == {False: 20, True: 16}
    for ours, where in claims:
        assert where == "our question" if ours else where.startswith("Section")


def compared(report: Report, key: str) -> set[tuple[str, ...]]:
    """Return which of two metrics a claim on the placements expects to be the higher one."""
    (claim,) = (one for one in report.experiment("placements").claims if one.key == key)
    return {
        (part.a.arm, part.a.metric, part.b.arm, part.b.metric)
        for part in claim.expects.parts
        if hasattr(part, "b")
    }


def test_worst_in_training_is_of_accuracy_and_of_loss(report: Report) -> None:
    """The third placement has the lowest accuracy and the highest loss, as in Table 1."""
    others = {"original", "dropout1", "dropout2"}
    assert compared(report, "dropout3-worst-in-training") == {
        *((arm, "fit_accuracy", "dropout3", "fit_accuracy") for arm in others),
        *(("dropout3", "fit_loss", arm, "fit_loss") for arm in others),
    }
    assert all(TABLE_1[arm][0] > TABLE_1["dropout3"][0] for arm in others)
    assert all(TABLE_1[arm][1] < TABLE_1["dropout3"][1] for arm in others)


def test_dropout_off_asks_both_modes_of_the_same_trainings(report: Report) -> None:
    """What the report says in training is asked with dropout off, and of two more placements."""
    asked = {one.key: one for one in report.experiment("dropout-off").claims}
    (off,) = (asked.pop(key) for key in list(asked) if key.startswith("3-worst"))
    said = {
        (a, m.replace("fit_", "train_"), b, n.replace("fit_", "train_"))
        for a, m, b, n in compared(report, "dropout3-worst-in-training")
    }
    assert {
        (part.a.arm, part.a.metric, part.b.arm, part.b.metric) for part in off.expects.parts
    } == said
    (modes,) = (one for one in report.experiment("modes").claims if one.key == "dropout-worsens")
    for key, claim in asked.items():
        arm = f"dropout{key[0]}"
        assert claim.expects.label == modes.expects.label.replace("of dropout", f"of {arm}")
    assert {one.shared for one in report.experiment("dropout-off").arms} == {
        f"placements/{arm}" for arm in TABLE_1
    }


def test_not_better_is_of_accuracy_alone(report: Report) -> None:
    """The loss of the third placement is less than half of the original model's in Table 1."""
    (claim,) = (
        one for one in report.experiment("placements").claims if one.key == "dropout3-not-better"
    )
    assert {value.metric for value in claim.values} == {"test_accuracy"}
    assert 2 * TABLE_1["dropout3"][3] < TABLE_1["original"][3]


def test_small_signs_are_a_validation_error_that_stops_first(report: Report) -> None:
    """The loss while training is lowest later than the loss on the test images."""
    epoch = "loss_lowest_epoch"
    parts = compared(report, "dropout3-small-signs")
    assert ("dropout3", f"fit_{epoch}", "dropout3", f"test_{epoch}") in parts


def test_unsaid_settings_are_deviations(report: Report) -> None:
    """They are numbered without gaps, and say ours, theirs, why and whence."""
    assert [one.number for one in report.deviations] == list(range(1, len(report.deviations) + 1))
    for one in report.deviations:
        assert all([one.ours, one.theirs, one.why, one.source])
    common = {one.number for one in report.experiment("placements").deviations}
    for experiment in report.experiments:
        if experiment.arms:
            assert common <= {one.number for one in experiment.deviations}


def test_parts_are_drawn_by_track_and_at_random(report: Report) -> None:
    """The same network is judged by both, and by the test images."""
    experiment = report.experiment("validation-split")
    units = {name: one.by for name, one in experiment.protocol.holdouts.items()}
    assert units == {"track": "groups", "random": "images"}
    size = experiment.protocol.lite.n_train
    assert size * 0.8 * 0.9 >= 10_000


def test_shared_arms_are_trained_once(report: Report) -> None:
    """Twelve networks serve all experiments."""
    jobs = jobs_of(report, scale="lite", n_seeds=1)
    assert len(jobs) == len({job.digest for job in jobs}) == 12


def test_digests_of_different_arms_differ(report: Report) -> None:
    """No two trainings that are declared apart have one digest, at any scale."""
    places = {(job.experiment.key, job.arm.name) for job in jobs_of(report, scale="smoke")}
    digests = {arm_digest(report, *place, scale) for place in places for scale in SCALES}
    assert len(digests) == len(places) * len(SCALES)


def test_scales_keep_their_floors(report: Report) -> None:
    """Lite has 10000 images and 5 seeds, 10 for the placements; full is the report's own size."""
    for experiment in report.experiments:
        lite, full = experiment.protocol.lite, experiment.protocol.full
        assert lite.n_train >= 10_000
        assert lite.seeds >= 5
        assert (full.n_train, full.dataset, full.seeds) == (None, None, 10)
    for arm in TABLE_1:
        assert report.n_seeds("placements", arm, "lite") == 10


def build(estimator: Any, images: np.ndarray, labels: np.ndarray) -> Any:
    """Build the network of an estimator for some images, without training it."""
    given = clone(estimator).get_params(deep=False)
    augment = given.pop("augmentation")
    layer = None if augment is None else augment.make_layer(images, np.unique(labels))
    known = set(signature(build_cnn).parameters) & set(given)
    settings = {name: given[name] for name in known}
    return build_cnn(images.shape[1:], 43, **settings, augmentation=layer)


def test_every_arm_can_be_built_at_smoke_scale(report: Report) -> None:
    """Gray digits in three channels, over all 43 labels, are images for all arms."""
    for job in jobs_of(report, scale="smoke", n_seeds=1):
        images = load_images(job.experiment, "smoke")
        model = build(job.arm.estimator, images.train / 255, images.train_labels)
        assert model.input_shape == (None, 32, 32, 3)
        assert model.output_shape == (None, 43)


def test_parts_and_modes_are_recorded_at_smoke_scale(tmp_path: Any, report: Report) -> None:
    """Runs hold all that the claims of these experiments read."""
    store = ResultStore(tmp_path)
    run(report, "validation-split", store=store, scale="smoke", n_seeds=1, progress=False)
    run(report, "modes", store=store, scale="smoke", n_seeds=1, progress=False)
    found = {(one.experiment, one.arm): set(one.final) for one in store.read(report.key)}
    assert {"val_accuracy@track", "val_loss@random"} <= found["validation-split", "dropout1"]
    assert "test_loss@dropout-on" in found["placements", "dropout1"]
    assert "test_accuracy@one-by-one" in found["batch-normalization", "with"]
