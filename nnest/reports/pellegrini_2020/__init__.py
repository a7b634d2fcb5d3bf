"""Stefano Pellegrini's homework of May 2020: traffic signs, and where dropout belongs, declared.

Parameter counts and shapes are exact numbers, computed from the networks. What the report leaves
unsaid was set once, before the first run on real data, from examples and defaults of its framework
and year; each such setting is a numbered deviation with its source.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from typing import Any, Literal

from sklearn.base import clone

from nnest.augmentation import Augmentation
from nnest.builders import build_cnn, build_mlp
from nnest.estimators import CNNClassifier
from nnest.experiments import (
    AllOf,
    Arm,
    Claim,
    Deviation,
    Experiment,
    Holdout,
    Mode,
    Protocol,
    Report,
    Reported,
    Size,
    Value,
    all_of,
    beyond,
    greater,
    similar,
)
from nnest.preprocessing import PixelScaler

__all__ = ["FLIPPED", "REPORT"]

FLIPPED = [11, 12, 13, 17, 18, 26, 30, 35]
"""Labels of signs that stay the same sign when they are turned left to right, as in the report."""

_KERAS_EXAMPLE = "Keras's example cifar10_cnn.py as of 2020: small color images with augmentation"
_DEFAULTS = "the defaults of tf.keras in TensorFlow 2.2 (May 2020)"

FRAMEWORK = Deviation(
    1,
    ours="Keras 3 on JAX",
    theirs="Keras from TensorFlow 2, its version not said",
    why="The layers and their defaults are the same; the order of summation and the random numbers"
    " are not.",
    source="the report's code",
)
BATCH = Deviation(
    2,
    ours="32 images a batch",
    theirs="not said",
    why="The example's number, and the default of the framework's fit.",
    source=f"{_KERAS_EXAMPLE}; {_DEFAULTS}",
)
BIASES = Deviation(
    3,
    ours="biases from a truncated normal distribution of mean 0.01 and standard deviation 0.01, the"
    " output's too",
    theirs="the same distribution for the convolutions, mean and deviation both called sd_init, its"
    " value not said; the output's biases zero",
    why="The challenge changes the mean to 0.05, so that it was another before; 0.01 is a usual"
    " standard deviation of initial values. Our networks had one distribution for all biases;"
    " deviation 20 has the output's as the code has it.",
    source="the report's Sections 2.1 and 5; Krizhevsky, Sutskever and Hinton (2012)",
)
KERNELS = Deviation(
    4,
    ours="Glorot's uniform initialization of all kernels",
    theirs="not said; the code names no other",
    why="The framework's default, then and now.",
    source=_DEFAULTS,
)
IMAGES = Deviation(
    5,
    ours="whole images, resized to 32x32 by a bilinear filter, pixels divided by 255",
    theirs="images of 32x32, how they were made not said; pixels from 0 to 1, as the clip shows",
    why="The images of the data set are as large as that only after resizing.",
    source="the report's Section 2.3",
)
TEMPLATE_AUGMENTATION = Deviation(
    6,
    ours="crop, flips and brightness where placements of dropout are compared",
    theirs="not said there whether saturation and contrast were added",
    why="The challenge lists them among its modifications, so that the models before it had the"
    " template's augmentation.",
    source="the report's Sections 2.3 and 5",
)
TEST_WINDOW = Deviation(
    7,
    ours="the central window of 28x28 of a test image",
    theirs="not said which window of a test image is classified",
    why="The usual choice; the network takes nothing larger.",
    source="our choice",
)
TRAINING_METRICS = Deviation(
    8,
    ours="accuracy and loss on the training set as Keras reports them while it trains, dropout and"
    " augmentation on, as the metrics fit_accuracy and fit_loss",
    theirs="not said how they were measured",
    why="Its figures show them over epochs, which is what Keras's history holds. That it also"
    " explains why the most dropout has the worst of them was written here before the first run,"
    " and is not so in ours: with dropout off the placements have the order of the report's"
    " Table 1, with dropout on they have not. What is said of them is asked in both modes.",
    source="the report's Figures 1 to 4",
)
SEEDS = Deviation(
    9,
    ours="10 trainings with the seeds 0 to 9 at full scale",
    theirs="6 trials of each placement, 7 of the challenge",
    why="More of them tell smaller differences from chance.",
    source="the report's Sections 3 and 5",
)
CHALLENGE_NETWORK = Deviation(
    10,
    ours="Adam, and no padding before the third convolution",
    theirs="a learning rate of 0.05, its optimizer not said; the padding not said",
    why="What the models before it have.",
    source="the report's Sections 2.1 and 3",
)
UNCHANGED = Deviation(
    11,
    ours="the arm without augmentation sees 32x32 pixels",
    theirs="no such arm",
    why="The crop is a part of the augmentation; without it nothing is cut off.",
    source="our choice",
)
MODES = Deviation(
    12,
    ours="a finished network is tested with all layers of one class in training mode, on the"
    " central windows of all test images",
    theirs="modes are explained and not tried",
    why="What they say of the test images' accuracy can be tried.",
    source="the report's Section 4",
)
SHORTCUT = Deviation(
    13,
    ours="one input, hidden layers of 64 and 32 units, one output, the input joined to the last"
    " hidden layer",
    theirs="the counts of parameters alone",
    why="No other sizes of three dense layers with such a shortcut give them.",
    source="the report's Section 1.3",
)
PARTS = Deviation(
    14,
    ours="a fifth of the tracks of each class set aside, then a tenth of the images that are left;"
    " each seed draws its own",
    theirs="validation on the official test part, whose tracks are others",
    why="Both parts judge the same network, which has seen neither.",
    source="our choice",
)
LITE_SIZE = Deviation(
    15,
    ours="at lite scale 10000 training images (15000 where parts are set aside) and 12 epochs; 10"
    " seeds for the placements of dropout, 5 for all else",
    theirs="800 epochs, 1200 for the challenge; number of images not said, 39209 is all of GTSRB's"
    " training part",
    why="So that two processor cores can train every arm often enough. What takes hundreds of"
    " epochs to show cannot be seen at it. Numbers are not judged at it.",
    source="our choice",
)
HARDWARE = Deviation(
    16,
    ours="times taken on our machine",
    theirs="hardware not said",
    why="A time says as much about the machine and its load as about the network.",
    source="the report's Section 5",
)
CHOICE = Deviation(
    17,
    ours="the three placements that the report shows",
    theirs="the best of several that were tried; how many, and on which images, not said",
    why="The others are not described. The best of several look better than they are.",
    source="the report's Section 3",
)
FLATTEN = Deviation(
    18,
    ours="dropout2 after the flatten layer",
    theirs="'before the flatten layer' in the text, after it in the code",
    why="The same units are dropped with the same probability either way.",
    source="the report's Section 3",
)
DROPOUT_OFF = Deviation(
    19,
    ours="training images as they are, judged with dropout off, and dropout on at two more"
    " placements while test images are judged",
    theirs="not said in which mode the training set was judged; dropout on while testing said of"
    " the technique as such",
    why="In our first trainings the four placements have another order on the training images with"
    " dropout off than while they train, against the last reason of deviation 8, and the third"
    " recognized more test images with dropout on. Declared when 21 of the 40 trainings of the four"
    " had been seen; what is said of it is our question, and no training was added.",
    source="our choice",
)
OUTPUT_BIASES = Deviation(
    20,
    ours="the original model once more, the output's biases zero; 5 seeds at lite scale",
    theirs="the output's biases zero, as the code has it",
    why="A departure that could be avoided. Declared when the verdicts on the networks with other"
    " biases were known, which stay as they are; what is said of it is our question.",
    source="the report's Section 2.1",
)

_MODEL = (
    FRAMEWORK,
    BATCH,
    BIASES,
    KERNELS,
    IMAGES,
    TEMPLATE_AUGMENTATION,
    TEST_WINDOW,
    TRAINING_METRICS,
    SEEDS,
    LITE_SIZE,
    CHOICE,
    FLATTEN,
)

PROTOCOL = Protocol(
    smoke=Size(
        epochs=2,
        seeds=2,
        n_train=300,
        dataset="digits",
        shape=(32, 32),
        channels=3,
        classes=43,
    ),
    lite=Size(epochs=12, seeds=5, n_train=10_000),
    full=Size(epochs=800, seeds=10),
)
PLACEMENTS = replace(
    PROTOCOL,
    lite=replace(PROTOCOL.lite, claim_seeds=10),
    modes={"dropout-on": Mode(("Dropout",), batch_size=128)},
)
NORMALIZED = replace(
    PROTOCOL,
    modes={
        "batches-of-32": Mode(("BatchNormalization",), batch_size=32),
        "one-by-one": Mode(("BatchNormalization",), batch_size=1),
    },
)
CHALLENGE = replace(PROTOCOL, full=replace(PROTOCOL.full, epochs=1200))
SET_ASIDE = replace(
    PROTOCOL,
    lite=replace(PROTOCOL.lite, n_train=15_000),
    holdouts={"track": Holdout(0.2, by="groups"), "random": Holdout(0.1, by="images")},
)


def _biases(mean: float) -> dict[str, Any]:
    """Return the truncated normal distribution of initial biases."""
    return {"class_name": "TruncatedNormal", "config": {"mean": mean, "stddev": 0.01}}


TEMPLATE = Augmentation(crop=28, flip_labels=FLIPPED, brightness=0.1)
ADDED: dict[str, Any] = {
    "augmentation__saturation": (0.5, 2.0),
    "augmentation__contrast": (0.7, 1.3),
}
"""What the report adds to the template's augmentation, in its order: all of it, then the clip."""

