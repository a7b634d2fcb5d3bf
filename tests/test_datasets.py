"""Data sets: official formats to our arrays, cached files that are checked, hostile files."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import io
import re
import struct
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nnest import datasets
from nnest.datasets import _cache, _formats, _registry
from nnest.datasets._arrays import ArraySpec
from nnest.exceptions import DatasetError, DatasetUnavailableError
from tests.helpers import data_folder

Arrays = dict[str, Any]
IDX_NAMES = {
    "x_train": "train-images-idx3-ubyte.gz",
    "y_train": "train-labels-idx1-ubyte.gz",
    "x_test": "t10k-images-idx3-ubyte.gz",
    "y_test": "t10k-labels-idx1-ubyte.gz",
}
LEFT = "; it was left in place: remove it and fetch again, or put the right file there."
REAL = ["mnist", "fashion_mnist", "notmnist", "cifar10", "gtsrb"]


def refused(path: Path, reason: str) -> Any:
    """Expect the whole sentence about a file that cannot be used."""
    sentence = f"{path} is refused because {reason}{LEFT}"
    return pytest.raises(DatasetError, match=f"^{re.escape(sentence)}$")


# --- files in the official formats, made from arrays ---


def idx_bytes(array: np.ndarray) -> bytes:
    """Return an IDX file of bytes."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.tobytes()


def write_idx(folder: Path, arrays: Arrays) -> dict[str, Path]:
    """Write the four files of MNIST."""
    for key, name in IDX_NAMES.items():
        (folder / name).write_bytes(gzip.compress(idx_bytes(arrays[key]), compresslevel=1))
    return {name: folder / name for name in IDX_NAMES.values()}


def write_tar(path: Path, members: dict[str, bytes]) -> Path:
    """Write a compressed tar."""
    with tarfile.open(path, "w:gz", compresslevel=0) as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    """Write a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def cifar_members(arrays: Arrays) -> dict[str, bytes]:
    """Return the six binary batches of CIFAR-10."""
    members = {"cifar-10-batches-bin/readme.html": b"<html>"}
    for number, part in enumerate(np.array_split(np.arange(len(arrays["y_train"])), 5), start=1):
        content = cifar_batch(arrays["x_train"][part], arrays["y_train"][part])
        members[f"cifar-10-batches-bin/data_batch_{number}.bin"] = content
    members["cifar-10-batches-bin/test_batch.bin"] = cifar_batch(arrays["x_test"], arrays["y_test"])
    return members


def cifar_batch(images: np.ndarray, labels: np.ndarray) -> bytes:
    """Return records of a label and three planes."""
    planes = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    return np.concatenate([labels[:, np.newaxis], planes], axis=1).tobytes()


def image_bytes(pixels: np.ndarray, kind: str) -> bytes:
    """Return an encoded picture."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def gtsrb_files(folder: Path, arrays: Arrays) -> dict[str, Path]:
    """Write the three archives of GTSRB, members in an arbitrary order."""
    head = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\r\n"
    train, tables = {}, {}
    for pixels, key, box in zip(
        arrays["x_train"], arrays["class_track_frame_train"], arrays["roi_train"], strict=True
    ):
        label, track, frame = (int(number) for number in key)
        place = f"GTSRB/Final_Training/Images/{label:05d}"
        name = f"{track:05d}_{frame:05d}.ppm"
        train[f"{place}/{name}"] = image_bytes(pixels, "PPM")
        row = ";".join(map(str, [name, 32, 32, *box.tolist(), label])) + "\r\n"
        table = f"{place}/GT-{label:05d}.csv"
        tables[table] = tables.get(table, head) + row
    members = {name: content.encode() for name, content in tables.items()}
    members |= dict(reversed(train.items()))
    test = {
        f"GTSRB/Final_Test/Images/{index:05d}.ppm": image_bytes(pixels, "PPM")
        for index, pixels in enumerate(arrays["x_test"])
    }
    rows = [f"{i:05d}.ppm;32;32;5;5;27;27;{y}\r\n" for i, y in enumerate(arrays["y_test"])]
    files = {
        "GTSRB_Final_Training_Images.zip": members,
        "GTSRB_Final_Test_Images.zip": dict(reversed(test.items())),
        "GTSRB_Final_Test_GT.zip": {"GT-final_test.csv": (head + "".join(rows)).encode()},
    }
    return {name: write_zip(folder / name, content) for name, content in files.items()}


