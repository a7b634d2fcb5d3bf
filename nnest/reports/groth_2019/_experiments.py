"""What the report says of its networks, experiment by experiment."""

from __future__ import annotations

from nnest.experiments import (
    AllOf,
    CountLearning,
    Different,
    Greater,
    Similar,
    decreasing,
    each,
    test_accuracy,
)
from nnest.reports.groth_2019._arms import (
    DEVIATIONS,
    INITIAL,
    INITIAL_CIFAR10,
    MNIST_LONGER,
    MODEL,
    NOT_VISIBLY_WORSE,
    SMALL,
    SOLVERS,
    VISIBLE,
    VISIBLE_CIFAR10,
    WEIGHTS,
    arm,
    on_cifar10,
    on_mnist,
    shared,
)

STRIDES = (
    arm("1", padding="same"),
    arm("2", padding="same", strides=2),
    arm("3", padding="same", strides=3),
)
POOLINGS = (
    arm("one", pooling=("max", None)),
    arm("none", pooling=None),
    arm("average", pooling="average"),
)
WITHOUT_IMPACT = (
    *("kernel 3", "kernel 7", "filters 5-12", "filters 10-25", "one convolution"),
    *("one pooling", "average pooling", "no pooling"),
)
"""Factors of the architecture of which the report says that they do not matter on MNIST."""

