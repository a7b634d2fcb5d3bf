"""Part B's networks for the letters, and what part C says of batch normalization."""

from __future__ import annotations

from functools import partial

from nnest.experiments import (
    Above,
    AllOf,
    Below,
    CountLearning,
    Greater,
    Similar,
    decreasing,
    each,
    fit_loss,
    loss_gap,
    test_accuracy,
    test_loss,
    test_loss_lowest_epoch,
    test_loss_rise,
    test_loss_upward,
)
from nnest.reports.r00182510._arms import (
    DEVIATIONS,
    LETTERS_20,
    LETTERS_50,
    MODEL_2,
    MODEL_4,
    MODEL_B,
    RISE,
    SOFTMAX,
    normalized,
    on_letters,
    with_keras,
)

SMALL_STEP = (
    0.02,
    "the report calls steps of 0.0076 and 0.0065 very small and minute; two points no",
)
POOR = (0.05, "as for model 1; the report's own differ by 0.077, 0.154 and 0.182")
NOT_WORSE = (-0.005, "half a point: less would not be called worse")

RATES = (0.2, 0.4, 0.6)
deeper = partial(with_keras, hidden_units=MODEL_4)

# The accuracy falls and the loss while training rises with the dropout rate.
WORSENS = AllOf(
    *decreasing(*map(test_accuracy, ["0.2", "0.4", "0.6"])),
    Greater(fit_loss("0.4"), fit_loss("0.2")),
    Greater(fit_loss("0.6"), fit_loss("0.4")),
)

