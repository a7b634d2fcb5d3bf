"""Ctrl-C is heard in any moment, also while garbage is collected."""

from __future__ import annotations

import _thread
import gc
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError

from nnest import MLPClassifier, OptunaSearchCV, VectorizedGridSearchCV, _interrupts, fit_many
from nnest._interrupts import interrupts_heard
from nnest.results import ResultStore
from tests.networks import mlp, same_weights
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
    assert ended.stdout == "nnest: X of digits: divided by 16.\n"


def test_an_interrupt_is_not_hidden_by_what_comes_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """A storage that was interrupted within may fail when a study gives back its trials."""
    from nnest import OptunaSearchCV

    def fails(*_: Any) -> None:
        raise KeyError("Record does not exist.")

    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("nnest.studies._loop.BatchLoop._results", interrupted)
    monkeypatch.setattr("nnest.studies._loop.release_trials", fails)
    study = OptunaSearchCV(MLPClassifier(epochs=1), {"dropout": [0.0, 0.5]}, n_trials=2, cv=2)
    with pytest.raises(KeyboardInterrupt):
        study.fit(np.eye(8), [0, 1] * 4)


# What an interrupt leaves behind: the last whole epoch, or what was there before.

ROWS, LABELS = load_digits(return_X_y=True)
ROWS, LABELS = ROWS[:120] / 16, LABELS[:120] % 2
PARTS: dict[str, Any] = {"dropout": 0.2, "batch_norm_at": "every", "momentum": 0.9}
NET = mlp(**PARTS, optimizer="sgd", batch_size=16, epochs=4)
GRID = {"dropout": [0.0, 0.2]}


class Stops:
    """Raises an exception in a training step or at the end of an epoch."""

    def __init__(self, epoch: int, step: int | None) -> None:
        import keras

        def stop(at: int, logs: Any = None) -> None:
            if self.epoch == epoch and step in (None, at):
                raise KeyboardInterrupt

        self.epoch = -1
        when = "on_epoch_end" if step is None else "on_train_batch_end"
        self.callback = keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, logs: setattr(self, "epoch", epoch), **{when: stop}
        )


@pytest.mark.parametrize("step", [1, None], ids=["step", "end"])
def test_the_last_whole_epoch_stays(step: int | None) -> None:
    """With its history, optimizer and random streams: the training goes on to the same numbers."""
    net = clone(NET).set_params(callbacks=[Stops(2, step).callback])
    with pytest.raises(KeyboardInterrupt):
        net.fit(ROWS, LABELS)
    net.set_params(callbacks=None)

    assert (net.n_iter_, net.best_epoch_, net.diverged_) == (2, 2, False)
    assert len(net.history_["loss"]) == 2
    assert same_weights(net, clone(NET).set_params(epochs=2).fit(ROWS, LABELS))
    for _ in range(2):
        net.partial_fit(ROWS, LABELS)
    assert same_weights(net, clone(NET).fit(ROWS, LABELS))


@pytest.mark.parametrize("step", [1, None], ids=["step", "end"])
def test_without_a_whole_epoch_all_is_as_before(step: int | None) -> None:
    """Nothing was fitted, or the network that was there goes on predicting."""
    net = clone(NET).set_params(callbacks=[Stops(0, step).callback])
    with pytest.raises(KeyboardInterrupt):
        net.fit(ROWS, LABELS)
    with pytest.raises(NotFittedError):
        net.predict(ROWS)
    net.set_params(callbacks=None).fit(ROWS, LABELS)
    probabilities, attributes = net.predict_proba(ROWS), dict(vars(net))
    for train in (net.partial_fit, clone(net).set_params(warm_start=True).fit, net.fit):
        owner = train.__self__
        vars(owner).update({**attributes, "warm_start": owner.warm_start})
        first = 0 if train == net.fit else 4
        owner.set_params(callbacks=[Stops(first, step).callback])
        with pytest.raises(KeyboardInterrupt):
            train(ROWS, LABELS if owner.warm_start else 1 - LABELS)
        np.testing.assert_array_equal(owner.predict_proba(ROWS), probabilities)
        assert owner.history_ == attributes["history_"]


def test_bad_input_leaves_a_network_as_it_was() -> None:
    """What was learnt of new samples before the network was made is forgotten."""
    net = clone(NET).fit(ROWS, LABELS)
    before = net.predict(ROWS)
    with pytest.raises(ValueError, match="dropout"):
        net.set_params(dropout=2.0).fit(ROWS[:, :3], LABELS + 7)
    np.testing.assert_array_equal(net.predict(ROWS), before)


