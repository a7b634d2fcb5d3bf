"""R00182510's report: networks by hand on Fashion-MNIST, dropout on notMNIST, batch norm, declared.

What the report leaves unsaid was set once, before the first run on real data, from the examples of
its framework and year; each such setting is a numbered deviation with its source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from sklearn.base import clone

from nnest.datasets import describe as describe_dataset
from nnest.estimators import MLPClassifier
from nnest.experiments import (
    AllOf,
    Arm,
    Beyond,
    Claim,
    Deviation,
    Experiment,
    Protocol,
    Report,
    Reported,
    Size,
    Value,
    all_of,
    below,
    beyond,
    count_learning,
    greater,
    similar,
)
from nnest.preprocessing import PixelScaler

__all__ = ["REPORT"]

# The examples that settings which the report leaves unsaid are taken from.
_SOLUTIONS = (
    "public solutions of the same exercise: networks of 300 and 100 units on Fashion-MNIST by"
    " TensorFlow's low-level interface, with the report's function names"
)
_DEFAULTS = "the defaults of tf.keras in TensorFlow 2.0 (2019)"
_TUTORIAL = "TensorFlow 2.0's tutorial on classifying images of clothing with tf.keras (2019)"

FRAMEWORK = Deviation(
    1,
    ours="Keras 3 on JAX, in part A too; the same networks by plain array operations are in the"
    " book",
    theirs="TensorFlow's low-level interface in part A, Keras in part B; no versions and no date",
    why="The operations are the same; the order of summation and the random numbers are not.",
    source="the report's titles; its calls are those of TensorFlow 2, which appeared in 2019",
)
VALIDATION_A = Deviation(
    2,
    ours="part A's validation is Fashion-MNIST's test part",
    theirs="'validation', not said of which images",
    why="The introduction has 60000 training and 10000 test images and no others; the accuracies"
    " are whole numbers of 60000 and of 10000 images.",
    source="the report's part A",
)
OPTIMIZER_A = Deviation(
    3,
    ours="Adam at a learning rate of 0.001 in part A",
    theirs="not said",
    why="The solutions have Adam, most of them at its default rate; what plain gradient descent"
    " does instead is a question of our own.",
    source=f"{_SOLUTIONS}; {_DEFAULTS}",
)
INITIALIZATION_A = Deviation(
    4,
    ours="weights from a normal distribution of deviation 0.05, zero biases, in part A",
    theirs="not said",
    why="Most of the solutions have these numbers.",
    source=_SOLUTIONS,
)
ITERATIONS_A = Deviation(
    5,
    ours="500 iterations in part A, at lite scale 250",
    theirs="not said; more than 200 for the softmax layer, more than 150 for the two architectures",
    why="One of the solutions has 500, others 100, which is less than the report speaks of.",
    source=f"the report's part A, Tasks 1 and 2; {_SOLUTIONS}",
)
PIXELS_A = Deviation(
    6,
    ours="pixels divided by 255 in part A",
    theirs="not said",
    why="The function that loads the data came with the exercise, and does it.",
    source=_SOLUTIONS,
)
LITE_SIZE = Deviation(
    7,
    ours="at lite scale 10000 training images; in part A all of them in each step, as at full",
    theirs="60000 in part A, 200000 in part B",
    why="So that two processor cores can train every arm often enough. Numbers are not judged at"
    " it.",
    source="our choice",
)
HARDWARE = Deviation(
    8,
    ours="times taken on a few cores that other programs share, for equally many iterations",
    theirs="hardware and iterations not said, and no time stated",
    why="A time says as much about the machine and the number of iterations as about the network.",
    source="our choice",
)
LETTERS = Deviation(
    9,
    ours="13724 training and 5000 test images of notMNIST_small, no font in both parts",
    theirs="200000 training and 17000 test images of letters from A to J",
    why="The small archive was checked by hand; of the large one's labels about 6.5 % are wrong. An"
    " epoch is a 15th of the report's: its numbers cannot be met, its sentences can be asked.",
    source="the archives' own description by their author, Y. Bulatov (2011)",
)
VALIDATION_B = Deviation(
    10,
    ours="part B's validation is the test part, and its training numbers are Keras's running means",
    theirs="'validation', not said of which images",
    why="The comparative study calls the same numbers test accuracies; dropout's training losses"
    " are above the validation losses, as running means with dropout are.",
    source="the report's part B, Tasks 1 and 2",
)
ACTIVATION_B = Deviation(
    11,
    ours="ReLU in the hidden layers of part B",
    theirs="not said in part B",
    why="It is part A's, and the tutorial's.",
    source=f"the report's part A; {_TUTORIAL}",
)
TRAINING_B = Deviation(
    12,
    ours="Adam at a learning rate of 0.001, 32 images a batch, Glorot's uniform initialization and"
    " zero biases in part B",
    theirs="not said",
    why="The tutorial's optimizer and the framework's defaults.",
    source=f"{_TUTORIAL}; {_DEFAULTS}",
)
PIXELS_B = Deviation(
    13,
    ours="pixels divided by 255 in part B",
    theirs="not said; part C says that input is in general normalized to a scale from 0 to 1",
    why="The tutorial does it.",
    source=f"the report's part C; {_TUTORIAL}",
)
EPOCHS_3 = Deviation(
    14,
    ours="50 epochs for model 3 with dropout, and as many without for comparison",
    theirs="not said; more than 13, and around 50 for the last of them",
    why="The largest number of epochs that it speaks of.",
    source="the report's part B, Task 2",
)
EPOCHS_4 = Deviation(
    15,
    ours="20 epochs for model 4 with dropout, and as many without for comparison",
    theirs="not said",
    why="Twice those of the models without dropout: dropout is said to need more.",
    source="our choice",
)
RATES_4 = Deviation(
    16,
    ours="dropout rates of 0.2, 0.4 and 0.6 for model 4",
    theirs="0.4; others are said to have been tried, and not said",
    why="The rates of model 3.",
    source="the report's part B, Task 2",
)
BATCH_NORM = Deviation(
    17,
    ours="part C's statements are asked of part B's models, with batch normalization after each"
    " hidden layer's activation; gamma and beta are trained, mean and variance are those of the"
    " batch, and running averages of them in the end",
    theirs="a study of the literature, without an experiment; mean, variance, gamma and beta are"
    " called trainable parameters",
    why="It normalizes the 'hidden activation units passed from layer2 to layer3'; the framework's"
    " layer trains gamma and beta only, as the algorithm in the report's Figure 2 does.",
    source="the report's part C",
)
HIGHER_RATES = Deviation(
    18,
    ours="higher learning rates are 0.01 and 0.1",
    theirs="'higher learning rates', their numbers not said",
    why="Ten and a hundred times Adam's default.",
    source="our choice",
)
WITHOUT_DROPOUT = Deviation(
    19,
    ours="the dropout that batch normalization is compared with has the rates 0.4 and 0.2",
    theirs="'even without a Dropout'",
    why="The rates that part B calls ideal.",
    source="the report's part B, Task 2",
)
RAW_PIXELS = Deviation(
    20,
    ours="data that are not normalized are pixels from 0 to 255, for model 3",
    theirs="'unnormalized data', in a passage on networks in general",
    why="Pixels as they are stored.",
    source="the report's part C",
)

PENALIZED_CURVES = Deviation(
    21,
    ours="the loss on the test images after each epoch includes the penalty; the final losses on"
    " training and test images do not",
    theirs="not said of its curves nor of its functions",
    why="Keras's losses include penalties; without them networks of different rates can be"
    " compared. What is said of one curve is read from that curve alone; it was read otherwise"
    " until the sentence on L1 at 0.0001 had been contradicted by the difference.",
    source="the report's part A, Task 3",
)
LONGER_A = Deviation(
    22,
    ours="the softmax layer once more for 700 iterations, 10 seeds at full scale",
    theirs="not said for how many; the four numbers of its end are",
    why="After our 500 iterations both losses are above the report's and still sink; at the slope"
    " of the end they would meet them near iteration 560. Declared when that had been seen, and"
    " before the first training of 700; what is said of it is our question. The number of"
    " iterations that numbers are judged at stays 500.",
    source="our choice",
)
KERNEL_NORMS = Deviation(
    23,
    ours="the Euclidean norm of all kernels of the trained network; 10 seeds at lite scale",
    theirs="the shrinkage of the weights, not said how it was seen",
    why="The sum of squares is what L2 penalizes. Until then the sentence was asked of the loss on"
    " the training images, which says that the network fits them less, and nothing of weights.",
    source="the report's part A, Task 3",
)

_MODEL_A = (
    FRAMEWORK,
    VALIDATION_A,
    OPTIMIZER_A,
    INITIALIZATION_A,
    ITERATIONS_A,
    PIXELS_A,
    LITE_SIZE,
)
_MODEL_B = (
    FRAMEWORK,
    LITE_SIZE,
    LETTERS,
    VALIDATION_B,
    ACTIVATION_B,
    TRAINING_B,
    PIXELS_B,
)

CLOTHES = Protocol(
    smoke=Size(epochs=3, seeds=2, n_train=500, dataset="digits", shape=(28, 28), batch_size=500),
    lite=Size(epochs=250, seeds=5, claim_seeds=10, n_train=10_000, batch_size=10_000),
    full=Size(epochs=500, seeds=10),
)
LETTERS_10 = Protocol(
    smoke=Size(epochs=2, seeds=2, n_train=500, dataset="digits", shape=(28, 28)),
    lite=Size(epochs=10, seeds=5, claim_seeds=10, n_train=10_000),
    full=Size(epochs=10, seeds=10),
)
LETTERS_20 = replace(
    LETTERS_10,
    lite=replace(LETTERS_10.lite, epochs=20),
    full=replace(LETTERS_10.full, epochs=20),
)
LETTERS_50 = replace(
    LETTERS_10,
    lite=replace(LETTERS_10.lite, epochs=50),
    full=replace(LETTERS_10.full, epochs=50),
)
# Our own questions are no sentences of the report; more seeds go to those that are.
OUR_CLOTHES = replace(CLOTHES, lite=replace(CLOTHES.lite, claim_seeds=None))
OUR_LETTERS = replace(LETTERS_10, lite=replace(LETTERS_10.lite, claim_seeds=None))
WEIGHED = replace(CLOTHES, kernel_norms=("hidden_1", "hidden_2", "output"))
LONGER = replace(
    OUR_CLOTHES,
    lite=replace(OUR_CLOTHES.lite, epochs=700),
    full=replace(OUR_CLOTHES.full, epochs=700),
)

PLAIN = PixelScaler()
BY_HAND = MLPClassifier(
    hidden_units=(300, 100),
    activation="relu",
    kernel_initializer={
        "class_name": "RandomNormal",
        "config": {"mean": 0.0, "stddev": 0.05},
    },
    optimizer="adam",
    learning_rate=0.001,
    batch_size=60_000,
)
"""Architecture B of part A; all training images are one batch."""

WITH_KERAS = MLPClassifier(
    hidden_units=(400, 200),
    activation="relu",
    optimizer="adam",
    learning_rate=0.001,
    batch_size=32,
)
"""Model 3 of part B."""

ARCHIVE = "200000 letters of the large notMNIST archive"
"""What the letters of the small archive stand for, by deviation 9."""

SOFTMAX, SMALL, LARGE = (), (300,), (300, 100)
MODEL_2, MODEL_4 = (300,), (600, 400, 200)


def _by_hand(**changes: object) -> MLPClassifier:
    """Return part A's architecture B with some settings changed."""
    changed: MLPClassifier = clone(BY_HAND).set_params(**changes)
    return changed


