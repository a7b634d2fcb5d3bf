"""What the estimators take: pictures, labels, weights, routed metadata, validation samples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_validate
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import compute_sample_weight

from nnest import Augmentation, CNNClassifier, CNNRegressor, MLPRegressor
from nnest.programs import Model
from tests.networks import ESTIMATORS, cnn, mlp, network, pictures, same_weights, weights

X, Y = pictures()
FLAT = X.reshape(len(X), -1)
COUNTS = np.random.default_rng(0).integers(0, 3, len(X))


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_forms_of_pictures_are_the_same_to_a_network(cls: Any) -> None:
    """(n, h, w), (n, h, w, 1) and flat rows give the same predictions."""
    stacked = network(cls).fit(X, Y)
    for form in (X[..., None], FLAT):
        net = network(cls).fit(form, Y)
        np.testing.assert_array_equal(net.predict(form), stacked.predict(X))


def test_colors() -> None:
    """Flat samples of three squares are colored pictures."""
    colored = np.stack([X, X / 2, 1 - X], axis=-1)
    flat = cnn().fit(colored.reshape(len(X), -1), Y)
    assert flat.model_.input_shape == (None, 6, 6, 3)
    assert same_weights(flat, cnn().fit(colored, Y))


def test_flat_pictures_that_are_no_squares() -> None:
    """Their height and width are given, and samples of any length are a row of pixels."""
    assert cnn(image_shape=(4, 9)).fit(FLAT, Y).model_.input_shape == (None, 4, 9, 1)
    assert cnn(pooling=None).fit(FLAT[:, :10], Y).model_.input_shape == (None, 1, 10, 1)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float64])
def test_types_of_pixels(dtype: Any) -> None:
    """Numbers of any type are the same pixels."""
    pixels = (X * 100).astype(np.uint8)
    assert same_weights(mlp().fit(pixels.astype(dtype), Y), mlp().fit(pixels, Y))


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["ant", "bee", "cat"]),
        np.array(["ant", "bee", "cat"], dtype=object),
        np.array([-5, 0, 7]),
        np.array([0.0, 1.0, 2.0]),
    ],
    ids=["strings", "objects", "integers", "floats"],
)
def test_labels_are_given_back(labels: np.ndarray) -> None:
    """Predictions are labels as they came, and their names change no weight."""
    net = mlp(epochs=20).fit(X, labels[Y])
    assert net.classes_.tolist() == labels.tolist()
    assert net.predict(X).tolist() == labels[mlp(epochs=20).fit(X, Y).predict(X)].tolist()


@pytest.mark.parametrize("n_classes", [2, 16])
def test_two_classes_and_many(n_classes: int) -> None:
    """There is one probability for each class; rows are distributions in float32."""
    many, labels = pictures(n_classes=n_classes)
    found = cnn().fit(many, labels).predict_proba(many)
    assert found.shape == (len(many), n_classes)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)


def test_probabilities_do_not_depend_on_the_other_samples() -> None:
    """One sample, a few and many have the same answers, whatever the size of the batch."""
    net = mlp().fit(X, Y)
    many = np.concatenate([X] * 9)
    alone = np.concatenate([net.predict_proba(x[None]) for x in X[:3]])
    np.testing.assert_allclose(net.predict_proba(many)[:3], alone, rtol=1e-5)
    np.testing.assert_allclose(net.predict_proba(many)[-64:], net.predict_proba(X), rtol=1e-5)


def test_predictions_of_regressors_are_float64() -> None:
    """As scikit-learn's regressors answer."""
    assert network(MLPRegressor).fit(X, Y.astype(np.float32)).predict(X).dtype == np.float64


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_weight_zero_leaves_a_sample_out(cls: Any) -> None:
    """Bit for bit, whatever its pixels are, and without batch normalization seeing them."""
    weight = np.where(np.arange(len(X)) < 40, 1.0, 0.0)
    spoiled = np.where(weight[:, None, None] > 0, X, 1e6).astype(np.float32)
    net = network(cls, batch_norm_at="every").fit(spoiled, Y, sample_weight=weight)
    assert same_weights(net, network(cls, batch_norm_at="every").fit(X[:40], Y[:40]))


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_a_whole_weight_is_the_sample_repeated(cls: Any) -> None:
    """In full batches, up to the rounding of float32 sums."""
    rows = np.repeat(np.arange(len(X)), COUNTS)
    settings = {"batch_size": 512, "epochs": 3, "optimizer": "sgd"}
    weighted = network(cls, **settings).fit(X, Y, sample_weight=COUNTS)
    repeated = network(cls, **settings).fit(X[rows], Y[rows])
    for one, other in zip(weights(weighted), weights(repeated), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_weights_change_the_fit() -> None:
    """A network follows the samples that count."""
    torn = np.where(np.arange(len(X)) % 2, Y, (Y + 1) % 3)
    heavy = np.where(np.arange(len(X)) % 2, 1.0, 1e-3)
    net = mlp(epochs=20).fit(X, torn, sample_weight=heavy)
    assert net.score(X, Y) > 0.9


@pytest.mark.parametrize("class_weight", ["balanced", {0: 0.5, 1: 2.0, 2: 1.0}])
def test_class_weights_are_sample_weights(class_weight: Any) -> None:
    """The same numbers, given by class."""
    X_few, y_few = X[(Y < 2) | (np.arange(len(X)) < 20)], Y[(Y < 2) | (np.arange(len(X)) < 20)]
    weight = compute_sample_weight(class_weight, y_few)
    net = mlp(class_weight=class_weight).fit(X_few, y_few)
    assert same_weights(net, mlp().fit(X_few, y_few, sample_weight=weight))
    assert not same_weights(net, mlp().fit(X_few, y_few))


def test_class_weights_by_names_of_labels() -> None:
    """The dictionary's keys are labels and not their places; they multiply sample weights."""
    named = np.array(["ant", "bee", "cat"])[Y]
    weight = np.linspace(0.5, 1.5, len(X), dtype=np.float32)
    net = mlp(class_weight={"ant": 1.0, "bee": 4.0, "cat": 1.0})
    expected = mlp().fit(X, named, sample_weight=weight * np.where(Y == 1, 4.0, 1.0))
    assert same_weights(net.fit(X, named, sample_weight=weight), expected)


@pytest.mark.parametrize("weighted", [False, True])
def test_a_class_that_a_fold_lacks(weighted: bool) -> None:
    """The other classes are learnt and told."""
    net = mlp(class_weight="balanced" if weighted else None, epochs=20)
    net.fit(X[Y != 1], Y[Y != 1])
    assert net.classes_.tolist() == [0, 2]
    assert net.score(X[Y != 1], Y[Y != 1]) > 0.9


ABSENT = "names 1, and y holds 0, 2: nothing is done for labels that y lacks"


@pytest.mark.parametrize("others", [{}, {0: 0.5}])
def test_class_weights_may_name_a_class_that_a_fold_lacks(others: dict[int, float]) -> None:
    """The same as without that name, with a warning; a class without a name weighs one."""
    some = Y != 1
    with pytest.warns(UserWarning, match=f"^class_weight {ABSENT}"):
        net = mlp(class_weight={1: 10.0, **others}).fit(X[some], Y[some])
    weight = np.where(Y == 0, others.get(0, 1.0), 1.0)[some]
    assert same_weights(net, mlp().fit(X[some], Y[some], sample_weight=weight))


def test_class_weights_may_name_a_class_that_a_batch_or_the_validation_part_lacks() -> None:
    """It is among the classes, so nothing is said."""
    some, weight = Y != 1, np.where(Y == 2, 3.0, 1.0)
    net = mlp(class_weight={1: 10.0, 2: 3.0}).partial_fit(X[some], Y[some], classes=[0, 1, 2])
    bare = mlp().partial_fit(X[some], Y[some], [0, 1, 2], sample_weight=weight[some])
    assert same_weights(net, bare)
    watched = mlp(class_weight={1: 10.0}, early_stopping=True)
    assert "val_loss" in watched.fit(X, Y, X_val=X[some], y_val=Y[some]).history_


def test_flips_may_name_a_label_that_a_fold_lacks() -> None:
    """Each network of a cross-validation is trained, and told what it lacks."""
    net = cnn(augmentation=Augmentation(flip_labels=[0, 1]), epochs=1)
    with pytest.warns(UserWarning, match=f"^flip_labels {ABSENT}"):
        fitted = clone(net).fit(X[Y != 1], Y[Y != 1])
    plain = cnn(augmentation=Augmentation(flip_labels=[0]), epochs=1).fit(X[Y != 1], Y[Y != 1])
    assert same_weights(fitted, plain)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"class_weight": {"1": 2.0}},
            "class_weight names '1', and the classes are no text, as 0: name labels as y has them.",
        ),
        (
            {"class_weight": {1: -2.0}},
            "class_weight[1]=-2.0 is not accepted: give a number of at least 0.",
        ),
        (
            {"augmentation": Augmentation(flip_labels=["b"])},
            "flip_labels names 'b', and the classes are no text, as 0: name labels as y has them.",
        ),
    ],
)
def test_names_that_no_label_has_are_refused(settings: dict[str, Any], sentence: str) -> None:
    """A text is not a number's label in any fold, and a weight below zero means nothing."""
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        cnn(**settings).fit(X, Y)


