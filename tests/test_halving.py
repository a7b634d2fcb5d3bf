"""Successive halving: rungs as scikit-learn counts them, and trainings that go on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import uniform
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import HalvingGridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import nnest.search._halving as halving
from nnest import (
    CNNClassifier,
    HalvingSearchCV,
    MLPClassifier,
    MLPRegressor,
    VectorizedGridSearchCV,
    fit_many,
    load,
    save,
)
from nnest.population import _group as population_group
from nnest.search import _batching
from nnest.search._rungs import Rungs, epochs_of_rungs
from tests.networks import CONTRACT, expected_failures, pictures
from tests.searches import table, without_times

X, Y = table(60, 3)
SETTINGS: dict[str, Any] = {
    "hidden_units": (8,), "epochs": 9, "batch_size": 16, "random_state": 0, "learning_rate": 0.01,
}  # fmt: skip
GRID = {"dropout": [0.0, 0.2, 0.5], "l2": [0.0, 1e-3, 0.1]}


def mlp(**settings: Any) -> MLPClassifier:
    """Return a small network."""
    return MLPClassifier(**{**SETTINGS, **settings})


class Counted:
    """Counts the epochs that networks are asked to train for."""

    def __init__(self) -> None:
        self.epochs = 0

    def __call__(self, estimators: list[Any], *arguments: Any, **settings: Any) -> Any:
        """Fit many, and count."""
        self.epochs += sum(each.epochs for each in estimators)
        return fit_many(estimators, *arguments, **settings)


@pytest.mark.parametrize(
    ("n", "most", "factor", "first", "aggressive"),
    [
        (81, 27, 3, "exhaust", False),
        (9, 27, 3, "exhaust", False),
        (9, 27, 3, "smallest", False),
        (81, 9, 3, "smallest", True),
        (12, 16, 2, 2, False),
        (12, 16, 2, 4, True),
        (1, 9, 3, "exhaust", False),
    ],
)
def test_rungs_are_those_of_scikit_learn(
    n: int, most: int, factor: int, first: int | str, aggressive: bool
) -> None:
    """Where the epochs divide evenly."""
    theirs = HalvingGridSearchCV(
        _Constant(), {"mark": list(range(n))}, factor=factor, resource="epochs", cv=2,
        max_resources=most, min_resources=first, aggressive_elimination=aggressive, refit=False,
    ).fit(X, Y)  # fmt: skip
    assert epochs_of_rungs(n, most, factor, first, aggressive) == theirs.n_resources_


class _Constant(MLPClassifier):
    """A network that is not trained, and has a parameter for a grid."""

    def __init__(self, mark: int = 0, epochs: int = 1) -> None:
        super().__init__(epochs=epochs)
        self.mark = mark

    def fit(self, X: Any, y: Any, *_: Any, **__: Any) -> Any:
        """Learn nothing."""
        del X
        self.classes_ = np.unique(y)
        return self

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return one number for all."""
        del X, y, sample_weight
        return float(self.mark)


def test_the_last_rung_ends_at_all_epochs() -> None:
    """Also where the factor does not divide them, and with powers that a logarithm rounds down."""
    assert epochs_of_rungs(9, 20, 3, "exhaust", False) == [2, 6, 20]
    assert len(epochs_of_rungs(243, 243, 3, "exhaust", False)) == 6


@pytest.mark.parametrize(
    ("estimator", "prefix", "samples"),
    [
        (mlp(batch_norm_at="every"), "", (X, Y)),
        (make_pipeline(StandardScaler(), mlp()), "mlpclassifier__", (X, Y)),
        (CNNClassifier(filters=(2,), epochs=9, random_state=0), "", pictures(60, 3)),
    ],
    ids=["mlp", "pipeline", "cnn"],
)
def test_the_last_rung_is_a_whole_training(estimator: Any, prefix: str, samples: Any) -> None:
    """A network that went on is the one that was trained in one go."""
    grid = {f"{prefix}{name}": values for name, values in GRID.items()}
    settings = {"cv": 2, "return_train_score": True, "refit": False}
    search = HalvingSearchCV(estimator, grid, **settings).fit(*samples)
    assert (search.n_resources_, search.n_candidates_) == ([1, 3, 9], [9, 3, 1])
    best = {name: [value] for name, value in search.best_params_.items()}
    whole = VectorizedGridSearchCV(estimator, best, **settings).fit(*samples)
    for part in ("test", "train"):
        for fold in range(2):
            name = f"split{fold}_{part}_score"
            assert search.cv_results_[name][-1] == pytest.approx(whole.cv_results_[name][0])