def _with_keras(**changes: object) -> MLPClassifier:
    """Return part B's model 3 with some settings changed."""
    changed: MLPClassifier = clone(WITH_KERAS).set_params(**changes)
    return changed


def _normalized(**changes: object) -> MLPClassifier:
    """Return part B's model 3 with batch normalization, and some settings changed."""
    return _with_keras(batch_norm_at="every", batch_norm_order="after_activation", **changes)


def _tested(arm: str, epoch: int | str = "last") -> Value:
    """Return an arm's accuracy on the test images."""
    return Value(arm, "test_accuracy", epoch)


def _loss(arm: str, epoch: int | str = "last") -> Value:
    """Return an arm's loss on the test images."""
    return Value(arm, "test_loss", epoch)


def _learnt(arm: str, epoch: int | str = "last") -> Value:
    """Return an arm's accuracy while it trained."""
    return Value(arm, "fit_accuracy", epoch)


def _fitted(arm: str, epoch: int | str = "last") -> Value:
    """Return an arm's loss while it trained."""
    return Value(arm, "fit_loss", epoch)


def _trained(arm: str) -> Value:
    """Return an arm's loss on the training images, without any penalty."""
    return Value(arm, "train_loss")


def _gap(arm: str) -> Value:
    """Return by how much an arm's loss on the test images is above that on the training images."""
    return Value(arm, "loss_gap")


def _rise(arm: str) -> Value:
    """Return by how much an arm's loss on the test images ends above its lowest."""
    return Value(arm, "test_loss_rise")


def _lowest(arm: str) -> Value:
    """Return the epoch after which an arm's loss on the test images is lowest."""
    return Value(arm, "test_loss_lowest_epoch")


# What a curve must do to be called flat, and its end to be called a rise.
RISE = 0.01
_WHY_RISE = "a hundredth: less cannot be seen in a figure whose axis goes from zero to one or two"


def _stays_low(arm: str) -> Beyond:
    """Expect that a loss on the test images does not end above its lowest."""
    # Within one curve: those of an arm with a penalty include it, and the final loss does not.
    return below(_rise(arm), RISE, reason=_WHY_RISE)


_READING_OF_OVERFITTING = (
    "A model overfits more if its loss on the test images is further above that on the training"
    " images, both in inference mode and without penalty."
)
_WHY_TEST = "the report's validation images are its test images; four decimals are whole images"
_WHY_TRAIN = (
    "the loss and accuracy of the current weights on all training images, which the report's"
    " functions compute; the accuracy is a whole number of 60000 images"
)
_WHY_RUNNING = "what Keras prints while it trains; above the validation loss where dropout is on"
_WHY_AGAIN = "said again, in whole percents, some of them cut instead of rounded"
_WHY_PERCENTS = "in whole percents, and such ones of the report are partly cut instead of rounded"
_WHY_COMPARED = "the comparative study calls these numbers test accuracies"
_WHY_EPOCH = (
    "a model starts to overfit after the epoch with the lowest loss on the validation images"
)


