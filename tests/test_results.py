"""Recorded runs: nothing whole is ever lost, nothing broken is ever half read."""

from __future__ import annotations

import dataclasses
import errno
import json
import math
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from nnest.exceptions import ResultsError
from nnest.results import (
    RECORD_FORMAT,
    ResultStore,
    Run,
    _store,
    digest_of,
    git_state,
    history_frame,
    source_digest,
    to_frame,
    to_plain,
    versions,
)
from tests.helpers import ROOT


def make_run(**changes: Any) -> Run:
    """Return a small run with some fields changed."""
    fields: dict[str, Any] = {
        "report": "demo-2020",
        "experiment": "dropout",
        "arm": "none",
        "seed": 0,
        "scale": "smoke",
        "digest": "d0",
        "parameters": {"dropout": 0.25, "filters": (32, 64)},
        "history": {"fit_loss": [0.7, 0.1 + 0.2], "val_accuracy": [0.5, 0.75]},
        "final": {"test_accuracy": 1 / 3, "test_loss": 0.1},
        "seconds": 1.5,
        "device": "cpu",
        "versions": {"keras": "3.15.1"},
        "code": {"commit": None, "dirty": False},
        "data_digest": "d1",
        "confusion": [[3, 1], [0, 4]],
    }
    return Run(**(fields | changes))


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    """Return an empty store."""
    return ResultStore(tmp_path / "results")


@pytest.fixture
def file(store: ResultStore) -> Path:
    """Return the file of a store in which the seeds 0, 1 and 2 are recorded."""
    for seed in range(3):
        store.append(make_run(seed=seed))
    return store.path("demo-2020", "dropout")


def seeds(store: ResultStore) -> list[int]:
    """Return the recorded seeds in the order of their lines."""
    return [run.seed for run in store.read("demo-2020")]


# --- a run and its line


def test_a_run_comes_back_from_its_line_as_it_was() -> None:
    """Every float comes back bit for bit, and equal runs give equal lines."""
    run = make_run(group={"lowering": "stacked", "lanes": 8, "members": 10})
    line = run.to_json()
    assert Run.from_json(line) == run
    assert Run.from_json(line).to_json() == line
    assert "\n" not in line
    assert list(json.loads(line)) == sorted(field.name for field in dataclasses.fields(Run))


def test_a_training_alone_has_no_group() -> None:
    """Its line is that of records from before there were groups."""
    line = make_run().to_json()
    assert "group" not in json.loads(line)
    assert Run.from_json(line).group is None


@given(st.floats(width=64), st.lists(st.floats(width=32), max_size=4), st.text(min_size=1))
def test_any_metric_and_any_text_come_back(value: float, curve: list[float], text: str) -> None:
    """What is finite comes back exactly, what is not as NaN; texts may hold anything."""
    run = make_run(final={text: value}, history={text: curve}, arm=text)
    again = Run.from_json(run.to_json())
    assert again == run
    for before, after in zip(
        [value, *curve], [again.final[text], *again.history[text]], strict=True
    ):
        assert after == before if math.isfinite(before) else math.isnan(after)
    assert "NaN" not in json.dumps(json.loads(run.to_json())["final"]).replace(text, "")


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), -float("inf"), None, np.float32("nan")]
)
def test_a_metric_that_is_not_finite_is_null_in_the_line_and_nan_in_the_run(value: Any) -> None:
    """JSON has neither NaN nor infinity; the run is the same before and after."""
    run = make_run(final={"test_loss": value}, history={"fit_loss": [0.5, value]})
    record = json.loads(run.to_json())
    assert (record["final"], record["history"]) == ({"test_loss": None}, {"fit_loss": [0.5, None]})
    assert Run.from_json(run.to_json()) == run
    assert math.isnan(run.final["test_loss"])


