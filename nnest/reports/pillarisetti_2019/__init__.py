"""Pillarisetti's report of 2019: multilayer perceptrons of 2, 3 and 5 layers on MNIST, declared.

What the report leaves unsaid was set once, before the first run on real data, from the examples of
its framework and year; each such setting is a numbered deviation with its source.
"""

from __future__ import annotations

from dataclasses import replace

from sklearn.base import clone

from nnest.estimators import MLPClassifier
from nnest.experiments import (
    AllOf,
    Arm,
    Claim,
    Deviation,
    Experiment,
    Protocol,
    Report,
    Reported,
    Size,
    Value,
    all_of,
    greater,
    similar,
)
from nnest.preprocessing import PixelScaler

__all__ = ["REPORT", "ROWS"]

ROWS = (
    ("2-every", 0.057, 3),
    ("2-none", 0.1, 1),
    ("2-adadelta", 0.062, 3),
    ("2-first", 0.054, 3),
    ("2-last", 0.093, 3),
    ("3-every", 0.05, 2),
    ("3-none", 0.091, 3),
    ("3-adadelta", 0.059, 3),
    ("3-first", 0.058, 3),
    ("3-last", 0.066, 3),
    ("5-every", 0.066, 3),
    ("5-none", 0.088, 3),
    ("5-adadelta", 0.064, 3),
    ("5-first", 0.085, 3),
    ("5-last", 0.086, 3),
)
"""The rows of the report's table in its order: our name, the test score and its decimals."""

# The examples that settings which the report leaves unsaid are taken from.
_NOTEBOOK = (
    "the public teaching notebook 'Keras -- MLPs on MNIST' of 2018, whose imports are the report's"
    " line by line, and which prints a 'Test score' and a 'Test accuracy'"
)
_KERAS_EXAMPLE = "Keras's example mnist_mlp.py as of 2019"
_DEFAULTS = "the defaults of Keras 2.2 (2019)"

