"""Anne Groth's report of January 2019: what each parameter of a LeNet does, declared.

One factor at a time is changed from a table of initial values, on MNIST and on CIFAR-10. What the
report leaves unsaid was set once, before the first run on real data, from examples and defaults of
its framework and year; each such setting is a numbered deviation with its source.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from sklearn.base import clone

from nnest.builders import build_cnn
from nnest.datasets import describe as describe_dataset
from nnest.estimators import CNNClassifier
from nnest.experiments import (
    Arm,
    Claim,
    Deviation,
    Experiment,
    Protocol,
    Report,
    Reported,
    Similar,
    Size,
    Value,
    all_of,
    count_learning,
    different,
    greater,
    similar,
)
from nnest.preprocessing import PixelScaler

__all__ = ["MNIST_TEST", "MNIST_TRAIN", "REPORT"]

# Literals, which a test holds to the data: exact numbers are computed where no data is.
MNIST_TRAIN = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
"""How many training images each digit has."""

MNIST_TEST = (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
"""How many test images each digit has."""

_KERAS_EXAMPLE = "Keras's example mnist_cnn.py as of January 2019"
_DEFAULTS = "the defaults of Keras 2.2.4 (October 2018)"
_CAFFE = "Caffe's LeNet for MNIST, which DIGITS offers and whose 20 and 50 filters Table 1 has"

FRAMEWORK = Deviation(
    1,
    ours="Keras 3 on JAX",
    theirs="Keras from TensorFlow, its version not said",
    why="The layers are the same; the order of summation and the random numbers are not.",
    source="the report's Section 3",
)
DENSE = Deviation(
    2,
    ours="one dense layer of 500 units before the output, with the activation of the convolutions",
    theirs="LeNet, in a figure; the units of its dense layers not said",
    why="The number of the network that has the report's other numbers.",
    source=_CAFFE,
)
PADDING = Deviation(
    3,
    ours="convolutions without padding",
    theirs="not said; Equation 5 gives 24 from 28 pixels with a kernel of 5 and zero padding of 0",
    why="The framework's default, that of the original network, and what the equation computes.",
    source=f"the report's Section 2.2.2; {_DEFAULTS}; {_CAFFE}",
)
STRIDE_PADDING = Deviation(
    4,
    ours="where strides are compared, all arms pad with zeros, that of stride 1 too",
    theirs="not said; padding is called beneficial or necessary",
    why="Without padding a stride of 2 leaves one pixel of MNIST's images after the second"
    " convolution, which a window of 2 cannot pool.",
    source="the report's Section 2.2.2",
)
PIXELS = Deviation(
    5,
    ours="pixels divided by 255",
    theirs="not said",
    why="The example does it.",
    source=_KERAS_EXAMPLE,
)
INITIALIZATION = Deviation(
    6,
    ours="Glorot's uniform initialization, zero biases",
    theirs="not said for the initial values",
    why="The framework's defaults, then and now.",
    source=_DEFAULTS,
)
LOSS = Deviation(
    7,
    ours="softmax and cross-entropy",
    theirs="a loss, which one not said",
    why="The example has it, for the same ten classes.",
    source=_KERAS_EXAMPLE,
)
SEEDS = Deviation(
    8,
    ours="seeds 0 to 9 at full scale, 0 to 4 at lite scale",
    theirs="the same 4 seeds for each value, not named",
    why="More than 4, so that a difference of the size that seeds make is seen for what it is.",
    source="the report's Section 3",
)
VALIDATION = Deviation(
    9,
    ours="the accuracy on the official test part, as the metric test_accuracy",
    theirs="validation accuracy, its images not said",
    why="The report names training and test images only, and counts both.",
    source="the report's Sections 3 and 4.2",
)
VALIDATION_BATCH = Deviation(
    10,
    ours="as many images at once as the machine takes when the test images are classified",
    theirs="a batch size of 16 for validation",
    why="It changes no prediction: the network has neither batch normalization nor dropout.",
    source="the report's Table 1",
)
BATCH_SIZES = Deviation(
    11,
    ours="batches of 16, 32 and 128",
    theirs="different batch sizes, the numbers not said but for 32",
    why="Powers of two about 32, as the report says that they are usually chosen.",
    source="the report's Section 2.1.1",
)
SOLVERS = Deviation(
    12,
    ours="SGD at 0.5, RMSprop and Adam at 0.001, Adagrad at 0.01, Adadelta at 1.0",
    theirs="solvers, not named but for SGD; their rates tuned, the numbers not said",
    why="The framework's solvers for all purposes, each at the rate that was its default then;"
    " Adagrad's sums begin at 0.1 in Keras 3 and began at 0.",
    source=_DEFAULTS,
)
RATES = Deviation(
    13,
    ours="learning rates of 0.5, 0.1, 0.01 and 0.001",
    theirs="different learning rates, the numbers not said but for 0.5",
    why="0.01 is the framework's default for SGD; the others lie a power of ten away.",
    source=_DEFAULTS,
)
LONGER = Deviation(
    14,
    ours="twice as many epochs for rates of 0.5 and 0.01",
    theirs="more epochs, their number and the rates not said",
    why="The default rate is the lower one of the two that people would try first.",
    source=_DEFAULTS,
)
INITIALIZERS = Deviation(
    15,
    ours="normal with mean 0, normal with mean 1, and uniform from -0.05 to 0; standard deviations"
    " of 0.05; biases zero",
    theirs="different values; normal around 1 and only negative ones, their spread not said",
    why="The framework's defaults of random weights, moved or cut as the report says.",
    source=_DEFAULTS,
)
KERNELS = Deviation(
    16,
    ours="kernels of 1, 3, 5 and 7 pixels, in both convolutions",
    theirs="different kernel sizes, the numbers not said but for 1 and 5",
    why="Odd sizes about 5.",
    source="our choice",
)
STRIDES = Deviation(
    17,
    ours="strides of 1, 2 and 3, in both convolutions",
    theirs="different strides, the numbers not said but for 1",
    why="Larger ones leave nothing of MNIST's images to pool.",
    source="our choice",
)
FILTERS = Deviation(
    18,
    ours="5 and 12, 10 and 25, 20 and 50 filters",
    theirs="different amounts of filters, the numbers not said but for 20 and 50",
    why="The initial values halved once and twice; twice as many are four times the arithmetic.",
    source="our choice",
)
LAYERS = Deviation(
    19,
    ours="one convolution is the first with its pooling; without any, the dense layer sees pixels",
    theirs="2, 1 and no convolutional layers, which one is left not said",
    why="The first one sees the image.",
    source="our choice",
)
POOLINGS = Deviation(
    20,
    ours="one layer of pooling is the one after the first convolution; average is the arithmetic"
    " mean",
    theirs="one layer, which not said; the average is called L2-norm",
    why="The framework's average pooling is the mean, and it has no pooling by a norm.",
    source=_DEFAULTS,
)
LITE_SIZE = Deviation(
    21,
    ours="at lite scale 10000 training images, 5 epochs, 5 seeds for all arms",
    theirs="100 epochs of all training images, 4 seeds",
    why="So that two processor cores can train each of more than fifty arms often enough. What is"
    " said of final accuracies is said of a short training then, 1565 steps at batches of 32; the"
    " report's own size is the full scale. Numbers are not judged at lite scale.",
    source="our choice",
)
HARDWARE = Deviation(
    22,
    ours="times of trainings on a machine that other programs share",
    theirs="hardware not said, and no time stated",
    why="Only networks are compared whose arithmetic differs at least by half, or batches that"
    " differ eightfold, so that the load of the machine cannot turn the sign.",
    source="our choice",
)

LOWER_RATE = Deviation(
    23,
    ours="the factors asked once more on CIFAR-10, at a learning rate of 0.1",
    theirs="a learning rate of 0.5, but where the rate is the factor",
    why="In our first trainings most networks learnt nothing of CIFAR-10 at 0.5, and networks that"
    " learn nothing cannot be compared. Declared when those had been seen, and before the first"
    " training at this rate, the next one of deviation 13; what is said of it is our question.",
    source="our choice",
)
LOWER_RATE_MNIST = Deviation(
    24,
    ours="the factors asked once more on MNIST, at a learning rate of 0.1, and solvers beside SGD"
    " at 0.1, with 10 seeds at lite scale; a margin of one percentage point",
    theirs="a learning rate of 0.5, but where the rate is the factor; 4 seeds",
    why="In our trainings three of five networks with the initial values learn nothing of MNIST"
    " either, and more seeds of them would say no more. Of five seeds at 0.1 pairs of accuracies"
    " differ by a standard deviation of 0.002 to 0.004, and of arms that learn at 0.5 up to 0.007:"
    " 10 seeds show a margin of 0.01 four times in five at a deviation of 0.006, and a margin of"
    " 0.005 needs 28. Declared, with the number of seeds, when the trainings at 0.5 and those of"
    " other factors than the rate on CIFAR-10 had been seen, and before the first new one; what is"
    " said of it is our question.",
    source="our choice",
)
GRADIENTS = Deviation(
    25,
    ours="the norm of the gradient of the loss of a batch, all weights together, at the first step"
    " and the largest of the first 32; 10 seeds at lite scale",
    theirs="exploding gradients named as a possible reason; not measured",
    why="A loss says nothing of a gradient. Declared when the norms of one seed had been looked at,"
    " and before the first recorded training; what is said of it is our question.",
    source="the report's Section 4.1.4",
)

_MODEL = (
    FRAMEWORK,
    DENSE,
    PADDING,
    PIXELS,
    INITIALIZATION,
    LOSS,
    SEEDS,
    VALIDATION,
    VALIDATION_BATCH,
    LITE_SIZE,
)

MNIST = Protocol(
    smoke=Size(epochs=2, seeds=2, n_train=200, dataset="digits", shape=(28, 28)),
    lite=Size(epochs=5, seeds=5, n_train=10_000),
    full=Size(epochs=100, seeds=10),
)
CIFAR10 = Protocol(
    smoke=Size(epochs=2, seeds=2, n_train=200, dataset="digits", shape=(32, 32), channels=3),
    lite=Size(epochs=5, seeds=5, n_train=10_000),
    full=Size(epochs=100, seeds=10),
)
MNIST_LONGER = replace(
    MNIST,
    smoke=replace(MNIST.smoke, epochs=3),
    lite=replace(MNIST.lite, epochs=10),
    full=replace(MNIST.full, epochs=200),
)
LOWER_MNIST = replace(MNIST, lite=replace(MNIST.lite, seeds=10))
FIRST_STEPS = replace(LOWER_MNIST, gradient_steps=32)

BASE = CNNClassifier(
    filters=(20, 50),
    kernel_size=5,
    strides=1,
    padding="valid",
    pooling="max",
    pool_size=2,
    hidden_units=(500,),
    activation="relu",
    optimizer="sgd",
    learning_rate=0.5,
    batch_size=32,
)
PLAIN = PixelScaler()


def _arm(name: str, shared: str | None = None, **changes: object) -> Arm:
    """Return the initial values with some settings changed, as an arm."""
    return Arm(name, clone(BASE).set_params(**changes), PLAIN, shared)


_INITIAL, _INITIAL_CIFAR10 = "learning-rate/0.5", "kernel-size-cifar10/5"
_AROUND_ONE = {"class_name": "RandomNormal", "config": {"mean": 1.0, "stddev": 0.05}}
_AROUND_ZERO = {"class_name": "RandomNormal", "config": {"mean": 0.0, "stddev": 0.05}}
_NEGATIVE = {"class_name": "RandomUniform", "config": {"minval": -0.05, "maxval": 0.0}}

# What the report would call a significant change of a curve, and what it would not.
VISIBLE, VISIBLE_CIFAR10 = 0.005, 0.02
_WHY_VISIBLE = (
    "half a percentage point, about half of the network's mistakes: curves that end closer to each"
    " other cannot be told apart in a figure of accuracies"
)
_WHY_VISIBLE_CIFAR10 = (
    "two percentage points, where a network makes about forty mistakes in a hundred: curves that"
    " end closer to each other cannot be told apart in a figure of accuracies"
)
SMALL = 0.02
_WHY_SMALL = "a change of more than two percentage points is not small where 98 % are right"
_READING_OF_FAILING = (
    "Fewer networks learn, that is, do not give all test images one class; seed by seed."
)


def _tested(arm: str, epoch: int | str = "last") -> Value:
    """Return an arm's accuracy on the test images."""
    return Value(arm, "test_accuracy", epoch)


