"""The official formats, each to arrays: IDX, CIFAR's batches, notMNIST's letters, GTSRB's tracks.

Every ``parse_*`` takes the paths of the official files by name and MD5 sums of their contents by
name (a content without a sum is not checked), and returns the arrays of the cached ``.npz``.
"""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnest._storage import open_regular, read_at_most
from nnest.datasets._archives import FormatError, Limits, blame, gunzip, read_tar, read_zip

__all__ = [
    "parse_cifar10",
    "parse_gtsrb",
    "parse_idx",
    "parse_notmnist",
    "read_cifar_batch",
    "read_idx",
]

Arrays = dict[str, NDArray[Any]]
Paths = Mapping[str, Path]

IDX_LIMIT = 64 * 2**20
CIFAR_RECORD = 1 + 3 * 32 * 32
CIFAR_BATCH = 10_000 * CIFAR_RECORD
CIFAR_LIMITS = Limits(members=32, member_bytes=CIFAR_BATCH, total_bytes=7 * CIFAR_BATCH)
LETTERS = "ABCDEFGHIJ"
LETTER_LIMITS = Limits(members=20_000, member_bytes=2**16, total_bytes=2**26)
TEST_FONTS = 500
SIGN_SIDE = 32
SIGN_LARGEST_SIDE = 512
SIGN_LIMITS = Limits(members=45_000, member_bytes=2**20, total_bytes=2**30)
SIGN_NAME = r"\d{5}/\d{5}_\d{5}\.ppm"
TRAIN_SIGN = re.compile(rf"GTSRB/Final_Training/Images/({SIGN_NAME})")
TRAIN_TABLE = re.compile(r"GTSRB/Final_Training/Images/(\d{5})/GT-\d{5}\.csv")
TEST_SIGN = re.compile(r"GTSRB/Final_Test/Images/(\d{5})\.ppm")


def parse_idx(paths: Paths, md5: Mapping[str, str]) -> Arrays:
    """Return the arrays of the four gzipped IDX files of MNIST and of its successors."""
    arrays: Arrays = {}
    for part, prefix in (("train", "train"), ("test", "t10k")):
        for letter, kind in (("x", "images-idx3"), ("y", "labels-idx1")):
            path = paths[f"{prefix}-{kind}-ubyte.gz"]
            with blame(path):
                content = gunzip(_bounded_bytes(path, IDX_LIMIT), IDX_LIMIT)
                _check_md5(path.name.removesuffix(".gz"), content, md5)
                arrays[f"{letter}_{part}"] = read_idx(content)
    return arrays


