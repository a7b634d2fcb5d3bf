"""What pages and summaries show follows the records, and nothing is missing from it."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib import pyplot as plt

from nnest.exceptions import ExperimentError
from nnest.experiments import Above, Greater, Report, Reported, Value, read_metric
from nnest.reporting import (
    Folded,
    Link,
    ReportPage,
    Table,
    anchor,
    outside_table,
    overview,
    overview_table,
    overview_text,
    record_files,
    recorded_table,
    sentence_table,
    source_links,
)
from nnest.reports import get_report, list_reports
from nnest.results import ResultStore, Run
from nnest.verdicts import judge
from tests.planted import plant_report
from tests.test_verdicts import (
    HIGH,
    LOW,
    NARROW,
    SEEDS,
    A,
    B,
    Memory,
    accuracy,
    claim,
    declared,
    plant,
    planted,
)

NOTHING = ResultStore("no/such/folder")


@pytest.fixture
def store() -> Memory:
    """Start without any record."""
    return Memory()


@pytest.fixture
def report() -> Report:
    """Declare two numbers, two claims and a question."""
    return declared(
        accuracy(),
        Reported("b", "test_accuracy", "0.7", "Section 2"),
        claims=[claim(Greater(A, B), "ahead"), claim(Greater(B, A), "behind")],
        questions=[claim(Above(A, 0.9, reason="said"), "question")],
    )


def recorded(report: Report, store: Memory) -> ReportPage:
    """Record both arms at the report's own size."""
    plant(store, report, "a", NARROW)
    plant(store, report, "b", LOW)
    return ReportPage(report, store)


def test_what_pages_have_no_room_for_stands_beneath() -> None:
    """A column less, and nothing where there is nothing to say."""
    table = Table(["a", "b"], [("1", "2"), ("3", "–")], beneath={"b": "a"})
    shown = re.sub(r"<[^>]*>", "", table._repr_html_()).split()
    assert shown == ["a", "1b:", "2", "3"]
    assert str(table).splitlines()[1] == "1 | 2"


def test_tables_of_a_page_have_four_columns_at_most(report: Report, store: Memory) -> None:
    """As many as a phone has room for; the verdict is one of them."""
    page = recorded(report, store)
    for table in (page.numbers(), page.sentences(), page.deviations(), page.arms("first")):
        heads = re.findall("<th>(.*?)</th>", table._repr_html_())
        assert len(heads) <= 4
        assert ("verdict" in heads) == ("verdict" in table.columns)


@pytest.mark.parametrize("key", list_reports())
def test_overview_leaves_out_no_number_and_no_claim(key: str) -> None:
    """The counts of all verdicts come to what is declared."""
    report = get_report(key)
    found = overview([judge(report, NOTHING)])
    totals = {kind: sum(one.total for one in found if one.kind == kind) for kind in ("numbers",)}
    assert totals["numbers"] == sum(len(one.reported) for one in report.experiments)
    claims = sum(one.total for one in found if one.kind != "numbers")
    assert claims == sum(len(one.claims) for one in report.experiments)


def test_overview_is_by_scale(report: Report, store: Memory) -> None:
    """A number at full size and one that is not run are two lines, judged and not."""
    plant(store, report, "a", NARROW)
    found = [one for one in overview([judge(report, store)]) if one.kind == "numbers"]
    assert [(one.scale, one.judged, one.total) for one in found] == [
        ("full", 1, 1),
        ("not run", 0, 1),
    ]
    assert found[0].verdicts == {"agrees": 1}
    assert found[1].reasons == {"no records": 1}


def test_overview_as_text_has_a_line_for_all_together(report: Report, store: Memory) -> None:
    """Judged and unjudged are counted apart, and chance is named."""
    recorded(report, store)
    text = overview_text([judge(report, store)])
    lines = [re.sub(r"\s+", " ", line).strip() for line in text.splitlines()]
    assert "fake full 2 of 2 judged: 1 agrees, 1 ours higher" in lines
    assert "together 2 of 2 judged: 1 holds, 1 contradicted" in lines
    assert "chance alone would put 0.0." in re.sub(r"\s+", " ", text)