def _time(arm: str) -> Value:
    """Return the time that a training of an arm takes."""
    return Value(arm, "seconds")


def _alike(a: str, b: str) -> Similar:
    """Expect that two curves on MNIST end at the same place."""
    return similar(_tested(a), _tested(b), VISIBLE, reason=_WHY_VISIBLE)


def _alike_cifar10(a: str, b: str) -> Similar:
    """Expect that two curves on CIFAR-10 end at the same place."""
    return similar(_tested(a), _tested(b), VISIBLE_CIFAR10, reason=_WHY_VISIBLE_CIFAR10)


def _output_side() -> float:
    """Return the side of what a convolution of 5x5 makes of 28x28 pixels."""
    net = build_cnn((28, 28, 1), 10, filters=(1,), kernel_size=5, padding="valid", pooling=None)
    return float(net.get_layer("conv_1").output.shape[1])


def _classes(dataset: str) -> float:
    """Return how many classes a data set has."""
    return float(describe_dataset(dataset).n_classes)


def _images_of_a_class(part: str) -> float:
    """Return how many images of CIFAR-10 each class has: they are equally frequent."""
    info = describe_dataset("cifar10")
    return float(getattr(info, f"n_{part}") / info.n_classes)


batch_size = Experiment(
    key="batch-size",
    question="What does the batch size change?",
    dataset="mnist",
    arms=(
        _arm("16", batch_size=16),
        _arm("32", _INITIAL),
        _arm("128", batch_size=128),
    ),
    protocol=MNIST,
    claims=(
        Claim(
            "no-impact",
            "the batch size did not have a significant impact on the final accuracy",
            "Section 4.1.1",
            all_of(_alike("16", "32"), _alike("128", "32")),
        ),
    ),
    deviations=(*_MODEL, BATCH_SIZES),
)

