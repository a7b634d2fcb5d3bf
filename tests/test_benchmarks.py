"""The benchmarks: each way does its work, records are whole, and ratios are what they are."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest

from benchmarks import __main__ as everything
from benchmarks import _runs, cnn, compare, ensembles, gpu, grid, members, memory, networks
from benchmarks._runs import Row, append, arguments, measure, measure_all, read
from benchmarks._tables import TOLERANCE, is_void, show, summarize
from tests.book.run_page import run as run_page
from tests.book.sources import BOOK, load
from tests.helpers import ROOT

TINY = {"epochs": 1, "folds": 2, "dropouts": 2, "penalties": 1, "samples": 120}
GRID_ROWS = [row for row in grid.rows(**TINY) if row.is_possible]
RECORDED = sorted((ROOT / "book" / "results" / "benchmarks").glob("*.jsonl"))


def options(folder: Path, **changes: Any) -> argparse.Namespace:
    """Return the options of a benchmark that records in a folder."""
    chosen = arguments("A test.").parse_args(["--out", str(folder), "--run", "test"])
    return argparse.Namespace(**{**vars(chosen), **changes})


def record(row: str, value: float, score: float | None = None) -> dict[str, Any]:
    """Return a record of a way that took so long."""
    return {"row": row, "seconds": value, "score": score}


def test_ratios_are_of_medians() -> None:
    """One slow repeat moves no ratio, and the base's own is one."""
    found = [record("a", value) for value in (1.0, 2.0, 90.0)]
    found += [record("b", value) for value in (8.0, 6.0, 5.0)]
    a, b = summarize(found, "seconds", base="a")
    assert (a.ratio, b.ratio) == (1.0, 3.0)
    assert (b.value, b.low, b.high, b.n) == (6.0, 5.0, 8.0, 3)


def test_without_a_base_the_smallest_is_one() -> None:
    """Also where the base that was asked for has no records."""
    found = [record("a", 4.0), record("b", 2.0)]
    assert [line.ratio for line in summarize(found, "seconds")] == [2.0, 1.0]
    assert [line.ratio for line in summarize(found, "seconds", base="c")] == [2.0, 1.0]


def test_records_without_the_value_are_no_rows() -> None:
    """A table of images a second has no row of a search."""
    assert summarize([record("a", 1.0)], "images_per_second") == []


@pytest.mark.parametrize(("off", "expected"), [(0.9, False), (1.1, True), (-1.1, True)])
def test_a_row_with_another_score_is_void(off: float, expected: bool) -> None:
    """More than a point off the others: then it did other work."""
    scores = {"a": 0.95, "b": 0.951, "c": 0.95 + off * TOLERANCE, "d": 0.95, "e": None}
    assert is_void("c", scores) is expected
    assert not is_void("a", scores)
    assert not is_void("e", scores)


def test_a_table_tells_what_is_void() -> None:
    """The word stands behind its row and no other."""
    found = [
        record(name, 1.0, score) for name, score in zip("abcd", (0.9, 0.9, 0.9, 0.5), strict=True)
    ]
    *_, a, _b, _c, d = show("Title", summarize(found, "seconds"), "seconds").splitlines()
    assert not a.endswith("void")
    assert d.endswith("void")