BASE = CNNClassifier(
    filters=(32, 64),
    kernel_size=5,
    padding="valid",
    activation="elu",
    pooling="max",
    pool_size=2,
    hidden_units=(),
    bias_initializer=_biases(0.01),
    augmentation=TEMPLATE,
    optimizer="adam",
    learning_rate=0.001,
    batch_size=32,
)
PLAIN = PixelScaler()


def _arm(name: str, shared: str | None = None, **changes: Any) -> Arm:
    """Return the original model with some settings changed, as an arm."""
    return Arm(name, clone(BASE).set_params(**changes), PLAIN, shared)


_DROPOUT1: dict[str, Any] = {"conv_dropout": 0.5, "conv_dropout_at": "pooling"}
_DROPOUT2: dict[str, Any] = {"conv_dropout": 0.5, "conv_dropout_at": "flatten"}
_DROPOUT3: dict[str, Any] = {"conv_dropout": 0.5, "conv_dropout_at": "activation"}
_CHALLENGE: dict[str, Any] = {
    "filters": (32, 64, 128),
    "kernel_size": (5, 5, 3),
    "conv_batch_norm": True,
    "conv_dropout": (0.25, 0.5, 0.5),
    "conv_dropout_at": "pooling",
    "bias_initializer": _biases(0.05),
    "learning_rate": 0.05,
    **ADDED,
}

