"""The process that trains a trial: its identity, its heartbeats, and whether it still lives."""

from __future__ import annotations

import os
import platform
import threading
import time
import uuid
from collections.abc import Mapping
from typing import Any, Self

import psutil
from optuna.storages import BaseStorage, RDBStorage

from nnest.studies._retries import RetryingStorage

#: Seconds after which a trial of another host counts as lost, where no heartbeats are recorded.
REMOTE_TIMEOUT = 3600.0
#: Seconds until a heartbeat is tried again that could not be recorded.
_RETRY_INTERVAL = 1.0
#: Seconds by which two readings of one process's start may differ.
_SAME_START = 1.0

_running_workers: set[str] = set()


def heartbeat_database(storage: BaseStorage) -> RDBStorage | None:
    """Return the database behind a storage if it records heartbeats."""
    if isinstance(storage, RetryingStorage) and storage.database.get_heartbeat_interval():
        return storage.database
    return None


def _start_times(process: psutil.Process) -> tuple[float, float]:
    """Return when a process was started: by the clock, and since the machine was."""
    booted, created = psutil.boot_time(), process.create_time()
    return created, created - booted


class Worker:
    """One run of the loop: its identity, and the heartbeats of its trials.

    Parameters
    ----------
    storage : optuna.storages.BaseStorage
        The study's storage. If it takes heartbeats, a thread records them.

    Attributes
    ----------
    identity : dict
        What distinguishes this worker from all others, as JSON.
    """

    def __init__(self, storage: BaseStorage) -> None:
        created, up = _start_times(psutil.Process())
        self.identity: dict[str, Any] = {
            "worker": uuid.uuid4().hex[:12],
            "pid": os.getpid(),
            "started": created,
            "up": up,
            "host": platform.node(),
        }
        self._database = heartbeat_database(storage)
        self._trials: set[int] = set()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Start to send heartbeats."""
        _running_workers.add(self.identity["worker"])
        if self._database is not None:
            self._thread = threading.Thread(
                target=self._send_heartbeats, args=(self._database,), daemon=True, name="heartbeats"
            )
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop; trials that the worker still owns can be reclaimed."""
        _running_workers.discard(self.identity["worker"])
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def start_heartbeat(self, trial_id: int) -> None:
        """Record a first heartbeat of a trial, and one in each interval from now on."""
        if self._database is not None:
            self._database.record_heartbeat(trial_id)
            self._trials.add(trial_id)

    def stop_heartbeats(self) -> None:
        """Record no more heartbeats of trials."""
        self._trials.clear()

    def _send_heartbeats(self, database: RDBStorage) -> None:
        """Record heartbeats until the worker stops.

        A storage that is away is not waited for here: the thread that trains does that, and tells
        the user.
        """
        interval = pause = database.get_heartbeat_interval() or _RETRY_INTERVAL
        while not self._ended.wait(pause):
            try:
                for trial_id in tuple(self._trials):
                    database.record_heartbeat(trial_id)
                pause = interval
            except Exception:
                pause = _RETRY_INTERVAL
        database.remove_session()


def is_dead(owner: Mapping[str, Any], started: float) -> bool:
    """Return whether the worker that owns a trial has ended or died.

    Parameters
    ----------
    owner : mapping
        The worker's identity.
    started : float
        When the trial was started, in seconds since the epoch. A worker on another host cannot be
        looked at: it counts as alive for an hour.
    """
    if owner["host"] != platform.node():
        return time.time() - started > REMOTE_TIMEOUT
    try:
        process = psutil.Process(owner["pid"])
        created, up = _start_times(process)
        # Process numbers are used again. The clock may have been set since the worker began, and
        # on some systems the time since the start of the machine then changes with it.
        is_same = (
            abs(created - owner["started"]) < _SAME_START or abs(up - owner["up"]) < _SAME_START
        )
        if not is_same or process.status() == psutil.STATUS_ZOMBIE:
            return True
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
    return owner["pid"] == os.getpid() and owner["worker"] not in _running_workers