def test_options_reach_all_benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is called with them; one that not all of them have is refused before the first."""
    seen: list[list[str]] = []
    for benchmark in everything.ALL:
        monkeypatch.setattr(benchmark, "main", seen.append)
    everything.main(["--repeats", "2"])
    assert seen == [["--repeats", "2"]] * len(everything.ALL)
    with pytest.raises(SystemExit):
        everything.main(["--epochs", "2"])
    assert ensembles in everything.ALL


@pytest.fixture
def three_rows(monkeypatch: pytest.MonkeyPatch) -> list[Row]:
    """Return rows of which the second fails and the third is not installed."""

    def pretend(row: Row, *, on_cpu: bool = True) -> list[dict[str, Any]]:
        if row.name == "fails":
            raise _runs.MeasurementError("fails ended with code 1:\nno memory")
        return [{"start": "cold", "seconds": 1.0}, {"start": "warm", "seconds": 0.5}]

    monkeypatch.setattr(_runs, "measure", pretend)
    missing = ("no_such_package",)
    return [Row("works", "", {}), Row("fails", "", {}), Row("missing", "", {}, needs=missing)]


def test_all_rows_take_turns_and_are_recorded(
    three_rows: list[Row], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What fails or is not installed is told of, and does not stop the others."""
    found = measure_all("demo", three_rows, options(tmp_path, repeats=2))
    assert [(each["row"], each["repeat"]) for each in found] == [("works", r) for r in (0, 0, 1, 1)]
    assert list(read(tmp_path / "demo.jsonl")) == found
    told = capsys.readouterr().err
    assert "no memory" in told
    assert "left out, not installed: missing" in told


def test_a_run_goes_on_where_it_was(three_rows: list[Row], tmp_path: Path) -> None:
    """The same name adds what is missing; another name is another run."""
    first = measure_all("demo", three_rows, options(tmp_path, repeats=1))
    second = measure_all("demo", three_rows, options(tmp_path, repeats=3))
    other = measure_all("demo", three_rows, options(tmp_path, repeats=1, run="other"))
    assert second[: len(first)] == first
    assert [each["repeat"] for each in second] == [0, 0, 1, 1, 2, 2]
    assert {each["run"] for each in other} == {"other"}


def test_rows_are_chosen_by_name(three_rows: list[Row], tmp_path: Path) -> None:
    """A pattern that fits none measures none."""
    assert measure_all("demo", three_rows, options(tmp_path, rows=["w?rk", "x*"])) == []
    assert measure_all("demo", three_rows, options(tmp_path, rows=["w*"]))


def test_a_number_that_is_none_is_not_recorded(tmp_path: Path) -> None:
    """JSON has no NaN, and nothing is written by halves."""
    with pytest.raises(ValueError, match="Out of range float values"):
        append(tmp_path / "a.jsonl", [{"seconds": 1.0}, {"seconds": float("nan")}])
    assert not list(read(tmp_path / "a.jsonl"))


def test_a_process_that_fails_says_why() -> None:
    """The last words of its error are in ours."""
    with pytest.raises(_runs.MeasurementError, match="no_such_task"):
        measure(Row("broken", "grid:no_such_task", {}))


def test_the_process_has_the_row_s_environment() -> None:
    """Back end and allocator are chosen before anything is imported."""
    row = Row("shell", "memory:environment", {"name": "KERAS_BACKEND"}, {"KERAS_BACKEND": "numpy"})
    assert measure(row) == [{"value": "numpy"}]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(row, id=row.name, marks=() if "scikit" in row.name else pytest.mark.slow)
        for row in GRID_ROWS
    ],
)
def test_each_way_searches_the_grid(row: Row) -> None:
    """Every peer that is installed gives a score for all of the trainings."""
    for found in measure(row):
        assert 0.0 < found["score"] <= 1.0
        assert found["seconds"] > 0
        assert found["fits"] == 4


def test_all_ways_have_the_same_work() -> None:
    """Folds, epochs and grid differ in no row."""
    same = {
        json.dumps({k: row.settings[k] for k in TINY if k in row.settings}) for row in GRID_ROWS
    }
    sizes = {(len(r.settings["dropouts"]), len(r.settings["penalties"])) for r in GRID_ROWS}
    assert len(same) == 1
    assert sizes == {(TINY["dropouts"], TINY["penalties"])}