CLEAR = 0.01
_WHY_CLEAR = (
    "a percentage point: the report calls 3.5 points clear, and 0.3 points slight or nothing that"
    " it could state"
)
RISE = 0.1
_WHY_RISE = "a sixth of the loss at which the report's curve ends after it has risen"
NO_RISE = 0.02
_WHY_NO_RISE = "a fifth of the loss at which the report's curve ends: less is not seen in a figure"
SMALL_RISE = 0.005
_WHY_SMALL_RISE = "a fiftieth of the loss where the report's curve ends: a small sign is not none"
LAST = 799
"""What is said of the placements is said of networks after the last of 800 epochs."""
LEAK = 0.005
_WHY_LEAK = "half a percentage point: the report ranks models by less than that"


def _tested(arm: str) -> Value:
    """Return an arm's accuracy on the test images."""
    return Value(arm, "test_accuracy")


def _loss(arm: str, epoch: int | str = "last") -> Value:
    """Return an arm's loss on the test images."""
    return Value(arm, "test_loss", epoch)


def _fitted(arm: str) -> Value:
    """Return an arm's accuracy while it trained."""
    return Value(arm, "fit_accuracy")


def _trained(arm: str, kind: str) -> Value:
    """Return an arm's accuracy or loss on the training images, dropout off, nothing changed."""
    return Value(arm, f"train_{kind}")


def _of(arm: str, metric: str) -> Value:
    """Return another metric of an arm."""
    return Value(arm, metric)


def _worst(metrics: tuple[str, str], arm: str) -> AllOf:
    """Expect that a placement has the lowest accuracy and the highest loss of all."""
    accuracy, loss = metrics
    others = [one for one in ("original", "dropout1", "dropout2", "dropout3") if one != arm]
    return all_of(
        *(greater(_of(other, accuracy), _of(arm, accuracy)) for other in others),
        *(greater(_of(arm, loss), _of(other, loss)) for other in others),
    )


@cache
def _shortcut() -> Any:
    """Build the functional model with a shortcut."""
    return build_mlp((1,), 1, hidden_units=(64, 32), shortcut=True, output_activation="linear")


@cache
def _network() -> Any:
    """Build the network of Section 2."""
    return build_cnn(
        (28, 28, 3),
        43,
        filters=(32, 64),
        kernel_size=5,
        padding="valid",
        activation="elu",
        conv_batch_norm=True,
        hidden_units=(),
    )


def _size(weights: list[Any]) -> float:
    """Return how many numbers there are in some weights."""
    return float(sum(math.prod(weight.shape) for weight in weights))


def _trainable(model: Callable[[], Any], layer: str) -> float:
    """Return how many numbers of a layer are trained."""
    return _size(model().get_layer(layer).trainable_weights)


def _not_trainable(model: Callable[[], Any]) -> float:
    """Return how many numbers of a model are not trained."""
    return _size(model().non_trainable_weights)


def _total(model: Callable[[], Any]) -> float:
    """Return how many parameters a model has."""
    return float(model().count_params())


def _norm_share(kind: str) -> float:
    """Return how many numbers of a kind the second batch normalization has for a feature map."""
    layer = _network().get_layer("conv_2_batch_norm")
    return _size(getattr(layer, kind)) / float(layer.output.shape[-1])


def _kernel_share(layer: str, n_axes: int) -> float:
    """Return how many weights a kernel has along its first axes."""
    return float(math.prod(_network().get_layer(layer).kernel.shape[:n_axes]))


def _output_biases() -> float:
    """Return how many biases the output layer has."""
    return _size([_network().get_layer("output").bias])


def _side(layer: str, axis: int) -> float:
    """Return how long a layer's output is along an axis, that of the batch not counted."""
    return float(_network().get_layer(layer).output.shape[axis + 1])


def _exact(metric: str, value: int, where: str, why: str, compute: Callable[[], float]) -> Reported:
    """Declare a number that no training decides."""
    return Reported(None, metric, value, where, kind="exact", why=why, compute=compute)


def _parameters(layer: str, value: int, where: str) -> Reported:
    """Declare how many trainable parameters a layer of the network has."""
    why = "the trainable parameters of the layer"
    compute = partial(_trainable, _network, layer)
    return _exact(f"n_parameters@{layer}", value, f"Section 2.2, {where}", why, compute)