def read_idx(content: bytes) -> NDArray[np.uint8]:
    """Return the array of an IDX file of bytes.

    The header is two zero bytes, the type (8: unsigned byte), the number of dimensions and each
    of them as a big-endian 32-bit number.
    """
    if len(content) < 4 or content[:3] != b"\0\0\x08" or not 1 <= content[3] <= 4:
        raise FormatError(f"it is no IDX file of bytes (it starts with {content[:4].hex()})")
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise FormatError("its IDX header ends too early")
    shape = [int(side) for side in np.frombuffer(content, ">u4", content[3], offset=4)]
    expected = start + math.prod(shape)
    if len(content) != expected:
        raise FormatError(f"its IDX header announces {expected} bytes and it has {len(content)}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()


def parse_cifar10(paths: Paths, md5: Mapping[str, str]) -> Arrays:
    """Return the arrays of CIFAR-10's binary archive, batches in their order."""
    path = paths["cifar-10-binary.tar.gz"]
    names = [f"data_batch_{number}.bin" for number in range(1, 6)]
    batches = {}
    with blame(path):
        for member, content in read_tar(path, CIFAR_LIMITS):
            name = PurePosixPath(member).name
            if name in (*names, "test_batch.bin"):
                _check_md5(name, content, md5)
                batches[name] = read_cifar_batch(content)
        missing = {*names, "test_batch.bin"} - set(batches)
        if missing:
            raise FormatError(f"it has no {', '.join(sorted(missing))}")
    x_train, y_train = (np.concatenate(part) for part in zip(*map(batches.get, names), strict=True))
    x_test, y_test = batches["test_batch.bin"]
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


def read_cifar_batch(content: bytes) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return images, channels last, and labels of one batch: a label byte, then three planes."""
    if len(content) == 0 or len(content) % CIFAR_RECORD:
        raise FormatError(f"a batch has {len(content)} bytes, no multiple of {CIFAR_RECORD}")
    records = np.frombuffer(content, np.uint8).reshape(-1, CIFAR_RECORD)
    labels = records[:, 0].copy()
    if labels.max() > 9:
        raise FormatError(f"a batch has the label {labels.max()}, over 9")
    planes = records[:, 1:].reshape(-1, 3, 32, 32)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels


def parse_notmnist(paths: Paths, md5: Mapping[str, str], *, test_fonts: int = TEST_FONTS) -> Arrays:
    """Return the arrays of notMNIST's small archive, split by font and ordered by hash.

    The archive has no split and no order, so both follow from the names alone. A file's name is
    its font. Of the fonts that have all ten letters, those with the smallest SHA-256 of their
    name are the test part; within a part, images are sorted by SHA-256 of ``letter/name``.
    """
    del md5  # the archive's own digest is known
    path = paths["notMNIST_small.tar.gz"]
    with blame(path):
        images = _read_letters(path)
        fonts = sorted({font for _, font in images})
        whole = [f for f in fonts if all((letter, f) in images for letter in LETTERS)]
        if len(whole) < test_fonts:
            raise FormatError(f"it has {len(whole)} fonts with all letters, under {test_fonts}")
    held_out = set(sorted(whole, key=_hex)[:test_fonts])
    order = sorted(images, key=lambda key: _hex(key[0].encode() + b"/" + key[1]))
    number = {font: index for index, font in enumerate(fonts)}
    arrays: Arrays = {}
    for part in ("train", "test"):
        keys = [key for key in order if (key[1] in held_out) == (part == "test")]
        arrays[f"x_{part}"] = np.stack([images[key] for key in keys])
        arrays[f"y_{part}"] = np.array([LETTERS.index(letter) for letter, _ in keys], np.uint8)
        arrays[f"font_{part}"] = np.array([number[font] for _, font in keys], np.int32)
    seen = {image.tobytes() for image in arrays["x_train"]}
    arrays["dup_test"] = np.array([image.tobytes() in seen for image in arrays["x_test"]])
    return arrays


def _read_letters(path: Path) -> dict[tuple[str, bytes], NDArray[np.uint8]]:
    """Return every readable image by letter and font; files without a byte are left out."""
    images = {}
    for member, content in read_tar(path, LETTER_LIMITS):
        name = PurePosixPath(member)
        if name.suffix != ".png" or name.parent.name not in tuple(LETTERS) or not content:
            continue
        image = _decode(member, content, "PNG", largest_side=28)
        if image.size != (28, 28):
            raise FormatError(f"its image {member!r} has the size {image.size}, not (28, 28)")
        font = name.stem.encode("utf-8", "surrogateescape")
        images[name.parent.name, font] = np.asarray(image.convert("L"))
    return images


def parse_gtsrb(paths: Paths, md5: Mapping[str, str]) -> Arrays:
    """Return the arrays of GTSRB's three archives, training images by class, track and frame."""
    del md5  # none is published: the arrays decide
    train = _read_train_signs(paths["GTSRB_Final_Training_Images.zip"])
    x_test, size_test = _read_test_signs(paths["GTSRB_Final_Test_Images.zip"])
    y_test = _read_test_labels(paths["GTSRB_Final_Test_GT.zip"], len(x_test))
    return {**train, "x_test": x_test, "y_test": y_test, "size_test": size_test}


def _read_train_signs(path: Path) -> Arrays:
    """Return the training images with their labels, tracks and boxes; names sort as they should."""
    keys, images, sizes = [], [], []
    boxes: dict[tuple[int, int, int], list[int]] = {}
    with blame(path):
        for member, content in read_zip(path, SIGN_LIMITS):
            if match := TRAIN_SIGN.fullmatch(member):
                keys.append(_sign_key(match[1]))
                image, size = _resized_sign(member, content)
                images.append(image)
                sizes.append(size)
            elif match := TRAIN_TABLE.fullmatch(member):
                for name, *box, _ in _rows(member, content):
                    boxes[_sign_key(f"{match[1]}/{name}")] = box
        if not keys or set(keys) != set(boxes):
            raise FormatError("its images and its tables do not name the same files")
    labels = np.array(keys, np.int16)
    return {
        "x_train": np.stack(images),
        "y_train": labels[:, 0].astype(np.uint8),
        "track_train": labels[:, 0].astype(np.int32) * 1000 + labels[:, 1],
        "class_track_frame_train": labels,
        "roi_train": np.array([boxes[key] for key in keys], np.int16),
        "size_train": np.array(sizes, np.int16),
    }


def _read_test_signs(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int16]]:
    """Return the test images and their original sizes, by number."""
    with blame(path):
        signs = [
            _resized_sign(member, content)
            for member, content in read_zip(path, SIGN_LIMITS)
            if TEST_SIGN.fullmatch(member)
        ]
        if not signs:
            raise FormatError("it has no test image")
    return np.stack([image for image, _ in signs]), np.array([size for _, size in signs], np.int16)


