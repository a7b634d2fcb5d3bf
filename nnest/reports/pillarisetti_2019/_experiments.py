"""What the report says of its networks, and what we ask of them, experiment by experiment."""

from __future__ import annotations

from nnest.experiments import (
    AllOf,
    Greater,
    Similar,
    each,
    fit_loss,
    test_accuracy,
    test_loss,
    test_loss_upward,
)
from nnest.reports.pillarisetti_2019._arms import (
    DEPTHS,
    DEVIATIONS,
    MODEL,
    TABLE,
    UNITS,
    adadelta,
    arm,
    experiment,
    of_table,
    question,
)

ALIKE = (0.005, "a tenth of the smallest loss of the table: nobody would choose a network by less")


def _others(depth: int) -> list[str]:
    """Return the rows of a depth that the table does not call good."""
    return [f"{depth}-{row}" for row in ("none", "adadelta", "first", "last")]


def _lowest_loss(depth: int) -> AllOf:
    """Expect that Adam with both at every layer has the lowest loss of its depth."""
    return AllOf(*each(Greater, test_loss, _others(depth), [f"{depth}-every"]))


def _good_as_figures(depth: int) -> AllOf:
    """Expect of the good row what is said of figure 9.1, of the others what is said of 9.2."""
    good = f"{depth}-every"
    return AllOf(
        Greater(fit_loss(good), test_loss(good)),
        *(Greater(test_loss(other), fit_loss(other)) for other in _others(depth)),
    )


EXPERIMENTS = (
    experiment(
        "table",
        "Where should dropout and batch normalization stand in networks of 2, 3 and 5 layers?",
        TABLE.values(),
        {
            f"good-of-{depth}{reading}": expects(depth)
            for depth in DEPTHS
            for reading, expects in (("", _lowest_loss), ("-as-figures", _good_as_figures))
        },
        deviations=MODEL,
        arm_words="{1} layers, {2}",
    ),
    experiment(
        "both-or-neither",
        "What do batch normalization and dropout at every layer do to the loss?",
        of_table(*(f"{depth}-{place}" for depth in DEPTHS for place in ("every", "none"))),
        {
            "train-loss-is-good": AllOf(
                *(
                    Greater(fit_loss(f"{depth}-every"), test_loss(f"{depth}-every"))
                    for depth in DEPTHS
                )
            ),
            "test-loss-above-train": AllOf(
                *(
                    Greater(test_loss(f"{depth}-none"), fit_loss(f"{depth}-none"))
                    for depth in DEPTHS
                )
            ),
            "good-at-every-layer": AllOf(
                *(
                    Greater(test_loss(f"{depth}-none"), test_loss(f"{depth}-every"))
                    for depth in DEPTHS
                )
            ),
        },
        deviations=MODEL + DEVIATIONS.of("figures-network"),
        arm_words="{1} layers, {2}",
    ),
    experiment(
        "optimizers",
        "Does Adam reach the lowest loss of all optimizers?",
        (
            arm("adam", "table/2-every"),
            arm("adagrad", optimizer="adagrad", learning_rate=0.01),
            arm("rmsprop", optimizer="rmsprop"),
            arm("sgd", optimizer="sgd", learning_rate=0.01),
            arm("momentum", optimizer="sgd", learning_rate=0.01, momentum=0.9),
            adadelta("adadelta"),
        ),
        {
            "adam-lowest": AllOf(
                *each(Greater, fit_loss, ["adagrad", "rmsprop", "sgd", "adadelta"], ["adam"])
            ),
            "no-drawbacks": AllOf(
                *each(
                    Greater,
                    test_loss,
                    ["sgd", "momentum", "rmsprop", "adagrad", "adadelta"],
                    ["adam"],
                )
            ),
        },
        deviations=MODEL + DEVIATIONS.of("adagrad", "optimizer-network"),
    ),
    experiment(
        "batch-norm",
        "What happens without batch normalization?",
        (
            *of_table("2-every", "3-every", "5-every"),
            *(
                arm(f"{depth}-without", hidden_units=UNITS[depth], batch_norm_at=None)
                for depth in DEPTHS
            ),
        ),
        {
            "performance": AllOf(
                *(
                    Greater(test_loss(f"{depth}-without"), test_loss(f"{depth}-every"))
                    for depth in DEPTHS
                )
            ),
            "stability": AllOf(
                *(
                    Greater(
                        test_loss_upward(f"{depth}-without"), test_loss_upward(f"{depth}-every")
                    )
                    for depth in DEPTHS
                )
            ),
        },
        deviations=MODEL + DEVIATIONS.of("without-batch-norm"),
        arm_words="{1} layers, {2}",
    ),
    experiment(
        "inputs",
        "Does it help a network to learn if its inputs are normalized?",
        (*of_table("2-none"), arm("2-raw", dropout_at=None, batch_norm_at=None, images=None)),
        {"helps": Greater(test_loss("2-raw"), test_loss("2-none"))},
        deviations=MODEL + DEVIATIONS.of("raw-pixels"),
        arm_words="{1} layers, {2}",
    ),
    question(
        "rows-apart",
        "Are rows of the table that are 0.001 apart in their loss different at all?",
        of_table(
            *("2-every", "2-none", "3-every", "3-none", "3-adadelta", "3-first", "3-last"),
            *("5-every", "5-first", "5-last"),
        ),
        {
            "0.058-above-0.057": Greater(test_loss("3-first"), test_loss("2-every")),
            "0.059-above-0.058": Greater(test_loss("3-adadelta"), test_loss("3-first")),
            "0.086-above-0.085": Greater(test_loss("5-last"), test_loss("5-first")),
            "0.058-like-0.057": Similar(test_loss("3-first"), test_loss("2-every"), *ALIKE),
            "0.059-like-0.058": Similar(test_loss("3-adadelta"), test_loss("3-first"), *ALIKE),
            "0.086-like-0.085": Similar(test_loss("5-last"), test_loss("5-first"), *ALIKE),
            "0.066-like-0.066": Similar(test_loss("3-last"), test_loss("5-every"), *ALIKE),
            "0.1-above-0.05": Greater(test_loss("2-none"), test_loss("3-every")),
            "accuracies-differ": Greater(test_accuracy("3-every"), test_accuracy("3-none")),
        },
        deviations=MODEL,
        arm_words="{1} layers, {2}",
    ),
    question(
        "optimizer-or-rate",
        "The rows of Adadelta have another dropout rate than those of Adam: which of the two makes"
        " their difference?",
        (
            arm("adam 0.5", "table/2-every"),
            arm("adam 0.2", dropout=0.2),
            adadelta("adadelta 0.5", "optimizers/adadelta"),
            adadelta("adadelta 0.2", "table/2-adadelta", dropout=0.2),
        ),
        {
            "rate-with-adam": Greater(test_loss("adam 0.2"), test_loss("adam 0.5")),
            "rate-with-adadelta": Greater(test_loss("adadelta 0.2"), test_loss("adadelta 0.5")),
            "optimizers-alike": Similar(test_loss("adam 0.5"), test_loss("adadelta 0.5"), *ALIKE),
        },
        deviations=MODEL,
    ),
)
