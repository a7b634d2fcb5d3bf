"""The search of a study: scikit-learn's contract, another engine."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import optuna
import pytest
import sklearn
from optuna.distributions import FloatDistribution, IntDistribution
from optuna.trial import TrialState
from sklearn.base import clone
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nnest import MLPRegressor, OptunaSearchCV
from nnest.search.optuna import _study
from nnest.search.optuna._samplers import grid_of
from tests.helpers import label
from tests.networks import mlp, network
from tests.studies import DROPOUT, Identity, X, Y, facts, fitted, same_tables, search

RANGES = {"dropout": FloatDistribution(0.0, 0.5), "l2": FloatDistribution(1e-6, 1e-2, log=True)}
TIMES = ("mean_fit_time", "std_fit_time", "mean_score_time", "std_score_time")


def rows(results: dict[str, Any], *left_out: str) -> dict[str, dict[str, Any]]:
    """Return a table's rows by their settings."""
    return {
        repr(sorted(setting.items())): {
            name: values[i]
            for name, values in results.items()
            if name not in (*TIMES, *left_out, "params")
        }
        for i, setting in enumerate(results["params"])
    }


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"return_train_score": True},
        {"scoring": "neg_log_loss"},
        {"scoring": make_scorer(accuracy_score)},
        {"scoring": ["accuracy", "f1_macro"], "refit": "f1_macro"},
    ],
    ids=["defaults", "training scores", "log loss", "scorer", "two metrics"],
)
def test_a_grid_is_that_of_scikit_learn(settings: dict[str, Any]) -> None:
    """Over a grid the table is that of `GridSearchCV`, whatever the order of its rows."""
    grid = {"dropout": [0.0, 0.4], "hidden_units": [(8,), (4, 4)]}

    theirs = GridSearchCV(mlp(), grid, cv=2, **settings).fit(X, Y)
    ours = fitted(grid, sampler="grid", n_trials=99, **{"refit": True, **settings})

    assert list(ours.cv_results_) == list(theirs.cv_results_)
    mine, other = rows(ours.cv_results_), rows(theirs.cv_results_)
    assert mine.keys() == other.keys()
    for setting, row in mine.items():
        for name, value in row.items():
            if name.startswith("param_"):
                assert value == other[setting][name]
            elif not name.startswith("rank"):
                np.testing.assert_allclose(value, other[setting][name], atol=1e-3, err_msg=name)
    assert ours.best_score_ == pytest.approx(theirs.best_score_, abs=1e-3)
    assert ours.n_splits_ == 2
    assert ours.multimetric_ == theirs.multimetric_


def test_best_estimator() -> None:
    """The best setting is fitted on all samples, and the search speaks for it."""
    done = fitted(RANGES, refit=True)

    best = mlp(**done.best_params_).fit(X, Y)
    np.testing.assert_array_equal(done.predict(X), best.predict(X))
    assert done.best_trial_.value == pytest.approx(done.best_score_)
    assert done.study_.best_value == pytest.approx(done.best_score_)
    assert done.classes_.tolist() == [0, 1, 2]
    assert done.score(X, Y) == best.score(X, Y)
    assert done.refit_time_ > 0


@pytest.mark.parametrize("sampler", ["tpe", "random", "qmc", "nsga2"])
def test_a_seed_decides_everything(sampler: str) -> None:
    """Networks without a seed of their own take the study's: same seed, same table."""
    settings = {"estimator": mlp(random_state=None), "sampler": sampler, "group_size": 2}

    one, same = (fitted(RANGES, n_trials=4, **settings) for _ in range(2))
    other = fitted(RANGES, n_trials=4, random_state=1, **settings)

    assert same_tables(one, same)
    assert not same_tables(one, other)
    seeds = [seed for trial in one.study_.trials for seed in trial.user_attrs["seeds"]]
    assert len(set(seeds)) == len(seeds) == 8