def small_arrays(seed: int = 0) -> Arrays:
    """Return a data set in the shape of MNIST, with few images."""
    rng = np.random.default_rng(seed)
    return {
        "x_train": rng.integers(0, 256, (20, 28, 28), dtype=np.uint8),
        "y_train": np.arange(20, dtype=np.uint8) % 10,
        "x_test": rng.integers(0, 256, (10, 28, 28), dtype=np.uint8),
        "y_test": np.arange(10, dtype=np.uint8),
    }


def real_arrays(name: str, per_part: int) -> Arrays:
    """Return evenly spaced images of a real data set with all that belongs to them."""
    with np.load(data_folder(name) / f"{name}.npz") as file:
        whole = dict(file)
    picked = {}
    for key, array in whole.items():
        step = max(1, len(array) // per_part)
        picked[key] = array[::step]
    return picked


def assert_same(found: Arrays, expected: Arrays) -> None:
    """Same names, types, shapes, order and values."""
    assert set(found) == set(expected)
    for name, array in expected.items():
        assert found[name].dtype == array.dtype, name
        np.testing.assert_array_equal(found[name], array, err_msg=name)


# --- the official formats ---


@pytest.mark.data("mnist", "fashion_mnist")
@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_idx_files_give_the_whole_real_set(name: str, tmp_path: Path) -> None:
    """All arrays, also by the published MD5 sums of the files, from files in the format."""
    with np.load(data_folder(name) / f"{name}.npz") as file:
        arrays = dict(file)
    recipe = _registry.recipe_of(name)
    found = _formats.parse_idx(write_idx(tmp_path, arrays), recipe.content_md5)
    assert_same(found, arrays)


@pytest.mark.data("cifar10")
def test_cifar_batches_give_the_whole_real_set(tmp_path: Path) -> None:
    """All arrays, also by the published MD5 sums of the batches."""
    with np.load(data_folder("cifar10") / "cifar10.npz") as file:
        arrays = dict(file)
    path = write_tar(tmp_path / "cifar-10-binary.tar.gz", cifar_members(arrays))
    recipe = _registry.recipe_of("cifar10")
    assert_same(_formats.parse_cifar10({path.name: path}, recipe.content_md5), arrays)


@pytest.mark.data("gtsrb")
def test_traffic_signs_give_real_arrays_in_their_order(tmp_path: Path) -> None:
    """Every 40th real image through PPM and tables, in whatever order the archive has them."""
    arrays = real_arrays("gtsrb", 1000)
    for part in ("train", "test"):  # the pictures are written as they are cached
        arrays[f"size_{part}"] = np.full((len(arrays[f"x_{part}"]), 2), 32, np.int16)
    assert_same(_formats.parse_gtsrb(gtsrb_files(tmp_path, arrays), {}), arrays)


def test_traffic_signs_are_resized_whole(tmp_path: Path) -> None:
    """Pictures of any size come out at 32 by 32, bilinear, and their sizes are kept."""
    pixels = np.random.default_rng(0).integers(0, 256, (50, 41, 3), dtype=np.uint8)
    arrays = {
        "x_train": pixels[np.newaxis],
        "x_test": pixels[np.newaxis, ::-1],
        "y_test": np.array([7], np.uint8),
        "class_track_frame_train": np.array([[3, 2, 1]]),
        "roi_train": np.array([[5, 6, 36, 45]]),
    }
    found = _formats.parse_gtsrb(gtsrb_files(tmp_path, arrays), {})
    expected = Image.fromarray(pixels).resize((32, 32), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(found["x_train"][0], np.asarray(expected))
    assert found["size_train"].tolist() == [[41, 50]]
    assert found["roi_train"].tolist() == [[5, 6, 36, 45]]
    assert found["track_train"].tolist() == [3002]
    assert (found["y_train"].tolist(), found["y_test"].tolist()) == ([3], [7])


@pytest.mark.data("notmnist")
def test_letters_are_split_by_font_and_ordered_by_hash(tmp_path: Path) -> None:
    """All real images, under names that sort as their fonts: the rule puts each in its place."""
    with np.load(data_folder("notmnist") / "notmnist.npz") as file:
        whole = dict(file)
    images = np.concatenate([whole["x_train"], whole["x_test"]])
    labels = np.concatenate([whole["y_train"], whole["y_test"]])
    fonts = np.concatenate([whole["font_train"], whole["font_test"]])
    keep = fonts % 8 == 0
    members = {"notMNIST_small/A/empty.png": b""}
    known = {}
    for image, label, font in zip(images[keep], labels[keep], fonts[keep], strict=True):
        key = f"{'ABCDEFGHIJ'[label]}/{font:04d}"
        members[f"notMNIST_small/{key}.png"] = image_bytes(image, "PNG")
        known[key] = image
    path = write_tar(tmp_path / "notMNIST_small.tar.gz", members)
    found = _formats.parse_notmnist({path.name: path}, {}, test_fonts=60)

    names = sorted({key[2:] for key in known})
    whole_fonts = [name for name in names if sum(key.endswith(name) for key in known) == 10]
    held_out = sorted(whole_fonts, key=sha256)[:60]
    for part, is_test in (("train", False), ("test", True)):
        keys = sorted((key for key in known if (key[2:] in held_out) == is_test), key=sha256)
        np.testing.assert_array_equal(found[f"x_{part}"], np.stack([known[key] for key in keys]))
        assert found[f"y_{part}"].tolist() == ["ABCDEFGHIJ".index(key[0]) for key in keys]
        assert found[f"font_{part}"].tolist() == [names.index(key[2:]) for key in keys]
    train = {image.tobytes() for image in found["x_train"]}
    assert found["dup_test"].tolist() == [image.tobytes() in train for image in found["x_test"]]


def sha256(name: str) -> str:
    """Return the digest that the rule of notMNIST sorts by."""
    return hashlib.sha256(name.encode()).hexdigest()


@pytest.mark.data("notmnist")
def test_real_letters_keep_their_fonts_apart() -> None:
    """What the split promises: whole fonts, 500 images a letter, duplicates marked."""
    letters = datasets.fetch_notmnist()
    assert not set(letters.groups) & set(letters.groups_test)
    assert np.bincount(letters.target_test).tolist() == [500] * 10
    train = {image.tobytes() for image in letters.data}
    assert letters.dup_test.tolist() == [image.tobytes() in train for image in letters.data_test]


# --- files that are not what they should be ---


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\0\0\x0d\x03" + b"\0" * 12, "it is no IDX file of bytes (it starts with 00000d03)"),
        (b"<!DO", "it is no IDX file of bytes (it starts with 3c21444f)"),
        (b"\0\0\x08\x03" + b"\0" * 4, "its IDX header ends too early"),
        (idx_bytes(np.zeros((2, 3), np.uint8))[:-1],
         "its IDX header announces 18 bytes and it has 17"),
        (b"\0\0\x08\x02" + b"\xff" * 8,
         "its IDX header announces 18446744065119617037 bytes and it has 12"),
    ],
)  # fmt: skip
def test_foreign_idx_files_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    """Wrong magic, wrong type, wrong sizes."""
    paths = write_idx(tmp_path, small_arrays())
    path = paths["train-images-idx3-ubyte.gz"]
    path.write_bytes(gzip.compress(content))
    with refused(path, reason):
        _formats.parse_idx(paths, {})


