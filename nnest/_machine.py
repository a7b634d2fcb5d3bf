"""What this process can use: processors, memory, the device of its networks."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath

import psutil

__all__ = ["cores", "device", "free_memory", "processor", "worker_cores"]

_PROC, _CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")
#: Files with a group's limit and use, by the version of control groups.
_FILES = {
    2: ("memory.max", "memory.current"),
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes"),
}
#: How the lines of ``cpuinfo`` begin that name instructions, on x86 and on ARM.
_FEATURES = ("flags", "Features")
#: What the kernel gives back when memory runs short, in ``memory.stat``.
_CACHE = {2: "inactive_file ", 1: "total_inactive_file "}


def cores() -> int:
    """Return the processors on which this process may run.

    Returns
    -------
    int
        Those that the system lets it use; all that there are where the system sets no such bound.

    Examples
    --------
    >>> from nnest._machine import cores
    >>> cores() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):  # Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def worker_cores() -> int:
    """Return the processors that are this process's share, if it is a worker.

    Returns
    -------
    int
        What OMP_NUM_THREADS says, by which joblib and Dask tell their workers; at most those of
        :func:`cores`.

    Examples
    --------
    >>> from nnest._machine import cores, worker_cores
    >>> 1 <= worker_cores() <= cores()
    True
    """
    # OpenMP takes a list too, one number for each level of threads.
    share = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return min(cores(), int(share)) if share.isdecimal() and int(share) else cores()


def free_memory() -> float:
    """Return the bytes that this process may still take.

    Returns
    -------
    float
        The least of what the machine has left, what RLIMIT_AS leaves to the process, and what the
        control groups of its container leave.

    Examples
    --------
    >>> from nnest._machine import free_memory
    >>> free_memory() > 0
    True
    """
    of_machine = float(psutil.virtual_memory().available)
    return max(0.0, min(of_machine, _of_process(), *_of_groups()))


def device() -> str:
    """Return the device that networks are trained on, importing nothing for it.

    Returns
    -------
    str
        JAX's first device where that is loaded and has a GPU; else the processor, and how many
        cores the machine has.

    Examples
    --------
    >>> from nnest._machine import device
    >>> device()  # doctest: +SKIP
    'cpu: Intel(R) Xeon(R) Processor, 2 cores'
    """
    jax = sys.modules.get("jax")
    if jax is not None:
        first = jax.devices()[0]
        if first.platform != "cpu":
            return f"{first.platform}: {first.device_kind}"
    return f"cpu: {processor()}, {os.cpu_count()} cores"


@cache
def processor() -> str:
    """Return the processor's name as far as the system tells it.

    Returns
    -------
    str
        The model on Linux, the family on Windows, the architecture elsewhere.

    Examples
    --------
    >>> from nnest._machine import processor
    >>> processor() != ""
    True
    """
    names = (line for line in _lines(_PROC / "cpuinfo") if line.startswith("model name"))
    named = next(names, "").partition(":")[2].strip()
    return named or platform.processor() or platform.machine()


def processor_features() -> str:
    """Return what the processor can do, as the kernel lists it; "" where it does not.

    Returns
    -------
    str
        One line or more.

    Examples
    --------
    >>> from nnest._machine import processor_features
    >>> known = processor_features()
    """
    lines = _lines(_PROC / "cpuinfo")
    return "\n".join(dict.fromkeys(line for line in lines if line.startswith(_FEATURES)))


def _of_process() -> float:
    """Return how much more address space this process may have."""
    try:
        import resource
    except ImportError:  # Windows
        return float("inf")
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return float("inf")
    return float(limit - psutil.Process().memory_info().vms)


def _of_groups() -> Iterator[float]:
    """Yield what each control group above this process has left, of version 1 or 2."""
    for line in _lines(_PROC / "self" / "cgroup"):
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        version = 1 if controllers else 2
        root = _CGROUPS / "memory" if controllers else _CGROUPS
        own = PurePosixPath(path.lstrip("/"))
        # Inside a container the path may be the host's: then only the root is there.
        for folder in (own, *own.parents):
            yield _of_group(root / folder, version)


def _of_group(folder: Path, version: int) -> float:
    """Return what one control group has left."""
    limit, used = (" ".join(_lines(folder / name)) for name in _FILES[version])
    if not limit.isdigit() or not used.isdigit():  # "max", or no such group
        return float("inf")
    stat = [
        line.split()[1]
        for line in _lines(folder / "memory.stat")
        if line.startswith(_CACHE[version])
    ]
    return float(int(limit) - int(used) + sum(map(int, stat)))


def _lines(path: Path) -> list[str]:
    """Return the lines of a file of the kernel, none if there is no such file."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
