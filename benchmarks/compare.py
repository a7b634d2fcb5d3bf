"""Two checkouts beside each other: ``python -m benchmarks.compare OLD NEW [TASK ...]``.

Each task runs in a process of its own, the checkouts by turns, so that a machine that is busy for
a while is busy for both. Printed are medians and the ratio of each pair, NEW over OLD.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

__all__ = ["TASKS", "main"]

_DIGITS = """
from sklearn.datasets import load_digits
digits = load_digits()
X, y = (digits.data / 16).astype("float32"), digits.target
"""
_MLP = (
    _DIGITS
    + """
from nnest import MLPClassifier
def fit(): return MLPClassifier(hidden_units=(128, 64), epochs=20, random_state=0).fit(X, y)
"""
)
_CNN = (
    _DIGITS
    + """
from nnest import CNNClassifier
X = X.reshape(-1, 8, 8)
def fit(): return CNNClassifier(filters=(16, 32), epochs=5, random_state=0).fit(X, y)
"""
)
_GRID = """
from nnest import MLPClassifier, VectorizedGridSearchCV
def fit(): return VectorizedGridSearchCV(network, settings, cv=folds, refit=False).fit(X, y)
"""
_FASHION = """
from nnest.datasets import fetch_fashion_mnist
data = fetch_fashion_mnist()
X = (data.data[:5000].reshape(5000, -1) / 255).astype('float32')
y = data.target[:5000]
"""
#: What is done before the clock starts, and what is timed. A `cold` task has no programs on disk.
TASKS = {
    "import": ("", "import nnest, nnest.estimators"),
    "mlp, first fit": (_MLP, "fit()"),
    "mlp, second fit": (_MLP + "fit()", "fit()"),
    "cnn, first fit": (_CNN, "fit()"),
    "cnn, second fit": (_CNN + "fit()", "fit()"),
    "digits grid": (
        _DIGITS
        + _GRID
        + "network = MLPClassifier(hidden_units=(128, 64), epochs=20, random_state=0)\n"
        + "settings, folds = {'dropout': [0, .1, .2, .3, .4], 'l2': [0, 1e-5, 1e-4]}, 5",
        "fit()",
    ),
    "fashion grid": (
        _FASHION
        + _GRID
        + "network = MLPClassifier(epochs=8, batch_size=64, random_state=0)\n"
        + "settings = {'hidden_units': [(64,), (128,), (128, 64)], 'dropout': [0, .2, .4],\n"
        + "            'l2': [0, 1e-5, 1e-4, 1e-3]}\n"
        + "folds = 3",
        "fit()",
    ),
    "architectures": (
        _FASHION
        + _GRID
        + "network = MLPClassifier(epochs=8, batch_size=64, random_state=0)\n"
        + "units = [(n,) * depth for depth in (1, 2, 3) for n in (16, 64, 128, 256)]\n"
        + "settings, folds = {'hidden_units': units, 'dropout': [.1, .3]}, 2",
        "fit()",
    ),
    "study of widths": (
        _FASHION
        + """
from nnest import MLPClassifier, OptunaSearchCV
def space(trial):
    depth = trial.suggest_int("depth", 1, 3)
    units = [trial.suggest_int(f"units_{i}", 16, 256) for i in range(depth)]
    dropout, l2 = trial.suggest_float("dropout", 0, 0.5), trial.suggest_float("l2", 1e-6, 1e-3)
    return {"hidden_units": tuple(units), "dropout": dropout, "l2": l2}
network = MLPClassifier(epochs=8, batch_size=64)
search = OptunaSearchCV(network, space, n_trials=40, cv=3, random_state=0, refit=False)
""",
        "search.fit(X, y)",
    ),
    "report": (
        "import contextlib, io\nfrom nnest.cli import main",
        "contextlib.redirect_stdout(io.StringIO()).__enter__(); main(['report', '--all'])",
    ),
}
_TIMED = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
{before}
began, of_process = time.perf_counter(), time.process_time()
{timed}
taken = [time.perf_counter() - began, time.process_time() - of_process]
print(json.dumps(taken), file=sys.__stdout__)
"""


def seconds(checkout: Path, task: str, programs: str) -> tuple[float, float]:
    """Return the seconds that a task takes in a new process, by the clock and of processors."""
    before, timed = TASKS[task]
    ended = subprocess.run(
        [sys.executable, "-c", _TIMED.format(before=before, timed=timed), str(checkout)],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout), "NNEST_PROGRAM_CACHE": programs},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise RuntimeError(f"{task!r} failed in {checkout}: {ended.stderr.strip()[-500:]}")
    by_clock, of_processors = json.loads(ended.stdout.splitlines()[-1])
    return by_clock, of_processors


def compare(old: Path, new: Path, task: str, repeats: int, programs: str) -> str:
    """Return one line: medians of both checkouts, and the ratios of pairs with their spread."""
    pairs = [(seconds(old, task, programs), seconds(new, task, programs)) for _ in range(repeats)]
    words = []
    for kind, name in enumerate(("clock", "processors")):
        one, other = ([pair[i][kind] for pair in pairs] for i in range(2))
        ratios = sorted(b / a for a, b in zip(one, other, strict=True))
        words.append(
            f"{name} {statistics.median(one):6.2f} {statistics.median(other):6.2f} s, ratio "
            f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        )
    return f"{task:<16} {'; '.join(words)}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare two checkouts on some tasks."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("old", type=Path, help="a checkout")
    parser.add_argument("new", type=Path, help="another checkout")
    parser.add_argument("tasks", nargs="*", metavar="TASK", help=f"default: {', '.join(TASKS)}")
    parser.add_argument("--repeats", type=int, default=3, help="pairs of runs (default: 3)")
    parser.add_argument(
        "--programs",
        choices=("none", "kept"),
        default="none",
        help="whether compiled programs are on disk already (default: none)",
    )
    parsed = parser.parse_args(arguments)
    unknown = [task for task in parsed.tasks if task not in TASKS]
    if unknown:
        parser.error(f"there is no task {unknown[0]!r}: give some of {', '.join(TASKS)}")
    with tempfile.TemporaryDirectory() as folder:
        programs = "0" if parsed.programs == "none" else folder
        for task in parsed.tasks or TASKS:
            if programs != "0":
                seconds(parsed.new, task, programs)  # fills the folder
            old, new = parsed.old.resolve(), parsed.new.resolve()
            print(compare(old, new, task, parsed.repeats, programs), flush=True)


if __name__ == "__main__":
    main()