def _read_test_labels(path: Path, count: int) -> NDArray[np.uint8]:
    """Return the labels of the test images, by number."""
    with blame(path):
        tables = dict(read_zip(path, SIGN_LIMITS))
        if "GT-final_test.csv" not in tables:
            raise FormatError("it has no GT-final_test.csv")
        rows = _rows("GT-final_test.csv", tables["GT-final_test.csv"])
        labels = {name: label for name, *_, label in rows}
        if sorted(labels) != [f"{index:05d}.ppm" for index in range(count)]:
            raise FormatError(f"it does not name the {count} test images")
        if not set(labels.values()) <= set(range(43)):
            raise FormatError("it has a class that is not one of 0 to 42")
    return np.array([labels[name] for name in sorted(labels)], np.uint8)


def _resized_sign(member: str, content: bytes) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Return the whole picture at 32 by 32 pixels, bilinear, and its original (width, height)."""
    from PIL import Image

    image = _decode(member, content, "PPM", largest_side=SIGN_LARGEST_SIDE)
    resized = image.convert("RGB").resize((SIGN_SIDE, SIGN_SIDE), Image.Resampling.BILINEAR)
    return np.asarray(resized), image.size


def _decode(member: str, content: bytes, kind: str, *, largest_side: int) -> Any:
    """Return a decoded picture of that one format, refused by its header if it is too large."""
    from PIL import Image

    try:
        image = Image.open(io.BytesIO(content), formats=[kind])
        if max(image.size) > largest_side:
            raise FormatError(f"its image {member!r} has the size {image.size}, which is too large")
        image.load()
    except FormatError:
        raise
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise FormatError(f"its image {member!r} is no readable {kind}") from None
    return image


def _sign_key(name: str) -> tuple[int, int, int]:
    """Return class, track and frame from ``class/track_frame.ppm``."""
    if not re.fullmatch(SIGN_NAME, name):
        raise FormatError(f"it names {name!r}, which is no class, track and frame")
    label, track, frame = (int(number) for number in re.findall(r"\d{5}", name))
    return label, track, frame


def _rows(member: str, content: bytes) -> Iterator[tuple[str, int, int, int, int, int]]:
    """Yield from an annotation: file name, the sign's box as x1, y1, x2, y2, and its class."""
    try:
        for row in csv.DictReader(io.StringIO(content.decode("ascii")), delimiter=";"):
            x1, y1, x2, y2 = (int(row[f"Roi.{corner}"]) for corner in ("X1", "Y1", "X2", "Y2"))
            yield row["Filename"], x1, y1, x2, y2, int(row["ClassId"])
    except (csv.Error, KeyError, TypeError, ValueError):
        raise FormatError(f"its table {member!r} is torn or lacks columns") from None


def _bounded_bytes(path: Path, limit: int) -> bytes:
    """Return the content of a file that is no larger than `limit`."""
    with open_regular(path) as file:
        try:
            return read_at_most(file, limit)
        except OSError as error:
            if error.errno != errno.EFBIG:
                raise
            raise FormatError(f"it has more than {limit} bytes") from None


def _check_md5(name: str, content: bytes, md5: Mapping[str, str]) -> None:
    """Compare a content with its published sum, where there is one."""
    if name in md5 and hashlib.md5(content, usedforsecurity=False).hexdigest() != md5[name]:
        raise FormatError(f"{name} differs from its published MD5 sum")


def _hex(content: bytes) -> str:
    """Return the SHA-256 that decides an order."""
    return hashlib.sha256(content).hexdigest()