solver = Experiment(
    key="solver",
    question="What does the solver change?",
    dataset="mnist",
    arms=(
        _arm("sgd", _INITIAL),
        _arm("rmsprop", optimizer="rmsprop", learning_rate=0.001),
        _arm("adagrad", optimizer="adagrad", learning_rate=0.01),
        _arm("adadelta", optimizer="adadelta", learning_rate=1.0),
        _arm("adam", optimizer="adam", learning_rate=0.001),
    ),
    protocol=MNIST,
    claims=(
        Claim(
            "same",
            "there was no significant difference, all of the graphs looked approximately the same",
            "Section 4.1.2",
            all_of(
                _alike("rmsprop", "sgd"),
                _alike("adagrad", "sgd"),
                _alike("adadelta", "sgd"),
                _alike("adam", "sgd"),
            ),
            reading="Each solver ends where the initial one does.",
        ),
    ),
    deviations=(*_MODEL, SOLVERS),
)

learning_rate = Experiment(
    key="learning-rate",
    question="What does the learning rate change?",
    dataset="mnist",
    arms=(
        _arm("0.5"),
        _arm("0.1", learning_rate=0.1),
        _arm("0.01", learning_rate=0.01),
        _arm("0.001", learning_rate=0.001),
    ),
    protocol=MNIST,
    claims=(
        Claim(
            "faster",
            "with a higher learning rate, the the accuracy raises faster",
            "Section 4.1.3 and Figure 6",
            all_of(
                greater(_tested("0.5", 1), _tested("0.1", 1)),
                greater(_tested("0.1", 1), _tested("0.01", 1)),
                greater(_tested("0.01", 1), _tested("0.001", 1)),
            ),
            reading="After one epoch each higher rate is ahead of the next lower one.",
        ),
    ),
    deviations=(*_MODEL, RATES),
)

learning_rate_longer = Experiment(
    key="learning-rate-longer",
    question="Does a lower learning rate end higher after more epochs?",
    dataset="mnist",
    arms=(_arm("0.5"), _arm("0.01", learning_rate=0.01)),
    protocol=MNIST_LONGER,
    claims=(
        Claim(
            "approaches",
            "an other training with more epochs has been made. And it can be seen from figure 6b"
            " that it approaches the same accuracy",
            "Section 4.1.3 and Figure 6b",
            _alike("0.01", "0.5"),
        ),
    ),
    deviations=(*_MODEL, RATES, LONGER),
)

initialization = Experiment(
    key="initialization",
    question="From which initial weights can the network learn?",
    dataset="mnist",
    arms=(
        _arm("glorot uniform", _INITIAL),
        _arm("normal around 0", kernel_initializer=_AROUND_ZERO),
        _arm("normal around 1", kernel_initializer=_AROUND_ONE),
        _arm("only negative", kernel_initializer=_NEGATIVE),
    ),
    protocol=MNIST,
    claims=(
        Claim(
            "negative-fails",
            "with only negative values, the network will not learn anything",
            "Section 4.1.4",
            count_learning("glorot uniform", "only negative"),
            reading=_READING_OF_FAILING,
        ),
        Claim(
            "around-one-fails",
            "normal distributed random weight initialization around 1 is not making the network"
            " learn",
            "Section 4.1.4",
            count_learning("glorot uniform", "normal around 1"),
            reading=_READING_OF_FAILING,
        ),
    ),
    deviations=(*_MODEL, INITIALIZERS),
)

activation = Experiment(
    key="activation",
    question="What does the activation function change?",
    dataset="mnist",
    arms=(
        _arm("relu", _INITIAL),
        _arm("softsign", activation="softsign"),
        _arm("tanh", activation="tanh"),
        _arm("linear", activation="linear"),
    ),
    protocol=MNIST,
    claims=(
        Claim(
            "same",
            "There was no significant differences with these activation functions.",
            "Section 4.1.5",
            all_of(_alike("softsign", "relu"), _alike("tanh", "relu"), _alike("linear", "relu")),
        ),
        Claim(
            "linear-not-worse",
            "the linear activation function would have resulted in a worse result, but not in these"
            " experiments",
            "Section 4.1.5",
            greater(_tested("linear"), _tested("relu"), -VISIBLE, reason=_WHY_VISIBLE),
        ),
    ),
    deviations=_MODEL,
)

activation_cifar10 = Experiment(
    key="activation-cifar10",
    question="Was the linear activation no worse because of the simplicity of the data set?",
    dataset="cifar10",
    arms=(_arm("relu", _INITIAL_CIFAR10), _arm("linear", activation="linear")),
    protocol=CIFAR10,
    deviations=_MODEL,
)