def test_numpy_numbers_and_arrays_are_recorded_as_plain_ones() -> None:
    """What an estimator hands over needs no conversion."""
    plain = make_run(final={"test_accuracy": 0.5}, confusion=[[1, 2], [3, 4]], diverged=True)
    run = make_run(
        seed=np.int64(0),
        final={"test_accuracy": np.float32(0.5)},
        confusion=np.array([[1, 2], [3, 4]]),
        parameters={"dropout": np.float64(0.25), "filters": np.array([32, 64])},
        diverged=np.bool_(True),
        created=plain.created,
    )
    assert run == plain


def test_the_key_names_the_training() -> None:
    """Report, experiment, arm, seed, scale and digest, and nothing that came out."""
    run = make_run()
    assert run.key == ("demo-2020", "dropout", "none", 0, "smoke", "d0")
    assert make_run(final={"test_loss": 9.0}, seconds=7).key == run.key


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": "a"}, "seed is 'a', but a whole number of 0 or more is needed."),
        ({"seed": True}, "seed is True, but a whole number of 0 or more is needed."),
        ({"seed": -1}, "seed is -1, but a whole number of 0 or more is needed."),
        (
            {"report": "../etc"},
            "report is '../etc', but a name of letters, digits, '.', '-' and '_' is needed.",
        ),
        ({"arm": ""}, "arm is '', but a text is needed."),
        ({"final": {"a": "1"}}, "final['a'] is '1', but a number is needed."),
        ({"final": [1]}, "final is [1], but a mapping with texts as keys is needed."),
        ({"history": {"a": 1.0}}, "history['a'] is 1.0, but a list is needed."),
        (
            {"confusion": [[1, 2]]},
            "confusion is [[1, 2]], but a table with as many rows as columns is needed.",
        ),
        ({"confusion": [[0.5]]}, "confusion is 0.5, but a whole number of 0 or more is needed."),
        ({"seconds": math.nan}, "seconds is nan, but a number of 0 or more is needed."),
        ({"diverged": 1}, "diverged is 1, but true or false is needed."),
        (
            {"created": "yesterday"},
            "created is 'yesterday', but a time like 2030-01-31T12:00:00+00:00 is needed.",
        ),
        ({"versions": {"keras": 3}}, "versions['keras'] is 3, but a text is needed."),
        (
            {"parameters": {"tol": math.inf}},
            "parameters['tol'] is inf, but JSON holds only finite numbers.",
        ),
        (
            {"device": ["x" * 99]},
            f"device is ['{'x' * 55}..., but a text is needed.",
        ),
    ],
)
def test_a_field_with_something_else_in_it_is_refused(
    changes: dict[str, Any], message: str
) -> None:
    """The error names the field, what came, and what is accepted."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        make_run(**changes)


def test_a_setting_that_json_does_not_know_is_refused() -> None:
    """Its name, its type and what is accepted are said."""
    message = (
        "parameters['layer'][0] is of type object, but a record holds numbers, strings, None, "
        "lists and mappings of them, and objects with get_params."
    )
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        make_run(parameters={"layer": [object()]})


# --- the store


def test_what_is_appended_is_read_in_its_order(store: ResultStore, file: Path) -> None:
    """One line for each run, in one file for each experiment."""
    store.append(make_run(experiment="blur", seed=7))
    assert seeds(store) == [7, 0, 1, 2]
    assert [run.seed for run in store.read("demo-2020", "blur")] == [7]
    assert file.read_bytes().count(b"\n") == 3
    assert store.read("another-report") == store.read("demo-2020", "another") == []


def test_the_first_run_of_a_key_counts_and_a_difference_is_reported(
    store: ResultStore, file: Path
) -> None:
    """A repeated run changes nothing; other numbers under the same key are a conflict."""
    store.append(make_run(seed=1, seconds=99.0))
    assert store.conflicts("demo-2020") == []
    other = make_run(seed=2, final={"test_accuracy": 0.9})
    store.append(other)
    store.append(other)
    assert store.conflicts("demo-2020") == [other.key]
    found = store.select("demo-2020", "dropout", "none", "smoke", "d0")
    assert list(found) == [0, 1, 2]
    assert found[1].seconds == 1.5
    assert found[2].final["test_accuracy"] == 1 / 3


def test_diverged_runs_with_the_same_numbers_are_no_conflict(store: ResultStore) -> None:
    """NaN agrees with NaN here: the run came out the same."""
    for _ in range(2):
        store.append(make_run(final={"test_loss": math.nan}, diverged=True))
    assert store.conflicts("demo-2020") == []


@pytest.mark.parametrize("field", ["arm", "scale", "digest"])
def test_a_run_of_another_key_is_not_used(store: ResultStore, file: Path, field: str) -> None:
    """Arm, scale and digest all have to be the same."""
    store.append(make_run(seed=5, **{field: "other"}))
    assert list(store.select("demo-2020", "dropout", "none", "smoke", "d0")) == [0, 1, 2]


def test_a_run_of_another_digest_is_stale_and_stays(store: ResultStore, file: Path) -> None:
    """It is listed, and not deleted."""
    old = make_run(seed=5, digest="old")
    store.append(old)
    assert store.stale("demo-2020", {"d0"}) == [old]
    assert len(file.read_bytes().splitlines()) == 4


# --- broken files


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n"])
def test_a_torn_last_line_is_skipped_and_then_cut_off(
    store: ResultStore, file: Path, end: bytes
) -> None:
    """Wherever the last line was torn, the others are read and the next run stands by itself."""
    whole = file.read_bytes()
    last = make_run(seed=3).to_json().encode()
    for length in (1, 2, len(last) // 2, len(last) - 1):
        file.write_bytes(whole + last[:length] + end)
        assert seeds(store) == [0, 1, 2]
        store.append(make_run(seed=4))
        assert seeds(store) == [0, 1, 2, 4]
        assert file.read_bytes().startswith(whole)


def test_a_last_line_that_lacks_only_its_end_is_whole(store: ResultStore, file: Path) -> None:
    """It is read, kept, and the next run does not merge into it."""
    file.write_bytes(file.read_bytes().rstrip(b"\n"))
    assert seeds(store) == [0, 1, 2]
    store.append(make_run(seed=3))
    assert seeds(store) == [0, 1, 2, 3]


def test_a_last_block_of_zeros_is_a_torn_line(store: ResultStore, file: Path) -> None:
    """That is what a file system may leave when the power fails."""
    with file.open("ab") as stream:
        stream.write(b"\0" * 4096)
    store.append(make_run(seed=3))
    assert seeds(store) == [0, 1, 2, 3]


def test_blank_lines_and_windows_line_ends_do_no_harm(store: ResultStore, file: Path) -> None:
    """An editor or git may have put them there."""
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n\r\n"))
    store.append(make_run(seed=3))
    assert seeds(store) == [0, 1, 2, 3]


def replace_line(file: Path, number: int, line: str) -> None:
    """Write another line in the place of one."""
    lines = file.read_text().splitlines()
    lines[number - 1] = line
    file.write_text("\n".join(lines) + "\n")


def with_field(**changes: Any) -> str:
    """Return the line of a run with fields changed or, where they are ..., left out."""
    record = json.loads(make_run().to_json()) | changes
    return json.dumps({name: value for name, value in record.items() if value is not ...})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (make_run().to_json()[:40], "is torn, it is no whole line of JSON"),
        (b"\xff\xfe".decode("latin-1"), "is torn, it is no whole line of JSON"),
        ("[" * 100_000, "is torn, it is no whole line of JSON"),
        ("7", "is no recorded run: a record is a JSON object, but it is a int;"),
        (
            with_field(record_format=99),
            f"is no recorded run: record_format is 99, but this version of nnest reads "
            f"{RECORD_FORMAT};",
        ),
        (with_field(arm=..., final=...), "is no recorded run: the record lacks arm, final;"),
        (
            with_field(extra=1),
            "is no recorded run: the record has fields that no run has: extra;",
        ),
        (
            with_field(seed="0"),
            "is no recorded run: seed is '0', but a whole number of 0 or more is needed;",
        ),
        (
            with_field(final={"test_loss": [1]}),
            "is no recorded run: final['test_loss'] is [1], but a number is needed;",
        ),
        (with_field(experiment="blur"), "belongs to demo-2020/blur and not in this file"),
        ('"' + "x" * (17 * 2**20) + '"', "is longer than any run"),
    ],
    ids=lambda value: value[:40],
)
def test_a_wrong_line_elsewhere_is_an_error_that_says_where(
    store: ResultStore, file: Path, line: str, reason: str
) -> None:
    """File, line, reason and what to do are named; nothing is read and nothing is changed."""
    replace_line(file, 2, line)
    before = file.read_bytes()
    with pytest.raises(ResultsError) as caught:
        store.read("demo-2020")
    message = str(caught.value)
    assert message.startswith(f"Line 2 of {str(file)!r} {reason.rstrip(';')}")
    assert message.endswith(
        "restore the file from git, or delete the line and run the experiment again."
    )
    assert file.read_bytes() == before


def test_a_foreign_last_line_is_an_error_and_not_cut_off(store: ResultStore, file: Path) -> None:
    """It is whole JSON, so that no killed process left it."""
    replace_line(file, 3, with_field(record_format=99))
    with pytest.raises(ResultsError, match="record_format is 99"):
        store.read("demo-2020")


# --- disks and processes


@pytest.mark.parametrize("written", [0, 100])
def test_a_run_for_which_there_is_no_space_is_handed_back(
    store: ResultStore, file: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    """The file is as it was, and the error carries the line that appends the run later."""
    before, run = file.read_bytes(), make_run(seed=3)

    def write_a_part_and_fail(stream: Any, data: bytes) -> None:
        stream.write(data[:written])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("nnest._storage._jsonl._write_all", write_a_part_and_fail)
    message = (
        f"Cannot record a run in {str(file)!r}: No space left on device. The run is not lost: "
        "the line of JSON that comes with this error can be appended to that file once it can "
        "be written; or choose another folder with --results."
    )
    with pytest.raises(ResultsError, match=f"^{re.escape(message)}$") as caught:
        store.append(run)
    assert file.read_bytes() == before
    with file.open("a") as stream:
        stream.write(caught.value.line + "\n")
    assert store.read("demo-2020")[-1] == run


def test_a_folder_that_cannot_be_written_is_refused_before_and_after(tmp_path: Path) -> None:
    """Both the look beforehand and the append say so; here a file is where the folder goes."""
    (tmp_path / "results").write_text("")
    store = ResultStore(tmp_path / "results")
    folder = tmp_path / "results" / "demo-2020"
    message = (
        f"Cannot record runs in {str(folder)!r}: Not a directory. Make it writable, or choose "
        "another folder with --results."
    )
    with pytest.raises(ResultsError, match=f"^{re.escape(message)}$"):
        store.check_writable("demo-2020")
    with pytest.raises(ResultsError, match="Not a directory") as caught:
        store.append(make_run())
    assert Run.from_json(caught.value.line).key == make_run().key


def test_the_look_beforehand_leaves_nothing_to_record(store: ResultStore) -> None:
    """A folder that can be written is found to be so, and no run is in it."""
    store.check_writable("demo-2020")
    assert store.read("demo-2020") == []
    assert {path.name for path in (store.folder / "demo-2020").iterdir()} <= {".lock"}


WRITER = """
import sys
from dataclasses import replace
from nnest.results import ResultStore, Run
store, run, count = ResultStore(sys.argv[1]), Run.from_json(sys.argv[2]), int(sys.argv[3])
run = replace(run, history={"fit_loss": [0.125] * 20_000})
for seed in range(count):
    store.append(replace(run, seed=seed))
