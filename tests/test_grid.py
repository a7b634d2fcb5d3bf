"""Our grid search against scikit-learn's: only the name differs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.exceptions import NotFittedError, UnsetMetadataPassedError
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, ShuffleSplit

from nnest import CNNClassifier, MLPClassifier, MLPRegressor, VectorizedGridSearchCV
from nnest.search import _batching as _members
from tests.networks import cnn, mlp, network, pictures
from tests.searches import assert_same, both, table

DROPOUT = {"dropout": [0.0, 0.4]}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Collect the arguments of each call that trains many networks."""
    collected: list[dict[str, Any]] = []
    fit_many = _members.fit_many

    def fit(estimators: Any, X: Any, y: Any, **settings: Any) -> Any:
        collected.append({"estimators": list(estimators), "X": X, "y": y, **settings})
        return fit_many(estimators, X, y, **settings)

    monkeypatch.setattr(_members, "fit_many", fit)
    return collected


def two_numbers(net: Any, X: Any, y: Any) -> dict[str, float]:
    """Score twice, by a function that returns a dict."""
    right = net.predict(X) == y
    return {"share": right.mean(), "count": right.sum()}


def worst(results: dict[str, Any]) -> int:
    """Choose the setting that scores least."""
    return int(results["mean_test_score"].argmin())


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"cv": 2, "return_train_score": True},
        {"scoring": "neg_log_loss"},
        {"scoring": make_scorer(accuracy_score)},
        {"scoring": ["accuracy", "f1_macro"], "refit": "f1_macro", "return_train_score": True},
        {"scoring": {"a": "accuracy", "b": "neg_log_loss"}, "refit": False},
        {"scoring": two_numbers, "refit": "count"},
        {"refit": worst},
        {"refit": False},
        {"cv": ShuffleSplit(2, test_size=0.3, random_state=0)},
        {"cv": [(np.arange(40), np.arange(40, 60)), (np.arange(20, 60), np.arange(20))]},
    ],
    ids=[
        "defaults",
        "training scores",
        "log loss",
        "scorer",
        "two metrics",
        "named metrics",
        "function of two metrics",
        "chosen by a function",
        "no refit",
        "shuffled",
        "folds as a list",
    ],
)
def test_only_the_name_differs(settings: dict[str, Any]) -> None:
    """Tables, ranks and best settings are those of scikit-learn's search."""
    X, y = table()

    theirs, ours = both(mlp(), DROPOUT, X, y, **settings)

    assert_same(theirs, ours)


def test_best_estimator_is_fitted_alike() -> None:
    """The network that is fitted in the end is the same, and the search speaks for it."""
    X, y = table()

    theirs, ours = both(mlp(), DROPOUT, X, y)

    np.testing.assert_array_equal(ours.predict_proba(X), theirs.predict_proba(X))
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    assert ours.score(X, y) == theirs.score(X, y)
    assert ours.best_score_ == pytest.approx(theirs.best_score_, abs=1e-3)
    assert ours.classes_.tolist() == [0, 1, 2]
    assert ours.n_features_in_ == X.shape[1]
    assert ours.refit_time_ > 0


@pytest.mark.parametrize(
    "grid",
    [
        [{"hidden_units": [(8,), (4, 4)], "dropout": [0.1]}, {"hidden_units": [()]}],
        {"batch_size": [16, 32], "l2": [0.0, 1e-2]},
        {"optimizer": ["sgd", "adam"], "class_weight": [None, "balanced"]},
        {"early_stopping": [True], "epochs": [3], "random_state": [0, 1]},
        {},
    ],
    ids=str,
)
def test_architectures_and_settings_mix(grid: Any) -> None:
    """A grid may hold what trains together and what does not."""
    X, y = table()

    assert_same(*both(mlp(), grid, X, y))


def test_pictures() -> None:
    """Convolutional networks are searched on pictures."""
    X, y = pictures(60)

    assert_same(*both(cnn(), {"conv_dropout": [0.0, 0.3]}, X, y, cv=2))


def test_regressors_of_several_numbers() -> None:
    """Regressors are scored by their own measure, on folds that are not stratified."""
    X, _ = table()

    assert_same(*both(network(MLPRegressor), {"l2": [0.0, 0.1]}, X, X[:, :2]))


