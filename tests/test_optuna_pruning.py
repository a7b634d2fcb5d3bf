"""Trials that report how they get on, and those that are given up."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.pruners import BasePruner, NopPruner, ThresholdPruner
from optuna.trial import TrialState
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from nnest import MLPRegressor, OptunaSearchCV
from nnest.population import fit_many
from nnest.search import _batching as _members
from tests.networks import cnn, mlp, network, pictures
from tests.studies import PruneOdd, X, Y, fitted, same_tables, search

RATES = {"dropout": FloatDistribution(0.0, 0.5)}
MIXED = {"dropout": FloatDistribution(0.0, 0.5), "hidden_units": [(8,), (4, 4)]}
LONG: dict[str, Any] = {"epochs": 4}


def states(done: OptunaSearchCV) -> list[str]:
    """Return what became of each trial."""
    return [trial.state.name for trial in done.study_.trials]


@pytest.mark.parametrize("space", [RATES, MIXED], ids=["one program", "two programs"])
@pytest.mark.parametrize("group_size", [1, 4])
def test_pruned_trials_stop(space: Any, group_size: int) -> None:
    """All folds of a trial that is given up end after that epoch; the others go on."""
    done = fitted(space, mlp(**LONG), pruner=PruneOdd(), n_trials=4, group_size=group_size)

    assert states(done) == ["COMPLETE", "PRUNED"] * 2
    for trial in done.study_.trials:
        n = 4 if trial.state == TrialState.COMPLETE else 2
        assert trial.user_attrs["epochs"] == [n, n]
        assert sorted(trial.intermediate_values) == list(range(n))


def test_pruned_trials_come_last() -> None:
    """They have no scores in the table of results, and are never the best."""
    done = fitted(RATES, mlp(**LONG), pruner=PruneOdd(), n_trials=4, refit=True)
    scores, ranks = (done.cv_results_[f"{name}_test_score"] for name in ("mean", "rank"))

    assert np.isnan(scores).tolist() == [False, True] * 2
    assert min(ranks[1::2]) > max(ranks[::2])
    assert done.best_index_ in (0, 2)


@pytest.mark.parametrize("estimator", [mlp(**LONG), make_pipeline(StandardScaler(), mlp(**LONG))])
def test_watching_changes_nothing(estimator: Any) -> None:
    """A pruner that never prunes leaves every score as it is without one."""
    prefix = "" if hasattr(estimator, "epochs") else "mlpclassifier__"
    space = {f"{prefix}{name}": value for name, value in RATES.items()}

    plain = fitted(space, estimator, group_size=2)
    watched = fitted(space, estimator, group_size=2, pruner=NopPruner())

    assert same_tables(plain, watched)
    assert all(not trial.intermediate_values for trial in plain.study_.trials)


@pytest.mark.parametrize(
    "estimator",
    [
        mlp(**LONG),
        make_pipeline(StandardScaler(), mlp(**LONG)),
        make_pipeline(FunctionTransformer(np.sqrt), mlp(**LONG)),
        make_pipeline(StandardScaler().set_output(transform="pandas"), mlp(**LONG)),
    ],
    ids=["bare", "scaled by fold", "scaled alike", "data frames"],
)
def test_what_is_reported(estimator: Any) -> None:
    """It is the mean accuracy on the test parts: that of the last epoch is the trial's score."""
    prefix = "" if hasattr(estimator, "epochs") else "mlpclassifier__"
    done = fitted({f"{prefix}dropout": [0.1]}, estimator, n_trials=1, pruner=NopPruner())

    (trial,) = done.study_.trials
    assert trial.intermediate_values[3] == pytest.approx(trial.value)


def test_regressors_report_their_loss() -> None:
    """Where there is no accuracy, less loss is better."""
    done = search(RATES, network(MLPRegressor), pruner=NopPruner(), n_trials=1).fit(X, X[:, :2])

    (trial,) = done.study_.trials
    assert all(value < 0 for value in trial.intermediate_values.values())


