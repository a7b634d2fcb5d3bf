"""What searches keep of what they have trained, and the ensembles that they make of it."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import KFold, ShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nnest import Ensemble, MLPClassifier, MLPRegressor, OptunaSearchCV, VectorizedGridSearchCV
from nnest.ensembles import greedy_weights
from nnest.exceptions import StorageError
from nnest.population._group import Group
from nnest.search import _keeping
from tests.networks import mlp, network, refuses
from tests.searches import table, without_times

X, Y = table()
GRID = {"learning_rate": [0.001, 0.02, 0.05], "epochs": [2]}
FOLDS = KFold(3, shuffle=True, random_state=0)


def grid(estimator: Any = None, space: Any = None, **settings: Any) -> VectorizedGridSearchCV:
    """Return a search over three rates."""
    settings = {"cv": FOLDS, **settings}
    return VectorizedGridSearchCV(estimator or mlp(), space or GRID, **settings)


def study(estimator: Any = None, space: Any = None, **settings: Any) -> OptunaSearchCV:
    """Return a study of the same settings."""
    settings = {"cv": FOLDS, "sampler": "grid", "n_trials": 3, "random_state": 0, **settings}
    return OptunaSearchCV(estimator or mlp(), space or GRID, group_size=2, **settings)


BOTH = pytest.mark.parametrize("search", [grid, study])


@BOTH
def test_each_row_is_predicted_by_the_network_that_has_not_seen_it(search: Any) -> None:
    """The networks of all settings are there, under the rows of the table."""
    found = search(keep="all").fit(X, Y)

    ranks = found.cv_results_["rank_test_score"]
    assert next(iter(found.fold_estimators_)) == found.best_index_
    assert list(found.fold_estimators_) == np.argsort(ranks, kind="stable").tolist()
    for row, nets in found.fold_estimators_.items():
        rate = found.cv_results_["params"][row]["learning_rate"]
        assert [net.learning_rate for net in nets] == [rate] * 3
        for net, (_, test) in zip(nets, FOLDS.split(X), strict=True):
            own = found.oof_predictions_[row][test]
            np.testing.assert_allclose(own, net.predict_proba(X[test]), atol=1e-6)


@BOTH
@pytest.mark.parametrize(("keep", "n"), [("folds", 1), (2, 2), (9, 3)])
def test_the_best_are_kept(search: Any, keep: Any, n: int) -> None:
    """So many of them, the winner first; the others are the same as if all were kept."""
    found, whole = search(keep=keep).fit(X, Y), search(keep="all").fit(X, Y)

    rows = list(found.fold_estimators_)
    assert rows == list(whole.fold_estimators_)[:n]
    for row in rows:
        np.testing.assert_array_equal(found.oof_predictions_[row], whole.oof_predictions_[row])


@BOTH
def test_a_search_finds_the_same_whatever_it_keeps(search: Any) -> None:
    """The table and the refitted network are those of a search that keeps nothing."""
    kept, plain = search(keep="all").fit(X, Y), search().fit(X, Y)

    assert without_times(kept.cv_results_) == without_times(plain.cv_results_)
    np.testing.assert_array_equal(kept.predict_proba(X), plain.predict_proba(X))
    assert not hasattr(plain, "fold_estimators_")
    kept.set_params(keep=None).fit(X, Y)
    assert not hasattr(kept, "oof_predictions_")
    with pytest.raises(ValueError, match="has kept no networks: give keep='folds'"):
        kept.ensemble()


@BOTH
def test_transformers_of_each_fold_stay_before_its_network(search: Any) -> None:
    """Each is fitted on the rows of its fold alone."""
    pipeline = make_pipeline(StandardScaler(), mlp())
    space = {f"mlpclassifier__{name}": values for name, values in GRID.items()}
    found = search(pipeline, space, keep="folds").fit(X, Y)

    nets = found.fold_estimators_[found.best_index_]
    for net, (train, test) in zip(nets, FOLDS.split(X), strict=True):
        np.testing.assert_allclose(net[0].mean_, X[train].mean(axis=0), rtol=1e-5)
        own = found.oof_predictions_[found.best_index_][test]
        np.testing.assert_allclose(own, net.predict_proba(X[test]), atol=1e-6)


def test_two_metrics_rank_by_the_one_that_refits() -> None:
    """A function that chooses finds its own winner among the networks, too."""
    metrics = {"scoring": ["accuracy", "neg_log_loss"], "keep": 2}
    by_loss = grid(refit="neg_log_loss", **metrics).fit(X, Y)
    worst = grid(refit=lambda results: int(results["mean_test_score"].argmin()), keep="folds")

    ranks = by_loss.cv_results_["rank_test_neg_log_loss"]
    assert list(by_loss.fold_estimators_) == np.argsort(ranks)[:2].tolist()
    assert list(worst.fit(X, Y).fold_estimators_) == [worst.best_index_]


# Memory and files


@BOTH
def test_networks_are_kept_in_files(search: Any, tmp_path: Path) -> None:
    """Where there is a checkpoint, the numbers are read from there; losers leave no file."""
    kept, held = search(keep="folds", checkpoint=tmp_path).fit(X, Y), search(keep=1).fit(X, Y)

    files = sorted(tmp_path.iterdir())
    nets = kept.fold_estimators_[kept.best_index_]
    assert [file.name[:5] for file in files] == ["kept-"] * 3
    assert all(isinstance(w, np.memmap) for w in nets[0]._network.state[0])
    for net, other in zip(nets, held.fold_estimators_[held.best_index_], strict=True):
        np.testing.assert_array_equal(net.predict_proba(X), other.predict_proba(X))
        assert net.model_.get_weights()[0].shape == other.model_.get_weights()[0].shape


def test_kept_networks_hold_no_stack_of_others() -> None:
    """Their numbers are arrays of their own, not parts of what a group has trained."""
    found = grid(keep="folds").fit(X, Y)

    for net in found.fold_estimators_[found.best_index_]:
        assert all(w.base is None for part in net._network.state for w in part)


def test_a_folder_without_room_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names the folder; nothing is left that nobody uses, and nothing is lost."""
    opened, written = Path.open, list[str]()

    def full(path: Path, *arguments: Any, **named: Any) -> Any:
        if path.name.startswith("kept-"):
            if len(written) == 2:
                raise OSError(errno.ENOSPC, "No space left on device")
            written.append(path.name)
        return opened(path, *arguments, **named)

    search = grid(keep="all", checkpoint=tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        with pytest.raises(StorageError, match=r"No space left on device.*keep fewer settings"):
            search.fit(X, Y)
    assert not hasattr(search, "cv_results_")
    names = [path.name for path in tmp_path.iterdir()]
    assert names
    assert not [name for name in names if name.startswith("kept-")]

    trained = list[int]()
    monkeypatch.setattr(Group, "_train_epoch", lambda group, *_: trained.append(group.epoch))
    assert len(search.fit(X, Y).fold_estimators_) == 3
    assert trained == []


def test_a_function_that_chooses_has_all_settings_counted(capsys: Any) -> None:
    """They are kept until it has seen the table."""
    grid(keep="folds", refit=lambda _: 1, verbose=1).fit(X, Y)
    assert capsys.readouterr().out.startswith("keep='folds' takes about 1 MiB for 9 networks")


def test_the_best_of_an_earlier_fit_is_forgotten() -> None:
    """Where nothing says which setting is best, none is."""
    search = grid(keep="all", refit=lambda _: 2).fit(X, Y)
    assert search.best_index_ == 2
    search.set_params(scoring=["accuracy", "neg_log_loss"], refit=False).fit(X, Y)
    assert not hasattr(search, "best_index_")
    with pytest.raises(ValueError, match="are not among those that were kept"):
        search.ensemble()


def test_nothing_of_an_earlier_fit_stays() -> None:
    """Neither of its refit nor of its objectives."""
    space = {"learning_rate": [0.02]}
    search = study(space=space, n_trials=1, objectives=["score", "seconds"], refit=False)
    assert search.fit(X, Y).best_trials_
    search.set_params(objectives="score", refit=True).fit(X, Y)
    assert not hasattr(search, "best_trials_")
    assert search.best_trial_ is not None
    search.set_params(objectives=["score", "seconds"], refit=False).fit(X, Y)
    assert not {"best_trial_", "refit_time_", "best_estimator_"} & set(vars(search))


@BOTH
def test_what_is_kept_is_said_before(
    search: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """And refused where memory is less, unless there are files for it."""
    search(keep="all", verbose=1).fit(X, Y)
    said = capsys.readouterr().out
    assert said.startswith("keep='all' takes about 1 MiB for 9 networks and their predictions\n")

    monkeypatch.setattr(_keeping, "free_memory", lambda: 1000.0)
    with pytest.raises(ValueError, match=r"and 0 MiB are free: keep fewer settings, or give"):
        search(keep="all").fit(X, Y)
    assert len(search(keep="all", checkpoint=tmp_path).fit(X, Y).fold_estimators_) == 3


# Ensembles


@BOTH
def test_folds_answer_together(search: Any) -> None:
    """The winner's networks count alike, and know how sure they are."""
    found = search(keep="folds").fit(X, Y)
    ensemble = found.ensemble(calibrate=None)

    nets = found.fold_estimators_[found.best_index_]
    assert ensemble.estimators_ == nets
    mean = np.mean([net.predict_proba(X) for net in nets], axis=0)
    np.testing.assert_allclose(ensemble.predict_proba(X), mean, atol=1e-6)
    assert ensemble.predict_set(X, alpha=0.2).shape == (60, 3)
    temperature = found.ensemble(calibrate="temperature").temperature_
    assert found.ensemble().temperature_ == temperature != 1


@BOTH
def test_the_greedy_choice_looks_at_rows_out_of_fold(search: Any) -> None:
    """Its weights are those of `greedy_weights`, the same for all folds of a setting."""
    found = search(keep="all").fit(X, Y)
    ensemble = found.ensemble("greedy", size=10, share=1.0)

    rows = list(found.oof_predictions_)
    expected = greedy_weights(
        np.stack([found.oof_predictions_[row] for row in rows]), Y, size=10, share=1.0
    )
    counted = expected > 0
    np.testing.assert_allclose(ensemble.weights_, np.repeat(expected[counted], 3) / 3)
    known = ensemble.out_of_fold_
    assert known is not None
    for fold, (_, test) in enumerate(FOLDS.split(X)):
        members = [i for i, own in enumerate(known.members) if own == fold]
        mixed = sum(
            3 * ensemble.weights_[i] * ensemble.estimators_[i].predict_proba(X[test])
            for i in members
        )
        np.testing.assert_allclose(known.predictions[test], mixed, atol=1e-6)
    assert ensemble.predict_set(X).shape == (60, 3)


def test_a_network_that_knows_its_rows_by_heart_gains_nothing() -> None:
    """Labels are noise: the network that learnt them wins on its own rows, and is not taken."""
    noise = np.random.default_rng(0).integers(0, 3, len(X))
    by_heart = {"epochs": [60], "learning_rate": [0.05]}
    humble = {"kernel_initializer": ["zeros"], "learning_rate": [1e-6]}  # all labels alike
    net = mlp(hidden_units=(64,))
    found = grid(net, [by_heart, humble], scoring="neg_log_loss", keep="all").fit(X, noise)

    leaked = np.mean(
        [
            [net.predict_proba(X) for net in found.fold_estimators_[row]]
            for row in range(2)  # two of three have seen each row
        ],
        axis=1,
    )
    assert greedy_weights(leaked, noise, size=2, share=1.0)[0] == 1
    ensemble = found.ensemble("greedy", size=2, share=1.0)
    assert {member.epochs for member in ensemble.estimators_} == {2}


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_regressors_have_intervals(n_outputs: int) -> None:
    """Of folds and of a greedy choice."""
    targets = np.stack([Y.astype(float), -2.0 * Y], axis=1)[:, :n_outputs].squeeze()
    found = grid(network(MLPRegressor), keep="all").fit(X, targets)

    for kind in ("folds", "greedy"):
        bounds = found.ensemble(kind).predict_interval(X, alpha=0.2)
        assert bounds.shape == (*targets.shape, 2)
        assert ((bounds[..., 0] <= targets) & (targets <= bounds[..., 1])).mean() > 0.7


def test_folds_that_hold_rows_out_never_or_twice_have_no_sets() -> None:
    """What is known of a row is the mean; the ensemble answers, and promises nothing."""
    folds = ShuffleSplit(3, test_size=0.4, random_state=0)
    found = grid(cv=folds, keep="all").fit(X, Y)

    times = np.bincount(np.concatenate([test for _, test in folds.split(X)]), minlength=60)
    nets = found.fold_estimators_[0]
    answers = np.zeros((60, 3))
    for net, (_, test) in zip(nets, folds.split(X), strict=True):
        answers[test] += net.predict_proba(X[test])
    own = found.oof_predictions_[0]
    assert {0, 2} <= set(times)
    assert np.isnan(own[times == 0]).all()
    np.testing.assert_allclose((own * times[:, None])[times > 0], answers[times > 0], atol=1e-5)
    ensemble = found.ensemble("greedy")
    assert ensemble.out_of_fold_ is None
    assert ensemble.predict(X).shape == (60,)
    with pytest.raises(ValueError, match="calibrate='temperature' needs folds that hold each row"):
        found.ensemble(calibrate="temperature")


def test_labels_of_any_kind() -> None:
    """Columns stand under the sorted labels."""
    names = np.array(["no", "perhaps", "yes"])[Y]
    found = grid(keep="all").fit(X, names)
    plain = grid(keep="all").fit(X, Y)

    np.testing.assert_array_equal(found.oof_predictions_[0], plain.oof_predictions_[0])
    assert set(found.ensemble("greedy").predict(X)) <= set(names)


@pytest.mark.filterwarnings("ignore:A column-vector y was passed")
def test_labels_as_one_column() -> None:
    """They are what labels without a second axis are."""
    settings = {"space": {"learning_rate": [0.02]}, "keep": "all"}
    found, plain = (grid(**settings).fit(X, y) for y in (Y[:, None], Y))

    for kind in ("folds", "greedy"):
        one, other = (each.ensemble(kind).predict_set(X) for each in (found, plain))
        np.testing.assert_array_equal(one, other)
    nets = found.fold_estimators_[0]
    again = Ensemble.from_folds(nets, X, Y[:, None], list(FOLDS.split(X)), calibrate="temperature")
    assert again.temperature_ == pytest.approx(plain.ensemble().temperature_, rel=1e-3)


@pytest.mark.filterwarnings("ignore:A column-vector y was passed")
def test_a_study_of_labels_as_one_column() -> None:
    """A pruner watches the labels of each fold."""
    space = {"learning_rate": [0.02]}
    found, plain = (
        study(space=space, pruner="median", n_trials=1).fit(X, y) for y in (Y[:, None], Y)
    )

    assert found.best_score_ == plain.best_score_


# What is missing


@pytest.mark.filterwarnings("ignore:Scoring failed")
def test_a_setting_of_which_a_fold_failed_is_not_kept() -> None:
    """The warning counts such settings."""
    space = {"learning_rate": [0.02, 1e30], "optimizer": ["sgd"]}
    with pytest.warns(UserWarning, match=r"no networks of 1 of 2 settings: a fold of them failed"):
        found = grid(space=space, keep="all", error_score=-1.0).fit(X, Y)

    assert list(found.fold_estimators_) == [0]


def test_networks_of_an_earlier_call_are_gone(tmp_path: Path) -> None:
    """A study that is complete trains nothing, so there is nothing to keep."""
    storage = tmp_path / "a.journal"
    study(storage=storage).fit(X, Y)
    again = study(storage=storage, keep="folds")
    with pytest.warns(UserWarning, match="keep='folds' finds no networks of 1 of 1 settings"):
        again.fit(X, Y)
    with pytest.raises(ValueError, match="has kept no networks"):
        again.ensemble()


@BOTH
def test_arguments_that_say_nothing_are_refused(search: Any) -> None:
    """Each by a sentence that says what to give."""
    with pytest.raises(NotFittedError):
        search(keep="all").ensemble()
    with pytest.raises(ValueError, match="'keep' parameter"):
        search(keep="best").fit(X, Y)
    metrics = {"scoring": ["accuracy", "neg_log_loss"], "objectives": "accuracy"}
    if search is grid:
        del metrics["objectives"]
    with refuses(
        "keep='folds' asks for the best of several metrics, and refit names none: give refit the "
        "name of a metric, or keep='all'."
    ):
        search(keep="folds", refit=False, **metrics).fit(X, Y)
    found = search(keep=1).fit(X, Y)
    with refuses("kind='mean' is not accepted: give 'folds' or 'greedy'."):
        found.ensemble("mean")


def test_a_clone_keeps_the_parameter() -> None:
    """And nothing that was trained."""
    copy = clone(grid(MLPClassifier(), keep=3).set_params(keep=2))

    assert copy.keep == 2