@pytest.mark.parametrize("kind", [list, pd.DataFrame])
def test_containers(kind: Any) -> None:
    """Lists and data frames come as they are."""
    X, y = table()
    X = kind(X.tolist())
    if kind is pd.DataFrame:
        X.columns = [f"pixel{i}" for i in range(X.shape[1])]

    theirs, ours = both(mlp(), DROPOUT, X, list(y))

    assert_same(theirs, ours)
    names = getattr(theirs, "feature_names_in_", np.empty(0)).tolist()
    assert getattr(ours, "feature_names_in_", np.empty(0)).tolist() == names


def test_all_members_train_in_one_call(calls: list[dict[str, Any]], tmp_path: Path) -> None:
    """Folds and settings are handed over together, and nobody watches a test part."""
    X, y = table()

    VectorizedGridSearchCV(
        mlp(), {"dropout": [0.0, 0.4], "l2": [0.0, 0.1]}, cv=3, checkpoint=tmp_path, max_group=5
    ).fit(X, y)

    (call,) = calls
    assert len(call["estimators"]) == 12
    assert call["X"] is X
    assert [validation for _, validation in call["splits"]] == [None] * 12
    assert [len(train) for train, _ in call["splits"]] == [40] * 12
    assert (call["checkpoint"], call["max_group"]) == (tmp_path, 5)


def test_times_are_shared_equally() -> None:
    """Fit times of members that trained together sum up to what the call took."""
    X, y = table()

    start = time.perf_counter()
    search = VectorizedGridSearchCV(mlp(), DROPOUT, cv=3, refit=False).fit(X, y)
    took = time.perf_counter() - start

    times = search.cv_results_["mean_fit_time"]
    assert (times > 0).all()
    assert times[0] == pytest.approx(times[1])
    assert times.sum() * 3 < took
    assert (search.cv_results_["mean_score_time"] > 0).all()


def test_same_seed_gives_the_same_table() -> None:
    """A second search of the same seeds repeats the first."""
    X, y = table()
    search = VectorizedGridSearchCV(mlp(), DROPOUT, cv=3)

    assert_same(clone(search).fit(X, y), search.fit(X, y))


def test_a_random_state_object_is_not_drawn_from() -> None:
    """Each member starts from a copy of the state, as each clone of scikit-learn's does."""
    X, y = table()
    net = mlp(random_state=np.random.RandomState(3))

    assert_same(*both(net, DROPOUT, X, y))


def test_one_draw_of_folds_for_all_candidates() -> None:
    """A splitter that shuffles by itself is asked once, so that candidates are comparable."""
    X, y = table()
    search = VectorizedGridSearchCV(
        mlp(), {"dropout": [0.0, 0.0]}, cv=KFold(3, shuffle=True), refit=False
    ).fit(X, y)

    one, other = search.cv_results_["mean_test_score"]
    assert one == other


@pytest.mark.parametrize("scoring", [None, "accuracy", ["accuracy", "f1_macro"]], ids=str)
def test_sample_weights_reach_fit_and_score(scoring: Any) -> None:
    """Weights are cut into folds with their samples, as scikit-learn cuts them."""
    X, y = table()
    weight = np.linspace(0.1, 2.0, len(y))

    refit = "accuracy" if isinstance(scoring, list) else True
    theirs, ours = both(
        mlp(), DROPOUT, X, y, {"sample_weight": weight}, scoring=scoring, refit=refit
    )
    _, plain = both(mlp(), DROPOUT, X, y, scoring=scoring, refit=refit)

    assert_same(theirs, ours)
    score = "mean_test_score" if refit is True else "mean_test_accuracy"
    assert ours.cv_results_[score].tolist() != plain.cv_results_[score].tolist()


def test_groups_go_to_the_splitter() -> None:
    """Groups decide the folds and are not asked for by networks."""
    X, y = table()
    groups = np.arange(len(y)) // 10

    theirs, ours = both(mlp(), DROPOUT, X, y, {"groups": groups}, cv=GroupKFold(3))

    assert_same(theirs, ours)