"""


def start_writer(store: ResultStore, arm: str, count: int) -> subprocess.Popen[bytes]:
    """Start a process that appends large runs."""
    run = make_run(arm=arm).to_json()
    command = [sys.executable, "-c", WRITER, str(store.folder), run, str(count)]
    return subprocess.Popen(command, cwd=ROOT)


def test_processes_that_write_at_once_do_not_disturb_each_other(store: ResultStore) -> None:
    """Every run of both is there, whole, and in its own order."""
    writers = [start_writer(store, arm, 15) for arm in ("one", "two")]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    runs = store.read("demo-2020")
    for arm in ("one", "two"):
        assert [run.seed for run in runs if run.arm == arm] == list(range(15))


def test_a_killed_process_loses_at_most_the_run_at_hand(store: ResultStore) -> None:
    """After kill -9 the file is read, and the next run is appended behind whole lines."""
    path = store.path("demo-2020", "dropout")
    writer = start_writer(store, "one", 100_000)
    deadline = time.monotonic() + 60
    while not (path.exists() and path.stat().st_size > 500_000):
        assert time.monotonic() < deadline, "the writer wrote nothing"
        time.sleep(0.005)
    writer.kill()
    writer.wait(timeout=60)
    before = seeds(store)
    assert before == list(range(len(before)))
    store.append(make_run(seed=7))
    assert seeds(store) == [*before, 7]


# --- how much is read


def test_a_file_is_read_once_for_all_questions_about_its_keys(
    store: ResultStore, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And again when it has changed, whoever changed it."""
    reads = []

    def counted(path: Path) -> Any:
        reads.append(path)
        return read_file(path)

    read_file = _store.read_file
    monkeypatch.setattr(_store, "read_file", counted)
    for _ in range(3):
        assert store.keys("demo-2020", "dropout") == {make_run(seed=n).key for n in range(3)}
    assert reads == [file]
    ResultStore(store.folder).append(make_run(seed=3))
    assert make_run(seed=3).key in store.keys("demo-2020", "dropout")
    assert len(reads) == 2
    assert store.keys("demo-2020", "another") == set()


