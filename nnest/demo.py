"""A small study from end to end: a report at smoke scale, a grid search, an Optuna study."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnest._storage import writing

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray
    from optuna import Study, Trial
    from sklearn.model_selection import GridSearchCV

    from nnest.verdicts import Records

__all__ = ["optuna_study", "run_demo", "small_grid_search"]

_REPORT = "boyer-2019"
_SCALE = "smoke"
_FOLDS = 3
_TRIALS = 8
_GRID = {
    "dropout": [0.0, 0.3],
    "l2": [0.0, 1e-4],
    "hidden_units": [(64,), (64, 64)],
}


def run_demo(out: str | Path = "demo-results") -> pd.DataFrame:
    """Run the small study, print what it does, and write a table and two figures.

    Parameters
    ----------
    out : str or Path, default="demo-results"
        The folder to write to; what it holds of the report's trainings is not trained again.

    Returns
    -------
    pandas.DataFrame
        The table: one row for each setting, with the columns ``study``, ``setting``, ``accuracy``,
        ``spread`` (a standard deviation) and ``n`` (seeds or folds).

    Raises
    ------
    OSError
        If the folder cannot be written.

    Examples
    --------
    >>> from nnest.demo import run_demo
    >>> run_demo("demo-results")  # doctest: +SKIP
    """
    import pandas as pd

    folder = _writable(Path(out))
    print(
        f"1. {_REPORT} at {_SCALE} scale: its own experiments on scikit-learn's digits", flush=True
    )
    records = _train_report(folder)
    images, labels = _digits()
    print("2. A grid search over dropout, L2 and the number of layers", flush=True)
    search = small_grid_search(images, labels)
    print("3. A short Optuna study of learning rate, dropout and L2", flush=True)
    study = optuna_study(images, labels)
    table = pd.DataFrame([*_arm_rows(records), *_grid_rows(search), *_trial_rows(study)])
    with writing(folder, "make room there, or choose another folder with --out."):
        _write(folder, table, records, search)
    return table


def small_grid_search(images: NDArray[Any], labels: NDArray[Any]) -> GridSearchCV:
    """Search a small grid of settings.

    Parameters
    ----------
    images : ndarray of shape (n_samples, ...)
        Images.
    labels : ndarray of shape (n_samples,)
        Their labels.

    Returns
    -------
    GridSearchCV
        The search, fitted.

    Examples
    --------
    >>> from nnest.demo import small_grid_search
    >>> small_grid_search(images, labels).best_params_  # doctest: +SKIP
    """
    from sklearn.model_selection import GridSearchCV

    search = GridSearchCV(_network(), _GRID, cv=_FOLDS)
    search.fit(images, labels)
    return search


def optuna_study(images: NDArray[Any], labels: NDArray[Any], n_trials: int = _TRIALS) -> Study:
    """Run a short Optuna study.

    Parameters
    ----------
    images : ndarray of shape (n_samples, ...)
        Images.
    labels : ndarray of shape (n_samples,)
        Their labels.
    n_trials : int, default=8
        How many settings are tried.

    Returns
    -------
    optuna.Study
        The study, with its trials.

    Examples
    --------
    >>> from nnest.demo import optuna_study
    >>> optuna_study(images, labels).best_value  # doctest: +SKIP
    """
    import optuna
    from sklearn.model_selection import cross_val_score

    def objective(trial: Trial) -> float:
        """Return the accuracy of one setting."""
        network = _network(
            learning_rate=trial.suggest_float("learning_rate", 1e-4, 1e-1, log=True),
            dropout=trial.suggest_float("dropout", 0.0, 0.5),
            l2=trial.suggest_float("l2", 1e-6, 1e-2, log=True),
        )
        scores = cross_val_score(network, images, labels, cv=_FOLDS)
        trial.set_user_attr("spread", float(np.std(scores, ddof=1)))
        return float(np.mean(scores))

    with _quiet(optuna):
        sampler = optuna.samplers.TPESampler(seed=0)
        study = optuna.create_study(direction="maximize", sampler=sampler)
        study.optimize(objective, n_trials=n_trials)
    return study


def _network(**settings: Any) -> Any:
    """Return the network of both searches."""
    from nnest import MLPClassifier

    chosen = {"hidden_units": (64,), "epochs": 10, "batch_size": 64, "random_state": 0}
    return MLPClassifier(**{**chosen, **settings})


@contextmanager
def _quiet(optuna: Any) -> Iterator[None]:
    """Let Optuna be silent about trials, and put its verbosity back."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


def _writable(folder: Path) -> Path:
    """Return a folder that can be written, or say that it cannot before anything is trained."""
    from nnest.exceptions import ResultsError

    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".probe").write_bytes(b"0")
        (folder / ".probe").unlink()
    except OSError as error:
        raise ResultsError(
            f"Cannot write to {str(folder)!r}: {error.strerror}. Choose another folder with --out."
        ) from error
    return folder