def _number(
    arm: str,
    metric: str,
    printed: str,
    where: str,
    why: str,
    not_comparable: int | None = None,
    tolerance: float | None = None,
    approximate: bool = False,
) -> Reported:
    """Declare a number as it is printed."""
    return Reported(
        arm,
        metric,
        float(printed),
        where,
        decimals=len(printed.partition(".")[2]),
        approximate=approximate,
        why=why,
        tolerance=tolerance,
        not_comparable=not_comparable,
    )


def _of_clothes(arm: str, where: str, printed: Sequence[str]) -> tuple[Reported, ...]:
    """Declare training accuracy and loss, validation accuracy and loss of part A."""
    return (
        _number(arm, "train_accuracy", printed[0], where, _WHY_TRAIN),
        _number(arm, "train_loss", printed[1], where, _WHY_TRAIN),
        _number(arm, "test_accuracy", printed[2], where, _WHY_TEST),
        _number(arm, "test_loss", printed[3], where, _WHY_TEST),
    )


def _again(arm: str) -> tuple[Reported, Reported]:
    """Declare the accuracies that the evaluation of Task 2 says again of both architectures."""
    where = "Part A, Task 2, evaluation"
    return (
        _number(arm, "train_accuracy", "0.93", where, _WHY_AGAIN, approximate=True),
        _number(arm, "test_accuracy", "0.88", where, _WHY_AGAIN, approximate=True),
    )


def _in_percents(arm: str, metric: str, printed: str, where: str) -> Reported:
    """Declare an accuracy of Task 3, which states them in whole percents only."""
    return _number(arm, metric, printed, where, _WHY_PERCENTS, approximate=True)


def _count(dataset: str, what: str) -> float:
    """Return a count that a data set's description holds."""
    return float(getattr(describe_dataset(dataset), what))


def _of_data(
    dataset: str, where: str, printed: Sequence[int], not_comparable: int | None = None
) -> tuple[Reported, ...]:
    """Declare training images, test images and classes, which no training decides."""
    n_train, n_test, n_classes = printed
    stated = (
        ("n_images@training-part", "n_train", n_train, "training images", not_comparable),
        ("n_images@test-part", "n_test", n_test, "test images", not_comparable),
        ("n_classes", "n_classes", n_classes, "classes of the images", None),
    )
    return tuple(
        Reported(
            None,
            metric,
            value,
            where,
            kind="exact",
            why=why,
            compute=partial(_count, dataset, what),
            not_comparable=not_compared,
        )
        for metric, what, value, why, not_compared in stated
    )


def _overfits_after(arm: str, epoch: str, where: str, tolerance: float) -> Reported:
    """Declare the epoch from which on a model is said to overfit, or to have converged."""
    letters = None if where.startswith("Part A") else LETTERS.number
    return _number(arm, "test_loss_lowest_epoch", epoch, where, _WHY_EPOCH, letters, tolerance)


def _of_letters(arm: str, where: str, printed: Sequence[str]) -> tuple[Reported, ...]:
    """Declare training loss and accuracy, validation loss and accuracy of part B."""
    return (
        _number(arm, "fit_loss", printed[0], where, _WHY_RUNNING, LETTERS.number),
        _number(arm, "fit_accuracy", printed[1], where, _WHY_RUNNING, LETTERS.number),
        _number(arm, "test_loss", printed[2], where, _WHY_COMPARED, LETTERS.number),
        _number(arm, "test_accuracy", printed[3], where, _WHY_COMPARED, LETTERS.number),
    )


def _compared(arm: str, printed: str) -> Reported:
    """Declare an accuracy that the comparative study of part B says again."""
    where = "Part B, Task 1, comparative study"
    return _number(
        arm, "test_accuracy", printed, where, _WHY_AGAIN, LETTERS.number, approximate=True
    )


def _sinks(arm: str) -> AllOf:
    """Expect that training and test loss sink until iteration 150, close to each other."""
    return all_of(
        greater(_fitted(arm, 1), _fitted(arm, 50)),
        greater(_fitted(arm, 50), _fitted(arm, 100)),
        greater(_fitted(arm, 100), _fitted(arm, 150)),
        greater(_loss(arm, 1), _loss(arm, 50)),
        greater(_loss(arm, 50), _loss(arm, 100)),
        greater(_loss(arm, 100), _loss(arm, 150)),
        similar(
            _fitted(arm, 150),
            _loss(arm, 150),
            0.05,
            reason="a little more than the 0.036 of the end, which the report calls minute",
        ),
    )


softmax = Experiment(
    key="softmax",
    question="How good is a single softmax layer, by hand, on Fashion-MNIST?",
    dataset="fashion_mnist",
    arms=(Arm("softmax", _by_hand(hidden_units=SOFTMAX), PLAIN),),
    protocol=CLOTHES,
    reported=(
        *_of_data("fashion_mnist", "Part A", (60_000, 10_000, 10)),
        *_of_clothes("softmax", "Part A, Task 1", ("0.8471", "0.4621571", "0.83", "0.49859193")),
    ),
    claims=(
        Claim(
            "plateau",
            "Both the accuracies almost plateau after 200 iterations with over 80% accuracy. After"
            " which it very slowly increases for the number of iterations.",
            "Part A, Task 1",
            all_of(
                beyond(_tested("softmax", 200), 0.8, reason="over 80 %"),
                beyond(_learnt("softmax", 200), 0.8, reason="over 80 %"),
                greater(_tested("softmax"), _tested("softmax", 200)),
                greater(_learnt("softmax"), _learnt("softmax", 200)),
                similar(
                    _tested("softmax"),
                    _tested("softmax", 200),
                    0.05,
                    reason="from just over 80 % the report's own training goes on to 83 and 85 %",
                ),
                similar(
                    _learnt("softmax"),
                    _learnt("softmax", 200),
                    0.05,
                    reason="from just over 80 % the report's own training goes on to 83 and 85 %",
                ),
            ),
        ),
        Claim(
            "steady",
            "The train and validation loss steadily decrease until 150 iterations and follows a"
            " very similar pattern",
            "Part A, Task 1",
            _sinks("softmax"),
            reading="Both are lower after 50, 100 and 150 iterations than before, and close to each"
            " other then.",
        ),
        Claim(
            "minute-gap",
            "there is a minute gap that follows through the rest of the iterations",
            "Part A, Task 1",
            all_of(
                greater(_loss("softmax"), _trained("softmax")),
                similar(
                    _loss("softmax"),
                    _trained("softmax"),
                    0.1,
                    reason="the report's own is 0.036; three times as much would be no minute gap",
                ),
            ),
            reading="The loss on the test images ends above that on the training images, by less"
            " than a tenth.",
        ),
        Claim(
            "no-overfitting",
            "the gap is not large enough to see an overfitting model",
            "Part A, Task 1",
            _stays_low("softmax"),
            reading="The loss on the test images does not end above its lowest.",
        ),
    ),
    deviations=_MODEL_A,
)

