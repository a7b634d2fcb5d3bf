"""Ensembles: the mean of their members, and one estimator of scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.datasets import load_diabetes, load_digits
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, r2_score
from sklearn.model_selection import KFold, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from nnest import CNNClassifier, Ensemble, MLPClassifier, MLPRegressor
from nnest.ensembles import greedy_weights
from nnest.ensembles._answers import answers_of
from nnest.programs import _sharing, outputs_of
from tests.networks import CONTRACT, expected_failures

X, Y = load_digits(return_X_y=True)
X = (X[:300] / 16).astype("float32")
Y = Y[:300]
NET = MLPClassifier(hidden_units=(8,), epochs=2, random_state=0)


@pytest.fixture(scope="module")
def seeds() -> Ensemble:
    """Three networks of other seeds."""
    return Ensemble.from_seeds(NET, X, Y, n=3)


def test_probabilities_are_the_mean_of_the_members(seeds: Ensemble) -> None:
    """Each member counts alike, and the label is the most probable one."""
    mean = np.mean([member.predict_proba(X) for member in seeds.estimators_], axis=0)

    np.testing.assert_allclose(seeds.predict_proba(X), mean, atol=1e-7)
    np.testing.assert_allclose(seeds.predict_proba(X).sum(axis=1), 1, atol=1e-12)
    assert (seeds.predict(X) == mean.argmax(axis=1)).all()
    assert seeds.score(X, Y) == accuracy_score(Y, mean.argmax(axis=1))


def test_members_have_other_seeds_and_the_same_ones_again(seeds: Ensemble) -> None:
    """The estimator's random_state decides them all."""
    first, second, _ = (member.predict_proba(X) for member in seeds.estimators_)
    again = Ensemble.from_seeds(NET, X, Y, n=3)
    other = Ensemble.from_seeds(clone(NET).set_params(random_state=1), X, Y, n=3)

    assert np.abs(first - second).max() > 0.01
    assert (again.predict_proba(X) == seeds.predict_proba(X)).all()
    assert (other.predict_proba(X) != seeds.predict_proba(X)).any()


def test_a_member_is_what_its_own_fit_gives(seeds: Ensemble) -> None:
    """In a group or alone: the same network."""
    member = seeds.estimators_[1]
    alone = clone(member).fit(X, Y)

    np.testing.assert_allclose(alone.predict_proba(X), member.predict_proba(X), atol=2e-3)


def test_weights_count(seeds: Ensemble) -> None:
    """A member of weight zero is not asked."""
    first, _, third = seeds.estimators_
    weighted = Ensemble.from_fitted(seeds.estimators_, weights=[3, 0, 1])
    expected = 0.75 * first.predict_proba(X) + 0.25 * third.predict_proba(X)

    np.testing.assert_allclose(weighted.predict_proba(X), expected, atol=1e-7)
    assert weighted.weights_.tolist() == [0.75, 0.0, 0.25]


def test_a_label_that_a_member_has_not_seen_has_probability_zero_for_it() -> None:
    """Columns stand under the labels of all members together."""
    few = LogisticRegression().fit(X[Y < 2], Y[Y < 2])
    all_ten = LogisticRegression().fit(X, Y)
    both = Ensemble.from_fitted([few, all_ten])

    assert both.classes_.tolist() == list(range(10))
    expected = all_ten.predict_proba(X) / 2
    expected[:, :2] += few.predict_proba(X) / 2
    np.testing.assert_allclose(both.predict_proba(X), expected, atol=1e-6)


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_regressors_are_averaged(n_outputs: int) -> None:
    """Also those of several outputs; there are no probabilities."""
    inputs, targets = load_diabetes(return_X_y=True)
    if n_outputs == 2:
        targets = np.stack([targets, -targets], axis=1)
    net = MLPRegressor(hidden_units=(4,), epochs=1, random_state=0)
    pair = Ensemble([net, LinearRegression()], weights=[1, 3]).fit(inputs, targets)
    one, other = (member.predict(inputs) for member in pair.estimators_)

    np.testing.assert_allclose(pair.predict(inputs), 0.25 * one + 0.75 * other, rtol=1e-5)
    assert pair.score(inputs, targets) == pytest.approx(r2_score(targets, pair.predict(inputs)))
    assert not hasattr(pair, "predict_proba")
    assert is_regressor(pair)


