"""What a grid search refuses, and what it does with members that fail."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import Pipeline, make_pipeline

from nnest import VectorizedGridSearchCV
from tests.networks import mlp
from tests.searches import assert_same, both, table

DROPOUT = {"dropout": [0.0, 0.4]}
X, Y = table()


def refused(error: type[Exception], sentence: str, **settings: Any) -> None:
    """Fit a search of these settings and hold its error to the sentence, from its beginning."""
    arguments = {"estimator": mlp(), "param_grid": DROPOUT, "cv": 3, **settings}
    with pytest.raises(error, match=f"^{re.escape(sentence)}"):
        VectorizedGridSearchCV(**arguments).fit(X, Y)


def test_a_name_that_is_no_parameter() -> None:
    """The name is said, and those that exist."""
    refused(
        ValueError,
        "Invalid parameter 'dropuot' for estimator MLPClassifier(",
        param_grid={"dropuot": [0.1]},
    )


@pytest.mark.parametrize(
    ("grid", "sentence"),
    [
        ([], "The grid is empty: give at least one dict of parameters to try."),
        (
            {"dropout": []},
            "Parameter grid for parameter 'dropout' need to be a non-empty sequence, got: []",
        ),
    ],
)
def test_an_empty_grid(grid: Any, sentence: str) -> None:
    """Nothing to try is an error; an empty dict tries the estimator as it is."""
    refused(ValueError, sentence, param_grid=grid)


@pytest.mark.parametrize(
    "scoring",
    ["acuracy", ["f1_macro", "acuracy"], {"mine": "acuracy"}],
    ids=["one", "list", "dict"],
)
def test_a_metric_that_does_not_exist(scoring: Any) -> None:
    """The unknown name is said, one that is close, and where all stand."""
    refused(
        ValueError,
        "'acuracy' is no metric of scikit-learn: did you mean 'accuracy'?",
        scoring=scoring,
    )
    refused(
        ValueError,
        "'?' is no metric of scikit-learn: sklearn.metrics.get_scorer_names() lists them.",
        scoring="?",
    )


def test_no_process() -> None:
    """The accepted numbers are said."""
    refused(
        ValueError,
        "The 'n_jobs' parameter of VectorizedGridSearchCV must be an int in the range (-inf, -1], "
        "an int in the range [1, inf) or None. Got 0 instead.",
        n_jobs=0,
    )


@pytest.mark.parametrize(
    ("estimator", "grid", "shown"),
    [
        (LogisticRegression(), {"C": [1.0]}, "LogisticRegression(C=1.0)"),
        (
            make_pipeline(LogisticRegression()),
            {"logisticregression__C": [2.0]},
            "LogisticRegression(C=2.0)",
        ),
        (
            Pipeline([("net", mlp())]),
            {"net": [mlp(), LogisticRegression(C=3.0)]},
            "LogisticRegression(C=3.0)",
        ),
    ],
    ids=["alone", "pipeline", "swapped"],
)
def test_other_estimators(estimator: Any, grid: Any, shown: str) -> None:
    """An estimator that is no network of ours is for scikit-learn's search."""
    refused(
        TypeError,
        f"{shown.replace('C=1.0', '')} is no network of this package, and nothing else trains in "
        "one program: give a network or a Pipeline that ends in one, or use scikit-learn's "
        "GridSearchCV.",
        estimator=estimator,
        param_grid=grid,
    )


@pytest.mark.parametrize(
    ("folds", "sentence"),
    [
        (
            [(np.arange(40), np.arange(30, 60))],
            "cv's fold 0 has 10 rows in both its training and its test part: give parts that "
            "share none, or the scores are of samples that were trained on.",
        ),
        (
            [(np.arange(40), np.arange(40, 60)), (np.arange(40), [])],
            "cv's fold 1 has an empty test part: give a splitter whose parts all hold samples.",
        ),
        (
            [([], np.arange(40))],
            "cv's fold 0 has an empty training part: give a splitter whose parts all hold samples.",
        ),
        (
            [(np.arange(40), [60])],
            "cv's fold 0 has a test part that names no rows of 60 samples (index 60 is out of "
            "bounds for axis 0 with size 60): give integers from 0 to 59.",
        ),
        ([], "cv yields no folds: give a splitter that yields at least one."),
    ],
    ids=["overlapping", "no test", "no training", "no such row", "no folds"],
)
def test_folds_that_are_none(folds: Any, sentence: str) -> None:
    """Parts that overlap, are empty, or name rows that do not exist are refused."""
    refused(ValueError, sentence, cv=folds)