@pytest.mark.parametrize("end", [b"", b"\n", b"\n \n"])
def test_an_append_reads_no_more_than_the_end(
    store: ResultStore, file: Path, monkeypatch: pytest.MonkeyPatch, end: bytes
) -> None:
    """However many lines there are before it."""
    line = file.read_bytes().splitlines()[0]
    file.write_bytes(b"".join([line + b"\n"] * 1000) + line + end)
    size, read = file.stat().st_size, []
    whole = Path.open

    def watched(path: Path, *arguments: Any, **settings: Any) -> Any:
        stream = whole(path, *arguments, **settings)
        wrapped = mock.Mock(wraps=stream)
        wrapped.__enter__, wrapped.__exit__ = lambda self: self, lambda *_: stream.close()
        wrapped.read.side_effect = lambda n: read.append(n) or stream.read(n)
        return wrapped

    monkeypatch.setattr(Path, "open", watched)
    store.append(make_run(seed=3))
    assert 0 < sum(read) < size / 2
    assert seeds(store) == [*[0] * 1001, 3]


# --- reservations


def key_of(seed: int) -> Any:
    """Return the key of a run."""
    return make_run(seed=seed).key


def test_what_is_reserved_is_refused_to_others_until_the_block_ends(store: ResultStore) -> None:
    """Another store of the same folder gets it afterwards; other trainings are free."""
    other = ResultStore(store.folder)
    with store.reserve([key_of(0), key_of(1)]) as ours:
        assert ours
        with other.reserve([key_of(1)]) as theirs:
            assert not theirs
        with other.reserve([key_of(2)]) as theirs:
            assert theirs
    with other.reserve([key_of(0), key_of(1)]) as theirs:
        assert theirs


