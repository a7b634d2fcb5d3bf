"""Recorded trainings as tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from nnest.results._run import Run

if TYPE_CHECKING:
    import pandas as pd

#: Columns of a run's key.
_KEY = ("report", "experiment", "arm", "seed", "scale", "digest")


def to_frame(runs: Iterable[Run]) -> pd.DataFrame:
    """Return the final numbers of runs as a long table.

    Parameters
    ----------
    runs : iterable of Run
        The runs.

    Returns
    -------
    pandas.DataFrame
        One row for each run and metric, with the columns report, experiment, arm, seed, scale,
        digest, diverged, seconds, metric, value.

    Examples
    --------
    >>> list(to_frame([]).columns)[-2:]
    ['metric', 'value']
    """
    import pandas as pd

    rows = [
        (*run.key, run.diverged, run.seconds, metric, value)
        for run in runs
        for metric, value in run.final.items()
    ]
    return pd.DataFrame(rows, columns=[*_KEY, "diverged", "seconds", "metric", "value"])


def history_frame(runs: Iterable[Run]) -> pd.DataFrame:
    """Return the learning curves of runs as a long table.

    Parameters
    ----------
    runs : iterable of Run
        The runs.

    Returns
    -------
    pandas.DataFrame
        One row for each run, metric and epoch, with the columns report, experiment, arm, seed,
        scale, digest, metric, epoch (from 1), value.

    Examples
    --------
    >>> list(history_frame([]).columns)[-3:]
    ['metric', 'epoch', 'value']
    """
    import pandas as pd

    rows = [
        (*run.key, metric, epoch, value)
        for run in runs
        for metric, curve in run.history.items()
        for epoch, value in enumerate(curve, start=1)
    ]
    return pd.DataFrame(rows, columns=[*_KEY, "metric", "epoch", "value"])