FRAMEWORK = Deviation(
    1,
    ours="Keras 3 on JAX",
    theirs="Keras, its version and back end not said",
    why="The layers are the same; the order of summation and the random numbers are not.",
    source="the report's Section 11: an import of keras.layers.normalization, which Keras 2 has",
)
LAYERS = Deviation(
    2,
    ours="2, 3 and 5 hidden layers, and the output layer after them",
    theirs="layers of '2, 3, 5 layer architecture models', not said to be hidden ones alone",
    why="The column of the table counts the layers that dropout and normalization can follow.",
    source="the report's Section 12",
)
WIDTHS = Deviation(
    3,
    ours="512 units in the first hidden layer and 128 in each later one",
    theirs="not said",
    why="The example has 512 and 128; deeper networks go on with its last width.",
    source=_NOTEBOOK,
)
INITIALIZATION = Deviation(
    4,
    ours="kernels from a normal distribution of variance 2 / fan-in in every layer, the output"
    " layer too, and zero biases",
    theirs="RandomNormal is imported, its deviations are not said; the lines of code in Section 7"
    " have init='uniform'",
    why="The example writes this formula beside its ReLU layers. What it then uses is 0.062 and"
    " 0.125, the formula with a layer's own 512 and 128 units in place of its inputs; where it"
    " normalizes batches it uses others, and its output layer keeps the framework's default."
    " The lines of Section 7, with 16 inputs and tanh, are of no network of the table.",
    source=f"the report's Sections 7 and 11; {_NOTEBOOK}",
)
BATCH_NORM = Deviation(
    5,
    ours="Dense, batch normalization, ReLU, dropout, in this order",
    theirs="not said for the models of the table",
    why="The report's own lines of code have the normalization before the activation.",
    source="the report's Section 7",
)
PLACES = Deviation(
    6,
    ours="every, the first, the last or no hidden layer has both batch normalization and dropout",
    theirs="a column 'Drop_out + Normalization Layers' of Every, First, Last and None",
    why="One column names both, so that both are at one place.",
    source="the report's Section 12",
)
RATES = Deviation(
    7,
    ours="Adam at a learning rate of 0.001, Adadelta at 1.0, Adagrad at 0.01, RMSprop at 0.001,"
    " plain gradient descent at 0.01",
    theirs="not said",
    why="The framework's defaults of that year; Adadelta's and Adagrad's are others today.",
    source=_DEFAULTS,
)
ADAGRAD = Deviation(
    8,
    ours="Adagrad's sums of squares begin at 0.1",
    theirs="they began at 0 in the framework of that year",
    why="So they begin in today's Keras; the difference is a smaller step at the beginning.",
    source=f"{_DEFAULTS}, and those of Keras 3",
)
BATCH = Deviation(
    9,
    ours="128 images a batch",
    theirs="not said",
    why="Both examples have it.",
    source=f"{_NOTEBOOK}; {_KERAS_EXAMPLE}",
)
PIXELS = Deviation(
    10,
    ours="pixels divided by 255",
    theirs="not said",
    why="Both examples do it.",
    source=f"{_NOTEBOOK}; {_KERAS_EXAMPLE}",
)
LITE_SIZE = Deviation(
    11,
    ours="at lite scale 10000 training images",
    theirs="not said; 60000 is all of MNIST's training part",
    why="So that two processor cores can train every arm often enough. Numbers are not judged at"
    " it.",
    source="our choice",
)
OPTIMIZER_NETWORK = Deviation(
    12,
    ours="optimizers are compared on the network of 2 layers with batch normalization and a dropout"
    " rate of 0.5 at every layer, for 20 epochs",
    theirs="a figure whose network, data and epochs are not said",
    why="It is the first row of the report's table.",
    source="the report's Sections 6 and 12",
)
FIGURES_NETWORK = Deviation(
    13,
    ours="what is said of the figures is asked of the networks of all three depths",
    theirs="figures 9.1 and 9.2, their network not said",
    why="The sentence is general, and the table has all depths.",
    source="the report's Sections 9 and 12",
)
WITHOUT_BATCH_NORM = Deviation(
    14,
    ours="the networks of the table with dropout at every layer, without batch normalization",
    theirs="a note on what happens without batch normalization; no such network in the table",
    why="So that one thing differs.",
    source="the report's Section 7",
)
RAW_PIXELS = Deviation(
    15,
    ours="inputs that are not normalized are pixels from 0 to 255; normalized ones are from 0 to 1",
    theirs="'normalizing the inputs', in a sentence on networks in general",
    why="This is the normalization that the report's kind of network has.",
    source=f"the report's Section 7; {_NOTEBOOK}",
)
TRAININGS = Deviation(
    16,
    ours="10 trainings at full scale; each stated number is judged as one training's, after its"
    " last epoch",
    theirs="number of trainings and seeds not said, nor that the numbers are those after the last"
    " of the 20 epochs",
    why="A number without a count is most simply one network's.",
    source="our choice",
)

_MODEL = (
    FRAMEWORK,
    LAYERS,
    WIDTHS,
    INITIALIZATION,
    BATCH_NORM,
    PLACES,
    RATES,
    BATCH,
    PIXELS,
    LITE_SIZE,
    TRAININGS,
)

PROTOCOL = Protocol(
    smoke=Size(epochs=2, seeds=2, n_train=500, dataset="digits", shape=(28, 28)),
    lite=Size(epochs=20, seeds=5, claim_seeds=10, n_train=10_000),
    full=Size(epochs=20, seeds=10),
)
# Our own questions are no sentences of the report; more seeds go to those that are.
OUR_PROTOCOL = replace(PROTOCOL, lite=replace(PROTOCOL.lite, claim_seeds=None))

_HE = {
    "class_name": "VarianceScaling",
    "config": {"scale": 2.0, "mode": "fan_in", "distribution": "untruncated_normal"},
}
BASE = MLPClassifier(
    hidden_units=(512, 128),
    activation="relu",
    dropout=0.5,
    dropout_at="every",
    batch_norm_at="every",
    batch_norm_order="before_activation",
    kernel_initializer=_HE,
    optimizer="adam",
    learning_rate=0.001,
    batch_size=128,
)
PLAIN = PixelScaler()

TWO, THREE, FIVE = (512, 128), (512, 128, 128), (512, 128, 128, 128, 128)


def _base(**changes: object) -> MLPClassifier:
    """Return the network of the table's first row with some settings changed."""
    changed: MLPClassifier = clone(BASE).set_params(**changes)
    return changed


