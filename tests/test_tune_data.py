"""What is trained on: the training part of a data set, or a file of arrays, whoever wrote it."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnest.cli._tune_data import Samples, folds_of, load_samples, subset
from nnest.datasets import load_digits
from nnest.exceptions import TuneError


def refusal(path: Path) -> str:
    """Return what is said about a file, behind its name."""
    with pytest.raises(TuneError) as caught:
        load_samples(str(path))
    said = str(caught.value)
    assert "\n" not in said
    assert said.startswith(str(path))
    return said.removeprefix(str(path))


def written(path: Path, **arrays: Any) -> Path:
    """Write arrays to a file; Python objects too."""
    np.savez(path, **arrays)
    return path


def samples_of(n: int = 40, n_classes: int = 4, groups: Any = None) -> Samples:
    """Return samples of which each is its row's number."""
    rows = np.arange(n)
    return Samples(rows[:, None].astype(np.float32), rows % n_classes, groups)


def test_a_data_set_is_its_training_part() -> None:
    """The official test images are not among what is searched on; pixels go from 0 to 1."""
    samples, digits = load_samples("digits"), load_digits()
    np.testing.assert_allclose(samples.X * digits.max_value, digits.data)
    np.testing.assert_array_equal(samples.y, digits.target)
    assert samples.X.dtype == np.float32
    assert (samples.X.min(), samples.X.max()) == (0.0, 1.0)


@pytest.mark.parametrize("dtype", [np.uint8, np.float64, np.int32, ">f4"])
def test_arrays_of_a_file_are_scaled_by_their_numbers(tmp_path: Path, dtype: Any) -> None:
    """The same pictures are the same, whatever type holds them; names are classes as well."""
    X = np.arange(48).reshape(6, 2, 4).astype(dtype)
    path = written(tmp_path / "own.npz", X=X, y=list("ababab"), groups=[1, 1, 2, 2, 3, 3])
    samples = load_samples(str(path))
    np.testing.assert_allclose(samples.X, np.arange(48).reshape(6, 2, 4) / 255, rtol=1e-6)
    assert samples.done == "divided by 255"
    assert samples.y.tolist() == list("ababab")
    assert samples.groups is not None
    assert samples.groups.tolist() == [1, 1, 2, 2, 3, 3]


RNG = np.random.default_rng(0)
BYTES = RNG.integers(0, 256, (20, 64)).astype(np.uint8)
ONES = (BYTES > 127).astype(np.uint8)
WIDE = np.c_[ONES[:, :3], 4000 + BYTES[:, :2].astype(int)]
STANDARD = "each column brought to mean 0 and variance 1"