def test_a_reservation_is_of_all_or_of_none(store: ResultStore) -> None:
    """Refused for one key, it holds none of the others."""
    other = ResultStore(store.folder)
    with store.reserve([key_of(1)]), other.reserve([key_of(0), key_of(1)]) as theirs:
        assert not theirs
        with ResultStore(store.folder).reserve([key_of(0)]) as third:
            assert third


def test_a_reservation_ends_with_an_error(store: ResultStore) -> None:
    """What was reserved when something failed is free."""
    with pytest.raises(KeyboardInterrupt), store.reserve([key_of(0)]):
        raise KeyboardInterrupt
    with ResultStore(store.folder).reserve([key_of(0)]) as ours:
        assert ours


def test_a_killed_process_leaves_no_reservation(store: ResultStore) -> None:
    """After kill -9 the training is free."""
    script = (
        "import sys, time; from nnest.results import ResultStore\n"
        f"with ResultStore(sys.argv[1]).reserve([{key_of(0)!r}]):\n"
        "    print('reserved', flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-c", script, str(store.folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"reserved\n"
        with store.reserve([key_of(0)]) as ours:
            assert not ours
        process.kill()
    with store.reserve([key_of(0)]) as ours:
        assert ours


def test_a_reservation_in_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "records").write_text("not a folder")
    store = ResultStore(tmp_path / "records")
    with pytest.raises(ResultsError, match="Cannot reserve"), store.reserve([key_of(0)]):
        pass


# --- tables


def test_tables_have_a_row_for_each_number(store: ResultStore, file: Path) -> None:
    """Final metrics by run, curves by run and epoch counted from one."""
    runs = store.read("demo-2020")
    final, curves = to_frame(runs), history_frame(runs)
    assert len(final) == 3 * 2
    assert len(curves) == 3 * 2 * 2
    loss = curves.query("metric == 'fit_loss' and seed == 1").set_index("epoch")["value"]
    assert loss.to_dict() == {1: 0.7, 2: 0.1 + 0.2}
    assert set(final.query("metric == 'test_accuracy'")["value"]) == {1 / 3}


# --- where numbers came from


def test_equal_settings_have_one_digest_and_others_another() -> None:
    """Order and kind of sequence do not matter, values and their places do."""
    settings = {"dropout": 0.1, "filters": (32, 64), "class_weight": {0: 1.0, 1: 2.0}}
    same = {"filters": [32, 64], "class_weight": {1: 2.0, 0: 1.0}, "dropout": np.float64(0.1)}
    assert digest_of(settings) == digest_of(same)
    others = [
        settings | {"dropout": 0.1 + 1e-17 + 1e-16},
        settings | {"filters": (64, 32)},
        settings | {"epochs": None},
    ]
    assert len({digest_of(each) for each in [settings, *others]}) == 4


def test_a_pipeline_is_told_by_its_classes_and_parameters() -> None:
    """Two estimators that differ in one parameter differ in their digest."""
    plain = to_plain(make_pipeline(LogisticRegression(C=2.0)))
    [[name, step]] = plain["parameters"]["steps"]
    assert name == "logisticregression"
    assert step["class"].endswith(".LogisticRegression")
    assert step["parameters"]["C"] == 2.0
    digests = {digest_of({"arm": make_pipeline(LogisticRegression(C=c))}) for c in (1.0, 1.0, 2.0)}
    assert len(digests) == 2


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        (
            {"weights": {0: 1, "0": 2}},
            ValueError,
            "settings['weights'] has the key '0' both as a string and as a number.",
        ),
        (
            {"weights": {0.5: 1}},
            TypeError,
            "settings['weights'] has the key 0.5, but keys are strings or integers.",
        ),
        (
            {"tol": math.nan},
            ValueError,
            "settings['tol'] is nan, but JSON holds only finite numbers.",
        ),
    ],
)
def test_settings_without_a_plain_form_are_refused(
    settings: dict[str, Any], error: type[Exception], message: str
) -> None:
    """A digest is never made from what cannot be recorded."""
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        digest_of(settings)