def test_pipelines_and_searches_of_scikit_learn_take_it() -> None:
    """Transformers stay with each member, and seeds are found inside."""
    pipeline = make_pipeline(StandardScaler(), NET)
    ensemble = Ensemble.from_seeds(pipeline, X, Y, n=2)

    assert is_classifier(ensemble)
    assert {member[-1].random_state for member in ensemble.estimators_} != {0}
    assert len(cross_val_score(Ensemble([pipeline, LogisticRegression()]), X, Y, cv=2)) == 2


def test_sample_weights_reach_the_members() -> None:
    """Rows of weight zero teach nothing."""
    weight = (Y != 3).astype(float)
    ensemble = Ensemble([NET, NET]).fit(X, Y, sample_weight=weight)
    without = clone(NET).fit(X, Y, sample_weight=weight)

    np.testing.assert_allclose(ensemble.predict_proba(X), without.predict_proba(X), atol=2e-3)


def test_a_copy_is_not_fitted(seeds: Ensemble) -> None:
    """What `clone` keeps is what the constructor got."""
    copy = clone(seeds)

    assert len(copy.estimators) == 3
    with pytest.raises(NotFittedError):
        copy.predict(X)


@pytest.mark.parametrize(
    ("estimators", "weights", "sentence"),
    [
        ([], None, "estimators is empty: give at least one"),
        ([NET, LinearRegression()], None, "of the kinds .'classifier', 'regressor'.: give"),
        ([LinearSVC()], None, "LinearSVC has no predict_proba: give classifiers that have it"),
        ([NET, NET], [1], "give 2 numbers of 0 or more, not all 0"),
        ([NET, NET], [0, 0], "give 2 numbers of 0 or more, not all 0"),
        ([NET, NET], [1, -1], "give 2 numbers of 0 or more, not all 0"),
        ([NET, NET], [1, np.nan], "give 2 numbers of 0 or more, not all 0"),
    ],
)
def test_members_that_cannot_answer_together_are_refused(
    estimators: list[Any], weights: Any, sentence: str
) -> None:
    """The sentence says what to give."""
    with pytest.raises(ValueError, match=sentence):
        Ensemble(estimators, weights=weights).fit(X, Y)


def test_seeds_need_a_random_state() -> None:
    """An ensemble of equal estimators is no ensemble."""
    with pytest.raises(ValueError, match="LinearRegression has no random_state"):
        Ensemble.from_seeds(LinearRegression(), X, Y)
    with pytest.raises(ValueError, match="n=0, but it must be an integer of 1 or more"):
        Ensemble.from_seeds(NET, X, Y, n=0)


def test_members_that_are_not_fitted_are_refused() -> None:
    """An ensemble of fitted estimators answers at once."""
    with pytest.raises(NotFittedError):
        Ensemble.from_fitted([NET])


def test_networks_that_answer_in_one_program_answer_as_each_alone(seeds: Ensemble) -> None:
    """More than one program holds, of two architectures, and a network of pictures between them."""
    wide = Ensemble.from_seeds(clone(NET).set_params(hidden_units=(9,)), X, Y, n=15).estimators_
    cnn = CNNClassifier(filters=(2,), hidden_units=(), epochs=1, random_state=0).fit(X, Y)
    members = [*wide, cnn, *seeds.estimators_, *wide[:3]]

    found = list(answers_of(members, X[:50]))

    assert len(found) == len(members)
    for member, answer in zip(members, found, strict=True):
        np.testing.assert_allclose(answer, member.predict_proba(X[:50]), atol=1e-6)