def _network(units: tuple[int, ...], place: str | None) -> MLPClassifier:
    """Return a network with dropout and batch normalization at one place."""
    return _base(hidden_units=units, dropout_at=place, batch_norm_at=place)


def _adadelta(units: tuple[int, ...], rate: float) -> MLPClassifier:
    """Return a network with both at every layer, trained by Adadelta."""
    return _base(hidden_units=units, dropout=rate, optimizer="adadelta", learning_rate=1.0)


def _loss(arm: str) -> Value:
    """Return an arm's loss on the test images, which the report calls its test score."""
    return Value(arm, "test_loss")


def _tested(arm: str) -> Value:
    """Return an arm's accuracy on the test images."""
    return Value(arm, "test_accuracy")


def _fitted(arm: str) -> Value:
    """Return an arm's loss while it trained."""
    return Value(arm, "fit_loss")


def _of_table(*names: str) -> tuple[Arm, ...]:
    """Return arms of the table, whose runs are shared."""
    return tuple(replace(TABLE[name], shared=f"table/{name}") for name in names)


TABLE = {
    arm.name: arm
    for arm in (
        Arm("2-every", BASE, PLAIN),
        Arm("2-none", _network(TWO, None), PLAIN),
        Arm("2-adadelta", _adadelta(TWO, 0.2), PLAIN),
        Arm("2-first", _network(TWO, "first"), PLAIN),
        Arm("2-last", _network(TWO, "last"), PLAIN),
        Arm("3-every", _network(THREE, "every"), PLAIN),
        Arm("3-none", _network(THREE, None), PLAIN),
        Arm("3-adadelta", _adadelta(THREE, 0.2), PLAIN),
        Arm("3-first", _network(THREE, "first"), PLAIN),
        Arm("3-last", _network(THREE, "last"), PLAIN),
        Arm("5-every", _network(FIVE, "every"), PLAIN),
        Arm("5-none", _network(FIVE, None), PLAIN),
        Arm("5-adadelta", _adadelta(FIVE, 0.2), PLAIN),
        Arm("5-first", _network(FIVE, "first"), PLAIN),
        Arm("5-last", _network(FIVE, "last"), PLAIN),
    )
}
"""The arms of the report's table by name."""


def _reported_row(number: int, arm: str, score: float, decimals: int) -> tuple[Reported, Reported]:
    """Declare the two numbers of a row of the table."""
    where = f"Section 12, the table's row {number}"
    return (
        Reported(
            arm,
            "test_loss",
            score,
            where,
            decimals=decimals,
            why="the column Test_Score: what Keras's evaluate returns first, the loss",
        ),
        Reported(
            arm,
            "test_accuracy",
            0.98,
            where,
            decimals=2,
            why="the column Test_Accuracy",
        ),
    )


def _best_of(depth: int) -> AllOf:
    """Expect that Adam with both at every layer has the lowest loss of its depth."""
    best = _loss(f"{depth}-every")
    return all_of(
        greater(_loss(f"{depth}-none"), best),
        greater(_loss(f"{depth}-adadelta"), best),
        greater(_loss(f"{depth}-first"), best),
        greater(_loss(f"{depth}-last"), best),
    )


def _good_as_figures(depth: int) -> AllOf:
    """Expect of the good row what is said of figure 9.1, of the others what is said of 9.2."""
    good = f"{depth}-every"
    others = (f"{depth}-none", f"{depth}-adadelta", f"{depth}-first", f"{depth}-last")
    return all_of(
        greater(_fitted(good), _loss(good)),
        *(greater(_loss(other), _fitted(other)) for other in others),
    )


_READING_OF_GOOD = (
    "The row that is called good has a lower loss on the test images than each row of its depth"
    " that is not. The report's own losses contradict it at 2 and 5 layers."
)
_READING_AS_FIGURES = (
    "Bad is what Section 9 calls so: more test loss than train. The row that is called good has"
    " less of it, each row of its depth that is not has more."
)
_PLACE_AS_FIGURES = "Section 12, the column Test_performance; Section 9"

