"""Compiled programs on disk: they are found again, never trusted blindly, and never in the way."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import jax
import keras
import numpy as np
import pytest
from jax._src import compilation_cache

from nnest import MLPClassifier
from nnest._compat import jax as compat
from nnest.cli import main
from nnest.exceptions import CompatibilityError
from nnest.programs import ProgramCache, _disk, kept_programs, program_cache
from tests.helpers import ROOT

KEY = "jit_step-12ab"
X = np.random.default_rng(0).normal(size=(40, 5)).astype("float32")
Y = (X[:, 0] > 0).astype(int)

on_posix = pytest.mark.skipif(os.name != "posix", reason="permissions of files are POSIX's")
on_jax = pytest.mark.skipif(keras.backend.backend() != "jax", reason="programs are shared on JAX")


@pytest.fixture
def cache(tmp_path: Path) -> ProgramCache:
    """An empty cache."""
    return ProgramCache(tmp_path / "programs")


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Set the environment variable, and forget the cache that was chosen before."""
    _disk.program_cache.cache_clear()
    yield lambda value: monkeypatch.setenv(_disk.VARIABLE, str(value))
    _disk.program_cache.cache_clear()


def only_file(cache: ProgramCache) -> Path:
    """Return the one file of a cache."""
    (path,) = cache.folder.iterdir()
    return path


def test_what_was_put_is_found(cache: ProgramCache) -> None:
    """A program comes back byte for byte, also in another process's eyes."""
    cache.put(KEY, b"machine code")

    assert ProgramCache(cache.folder).get(KEY) == b"machine code"
    assert cache.get("jit_other-12ab") is None
    assert len(cache) == 1


@pytest.mark.parametrize("damage", ["cut", "one byte", "empty", "other key", "a folder", "a link"])
def test_what_is_not_as_it_was_put_is_a_miss(cache: ProgramCache, damage: str) -> None:
    """JAX never sees bytes that do not fit the digest before them."""
    cache.put(KEY, b"machine code")
    path = only_file(cache)
    content = path.read_bytes()
    path.unlink()
    if damage == "cut":
        path.write_bytes(content[:-1])
    elif damage == "one byte":
        path.write_bytes(content[:-1] + b"!")
    elif damage == "empty":
        path.touch()
    elif damage == "other key":
        path.with_name(path.name.replace(KEY, "jit_step-34cd")).write_bytes(content)
    elif damage == "a folder":
        path.mkdir()
    else:
        elsewhere = cache.folder.parent / "elsewhere"
        elsewhere.write_bytes(content)
        path.symlink_to(elsewhere)

    assert cache.get(KEY) is None
    assert cache.get("jit_step-34cd") is None


