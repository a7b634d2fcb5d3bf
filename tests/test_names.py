"""Readers see metrics and arms in words; records, digests and JSON keep the short names."""

from __future__ import annotations

import re

import pytest

from nnest.exceptions import ExperimentError
from nnest.experiments import arm_in_words
from nnest.reporting import as_text
from nnest.reporting._columns import CLAIM, NUMBER, table_of
from nnest.reporting._names import in_words, metric_in_words
from nnest.reports import get_report, list_reports
from nnest.results import ResultStore
from nnest.verdicts import judge
from tests.helpers import ROOT

RESULTS = ResultStore(ROOT / "book" / "results")
SHORT = re.compile(r"\b(fit|test|train|val|n|output|loss|accuracy|kernel|gradient)_[a-z]")


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        ("test_accuracy", "test accuracy"),
        ("fit_loss", "loss while training"),
        ("test_accuracy@dropout-on", "test accuracy (dropout on)"),
        ("test_confusion[2,7]", "2 taken for 7"),
        ("test_error_share[4,9]", "share of 4 and 9 in all mistakes"),
        ("test_recall[5]", "recall of class 5"),
        ("test_recall[5,6]", "recall of classes 5, 6"),
        ("kernel[0,1]", "kernel entry in row 0, column 1"),
        ("output_shape[1]@conv_1_activation", "length of the second axis after conv 1 activation"),
        ("n_parameters@conv_1", "parameters of conv 1"),
        ("n_parameters@not-trainable", "parameters that are not trained"),
        ("n_parameters@map-not-trainable", "parameters of map that are not trained"),
        ("seconds", "seconds"),
    ],
)
def test_metric_in_words(metric: str, words: str) -> None:
    """With what stands behind it."""
    assert metric_in_words(metric) == words


@pytest.mark.parametrize(
    ("text", "pattern", "words"),
    [
        (
            "test_loss of 2 after epoch 1 > test_loss of 1 + 0.05, and seconds of 2 < 3",
            "model {0}",
            "test loss of model 2 after epoch 1 > test loss of model 1 + 0.05,"
            " and seconds of model 2 < 3",
        ),
        ("test_accuracy of 2-every", "{1} layers, {2}", "test accuracy of 2 layers, every"),
        ("fit_accuracy of none = fit_accuracy of 0.3 within 0.01", "dropout {0}",
         "accuracy while training of none = accuracy while training of dropout 0.3 within 0.01"),
        ("more networks of 0.1 learn than of 0.5", "rate {0}",
         "more networks of rate 0.1 learn than of rate 0.5"),
        ("5 of 10 values of test_loss_rise of A are at their bound", "{0}",
         "5 of 10 values of rise of the test loss from its lowest of A are at their bound"),
        ("an_unknown_name of 2", "rate {0}", "an_unknown_name of 2"),
    ],
)  # fmt: skip
def test_text_in_words(text: str, pattern: str, words: str) -> None:
    """Metrics, and the arms behind them; all else stands as it was."""
    assert in_words(text, pattern) == words


def test_unknown_metric_has_no_words() -> None:
    """It is a mistake and no name."""
    with pytest.raises(ExperimentError, match="There is no metric 'test_acuracy'; did you mean"):
        metric_in_words("test_acuracy")


@pytest.mark.parametrize("key", list_reports())
def test_no_short_name_is_shown(key: str) -> None:
    """Neither in a terminal nor on pages, whatever the report."""
    verdicts = judge(get_report(key), RESULTS)
    numbers = str(table_of(NUMBER, verdicts.numbers))
    text = as_text(verdicts)
    for shown in (text, numbers, str(table_of(CLAIM, verdicts.claims))):
        assert SHORT.search(shown) is None
    assert re.search(r"\d\.\d{9}", text) is None  # eight decimals are the most that is printed


@pytest.mark.parametrize("key", list_reports())
def test_arms_in_words_stay_apart(key: str) -> None:
    """Each has a name of its own."""
    for one in get_report(key).experiments:
        assert len({arm_in_words(arm.name, one.arm_words) for arm in one.arms}) == len(one.arms)
