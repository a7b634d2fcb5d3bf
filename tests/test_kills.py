"""A group that is killed goes on to the same numbers, and many fits leave memory alone."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow

TRAIN = """
import sys, time
import numpy as np
from sklearn.datasets import load_digits
from nnest import CNNClassifier, MLPClassifier
from nnest.population import _checkpoint, _group, fit_many

_checkpoint.INTERVAL, _group.SLICE = 0.0, 0.02  # a checkpoint every few steps
family, folder, out = sys.argv[1:]
x, y = load_digits(return_X_y=True)
x = (x / 16).astype("float32")
common = {"epochs": 12, "early_stopping": True, "n_iter_no_change": 3, "dropout": 0.2}
if family == "mlp":
    nets = [MLPClassifier(hidden_units=(24,), random_state=i, learning_rate=0.01 * i + 0.001,
                          **common) for i in range(9)]
else:
    nets = [CNNClassifier(filters=(4,), hidden_units=(8,), conv_batch_norm=True, random_state=i,
                          learning_rate=0.01 * i + 0.001, **common) for i in range(4)]
# Long enough to be killed in the middle by a process that is slow to look.
fit_many(nets, x, y, checkpoint=None if folder == "-" else folder,
         callback=None if folder == "-" else lambda epoch, metrics: time.sleep(0.4))
arrays = {}
for i, net in enumerate(nets):
    variables = [*net.model_.variables, *net.model_.optimizer.variables]
    arrays |= {f"{i}_{j}": np.asarray(v) for j, v in enumerate(variables)}
    arrays |= {f"{i}_{name}": values for name, values in net.history_.items()}
    arrays[f"{i}_epochs"] = [net.n_iter_, net.best_epoch_]
np.savez(out, **arrays)
"""


def train(family: str, folder: object, out: Path) -> subprocess.Popen[bytes]:
    """Start a training in a process of its own."""
    return subprocess.Popen([sys.executable, "-c", TRAIN, family, str(folder), str(out)])


def state(folder: Path) -> list[int]:
    """Return when each checkpoint was written."""
    return [path.stat().st_mtime_ns for path in folder.glob("group-*.npz")]


@pytest.mark.parametrize("family", ["mlp", "cnn"])
def test_a_killed_group_goes_on_to_the_same_numbers(family: str, tmp_path: Path) -> None:
    """Killed twice in the middle, it ends bit for bit as one that was left in peace."""
    whole, again, folder = tmp_path / "whole.npz", tmp_path / "again.npz", tmp_path / "running"
    folder.mkdir()
    assert train(family, "-", whole).wait(300) == 0
    for writes in (3, 8):
        process, seen = train(family, folder, again), set()
        started = time.monotonic()
        while len(seen) < writes and process.poll() is None and time.monotonic() < started + 240:
            seen |= set(state(folder))
            time.sleep(0.001)
        assert process.poll() is None, "it ended before it could be killed"
        process.kill()
        process.wait()
        assert state(folder)
        assert not again.exists()
    assert train(family, folder, again).wait(300) == 0

    with np.load(whole) as expected, np.load(again) as found:
        assert sorted(expected) == sorted(found)
        for name in expected:
            np.testing.assert_array_equal(expected[name], found[name], err_msg=name)
    assert not state(folder), "what is done is not kept"


def test_a_torn_checkpoint_costs_time_and_nothing_else(tmp_path: Path) -> None:
    """It is said, and the group is trained from the beginning."""
    process = train("mlp", tmp_path, tmp_path / "first.npz")
    while not state(tmp_path):
        assert process.poll() is None
        time.sleep(0.001)
    process.kill()
    process.wait()
    (path,) = tmp_path.glob("group-*.npz")
    path.write_bytes(path.read_bytes()[:1000])
    process = subprocess.run(
        [sys.executable, "-c", TRAIN, "mlp", str(tmp_path), str(tmp_path / "again.npz")],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert "cannot be read" in process.stderr


MANY_FITS = """
import gc
import numpy as np
import psutil
from nnest import CNNClassifier, MLPClassifier

def resident():
    gc.collect()
    return psutil.Process().memory_info().rss

x, y = np.random.default_rng(0).random((200, 12, 12), dtype=np.float32), np.arange(200) % 4
def fit(i):
    make = (MLPClassifier, {}) if i % 2 else (CNNClassifier, {"filters": (4,)})
    make[0](epochs=2, dropout=i / 400, l2=i * 1e-6, random_state=i, **make[1]).fit(
        x[: 150 + i % 50], y[: 150 + i % 50]).predict(x[:i + 1])
for i in range(40):
    fit(i)
before = resident()
for i in range(200):
    fit(i)
print(before, resident())
"""


def test_two_hundred_fits_leave_memory_alone() -> None:
    """Models that are gone give back what they had."""
    found = subprocess.run(
        [sys.executable, "-c", MANY_FITS], capture_output=True, text=True, timeout=600, check=True
    )
    before, after = map(int, found.stdout.split())
    assert after <= 1.05 * before
