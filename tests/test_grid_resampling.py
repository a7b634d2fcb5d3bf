"""Searches over pipelines whose steps make or drop training rows, as imbalanced-learn's do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from nnest import MLPRegressor, OptunaSearchCV, VectorizedGridSearchCV
from tests.networks import mlp, network
from tests.searches import assert_same, both, table

X, Y = table()
DROPOUT = {"net__dropout": [0.0, 0.4]}


class Resampling(Pipeline):
    """What imbalanced-learn's pipeline does: samplers work in `fit`, and only there."""

    def _validate_steps(self) -> None:
        """Accept steps without `transform`."""

    def _iter(self, *args: Any, **settings: Any) -> Any:
        """Leave samplers out."""
        return (each for each in super()._iter(*args, **settings) if not _samples(each[-1]))

    def fit(self, X: Any, y: Any = None, **params: Any) -> Resampling:
        """Fit all steps, samplers included."""
        self.steps = list(self.steps)
        for i, (name, step) in enumerate(self.steps[:-1]):
            if step == "passthrough":
                continue
            fresh = clone(step)
            self.steps[i] = (name, fresh)
            if _samples(fresh):
                X, y = fresh.fit_resample(X, y)
            else:
                X = fresh.fit_transform(X, y)
        name, last = self.steps[-1]
        last.fit(X, y, **{key.removeprefix(f"{name}__"): value for key, value in params.items()})
        return self


def _samples(step: Any) -> bool:
    """Tell whether a step makes or drops rows."""
    return hasattr(step, "fit_resample")


class Sampler(BaseEstimator):
    """Repeats the rows of one class, drops rows of another, or both."""

    def __init__(self, repeat: Any = None, drop: Any = None, keep: int = 3) -> None:
        self.repeat = repeat
        self.drop = drop
        self.keep = keep

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Return other rows."""
        dropped = np.flatnonzero(y == self.drop)[self.keep :]
        more = np.flatnonzero(y == self.repeat)
        rows = np.concatenate([np.setdiff1d(np.arange(len(y)), dropped), more, more])
        return X[rows], np.asarray(y)[rows]


MAKES = Sampler(repeat=0)
DROPS = Sampler(drop=0)
BOTH = Sampler(repeat=1, drop=0, keep=0)


def pipe(sampler: Any, net: Any = None, before: Any = None) -> Any:
    """Return a pipeline of a sampler and a network."""
    first = [] if before is None else [("before", before)]
    return Resampling([*first, ("sampler", sampler), ("net", net or mlp())])


@pytest.mark.parametrize(
    "pipeline",
    [
        pipe(MAKES, before=StandardScaler()),
        pipe(DROPS),
        pipe(Sampler(repeat=1, drop=0), mlp(early_stopping=True)),
    ],
    ids=["makes", "drops", "both"],
)
def test_only_the_name_differs(pipeline: Any) -> None:
    """Networks are trained on all rows that a sampler has made, and on none that it has dropped."""
    settings = {"cv": 2, "scoring": "neg_log_loss", "refit": False, "error_score": "raise"}
    assert_same(*both(pipeline, DROPOUT, X, Y, **settings))


def test_pipelines_of_imbalanced_learn() -> None:
    """The package itself: rows of a rare class are made between their neighbors."""
    from imblearn.over_sampling import SMOTE
    from imblearn.pipeline import Pipeline as Resampled

    kept = np.flatnonzero((Y != 0) | (np.arange(len(Y)) % 3 == 0))
    pipeline = Resampled([("over", SMOTE(k_neighbors=2, random_state=0)), ("net", mlp())])
    settings = {"cv": 2, "scoring": "recall_macro", "refit": False, "error_score": "raise"}

    assert_same(*both(pipeline, DROPOUT, X[kept], Y[kept], **settings))


def test_settings_of_a_sampler_are_searched() -> None:
    """Those of each setting are fitted by themselves; not to sample is a choice too."""
    grid = {"sampler": [MAKES, DROPS, "passthrough"]}

    assert_same(*both(pipe(MAKES), grid, X, Y, cv=2, scoring="neg_log_loss", refit=False))


def test_regressors() -> None:
    """Rows of numbers are made and dropped too."""
    numbers, settings = Y.astype(float), {"cv": 2, "refit": False, "error_score": "raise"}

    assert_same(*both(pipe(MAKES, network(MLPRegressor)), DROPOUT, X, numbers, **settings))


@pytest.mark.parametrize(
    ("sampler", "pruner"), [(MAKES, None), (MAKES, "median"), (BOTH, "median")], ids=str
)
def test_studies_have_the_scores_of_a_grid(sampler: Any, pruner: Any) -> None:
    """With a pruner too, which watches the test rows as they are and not as they are sampled."""
    grid = {"net__dropout": CategoricalDistribution([0.0, 0.4])}
    expected = GridSearchCV(pipe(sampler), DROPOUT, cv=2, refit=False).fit(X, Y)

    done = OptunaSearchCV(
        pipe(sampler), grid, cv=2, n_trials=2, sampler="grid", pruner=pruner, refit=False
    ).fit(X, Y)

    found = {each["net__dropout"]: i for i, each in enumerate(done.cv_results_["params"])}
    for i, params in enumerate(expected.cv_results_["params"]):
        for fold in range(2):
            name = f"split{fold}_test_score"
            mine = done.cv_results_[name][found[params["net__dropout"]]]
            assert mine == pytest.approx(expected.cv_results_[name][i], abs=1e-3)


def test_sizes_are_known_before() -> None:
    """A limit of size looks at the rows that are left."""
    done = OptunaSearchCV(
        pipe(DROPS), DROPOUT, cv=2, n_trials=1, constraints={"parameters": 10**6}, refit=False
    ).fit(X, Y)

    assert done.best_trial_.user_attrs["parameters"] == 36 * 8 + 8 + 8 * 3 + 3


def test_weights_that_do_not_fit_the_rows_fail() -> None:
    """As they do with scikit-learn: nobody knows the weight of a row that is made."""
    weights = {"net__sample_weight": np.ones(len(Y))}

    for search in (GridSearchCV, VectorizedGridSearchCV):
        with pytest.raises(ValueError, match="All the 2 fits failed"):
            search(pipe(MAKES), {"net__l2": [0.0]}, cv=2).fit(X, Y, **weights)