def test_the_source_digest_sees_contents_and_names_of_python_files_only(tmp_path: Path) -> None:
    """A changed, added or renamed module gives another digest; a data file does not."""
    (tmp_path / "sub").mkdir()
    module = tmp_path / "sub" / "a.py"
    module.write_text("x = 1\n")
    first = source_digest(tmp_path)
    (tmp_path / "notes.txt").write_text("anything")
    assert source_digest(tmp_path) == first
    module.write_text("x = 2\n")
    changed = source_digest(tmp_path)
    renamed = module.rename(module.with_name("b.py"))
    assert len({first, changed, source_digest(tmp_path)}) == 3
    renamed.unlink()
    message = f"There is no Python file in {str(tmp_path)!r}: name a package's folder."
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        source_digest(tmp_path)


@pytest.fixture
def git(tmp_path: Path) -> Callable[..., str]:
    """Return a function that calls git in an empty checkout with one commit."""

    def call(*arguments: str) -> str:
        names = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.org")
        command = ["git", *names, *arguments]
        done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    call("init", "-q")
    (tmp_path / "a.py").write_text("")
    (tmp_path / ".gitignore").write_text("ignored/\n")
    call("add", ".")
    call("commit", "-q", "-m", "Start")
    return call


def test_a_clean_checkout_is_its_commit(tmp_path: Path, git: Callable[..., str]) -> None:
    """The hash is git's; ignored files change nothing."""
    (tmp_path / "ignored").mkdir()
    (tmp_path / "ignored" / "x").write_text("")
    assert git_state(tmp_path) == (git("rev-parse", "HEAD"), False)


