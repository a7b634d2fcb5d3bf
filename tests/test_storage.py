"""Files are opened, read and written so that none of them can hang, flood or half replace."""

from __future__ import annotations

import errno
import io
import os
import re
import signal
import socket
import stat
import struct
import tracemalloc
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnest import datasets, load
from nnest._storage import (
    _files,
    array_in,
    check_writable,
    cut_torn_line,
    open_regular,
    read_at_most,
    replacing,
    unpacked,
    writing,
)
from nnest._validation import shortened, suggest
from nnest.cli._space import read_space
from nnest.cli._tune_data import load_samples
from nnest.datasets._formats import parse_cifar10, parse_gtsrb, parse_idx
from nnest.datasets._registry import recipe_of
from nnest.estimators import MLPClassifier
from nnest.exceptions import DatasetError, ModelFileError, ResultsError, StudyError, TuneError
from nnest.results import ResultStore
from nnest.studies import open_study
from tests.helpers import make_pipe, require

LIMIT = 10**6


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder: the path of a socket must be short."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plug(path: Path) -> None:
    """Make a socket."""
    require(hasattr(socket, "AF_UNIX"), "this system has no sockets in folders")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(path.name)


#: How each part is asked for the file at a path, and what it then raises.
READERS: dict[str, tuple[str, Callable[[Path], Any], type[Exception]]] = {
    "model": ("net.zip", load, ModelFileError),
    "results": ("demo/one.jsonl", lambda path: ResultStore(path.parents[1]).read("demo"),
                ResultsError),
    "journal": ("study.journal", lambda path: open_study(str(path), "one"), StudyError),
    "arrays": ("own.npz", lambda path: load_samples(str(path)), TuneError),
    "space": ("space.toml", lambda path: read_space(str(path), MLPClassifier().get_params()),
              TuneError),
    "data set": ("mnist.npz", lambda path: datasets.verify("mnist", path.parent), DatasetError),
    "official file": ("idx.gz", lambda path: parse_idx(defaultdict(lambda: path), {}),
                      DatasetError),
    "official archive": ("signs.zip", lambda path: parse_gtsrb(defaultdict(lambda: path), {}),
                         DatasetError),
    "official tar": ("cifar.tar.gz", lambda path: parse_cifar10(defaultdict(lambda: path), {}),
                     DatasetError),
}  # fmt: skip


@pytest.fixture
def time_limit() -> Iterator[None]:
    """End what waits for somebody who never comes."""
    require(hasattr(signal, "SIGALRM"), "this system has neither pipes nor alarms")

    def late(*_: Any) -> None:
        raise TimeoutError("it waits for a pipe")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def refusal(what: str, here: Path) -> str:
    """Return the sentence with which a file is refused, without the folder."""
    name, read, error = READERS[what]
    with pytest.raises(error) as caught:
        read(here / name)
    said = str(caught.value).replace(str(here), "")
    assert "\n" not in said
    assert len(said) < 300
    return said


@pytest.mark.usefixtures("time_limit")
@pytest.mark.parametrize("what", READERS)
@pytest.mark.parametrize(
    ("make", "kind"), [(make_pipe, "a pipe"), (plug, "a socket"), (Path.mkdir, "a folder")]
)
def test_only_regular_files_are_opened(
    what: str, make: Callable[[Path], None], kind: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence at once, where a pipe without a writer would be waited for."""
    path = here / READERS[what][0]
    path.parent.mkdir(exist_ok=True)
    with monkeypatch.context() as patch:
        patch.chdir(path.parent)
        make(Path(path.name))

    if kind == "a folder" and what in ("model", "journal"):  # which say more of it
        refusal(what, here)
    else:
        assert f"it is {kind} and no regular file" in refusal(what, here)


@pytest.mark.parametrize("what", READERS)
def test_devices_are_not_read(what: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some of them have no end. A file that says that it is one has not even to be opened."""
    path = here / READERS[what][0]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"")
    look, opened = os.stat, []

    def stat_as_device(place: Any, *args: Any, **settings: Any) -> os.stat_result:
        found = look(place, *args, **settings)
        if isinstance(place, int) or Path(place) != path:
            return found
        return os.stat_result([stat.S_IFCHR | 0o666, *found[1:]])

    def watched(place: Any, *args: Any, **settings: Any) -> Any:
        opened.append(place)
        return open_any(place, *args, **settings)

    open_any = os.open
    monkeypatch.setattr(os, "stat", stat_as_device)
    monkeypatch.setattr(os, "open", watched)
    assert "it is a device and no regular file" in refusal(what, here)
    assert path not in map(Path, opened)


