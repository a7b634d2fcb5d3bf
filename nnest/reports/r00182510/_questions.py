"""What we ask of the report's networks beyond what it says."""

from __future__ import annotations

from functools import partial

from nnest.experiments import (
    Above,
    AllOf,
    Below,
    Greater,
    Value,
    each,
    fit_accuracy,
    fit_loss,
    loss_gap,
    test_accuracy,
    test_loss,
    test_loss_rise,
    train_loss,
)
from nnest.reports.r00182510._arms import (
    DEVIATIONS,
    LONGER,
    MODEL_2,
    MODEL_4,
    MODEL_A,
    MODEL_B,
    OUR_CLOTHES,
    OUR_LETTERS,
    RISE,
    SMALL,
    SOFTMAX,
    by_hand,
    normalized,
    on_clothes,
    on_letters,
    with_keras,
)

asked_on_clothes = partial(on_clothes, protocol=OUR_CLOTHES, ours=True)
asked_on_letters = partial(on_letters, protocol=OUR_LETTERS, ours=True)

NO_LOSS = (-RISE[0], RISE[1])
descent = partial(by_hand, optimizer="sgd", learning_rate=0.1)


def near(value: Value, stated: float) -> tuple[Above, Below]:
    """Expect that a value is what the report states, or nearly."""
    why = "a hundredth of the losses, and half of the last digit of an accuracy printed as 0.83"
    return Above(value, stated - 0.005, why), Below(value, stated + 0.005, why)


QUESTIONS = (
    asked_on_clothes(
        "curves-alone-clothes",
        "Is 'overfitting', told from one training's curves, supported over seeds? Part A.",
        (
            by_hand("softmax", "softmax/softmax", hidden_units=SOFTMAX),
            by_hand("A", "hidden-layers/A", hidden_units=SMALL),
            by_hand("B", "hidden-layers/B"),
        ),
        {
            "A-rises": Above(test_loss_rise("A"), *RISE),
            "B-rises": Above(test_loss_rise("B"), *RISE),
            "still-more-accurate": AllOf(
                Greater(test_accuracy("A"), test_accuracy("A", epoch=150)),
                Greater(test_accuracy("B"), test_accuracy("B", epoch=150)),
            ),
            "layers-widen-the-gap": AllOf(*each(Greater, loss_gap, ["A", "B"], ["softmax"])),
            "wider-gap-lower-loss": AllOf(
                *each(Greater, loss_gap, ["A", "B"], ["softmax"]),
                *each(Greater, test_loss, ["softmax"], ["A", "B"]),
            ),
        },
        deviations=MODEL_A,
    ),
    asked_on_letters(
        "curves-alone-letters",
        "Is 'overfitting', told from one training's curves, supported over seeds? Part B.",
        (
            with_keras("1", "depth/1", hidden_units=SOFTMAX),
            with_keras("2", "depth/2", hidden_units=MODEL_2),
            with_keras("3", "depth/3"),
            with_keras("4", "depth/4", hidden_units=MODEL_4),
        ),
        {
            "1-does-not-rise": Below(test_loss_rise("1"), *RISE),
            **{f"{model}-rises": Above(test_loss_rise(model), *RISE) for model in "234"},
            "still-as-accurate": AllOf(
                Greater(test_accuracy("2"), test_accuracy("2", epoch=6), *NO_LOSS),
                Greater(test_accuracy("3"), test_accuracy("3", epoch=4), *NO_LOSS),
                Greater(test_accuracy("4"), test_accuracy("4", epoch=3), *NO_LOSS),
            ),
        },
        deviations=MODEL_B,
        arm_words="model {0}",
    ),
    asked_on_letters(
        "what-may-be",
        "What does batch normalization do of which part C says that it may be so, or is so in some"
        " cases?",
        (
            with_keras("3", "depth/3"),
            normalized("3 normalized", "batch-norm/3 normalized"),
            with_keras("4", "depth/4", hidden_units=MODEL_4),
            normalized("4 normalized", "batch-norm/4 normalized", hidden_units=MODEL_4),
        ),
        {
            "more-accurate": AllOf(
                Greater(test_accuracy("3 normalized"), test_accuracy("3")),
                Greater(test_accuracy("4 normalized"), test_accuracy("4")),
            ),
            "regularizes-model-3": Greater(loss_gap("3"), loss_gap("3 normalized")),
        },
        deviations=MODEL_B + DEVIATIONS.of("batch-norm"),
        arm_words="model {0}",
    ),
    asked_on_clothes(
        "gradient-descent",
        "What would plain gradient descent have reached in as many steps? The report does not say"
        " its optimizer.",
        (
            by_hand("softmax adam", "softmax/softmax", hidden_units=SOFTMAX),
            descent("softmax descent", hidden_units=SOFTMAX),
            by_hand("A adam", "hidden-layers/A", hidden_units=SMALL),
            descent("A descent", hidden_units=SMALL),
        ),
        {
            "softmax-lags": Greater(train_loss("softmax descent"), train_loss("softmax adam")),
            "hidden-layer-lags": Greater(train_loss("A descent"), train_loss("A adam")),
            "does-not-overfit": Below(test_loss_rise("A descent"), *RISE),
        },
        deviations=MODEL_A,
    ),
    asked_on_clothes(
        "softmax-longer",
        "At which iteration does the softmax layer's curve meet the report's four numbers?",
        (by_hand("softmax", hidden_units=SOFTMAX),),
        {
            "losses-pass": AllOf(
                Above(fit_loss("softmax", epoch=500), 0.4621571, "the report's training loss"),
                Below(fit_loss("softmax", epoch=700), 0.4621571, "the report's training loss"),
                Above(test_loss("softmax", epoch=500), 0.49859193, "the report's validation loss"),
                Below(test_loss("softmax", epoch=700), 0.49859193, "the report's validation loss"),
            ),
            "all-four-near-560": AllOf(
                *near(fit_accuracy("softmax", epoch=560), 0.8471),
                *near(fit_loss("softmax", epoch=560), 0.4621571),
                *near(test_accuracy("softmax", epoch=560), 0.83),
                *near(test_loss("softmax", epoch=560), 0.49859193),
            ),
        },
        protocol=LONGER,
        deviations=MODEL_A + DEVIATIONS.of("longer-a"),
    ),
)
