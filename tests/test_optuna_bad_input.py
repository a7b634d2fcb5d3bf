"""What the search of a study refuses, in one sentence each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from optuna.distributions import FloatDistribution
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from nnest import OptunaSearchCV
from nnest.exceptions import StudyError
from tests.helpers import label
from tests.networks import mlp
from tests.studies import X, Y, search

RATES = {"dropout": FloatDistribution(0.0, 0.5)}
SAMPLERS = "'tpe', 'random', 'grid', 'qmc', 'nsga2', 'nsga3'"


def refused(sentence: str, space: Any = RATES, **settings: Any) -> None:
    """Fit a search and hold its error to the sentence, from its beginning."""
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}"):
        OptunaSearchCV(mlp(), space, **{"n_trials": 2, "cv": 2, **settings}).fit(X, Y)


@pytest.mark.parametrize(
    ("space", "sentence"),
    [
        ({}, "param_distributions is empty: give at least one parameter to search."),
        ({"dropout": []}, "param_distributions['dropout'] has no choices: give at least one"),
        (
            {"dropout": "none"},
            "param_distributions['dropout'] is 'none', which is neither a distribution of Optuna "
            "nor a list of choices: give, for example, optuna.distributions.FloatDistribution(",
        ),
        (
            {"dropuot": [0.1]},
            "'dropuot' is no parameter of MLPClassifier: did you mean 'dropout'?",
        ),
        (
            {1: FloatDistribution(0.0, 0.5), "dropout": [0.1]},
            "1 is no parameter of MLPClassifier: did you mean 'l1'?",
        ),
        (
            3,
            "param_distributions=3 is not accepted: give a dict of Optuna distributions by the "
            "names of parameters, or a function that takes a trial and returns a dict of "
            "parameters.",
        ),
        (
            lambda trial: 3,
            "param_distributions returned 3 for a trial: return a dict of the estimator's "
            "parameters.",
        ),
        (
            lambda trial: {1: 3},
            "1 is no parameter of MLPClassifier: did you mean 'l1'?",
        ),
        (
            lambda trial: {"dropuot": 3},
            "'dropuot' is no parameter of MLPClassifier: did you mean 'dropout'?",
        ),
    ],
    ids=[
        "empty",
        "no choices",
        "text",
        "unknown",
        "no text",
        "number",
        "no dict",
        "no text by function",
        "unknown by function",
    ],
)
def test_spaces(space: Any, sentence: str) -> None:
    """Nothing to search, and what is no distribution, or no parameter."""
    refused(sentence, space)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"sampler": "ramdom"},
            "sampler='ramdom' is not accepted: did you mean 'random'?",
        ),
        (
            {"sampler": "dice"},
            "sampler='dice' is not accepted: give one of tpe, random, grid, qmc, nsga2, nsga3, or "
            "an object of Optuna.",
        ),
        (
            {"sampler": 3},
            f"sampler=3 is not accepted: give one of {SAMPLERS}, a sampler of Optuna, or a "
            "function that takes a seed and returns one.",
        ),
        (
            {"sampler": lambda seed: seed},
            "sampler=0 is not accepted: give one of",
        ),
        (
            {"sampler": "grid"},
            "sampler='grid' needs choices, and 'dropout' is the range from 0.0 to 0.5 without a "
            "step: give a list of values, or another sampler.",
        ),
        (
            {"pruner": "medain"},
            "pruner='medain' is not accepted: did you mean 'median'?",
        ),
        (
            {"pruner": 3},
            "pruner=3 is not accepted: give None, one of 'median', 'halving', 'hyperband', "
            "'patient', or a pruner of Optuna.",
        ),
        (
            {"pruner": "median", "objectives": ["score", "seconds"], "refit": False},
            "pruner='median' cannot judge trials by the objectives ['score', 'seconds']: give one "
            "objective, or pruner=None.",
        ),
        (
            {"objectives": ["score", "second"], "refit": False},
            "objectives has 'second', which is neither a metric in scoring nor measured: did you "
            "mean 'seconds'?",
        ),
        (
            {"objectives": ["score", "seconds"]},
            "objectives=['score', 'seconds'] have no single best trial: give refit the name of a "
            "metric, a function that chooses from cv_results_, or False.",
        ),
        ({"objectives": []}, "objectives=[] is not accepted: give one name or several"),
        ({"objectives": [["score"]]}, "objectives=[['score']] is not accepted: give one name or"),
        (
            {"scoring": ["accuracy", "f1_macro"], "refit": False},
            "objectives has 'score', but scoring has the metrics ['accuracy', 'f1_macro']: name "
            "one of them in objectives, or in refit.",
        ),
        (
            {"constraints": {"seconds": 3}},
            "constraints has 'seconds', which is not known before a network is trained: give "
            "limits of 'parameters' and 'bytes'.",
        ),
        (
            {"constraints": {"bytes": 0}},
            "constraints['bytes']=0 is not accepted: give a number above 0.",
        ),
        (
            {"constraints": {"parameters": True}},
            "constraints['parameters']=True is not accepted: give a number above 0.",
        ),
        (
            {"constraints": 3},
            "constraints=3 is not accepted: give a dict of limits of 'parameters' and 'bytes', or "
            "None.",
        ),
        (
            {"study_name": "mine"},
            "study_name='mine' without a storage would be lost with the process: give storage as "
            "well, 'study.journal' say, or leave the name out.",
        ),
        (
            {"storage": "postgresql+nonsense://localhost/x"},
            "The driver for postgresql+nonsense://localhost/x is not installed",
        ),
        ({"n_trials": 0}, "The 'n_trials' parameter of OptunaSearchCV must be"),
        ({"timeout": -1.0}, "The 'timeout' parameter of OptunaSearchCV must be"),
        ({"group_size": 0}, "The 'group_size' parameter of OptunaSearchCV must be"),
        ({"scoring": "acuracy"}, "'acuracy' is no metric of scikit-learn: did you mean 'accuracy'"),
    ],
    ids=label,
)
def test_arguments(settings: dict[str, Any], sentence: str) -> None:
    """Each is named with what came, what is accepted, and what to do."""
    refused(sentence, **settings)


def test_grids_of_functions() -> None:
    """A grid is to be known beforehand."""
    refused(
        "sampler='grid' needs to know all settings beforehand: give param_distributions as a "
        "dict, or another sampler.",
        lambda trial: {"dropout": trial.suggest_float("dropout", 0.0, 0.5)},
        sampler="grid",
    )


def test_other_estimators() -> None:
    """They are for other searches."""
    with pytest.raises(TypeError, match="is no network of this package"):
        OptunaSearchCV(LogisticRegression(), {"C": [1.0]}).fit(X, Y)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"space": {"dropout": [0.0, 0.3]}}, "The study 'one' has another space: "),
        ({"estimator": mlp(epochs=3)}, "The study 'one' has another estimator: MLPClassifier("),
        ({"cv": KFold(2)}, "The study 'one' has another cv: StratifiedKFold("),
        ({"scoring": "f1_macro"}, "The study 'one' has another scoring: None there, 'f1_macro'"),
        ({"random_state": 4}, "The study 'one' has another seed: 0 there, 4 here."),
        ({"group_size": 7}, "The study 'one' has another group_size: 2 there, 7 here."),
        ({"constraints": {"bytes": 9e9}}, "The study 'one' has another constraints: "),
        (
            {"objectives": ["score", "parameters"]},
            "The study 'one' has other objectives (maximize) than this search (maximize, "
            "minimize): give another study_name.",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_another_study_of_this_name(changed: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    """A study is gone on with by what it was started with, and by nothing else."""
    settings: dict[str, Any] = {
        "space": {"dropout": [0.0, 0.4]},
        "storage": tmp_path / "study.journal",
        "study_name": "one",
        "n_trials": 2,
        "group_size": 2,
    }
    search(**settings).fit(X, Y)

    with pytest.raises(StudyError, match=f"^{re.escape(sentence)}"):
        search(**{**settings, **changed}).fit(X, Y)
    with pytest.raises(StudyError, match=r"^The study 'one' has another data: "):
        search(**settings).fit(X + 1, Y)