hidden_layers = Experiment(
    key="hidden-layers",
    question="What do one and two hidden layers, by hand, change on Fashion-MNIST?",
    dataset="fashion_mnist",
    arms=(
        Arm("softmax", _by_hand(hidden_units=SOFTMAX), PLAIN, shared="softmax/softmax"),
        Arm("A", _by_hand(hidden_units=SMALL), PLAIN),
        Arm("B", _by_hand(hidden_units=LARGE), PLAIN),
    ),
    protocol=CLOTHES,
    reported=(
        *_of_clothes(
            "A",
            "Part A, Task 2, architecture A",
            ("0.9320667", "0.19903933", "0.884", "0.33143488"),
        ),
        *_of_clothes(
            "B",
            "Part A, Task 2, architecture B",
            ("0.9374833", "0.18114457", "0.8853", "0.33479336"),
        ),
        *_again("A"),
        *_again("B"),
        _overfits_after("A", "150", "Part A, Task 2, evaluation", 15),
        _overfits_after("B", "150", "Part A, Task 2, evaluation", 15),
    ),
    claims=(
        Claim(
            "alike",
            "The accuracies of both the architectures, follows a very similar pattern",
            "Part A, Task 2, evaluation",
            all_of(
                similar(
                    _tested("A"),
                    _tested("B"),
                    0.01,
                    reason="the report's own differ by 0.0013 and 0.0054",
                ),
                similar(
                    Value("A", "train_accuracy"),
                    Value("B", "train_accuracy"),
                    0.01,
                    reason="the report's own differ by 0.0013 and 0.0054",
                ),
            ),
        ),
        Claim(
            "better",
            "the reported accuracies are higher than what was observed on Task 1",
            "Part A, Task 2, evaluation",
            all_of(
                greater(_tested("A"), _tested("softmax")),
                greater(_tested("B"), _tested("softmax")),
                greater(Value("A", "train_accuracy"), Value("softmax", "train_accuracy")),
                greater(Value("B", "train_accuracy"), Value("softmax", "train_accuracy")),
            ),
        ),
        Claim(
            "overfit-after-150",
            "In both the architectures the model tends to overfit after 150 epochs.",
            "Part A, Task 2, evaluation",
            all_of(
                greater(_loss("A"), _loss("A", 150)),
                greater(_loss("B"), _loss("B", 150)),
            ),
            reading="The loss on the test images ends above what it is after 150 epochs.",
            after=150,
        ),
        Claim(
            "noisier",
            "The loss observed from the architecture B is slightly noisier than the architecture A",
            "Part A, Task 2, evaluation",
            all_of(
                greater(Value("B", "fit_loss_upward"), Value("A", "fit_loss_upward")),
                greater(Value("B", "test_loss_upward"), Value("A", "test_loss_upward")),
            ),
            reading="A curve of the loss is noisier if its upward steps sum to more.",
        ),
        Claim(
            "less-time",
            "The training time for Task1 was a lot more than the training time for the Task2"
            " architectures.",
            "Part A, Task 2, evaluation",
            all_of(
                greater(Value("softmax", "seconds"), Value("A", "seconds")),
                greater(Value("softmax", "seconds"), Value("B", "seconds")),
            ),
            not_comparable=HARDWARE.number,
        ),
        Claim(
            "learn-faster",
            "the addition of hidden layers that enables the model to learn faster",
            "Part A, Task 2, evaluation",
            all_of(
                greater(_tested("A", 50), _tested("softmax", 50)),
                greater(_tested("B", 50), _tested("softmax", 50)),
            ),
            reading="After equally many iterations, 50, the accuracy on the test images is higher.",
        ),
    ),
    deviations=(*_MODEL_A, HARDWARE),
)

_L2, _L1 = ("l2 0.001", "l2 0.003", "l2 0.006"), ("l1 0.0001", "l1 0.0003", "l1 0.0006")

penalties = Experiment(
    key="penalties",
    question="What do L2 and L1 penalties do to architecture B?",
    dataset="fashion_mnist",
    arms=(
        Arm("none", _by_hand(hidden_units=LARGE), PLAIN, shared="hidden-layers/B"),
        Arm("l2 0.001", _by_hand(l2=0.001), PLAIN),
        Arm("l2 0.003", _by_hand(l2=0.003), PLAIN),
        Arm("l2 0.006", _by_hand(l2=0.006), PLAIN),
        Arm("l1 0.0001", _by_hand(l1=0.0001), PLAIN),
        Arm("l1 0.0003", _by_hand(l1=0.0003), PLAIN),
        Arm("l1 0.0006", _by_hand(l1=0.0006), PLAIN),
    ),
    protocol=CLOTHES,
    reported=(
        _in_percents("l2 0.006", "test_accuracy", "0.83", "Part A, Task 3, L2"),
        _in_percents("l2 0.003", "train_accuracy", "0.87", "Part A, Task 3, L2"),
        _in_percents("l2 0.003", "test_accuracy", "0.86", "Part A, Task 3, L2"),
        _in_percents("l1 0.0003", "train_accuracy", "0.87", "Part A, Task 3, L1"),
        _in_percents("l1 0.0003", "test_accuracy", "0.85", "Part A, Task 3, L1"),
    ),
    claims=(
        Claim(
            "l2-low-overfits",
            "Although the accuracy is high, a lower regularization rate of 0.001 is actually"
            " causing the model to slightly overfit when compared to the other two models.",
            "Part A, Task 3, L2",
            all_of(
                greater(_tested("l2 0.001"), _tested("l2 0.003")),
                greater(_tested("l2 0.001"), _tested("l2 0.006")),
                greater(_gap("l2 0.001"), _gap("l2 0.003")),
                greater(_gap("l2 0.001"), _gap("l2 0.006")),
            ),
            reading=_READING_OF_OVERFITTING,
        ),
        Claim(
            "l2-ideal",
            "a higher rate of 0.006 produces a good model, however the validation accuracy plateaus"
            " at approximately 83%. The ideal model with a best fit and good accuracy was"
            " determined by setting the regularization rate to 0.003.",
            "Part A, Task 3, L2",
            all_of(
                greater(_tested("l2 0.003"), _tested("l2 0.006")),
                greater(_gap("l2 0.001"), _gap("l2 0.003")),
            ),
            reading="The rate of 0.003 is more accurate than the higher one, and overfits less than"
            " the lower one.",
        ),
        Claim(
            "l1-ideal",
            "the ideal fit was observed at a regularization rate of 0.0003 [...] and the model with"
            " L1 regularization rate of 0.0006 produces a good model, however the accuracy is"
            " better in the other model",
            "Part A, Task 3, L1",
            all_of(
                greater(_tested("l1 0.0003"), _tested("l1 0.0006")),
                greater(_gap("l1 0.0001"), _gap("l1 0.0003")),
            ),
            reading="More accurate than the higher rate, and overfitting less than the lower one.",
        ),
        Claim(
            "l1-low-overfits",
            "The model with a L1 regularization rate of 0.0001 slightly overfits but it is not very"
            " significant",
            "Part A, Task 3, L1",
            all_of(
                greater(_gap("l1 0.0001"), _gap("l1 0.0003")),
                _stays_low("l1 0.0001"),
            ),
            reading="It overfits more than the next rate, but its loss on the test images, with the"
            " penalty, does not end above its lowest.",
        ),
        Claim(
            "added-value",
            "Overall, both L1 and L2 regularization techniques have added value to the model"
            " developed in Task 2.",
            "Part A, Task 3",
            all_of(
                greater(_loss("none"), _loss("l2 0.003")),
                greater(_loss("none"), _loss("l1 0.0003")),
            ),
            reading="With the rates called ideal the loss on the test images is lower.",
        ),
        Claim(
            "reduces-overfitting",
            "The above results very clearly show that regularization reduces overfitting in a"
            " complex model with the appropriate regularization rate.",
            "Part A, Task 3",
            all_of(*(greater(_gap("none"), _gap(arm)) for arm in (*_L2, *_L1))),
            reading=_READING_OF_OVERFITTING,
        ),
    ),
    deviations=(*_MODEL_A, PENALIZED_CURVES),
)


