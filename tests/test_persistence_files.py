"""Files that no estimator has written are refused, each with one sentence."""

from __future__ import annotations

import io
import json
import re
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from nnest import CNNClassifier, MLPRegressor
from nnest.exceptions import ModelFileError
from nnest.persistence import load, save
from tests.helpers import make_pipe
from tests.networks import mlp, network, pictures

X, Y = pictures()
Files = dict[str, bytes]
MANIFEST, BIAS, KERNEL = "estimator.json", "layer-output-bias.npy", "layer-hidden_1-kernel.npy"
UNCHANGED = "give what nnest.save has written, unchanged."


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Return the files of a small classifier."""
    folder = tmp_path_factory.mktemp("saved") / "net"
    save(mlp(epochs=1, dropout=0.2).fit(X, Y), folder)
    return {each.name: each.read_bytes() for each in folder.iterdir()}


@pytest.fixture
def files(original: Files) -> Files:
    """Return these files to tamper with."""
    return dict(original)


def zipped(files: Files, path: Path) -> Path:
    """Write files as an archive."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def unzipped(files: Files, path: Path) -> Path:
    """Write files as a folder."""
    path.mkdir()
    for name, content in files.items():
        (path / name).write_bytes(content)
    return path


def refused(path: Path, reason: str, remedy: str = UNCHANGED, **options: Any) -> None:
    """Hold `load` to one sentence."""
    sentence = f"{str(path)!r} is refused because {reason}: {remedy}"
    with pytest.raises(ModelFileError, match=f"^{re.escape(sentence)}$"):
        load(path, **options)


def npy(array: Any) -> bytes:
    """Return an array as a file, pickled where numpy would."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def header(text: str) -> bytes:
    """Return a file that is nothing but a header."""
    line = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(line).to_bytes(2, "little") + line


def with_json(files: Files, *path: Any, value: Any) -> Files:
    """Return the files with one value of the JSON replaced."""
    manifest = json.loads(files[MANIFEST])
    place = manifest
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return {**files, MANIFEST: json.dumps(manifest).encode()}


def test_untampered_files_are_loaded(files: Files, tmp_path: Path) -> None:
    """Also from an archive that was packed by somebody else, with compression."""
    path = tmp_path / "net.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    answers = [load(place).predict_proba(X) for place in (path, unzipped(files, tmp_path / "net"))]

    np.testing.assert_array_equal(*answers)


def test_nothing_there() -> None:
    """A path that does not exist is another error."""
    sentence = "There is no file or folder 'nowhere.zip': give another path."
    with pytest.raises(FileNotFoundError, match=f"^{re.escape(sentence)}$"):
        load("nowhere.zip")


# Archives and folders.


@pytest.mark.parametrize("name", ["../evil.npy", "/evil.npy", "a/evil.npy", "evil.py", ".npy"])
def test_paths_outside_are_refused(name: str, files: Files, tmp_path: Path) -> None:
    """All files lie in one folder, and have plain names."""
    path = zipped({**files, name: b""}, tmp_path / "net.zip")

    refused(path, f"it holds {name!r}, which belongs to no estimator")
    assert [each.name for each in tmp_path.iterdir()] == ["net.zip"]


def test_links_in_folders_are_refused(files: Files, tmp_path: Path) -> None:
    """They would read other files."""
    path = unzipped(files, tmp_path / "net")
    (path / BIAS).rename(tmp_path / "outside.npy")
    (path / BIAS).symlink_to(tmp_path / "outside.npy")

    refused(path, f"{BIAS!r} in it is no plain file")


@pytest.mark.parametrize("make", [Path.mkdir, make_pipe], ids=["folder", "pipe"])
def test_what_is_no_file_is_refused(
    make: Callable[[Path], None], files: Files, tmp_path: Path
) -> None:
    """Folders in folders and pipes are not read."""
    path = unzipped(files, tmp_path / "net")
    make(path / "more.npy")

    refused(path, "'more.npy' in it is no plain file")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFDIR, stat.S_IFIFO])
def test_links_in_archives_are_refused(kind: int, files: Files, tmp_path: Path) -> None:
    """As in folders."""
    path = zipped(files, tmp_path / "net.zip")
    link = zipfile.ZipInfo("link.npy")
    link.external_attr = (kind | 0o644) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, MANIFEST)

    refused(path, "'link.npy' in it is no plain file")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_one_name_twice_is_refused(files: Files, tmp_path: Path) -> None:
    """Readers would disagree on which of both counts."""
    path = zipped(files, tmp_path / "net.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(BIAS, files[BIAS])

    refused(path, f"it holds {BIAS!r} twice")


def test_a_bomb_is_refused(files: Files, tmp_path: Path) -> None:
    """Before anything of it is unpacked."""
    path = tmp_path / "net.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, files[MANIFEST])
        archive.writestr(KERNEL, bytes(10**7))

    refused(path, "it unpacks to more than 100 times its size")


def test_more_than_may_be_read_is_refused(files: Files, tmp_path: Path) -> None:
    """The limit is the reader's to set."""
    path = unzipped(files, tmp_path / "net")
    total = sum(map(len, files.values()))

    refused(
        path,
        f"it holds {len(files)} files of {total} bytes, and at most 10000 of {total - 1} are read",
        "give another max_bytes if you trust it.",
        max_bytes=total - 1,
    )
    assert load(path, max_bytes=total).n_iter_ == 1


