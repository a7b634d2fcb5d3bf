"""What the report says of its networks, and what we ask of them, experiment by experiment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from nnest.experiments import (
    Above,
    AllOf,
    Greater,
    Similar,
    Value,
    each,
    fit_accuracy,
    fit_loss,
    loss_gap,
    test_accuracy,
    test_loss,
    test_loss_lowest_epoch,
    test_loss_rise,
    test_loss_upward,
    train_accuracy,
    train_loss,
)
from nnest.reports.pellegrini_2020._arms import (
    ADDED,
    BATCHES,
    CHALLENGE,
    DEVIATIONS,
    DROPOUT,
    MODEL,
    ORIGINAL,
    PLACED,
    PLACEMENTS,
    PROTOCOL,
    SET_ASIDE,
    arm,
    biases,
    experiment,
    question,
)

CLEAR = (
    0.01,
    "a percentage point: the report calls 3.5 points clear, and 0.3 points slight or nothing that"
    " it could state",
)
NOT_CLEARLY_WORSE = (-CLEAR[0], CLEAR[1])
RISE = (0.1, "a sixth of the loss at which the report's curve ends after it has risen")
NO_RISE = (
    0.02,
    "a fifth of the loss at which the report's curve ends: less is not seen in a figure",
)
SMALL_RISE = (
    0.005,
    "a fiftieth of the loss where the report's curve ends: a small sign is not none",
)
LEAK = (0.005, "half a percentage point: the report ranks models by less than that")

NORMALIZED = "batch normalization"
AT_RANDOM, BY_TRACK = (Value("original", f"val_accuracy@{part}") for part in ("random", "track"))


def _third_is_worst(accuracy: Callable[[str], Value], loss: Callable[[str], Value]) -> AllOf:
    """Expect that the third placement has the lowest accuracy and the highest loss of all."""
    others = ["original", "dropout1", "dropout2"]
    return AllOf(
        *each(Greater, accuracy, others, ["dropout3"]), *each(Greater, loss, ["dropout3"], others)
    )


def _worse_with_dropout(arm: str) -> AllOf:
    """Expect that a finished network judges test images worse with dropout on."""
    return AllOf(
        Greater(test_accuracy(arm), Value(arm, "test_accuracy@dropout-on")),
        Greater(Value(arm, "test_loss@dropout-on"), test_loss(arm)),
    )


EXPERIMENTS = (
    experiment(
        "shortcut",
        "How many parameters does a model with a shortcut have?",
        (),
        deviations=DEVIATIONS.of("framework", "shortcut"),
    ),
    experiment(
        "batch-normalization",
        "What is in the network with batch normalization before ELU, and what does it do?",
        (arm("without", ORIGINAL), arm("with", conv_batch_norm=True)),
        {"stabilizes": Greater(test_loss_upward("without"), test_loss_upward("with"))},
        protocol=replace(PROTOCOL, modes=BATCHES),
        deviations=MODEL,
    ),
    experiment(
        "augmentation",
        "What does changing the training images at random bring, and which labels may be flipped?",
        (
            arm("none", augmentation=None),
            arm("template", ORIGINAL),
            arm("all flipped", augmentation__flip_labels="all"),
            arm("saturation and contrast", **ADDED),
        ),
        {
            "generalizes": Greater(test_accuracy("template"), test_accuracy("none"), *CLEAR),
            "not-all-flipped": Greater(test_accuracy("template"), test_accuracy("all flipped")),
            "reasonable": Greater(
                test_accuracy("saturation and contrast"),
                test_accuracy("template"),
                *NOT_CLEARLY_WORSE,
            ),
        },
        deviations=MODEL + DEVIATIONS.of("unchanged"),
    ),
    experiment(
        "placements",
        "Where in the network should dropout stand?",
        (arm("original"), *(arm(name, **changes) for name, changes in DROPOUT.items())),
        {
            "original-overfits": Above(test_loss_rise("original"), *RISE),
            "dropout1-does-not": Similar(
                test_loss("dropout1"), test_loss("dropout1", epoch="best"), *NO_RISE
            ),
            "dropout1-best": AllOf(
                *each(Greater, test_accuracy, ["dropout1"], ["original", "dropout2", "dropout3"]),
                *each(Greater, test_loss, ["original", "dropout2", "dropout3"], ["dropout1"]),
            ),
            "dropout2-reduces": AllOf(
                Greater(loss_gap("original"), loss_gap("dropout2")),
                Greater(test_accuracy("dropout2"), test_accuracy("original"), *CLEAR),
            ),
            "dropout2-close": Similar(test_accuracy("dropout2"), test_accuracy("dropout1"), *CLEAR),
            "dropout3-behind": AllOf(
                *each(Greater, test_accuracy, ["dropout1", "dropout2"], ["dropout3"], *CLEAR)
            ),
            "dropout3-worst-in-training": _third_is_worst(fit_accuracy, fit_loss),
            "dropout3-worst-on-training-images": _third_is_worst(train_accuracy, train_loss),
            "dropout3-small-signs": AllOf(
                Above(test_loss_rise("dropout3"), *SMALL_RISE),
                Greater(test_loss_rise("original"), test_loss_rise("dropout3")),
                Greater(
                    Value("dropout3", "fit_loss_lowest_epoch"), test_loss_lowest_epoch("dropout3")
                ),
            ),
            "two-clearly-better": AllOf(
                *each(Greater, test_accuracy, ["dropout1", "dropout2"], ["original"], *CLEAR),
                *each(Greater, test_loss, ["original"], ["dropout1", "dropout2"]),
            ),
            "dropout1-slightly-better": AllOf(
                Greater(test_accuracy("dropout1"), test_accuracy("dropout2")),
                Similar(test_accuracy("dropout1"), test_accuracy("dropout2"), *CLEAR),
            ),
            "dropout3-not-better": Greater(
                test_accuracy("original"), test_accuracy("dropout3"), *NOT_CLEARLY_WORSE
            ),
            "certain-positions": AllOf(
                *each(Greater, loss_gap, ["original"], ["dropout1", "dropout2"]),
                *each(Greater, test_accuracy, ["dropout1", "dropout2"], ["original"]),
            ),
        },
        protocol=PLACEMENTS,
        deviations=MODEL,
    ),
    experiment(
        "modes",
        "Why do dropout and batch normalization act otherwise in training than in testing?",
        (
            arm("dropout", "placements/dropout1", **DROPOUT["dropout1"]),
            arm(NORMALIZED, "batch-normalization/with", conv_batch_norm=True),
        ),
        {
            "dropout-worsens": _worse_with_dropout("dropout"),
            "averages-serve": Similar(
                test_accuracy(NORMALIZED), Value(NORMALIZED, "test_accuracy@batches-of-32"), *CLEAR
            ),
            "one-is-no-batch": Greater(
                test_accuracy(NORMALIZED), Value(NORMALIZED, "test_accuracy@one-by-one"), *CLEAR
            ),
        },
        deviations=MODEL + DEVIATIONS.of("modes"),
    ),
    experiment(
        "challenge",
        "How good is the network of the challenge, and how long does it train?",
        (arm("challenge", **CHALLENGE),),
        protocol=replace(PROTOCOL, full=replace(PROTOCOL.full, epochs=1200)),
        deviations=MODEL + DEVIATIONS.of("challenge-network", "hardware"),
    ),
    question(
        "statistical-test",
        "The report says that a statistical test should be required: which placements differ?",
        PLACED,
        {
            "1-over-original": Greater(test_accuracy("dropout1"), test_accuracy("original")),
            "2-over-original": Greater(test_accuracy("dropout2"), test_accuracy("original")),
            "3-over-original": Greater(test_accuracy("dropout3"), test_accuracy("original")),
            "1-over-2": Greater(test_accuracy("dropout1"), test_accuracy("dropout2")),
            "1-over-3": Greater(test_accuracy("dropout1"), test_accuracy("dropout3")),
            "2-over-3": Greater(test_accuracy("dropout2"), test_accuracy("dropout3")),
        },
        protocol=PLACEMENTS,
        deviations=MODEL,
    ),
    question(
        "dropout-off",
        "Is dropout after the activations the worst on the training images with dropout off too,"
        " and is it worse to leave dropout on wherever it stands?",
        PLACED,
        {
            "3-worst-on-training-images": _third_is_worst(train_accuracy, train_loss),
            "2-worse-with-dropout": _worse_with_dropout("dropout2"),
            "3-worse-with-dropout": _worse_with_dropout("dropout3"),
        },
        protocol=PLACEMENTS,
        deviations=MODEL + DEVIATIONS.of("modes", "dropout-off"),
    ),
    question(
        "validation-split",
        "What would a random validation split have claimed, where images of a track are nearly"
        " alike?",
        (arm("original"), arm("dropout1", **DROPOUT["dropout1"])),
        {
            "random-flatters": Greater(AT_RANDOM, test_accuracy("original"), *LEAK),
            "tracks-are-harder": Greater(AT_RANDOM, BY_TRACK, *LEAK),
            "tracks-are-honest": Greater(test_accuracy("original"), BY_TRACK, *NOT_CLEARLY_WORSE),
            "dropout-looks-smaller": AllOf(
                Similar(Value("dropout1", "val_accuracy@random"), AT_RANDOM, *LEAK),
                Greater(test_accuracy("dropout1"), test_accuracy("original"), *LEAK),
            ),
        },
        protocol=SET_ASIDE,
        deviations=MODEL + DEVIATIONS.of("parts"),
    ),
    question(
        "normalization-helps",
        "Does batch normalization before ELU help the original model?",
        (arm("without", ORIGINAL), arm("with", "batch-normalization/with", conv_batch_norm=True)),
        {
            "faster": Greater(fit_accuracy("with", epoch=1), fit_accuracy("without", epoch=1)),
            "better": Greater(test_accuracy("with"), test_accuracy("without")),
        },
        deviations=MODEL,
    ),
    question(
        "output-biases",
        "Does it matter that the output's biases begin around 0.01 here, and at zero in the"
        " report's code?",
        (
            arm("around 0.01", ORIGINAL),
            arm("zero", bias_initializer=(biases(0.01), biases(0.01), "zeros")),
        ),
        {"biases-are-alike": Similar(test_accuracy("zero"), test_accuracy("around 0.01"), *CLEAR)},
        deviations=MODEL + DEVIATIONS.of("output-biases"),
    ),
)