def test_convolutions_take_batches_that_fit_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here 64 rows of two maps of 8x8 pixels; the answers stay those of each network alone."""
    sizes = []

    def ask(like: Any, state: Any, x: np.ndarray, batch_size: int) -> Any:
        sizes.append(batch_size)
        return outputs_of(like, state, x, batch_size)

    net = CNNClassifier(filters=(2,), hidden_units=(), epochs=1, random_state=0)
    members = [clone(net).set_params(random_state=seed).fit(X, Y) for seed in (0, 1)]
    monkeypatch.setattr(_sharing, "outputs_of", ask)
    monkeypatch.setattr(_sharing, "MAP_BYTES", 100 * 8 * 8 * 2 * 4)
    found = list(answers_of(members, X))

    assert sizes == [64, 64]
    for member, answer in zip(members, found, strict=True):
        np.testing.assert_allclose(answer, member.predict_proba(X), atol=1e-6)


def test_members_are_checked_when_they_answer_together(seeds: Ensemble) -> None:
    """The sentences are those of one network, and a network that diverged is told."""
    with pytest.raises(ValueError, match="64 features"):
        seeds.predict(X[:, :5])
    nets = Ensemble.from_seeds(NET, X, Y, n=2)
    *_, kernel, _ = nets.estimators_[1].model_.weights
    kernel.assign(np.full(kernel.shape, np.nan))
    with pytest.raises(ValueError, match="answers with numbers that are not finite"):
        nets.predict(X)


# Folds


@pytest.fixture(scope="module")
def folded() -> tuple[Ensemble, list[Any], np.ndarray]:
    """Three networks of a cross-validation over the first 240 digits, with the splits."""
    splits = list(KFold(3, shuffle=True, random_state=0).split(X[:240]))
    nets = [clone(NET).set_params(epochs=8).fit(X[train], Y[train]) for train, _ in splits]
    return Ensemble.from_folds(nets, X[:240], Y[:240], splits), splits, np.array(nets)


def test_rows_are_predicted_by_members_that_have_not_seen_them(
    folded: tuple[Ensemble, list[Any], np.ndarray],
) -> None:
    """Each row by the network of the split that held it out."""
    ensemble, splits, nets = folded
    known = ensemble.out_of_fold_
    assert known is not None

    for net, (_, held) in zip(nets, splits, strict=True):
        np.testing.assert_allclose(known.predictions[held], net.predict_proba(X[held]), atol=1e-6)


def test_sets_hold_the_label_and_grow_with_the_promise(
    folded: tuple[Ensemble, list[Any], np.ndarray],
) -> None:
    """A smaller alpha gives sets that hold those of a larger one."""
    ensemble, _, _ = folded
    loose, strict = ensemble.predict_set(X[240:], 0.3), ensemble.predict_set(X[240:], 0.05)

    assert strict.shape == (60, 10)
    assert (strict >= loose).all()
    assert strict[np.arange(60), Y[240:]].mean() > 0.85


def test_each_fold_has_a_member_that_counts() -> None:
    """Without one its rows have no prediction."""
    splits = list(KFold(3).split(X))
    nets = [GaussianNB().fit(X[train], Y[train]) for train, _ in splits]
    with pytest.raises(ValueError, match=r"^All estimators of a fold have weight 0: give at least"):
        Ensemble.from_folds(nets, X, Y, splits, weights=[1, 1, 0])


def test_several_members_of_a_fold_answer_together() -> None:
    """Weights count within a fold too."""
    splits = list(KFold(2).split(X))
    nets = [
        clone(NET).set_params(random_state=seed).fit(X[train], Y[train])
        for train, _ in splits
        for seed in (0, 1)
    ]
    ensemble = Ensemble.from_folds(nets, X, Y, splits, folds=[0, 0, 1, 1], weights=[3, 1, 3, 1])
    known = ensemble.out_of_fold_
    assert known is not None

    held = splits[1][1]
    expected = 0.75 * nets[2].predict_proba(X[held]) + 0.25 * nets[3].predict_proba(X[held])
    np.testing.assert_allclose(known.predictions[held], expected, atol=1e-6)


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_intervals_of_regressors(n_outputs: int) -> None:
    """For each output its own, and the target inside as often as promised."""
    inputs, targets = load_diabetes(return_X_y=True)
    if n_outputs == 2:
        targets = np.stack([targets, 2 * targets], axis=1)
    splits = list(KFold(5).split(inputs[:300]))
    fitted = [LinearRegression().fit(inputs[train], targets[train]) for train, _ in splits]
    ensemble = Ensemble.from_folds(fitted, inputs[:300], targets[:300], splits)

    bounds = ensemble.predict_interval(inputs[300:], alpha=0.1)

    low, high = np.moveaxis(bounds, -1, 0)
    assert low.shape == targets[300:].shape
    assert 0.85 <= ((low <= targets[300:]) & (targets[300:] <= high)).mean() <= 0.97
    if n_outputs == 2:
        np.testing.assert_allclose(bounds[:, 1], 2 * bounds[:, 0])


def test_a_temperature_lowers_the_loss_and_changes_no_label() -> None:
    """Of members that are far too sure; it is fitted on rows out of fold."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 600)
    inputs = rng.normal(size=(600, 5)) + np.eye(3, 5)[labels]
    splits = list(KFold(3).split(inputs[:300]))
    sure = [
        LogisticRegression(C=1e3, max_iter=5000).fit(10 * inputs[train], labels[train])
        for train in (np.arange(i, 300, 12) for i in range(3))
    ]
    plain = Ensemble.from_folds(sure, 10 * inputs[:300], labels[:300], splits)
    calm = Ensemble.from_folds(
        sure, 10 * inputs[:300], labels[:300], splits, calibrate="temperature"
    )
    new, answers = 10 * inputs[300:], labels[300:]

    assert plain.temperature_ == 1
    assert calm.temperature_ > 1.2
    assert log_loss(answers, calm.predict_proba(new)) < log_loss(answers, plain.predict_proba(new))
    assert (calm.predict(new) == plain.predict(new)).all()
    np.testing.assert_allclose(calm.predict_proba(new).sum(axis=1), 1)