def test_other_compressions_are_refused(files: Files, tmp_path: Path) -> None:
    """Two ways of packing are enough."""
    path = zipped(files, tmp_path / "net.zip")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_LZMA) as archive:
        archive.writestr("more.npy", b"")

    refused(path, "'more.npy' in it is compressed in a way that is not read")


def test_an_encrypted_archive_is_refused(files: Files, tmp_path: Path) -> None:
    """There is nobody to ask for a password."""
    path = zipped({MANIFEST: files[MANIFEST]}, tmp_path / "net.zip")
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)

    refused(path, f"{MANIFEST!r} in it is encrypted")


@pytest.mark.parametrize("kept", [0, 10, 2000])
def test_a_truncated_archive_is_refused(kept: int, files: Files, tmp_path: Path) -> None:
    """Its directory is at its end."""
    path = zipped(files, tmp_path / "net.zip")
    path.write_bytes(path.read_bytes()[:kept])

    refused(path, "it is no whole zip archive (File is not a zip file)")


def test_a_flipped_bit_is_seen(files: Files, tmp_path: Path) -> None:
    """An archive has a sum of each file."""
    path = zipped(files, tmp_path / "net.zip")
    content = bytearray(path.read_bytes())
    content[content.index(files[KERNEL]) + 500] ^= 1
    path.write_bytes(content)

    refused(path, f"{KERNEL!r} in it is damaged (Bad CRC-32 for file {KERNEL!r})")


def test_a_file_that_is_missing_is_named(files: Files, tmp_path: Path) -> None:
    """And one that is too much, and the JSON."""
    less = {name: content for name, content in files.items() if name != BIAS}
    more = {**files, "zzz.npy": npy(1.0)}
    none = {name: content for name, content in files.items() if name != MANIFEST}

    refused(zipped(less, tmp_path / "less.zip"), f"it lacks {BIAS!r}")
    refused(
        zipped(more, tmp_path / "more.zip"),
        "it holds 'zzz.npy', which belongs to no such estimator",
    )
    refused(zipped(none, tmp_path / "none.zip"), f"it holds no {MANIFEST!r}")


# Arrays.


class Code:
    """Runs when it is unpickled."""

    def __reduce__(self) -> Any:
        """Tell pickle to call a function."""
        return pytest.fail, ("code of a file has run",)