kernel_size_mnist = Experiment(
    key="kernel-size-mnist",
    question="What does the kernel size change on MNIST?",
    dataset="mnist",
    arms=(
        _arm("1", kernel_size=1),
        _arm("3", kernel_size=3),
        _arm("5", _INITIAL),
        _arm("7", kernel_size=7),
        _arm("no convolution", "layers-mnist/0", filters=()),
    ),
    protocol=MNIST,
    claims=(
        Claim(
            "only-one-lower",
            "There was only a significant change in the kernel size equal one in the mnist data"
            " set.",
            "Section 4.2.1 and Figure 7",
            all_of(
                greater(_tested("5"), _tested("1"), VISIBLE, reason=_WHY_VISIBLE),
                _alike("3", "5"),
                _alike("7", "5"),
            ),
        ),
    ),
    deviations=(*_MODEL, KERNELS, LAYERS),
)

kernel_size_cifar10 = Experiment(
    key="kernel-size-cifar10",
    question="What does the kernel size change on CIFAR-10?",
    dataset="cifar10",
    arms=(
        _arm("1", kernel_size=1),
        _arm("3", kernel_size=3),
        _arm("5"),
        _arm("7", kernel_size=7),
    ),
    protocol=CIFAR10,
    reported=(
        Reported(
            None,
            "n_images@test-part",
            1000,
            "Section 4.2",
            kind="exact",
            why="test images of each class",
            compute=partial(_images_of_a_class, "test"),
        ),
        Reported(
            None,
            "n_images@training-part",
            5000,
            "Section 4.2",
            kind="exact",
            why="training images of each class",
            compute=partial(_images_of_a_class, "train"),
        ),
        Reported(
            None,
            "n_classes",
            10,
            "Section 4.2",
            kind="exact",
            why="classes, which are listed by name",
            compute=partial(_classes, "cifar10"),
        ),
    ),
    claims=(
        Claim(
            "impact",
            "the different kernel sizes has an impact on the performance",
            "Section 4.2.1 and Figure 7",
            different(_tested("5"), _tested("1"), VISIBLE_CIFAR10, reason=_WHY_VISIBLE_CIFAR10),
            reading="The initial kernel and one of a single pixel end visibly apart, whichever is"
            " better.",
        ),
    ),
    deviations=(*_MODEL, KERNELS),
)


_STRIDES = (
    _arm("1", padding="same"),
    _arm("2", padding="same", strides=2),
    _arm("3", padding="same", strides=3),
)
_STRIDE_CLAIM = Claim(
    "larger-is-lower",
    "the stride have an impact on both data sets. It can be seen that a larger stride leads to a"
    " lower accuracy.",
    "Section 4.2.2 and Figure 8",
    all_of(greater(_tested("1"), _tested("2")), greater(_tested("2"), _tested("3"))),
)

stride_mnist = Experiment(
    key="stride-mnist",
    question="What does the stride change on MNIST?",
    dataset="mnist",
    arms=_STRIDES,
    protocol=MNIST,
    claims=(_STRIDE_CLAIM,),
    deviations=(*_MODEL, STRIDE_PADDING, STRIDES),
)

stride_cifar10 = Experiment(
    key="stride-cifar10",
    question="What does the stride change on CIFAR-10?",
    dataset="cifar10",
    arms=_STRIDES,
    protocol=CIFAR10,
    claims=(_STRIDE_CLAIM,),
    deviations=(*_MODEL, STRIDE_PADDING, STRIDES),
)

_MORE_ON_CIFAR10 = (
    "the amount of convolutional filterers have a larger impact on the cifar10 data set"
)

filters_mnist = Experiment(
    key="filters-mnist",
    question="What does the number of filters change on MNIST?",
    dataset="mnist",
    arms=(
        _arm("5-12", filters=(5, 12)),
        _arm("10-25", filters=(10, 25)),
        _arm("20-50", _INITIAL),
    ),
    protocol=MNIST,
    claims=(
        Claim(
            "little-on-mnist",
            _MORE_ON_CIFAR10,
            "Section 4.2.3 and Figure 9",
            similar(_tested("20-50"), _tested("5-12"), SMALL, reason=_WHY_SMALL),
            reading="On MNIST a quarter of the filters changes little; on CIFAR-10, as a claim of"
            " its own, it changes more than that.",
        ),
    ),
    deviations=(*_MODEL, FILTERS),
)

filters_cifar10 = Experiment(
    key="filters-cifar10",
    question="What does the number of filters change on CIFAR-10?",
    dataset="cifar10",
    arms=(
        _arm("5-12", filters=(5, 12)),
        _arm("10-25", filters=(10, 25)),
        _arm("20-50", _INITIAL_CIFAR10),
    ),
    protocol=CIFAR10,
    claims=(
        Claim(
            "more-on-cifar10",
            _MORE_ON_CIFAR10,
            "Section 4.2.3 and Figure 9",
            greater(_tested("20-50"), _tested("5-12"), SMALL, reason=_WHY_SMALL),
            reading="On CIFAR-10 a quarter of the filters lowers the accuracy by more than what is"
            " called small on MNIST.",
        ),
    ),
    deviations=(*_MODEL, FILTERS),
)

layers_mnist = Experiment(
    key="layers-mnist",
    question="How many convolutions does MNIST need?",
    dataset="mnist",
    arms=(_arm("0", filters=()), _arm("1", filters=(20,)), _arm("2", _INITIAL)),
    protocol=MNIST,
    claims=(
        Claim(
            "small-then-none",
            "There is a small change from no layers and none between one and two layers for the"
            " mnist.",
            "Section 4.2.4",
            all_of(
                greater(_tested("1"), _tested("0")),
                similar(_tested("1"), _tested("0"), SMALL, reason=_WHY_SMALL),
                _alike("2", "1"),
            ),
        ),
        Claim(
            "not-that-big",
            "it was considered that the convalutional layers did not have that big an impact on the"
            " performance",
            "Section 4.2",
            similar(_tested("2"), _tested("0"), SMALL, reason=_WHY_SMALL),
            reading="Without any convolution the accuracy on MNIST changes little.",
        ),
    ),
    deviations=(*_MODEL, LAYERS),
)

