"""Records that no training made, for tests of what is shown of records."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from nnest.experiments import Experiment, Report, arm_digest
from nnest.results import ResultStore, Run

CURVES = ("fit_accuracy", "fit_loss", "test_accuracy", "test_loss")
FINALS = (*CURVES, "train_accuracy", "train_loss", "test_balanced_accuracy")


def plant_report(report: Report, folder: Path, scale: str = "lite", diverged: str = "") -> None:
    """Record every declared training of a report, with numbers drawn at random.

    The first seed of the arm that `diverged` names, as EXPERIMENT/ARM, ends early without a loss.
    """
    store = ResultStore(folder)
    lines: dict[Path, list[str]] = {}
    for run in _runs(report, scale):
        broken = f"{run.experiment}/{run.arm}" == diverged and run.seed == 0
        line = (_diverged(run) if broken else run).to_json()
        lines.setdefault(store.path(report.key, run.experiment), []).append(line)
    for path, written in lines.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(written) + "\n", encoding="utf-8")


def _runs(report: Report, scale: str) -> Iterator[Run]:
    """Yield a run for each seed of each arm that keeps its runs."""
    rng = np.random.default_rng(0)
    for experiment in report.experiments:
        for arm in experiment.arms:
            if arm.shared is None:
                for seed in range(report.n_seeds(experiment.key, arm.name, scale)):
                    yield _run(report, experiment, arm.name, scale, seed, rng)


def _run(
    report: Report,
    experiment: Experiment,
    arm: str,
    scale: str,
    seed: int,
    rng: np.random.Generator,
) -> Run:
    """Make one run."""
    epochs = experiment.protocol.size(scale).epochs
    classes = 10
    return Run(
        report=report.key,
        experiment=experiment.key,
        arm=arm,
        seed=seed,
        scale=scale,
        digest=arm_digest(report, experiment.key, arm, scale),
        parameters={},
        history={name: list(0.9 + 0.05 * rng.random(epochs)) for name in CURVES},
        final={name: 0.9 + 0.05 * rng.random() for name in (*FINALS, *_conditions(experiment))},
        confusion=rng.integers(0, 100, (classes, classes)).tolist(),
        seconds=1.0 + rng.random(),
        device="cpu: none",
        versions={"python": "3"},
        code={"commit": "0" * 40},
        data_digest="d",
    )


def _conditions(experiment: Experiment) -> list[str]:
    """Return the metrics of parts, treatments of images and weights that an experiment declares."""
    protocol = experiment.protocol
    names = ("test_accuracy", "test_loss", "val_accuracy", "val_loss", "kernel_norm")
    found = [f"{name}@{one}" for name in names for one in protocol.conditions(name)]
    found += ["kernel_norm"] if protocol.kernel_norms else []
    of_gradients = ["gradient_norm_first", "gradient_norm_largest"]
    return found + (of_gradients if protocol.gradient_steps else [])


def _diverged(run: Run) -> Run:
    """Return a run that ended after two epochs without a finite loss."""
    history: Mapping[str, list[float]] = {
        name: [0.5, math.nan if name.endswith("loss") else 0.1] for name in run.history
    }
    final = {name: math.nan if "loss" in name else value for name, value in run.final.items()}
    return replace(run, history=history, final=final, diverged=True)