table = Experiment(
    key="table",
    question="Where should dropout and batch normalization stand in networks of 2, 3 and 5 layers?",
    dataset="mnist",
    arms=tuple(TABLE.values()),
    protocol=PROTOCOL,
    reported=tuple(
        number
        for i, (arm, score, decimals) in enumerate(ROWS, start=1)
        for number in _reported_row(i, arm, score, decimals)
    ),
    claims=(
        Claim(
            "good-of-2",
            "2 [layers, Adam, Every]: good; [Adam None, Ada_delta Every, Adam First, Adam Last]:"
            " Not-good",
            "Section 12, the column Test_performance",
            _best_of(2),
            reading=_READING_OF_GOOD,
        ),
        Claim(
            "good-of-2-as-figures",
            "2 [layers, Adam, Every]: good; [Adam None, Ada_delta Every, Adam First, Adam Last]:"
            " Not-good",
            _PLACE_AS_FIGURES,
            _good_as_figures(2),
            reading=_READING_AS_FIGURES,
        ),
        Claim(
            "good-of-3",
            "3 [layers, Adam, Every]: good; [Adam None, Ada_delta Every, Adam First, Adam Last]:"
            " Not-good",
            "Section 12, the column Test_performance",
            _best_of(3),
            reading=_READING_OF_GOOD,
        ),
        Claim(
            "good-of-3-as-figures",
            "3 [layers, Adam, Every]: good; [Adam None, Ada_delta Every, Adam First, Adam Last]:"
            " Not-good",
            _PLACE_AS_FIGURES,
            _good_as_figures(3),
            reading=_READING_AS_FIGURES,
        ),
        Claim(
            "good-of-5",
            "5 [layers, Adam, Every]: good; [Adam None, Ada_delta Every, Adam First, Adam Last]:"
            " Not-good",
            "Section 12, the column Test_performance",
            _best_of(5),
            reading=_READING_OF_GOOD,
        ),
        Claim(
            "good-of-5-as-figures",
            "5 [layers, Adam, Every]: good; [Adam None, Ada_delta Every, Adam First, Adam Last]:"
            " Not-good",
            _PLACE_AS_FIGURES,
            _good_as_figures(5),
            reading=_READING_AS_FIGURES,
        ),
    ),
    deviations=_MODEL,
)

figures = Experiment(
    key="both-or-neither",
    question="What do batch normalization and dropout at every layer do to the loss?",
    dataset="mnist",
    arms=_of_table("2-every", "2-none", "3-every", "3-none", "5-every", "5-none"),
    protocol=PROTOCOL,
    claims=(
        Claim(
            "train-loss-is-good",
            "Train loss is good by using batch normalization and dropout rate",
            "Section 9, figure 9.1",
            all_of(
                greater(_fitted("2-every"), _loss("2-every")),
                greater(_fitted("3-every"), _loss("3-every")),
                greater(_fitted("5-every"), _loss("5-every")),
            ),
            reading="The opposite of what is called bad of figure 9.2: with both, the loss on the"
            " test images is not above the loss while training.",
        ),
        Claim(
            "test-loss-above-train",
            "with-out using batch normalization and dropout we got more test loss than train it"
            " seems bad performance",
            "Section 9, figure 9.2",
            all_of(
                greater(_loss("2-none"), _fitted("2-none")),
                greater(_loss("3-none"), _fitted("3-none")),
                greater(_loss("5-none"), _fitted("5-none")),
            ),
        ),
        Claim(
            "good-at-every-layer",
            "using batch normalization and dropout at every layer gives good model performance",
            "Section 9",
            all_of(
                greater(_loss("2-none"), _loss("2-every")),
                greater(_loss("3-none"), _loss("3-every")),
                greater(_loss("5-none"), _loss("5-every")),
            ),
            reading="At each depth, both at every layer give a lower loss on the test images than"
            " neither.",
        ),
    ),
    deviations=(*_MODEL, FIGURES_NETWORK),
)