def _weights(arm: str) -> Value:
    """Return the norm of all kernels of an arm."""
    return Value(arm, "kernel_norm")


shrinkage = Experiment(
    key="shrinkage",
    question="Do weights shrink more with a higher rate of L2?",
    dataset="fashion_mnist",
    arms=(
        Arm("none", _by_hand(hidden_units=LARGE), PLAIN),
        Arm("l2 0.001", _by_hand(l2=0.001), PLAIN),
        Arm("l2 0.003", _by_hand(l2=0.003), PLAIN),
        Arm("l2 0.006", _by_hand(l2=0.006), PLAIN),
    ),
    protocol=WEIGHED,
    claims=(
        Claim(
            "shrinkage",
            "the more we increase the regularization rate, the more the shrinkage of the weights",
            "Part A, Task 3, L2",
            all_of(
                greater(_weights("none"), _weights("l2 0.001")),
                greater(_weights("l2 0.001"), _weights("l2 0.003")),
                greater(_weights("l2 0.003"), _weights("l2 0.006")),
            ),
            reading="The norm of all kernels is lower with each higher rate.",
        ),
    ),
    deviations=(*_MODEL_A, KERNEL_NORMS),
)

_SMALL_STEP = 0.02
_WHY_SMALL_STEP = "the report calls steps of 0.0076 and 0.0065 very small and minute; two points no"
_WHY_POOR = "as for model 1; the report's own differ by 0.077, 0.154 and 0.182"

depth = Experiment(
    key="depth",
    question="How many hidden layers should a network for the letters have?",
    dataset="notmnist",
    stands_for=ARCHIVE,
    arms=(
        Arm("1", _with_keras(hidden_units=SOFTMAX), PLAIN),
        Arm("2", _with_keras(hidden_units=MODEL_2), PLAIN),
        Arm("3", WITH_KERAS, PLAIN),
        Arm("4", _with_keras(hidden_units=MODEL_4), PLAIN),
    ),
    protocol=LETTERS_10,
    reported=(
        *_of_data("notmnist", "Part B", (200_000, 17_000, 10), LETTERS.number),
        *_of_letters("1", "Part B, Task 1, model 1", ("0.6235", "0.8346", "0.5514", "0.8569")),
        *_of_letters("2", "Part B, Task 1, model 2", ("0.2288", "0.9321", "0.3055", "0.9162")),
        *_of_letters("3", "Part B, Task 1, model 3", ("0.1504", "0.9523", "0.3039", "0.9238")),
        *_of_letters("4", "Part B, Task 1, model 4", ("0.1331", "0.9566", "0.3154", "0.9303")),
        _compared("2", "0.91"),
        _compared("3", "0.92"),
        _compared("4", "0.93"),
        _overfits_after("2", "6", "Part B, Task 1, model 2", 1),
        _overfits_after("3", "4", "Part B, Task 1, comparative study", 1),
        _overfits_after("4", "3", "Part B, Task 1, comparative study", 1),
    ),
    claims=(
        Claim(
            "softmax-overfits",
            "The model is significantly overfitting",
            "Part B, Task 1, model 1",
            greater(
                _loss("1"),
                _fitted("1"),
                0.05,
                reason="a tenth of the loss; the report's own two losses are the other way round",
            ),
            reading="The validation loss ends above the training loss, by more than a little. The"
            " report's own two losses are the other way round, 0.5514 and 0.6235; ours are of other"
            " letters, of fonts that are not in the training part.",
        ),
        Claim(
            "softmax-plateau",
            "both the accuracy and loss values have plateaued 1 epoch",
            "Part B, Task 1, model 1",
            all_of(
                similar(
                    _tested("1"), _tested("1", 1), 0.02, reason="two points are seen in a curve"
                ),
                similar(_loss("1"), _loss("1", 1), 0.05, reason="a tenth of the report's loss"),
            ),
            reading="From the first epoch to the last, neither changes much.",
        ),
        Claim(
            "2-improves",
            "This model has shown an improvement in terms of accuracy",
            "Part B, Task 1, model 2",
            greater(_tested("2"), _tested("1")),
        ),
        Claim(
            "2-converges",
            "the loss converges after 4 epochs",
            "Part B, Task 1, model 2",
            similar(
                _loss("2"), _loss("2", 4), 0.03, reason="a tenth of the report's loss of model 2"
            ),
        ),
        Claim(
            "2-overfits",
            "after 6 epochs we can see that model is starting to overfit",
            "Part B, Task 1, model 2",
            greater(_loss("2"), _loss("2", 6)),
        ),
        Claim(
            "3-improves",
            "In Model3 we can see a very small improvement in accuracy",
            "Part B, Task 1, comparative study",
            all_of(
                greater(_tested("3"), _tested("2")),
                similar(_tested("3"), _tested("2"), _SMALL_STEP, reason=_WHY_SMALL_STEP),
            ),
        ),
        Claim(
            "3-overfits-earlier",
            "model started to overfit earlier than the previous models at 4 epochs",
            "Part B, Task 1, comparative study",
            greater(_lowest("2"), _lowest("3")),
        ),
        Claim(
            "4-overfits-more",
            "the overfitting effect of overfitting is even more predominant and starts earlier at"
            " around 3 epochs",
            "Part B, Task 1, comparative study",
            all_of(
                greater(_rise("4"), _rise("3")),
                greater(_lowest("3"), _lowest("4")),
            ),
            reading="The loss on the test images ends further above its lowest, which is earlier.",
        ),
        Claim(
            "more-and-more",
            "As we keep increasing the number hidden layers, we can see that the model tends to"
            " overfit more and more.",
            "Part B, Task 1, comparative study",
            all_of(greater(_gap("3"), _gap("2")), greater(_gap("4"), _gap("3"))),
            reading=_READING_OF_OVERFITTING,
        ),
        Claim(
            "minute-differences",
            "the test accuracies are high with minute differences",
            "Part B, Task 1, comparative study",
            all_of(
                similar(_tested("2"), _tested("3"), _SMALL_STEP, reason=_WHY_SMALL_STEP),
                similar(_tested("3"), _tested("4"), _SMALL_STEP, reason=_WHY_SMALL_STEP),
                similar(_tested("2"), _tested("4"), _SMALL_STEP, reason=_WHY_SMALL_STEP),
            ),
        ),
        Claim(
            "poor-generalization",
            "their generalization capability is very poor",
            "Part B, Task 1, comparative study",
            all_of(
                greater(_loss("2"), _fitted("2"), 0.05, reason=_WHY_POOR),
                greater(_loss("3"), _fitted("3"), 0.05, reason=_WHY_POOR),
                greater(_loss("4"), _fitted("4"), 0.05, reason=_WHY_POOR),
            ),
            reading="Said of models 2, 3 and 4. The validation loss ends above the training loss,"
            " by more than a little.",
        ),
    ),
    deviations=_MODEL_B,
)


