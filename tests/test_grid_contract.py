"""scikit-learn's own checks of an estimator, on grid searches of networks."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from nnest import MLPClassifier, MLPRegressor, VectorizedGridSearchCV
from tests.networks import CONTRACT, expected_failures

pytestmark = pytest.mark.slow
GRID = {"l2": [0.0, 1e-4]}


@parametrize_with_checks(
    [
        VectorizedGridSearchCV(cls(**CONTRACT, random_state=0), GRID, cv=2, error_score="raise")
        for cls in (MLPClassifier, MLPRegressor)
    ],
    expected_failed_checks=expected_failures,
)
def test_contract(estimator: Any, check: Any) -> None:
    """What scikit-learn asks of its own searches."""
    check(estimator)
