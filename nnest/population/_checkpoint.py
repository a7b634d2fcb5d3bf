"""The state of a running group on disk: replaced whole, found again by what the group is."""

from __future__ import annotations

import hashlib
import json
import os
import time
import warnings
import zipfile
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import keras
import numpy as np

from nnest._storage import array_in, open_regular, replacing, unpacked, writing
from nnest.population._members import Member, state_of
from nnest.programs import signature

if TYPE_CHECKING:
    from nnest.population._group import Group

__all__ = ["Keeper"]

#: Seconds between two checkpoints; a killed run loses no more than that and one turn.
INTERVAL = 60.0
FORMAT = 3


class Keeper:
    """Keeps the state of a group in a file, or nowhere.

    Parameters
    ----------
    folder : Path or None
        Where the file is; None keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.path: Path | None = None
        self._saved = time.monotonic()

    def restore(self, group: Group) -> bool:
        """Bring a group to where it was; False if nothing is known of it."""
        if self.folder is None:
            return False
        self.path = self.folder / f"group-{_digest(group)[:32]}.npz"
        with self._writing():
            self.folder.mkdir(parents=True, exist_ok=True)
            # Find out now, and not after a minute of training, whether the folder can be written.
            probe = self.path.with_suffix(f".{os.getpid()}.probe")
            probe.touch()
            probe.unlink(missing_ok=True)
        if not self.path.exists():
            return False
        try:
            arrays = _read(self.path)
            saved = json.loads(bytes(arrays["state"]))
        except Exception as error:  # damage has many kinds
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            warnings.warn(
                f"The checkpoint {self.path} cannot be read ({reason}): its group is trained from "
                "the beginning.",
                stacklevel=2,
            )
            return False
        _restore(group, saved, arrays)
        return True

    def save_if_due(self, group: Group) -> None:
        """Save the state if the last time was a while ago."""
        if time.monotonic() - self._saved >= INTERVAL:
            self.save(group)

    def save(self, group: Group) -> None:
        """Save the state: written beside, then moved into place."""
        self._saved = time.monotonic()
        if self.path is None:
            return
        arrays: dict[str, np.ndarray] = {}
        state = json.dumps(_describe(group, arrays)).encode()
        arrays["state"] = np.frombuffer(state, np.uint8)
        arrays["sum"] = _sum(arrays)
        with self._writing(), replacing(self.path) as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]  # takes any names

    def forget(self) -> None:
        """Remove the file."""
        if self.path is not None:
            with self._writing():
                self.path.unlink(missing_ok=True)

    def _writing(self) -> AbstractContextManager[None]:
        """Say in one sentence that the folder cannot be written."""
        assert self.folder is not None
        return writing(
            self.folder,
            "make it writable, make room there, or name another folder for checkpoints; what was "
            "recorded before is whole, and the same call goes on.",
        )


def _read(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a checkpoint, if they are what was written."""
    with open_regular(path) as file, zipfile.ZipFile(file) as archive:
        arrays = {
            entry.filename.removesuffix(".npy"): array_in(unpacked(archive, entry))
            for entry in archive.infolist()
        }
    known = arrays.pop("sum", np.zeros(0)).tobytes()
    if known != _sum(arrays).tobytes():
        raise ValueError("its contents are not those that were written")
    return arrays


def _sum(arrays: dict[str, np.ndarray]) -> np.ndarray:
    """Return the SHA-256 of arrays with their names, types and shapes."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        digest.update(_bytes_of(array))
    return np.frombuffer(digest.digest(), np.uint8)


def _digest(group: Group) -> str:
    """Return what tells this group from all others: all that its numbers depend on."""
    digest = hashlib.sha256()
    settings = [FORMAT, jax.__version__, keras.__version__, jax.devices()[0].device_kind]
    settings += [signature(group.template), vars(group.lowering)]
    for member in group.members:
        own = member.estimator
        settings.append([own.epochs, own.batch_size, own._order_seed, repr(member.patience)])
        arrays = [*member.train, *(member.validation or ())]
        for array in [*arrays, *jax.tree.leaves(state_of(member.model)[:3])]:
            digest.update(_bytes_of(array))
    digest.update(_bytes_of(group.samples))
    digest.update(json.dumps(settings).encode())
    return digest.hexdigest()


def _bytes_of(array: Any) -> memoryview:
    """Return the bytes of an array of any type."""
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def _describe(group: Group, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """Return the state of a group; its arrays go into `arrays`."""
    blocks = []
    for i, block in enumerate(group.blocks):
        state, best = block.arrays()
        blocks.append(
            {
                "members": [member.place for member in block.members],
                "step": block.step,
                "logs": block.logs,
                "state": _put(arrays, f"block_{i}_state", state),
                "best": None if best is None else _put(arrays, f"block_{i}_best", best),
            }
        )
    members = []
    for member in group.members:
        patience = member.patience
        members.append(
            {
                "place": member.place,
                "history": member.history,
                "is_alive": member.is_alive,
                "patience": None if patience is None else vars(patience),
                "state": None
                if member.is_alive
                else _put(arrays, f"member_{member.place}", state_of(member.model)[:3]),
            }
        )
    lanes = group.lowering.lanes
    return {
        "epoch": group.epoch,
        "seconds": group.seconds,
        "lanes": lanes,
        "blocks": blocks,
        "members": members,
    }


def _put(arrays: dict[str, np.ndarray], name: str, parts: Any) -> list[Any]:
    """Put lists of arrays among the others; return the type of each, part by part."""
    kinds: list[list[str]] = []
    for i, part in enumerate(parts):
        kinds.append([])
        for j, leaf in enumerate(part):
            array = np.asarray(leaf)
            kinds[-1].append(str(array.dtype))
            # bfloat16 is not NumPy's own: its bytes are saved.
            plain = array if array.dtype.kind in "biuf" else array.view(np.uint16)
            arrays[f"{name}_{i}_{j}"] = plain
    return kinds


def _get(arrays: Any, name: str, kinds: list[Any]) -> Any:
    """Return lists of arrays that `_put` put there."""
    return tuple(
        [arrays[f"{name}_{i}_{j}"].view(jax.numpy.dtype(kind)) for j, kind in enumerate(part)]
        for i, part in enumerate(kinds)
    )


def _restore(group: Group, saved: dict[str, Any], arrays: Any) -> None:
    """Bring a group to the state that `_describe` described."""
    by_place: dict[int, Member] = {member.place: member for member in group.members}
    for entry in saved["members"]:
        member = by_place[entry["place"]]
        member.history = entry["history"]
        if member.patience is not None:
            vars(member.patience).update(entry["patience"])
        if not entry["is_alive"]:
            state = _get(arrays, f"member_{member.place}", entry["state"])
            member.ends((*state, []), None)
    group.epoch, group.earlier = saved["epoch"], saved["seconds"]
    group.lowering = type(group.lowering)(
        group.lowering.name, saved["lanes"], group.lowering.threads
    )
    for i, entry in enumerate(saved["blocks"]):
        (block,) = group.pack([by_place[place] for place in entry["members"]])
        best = None if entry["best"] is None else _get(arrays, f"block_{i}_best", entry["best"])
        block.restore(_get(arrays, f"block_{i}_state", entry["state"]), best)
        block.begin(group.epoch, entry["step"])
        block.logs = entry["logs"]
        group.blocks.append(block)
