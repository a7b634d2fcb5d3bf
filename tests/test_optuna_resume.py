"""Studies that are left and gone on with, by one process or several."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState
from sklearn.datasets import load_digits
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nnest import MLPClassifier, OptunaSearchCV
from nnest.exceptions import StudyError
from nnest.search._facts import metric_texts
from nnest.search.optuna import wait_for_study
from tests.networks import mlp
from tests.postgres import server
from tests.studies import X, Y, facts, fitted, same_tables, search

OLD = Path(__file__).parent / "fixtures" / "0.1.0"
RATES = {"dropout": FloatDistribution(0.0, 0.5), "hidden_units": [(8,), (4, 4)]}


@pytest.mark.parametrize("sampler", ["tpe", "random", "qmc", "grid"])
def test_left_and_gone_on_with(sampler: str, tmp_path: Path) -> None:
    """The same table as in one go, networks without seeds of their own included."""
    space = {**RATES, "dropout": [0.0, 0.2, 0.4]} if sampler == "grid" else RATES
    settings: dict[str, Any] = {
        "estimator": mlp(random_state=None),
        "sampler": sampler,
        "group_size": 2,
        "cv": KFold(2, shuffle=True, random_state=0),
    }
    where = {"storage": tmp_path / "study.journal", "study_name": "one"}

    whole = fitted(space, n_trials=6, **settings)
    for n_trials in (2, 4):
        fitted(space, n_trials=n_trials, **settings, **where)
    parts = fitted(space, n_trials=6, **settings, **where)

    assert same_tables(whole, parts)


def test_what_is_done_is_not_done_again(tmp_path: Path) -> None:
    """A study that has its trials is only read, and its best setting fitted."""
    where = {"storage": tmp_path / "study.journal", "study_name": "one"}
    first = fitted(RATES, **where)
    seen: list[int] = []

    again = fitted(
        RATES, **where, refit=True, callbacks=[lambda study, trial: seen.append(trial.number)]
    )

    assert seen == []
    assert same_tables(first, again)
    assert again.predict(X).shape == Y.shape


def test_whoever_comes_later_takes_folds_and_seed(tmp_path: Path) -> None:
    """They are the study's: a worker that says nothing of them joins it."""
    where = {"storage": tmp_path / "study.journal", "study_name": "one"}
    cv = KFold(2, shuffle=True)

    one = fitted(RATES, n_trials=2, cv=cv, random_state=None, **where)
    other = fitted(RATES, n_trials=4, cv=cv, random_state=None, **where)

    facts = [each.study_.user_attrs["nnest:study"] for each in (one, other)]
    assert facts[0] == facts[1]
    assert len(other.cv_results_["params"]) == 4


def test_weights_of_a_pipelines_step_belong_to_the_study() -> None:
    """Other weights, or none, are another study; one that has not kept them goes on."""
    make = search(
        {"mlpclassifier__dropout": [0.0]},
        make_pipeline(StandardScaler(), mlp(epochs=1)),
        storage=optuna.storages.InMemoryStorage(),
        study_name="weighted",
        n_trials=1,
    )
    weight = np.ones(len(Y))
    make.fit(X, Y, mlpclassifier__sample_weight=weight)

    for other in ({}, {"mlpclassifier__sample_weight": np.arange(len(Y))}):
        with pytest.raises(StudyError, match="The study 'weighted' has another sample_weight: "):
            make.fit(X, Y, **other)
    make.fit(X, Y, mlpclassifier__sample_weight=weight)
    kept = {name: fact for name, fact in facts(make).items() if name != "sample_weight"}
    make.study_.set_user_attr("nnest:study", kept)
    make.fit(X, Y)
    assert facts(make)["sample_weight"] == {}


