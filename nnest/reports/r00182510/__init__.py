"""R00182510's report: networks by hand on Fashion-MNIST, dropout on notMNIST, batch norm, declared.

What the report leaves unsaid was set once, before the first run on real data, from the examples of
its framework and year; each such setting is a numbered deviation with its source.
"""

from __future__ import annotations

from functools import partial

from nnest.datasets import describe
from nnest.experiments import Report, read_tables
from nnest.reports.r00182510._part_a import PART_A
from nnest.reports.r00182510._parts_b_c import PARTS_B_C
from nnest.reports.r00182510._questions import QUESTIONS

__all__ = ["REPORT"]


def _count(dataset: str, what: str) -> float:
    """Return a count that a data set's description holds."""
    return float(getattr(describe(dataset), what))


_EXACT = {
    experiment: {
        "n_images@training-part": partial(_count, dataset, "n_train"),
        "n_images@test-part": partial(_count, dataset, "n_test"),
        "n_classes": partial(_count, dataset, "n_classes"),
    }
    for experiment, dataset in (("softmax", "fashion_mnist"), ("depth", "notmnist"))
}

REPORT = Report(
    key="r00182510",
    title="Deep Learning Assignment Report",
    author="R00182510",
    year=2020,
    source="an assignment of a course on deep learning, signed with a student's number and undated;"
    " the year is inferred from its calls, which are those of TensorFlow 2 of 2019",
    experiments=read_tables(__package__, PART_A + PARTS_B_C + QUESTIONS, _EXACT),
)
"""The report, declared whole."""
