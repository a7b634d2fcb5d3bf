"""``nnest tune`` from end to end on small digits: it searches, reports, goes on, and is joined."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from nnest import cli
from nnest.cli._tune_data import load_samples
from nnest.datasets import load_image_folder
from nnest.exceptions import TuneError
from nnest.studies import open_study
from tests.postgres import server

SPACE = """
hidden_units = [8]
batch_size = 64
[dropout]
low = 0.0
high = 0.5
[learning_rate]
low = 1e-3
high = 1e-1
log = true
"""
SMALL = ("--epochs", "2", "--folds", "2", "--samples", "100", "--pruner", "none")


@pytest.fixture
def space(tmp_path: Path) -> str:
    """Return a space of one architecture, which compiles once."""
    path = tmp_path / "space.toml"
    path.write_text(SPACE)
    return str(path)


def command(space: str, out: Path, *more: str) -> list[str]:
    """Return a small search of digits."""
    common = ["tune", "digits", "--model", "mlp", "--space", space, "--out", str(out)]
    return [*common, *SMALL, "--sampler", "random", *more]


def table_of(out: Path) -> pd.DataFrame:
    """Return the table of trials that a command has left."""
    return pd.read_csv(out / "trials.csv")


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that must be refused; return what it says."""
    assert cli.main(["tune", *arguments]) == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    return said.err.removeprefix("nnest: ").removesuffix("\n")


