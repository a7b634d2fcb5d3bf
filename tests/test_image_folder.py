"""Folders of pictures: what is read, in which order, and what is said about bad ones."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nnest.datasets import load_image_folder
from nnest.exceptions import DatasetError
from tests.helpers import make_pipe

RNG = np.random.default_rng(0)


def saved(path: Path, pixels: Any, **options: Any) -> Path:
    """Write a picture, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels)).save(path, **options)
    return path


def shade(value: int, shape: tuple[int, ...] = (6, 6)) -> np.ndarray:
    """Return pixels of one value."""
    return np.full(shape, value, np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes with two pictures each, whose values are 10, 20, 30 and 40."""
    for label, values in (("cat", (10, 20)), ("dog", (30, 40))):
        for value in values:
            saved(tmp_path / "own" / label / f"{value}.png", shade(value))
    return tmp_path / "own"


def test_classes_and_files_are_in_the_order_of_their_names(folder: Path) -> None:
    """The same folder gives the same rows everywhere; hidden files are left out."""
    (folder / "cat" / ".DS_Store").write_bytes(b"x")
    (folder / ".cache").mkdir()
    saved(folder / "cat" / ".ipynb_checkpoints" / "10-checkpoint.png", shade(10))
    saved(folder / "cat" / "more" / "15.png", shade(15))
    bunch = load_image_folder(folder, (4, 5), color="gray")
    assert bunch.data.shape == (5, 4, 5)
    assert bunch.data[:, 0, 0].tolist() == [10, 20, 15, 30, 40]
    assert bunch.target.tolist() == [0, 0, 0, 1, 1]
    assert bunch.target_names == ["cat", "dog"]
    assert bunch.filenames[:3] == ["cat/10.png", "cat/20.png", "cat/more/15.png"]
    assert (bunch.data_test, bunch.groups, bunch.skipped) == (None, None, [])


def test_two_thousand_pictures_of_three_sizes_become_one_array(tmp_path: Path) -> None:
    """Each is resized, and each stands where its name says."""
    sizes = ((8, 8), (12, 9), (5, 16))
    for n in range(2000):
        value = n * 7 % 251
        saved(
            tmp_path / f"class{n % 4}" / f"{n:04}.png",
            shade(value, (*sizes[n % 3], 3)),
            compress_level=0,
        )
    bunch = load_image_folder(tmp_path, (8, 8))
    numbers = [int(Path(name).stem) for name in bunch.filenames]
    assert bunch.data.shape == (2000, 8, 8, 3)
    assert bunch.data.dtype == np.uint8
    np.testing.assert_array_equal(bunch.data[:, 3, 3, 1], np.array(numbers) * 7 % 251)
    np.testing.assert_array_equal(bunch.target, np.array(numbers) % 4)


def test_a_part_for_testing_is_read_from_its_folder(tmp_path: Path) -> None:
    """The classes of both parts have the same numbers, also where the test part lacks one."""
    for part, label, value in (
        ("train", "a", 1),
        ("train", "b", 2),
        ("train", "c", 3),
        ("test", "c", 4),
        ("test", "a", 5),
    ):
        saved(tmp_path / part / label / "1.png", shade(value))
    bunch = load_image_folder(tmp_path, (2, 2), color="gray")
    assert bunch.target.tolist() == [0, 1, 2]
    assert bunch.target_test.tolist() == [0, 2]
    assert bunch.data_test[:, 0, 0].tolist() == [5, 4]
    assert bunch.filenames_test == ["test/a/1.png", "test/c/1.png"]


def test_a_split_is_stratified_and_seeded(tmp_path: Path) -> None:
    """Each class gives its share; another seed takes others."""
    for label, start in (("a", 0), ("b", 100)):
        for n in range(20):
            saved(tmp_path / label / f"{n:02}.png", shade(start + n))
    parts = [
        load_image_folder(tmp_path, (2, 2), color="gray", split=0.25, random_state=seed)
        for seed in (0, 0, 1)
    ]
    assert np.bincount(parts[0].target_test).tolist() == [5, 5]
    assert parts[0].filenames_test == parts[1].filenames_test
    assert parts[0].filenames_test != parts[2].filenames_test
    assert not set(parts[0].filenames) & set(parts[0].filenames_test)


def test_groups_come_from_names_and_stay_together(tmp_path: Path) -> None:
    """Pictures of one person are never in both parts."""
    for label in ("a", "b"):
        for person in range(6):
            for shot in range(3):
                saved(tmp_path / label / f"person{person}_{shot}.png", shade(person))
    bunch = load_image_folder(tmp_path, (2, 2), groups=r"person(\d+)_", split=0.34)
    assert set(bunch.groups) | set(bunch.groups_test) == set("012345")
    assert not set(bunch.groups) & set(bunch.groups_test)
    whole = load_image_folder(tmp_path, (2, 2), groups=r"person\d+")
    assert whole.groups[0] == "person0"


def test_a_picture_is_turned_as_its_exif_data_says(folder: Path) -> None:
    """A camera that was held upright writes a lying picture and a note."""
    pixels = np.zeros((6, 12, 3), np.uint8)
    pixels[:, :6] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees, clockwise
    saved(folder / "cat" / "10.png", pixels, exif=exif)
    picture = load_image_folder(folder, (12, 6), color="gray").data[0]
    assert picture[:5].min() == 255
    assert picture[7:].max() == 0


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_pixels_are_white(folder: Path, mode: str) -> None:
    """What lies under a transparent pixel is not shown."""
    image = Image.new("RGBA", (6, 6), (0, 0, 0, 0))
    if mode == "P":
        image = image.convert("RGB").convert("P")
        image.info["transparency"] = image.getpixel((0, 0))
    else:
        image = image.convert(mode)
    image.save(folder / "cat" / "10.png")
    assert load_image_folder(folder, (2, 2)).data[0].min() == 255


def test_sixteen_bits_become_eight(folder: Path) -> None:
    """White stays white and gray stays gray."""
    saved(folder / "cat" / "10.png", np.full((6, 6), 65535, np.uint16))
    saved(folder / "cat" / "20.png", np.full((6, 6), 128 * 257, np.uint16))
    data = load_image_folder(folder, (2, 2), color="gray").data
    assert data[:2, 0, 0].tolist() == [255, 128]


def test_pictures_above_the_limit_are_mapped_from_a_file(folder: Path) -> None:
    """The values are the same, and the file is nowhere to be seen."""
    small = load_image_folder(folder, (4, 4))
    mapped = load_image_folder(folder, (4, 4), memory_limit=10)
    assert isinstance(mapped.data, np.memmap)
    np.testing.assert_array_equal(mapped.data, small.data)


def damage(folder: Path, kind: str) -> None:
    """Put one bad file among the pictures of cats."""
    path = folder / "cat" / "00.png"
    whole = (folder / "cat" / "10.png").read_bytes()
    if kind == "folder with a picture's name":
        path = path / "inside.png"
        path.parent.mkdir()
    if kind == "pipe":
        make_pipe(path)
    elif kind == "link to nothing":
        path.symlink_to(folder / "nothing.png")
    elif kind == "floating point":
        Image.fromarray(np.zeros((4, 4), np.float32)).save(path.with_suffix(".tif"))
        path.with_suffix(".tif").rename(path)
    elif kind == "32 bits":
        Image.fromarray(np.full((4, 4), 10**6, np.int32)).save(path.with_suffix(".tif"))
        path.with_suffix(".tif").rename(path)
    elif kind == "too many pixels":
        path.write_bytes(b"P5 12000 12000 255 ")
    else:
        path.write_bytes(
            {
                "empty": b"",
                "text": b"hello",
                "cut": whole[:40],
                "another format": b"%!PS-Adobe-3.0 EPSF-3.0\n",
                "folder with a picture's name": b"hello",
                "changed": whole[:45] + b"\xff" * 8 + whole[53:],
            }[kind]
        )


BAD_FILES = {
    "empty": "is no whole picture",
    "text": "is no whole picture",
    "cut": "is no whole picture",
    "changed": "is no whole picture",
    "another format": "is no whole picture",
    "folder with a picture's name": "is no whole picture",
    "pipe": "it is a pipe and no regular file",
    "link to nothing": "cannot be read: No such file or directory",
    "floating point": "has pixels of floating point: give one of 8 or 16 bits",
    "32 bits": "has pixels of more than 16 bits: give one of 8 or 16 bits",
    "too many pixels": "has 12000 x 12000 pixels, more than 100000000",
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_file_is_named_or_left_out(folder: Path, kind: str) -> None:
    """The error names the file and the way around it; the others keep their places."""
    damage(folder, kind)
    with pytest.raises(DatasetError, match=r"cat.00\.png.*errors='skip'") as caught:
        load_image_folder(folder, (2, 2))
    assert BAD_FILES[kind] in str(caught.value)
    bunch = load_image_folder(folder, (2, 2), color="gray", errors="skip")
    assert bunch.data[:, 0, 0].tolist() == [10, 20, 30, 40]
    assert len(bunch.skipped) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"image_size": 32}, "image_size is 32: give height and width"),
        ({"image_size": (0, 4)}, "image_size is (0, 4): give height and width"),
        ({"image_size": (4.5, 4)}, "image_size is (4.5, 4): give height and width"),
        ({"image_size": (10**6, 4)}, "image_size is (1000000, 4): give height and width"),
        ({"color": "red"}, "color is 'red': give 'rgb' or 'gray'."),
        ({"errors": "ignore"}, "errors is 'ignore': give 'raise' or 'skip'."),
        ({"split": 1.5}, "split is 1.5: give a share above 0 and below 1"),
        ({"split": 3}, "split is 3: give a share above 0 and below 1"),
        ({"split": 0.01}, "split is 0.01, which cannot divide these 4 pictures"),
        ({"groups": "("}, "groups is '(': give a regular expression"),
        ({"memory_limit": -1}, "memory_limit is -1: give a number of bytes."),
    ],
)
def test_bad_parameters_are_named(folder: Path, options: dict[str, Any], said: str) -> None:
    """The message says what came and what is accepted."""
    with pytest.raises(ValueError, match=r"give|cannot divide") as caught:
        load_image_folder(folder, **{"image_size": (2, 2), **options})
    assert str(caught.value).startswith(said)


def test_folders_that_are_none_are_named(folder: Path, tmp_path: Path) -> None:
    """A missing folder, a file, one class, a class that lost all its pictures."""
    with pytest.raises(DatasetError, match=r"nothing cannot be read \(No such file"):
        load_image_folder(tmp_path / "nothing", (2, 2))
    with pytest.raises(DatasetError, match=r"10\.png cannot be read \(Not a directory"):
        load_image_folder(folder / "cat" / "10.png", (2, 2))
    with pytest.raises(DatasetError, match="has pictures of 0 classes: give at least two folders"):
        load_image_folder(folder / "cat", (2, 2))
    with pytest.raises(DatasetError, match="groups is 'x', which finds nothing in the name of"):
        load_image_folder(folder, (2, 2), groups="x")
    saved(tmp_path / "parts" / "train" / "a" / "1.png", shade(1))
    saved(tmp_path / "parts" / "train" / "b" / "1.png", shade(1))
    saved(tmp_path / "parts" / "test" / "z" / "1.png", shade(1))
    with pytest.raises(DatasetError, match="has the class 'z', which"):
        load_image_folder(tmp_path / "parts", (2, 2))
    for path in (folder / "dog").iterdir():
        path.write_bytes(b"")
    with pytest.raises(DatasetError, match="has no picture of the class 'dog' that can be read"):
        load_image_folder(folder, (2, 2), errors="skip")


def test_a_folder_that_cannot_be_read_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pictures are not left out without a word."""
    saved(folder / "cat" / "more" / "15.png", shade(15))
    scandir = os.scandir

    def scan(path: Any) -> Any:
        if Path(path).name == "more":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", scan)
    said = rf"^{folder}.cat.more cannot be read \(Permission denied\): make it readable, or remove"
    with pytest.raises(DatasetError, match=said):
        load_image_folder(folder, (2, 2))


def test_a_split_of_given_parts_is_refused(tmp_path: Path) -> None:
    """A folder test is the test part; there is nothing to split."""
    for part in ("train", "test"):
        for label in ("a", "b"):
            saved(tmp_path / part / label / "1.png", shade(1))
    with pytest.raises(ValueError, match=r"split is 0.5, but .* has a folder test: leave split"):
        load_image_folder(tmp_path, (2, 2), split=0.5)