@pytest.mark.parametrize("name", ["a.py", "new.py", "book/results/demo/a.jsonl"])
def test_a_changed_or_unknown_file_makes_a_checkout_dirty(
    tmp_path: Path, git: Callable[..., str], name: str
) -> None:
    """An untracked module counts: it may be what ran."""
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x = 1\n")
    assert git_state(tmp_path) == (git("rev-parse", "HEAD"), True)
    assert git_state(path.parent)[1] is True


@pytest.mark.parametrize("tracked", [False, True])
def test_records_do_not_make_a_checkout_dirty_where_they_are_left_out(
    tmp_path: Path, git: Callable[..., str], tracked: bool
) -> None:
    """Otherwise the first recorded run would forbid the second."""
    records = tmp_path / "book" / "results"
    records.mkdir(parents=True)
    (records / "a.jsonl").write_text("")
    if tracked:
        git("add", ".")
        git("commit", "-q", "-m", "Record a run")
        (records / "a.jsonl").write_text("{}\n")
    assert git_state(tmp_path)[1] is True
    for path in (records, "book/results"):
        assert git_state(tmp_path, exclude=[path, "/elsewhere"])[1] is False
    (tmp_path / "a.py").write_text("x = 1\n")
    assert git_state(tmp_path, exclude=[records])[1] is True


def test_outside_of_a_checkout_nothing_is_claimed(
    tmp_path: Path, git: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No checkout, a folder that the checkout ignores, and no git at all give None."""
    (tmp_path / "ignored" / "site-packages").mkdir(parents=True)
    assert git_state("/") == (None, None)
    assert git_state(tmp_path / "ignored" / "site-packages") == (None, None)
    assert git_state(tmp_path / "no-such-folder") == (None, None)
    monkeypatch.setenv("PATH", "")
    assert git_state(tmp_path) == (None, None)


def test_versions_are_read_without_importing() -> None:
    """Keras is installed and named, but not loaded; what is not installed is left out."""
    code = (
        "import sys; from nnest.results import versions; "
        "print(sorted(versions(['keras', 'nothing-of-the-kind'])), 'keras' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['keras'] False"
    assert versions(["numpy"]) == {"numpy": np.__version__}
