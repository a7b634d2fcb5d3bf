"""A report's numbers, sentences and deviations are read from tables, and nothing else is."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression

from nnest.exceptions import ExperimentError
from nnest.experiments import (
    Arm,
    Deviation,
    Experiment,
    Greater,
    Protocol,
    Reported,
    Size,
    Value,
    read_deviations,
    read_tables,
)
from nnest.reports import get_report, list_reports

SIZE = Size(epochs=1, seeds=2, dataset="digits")
PROTOCOL = Protocol(smoke=SIZE, lite=SIZE, full=SIZE)
HEADER = (
    "experiment,arm,metric,printed,where,why,deviation,kind,runs,statistic,approximate,tolerance"
)
ROW = "one,a,test_accuracy,98.75%,Section 1,said so,,,,,,"
SENTENCE_FIELDS = (
    "an entry has text (str), and may have where (str), reading (str), not_comparable (int), after"
    " (int)."
)
SENTENCE = '[one.better]\ntext = "a is better"\nwhere = "Section 2"\n'


@pytest.fixture
def experiments() -> list[Experiment]:
    """Declare an experiment of two arms and one claim."""
    arms = [Arm("a", LogisticRegression()), Arm("b", LogisticRegression(C=2.0))]
    expects = {"better": Greater(Value("a", "test_accuracy"), Value("b", "test_accuracy"))}
    kept = (Deviation(7, "ours", "theirs", "why", "source"),)
    of = Experiment.of("one", "?", arms, expects, dataset="mnist", protocol=PROTOCOL)
    return [Experiment(**{**vars(of), "deviations": kept})]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Lay tables that fit beside it."""
    (tmp_path / "reported.csv").write_text(f"{HEADER}\n{ROW}\n", encoding="utf-8")
    (tmp_path / "claims.toml").write_text(SENTENCE, encoding="utf-8")
    return tmp_path


def refused(message: str) -> Any:
    """Expect an error of exactly this message."""
    return pytest.raises(ExperimentError, match=f"^{re.escape(message)}$")


@pytest.mark.parametrize(
    ("metric", "printed", "value", "decimals", "low", "high"),
    [
        ("test_accuracy", "0.9875", 0.9875, 4, 0.98745, 0.98755),
        ("test_accuracy", "98.75 %", 0.9875, 4, 0.98745, 0.98755),
        ("test_accuracy", "93%", 0.93, 2, 0.925, 0.935),
        ("test_loss", "0.3700", 0.37, 4, 0.36995, 0.37005),
        ("test_loss_lowest_epoch", "150", 150, 0, 149.5, 150.5),
        ("accuracy_gap", "-0.5", -0.5, 1, -0.55, -0.45),
        ("seconds", "62 sec", 62, 0, 61.5, 62.5),
        ("seconds", "62 s", 62, 0, 61.5, 62.5),
        ("seconds", "1 h 55 min", 6900, 0, 6870, 6930),
        ("seconds", "01:55", 6900, 0, 6870, 6930),
        ("seconds", "2 h", 7200, 0, 5400, 9000),
        ("seconds", "1 min 5 sec", 65, 0, 64.5, 65.5),
    ],
)
def test_value_and_interval_come_from_the_printed_text(
    metric: str, printed: str, value: float, decimals: int, low: float, high: float
) -> None:
    """Half a unit of the last digit that is printed lies to either side."""
    kind = "time" if metric == "seconds" else "random"
    number = Reported("a", metric, printed, "Section 1", kind=kind)
    assert (number.value, number.decimals) == (value, decimals)
    assert number.interval == pytest.approx((low, high))


def test_no_argument_says_otherwise_than_the_text() -> None:
    """With `decimals` left out, 0.9875 stood for 0.49 to 1.49 and could not be contradicted."""
    assert {"value", "decimals", "interval"}.isdisjoint(one.name for one in fields(Reported))
    for more in ({"decimals": 0}, {"value": 0.9875}):
        with pytest.raises(TypeError):
            Reported("a", "test_accuracy", "0.9875", "Section 1", **more)
    number = Reported("a", "test_accuracy", "0.9875", "Section 1")
    for name in ("value", "decimals", "interval"):
        with pytest.raises(AttributeError):
            setattr(number, name, 0)