PARTS_B_C = (
    on_letters(
        "depth",
        "How many hidden layers should a network for the letters have?",
        (
            with_keras("1", hidden_units=SOFTMAX),
            with_keras("2", hidden_units=MODEL_2),
            with_keras("3"),
            with_keras("4", hidden_units=MODEL_4),
        ),
        {
            "softmax-overfits": Greater(
                test_loss("1"),
                fit_loss("1"),
                0.05,
                "a tenth of the loss; the report's own two losses are the other way round",
            ),
            "softmax-plateau": AllOf(
                Similar(
                    test_accuracy("1"),
                    test_accuracy("1", epoch=1),
                    0.02,
                    "two points are seen in a curve",
                ),
                Similar(
                    test_loss("1"), test_loss("1", epoch=1), 0.05, "a tenth of the report's loss"
                ),
            ),
            "2-improves": Greater(test_accuracy("2"), test_accuracy("1")),
            "2-converges": Similar(
                test_loss("2"),
                test_loss("2", epoch=4),
                0.03,
                "a tenth of the report's loss of model 2",
            ),
            "2-overfits": Greater(test_loss("2"), test_loss("2", epoch=6)),
            "3-improves": AllOf(
                Greater(test_accuracy("3"), test_accuracy("2")),
                Similar(test_accuracy("3"), test_accuracy("2"), *SMALL_STEP),
            ),
            "3-overfits-earlier": Greater(test_loss_lowest_epoch("2"), test_loss_lowest_epoch("3")),
            "4-overfits-more": AllOf(
                Greater(test_loss_rise("4"), test_loss_rise("3")),
                Greater(test_loss_lowest_epoch("3"), test_loss_lowest_epoch("4")),
            ),
            "more-and-more": AllOf(
                Greater(loss_gap("3"), loss_gap("2")), Greater(loss_gap("4"), loss_gap("3"))
            ),
            "minute-differences": AllOf(
                Similar(test_accuracy("2"), test_accuracy("3"), *SMALL_STEP),
                *each(Similar, test_accuracy, ["3", "2"], ["4"], *SMALL_STEP),
            ),
            "poor-generalization": AllOf(
                *(Greater(test_loss(model), fit_loss(model), *POOR) for model in "234")
            ),
        },
        deviations=MODEL_B,
        arm_words="model {0}",
    ),
    on_letters(
        "dropout",
        "What does dropout change in model 3?",
        (
            with_keras("none"),
            *(with_keras(f"{rate}", dropout=rate) for rate in RATES),
            with_keras("0.4-0.2", dropout=(0.4, 0.2)),
        ),
        {
            "0.2-later": Greater(test_loss_lowest_epoch("0.2"), test_loss_lowest_epoch("none")),
            "0.2-better": Greater(test_accuracy("0.2"), test_accuracy("none")),
            "worsens": WORSENS,
            "causes-overfitting": AllOf(
                Greater(loss_gap("0.4"), loss_gap("0.2")), Greater(loss_gap("0.6"), loss_gap("0.4"))
            ),
            "slower": AllOf(
                Greater(test_loss_lowest_epoch("0.4"), test_loss_lowest_epoch("0.2")),
                Greater(test_loss_lowest_epoch("0.6"), test_loss_lowest_epoch("0.4")),
            ),
            "ideal-does-not-overfit": Below(test_loss_rise("0.4-0.2"), *RISE),
            "ideal-converges-late": Above(
                test_loss_lowest_epoch("0.4-0.2"), 40, "forty is no longer around fifty"
            ),
            "ideal-most-accurate": AllOf(
                *each(Greater, test_accuracy, ["0.4-0.2"], ["none", "0.2", "0.4", "0.6"])
            ),
        },
        protocol=LETTERS_50,
        deviations=MODEL_B + DEVIATIONS.of("epochs-3"),
        arm_words="dropout {0}",
    ),
    on_letters(
        "dropout-deeper",
        "What does dropout change in model 4?",
        (deeper("none"), *(deeper(f"{rate}", dropout=rate) for rate in RATES)),
        {
            "similar-pattern": WORSENS,
            "corrected": AllOf(
                Greater(test_loss_rise("none"), test_loss_rise("0.4")),
                Greater(loss_gap("none"), loss_gap("0.4")),
            ),
        },
        protocol=LETTERS_20,
        deviations=MODEL_B + DEVIATIONS.of("epochs-4", "rates-4"),
        arm_words="dropout {0}",
    ),
    on_letters(
        "batch-norm",
        "Does batch normalization make training faster?",
        (
            with_keras("3", "depth/3"),
            normalized("3 normalized"),
            with_keras("4", "depth/4", hidden_units=MODEL_4),
            normalized("4 normalized", hidden_units=MODEL_4),
        ),
        {
            "faster": AllOf(
                Greater(test_accuracy("3 normalized", epoch=1), test_accuracy("3", epoch=1)),
                Greater(test_accuracy("4 normalized", epoch=1), test_accuracy("4", epoch=1)),
            ),
            "stabilizes": AllOf(
                Greater(test_loss_upward("3"), test_loss_upward("3 normalized")),
                Greater(test_loss_upward("4"), test_loss_upward("4 normalized")),
            ),
        },
        deviations=MODEL_B + DEVIATIONS.of("batch-norm"),
        arm_words="model {0}",
    ),
    on_letters(
        "learning-rates",
        "Does batch normalization allow higher learning rates?",
        (
            with_keras("0.001", "depth/3"),
            with_keras("0.01", learning_rate=0.01),
            with_keras("0.1", learning_rate=0.1),
            normalized("0.001 normalized", "batch-norm/3 normalized"),
            normalized("0.01 normalized", learning_rate=0.01),
            normalized("0.1 normalized", learning_rate=0.1),
        ),
        {
            "allows": AllOf(
                Greater(test_accuracy("0.01 normalized"), test_accuracy("0.01")),
                CountLearning("0.1 normalized", "0.1"),
                Greater(
                    test_accuracy("0.01 normalized"), test_accuracy("0.001 normalized"), *NOT_WORSE
                ),
            ),
            "accelerates": Greater(
                test_accuracy("0.01 normalized", epoch=1),
                test_accuracy("0.001 normalized", epoch=1),
            ),
        },
        deviations=MODEL_B + DEVIATIONS.of("batch-norm", "higher-rates"),
        arm_words="rate {0}",
    ),
    on_letters(
        "without-dropout",
        "Does batch normalization regularize, so that dropout is not needed?",
        (
            with_keras("none", "depth/3"),
            normalized("normalized", "batch-norm/3 normalized"),
            with_keras("dropout", dropout=(0.4, 0.2)),
            normalized("both", dropout=(0.4, 0.2)),
        ),
        {
            "without-dropout": AllOf(
                Greater(test_accuracy("normalized"), test_accuracy("none")),
                *each(Greater, test_accuracy, ["normalized"], ["dropout", "both"], *NOT_WORSE),
            )
        },
        deviations=MODEL_B + DEVIATIONS.of("batch-norm", "without-dropout"),
    ),
    on_letters(
        "inputs",
        "Does it help to normalize the input data?",
        (with_keras("normalized", "depth/3"), with_keras("raw", images=None)),
        {"faster-and-more-accurate": CountLearning("normalized", "raw")},
        deviations=MODEL_B + DEVIATIONS.of("raw-pixels"),
    ),
)