ARRAYS = {
    "pickle": (
        npy(np.array([Code(), 1, 2], dtype=object)),
        f"{BIAS!r} in it is no array of plain values in C order",
    ),
    "shape": (
        npy(np.zeros((3, 1), "<f4")),
        f"{BIAS!r} in it has shape (3, 1) and type float32, where its configuration asks for (3,) "
        "and float32",
    ),
    "type": (
        npy(np.zeros(3, "<f8")),
        f"{BIAS!r} in it has shape (3,) and type float64, where its configuration asks for (3,) "
        "and float32",
    ),
    "order": (
        npy(np.asfortranarray(np.zeros((3, 2)))),
        f"{BIAS!r} in it is no array of plain values in C order",
    ),
    "truncated": (
        npy(np.zeros(3, "<f4"))[:-1],
        f"{BIAS!r} in it has 11 bytes of values, where its header says 12",
    ),
    "huge": (
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,)}"),
        f"{BIAS!r} in it has shape (1000000000000,) and type float32, where its configuration asks "
        "for (3,) and float32",
    ),
    "long": (
        npy(np.zeros(3, "<f4")) + bytes(5000),
        f"{BIAS!r} in it has 5140 bytes for 12 bytes of values",
    ),
    "expression": (
        header("__import__('os').abort()"),
        f"{BIAS!r} in it is no array (ValueError)",
    ),
    "nothing": (b"", f"{BIAS!r} in it is no array (ValueError)"),
}


@pytest.mark.parametrize("kind", ARRAYS)
def test_arrays_that_are_not_ours_are_refused(kind: str, files: Files, tmp_path: Path) -> None:
    """Neither their sizes nor their contents are taken on trust."""
    content, reason = ARRAYS[kind]

    refused(unzipped({**files, BIAS: content}, tmp_path / "net"), reason)


def test_rates_out_of_bounds_are_refused(files: Files, tmp_path: Path) -> None:
    """Hyper-parameters are state, and are checked as those that are given."""
    name = "layer-hidden_1_dropout-rate.npy"
    for i, rate in enumerate((1.5, -0.5, np.nan)):
        path = zipped({**files, name: npy(np.float32(rate))}, tmp_path / f"{i}.zip")
        refused(path, "layer 'hidden_1_dropout' of it has a hyper-parameter out of bounds")
    path = zipped({**files, "model-label_smoothing.npy": npy(np.float32(2))}, tmp_path / "net.zip")

    refused(path, "its label_smoothing is 2.0, which is out of bounds")


def test_seeds_out_of_bounds_are_refused(files: Files, tmp_path: Path) -> None:
    """They would come out as others."""
    name = "layer-hidden_1_dropout-seed_generator_state.npy"
    path = zipped({**files, name: npy(np.array([-1, 0], "<i8"))}, tmp_path / "net.zip")

    refused(path, f"{name!r} in it holds numbers that are no uint32")


@pytest.mark.parametrize(
    "labels", [[2, 1, 0], [0, 0, 1], [0], [], [0.0, 1.0, np.nan]], ids=lambda labels: f"{labels}"
)
def test_labels_that_are_none_are_refused(labels: Any, files: Files, tmp_path: Path) -> None:
    """They are sorted and all different, or predictions would be others."""
    path = zipped({**files, "classes.npy": npy(np.array(labels))}, tmp_path / "net.zip")

    refused(path, "its classes are not at least two labels, sorted and all different")


# The configuration.


def test_strict_json_only(files: Files, tmp_path: Path) -> None:
    """No numbers that are none, no name twice, nothing that ends early."""
    text = files[MANIFEST].decode()
    cases = {
        text.replace('"n_iter": 1', '"n_iter": NaN'): "its JSON holds NaN, which is no finite "
        "number",
        text.replace('"n_iter": 1', '"n_iter": 1e999'): "its JSON holds 1e999, which is no finite "
        "number",
        text.replace('"n_iter": 1', '"n_iter": 1, "n_iter": 1'): "its JSON has the same name twice "
        "in an object",
        text.replace('"n_iter": 1', '"n_iter": 1' + "0" * 5000): "its JSON holds the number "
        "10000000000000000000..., which is too large",
        "[1]": "its JSON is no object",
        "{": "its JSON cannot be read (Expecting property name enclosed in double quotes: line 1 "
        "column 2 (char 1))",
    }
    for i, (content, reason) in enumerate(cases.items()):
        assert content != text
        path = tmp_path / f"{i}.zip"
        refused(zipped({**files, MANIFEST: content.encode()}, path), reason)