def test_folds_that_do_not_fit_are_refused() -> None:
    """Each row is held out once, each split has an estimator."""
    splits = list(KFold(2).split(X))
    nets = [LogisticRegression().fit(X[train], Y[train]) for train, _ in splits]

    with pytest.raises(ValueError, match="Not every row is held out exactly once"):
        Ensemble.from_folds(nets, X, Y, [splits[0], splits[0]])
    with pytest.raises(ValueError, match="Not every row is held out exactly once"):
        Ensemble.from_folds(nets[:1], X, Y, splits[:1])
    with pytest.raises(ValueError, match=r"estimators of the folds \[0\] and 2 splits"):
        Ensemble.from_folds(nets, X, Y, splits, folds=[0, 0])
    for folds in ([0], [0, 1, 1]):
        with pytest.raises(ValueError, match=f"Got {len(folds)} folds for 2 estimators: give the"):
            Ensemble.from_folds(nets, X, Y, splits, folds=folds)
    with pytest.raises(ValueError, match="calibrate='platt' is not accepted: give None or"):
        Ensemble.from_folds(nets, X, Y, splits, calibrate="platt")
    with pytest.raises(ValueError, match="y has the label 77, which no estimator knows"):
        Ensemble.from_folds(nets, X, np.where(Y == 3, 77, Y), splits)
    lines = [LinearRegression().fit(X[train], Y[train]) for train, _ in splits]
    with pytest.raises(ValueError, match="is for classifiers: give None"):
        Ensemble.from_folds(lines, X, Y, splits, calibrate="temperature")


def test_sets_and_intervals_need_a_cross_validation(seeds: Ensemble) -> None:
    """Members that have seen all rows cannot say how sure they are."""
    with pytest.raises(ValueError, match="predict_set needs an ensemble of classifiers of a cross"):
        seeds.predict_set(X)
    with pytest.raises(ValueError, match="predict_interval needs an ensemble of regressors of a"):
        seeds.predict_interval(X)


# Selection