def test_overview_as_table_has_a_column_for_each_verdict(report: Report, store: Memory) -> None:
    """And a last row for all together."""
    recorded(report, store)
    table = overview_table([judge(report, store)], "numbers")
    assert tuple(table.columns) == ("report", "scale", "all", "judged", "agrees", "ours higher")
    assert list(table)[-1] == ("together", "", 2, 2, 1, 1)


def test_numbers_lead_to_their_records(report: Report, store: Memory) -> None:
    """The last cell of a row is a link to the lines of the arm at that scale and digest."""
    rows = list(recorded(report, store).numbers())
    source = judge(report, store).numbers[0].source
    assert source is not None
    (link,) = rows[0][-1]
    assert link.address.endswith(f"fake/first.html#{anchor('a', 'full', source.digest)}")
    assert [row[6] for row in rows] == ["agrees", "ours higher"]


def test_what_has_no_record_says_so(report: Report) -> None:
    """Tables, values and figures of a report that was never run."""
    page = ReportPage(report, NOTHING)
    assert {row[6] for row in page.numbers()} == {"not run yet"}
    assert {row[1] for row in page.sentences()} == {"not run yet"}
    assert {row[3] for row in page.arms("first")} == {"not run yet"}
    assert page.values()["first_ahead"] == "not run yet"
    assert list(page.times()) == [("not run yet", "–", "–", "–", "–")]
    figure, axes = plt.subplots(1, 2)
    page.draw_arms(axes, "first")
    assert [text.get_text() for ax in axes for text in ax.texts] == ["not run yet"] * 2
    assert figure.get_size_inches()[1] < 1
    plt.close(figure)


def test_one_seed_has_no_interval(report: Report, store: Memory) -> None:
    """Too few seeds: shown and said, and there is no verdict."""
    store.append(planted(report, "a", 0, final={"test_accuracy": 0.98}))
    page = ReportPage(report, store)
    assert next(iter(page.arms("first")))[3] == "0.9800 (one seed, no interval)"
    assert next(iter(page.numbers()))[6] == "not judged (1 of 5 seeds)"
    assert page.values()["first_ahead"] == "not judged"


def diverging(report: Report, store: Memory) -> ReportPage:
    """Record both arms; one training of the first ended after an epoch without a loss."""
    for arm, values in (("a", HIGH), ("b", LOW)):
        for seed, value in enumerate(values):
            broken = arm == "a" and seed == 2
            loss = math.nan if broken else 0.1
            curve = [value] if broken else [value, value]
            store.append(
                planted(
                    report,
                    arm,
                    seed,
                    final={"test_accuracy": value, "test_loss": loss},
                    history={"fit_accuracy": curve, "test_accuracy": curve},
                    diverged=broken,
                )
            )
    return ReportPage(report, store)


def test_diverged_runs_are_counted_and_shown(report: Report, store: Memory) -> None:
    """In the tables, in the figure's legend, and in the list of what to know."""
    page = diverging(report, store)
    first = next(iter(page.arms("first")))
    assert first[1] == SEEDS
    assert str(first[3]).endswith("; 1 of 5 diverged")
    assert next(iter(page.arms("first", "test_loss")))[3] == "no number; 1 of 5 diverged"
    assert ("first/a seed 2 (full)", "diverged: it counts in accuracies") in list(page.left_out())
    figure, ax = plt.subplots()
    page.draw_arms(ax, "first", ("fit_accuracy",))
    assert "a (1 of 5 diverged)" in [text.get_text() for text in ax.get_legend().get_texts()]
    plt.close(figure)


def test_claim_on_an_epoch_that_a_diverged_run_did_not_reach(store: Memory) -> None:
    """It keeps the accuracy that it ended with, and has no loss any more."""
    late = [Value(arm, "test_accuracy", 2) for arm in "ab"]
    report = declared(claims=[claim(Greater(*late), "late")])
    assert diverging(report, store).verdict("first", "late") == "holds"
    broken = next(run for run in store.runs if run.diverged)
    assert read_metric(broken, "test_accuracy", 2) == HIGH[2]
    with_loss = replace(broken, history={"fit_loss": [0.3]})
    assert math.isnan(read_metric(with_loss, "fit_loss", 2))


