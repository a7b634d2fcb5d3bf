"""What the packaging files promise, to each other and to those who install nnest."""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import tarfile
import time
import tomllib
import zipfile
from functools import cache
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from packaging.specifiers import SpecifierSet
from packaging.version import Version

import nnest
from tests.helpers import ROOT, require

CONDA_ONLY = {"python", "pip"}


@cache
def _project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


#: The second one has the newest JAX, which needs a newer Python.
LOCKS = ("requirements.lock", "requirements-3.13.lock")


@cache
def _lock_text(name: str = LOCKS[0]) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def _lock(name: str = LOCKS[0]) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", _lock_text(name), flags=re.MULTILINE))


@cache
def _environment() -> dict:
    return yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def _environment_pins() -> dict[str, str]:
    (pip,) = (each["pip"] for each in _environment()["dependencies"] if isinstance(each, dict))
    return dict(line.split("==") for line in pip if not line.startswith("-e"))


def _requirements() -> dict[str, str]:
    """Return what the project, its tools and its book ask for: name to version bounds."""
    groups = _project()["dependency-groups"]
    wanted = [*_project()["project"]["dependencies"], *groups["dev"], *groups["book"]]
    pairs = (re.fullmatch(r"([A-Za-z0-9._-]+)(.*)", each).groups() for each in wanted)
    return {name.lower(): bounds for name, bounds in pairs}


def test_environment_pins_what_the_lock_pins() -> None:
    """Conda users and pip users get the same versions."""
    assert {name: _lock().get(name) for name in _environment_pins()} == _environment_pins()


def test_environment_names_every_direct_dependency_and_no_other() -> None:
    """Nothing that pyproject.toml asks for is missing from environment.yml."""
    assert set(_requirements()) == set(_environment_pins())


@pytest.mark.parametrize("name", sorted(_requirements()))
def test_pins_lie_within_the_declared_bounds(name: str) -> None:
    """The locks obey pyproject.toml, also where a bound was changed later."""
    pins = [_lock(lock)[name] for lock in LOCKS if name in _lock(lock)]
    bounds = SpecifierSet(_requirements()[name])

    assert [pin for pin in pins if not bounds.contains(pin)] == []


@pytest.mark.parametrize("name", ["jax", "keras", "optuna", "scikit-learn"])
def test_the_upper_bound_is_the_next_minor_release_that_is_not_tested(name: str) -> None:
    """A library whose private names are used is installed only as the tests know it."""
    newest = max(Version(_lock(lock)[name]) for lock in LOCKS)
    (upper,) = (each for each in SpecifierSet(_requirements()[name]) if each.operator == "<")

    assert Version(upper.version).release[:2] == (newest.major, newest.minor + 1)


def test_the_second_lock_has_all_but_the_book() -> None:
    """Its tests need the tools, and its JAX is newer."""
    groups = _project()["dependency-groups"]
    wanted = [*_project()["project"]["dependencies"], *groups["dev"]]
    names = {re.match(r"[A-Za-z0-9._-]+", each)[0].lower() for each in wanted}

    assert names - set(_lock(LOCKS[1])) == set()
    assert Version(_lock(LOCKS[1])["jax"]) > Version(_lock()["jax"])