def test_deep_json_is_refused(files: Files, tmp_path: Path) -> None:
    """It would go beyond the interpreter's stack."""
    path = zipped({**files, MANIFEST: b"[" * 10**6 + b"]" * 10**6}, tmp_path / "net.zip")
    with pytest.raises(ModelFileError, match="its JSON cannot be read"):
        load(path)


JSON = {
    "format": (("format",), "keras", "it is of another format", UNCHANGED),
    "version": (
        ("version",),
        7,
        "its format has version 7, and this nnest reads version 1",
        "load it with the nnest that wrote it, or a newer one.",
    ),
    "estimator": (
        ("estimator",),
        "os.system",
        "'os.system' is no estimator of this package",
        UNCHANGED,
    ),
    "another estimator": (
        ("estimator",),
        "CNNClassifier",
        "it has other parameters than a CNNClassifier",
        UNCHANGED,
    ),
    "unknown": (("more",), 1, "its JSON holds 'more', which is not known", UNCHANGED),
    "kind": (
        ("n_iter",),
        True,
        "'n_iter' in its JSON is 'True', which is of another kind",
        UNCHANGED,
    ),
    "bounds": (("best_epoch",), 2, "'best_epoch' in its JSON is 2, which is out of bounds", None),
    "shape": (("sample_shape",), [6, -6], "'[6, -6]' in its JSON is no shape", UNCHANGED),
    "names": (
        ("feature_names",),
        ["a"],
        "'feature_names' in it are not as many as there are features",
        UNCHANGED,
    ),
    "texts": (("history",), [1], "'history' in its JSON is no list of strings", UNCHANGED),
    "metrics": (("history",), ["loss"] * 2, "'history' in it names a metric twice", UNCHANGED),
    "regressor's": (
        ("target_shape",),
        [2],
        "'target_shape' in its JSON does not fit a MLPClassifier",
        UNCHANGED,
    ),
    "policy": (
        ("keras", "dtype_policy"),
        "mixed_bfloat16",
        "it was saved under dtype_policy='mixed_bfloat16' of Keras, and here it is 'float32'",
        "call keras.config.set_dtype_policy first.",
    ),
    "more of keras": (
        ("keras", "more"),
        1,
        "'keras' in its JSON holds other settings than are known",
        UNCHANGED,
    ),
    "value": (
        ("parameters", "hidden_units"),
        {"__class__": "os"},
        "it holds the value \"{'__class__': 'os'}\", whose type is not supported",
        UNCHANGED,
    ),
    "key": (
        ("parameters", "class_weight"),
        {"dict": [[[], 1]]},
        "a dictionary in it has a key that is not hashable",
        UNCHANGED,
    ),
    "group": (
        ("group",),
        {"dict": [["lowering", []]]},
        "'group' in its JSON holds other than names and numbers",
        UNCHANGED,
    ),
    "pairs": (
        ("parameters", "class_weight"),
        {"dict": [[1]]},
        "a dictionary in it is no list of pairs",
        UNCHANGED,
    ),
    "same key": (
        ("parameters", "class_weight"),
        {"dict": [[1, 2], [1, 3]]},
        "a dictionary in it has the same key twice",
        UNCHANGED,
    ),
    "augmentation": (
        ("parameters", "class_weight"),
        {"Augmentation": {}},
        "its augmentation has other parameters than an Augmentation",
        UNCHANGED,
    ),
    "callbacks": (
        ("parameters", "callbacks"),
        ["os.system"],
        "callbacks are code, which is not saved",
        "set callbacks=None.",
    ),
    "activation": (
        ("parameters", "activation"),
        "system",
        "its configuration describes no network (",
        None,
    ),
    "optimizer": (
        ("parameters", "optimizer"),
        {"dict": [["class_name", "system"], ["module", "os"]]},
        "its configuration describes no network (optimizer=",
        None,
    ),
    "wide": (
        ("parameters", "hidden_units"),
        {"tuple": [10**9]},
        "its configuration describes a network of 2 kernels with 39000000000 numbers, and its "
        "files hold",
        None,
    ),
    "deep": (
        ("parameters", "hidden_units"),
        {"tuple": [1] * 10_000},
        "its configuration describes a network of 10001 kernels with",
        None,
    ),
    "large": (
        ("sample_shape",),
        [10**12, 10**12],
        "its configuration describes no network (",
        None,
    ),
    "wider": (
        ("parameters", "hidden_units"),
        {"tuple": [9]},
        "'layer-hidden_1-kernel.npy' in it has shape (36, 8) and type float32, where its "
        "configuration asks for (36, 9)",
        None,
    ),
}