@pytest.mark.parametrize("name", networks.NETWORKS)
def test_plain_network_is_the_estimator_s(name: str) -> None:
    """Both have the same layers with weights, in the same order."""
    from inspect import signature

    from nnest.builders import build_cnn

    network = networks.NETWORKS[name]
    taken = signature(build_cnn).parameters
    given = networks.estimator(network).get_params(deep=False)
    settings = {
        key: value for key, value in given.items() if key in taken and key != "augmentation"
    }
    ours = build_cnn(network.shape, networks.CLASSES, **settings)
    shapes = [
        sorted(tuple(weight.shape) for weight in model.weights if "seed" not in weight.path)
        for model in (ours, networks.plain_keras(network))
    ]
    ours_only = [shape for shape in shapes[0] if shape == ()]  # traced rates and strengths
    assert [shape for shape in shapes[0] if shape not in ours_only] == shapes[1]
    assert networks.plain_keras(network).count_params() > 10_000


@pytest.mark.slow
@pytest.mark.parametrize("task", ["train_keras", "train_nnest"])
def test_a_network_is_trained_and_timed(task: str) -> None:
    """The first epoch, which compiles, and the usual one."""
    cold, warm = getattr(cnn, task)("3x3", n=128, epochs=2)
    assert cold["seconds"] > warm["seconds"]
    assert warm["images_per_second"] == pytest.approx(128 / warm["seconds"])


@pytest.mark.slow
def test_many_networks_are_timed_together() -> None:
    """The images of all members are counted."""
    _, warm = cnn.together(2, n=128, epochs=2)
    assert warm["images_per_second"] == pytest.approx(2 * 128 / warm["seconds"])