layers_cifar10 = Experiment(
    key="layers-cifar10",
    question="How many convolutions does CIFAR-10 need?",
    dataset="cifar10",
    arms=(_arm("0", filters=()), _arm("1", filters=(20,)), _arm("2", _INITIAL_CIFAR10)),
    protocol=CIFAR10,
    claims=(
        Claim(
            "increases",
            "the performance of the cifar 10 increases with the amount of convalutional layers",
            "Section 4.2.4",
            all_of(greater(_tested("1"), _tested("0")), greater(_tested("2"), _tested("1"))),
        ),
        Claim(
            "like-filters",
            "This result of this comparison degenerating equally to the amount of filters per"
            " layer.",
            "Section 4.2.4",
            greater(_tested("2"), _tested("0"), SMALL, reason=_WHY_SMALL),
            reading="As with fewer filters, on CIFAR-10 the accuracy falls by more than what is"
            " called small on MNIST.",
        ),
    ),
    deviations=(*_MODEL, LAYERS),
)

pooling_mnist = Experiment(
    key="pooling-mnist",
    question="What does pooling change on MNIST?",
    dataset="mnist",
    arms=(
        _arm("max", _INITIAL),
        _arm("one", pooling=("max", None)),
        _arm("none", pooling=None),
        _arm("average", pooling="average"),
    ),
    protocol=MNIST,
    claims=(
        Claim(
            "same",
            "There where no significant change in the performance. Neither on the mnist [...]",
            "Section 4.2.5",
            all_of(_alike("one", "max"), _alike("none", "max"), _alike("average", "max")),
        ),
    ),
    deviations=(*_MODEL, POOLINGS, HARDWARE),
)

pooling_cifar10 = Experiment(
    key="pooling-cifar10",
    question="What does pooling change on CIFAR-10?",
    dataset="cifar10",
    arms=(
        _arm("max", _INITIAL_CIFAR10),
        _arm("one", pooling=("max", None)),
        _arm("none", pooling=None),
        _arm("average", pooling="average"),
    ),
    protocol=CIFAR10,
    claims=(
        Claim(
            "same",
            "There where no significant change in the performance. Neither on the mnist nor the"
            " cifar data set.",
            "Section 4.2.5",
            all_of(
                _alike_cifar10("one", "max"),
                _alike_cifar10("none", "max"),
                _alike_cifar10("average", "max"),
            ),
        ),
    ),
    deviations=(*_MODEL, POOLINGS, HARDWARE),
)

architecture_mnist = Experiment(
    key="architecture-mnist",
    question="Does the architecture matter on MNIST at all?",
    dataset="mnist",
    arms=(
        _arm("initial", _INITIAL),
        _arm("kernel 3", "kernel-size-mnist/3", kernel_size=3),
        _arm("kernel 7", "kernel-size-mnist/7", kernel_size=7),
        _arm("filters 5-12", "filters-mnist/5-12", filters=(5, 12)),
        _arm("filters 10-25", "filters-mnist/10-25", filters=(10, 25)),
        _arm("one convolution", "layers-mnist/1", filters=(20,)),
        _arm("one pooling", "pooling-mnist/one", pooling=("max", None)),
        _arm("average pooling", "pooling-mnist/average", pooling="average"),
        _arm("no pooling", "pooling-mnist/none", pooling=None),
    ),
    protocol=MNIST,
    reported=(
        Reported(
            None,
            "n_images@test-part",
            1000,
            "Section 3",
            kind="exact",
            why="test images of each cipher: the fewest, since MNIST's digits are not equally"
            " frequent",
            compute=partial(min, MNIST_TEST),
        ),
        Reported(
            None,
            "n_images@training-part",
            6000,
            "Section 3",
            kind="exact",
            why="training images of each cipher: the fewest, since MNIST's digits are not equally"
            " frequent",
            compute=partial(min, MNIST_TRAIN),
        ),
        Reported(
            None,
            "n_classes",
            10,
            "Section 3",
            kind="exact",
            why="the ciphers from 0 to 9",
            compute=partial(_classes, "mnist"),
        ),
        Reported(
            None,
            "output_shape[0]@conv_1",
            24,
            "Section 2.2.2, Equation 5",
            kind="exact",
            why="the side of what a kernel of 5x5 makes of 28x28 pixels",
            compute=_output_side,
        ),
    ),
    claims=(
        Claim(
            "no-impact",
            "the architecture specific parameters did not have a significant impact on the results",
            "Section 4.2",
            all_of(
                _alike("kernel 3", "initial"),
                _alike("kernel 7", "initial"),
                _alike("filters 5-12", "initial"),
                _alike("filters 10-25", "initial"),
                _alike("one convolution", "initial"),
                _alike("one pooling", "initial"),
                _alike("average pooling", "initial"),
                _alike("no pooling", "initial"),
            ),
            reading="Said of MNIST; kernels of one pixel, strides and a network without convolution"
            " are left out, of which the report itself says otherwise.",
        ),
    ),
    deviations=(*_MODEL, KERNELS, FILTERS, LAYERS, POOLINGS),
)

solver_and_rate = Experiment(
    key="solver-and-rate",
    question="Which learning rate suits which solver? The report tuned rates and wished for other"
    " parameters of solvers.",
    dataset="mnist",
    arms=(
        _arm("sgd 0.5", _INITIAL),
        _arm("sgd 0.1", "learning-rate/0.1", learning_rate=0.1),
        _arm("sgd 0.01", "learning-rate/0.01", learning_rate=0.01),
        _arm("sgd 0.001", "learning-rate/0.001", learning_rate=0.001),
        _arm("adam 0.5", optimizer="adam", learning_rate=0.5),
        _arm("adam 0.1", optimizer="adam", learning_rate=0.1),
        _arm("adam 0.01", optimizer="adam", learning_rate=0.01),
        _arm("adam 0.001", "solver/adam", optimizer="adam", learning_rate=0.001),
    ),
    protocol=MNIST,
    claims=(
        Claim(
            "rate-turns-the-order",
            "At a rate of 0.5 SGD is better than Adam, at 0.001 Adam is better than SGD: solver and"
            " rate interact.",
            "our question",
            all_of(
                greater(_tested("sgd 0.5"), _tested("adam 0.5"), VISIBLE, reason=_WHY_VISIBLE),
                greater(_tested("adam 0.001"), _tested("sgd 0.001"), VISIBLE, reason=_WHY_VISIBLE),
            ),
        ),
        Claim(
            "alike-at-their-own",
            "Each at its own rate, 0.1 for SGD and 0.001 for Adam, they end at the same place.",
            "our question",
            _alike("sgd 0.1", "adam 0.001"),
        ),
        Claim(
            "adam-fails-high",
            "Adam learns nothing at the rate that the report took for SGD.",
            "our question",
            count_learning("adam 0.001", "adam 0.5"),
            reading=_READING_OF_FAILING,
        ),
    ),
    deviations=(*_MODEL, RATES),
    ours=True,
)