def _worsens() -> AllOf:
    """Expect that accuracy falls and the loss while training rises with the dropout rate."""
    return all_of(
        greater(_tested("0.2"), _tested("0.4")),
        greater(_tested("0.4"), _tested("0.6")),
        greater(_fitted("0.4"), _fitted("0.2")),
        greater(_fitted("0.6"), _fitted("0.4")),
    )


_READING_OF_WORSENS = (
    "The accuracy on the test images falls and the loss while training, which rises in the report's"
    " own numbers, rises."
)

dropout = Experiment(
    key="dropout",
    question="What does dropout change in model 3?",
    dataset="notmnist",
    stands_for=ARCHIVE,
    arms=(
        Arm("none", WITH_KERAS, PLAIN),
        Arm("0.2", _with_keras(dropout=0.2), PLAIN),
        Arm("0.4", _with_keras(dropout=0.4), PLAIN),
        Arm("0.6", _with_keras(dropout=0.6), PLAIN),
        Arm("0.4-0.2", _with_keras(dropout=(0.4, 0.2)), PLAIN),
    ),
    protocol=LETTERS_50,
    reported=(
        *_of_letters(
            "0.2", "Part B, Task 2, model 3, 0.2", ("0.1573", "0.9477", "0.2775", "0.9321")
        ),
        _overfits_after("0.2", "13", "Part B, Task 2, model 3, 0.2", 2),
        *_of_letters(
            "0.4", "Part B, Task 2, model 3, 0.4", ("0.2628", "0.9153", "0.2414", "0.9298")
        ),
        *_of_letters(
            "0.6", "Part B, Task 2, model 3, 0.6", ("0.3700", "0.8847", "0.2826", "0.9151")
        ),
        *_of_letters(
            "0.4-0.2",
            "Part B, Task 2, model 3, 0.4 and 0.2",
            ("0.2488", "0.9195", "0.2393", "0.9312"),
        ),
        _overfits_after("0.4-0.2", "50", "Part B, Task 2, model 3, 0.4 and 0.2", 5),
    ),
    claims=(
        Claim(
            "0.2-later",
            "now the model starts to overfit only after 13 epochs",
            "Part B, Task 2, model 3",
            greater(_lowest("0.2"), _lowest("none")),
            reading="Later than without dropout.",
        ),
        Claim(
            "0.2-better",
            "This allows the model to learn better and not depend on a single incoming connection.",
            "Part B, Task 2, model 3",
            greater(_tested("0.2"), _tested("none")),
        ),
        Claim(
            "worsens",
            "as we increase the probability, the accuracy tends to decrease, and loss starts to"
            " increase",
            "Part B, Task 2, model 3",
            _worsens(),
            reading=_READING_OF_WORSENS,
        ),
        Claim(
            "causes-overfitting",
            "thus causing the model to overfit",
            "Part B, Task 2, model 3",
            all_of(greater(_gap("0.4"), _gap("0.2")), greater(_gap("0.6"), _gap("0.4"))),
            reading=f"Said of an increasing dropout probability. {_READING_OF_OVERFITTING}",
        ),
        Claim(
            "slower",
            "The model takes a longer time to converge.",
            "Part B, Task 2, model 3",
            all_of(
                greater(_lowest("0.4"), _lowest("0.2")),
                greater(_lowest("0.6"), _lowest("0.4")),
            ),
            reading="With a higher dropout rate the loss on the test images is lowest later.",
        ),
        Claim(
            "ideal-does-not-overfit",
            "0.4 for the 1st hidden layer and 0.2 for the second hidden layer. This produces a"
            " model that does not overfit",
            "Part B, Task 2, model 3",
            _stays_low("0.4-0.2"),
            reading="The loss on the test images does not end above its lowest.",
        ),
        Claim(
            "ideal-converges-late",
            "and starts to converge around 50 epochs",
            "Part B, Task 2, model 3",
            beyond(_lowest("0.4-0.2"), 40, reason="forty is no longer around fifty"),
            reading="The loss on the test images is lowest near the last epoch.",
        ),
        Claim(
            "ideal-most-accurate",
            "with the highest possible accuracy",
            "Part B, Task 2, model 3",
            all_of(
                greater(_tested("0.4-0.2"), _tested("none")),
                greater(_tested("0.4-0.2"), _tested("0.2")),
                greater(_tested("0.4-0.2"), _tested("0.4")),
                greater(_tested("0.4-0.2"), _tested("0.6")),
            ),
        ),
    ),
    deviations=(*_MODEL_B, EPOCHS_3),
)

dropout_deeper = Experiment(
    key="dropout-deeper",
    question="What does dropout change in model 4?",
    dataset="notmnist",
    stands_for=ARCHIVE,
    arms=(
        Arm("none", _with_keras(hidden_units=MODEL_4), PLAIN),
        Arm("0.2", _with_keras(hidden_units=MODEL_4, dropout=0.2), PLAIN),
        Arm("0.4", _with_keras(hidden_units=MODEL_4, dropout=0.4), PLAIN),
        Arm("0.6", _with_keras(hidden_units=MODEL_4, dropout=0.6), PLAIN),
    ),
    protocol=LETTERS_20,
    reported=_of_letters(
        "0.4", "Part B, Task 2, model 4", ("0.2367", "0.9255", "0.2338", "0.9330")
    ),
    claims=(
        Claim(
            "similar-pattern",
            "A similar pattern of results was observed with the Model 4 as the Dropout"
            " probabilities were increased.",
            "Part B, Task 2, model 4",
            _worsens(),
            reading=_READING_OF_WORSENS,
        ),
        Claim(
            "corrected",
            "the overfitting from Task1 was corrected using the Dropout technique with a dropout"
            " probability of 0.4 for all the hidden layers",
            "Part B, Task 2, model 4",
            all_of(
                greater(_rise("none"), _rise("0.4")),
                greater(_gap("none"), _gap("0.4")),
            ),
            reading="With dropout the loss on the test images ends less far above its lowest, and"
            " above that on the training images.",
        ),
    ),
    deviations=(*_MODEL_B, EPOCHS_4, RATES_4),
)

