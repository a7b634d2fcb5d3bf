"""What people do with Optuna works in a search: stop it, prune in a space, nest it, enqueue."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.study import MaxTrialsCallback
from optuna.trial import TrialState
from sklearn.model_selection import KFold, cross_validate

from nnest import OptunaSearchCV
from nnest.studies import open_study
from nnest.studies._storages import open_storage
from tests.networks import mlp
from tests.studies import X, Y, fitted, same_tables, search
from tests.test_optuna_pruning import states

RATES = {"dropout": FloatDistribution(0.0, 0.5)}


def enough(study: optuna.Study, trial: Any) -> None:
    """Stop after the second trial."""
    if trial.number == 1:
        study.stop()


@pytest.mark.parametrize("callback", [enough, MaxTrialsCallback(2)], ids=["own", "MaxTrials"])
def test_callbacks_stop_a_search(callback: Any) -> None:
    """After the batch; the best of what there is wins, and the study is an ordinary one again."""
    done = fitted(RATES, n_trials=9, group_size=1, callbacks=[callback])

    assert states(done) == ["COMPLETE"] * 2
    assert len(done.cv_results_["params"]) == 2
    done.study_.optimize(lambda trial: 0.0, n_trials=1)
    assert len(done.study_.trials) == 3


def test_optunas_terminator_stops_a_search() -> None:
    """It compares what there is to win with the spread of the scores over folds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is experimental, and will go
        from optuna import terminator

        stop = terminator.TerminatorCallback(
            terminator.Terminator(
                terminator.BestValueStagnationEvaluator(1),
                terminator.CrossValidationErrorEvaluator(),
                min_n_trials=2,
            )
        )

    done = fitted(RATES, n_trials=9, group_size=1, sampler="random", callbacks=[stop])

    assert 2 <= len(done.study_.trials) < 9
    for trial in done.study_.trials:
        assert trial.system_attrs["terminator:cv_scores"] == trial.user_attrs["test_scores"]


def choosy(trial: Any) -> dict[str, Any]:
    """Refuse a combination, as an objective may do it."""
    a, b = trial.suggest_int("a", 1, 2), trial.suggest_int("b", 1, 2)
    if a * b > 2:
        raise optuna.TrialPruned("It is too much.")
    return {"dropout": a / 10, "l2": b / 1000}


def fresh(trial: Any) -> dict[str, Any]:
    """Refuse what was tried, as many an objective does it."""
    rate = trial.suggest_float("rate", 0.0, 0.4, step=0.4)
    for each in trial.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
        if each.params == trial.params:
            raise optuna.TrialPruned
    return {"dropout": rate}


@pytest.mark.parametrize("space", [choosy, fresh], ids=lambda space: space.__name__)
@pytest.mark.parametrize("group_size", [1, 3])
def test_a_space_prunes(space: Any, group_size: int, tmp_path: Path) -> None:
    """Such a trial counts, is not trained, and has no row; the others keep theirs, also later."""
    settings: dict[str, Any] = {"sampler": "random", "n_trials": 6, "group_size": group_size}
    settings |= {"storage": tmp_path / "a.journal"}

    done, later = (fitted(space, **settings) for _ in range(2))

    assert 0 < states(done).count("COMPLETE") < 6
    assert states(done).count("PRUNED") == 6 - states(done).count("COMPLETE")
    assert len(done.cv_results_["params"]) == states(done).count("COMPLETE")
    assert np.isfinite(done.cv_results_["mean_test_score"]).all()
    assert same_tables(done, later)


def test_a_space_that_prunes_all() -> None:
    """One sentence says what happened."""

    def none(trial: Any) -> dict[str, Any]:
        raise optuna.TrialPruned

    with pytest.raises(ValueError, match=r"^No trial of the study 'nnest' is complete: give it"):
        fitted(none, n_trials=2)


def test_a_space_stops_a_search() -> None:
    """Its own trial is trained; asked again for the table, it stops nothing."""

    def space(trial: Any) -> dict[str, Any]:
        if trial.number == 1:
            trial.study.stop()
        return {"dropout": trial.suggest_float("dropout", 0.0, 0.5)}

    done = fitted(space, n_trials=9, group_size=1)

    assert states(done) == ["COMPLETE"] * 2
    assert len(done.cv_results_["params"]) == 2


def test_known_settings_are_tried_first(tmp_path: Path) -> None:
    """In a grid on a journal; one that is no setting of it fails once, the rest is tried."""
    path, rates = tmp_path / "a.journal", [0.0, 0.2, 0.4]
    study = open_study(path, "one", say=None)
    study.enqueue_trial({"dropout": 0.4})
    study.enqueue_trial({"dropout": 0.3})
    settings: dict[str, Any] = {"storage": path, "study_name": "one", "sampler": "grid"}

    with pytest.warns(UserWarning, match=re.escape("Trial 1 was enqueued with {'dropout': 0.3}")):
        done = fitted({"dropout": rates}, **settings)
    again = fitted({"dropout": rates}, **settings)

    tried = [each["dropout"] for each in done.cv_results_["params"]]
    assert tried[0] == 0.4
    assert sorted(tried) == rates
    assert states(done) == ["COMPLETE", "FAIL", "COMPLETE", "COMPLETE"]
    assert same_tables(done, again)


def test_nested_cross_validation_has_a_study_for_each_fold(tmp_path: Path) -> None:
    """The scores are those without a storage; the same call goes on with the same studies."""
    settings: dict[str, Any] = {"space": RATES, "n_trials": 1, "refit": True}
    parts, path = KFold(2), tmp_path / "a.journal"
    expected = cross_validate(search(**settings), X, Y, cv=parts, error_score="raise")

    for _ in range(2):
        kept = search(**settings, storage=path)
        scores = cross_validate(kept, X, Y, cv=parts, error_score="raise")
        assert scores["test_score"].tolist() == expected["test_score"].tolist()

    summaries = optuna.get_all_study_summaries(open_storage(path))
    assert [each.n_trials for each in summaries] == [1, 1]
    assert all(re.fullmatch(r"nnest-[0-9a-f]{12}", each.study_name) for each in summaries)


def test_a_study_without_a_name_is_found_by_its_data(tmp_path: Path) -> None:
    """The same data go on with it; other data are another study; a name is for one data set."""
    settings: dict[str, Any] = {"space": RATES, "storage": tmp_path / "a.journal", "n_trials": 1}
    one, other = search(**settings).fit(X, Y), search(**settings).fit(X + 1, Y)
    more = search(**{**settings, "n_trials": 2}).fit(X, Y)

    assert more.study_.study_name == one.study_.study_name != other.study_.study_name
    assert len(more.study_.trials) == 2
    named = OptunaSearchCV(mlp(), RATES, n_trials=1, cv=2, storage=tmp_path / "b", study_name="b")
    named.fit(X, Y)
    with pytest.raises(ValueError, match="or none: each data set then has one of its own") as said:
        named.fit(X + 1, Y)
    assert len(str(said.value)) < 300