interactions = Experiment(
    key="interactions",
    question="Which factors interact, so that one at a time does not tell what they do?",
    dataset="mnist",
    arms=(
        _arm("initial", _INITIAL),
        _arm("batch 128", "batch-size/128", batch_size=128),
        _arm("tanh", "activation/tanh", activation="tanh"),
        _arm("rate 0.01", "learning-rate/0.01", learning_rate=0.01),
        _arm("rate 0.01, batch 128", learning_rate=0.01, batch_size=128),
        _arm("rate 0.01, tanh", learning_rate=0.01, activation="tanh"),
    ),
    protocol=MNIST,
    claims=(
        Claim(
            "batch-size-and-rate",
            "The batch size makes no difference at a rate of 0.5, and at 0.01 larger batches are"
            " worse.",
            "our question",
            all_of(
                _alike("batch 128", "initial"),
                greater(
                    _tested("rate 0.01"),
                    _tested("rate 0.01, batch 128"),
                    VISIBLE,
                    reason=_WHY_VISIBLE,
                ),
            ),
        ),
        Claim(
            "activation-and-rate",
            "The activation makes no difference at a rate of 0.5, and at 0.01 tanh is worse than"
            " ReLU.",
            "our question",
            all_of(
                _alike("tanh", "initial"),
                greater(
                    _tested("rate 0.01"), _tested("rate 0.01, tanh"), VISIBLE, reason=_WHY_VISIBLE
                ),
            ),
        ),
    ),
    deviations=(*_MODEL, BATCH_SIZES, RATES),
    ours=True,
)

training_time = Experiment(
    key="training-time",
    question="What does accuracy cost in training time? The report would have liked to observe it.",
    dataset="mnist",
    arms=(
        _arm("initial", _INITIAL),
        _arm("batch 16", "batch-size/16", batch_size=16),
        _arm("batch 128", "batch-size/128", batch_size=128),
        _arm("filters 5-12", "filters-mnist/5-12", filters=(5, 12)),
        _arm("filters 10-25", "filters-mnist/10-25", filters=(10, 25)),
        _arm("one convolution", "layers-mnist/1", filters=(20,)),
        _arm("no convolution", "layers-mnist/0", filters=()),
        _arm("no pooling", "pooling-mnist/none", pooling=None),
    ),
    protocol=MNIST,
    claims=(
        Claim(
            "small-batches-cost",
            "Batches of 16 take longer than batches of 128, and are not more accurate.",
            "our question",
            all_of(
                greater(_time("batch 16"), _time("batch 128")),
                greater(_tested("batch 128"), _tested("batch 16"), -VISIBLE, reason=_WHY_VISIBLE),
            ),
        ),
        Claim(
            "half-the-filters-save",
            "Half of the filters take less time, and are as accurate.",
            "our question",
            all_of(
                greater(_time("initial"), _time("filters 10-25")),
                _alike("filters 10-25", "initial"),
            ),
        ),
        Claim(
            "convolutions-pay",
            "The network without convolutions takes less time, and is less accurate.",
            "our question",
            all_of(
                greater(_time("initial"), _time("no convolution")),
                greater(
                    _tested("initial"), _tested("no convolution"), VISIBLE, reason=_WHY_VISIBLE
                ),
            ),
        ),
        Claim(
            "pooling-is-cheaper",
            "Without pooling a training takes longer, on our machine.",
            "our question",
            greater(_time("no pooling"), _time("initial")),
            reading="In place of 'it can be computational favourable to down scale', which says"
            " what can be.",
        ),
        Claim(
            "pooling-saves",
            "Without pooling a training takes longer, and is not more accurate.",
            "our question",
            all_of(
                greater(_time("no pooling"), _time("initial")),
                greater(_tested("initial"), _tested("no pooling"), -VISIBLE, reason=_WHY_VISIBLE),
            ),
        ),
    ),
    deviations=(*_MODEL, BATCH_SIZES, FILTERS, LAYERS, POOLINGS, HARDWARE),
    ours=True,
)

_LOWER = 0.1

lower_rate_cifar10 = Experiment(
    key="lower-rate-cifar10",
    question="What do the factors change on CIFAR-10 at a lower learning rate?",
    dataset="cifar10",
    arms=(
        _arm("rate 0.5", _INITIAL_CIFAR10),
        _arm("rate 0.1", learning_rate=_LOWER),
        _arm("linear", learning_rate=_LOWER, activation="linear"),
        _arm("kernel 1", learning_rate=_LOWER, kernel_size=1),
        _arm("kernel 7", learning_rate=_LOWER, kernel_size=7),
        _arm("stride 1", learning_rate=_LOWER, padding="same"),
        _arm("stride 2", learning_rate=_LOWER, padding="same", strides=2),
        _arm("stride 3", learning_rate=_LOWER, padding="same", strides=3),
        _arm("filters 5-12", learning_rate=_LOWER, filters=(5, 12)),
        _arm("one convolution", learning_rate=_LOWER, filters=(20,)),
        _arm("no convolution", learning_rate=_LOWER, filters=()),
        _arm("one pooling", learning_rate=_LOWER, pooling=("max", None)),
        _arm("average pooling", learning_rate=_LOWER, pooling="average"),
    ),
    protocol=CIFAR10,
    claims=(
        Claim(
            "learns",
            "At a rate of 0.1 the initial network learns CIFAR-10, and at 0.5 it does not.",
            "our question",
            count_learning("rate 0.1", "rate 0.5"),
            reading=_READING_OF_FAILING,
        ),
        Claim(
            "linear-is-worse",
            "At a rate of 0.1 the linear activation does not learn CIFAR-10, and ReLU does.",
            "our question",
            count_learning("rate 0.1", "linear"),
            reading="In place of 'This could have been due to the simplicity of the data set',"
            " said of a linear activation that is no worse on MNIST. " + _READING_OF_FAILING,
        ),
        Claim(
            "one-pixel-is-worse",
            "At a rate of 0.1 a kernel of one pixel is visibly worse, and one of seven is not"
            " visibly better.",
            "our question",
            all_of(
                greater(
                    _tested("rate 0.1"),
                    _tested("kernel 1"),
                    VISIBLE_CIFAR10,
                    reason=_WHY_VISIBLE_CIFAR10,
                ),
                greater(
                    _tested("rate 0.1"),
                    _tested("kernel 7"),
                    -VISIBLE_CIFAR10,
                    reason=_WHY_VISIBLE_CIFAR10,
                ),
            ),
            reading="In place of 'a larger kernel not necessarily lead to better results',"
            " which says what may be.",
        ),
        Claim(
            "larger-stride-is-lower",
            "At a rate of 0.1 each larger stride ends at a lower accuracy.",
            "our question",
            all_of(
                greater(_tested("stride 1"), _tested("stride 2")),
                greater(_tested("stride 2"), _tested("stride 3")),
            ),
        ),
        Claim(
            "fewer-filters-are-lower",
            "At a rate of 0.1 a quarter of the filters lowers the accuracy by more than what is"
            " called small on MNIST.",
            "our question",
            greater(_tested("rate 0.1"), _tested("filters 5-12"), SMALL, reason=_WHY_SMALL),
        ),
        Claim(
            "more-convolutions-are-higher",
            "At a rate of 0.1 the accuracy rises with each convolution.",
            "our question",
            all_of(
                greater(_tested("one convolution"), _tested("no convolution")),
                greater(_tested("rate 0.1"), _tested("one convolution")),
            ),
        ),
        Claim(
            "poolings-are-alike",
            "At a rate of 0.1 one layer of pooling, or average pooling, ends where the initial"
            " network does.",
            "our question",
            all_of(
                _alike_cifar10("one pooling", "rate 0.1"),
                _alike_cifar10("average pooling", "rate 0.1"),
            ),
        ),
    ),
    deviations=(*_MODEL, STRIDE_PADDING, KERNELS, STRIDES, FILTERS, LAYERS, POOLINGS, LOWER_RATE),
    ours=True,
)