def test_environment_takes_the_oldest_python_and_names_the_backend() -> None:
    """The conda environment is of the Python that the project asks for at least."""
    oldest = _project()["project"]["requires-python"].removeprefix(">=")

    assert f"python={oldest}" in _environment()["dependencies"]
    assert _environment()["variables"] == {"KERAS_BACKEND": "jax"}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_of_the_lock_has_a_hash(lock: str) -> None:
    """No package is installed that was not seen before."""
    blocks = re.split(r"\n(?=\S)", _lock_text(lock).strip())
    without = [block.split()[0] for block in blocks if "--hash=sha256:" not in block]

    assert len(blocks) > 50
    assert without == []


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_names_no_index(lock: str) -> None:
    """Where packages come from is the machine's business."""
    assert re.findall(r"^\s*--(?!hash)\S+|\w+://\S+", _lock_text(lock), flags=re.MULTILINE) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_holds_nothing_for_an_accelerator(lock: str) -> None:
    """The pinned environment is for CPUs; a GPU's libraries are gigabytes."""
    heavy = ("nvidia", "cuda", "triton", "torch", "tensorflow")

    assert [name for name in _lock(lock) if any(word in name for word in heavy)] == []


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_tables_of_the_reports_are_packed(kind: str, tmp_path: Path) -> None:
    """Declarations read their tables from the installed package."""
    require((ROOT / "nnest").is_dir(), "the package's source is not here")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(tmp_path)],
        capture_output=True,
        timeout=120,
        check=True,
        cwd=ROOT,
    )
    (built,) = tmp_path.iterdir()
    if kind == "wheel":
        names = zipfile.ZipFile(built).namelist()
    else:
        with tarfile.open(built) as archive:
            names = [name.partition("/")[2] for name in archive.getnames()]
    tables = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "nnest" / "reports").rglob("*")
        if path.suffix in (".csv", ".toml")
    }

    assert len(tables) == 5 * 3 + 1
    assert tables <= set(names)


def test_versions_agree() -> None:
    """One version stands in the package, its metadata and the citation."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))

    assert nnest.__version__ == _project()["project"]["version"] == citation["version"]


@pytest.fixture
def release(tmp_path: Path) -> Any:
    """Return the release script, and the files that it works on in a folder of their own."""
    script = run_path(str(ROOT / ".ci" / "release.py"))
    for name in (*script["VERSIONED"], "CHANGELOG.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return SimpleNamespace(**script)


def test_a_release_is_prepared_and_has_its_notes(release: Any, tmp_path: Path) -> None:
    """One version everywhere, what was unreleased under its heading, and room for what comes."""
    release.prepare(tmp_path, "7.8.9", "2030-01-31")

    for name, start in release.VERSIONED.items():
        assert f"{start}7.8.9" in (tmp_path / name).read_text(encoding="utf-8")
    text = (tmp_path / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]\n\n## [7.8.9] - 2030-01-31\n\n### Added" in text
    notes = release.notes(tmp_path, "7.8.9")
    assert notes.startswith("### Added")
    assert "## [" not in notes


def test_a_release_that_cannot_be_prepared_changes_nothing(release: Any, tmp_path: Path) -> None:
    """A changelog without the heading is found before any file has the new version."""
    changelog = tmp_path / "CHANGELOG.md"
    changelog.write_text("# Changelog\n", encoding="utf-8")
    before = {name: (tmp_path / name).read_bytes() for name in release.VERSIONED}

    with pytest.raises(SystemExit, match=r"CHANGELOG\.md has no heading"):
        release.prepare(tmp_path, "7.8.9", "2030-01-31")
    assert {name: (tmp_path / name).read_bytes() for name in release.VERSIONED} == before


def test_a_release_without_notes_or_of_another_version_ends(release: Any, tmp_path: Path) -> None:
    """A tag that fits nothing releases nothing."""
    with pytest.raises(SystemExit, match=r"^The tag is of 7\.8\.9, but pyproject\.toml has "):
        release.notes(tmp_path, "7.8.9")
    with pytest.raises(SystemExit, match="give a version as"):
        release.prepare(tmp_path, "v7.8.9", "2030-01-31")
    release.prepare(tmp_path, "7.8.9", "2030-01-31")
    path = tmp_path / "CHANGELOG.md"
    path.write_text(path.read_text(encoding="utf-8").split("## [7.8.9]")[0], encoding="utf-8")
    with pytest.raises(SystemExit, match=r"^CHANGELOG\.md says nothing of 7\.8\.9"):
        release.notes(tmp_path, "7.8.9")


WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_may_only_what_they_need(path: Path) -> None:
    """No permission but those of a job, and only publishing may prove who it is."""
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    may_prove = {
        name
        for name, job in workflow["jobs"].items()
        if job.get("permissions", {}).get("id-token") == "write"
    }

    assert workflow["permissions"] == {}
    assert may_prove <= {"publish"}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 60
        for step in job["steps"]:
            assert "${{" not in step.get("run", "").replace("${{ matrix.target }}", "")


def test_a_pull_request_lists_the_pages_that_it_changes(tmp_path: Path) -> None:
    """The workflow's own lines, in a checkout of two commits."""
    require(os.name == "posix", "the step needs a POSIX shell")
    workflow = yaml.safe_load((ROOT / ".github/workflows/book.yml").read_text(encoding="utf-8"))
    steps = {one.get("name"): one for one in workflow["jobs"]["build"]["steps"]}
    summary = tmp_path / "summary.md"
    git = "git -c user.name=a -c user.email=a@b.c"
    commit = f"git add . && {git} commit -q -m a"
    script = f"""
        git init -q && mkdir -p book/layers && touch book/start.md && {commit}
        git update-ref refs/remotes/origin/main HEAD
        touch book/layers/pooling.md book/build.py README.md && {commit}
        {steps["changed pages"]["run"]}
    """
    env = {**os.environ, "GITHUB_BASE_REF": "main", "GITHUB_STEP_SUMMARY": str(summary)}
    command = ["bash", "-e", "-o", "pipefail", "-c", script]
    subprocess.run(command, cwd=tmp_path, env=env, timeout=60, check=True)

    assert summary.read_text().splitlines()[1:] == ["- layers/pooling.html"]