def test_networks_that_give_one_class_are_counted(report: Report, store: Memory) -> None:
    """Two trainings of the first arm call everything the second class; none of the other."""
    for arm in "ab":
        for seed in range(SEEDS):
            counts = [[0, 6], [0, 4]] if arm == "a" and seed < 2 else [[5, 1], [0, 4]]
            run = planted(report, arm, seed, final={"test_accuracy": 0.5})
            store.append(replace(run, confusion=counts))
    # A shorter run does not count where longer ones are complete.
    shorter = planted(report, "a", 0, scale="lite", final={"test_accuracy": 0.5})
    store.append(replace(shorter, confusion=[[0, 6], [0, 4]]))
    page = ReportPage(report, store)
    (row,) = page.constant()
    assert row[:5] == ("first", "a", "full", SEEDS, 2)
    assert (page.values()["constant"], page.values()["trainings"]) == (2, 2 * SEEDS)
    (link,) = row[5]
    assert "fake/first.html#" in link.address


def test_time_of_a_group_has_no_interval(report: Report, store: Memory) -> None:
    """Seeds that trained together have parts of one time; those that trained alone have their own.

    Accuracies of both are seeds like any other.
    """
    for arm, step in (("a", 0.0), ("b", 0.25)):
        for seed in range(SEEDS):
            final = {"test_accuracy": 0.9 + seed / 1000}
            group = {"members": 1 if step else SEEDS}
            seconds = 2.0 + step * seed
            store.append(planted(report, arm, seed, final=final, seconds=seconds, group=group))
    page = ReportPage(report, store)
    together, alone = (row[3:5] for row in page.arms("first", "seconds"))
    assert together == ("2.0000 (trained as a group, no interval)", "–")
    assert re.fullmatch(r"2\.50 \[[\d., ]+\]", alone[0])
    assert alone[1] == "–"
    assert all("[" in row[3] for row in page.arms("first", "test_accuracy"))


class Counting(Memory):
    """A store that counts how often it is read."""

    reads = 0

    def read(self, report: str, experiment: str | None = None) -> list[Run]:
        """Return the runs."""
        self.reads += 1
        return super().read(report, experiment)


def test_a_page_reads_its_records_once(report: Report) -> None:
    """However many tables it shows: with thousands of runs, reading takes seconds."""
    store = Counting()
    page = recorded(report, store)
    page.values(), page.numbers(), page.times(), page.left_out(), page.arms("first")
    assert store.reads == 1


def test_no_network_that_gives_one_class(report: Report, store: Memory) -> None:
    """Nothing is recorded, or every network tells classes apart."""
    assert next(iter(ReportPage(report, NOTHING).constant()))[0] == "not run yet"
    for seed in range(SEEDS):
        run = planted(report, "a", seed, final={"test_accuracy": 0.9})
        store.append(replace(run, confusion=[[5, 1], [0, 4]]))
    assert next(iter(ReportPage(report, store).constant()))[0] == "none"


def test_records_of_an_arm_that_is_gone_are_listed(report: Report, store: Memory) -> None:
    """They are in no number, and the page says why."""
    page = recorded(report, store)
    before = [row[3] for row in page.numbers()]
    store.append(replace(planted(report, "a", 0), arm="gone"))
    page = ReportPage(report, store)
    assert [row[3] for row in page.numbers()] == before
    assert list(page.left_out()) == [
        ("first/gone seed 0 (full)", "not used: no arm keeps its runs there now")
    ]


def test_mixed_scales_are_not_mixed(report: Report, store: Memory) -> None:
    """One arm at full, both at lite: differences are of runs at lite, and say so."""
    plant(store, report, "a", LOW)
    plant(store, report, "a", HIGH, scale="lite")
    plant(store, report, "b", LOW, scale="lite")
    page = ReportPage(report, store)
    assert [row[2] for row in page.arms("first")] == ["lite", "lite"]
    assert [(row[5], row[6]) for row in page.numbers()] == [
        ("full", "ours lower"),
        ("lite", "not at the report's size"),
    ]
    assert page.values()["first_ahead"] == "holds (lite)"


