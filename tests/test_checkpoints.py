"""Checkpoints that cannot be written, or that are damaged, cost time and never a number."""

from __future__ import annotations

import errno
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from optuna.storages import InMemoryStorage

from nnest import OptunaSearchCV, VectorizedGridSearchCV, fit_many
from nnest.population import _checkpoint, _fit_many
from tests.networks import mlp, pictures

X, Y = pictures(60)
FLAT = X.reshape(len(X), -1)
Arrays = dict[str, np.ndarray]


class Killed(BaseException):
    """Stands for the end of the process."""


def nets() -> list[Any]:
    """Return a small group, of which one member stops before the others."""
    return [mlp(random_state=i, epochs=epochs) for i, epochs in enumerate((4, 1, 4))]


def numbers(fitted: list[Any]) -> list[Any]:
    """Return all that was learnt."""
    return [[net.history_, *(w.tolist() for w in net.model_.get_weights())] for net in fitted]


def stop_after(epochs: int) -> Callable[[int, Any], None]:
    """Return a callback that ends the process after so many epochs."""

    def callback(epoch: int, metrics: Any) -> None:
        if epoch == epochs:
            raise Killed

    return callback


@pytest.fixture(scope="module")
def whole() -> list[Any]:
    """Return what a group learns that is left in peace."""
    return numbers(fit_many(nets(), FLAT, Y))


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the checkpoint of a group that was killed in its third epoch."""
    monkeypatch.setattr(_checkpoint, "INTERVAL", 0.0)
    with pytest.raises(Killed):
        fit_many(nets(), FLAT, Y, checkpoint=tmp_path, callback=stop_after(2))
    (path,) = tmp_path.iterdir()
    return path


def test_a_checkpoint_is_gone_on_with(kept: Path, whole: list[Any]) -> None:
    """To the same numbers, from where it was; what is done is not kept."""
    epochs: list[int] = []
    fitted = fit_many(
        nets(), FLAT, Y, checkpoint=kept.parent, callback=lambda epoch, _: epochs.append(epoch)
    )
    assert epochs == [2, 3]
    assert numbers(fitted) == whole
    assert not list(kept.parent.iterdir())


def content(path: Path) -> Arrays:
    """Return the arrays of a checkpoint."""
    with np.load(path) as file:
        return dict(file)


def with_state(change: Callable[[dict[str, Any]], Any]) -> Callable[[Arrays], None]:
    """Return a damage to what is no array."""

    def damage(arrays: Arrays) -> None:
        state = json.loads(bytes(arrays["state"]))
        found = change(state)
        text = json.dumps(state) if found is None else found
        arrays["state"] = np.frombuffer(text.encode(), np.uint8)

    return damage


def first(arrays: Arrays) -> str:
    """Return the name of an array of weights."""
    return min(name for name in arrays if name.startswith("block_0_state_0"))


def change(how: Callable[[np.ndarray], np.ndarray]) -> Callable[[Arrays], None]:
    """Return a damage to an array of weights."""
    return lambda arrays: arrays.update({first(arrays): how(arrays[first(arrays)])})


#: What somebody, or a disk, may do to the content; by name.
DAMAGES: dict[str, Callable[[Arrays], Any]] = {
    "numbers that are none": change(lambda array: array * np.nan),
    "one bit": lambda arrays: arrays[first(arrays)].view(np.uint8).reshape(-1).__setitem__(0, 77),
    "missing array": lambda arrays: arrays.pop(first(arrays)),
    "wrong shape": change(lambda array: array[..., :1]),
    "wrong type": change(lambda array: array.astype(float)),
    "too many arrays": lambda arrays: arrays.update({"more": np.zeros(3)}),
    "no state": lambda arrays: arrays.pop("state"),
    "no sum": lambda arrays: arrays.pop("sum"),
    "state of text": with_state(lambda state: '"text"'),
    "state of a list": with_state(lambda state: "[]"),
    "deep state": with_state(lambda state: "[" * 9000 + "]" * 9000),
    "no JSON": with_state(lambda state: "{"),
    "epoch 999": with_state(lambda state: state.update(epoch=999)),
    "no lanes": with_state(lambda state: state.update(lanes=0)),
    "unknown member": with_state(lambda state: state["members"][0].update(place=99)),
    "no members": with_state(lambda state: state.update(members=[])),
    "dead member": with_state(lambda state: state["members"][0].update(is_alive=False)),
    "another history": with_state(lambda state: state["members"][0]["history"]["loss"].append(0.0)),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_begins_anew(damage: str, kept: Path, whole: list[Any]) -> None:
    """It is said in one sentence, and all numbers are those of a group left in peace."""
    arrays = content(kept)
    DAMAGES[damage](arrays)
    with kept.open("wb") as file:
        np.savez(file, **arrays)

    assert_begins_anew(kept, whole)


def lies(path: Path) -> None:
    """Say in a header that an array has a terabyte."""
    arrays = {name: stream_of(array) for name, array in content(path).items()}
    name = first(content(path))
    arrays[name] = re.sub(rb"'shape': \((\d+), ", rb"'shape': (9\g<1>999, ", arrays[name], count=1)
    with zipfile.ZipFile(path, "w") as archive:
        for each, text in arrays.items():
            archive.writestr(f"{each}.npy", text)


def stream_of(array: np.ndarray) -> bytes:
    """Return an array as a file."""
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"garbage" * 99),
        lambda path: path.write_bytes(path.read_bytes()[:1000]),
        lies,
    ],
    ids=["empty", "garbage", "torn", "lying header"],
)
def test_a_checkpoint_that_is_none_begins_anew(
    damage: Callable[[Path], Any], kept: Path, whole: list[Any]
) -> None:
    """As if it were not there."""
    damage(kept)

    assert_begins_anew(kept, whole)


def assert_begins_anew(kept: Path, whole: list[Any]) -> None:
    """Hold a group to the numbers of one without a checkpoint, and to one warning."""
    epochs: list[int] = []
    with pytest.warns(UserWarning, match="^The checkpoint ") as caught:
        fitted = fit_many(
            nets(), FLAT, Y, checkpoint=kept.parent, callback=lambda epoch, _: epochs.append(epoch)
        )
    (said,) = (str(each.message) for each in caught if each.category is UserWarning)
    assert re.fullmatch(
        rf"The checkpoint {re.escape(str(kept))} cannot be read \(.+\): its group is trained from "
        r"the beginning\.",
        said,
    )
    assert epochs == [0, 1, 2, 3]
    assert numbers(fitted) == whole


def test_a_folder_in_its_place_is_named(kept: Path) -> None:
    """It is left where it is: nothing can be kept, and training stops."""
    kept.unlink()
    kept.mkdir()
    with (
        pytest.warns(UserWarning, match=r"cannot be read \(it is a folder and no regular file\)"),
        pytest.raises(OSError, match=said_of(kept.parent, "Is a directory")),
    ):
        fit_many(nets(), FLAT, Y, checkpoint=kept.parent)


def nowhere(folder: Path) -> Path:
    """Return a folder that nobody can make, the administrator neither."""
    (folder / "file").write_bytes(b"")
    return folder / "file" / "checkpoints"


class FullDisk:
    """Lets so many checkpoints be written; the next ones end in the middle."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
        self._savez, self.left = np.savez, room
        monkeypatch.setattr(_checkpoint, "INTERVAL", 0.0)
        monkeypatch.setattr(_checkpoint.np, "savez", self)

    def __call__(self, file: Any, **arrays: Any) -> None:
        """Write, or write a part."""
        self.left -= 1
        if self.left < 0:
            file.write(b"a part")
            raise OSError(errno.ENOSPC, "No space left on device")
        self._savez(file, **arrays)