LEAVES = ("results", "stats", "plots", "datasets", "preprocessing")


@pytest.mark.parametrize("module", ["nnest", *(f"nnest.{leaf}" for leaf in LEAVES), "nnest.cli"])
def test_import_loads_neither_keras_nor_jax(module: str) -> None:
    """Reading records, data or help does not wait for a deep-learning framework."""
    code = (
        f"import sys, {module}\n"
        "print(sorted({'keras', 'jax', 'scikeras', 'optuna', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.stderr == ""
    assert done.stdout.strip() == "[]"


def test_every_public_name_can_be_touched() -> None:
    """What the package lists exists, and an unknown name is refused as Python refuses it."""
    assert set(nnest.__all__) <= set(dir(nnest))
    assert all(getattr(nnest, name) is not None for name in nnest.__all__)
    with pytest.raises(AttributeError):
        _ = nnest.no_such_name


def _seconds_of(*command: str) -> float:
    start = time.perf_counter()
    subprocess.run(command, capture_output=True, timeout=60, check=True)
    return time.perf_counter() - start


def test_help_comes_at_once() -> None:
    """`nnest --help` takes less than 0.3 s.

    The fastest of several runs counts: another load on the machine only ever adds time.
    """
    command = (sys.executable, "-m", "nnest", "--help")
    seconds = [_seconds_of(*command) for _ in range(7)]

    assert min(seconds) < 0.3, f"median {statistics.median(seconds):.2f} s"


def test_the_command_is_installed() -> None:
    """The distribution declares the command that the README names."""
    assert _project()["project"]["scripts"] == {"nnest": "nnest.cli:run"}


def test_readme_names_every_target_of_the_makefile_that_it_speaks_of() -> None:
    """A command of the README or of CONTRIBUTING is a target that exists."""
    targets = set(
        re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    )
    spoken = {
        name
        for page in ("README.md", "CONTRIBUTING.md")
        for name in re.findall(
            r"(?:^|`)make ([a-z-]+)", (ROOT / page).read_text(encoding="utf-8"), re.M
        )
    }

    assert {"demo", "test", "book"} <= spoken
    assert spoken - targets - {"help"} == set()


@pytest.mark.slow
def test_quick_start_of_the_readme_runs(tmp_path: Path) -> None:
    """The first code that a reader copies works as it stands."""
    blocks = re.findall(
        r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(blocks)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=tmp_path,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert len(blocks) == 3
    grid, scored, study = done.stdout.splitlines()
    assert re.fullmatch(r"\{'dropout': \S+, 'l2': \S+\} 0\.\d+", grid)
    assert re.fullmatch(r"[01]\.\d+", scored)
    assert re.fullmatch(r"\{'dropout': \S+, 'hidden_units': \(\S+.*\)\} 0\.\d+", study)
    assert (tmp_path / "digits.zip").is_file()
    assert (tmp_path / "study.journal").is_file()