@pytest.mark.parametrize("case", JSON)
def test_configurations_that_are_not_ours_are_refused(
    case: str, files: Files, tmp_path: Path
) -> None:
    """Nothing in them is taken on trust, and nothing is looked up by its name."""
    names, value, reason, remedy = JSON[case]
    path = zipped(with_json(files, *names, value=value), tmp_path / "net.zip")
    if remedy is not None:
        refused(path, reason, remedy)
        return
    with pytest.raises(
        ModelFileError, match=f"^{re.escape(f'{str(path)!r} is refused because {reason}')}"
    ):
        load(path)


INITIALIZERS = [
    {"dict": [["class_name", "system"], ["module", "os"], ["config", {"dict": []}]]},
    {"dict": [["class_name", "__lambda__"], ["config", {"dict": [["value", "gAAA"]]}]]},
    {"dict": [["class_name", "Zeros"], ["module", "os"]]},
    {"dict": [["class_name", "Zeros"], ["registered_name", "nnest>Model"]]},
    {"dict": [["class_name", "Constant"], ["config", {"dict": [["value", {"dict": []}]]}]]},
    {"dict": [["class_name", ["Zeros"]]]},
    "deserialize",
    7,
]


@pytest.mark.parametrize("given", INITIALIZERS, ids=lambda given: json.dumps(given)[:50])
def test_initializers_that_are_not_kerass_are_refused(
    given: Any, files: Files, tmp_path: Path
) -> None:
    """Keras would look them up in modules that they name."""
    path = zipped(
        with_json(files, "parameters", "bias_initializer", value=given), tmp_path / "net.zip"
    )
    with pytest.raises(ModelFileError, match="is not an initializer of Keras"):
        load(path)


def test_json_lacks_nothing(files: Files, tmp_path: Path) -> None:
    """Each name is asked for."""
    for i, name in enumerate(json.loads(files[MANIFEST])):
        manifest = json.loads(files[MANIFEST])
        del manifest[name]
        path = tmp_path / f"{i}.zip"
        refused(
            zipped({**files, MANIFEST: json.dumps(manifest).encode()}, path),
            f"its JSON lacks {name!r}",
        )


def test_long_json_is_refused(files: Files, tmp_path: Path) -> None:
    """Settings are short."""
    path = unzipped({**files, MANIFEST: b" " * (2**24 + 1)}, tmp_path / "net")

    refused(path, f"its {MANIFEST!r} takes more than {2**24} bytes")