@pytest.mark.slow
@pytest.mark.parametrize("way", ["nnest", "fit_many"])
def test_a_study_trains_every_rate_and_seed(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One by one and in one call."""
    monkeypatch.setattr(cnn, "RATES", (0.0, 0.5))
    monkeypatch.setattr(cnn, "SEEDS", 1)
    (found,) = cnn.study(way, n=64, epochs=1)
    assert found["members"] == 2


@pytest.mark.slow
def test_memory_is_looked_at_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also after the last training."""
    monkeypatch.setattr(memory, "EVERY", 2)
    found = memory.watch("nnest", fits=3, epochs=1, samples=64)
    assert [each["fits"] for each in found] == [2, 3]
    assert all(each["mebibytes"] > 50 for each in found)


def test_growth_is_from_the_first_look_to_the_last() -> None:
    """Means over the repeats."""
    pairs = [(20, 100.0), (20, 200.0), (40, 900.0), (60, 180.0), (60, 180.0)]
    found = [{"row": "a", "fits": fits, "mebibytes": size} for fits, size in pairs]
    assert memory.growth(found, "a") == pytest.approx(0.2)


def way_record(network: str, way: members.Way, cost: float) -> dict[str, Any]:
    """Return what `members.compare` would record of a way."""
    lowering, lanes, threads = way
    told = {"lowering": lowering, "lanes": lanes, "threads": threads, "way": members.name_of(way)}
    return {"settings": {"network": network}, "member_epoch": cost, **told}


def test_the_best_way_is_that_of_the_smallest_median() -> None:
    """Each network has its own, and one slow run says nothing."""
    one, other, alone = ("stacked", 8, 2), ("stacked", 1, 1), ("alone", 1, 1)
    found = [way_record("mlp", one, cost) for cost in (1.0, 9.0, 1.0)]
    found += [way_record("mlp", other, 3.0)]
    found += [way_record("wide mlp", one, 200.0), way_record("wide mlp", other, 100.0)]
    found += [way_record("cnn", alone, 1.0), way_record("cnn", one, 5.0)]
    assert members.best_ways(found) == {"mlp": one, "wide mlp": other, "cnn": alone}


def test_the_table_keeps_its_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the rows of this platform change, and only in how members are run."""
    before = json.loads(members.TABLE.read_text(encoding="utf-8"))
    text = members.TABLE.read_text(encoding="utf-8")
    table = tmp_path / "lowerings.json"
    table.write_text(text, encoding="utf-8")
    monkeypatch.setattr(members, "TABLE", table)
    members.write_table({"mlp": ("stacked", 64, 1)})
    after = json.loads(table.read_text(encoding="utf-8"))
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    places = [(row["platform"], row["convolutions"], row["weights"]) for row in changed]
    assert places == [("cpu", False, 0)]
    rows = {
        (row["convolutions"], row["weights"]): (row["lowering"], row["lanes"], row["threads"])
        for row in before
        if row["platform"] == "cpu"
    }
    same = {network: rows[place] for network, place in members.KINDS.items()}
    members.write_table(same)
    assert table.read_text(encoding="utf-8") == text


def test_a_forced_way_is_used_and_then_forgotten() -> None:
    """The group says how it was run."""
    forced = members.train("mlp", 2, n=64, epochs=2, way=("alone", 1, 1))
    usual = members.train("mlp", 2, n=64, epochs=2, way=None)
    assert forced["used"]["lowering"] == "alone"
    assert usual["used"]["lowering"] == "stacked"
    assert forced["member_epoch"] > 0


def test_convolutions_alone_have_products() -> None:
    """No way has more lanes than there are members."""
    of_cnn, of_mlp = (members.ways(4, (1, 2), convolved) for convolved in (True, False))
    assert {lowering for lowering, *_ in of_mlp} == {"stacked", "alone"}
    assert {lowering for lowering, *_ in of_cnn} == {"stacked", "products", "alone"}
    assert max(lanes for _, lanes, _ in of_cnn) == 4


def test_the_gpu_s_benchmark_says_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And measures nothing."""
    monkeypatch.setattr(gpu, "_has_accelerator", lambda: False)
    assert gpu.main([]) == 1
    assert "JAX sees no accelerator here" in capsys.readouterr().err


@pytest.mark.slow
def test_the_gpu_s_rates_are_of_all_members() -> None:
    """Tried out on a CPU: an hour has so many trainings."""
    (one,) = gpu.one_by_one("mlp", n=128, epochs=2)
    (two,) = gpu.together("mlp", n=128, epochs=2, members=2, lowering="stacked")
    assert one["members_per_hour"] == pytest.approx(3600 / one["seconds"])
    assert two["members_per_hour"] == pytest.approx(2 * 3600 / two["seconds"])
    assert two["used"]["lowering"] == "stacked"


def test_ensembles_are_judged_seed_by_seed() -> None:
    """A lower loss in every seed has a small p; one seed says nothing."""
    losses = {"refitted winner": [0.2, 0.3, 0.25], "greedy": [0.1, 0.21, 0.14]}
    found = [
        {"way": way, "loss": loss, "score": 0.9, "settings": {"seed": seed}}
        for way, values in losses.items()
        for seed, loss in enumerate(values)
    ]

    head, winner, greedy = ensembles.judge(found)

    assert head.startswith("3 seeds")
    same = "accuracy +0.00 points, loss at most +0.00 (one-sided 95 %)"
    assert winner.endswith(f"loss 0.2500, {same}")
    assert greedy.endswith(f"loss 0.1500, {same}; p 0.0017 against refitted winner")
    assert ensembles.judge(found[:1]) == ["Fewer than two seeds: nothing is judged."]


@pytest.mark.parametrize("network", ["mlp", pytest.param("cnn", marks=pytest.mark.slow)])
def test_answers_together_are_timed(network: str) -> None:
    """Against one network and against all, one after the other."""
    (found,) = ensembles.answers(network, members=2, n=32, rounds=1)
    assert set(found) == {"milliseconds", "by_one", "by_all"}
    assert min(found.values()) > 0


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ((0.899, 0.919, 0.909), "accuracy -0.10 points, loss at most +0.10 (one-sided 95 %)"),
        ((0.898, 0.918, 0.908), "loss at most +0.20 (one-sided 95 %), MISSES THE BAR"),
        ((0.905, 0.92, 0.905), "loss at most +0.84 (one-sided 95 %), MISSES THE BAR"),
    ],
)
def test_accuracy_is_judged_by_its_mean_and_its_bound(
    scores: tuple[float, ...], expected: str
) -> None:
    """A tenth of a point is accepted; more is not, nor differences that may hide 0.3 points."""
    assert ensembles.accuracy((0.9, 0.92, 0.91), scores).endswith(expected)