_INITIAL_LOWER = "learning-rate/0.1"

# What is visible, at 0.1 on MNIST.
POINT = 0.01
_WHY_POINT = (
    "a percentage point, about half of the network's mistakes; with 10 seeds, and the spread of"
    " those that are recorded, less is not shown"
)


def _alike_lower(a: str) -> Similar:
    """Expect that a curve on MNIST ends where that of the initial network at 0.1 does."""
    return similar(_tested(a), _tested("initial"), POINT, reason=_WHY_POINT)


lower_rate_mnist = Experiment(
    key="lower-rate-mnist",
    question="What do the factors change on MNIST at a lower learning rate, at which networks learn"
    " with every seed?",
    dataset="mnist",
    arms=(
        _arm("initial", _INITIAL_LOWER, learning_rate=_LOWER),
        _arm("batch 16", learning_rate=_LOWER, batch_size=16),
        _arm("batch 128", learning_rate=_LOWER, batch_size=128),
        _arm("normal around 0", learning_rate=_LOWER, kernel_initializer=_AROUND_ZERO),
        _arm("normal around 1", learning_rate=_LOWER, kernel_initializer=_AROUND_ONE),
        _arm("only negative", learning_rate=_LOWER, kernel_initializer=_NEGATIVE),
        _arm("softsign", learning_rate=_LOWER, activation="softsign"),
        _arm("tanh", learning_rate=_LOWER, activation="tanh"),
        _arm("linear", learning_rate=_LOWER, activation="linear"),
        _arm("kernel 1", learning_rate=_LOWER, kernel_size=1),
        _arm("kernel 3", learning_rate=_LOWER, kernel_size=3),
        _arm("kernel 7", learning_rate=_LOWER, kernel_size=7),
        _arm("stride 1", learning_rate=_LOWER, padding="same"),
        _arm("stride 2", learning_rate=_LOWER, padding="same", strides=2),
        _arm("stride 3", learning_rate=_LOWER, padding="same", strides=3),
        _arm("filters 5-12", learning_rate=_LOWER, filters=(5, 12)),
        _arm("filters 10-25", learning_rate=_LOWER, filters=(10, 25)),
        _arm("one convolution", learning_rate=_LOWER, filters=(20,)),
        _arm("no convolution", learning_rate=_LOWER, filters=()),
        _arm("one pooling", learning_rate=_LOWER, pooling=("max", None)),
        _arm("no pooling", learning_rate=_LOWER, pooling=None),
        _arm("average pooling", learning_rate=_LOWER, pooling="average"),
    ),
    protocol=LOWER_MNIST,
    claims=(
        Claim(
            "batch-sizes-are-alike",
            "At a rate of 0.1 networks end at the same place with each batch size.",
            "our question",
            all_of(_alike_lower("batch 16"), _alike_lower("batch 128")),
        ),
        Claim(
            "around-zero-is-alike",
            "At a rate of 0.1 weights that begin around zero end where Glorot's do.",
            "our question",
            _alike_lower("normal around 0"),
        ),
        Claim(
            "negative-fails",
            "At a rate of 0.1 weights that are only negative learn nothing.",
            "our question",
            count_learning("initial", "only negative"),
            reading=_READING_OF_FAILING,
        ),
        Claim(
            "around-one-fails",
            "At a rate of 0.1 weights around one learn nothing.",
            "our question",
            count_learning("initial", "normal around 1"),
            reading=_READING_OF_FAILING,
        ),
        Claim(
            "activations-are-alike",
            "At a rate of 0.1 networks end at the same place with each activation.",
            "our question",
            all_of(_alike_lower("softsign"), _alike_lower("tanh"), _alike_lower("linear")),
        ),
        Claim(
            "linear-not-worse",
            "At a rate of 0.1 the linear activation is not visibly worse.",
            "our question",
            greater(_tested("linear"), _tested("initial"), -POINT, reason=_WHY_POINT),
        ),
        Claim(
            "only-one-pixel-is-lower",
            "At a rate of 0.1 a kernel of one pixel is visibly worse, and those of three and seven"
            " end where that of five does.",
            "our question",
            all_of(
                greater(_tested("initial"), _tested("kernel 1"), POINT, reason=_WHY_POINT),
                _alike_lower("kernel 3"),
                _alike_lower("kernel 7"),
            ),
        ),
        Claim(
            "one-pixel-only-scales",
            "At a rate of 0.1 kernels of one pixel do no better than no convolution.",
            "our question",
            greater(_tested("no convolution"), _tested("kernel 1"), -POINT, reason=_WHY_POINT),
            reading="In place of 'The lower performance might be due to a kernel equal one is only"
            " a scale of the pixel values and make no further advantage for the result'.",
        ),
        Claim(
            "larger-stride-is-lower",
            "At a rate of 0.1 each larger stride ends at a lower accuracy.",
            "our question",
            all_of(
                greater(_tested("stride 1"), _tested("stride 2")),
                greater(_tested("stride 2"), _tested("stride 3")),
            ),
        ),
        Claim(
            "fewer-filters-change-little",
            "At a rate of 0.1 a quarter of the filters changes little on MNIST.",
            "our question",
            similar(_tested("initial"), _tested("filters 5-12"), SMALL, reason=_WHY_SMALL),
        ),
        Claim(
            "one-convolution-is-enough",
            "At a rate of 0.1 there is a small change from no convolution to one, and none from one"
            " to two.",
            "our question",
            all_of(
                greater(_tested("one convolution"), _tested("no convolution")),
                similar(
                    _tested("one convolution"),
                    _tested("no convolution"),
                    SMALL,
                    reason=_WHY_SMALL,
                ),
                _alike_lower("one convolution"),
            ),
        ),
        Claim(
            "convolutions-change-little",
            "At a rate of 0.1 the accuracy changes little without any convolution.",
            "our question",
            similar(_tested("initial"), _tested("no convolution"), SMALL, reason=_WHY_SMALL),
        ),
        Claim(
            "poolings-are-alike",
            "At a rate of 0.1 networks end at the same place with each pooling.",
            "our question",
            all_of(
                _alike_lower("one pooling"),
                _alike_lower("no pooling"),
                _alike_lower("average pooling"),
            ),
        ),
        Claim(
            "architecture-without-impact",
            "At a rate of 0.1 no parameter of the architecture changes the accuracy visibly, but"
            " for kernels of one pixel, strides and a network without convolution.",
            "our question",
            all_of(
                _alike_lower("kernel 3"),
                _alike_lower("kernel 7"),
                _alike_lower("filters 5-12"),
                _alike_lower("filters 10-25"),
                _alike_lower("one convolution"),
                _alike_lower("one pooling"),
                _alike_lower("average pooling"),
                _alike_lower("no pooling"),
            ),
        ),
    ),
    deviations=(
        *(*_MODEL, BATCH_SIZES, INITIALIZERS, STRIDE_PADDING, KERNELS, STRIDES, FILTERS, LAYERS),
        *(POOLINGS, LOWER_RATE_MNIST),
    ),
    ours=True,
)

