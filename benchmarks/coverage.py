"""How often sets and intervals hold the truth: ``python -m benchmarks.coverage``.

Small networks of five folds answer test rows of 20 divisions of each data set. MAPIE, where it is
installed, gets the same predictions of the same folds, so that only the step from predictions to
sets is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, make_classification

from benchmarks._runs import Row, arguments, measure_all

ALPHAS = (0.05, 0.1)
FOLDS = 5
#: How far the mean coverage may be below and above the promise, and the size from MAPIE's.
BARS = (0.01, 0.04, 0.1)
Samples = tuple[np.ndarray, np.ndarray]


def _made_classes(**settings: Any) -> Samples:
    """Return 4,000 rows of three classes that overlap."""
    X, y = make_classification(
        4000, 20, n_informative=5, n_redundant=0, n_classes=3, random_state=0, **settings
    )
    return X, y


def _mnist() -> Samples:
    """Return the first 4,000 training pictures."""
    from nnest.datasets import fetch_mnist

    known = fetch_mnist()
    return known.data[:4000].reshape(4000, -1), known.target[:4000]


def _made_numbers(noise: str) -> Samples:
    """Return 4,000 rows of a smooth function of five numbers, with a noise."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4000, 5))
    return X, np.sin(2 * X[:, 0]) + X[:, 1] + 0.5 * X[:, 2] ** 2 + NOISES[noise](rng, X)


#: What makes each data set, and how many rows are trained on and tested on.
CLASSES: dict[str, tuple[Callable[[], Samples], int, int]] = {
    "digits": (lambda: load_digits(return_X_y=True), 400, 1000),
    "breast cancer": (lambda: load_breast_cancer(return_X_y=True), 300, 269),
    "MNIST": (_mnist, 400, 1000),
    "made: noisy labels": (lambda: _made_classes(flip_y=0.1), 400, 1000),
    "made: rare class": (lambda: _made_classes(weights=[0.6, 0.3], flip_y=0.05), 400, 1000),
}
#: The noise of made numbers, from a generator and the rows.
NOISES: dict[str, Callable[[np.random.Generator, np.ndarray], np.ndarray]] = {
    "normal noise": lambda rng, X: rng.normal(size=len(X)),
    "unequal noise": lambda rng, X: np.abs(X[:, 0]) * rng.normal(size=len(X)),
    "heavy tails": lambda rng, X: 0.5 * rng.standard_t(2, len(X)),
    "skewed noise": lambda rng, X: rng.exponential(size=len(X)),
}
NUMBERS: dict[str, tuple[Callable[[], Samples], int, int]] = {
    "diabetes": (lambda: load_diabetes(return_X_y=True), 300, 142),
    **{f"made: {noise}": (partial(_made_numbers, noise), 300, 1000) for noise in NOISES},
}


def rows(splits: int, epochs: int) -> list[Row]:
    """Return a row for each data set."""
    return [
        Row(name, "coverage:measure", {"name": name, "splits": splits, "epochs": epochs})
        for name in (*CLASSES, *NUMBERS)
    ]


def measure(name: str, splits: int, epochs: int) -> list[dict[str, Any]]:
    """Return coverage and size at each alpha, means over the divisions."""
    X, y = (CLASSES.get(name) or NUMBERS[name])[0]()
    X = (X - X.mean(axis=0)) / np.maximum(X.std(axis=0), 1e-9)
    if name in NUMBERS:
        y = (y - y.mean()) / y.std()
    found: dict[float, list[dict[str, float]]] = {alpha: [] for alpha in ALPHAS}
    for division in _divisions(name, X, y, splits, epochs):
        for alpha in ALPHAS:
            found[alpha].append(division(alpha))
    return [{"alpha": alpha, **_summary(each)} for alpha, each in found.items()]


def _summary(divisions: list[dict[str, float]]) -> dict[str, float]:
    """Return the means over divisions, and the standard error of the coverage."""
    means = {name: float(np.mean([each[name] for each in divisions])) for name in divisions[0]}
    spread = np.std([each["coverage"] for each in divisions], ddof=1) / len(divisions) ** 0.5
    return {**means, "coverage_error": float(spread)}


def _divisions(name: str, X: np.ndarray, y: np.ndarray, splits: int, epochs: int) -> list[Any]:
    """Train all folds of all divisions together; return what measures each."""
    from nnest import MLPClassifier, MLPRegressor, fit_many

    _, n_train, n_test = CLASSES.get(name) or NUMBERS[name]
    rng = np.random.default_rng(0)
    drawn = [rng.permutation(len(y))[: n_train + n_test] for _ in range(splits)]
    fold = np.arange(n_train) % FOLDS  # rows are in random order
    network = MLPClassifier if name in CLASSES else MLPRegressor
    nets = [
        network(hidden_units=(32,), learning_rate=0.01, epochs=epochs, random_state=seed)
        for seed in range(splits * FOLDS)
    ]
    parts = [(each[:n_train][fold != k], ()) for each in drawn for k in range(FOLDS)]
    fit_many(nets, X, y, splits=parts)
    return [
        _Division(nets[FOLDS * i : FOLDS * (i + 1)], X[each], y[each], fold)
        for i, each in enumerate(drawn)
    ]