def test_seeds_of_ensembles_begin_where_it_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that settings are judged on seeds that have not chosen them."""

    def pretend(row: Row, **_: Any) -> list[dict[str, Any]]:
        return [{"way": ensembles.WINNER, "loss": 0.1, "score": 0.9}]

    monkeypatch.setattr(_runs, "measure", pretend)
    asked = ["--rows", "digits*", "--out", str(tmp_path), "--run", "test", "--seeds", "2"]
    ensembles.main(asked)
    ensembles.main([*asked, "--first-seed", "10"])

    seeds = [each["settings"]["seed"] for each in read(tmp_path / "ensembles.jsonl")]
    assert seeds == [0, 1, 10, 11]
    assert "4 seeds" not in capsys.readouterr().out


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_committed_records_are_whole(path: Path) -> None:
    """Each says what was measured, where, with which versions and code."""
    for found in read(path):
        assert found["benchmark"] == path.stem
        assert {"row", "repeat", "run", "settings", "created", "device", "python"} <= set(found)
        assert found["versions"]["keras"]
        assert found["code"]["commit"]


PAGES = ("tuning/many_models", "tuning/grid_of_cnns")


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_be_made_before_anything_is_recorded(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It promises nothing then."""
    monkeypatch.setenv("NNEST_RESULTS", str(tmp_path))
    glued = run_page(page).glued
    assert "not recorded yet" in glued.values()


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_what_is_recorded(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No value in a sentence is missing once the records are there."""
    monkeypatch.setenv("NNEST_RESULTS", str(BOOK / "results"))
    seen = run_page(page)
    assert any("<td>" in table for table in seen.tables)
    assert "not recorded yet" not in seen.glued.values()


@pytest.mark.slow
def test_the_grid_on_mnist_is_one_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On other images: every setting has a score for each fold, and the winner is tested."""
    program = load(BOOK / "tuning" / "mnist_grid.py")
    X, y = networks._larger_digits(240)

    def stand_in(part: str, n: int | None = None) -> tuple[Any, Any]:
        return X[:n].astype(np.float32), y[:n]

    monkeypatch.setattr(program, "images", stand_in)
    monkeypatch.setattr(program, "GRID", {"filters": [(4,), (4, 8)], "dropout": [0.0, 0.2]})
    program.main(["--images", "120", "--epochs", "1", "--results", str(tmp_path)])
    (found,) = read(tmp_path / "mnist-grid" / "cnn.jsonl")
    assert np.shape(found["scores"]) == (4, 3)
    assert found["best"] in found["settings"]
    assert found["best_score"] == pytest.approx(max(map(np.mean, found["scores"])))
    assert (found["n_train"], found["n_test"]) == (120, 240)
    assert "best of 4 settings" in capsys.readouterr().out


def test_threads_of_the_machine_are_counted() -> None:
    """A record tells how many cores the process could use."""
    assert _runs.circumstances()["device"].endswith(f"{joblib.cpu_count()} cores")


def test_two_checkouts_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ratio is that of pairs; each process sees its own checkout alone."""
    monkeypatch.setitem(compare.TASKS, "wait", ("import one", "time.sleep(one.SECONDS)"))
    for name, wait in (("old", 0.01), ("new", 0.05)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "one.py").write_text(f"SECONDS = {wait}")

    line = compare.compare(tmp_path / "old", tmp_path / "new", "wait", 3, "0")

    ratio = float(line.partition("ratio ")[2].partition(" ")[0])
    assert 1.5 < ratio <= 5.5


def test_a_task_that_there_is_not_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """The message says what there is."""
    with pytest.raises(SystemExit):
        compare.main([".", ".", "nothing"])

    assert "there is no task 'nothing': give some of import," in capsys.readouterr().err