def test_damaged_gzip_is_refused(tmp_path: Path) -> None:
    """A truncated stream, one that is none, one that decompresses to far too much."""
    paths = write_idx(tmp_path, small_arrays())
    path = paths["t10k-images-idx3-ubyte.gz"]
    content = path.read_bytes()
    path.write_bytes(content[:-20])
    with refused(path, "its compressed stream ends too early"):
        _formats.parse_idx(paths, {})
    path.write_bytes(gzip.compress(bytes(_formats.IDX_LIMIT + 1)))
    with refused(path, f"it decompresses to more than {_formats.IDX_LIMIT} bytes"):
        _formats.parse_idx(paths, {})
    path.write_bytes(b"<html>not found</html>")
    with pytest.raises(DatasetError, match=re.escape("it is damaged or truncated")):
        _formats.parse_idx(paths, {})


def test_content_with_another_md5_is_refused(tmp_path: Path) -> None:
    """The published sum of a part is compared."""
    paths = write_idx(tmp_path, small_arrays())
    with refused(
        paths["t10k-labels-idx1-ubyte.gz"],
        "t10k-labels-idx1-ubyte differs from its published MD5 sum",
    ):
        _formats.parse_idx(paths, {"t10k-labels-idx1-ubyte": "0" * 32})


def color_arrays() -> Arrays:
    """Return a data set in the shape of CIFAR-10, with few images."""
    rng = np.random.default_rng(0)
    return {
        "x_train": rng.integers(0, 256, (10, 32, 32, 3), dtype=np.uint8),
        "y_train": np.arange(10, dtype=np.uint8),
        "x_test": rng.integers(0, 256, (5, 32, 32, 3), dtype=np.uint8),
        "y_test": np.arange(5, dtype=np.uint8),
    }