def test_a_network_of_pictures_is_measured_before_it_is_built(tmp_path: Path) -> None:
    """A few numbers of its configuration can ask for more than there is."""
    folder = tmp_path / "net"
    save(network(CNNClassifier, epochs=1).fit(X, Y), folder)
    files = {each.name: each.read_bytes() for each in folder.iterdir()}
    shutil.rmtree(folder)
    for name, value in (("filters", [10**6]), ("kernel_size", 10**6), ("hidden_units", [10**6])):
        path = zipped(with_json(files, "parameters", name, value=value), tmp_path / f"{name}.zip")
        with pytest.raises(ModelFileError, match="describes a network of 3 kernels"):
            load(path)
    sides = zipped(with_json(files, "sample_shape", value=[10**5, 10**5]), tmp_path / "sides.zip")
    with pytest.raises(ModelFileError, match="describes a network of 3 kernels"):
        load(sides)


def test_a_regressor_has_no_labels(tmp_path: Path) -> None:
    """And a classifier no targets."""
    folder = tmp_path / "net"
    save(network(MLPRegressor, epochs=1).fit(X, Y), folder)
    files = {each.name: each.read_bytes() for each in folder.iterdir()}

    refused(
        zipped(with_json(files, "classes", value=["a", "b"]), tmp_path / "classes.zip"),
        "'classes' in it belong to no regressor",
    )
    refused(
        zipped(with_json(files, "target_shape", value=None), tmp_path / "targets.zip"),
        "'target_shape' in its JSON does not fit a MLPRegressor",
    )
    assert load(folder).predict(X).shape == Y.shape


def test_a_history_is_not_longer_than_the_training(files: Files, tmp_path: Path) -> None:
    """One number for each epoch at most."""
    path = zipped({**files, "history-0.npy": npy(np.zeros(2))}, tmp_path / "net.zip")

    refused(path, "'history-0.npy' in it has more numbers than there were epochs")


def test_a_refusal_is_a_value_error() -> None:
    """As scikit-learn's users expect of bad input."""
    assert issubclass(ModelFileError, ValueError)
    assert keras.config.dtype_policy().name == "float32", "no test here may change it"


# Values.


def test_weights_that_are_no_numbers_are_refused(files: Files, tmp_path: Path) -> None:
    """Unless the file says that its training diverged, as a saved one does."""
    for i, value in enumerate((np.nan, np.inf)):
        tampered = {**files, BIAS: npy(np.array([0, value, 0], "<f4"))}
        refused(
            zipped(tampered, tmp_path / f"{i}.zip"),
            f"{BIAS!r} in it holds numbers that are not finite, and its training did not diverge",
        )
        said = with_json(tampered, "diverged", value=True)
        assert load(zipped(said, tmp_path / f"diverged-{i}.zip")).diverged_


def test_weights_that_ceased_to_be_numbers_are_saved(tmp_path: Path) -> None:
    """The loss of the last epoch does not know what its last step has done."""
    net = mlp(epochs=1).fit(X, Y)
    net.model_.get_layer("output").bias.assign([0.0, np.inf, 0.0])
    save(net, tmp_path / "net.zip")

    assert not net.diverged_
    assert load(tmp_path / "net.zip").diverged_