def _output(layer: str, axis: int, value: int, where: str) -> Reported:
    """Declare how long a layer's output is along an axis."""
    why = "what comes out of the layer, and goes into the next one"
    compute = partial(_side, layer, axis)
    return _exact(f"output_shape[{axis}]@{layer}", value, f"Section 2.2, {where}", why, compute)


def _maps(layer: str, side: int, maps: int, where: str) -> tuple[Reported, ...]:
    """Declare height, width and number of a layer's maps."""
    return (
        _output(layer, 0, side, where),
        _output(layer, 1, side, where),
        _output(layer, 2, maps, where),
    )


shortcut = Experiment(
    key="shortcut",
    question="How many parameters does a model with a shortcut have?",
    dataset="gtsrb",
    arms=(),
    protocol=PROTOCOL,
    reported=(
        _exact(
            "n_parameters",
            2242,
            "Section 1.3",
            "all parameters of the functional model",
            partial(_total, _shortcut),
        ),
        _exact(
            "n_parameters@hidden_1",
            128,
            "Section 1.3",
            "the trainable parameters of the first hidden layer",
            partial(_trainable, _shortcut, "hidden_1"),
        ),
        _exact(
            "n_parameters@hidden_2",
            2080,
            "Section 1.3",
            "the trainable parameters of the second hidden layer",
            partial(_trainable, _shortcut, "hidden_2"),
        ),
        _exact(
            "n_parameters@output",
            34,
            "Section 1.3",
            "the trainable parameters of the output layer, which sees the input too",
            partial(_trainable, _shortcut, "output"),
        ),
        _exact(
            "n_parameters@not-trainable",
            0,
            "Section 1.3",
            "there are no others",
            partial(_not_trainable, _shortcut),
        ),
    ),
    deviations=(FRAMEWORK, SHORTCUT),
)

batch_normalization = Experiment(
    key="batch-normalization",
    question="What is in the network with batch normalization before ELU, and what does it do?",
    dataset="gtsrb",
    arms=(_arm("without", "placements/original"), _arm("with", conv_batch_norm=True)),
    protocol=NORMALIZED,
    reported=(
        *_maps("input", 28, 3, "layer 1"),
        _exact(
            "n_parameters@mask",
            25,
            "Section 2.2, layer 1",
            "the weights of a mask for one channel",
            partial(_kernel_share, "conv_1", 2),
        ),
        _parameters("conv_1", 2432, "layer 1"),
        *_maps("conv_1", 24, 32, "layers 1 and 2, where the first leaves one of two 24 out"),
        _parameters("conv_1_batch_norm", 64, "layer 2"),
        _parameters("conv_1_activation", 0, "layer 3"),
        *_maps("conv_1_activation", 24, 32, "layer 4"),
        _parameters("conv_1_max_pooling", 0, "layer 4, which is said to average in error"),
        *_maps("conv_1_max_pooling", 12, 32, "layer 5"),
        _exact(
            "n_parameters@mask-2",
            25,
            "Section 2.2, layer 5",
            "the weights of a mask for one pooled feature map",
            partial(_kernel_share, "conv_2", 2),
        ),
        _parameters("conv_2", 51264, "layer 5"),
        *_maps("conv_2", 8, 64, "layer 6"),
        _parameters("conv_2_batch_norm", 128, "layer 6"),
        *_maps("conv_2_batch_norm", 8, 64, "layers 6 and 7"),
        _exact(
            "n_parameters@map",
            2,
            "Section 2.2, layers 2 and 6",
            "trainable parameters of batch normalization for a feature map",
            partial(_norm_share, "trainable_weights"),
        ),
        _exact(
            "n_parameters@map-not-trainable",
            2,
            "Section 2.2, layer 6",
            "parameters of batch normalization for a feature map that are not trained",
            partial(_norm_share, "non_trainable_weights"),
        ),
        _parameters("conv_2_activation", 0, "layer 7, which is called ReLU in error"),
        *_maps("conv_2_activation", 8, 64, "layers 7 and 8"),
        _parameters("conv_2_max_pooling", 0, "layer 8"),
        *_maps("conv_2_max_pooling", 4, 64, "layer 8"),
        _parameters("flatten", 0, "layer 9"),
        _output("flatten", 0, 1024, "layer 9"),
        _exact(
            "n_parameters@output-neuron",
            1024,
            "Section 2.2, layer 10",
            "the weights of an output neuron",
            partial(_kernel_share, "output", 1),
        ),
        _exact(
            "n_parameters@output-biases",
            43,
            "Section 2.2, layer 10",
            "the biases of the output layer",
            _output_biases,
        ),
        _parameters("output", 44075, "layer 10"),
        _output("output", 0, 43, "layer 10"),
    ),
    claims=(
        Claim(
            "stabilizes",
            "The batch normalization is a technique that address to stabilize the training process",
            "Section 4",
            greater(_of("without", "test_loss_upward"), _of("with", "test_loss_upward")),
            reading="The steps by which the loss on the test images goes up from one epoch to the"
            " next are smaller together.",
        ),
    ),
    deviations=_MODEL,
)