solvers_at_lower_rate = Experiment(
    key="solvers-lower-rate",
    question="Do all solvers end where SGD does, at a rate at which SGD learns with every seed?",
    dataset="mnist",
    arms=(
        _arm("sgd 0.1", _INITIAL_LOWER, learning_rate=_LOWER),
        _arm("rmsprop", "solver/rmsprop", optimizer="rmsprop", learning_rate=0.001),
        _arm("adagrad", "solver/adagrad", optimizer="adagrad", learning_rate=0.01),
        _arm("adadelta", "solver/adadelta", optimizer="adadelta", learning_rate=1.0),
        _arm("adam", "solver/adam", optimizer="adam", learning_rate=0.001),
    ),
    protocol=LOWER_MNIST,
    claims=(
        Claim(
            "solvers-are-alike",
            "Each solver ends where SGD at a rate of 0.1 does.",
            "our question",
            all_of(
                _alike("rmsprop", "sgd 0.1"),
                _alike("adagrad", "sgd 0.1"),
                _alike("adadelta", "sgd 0.1"),
                _alike("adam", "sgd 0.1"),
            ),
            reading="The margin is that of the report's sentence, half a percentage point.",
        ),
    ),
    deviations=(*_MODEL, SOLVERS, LOWER_RATE_MNIST),
    ours=True,
)


def _gradient(arm: str, which: str) -> Value:
    """Return the norm of an arm's gradient over the first steps."""
    return Value(arm, f"gradient_norm_{which}")


first_gradients = Experiment(
    key="first-gradients",
    question="How large are the gradients of the first steps? The report holds it possible that"
    " they explode where weights begin around one.",
    dataset="mnist",
    arms=(
        _arm("glorot uniform"),
        _arm("normal around 0", kernel_initializer=_AROUND_ZERO),
        _arm("normal around 1", kernel_initializer=_AROUND_ONE),
        _arm("only negative", kernel_initializer=_NEGATIVE),
        _arm("rate 0.1", learning_rate=_LOWER),
    ),
    protocol=FIRST_STEPS,
    claims=(
        Claim(
            "around-one-explodes",
            "The first gradient is larger where weights begin around one than where they begin as"
            " Glorot's.",
            "our question",
            greater(_gradient("normal around 1", "first"), _gradient("glorot uniform", "first")),
            reading="In place of 'this might be due to exploding gradients', which no run can"
            " contradict.",
        ),
        Claim(
            "negative-is-small",
            "The first gradient is smaller where weights are only negative than where they begin as"
            " Glorot's.",
            "our question",
            greater(_gradient("glorot uniform", "first"), _gradient("only negative", "first")),
        ),
        Claim(
            "higher-rate-explodes",
            "The largest of the first 32 gradients is larger at a rate of 0.5 than at 0.1.",
            "our question",
            greater(_gradient("glorot uniform", "largest"), _gradient("rate 0.1", "largest")),
        ),
    ),
    deviations=(*_MODEL, INITIALIZERS, LOWER_RATE_MNIST, GRADIENTS),
    ours=True,
)

REPORT = Report(
    key="groth-2019",
    title="Deep neural network parameter understanding AI4",
    author="Anne Groth",
    year=2019,
    source="a student's project, January 2019",
    experiments=(
        batch_size,
        solver,
        learning_rate,
        learning_rate_longer,
        initialization,
        activation,
        activation_cifar10,
        kernel_size_mnist,
        kernel_size_cifar10,
        stride_mnist,
        stride_cifar10,
        filters_mnist,
        filters_cifar10,
        layers_mnist,
        layers_cifar10,
        pooling_mnist,
        pooling_cifar10,
        architecture_mnist,
        solver_and_rate,
        interactions,
        training_time,
        lower_rate_cifar10,
        lower_rate_mnist,
        solvers_at_lower_rate,
        first_gradients,
    ),
)
"""The report, declared whole."""