def said_of(folder: Path, reason: str) -> str:
    """Return the sentence about a folder for checkpoints, as a pattern."""
    return rf"^Cannot write to '{re.escape(str(folder))}' \({reason}\): make it writable, make room"


def grid(**settings: Any) -> VectorizedGridSearchCV:
    """Return a search over a grid."""
    return VectorizedGridSearchCV(mlp(), {"dropout": [0.0, 0.2]}, cv=2, **settings)


def study(**settings: Any) -> OptunaSearchCV:
    """Return a study."""
    space = {"dropout": [0.0, 0.2]}
    shape: dict[str, Any] = {"sampler": "grid", "n_trials": 2, "group_size": 1, "cv": 2}
    return OptunaSearchCV(mlp(), space, **{**shape, **settings})


@pytest.mark.parametrize("error_score", [np.nan, 0.0, "raise"])
@pytest.mark.parametrize("search", [grid, study])
def test_a_folder_that_cannot_be_written_is_no_fault_of_the_settings(
    search: Callable[..., Any], error_score: Any, tmp_path: Path
) -> None:
    """The error is the system's, and names the folder, whatever a setting that fails scores."""
    folder = nowhere(tmp_path)
    with pytest.raises(OSError, match=said_of(folder, "Not a directory")):
        search(checkpoint=folder, error_score=error_score).fit(FLAT, Y)


def test_a_disk_that_fills_leaves_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: list[Any]
) -> None:
    """Whole, and nothing beside it; with room, the same call goes on from there."""
    disk = FullDisk(monkeypatch, 2)
    with pytest.raises(OSError, match=said_of(tmp_path, "No space left on device")):
        fit_many(nets(), FLAT, Y, checkpoint=tmp_path)
    assert [path.suffix for path in tmp_path.iterdir()] == [".npz"]

    disk.left, epochs = 99, []
    fitted = fit_many(
        nets(), FLAT, Y, checkpoint=tmp_path, callback=lambda epoch, _: epochs.append(epoch)
    )
    assert epochs[0] > 0
    assert numbers(fitted) == whole


def test_a_study_keeps_what_was_told_before_the_disk_was_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And ends as one that always had room."""
    storage = InMemoryStorage()
    settings = {"storage": storage, "study_name": "full", "checkpoint": tmp_path, "refit": False}
    disk = FullDisk(monkeypatch, 6)
    with pytest.raises(OSError, match=said_of(tmp_path, "No space left on device")):
        study(**settings).fit(FLAT, Y)
    done = [t.value for t in storage.get_all_trials(0) if t.state.name == "COMPLETE"]
    assert len(done) == 1

    disk.left = 99
    again, other = study(**settings).fit(FLAT, Y), study(refit=False).fit(FLAT, Y)
    scores = [sorted(each.cv_results_["mean_test_score"]) for each in (again, other)]
    assert scores[0] == scores[1]
    assert done[0] in scores[0]


def test_no_lack_of_memory_is_seen_in_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is halved and tried again."""
    FullDisk(monkeypatch, 0)
    monkeypatch.setattr(_fit_many, "_halves", lambda *_: pytest.fail("it was tried again"))
    with pytest.raises(OSError, match="No space left on device"):
        fit_many(nets(), FLAT, Y, checkpoint=tmp_path)
    assert not list(tmp_path.iterdir())