@pytest.mark.parametrize(
    ("metric", "printed"),
    [
        ("test_accuracy", "abc"),
        ("test_accuracy", ""),
        ("test_accuracy", "nan"),
        ("test_accuracy", "1e-3"),
        ("test_accuracy", "0.98."),
        ("test_accuracy", "0,98"),
        ("test_accuracy", "\u0661"),  # a digit, but none that reports print
        ("test_accuracy", "62 sec"),
        ("test_accuracy", 0.9875),
        ("seconds", "1:75"),
        ("seconds", "h min"),
    ],
)
def test_text_that_is_no_number_is_refused(metric: str, printed: Any) -> None:
    """Nor is a float taken, which has lost its last zeros; only seconds are printed as times."""
    kind = "time" if metric == "seconds" else "random"
    with refused(
        f"{metric} is printed as {printed!r}; give the text of a number, such as '0.9875' or"
        " '98.75%', and of a time '62 sec', '1 h 55 min' or '01:55'."
    ):
        Reported("a", metric, printed, "Section 1", kind=kind)


def test_tables_are_read(folder: Path, experiments: list[Experiment]) -> None:
    """A row is a number, an entry is a sentence; what is empty has its default."""
    (found,) = read_tables(folder, experiments)
    (number,) = found.reported
    assert number == Reported("a", "test_accuracy", "98.75%", "Section 1", why="said so")
    (claim,) = found.claims
    assert (claim.text, claim.where, claim.arms) == ("a is better", "Section 2", ("a", "b"))


def test_sentence_without_a_place_is_our_question(
    folder: Path, experiments: list[Experiment]
) -> None:
    """So that no entry of ours has to say so."""
    (folder / "claims.toml").write_text('[one.better]\ntext = "Is it?"\n', encoding="utf-8")
    (found,) = read_tables(folder, experiments)
    assert found.claims[0].where == "our question"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("two,a,test_accuracy,1,x,y,,,,,,", "There is no experiment 'two'; there are one."),
        ("one,c,test_accuracy,1,x,y,,,,,,", "There is no arm of one 'c'; there are a, b."),
        (
            "one,a,test_acuracy,1,x,y,,,,,,",
            "There is no metric 'test_acuracy'; did you mean 'test_accuracy'?",
        ),
        (
            "one,a,test_accuracy,high,x,y,,,,,,",
            "test_accuracy is printed as 'high'; give the text of a number, such as '0.9875' or"
            " '98.75%', and of a time '62 sec', '1 h 55 min' or '01:55'.",
        ),
        (
            "one,a,test_accuracy,1,x,y,8,,,,,",
            "one calls something not comparable for deviation 8, but declares the deviations 7.",
        ),
        ("one,a,test_accuracy,1,x,y,,,six,,,", "runs is 'six'; it must be a number."),
        ("one,a,test_accuracy,1,x,y,,,,,,wide", "tolerance is 'wide'; it must be a number."),
        ("one,a,test_accuracy,1,x,y,,,,,,nan", "tolerance is 'nan'; it must be a number."),
        (
            "one,a,test_accuracy,1,x,y,,,,,,-1",
            "test_accuracy has tolerance=-1.0; it must be 0 or more.",
        ),
        (
            "one,a,test_accuracy,1,x,y,,,,,maybe,",
            "approximate is 'maybe'; it must be yes, or empty.",
        ),
        ("one,a,test_accuracy,1,x,y", "6 cells, where there are 12."),
        (
            "one,a,test_confusion,cells.csv,x,y,,count,,,,",
            "There is no file 'cells.csv' beside it.",
        ),
        (
            "one,,n_classes,10,x,y,,exact,,,,",
            "n_classes is declared as exact of None; an exact number has kind='exact', no arm and a"
            " compute function, and no other number has.",
        ),
    ],
)
def test_row_that_does_not_fit_is_named_by_its_line(
    folder: Path, experiments: list[Experiment], row: str, message: str
) -> None:
    """One sentence with the file and the line."""
    (folder / "reported.csv").write_text(f"{HEADER}\n{ROW}\n{row}\n", encoding="utf-8")
    with refused(f"reported.csv, line 3: {message}"):
        read_tables(folder, experiments)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (HEADER.replace(",printed", ""), "lacks printed"),
        (HEADER.replace("tolerance", "tolerence"), "lacks tolerance"),
        (f"{HEADER},notes", "has notes"),
        ("", f"lacks {', '.join(sorted(HEADER.split(',')))}"),
    ],
)
def test_column_that_is_missing_or_unknown_is_named(
    folder: Path, experiments: list[Experiment], header: str, message: str
) -> None:
    """A misspelled column would be an empty one."""
    (folder / "reported.csv").write_text(f"{header}\n{ROW}\n", encoding="utf-8")
    with refused(
        f"reported.csv, line 1: the header {message}; its columns are"
        f" {', '.join(HEADER.split(','))}."
    ):
        read_tables(folder, experiments)


def test_exact_number_without_a_row_is_named(folder: Path, experiments: list[Experiment]) -> None:
    """What is computed must be stated."""
    with refused("reported.csv has no row for n_classes of one."):
        read_tables(folder, experiments, {"one": {"n_classes": lambda: 10.0}})


