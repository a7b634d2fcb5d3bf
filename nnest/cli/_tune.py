"""``nnest tune``."""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys

from nnest.cli._durations import duration
from nnest.cli._reproduce import INTERRUPTED
from nnest.cli._scaling import SCALES

__all__ = ["add_tune"]


def add_tune(parser: argparse.ArgumentParser) -> None:
    """Declare ``nnest tune``."""
    parser.description = (
        "Search for the best settings of a network on the training part of a data set. Many"
        " networks are trained together. You can stop it at any moment: the same command continues."
        " With --worker, it joins a study of another process, and takes all settings from it."
    )
    parser.add_argument(
        "data",
        nargs="?",
        metavar="DATA",
        help="a data set, an .npz file with X and y, or a folder with a folder of pictures for "
        "each class",
    )
    parser.add_argument("--model", choices=("cnn", "mlp"))
    parser.add_argument("--trials", type=int, metavar="N", help="in the whole study; default: 50")
    parser.add_argument("--space", metavar="FILE.toml", help="default: the one of the model")
    parser.add_argument(
        "--storage", metavar="URL|PATH", help="default: a journal file in the folder of --out"
    )
    parser.add_argument(
        "--study-name", metavar="NAME", help="default: DATA-MODEL, such as digits-mlp"
    )
    parser.add_argument("--sampler", metavar="NAME", help="tpe (default), random, grid, qmc, ...")
    parser.add_argument(
        "--pruner", metavar="NAME", help="median (default), halving, hyperband, patient or none"
    )
    parser.add_argument("--folds", type=int, metavar="K", help="default: 3")
    parser.add_argument("--epochs", type=int, metavar="N", help="of each network; default: 10")
    parser.add_argument("--samples", type=int, metavar="N", help="use only N, stratified by class")
    parser.add_argument(
        "--scale",
        choices=SCALES,
        help="how to scale X: auto (default: pictures to 0...1, a table with large numbers as "
        "standard), none, 255 (divide), standard (mean 0, variance 1 over all samples)",
    )
    parser.add_argument(
        "--image-size", metavar="HxW", help="for a folder of pictures; default: 32x32"
    )
    parser.add_argument(
        "--color", choices=("rgb", "gray"), help="for a folder of pictures; default: rgb"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="decides everything; default: 0")
    parser.add_argument(
        "--timeout",
        type=duration,
        metavar="TIME",
        help="start no trial after this time, such as 25min or 2h",
    )
    parser.add_argument("--out", metavar="DIR", help="default: tune-results/NAME")
    parser.add_argument("--show-space", action="store_true", help="only print the space of --model")
    parser.add_argument("--worker", action="store_true", help="join a study, and write no report")
    parser.set_defaults(command=_tune)


def _tune(parsed: argparse.Namespace) -> int:
    """Run ``nnest tune``."""
    if parsed.show_space:
        return _show_space(parsed)
    from nnest.cli._tune_study import run_leader, run_worker

    try:
        return run_worker(parsed) if parsed.worker else run_leader(parsed)
    except KeyboardInterrupt:
        print(
            "\nnnest: stopped. What had ended is kept in the study; this goes on where it was:\n"
            f"  {_quoted(['nnest', *parsed.given])}",
            file=sys.stderr,
        )
        return INTERRUPTED


def _quoted(command: list[str]) -> str:
    """Return a command as the system's shell takes it."""
    return subprocess.list2cmdline(command) if os.name == "nt" else shlex.join(command)


def _show_space(parsed: argparse.Namespace) -> int:
    """Print the space of a model, as a beginning for a file of one's own."""
    from nnest.cli._space import default_text

    print(default_text(parsed.model or "mlp"), end="")
    return 0