class Trained(NamedTuple):
    """What a model was handed, as rows of the pictures."""

    rows: np.ndarray
    validation: np.ndarray


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list[Trained]:
    """Watch what Keras trains on and validates on."""
    seen: list[Trained] = []
    fit = Model.fit

    def rows(samples: np.ndarray) -> np.ndarray:
        distance = np.abs(samples.reshape(len(samples), 1, -1) - FLAT[None]).sum(axis=2)
        return distance.argmin(axis=1)

    def spy(self: Model, x: Any, y: Any, *args: Any, **kwargs: Any) -> Any:
        validation = kwargs.get("validation_data")
        seen.append(Trained(rows(x), rows(validation[0]) if validation else np.array([], int)))
        return fit(self, x, y, *args, **kwargs)

    monkeypatch.setattr(Model, "fit", spy)
    return seen


def test_the_validation_part_is_stratified_and_seeded(trainings: list[Trained]) -> None:
    """Each class gives its share, no sample is on both sides, and the seed decides."""
    share = {"early_stopping": True, "validation_fraction": 0.25}
    order = np.argsort(Y, kind="stable")
    for seed in (0, 0, 1):
        mlp(random_state=seed, **share).fit(X[order], Y[order])
    first, again, other = trainings
    assert sorted([*first.rows, *first.validation]) == list(range(len(X)))
    assert sorted(np.bincount(Y[first.validation])) == [5, 5, 6]
    assert first.validation.tolist() == again.validation.tolist()
    assert first.validation.tolist() != other.validation.tolist()


