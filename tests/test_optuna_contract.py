"""scikit-learn's own checks of an estimator, on searches of studies."""

from __future__ import annotations

from typing import Any

import pytest
from optuna.distributions import FloatDistribution
from sklearn.utils.estimator_checks import parametrize_with_checks

from nnest import MLPClassifier, MLPRegressor, OptunaSearchCV
from tests.networks import CONTRACT, expected_failures

pytestmark = pytest.mark.slow
SPACE = {"l2": FloatDistribution(0.0, 1e-4)}


@parametrize_with_checks(
    [
        OptunaSearchCV(
            cls(**CONTRACT, random_state=0), SPACE, n_trials=2, cv=2, error_score="raise"
        )
        for cls in (MLPClassifier, MLPRegressor)
    ],
    expected_failed_checks=expected_failures,
)
def test_contract(estimator: Any, check: Any) -> None:
    """What scikit-learn asks of its own searches."""
    check(estimator)
