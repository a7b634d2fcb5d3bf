"""Data frames with categories and holes, through all searches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from nnest import VectorizedGridSearchCV
from tests.networks import mlp
from tests.searches import assert_same, both
from tests.test_several_labels import SEARCHES

COLUMNS = ["size", "color", "rooms"]
#: What the transformers make of them, if every fold has every color.
INSIDE = [
    *(f"words__color_{word}" for word in ("blue", "green", "red", "nan")),
    *(f"remainder__{name}" for name in ("size", "rooms", "missingindicator_size")),
]
DROPOUT = {"mlpclassifier__dropout": [0.0, 0.2]}


def table(n: int = 72) -> tuple[pd.DataFrame, np.ndarray]:
    """Return numbers and words with holes, rows in no order, and labels as text."""
    rng = np.random.default_rng(0)
    size, color = rng.normal(size=n), rng.choice(["red", "green", "blue"], n).astype(object)
    y = np.where(size + (color == "red") > 0.3, "yes", "no")
    size[::7], color[::9] = np.nan, None
    frame = pd.DataFrame({"size": size, "color": color, "rooms": rng.integers(1, 5, n)})
    return frame.set_index(rng.permutation(n) + 1000), y


def model(output: str | None = None) -> Pipeline:
    """Return a network behind an encoder of words and a filler of holes."""
    numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    words = OneHotEncoder(handle_unknown="ignore", sparse_output=output is None)
    columns = ColumnTransformer([("words", words, ["color"])], remainder=numbers)
    pipeline = make_pipeline(columns, mlp())
    return pipeline.set_output(transform=output) if output else pipeline


def kind(dtype: str) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the table with other types."""
    frame, y = table()
    if dtype == "category":
        frame["color"] = frame["color"].astype("category")
    if dtype == "Int64":
        frame["rooms"] = frame["rooms"].astype("Int64")
    return frame, y


@pytest.mark.parametrize(
    "dtype",
    ["object", *(pytest.param(each, marks=pytest.mark.slow) for each in ("category", "Int64"))],
)
def test_the_table_of_results_is_scikit_learns(dtype: str) -> None:
    """Settings of transformers are searched too."""
    X, y = kind(dtype)
    grid = {**DROPOUT, "columntransformer__remainder__simpleimputer__strategy": ["mean", "median"]}

    assert_same(*both(model(), grid, X, y))


@pytest.mark.parametrize("output", [pytest.param(None, marks=pytest.mark.slow), "pandas"])
@pytest.mark.parametrize("name", SEARCHES)
def test_names_of_columns_are_kept(name: str, output: str | None) -> None:
    """A search answers frames, and refuses those that lack a column."""
    X, y = table()

    found = SEARCHES[name](model(output), DROPOUT).fit(X, y)

    assert found.feature_names_in_.tolist() == COLUMNS
    assert found.n_features_in_ == 3
    best = found.best_estimator_
    assert best[:-1].get_feature_names_out().tolist() == INSIDE
    inside = getattr(best[-1], "feature_names_in_", None)
    assert (inside is None) if output is None else inside.tolist() == INSIDE
    assert found.predict(X[COLUMNS[::-1]]).tolist() == found.predict(X).tolist()
    with pytest.raises(ValueError, match=r"columns are missing: \{'color'\}"):
        found.predict(X.drop(columns="color"))


@pytest.mark.slow
@pytest.mark.parametrize("name", SEARCHES)
def test_a_word_that_a_fold_lacks_is_no_error(name: str) -> None:
    """Its networks have an input less than the others."""
    X, y = table()
    X.iloc[5, 1] = "seldom"

    found: Any = SEARCHES[name](model(), DROPOUT).fit(X, y)

    assert np.isfinite(found.cv_results_["mean_test_score"]).all()
    assert "words__color_seldom" in found.best_estimator_[:-1].get_feature_names_out()


@pytest.mark.slow
def test_networks_that_are_kept_know_the_columns() -> None:
    """Those of the folds, and the ensemble of them."""
    X, y = table()

    found = VectorizedGridSearchCV(model("pandas"), DROPOUT, cv=2, keep="folds").fit(X, y)

    ensemble = found.ensemble("folds")
    assert ensemble.feature_names_in_.tolist() == COLUMNS
    assert {tuple(each[-1].feature_names_in_) for each in ensemble.estimators_} == {tuple(INSIDE)}
    assert ensemble.predict_set(X).shape == (72, 2)
