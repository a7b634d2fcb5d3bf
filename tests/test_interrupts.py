"""Ctrl-C is heard in any moment, also while garbage is collected."""

from __future__ import annotations

import gc
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from nnest import MLPClassifier, VectorizedGridSearchCV, fit_many
from nnest._interrupts import interrupts_heard
from nnest.results import ResultStore
from tests.test_experiments_run import FakeClassifier, fake_report, quietly


@pytest.fixture(autouse=True)
def ctrl_c() -> Iterator[None]:
    """Hear it also where a shell has started the tests in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press_while_garbage_is_collected(*_: Any, **__: Any) -> None:
    """Press Ctrl-C in a callback of the garbage collector; complain where nothing happens."""

    def press(phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            signal.raise_signal(signal.SIGINT)

    gc.callbacks.append(press)
    try:
        gc.collect()
    finally:
        gc.callbacks.remove(press)
    time.sleep(2)
    raise TimeoutError("Nothing has happened.")


def fit_one(X: Any, y: Any) -> None:
    """Interrupt the training of one network."""
    import keras

    pressing = keras.callbacks.LambdaCallback(on_epoch_end=press_while_garbage_is_collected)
    MLPClassifier(epochs=2, callbacks=[pressing]).fit(X, y)


def fit_some(X: Any, y: Any) -> None:
    """Interrupt the training of a group."""
    fit_many([MLPClassifier(epochs=2)], X, y, callback=press_while_garbage_is_collected)


def search(X: Any, y: Any) -> None:
    """Interrupt a search while it computes scores."""
    networks = MLPClassifier(epochs=1)
    grid = {"dropout": [0.0, 0.5]}
    VectorizedGridSearchCV(networks, grid, cv=2, scoring=press_while_garbage_is_collected).fit(X, y)


def run_report(*_: Any) -> None:
    """Interrupt a report's experiments where no network of ours is trained."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(FakeClassifier, "fit", press_while_garbage_is_collected)
        quietly(fake_report(), ResultStore(folder))


@pytest.mark.parametrize("train", [fit_one, fit_some, search, run_report])
def test_no_training_goes_on_after_it(
    train: Callable[[Any, Any], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Python prints and ignores the first exception: it is raised again, and nothing is printed."""
    X, y = load_digits(return_X_y=True)
    with pytest.raises(KeyboardInterrupt):
        train(X[:40], y[:40])
    assert "ignored" not in capsys.readouterr().err


def test_without_it_the_interrupt_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    """Else the tests above would show nothing."""
    lost: list[Any] = []
    before, sys.unraisablehook = sys.unraisablehook, lambda given: lost.append(given.exc_type)
    try:
        with pytest.raises(TimeoutError):
            press_while_garbage_is_collected()
    finally:
        sys.unraisablehook = before
    assert lost == [KeyboardInterrupt]


def test_other_errors_that_python_ignores_are_shown_as_ever() -> None:
    """What a finalizer raises, say; and afterwards all is as it was."""

    class Clumsy:
        def __del__(self) -> None:
            raise ValueError("dropped")

    seen: list[Any] = []
    before, sys.unraisablehook = sys.unraisablehook, lambda given: seen.append(given.exc_type)
    ours = sys.unraisablehook
    try:
        with interrupts_heard():
            del (clumsy := [Clumsy()])[0]
            assert not clumsy
        assert sys.unraisablehook is ours
    finally:
        sys.unraisablehook = before
    assert seen == [ValueError]


def test_other_threads_leave_the_hook_alone() -> None:
    """Python interrupts the main thread alone, and the hook is one for all threads."""
    hooks: list[Any] = []

    def look() -> None:
        with interrupts_heard():
            hooks.append(sys.unraisablehook)

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert hooks == [sys.unraisablehook]


# The third trial is told, Ctrl-C is pressed in the worst moment, and the process ends.
PRESSED = """
import atexit, signal
import optuna
from nnest.cli import run
from tests.test_interrupts import press_while_garbage_is_collected
signal.signal(signal.SIGINT, signal.default_int_handler)
atexit.register(print, "The interpreter was taken down.")
told, tell = [], optuna.Study.tell
def counted(*given, **named):
    found = tell(*given, **named)
    told.append(found)
    if len(told) == 3:
        press_while_garbage_is_collected()
    return found
optuna.Study.tell = counted
run()
"""


def test_a_study_of_the_command_line_ends_at_once(tmp_path: Path) -> None:
    """With the status that shells expect; JAX would crash where it is taken down at work."""
    command = ["tune", "digits", "--model", "mlp", "--samples", "100", "--epochs", "1"]
    more = ["--trials", "20", "--folds", "2", "--out", str(tmp_path)]
    ended = subprocess.run(
        [sys.executable, "-c", PRESSED, *command, *more],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).parents[1],
    )
    assert ended.returncode == 130, ended.stderr
    assert ended.stderr.startswith("\nnnest: stopped. What had ended is kept in the study;")
    assert ended.stdout == ""


def test_an_interrupt_is_not_hidden_by_what_comes_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """A storage that was interrupted within may fail when a study gives back its trials."""
    from nnest import OptunaSearchCV

    def fails(*_: Any) -> None:
        raise KeyError("Record does not exist.")

    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("nnest.search._rounds._Rounds._trained", interrupted)
    monkeypatch.setattr("nnest.search._rounds._Rounds._give_up", fails)
    study = OptunaSearchCV(MLPClassifier(epochs=1), {"dropout": [0.0, 0.5]}, n_trials=2, cv=2)
    with pytest.raises(KeyboardInterrupt):
        study.fit(np.eye(8), [0, 1] * 4)