@pytest.mark.parametrize(
    ("member", "content", "reason"),
    [
        ("../data_batch_1.bin", b"", "its member '../data_batch_1.bin' points outside the archive"),
        ("/etc/passwd", b"", "its member '/etc/passwd' points outside the archive"),
        ("x\\..\\..\\y", b"", r"its member 'x\\..\\..\\y' points outside the archive"),
        ("c/data_batch_3.bin", b"\0" * 3072,
         "a batch has 3072 bytes, no multiple of 3073"),
        ("c/test_batch.bin", b"\x0a" + b"\0" * 3072, "a batch has the label 10, over 9"),
        ("c/huge.bin", bytes(_formats.CIFAR_BATCH + 1),
         "its member 'c/huge.bin' has 30730001 bytes, over 30730000"),
    ],
)  # fmt: skip
def test_hostile_tar_is_refused(tmp_path: Path, member: str, content: bytes, reason: str) -> None:
    """Paths that lead outside, members of wrong or huge size."""
    members = cifar_members(color_arrays()) | {member: content}
    path = write_tar(tmp_path / "cifar-10-binary.tar.gz", members)
    with refused(path, reason):
        _formats.parse_cifar10({path.name: path}, {})
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_tar_with_a_link_or_a_missing_or_torn_batch_is_refused(tmp_path: Path) -> None:
    """What is there must be files, all of them, and whole."""
    path = tmp_path / "cifar-10-binary.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        link = tarfile.TarInfo("cifar/data_batch_1.bin")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with refused(path, "its member 'cifar/data_batch_1.bin' is a link or a device"):
        _formats.parse_cifar10({path.name: path}, {})
    members = cifar_members(color_arrays())
    del members["cifar-10-batches-bin/data_batch_2.bin"]
    write_tar(path, members)
    with refused(path, "it has no data_batch_2.bin"):
        _formats.parse_cifar10({path.name: path}, {})
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(DatasetError, match=re.escape("it is damaged or truncated")):
        _formats.parse_cifar10({path.name: path}, {})


