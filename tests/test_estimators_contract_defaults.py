"""scikit-learn's own checks, all of them, on estimators as their constructors make them."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from tests.networks import ESTIMATORS, expected_failures

pytestmark = pytest.mark.slow


# Not strict: whether float32 rounds two sums alike to 1e-7 depends on the processor.
@parametrize_with_checks(
    [cls() for cls in ESTIMATORS], expected_failed_checks=expected_failures, xfail_strict=False
)
def test_contract(estimator: Any, check: Any) -> None:
    """No setting has to be changed before an estimator is one of scikit-learn's."""
    check(estimator)
