"""scikit-learn's own checks of an estimator, all of them, on convolutional networks."""

from __future__ import annotations

from typing import Any

from sklearn.utils.estimator_checks import parametrize_with_checks

from nnest import CNNClassifier, CNNRegressor
from tests.networks import CONTRACT_OF_PICTURES, expected_failures


@parametrize_with_checks(
    [CNNClassifier(**CONTRACT_OF_PICTURES), CNNRegressor(**CONTRACT_OF_PICTURES)],
    expected_failed_checks=expected_failures,
)
def test_contract(estimator: Any, check: Any) -> None:
    """Tags, cloning, shapes, types, errors, weights, pickling: what scikit-learn asks of all."""
    check(estimator)