def test_tar_bomb_in_a_header_is_refused(tmp_path: Path) -> None:
    """A header that announces a gigabyte is not read into memory."""
    path = tmp_path / "notMNIST_small.tar.gz"
    member = tarfile.TarInfo("long")
    member.type, member.size = tarfile.GNUTYPE_LONGNAME, 2**30
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(member.tobuf())
        for _ in range(200):
            file.write(bytes(2**20))
    with refused(path, "it decompresses to more than it may hold"):
        _formats.parse_notmnist({path.name: path}, {})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (image_bytes(np.zeros((29, 29), np.uint8), "PNG"),
         "its image 'n/A/font.png' has the size (29, 29), which is too large"),
        (image_bytes(np.zeros((27, 28), np.uint8), "PNG"),
         "its image 'n/A/font.png' has the size (28, 27), not (28, 28)"),
        (image_bytes(np.zeros((28, 28), np.uint8), "PNG")[:-30],
         "its image 'n/A/font.png' is no readable PNG"),
        (image_bytes(np.zeros((28, 28), np.uint8), "BMP"),
         "its image 'n/A/font.png' is no readable PNG"),
    ],
)  # fmt: skip
def test_broken_letters_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    """Pictures of another size, torn ones, other formats under the same name."""
    path = write_tar(tmp_path / "notMNIST_small.tar.gz", {"n/A/font.png": content})
    with refused(path, reason):
        _formats.parse_notmnist({path.name: path}, {}, test_fonts=0)


SIGN = "GTSRB/Final_Training/Images/00000/00000_00000.ppm"
TABLE = "GTSRB/Final_Training/Images/00000/GT-00000.csv"
HEAD = b"Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\n"


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"../evil.ppm": b""}, "its member '../evil.ppm' points outside the archive"),
        ({SIGN: bytes(2**20 + 1)}, f"its member {SIGN!r} has 1048577 bytes, over 1048576"),
        ({SIGN: b"P6\n30000 30000\n255\n"}, f"its image {SIGN!r} is no readable PPM"),
        ({SIGN: b"P6\n3000 3000\n255\n"},
         f"its image {SIGN!r} has the size (3000, 3000), which is too large"),
        ({SIGN: b"P6\n32 32\n255\n\0\0"}, f"its image {SIGN!r} is no readable PPM"),
        ({TABLE: b"Filename;Width\n00000_00000.ppm;32\n"},
         f"its table {TABLE!r} is torn or lacks columns"),
        ({TABLE: HEAD + b"00000_00000.ppm;32;32;1;2"},
         f"its table {TABLE!r} is torn or lacks columns"),
        ({TABLE: HEAD + b"x.ppm;32;32;1;2;3;4;0\n"},
         "it names '00000/x.ppm', which is no class, track and frame"),
        ({TABLE: HEAD + b"00000_00000.ppm;32;32;1;2;3;4;0\n"},
         "its images and its tables do not name the same files"),
        ({}, "its images and its tables do not name the same files"),
    ],
)  # fmt: skip
def test_hostile_zip_is_refused(tmp_path: Path, members: dict[str, bytes], reason: str) -> None:
    """Paths that lead outside, pictures that would fill the memory, torn tables."""
    path = write_zip(tmp_path / "GTSRB_Final_Training_Images.zip", members)
    with refused(path, reason):
        _formats.parse_gtsrb({path.name: path}, {})


# --- the cache ---


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Arrays:
    """Register a data set "small" of few images in MNIST's format, without addresses."""
    arrays = small_arrays()
    mnist = _registry.recipe_of("mnist")
    specs = {
        name: ArraySpec(array.dtype.name, array.shape, _cache.array_digest(array))
        for name, array in arrays.items()
    }
    files = tuple(replace(file, urls=()) for file in mnist.files)
    recipe = replace(mnist, name="small", arrays=specs, files=files, content_md5={})
    monkeypatch.setitem(_registry.recipes(), "small", recipe)
    monkeypatch.setenv("NNEST_DATA", str(tmp_path / "home"))
    return arrays


