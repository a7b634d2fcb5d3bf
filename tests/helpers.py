"""What several test modules share."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
DATA_SETS = ("mnist", "fashion_mnist", "notmnist", "gtsrb", "cifar10")


def require(condition: bool, reason: str) -> None:
    """Skip the running test unless the condition holds; with NNEST_REQUIRE=all, fail it."""
    if condition:
        return
    if os.environ.get("NNEST_REQUIRE") == "all":
        pytest.fail(f"NNEST_REQUIRE=all, but: {reason}", pytrace=False)
    pytest.skip(reason)


def data_folder(*names: str) -> Path:
    """Return the folder of the real data sets; require that the named ones lie in it."""
    folder = Path(os.environ.get("NNEST_DATA", ""))
    for name in names or DATA_SETS:
        found = "NNEST_DATA" in os.environ and (folder / f"{name}.npz").is_file()
        require(found, f"{name}.npz is not in the folder that NNEST_DATA names ({folder})")
    return folder


def make_pipe(path: Path) -> None:
    """Make a pipe that nobody writes to."""
    require(hasattr(os, "mkfifo"), "this system has no pipes in folders")
    os.mkfifo(path)


def require_float16() -> None:
    """Require a processor that JAX can compile float16 for; SSE4.2 alone is not enough."""
    import jax
    import numpy as np

    try:
        jax.jit(lambda x: x.astype("float16") * 2)(np.ones(3, np.float32))
        compiled = True
    except jax.errors.JaxRuntimeError:
        compiled = False
    require(compiled, "JAX compiles no float16 for this processor")


def label(value: Any) -> str:
    """Return a value as the name of a test, the same in every process."""
    return re.sub(r" at 0x[0-9a-f]+", "", str(value))


_ASK = """
import pickle, sys
question, answer = sys.argv[1:]
with open(question, "rb") as file:
    calls = pickle.load(file)
found = [getattr(thing, name)(*given) for thing, name, *given in calls]
with open(answer, "wb") as file:
    pickle.dump((calls, found), file)
"""


def in_new_process(folder: Path, *calls: tuple[Any, ...]) -> tuple[list[Any], list[Any]]:
    """Pickle objects, load them in a process that has imported nothing, and call their methods.

    A call is an object, the name of one of its methods, and arguments. Returned are the objects as
    that process has pickled them afterwards, and what the methods returned.
    """
    question, answer = folder / "question.pkl", folder / "answer.pkl"
    question.write_bytes(pickle.dumps(calls))
    ended = subprocess.run(
        [sys.executable, "-c", _ASK, str(question), str(answer)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    things, found = pickle.loads(answer.read_bytes())
    return [thing for thing, *_ in things], found


class Clock:
    """Takes the place of the module `time`: it goes on only while somebody sleeps.

    A machine that stands still for a moment changes nothing then.
    """

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        """Return the seconds that somebody has slept."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.now += seconds
