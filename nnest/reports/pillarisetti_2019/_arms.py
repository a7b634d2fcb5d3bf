"""What is trained: the networks of the report's table, by depth and by place, and how."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from nnest.estimators import MLPClassifier
from nnest.experiments import Arm, Experiment, Protocol, Size, read_deviations, vary
from nnest.preprocessing import PixelScaler

PROTOCOL = Protocol(
    smoke=Size(epochs=2, seeds=2, n_train=500, dataset="digits", shape=(28, 28)),
    lite=Size(epochs=20, seeds=5, claim_seeds=10, n_train=10_000),
    full=Size(epochs=20, seeds=10),
)
# Our own questions are no sentences of the report; more seeds go to those that are.
OUR_PROTOCOL = replace(PROTOCOL, lite=replace(PROTOCOL.lite, claim_seeds=None))

experiment = partial(Experiment.of, dataset="mnist", protocol=PROTOCOL)
question = partial(Experiment.of, dataset="mnist", protocol=OUR_PROTOCOL, ours=True)

BASE = MLPClassifier(
    hidden_units=(512, 128),
    activation="relu",
    dropout=0.5,
    dropout_at="every",
    batch_norm_at="every",
    batch_norm_order="before_activation",
    kernel_initializer={
        "class_name": "VarianceScaling",
        "config": {"scale": 2.0, "mode": "fan_in", "distribution": "untruncated_normal"},
    },
    optimizer="adam",
    learning_rate=0.001,
    batch_size=128,
)
"""The network of the table's first row."""

arm = vary(BASE, PixelScaler())
adadelta = partial(arm, optimizer="adadelta", learning_rate=1.0)

UNITS = {2: (512, 128), 3: (512, 128, 128), 5: (512, 128, 128, 128, 128)}
DEPTHS = tuple(UNITS)


def _row(depth: int, column: str) -> Arm:
    """Return the network of a row of the table."""
    name, units = f"{depth}-{column}", UNITS[depth]
    places = {"every": "every", "none": None, "first": "first", "last": "last"}
    return (
        adadelta(name, hidden_units=units, dropout=0.2)
        if column == "adadelta"
        else arm(name, hidden_units=units, dropout_at=places[column], batch_norm_at=places[column])
    )


TABLE = {
    f"{depth}-{column}": _row(depth, column)
    for depth in DEPTHS
    for column in ("every", "none", "adadelta", "first", "last")
}
"""The arms of the report's table by name, in its order."""


def of_table(*names: str) -> tuple[Arm, ...]:
    """Return arms of the table, whose runs are shared."""
    return tuple(replace(TABLE[name], shared=f"table/{name}") for name in names)


DEVIATIONS = read_deviations(__package__)
MODEL = DEVIATIONS.of(
    *("framework", "layers", "widths", "initialization", "batch-norm", "places"),
    *("rates", "batch", "pixels", "lite-size", "trainings"),
)
"""The deviations of the model, which all experiments have."""
