"""Grid search over pipelines: transformers are fitted for each fold, networks together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import PCA
from sklearn.metrics import get_scorer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

from nnest import MLPClassifier, MLPRegressor, VectorizedGridSearchCV
from nnest.preprocessing import GaussianBlur, PixelScaler
from nnest.search import _batching as _members
from nnest.search import _samples
from tests.networks import cnn, mlp, network, pictures
from tests.searches import assert_same, both, table

DROPOUT = {"net__dropout": [0.0, 0.4]}


def pipe(transformer: Any, **settings: Any) -> Pipeline:
    """Return a pipeline of a transformer and a small network."""
    return Pipeline([("before", transformer), ("net", mlp())], **settings)


class Counted(TransformerMixin, BaseEstimator):
    """Center the samples, and count how often that is learnt."""

    fits = 0

    def __init__(self, factor: float = 1.0) -> None:
        self.factor = factor

    def fit(self, X: Any, y: Any = None) -> Counted:
        """Learn the mean."""
        Counted.fits += 1
        self.mean_ = np.mean(X, axis=0)
        return self

    def transform(self, X: Any) -> Any:
        """Subtract it."""
        return (X - self.mean_) * self.factor


@pytest.fixture
def sheets(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Collect the numbers of networks and of samples of each call that trains many."""
    collected: list[tuple[int, int]] = []
    fit_many = _members.fit_many

    def fit(estimators: Any, X: Any, y: Any, **settings: Any) -> Any:
        collected.append((len(estimators), len(X)))
        return fit_many(estimators, X, y, **settings)

    monkeypatch.setattr(_members, "fit_many", fit)
    return collected


@pytest.mark.parametrize(
    ("pipeline", "grid"),
    [
        (pipe(StandardScaler()), DROPOUT),
        (pipe(StandardScaler()), {**DROPOUT, "before__with_mean": [True, False]}),
        (pipe(PCA(random_state=0)), {**DROPOUT, "before__n_components": [3, 5]}),
        (pipe("passthrough"), DROPOUT),
        (pipe(None), {"before": [None, StandardScaler(), MinMaxScaler()]}),
        (pipe(StandardScaler()), [DROPOUT, {"net__hidden_units": [(4, 4)]}]),
        (pipe(StandardScaler()), {"net": [mlp(hidden_units=()), mlp(dropout=0.2)]}),
        (pipe(StandardScaler().set_output(transform="pandas")), DROPOUT),
        (make_pipeline(mlp()), {"mlpclassifier__dropout": [0.0, 0.4]}),
        (make_pipeline(MinMaxScaler(), StandardScaler(), mlp()), {"mlpclassifier__l2": [0.1]}),
        (make_pipeline(StandardScaler(), network(MLPRegressor)), {"mlpregressor__l2": [0.1]}),
    ],
    ids=[
        "settings of the network",
        "settings of both",
        "samples of two shapes",
        "passthrough",
        "transformers swapped",
        "two grids",
        "networks swapped",
        "data frames inside",
        "no transformer",
        "two transformers",
        "regressor",
    ],
)
def test_only_the_name_differs(pipeline: Pipeline, grid: Any) -> None:
    """Tables of pipelines are those of scikit-learn's search."""
    X, y = table()

    assert_same(*both(pipeline, grid, X, y, return_train_score=True))


def test_pictures_are_transformed_as_pictures() -> None:
    """Pixels keep their places through transformers of images."""
    X, y = pictures(60)
    pipeline = make_pipeline(PixelScaler(), GaussianBlur(), cnn())
    grid = {"gaussianblur__sigma": [0.5, 1.0], "cnnclassifier__conv_dropout": [0.0, 0.3]}

    assert_same(*both(pipeline, grid, X, y, cv=2))


def test_all_folds_train_in_one_call(sheets: list[tuple[int, int]]) -> None:
    """Samples of all folds and of all settings of transformers lie on one sheet."""
    X, y = table()
    grid = {**DROPOUT, "before__with_mean": [True, False]}

    VectorizedGridSearchCV(pipe(StandardScaler()), grid, cv=3).fit(X, y)

    assert sheets == [(12, 6 * 40)]


def test_folds_share_samples_that_are_the_same(sheets: list[tuple[int, int]]) -> None:
    """A transformer that learns nothing gives all folds the same numbers, kept once."""
    X, y = table()

    VectorizedGridSearchCV(pipe(FunctionTransformer(np.sqrt)), DROPOUT, cv=3).fit(X, y)

    assert sheets == [(6, 60)]