def test_a_splitter_at_odds_with_itself() -> None:
    """A splitter that yields another number of folds than it says is refused."""

    class Odd(KFold):
        def split(self, X: Any, y: Any = None, groups: Any = None) -> Any:
            return list(super().split(X, y, groups))[:2]

    refused(
        ValueError,
        "cv.split yields 2 folds, but cv.get_n_splits says 3: give a splitter whose two methods "
        "agree.",
        cv=Odd(3),
    )


def test_masks_are_rows_too() -> None:
    """A part may be given as a mask."""
    folds = [(np.arange(60) < 40, np.arange(60) >= 40)]

    search = VectorizedGridSearchCV(mlp(), DROPOUT, cv=folds).fit(X, Y)

    numbers = [(np.arange(40), np.arange(40, 60))]
    assert_same(VectorizedGridSearchCV(mlp(), DROPOUT, cv=numbers).fit(X, Y), search)


def test_no_targets() -> None:
    """Networks need targets."""
    with pytest.raises(
        ValueError, match=r"^This search requires y to be passed, but the target y is None\.$"
    ):
        VectorizedGridSearchCV(mlp(), DROPOUT).fit(X)


def test_weights_of_another_length() -> None:
    """A weight for each sample, or none."""
    with pytest.raises(
        ValueError, match=r"^sample_weight has 3 weights for 60 samples: give one for each\.$"
    ):
        VectorizedGridSearchCV(mlp(), DROPOUT, cv=3).fit(X, Y, sample_weight=[1.0, 2.0, 1.0])


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"max_group": 0}, "The 'max_group' parameter of VectorizedGridSearchCV must be"),
        ({"checkpoint": 3}, "The 'checkpoint' parameter of VectorizedGridSearchCV must be"),
        ({"error_score": "rise"}, "The 'error_score' parameter of VectorizedGridSearchCV must be"),
        (
            {"scoring": ["accuracy", "f1_macro"]},
            "For multi-metric scoring, the parameter refit must be set to a scorer key",
        ),
    ],
    ids=str,
)
def test_arguments(settings: dict[str, Any], sentence: str) -> None:
    """Arguments of other kinds are refused before anything is trained."""
    refused(ValueError, sentence, **settings)


def test_a_fold_without_a_class() -> None:
    """Its networks know fewer classes; that is said, and scoring goes on."""
    order = np.argsort(Y, kind="stable")
    search = VectorizedGridSearchCV(mlp(), DROPOUT, cv=KFold(3))

    with pytest.warns(UserWarning, match="cv's fold") as said:
        search.fit(X[order], Y[order])

    assert [str(each.message) for each in said if each.category is UserWarning] == [
        f"cv's fold {fold} tests on the labels [{fold}], which its training part lacks: its "
        "networks cannot predict them, and metrics of probabilities may fail; give a stratified "
        "splitter, or fewer folds."
        for fold in range(3)
    ]
    assert search.cv_results_["mean_test_score"].tolist() == [0.0, 0.0]


@pytest.mark.filterwarnings("ignore:cv's fold")
def test_a_metric_that_a_fold_cannot_have() -> None:
    """Probabilities of fewer classes fail in the metric, not in the search."""
    order = np.argsort(Y, kind="stable")
    search = VectorizedGridSearchCV(
        mlp(), DROPOUT, cv=KFold(3), scoring="neg_log_loss", error_score=-9.0
    )

    with pytest.warns(UserWarning, match="Scoring failed"):
        search.fit(X[order], Y[order])

    assert search.cv_results_["mean_test_score"].tolist() == [-9.0, -9.0]