def test_nothing_is_trained_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Survivors take the epochs that they lack."""
    counted = Counted()
    monkeypatch.setattr(_batching, "fit_many", counted)
    search = HalvingSearchCV(mlp(), GRID, cv=2, refit=False).fit(X, Y)
    assert counted.epochs == 2 * (9 * 1 + 3 * 2 + 1 * 6)
    assert search.cv_results_["iter"].tolist() == [0] * 9 + [1] * 3 + [2]
    assert search.cv_results_["n_resources"].tolist() == [1] * 9 + [3] * 3 + [9]


def test_the_best_go_on() -> None:
    """From each rung those with the highest mean, and the table keeps all rows."""
    search = HalvingSearchCV(mlp(), GRID, cv=2).fit(X, Y)
    results = search.cv_results_
    for rung in (0, 1):
        here, next_ = (results["iter"] == i for i in (rung, rung + 1))
        scores = results["mean_test_score"][here]
        params = [p for p, mine in zip(results["params"], here, strict=True) if mine]
        went_on = [p for p, mine in zip(results["params"], next_, strict=True) if mine]
        best = [params[i] for i in np.argsort(-scores, kind="stable")[: len(went_on)]]
        assert went_on == best
    assert search.best_params_ == results["params"][search.best_index_]
    assert results["iter"][search.best_index_] == 2
    assert search.best_estimator_.n_iter_ == 9
    assert not search.best_estimator_.warm_start
    assert search.n_remaining_candidates_ == 1
    assert search.score(X, Y) > 0.5


def test_settings_of_several_architectures_meet_at_each_rung() -> None:
    """Though they are trained in different programs."""
    grid = {"hidden_units": [(4,), (8,), (4, 4)], "dropout": [0.0, 0.3, 0.6]}
    search = HalvingSearchCV(mlp(), grid, cv=2, refit=False).fit(X, Y)
    assert search.n_candidates_ == [9, 3, 1]


def test_settings_are_drawn_from_distributions() -> None:
    """The same seed draws the same."""
    drawn = [
        HalvingSearchCV(
            mlp(epochs=3), {"dropout": uniform(0, 0.5)}, n_candidates=3, cv=2, refit=False,
            random_state=seed,
        ).fit(X, Y).cv_results_["params"][:3]
        for seed in (0, 0, 1)
    ]  # fmt: skip
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize("moment", ["between rungs", "within a rung"])
def test_a_search_that_was_stopped_goes_on_to_the_same_table(
    moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was trained is not trained again."""
    search = HalvingSearchCV(mlp(), GRID, cv=2, refit=False, checkpoint=tmp_path)
    whole = HalvingSearchCV(mlp(), GRID, cv=2, refit=False).fit(X, Y)
    trained: list[int] = []
    epoch_of = population_group.Group._train_epoch

    def watched(group: Any, *arguments: Any) -> None:
        if moment == "within a rung" and len(trained) == 5 and not group.epoch == trained[-1]:
            raise KeyboardInterrupt
        trained.append(group.epoch)
        epoch_of(group, *arguments)

    def stopping(scores: Any, n: int) -> Any:
        if n == 1:
            raise KeyboardInterrupt
        return best_places(scores, n)

    best_places = halving._best_places
    with monkeypatch.context() as patch:
        patch.setattr(population_group.Group, "_train_epoch", watched)
        patch.setattr("nnest.population._checkpoint.INTERVAL", 0.0)
        if moment == "between rungs":
            patch.setattr(halving, "_best_places", stopping)
        with pytest.raises(KeyboardInterrupt):
            search.fit(X, Y)
    assert list(tmp_path.iterdir())
    before = len(trained)
    with monkeypatch.context() as patch:
        patch.setattr(
            population_group.Group,
            "_train_epoch",
            lambda group, *rest: (trained.append(group.epoch), epoch_of(group, *rest)),
        )
        search.fit(X, Y)
    assert without_times(search.cv_results_) == without_times(whole.cv_results_)
    assert sorted(trained) == list(range(9)), (before, trained)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("estimator", "settings", "sentence"),
    [
        (mlp(), {"factor": 1}, "The 'factor' parameter of HalvingSearchCV must be an int in the"),
        (
            mlp(),
            {"min_resources": 10},
            "min_resources is 10, but a whole training has 9 epochs: give fewer, or more "
            "max_resources.",
        ),
        (
            mlp(),
            {"param_grid": {"epochs": [1, 2]}},
            "param_grid holds epochs, which are what a setting gets more of from rung to rung: "
            "leave them out, and give max_resources.",
        ),
        (mlp(), {"param_grid": []}, "The grid is empty: give at least one dict of parameters"),
        (
            mlp(early_stopping=True),
            {},
            "early_stopping=True would begin anew in each rung: leave it out, or use "
            "VectorizedGridSearchCV.",
        ),
        (
            mlp(),
            {"param_grid": {"learning_rate_schedule": ["step"]}},
            "learning_rate_schedule='step' would begin anew in each rung: leave it out, or use "
            "VectorizedGridSearchCV.",
        ),
        (mlp(), {"n_jobs": 0}, "The 'n_jobs' parameter of HalvingSearchCV must be an int in"),
        (
            mlp(),
            {"scoring": lambda *_: {"a": 1.0, "b": 2.0}},
            "scoring returns several metrics: give one with one number.",
        ),
    ],
)
def test_what_cannot_be_searched(estimator: Any, settings: dict[str, Any], sentence: str) -> None:
    """One sentence each; only several metrics are known after a rung."""
    search = HalvingSearchCV(**{"estimator": estimator, "param_grid": GRID, "cv": 2, **settings})
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}"):
        search.fit(X, Y)