def test_transformed_samples_stay_within_memory(
    sheets: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """More samples than a stack may hold make another stack, and the table stays the same."""
    X, y = table()
    monkeypatch.setattr(_samples, "MAX_STACK_BYTES", 2 * 40 * X[0].nbytes)

    assert_same(*both(pipe(StandardScaler()), DROPOUT, X, y))

    assert sheets == [(4, 80), (2, 40)]


def test_transformers_are_fitted_once_for_each_fold_and_setting() -> None:
    """Settings of the network cost no fit of a transformer."""
    X, y = table()
    Counted.fits = 0

    VectorizedGridSearchCV(
        pipe(Counted()), {**DROPOUT, "before__factor": [1.0, 2.0]}, cv=3, refit=False
    ).fit(X, y)

    assert Counted.fits == 3 * 2


def test_a_cache_of_transformers_is_used(tmp_path: Path) -> None:
    """A pipeline that remembers its transformers does so here."""
    X, y = table()

    assert_same(*both(pipe(StandardScaler(), memory=str(tmp_path)), DROPOUT, X, y))

    assert any(tmp_path.rglob("*"))


def test_no_fold_sees_its_test_part() -> None:
    """Transformers learn from training parts only: a test part of its own scale stays so."""
    X, y = table()
    X = X.copy()
    X[40:] += 100.0
    seen = []
    net = mlp(epochs=1)

    def score(pipeline: Pipeline, X: Any, y: Any) -> float:
        seen.append(float(pipeline[:-1].transform(X).mean()))
        return 0.0

    folds = [(np.arange(40), np.arange(40, 60))]
    VectorizedGridSearchCV(
        Pipeline([("before", StandardScaler(with_std=False)), ("net", net)]),
        {"net__l2": [0.0]},
        cv=folds,
        scoring=score,
    ).fit(X, y)

    assert seen[0] == pytest.approx(100.0, abs=1.0)


def test_weights_reach_the_network_under_its_name() -> None:
    """`net__sample_weight` is cut into folds and laid beside the samples."""
    X, y = table()
    weight = {"net__sample_weight": np.linspace(0.01, 2.0, len(y))}

    theirs, ours = both(pipe(StandardScaler()), DROPOUT, X, y, weight, scoring="neg_log_loss")
    _, plain = both(pipe(StandardScaler()), DROPOUT, X, y, scoring="neg_log_loss")

    assert_same(theirs, ours)
    assert ours.best_score_ != plain.best_score_


def test_metadata_are_routed_to_each_step() -> None:
    """With routing switched on, a step gets what it asks for, and no other does."""
    X, y = table()
    fit = {"sample_weight": np.linspace(0.01, 2.0, len(y))}
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline = make_pipeline(
            StandardScaler().set_fit_request(sample_weight=False),
            mlp().set_fit_request(sample_weight=True),
        )
        grid = {"mlpclassifier__l2": [0.0, 0.1]}
        scorer = get_scorer("neg_log_loss").set_score_request(sample_weight=False)
        theirs, ours = both(pipeline, grid, X, y, fit, scoring=scorer)
        _, plain = both(pipeline, grid, X, y, scoring=scorer)

    assert_same(theirs, ours)
    assert ours.best_score_ != plain.best_score_


def test_validation_data_pass_the_transformers() -> None:
    """What a pipeline transforms beside its samples reaches each network's own fit."""
    X, y = table()
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline = Pipeline(
            [
                ("before", StandardScaler().set_fit_request(sample_weight=False)),
                ("net", mlp(early_stopping=True).set_fit_request(X_val=True, y_val=True)),
            ],
            transform_input=["X_val"],
        )
        fit = {"X_val": X[:9], "y_val": y[:9]}
        with pytest.warns(UserWarning, match="fitted one by one"):
            assert_same(*both(pipeline, DROPOUT, X, y, fit))


def test_a_repeated_training_row_keeps_its_weight() -> None:
    """Rows that a fold names twice train twice."""
    X, y = table()
    folds = [(np.r_[np.arange(40), np.arange(10)], np.arange(40, 60))]

    assert_same(*both(pipe(StandardScaler()), DROPOUT, X, y, cv=folds))


def test_the_best_pipeline_predicts() -> None:
    """The whole pipeline is fitted on all samples, and the search speaks for it."""
    X, y = table()

    theirs, ours = both(pipe(StandardScaler()), DROPOUT, X, y)

    np.testing.assert_array_equal(ours.predict_proba(X), theirs.predict_proba(X))
    assert isinstance(ours.best_estimator_, Pipeline)
    assert isinstance(ours.best_estimator_["net"], MLPClassifier)