def test_matrix_is_a_number_for_each_cell(folder: Path, experiments: list[Experiment]) -> None:
    """Rows are true labels, columns predicted ones."""
    row = "one,a,test_confusion,cells.csv,Figure 1,rows are true,,count,,,,"
    (folder / "reported.csv").write_text(f"{HEADER}\n{row}\n", encoding="utf-8")
    (folder / "cells.csv").write_text("true/predicted,0,1\n0,5,1\n1,0,6\n", encoding="utf-8")
    (found,) = read_tables(folder, experiments)
    assert [(one.metric[-5:], one.value) for one in found.reported] == [
        ("[0,0]", 5), ("[0,1]", 1), ("[1,0]", 0), ("[1,1]", 6)]  # fmt: skip
    assert {(one.kind, one.where) for one in found.reported} == {("count", "Figure 1")}
    (folder / "cells.csv").write_text("true/predicted,0,1\n\n0,5,1\n", encoding="utf-8")
    assert len(read_tables(folder, experiments)[0].reported) == 2
    (folder / "cells.csv").write_text("", encoding="utf-8")
    with refused("reported.csv, line 2: cells.csv is empty."):
        read_tables(folder, experiments)
    (folder / "cells.csv").write_text("true/predicted,0,1\n0,5\n", encoding="utf-8")
    with refused("reported.csv, line 2: cells.csv has 1 counts of 0."):
        read_tables(folder, experiments)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            SENTENCE.replace("one.", "on."),
            "claims.toml: There is no experiment 'on'; did you mean 'one'?",
        ),
        (
            SENTENCE.replace("better]", "beter]"),
            "claims.toml: There is no claim of one 'beter'; did you mean 'better'?",
        ),
        (
            SENTENCE.replace("text", "txt"),
            f"claims.toml, one.better: {SENTENCE_FIELDS}",
        ),
        ("", f"claims.toml, one.better: {SENTENCE_FIELDS}"),
        (f"{SENTENCE}after = true\n", f"claims.toml, one.better: {SENTENCE_FIELDS}"),
        ("[one]\nbetter = 3\n", f"claims.toml, one.better: {SENTENCE_FIELDS}"),
        (
            f"{SENTENCE}not_comparable = 8\n",
            "claims.toml: one calls something not comparable for deviation 8, but declares the"
            " deviations 7.",
        ),
        ("text = 'x'\n", "claims.toml: text stands outside all entries."),
    ],
)
def test_sentence_that_does_not_fit_is_named(
    folder: Path, experiments: list[Experiment], text: str, message: str
) -> None:
    """Every claim has a sentence, and every sentence a claim."""
    (folder / "claims.toml").write_text(text, encoding="utf-8")
    with refused(message):
        read_tables(folder, experiments)


def test_epoch_that_there_is_not_is_named_with_its_entry(
    folder: Path, experiments: list[Experiment]
) -> None:
    """The sentence of the claim comes behind the file and the entry."""
    (folder / "claims.toml").write_text(f"{SENTENCE}after = -1\n", encoding="utf-8")
    with pytest.raises(ExperimentError, match=r"^claims\.toml, one\.better: "):
        read_tables(folder, experiments)


def test_deviation_that_does_not_fit_is_named(tmp_path: Path) -> None:
    """A field that is missing or unknown, a file that is no TOML, a name that is not there."""
    file = tmp_path / "deviations.toml"
    whole = '[batch]\nnumber = 1\nours = "32"\ntheirs = "-"\nwhy = "-"\nsource = "-"\n'
    for text in (
        whole.replace("ours", "our"),
        whole.replace('why = "-"\n', ""),
        whole + 'unsaid = "yes"\n',
        whole.replace("1", '"1"'),
    ):
        file.write_text(text, encoding="utf-8")
        with refused(
            "deviations.toml, batch: an entry has number (int), ours (str), theirs (str), why"
            " (str), source (str), and may have unsaid (bool), of_machine (bool)."
        ):
            read_deviations(tmp_path)
    file.write_text("[batch\n", encoding="utf-8")
    with pytest.raises(ExperimentError, match=r"^deviations\.toml: .*line 1"):
        read_deviations(tmp_path)
    with refused("There is no deviation 'bach'; did you mean 'batch'?"):
        read_deviations("nnest.reports.boyer_2019").of("bach")


def test_unsaid_settings_are_declared_as_such() -> None:
    """The field says so, and the words beside it too."""
    for key in list_reports():
        for one in get_report(key).deviations:
            assert one.unsaid == ("not said" in one.theirs), (key, one.number)
            assert one.of_machine == ("hardware" in one.theirs), (key, one.number)
