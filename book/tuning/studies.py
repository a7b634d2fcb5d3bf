"""Tune a network on MNIST and one on Fashion-MNIST with Optuna: ``make studies``.

Killed at any moment and called again, it goes on where it was. Each study is a journal of Optuna
in ``book/results/studies/``; beside it lie its trials as a table, and one line on what they came
to: the winner and the estimator's defaults, trained anew and scored on images that chose nothing.
A second line compares the two again on other training images.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import joblib
import numpy as np
from optuna.pruners import MedianPruner
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold

from nnest import CNNClassifier, MLPClassifier, OptunaSearchCV, fit_many
from nnest.datasets import fetch
from nnest.results import git_state, source_digest, to_plain, versions
from nnest.stats import mean_interval, paired_interval
from nnest.studies import trial_table

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "book" / "results"
PACKAGES = ("nnest-estimators", "keras", "jax", "numpy", "scikit-learn", "optuna")
FOLDS = 3
#: Of the search; networks that are tested afterwards have seeds that no trial had.
SEED = 0
FRESH_SEEDS = (1000, 1001, 1002, 1003, 1004)


def perceptron_space(trial: Any) -> dict[str, Any]:
    """Suggest one to three layers of one width, and what does not change their shapes."""
    layers = trial.suggest_int("layers", 1, 3)
    width = trial.suggest_categorical("width", (32, 64, 128, 256))
    return {
        "hidden_units": (width,) * layers,
        "batch_norm_at": trial.suggest_categorical("batch_norm_at", (None, "every")),
        "dropout": trial.suggest_float("dropout", 0.0, 0.7),
        "l2": trial.suggest_float("l2", 1e-7, 1e-1, log=True),
        "learning_rate": trial.suggest_float("learning_rate", 1e-5, 1e-1, log=True),
    }


def convolutional_space(trial: Any) -> dict[str, Any]:
    """Suggest one to three convolutions, each with twice the filters of the last, and the rest."""
    convolutions = trial.suggest_int("convolutions", 1, 3)
    filters = trial.suggest_categorical("filters_1", (8, 16, 32))
    hidden = trial.suggest_int("hidden_layers", 0, 1)
    return {
        "filters": tuple(min(64, filters * 2**i) for i in range(convolutions)),
        "hidden_units": (trial.suggest_categorical("width", (32, 64, 128)),) if hidden else (),
        "conv_dropout": trial.suggest_float("conv_dropout", 0.0, 0.5),
        "dropout": trial.suggest_float("dropout", 0.0, 0.7) if hidden else 0.0,
        "l2": trial.suggest_float("l2", 1e-7, 1e-1, log=True),
        "learning_rate": trial.suggest_float("learning_rate", 1e-5, 1e-1, log=True),
    }


class Plan(NamedTuple):
    """A study.

    Parameters
    ----------
    name : str
        Names its folder and the study.
    dataset : str
        A name of `nnest.datasets`.
    network : estimator
        What is tuned; as it is, it is the default that the winner is compared with.
    space : callable
        Suggests a setting.
    n_images : int
        Training images of the study, of all folds together; also of each fresh part.
    n_trials : int
        Complete and pruned trials.
    """

    name: str
    dataset: str
    network: Any
    space: Callable[[Any], dict[str, Any]]
    n_images: int
    n_trials: int


PLANS = {
    "mnist": Plan(
        "mnist", "mnist", CNNClassifier(epochs=6, batch_size=64), convolutional_space, 6000, 60
    ),
    "fashion-mnist": Plan(
        "fashion-mnist", "fashion_mnist", MLPClassifier(epochs=10, batch_size=64),
        perceptron_space, 10000, 80,
    ),
}  # fmt: skip


class Images(NamedTuple):
    """A data set whose training part is cut into parts of one size, in proportion to the classes.

    Parameters
    ----------
    X, y : ndarray
        Images, pixels from 0 to 1, and labels of the training part.
    parts : list of ndarray
        Rows of each part; the first is searched on.
    test : (ndarray, ndarray)
        The official test part.
    """

    X: np.ndarray
    y: np.ndarray
    parts: list[np.ndarray]
    test: tuple[np.ndarray, np.ndarray]


def images(plan: Plan) -> Images:
    """Return the images of a plan."""
    found = fetch(plan.dataset)
    X, X_test = (
        np.asarray(each, np.float32).reshape(len(each), -1) / found.max_value
        for each in (found.data, found.data_test)
    )
    y, y_test = np.asarray(found.target), np.asarray(found.target_test)
    parts = StratifiedKFold(len(y) // plan.n_images, shuffle=True, random_state=SEED)
    return Images(X, y, [rows for _, rows in parts.split(X, y)], (X_test, y_test))


def folds() -> StratifiedKFold:
    """Return what cuts a part into the folds of a search."""
    return StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)


def make_search(plan: Plan, results: Path) -> OptunaSearchCV:
    """Return the search of a plan, not fitted.

    Parameters
    ----------
    plan : Plan
        What is searched.
    results : Path
        Folder of the records.

    Returns
    -------
    OptunaSearchCV
        A search by TPE that stops trials which are below the median of those before.
    """
    folder = results / "studies" / plan.name
    folder.mkdir(parents=True, exist_ok=True)
    return OptunaSearchCV(
        plan.network,
        plan.space,
        n_trials=plan.n_trials,
        scoring="accuracy",
        cv=folds(),
        sampler="tpe",
        pruner=MedianPruner(n_startup_trials=10, n_warmup_steps=1),
        storage=str(folder / "journal.jsonl"),
        study_name=plan.name,
        checkpoint=results / ".running" / plan.name,
        random_state=SEED,
        refit=False,
        verbose=1,
    )


class Training(NamedTuple):
    """One network of the comparison: whose setting, for which table, its seed and its rows."""

    who: str
    table: str
    place: int
    seed: int
    train: np.ndarray
    scored: np.ndarray | None

    def score(self, network: Any, data: Images) -> float:
        """Return the accuracy on the rows that are left out, or on the test part."""
        if self.scored is None:
            return float(network.score(*data.test))
        return float(network.score(data.X[self.scored], data.y[self.scored]))


def trainings(data: Images) -> list[Training]:
    """Return what is trained to compare the winner with the default, seed by seed.

    The table "tested" is of networks that are trained on all images of the search and tested on
    the official test part. The table "fresh" repeats the score of the search, with its sizes and
    folds, on images that it never saw. The default is also scored as the search scored its trials.
    """
    found = []
    for who in ("winner", "default"):
        for place, seed in enumerate(FRESH_SEEDS):
            found.append(Training(who, "tested", place, seed, data.parts[0], None))
            found += _in_folds(who, "fresh", place, seed, data.parts[1 + place], data)
    return found + _in_folds("default", "searched", 0, FRESH_SEEDS[0], data.parts[0], data)


def _in_folds(
    who: str, table: str, place: int, seed: int, rows: np.ndarray, data: Images
) -> list[Training]:
    """Return a training for each fold of some rows, each with a seed of its own."""
    return [
        Training(who, table, place, 10 * seed + fold, rows[train], rows[rest])
        for fold, (train, rest) in enumerate(folds().split(data.X[rows], data.y[rows]))
    ]


def compare(
    plan: Plan, setting: dict[str, Any], data: Images, checkpoint: Path
) -> dict[str, dict[str, list[float]]]:
    """Train the winner and the default on images that chose nothing.

    Parameters
    ----------
    plan : Plan
        What was searched.
    setting : dict
        The winner.
    data : Images
        All images.
    checkpoint : Path
        Where the running state is kept.

    Returns
    -------
    dict of str to dict of str to list of float
        For each table, and in it for the winner and the default, an accuracy for each seed; those
        of folds are averaged.
    """
    settings = {"winner": setting, "default": {}}
    jobs = trainings(data)
    networks = [
        clone(plan.network).set_params(random_state=job.seed, **settings[job.who]) for job in jobs
    ]
    splits = [(job.train, None) for job in jobs]
    fit_many(networks, data.X, data.y, splits=splits, checkpoint=checkpoint)
    scores: dict[tuple[str, str, int], list[float]] = {}
    for job, network in zip(jobs, networks, strict=True):
        key = (job.table, job.who, job.place)
        scores.setdefault(key, []).append(job.score(network, data))
    tables: dict[str, dict[str, list[float]]] = {}
    for (table, who, _), values in scores.items():
        tables.setdefault(table, {}).setdefault(who, []).append(float(np.mean(values)))
    return tables


def resample(
    plan: Plan, setting: dict[str, Any], data: Images, checkpoint: Path | None = None
) -> dict[str, dict[str, list[float]]]:
    """Train the winner and the default on other training images, and score each network twice.

    A network is trained on a whole part that the search never saw. It is scored on the next such
    part and on the official test part, so that the difference between these images is told apart
    from all that the networks differ in.

    Parameters
    ----------
    plan : Plan
        What was searched.
    setting : dict
        The winner.
    data : Images
        All images.
    checkpoint : Path or None, default=None
        Where the running state is kept.

    Returns
    -------
    dict of str to dict of str to list of float
        For "training images" and "test part", and in each for the winner and the default, an
        accuracy for each part that was trained on.
    """
    parts = data.parts[1 : 1 + len(FRESH_SEEDS)]
    settings = {"winner": setting, "default": {}}
    jobs = [(who, place) for who in settings for place in range(len(parts))]
    networks = [
        clone(plan.network).set_params(random_state=FRESH_SEEDS[place], **settings[who])
        for who, place in jobs
    ]
    splits = [(parts[place], None) for _, place in jobs]
    fit_many(networks, data.X, data.y, splits=splits, checkpoint=checkpoint)
    tables: dict[str, dict[str, list[float]]] = {"training images": {}, "test part": {}}
    for (who, place), network in zip(jobs, networks, strict=True):
        other = parts[(place + 1) % len(parts)]
        for table, X, y in (
            ("training images", data.X[other], data.y[other]),
            ("test part", *data.test),
        ):
            tables[table].setdefault(who, []).append(float(network.score(X, y)))
    return tables


def digest(*arrays: Any) -> str:
    """Return a digest of arrays, their types and shapes."""
    found = hashlib.sha256()
    for array in map(np.ascontiguousarray, arrays):
        found.update(f"{array.dtype.str}{array.shape}".encode())
        found.update(array.tobytes())
    return found.hexdigest()


def describe(plan: Plan, search: Any, data: Images, compared: dict[str, Any]) -> dict[str, Any]:
    """Return what a study came to as plain values."""
    rows = data.parts[0]
    X, y = data.X[rows], data.y[rows]
    return {
        "study": plan.name,
        "dataset": plan.dataset,
        "network": type(plan.network).__name__,
        "settings": to_plain(plan.network.get_params()),
        "n_images": len(rows),
        "n_test": len(data.test[1]),
        "folds": FOLDS,
        "epochs": plan.network.epochs,
        "n_trials": plan.n_trials,
        "best": to_plain(search.best_params_),
        "best_score": float(search.best_score_),
        **compared,
        "seeds": FRESH_SEEDS,
        "data_digest": digest(X, y),
        "splits_digest": digest(*(part for split in folds().split(X, y) for part in split)),
        **origin(),
    }


def origin() -> dict[str, Any]:
    """Return with how many cores, which versions and which code something is computed."""
    commit, dirty = git_state(ROOT, exclude=[RESULTS])
    code = {"commit": commit, "dirty": dirty, "source_digest": source_digest(ROOT / "nnest")}
    return {"cores": joblib.cpu_count(), "versions": versions(PACKAGES), "code": code}


def run(plan: Plan, results: Path) -> dict[str, Any]:
    """Search, compare the winner with the default, and record both.

    Parameters
    ----------
    plan : Plan
        What is searched.
    results : Path
        Folder of the records.

    Returns
    -------
    dict
        The record, also if it was there already.
    """
    folder = results / "studies" / plan.name
    data = images(plan)
    rows = data.parts[0]
    begun = time.perf_counter()
    search = make_search(plan, results).fit(data.X[rows], data.y[rows])
    searched = time.perf_counter()
    path = folder / "summary.jsonl"
    if (before := last_record(path)) and before["n_trials"] == plan.n_trials:
        return before
    trial_table(search.study_).to_csv(folder / "trials.csv", index=False)
    compared = compare(
        plan, search.best_params_, data, results / ".running" / f"{plan.name}-compared"
    )
    record = {
        **describe(plan, search, data, compared),
        # Of the last call: less than all if an earlier one was killed.
        "search_seconds": searched - begun,
        "compare_seconds": time.perf_counter() - searched,
        "journal_digest": hashlib.sha256((folder / "journal.jsonl").read_bytes()).hexdigest(),
    }
    append(path, record)
    return record


def run_resampled(plan: Plan, record: dict[str, Any], results: Path) -> dict[str, Any]:
    """Compare the winner of a record with the default on other training images, and record it.

    Parameters
    ----------
    plan : Plan
        What was searched.
    record : dict
        What the study came to.
    results : Path
        Folder of the records.

    Returns
    -------
    dict
        The record of this comparison, also if it was there already.
    """
    path = results / "studies" / plan.name / "resampled.jsonl"
    if (before := last_record(path)) and before["best"] == to_plain(record["best"]):
        return before
    setting = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in record["best"].items()
    }
    begun = time.perf_counter()
    checkpoint = results / ".running" / f"{plan.name}-resampled"
    scores = resample(plan, setting, images(plan), checkpoint)
    found = {
        "study": plan.name,
        "best": record["best"],
        "n_images": plan.n_images,
        **scores,
        "seeds": FRESH_SEEDS,
        "seconds": time.perf_counter() - begun,
        **origin(),
    }
    append(path, found)
    return found


def append(path: Path, record: dict[str, Any]) -> None:
    """Append a record to a file as one line."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(to_plain(record), sort_keys=True, allow_nan=False) + "\n")


def last_record(path: Path) -> dict[str, Any]:
    """Return the last line of a file of records, empty if there is none."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    found: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    return found


def show(record: dict[str, Any]) -> str:
    """Return a record in three lines."""
    tested = record["tested"]
    gain = paired_interval(tested["winner"], tested["default"])
    again = record["fresh"]["winner"]
    fresh = mean_interval(again)
    difference = np.mean(tested["winner"]) - np.mean(tested["default"])
    return (
        f"{record['study']}: {record['best']}\n"
        f"  score that chose {record['best_score']:.4f}, on fresh images {np.mean(again):.4f} "
        f"[{fresh.low:.4f}, {fresh.high:.4f}]\n"
        f"  tested {np.mean(tested['winner']):.4f}, default {np.mean(tested['default']):.4f}, "
        f"difference {difference:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]"
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Run the studies that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=sorted(PLANS), help=", ".join(sorted(PLANS)))
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the records")
    options = parser.parse_args(argv)
    for name in options.names:
        record = run(PLANS[name], options.results)
        print(show(record))
        run_resampled(PLANS[name], record, options.results)


if __name__ == "__main__":
    main()