def test_members_are_whole_or_as_they_were() -> None:
    """The first group has ended when the second one is interrupted."""
    nets = [clone(NET), clone(NET), clone(NET).set_params(hidden_units=(4,))]
    nets[1].fit(ROWS, LABELS)
    before = nets[1].predict_proba(ROWS)
    calls: list[int] = []

    def press(epoch: int, metrics: Any) -> None:
        calls.append(epoch)
        if len(calls) == 5:
            raise KeyboardInterrupt

    nets[1].set_params(hidden_units=(4,))
    with pytest.raises(KeyboardInterrupt):
        fit_many(nets, ROWS, LABELS, callback=press)
    assert nets[0].n_iter_ == 4
    np.testing.assert_array_equal(nets[1].predict_proba(ROWS), before)
    with pytest.raises(NotFittedError):
        nets[2].predict(ROWS)


def interrupted(call: Callable[[], Any], delay: float) -> bool:
    """Press Ctrl-C some seconds after a call has begun; tell whether that ended it."""
    pressed = threading.Event()

    def press() -> None:
        pressed.set()
        _thread.interrupt_main()

    timer = threading.Timer(delay, press)
    try:
        timer.start()
        call()
        timer.cancel()
        timer.join()
        if pressed.is_set():
            time.sleep(20 * _interrupts._PAUSE)  # one that Python ignored comes again by now
    except KeyboardInterrupt:
        return True
    return False


def seconds_of(call: Callable[[], Any]) -> float:
    """Return how long a call takes at least, after the first one has compiled all."""
    found = []
    for _ in range(4):
        begun = time.perf_counter()
        call()
        found.append(time.perf_counter() - begun)
    return min(found)


def interrupting(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a test that interrupts at any moment, also where an interrupt becomes a warning."""
    # Python ignores it in a weak reference's callback and says so; nnest raises it again.
    test = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")(test)
    # Keras 3.15 takes any exception while it compares inputs for inputs that do not fit.
    test = pytest.mark.filterwarnings("ignore:The structure of `inputs`:UserWarning")(test)
    return pytest.mark.slow(test)


@interrupting
@pytest.mark.parametrize("way", ["partial_fit", "warm fit"])
def test_a_hundred_interrupts_lose_no_epoch(way: str) -> None:
    """A network that is trained on and on is after each of them what whole epochs make of it."""
    net, twin = (clone(NET).set_params(warm_start=way == "warm fit", epochs=2) for _ in range(2))
    train = net.fit if net.warm_start else net.partial_fit
    longest = seconds_of(lambda: train(ROWS, LABELS))
    rng, ended = random.Random(0), 0
    for _ in range(100):
        ended += interrupted(lambda: train(ROWS, LABELS), rng.uniform(0, longest))
        while getattr(twin, "n_iter_", 0) < net.n_iter_:
            twin.partial_fit(ROWS, LABELS)
        assert same_weights(net, twin)
        assert net.history_ == twin.history_
    assert ended > 10


@interrupting
def test_a_hundred_interrupted_fits_are_whole_or_none() -> None:
    """A network has whole epochs, or says that it is not fitted."""
    whole = [clone(NET).set_params(epochs=k).fit(ROWS, LABELS) for k in range(1, 5)]
    longest = seconds_of(lambda: clone(NET).fit(ROWS, LABELS))
    rng, ended = random.Random(0), 0
    for _ in range(100):
        net = clone(NET)
        ended += interrupted(lambda net=net: net.fit(ROWS, LABELS), rng.uniform(0, longest))
        if hasattr(net, "n_iter_"):
            assert same_weights(net, whole[net.n_iter_ - 1])
        else:
            with pytest.raises(NotFittedError):
                net.predict(ROWS)
    assert ended > 10


def members() -> list[Any]:
    """Return networks of two architectures, one of which trains for longer than the others."""
    return [clone(NET).set_params(epochs=k, hidden_units=(8 - k % 2,)) for k in (1, 2, 3, 4)]


def grid() -> Any:
    """Return a search over a grid."""
    return VectorizedGridSearchCV(clone(NET), GRID, cv=2)


def study() -> Any:
    """Return a search by Optuna."""
    return OptunaSearchCV(clone(NET), GRID, n_trials=2, cv=2, sampler="grid", random_state=0)


@interrupting
@pytest.mark.parametrize("make", [members, grid, study])
def test_a_hundred_interrupts_leave_no_half(make: Callable[[], Any]) -> None:
    """Members and searches predict what they would have predicted, or are not fitted."""

    def train(things: Any) -> Any:
        return fit_many(things, ROWS, LABELS) if make is members else things.fit(ROWS, LABELS)

    def each(things: Any) -> list[Any]:
        return things if make is members else [things]

    longest = seconds_of(lambda: train(make()))
    right = [thing.predict_proba(ROWS) for thing in each(train(make()))]
    rng, ended = random.Random(0), 0
    for _ in range(100):
        things = make()
        ended += interrupted(lambda things=things: train(things), rng.uniform(0, longest))
        for thing, probabilities in zip(each(things), right, strict=True):
            with suppress(NotFittedError):
                np.testing.assert_array_equal(thing.predict_proba(ROWS), probabilities)
    assert ended > 10
