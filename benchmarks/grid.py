"""A small grid search, by several packages: ``python -m benchmarks.grid``."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from typing import Any

from benchmarks._runs import Row, arguments, measure_all
from benchmarks._studies import digits, splits_of
from benchmarks._tables import show, summarize
from benchmarks.peers import PEERS

DROPOUTS = (0.0, 0.1, 0.2, 0.3, 0.4)
PENALTIES = (0.0, 1e-5, 1e-4)
BASE = "nnest, VectorizedGridSearchCV"


def rows(epochs: int, folds: int, dropouts: int, penalties: int, samples: int) -> list[Row]:
    """Return the ways to search the grid; the slowest peers are not measured warm.

    Parameters
    ----------
    epochs, folds : int
        Of each training, and of the cross-validation.
    dropouts, penalties : int
        How many values of each the grid has.
    samples : int
        How many of the digits are used.

    Returns
    -------
    list of Row
        The peers, then this package.
    """
    size = {
        "epochs": epochs,
        "folds": folds,
        "dropouts": DROPOUTS[:dropouts],
        "penalties": PENALTIES[:penalties],
        "samples": samples,
    }

    def row(name: str, peer: str, needs: str, /, **settings: Any) -> Row:
        environment = settings.pop("environment", {})
        return Row(name, "grid:search", {"peer": peer, **size, **settings}, environment, (needs,))

    on_tensorflow = {"KERAS_BACKEND": "tensorflow"}
    return [
        row("scikeras on TensorFlow", "scikeras", "tensorflow", warm=False,
            environment=on_tensorflow),
        row("scikeras on JAX", "scikeras", "scikeras", warm=False),
        row("skorch, 1 thread", "skorch", "skorch", warm=False, threads=1),
        row("skorch, 2 threads", "skorch", "skorch", warm=False, threads=2),
        row("scikit-learn MLPClassifier", "sklearn", "sklearn"),
        row("nnest, GridSearchCV", "nnest", "nnest"),
        row(BASE, "nnest", "nnest", together=True),
    ]  # fmt: skip


def search(
    peer: str,
    *,
    epochs: int,
    folds: int,
    dropouts: Sequence[float],
    penalties: Sequence[float],
    samples: int,
    warm: bool = True,
    threads: int | None = None,
    together: bool = False,
) -> list[dict[str, Any]]:
    """Search the grid once, and once more in the same process if asked to.

    Parameters
    ----------
    peer : str
        A key of `PEERS`.
    epochs, folds, dropouts, penalties, samples
        The size of the work.
    warm : bool, default=True
        Whether to search a second time.
    threads : int, optional
        Threads of torch.
    together : bool, default=False
        Whether this package's own search is used instead of scikit-learn's.

    Returns
    -------
    list of dict
        Start, seconds, mean score over all settings, and number of trainings.
    """
    from sklearn.exceptions import ConvergenceWarning

    warnings.simplefilter("ignore", ConvergenceWarning)
    if threads is not None:
        import torch

        torch.set_num_threads(threads)
    X, y = digits(samples)
    # A list of folds: not all peers are seen as classifiers, and those would not be stratified.
    splits = splits_of(X, y, folds)
    measured = []
    for start in ("cold", "warm") if warm else ("cold",):
        estimator, grid = PEERS[peer](epochs, dropouts, penalties)
        found = _search(estimator, grid, splits, together)
        begun = time.perf_counter()
        found.fit(X, y)
        seconds = time.perf_counter() - begun
        scores = found.cv_results_["mean_test_score"]
        fits = len(scores) * len(splits)
        score = float(scores.mean())
        measured.append({"start": start, "seconds": seconds, "score": score, "fits": fits})
    return measured


def _search(estimator: Any, grid: dict[str, list[Any]], splits: list[Any], together: bool) -> Any:
    """Return the search over a grid."""
    import sklearn.model_selection

    if together:
        import nnest

        kind = nnest.VectorizedGridSearchCV
    else:
        kind = sklearn.model_selection.GridSearchCV
    return kind(estimator, grid, scoring="accuracy", cv=splits, refit=False, error_score="raise")


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, record and print."""
    sizes = {"epochs": 20, "folds": 5, "dropouts": 5, "penalties": 3, "samples": 1797}
    options = arguments("A grid search over dropout and L2 on digits.", **sizes).parse_args(argv)
    ways = rows(**{name: getattr(options, name) for name in sizes})
    records = measure_all("grid", ways, options)
    for start in ("cold", "warm"):
        found = [each for each in records if each["start"] == start]
        lines = summarize(found, "seconds", base=BASE)
        print(show(f"\nThe whole search, {start}", lines, "seconds"))


if __name__ == "__main__":
    main()