@pytest.mark.parametrize("wrap", [lambda f: f, lambda f: {"m": make_scorer(f)}], ids=["f", "made"])
def test_another_metric_of_the_same_name_is_another_study(wrap: Any) -> None:
    """A function that was changed is told by what it does; a study that lacks that goes on."""
    one: dict[str, Any] = {}
    other: dict[str, Any] = {}
    exec("def metric(*given): return 1.0", one)
    exec("def metric(*given): return 2.0", other)
    refit: Any = {"refit": False, "objectives": "m"} if wrap(len) is not len else {}
    storage = optuna.storages.InMemoryStorage()

    def make(metric: Any) -> Any:
        where = {"storage": storage, "study_name": "one"}
        return search(scoring=wrap(metric), n_trials=1, **where, **refit)

    done = make(one["metric"]).fit(X, Y)
    make(one["metric"]).fit(X, Y)
    with pytest.raises(StudyError, match="The study 'one' has another scoring_code: "):
        make(other["metric"]).fit(X, Y)
    kept = {name: fact for name, fact in facts(done).items() if name != "scoring_code"}
    done.study_.set_user_attr("nnest:study", kept)
    make(other["metric"]).fit(X, Y)


def test_metrics_of_scikit_learn_are_known_by_their_names() -> None:
    """A release may change what they do inside, and studies go on."""
    assert metric_texts(make_scorer(f1_score, average="macro")) == {"score": "f1_score"}
    assert metric_texts(["accuracy", "f1_macro"]) == metric_texts(None) == {}


def test_a_study_of_version_0_1_0_goes_on(tmp_path: Path) -> None:
    """A copy of its journal has its three trials, and comes to what is trained in one go."""
    path = tmp_path / "study.journal"
    shutil.copy(OLD / "study.journal", path)
    X, y = load_digits(return_X_y=True)
    network = MLPClassifier(hidden_units=(4,), epochs=1, random_state=0)
    space = {"dropout": FloatDistribution(0.0, 0.5)}
    settings: dict[str, Any] = {"sampler": "random", "random_state": 0, "cv": 2, "group_size": 3}

    def run(n_trials: int, **where: Any) -> OptunaSearchCV:
        search = OptunaSearchCV(network, space, n_trials=n_trials, **settings, **where)
        return search.fit((X[:120] / 16).astype("float32"), y[:120])

    kept = run(6, storage=path, study_name="old")

    old = [0.17803019349281934, 0.13186860974229048, 0.4423076233989558]
    assert [each["dropout"] for each in kept.cv_results_["params"][:3]] == old
    assert len(kept.study_.trials) == 6
    assert same_tables(run(6), kept)


@pytest.mark.parametrize("address", ["journal", "sqlite"])
def test_a_study_is_read_by_optuna(address: str, tmp_path: Path) -> None:
    """What is in the storage is a study like any other, with texts for tuples."""
    path = tmp_path / "kept"
    storage: Any = path if address == "journal" else f"sqlite:///{path}"

    done = fitted(RATES, storage=storage, study_name="one", n_trials=4, sampler="random")

    if address == "journal":
        backend = optuna.storages.journal.JournalFileBackend(str(path))
        study = optuna.load_study(study_name="one", storage=optuna.storages.JournalStorage(backend))
    else:
        study = optuna.load_study(study_name="one", storage=storage)
    assert {trial.params["hidden_units"] for trial in study.trials} <= {"8", "4-4"}
    assert {p["hidden_units"] for p in done.cv_results_["params"]} <= {(8,), (4, 4)}
    assert study.best_value == done.best_score_


def test_a_worker_waits_for_its_study(tmp_path: Path) -> None:
    """It says so once, and goes on when the study is there."""
    path, said = tmp_path / "study.journal", []
    found: list[optuna.Study] = []
    waiting = threading.Thread(
        target=lambda: found.append(wait_for_study(path, "late", say=said.append)), daemon=True
    )
    waiting.start()
    end = time.monotonic() + 60
    while not said and time.monotonic() < end:
        time.sleep(0.01)
    assert not found

    fitted(RATES, storage=path, study_name="late", n_trials=1)
    waiting.join(20)

    assert found[0].study_name == "late"
    assert said == ["The study 'late' is not there yet: waiting for it."]