batch_norm = Experiment(
    key="batch-norm",
    question="Does batch normalization make training faster?",
    dataset="notmnist",
    stands_for=ARCHIVE,
    arms=(
        Arm("3", WITH_KERAS, PLAIN, shared="depth/3"),
        Arm("3 normalized", _normalized(), PLAIN),
        Arm("4", _with_keras(hidden_units=MODEL_4), PLAIN, shared="depth/4"),
        Arm("4 normalized", _normalized(hidden_units=MODEL_4), PLAIN),
    ),
    protocol=LETTERS_10,
    claims=(
        Claim(
            "faster",
            "the network will have normalized data coming in and normalized data within the model"
            " thus reducing the training time",
            "Part C, benefits",
            all_of(
                greater(_tested("3 normalized", 1), _tested("3", 1)),
                greater(_tested("4 normalized", 1), _tested("4", 1)),
            ),
            reading="After one epoch the accuracy on the test images is higher.",
        ),
        Claim(
            "stabilizes",
            "thereby stabilizes the training process",
            "Part C, benefits",
            all_of(
                greater(Value("3", "test_loss_upward"), Value("3 normalized", "test_loss_upward")),
                greater(Value("4", "test_loss_upward"), Value("4 normalized", "test_loss_upward")),
            ),
            reading="A training is more stable if the upward steps of its loss on the test images"
            " sum to less.",
        ),
    ),
    deviations=(*_MODEL_B, BATCH_NORM),
)

_NOT_WORSE = 0.005
_WHY_NOT_WORSE = "half a point: less would not be called worse"

learning_rates = Experiment(
    key="learning-rates",
    question="Does batch normalization allow higher learning rates?",
    dataset="notmnist",
    stands_for=ARCHIVE,
    arms=(
        Arm("0.001", WITH_KERAS, PLAIN, shared="depth/3"),
        Arm("0.01", _with_keras(learning_rate=0.01), PLAIN),
        Arm("0.1", _with_keras(learning_rate=0.1), PLAIN),
        Arm("0.001 normalized", _normalized(), PLAIN, shared="batch-norm/3 normalized"),
        Arm("0.01 normalized", _normalized(learning_rate=0.01), PLAIN),
        Arm("0.1 normalized", _normalized(learning_rate=0.1), PLAIN),
    ),
    protocol=LETTERS_10,
    claims=(
        Claim(
            "allows",
            "Batch normalization also allows us to use higher learning rates",
            "Part C, benefits",
            all_of(
                greater(_tested("0.01 normalized"), _tested("0.01")),
                count_learning("0.1 normalized", "0.1"),
                greater(
                    _tested("0.01 normalized"),
                    _tested("0.001 normalized"),
                    -_NOT_WORSE,
                    reason=_WHY_NOT_WORSE,
                ),
            ),
            reading="At ten times the rate it is better than without, and no worse than before; at"
            " a hundred times more networks learn than without.",
        ),
        Claim(
            "accelerates",
            "thus accelerating the training process for a faster convergence",
            "Part C, benefits",
            greater(_tested("0.01 normalized", 1), _tested("0.001 normalized", 1)),
            reading="With batch normalization the higher rate is ahead after one epoch.",
        ),
    ),
    deviations=(*_MODEL_B, BATCH_NORM, HIGHER_RATES),
)

without_dropout = Experiment(
    key="without-dropout",
    question="Does batch normalization regularize, so that dropout is not needed?",
    dataset="notmnist",
    stands_for=ARCHIVE,
    arms=(
        Arm("none", WITH_KERAS, PLAIN, shared="depth/3"),
        Arm("normalized", _normalized(), PLAIN, shared="batch-norm/3 normalized"),
        Arm("dropout", _with_keras(dropout=(0.4, 0.2)), PLAIN),
        Arm("both", _normalized(dropout=(0.4, 0.2)), PLAIN),
    ),
    protocol=LETTERS_10,
    claims=(
        Claim(
            "without-dropout",
            "and enables us to create a better generalized model even without a Dropout",
            "Part C, benefits",
            all_of(
                greater(_tested("normalized"), _tested("none")),
                greater(
                    _tested("normalized"), _tested("dropout"), -_NOT_WORSE, reason=_WHY_NOT_WORSE
                ),
                greater(_tested("normalized"), _tested("both"), -_NOT_WORSE, reason=_WHY_NOT_WORSE),
            ),
            reading="With batch normalization alone the accuracy on the test images is higher than"
            " with nothing, and no lower than with dropout, or with both.",
        ),
    ),
    deviations=(*_MODEL_B, BATCH_NORM, WITHOUT_DROPOUT),
)

inputs = Experiment(
    key="inputs",
    question="Does it help to normalize the input data?",
    dataset="notmnist",
    stands_for=ARCHIVE,
    arms=(
        Arm("normalized", WITH_KERAS, PLAIN, shared="depth/3"),
        Arm("raw", WITH_KERAS),
    ),
    protocol=LETTERS_10,
    claims=(
        Claim(
            "faster-and-more-accurate",
            "the input data is normalized to train the network faster and accurately",
            "Part C, why",
            count_learning("normalized", "raw"),
            reading="More networks learn from pixels from 0 to 1 than from pixels from 0 to 255. Of"
            " those that do not learn, speed and accuracy cannot be compared.",
        ),
    ),
    deviations=(*_MODEL_B, RAW_PIXELS),
)

curves_of_clothes = Experiment(
    key="curves-alone-clothes",
    question="Is 'overfitting', told from one training's curves, supported over seeds? Part A.",
    dataset="fashion_mnist",
    arms=(
        Arm("softmax", _by_hand(hidden_units=SOFTMAX), PLAIN, shared="softmax/softmax"),
        Arm("A", _by_hand(hidden_units=SMALL), PLAIN, shared="hidden-layers/A"),
        Arm("B", _by_hand(hidden_units=LARGE), PLAIN, shared="hidden-layers/B"),
    ),
    protocol=OUR_CLOTHES,
    claims=(
        Claim(
            "A-rises",
            "Architecture A's loss on the test images ends above its lowest.",
            "our question",
            beyond(_rise("A"), RISE, reason=_WHY_RISE),
        ),
        Claim(
            "B-rises",
            "Architecture B's loss on the test images ends above its lowest.",
            "our question",
            beyond(_rise("B"), RISE, reason=_WHY_RISE),
        ),
        Claim(
            "still-more-accurate",
            "After the 150 epochs from which on they are said to overfit, both architectures become"
            " more accurate on the test images.",
            "our question",
            all_of(
                greater(_tested("A"), _tested("A", 150)),
                greater(_tested("B"), _tested("B", 150)),
            ),
        ),
        Claim(
            "layers-widen-the-gap",
            "With one or two hidden layers the loss on the test images is further above that on the"
            " training images than with none.",
            "our question",
            all_of(greater(_gap("A"), _gap("softmax")), greater(_gap("B"), _gap("softmax"))),
            reading="In place of 'The addition of hidden layers might be causing the models to"
            " overfit', which says what may be.",
        ),
        Claim(
            "wider-gap-lower-loss",
            "The wider gap between test and training loss goes with the lower test loss: the"
            " networks with hidden layers, said to overfit, do better than the one that is not.",
            "our question",
            all_of(
                greater(_gap("A"), _gap("softmax")),
                greater(_gap("B"), _gap("softmax")),
                greater(_loss("softmax"), _loss("A")),
                greater(_loss("softmax"), _loss("B")),
            ),
        ),
    ),
    deviations=_MODEL_A,
    ours=True,
)

