"""An example from end to end: a report's experiments, a grid search, an Optuna study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from nnest.results import Run

__all__ = ["run_demo"]

_REPORT = "boyer-2019"
_NEXT = """
Written to {folder}: table.csv, learning-curves.png, grid-search.png, and each training of the
report in boyer-2019/*.jsonl.
These few seconds on small images say nothing about the report. Next:
  nnest report boyer-2019       what it says beside what we found
  nnest reproduce boyer-2019    the same on MNIST, once nnest data fetch mnist was run
  make book                     read it all, with the reasons"""


def run_demo(out: str | Path = "demo-results") -> pd.DataFrame:
    """Run a small study on scikit-learn's digits, and write a table and two figures.

    Parameters
    ----------
    out : str or Path, default="demo-results"
        The folder to write to; what it holds of the report's trainings is not trained again.

    Returns
    -------
    pandas.DataFrame
        One row for each setting, with the columns ``study``, ``setting``, ``accuracy`` and
        ``spread`` (the standard deviation over seeds or folds).

    Raises
    ------
    OSError
        If the folder cannot be written.

    Examples
    --------
    >>> from nnest.demo import run_demo
    >>> run_demo("demo-results")  # doctest: +SKIP
    """
    # Imported here, so that the command line's help does not wait for it.
    import pandas as pd

    from nnest import plots
    from nnest.results import history_frame, to_frame

    folder = Path(out)
    print(f"1. {_REPORT} at smoke scale: its own experiments on the digits", flush=True)
    runs = _train_report(folder)
    grid, study = _search_digits()

    finals = to_frame(runs).query("metric == 'test_accuracy'")
    finals = finals.assign(setting=finals["experiment"] + ": " + finals["arm"])
    arms: Any = finals.groupby("setting")["value"].agg(accuracy="mean", spread="std")
    arms = arms.reset_index()
    parts = {_REPORT: arms, "grid search": _scores(grid), "Optuna": _scores(study)}
    table: pd.DataFrame = pd.concat(
        [part.assign(study=name) for name, part in parts.items()], ignore_index=True
    )
    table = table.reindex(columns=["study", "setting", "accuracy", "spread"])
    table.to_csv(folder / "table.csv", index=False)

    # The arm "final" has two convolutions.
    curves = history_frame(runs).query("experiment in ['convolutions', 'final']")
    curves = curves.replace({"arm": {"final": "2"}}).sort_values("arm")
    axes = plots.learning_curves(curves, metric="test_accuracy")
    plots.save_figure(axes, folder / "learning-curves.png")
    axes = plots.search_results(grid.cv_results_, "dropout", hue="hidden_units")
    plots.save_figure(axes, folder / "grid-search.png")

    print(f"\n{table.to_string(index=False, float_format='{:.4f}'.format)}")
    print(_NEXT.format(folder=folder))
    return table


def _train_report(folder: Path) -> list[Run]:
    """Train what is missing of the report's own experiments, and return their records."""
    from nnest.experiments import jobs_of, run
    from nnest.reports import get_report
    from nnest.results import ResultStore

    report, store = get_report(_REPORT), ResultStore(folder)
    trained = [one.key for one in report.experiments if not one.ours]
    for key in trained:
        run(report, key, store=store, scale="smoke")
    # What an earlier version has recorded there counts no more.
    digests = {job.digest for key in trained for job in jobs_of(report, key, scale="smoke")}
    return [one for one in store.read(report.key) if one.digest in digests]


def _search_digits() -> tuple[Any, Any]:
    """Return a grid search and an Optuna study of the digits, both fitted."""
    from optuna.distributions import FloatDistribution

    from nnest import MLPClassifier, OptunaSearchCV, VectorizedGridSearchCV
    from nnest.datasets import load_digits

    digits = load_digits()
    X, y = (digits.data / digits.max_value).astype("float32"), digits.target
    network = MLPClassifier(hidden_units=(64,), epochs=10, batch_size=64, random_state=0)

    print("2. A grid search over dropout, L2 and the number of layers", flush=True)
    settings: dict[str, list[Any]] = {
        "dropout": [0.0, 0.3],
        "l2": [0.0, 1e-4],
        "hidden_units": [(64,), (64, 64)],
    }
    grid = VectorizedGridSearchCV(network, settings, cv=3, refit=False).fit(X, y)

    print("3. A short Optuna study of learning rate, dropout and L2", flush=True)
    space = {
        "learning_rate": FloatDistribution(1e-4, 1e-1, log=True),
        "dropout": FloatDistribution(0.0, 0.5),
        "l2": FloatDistribution(1e-6, 1e-2, log=True),
    }
    study = OptunaSearchCV(network, space, n_trials=8, cv=3, refit=False, random_state=0)
    return grid, study.fit(X, y)


def _scores(search: Any) -> pd.DataFrame:
    """Return the scores of a search, one row for each setting."""
    import pandas as pd

    settings = (
        {key: f"{value:.3g}" if isinstance(value, float) else value for key, value in each.items()}
        for each in search.cv_results_["params"]
    )
    return pd.DataFrame(
        {
            "setting": [", ".join(f"{k}={v}" for k, v in each.items()) for each in settings],
            "accuracy": search.cv_results_["mean_test_score"],
            "spread": search.cv_results_["std_test_score"],
        }
    )