@pytest.mark.usefixtures("time_limit")
def test_what_takes_a_files_place_is_not_waited_for(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between a look and the opening, somebody may put a pipe there."""
    make_pipe(here / "one")
    monkeypatch.setattr(_files, "check_regular", lambda path, **_: None)
    with pytest.raises(OSError, match="it is a pipe and no regular file"):
        open_regular(here / "one")


def test_links_are_followed_only_where_that_is_wanted(here: Path) -> None:
    """The members of a model are not the user's own paths."""
    Path("file").write_bytes(b"content")
    Path("link").symlink_to("file")

    with open_regular("link") as file:
        assert file.read() == b"content"
    with pytest.raises(OSError, match="it is a link and no regular file"):
        open_regular("link", follow=False)


def test_no_more_is_read_than_may_be() -> None:
    """A stream that has more is an error, and its rest stays where it is."""
    stream = io.BytesIO(bytes(2 * LIMIT))

    with pytest.raises(OSError, match=f"it holds more than {LIMIT} bytes") as caught:
        read_at_most(stream, LIMIT)
    assert caught.value.errno == errno.EFBIG
    assert stream.tell() == LIMIT + 1
    assert read_at_most(io.BytesIO(b"abc"), 3) == b"abc"


def lying(path: Path, name: str, content: bytes, says: int, others: dict[str, bytes]) -> None:
    """Write an archive in which one member unpacks to more than it says."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, its in others.items():
            archive.writestr(each, its)
        archive.writestr(name, content)
    raw, size = bytearray(path.read_bytes()), struct.pack("<I", len(content))
    places = [found.start() for found in re.finditer(re.escape(size), raw)]
    assert len(places) == 2, "its size stands before it and in the directory"
    for place in places:
        raw[place : place + 4] = struct.pack("<I", says)
    path.write_bytes(raw)


def peak(call: Callable[[], Any]) -> int:
    """Return the most bytes of memory that a call took at once."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_member_is_unpacked_no_further_than_it_says(here: Path) -> None:
    """Two million bytes that call themselves a thousand never come to be."""
    lying(here / "a.zip", "one.npy", bytes(2 * LIMIT), 1000, {})

    def read() -> None:
        with zipfile.ZipFile("a.zip") as archive, pytest.raises(zipfile.BadZipFile):
            unpacked(archive, archive.getinfo("one.npy"))

    assert peak(read) < LIMIT


def test_a_model_is_unpacked_no_further_than_it_says(here: Path) -> None:
    """The limit of bytes holds for what is unpacked, not for what is declared."""
    lying(here / "net.zip", "estimator.json", b" " * 2 * LIMIT, 1000, {})
    said: list[str] = []

    assert peak(lambda: said.append(refusal("model", here))) < LIMIT
    assert "'estimator.json' in it is damaged" in said[0]


@pytest.mark.parametrize("what", ["arrays", "data set"])
def test_arrays_are_unpacked_no_further_than_they_say(what: str, here: Path) -> None:
    """As models are."""
    name = here / READERS[what][0]
    names = recipe_of("mnist").arrays if what == "data set" else ("X", "y")
    first, *others = (f"{each}.npy" for each in names)
    lying(name, first, npy(np.zeros(LIMIT // 4)), 1000, dict.fromkeys(others, b""))

    assert peak(lambda: refusal(what, here)) < LIMIT


def npy(array: Any) -> bytes:
    """Return an array as a file."""
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@pytest.mark.parametrize("array", [
    np.arange(6).reshape(2, 3), np.asfortranarray(np.ones((3, 2))), np.float32(1), np.zeros((0, 4)),
    np.array(["a", "bc"]),
])  # fmt: skip
def test_arrays_come_back(array: Any) -> None:
    """Of any type and order that holds plain values."""
    found = array_in(npy(array))
    np.testing.assert_array_equal(found, array)
    assert found.dtype == array.dtype


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (npy(np.zeros(3))[:-1], "has 23 bytes, where its header says shape (3,) of float64"),
        (b"nothing", "is no array (ValueError)"),
        (
            npy(np.zeros(3, "S1")).replace(b"|S1", b"|S0")[:-3],
            "has 0 bytes, where its header says shape (3,) of |S0",
        ),
    ],
)
def test_arrays_that_are_none_are_told(content: bytes, reason: str) -> None:
    """A header is believed only where the bytes agree with it."""
    with pytest.raises(ValueError, match=re.escape(reason)):
        array_in(content)


def test_a_file_is_replaced_whole_or_not_at_all(here: Path) -> None:
    """What a full disk has taken of a new one goes away again."""
    path = here / "file"
    path.write_bytes(b"old")

    def fill_up() -> None:
        with replacing(path) as file:
            file.write(b"half of the n")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        fill_up()
    assert path.read_bytes() == b"old"
    assert [each.name for each in here.iterdir()] == ["file"]

    with replacing(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"
    assert [each.name for each in here.iterdir()] == ["file"]


def test_long_sentences_lose_their_middle() -> None:
    """They begin with what came, and end with what to do."""
    assert shortened("A short one: leave it.") == "A short one: leave it."
    found = shortened(f"It holds {'x' * 5000}: give less.")
    assert len(found) < 300
    assert found.startswith("It holds xxx")
    assert found.endswith("xxx: give less.")


@pytest.mark.parametrize("n", [1, 2**16 - 1, 2**16, 2**16 + 1, 3 * 2**16])
@pytest.mark.parametrize("before", [b"", b"one\n", b"\n"])
@pytest.mark.parametrize("tail", [b"", b"torn", b" "])
def test_a_line_without_its_end_is_cut_off(n: int, before: bytes, tail: bytes, here: Path) -> None:
    """Of any length, and the line before it is returned."""
    path, last = here / "lines", b"x" * (n - 1) + b"\n"
    path.write_bytes(before + last + tail)
    assert cut_torn_line(path) == last
    assert path.read_bytes() == before + last
    path.write_bytes(last[:-1])
    assert cut_torn_line(path) == path.read_bytes() == b""


def test_near_names_are_suggested() -> None:
    """One rule for all: a slip of the pen, case and hyphens do not matter."""
    known = ["digits", "fashion_mnist", "mnist"]
    for name in ("Fashion-MNIST", "fashion_mnits", "fasion_mnist"):
        assert suggest(name, known) == "did you mean 'fashion_mnist'?"
    assert suggest(3, known) == "there are digits, fashion_mnist, mnist."
    assert suggest("x" * 10**7, iter(known), "they are listed.") == "they are listed."


def test_a_reader_that_has_gone_is_no_full_disk(tmp_path: Path) -> None:
    """What `head` leaves behind is for the command line, and not for the folder's sentence."""
    with pytest.raises(BrokenPipeError), writing(tmp_path, "make room there."):
        raise BrokenPipeError(32, "Broken pipe")


def test_a_folder_is_tried_and_left_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the block cannot be written."""
    check_writable(tmp_path / "new")
    assert not list((tmp_path / "new").iterdir())

    def full(**given: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("nnest._storage._files.TemporaryFile", full)
    with pytest.raises(OSError, match="No space left"):
        check_writable(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
