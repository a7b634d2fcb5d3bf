"""Sentences whose first reading said something else than they: old verdict, new one, and reading.

The old verdicts are those of the records as they were judged before; the changelog has them too.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import NamedTuple

import pytest

from nnest.reports import get_report, list_reports
from nnest.results import ResultStore
from nnest.verdicts import ClaimVerdict, judge
from tests.helpers import ROOT

RESULTS = ResultStore(ROOT / "book" / "results")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
NOT_AT_SIZE = "not at the report's size"
MAY_BE = re.compile(
    r"\b(may|might|could|possibly|perhaps|in some cases|not necessarily|can be(?! seen))\b",
    re.IGNORECASE,
)


class Row(NamedTuple):
    """A sentence: where it is, what was said of it at which scale, and what is now."""

    place: str
    scale: str
    old: str
    new: str
    reading: str = ""
    expects: str = ""


ROWS = (
    Row("r00182510/depth/softmax-overfits", "full", "holds", "holds",
        "the other way round, 0.5514"),
    Row("groth-2019/kernel-size-cifar10/impact", "lite", "contradicted", "not judged",
        "whichever is better", "differs from"),
    Row("groth-2019/initialization/negative-fails", "lite", "undecided", "undecided",
        "Fewer networks learn"),
    Row("groth-2019/initialization/around-one-fails", "lite", "undecided", "undecided",
        "Fewer networks learn"),
    Row("pellegrini-2020/placements/dropout3-worst-in-training", "lite", "contradicted",
        NOT_AT_SIZE, "with dropout on", "fit_loss"),
    Row("pellegrini-2020/placements/dropout3-worst-on-training-images", "lite", "", NOT_AT_SIZE,
        "with dropout off", "train_loss"),
    Row("pellegrini-2020/placements/dropout3-not-better", "lite", "contradicted", NOT_AT_SIZE,
        "not more accurate", "test_accuracy of original > test_accuracy of dropout3 - 0.01"),
    Row("pellegrini-2020/placements/dropout1-best", "lite", "contradicted", NOT_AT_SIZE),
    Row("pellegrini-2020/placements/two-clearly-better", "lite", "contradicted", NOT_AT_SIZE),
    Row("pellegrini-2020/placements/dropout1-slightly-better", "lite", "contradicted", NOT_AT_SIZE),
    Row("pellegrini-2020/placements/dropout3-behind", "lite", "holds", NOT_AT_SIZE),
    Row("boyer-2019/dropout/overfitting", "lite", "contradicted", "contradicted",
        "further above that on the training images", "loss_gap"),
    Row("r00182510/learning-rates/allows", "full", "undecided", "undecided",
        "more networks learn"),
    Row("r00182510/inputs/faster-and-more-accurate", "full", "holds", "holds",
        "More networks learn"),
)  # fmt: skip


class Question(NamedTuple):
    """What took the place of a sentence that says what may be, and the sentence's old verdict."""

    sentence: str
    old: str
    place: str


QUESTIONS = (
    Question("groth-2019/initialization/exploding", "holds",
        "groth-2019/first-gradients/around-one-explodes"),
    Question("groth-2019/activation-cifar10/simplicity", "undecided",
        "groth-2019/lower-rate-cifar10/linear-is-worse"),
    Question("groth-2019/kernel-size-mnist/scaling-only", "holds",
        "groth-2019/lower-rate-mnist/one-pixel-only-scales"),
    Question("groth-2019/kernel-size-cifar10/larger-not-better", "undecided",
        "groth-2019/lower-rate-cifar10/one-pixel-is-worse"),
    Question("groth-2019/pooling-mnist/cheaper", "holds",
        "groth-2019/training-time/pooling-is-cheaper"),
    Question("r00182510/hidden-layers/layers-overfit", "holds",
        "r00182510/curves-alone-clothes/layers-widen-the-gap"),
    Question("r00182510/batch-norm/inputs-are-not-enough", "contradicted",
        "r00182510/what-may-be/more-accurate"),
    Question("r00182510/without-dropout/regularizes", "holds",
        "r00182510/what-may-be/regularizes-model-3"),
)  # fmt: skip
"""Sentences that say what may be, which were claims, and the questions of ours in their place."""