def test_a_search_leaves_a_table_the_best_and_figures(
    space: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And goes on from there when it is asked for more trials."""
    out = tmp_path / "out"
    assert cli.main(command(space, out, "--trials", "3")) == 0
    first, said = table_of(out), capsys.readouterr().out
    assert first["state"].tolist() == ["complete"] * 3
    assert "digits-mlp: 3 of 3 trials (3 complete)." in said
    assert said.count("dropout=") == 3
    best = json.loads((out / "best.json").read_text())
    assert best["value"] == first["value"].max()
    assert best["trial"] == first["trial"][first["value"].idxmax()]
    row = first.set_index("trial").loc[best["trial"]]
    assert best["settings"] == {
        "hidden_units": [8],
        "batch_size": 64,
        "epochs": 2,
        "dropout": row["param_dropout"],
        "learning_rate": row["param_learning_rate"],
    }
    for name in ("history", "parallel-coordinates", "isolation/dropout", "isolation/learning_rate"):
        assert (out / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert (out / "importances.png").exists()

    assert cli.main(["tune", "digits", "--model", "mlp", "--out", str(out), "--trials", "5"]) == 0

    assert "digits-mlp: 5 of 5 trials (5 complete)." in capsys.readouterr().out
    more = table_of(out)
    pd.testing.assert_frame_equal(more.head(3), first)
    whole = tmp_path / "whole"
    assert cli.main(command(space, whole, "--trials", "5")) == 0
    columns = ["value", "param_dropout", "param_learning_rate"]
    pd.testing.assert_frame_equal(table_of(whole)[columns], more[columns])


def test_a_found_setting_makes_a_network(space: str, tmp_path: Path) -> None:
    """What best.json holds are arguments."""
    from nnest import MLPClassifier
    from nnest.datasets import load_digits

    out = tmp_path / "out"
    assert cli.main(command(space, out, "--trials", "2")) == 0
    best = json.loads((out / "best.json").read_text())
    digits = load_digits()
    assert best["model"] == "MLPClassifier"
    net = MLPClassifier(**best["settings"], random_state=0)
    net.fit(digits.data[:200] / 16, digits.target[:200])
    assert net.n_iter_ == 2


def test_a_file_of_arrays_is_searched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With classes that are names, the default space, TPE and a pruner."""
    rng = np.random.default_rng(0)
    y = np.repeat(["left", "right"], 30)
    X = rng.normal(size=(60, 5)) + (y == "right")[:, None]
    np.savez(tmp_path / "own.npz", X=X, y=y)
    out = tmp_path / "out"
    arguments = [str(tmp_path / "own.npz"), "--model", "mlp", "--trials", "2", "--folds", "2"]
    assert cli.main(["tune", *arguments, "--epochs", "2", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert f"nnest: X of {tmp_path / 'own.npz'}: taken as it is.\n" in said
    assert json.loads((out / "best.json").read_text())["scaling"] == "taken as it is"
    assert "own-mlp: 2 of 2 trials" in said
    table = table_of(out)
    assert {"param_hidden_units_layers", "param_hidden_units_1"} <= set(table.columns)
    assert set(table["state"]) <= {"complete", "pruned"}


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Return a folder with two classes of pictures, bright ones and dark ones."""
    rng = np.random.default_rng(0)
    for name, shade in (("bright", 200), ("dark", 20)):
        (tmp_path / "shades" / name).mkdir(parents=True)
        for i in range(12):
            noisy = rng.integers(shade, shade + 50, size=(10, 12), dtype=np.uint8)
            Image.fromarray(noisy).save(tmp_path / "shades" / name / f"{i}.png")
    return tmp_path / "shades"


def test_a_folder_of_pictures_is_searched(
    pictures: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By its name alone, if it lies here; in the size and colors that are asked for."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "space.toml").write_text(
        "filters = [2]\nhidden_units = [4]\nbatch_size = 8\n"
        "[learning_rate]\nlow = 1e-3\nhigh = 1e-1\nlog = true\n"
    )
    size = ["--image-size", "8x6", "--color", "gray"]
    few = ["--trials", "2", "--folds", "2", "--epochs", "2"]
    options = ["--model", "cnn", "--space", "space.toml", "--out", "out", *few]
    assert cli.main(["tune", "shades", *options, *size]) == 0
    assert f"nnest: X of {pictures}: divided by 255.\n" in capsys.readouterr().out
    best = json.loads((tmp_path / "out" / "best.json").read_text())
    assert (best["data"], best["image_size"], best["color"]) == (str(pictures), "8x6", "gray")

    said = refusal(capsys, "shades", *options, "--image-size", "8x8")
    assert said == (
        "The study 'shades-cnn' was begun with --image-size 8x6, and now it is --image-size 8x8: "
        "leave it out to go on, or give another --study-name."
    )


@pytest.mark.parametrize(
    ("source", "options", "said"),
    [
        (
            "shades",
            {"image_size": "8"},
            "--image-size is '8': give height and width in pixels, as in 32x48.",
        ),
        (
            "digits",
            {"color": "gray"},
            "--color is gray, but digits is no folder of pictures: leave it out.",
        ),
    ],
)
def test_options_of_pictures(
    source: str,
    options: dict[str, str],
    said: str,
    pictures: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They say how the pictures of a folder are read."""
    monkeypatch.chdir(pictures.parent)
    with pytest.raises(TuneError, match=f"^{re.escape(said)}$"):
        load_samples(source, **options)


def test_pictures_are_read_as_a_script_reads_them(pictures: Path) -> None:
    """Their classes are the names of the folders; a folder that is a data set's name is not one."""
    samples = load_samples(str(pictures))
    own = load_image_folder(pictures, (32, 32))
    np.testing.assert_allclose(samples.X, own.data / 255, rtol=1e-6)
    assert samples.y.tolist() == ["bright"] * 12 + ["dark"] * 12
    (pictures.parent / "digits").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(pictures.parent)
        assert load_samples("digits").X.shape == (1352, 8, 8)


def test_a_grid_ends_with_its_choices(tmp_path: Path) -> None:
    """However many trials are asked for."""
    path = tmp_path / "grid.toml"
    path.write_text("[dropout]\nchoices = [0.0, 0.2]\n[hidden_units]\nchoices = [[8]]\n")
    out = tmp_path / "out"
    arguments = ["digits", "--model", "mlp", "--space", str(path), "--sampler", "grid"]
    assert cli.main(["tune", *arguments, *SMALL, "--trials", "9", "--out", str(out)]) == 0
    table = table_of(out)
    assert sorted(table["param_dropout"]) == [0.0, 0.2]
    assert set(table["param_hidden_units"].map(str)) == {"8"}


@pytest.mark.parametrize("model", ["mlp", "cnn"])
def test_the_space_of_a_model_is_shown(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It can be written to a file, changed, and given back."""
    from nnest.cli._settings import network_of
    from nnest.cli._space import default_space, read_space

    assert cli.main(["tune", "--model", model, "--show-space"]) == 0
    path = tmp_path / "space.toml"
    path.write_text(capsys.readouterr().out)
    known = network_of(model)().get_params()
    assert read_space(str(path), known) == default_space(model, known)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            ("--epochs", "3"),
            "The study 'digits-mlp' was begun with --epochs 2, and now it is --epochs 3: leave it "
            "out to go on, or give another --study-name.",
        ),
        (
            ("--seed", "1"),
            "The study 'digits-mlp' was begun with --seed 0, and now it is --seed 1: leave it out "
            "to go on, or give another --study-name.",
        ),
    ],
)
def test_a_study_goes_on_as_it_began_or_not_at_all(
    space: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    more: tuple[str, ...],
    said: str,
) -> None:
    """Another setting under the same name is refused, and both are named."""
    monkeypatch.setattr("nnest.cli._tune_study._train", interrupted)
    assert cli.main(command(space, tmp_path, "--trials", "2")) == 130
    capsys.readouterr()
    open_study(tmp_path / "study.journal", "digits-mlp").enqueue_trial({})
    arguments = ["digits", "--model", "mlp", "--out", str(tmp_path), *more]
    assert refusal(capsys, *arguments) == said


def interrupted(*_: Any, **__: Any) -> Any:
    """Do as Ctrl-C does."""
    raise KeyboardInterrupt


def test_ctrl_c_says_the_command_that_goes_on(
    space: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """To be copied, with quotes where a shell needs them."""
    monkeypatch.setattr("nnest.cli._tune_study._train", interrupted)
    out = tmp_path / "my out"
    assert cli.main(["tune", "digits", "--model", "mlp", "--out", str(out)]) == 130
    assert capsys.readouterr().err == (
        "\nnnest: stopped. What had ended is kept in the study; this goes on where it was:\n"
        f"  nnest tune digits --model mlp --out '{out}'\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            (),
            "Neither --study-name nor both DATA and --model are given: say what to search, as in "
            "nnest tune digits --model mlp --trials 20.",
        ),
        (
            ("digits", "--study-name", "x", "--out", "{out}"),
            "--model is missing: say it as in nnest tune digits --model mlp --trials 20.",
        ),
        (
            ("digits", "--model", "mlp", "--trials", "0"),
            "--trials is 0: give a whole number of at least 1.",
        ),
        (
            ("digits", "--model", "mlp", "--folds", "1"),
            "--folds is 1: give a whole number of at least 2.",
        ),
        (
            ("digits", "--model", "mlp", "--sampler", "grid", "--out", "{out}"),
            "--sampler grid tries all choices, and 'learning_rate' is more than choices: name a "
            "space of choices by --space, or another sampler.",
        ),
        (
            ("--worker", "--study-name", "x"),
            "--worker joins a study of another process: say which one by --storage and "
            "--study-name.",
        ),
    ],
)
def test_what_cannot_be_searched_is_refused(
    arguments: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence each; nothing is left behind."""
    out = tmp_path / "out"
    given = [each.replace("{out}", str(out)) for each in arguments]
    assert refusal(capsys, *given) == said
    assert not out.exists()


@pytest.mark.parametrize(
    ("option", "near"), [(("--sampler", "tpee"), "tpe"), (("--pruner", "medain"), "median")]
)
def test_names_that_are_none_are_refused_with_the_nearest(
    option: tuple[str, str], near: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is written down."""
    out = tmp_path / "out"
    said = refusal(capsys, "digits", "--model", "mlp", *option, "--out", str(out))
    assert f"did you mean {near!r}?" in said
    assert not out.exists()


@pytest.mark.parametrize(
    "more", [("--out", "new/out"), ("--storage", "new/one.journal"), ("--folds", "5000")]
)
def test_a_refused_search_leaves_nothing_behind(
    more: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Neither a folder nor a study, whether the data are missing or too few."""
    monkeypatch.chdir(tmp_path)
    data = "digits" if "--folds" in more else "no.npz"
    assert refusal(capsys, data, "--model", "mlp", *more)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file stands there."""
    (tmp_path / "out").write_text("a file")
    said = refusal(capsys, "digits", "--model", "mlp", "--out", str(tmp_path / "out"))
    assert said.startswith(f"Cannot write to {str(tmp_path / 'out')!r}: ")


def test_a_disk_that_fills_at_any_moment_is_named(
    space: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence each time; with room, the same command goes on to the same table."""
    room, synchronize = [0], os.fsync

    def synchronize_if_room(descriptor: int) -> None:
        room[0] -= 1
        if room[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        synchronize(descriptor)

    out, other = tmp_path / "out", tmp_path / "other"
    assert cli.main(command(space, other, "--trials", "2")) == 0
    capsys.readouterr()
    monkeypatch.setattr(os, "fsync", synchronize_if_room)
    codes = []
    for room[0] in (0, 20, 10**6):
        codes.append(cli.main(command(space, out, "--trials", "2")))
        if codes[-1]:
            said = capsys.readouterr().err.strip().splitlines()[-1]
            assert said.startswith(f"nnest: Cannot write to '{out}")
            assert "(No space left on device): " in said
            assert not list(out.rglob("*.part"))
    assert codes == [2, 2, 0]
    values, others = (table_of(each).query("state == 'complete'")["value"] for each in (out, other))
    assert values.tolist() == others.tolist()


def test_a_worker_refuses_a_study_of_somebody_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A study that was made in Python does not say what its data are."""
    path = tmp_path / "study.journal"
    open_study(path, "mine").enqueue_trial({})
    assert refusal(capsys, "--worker", "--storage", str(path), "--study-name", "mine") == (
        "The study 'mine' was not made by nnest tune: join it as it was made, by OptunaSearchCV "
        "with the same storage and study_name."
    )


# What a shell starts in the background does not hear Ctrl-C, nor do its children.
AT_A_TERMINAL = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("nnest", run_name="__main__", alter_sys=True)
"""


def started(arguments: list[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a command in a process of its own."""
    with log.open("wb") as file:
        return subprocess.Popen(
            [sys.executable, "-u", "-c", AT_A_TERMINAL, *arguments], stdout=file, stderr=file
        )


def finished(path: Path, name: str) -> int:
    """Return how many trials of a study have ended well."""
    if not path.exists() or not path.stat().st_size:
        return 0
    states = [trial.state.name for trial in open_study(path, name).get_trials(deepcopy=False)]
    return states.count("COMPLETE") + states.count("PRUNED")


def wait_until(reached: Any, process: subprocess.Popen[bytes], seconds: float = 240) -> None:
    """Wait for something while a process lives."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert process.poll() is None, "it ended before that"
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.slow
def test_a_search_that_is_interrupted_goes_on_to_the_same_table(space: str, tmp_path: Path) -> None:
    """Ctrl-C in the middle keeps what is finished; the command that is shown finishes it."""
    whole, out = tmp_path / "whole", tmp_path / "out"
    # Long enough trainings to be interrupted by a process that is slow to look, in batches of two.
    longer = ["--epochs", "200", "--trials", "20", "--sampler", "tpe"]
    assert started(command(space, whole, *longer), tmp_path / "whole.log").wait(300) == 0
    process = started(command(space, out, *longer), tmp_path / "first.log")
    wait_until(lambda: finished(out / "study.journal", "digits-mlp") >= 2, process)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    log = (tmp_path / "first.log").read_text()
    assert "Traceback" not in log
    shown = log.strip().splitlines()[-1].split()
    assert shown[:2] == ["nnest", "tune"]
    assert 2 <= finished(out / "study.journal", "digits-mlp") < 20

    assert started(shown[1:], tmp_path / "second.log").wait(300) == 0

    columns = ["value", "param_dropout", "param_learning_rate"]
    found, expected = table_of(out), table_of(whole)
    assert len(found) == len(expected) == 20
    order = ["param_dropout"]
    pd.testing.assert_frame_equal(
        found.sort_values(order)[columns].reset_index(drop=True),
        expected.sort_values(order)[columns].reset_index(drop=True),
    )


@pytest.fixture(params=["journal", "postgresql"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return a storage that several processes may use."""
    if request.param == "journal":
        yield str(tmp_path / "shared.journal")
        return
    with server() as running:
        yield running.database()


@pytest.mark.slow
def test_a_worker_waits_for_its_study_and_takes_part(
    shared: str, space: str, tmp_path: Path
) -> None:
    """Started first, it says that it waits; together they make the study's number of trials."""
    out, log = tmp_path / "out", tmp_path / "worker.log"
    common = ["--storage", shared, "--study-name", "shared"]
    worker = started(["tune", "--worker", *common], log)
    waits = "The study 'shared' is not there yet: waiting for it."
    wait_until(lambda: waits in log.read_text(), worker)
    # Long enough, and in batches of four, that both come to train.
    longer = ["--trials", "40", "--sampler", "tpe", "--samples", "1000", "--epochs", "100"]
    lead = started(command(space, out, *longer, *common), tmp_path / "lead.log")

    assert (lead.wait(300), worker.wait(300)) == (0, 0)

    assert table_of(out)["state"].tolist() == ["complete"] * 40
    assert "shared has ended, and so does this worker." in log.read_text()
    assert not any("Traceback" in each.read_text() for each in tmp_path.glob("*.log"))
    if "://" not in shared:
        text = Path(shared).read_text()
        assert all(
            f'"pid": {each.pid}' in text or f'"pid":{each.pid}' in text for each in (lead, worker)
        )