@pytest.mark.slow
def test_on_postgresql() -> None:
    """A database of several hosts gives the same table, and the tuples back."""
    with server() as running:
        where = {"storage": running.database(), "study_name": "one"}
        fitted(RATES, n_trials=2, group_size=2, **where)
        kept = fitted(RATES, n_trials=4, group_size=2, **where)

    assert same_tables(fitted(RATES, n_trials=4, group_size=2), kept)


WORK = """
import json, sys
import numpy as np
from optuna.distributions import FloatDistribution
from sklearn.datasets import load_digits
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from nnest import MLPClassifier, OptunaSearchCV
from nnest.population import _checkpoint, _group

_checkpoint.INTERVAL, _group.SLICE = 0.0, 0.05  # a checkpoint after every epoch
journal, n_trials, pruner, out = sys.argv[1:]
x, y = load_digits(return_X_y=True)
space = {"dropout": FloatDistribution(0.0, 0.8), "l2": FloatDistribution(1e-6, 1e-1, log=True),
         "hidden_units": [(24,), (16, 16)]}
search = OptunaSearchCV(
    MLPClassifier(epochs=12, learning_rate=0.003), space, n_trials=int(n_trials), cv=KFold(3),
    group_size=4, random_state=0, pruner=pruner if pruner != "none" else None, refit=False,
    storage=None if journal == "-" else journal, study_name=None if journal == "-" else "one",
    checkpoint=None if journal == "-" else journal + ".running",
).fit(x / 16, y)
table = {name: values if name == "params" else values.tolist()
         for name, values in search.cv_results_.items() if not name.endswith("_time")}
reports = [sorted(t.intermediate_values.items()) for t in search.study_.trials
           if t.state.name in ("COMPLETE", "PRUNED")]
with open(out, "w") as file:
    file.write(repr([table, sorted(map(repr, reports))]))
"""


def work(journal: object, n_trials: int, pruner: str, out: Path) -> subprocess.Popen[bytes]:
    """Start a worker in a process of its own."""
    arguments = [str(journal), str(n_trials), pruner, str(out)]
    return subprocess.Popen([sys.executable, "-c", WORK, *arguments])


@pytest.mark.slow
@pytest.mark.parametrize("pruner", ["none", "median"])
def test_a_killed_study_goes_on_to_the_same_table(pruner: str, tmp_path: Path) -> None:
    """Killed twice, once in the middle of a batch, it ends as one that was left in peace."""
    whole, again, journal = tmp_path / "whole", tmp_path / "again", tmp_path / "study.journal"
    assert work("-", 12, pruner, whole).wait(300) == 0
    for n_finished in (0, 4):
        process, started = work(journal, 12, pruner, again), time.monotonic()
        running = tmp_path / "study.journal.running"
        while time.monotonic() < started + 240:
            assert process.poll() is None, "it ended before it could be killed"
            text = journal.read_text(encoding="utf-8") if journal.exists() else ""
            if text.count('"nnest:ending"') >= n_finished and list(running.glob("group-*.npz")):
                break
            time.sleep(0.005)
        time.sleep(0.3)
        process.kill()
        process.wait()
    assert work(journal, 12, pruner, again).wait(300) == 0

    assert again.read_text(encoding="utf-8") == whole.read_text(encoding="utf-8")


@pytest.mark.slow
def test_two_workers_share_a_study(tmp_path: Path) -> None:
    """Together they do its trials, each once."""
    journal = tmp_path / "study.journal"
    workers = [work(journal, 12, "none", tmp_path / f"out{i}") for i in range(2)]

    assert [worker.wait(500) for worker in workers] == [0, 0]
    backend = optuna.storages.journal.JournalFileBackend(str(journal))
    study = optuna.load_study(study_name="one", storage=optuna.storages.JournalStorage(backend))
    done = [trial for trial in study.trials if trial.state == TrialState.COMPLETE]
    assert len(done) == 12
    assert len({trial.user_attrs["nnest:batch"]["owner"]["pid"] for trial in done}) == 2
    tables = {(tmp_path / f"out{i}").read_text(encoding="utf-8") for i in range(2)}
    assert len(tables) == 1, "both see the whole study"
