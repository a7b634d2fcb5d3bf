"""Who trains a trial: a process, its signs of life, and how to tell that it is gone."""

from __future__ import annotations

import os
import platform
import threading
import time
import uuid
from collections.abc import Mapping
from typing import Any, Self

import psutil
from optuna.storages import BaseStorage

__all__ = ["Worker", "beat_interval", "is_gone"]

#: Seconds after which a trial of another host is given up where no heartbeats are recorded.
ELSEWHERE = 3600.0
#: Seconds between two tries to record a heartbeat that could not be recorded.
_AGAIN = 1.0
_SAME = 1.0

_living: set[str] = set()


def beat_interval(storage: BaseStorage) -> float | None:
    """Return how often a storage wants signs of life, or None if it keeps none."""
    ask = getattr(storage, "get_heartbeat_interval", None)
    found: float | None = None if ask is None else ask()
    return found


def _birth(process: psutil.Process) -> tuple[float, float]:
    """Return when a process was started: by the clock, and since the machine was."""
    booted, created = psutil.boot_time(), process.create_time()
    return created, created - booted


class Worker:
    """One run of the loop: what its trials are marked with, and the heartbeats that it records.

    Parameters
    ----------
    storage : optuna.storages.BaseStorage
        The study's storage. Where it wants heartbeats, a thread records them.

    Attributes
    ----------
    mark : dict
        What tells this worker from all others, as JSON has it.
    """

    def __init__(self, storage: BaseStorage) -> None:
        created, up = _birth(psutil.Process())
        self.mark: dict[str, Any] = {
            "worker": uuid.uuid4().hex[:12],
            "pid": os.getpid(),
            "started": created,
            "up": up,
            "host": platform.node(),
        }
        self._storage = storage
        self._interval = beat_interval(storage)
        self._trials: set[int] = set()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Live."""
        _living.add(self.mark["worker"])
        if self._interval is not None:
            self._thread = threading.Thread(target=self._beat, daemon=True, name="heartbeats")
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Die: trials that are still marked with this worker are lost."""
        _living.discard(self.mark["worker"])
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def watch(self, trial_id: int) -> None:
        """Record a first sign of life of a trial, and from now on one in each interval."""
        if self._interval is not None:
            self._storage.record_heartbeat(trial_id)  # type: ignore[attr-defined]
            self._trials.add(trial_id)

    def leave(self, trial_ids: set[int]) -> None:
        """Record no more signs of life of some trials."""
        self._trials -= trial_ids

    def _beat(self) -> None:
        """Record heartbeats until the end."""
        # The thread that trains says when the storage is away, and waits for it.
        storage: Any = getattr(self._storage, "inner", self._storage)
        pause = self._interval
        while not self._ended.wait(pause):
            try:
                for trial_id in tuple(self._trials):
                    storage.record_heartbeat(trial_id)
                pause = self._interval
            except Exception:
                pause = _AGAIN
        storage.remove_session()


def is_gone(owner: Mapping[str, Any], started: float) -> bool:
    """Tell whether the worker that has marked a trial does not live any more.

    Parameters
    ----------
    owner : mapping
        The mark.
    started : float
        When the trial was started, in seconds since the epoch; a host that cannot be looked
        into is believed for an hour.
    """
    if owner["host"] != platform.node():
        return time.time() - started > ELSEWHERE
    try:
        process = psutil.Process(owner["pid"])
        created, up = _birth(process)
        # The clock may have been set since, on some systems the other number changes with it.
        same = abs(created - owner["started"]) < _SAME or abs(up - owner["up"]) < _SAME
        if not same or process.status() == psutil.STATUS_ZOMBIE:
            return True
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
    return owner["pid"] == os.getpid() and owner["worker"] not in _living
