"""How many processors there are, and how much memory machine, process and container leave."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from nnest import _machine

GIB = 2**30


def test_processors_are_counted_where_the_system_sets_no_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on macOS and Windows, which have no `os.sched_getaffinity`."""
    assert 1 <= _machine.cores() <= os.cpu_count()
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert _machine.cores() == 7


@pytest.mark.parametrize(
    ("said", "share"), [("2", 2), (" 3,2", 3), ("99", 4), ("0", 4), ("", 4), ("many", 4), ("-1", 4)]
)
def test_a_worker_is_told_its_share_of_processors(
    said: str, share: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the variable of OpenMP; what is no number, or more than there are, is all of them."""
    monkeypatch.setattr(_machine, "cores", lambda: 4)
    monkeypatch.setenv("OMP_NUM_THREADS", said)
    assert _machine.worker_cores() == share
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert _machine.worker_cores() == 4


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with 8 GiB left and no limits, as files; what it returns is their folder."""
    monkeypatch.setattr(_machine, "_PROC", tmp_path / "proc")
    monkeypatch.setattr(_machine, "_CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(_machine, "_of_process", lambda: float("inf"))
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=8 * GIB))
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    """Write a file with its folders."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_machine_without_limits(machine: Path) -> None:
    """What the kernel calls available."""
    assert machine.exists()
    assert _machine.free_memory() == 8 * GIB


@pytest.mark.parametrize("where", ["", "jobs/", "jobs/mine/"])
def test_control_groups_of_version_2(machine: Path, where: str) -> None:
    """The group itself and each above it; pages of files that were read are given back."""
    write(machine, "proc/self/cgroup", "0::/jobs/mine\n")
    for each in ("", "jobs/", "jobs/mine/"):
        limit = f"{3 * GIB}\n" if each == where else "max\n"
        write(machine, f"cgroup/{each}memory.max", limit)
        write(machine, f"cgroup/{each}memory.current", f"{2 * GIB}\n")
        write(machine, f"cgroup/{each}memory.stat", f"anon 5\ninactive_file {GIB}\n")
    assert _machine.free_memory() == 2 * GIB


@pytest.mark.parametrize("path", ["/mine", "/of/the/host"])
def test_control_groups_of_version_1(machine: Path, path: str) -> None:
    """In a container the path may be the host's; the other controllers do not matter."""
    write(machine, "proc/self/cgroup", f"2:cpu,cpuacct:/other\n4:memory:{path}\n0::/\n")
    folder = "cgroup/memory/mine/" if path == "/mine" else "cgroup/memory/"
    write(machine, f"{folder}memory.limit_in_bytes", f"{GIB}\n")
    write(machine, f"{folder}memory.usage_in_bytes", f"{GIB // 4}\n")
    write(machine, f"{folder}memory.stat", "total_inactive_file 0\n")
    assert _machine.free_memory() == 0.75 * GIB


def test_more_is_used_than_the_limit(machine: Path) -> None:
    """Nothing is left, and no less than nothing."""
    write(machine, "proc/self/cgroup", "0::/\n")
    write(machine, "cgroup/memory.max", "5\n")
    write(machine, "cgroup/memory.current", "7\n")
    assert _machine.free_memory() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the system keeps no such limit")
def test_a_limit_of_the_process() -> None:
    """What `ulimit -v` leaves, as schedulers of clusters set it."""
    program = (
        "import resource; from nnest._machine import free_memory\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2**32, resource.RLIM_INFINITY))\n"
        "print(free_memory())"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert 0 < float(said.stdout) < 2**32


def test_a_device_is_told_without_files_of_the_kernel(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model where Linux tells it, elsewhere what Python knows."""
    monkeypatch.setattr(
        _machine, "processor", _machine.processor.__wrapped__
    )  # told anew each time
    monkeypatch.setattr(_machine.platform, "processor", lambda: "arm")
    assert _machine.processor() == "arm"
    monkeypatch.setattr(_machine.platform, "processor", lambda: "")
    monkeypatch.setattr(_machine.platform, "machine", lambda: "arm64")
    assert _machine.device().startswith("cpu: arm64, ")
    write(machine, "proc/cpuinfo", "processor : 0\nmodel name : Fast One\nmodel name : Fast One\n")
    assert _machine.processor() == "Fast One"
    assert _machine.device() == f"cpu: Fast One, {os.cpu_count()} cores"