def test_whole_networks_are_settings_too() -> None:
    """Their own epochs and *warm_start* give way to those of the rungs."""
    pipeline = make_pipeline(StandardScaler(), mlp())
    networks = [mlp(dropout=rate, epochs=5) for rate in (0.0, 0.2, 0.5)]
    whole, plain = (
        HalvingSearchCV(pipeline, {name: values}, cv=2, refit=False, min_resources=3).fit(X, Y)
        for name, values in (
            ("mlpclassifier", networks),
            ("mlpclassifier__dropout", [0.0, 0.2, 0.5]),
        )
    )
    assert whole.n_resources_ == [3, 9]
    for name in ("mean_test_score", "split0_test_score", "n_resources"):
        assert whole.cv_results_[name].tolist() == plain.cv_results_[name].tolist()
    search = HalvingSearchCV(mlp(), {**GRID, "warm_start": [False]}, cv=2, refit=False).fit(X, Y)
    other = HalvingSearchCV(mlp(), GRID, cv=2, refit=False).fit(X, Y)
    scores = [each.cv_results_["mean_test_score"].tolist() for each in (search, other)]
    assert scores[0] == scores[1]


def test_weights_reach_a_network_at_the_end_of_a_pipeline() -> None:
    """By the name of its step, as scikit-learn hands them on."""
    weight = {"mlpclassifier__sample_weight": np.where(Y == 0, 9.0, 1.0)}
    estimator, settings = make_pipeline(StandardScaler(), mlp()), {"cv": 2, "refit": False}
    grid = {"mlpclassifier__dropout": [0.0, 0.2, 0.5]}
    search = HalvingSearchCV(estimator, grid, **settings).fit(X, Y, **weight)
    best = {name: [value] for name, value in search.best_params_.items()}
    whole = VectorizedGridSearchCV(estimator, best, **settings).fit(X, Y, **weight)
    assert search.best_score_ == pytest.approx(whole.best_score_)