class _Division:
    """The networks of five folds, and what they predict of all rows of a division."""

    def __init__(self, nets: list[Any], X: np.ndarray, y: np.ndarray, fold: np.ndarray) -> None:
        from nnest import Ensemble

        self._classifies = hasattr(nets[0], "classes_")
        self._fold, self._y, n = fold, y, len(fold)
        self._X_test = X[n:]
        ask = [net.predict_proba if self._classifies else net.predict for net in nets]
        self._table = np.stack([np.asarray(one(X), np.float64) for one in ask])
        if self._classifies:
            self._table /= self._table.sum(axis=2, keepdims=True)
        places = [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(FOLDS)]
        self._ensemble = Ensemble.from_folds(
            nets, None, y[:n], places, predictions=self._table[fold, np.arange(n)]
        )

    def __call__(self, alpha: float) -> dict[str, float]:
        """Return coverage and mean size, and those of MAPIE."""
        ask = self._ensemble.predict_set if self._classifies else self._ensemble.predict_interval
        coverage, size = self._rate(ask(self._X_test, alpha))
        found = {"coverage": coverage, "size": size}
        if find_spec("mapie") is not None:
            theirs = self._rate(self._mapie(alpha))
            found |= {"mapie_coverage": theirs[0], "mapie_size": theirs[1]}
        return found

    def _rate(self, answers: np.ndarray) -> tuple[float, float]:
        """Return the share that holds the truth, and the mean size or width."""
        truth = self._y[len(self._fold) :]
        if self._classifies:
            return float(answers[np.arange(len(truth)), truth].mean()), float(answers.sum(1).mean())
        low, high = answers.T
        return float(((low <= truth) & (truth <= high)).mean()), float((high - low).mean())

    def _mapie(self, alpha: float) -> np.ndarray:
        """Return MAPIE's sets or intervals from the same predictions."""
        from mapie.classification import CrossConformalClassifier
        from mapie.regression import CrossConformalRegressor
        from sklearn.model_selection import PredefinedSplit

        n = len(self._fold)
        places = np.arange(len(self._y))[:, None]  # samples are row numbers of the table
        known = {"confidence_level": 1 - alpha, "cv": PredefinedSplit(self._fold)}
        if not self._classifies:
            regressor = CrossConformalRegressor(
                KnownNumbers(self._table, self._fold), method="plus", **known
            )
            regressor.fit_conformalize(places[:n], self._y[:n])
            return np.asarray(regressor.predict_interval(places[n:])[1][:, :, 0])
        classifier = CrossConformalClassifier(
            KnownClasses(self._table, self._fold), conformity_score="lac", **known
        )
        classifier.fit_conformalize(places[:n], self._y[:n])
        return np.asarray(classifier.predict_set(places[n:], agg_scores="crossval")[1][:, :, 0])


class _Known(BaseEstimator):
    """An estimator whose predictions of every row are known for each fold.

    It learns from the rows that it is fitted with which fold it is.
    """

    def __init__(self, table: np.ndarray, fold: np.ndarray) -> None:
        self.table, self.fold = table, fold

    def fit(self, X: np.ndarray, y: np.ndarray) -> _Known:
        """Find the fold that is not among the rows; without one, take the mean of all."""
        held = np.setdiff1d(self.fold, self.fold[X[:, 0]])
        self.known_ = self.table[held[0]] if len(held) else self.table.mean(axis=0)
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return numbers, or the labels of the largest probabilities."""
        found = self.known_[X[:, 0]]
        return found if found.ndim == 1 else self.classes_[found.argmax(axis=1)]


class KnownNumbers(RegressorMixin, _Known):
    """A regressor whose predictions are known."""


class KnownClasses(ClassifierMixin, _Known):
    """A classifier whose probabilities are known."""

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the probabilities of rows."""
        return np.asarray(self.known_[X[:, 0]])


def judge(record: dict[str, Any]) -> str:
    """Return which bars a record misses, in words; empty if it misses none."""
    below, above, off = BARS
    promise = 1 - record["alpha"]
    missed = []
    if record["coverage"] < promise - below:
        missed.append("too seldom")
    if record["coverage"] > promise + above:
        missed.append("too often")
    if abs(record["size"] / record.get("mapie_size", record["size"]) - 1) > off:
        missed.append("size unlike MAPIE's")
    return ", ".join(missed)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, record and print."""
    parser = arguments("How often sets and intervals hold the truth.", splits=20, epochs=15)
    parser.set_defaults(repeats=1)
    options = parser.parse_args(argv)
    for each in measure_all("coverage", rows(options.splits, options.epochs), options):
        theirs = ""
        if "mapie_size" in each:
            theirs = f"; MAPIE {each['mapie_coverage']:6.1%}, {each['mapie_size']:.3f}"
        print(
            f"{each['row']:22} alpha {each['alpha']:.2f}: {each['coverage']:6.1%} "
            f"± {each['coverage_error']:.1%}, size {each['size']:.3f}{theirs}  {judge(each)}"
        )


if __name__ == "__main__":
    main()
