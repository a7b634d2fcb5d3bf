"""What ``nnest tune`` leaves behind: a table, the best setting, figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnest._storage import replacing, writing
from nnest.cli._settings import Settings, network_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["write_report"]

#: Trials that are printed.
_SHOWN = 10


def write_report(
    folder: Path, study: Any, settings: Settings, best: dict[str, Any], scaling: str
) -> str:
    """Write the tables and figures of a study, and return what to print of it."""
    from nnest.studies import trial_table

    table = trial_table(study)
    complete = table[table["state"] == "complete"]
    remedy = "make room there, or choose another folder with --out; the study is kept."
    with writing(folder, remedy):
        with replacing(folder / "trials.csv") as file:
            file.write(table.to_csv(index=False).encode())
        _write_best(folder / "best.json", study, settings, best, scaling, table)
        written = ["trials.csv", "best.json", *_draw(folder, study, table)]
    return "\n".join(
        [
            _counts(study.study_name, table, settings.trials),
            "",
            _best_rows(complete),
            "",
            f"Written to {folder}: {', '.join(written)}.",
            "The best value is the best of many and so promises too much; no test part was used.",
        ]
    )


def _counts(name: str, table: pd.DataFrame, wanted: int) -> str:
    """Say how many trials have ended, and how."""
    counts = table["state"].value_counts()
    ended = [f"{counts[state]} {state}" for state in ("complete", "pruned") if state in counts]
    total = sum(int(counts.get(state, 0)) for state in ("complete", "pruned"))
    failed = f", {counts['failed']} failed" if "failed" in counts else ""
    more = "" if total >= wanted else "; the same command goes on"
    shown = f" ({', '.join(ended)}{failed})" if ended or failed else ""
    return f"{name}: {total} of {wanted} trials{shown}{more}."


def _best_rows(complete: pd.DataFrame) -> str:
    """Return the best trials as a table of text."""
    import pandas as pd

    best = complete.sort_values("value", ascending=False, kind="stable").head(_SHOWN)
    parameters = [name for name in best.columns if name.startswith("param_")]
    rows = [
        {
            "trial": str(row["trial"]),
            "value": f"{row['value']:.4f}",
            "seconds": f"{row['seconds']:.2g}",
            "setting": _in_words({name: row[name] for name in parameters}),
        }
        for _, row in best.iterrows()
    ]
    shown = pd.DataFrame(rows)
    shown["setting"] = shown["setting"].str.ljust(shown["setting"].str.len().max())
    lines = shown.to_string(index=False, justify="left").splitlines()
    return "\n".join(line.rstrip() for line in lines)


def _in_words(settings: dict[str, Any]) -> str:
    """Return settings as a short text, without those that a trial did not have."""
    words = []
    for name, value in settings.items():
        if value == value:  # not-a-number stands for none
            words.append(f"{name.removeprefix('param_')}={_shown(value)}")
    return ", ".join(words)


def _shown(value: Any) -> str:
    """Return one value as a short text; whole numbers in a column with gaps are floats."""
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() else f"{value:.3g}"
    return str(value)


def _write_best(
    path: Path,
    study: Any,
    settings: Settings,
    best: dict[str, Any],
    scaling: str,
    table: pd.DataFrame,
) -> None:
    """Write the best setting with what it was found by."""
    fixed = settings.read_space().fixed
    counts = table["state"].value_counts()
    content = {
        "model": network_of(settings.model).__name__,
        "settings": {**fixed, "epochs": settings.epochs, **best},
        "value": study.best_value,
        "metric": f"mean accuracy over {settings.folds} folds of the training part",
        "trial": study.best_trial.number,
        "trials": {str(state): int(n) for state, n in counts.items()},
        "study": study.study_name,
        "data": settings.data,
        "samples": settings.samples,
        "scaling": scaling,
        **({"image_size": settings.image_size} if settings.image_size else {}),
        **({"color": settings.color} if settings.color else {}),
        "sampler": settings.sampler,
        "pruner": settings.pruner,
        "seed": settings.seed,
    }
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    with replacing(path) as file:
        file.write(f"{text}\n".encode())


def _draw(folder: Path, study: Any, table: pd.DataFrame) -> list[str]:
    """Draw the figures; return the names of their files."""
    from nnest import plots
    from nnest.studies import importances, log_parameters

    log = log_parameters(study)
    figures: dict[str, Any] = {"history.png": plots.study_history(table)}
    complete = table[table["state"] == "complete"]
    parameters = [name for name in complete.columns if name.startswith("param_")]
    varied = [name for name in parameters if complete[name].map(str).nunique() > 1]
    if len(complete) > 1 and varied:
        figures["importances.png"] = plots.importances(importances(study))
        figures["parallel-coordinates.png"] = plots.parallel_coordinates(table, log=log)
    for name, ax in figures.items():
        plots.save_figure(ax, folder / name)
    if varied:
        (folder / "isolation").mkdir(exist_ok=True)
    for name in varied:
        parameter = name.removeprefix("param_")
        ax = plots.isolation(table, parameter, log=parameter in log)
        plots.save_figure(ax, folder / "isolation" / f"{parameter}.png")
    return [*figures, *(["isolation/*.png"] if varied else [])]
