"""Search depth, dropout and L2 of a convolutional network on MNIST: ``make mnist-grid``.

Killed at any moment and called again, it goes on where it was. When it is done, it adds one line to
``book/results/mnist-grid/cnn.jsonl``, from which the page on this grid is made.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.model_selection import StratifiedKFold

from nnest import CNNClassifier, VectorizedGridSearchCV
from nnest.datasets import fetch_mnist
from nnest.results import git_state, source_digest, to_plain, versions

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "book" / "results"
GRID = {
    "filters": [(16,), (16, 32), (16, 32, 32)],
    "dropout": [0.0, 0.25, 0.5],
    "l2": [0.0, 1e-4, 1e-3],
}
PACKAGES = ("nnest-estimators", "keras", "jax", "numpy", "scikit-learn")


def make_search(epochs: int, checkpoint: Path) -> VectorizedGridSearchCV:
    """Return the search, not fitted.

    Parameters
    ----------
    epochs : int
        Of each training.
    checkpoint : Path
        Where its state is kept while it runs.

    Returns
    -------
    VectorizedGridSearchCV
        A search of three folds with a refit.
    """
    network = CNNClassifier(
        hidden_units=(64,), padding="valid", batch_size=64, epochs=epochs, random_state=0
    )
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    return VectorizedGridSearchCV(network, GRID, cv=folds, checkpoint=checkpoint)


def images(part: str, n: int | None = None) -> tuple[Any, Any]:
    """Return a part of MNIST, pixels from 0 to 1, in proportion to the classes if it is cut.

    Parameters
    ----------
    part : {"train", "test"}
        The official part.
    n : int or None, default=None
        How many images; None is all.

    Returns
    -------
    images, labels : ndarray
        Of shape (n, 28, 28) and (n,).
    """
    mnist = fetch_mnist()
    X, y = (mnist.data, mnist.target) if part == "train" else (mnist.data_test, mnist.target_test)
    if n is not None and n < len(y):
        rows = np.sort(np.random.default_rng(0).permutation(len(y))[:n])
        X, y = X[rows], y[rows]
    return np.asarray(X, np.float32).reshape(-1, 28, 28) / 255, np.asarray(y)


def describe(search: Any, seconds: float, test: tuple[Any, Any], n_train: int) -> dict[str, Any]:
    """Return what the search found as plain values.

    Parameters
    ----------
    search : VectorizedGridSearchCV
        Fitted.
    seconds : float
        How long the last call took; less than all if an earlier one was killed.
    test : (ndarray, ndarray)
        Images and labels that took no part in the search.
    n_train : int
        Number of images that were searched on.

    Returns
    -------
    dict
        Settings with the score of each fold, the best one, and its accuracy on the test images.
    """
    results = search.cv_results_
    scores = np.array([results[f"split{i}_test_score"] for i in range(search.n_splits_)]).T
    commit, dirty = git_state(ROOT, exclude=[RESULTS])
    return {
        "settings": to_plain(results["params"]),
        "scores": scores.tolist(),
        "best": to_plain(search.best_params_),
        "best_score": float(search.best_score_),
        "test_accuracy": float(search.best_estimator_.score(*test)),
        "epochs": search.estimator.epochs,
        "n_train": n_train,
        "n_test": len(test[1]),
        "seconds": seconds,
        "refit_seconds": search.refit_time_,
        "cores": joblib.cpu_count(),
        "versions": versions(PACKAGES),
        "code": {
            "commit": commit,
            "dirty": dirty,
            "source_digest": source_digest(ROOT / "nnest"),
        },
    }


def main(argv: list[str] | None = None) -> None:
    """Search, test the winner once, record and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=6000, help="training images")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the records")
    options = parser.parse_args(argv)
    X, y = images("train", options.images)
    search = make_search(options.epochs, options.results / ".running" / "mnist-grid")
    begun = time.perf_counter()
    search.set_params(estimator__verbose=1).fit(X, y)
    record = describe(search, time.perf_counter() - begun, images("test"), len(y))
    path = options.results / "mnist-grid" / "cnn.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record, sort_keys=True, allow_nan=False) + "\n")
    print(f"best of {len(record['settings'])} settings: {record['best']}")
    print(f"score that chose {record['best_score']:.4f}, tested {record['test_accuracy']:.4f}")


if __name__ == "__main__":
    main()
