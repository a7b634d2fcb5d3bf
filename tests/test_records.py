"""The committed records are those of the declarations as they are now."""

from __future__ import annotations

import numpy as np
import pytest

from nnest.experiments import metric_values
from nnest.reports import get_report, list_reports
from nnest.results import ResultStore
from nnest.verdicts import Records, Verdicts, judge
from tests.helpers import ROOT

RESULTS = ResultStore(ROOT / "book" / "results")
# A report may be declared, in a commit of its own, before any of it is run.
RECORDED = [key for key in list_reports() if RESULTS.read(key)]
REASONS = {
    "not comparable",
    "not judged",
    "not at the report's size",
    "own size, other data",
}


@pytest.fixture(scope="module", params=RECORDED)
def verdicts(request: pytest.FixtureRequest) -> Verdicts:
    """Judge a report by the committed records."""
    return judge(get_report(request.param), RESULTS)


def test_only_records_of_another_semantics_are_unused(verdicts: Verdicts) -> None:
    """Every other committed record counts for an arm as it is declared now."""
    trained_again = {
        f"{experiment.key}/{arm.name}"
        for experiment in verdicts.report.experiments
        for arm in experiment.arms
        if arm.semantics is not None
    }
    unused = [one for one in verdicts.unused if one.name.split(" seed ")[0] not in trained_again]
    assert [f"{one.name}: {one.why}" for one in unused] == []


def test_no_two_records_contradict_each_other(verdicts: Verdicts) -> None:
    """One training has one outcome."""
    assert verdicts.conflicts == ()


def test_records_are_of_committed_code(verdicts: Verdicts) -> None:
    """Each record names the commit that made it."""
    runs = RESULTS.read(verdicts.report.key)
    assert [run.key for run in runs if run.code["dirty"] or not run.code["commit"]] == []


def test_every_number_has_a_verdict_or_a_reason(verdicts: Verdicts) -> None:
    """Nothing that a report states is left without an answer."""
    for one in verdicts.numbers:
        assert one.judged or one.verdict in REASONS, (one.label, one.verdict)
        assert one.source is not None or one.kind == "exact", one.label


def test_every_claim_has_a_verdict_or_a_reason(verdicts: Verdicts) -> None:
    """Nothing that a report says, and nothing that we ask, is left without an answer."""
    for one in verdicts.claims:
        assert one.judged or (one.verdict in REASONS and one.note), (one.key, one.verdict)
        assert one.sources


def test_lite_scale_of_boyer_2019_keeps_its_floor() -> None:
    """The final model reaches 97.5 %; its training loss falls by less than 5 % over a fifth."""
    runs = Records(get_report("boyer-2019"), RESULTS).evidence("final", "final", "lite").runs
    assert metric_values(runs, "test_accuracy").mean() >= 0.975
    loss = np.mean([run.history["fit_loss"] for run in runs.values()], axis=0)
    fifth = len(loss) // 5
    assert loss[-1] > 0.95 * loss[-1 - fifth]
