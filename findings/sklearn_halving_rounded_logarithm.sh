#!/bin/sh
# scikit-learn: halving of 243 candidates by 3 has one iteration fewer than it promises.
#
# One would guess: with factor 3 and resources enough, successive halving goes on until fewer than
# three candidates are compared: 243, 81, 27, 9, 3, 1.
#
# What happens: the number of iterations is floor(log(n, factor)) + 1, and log(243, 3) is
# 4.999999999999999 in floating point. The last iteration compares three candidates, and its
# resources are a third of what they could be with min_resources="smallest". The same happens for
# 1000 candidates by 10.
#
# Why it matters: powers of the factor are the sizes that people choose, and the winner is then
# chosen with a third of the training that was asked for.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq scikit-learn==1.9.1
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
from math import log

import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import HalvingGridSearchCV

print("scikit-learn", sklearn.__version__)


class Fixed(ClassifierMixin, BaseEstimator):
    """A classifier with a score of its own."""

    def __init__(self, mark=0, epochs=1):
        self.mark = mark
        self.epochs = epochs

    def fit(self, X, y):
        """Learn nothing."""
        self.classes_ = [0, 1]
        return self

    def score(self, X, y):
        """Return its mark."""
        return self.mark


def rungs(n, factor):
    """Return candidates and resources of each iteration."""
    search = HalvingGridSearchCV(
        Fixed(), {"mark": list(range(n))}, resource="epochs", factor=factor, cv=2,
        max_resources=10_000, min_resources="smallest", refit=False,
    )
    search.fit([[0.0]] * 8, [0, 1] * 4)
    return search.n_candidates_, search.n_resources_


for n, factor in ((81, 3), (243, 3), (1000, 10)):
    print(n, "by", factor, "log", log(n, factor), "candidates, resources:", *rungs(n, factor))
assert rungs(81, 3) == ([81, 27, 9, 3, 1], [1, 3, 9, 27, 81])
assert rungs(243, 3) == ([243, 81, 27, 9, 3], [1, 3, 9, 27, 81])
assert rungs(1000, 10) == ([1000, 100, 10], [1, 10, 100])
print("as described")
PYTHON