curves_of_letters = Experiment(
    key="curves-alone-letters",
    question="Is 'overfitting', told from one training's curves, supported over seeds? Part B.",
    dataset="notmnist",
    stands_for=ARCHIVE,
    arms=(
        Arm("1", _with_keras(hidden_units=SOFTMAX), PLAIN, shared="depth/1"),
        Arm("2", _with_keras(hidden_units=MODEL_2), PLAIN, shared="depth/2"),
        Arm("3", WITH_KERAS, PLAIN, shared="depth/3"),
        Arm("4", _with_keras(hidden_units=MODEL_4), PLAIN, shared="depth/4"),
    ),
    protocol=OUR_LETTERS,
    claims=(
        Claim(
            "1-does-not-rise",
            "The loss of model 1 on the test images, said to overfit significantly, does not end"
            " above its lowest.",
            "our question",
            _stays_low("1"),
        ),
        Claim(
            "2-rises",
            "Model 2's loss on the test images ends above its lowest.",
            "our question",
            beyond(_rise("2"), RISE, reason=_WHY_RISE),
        ),
        Claim(
            "3-rises",
            "Model 3's loss on the test images ends above its lowest.",
            "our question",
            beyond(_rise("3"), RISE, reason=_WHY_RISE),
        ),
        Claim(
            "4-rises",
            "Model 4's loss on the test images ends above its lowest.",
            "our question",
            beyond(_rise("4"), RISE, reason=_WHY_RISE),
        ),
        Claim(
            "still-as-accurate",
            "From the epochs on at which they are said to overfit, models 2, 3 and 4 lose no"
            " accuracy on the test images.",
            "our question",
            all_of(
                greater(_tested("2"), _tested("2", 6), -RISE, reason=_WHY_RISE),
                greater(_tested("3"), _tested("3", 4), -RISE, reason=_WHY_RISE),
                greater(_tested("4"), _tested("4", 3), -RISE, reason=_WHY_RISE),
            ),
        ),
    ),
    deviations=_MODEL_B,
    ours=True,
)

what_may_be = Experiment(
    key="what-may-be",
    question="What does batch normalization do of which part C says that it may be so, or is so in"
    " some cases?",
    dataset="notmnist",
    stands_for=ARCHIVE,
    arms=(
        Arm("3", WITH_KERAS, PLAIN, shared="depth/3"),
        Arm("3 normalized", _normalized(), PLAIN, shared="batch-norm/3 normalized"),
        Arm("4", _with_keras(hidden_units=MODEL_4), PLAIN, shared="depth/4"),
        Arm(
            "4 normalized",
            _normalized(hidden_units=MODEL_4),
            PLAIN,
            shared="batch-norm/4 normalized",
        ),
    ),
    protocol=OUR_LETTERS,
    claims=(
        Claim(
            "more-accurate",
            "With batch normalization models 3 and 4 end more accurate on the test images.",
            "our question",
            all_of(
                greater(_tested("3 normalized"), _tested("3")),
                greater(_tested("4 normalized"), _tested("4")),
            ),
            reading="In place of 'normalizing the input data alone might still not be enough'.",
        ),
        Claim(
            "regularizes-model-3",
            "With batch normalization model 3 overfits less.",
            "our question",
            greater(_gap("3"), _gap("3 normalized")),
            reading="In place of 'In some cases, it also acts as a regularizer'. "
            + _READING_OF_OVERFITTING,
        ),
    ),
    deviations=(*_MODEL_B, BATCH_NORM),
    ours=True,
)

gradient_descent = Experiment(
    key="gradient-descent",
    question="What would plain gradient descent have reached in as many steps? The report does not"
    " say its optimizer.",
    dataset="fashion_mnist",
    arms=(
        Arm("softmax adam", _by_hand(hidden_units=SOFTMAX), PLAIN, shared="softmax/softmax"),
        Arm(
            "softmax descent",
            _by_hand(hidden_units=SOFTMAX, optimizer="sgd", learning_rate=0.1),
            PLAIN,
        ),
        Arm("A adam", _by_hand(hidden_units=SMALL), PLAIN, shared="hidden-layers/A"),
        Arm("A descent", _by_hand(hidden_units=SMALL, optimizer="sgd", learning_rate=0.1), PLAIN),
    ),
    protocol=OUR_CLOTHES,
    claims=(
        Claim(
            "softmax-lags",
            "On the softmax layer gradient descent at a rate of 0.1 ends at a higher training loss"
            " than Adam.",
            "our question",
            greater(_trained("softmax descent"), _trained("softmax adam")),
        ),
        Claim(
            "hidden-layer-lags",
            "On architecture A gradient descent at a rate of 0.1 ends at a higher training loss"
            " than Adam.",
            "our question",
            greater(_trained("A descent"), _trained("A adam")),
        ),
        Claim(
            "does-not-overfit",
            "In as many steps, gradient descent does not overfit: the test loss of architecture A"
            " does not end above its lowest.",
            "our question",
            _stays_low("A descent"),
        ),
    ),
    deviations=_MODEL_A,
    ours=True,
)

_MET = 0.005
_WHY_MET = "a hundredth of the losses, and half of the last digit of an accuracy printed as 0.83"


def _near(value: Value, stated: float) -> tuple[Beyond, Beyond]:
    """Expect that a value is what the report states, or nearly."""
    return (
        beyond(value, stated - _MET, reason=_WHY_MET),
        below(value, stated + _MET, reason=_WHY_MET),
    )


softmax_longer = Experiment(
    key="softmax-longer",
    question="At which iteration does the softmax layer's curve meet the report's four numbers?",
    dataset="fashion_mnist",
    arms=(Arm("softmax", _by_hand(hidden_units=SOFTMAX), PLAIN),),
    protocol=LONGER,
    claims=(
        Claim(
            "losses-pass",
            "Between iterations 500 and 700 both losses fall below the report's.",
            "our question",
            all_of(
                beyond(_fitted("softmax", 500), 0.4621571, reason="the report's training loss"),
                below(_fitted("softmax", 700), 0.4621571, reason="the report's training loss"),
                beyond(_loss("softmax", 500), 0.49859193, reason="the report's validation loss"),
                below(_loss("softmax", 700), 0.49859193, reason="the report's validation loss"),
            ),
        ),
        Claim(
            "all-four-near-560",
            "Near iteration 560 all four numbers are the report's at once.",
            "our question",
            all_of(
                *_near(_learnt("softmax", 560), 0.8471),
                *_near(_fitted("softmax", 560), 0.4621571),
                *_near(_tested("softmax", 560), 0.83),
                *_near(_loss("softmax", 560), 0.49859193),
            ),
            reading="Each within 0.005. While all images are one batch, the numbers of the training"
            " images are those of the weights one iteration before.",
        ),
    ),
    deviations=(*_MODEL_A, LONGER_A),
    ours=True,
)

REPORT = Report(
    key="r00182510",
    title="Deep Learning Assignment Report",
    author="R00182510",
    year=2020,
    source="an assignment of a course on deep learning, signed with a student's number and undated;"
    " the year is inferred from its calls, which are those of TensorFlow 2 of 2019",
    experiments=(
        softmax,
        hidden_layers,
        penalties,
        shrinkage,
        depth,
        dropout,
        dropout_deeper,
        batch_norm,
        learning_rates,
        without_dropout,
        inputs,
        curves_of_clothes,
        curves_of_letters,
        what_may_be,
        gradient_descent,
        softmax_longer,
    ),
)
"""The report, declared whole."""
