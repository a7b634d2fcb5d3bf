"""Reports as declarations, and what trains them.

A `Report` has experiments, an `Experiment` has arms, reported numbers and claims. `run` trains what
is missing of a report and records it.
"""

from __future__ import annotations

from nnest.experiments._claims import (
    Claim,
    all_of,
    arms_compared,
    below,
    beyond,
    count_learning,
    different,
    greater,
    similar,
    values_compared,
)
from nnest.experiments._confusion import confusion_counts, gives_one_class
from nnest.experiments._digest import describe
from nnest.experiments._expectations import (
    AllOf,
    Beyond,
    CountLearning,
    Expectation,
    Greater,
    Part,
    Similar,
    Value,
)
from nnest.experiments._experiment import Experiment, Report
from nnest.experiments._holdouts import hold_out
from nnest.experiments._images import Images, data_digest, enlarge, load_images, stratified_subset
from nnest.experiments._jobs import Job, arm_digest, jobs_of
from nnest.experiments._metrics import Metric, metric_values, parse_metric, read_metric
from nnest.experiments._modes import proba_in_mode
from nnest.experiments._protocol import (
    SCALES,
    Arm,
    Holdout,
    Mode,
    Protocol,
    Scale,
    Size,
    check_known,
)
from nnest.experiments._reported import Deviation, Reported, reported_confusion
from nnest.experiments._run import Outcome, run

__all__ = [
    "SCALES",
    "AllOf",
    "Arm",
    "Beyond",
    "Claim",
    "CountLearning",
    "Deviation",
    "Expectation",
    "Experiment",
    "Greater",
    "Holdout",
    "Images",
    "Job",
    "Metric",
    "Mode",
    "Outcome",
    "Part",
    "Protocol",
    "Report",
    "Reported",
    "Scale",
    "Similar",
    "Size",
    "Value",
    "all_of",
    "arm_digest",
    "arms_compared",
    "below",
    "beyond",
    "check_known",
    "confusion_counts",
    "count_learning",
    "data_digest",
    "describe",
    "different",
    "enlarge",
    "gives_one_class",
    "greater",
    "hold_out",
    "jobs_of",
    "load_images",
    "metric_values",
    "parse_metric",
    "proba_in_mode",
    "read_metric",
    "reported_confusion",
    "run",
    "similar",
    "stratified_subset",
    "values_compared",
]
