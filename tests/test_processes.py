"""Processes that are forked, and programs that import Keras first."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from nnest import MLPClassifier
from nnest.population._fit_many import _why_alone
from tests.helpers import ROOT

FORKED = """
import os, pickle, signal, warnings
import numpy as np
from nnest import MLPClassifier, fit_many, load, save

def in_child(work):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # JAX warns of each fork
        child = os.fork()
    if child == 0:
        signal.alarm(60)
        try:
            work()
        except RuntimeError as error:
            print(error, flush=True)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0, "it hung"

net = MLPClassifier(hidden_units=(4,), epochs=1, random_state=0)
X, y = np.eye(4), [0, 1, 0, 1]
in_child(lambda: print(net.fit(X, y).n_iter_, flush=True))
net.fit(X, y)
pickled = pickle.dumps(net)
for work in (
    lambda: net.predict(X),
    lambda: net.partial_fit(X, y),
    lambda: MLPClassifier().fit(X, y),
    lambda: fit_many([MLPClassifier()], X, y),
    lambda: pickle.loads(pickled),
):
    in_child(work)
"""
SENTENCE = (
    "This process was forked after JAX had started, and JAX would hang in it: start processes with "
    "multiprocessing.get_context('spawn'), or leave them to joblib's default backend, 'loky'."
)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows does not fork")
def test_a_forked_process_says_that_it_would_hang() -> None:
    """One that was forked before JAX started works; the others end with a sentence."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-c", FORKED], env=environment, capture_output=True, text=True, timeout=400
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines() == ["1", *[SENTENCE] * 5]


def test_keras_may_have_been_tried_first() -> None:
    """Without TensorFlow that ends in an error, after which nnest finds its own backend."""
    code = (
        "import contextlib\n"
        "with contextlib.suppress(ImportError):\n"
        "    import keras\n"
        "from nnest import MLPClassifier\n"
        "print(MLPClassifier(epochs=1).fit([[0.0], [1.0]], [0, 1]).n_iter_)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("KERAS_BACKEND", None)
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120
    )
    assert ended.stdout == "1\n", ended.stderr


def test_the_cure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Keras was imported first and runs on TensorFlow, groups say what to do."""
    monkeypatch.setattr("keras.backend.backend", lambda: "tensorflow")
    assert _why_alone(MLPClassifier()) == (
        "Keras runs on tensorflow, and groups need JAX (import nnest before keras, or set "
        "KERAS_BACKEND=jax)"
    )
    assert "Import `nnest` before `keras`" in (ROOT / "README.md").read_text(encoding="utf-8")