def set_files(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Change the official files of "small"."""
    recipe = _registry.recipe_of("small")
    files = tuple(
        replace(file, **{key: change(file) for key, change in changes.items()})
        for file in recipe.files
    )
    monkeypatch.setitem(_registry.recipes(), "small", replace(recipe, files=files))


def write_cache(**arrays: Any) -> Path:
    """Write a cached file of "small"."""
    path = datasets.path_of("small")
    path.parent.mkdir(exist_ok=True)
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize("name", REAL)
def test_real_sets_load_and_verify(name: str) -> None:
    """Each real set passes every digest and comes with what it is, and whose."""
    data_folder(name)
    datasets.verify(name)
    bunch, info = datasets.fetch(name), datasets.describe(name)
    assert bunch.data.shape == (info.n_train, *info.shape)
    assert bunch.data_test.shape == (info.n_test, *info.shape)
    assert len(bunch.target) == info.n_train
    assert len(bunch.target_test) == info.n_test
    for labels in (bunch.target, bunch.target_test):
        assert set(labels) == set(range(info.n_classes)) == set(range(len(bunch.target_names)))
    assert (bunch.groups is None) == (name not in ("notmnist", "gtsrb"))
    assert bunch.data.max() == bunch.max_value
    assert info.licence in bunch.DESCR
    assert re.fullmatch("[0-9a-f]{64}", bunch.digest)


def test_digits_are_split_by_class() -> None:
    """A quarter of each class is held out, nothing is lost, and it is the same every time."""
    digits, again = datasets.load_digits(), datasets.fetch("digits")
    assert len(digits.data) + len(digits.data_test) == 1797
    shares = np.bincount(digits.target_test) / np.bincount(
        np.concatenate([digits.target, digits.target_test])
    )
    np.testing.assert_allclose(shares, 0.25, atol=0.01)
    np.testing.assert_array_equal(digits.data_test, again.data_test)
    assert digits.data.max() == digits.max_value == 16
    assert datasets.path_of("digits").exists()


def test_digests_tell_data_sets_apart() -> None:
    """No two sets have one digest, and one changed array changes it."""
    found = {info.name: info.digest for info in datasets.list_datasets()}
    assert len(set(found.values())) == 6
    assert datasets.load_digits().digest == found["digits"]
    mnist = _registry.recipe_of("mnist")
    arrays = dict(mnist.arrays)
    arrays["y_test"] = replace(arrays["y_test"], sha256="0" * 64)
    assert replace(mnist, arrays=arrays).info.digest != found["mnist"]


def test_official_files_become_one_cached_file(small: Arrays, tmp_path: Path) -> None:
    """Files put where the message says are converted, kept, and not needed again."""
    folder = datasets.path_of("small").parent / "small"
    folder.mkdir(parents=True)
    paths = write_idx(folder, small)
    np.testing.assert_array_equal(datasets.fetch("small").data, small["x_train"])
    assert all(path.exists() for path in paths.values())
    for path in paths.values():
        path.unlink()
    np.testing.assert_array_equal(datasets.fetch("small").target_test, small["y_test"])
    names = {entry.name for entry in datasets.path_of("small").parent.iterdir()}
    assert names == {"small", "small.npz", ".small.npz.lock"}


def test_official_files_of_another_edition_are_refused(small: Arrays) -> None:
    """Readable files whose arrays are others leave no cached file behind."""
    folder = datasets.path_of("small").parent / "small"
    folder.mkdir(parents=True)
    other = small_arrays(seed=1)
    write_idx(folder, other)
    shape = small["x_train"].shape
    sentence = (
        f"The array x_train of small, of shape {shape} with SHA-256 digest "
        f"{_cache.array_digest(other['x_train'])}, is not the known one of shape {shape} with "
        f"{_cache.array_digest(small['x_train'])}: its files are damaged or another edition; "
        f"remove {folder} and fetch again."
    )
    with pytest.raises(DatasetError, match=f"^{re.escape(sentence)}$"):
        datasets.fetch("small")
    assert not datasets.path_of("small").exists()


def test_without_network_and_file_one_sentence_says_what_to_do(
    small: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No address answers and nothing is there; no chained traceback."""
    url = "http://127.0.0.1:9/file"  # the port of a service that nobody runs
    set_files(monkeypatch, urls=lambda file: (url,))
    home = datasets.path_of("small").parent
    names = ", ".join(IDX_NAMES.values())
    sentence = (
        "small is not on this machine and could not be downloaded "
        f"({url}: ConnectionError): connect to a network, or put small.npz into {home}, or put "
        f"{names} into {home / 'small'}."
    )
    with pytest.raises(DatasetUnavailableError, match=f"^{re.escape(sentence)}$") as caught:
        datasets.fetch("small")
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    sentence = f"small is not on this machine: {home / 'small.npz'} does not exist; fetch it first."
    with pytest.raises(DatasetUnavailableError, match=f"^{re.escape(sentence)}$"):
        datasets.verify("small")


def test_cached_file_with_a_changed_pixel_is_refused(small: Arrays) -> None:
    """One bit is enough, and the file stays where it is."""
    small["x_test"][3, 4, 5] ^= 1
    path = write_cache(**small)
    for use in (datasets.fetch, datasets.verify):
        with refused(path, "its array x_test has a wrong SHA-256 digest"):
            use("small")
    assert path.exists()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda a: a.pop("y_test"),
         "it has the arrays x_test, x_train, y_train instead of x_test, x_train, y_test, y_train"),
        (lambda a: a.update(more=np.zeros(1)),
         "it has the arrays more, x_test, x_train, y_test, y_train instead of x_test, x_train, "
         "y_test, y_train"),
        (lambda a: a.update(y_test=a["y_test"].astype(np.int32)),
         "its array y_test is int32 of shape (10,) instead of uint8 of shape (10,)"),
        (lambda a: a.update(y_test=a["y_test"].astype(object)),
         "its array y_test is object of shape (10,) instead of uint8 of shape (10,)"),
        (lambda a: a.update(x_train=a["x_train"].reshape(20, 784)),
         "its array x_train is uint8 of shape (20, 784) instead of uint8 of shape (20, 28, 28)"),
    ],
)  # fmt: skip
def test_foreign_cached_files_are_refused(
    small: Arrays, change: Callable[[Arrays], Any], reason: str
) -> None:
    """Other arrays, other types, objects (never unpickled), other shapes."""
    change(small)
    with refused(write_cache(**small), reason):
        datasets.fetch("small")


