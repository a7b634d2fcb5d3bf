"""Figures of reports, drawn again from the records; what is not recorded says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnest import plots
from nnest.reporting._names import metric_in_words
from nnest.results import history_frame
from nnest.verdicts import Evidence, Verdict

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["draw_agreement", "draw_arms", "draw_parts", "history"]

_THIN = 0.7


def history(found: dict[str, Evidence]) -> pd.DataFrame:
    """Return the learning curves of arms as one table, those that diverged named."""
    import pandas as pd

    frames = [
        history_frame(evidence.runs.values()).assign(arm=_named(name, evidence))
        for name, evidence in found.items()
    ]
    return pd.concat(frames, ignore_index=True) if frames else history_frame([])


def _named(name: str, evidence: Evidence) -> str:
    """Return an arm's name, with the number of its runs that diverged, which end before others."""
    bad = sum(run.diverged for run in evidence.runs.values())
    return f"{name} ({bad} of {len(evidence.runs)} diverged)" if bad else name


def draw_arms(axes: Any, found: dict[str, Evidence], metrics: Sequence[str]) -> None:
    """Draw a panel for each metric, with a line for each arm."""
    frame = history(found)
    for ax, metric in zip(np.ravel(axes), metrics, strict=True):
        if (frame["metric"] == metric).any():
            plots.learning_curves(frame, metric=metric, ax=ax)
            ax.set_ylabel(metric_in_words(metric))
        else:
            _say_not_run(ax)


def draw_parts(axes: Any, found: dict[str, Evidence], metrics: Sequence[str]) -> None:
    """Draw a panel for each arm, with a line for each metric, as reports show one training."""
    kind = metrics[0].partition("_")[2]
    for ax, (name, evidence) in zip(np.ravel(axes), found.items(), strict=True):
        frame = history({name: evidence})
        rows = frame[frame["metric"].isin(metrics)].rename(columns={"metric": "curve"})
        rows = rows.assign(curve=rows["curve"].map(metric_in_words))
        if len(rows):
            plots.learning_curves(rows.assign(metric=kind), metric=kind, hue="curve", ax=ax)
            ax.set_title(_named(name, evidence))
        else:
            _say_not_run(ax, name)


def draw_agreement(ax: Any, rows: pd.DataFrame) -> None:
    """Draw what a report states beside our intervals; numbers without a record are left out."""
    known = rows[rows["n"] > 0]
    if len(known):
        plots.agreement(known, ax=ax)
    else:
        _say_not_run(ax)


def _say_not_run(ax: Any, name: str = "") -> None:
    """Let an axes say that there is no record, in a strip instead of an empty frame."""
    ax.set_axis_off()
    why = Verdict.NO_RECORDS.shown
    text = f"{name}: {why}" if name else why
    ax.text(0.5, 0.5, text, ha="center", va="center", transform=ax.transAxes)
    figure = ax.figure
    if all(not one.axison for one in figure.axes):
        figure.set_size_inches(figure.get_size_inches()[0], _THIN)
