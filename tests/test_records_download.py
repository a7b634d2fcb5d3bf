"""The recorded runs of the book come as one archive, which is checked and unpacked whole."""

from __future__ import annotations

import hashlib
import re
import zipfile
from pathlib import Path

import pytest

from nnest.cli import fetch_records
from nnest.exceptions import DatasetError, StorageError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder for records that is not there yet."""
    monkeypatch.setenv("NNEST_RESULTS", str(tmp_path / "work" / "records"))
    return tmp_path / "work" / "records"


def pack(path: Path, **members: str) -> str:
    """Write an archive and return its digest."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def archive(tmp_path: Path) -> tuple[Path, str]:
    """Return an archive of two files, and its digest."""
    path = tmp_path / "all.zip"
    return path, pack(path, **{"a/b.jsonl": "{}\n", "studies/c/d.jsonl": "{}\n"})


def test_records_are_unpacked(folder: Path, archive: tuple[Path, str]) -> None:
    """Each file lies where the records have it, and nothing else is left."""
    assert fetch_records(archive[0], sha256=archive[1].upper()) == folder
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.jsonl"))
    assert found == ["a/b.jsonl", "studies/c/d.jsonl"]
    assert [path.name for path in folder.parent.iterdir()] == ["records"]


def test_records_that_are_there_stay(folder: Path) -> None:
    """Then nothing is downloaded: a reader may run the cell again, or have records already."""
    (folder / "a").mkdir(parents=True)
    assert fetch_records("nowhere.zip", sha256="0" * 64) == folder


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"a/b.py": ""}, "it holds 'a/b.py' beside files that end in .jsonl"),
        ({"../b.jsonl": ""}, "its member '../b.jsonl' points outside the archive"),
    ],
)
def test_other_archives_are_refused(
    folder: Path, tmp_path: Path, members: dict[str, str], reason: str
) -> None:
    """Nothing of them is left, and nothing outside is touched."""
    digest = pack(tmp_path / "all.zip", **members)
    with pytest.raises(DatasetError, match=re.escape(f"all.zip could not be had ({reason}): ")):
        fetch_records(tmp_path / "all.zip", sha256=digest)
    assert list(folder.parent.iterdir()) == []
    assert not (folder.parent / "b.jsonl").exists()


def test_another_digest_is_refused(folder: Path, archive: tuple[Path, str]) -> None:
    """The sentence names both digests."""
    said = f"all.zip could not be had (its SHA-256 digest is {archive[1]} instead of {'0' * 64})"
    with pytest.raises(DatasetError, match=re.escape(said)):
        fetch_records(archive[0], sha256="0" * 64)
    assert list(folder.parent.iterdir()) == []


@pytest.mark.parametrize("source", ["missing.zip", "http://127.0.0.1:9/all.zip"])
def test_what_cannot_be_had_is_said(folder: Path, source: str) -> None:
    """In one sentence, with what to do."""
    with pytest.raises(DatasetError, match=f"^{re.escape(source)} could not be had .*: connect"):
        fetch_records(source, sha256="0" * 64)
    assert not folder.exists()


def test_a_folder_that_cannot_be_made_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, archive: tuple[Path, str]
) -> None:
    """A folder below a file cannot be made, whoever runs this."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("NNEST_RESULTS", str(tmp_path / "file" / "records"))
    with pytest.raises(StorageError, match="NNEST_RESULTS"):
        fetch_records(archive[0], sha256=archive[1])
