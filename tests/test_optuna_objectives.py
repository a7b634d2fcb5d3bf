"""Several objectives, limits of size, and trials that come to nothing."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

from nnest import MLPClassifier
from nnest.population._group import Group
from tests.networks import mlp
from tests.studies import X, Y, fitted, search

WIDTHS = {"hidden_units": [(2,), (4,), (8,), (16,)]}


def count(units: int, inputs: int = 36) -> int:
    """Return the weights of a network with one hidden layer and three classes."""
    return inputs * units + units + units * 3 + 3


def test_several_objectives_make_a_front() -> None:
    """Accuracy and size: each of the best is better in something than each other."""
    done = fitted(WIDTHS, objectives=("score", "parameters"), sampler="grid", n_trials=4)

    sizes = {trial.params["hidden_units"]: trial.values[1] for trial in done.study_.trials}
    assert sizes == {str(units): count(units) for units in (2, 4, 8, 16)}
    front = sorted(trial.values for trial in done.best_trials_)
    for (score, size), (more, larger) in itertools.pairwise(front):
        assert (more > score and larger > size) or (more, larger) == (score, size)
    assert not hasattr(done, "best_index_")


def test_one_of_several_metrics_chooses() -> None:
    """With several objectives, the metric that `refit` names decides which network is fitted."""
    done = fitted(
        WIDTHS,
        scoring=["accuracy", "f1_macro"],
        objectives=["f1_macro", "seconds"],
        refit="accuracy",
        sampler="random",
    )

    assert done.best_score_ == max(done.cv_results_["mean_test_accuracy"])
    assert done.best_estimator_.hidden_units == done.best_params_["hidden_units"]
    assert [d.name for d in done.study_.directions] == ["MAXIMIZE", "MINIMIZE"]
    assert all(trial.values[1] > 0 for trial in done.study_.trials)


@pytest.mark.parametrize("steps", [(), (PCA(5, random_state=0),)], ids=["bare", "pipeline"])
def test_what_is_too_large_is_not_trained(
    steps: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network above a limit is pruned before it trains, and the study shows why."""
    net: Any = mlp()
    space, inputs = WIDTHS, 36
    if steps:
        net, inputs = make_pipeline(*steps, net), 5
        space = {f"mlpclassifier__{name}": values for name, values in WIDTHS.items()}
    limit = count(4, inputs)

    done = fitted(space, net, constraints={"parameters": limit}, sampler="grid", n_trials=4)

    assert len(done.study_.trials) == 4
    for trial in done.study_.trials:
        (units,) = trial.params.values()
        fits = int(units) <= 4
        assert trial.state == (TrialState.COMPLETE if fits else TrialState.PRUNED)
        assert trial.constraints == {"parameters": count(int(units), inputs) - limit}
        assert ("epochs" in trial.user_attrs) == fits
        if not fits:
            assert trial.user_attrs["reason"] == (
                f"It was not trained: its {count(int(units), inputs)} parameters are more than "
                f"{limit}."
            )
    assert len(done.cv_results_["params"]) == 4


def test_the_sampler_learns_from_limits() -> None:
    """TPE avoids what is above a limit after it has seen some of it."""
    space = {"dropout": FloatDistribution(0.0, 0.4), "hidden_units": [(2,), (64,), (65,), (66,)]}
    done = fitted(space, mlp(epochs=1), constraints={"bytes": 20_000}, n_trials=24, group_size=1)

    fits = [trial.state == TrialState.COMPLETE for trial in done.study_.trials]
    assert sum(fits[12:]) > sum(fits[:12])


def test_a_diverging_trial_fails() -> None:
    """It is no result, its reason is kept, and the others go on."""
    space = {"learning_rate": [0.02, 1e30], "optimizer": ["sgd"]}
    with pytest.warns(UserWarning, match=r"^The training diverged: .* Its trial fails\.$"):
        done = fitted(space, mlp(epochs=3), sampler="grid", n_trials=2, group_size=2)

    by_rate = {trial.params["learning_rate"]: trial for trial in done.study_.trials}
    assert by_rate[0.02].state == TrialState.COMPLETE
    assert by_rate[1e30].state == TrialState.FAIL
    assert re.match(
        r"The training diverged: its loss is not finite after epoch \d of fold \d\.$",
        by_rate[1e30].user_attrs["reason"],
    )
    scores = done.cv_results_["mean_test_score"]
    assert np.isfinite(scores).sum() == 1


def test_a_setting_that_cannot_be_fitted_fails() -> None:
    """The network's own sentence is kept with the trial."""
    done = fitted({"dropout": [0.1, 1.5]}, sampler="grid", n_trials=2)

    reasons = [trial.user_attrs.get("reason") for trial in done.study_.trials]
    (reason,) = [each for each in reasons if each]
    assert reason.startswith("ValueError: dropout=1.5")


def test_errors_are_raised_if_that_is_asked_for() -> None:
    """As in scikit-learn's searches."""
    with pytest.raises(ValueError, match=r"^dropout=1\.5"):
        fitted({"dropout": [1.5]}, error_score="raise")
    space = {"learning_rate": [1e30], "optimizer": ["sgd"]}
    with pytest.raises(ValueError, match=r"^The training diverged: "):
        fitted(space, mlp(epochs=3), error_score="raise")


def test_nothing_but_failures() -> None:
    """A study whose trials all fail ends, and says why."""
    with pytest.raises(ValueError, match=r"dropout=1\.5"):
        fitted({"dropout": FloatDistribution(1.5, 1.5)}, n_trials=2)


def test_a_metric_that_is_not_finite() -> None:
    """A trial without a number for its objective has failed."""

    def score(net: MLPClassifier, X: Any, y: Any) -> float:
        return float("nan") if net.dropout > 0.3 else float(net.score(X, y))

    done = search({"dropout": [0.1, 0.4]}, scoring=score, sampler="grid", n_trials=2).fit(X, Y)

    states = {trial.params["dropout"]: trial.state for trial in done.study_.trials}
    assert states == {0.1: TrialState.COMPLETE, 0.4: TrialState.FAIL}


def test_a_batch_that_memory_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes on with half as many networks at once, and its trials tell with how many."""
    run, failed = Group.run, []

    def short_of_memory(self: Group, *args: Any) -> None:
        if self.plan.lanes > 2:
            failed.append(self.plan.lanes)
            raise MemoryError
        run(self, *args)

    monkeypatch.setattr(Group, "run", short_of_memory)

    done = fitted({"dropout": FloatDistribution(0.0, 0.4)}, n_trials=4, group_size=4)

    assert failed
    assert [trial.state for trial in done.study_.trials] == [TrialState.COMPLETE] * 4
    assert {trial.user_attrs["group"]["lanes"] for trial in done.study_.trials} <= {1, 2}