@pytest.mark.parametrize(
    ("X", "done"),
    [
        (ONES, "taken as it is"),
        (ONES > 0, "taken as it is"),
        (ONES.astype(np.int64), "taken as it is"),
        (ONES.reshape(20, 8, 8), "taken as it is"),
        (BYTES, "divided by 255"),
        (BYTES.astype(np.int64), "divided by 255"),
        (BYTES.astype(np.float64), "divided by 255"),
        (BYTES.reshape(20, 8, 8), "divided by 255"),
        (BYTES.reshape(20, 4, 4, 4) // 16, "divided by 16"),
        (BYTES.astype(np.uint16) * 257, "divided by 65535"),
        (BYTES.reshape(20, 8, 8).astype(np.uint16) * 16, "divided by 4095"),
        (BYTES.reshape(20, 8, 8) * 0.9, "divided by 255"),
        (BYTES.reshape(20, 8, 8) / 255 - 0.5, "taken as it is"),
        (WIDE, STANDARD),
        (WIDE.astype(np.float32), STANDARD),
        (RNG.normal(size=(20, 5)), "taken as it is"),
    ],
)
def test_numbers_decide_how_they_are_scaled(tmp_path: Path, X: Any, done: str) -> None:
    """Zeros and ones stay what they are in any type; pixels go from 0 to 1 at any depth."""
    samples = load_samples(str(written(tmp_path / "own.npz", X=X, y=[0, 1] * 10)))
    assert samples.done == done
    assert samples.X.dtype == np.float32
    assert samples.X.shape == X.shape
    if done == STANDARD:
        np.testing.assert_allclose(samples.X.mean(0), 0, atol=1e-5)
        np.testing.assert_allclose(samples.X.std(0), 1, atol=1e-5)
    else:
        divisor = float(done.split()[-1]) if "divided" in done else 1
        np.testing.assert_allclose(samples.X, X.astype(float) / divisor, rtol=1e-6)


def test_the_model_says_that_rows_are_pictures(tmp_path: Path) -> None:
    """A convolutional network is for pixels, however many there are."""
    path = str(written(tmp_path / "own.npz", X=BYTES[:, :10], y=[0, 1] * 10))
    assert load_samples(path, are_pictures=True).done == "divided by 255"
    assert load_samples(path).done == STANDARD


@pytest.mark.parametrize("form", [(20, 64), (20, 8, 8), (20, 4, 4, 4)])
def test_a_scale_that_is_asked_for(tmp_path: Path, form: tuple[int, ...]) -> None:
    """None, a division, or mean 0 and variance 1; a constant column stays finite."""
    X = BYTES.reshape(form).astype(np.int16)
    path = str(written(tmp_path / "own.npz", X=X, y=[0, 1] * 10))
    np.testing.assert_array_equal(load_samples(path, "none").X, X)
    np.testing.assert_allclose(load_samples(path, "255").X, X / 255, rtol=1e-6)
    standard = load_samples(path, "standard").X
    np.testing.assert_allclose([standard.mean(), standard.std()], [0, 1], atol=1e-5)
    constant = str(written(tmp_path / "constant.npz", X=X * 0 + 7, y=[0, 1] * 10))
    assert not load_samples(constant, "standard").X.any()


def test_a_data_set_is_scaled_as_one_asks() -> None:
    """Its own range unless something else is said."""
    raw = load_digits().data
    assert load_samples("digits").done == "divided by 16"
    np.testing.assert_array_equal(load_samples("digits", "none").X, raw)


def test_fortran_order_and_compression_are_read(tmp_path: Path) -> None:
    """What numpy writes in other forms means the same."""
    X = np.asfortranarray(np.arange(12.0).reshape(4, 3))
    np.savez_compressed(tmp_path / "own.npz", X=X, y=[0, 1, 0, 1])
    np.testing.assert_array_equal(load_samples(str(tmp_path / "own.npz")).X, X)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        (
            {"x": [[1.0]], "labels": [0]},
            " holds no array 'X', but labels, x: give X and y, as by numpy.savez(path, X=X, y=y).",
        ),
        (
            {"X": np.zeros(4), "y": [0, 1, 0, 1]},
            " holds X of shape (4,) and type float64: give numbers of shape (n, features), (n, "
            "height, width) or (n, height, width, channels).",
        ),
        (
            {"X": [["a"], ["b"]], "y": [0, 1]},
            " holds X of shape (2, 1) and type <U1: give numbers of shape (n, features), (n, "
            "height, width) or (n, height, width, channels).",
        ),
        (
            {"X": np.zeros((2, 3)), "y": [0.5, 1.5]},
            " holds y of shape (2,) and type float64: give one class for each sample, as whole "
            "numbers or names.",
        ),
        (
            {"X": np.zeros((2, 3)), "y": [[0], [1]]},
            " holds y of shape (2, 1) and type int64: give one class for each sample, as whole "
            "numbers or names.",
        ),
        (
            {"X": np.zeros((2, 3)), "y": [b"a", b"b"]},
            " holds y of shape (2,) and type |S1: give one class for each sample, as whole "
            "numbers or names, which y.astype(str) makes of bytes.",
        ),
        (
            {"X": np.zeros((2, 3)), "y": [0, 1], "groups": [[0, 1], [1, 0]]},
            " holds groups of shape (2, 2) and type int64: give one group for each sample, as "
            "whole numbers or names.",
        ),
        (
            {"X": np.zeros((2, 3)), "y": [0, 1], "groups": [0.5, np.nan]},
            " holds groups of shape (2,) and type float64: give one group for each sample, as "
            "whole numbers or names.",
        ),
        (
            {"X": np.zeros((2, 3)), "y": [0, 1, 0]},
            " holds 2 samples in X and 3 in y: give one entry for each sample.",
        ),
        (
            {"X": np.zeros((2, 3)), "y": [0, 1], "groups": [1]},
            " holds 2 samples in X and 1 in groups: give one entry for each sample.",
        ),
        (
            {"X": np.zeros((2, 3)), "y": [1, 1]},
            " holds X of shape (2, 3) with 1 classes: give samples of at least two classes.",
        ),
        (
            {"X": np.zeros((0, 3)), "y": np.zeros(0, int)},
            " holds X of shape (0, 3) with 0 classes: give samples of at least two classes.",
        ),
        (
            {"X": [[1.0, np.nan], [np.inf, 1e300]], "y": [0, 1]},
            " holds 3 numbers in X that are not finite in float32: replace or remove them.",
        ),
        (
            {"X": np.zeros((2, 3)), "y": np.array([0, "a"], dtype=object)},
            " holds Python objects in y, which could run code: give an array of numbers or of "
            "text.",
        ),
    ],
)
def test_arrays_that_cannot_be_trained_on_are_refused(
    tmp_path: Path, arrays: dict[str, Any], said: str
) -> None:
    """One sentence, which says what came and what is accepted."""
    assert refusal(written(tmp_path / "own.npz", **arrays)) == said


