"""The command line says in one sentence what is wrong, and goes on where it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nnest import cli
from nnest.experiments import Outcome
from nnest.results import ResultStore


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
    assert cli.results_folder(scale="lite").parts[-2:] == ("book", "results")
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


def test_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """One line."""
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--version"])
    assert capsys.readouterr().out.startswith("nnest ")
