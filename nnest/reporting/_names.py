"""Metrics and arms by names for readers; records, digests and JSON keep the short ones."""

from __future__ import annotations

import re

from nnest.exceptions import ExperimentError
from nnest.experiments import Metric, arm_in_words, parse_metric

__all__ = ["in_words", "metric_in_words"]

_NAMES = {
    "fit_accuracy": "accuracy while training",
    "fit_loss": "loss while training",
    "train_accuracy": "accuracy on the training images",
    "train_loss": "loss on the training images",
    "val_accuracy": "validation accuracy",
    "val_loss": "validation loss",
    "test_accuracy": "test accuracy",
    "test_loss": "test loss",
    "test_balanced_accuracy": "balanced test accuracy",
    "fit_loss_lowest_epoch": "epoch of the lowest loss while training",
    "fit_loss_upward": "upward steps of the loss while training",
    "test_loss_lowest_epoch": "epoch of the lowest test loss",
    "test_loss_rise": "rise of the test loss from its lowest",
    "test_loss_upward": "upward steps of the test loss",
    "accuracy_gap": "gap between training and test accuracy",
    "loss_gap": "gap between test and training loss",
    "gradient_norm_first": "norm of the first gradient",
    "gradient_norm_largest": "largest norm of the first gradients",
    "kernel_norm": "norm of the kernels",
    "n_parameters": "parameters",
    "n_classes": "classes",
    "n_images": "images",
}
_AXES = ("first", "second", "third")
_ENDS = (
    *(r"$", r" after epoch ", r" at its best ", r" [<>=+-] ", r" differs from ", r" within "),
    *(r" by more ", r" are at ", r", and ", r"[;:)]"),
)
_METRIC = r"(?<![\w-])(?P<metric>(?:[a-z]+(?:_[a-z]+)+|seconds|kernel)(?:\[[\d,]+\])?(?:@[\w-]+)?)"
_ARM = rf"(?P<arm>.+?)(?={'|'.join(_ENDS)})"
_VALUE = re.compile(rf"{_METRIC}(?: of {_ARM})?")
_LEARNING = re.compile(rf"networks of (?P<more>.+?) learn than of {_ARM}")


def in_words(text: str, pattern: str = "{0}") -> str:
    """Return a text with its metrics, and the arms that they are of, by names for readers.

    Parameters
    ----------
    text : str
        For instance ``"test_loss of 2 > test_loss of 1"``.
    pattern : str, default="{0}"
        How the arms are called, as `Experiment.arm_words`.

    Returns
    -------
    str
        The text; names that are not in the list of metrics stand as they were.
    """
    text = _LEARNING.sub(lambda found: _learning(found, pattern), text)
    return _VALUE.sub(lambda found: _value(found, pattern), text)


def _learning(found: re.Match[str], pattern: str) -> str:
    """Return a comparison of how many networks learn, with its arms in words."""
    more, fewer = (arm_in_words(found[arm], pattern) for arm in ("more", "arm"))
    return f"networks of {more} learn than of {fewer}"


def _value(found: re.Match[str], pattern: str) -> str:
    """Return a metric, and the arm that it is of, in words."""
    try:
        name = metric_in_words(found["metric"])
    except ExperimentError:
        return found[0]
    return name if found["arm"] is None else f"{name} of {arm_in_words(found['arm'], pattern)}"


def metric_in_words(text: str) -> str:
    """Return a metric's name for readers.

    Parameters
    ----------
    text : str
        The metric's name in records.

    Returns
    -------
    str
        The name in words.

    Raises
    ------
    ExperimentError
        If there is no such metric.
    """
    metric = parse_metric(text)
    what = (metric.condition or "").replace("_", " ").replace("-", " ")
    match metric:
        case Metric("kernel", (row, column)):
            return f"kernel entry in row {row}, column {column}"
        case Metric("output_shape", (axis,)):
            return f"length of the {_AXES[axis]} axis after {what}"
        case Metric("test_confusion", (true, predicted)):
            return f"{true} taken for {predicted}"
        case Metric("test_error_share", (one, other)):
            return f"share of {one} and {other} in all mistakes"
        case Metric("test_recall", index):
            many = "es" if len(index) > 1 else ""
            return f"recall of class{many} {', '.join(map(str, index))}"
    name = _NAMES.get(metric.name, metric.name)
    if metric.name == "n_parameters" and what.endswith("not trainable"):
        place = what.removesuffix("not trainable").strip()
        return f"{name}{f' of {place}' if place else ''} that are not trained"
    if what and metric.name.startswith("n_"):
        return f"{name} of {what}"
    return f"{name} ({what})" if what else name