EXPERIMENTS = (
    on_mnist(
        "batch-size",
        "What does the batch size change?",
        (arm("16", batch_size=16), arm("32", INITIAL), arm("128", batch_size=128)),
        {"no-impact": AllOf(*each(Similar, test_accuracy, ["16", "128"], ["32"], *VISIBLE))},
        deviations=MODEL + DEVIATIONS.of("batch-sizes"),
        arm_words="batches of {0}",
    ),
    on_mnist(
        "solver",
        "What does the solver change?",
        (
            arm("sgd", INITIAL),
            *(arm(name, optimizer=name, learning_rate=rate) for name, rate in SOLVERS.items()),
        ),
        {"same": AllOf(*each(Similar, test_accuracy, SOLVERS, ["sgd"], *VISIBLE))},
        deviations=MODEL + DEVIATIONS.of("solvers"),
    ),
    on_mnist(
        "learning-rate",
        "What does the learning rate change?",
        (arm("0.5"), *(arm(f"{rate}", learning_rate=rate) for rate in (0.1, 0.01, 0.001))),
        {
            "faster": AllOf(
                *decreasing(
                    *(test_accuracy(rate, epoch=1) for rate in ("0.5", "0.1", "0.01", "0.001"))
                )
            )
        },
        deviations=MODEL + DEVIATIONS.of("rates"),
        arm_words="rate {0}",
    ),
    on_mnist(
        "learning-rate-longer",
        "Does a lower learning rate end higher after more epochs?",
        (arm("0.5"), arm("0.01", learning_rate=0.01)),
        {"approaches": Similar(test_accuracy("0.01"), test_accuracy("0.5"), *VISIBLE)},
        protocol=MNIST_LONGER,
        deviations=MODEL + DEVIATIONS.of("rates", "longer"),
        arm_words="rate {0}",
    ),
    on_mnist(
        "initialization",
        "From which initial weights can the network learn?",
        (
            arm("glorot uniform", INITIAL),
            *(arm(name, kernel_initializer=weights) for name, weights in WEIGHTS.items()),
        ),
        {
            "negative-fails": CountLearning("glorot uniform", "only negative"),
            "around-one-fails": CountLearning("glorot uniform", "normal around 1"),
        },
        deviations=MODEL + DEVIATIONS.of("initializers"),
    ),
    on_mnist(
        "activation",
        "What does the activation function change?",
        (
            arm("relu", INITIAL),
            *(arm(name, activation=name) for name in ("softsign", "tanh", "linear")),
        ),
        {
            "same": AllOf(
                *each(Similar, test_accuracy, ["softsign", "tanh", "linear"], ["relu"], *VISIBLE)
            ),
            "linear-not-worse": Greater(
                test_accuracy("linear"), test_accuracy("relu"), *NOT_VISIBLY_WORSE
            ),
        },
        deviations=MODEL,
    ),
    on_cifar10(
        "activation-cifar10",
        "Was the linear activation no worse because of the simplicity of the data set?",
        (arm("relu", INITIAL_CIFAR10), arm("linear", activation="linear")),
        deviations=MODEL,
    ),
    on_mnist(
        "kernel-size-mnist",
        "What does the kernel size change on MNIST?",
        (
            arm("1", kernel_size=1),
            arm("3", kernel_size=3),
            arm("5", INITIAL),
            arm("7", kernel_size=7),
            arm("no convolution", "layers-mnist/0", filters=()),
        ),
        {
            "only-one-lower": AllOf(
                Greater(test_accuracy("5"), test_accuracy("1"), *VISIBLE),
                *each(Similar, test_accuracy, ["3", "7"], ["5"], *VISIBLE),
            )
        },
        deviations=MODEL + DEVIATIONS.of("kernels", "layers"),
        arm_words="kernel {0}",
    ),
    on_cifar10(
        "kernel-size-cifar10",
        "What does the kernel size change on CIFAR-10?",
        (arm("1", kernel_size=1), arm("3", kernel_size=3), arm("5"), arm("7", kernel_size=7)),
        {"impact": Different(test_accuracy("5"), test_accuracy("1"), *VISIBLE_CIFAR10)},
        deviations=MODEL + DEVIATIONS.of("kernels"),
        arm_words="kernel {0}",
    ),
    on_mnist(
        "stride-mnist",
        "What does the stride change on MNIST?",
        STRIDES,
        {"larger-is-lower": AllOf(*decreasing(*map(test_accuracy, ["1", "2", "3"])))},
        deviations=MODEL + DEVIATIONS.of("stride-padding", "strides"),
        arm_words="stride {0}",
    ),
    on_cifar10(
        "stride-cifar10",
        "What does the stride change on CIFAR-10?",
        STRIDES,
        {"larger-is-lower": AllOf(*decreasing(*map(test_accuracy, ["1", "2", "3"])))},
        deviations=MODEL + DEVIATIONS.of("stride-padding", "strides"),
        arm_words="stride {0}",
    ),
    on_mnist(
        "filters-mnist",
        "What does the number of filters change on MNIST?",
        (arm("5-12", filters=(5, 12)), arm("10-25", filters=(10, 25)), arm("20-50", INITIAL)),
        {"little-on-mnist": Similar(test_accuracy("20-50"), test_accuracy("5-12"), *SMALL)},
        deviations=MODEL + DEVIATIONS.of("filters"),
        arm_words="{1} and {2} filters",
    ),
    on_cifar10(
        "filters-cifar10",
        "What does the number of filters change on CIFAR-10?",
        (
            arm("5-12", filters=(5, 12)),
            arm("10-25", filters=(10, 25)),
            arm("20-50", INITIAL_CIFAR10),
        ),
        {"more-on-cifar10": Greater(test_accuracy("20-50"), test_accuracy("5-12"), *SMALL)},
        deviations=MODEL + DEVIATIONS.of("filters"),
        arm_words="{1} and {2} filters",
    ),
    on_mnist(
        "layers-mnist",
        "How many convolutions does MNIST need?",
        (arm("0", filters=()), arm("1", filters=(20,)), arm("2", INITIAL)),
        {
            "small-then-none": AllOf(
                Greater(test_accuracy("1"), test_accuracy("0")),
                Similar(test_accuracy("1"), test_accuracy("0"), *SMALL),
                Similar(test_accuracy("2"), test_accuracy("1"), *VISIBLE),
            ),
            "not-that-big": Similar(test_accuracy("2"), test_accuracy("0"), *SMALL),
        },
        deviations=MODEL + DEVIATIONS.of("layers"),
        arm_words="the {0}-convolution network",
    ),
    on_cifar10(
        "layers-cifar10",
        "How many convolutions does CIFAR-10 need?",
        (arm("0", filters=()), arm("1", filters=(20,)), arm("2", INITIAL_CIFAR10)),
        {
            "increases": AllOf(
                Greater(test_accuracy("1"), test_accuracy("0")),
                Greater(test_accuracy("2"), test_accuracy("1")),
            ),
            "like-filters": Greater(test_accuracy("2"), test_accuracy("0"), *SMALL),
        },
        deviations=MODEL + DEVIATIONS.of("layers"),
        arm_words="the {0}-convolution network",
    ),
    on_mnist(
        "pooling-mnist",
        "What does pooling change on MNIST?",
        (arm("max", INITIAL), *POOLINGS),
        {
            "same": AllOf(
                *each(Similar, test_accuracy, ["one", "none", "average"], ["max"], *VISIBLE)
            )
        },
        deviations=MODEL + DEVIATIONS.of("poolings", "hardware"),
    ),
    on_cifar10(
        "pooling-cifar10",
        "What does pooling change on CIFAR-10?",
        (arm("max", INITIAL_CIFAR10), *POOLINGS),
        {
            "same": AllOf(
                *each(Similar, test_accuracy, ["one", "none", "average"], ["max"], *VISIBLE_CIFAR10)
            )
        },
        deviations=MODEL + DEVIATIONS.of("poolings", "hardware"),
    ),
    on_mnist(
        "architecture-mnist",
        "Does the architecture matter on MNIST at all?",
        (arm("initial", INITIAL), *shared(*WITHOUT_IMPACT)),
        {"no-impact": AllOf(*each(Similar, test_accuracy, WITHOUT_IMPACT, ["initial"], *VISIBLE))},
        deviations=MODEL + DEVIATIONS.of("kernels", "filters", "layers", "poolings"),
    ),
)