def test_networks_that_were_given_up_leave_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """And a rung that trains nothing takes no time."""
    seen: list[Any] = []
    begin = Rungs.begin

    def watched(self: Any, epochs: int) -> None:
        seen.append(self)
        begin(self, epochs)

    monkeypatch.setattr(Rungs, "begin", watched)
    search = HalvingSearchCV(
        mlp(epochs=3), GRID, cv=2, refit=False, min_resources=1, aggressive_elimination=True,
        factor=2,
    ).fit(X, Y)  # fmt: skip
    members = [member for stack in seen[0]._samples for member in stack.members]
    assert sum(member.network is not None for member in members) == 2 * search.n_candidates_[-1]
    again = [i for i, n in enumerate(search.n_resources_) if i and n == search.n_resources_[i - 1]]
    rungs, times = (search.cv_results_[name] for name in ("iter", "mean_fit_time"))
    assert again
    assert not times[np.isin(rungs, again)].any()


def test_other_networks_are_refused() -> None:
    """There is no program for them."""
    from sklearn.linear_model import LogisticRegression

    with pytest.raises(TypeError, match="is no network of this package"):
        HalvingSearchCV(LogisticRegression(), {"C": [1.0, 2.0]}).fit(X, Y)


@pytest.mark.slow
@parametrize_with_checks(
    [
        HalvingSearchCV(
            cls(**CONTRACT, random_state=0), {"l2": [0.0, 1e-4]}, factor=2, cv=2,
            error_score="raise",
        )
        for cls in (MLPClassifier, MLPRegressor)
    ],
    expected_failed_checks=expected_failures,
)  # fmt: skip
def test_contract(estimator: Any, check: Any) -> None:
    """What scikit-learn asks of its own searches."""
    check(estimator)


@pytest.mark.parametrize("spilled", [False, True])
def test_networks_of_the_last_rung_are_kept(tmp_path: Path, spilled: bool) -> None:
    """They are those of a whole search of their settings, and make an ensemble."""
    folder = tmp_path / "kept" if spilled else None
    grid = {"dropout": [0.0, 0.2, 0.4], "l2": [0.0, 0.1]}
    settings = {"cv": 2, "min_resources": 3, "keep": "all", "checkpoint": folder}
    found = HalvingSearchCV(mlp(), grid, **settings).fit(X, Y)

    rows = list(found.fold_estimators_)
    assert rows[0] == found.best_index_
    assert sorted(rows) == np.flatnonzero(found.cv_results_["iter"] == 1).tolist()
    for row in rows:
        alone = {name: [value] for name, value in found.cv_results_["params"][row].items()}
        whole = VectorizedGridSearchCV(mlp(), alone, cv=2, keep="all").fit(X, Y)
        np.testing.assert_allclose(
            found.oof_predictions_[row], whole.oof_predictions_[0], atol=1e-5
        )
        assert {(net.epochs, net.warm_start) for net in found.fold_estimators_[row]} == {(9, False)}
    for kind in ("folds", "greedy"):
        ensemble = found.ensemble(kind)
        save(ensemble, tmp_path / f"{kind}.zip")
        again = load(tmp_path / f"{kind}.zip")
        np.testing.assert_array_equal(again.predict_proba(X), ensemble.predict_proba(X))
    assert ensemble.predict_set(X).shape == (60, 3)


def test_networks_that_do_not_fit_are_refused_before_training(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those of the last rung are counted."""
    search = HalvingSearchCV(
        mlp(), {"dropout": [0.0, 0.2, 0.4]}, cv=2, refit=False, keep="all", verbose=1
    )
    search.fit(X, Y)
    said = capsys.readouterr().out
    assert re.findall(r"for (\d+) networks and their predictions", said) == ["2"]
    monkeypatch.setattr("nnest.search._keeping.free_memory", lambda: 0)
    monkeypatch.setattr(_batching, "fit_many", None)
    with pytest.raises(ValueError, match="keep fewer settings, or give checkpoint a folder"):
        search.fit(X, Y)


def test_as_many_networks_are_kept_as_are_asked_for() -> None:
    """And nothing of an earlier fit stays."""
    search = HalvingSearchCV(mlp(), {"dropout": [0.0, 0.2, 0.4]}, cv=2, keep="folds")
    assert list(search.fit(X, Y).fold_estimators_) == [search.best_index_]
    search.set_params(keep=None).fit(X, Y)
    assert not hasattr(search, "fold_estimators_")
