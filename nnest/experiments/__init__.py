"""Reports as declarations, and what trains them.

A `Report` has experiments, an `Experiment` has arms, reported numbers and claims. `run` trains what
is missing of a report and records it.
"""

from __future__ import annotations

from nnest.experiments._arms import Arm, arm_in_words, vary
from nnest.experiments._claims import Claim, decreasing, each
from nnest.experiments._claims import arms_compared as arms_compared
from nnest.experiments._claims import values_compared as values_compared
from nnest.experiments._confusion import confusion_counts, gives_one_class
from nnest.experiments._digest import describe
from nnest.experiments._expectations import (
    Above,
    AllOf,
    Below,
    Bound,
    CountLearning,
    Different,
    Equivalence,
    Expectation,
    Greater,
    Similar,
)
from nnest.experiments._expectations import Part as Part
from nnest.experiments._experiment import Experiment
from nnest.experiments._holdouts import hold_out
from nnest.experiments._images import Images, data_digest, enlarge, load_images, stratified_subset
from nnest.experiments._jobs import Job, arm_digest, jobs_of
from nnest.experiments._metrics import (
    Metric,
    metric_values,
    parse_metric,
    read_metric,
)
from nnest.experiments._modes import proba_in_mode
from nnest.experiments._protocol import SCALES, Holdout, LayerMode, Protocol, Scale, Size
from nnest.experiments._protocol import check_known as check_known
from nnest.experiments._report import Report
from nnest.experiments._reported import Deviation, Reported
from nnest.experiments._run import Outcome, run
from nnest.experiments._tables import Deviations, read_deviations, read_tables
from nnest.experiments._values import (
    Value,
    fit_accuracy,
    fit_loss,
    loss_gap,
    seconds,
    test_accuracy,
    test_loss,
    test_loss_lowest_epoch,
    test_loss_rise,
    test_loss_upward,
    train_accuracy,
    train_loss,
)

__all__ = [
    "SCALES",
    "Above",
    "AllOf",
    "Arm",
    "Below",
    "Bound",
    "Claim",
    "CountLearning",
    "Deviation",
    "Deviations",
    "Different",
    "Equivalence",
    "Expectation",
    "Experiment",
    "Greater",
    "Holdout",
    "Images",
    "Job",
    "LayerMode",
    "Metric",
    "Outcome",
    "Protocol",
    "Report",
    "Reported",
    "Scale",
    "Similar",
    "Size",
    "Value",
    "arm_digest",
    "arm_in_words",
    "confusion_counts",
    "data_digest",
    "decreasing",
    "describe",
    "each",
    "enlarge",
    "fit_accuracy",
    "fit_loss",
    "gives_one_class",
    "hold_out",
    "jobs_of",
    "load_images",
    "loss_gap",
    "metric_values",
    "parse_metric",
    "proba_in_mode",
    "read_deviations",
    "read_metric",
    "read_tables",
    "run",
    "seconds",
    "stratified_subset",
    "test_accuracy",
    "test_loss",
    "test_loss_lowest_epoch",
    "test_loss_rise",
    "test_loss_upward",
    "train_accuracy",
    "train_loss",
    "vary",
]