def test_early_stopping_reports_its_own_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """With early stopping nobody is watched on a test part."""
    splits: list[Any] = []

    def fit(estimators: Any, X: Any, y: Any, **settings: Any) -> Any:
        splits.extend(settings["splits"])
        return fit_many(estimators, X, y, **settings)

    monkeypatch.setattr(_members, "fit_many", fit)
    net = mlp(epochs=6, early_stopping=True, n_iter_no_change=1, tol=0.05)
    done = fitted({"early_stopping": [True, False]}, net, sampler="grid", pruner=NopPruner())

    watched = [watched is not None for _, watched in splits]
    assert sorted(watched) == [False, False, True, True]
    for trial in done.study_.trials:
        assert sorted(trial.intermediate_values) == list(range(max(trial.user_attrs["epochs"])))


def test_networks_that_are_torn_apart() -> None:
    """Where the folds of a trial do not fit into one group, it reports when the last one trains."""
    whole = fitted(RATES, mlp(**LONG), cv=3, pruner=PruneOdd(), n_trials=4, group_size=4)
    torn = fitted(
        RATES, mlp(**LONG), cv=3, pruner=PruneOdd(), n_trials=4, group_size=4, max_group=4
    )

    assert states(torn) == states(whole)
    for one, other in zip(torn.study_.trials, whole.study_.trials, strict=True):
        assert one.intermediate_values == pytest.approx(other.intermediate_values, abs=0.1)
        assert len(one.intermediate_values) == len(other.intermediate_values)


def test_pictures() -> None:
    """Convolutional networks, which train one after the other on a CPU, are pruned as well."""
    images, y = pictures(40)
    done = search(
        {"conv_dropout": FloatDistribution(0.0, 0.3)},
        cnn(**LONG),
        pruner=PruneOdd(),
        n_trials=2,
        group_size=2,
    ).fit(images, y)

    assert [trial.user_attrs["epochs"] for trial in done.study_.trials] == [[4, 4], [2, 2]]


@pytest.mark.parametrize("pruner", ["median", "halving", "hyperband", "patient"])
def test_pruners_by_name(pruner: str) -> None:
    """All are taken, and the same trials are given up again."""
    one, same = (
        fitted(RATES, mlp(epochs=5), pruner=pruner, n_trials=8, group_size=2) for _ in range(2)
    )

    assert same_tables(one, same)
    assert states(one) == states(same)


def test_all_may_be_given_up() -> None:
    """A pruner that leaves nothing is an error that says so."""
    with pytest.raises(ValueError, match=r"^No trial of the study 'nnest' is complete: give it"):
        fitted(RATES, mlp(**LONG), pruner=ThresholdPruner(lower=2.0))


class Broken(BasePruner):
    """Fail."""

    def prune(self, study: Any, trial: Any) -> bool:
        """Raise an error that is no network's fault."""
        raise RuntimeError("no verdict today")


def test_errors_of_a_pruner_are_not_those_of_a_network() -> None:
    """They end the search instead of failing one trial after the other."""
    with pytest.raises(RuntimeError, match="no verdict today"):
        fitted(RATES, mlp(**LONG), pruner=Broken())


def objective(trial: optuna.Trial) -> float:
    """Train one network, and let the trial decide after each epoch."""

    def look(epoch: int, logs: dict[str, float]) -> None:
        trial.report(logs["val_accuracy"], epoch)
        if trial.should_prune():
            raise optuna.TrialPruned

    callback = keras.callbacks.LambdaCallback(on_epoch_end=look)
    net = mlp(dropout=trial.suggest_float("dropout", 0.0, 0.5), callbacks=[callback], epochs=4)
    net.fit(X[:40], Y[:40], X_val=X[40:], y_val=Y[40:])
    return float(net.score(X[40:], Y[40:]))


def test_plain_optuna() -> None:
    """An objective function with a network and a callback needs nothing of this package's loop."""
    study = optuna.create_study(direction="maximize", pruner=PruneOdd())
    study.optimize(objective, n_trials=4)

    assert [trial.state.name for trial in study.trials] == ["COMPLETE", "PRUNED"] * 2
    assert [len(trial.intermediate_values) for trial in study.trials] == [4, 2, 4, 2]
