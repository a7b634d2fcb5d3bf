"""The command line says in one sentence what is wrong, and goes on where it was."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import nnest
from nnest import cli
from nnest._storage import writing
from nnest.datasets import list_datasets
from nnest.exceptions import ResultsError
from nnest.experiments import Outcome
from nnest.reporting._names import in_words
from nnest.reports import get_report, list_reports
from nnest.results import ResultStore
from tests.helpers import ROOT


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that must be refused; return what it says."""
    assert cli.main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err.removesuffix("\n")


def test_unknown_report_is_refused_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt report."""
    said = refusal(capsys, "reproduce", "boyer-2018")
    assert said == "nnest: There is no report 'boyer-2018'; did you mean 'boyer-2019'?"


def test_unknown_experiment_is_refused_with_the_nearest(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A misspelt experiment of a report that exists."""
    said = refusal(capsys, "reproduce", "boyer-2019/dropuot", "--results", str(tmp_path))
    assert said == "nnest: There is no experiment of boyer-2019 'dropuot'; did you mean 'dropout'?"


def test_folder_that_cannot_be_written_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A file stands where the folder of the records should be."""
    (tmp_path / "records").write_text("not a folder")
    arguments = ["reproduce", "boyer-2019", "--scale", "smoke", "--results"]
    said = refusal(capsys, *arguments, str(tmp_path / "records"))
    assert said.startswith("nnest: Cannot record runs in ")
    assert said.endswith("Make it writable, or choose another folder with --results.")


def test_torn_line_in_the_middle_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A damaged file of records is named with the line; nothing is trained on top of it."""
    folder = tmp_path / "boyer-2019"
    folder.mkdir()
    (folder / "final.jsonl").write_text('{"report": "boy\n{}\n')
    arguments = ["reproduce", "boyer-2019/final", "--scale", "smoke", "--results", str(tmp_path)]
    said = refusal(capsys, *arguments)
    assert said.startswith(f"nnest: Line 1 of {str(folder / 'final.jsonl')!r} is torn")


@pytest.mark.parametrize(
    ("text", "seconds"), [("25min", 1500), ("2h", 7200), ("90s", 90), ("1.5 h", 5400)]
)
def test_budget_is_read_with_its_unit(text: str, seconds: float) -> None:
    """A number and a unit."""
    assert cli.build_parser().parse_args(["reproduce", "--budget", text]).budget == seconds


@pytest.mark.parametrize("text", ["25", "min", "-3min", "1d"])
def test_budget_without_unit_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whether 25 are seconds or minutes is not guessed."""
    with pytest.raises(SystemExit, match="2"):
        cli.build_parser().parse_args(["reproduce", f"--budget={text}"])
    said = capsys.readouterr().err
    assert f"{text!r} is no duration; write a number and s, min or h, as in 25min" in said


def interrupted(*_: Any, **__: Any) -> Outcome:
    """Do as Ctrl-C does."""
    raise KeyboardInterrupt


def test_ctrl_c_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Stopped by hand: one sentence, and the exit status that shells expect."""
    monkeypatch.setattr("nnest.experiments.run", interrupted)
    assert cli.main(["reproduce", "boyer-2019", "--results", str(tmp_path)]) == 130
    assert capsys.readouterr().err == (
        f"nnest: stopped. What had ended is recorded in {tmp_path}; the same command goes on where"
        " it was.\n"
    )


def test_says_what_was_trained_and_what_is_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A request that ended, by its budget or whole."""
    asked: dict[str, Any] = {}

    def ran(report: Any, experiment: str | None, **options: Any) -> Outcome:
        asked.update(options, experiment=experiment)
        return Outcome(needed=9, found=2, trained=3)

    monkeypatch.setattr("nnest.experiments.run", ran)
    command = ["reproduce", "boyer-2019/final", "--scale", "full", "--seeds", "4", "--allow-dirty"]
    assert cli.main([*command, "--budget", "1h", "--results", str(tmp_path)]) == 0
    assert capsys.readouterr().out == (
        f"boyer-2019: 3 trainings recorded in {tmp_path / 'boyer-2019'}, 2 of 9 were there before."
        " 4 are left for the next time.\n"
    )
    assert asked["experiment"] == "final"
    assert (asked["scale"], asked["n_seeds"], asked["budget"]) == ("full", 4, 3600)
    assert asked["allow_dirty"] is True
    assert isinstance(asked["store"], ResultStore)


def test_folder_of_records(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is said comes first, then the environment; smoke runs keep out of the book's records."""
    monkeypatch.delenv("NNEST_RESULTS", raising=False)
    assert cli.results_folder(scale="smoke") == Path("demo-results")
    in_checkout = Path(nnest.__file__).parents[1] == ROOT  # an installed package has no book
    last = ("book", "results") if in_checkout else ("results",)
    assert cli.results_folder(scale="lite").parts[-len(last) :] == last
    monkeypatch.setenv("NNEST_RESULTS", str(tmp_path))
    assert cli.results_folder(scale="smoke") == tmp_path
    assert cli.results_folder("other") == Path("other")