augmentation = Experiment(
    key="augmentation",
    question="What does changing the training images at random bring, and which labels may be"
    " flipped?",
    dataset="gtsrb",
    arms=(
        _arm("none", augmentation=None),
        _arm("template", "placements/original"),
        _arm("all flipped", augmentation__flip_labels="all"),
        _arm("saturation and contrast", **ADDED),
    ),
    protocol=PROTOCOL,
    claims=(
        Claim(
            "generalizes",
            "Data augmentation is a powerful method that use invariance property to improve"
            " generalization performance of our model.",
            "Section 2.3",
            greater(_tested("template"), _tested("none"), CLEAR, reason=_WHY_CLEAR),
            reading="The template's augmentation, against none.",
        ),
        Claim(
            "not-all-flipped",
            "it will not be reasonable to flip left to right any traffic sign that contain numbers"
            " or digits",
            "Section 2.3",
            greater(_tested("template"), _tested("all flipped")),
            reading="Flips of all labels give a lower accuracy than flips of the chosen ones."
            " Arrows are flipped too, so that it is not of digits alone.",
        ),
        Claim(
            "reasonable",
            "I think that these are two reasonable augmentations, since the resulting images [...]"
            " will continue to correspond to the original label.",
            "Section 2.3",
            greater(
                _tested("saturation and contrast"), _tested("template"), -CLEAR, reason=_WHY_CLEAR
            ),
            reading="Changing saturation and contrast does not lower the accuracy clearly.",
        ),
    ),
    deviations=(*_MODEL, UNCHANGED),
)


def _means(
    arm: str,
    printed: tuple[float, float, float, float],
    decimals: tuple[int, int],
    rounded: str,
) -> tuple[Reported, ...]:
    """Declare a row of Table 1; the last two numbers are not always printed alike."""
    where = f"Table 1; Section 3 rounds the row to {rounded}"
    official = "a multiple of 1 / (6 * 12630): six networks on the official test part"
    stated = partial(Reported, arm, where=where, runs=6)
    return (
        stated("fit_accuracy", printed[0], decimals=7, why="see deviation 8"),
        stated("fit_loss", printed[1], decimals=7, why="see deviation 8"),
        stated("test_accuracy", printed[2], decimals=decimals[0], why=official),
        stated("test_loss", printed[3], decimals=decimals[1], why="beside it, on those images"),
    )


def _lowest_loss(arm: str, epoch: int, where: str, tolerance: int) -> Reported:
    """Declare after which epoch a figure's curve of the test loss is lowest."""
    return Reported(
        arm,
        "test_loss_lowest_epoch",
        epoch,
        where,
        tolerance=tolerance,
        why="the loss on the test images, called validation error, does not fall any more after it;"
        " read from the figure of the first trial",
    )