optimizers = Experiment(
    key="optimizers",
    question="Does Adam reach the lowest loss of all optimizers?",
    dataset="mnist",
    arms=(
        replace(TABLE["2-every"], name="adam", shared="table/2-every"),
        Arm("adagrad", _base(optimizer="adagrad", learning_rate=0.01), PLAIN),
        Arm("rmsprop", _base(optimizer="rmsprop"), PLAIN),
        Arm("sgd", _base(optimizer="sgd", learning_rate=0.01), PLAIN),
        Arm("momentum", _base(optimizer="sgd", learning_rate=0.01, momentum=0.9), PLAIN),
        Arm("adadelta", _adadelta(TWO, 0.5), PLAIN),
    ),
    protocol=PROTOCOL,
    claims=(
        Claim(
            "adam-lowest",
            "out of all optimizers ADAM will gives low-loss compare to ADAGRAD, RMSPROP, SGD and"
            " ADADELTA",
            "Section 6, figure 6.1",
            all_of(
                greater(_fitted("adagrad"), _fitted("adam")),
                greater(_fitted("rmsprop"), _fitted("adam")),
                greater(_fitted("sgd"), _fitted("adam")),
                greater(_fitted("adadelta"), _fitted("adam")),
            ),
            reading="The loss while training, after the last epoch: what such figures show.",
        ),
        Claim(
            "no-drawbacks",
            "ADAM which avoids all the drawbacks by other optimizers like SGD, SGD-Momentum,"
            " RMS-Prop, AdaGrad, Ada-delta",
            "Section 6",
            all_of(
                greater(_loss("sgd"), _loss("adam")),
                greater(_loss("momentum"), _loss("adam")),
                greater(_loss("rmsprop"), _loss("adam")),
                greater(_loss("adagrad"), _loss("adam")),
                greater(_loss("adadelta"), _loss("adam")),
            ),
            reading="What a drawback comes to in the end is a higher loss on the test images.",
        ),
    ),
    deviations=(*_MODEL, ADAGRAD, OPTIMIZER_NETWORK),
)

batch_norm = Experiment(
    key="batch-norm",
    question="What happens without batch normalization?",
    dataset="mnist",
    arms=(
        *_of_table("2-every", "3-every", "5-every"),
        Arm("2-without", _base(batch_norm_at=None), PLAIN),
        Arm("3-without", _base(hidden_units=THREE, batch_norm_at=None), PLAIN),
        Arm("5-without", _base(hidden_units=FIVE, batch_norm_at=None), PLAIN),
    ),
    protocol=PROTOCOL,
    claims=(
        Claim(
            "performance",
            "if we miss batch normalization it leads to variance and mean shift for every iteration"
            " it gives bad performance of model",
            "Section 7, note",
            all_of(
                greater(_loss("2-without"), _loss("2-every")),
                greater(_loss("3-without"), _loss("3-every")),
                greater(_loss("5-without"), _loss("5-every")),
            ),
            reading="At each depth the loss on the test images is higher without it.",
        ),
        Claim(
            "stability",
            "Batch normalization is a technique for improving the performance and stability of"
            " neural networks",
            "Section 7",
            all_of(
                greater(
                    Value("2-without", "test_loss_upward"), Value("2-every", "test_loss_upward")
                ),
                greater(
                    Value("3-without", "test_loss_upward"), Value("3-every", "test_loss_upward")
                ),
                greater(
                    Value("5-without", "test_loss_upward"), Value("5-every", "test_loss_upward")
                ),
            ),
            reading="A training is stable if the curve of its loss on the test images makes few and"
            " small steps upwards: without batch normalization they sum to more.",
        ),
    ),
    deviations=(*_MODEL, WITHOUT_BATCH_NORM),
)

inputs = Experiment(
    key="inputs",
    question="Does it help a network to learn if its inputs are normalized?",
    dataset="mnist",
    arms=(
        *_of_table("2-none"),
        Arm("2-raw", _network(TWO, None)),
    ),
    protocol=PROTOCOL,
    claims=(
        Claim(
            "helps",
            "We know that normalizing the inputs to a network helps it learn.",
            "Section 7",
            greater(_loss("2-raw"), _loss("2-none")),
            reading="Asked of the network without batch normalization, which would do it itself.",
        ),
    ),
    deviations=(*_MODEL, RAW_PIXELS),
)

_WHY_ALIKE = "a tenth of the smallest loss of the table: nobody would choose a network by less"
ALIKE = 0.005

