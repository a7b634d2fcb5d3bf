"""What Linux alone has is nowhere needed: the same programs run on macOS and Windows."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nnest._storage import _files, replacing
from nnest.cli import _main
from tests.helpers import ROOT

#: Everything that other packages need is imported first: they have their own ways elsewhere.
OTHER_SYSTEM = """
import filelock, jax, joblib, keras, matplotlib.pyplot, numpy as np, optuna, pandas, pooch, psutil
import scikeras.wrappers, scipy.stats, sklearn.model_selection, tqdm
jax.numpy.zeros(1)

import builtins, os, signal, sys
for name in (
    "fork", "getuid", "mkfifo", "register_at_fork", "sched_getaffinity", "sched_setaffinity",
    "sysconf", "uname",
):
    delattr(os, name) if hasattr(os, name) else None
os.process_cpu_count = os.cpu_count  # Linux's own, of Python 3.13, asks for the affinity
for name in ("SIGALRM", "SIGKILL", "SIGUSR1", "alarm", "pthread_kill", "setitimer"):
    delattr(signal, name) if hasattr(signal, name) else None
for name in ("fcntl", "grp", "pwd", "resource", "termios"):
    sys.modules[name] = None
"""

TRAIN = """
from nnest import MLPClassifier, OptunaSearchCV, VectorizedGridSearchCV, fit_many, load, save
from nnest.cli import main

x, y = np.random.default_rng(0).random((60, 8), dtype=np.float32), np.arange(60) % 2
net = MLPClassifier(hidden_units=(4,), epochs=1, random_state=0)
fit_many([net, MLPClassifier(hidden_units=(4,), epochs=1, random_state=1)], x, y, checkpoint="kept")
grid = VectorizedGridSearchCV(net, {"dropout": [0.0, 0.1]}, cv=2).fit(x, y)
study = OptunaSearchCV(
    net, {"dropout": [0.0, 0.1]}, n_trials=2, cv=2, storage="study.journal", random_state=0
).fit(x, y)
save(study.best_estimator_, "net.zip")
assert load("net.zip").score(x, y) == study.best_estimator_.score(x, y)
assert main(["reproduce", "r00182510/inputs", "--scale", "smoke", "--seeds", "1"]) == 0
"""


def test_everything_trains_without_what_linux_alone_has(tmp_path: Path) -> None:
    """Groups, both searches, saved networks and a report's trainings."""
    records = tmp_path / "records"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NNEST_RESULTS": str(records)}
    ended = subprocess.run(
        [sys.executable, "-c", OTHER_SYSTEM + TRAIN],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert ended.returncode == 0, ended.stderr
    line, *_ = (records / "r00182510" / "inputs.jsonl").read_text().splitlines()
    assert json.loads(line)["device"].startswith("cpu: ")


def test_a_file_that_another_program_looks_at_is_replaced_a_moment_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows refuses to replace an open file, and virus scanners open what is new."""
    refusals, replace = [1, 1], Path.replace

    def refused_at_first(source: Path, target: Path) -> Path:
        if refusals and refusals.pop():
            raise PermissionError(13, "Permission denied")
        return replace(source, target)

    monkeypatch.setattr(Path, "replace", refused_at_first)
    monkeypatch.setattr(_files, "_PAUSES", (0, 0, 0))
    path = tmp_path / "file"
    with replacing(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"

    refusals[:] = [1] * 9
    with pytest.raises(PermissionError), replacing(path) as file:
        file.write(b"newer")
    assert path.read_bytes() == b"new"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("is_terminal", [False, True])
def test_every_sign_is_printed(is_terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Into files and pipes as UTF-8; an old terminal shows the number of what it lacks."""
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding="cp1252", newline="\n")
    monkeypatch.setattr(stream, "isatty", lambda: is_terminal)
    monkeypatch.setattr(sys, "stdout", stream)
    _main._prepare_streams()
    print("a \N{GREATER-THAN OR EQUAL TO} b \N{PLUS-MINUS SIGN} c")
    stream.flush()
    wanted = b"a \\u2265 b \xb1 c\n" if is_terminal else "a \u2265 b \u00b1 c\n".encode()
    assert written.getvalue() == wanted
