"""The device, versions and code that a record was made with."""

from __future__ import annotations

import os
import platform
import sys
from functools import cache
from pathlib import Path
from typing import Any

from nnest.exceptions import ExperimentError
from nnest.results import git_state, source_digest, versions

__all__ = ["code_state", "describe_device", "installed_versions"]

_PACKAGE = Path(__file__).resolve().parents[1]
_VERSIONED = ("nnest-estimators", "keras", "jax", "numpy", "scikit-learn", "scikeras")


def code_state(*, must_be_clean: bool, records: Path) -> dict[str, Any]:
    """Return commit, state and digest of the code; refuse changes that are not committed."""
    commit, dirty = git_state(_PACKAGE, exclude=["book/results", records.absolute()])
    if dirty and must_be_clean:
        raise ExperimentError(
            f"The checkout at {_PACKAGE.parent} has changes that are not committed, so that no"
            " record could say which code made it; commit them, or pass --allow-dirty"
            " (allow_dirty=True), which is recorded."
        )
    return {"commit": commit, "dirty": dirty, "source_digest": source_digest(_PACKAGE)}


def installed_versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that decide numbers."""
    return {"python": platform.python_version(), **versions(_VERSIONED)}


@cache
def describe_device() -> str:
    """Describe the device of the trainings, importing nothing that they did not load."""
    jax = sys.modules.get("jax")
    if jax is not None:
        device = jax.devices()[0]
        if device.platform != "cpu":
            return f"{device.platform}: {device.device_kind}"
    return f"cpu: {_processor()}, {os.cpu_count()} cores"


def _processor() -> str:
    """Return the processor's name where the system tells it."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