def test_pickles_are_not_opened(tmp_path: Path) -> None:
    """An array of objects whose reading would leave a mark leaves none."""

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "mark"),)

    path = written(tmp_path / "own.npz", X=np.array([Evil()], dtype=object), y=[0])
    assert refusal(path).startswith(" holds Python objects in X")
    assert not (tmp_path / "mark").exists()


def header(shape: tuple[int, ...], descr: str = "<f8") -> bytes:
    """Return the beginning of an array's file."""
    stream = io.BytesIO()
    about = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, about)
    return stream.getvalue()


@pytest.mark.parametrize("shape", [(10**12, 10), (2, 3, 10**9), (-1, -6), (2**62, 4)])
def test_a_header_that_lies_about_its_size_is_refused(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    """No memory is asked for before the bytes are counted."""
    path = tmp_path / "own.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("X.npy", header(shape) + bytes(48))
        archive.writestr("y.npy", header((2,), "<i8") + bytes(16))
    assert refusal(path) == (
        f" is damaged: X has 48 bytes, where its header says shape {shape} of float64; write it "
        "anew, as by numpy.savez."
    )


def test_a_file_that_unpacks_to_more_than_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few bytes of a compressed file may mean many."""
    path = tmp_path / "own.npz"
    np.savez_compressed(path, X=np.zeros((1000, 1000)), y=np.arange(1000))
    monkeypatch.setattr("nnest.cli._npz._SHARE", 1e-9)
    assert refusal(path).startswith(" holds 0.0 GB, too much for the ")


@pytest.mark.parametrize("content", [b"", b"not a zip", b"\x93NUMPY\x01\x00"])
def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    """Something else under the name."""
    path = tmp_path / "own.npz"
    path.write_bytes(content)
    assert refusal(path) == (
        " is no whole .npz file (File is not a zip file): write it anew, as by numpy.savez."
    )


@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_a_torn_file_is_refused(tmp_path: Path, share: float) -> None:
    """A download that broke off."""
    path = written(tmp_path / "own.npz", X=np.zeros((20, 5)), y=np.arange(20) % 2)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert refusal(path).startswith(" is no whole .npz file (")


def test_flipped_bytes_never_pass_unseen(tmp_path: Path) -> None:
    """Wherever a byte is changed, the file is refused or says what it said before."""
    path = written(tmp_path / "own.npz", X=np.ones((4, 2)), y=[0, 1, 0, 1])
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :])
        try:
            samples = load_samples(str(path))
        except TuneError:
            continue
        np.testing.assert_array_equal(samples.X, np.ones((4, 2)))
        assert samples.y.tolist() == [0, 1, 0, 1]


def test_an_array_that_is_none_is_refused(tmp_path: Path) -> None:
    """A member of the right name with something else in it."""
    path = tmp_path / "own.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("X.npy", struct.pack("<I", 7))
        archive.writestr("y.npy", b"")
    assert refusal(path) == (
        " is damaged: X is no array (ValueError); write it anew, as by numpy.savez."
    )


def test_a_member_without_its_ending_is_no_array(tmp_path: Path) -> None:
    """Archives of other programs hold what they like."""
    path = tmp_path / "own.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("X", header((2, 1)) + bytes(16))
        archive.writestr("y.npy", header((2,), "<i8") + bytes(16))
    assert refusal(path) == (
        " holds no array 'X', but y: give X and y, as by numpy.savez(path, X=X, y=y)."
    )


def test_other_compressions_are_refused(tmp_path: Path) -> None:
    """They cannot be unpacked piece by piece."""
    path = tmp_path / "own.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        for name in ("X.npy", "y.npy"):
            archive.writestr(name, header((2, 1)) + bytes(16))
    assert refusal(path) == (
        " is damaged: X is compressed in a way that is not read; write it anew, as by numpy.savez."
    )


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """And a data set that there is not, with the nearest."""
    path = tmp_path / "none.npz"
    assert refusal(path) == " cannot be read (No such file or directory): name an .npz file."
    with pytest.raises(TuneError) as caught:
        load_samples("minst")
    assert "did you mean 'mnist'?" in str(caught.value)
    assert str(caught.value).endswith("and pictures as a folder, as in ./pictures.")


def test_a_subset_keeps_the_shares_of_the_classes_and_its_rows() -> None:
    """Same seed, same rows; other seed, others; groups go with their samples."""
    samples = samples_of(400, 4, np.arange(400) // 2)
    part, again, other = (subset(samples, 40, seed) for seed in (0, 0, 1))
    assert np.bincount(part.y).tolist() == [10] * 4
    np.testing.assert_array_equal(part.X, again.X)
    assert not np.array_equal(part.X, other.X)
    rows = part.X[:, 0].astype(int)
    np.testing.assert_array_equal(part.y, rows % 4)
    np.testing.assert_array_equal(part.groups, rows // 2)
    assert subset(samples, None, 0) is samples


@pytest.mark.parametrize("n", [1, 7, 397, 1000])
def test_a_subset_of_no_use_is_refused(n: int) -> None:
    """Too few for two of each class, or as many as there are."""
    with pytest.raises(TuneError, match=f"--samples is {n}, but there are 400 samples of 4"):
        subset(samples_of(400), n, 0)


def test_folds_share_no_rows_and_hold_all_classes() -> None:
    """Every sample is in one validation part."""
    folds = folds_of(samples_of(), 4, seed=0)
    tested = np.concatenate([test for _, test in folds])
    assert sorted(tested) == list(range(40))
    for train, test in folds:
        assert not set(train) & set(test)
        assert set(test % 4) == {0, 1, 2, 3}


def test_what_belongs_together_is_not_split() -> None:
    """Frames of one sign never train and validate."""
    groups = np.arange(40) // 5
    for train, test in folds_of(samples_of(groups=groups), 3, seed=0):
        assert not set(groups[train]) & set(groups[test])


def test_more_folds_than_samples_or_groups_are_refused() -> None:
    """The sentence names the rarest class, or the number of groups."""
    with pytest.raises(TuneError, match=r"^--folds is 11, but class 0 has 10 samples: give at"):
        folds_of(samples_of(), 11, seed=0)
    with pytest.raises(TuneError, match=r"^--folds is 3, but there are 2 groups of samples that"):
        folds_of(samples_of(groups=np.arange(40) % 2), 3, seed=0)