def test_what_was_not_reproduced_has_a_reason(report: Report, store: Memory) -> None:
    """The one that is given, for the claim, or for its experiment; else its deviations."""
    page = recorded(report, store)
    plain = [row[3] for row in page.not_reproduced({})]
    assert plain == ["not known; see deviations 7"] * 2
    reasons = {"first": "for all", "first/behind": "for this one"}
    assert [row[3] for row in page.not_reproduced(reasons)] == ["for all", "for this one"]


def test_outside_numbers_of_several_reports(report: Report, store: Memory) -> None:
    """Only those outside, with the report's key."""
    recorded(report, store)
    (row,) = outside_table([judge(report, store)])
    assert row[0] == "fake"
    assert row[7] == "ours higher"


def test_sentences_on_a_subject_are_found_by_place() -> None:
    """All of an experiment, or one; a place that leads nowhere is refused."""
    assert len(list(sentence_table(["r00182510/penalties"], NOTHING))) == 6
    assert len(list(sentence_table(["r00182510/penalties/added-value"], NOTHING))) == 1
    message = (
        "There is no claim at 'r00182510/penalties/added'; write REPORT/EXPERIMENT or"
        " REPORT/EXPERIMENT/CLAIM."
    )
    with pytest.raises(ExperimentError, match=f"^{re.escape(message)}$"):
        sentence_table(["r00182510/penalties/added"], NOTHING)


def test_table_escapes_what_reports_say() -> None:
    """A text with a sign of HTML stays a text; a link stays a link."""
    folded = Folded("2 parts", "a > b, and a > c")
    table = Table(["a < b"], [("x & y",), (Link("10 > 9", "a.html"),), (folded,), ((),)])
    shown = table._repr_html_()
    assert "<th>a &lt; b</th>" in shown
    assert ">x &amp; y</td>" in shown
    assert '<a href="a.html">10 &gt; 9</a></td>' in shown
    assert "<details><summary>2 parts</summary>a &gt; b, and a &gt; c</details></td>" in shown
    assert str(Table(["a", "b"], [])) == "a | b\nnothing | –"


def test_comparisons_are_folded() -> None:
    """They are there, and do not fill the page."""
    (row,) = sentence_table(["pillarisetti-2019/table/good-of-2"], NOTHING)
    assert isinstance(row[7], Folded)
    assert row[7].summary == "4 comparisons"
    (row,) = sentence_table(["pillarisetti-2019/inputs/helps"], NOTHING)
    assert row[7] == Folded(
        "1 comparison", "test loss of 2 layers, raw > test loss of 2 layers, none"
    )


def test_files_of_records_have_digests(tmp_path: Path) -> None:
    """By which a download can be checked."""
    plant_report(get_report("pillarisetti-2019"), tmp_path)
    files = record_files("pillarisetti-2019", ResultStore(tmp_path))
    names = [one.name for one in files]
    assert names == sorted(names)
    assert all(re.fullmatch("[0-9a-f]{64}", one.sha256) for one in files)
    table = recorded_table(["pillarisetti-2019"], ResultStore(tmp_path))
    assert next(iter(table))[3] == sum(one.lines for one in files)


def test_every_source_of_a_report_has_its_own_place(tmp_path: Path) -> None:
    """No two arms of a file share an anchor."""
    for key in list_reports():
        plant_report(get_report(key), tmp_path)
        found = judge(get_report(key), ResultStore(tmp_path)).numbers
        sources = {one.source for one in found if one.source is not None}
        assert len({link.address for link in source_links(sources)}) == len(sources)


def test_numbered_lines_are_those_of_the_file(tmp_path: Path) -> None:
    """Line by line, from 1; a blank line counts."""
    plant_report(get_report("pillarisetti-2019"), tmp_path)
    store = ResultStore(tmp_path)
    path = store.path("pillarisetti-2019", "inputs")
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], "", *lines[1:]]) + "\n", encoding="utf-8")
    numbers = [number for number, _ in store.numbered("pillarisetti-2019", "inputs")]
    assert numbers == [1, *range(3, len(lines) + 2)]
    assert [run for _, run in store.numbered("pillarisetti-2019", "inputs")] == store.read(
        "pillarisetti-2019", "inputs"
    )
