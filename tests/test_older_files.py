"""Files of older versions open, and predict what they predicted."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

import nnest
from nnest.estimators import CNNClassifier, MLPClassifier
from tests.helpers import ROOT

FOLDER = ROOT / "tests" / "fixtures"
DIGITS = (load_digits().data[:5] / 16).astype("float32")


@pytest.mark.parametrize("version", sorted(path.name for path in FOLDER.iterdir()))
@pytest.mark.parametrize(
    ("name", "kind", "shape"), [("mlp", MLPClassifier, (64,)), ("cnn", CNNClassifier, (8, 8))]
)
def test_a_file_of_an_older_version_opens(
    version: str, name: str, kind: type, shape: tuple[int, ...]
) -> None:
    """With the probabilities of the first digits that the older version gave."""
    net = nnest.load(FOLDER / version / f"{name}.zip")
    expected = np.loadtxt(FOLDER / version / f"{name}.csv", delimiter=",")

    assert type(net) is kind
    found = net.predict_proba(DIGITS.reshape(-1, *shape))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