placements = Experiment(
    key="placements",
    question="Where in the network should dropout stand?",
    dataset="gtsrb",
    arms=(
        _arm("original"),
        _arm("dropout1", **_DROPOUT1),
        _arm("dropout2", **_DROPOUT2),
        _arm("dropout3", **_DROPOUT3),
    ),
    protocol=PLACEMENTS,
    reported=(
        *_means(
            "original",
            (0.9998512, 0.0014878, 0.9408683, 0.61068712),
            (7, 8),
            "0.9999, 0.0015, 0.9409 and 0.6107",
        ),
        *_means(
            "dropout1",
            (0.9994857, 0.0040141, 0.97637899, 0.09893451),
            (8, 8),
            "0.9995, 0.0040, 0.9764 and 0.0989",
        ),
        *_means(
            "dropout2",
            (0.9997535, 0.0018357, 0.97604909, 0.11444334),
            (8, 8),
            "0.9998, 0.0018, 0.9760 and 0.1144",
        ),
        *_means(
            "dropout3",
            (0.9932924, 0.0296686, 0.94375824, 0.26455179),
            (8, 8),
            "0.9933, 0.0297, 0.9438 and 0.2646",
        ),
        _lowest_loss("original", 50, "Section 3 and Figure 1", 25),
        _lowest_loss("dropout3", 150, "Section 3 and Figure 4", 75),
    ),
    claims=(
        Claim(
            "original-overfits",
            "clear signs of overfitting, in fact, after 50 epochs the validation error start to"
            " increase",
            "Section 3 and Figure 1",
            beyond(_of("original", "test_loss_rise"), RISE, reason=_WHY_RISE),
            reading="The loss on the test images ends that far above its lowest value.",
            after=50,
        ),
        Claim(
            "dropout1-does-not",
            "this model does not show any sign of overfitting",
            "Section 3 and Figure 2",
            similar(_loss("dropout1"), _loss("dropout1", "best"), NO_RISE, reason=_WHY_NO_RISE),
            reading="The loss on the test images ends at its lowest value, or nearly so.",
            after=LAST,
        ),
        Claim(
            "dropout1-best",
            "among all evaluated architectures, this model had the best performance on the test"
            " set",
            "Section 3 and Figure 5",
            all_of(
                greater(_tested("dropout1"), _tested("original")),
                greater(_tested("dropout1"), _tested("dropout2")),
                greater(_tested("dropout1"), _tested("dropout3")),
                greater(_loss("original"), _loss("dropout1")),
                greater(_loss("dropout2"), _loss("dropout1")),
                greater(_loss("dropout3"), _loss("dropout1")),
            ),
            after=LAST,
        ),
        Claim(
            "dropout2-reduces",
            "again the dropout reduced overfitting and the performance is quite improved compared"
            " to the original-model",
            "Section 3 and Figure 3",
            all_of(
                greater(_of("original", "loss_gap"), _of("dropout2", "loss_gap")),
                greater(_tested("dropout2"), _tested("original"), CLEAR, reason=_WHY_CLEAR),
            ),
            reading="Overfitting is by how much the loss on the test images exceeds that on the"
            " training images.",
            after=LAST,
        ),
        Claim(
            "dropout2-close",
            "the performance was close to the dropout-1 model",
            "Section 3",
            similar(_tested("dropout2"), _tested("dropout1"), CLEAR, reason=_WHY_CLEAR),
            after=LAST,
        ),
        Claim(
            "dropout3-behind",
            "the dropout in this configuration did not achieve the same generalization performance"
            " of the other two modified models",
            "Section 3 and Figure 4",
            all_of(
                greater(_tested("dropout1"), _tested("dropout3"), CLEAR, reason=_WHY_CLEAR),
                greater(_tested("dropout2"), _tested("dropout3"), CLEAR, reason=_WHY_CLEAR),
            ),
            after=LAST,
        ),
        Claim(
            "dropout3-worst-in-training",
            "on the training data, it had the worst performance among all models",
            "Section 3",
            _worst(("fit_accuracy", "fit_loss"), "dropout3"),
            reading="The lowest accuracy while training, with dropout on, and the highest loss.",
            after=LAST,
        ),
        Claim(
            "dropout3-worst-on-training-images",
            "on the training data, it had the worst performance among all models",
            "Section 3",
            _worst(("train_accuracy", "train_loss"), "dropout3"),
            reading="The lowest accuracy on the training images with dropout off, and the highest"
            " loss.",
            after=LAST,
        ),
        Claim(
            "dropout3-small-signs",
            "even if it is not as evident as in the training progress of the original-model, it"
            " seems that there are still some small signs of overfitting. In fact, while the error"
            " on the training set continues to decrease, the validation error stops decreasing"
            " after 150 epochs.",
            "Section 3 and Figure 4",
            all_of(
                beyond(_of("dropout3", "test_loss_rise"), SMALL_RISE, reason=_WHY_SMALL_RISE),
                greater(_of("original", "test_loss_rise"), _of("dropout3", "test_loss_rise")),
                greater(
                    _of("dropout3", "fit_loss_lowest_epoch"),
                    _of("dropout3", "test_loss_lowest_epoch"),
                ),
            ),
            reading="The loss on the test images ends above its lowest value, by less than the"
            " original model's, and is lowest at an earlier epoch than the loss while training."
            " The epoch itself is one of the numbers.",
            after=150,
        ),
        Claim(
            "two-clearly-better",
            "These two models, compared to the original one, shown a clear improved generalization"
            " ability.",
            "Section 3 and Figure 5",
            all_of(
                greater(_tested("dropout1"), _tested("original"), CLEAR, reason=_WHY_CLEAR),
                greater(_tested("dropout2"), _tested("original"), CLEAR, reason=_WHY_CLEAR),
                greater(_loss("original"), _loss("dropout1")),
                greater(_loss("original"), _loss("dropout2")),
            ),
            after=LAST,
        ),
        Claim(
            "dropout1-slightly-better",
            "the best performing models are dropout1 and dropout2, the former being slightly better"
            " than the latter",
            "Section 3 and Figure 5",
            all_of(
                greater(_tested("dropout1"), _tested("dropout2")),
                similar(_tested("dropout1"), _tested("dropout2"), CLEAR, reason=_WHY_CLEAR),
            ),
            after=LAST,
        ),
        Claim(
            "dropout3-not-better",
            "I can't state that the dropout-3 model performed better than the original one, since"
            " the performance are only slightly improved",
            "Section 3 and Figure 5",
            greater(_tested("original"), _tested("dropout3"), -CLEAR, reason=_WHY_CLEAR),
            reading="It is not more accurate by a percentage point. Of accuracy alone: in the"
            " report's own numbers its loss is less than half of the original model's.",
            after=LAST,
        ),
        Claim(
            "certain-positions",
            "the dropout, if added in certain positions, seems to reduce overfitting, and improve a"
            " CNN image classification performance",
            "Section 3",
            all_of(
                greater(_of("original", "loss_gap"), _of("dropout1", "loss_gap")),
                greater(_of("original", "loss_gap"), _of("dropout2", "loss_gap")),
                greater(_tested("dropout1"), _tested("original")),
                greater(_tested("dropout2"), _tested("original")),
            ),
            reading="The positions after the poolings and before the output.",
            after=LAST,
        ),
    ),
    deviations=_MODEL,
)


def _worse_with_dropout(arm: str) -> AllOf:
    """Expect that a finished network judges test images worse with dropout on."""
    return all_of(
        greater(_tested(arm), _of(arm, "test_accuracy@dropout-on")),
        greater(_of(arm, "test_loss@dropout-on"), _loss(arm)),
    )