def test_truncated_and_nonsense_cached_files_are_refused(small: Arrays) -> None:
    """A file that is cut off, one that is text, one whose header lies about its length."""
    path = write_cache(**small)
    content = path.read_bytes()
    for broken in (content[: len(content) // 2], b"no zip", b""):
        path.write_bytes(broken)
        with refused(path, "it is damaged or truncated (File is not a zip file)"):
            datasets.fetch("small")
    members = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for cut, reason in (
        (members["x_train.npy"][:-1], "its array x_train ends too early"),
        (members["x_train.npy"] + b"\0", "its array x_train is longer than its header says"),
    ):
        write_zip(path, members | {"x_train.npy": cut})
        with refused(path, reason):
            datasets.fetch("small")


@pytest.fixture
def server(tmp_path: Path, small: Arrays) -> Iterator[str]:
    """Serve the official files of "small" on this machine."""
    folder = tmp_path / "served"
    folder.mkdir()
    write_idx(folder, small)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(folder))

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_download_falls_back_to_a_mirror(
    small: Arrays, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first address has nothing; the second does; only the cached file stays."""
    set_files(
        monkeypatch, urls=lambda file: (f"{server}/gone/{file.name}", f"{server}/{file.name}")
    )
    np.testing.assert_array_equal(datasets.fetch("small").data_test, small["x_test"])
    home = datasets.path_of("small").parent
    assert {entry.name for entry in home.iterdir()} == {"small.npz", ".small.npz.lock"}


def test_two_that_fetch_at_once_wait_for_each_other(
    small: Arrays, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One downloads, the other one finds the cached file."""
    set_files(monkeypatch, urls=lambda file: (f"{server}/{file.name}",))
    download, meeting, calls = _cache.download, threading.Barrier(2), []

    def meet(*arguments: Any) -> None:
        calls.append(arguments)
        with suppress(threading.BrokenBarrierError):
            meeting.wait(0.5)
        download(*arguments)

    monkeypatch.setattr(_cache, "download", meet)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda name: datasets.fetch(name).data, ["small"] * 2))
    np.testing.assert_array_equal(found, [small["x_train"]] * 2)
    assert len(calls) == len(IDX_NAMES)