def test_metadata_are_routed() -> None:
    """With routing switched on, networks, metrics and splitters get what they ask for."""
    X, y = table()
    weight, groups = np.linspace(0.1, 2.0, len(y)), np.arange(len(y)) // 10
    with sklearn.config_context(enable_metadata_routing=True):
        net = mlp().set_fit_request(sample_weight=True, groups=False)
        scorer = make_scorer(accuracy_score).set_score_request(sample_weight=True)
        fit = {"sample_weight": weight, "groups": groups}

        assert_same(*both(net, DROPOUT, X, y, fit, cv=GroupKFold(3), scoring=scorer))

        with pytest.raises(UnsetMetadataPassedError):
            both(mlp(), DROPOUT, X, y, {"sample_weight": weight})


def test_parameters_of_the_own_fit_are_handed_to_each() -> None:
    """What only a network's own `fit` takes still arrives, one by one, and a warning says so."""
    X, y = table()
    search = VectorizedGridSearchCV(mlp(early_stopping=True), DROPOUT, cv=2)

    with pytest.warns(UserWarning, match="'X_val', 'y_val'.* fitted one by one"):
        search.fit(X, y, X_val=X[:9], y_val=y[:9])

    theirs = GridSearchCV(mlp(early_stopping=True), DROPOUT, cv=2)
    assert_same(theirs.fit(X, y, X_val=X[:9], y_val=y[:9]), search)


class Recorder:
    """A callback of scikit-learn that writes down which tasks begin and end."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []

    def setup(self, estimator: Any, context: Any) -> None:
        """Do nothing before the fit."""

    def teardown(self, estimator: Any, context: Any) -> None:
        """Do nothing after the fit."""

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Write the task down."""
        self.seen.append(("begin", context.task_name))

    def on_fit_task_end(self, estimator: Any, context: Any) -> bool:
        """Write the task down, and let the fit go on."""
        self.seen.append(("end", context.task_name))
        return False


def test_callbacks_of_scikit_learn_see_every_member() -> None:
    """Tasks that scikit-learn's search announces are announced by ours."""
    X, y = table()
    seen = []
    for cls in (GridSearchCV, VectorizedGridSearchCV):
        recorder = Recorder()
        cls(mlp(), DROPOUT, cv=3).set_callbacks(recorder).fit(X, y)
        seen.append(recorder.seen)

    assert sorted(seen[1]) == sorted(seen[0])
    assert len(seen[0]) > 12


@pytest.mark.parametrize(
    "settings",
    [
        {"verbose": 2},
        {"verbose": 3},
        {"verbose": 3, "return_train_score": True},
        {"verbose": 3, "scoring": ["f1_macro", "accuracy"], "return_train_score": True},
    ],
    ids=["time", "score", "both parts", "several metrics"],
)
def test_verbose_prints_as_scikit_learn_does(
    settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """One line about the whole, and one for each fit: its time, then its fold and scores too."""
    X, y = table()

    both(mlp(), {"dropout": [0.0]}, X, y, cv=2, refit=False, **settings)

    lines = [line.partition("total time=")[0] for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 6
    assert lines[3:] == lines[:3]


@pytest.mark.parametrize("estimator", [MLPClassifier(), CNNClassifier(epochs=3)], ids=str)
def test_a_clone_keeps_all(estimator: Any) -> None:
    """Parameters are kept as they are given, and the network's stand among them."""
    search = VectorizedGridSearchCV(estimator, DROPOUT, checkpoint="here", max_group=3)
    copy = clone(search.set_params(estimator__dropout=0.25))

    assert copy.estimator.dropout == 0.25
    mine, theirs = (each.get_params(deep=False) for each in (search, copy))
    assert mine.keys() == theirs.keys()
    assert (theirs["checkpoint"], theirs["max_group"]) == ("here", 3)


def test_without_refit_there_is_nothing_to_predict_with() -> None:
    """The same error as scikit-learn's, which says what to do."""
    X, y = table()
    search = VectorizedGridSearchCV(mlp(), DROPOUT, cv=2, refit=False)

    with pytest.raises(NotFittedError):
        VectorizedGridSearchCV(mlp(), DROPOUT).predict(X)
    with pytest.raises(AttributeError, match="predict"):
        search.fit(X, y).predict(X)


def test_finished_networks_are_let_go(calls: list[dict[str, Any]]) -> None:
    """A search keeps no network but the best one."""
    X, y = table()

    search = VectorizedGridSearchCV(mlp(), DROPOUT, cv=2).fit(X, y)

    kept = {id(each) for each in vars(search).values()}
    assert not kept & {id(net) for net in calls[0]["estimators"]}