def drawn(skill: list[float], n: int = 400, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities of models with some skill and independent noise, and the labels."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    logits = rng.normal(size=(len(skill), n, 3))
    logits[:, np.arange(n), y] += np.array(skill)[:, None]
    odds = np.exp(logits)
    return odds / odds.sum(axis=2, keepdims=True), y


def loss(weights: np.ndarray, predictions: np.ndarray, y: np.ndarray) -> float:
    """Return the logarithmic loss of a mixture."""
    return float(log_loss(y, np.tensordot(weights, predictions, axes=1), labels=[0, 1, 2]))


def test_the_choice_is_better_than_the_best_model_on_other_rows() -> None:
    """Independent errors average out; the rows of the choice are not those of the test."""
    predictions, y = drawn([1.0, 1.1, 0.9, 1.0, 0.0, -1.0], n=2000)
    weights = greedy_weights(predictions[:, :1000], y[:1000])
    best = np.eye(6)[np.argmin([loss(w, predictions[:, :1000], y[:1000]) for w in np.eye(6)])]

    assert weights.sum() == pytest.approx(1)
    assert loss(weights, predictions[:, 1000:], y[1000:]) < loss(
        best, predictions[:, 1000:], y[1000:]
    )
    assert weights[5] < weights[:4].min()


def test_one_model_may_be_taken_again_and_again() -> None:
    """Where one is better than all mixtures, it is alone."""
    predictions, y = drawn([3.0, -3.0])

    assert greedy_weights(predictions, y, share=1.0).tolist() == [1.0, 0.0]


def test_a_row_that_some_model_has_not_predicted_is_left_out() -> None:
    """Folds that do not cover all rows leave NaN there."""
    predictions, y = drawn([1.0, 1.0, 0.5])
    holes = predictions.copy()
    holes[1, ::2] = np.nan

    found = greedy_weights(holes, y)

    assert (found == greedy_weights(predictions[:, 1::2], y[1::2])).all()
    holes[2, 1::2] = np.nan
    with pytest.raises(ValueError, match="no row for which all models have predictions"):
        greedy_weights(holes, y)


def test_numbers_are_chosen_by_their_squared_error() -> None:
    """Of regressors: two that err to opposite sides are taken alike."""
    y = np.linspace(0, 1, 50)
    predictions = np.stack([y + 0.1, y - 0.1, y + 5])[:, :, None]

    weights = greedy_weights(predictions, y, size=20, share=1.0)

    assert weights.tolist() == [0.5, 0.5, 0.0]


def test_the_seed_decides_the_bags() -> None:
    """Same seed, same weights; other seed, others."""
    predictions, y = drawn([1.0] * 8)

    first = greedy_weights(predictions, y, random_state=0)
    assert (greedy_weights(predictions, y, random_state=0) == first).all()
    assert (greedy_weights(predictions, y, random_state=1) != first).any()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"size": 0}, "size=0, but it must be an integer of 1 or more"),
        ({"n_bags": 0}, "n_bags=0, but it must be an integer of 1 or more"),
        ({"share": 0.0}, "share=0.0, but it must be above 0 and at most 1"),
        ({"share": 1.5}, "share=1.5, but it must be above 0 and at most 1"),
    ],
)
def test_numbers_out_of_range_are_refused(change: dict[str, Any], sentence: str) -> None:
    """The sentence says the range."""
    with pytest.raises(ValueError, match=sentence):
        greedy_weights(*drawn([1.0]), **change)


@pytest.mark.parametrize("y", [[-1, 1], [0, 5], [[0], [1]]])
def test_classes_that_predictions_lack_are_refused(y: Any) -> None:
    """Whole numbers are classes, counted from 0."""
    classes = f"from {np.min(y)} to {np.max(y)}, and predictions are of 2: give each row's class"
    with pytest.raises(ValueError, match=classes):
        greedy_weights(np.full((3, 2, 2), 0.5), np.array(y))


def test_shapes_that_do_not_fit_are_refused() -> None:
    """One array of three axes, one target for each row."""
    predictions, y = drawn([1.0])
    with pytest.raises(ValueError, match=r"shape \(1, 400, 3\) for 399 targets"):
        greedy_weights(predictions, y[1:])


@pytest.mark.slow
@parametrize_with_checks(
    [Ensemble([kind(**CONTRACT, random_state=0)] * 2) for kind in (MLPClassifier, MLPRegressor)],
    expected_failed_checks=expected_failures,
    xfail_strict=False,
)
def test_contract(estimator: Any, check: Any) -> None:
    """scikit-learn's own checks."""
    check(estimator)