def _digits() -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the bundled digits, pixels from 0 to 1."""
    from nnest.datasets import load_digits

    digits = load_digits()
    return (digits.data / digits.max_value).astype(np.float32), digits.target


def _train_report(folder: Path) -> Records:
    """Train what is missing of the report's own experiments."""
    from nnest.experiments import run
    from nnest.reports import get_report
    from nnest.results import ResultStore
    from nnest.verdicts import Records

    report, store = get_report(_REPORT), ResultStore(folder)
    for experiment in report.experiments:
        if not experiment.ours:
            run(report, experiment.key, store=store, scale=_SCALE)
    return Records(report, store)


def _arm_rows(records: Records) -> Iterator[dict[str, Any]]:
    """Yield the accuracy of each arm on the test images."""
    from nnest.experiments import metric_values

    for experiment in records.report.experiments:
        if not experiment.ours:
            for arm in experiment.arms:
                found = records.evidence(experiment.key, arm.name, _SCALE).runs
                setting = f"{experiment.key}: {arm.name}"
                yield _row(_REPORT, setting, metric_values(found, "test_accuracy"))


def _row(study: str, setting: str, scores: NDArray[Any]) -> dict[str, Any]:
    """Return a row of the table."""
    return {
        "study": study,
        "setting": setting,
        "accuracy": float(scores.mean()),
        "spread": float(scores.std(ddof=1)),
        "n": len(scores),
    }


def _grid_rows(search: GridSearchCV) -> Iterator[dict[str, Any]]:
    """Yield the accuracy of each setting of the grid, over the folds."""
    results = search.cv_results_
    folds = np.array([results[f"split{fold}_test_score"] for fold in range(_FOLDS)])
    for settings, scores in zip(results["params"], folds.T, strict=True):
        yield _row("grid search", _in_words(settings), scores)


def _trial_rows(study: Study) -> Iterator[dict[str, Any]]:
    """Yield the accuracy of each trial, over the folds."""
    for trial in study.trials:
        yield {
            "study": "Optuna",
            "setting": _in_words(trial.params),
            "accuracy": trial.value,
            "spread": trial.user_attrs["spread"],
            "n": _FOLDS,
        }


def _in_words(settings: dict[str, Any]) -> str:
    """Return settings as a short text."""
    shown = {
        name: f"{value:.3g}" if isinstance(value, float) else str(value)
        for name, value in settings.items()
    }
    return ", ".join(f"{name}={value}" for name, value in sorted(shown.items()))


def _write(folder: Path, table: pd.DataFrame, records: Records, search: GridSearchCV) -> None:
    """Write and print the table, write the figures, and say where to look next."""
    table.to_csv(folder / "table.csv", index=False)
    _draw(folder, records, search)
    print()
    print(_aligned(table))
    print(
        f"\nWritten to {folder}: table.csv, learning-curves.png, grid-search.png, and each training"
        f" of the report in {_REPORT}/*.jsonl.\n"
        "These few seconds on small images say nothing about the report. Next:\n"
        f"  nnest report {_REPORT}       what it says beside what we found\n"
        f"  nnest reproduce {_REPORT}    the same on MNIST, once nnest data fetch mnist was run\n"
        "  make book                     read it all, with the reasons"
    )


def _aligned(table: pd.DataFrame) -> str:
    """Return the table as text, words to the left."""
    words = {
        name: table[name].str.ljust(table[name].str.len().max()) for name in ("study", "setting")
    }
    return table.assign(**words).to_string(
        index=False, float_format="{:.4f}".format, justify="left"
    )


def _draw(folder: Path, records: Records, search: GridSearchCV) -> None:
    """Draw the two figures."""
    from nnest.plots import learning_curves, search_results

    curves: Any = learning_curves(_curves(records, "convolutions"), metric="test_accuracy")
    curves.set_title(f"{_REPORT} at {_SCALE} scale: number of convolutions")
    curves.get_figure(root=True).savefig(folder / "learning-curves.png", dpi=150)
    layers = [len(settings["hidden_units"]) for settings in search.cv_results_["params"]]
    grid: Any = search_results(
        {**search.cv_results_, "param_layers": layers}, "dropout", hue="layers"
    )
    grid.set_title("Grid search on digits")
    grid.get_figure(root=True).savefig(folder / "grid-search.png", dpi=150)


def _curves(records: Records, experiment: str) -> pd.DataFrame:
    """Return the learning curves of an experiment's arms, shared ones by their name there."""
    import pandas as pd

    from nnest.results import history_frame

    frames = [
        history_frame(records.evidence(experiment, arm.name, _SCALE).runs.values()).assign(
            arm=arm.name
        )
        for arm in records.report.experiment(experiment).arms
    ]
    return pd.concat(frames, ignore_index=True)