@cache
def judged(report: str, scale: str) -> dict[str, ClaimVerdict]:
    """Return the verdicts on a report's claims at one scale, by place."""
    found = judge(get_report(report), RESULTS, scale=scale).claims
    return {f"{report}/{one.experiment}/{one.key}": one for one in found}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.place)
def test_sentence_is_read_as_it_is_meant(row: Row) -> None:
    """Its verdict is computed from the records, and its reading is beside it."""
    found = judged(row.place.partition("/")[0], row.scale)[row.place]
    assert found.verdict == row.new
    assert row.reading in found.reading
    assert row.expects in found.expects


@pytest.mark.parametrize("key", list_reports())
def test_what_only_may_be_is_no_claim(key: str) -> None:
    """No run can contradict it: one rule for all reports."""
    for experiment in get_report(key).experiments:
        for claim in experiment.claims:
            assert experiment.ours or not MAY_BE.search(claim.text), claim.key


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one.sentence)
def test_question_stands_in_place_of_what_may_be(question: Question) -> None:
    """It is ours, and says which sentence it stands for; the changelog has the old verdict."""
    report, key, name = question.place.split("/")
    experiment = get_report(report).experiment(key)
    assert experiment.ours
    (claim,) = (one for one in experiment.claims if one.key == name)
    assert claim.reading.startswith("In place of '")
    _, key, name = question.sentence.split("/")
    assert name not in [one.key for one in get_report(report).experiment(key).claims]
    (line,) = re.findall(r"Before, r00182510 `layers-overfit` .*", CHANGELOG)
    assert f"`{name}`" in line
    assert {"holds": "held"}.get(question.old, question.old) in line


def test_expectation_that_is_given_up_is_not_quoted() -> None:
    """That the lower rate might end higher is what the report expected, and did not find.

    `not-higher`, undecided before, is gone; what is quoted is what the report found.
    """
    (claim,) = get_report("groth-2019").experiment("learning-rate-longer").claims
    assert claim.key == "approaches"
    assert claim.text.endswith("it approaches the same accuracy")
    assert "expected" not in claim.text


@pytest.mark.parametrize("metric", ["train_loss", "test_loss"])
def test_loss_of_a_guessed_length_says_so(metric: str) -> None:
    """Both losses of the softmax layer were "ours higher"; both rest on guessed iterations.

    A question asks whether all four numbers are the report's at one iteration.
    """
    report = get_report("r00182510")
    (found,) = (
        one
        for one in judge(report, RESULTS).numbers
        if one.experiment == "softmax" and one.metric == metric
    )
    guessed = [one.number for one in report.deviations if "iterations" in one.ours.lower()]
    assert set(guessed) & set(found.unsaid)
    (question,) = (
        one for one in report.experiment("softmax-longer").claims if one.key == "all-four-near-560"
    )
    wanted = {"fit_accuracy", "fit_loss", "test_accuracy", "test_loss"}
    assert {value.metric for value in question.values} == wanted
    assert report.experiment("softmax-longer").ours


def test_blur_and_dimming_are_told_apart_by_what_holds() -> None:
    """The answer was "do not tell the two apart" under a row that holds, and that decides it."""
    assert judged("boyer-2019", "full")["boyer-2019/blur-or-dimming/blur-hurts-more"].verdict == (
        "holds"
    )
    page = (ROOT / "book" / "reports" / "wishes.md").read_text(encoding="utf-8")
    assert '{"blur-hurts-more": Verdict.HOLDS}' in page


def test_sentences_that_are_read_twice_say_how() -> None:
    """They are counted as often as they are read, and each reading is beside its verdict."""
    for key in list_reports():
        for experiment in get_report(key).experiments:
            texts = Counter(claim.text for claim in experiment.claims)
            for claim in experiment.claims:
                assert texts[claim.text] == 1 or claim.reading, claim.key