def test_another_version_or_processor_is_a_miss(
    cache: ProgramCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither finds the other's programs, and both have room."""
    cache.put(KEY, b"ours")
    monkeypatch.setattr(_disk, "_surroundings", lambda: b"another machine")

    assert cache.get(KEY) is None
    cache.put(KEY, b"theirs")
    assert cache.get(KEY) == b"theirs"
    monkeypatch.undo()
    assert cache.get(KEY) == b"ours"


def test_the_program_that_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    """A program that was read lately stays."""
    cache = ProgramCache(tmp_path, largest=400)
    for number in range(4):
        cache.put(f"program-{number}", bytes(68))  # 100 bytes with the digest
        path = next(cache.folder.glob(f"program-{number}-*"))
        os.utime(path, (number + 1, number + 1))
    assert cache.get("program-0") is not None

    cache.put("program-4", bytes(68))

    kept = [number for number in range(5) if cache.get(f"program-{number}") is not None]
    assert kept == [0, 2, 3, 4]
    assert cache.size == 400


def test_a_program_that_is_a_quarter_of_the_cache_is_not_kept(tmp_path: Path) -> None:
    """One program never drives out all others."""
    cache = ProgramCache(tmp_path, largest=400)
    cache.put(KEY, bytes(101))

    assert len(cache) == 0


@pytest.mark.parametrize("key", ["../outside", "a/b", "", "a" * 300, "a\0b"])
def test_a_key_that_is_no_name_of_a_file_is_a_miss(cache: ProgramCache, key: str) -> None:
    """Nothing is read or written outside of the folder."""
    cache.put(key, b"machine code")

    assert cache.get(key) is None
    assert len(list(cache.folder.parent.rglob("*"))) == 1


def test_a_full_disk_stops_nothing(cache: ProgramCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that cannot be written is compiled again the next time."""

    def full(path: Path) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_disk, "replacing", full)
    cache.put(KEY, b"machine code")

    assert cache.get(KEY) is None


def test_a_folder_that_cannot_be_touched_serves_as_well(
    cache: ProgramCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read-only cache is read."""
    cache.put(KEY, b"machine code")

    def refused(*given: Any) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "utime", refused)

    assert cache.get(KEY) == b"machine code"


@on_posix
def test_the_folder_is_its_owners_alone(cache: ProgramCache) -> None:
    """Nobody else can read or write it."""
    assert stat.S_IMODE(cache.folder.stat().st_mode) == 0o700


@on_posix
def test_a_folder_that_others_can_write_is_not_used(tmp_path: Path, chosen: Any) -> None:
    """Machine code of others is not run: one warning, and fits go on."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    chosen(shared)

    with pytest.warns(UserWarning, match=r"others than you can write to it.*NNEST_PROGRAM_CACHE"):
        assert program_cache() is None
    assert program_cache() is None  # said once


def test_a_file_in_the_folders_place_is_not_used(tmp_path: Path, chosen: Any) -> None:
    """The warning names it and says what to do."""
    path = tmp_path / "file"
    path.touch()
    chosen(path)

    with pytest.warns(UserWarning, match=r"file.*set NNEST_PROGRAM_CACHE to a folder of your own"):
        assert program_cache() is None


def test_zero_is_no_cache(chosen: Any) -> None:
    """Whoever wants none says so."""
    chosen(0)

    assert program_cache() is None


def test_the_command_says_what_there_is_and_removes_it(
    tmp_path: Path, chosen: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """``nnest cache info`` and ``nnest cache clear``."""
    chosen(tmp_path / "programs")
    ProgramCache(tmp_path / "programs").put(KEY, b"machine code")

    assert main(["cache", "info"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'programs'}: 1 programs, 0.0 of 200 MiB\n"
    assert main(["cache", "clear"]) == 0
    assert capsys.readouterr().out == "1 programs removed.\n"
    assert not list((tmp_path / "programs").iterdir())
    chosen(0)
    _disk.program_cache.cache_clear()
    assert main(["cache", "info"]) == 0
    assert capsys.readouterr().out == "Compiled programs are not kept.\n"


@on_jax
def test_only_programs_of_ours_are_kept(tmp_path: Path, chosen: Any) -> None:
    """What the user's own code compiles is JAX's business."""
    chosen(tmp_path)
    with kept_programs():
        jax.jit(lambda x: x * 3)(np.ones(7))
    n = len(list(tmp_path.iterdir()))
    jax.jit(lambda x: x * 5)(np.ones(7))

    assert n == len(list(tmp_path.iterdir())) > 0


@on_jax
@pytest.mark.parametrize("name", ["_cache", "_cache_initialized", "_cache_initialized_mutex"])
def test_a_jax_that_has_moved_its_cache_is_named(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence says what is missing and what to do, and fits go on without a cache."""
    moved = ModuleType("moved")
    vars(moved).update({k: v for k, v in vars(compilation_cache).items() if k != name})
    monkeypatch.setitem(sys.modules, "moved", moved)
    monkeypatch.setattr(compat, "_CACHE", "moved")
    monkeypatch.setattr(compat, "has_store", lambda: False)
    sentence = rf"jax [\d.]+ has no moved.{name}, which nnest needs: install 'jax>=0.10,<0.13'"
    with pytest.raises(CompatibilityError, match=sentence):
        compat.use_store(lambda key: None, lambda key, value: None)

    _disk._is_in_use.cache_clear()
    with pytest.warns(UserWarning, match=sentence):
        MLPClassifier(hidden_units=(3,), epochs=1).fit(X, Y)
    _disk._is_in_use.cache_clear()


FIT = """
import json, sys
import jax, numpy as np
from nnest import MLPClassifier
from nnest.programs import ProgramCache
seen = []
jax.monitoring.register_event_listener(lambda name, **_: seen.append(name.rpartition("/")[2]))
X = np.random.default_rng(0).normal(size=(40, 5)).astype("float32")
net = MLPClassifier(hidden_units=(6, 5), dropout=0.2, epochs=2, random_state=0)
found = net.fit(X, (X[:, 0] > 0).astype(int)).predict_proba(X[:4]).tolist()
print(json.dumps([seen.count("cache_hits"), seen.count("cache_misses"), found]))
"""


def fit_in_a_process(folder: Path | str, **more: str) -> tuple[int, int, list[list[float]]]:
    """Return the programs that a new process has found and compiled, and its predictions."""
    ended = subprocess.run(
        [sys.executable, "-c", FIT],
        env={**os.environ, "PYTHONPATH": str(ROOT), _disk.VARIABLE: str(folder), **more},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert ended.returncode == 0, ended.stderr
    hits, misses, found = json.loads(ended.stdout)
    return hits, misses, found


@on_jax
@pytest.mark.slow
def test_the_next_process_compiles_nothing(tmp_path: Path) -> None:
    """It predicts the same numbers, bit for bit; so does one that finds damaged programs."""
    folder = tmp_path / "programs"
    hits, compiled, first = fit_in_a_process(folder)
    assert hits == 0
    assert compiled >= 3

    hits, misses, second = fit_in_a_process(folder)
    assert (hits, misses) == (compiled, 0)
    assert second == first

    for path in folder.iterdir():
        content = path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    hits, misses, third = fit_in_a_process(folder)
    assert (hits, misses) == (0, compiled)
    assert third == first

    _, _, without = fit_in_a_process(0)
    assert without == first


@on_jax
@pytest.mark.slow
def test_a_folder_that_the_user_gave_to_jax_is_used_instead(tmp_path: Path) -> None:
    """Nothing of it is changed."""
    fit_in_a_process(tmp_path / "ours", JAX_COMPILATION_CACHE_DIR=str(tmp_path / "jax"))

    assert not (tmp_path / "ours").exists()


@on_jax
def test_a_cache_costs_a_step_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked at where programs are compiled, not in each step."""
    net = MLPClassifier(hidden_units=(3,), epochs=3, batch_size=4, random_state=0).fit(X, Y)
    entered = []
    monkeypatch.setattr(_disk, "_is_in_use", lambda: bool(entered.append(time.monotonic())))
    net.set_params(warm_start=True).fit(X, Y)

    assert len(entered) <= 5 < 3 * len(X) / 4