modes = Experiment(
    key="modes",
    question="Why do dropout and batch normalization act otherwise in training than in testing?",
    dataset="gtsrb",
    arms=(
        _arm("dropout", "placements/dropout1", **_DROPOUT1),
        _arm("batch normalization", "batch-normalization/with", conv_batch_norm=True),
    ),
    protocol=PROTOCOL,
    claims=(
        Claim(
            "dropout-worsens",
            "applying dropout during inference will only through away useful information, worsening"
            " the model's performance",
            "Section 4",
            _worse_with_dropout("dropout"),
            reading="The same finished network, tested with dropout off and on.",
        ),
        Claim(
            "averages-serve",
            "it normalize the input by using the mean and the variance estimated during training",
            "Section 4",
            similar(
                _tested("batch normalization"),
                _of("batch normalization", "test_accuracy@batches-of-32"),
                CLEAR,
                reason=_WHY_CLEAR,
            ),
            reading="The averages of training serve as well as those of batches of 32 test images.",
        ),
        Claim(
            "one-is-no-batch",
            "the layer takes as input only one test data point at a time, and, since it can't"
            " compute the mean or variance of the batch",
            "Section 4",
            greater(
                _tested("batch normalization"),
                _of("batch normalization", "test_accuracy@one-by-one"),
                CLEAR,
                reason=_WHY_CLEAR,
            ),
            reading="Normalized by its own mean and variance, an image alone is recognized less"
            " often.",
        ),
    ),
    deviations=(*_MODEL, MODES),
)


def _trial(trial: int, accuracy: float, minutes: int) -> tuple[Reported, ...]:
    """Declare a row of Table 2."""
    return (
        _challenged(accuracy, f"Table 2, trial {trial}"),
        _timed(minutes, f"Table 2, trial {trial}"),
    )


def _challenged(
    accuracy: float, where: str, runs: int = 1, statistic: Literal["mean", "median"] = "mean"
) -> Reported:
    """Declare an accuracy of the challenge."""
    why = "all trials but the fifth are multiples of 1 / 12630: networks on the official test part"
    stated = partial(Reported, "challenge", "test_accuracy", accuracy, where, decimals=7)
    return stated(runs=runs, statistic=statistic, why=why)


def _timed(
    minutes: int, where: str, runs: int = 1, statistic: Literal["mean", "median"] = "mean"
) -> Reported:
    """Declare a training time of the challenge, printed in hours and minutes."""
    stated = partial(Reported, "challenge", "seconds", 60 * minutes, where, kind="time")
    return stated(runs=runs, statistic=statistic, why="the time that a training takes")


challenge = Experiment(
    key="challenge",
    question="How good is the network of the challenge, and how long does it train?",
    dataset="gtsrb",
    arms=(_arm("challenge", **_CHALLENGE),),
    protocol=CHALLENGE,
    reported=(
        *_trial(1, 0.9915281, 105),
        *_trial(2, 0.9901821, 106),
        *_trial(3, 0.9908155, 114),
        *_trial(4, 0.9921615, 113),
        *_trial(5, 0.9891448, 120),
        *_trial(6, 0.9925574, 125),
        *_trial(7, 0.9911322, 123),
        _challenged(0.9910745, "Table 2, mean; Section 5 says 99.1 %", runs=7),
        _timed(115, "Table 2, mean; Section 5 says 1 hour and 55 minutes", runs=7),
        _challenged(0.9911322, "Table 2, median", runs=7, statistic="median"),
        _timed(114, "Table 2, median", runs=7, statistic="median"),
    ),
    deviations=(*_MODEL, CHALLENGE_NETWORK, HARDWARE),
)

statistical_test = Experiment(
    key="statistical-test",
    question="The report says that a statistical test should be required: which placements differ?",
    dataset="gtsrb",
    arms=(
        _arm("original", "placements/original"),
        _arm("dropout1", "placements/dropout1", **_DROPOUT1),
        _arm("dropout2", "placements/dropout2", **_DROPOUT2),
        _arm("dropout3", "placements/dropout3", **_DROPOUT3),
    ),
    protocol=PLACEMENTS,
    claims=(
        Claim(
            "1-over-original",
            "Dropout after the poolings is more accurate than none.",
            "our question",
            greater(_tested("dropout1"), _tested("original")),
        ),
        Claim(
            "2-over-original",
            "Dropout before the output is more accurate than none.",
            "our question",
            greater(_tested("dropout2"), _tested("original")),
        ),
        Claim(
            "3-over-original",
            "Dropout after the activations is more accurate than none.",
            "our question",
            greater(_tested("dropout3"), _tested("original")),
        ),
        Claim(
            "1-over-2",
            "Dropout after the poolings is more accurate than before the output.",
            "our question",
            greater(_tested("dropout1"), _tested("dropout2")),
        ),
        Claim(
            "1-over-3",
            "Dropout after the poolings is more accurate than after the activations.",
            "our question",
            greater(_tested("dropout1"), _tested("dropout3")),
        ),
        Claim(
            "2-over-3",
            "Dropout before the output is more accurate than after the activations.",
            "our question",
            greater(_tested("dropout2"), _tested("dropout3")),
        ),
    ),
    deviations=_MODEL,
    ours=True,
)