rows_apart = Experiment(
    key="rows-apart",
    question="Are rows of the table that are 0.001 apart in their loss different at all?",
    dataset="mnist",
    arms=_of_table(
        "2-every",
        "2-none",
        "3-every",
        "3-none",
        "3-adadelta",
        "3-first",
        "3-last",
        "5-every",
        "5-first",
        "5-last",
    ),
    protocol=OUR_PROTOCOL,
    claims=(
        Claim(
            "0.058-above-0.057",
            "Three layers with both at the first have a higher loss than two with both at every"
            " one.",
            "our question",
            greater(_loss("3-first"), _loss("2-every")),
        ),
        Claim(
            "0.059-above-0.058",
            "Three layers trained by Adadelta have a higher loss than with both at the first.",
            "our question",
            greater(_loss("3-adadelta"), _loss("3-first")),
        ),
        Claim(
            "0.086-above-0.085",
            "Five layers with both at the last have a higher loss than with both at the first.",
            "our question",
            greater(_loss("5-last"), _loss("5-first")),
        ),
        Claim(
            "0.058-like-0.057",
            "Three layers with both at the first and two with both at every one do alike.",
            "our question",
            similar(_loss("3-first"), _loss("2-every"), ALIKE, reason=_WHY_ALIKE),
        ),
        Claim(
            "0.059-like-0.058",
            "Three layers trained by Adadelta and with both at the first do alike.",
            "our question",
            similar(_loss("3-adadelta"), _loss("3-first"), ALIKE, reason=_WHY_ALIKE),
        ),
        Claim(
            "0.086-like-0.085",
            "Five layers with both at the last and with both at the first do alike.",
            "our question",
            similar(_loss("5-last"), _loss("5-first"), ALIKE, reason=_WHY_ALIKE),
        ),
        Claim(
            "0.066-like-0.066",
            "Two rows of one loss do alike: three layers with both at the last, five with both at"
            " every one.",
            "our question",
            similar(_loss("3-last"), _loss("5-every"), ALIKE, reason=_WHY_ALIKE),
        ),
        Claim(
            "0.1-above-0.05",
            "The rows that are furthest apart differ: two layers with neither have a higher loss"
            " than three with both at every one.",
            "our question",
            greater(_loss("2-none"), _loss("3-every")),
        ),
        Claim(
            "accuracies-differ",
            "Accuracies that are all printed as 0.98 differ where losses do: three layers with both"
            " at every one are more accurate than with neither.",
            "our question",
            greater(_tested("3-every"), _tested("3-none")),
        ),
    ),
    deviations=_MODEL,
    ours=True,
)

optimizer_or_rate = Experiment(
    key="optimizer-or-rate",
    question="The rows of Adadelta have another dropout rate than those of Adam: which of the two"
    " makes their difference?",
    dataset="mnist",
    arms=(
        replace(TABLE["2-every"], name="adam 0.5", shared="table/2-every"),
        Arm("adam 0.2", _base(dropout=0.2), PLAIN),
        Arm("adadelta 0.5", _adadelta(TWO, 0.5), PLAIN, shared="optimizers/adadelta"),
        replace(TABLE["2-adadelta"], name="adadelta 0.2", shared="table/2-adadelta"),
    ),
    protocol=OUR_PROTOCOL,
    claims=(
        Claim(
            "rate-with-adam",
            "With Adam, a dropout rate of 0.2 ends at a higher loss than one of 0.5.",
            "our question",
            greater(_loss("adam 0.2"), _loss("adam 0.5")),
        ),
        Claim(
            "rate-with-adadelta",
            "With Adadelta, a dropout rate of 0.2 ends at a higher loss than one of 0.5.",
            "our question",
            greater(_loss("adadelta 0.2"), _loss("adadelta 0.5")),
        ),
        Claim(
            "optimizers-alike",
            "At one dropout rate, 0.5, Adam and Adadelta do alike.",
            "our question",
            similar(_loss("adam 0.5"), _loss("adadelta 0.5"), ALIKE, reason=_WHY_ALIKE),
        ),
    ),
    deviations=_MODEL,
    ours=True,
)

REPORT = Report(
    key="pillarisetti-2019",
    title="MNIST Hand Digit Recognition: Using Keras: 3 and 5 layer FFNN",
    author="Satya Krishna Saiteja Pillarisetti",
    year=2019,
    source="AI-Tech Systems, internship of 2019, batch 4",
    experiments=(
        table,
        figures,
        optimizers,
        batch_norm,
        inputs,
        rows_apart,
        optimizer_or_rate,
    ),
)
"""The report, declared whole."""