@pytest.mark.parametrize("cls", [CNNClassifier, CNNRegressor])
def test_groups_are_never_on_both_sides(cls: Any, trainings: list[Trained]) -> None:
    """The frames of a film are similar: a validation part that holds some tells nothing."""
    groups = np.arange(len(X)) // 6
    network(cls, early_stopping=True, validation_fraction=0.25).fit(X, Y, groups=groups)
    rows, validation = trainings[0]
    assert not set(groups[rows]) & set(groups[validation])
    assert sorted([*rows, *validation]) == list(range(len(X)))
    assert 0.1 < len(validation) / len(X) < 0.4


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_early_stopping_keeps_the_best_weights(cls: Any) -> None:
    """They are those of a training that ends at the best epoch."""
    noise = np.random.default_rng(1).permutation(Y)
    handed = {"X_val": X[40:], "y_val": noise[40:]}
    settings = {"learning_rate": 0.05, "dropout": 0.2, "batch_norm_at": "every"}
    stopped = network(cls, epochs=40, early_stopping=True, n_iter_no_change=3, **settings)
    stopped.fit(X[:40], noise[:40], **handed)
    assert stopped.best_epoch_ == int(np.argmin(stopped.history_["val_loss"])) + 1
    assert stopped.n_iter_ == stopped.best_epoch_ + 3 < 40
    best = network(cls, epochs=stopped.best_epoch_, **settings)
    best.fit(X[:40], noise[:40], **handed)
    assert same_weights(stopped, best)


def test_validation_samples_are_only_watched() -> None:
    """Without early stopping they fill `history_` and change no weight."""
    watched = mlp(dropout=0.2).fit(X[:40], Y[:40], X_val=X[40:], y_val=Y[40:])
    assert set(watched.history_) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert same_weights(watched, mlp(dropout=0.2).fit(X[:40], Y[:40]))


@pytest.fixture
def routing() -> Iterator[None]:
    """Switch scikit-learn's metadata routing on."""
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def _pipeline(net: Any, **more: Any) -> Pipeline:
    return Pipeline([("scale", StandardScaler()), ("net", net)], **more)


@pytest.mark.usefixtures("routing")
def test_weights_are_routed_through_a_pipeline_and_a_search() -> None:
    """The network at the end gets those of its samples."""
    net = mlp(epochs=1).set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
    scale = StandardScaler().set_fit_request(sample_weight=False)
    search = GridSearchCV(Pipeline([("scale", scale), ("net", net)]), {"net__l2": [0.0]}, cv=2)
    search.fit(FLAT, Y, sample_weight=COUNTS)
    expected = mlp(epochs=1).fit(StandardScaler().fit_transform(FLAT), Y, sample_weight=COUNTS)
    assert same_weights(search.best_estimator_["net"], expected)


@pytest.mark.usefixtures("routing")
def test_validation_samples_are_routed_and_transformed() -> None:
    """A pipeline scales `X_val` as it scales `X`."""
    net = mlp().set_fit_request(X_val=True, y_val=True)
    routed = _pipeline(net, transform_input=["X_val"])
    routed.fit(FLAT[:40], Y[:40], X_val=FLAT[40:], y_val=Y[40:])
    scale = StandardScaler().fit(FLAT[:40])
    direct = mlp().fit(
        scale.transform(FLAT[:40]), Y[:40], X_val=scale.transform(FLAT[40:]), y_val=Y[40:]
    )
    assert routed["net"].history_ == direct.history_


@pytest.mark.usefixtures("routing")
def test_groups_are_routed_to_folds_and_networks(trainings: list[Trained]) -> None:
    """A group is in one of three parts: training, validation or test."""
    groups = np.arange(len(X)) // 4
    net = mlp(early_stopping=True, validation_fraction=0.25).set_fit_request(groups=True)
    cross_validate(net, X, Y, cv=GroupKFold(2), params={"groups": groups}, error_score="raise")
    assert len(trainings) == 2
    for rows, validation in trainings:
        assert not set(groups[rows]) & set(groups[validation])
        tested = np.setdiff1d(np.arange(len(X)), [*rows, *validation])
        assert not set(groups[tested]) & set(groups[[*rows, *validation]])
