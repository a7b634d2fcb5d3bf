"""What the report says of its networks, and what we ask of them, experiment by experiment."""

from __future__ import annotations

from dataclasses import replace

from nnest.experiments import (
    Above,
    AllOf,
    Greater,
    Similar,
    Value,
    each,
    fit_accuracy,
    loss_gap,
    seconds,
    test_accuracy,
)
from nnest.reports.boyer_2019._arms import (
    BLURRED,
    DEVIATIONS,
    DIMMED,
    FINAL,
    MODEL,
    OUR_PROTOCOL,
    PLAIN,
    PROTOCOL,
    SMOOTHED,
    arm,
    experiment,
    question,
)

# Said to be "substantially worse", or "similar": by more or by less than this.
SUBSTANTIAL = (
    0.0025,
    "a fifth of the errors that the report's final model makes (1.25 %): less is no substantial"
    " difference, and more is",
)
SLIGHT = (0.01, "a difference of a percentage point would be nearly as many errors again")
NO_LEAD = (
    -0.001,
    "one training image in a thousand: a lead of less, seen in a curve, would not be called help",
)
MAJOR = (2 / 45, "twice the share that each of the 45 pairs of digits would have if all were alike")

RATES = (0.0, 0.1, 0.2)
ON_PLAIN = Value("blurred", "test_accuracy@plain")
TREATMENTS = {"plain": PLAIN, "blurred": BLURRED, "smoothed": SMOOTHED, "dimmed": DIMMED}
RARE, COMMON = "test_recall[5,6,7,8,9]", "test_recall[0,1,2,3,4]"