@pytest.fixture(scope="module")
def normalized(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Return the files of a network with batch normalization and momentum."""
    folder = tmp_path_factory.mktemp("saved") / "net"
    settings = {"batch_norm_at": "every", "optimizer": "rmsprop", "momentum": 0.5}
    save(mlp(epochs=1, **settings).fit(X, Y), folder)
    return {each.name: each.read_bytes() for each in folder.iterdir()}


@pytest.mark.parametrize("end", ["moving_variance.npy", "kernel_velocity.npy", "iteration.npy"])
def test_negative_squares_and_counts_are_refused(
    end: str, normalized: Files, tmp_path: Path
) -> None:
    """Their roots would be no numbers."""
    name = next(each for each in normalized if each.endswith(end))
    array = np.load(io.BytesIO(normalized[name]))
    tampered = {**normalized, name: npy(np.full_like(array, -1))}

    refused(zipped(tampered, tmp_path / "net.zip"), f"{name!r} in it holds negative numbers")
    assert load(zipped(normalized, tmp_path / "whole.zip")).n_iter_ == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("learning_rate", -1.0), ("learning_rate", 0.0), ("learning_rate", np.nan),
     ("learning_rate", np.inf), ("coefficient", 1.0), ("coefficient", np.nan)],
)  # fmt: skip
def test_rates_that_no_optimizer_takes_are_refused(
    name: str, value: float, normalized: Files, tmp_path: Path
) -> None:
    """Training would go on uphill, or to nowhere."""
    tampered = {**normalized, f"optimizer-{name}.npy": npy(np.float32(value))}

    refused(
        zipped(tampered, tmp_path / "net.zip"),
        f"the {name} of its optimizer is {value}, which is out of bounds",
    )


def test_labels_are_not_sorted_to_find_that_they_are_too_many(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NumPy's way to unequal labels takes seconds for a million of them."""
    monkeypatch.setattr(np, "unique", None)
    path = zipped({**files, "classes.npy": npy(np.arange(10**5))}, tmp_path / "net.zip")
    with pytest.raises(ModelFileError, match="describes a network of 2 kernels with 800288 number"):
        load(path)


LONG = {
    "values": ("classes", ["a"] * (10**6 + 2)),
    "rates": ("parameters", "dropout", [0.1] * 1000),
    "deep": ("parameters", "dropout", eval("[" * 90 + "]" * 90)),
    "numbers": ("parameters", "bias_initializer", {"dict": [["class_name", "Constant"], [
        "config", {"dict": [["value", [[0.5] * 200] * 200]]}]]}),
    "kind": ("estimator", "x" * 5000),
    "version": ("version", 10**19),
}  # fmt: skip


@pytest.mark.parametrize("case", LONG)
def test_sentences_are_short(case: str, files: Files, tmp_path: Path) -> None:
    """However long what they are about is."""
    *names, value = LONG[case]
    path = zipped(with_json(files, *names, value=value), tmp_path / "net.zip")
    with pytest.raises(ModelFileError) as caught:
        load(path)
    assert len(str(caught.value)) < 300
    assert str(caught.value).startswith(f"{str(path)!r} is refused because ")


def test_values_that_nest_too_deeply_are_refused(files: Files, tmp_path: Path) -> None:
    """What JSON can still read may be too deep for the rest; Python 3.13 reads it to the end."""
    text = (
        files[MANIFEST]
        .decode()
        .replace('"callbacks": null', '"callbacks": ' + 900 * "[" + 900 * "]")
    )
    path = zipped({**files, MANIFEST: text.encode()}, tmp_path / "net.zip")

    with pytest.raises(ModelFileError, match=r"values nest too deeply|callbacks are code"):
        load(path)


def test_an_archive_whose_directory_lies_elsewhere_is_refused(files: Files, tmp_path: Path) -> None:
    """An offset beyond all bounds is an error of the system, which does not know the file."""
    path = zipped(files, tmp_path / "net.zip")
    content = bytearray(path.read_bytes())
    content[-6:-2] = (2**31).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=r"net\.zip' is refused because '.*' in it is dam"):
        load(path)


def test_only_parameters_that_came_later_may_be_missing(files: Files, tmp_path: Path) -> None:
    """A file of nnest 0.1 has none of them; without another one it is damaged."""
    manifest = json.loads(files[MANIFEST])
    for name in ("weight_decay", "learning_rate_schedule"):
        del manifest["parameters"][name]
    older = {**files, MANIFEST: json.dumps(manifest).encode()}
    assert load(zipped(older, tmp_path / "older.zip")).weight_decay is None
    del manifest["parameters"]["batch_norm_at"]  # None is its default as well
    damaged = {**files, MANIFEST: json.dumps(manifest).encode()}
    refused(zipped(damaged, tmp_path / "net.zip"), "it has other parameters than a MLPClassifier")
