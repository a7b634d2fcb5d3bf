"""Several labels for a sample: refused with what to do, and what to do works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nnest import Ensemble, HalvingSearchCV, OptunaSearchCV, VectorizedGridSearchCV, fit_many
from tests.networks import mlp, refuses

RNG = np.random.default_rng(0)
X = RNG.random((60, 4))
#: Two labels, each of which can be seen.
Y = (X[:, :2] > 0.5).astype(int)
LISTS = [["a", "b"], ["a"], []] * 20

SEARCHES: dict[str, Callable[[Any, dict[str, Any]], Any]] = {
    "grid": lambda net, space: VectorizedGridSearchCV(net, space, cv=2),
    "halving": lambda net, space: HalvingSearchCV(net, space, cv=2),
    "optuna": lambda net, space: OptunaSearchCV(net, space, cv=2, n_trials=2, random_state=0),
}
WAYS: dict[str, Callable[[Any], Any]] = {
    "fit": lambda y: mlp().fit(X, y),
    "partial_fit": lambda y: mlp().partial_fit(X, y),
    "pipeline": lambda y: make_pipeline(StandardScaler(), mlp()).fit(X, y),
    "fit_many": lambda y: fit_many([mlp(), mlp()], X, y),
    "ensemble": lambda y: Ensemble([mlp(), mlp()]).fit(X, y),
    **{
        name: lambda y, search=search: search(mlp(), {"dropout": [0.0, 0.2]}).fit(X, y)
        for name, search in SEARCHES.items()
    },
}


@pytest.mark.parametrize(
    "y",
    [Y, Y.tolist(), sparse.csr_array(Y), pd.DataFrame(Y), Y.astype(str), Y.astype(object)],
    ids=["array", "list", "sparse", "frame", "text", "objects"],
)
@pytest.mark.parametrize("way", WAYS)
def test_a_table_of_labels_is_refused(way: str, y: Any) -> None:
    """Before anything is trained, in the same sentence everywhere."""
    with refuses(
        "y has shape (60, 2), but a classifier here learns one label for each sample: put the "
        "classifier into scikit-learn's MultiOutputClassifier or OneVsRestClassifier; of one-hot "
        "rows give y.argmax(axis=1)."
    ):
        WAYS[way](y)


@pytest.mark.parametrize("y", [LISTS, pd.Series(LISTS), list(map(set, LISTS))])
@pytest.mark.parametrize("way", WAYS)
def test_lists_of_labels_are_refused(way: str, y: Any) -> None:
    """They are encoded first."""
    with refuses(
        "y holds a list of labels for each sample, but a classifier here learns one: encode them "
        "by scikit-learn's MultiLabelBinarizer, and put the classifier into a OneVsRestClassifier "
        "or MultiOutputClassifier."
    ):
        WAYS[way](y)


@pytest.mark.parametrize("several", [MultiOutputClassifier, OneVsRestClassifier])
def test_a_network_for_each_label_learns_them(several: Any) -> None:
    """Each label is told from the other."""
    found = several(mlp(epochs=60, learning_rate=0.05)).fit(X, Y)
    assert (found.predict(X) == Y).mean(axis=0).min() > 0.85


@pytest.mark.slow
@pytest.mark.parametrize("several", [MultiOutputClassifier, OneVsRestClassifier])
def test_a_plain_search_tunes_all_labels_together(several: Any) -> None:
    """One setting for the networks of all labels."""
    search = GridSearchCV(several(mlp()), {"estimator__dropout": [0.0, 0.2]}, cv=2).fit(X, Y)
    assert search.predict(X).shape == (60, 2)


@pytest.mark.slow
@pytest.mark.parametrize("several", [MultiOutputClassifier, OneVsRestClassifier])
@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_for_each_label_finds_its_own_setting(name: str, several: Any) -> None:
    """A search is a classifier too."""
    found = several(SEARCHES[name](mlp(), {"dropout": [0.0, 0.2]})).fit(X, Y)

    assert found.predict(X).shape == (60, 2)
    assert [set(each.best_params_) for each in found.estimators_] == [{"dropout"}] * 2