EXPERIMENTS = (
    experiment(
        "convolutions",
        "How many convolutions, each followed by a pooling, should the network have?",
        (arm("1", filters=(32,)), arm("2", FINAL), arm("3", filters=(32, 64, 128))),
        {
            "faster": AllOf(
                Greater(fit_accuracy("2", epoch=1), fit_accuracy("1", epoch=1)),
                Greater(fit_accuracy("3", epoch=1), fit_accuracy("1", epoch=1)),
            ),
            "better": AllOf(*each(Greater, test_accuracy, ["2", "3"], ["1"])),
            "similar": Similar(test_accuracy("2"), test_accuracy("3"), *SUBSTANTIAL),
            "efficient": Greater(seconds("3"), seconds("2")),
        },
        deviations=MODEL + DEVIATIONS.of("dropout-elsewhere", "hardware"),
        arm_words="the {0}-convolution network",
    ),
    experiment(
        "dropout",
        "Which dropout rate should stand before the final dense layer?",
        (
            *(arm(f"{rate}", dropout=rate) for rate in RATES),
            arm("0.3", FINAL),
            arm("0.4", dropout=0.4),
        ),
        {
            "only-0.4-worse": AllOf(
                *each(Greater, test_accuracy, ["0.0", "0.1", "0.2", "0.3"], ["0.4"], *SUBSTANTIAL),
                *each(Similar, test_accuracy, ["0.0", "0.1", "0.2"], ["0.3"], *SUBSTANTIAL),
            ),
            "overfitting": Greater(loss_gap("0.0"), loss_gap("0.3")),
        },
        deviations=MODEL + DEVIATIONS.of("dropout-rates"),
        arm_words="dropout {0}",
    ),
    experiment(
        "gaussian-kernel",
        "Does it help to smooth the images by a Gaussian kernel?",
        (arm("normal", FINAL), arm("blurred", images=BLURRED)),
        {
            "no-help": AllOf(
                Greater(
                    fit_accuracy("normal", epoch=1), fit_accuracy("blurred", epoch=1), *NO_LEAD
                ),
                Greater(fit_accuracy("normal"), fit_accuracy("blurred"), *NO_LEAD),
            ),
            "slightly-higher": AllOf(
                Greater(test_accuracy("normal"), test_accuracy("blurred")),
                Similar(test_accuracy("normal"), test_accuracy("blurred"), *SLIGHT),
            ),
            "slightly-higher-on-plain": AllOf(
                Greater(test_accuracy("normal"), ON_PLAIN),
                Similar(test_accuracy("normal"), ON_PLAIN, *SLIGHT),
            ),
        },
        protocol=replace(PROTOCOL, test_images={"plain": PLAIN, "blurred": BLURRED}),
        deviations=MODEL + DEVIATIONS.of("border", "blurred-tests"),
    ),
    experiment(
        "final",
        "How good is the final model, and what does it mix up?",
        (arm("final"),),
        {
            "mixes-2-7": Above(Value("final", "test_error_share[2,7]"), *MAJOR),
            "mixes-4-9": Above(Value("final", "test_error_share[4,9]"), *MAJOR),
        },
        protocol=replace(PROTOCOL, test_images=TREATMENTS),
        deviations=MODEL,
    ),
    question(
        "best-rate",
        "Is .3, the dropout rate on which the report settled, better after all our epochs than the"
        " rates that did as well there?",
        (*(arm(f"{rate}", f"dropout/{rate}", dropout=rate) for rate in RATES), arm("0.3", FINAL)),
        {"0.3-is-best": AllOf(*each(Greater, test_accuracy, ["0.3"], ["0.0", "0.1", "0.2"]))},
        deviations=MODEL + DEVIATIONS.of("dropout-rates"),
        arm_words="dropout {0}",
    ),
    question(
        "blur-or-dimming",
        "The report's kernel sums to less than one, so that it dims as well as blurs: which of the"
        " two hurts?",
        (
            arm("plain", FINAL),
            arm("blurred and dimmed", "gaussian-kernel/blurred", images=BLURRED),
            arm("blurred", images=SMOOTHED),
            arm("dimmed", images=DIMMED),
        ),
        {
            "blur-hurts": Greater(test_accuracy("plain"), test_accuracy("blurred")),
            "dimming-harmless": Similar(
                test_accuracy("plain"), test_accuracy("dimmed"), *SUBSTANTIAL
            ),
            "sum-harmless": Similar(
                test_accuracy("blurred"), test_accuracy("blurred and dimmed"), *SUBSTANTIAL
            ),
            "blur-hurts-more": Greater(
                Value("plain", "test_accuracy@dimmed"), Value("plain", "test_accuracy@smoothed")
            ),
        },
        deviations=MODEL + DEVIATIONS.of("border"),
    ),
    question(
        "filters",
        "What do more or fewer filters change? The report names it as future work.",
        (
            arm("8-16", filters=(8, 16)),
            arm("16-32", filters=(16, 32)),
            arm("32-64", FINAL),
            arm("64-128", filters=(64, 128)),
        ),
        {
            "few-are-worse": Greater(test_accuracy("32-64"), test_accuracy("8-16")),
            "half-is-enough": Similar(test_accuracy("32-64"), test_accuracy("16-32"), *SUBSTANTIAL),
            "twice-is-no-better": Similar(
                test_accuracy("32-64"), test_accuracy("64-128"), *SUBSTANTIAL
            ),
        },
        deviations=MODEL,
        arm_words="{1} and {2} filters",
    ),
    question(
        "class-weights",
        "Do class weights help where some digits are rare? The report names it as future work.",
        (
            arm("none"),
            # Weights of classes in the curve of losses came from the test images before.
            arm("balanced", semantics="training part weighs test losses", class_weight="balanced"),
        ),
        {
            "helps-overall": Greater(
                Value("balanced", "test_balanced_accuracy"), Value("none", "test_balanced_accuracy")
            ),
            "helps-the-rare": Greater(Value("balanced", RARE), Value("none", RARE)),
            "costs-the-common": Greater(Value("none", COMMON), Value("balanced", COMMON)),
        },
        protocol=replace(OUR_PROTOCOL, keep=dict.fromkeys(range(5, 10), 0.1)),
        deviations=MODEL,
    ),
)