def test_unexpected_errors_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours keeps its traceback."""

    def broken(*_: Any, **__: Any) -> Outcome:
        raise ZeroDivisionError

    monkeypatch.setattr("nnest.experiments.run", broken)
    with pytest.raises(ZeroDivisionError):
        cli.main(["reproduce", "boyer-2019", "--scale", "smoke"])


@pytest.mark.parametrize("unbuffered", [{}, {"PYTHONUNBUFFERED": "1"}])
@pytest.mark.parametrize("arguments", [["--help"], ["data", "list"]])
def test_a_reader_that_has_seen_enough_is_no_error(
    arguments: list[str], unbuffered: dict[str, str]
) -> None:
    """The pipe is closed, as by ``head``, while the command writes or when it has ended."""
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONUNBUFFERED"}
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        [sys.executable, "-m", "nnest", *arguments],
        stdout=writer,
        stderr=subprocess.PIPE,
        env=environment | unbuffered,
        cwd=ROOT,
        timeout=60,
    )
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """One line."""
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"nnest {nnest.__version__}\n"


def report_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    """Run ``nnest report`` for programs; return what it prints."""
    assert cli.main(["report", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_report_before_any_record(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """It shows what is declared, says what is missing, and how to make it."""
    assert cli.main(["report", "boyer-2019", "--results", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert "Numbers: 3 of 104 judged (3 equal, 101 no records)." in said.out
    assert "Claims: 0 of 11 judged (11 no records)." in said.out
    assert said.err == (
        f"nnest: nothing is recorded in {tmp_path / 'boyer-2019'}; nnest reproduce boyer-2019"
        " would do it.\n"
    )


def test_report_for_programs_lists_every_cell(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """All 104 numbers and 22 claims, each with the keys that programs read."""
    found = report_json(capsys, "boyer-2019", "--results", str(tmp_path))
    assert (len(found["numbers"]), len(found["claims"])) == (104, 22)
    assert found["report"]["key"] == "boyer-2019"
    expected = {"label", "reported", "mean", "low", "high", "n", "scale", "verdict", "where"}
    assert all(expected <= set(number) for number in found["numbers"])
    assert all({"key", "text", "verdict", "n", "scale", "parts"} <= set(c) for c in found["claims"])


def test_report_of_all_is_a_list(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """One entry for each report."""
    found = report_json(capsys, "--all", "--results", str(tmp_path))
    assert [one["report"]["key"] for one in found] == list_reports()


def test_report_of_all_misses_nothing_and_sums_up(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Every number that is no cell and every claim stands there; the counts by scale come last."""
    assert cli.main(["report", "--all", "--results", str(tmp_path)]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    for key in list_reports():
        for experiment in get_report(key).experiments:
            for claim in experiment.claims:
                assert any(f"  {experiment.key}/{claim.key}: " in line for line in lines)
            for number in experiment.reported:
                name = in_words(number.label, experiment.arm_words)
                assert number.kind == "count" or any(line.startswith(f"{name}  ") for line in lines)
        assert f"nnest reproduce {key} would do it." in said.err
    summary = lines[lines.index("All 5 reports") :]
    assert [line for line in summary if line in {"Numbers", "Claims", "Our questions"}] == [
        "Numbers",
        "Claims",
        "Our questions",
    ]
    assert sum(line.startswith("  together ") for line in summary) == 3


def test_report_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """With the nearest name."""
    said = refusal(capsys, "report", "boyer2019")
    assert said == "nnest: There is no report 'boyer2019'; did you mean 'boyer-2019'?"


def test_report_must_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither a report nor all of them."""
    with pytest.raises(SystemExit, match="2"):
        cli.main(["report"])
    assert "one of the arguments REPORT --all is required" in capsys.readouterr().err


def test_report_refuses_a_torn_middle_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Half a file is never judged."""
    path = tmp_path / "boyer-2019" / "final.jsonl"
    path.parent.mkdir()
    path.write_text('{"report": "boy\n{}\n')
    said = refusal(capsys, "report", "boyer-2019", "--results", str(tmp_path))
    assert said == (
        f"nnest: Line 1 of {str(path)!r} is torn, it is no whole line of JSON: restore the file"
        " from git, or delete the line and run the experiment again."
    )


def test_report_skips_a_torn_last_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """What a killed process left behind is no error."""
    path = tmp_path / "boyer-2019" / "final.jsonl"
    path.parent.mkdir()
    path.write_text('{"report": "boy')
    found = report_json(capsys, "boyer-2019", "--results", str(tmp_path))
    assert found["summary"]["numbers"] == {"equal": 3, "no records": 101}


def test_training_that_cannot_be_recorded_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The disk is full: the sentence, and the record's line behind it."""

    def full(*_: Any, **__: Any) -> Outcome:
        raise ResultsError("No space left on device.", line='{"arm": "final"}')

    monkeypatch.setattr("nnest.experiments.run", full)
    assert cli.main(["reproduce", "boyer-2019", "--results", str(tmp_path)]) == 2
    assert capsys.readouterr().err == 'nnest: No space left on device.\n{"arm": "final"}\n'


def test_a_folder_for_checkpoints_that_is_full_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """One sentence, and no traceback."""

    def full(*_: Any, **__: Any) -> Outcome:
        with writing(tmp_path, "make room there."):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("nnest.experiments.run", full)
    assert cli.main(["reproduce", "boyer-2019", "--results", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        f"nnest: Cannot write to '{tmp_path}' (No space left on device): make room there.\n"
    )


def test_data_list_says_what_is_here(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A line for each set: counts, shape, place, licence."""
    monkeypatch.setenv("NNEST_DATA", str(tmp_path))
    (tmp_path / "mnist.npz").touch()
    assert cli.main(["data", "list"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert list(lines) == [info.name for info in list_datasets()]
    assert str(tmp_path / "mnist.npz") in lines["mnist"]
    assert "not on this machine" in lines["gtsrb"]
    assert "60000 + 10000 images of 28x28" in lines["mnist"]


def test_data_is_verified(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Without names what is here; with a name it must be here; a damaged file is refused."""
    monkeypatch.setenv("NNEST_DATA", str(tmp_path))
    assert cli.main(["data", "verify"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("digits: whole, in ")
    assert lines[1] == "mnist: not on this machine"
    missing = refusal(capsys, "data", "verify", "mnist")
    assert missing == (
        f"nnest: mnist is not on this machine: {tmp_path / 'mnist.npz'} does not exist; fetch it"
        " first."
    )
    (tmp_path / "mnist.npz").write_bytes(b"no archive")
    assert str(tmp_path / "mnist.npz") in refusal(capsys, "data", "verify", "mnist")


def test_bundled_data_is_fetched(capsys: pytest.CaptureFixture[str]) -> None:
    """It comes with scikit-learn, and is checked."""
    assert cli.main(["data", "fetch", "digits"]) == 0
    assert capsys.readouterr().out.startswith("digits: whole, in ")


@pytest.mark.parametrize("command", ["list", "fetch", "verify"])
def test_unknown_data_is_refused_with_the_nearest(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt data set."""
    said = refusal(capsys, "data", command, "mnits")
    assert said.startswith("nnest: No data set is called 'mnits': did you mean 'mnist'?")


def test_help_is_quick_since_it_imports_nothing_heavy() -> None:
    """Neither keras nor jax, scikit-learn, pandas or NumPy is loaded for ``nnest --help``."""
    program = (
        "import sys; from nnest.cli import build_parser; build_parser().format_help();"
        "print(sorted({'keras', 'jax', 'sklearn', 'pandas', 'numpy'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert ran.stdout == "[]\n", ran.stderr