def test_download_with_a_wrong_digest_is_not_kept(
    small: Arrays, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing moves into place that is not what it should be."""
    set_files(
        monkeypatch,
        urls=lambda file: (f"{server}/{file.name}",),
        sha256=lambda file: "0" * 64,
    )
    with pytest.raises(DatasetUnavailableError, match=f"instead of {'0' * 64}"):
        datasets.fetch("small")
    assert list(datasets.path_of("small").parent.rglob("[!.]*.*")) == []


def test_put_file_with_a_wrong_digest_is_left_in_place(
    small: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that a user put there is refused and not overwritten."""
    set_files(monkeypatch, sha256=lambda file: "0" * 64)
    folder = datasets.path_of("small").parent / "small"
    folder.mkdir(parents=True)
    path = write_idx(folder, small)["train-images-idx3-ubyte.gz"]
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    with refused(path, f"its SHA-256 digest is {found} instead of {'0' * 64}"):
        datasets.fetch("small")
    assert path.exists()


def test_folder_that_cannot_be_written_is_named(small: Arrays, tmp_path: Path) -> None:
    """A folder below a file cannot be made, whoever runs this."""
    (tmp_path / "file").write_text("")
    home = tmp_path / "file" / "home"
    sentence = (
        f"{home} cannot be written (Not a directory): name another folder by data_home= or "
        "NNEST_DATA, or make room there."
    )
    with pytest.raises(DatasetError, match=f"^{re.escape(sentence)}$"):
        datasets.fetch("small", data_home=home)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("mnst", "mnist"), ("Fashion-MNIST", "fashion_mnist"), ("cifar", "cifar10"), ("x", None)],
)
def test_unknown_name_gets_the_nearest(name: str, nearest: str | None) -> None:
    """Every function that takes a name answers alike."""
    sentence = (
        f"No data set is called {name!r}: did you mean {nearest!r}?"
        if nearest
        else f"No data set is called {name!r}: there are digits, mnist, fashion_mnist, notmnist, "
        "cifar10, gtsrb."
    )
    for use in (datasets.fetch, datasets.verify, datasets.describe, datasets.path_of):
        with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
            use(name)


def test_folder_is_argument_or_variable_or_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In this order."""
    monkeypatch.setenv("NNEST_DATA", str(tmp_path))
    assert datasets.path_of("mnist") == tmp_path / "mnist.npz"
    assert datasets.path_of("mnist", data_home="~/x") == Path.home() / "x" / "mnist.npz"
    monkeypatch.delenv("NNEST_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert datasets.path_of("mnist").parent.name == "nnest"


def test_listing_loads_nothing_heavy() -> None:
    """A list of data sets needs neither scikit-learn nor pooch nor Pillow, nor Keras."""
    code = (
        "import sys; from nnest import datasets; datasets.list_datasets(); "
        "print([m for m in ('keras', 'jax', 'sklearn', 'pooch', 'PIL') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