@pytest.mark.parametrize("multiple", [False, True])
def test_a_member_that_fails_harms_no_other(multiple: bool) -> None:
    """Its scores are `error_score`, and it ranks last; the others are as if it were not there."""
    grid = {"dropout": [0.0, 1.5, 0.4]}
    settings = {"cv": 3, "error_score": np.nan}
    if multiple:
        settings |= {"scoring": ["accuracy", "f1_macro"], "refit": "accuracy"}
    results = []
    for cls in (GridSearchCV, VectorizedGridSearchCV):
        with (
            pytest.warns(FitFailedWarning, match="3 fits failed out of a total of 9") as said,
            pytest.warns(UserWarning, match="are non-finite"),
        ):
            results.append(cls(mlp(), grid, **settings).fit(X, Y))

    assert_same(*results)
    name = "accuracy" if multiple else "score"
    assert results[1].cv_results_[f"rank_test_{name}"][1] == 3
    (failures,) = [str(each.message) for each in said if each.category is FitFailedWarning]
    assert "3 fits failed with the following error:\nValueError: dropout=1.5 is not" in failures


def test_a_number_for_members_that_fail() -> None:
    """The number is their score."""
    search = VectorizedGridSearchCV(mlp(), {"dropout": [1.5, 0.0]}, cv=3, error_score=-1.0)

    with pytest.warns(FitFailedWarning):
        search.fit(X, Y)

    assert search.cv_results_["mean_test_score"][0] == -1.0
    assert search.best_params_ == {"dropout": 0.0}


def test_errors_may_be_raised() -> None:
    """The network's own sentence comes through."""
    refused(
        ValueError,
        "dropout=1.5 is not a dropout rate: give numbers of at least 0 and below 1.",
        param_grid={"dropout": [0.0, 1.5]},
        error_score="raise",
    )


def test_all_members_fail() -> None:
    """A search of which nothing is left is an error that says why."""
    with pytest.raises(ValueError, match="All the 3 fits failed") as caught:
        VectorizedGridSearchCV(mlp(), {"dropout": [1.5]}, cv=3).fit(X, Y)

    assert "3 fits failed with the following error:\nValueError: dropout=1.5" in str(caught.value)


@pytest.mark.filterwarnings("ignore:Scoring failed", "ignore:One or more of the test scores")
@pytest.mark.filterwarnings("ignore:(overflow|invalid value):RuntimeWarning")
@pytest.mark.parametrize("scoring", ["accuracy", "neg_log_loss"])
def test_a_member_that_diverges_harms_no_other(scoring: str) -> None:
    """Its scores are those that it would have had alone."""
    net = mlp(optimizer="sgd")

    assert_same(*both(net, {"learning_rate": [0.1, 1e30, 0.01]}, X, Y, scoring=scoring))


class Refuses(TransformerMixin, BaseEstimator):
    """A transformer that fails if it is told to."""

    def __init__(self, fail: bool = False) -> None:
        self.fail = fail

    def fit(self, X: Any, y: Any = None) -> Refuses:
        """Fail, or do nothing."""
        if self.fail:
            raise RuntimeError("as told")
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: Any) -> Any:
        """Return the samples."""
        return X


def test_a_transformer_that_fails() -> None:
    """It takes its own settings with it, and no others."""
    pipeline = Pipeline([("before", Refuses()), ("net", mlp())])
    grid = {"before__fail": [False, True], "net__dropout": [0.0, 0.4]}
    search = VectorizedGridSearchCV(pipeline, grid, cv=2, error_score=-1.0)

    with pytest.warns(FitFailedWarning, match="4 fits failed out of a total of 8"):
        search.fit(X, Y)

    scores = search.cv_results_["mean_test_score"]
    assert (scores[:2] >= 0).all()
    assert scores[2:].tolist() == [-1.0, -1.0]
    with pytest.raises(RuntimeError, match=r"^as told$"):
        search.set_params(error_score="raise").fit(X, Y)