def test_the_refitted_network_has_a_seed_too() -> None:
    """A best network without a seed of its own is the same in each repetition."""
    one, same = (fitted(RANGES, mlp(random_state=None), refit=True, n_trials=2) for _ in range(2))

    np.testing.assert_array_equal(one.predict_proba(X), same.predict_proba(X))


def test_the_size_of_a_batch_changes_no_blind_search() -> None:
    """What samplers that do not learn ask for does not depend on who trains together."""
    one = fitted(RANGES, sampler="qmc", n_trials=4, group_size=1)
    four = fitted(RANGES, sampler="qmc", n_trials=4, group_size=4)

    assert one.cv_results_["params"] == four.cv_results_["params"]
    assert facts(one)["group_size"] == 1
    np.testing.assert_allclose(
        one.cv_results_["mean_test_score"], four.cv_results_["mean_test_score"], atol=0.05
    )


@pytest.mark.parametrize(
    ("settings", "size"),
    [
        ({"sampler": "random"}, 30),
        ({"sampler": "random", "pruner": "median"}, 4),
        ({"sampler": optuna.samplers.RandomSampler()}, 30),
        ({}, 4),
        ({"n_trials": 3}, 1),
        ({"n_trials": 3, "sampler": "grid"}, 3),
        ({"group_size": 7}, 7),
    ],
    ids=label,
)
def test_how_many_trials_a_batch_has(
    settings: dict[str, Any], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as fill the device, and a tenth of all where a batch learns from those before."""
    monkeypatch.setattr(_study, "members_at_once", lambda network: 60)
    asked = search(DROPOUT, **{"n_trials": 40, **settings})

    assert _study._group_size(asked, n_folds=2) == size


def test_tuples_come_back_as_tuples() -> None:
    """The study has texts; settings, and what is fitted, have what was meant."""
    done = fitted({"hidden_units": [(8,), (4, 4), ()]}, sampler="grid", n_trials=9, refit=True)

    assert {trial.params["hidden_units"] for trial in done.study_.trials} == {"8", "4-4", "()"}
    assert {setting["hidden_units"] for setting in done.cv_results_["params"]} == {
        (8,),
        (4, 4),
        (),
    }
    assert done.best_estimator_.hidden_units == done.best_params_["hidden_units"]
    assert isinstance(done.best_params_["hidden_units"], tuple)


def layers(trial: Any) -> dict[str, Any]:
    """Ask for a number of layers, and then for a width of each."""
    n = trial.suggest_int("n_layers", 0, 2)
    units = tuple(trial.suggest_int(f"units_{i}", 2, 8, log=True) for i in range(n))
    shape = (
        trial.suggest_categorical("activation", ["relu", ("tanh", "relu")]) if n == 2 else "relu"
    )
    return {"hidden_units": units, "activation": shape}


def test_conditional_spaces() -> None:
    """A function may ask for one thing only if another has come out so."""
    done = fitted(layers, n_trials=6, sampler="random", group_size=3)

    for trial, setting in zip(done.study_.trials, done.cv_results_["params"], strict=True):
        n = trial.params["n_layers"]
        widths = tuple(trial.params[f"units_{i}"] for i in range(n))
        assert setting["hidden_units"] == widths
        assert ("activation" in trial.params) == (n == 2)
    assert {trial.params["n_layers"] for trial in done.study_.trials} >= {1, 2}


def test_pipelines() -> None:
    """Parameters of a pipeline's network and of its transformers are searched."""
    pipe = make_pipeline(StandardScaler(), mlp())
    space = {"standardscaler__with_std": [True, False], "mlpclassifier__dropout": [0.0, 0.3]}

    ours = fitted(space, pipe, sampler="grid", n_trials=4, refit=True)

    theirs = GridSearchCV(pipe, space, cv=2).fit(X, Y)
    mine, other = rows(ours.cv_results_), rows(theirs.cv_results_)
    for setting, row in mine.items():
        np.testing.assert_allclose(
            row["mean_test_score"], other[setting]["mean_test_score"], atol=1e-3
        )
    assert ours.predict(X).shape == Y.shape


def test_regressors() -> None:
    """Regressors are scored by their own measure."""
    targets = X[:, :2]
    done = search(RANGES, network(MLPRegressor)).fit(X, targets)

    assert done.study_.best_value == pytest.approx(done.best_score_)


@pytest.mark.parametrize("pruner", [None, "median"])
def test_no_test_row_enters_training(pruner: Any) -> None:
    """A splitter that shuffles anew each time is asked once, also by who goes on with a study."""
    planted = Identity()
    storage = optuna.storages.InMemoryStorage()
    shuffled = KFold(3, shuffle=True)

    for n_trials in (3, 6):
        search(
            {"dropout": FloatDistribution(0.0, 0.1)},
            planted.network(),
            cv=shuffled,
            scoring=planted.scoring,
            pruner=pruner,
            storage=storage,
            study_name="planted",
            n_trials=n_trials,
            group_size=2,
        ).fit(planted.X, planted.y)

    everyone = frozenset(range(len(planted.y)))
    for trained, tested in planted.seen:
        assert not trained & tested
        assert trained | tested == everyone
    assert len(planted.seen) == 18
    assert len({tested for _, tested in planted.seen}) == 3


def test_early_stopping_watches_a_part_of_the_training_rows() -> None:
    """What early stopping sets aside comes from inside, so that the test part stays unseen."""
    planted = Identity()
    search(
        {"dropout": FloatDistribution(0.0, 0.1)},
        planted.network(early_stopping=True, validation_fraction=0.25),
        cv=KFold(3, shuffle=True),
        scoring=planted.scoring,
        pruner="median",
    ).fit(planted.X, planted.y)

    assert planted.seen
    for trained, tested in planted.seen:
        assert not trained & tested
        assert len(trained) == 12, "a quarter of sixteen rows is set aside"


def test_groups_and_weights_reach_splitter_and_networks() -> None:
    """Fit parameters go where scikit-learn's searches send them."""
    groups, weight = np.arange(len(Y)) // 10, np.linspace(0.1, 2.0, len(Y))
    make = search(DROPOUT, sampler="grid", cv=GroupKFold(2))

    ours = make.fit(X, Y, groups=groups, sample_weight=weight)

    theirs = GridSearchCV(mlp(), DROPOUT, cv=GroupKFold(2))
    theirs.fit(X, Y, groups=groups, sample_weight=weight)
    mine, other = rows(ours.cv_results_), rows(theirs.cv_results_)
    for setting, row in mine.items():
        np.testing.assert_allclose(
            row["mean_test_score"], other[setting]["mean_test_score"], atol=1e-3
        )


def test_metadata_are_routed() -> None:
    """With routing switched on, networks, metrics and splitters get what they ask for."""
    groups, weight = np.arange(len(Y)) // 10, np.linspace(0.1, 2.0, len(Y))
    with sklearn.config_context(enable_metadata_routing=True):
        net = mlp().set_fit_request(sample_weight=True, groups=False)
        scorer = make_scorer(accuracy_score).set_score_request(sample_weight=True)
        done = search(DROPOUT, net, cv=GroupKFold(2), scoring=scorer)

        done.fit(X, Y, sample_weight=weight, groups=groups)

    assert done.n_splits_ == 2


def test_the_study_is_an_ordinary_one() -> None:
    """Importances, tables and further trials of Optuna work on it."""
    done = fitted(RANGES, n_trials=6, sampler="random", group_size=3)

    assert set(optuna.importance.get_param_importances(done.study_)) == set(RANGES)
    assert len(done.study_.trials_dataframe()) == 6
    assert [trial.state for trial in done.study_.trials] == [TrialState.COMPLETE] * 6
    attrs = done.study_.trials[0].user_attrs
    assert attrs["epochs"] == [2, 2]
    assert attrs["parameters"] == 36 * 8 + 8 + 8 * 3 + 3
    assert attrs["bytes"] > 4 * attrs["parameters"]
    assert attrs["seconds"] > 0
    assert attrs["versions"]["optuna"] == optuna.__version__
    assert attrs["data"] == facts(done)["data"]
    assert attrs["group"]["members"] == 6


def test_callbacks_see_each_trial() -> None:
    """Functions are called as `Study.optimize` calls them."""
    seen: list[tuple[int, TrialState]] = []

    def look(study: optuna.Study, trial: Any) -> None:
        assert study.study_name == "nnest"
        seen.append((trial.number, trial.state))

    fitted(RANGES, n_trials=3, group_size=2, callbacks=[look])

    assert seen == [(i, TrialState.COMPLETE) for i in range(3)]


@pytest.mark.parametrize(
    "sampler",
    [
        lambda seed: optuna.samplers.TPESampler(seed=seed, n_startup_trials=2),
        optuna.samplers.TPESampler(seed=5),
        optuna.samplers.RandomSampler(seed=5),
    ],
    ids=["function", "tpe", "random"],
)
def test_samplers_of_optuna(sampler: Any) -> None:
    """Functions and samplers are taken, and a sampler that was given is not drawn from."""
    one, same = (fitted(RANGES, sampler=sampler, group_size=2) for _ in range(2))

    assert same_tables(one, same)


def test_a_clone_keeps_all() -> None:
    """Parameters are kept as they are given."""
    one = search(RANGES, sampler="qmc", pruner="median", constraints={"parameters": 9})
    copy = clone(one)

    mine, theirs = (each.get_params(deep=False) for each in (one, copy))
    assert mine.keys() == theirs.keys()
    simple = {name: value for name, value in mine.items() if name != "estimator"}
    assert {name: theirs[name] for name in simple} == simple
    assert "OptunaSearchCV" in one._repr_html_()


def test_verbose_prints_scores(capsys: pytest.CaptureFixture[str]) -> None:
    """One line for each fit, with its fold, setting and scores; nothing if nothing is asked for."""
    fitted(DROPOUT, n_trials=2)
    assert capsys.readouterr() == ("", "")

    done = fitted(DROPOUT, n_trials=2, verbose=3)

    lines = [line for line in capsys.readouterr().out.splitlines() if "[CV 1/2] END ..." in line]
    scores = [f"score={each:.3f}" for each in done.cv_results_["split0_test_score"]]
    assert [line.split()[4] for line in lines] == scores


def test_integers_are_searched_in_steps() -> None:
    """A distribution with steps has finitely many values, and makes a grid."""
    space = {"epochs": IntDistribution(1, 3), "dropout": FloatDistribution(0.0, 0.2, step=0.1)}
    done = fitted(space, sampler="grid", n_trials=50)

    found = {(p["epochs"], round(p["dropout"], 6)) for p in done.cv_results_["params"]}
    assert found == set(itertools.product((1, 2, 3), (0.0, 0.1, 0.2)))


@pytest.mark.parametrize(("high", "step"), [(0.3, 0.1), (0.6, 0.2), (0.7, 0.1)])
def test_a_range_with_steps_ends_with_its_last_value(high: float, step: float) -> None:
    """Three times 0.1 is a little more than 0.3."""
    distribution = FloatDistribution(0.0, high, step=step)

    values = grid_of({"dropout": distribution})["dropout"]

    assert values[-1] == distribution.high
    assert np.allclose(np.diff(values), step)
    for value in values:  # Optuna warns of what is out of range
        optuna.trial.FixedTrial({"x": value}).suggest_float("x", 0.0, high, step=step)


def test_a_fitted_search_needs_no_second_study() -> None:
    """Each fit without a storage is a study of its own."""
    done = search(RANGES, n_trials=2)

    first = done.fit(X, Y).study_
    second = done.fit(X, Y).study_

    assert first is not second
    assert len(first.trials) == len(second.trials) == 2
    assert isinstance(done, OptunaSearchCV)