dropout_off = Experiment(
    key="dropout-off",
    question="Is dropout after the activations the worst on the training images with dropout off"
    " too, and is it worse to leave dropout on wherever it stands?",
    dataset="gtsrb",
    arms=statistical_test.arms,
    protocol=PLACEMENTS,
    claims=(
        Claim(
            "3-worst-on-training-images",
            "With dropout off, dropout after the activations is the worst on the training images.",
            "our question",
            _worst(("train_accuracy", "train_loss"), "dropout3"),
            reading="The lowest accuracy and the highest loss.",
        ),
        Claim(
            "2-worse-with-dropout",
            "With dropout left on before the output, test images are judged worse.",
            "our question",
            _worse_with_dropout("dropout2"),
            reading="A lower accuracy and a higher loss.",
        ),
        Claim(
            "3-worse-with-dropout",
            "With dropout left on after the activations, test images are judged worse.",
            "our question",
            _worse_with_dropout("dropout3"),
            reading="A lower accuracy and a higher loss.",
        ),
    ),
    deviations=(*_MODEL, MODES, DROPOUT_OFF),
    ours=True,
)

validation_split = Experiment(
    key="validation-split",
    question="What would a random validation split have claimed, where images of a track are nearly"
    " alike?",
    dataset="gtsrb",
    arms=(_arm("original"), _arm("dropout1", **_DROPOUT1)),
    protocol=SET_ASIDE,
    claims=(
        Claim(
            "random-flatters",
            "Images drawn at random are recognized more often than the official test images.",
            "our question",
            greater(
                _of("original", "val_accuracy@random"),
                _tested("original"),
                LEAK,
                reason=_WHY_LEAK,
            ),
        ),
        Claim(
            "tracks-are-harder",
            "Images drawn at random are recognized more often than whole tracks that were set"
            " aside.",
            "our question",
            greater(
                _of("original", "val_accuracy@random"),
                _of("original", "val_accuracy@track"),
                LEAK,
                reason=_WHY_LEAK,
            ),
        ),
        Claim(
            "tracks-are-honest",
            "Whole tracks that were set aside do not flatter by a percentage point.",
            "our question",
            greater(
                _tested("original"),
                _of("original", "val_accuracy@track"),
                -CLEAR,
                reason=_WHY_CLEAR,
            ),
        ),
        Claim(
            "dropout-looks-smaller",
            "On images drawn at random the gain by dropout is not to be seen, on the official test"
            " images it is.",
            "our question",
            all_of(
                similar(
                    _of("dropout1", "val_accuracy@random"),
                    _of("original", "val_accuracy@random"),
                    LEAK,
                    reason=_WHY_LEAK,
                ),
                greater(_tested("dropout1"), _tested("original"), LEAK, reason=_WHY_LEAK),
            ),
        ),
    ),
    deviations=(*_MODEL, PARTS),
    ours=True,
)

normalization_helps = Experiment(
    key="normalization-helps",
    question="Does batch normalization before ELU help the original model?",
    dataset="gtsrb",
    arms=(
        _arm("without", "placements/original"),
        _arm("with", "batch-normalization/with", conv_batch_norm=True),
    ),
    protocol=PROTOCOL,
    claims=(
        Claim(
            "faster",
            "With batch normalization the model is more accurate on the training images after one"
            " epoch.",
            "our question",
            greater(Value("with", "fit_accuracy", 1), Value("without", "fit_accuracy", 1)),
        ),
        Claim(
            "better",
            "With batch normalization the model is more accurate on the test images.",
            "our question",
            greater(_tested("with"), _tested("without")),
        ),
    ),
    deviations=_MODEL,
    ours=True,
)

_ZERO_OUTPUT: dict[str, Any] = {"bias_initializer": (_biases(0.01), _biases(0.01), "zeros")}

output_biases = Experiment(
    key="output-biases",
    question="Does it matter that the output's biases begin around 0.01 here, and at zero in the"
    " report's code?",
    dataset="gtsrb",
    arms=(
        _arm("around 0.01", "placements/original"),
        _arm("zero", **_ZERO_OUTPUT),
    ),
    protocol=PROTOCOL,
    claims=(
        Claim(
            "biases-are-alike",
            "The original model is as accurate on the test images with either.",
            "our question",
            similar(_tested("zero"), _tested("around 0.01"), CLEAR, reason=_WHY_CLEAR),
        ),
    ),
    deviations=(*_MODEL, OUTPUT_BIASES),
    ours=True,
)

REPORT = Report(
    key="pellegrini-2020",
    title="Homework 2: Neural Networks with TensorFlow",
    author="Stefano Pellegrini",
    year=2020,
    source="Large-Scale Data Analysis 2020, May 18, 2020",
    experiments=(
        shortcut,
        batch_normalization,
        augmentation,
        placements,
        modes,
        challenge,
        statistical_test,
        dropout_off,
        validation_split,
        normalization_helps,
        output_biases,
    ),
)
"""The report, declared whole."""
