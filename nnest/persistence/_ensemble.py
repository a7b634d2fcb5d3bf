"""An ensemble as the files of its members, and what they are to each other."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from nnest.ensembles import Ensemble, OutOfFold
from nnest.estimators import FitState
from nnest.persistence._arrays import read_array, write_array
from nnest.persistence._errors import Refused
from nnest.persistence._files import MANIFEST, MOST_FILES, Files
from nnest.persistence._manifest import JsonObject
from nnest.persistence._pipeline import network_of
from nnest.persistence._state import ESTIMATORS
from nnest.persistence._values import from_json, named_json

__all__ = ["FORMAT", "ensemble_files", "ensemble_from"]

FORMAT = "nnest ensemble"
VERSION = 1
#: Each network is built anew, which takes a moment.
MOST_MEMBERS = 1000

_MEMBER = re.compile(r"member-(0|[1-9][0-9]{0,3})-(.+)")
#: Arrays of what is known of rows out of fold.
_FOLDS = ("members", "rows", "targets", "predictions")


def ensemble_files(
    ensemble: Ensemble, files_of: Callable[[Any], dict[str, bytes]], written_by: dict[str, str]
) -> dict[str, bytes]:
    """Return the files of an ensemble by their names; `files_of` returns those of a member."""
    check_is_fitted(ensemble)
    members, known = ensemble.estimators_, ensemble.out_of_fold_
    for each in map(network_of, members):
        if ESTIMATORS.get(type(each).__name__) is not type(each):
            raise TypeError(
                f"An Ensemble with a {type(each).__name__} in it is not accepted: give one of "
                f"{', '.join(ESTIMATORS)}, alone or behind the steps of a pipeline."
            )
    weights: Any = ensemble.weights
    if not isinstance(weights, list | tuple | None):  # a range, or a series of pandas
        weights = np.asarray(weights, np.float64)
    about = {
        "format": FORMAT,
        "version": VERSION,
        "written_by": written_by,
        "members": len(members),
        "weights": named_json("weights", weights),
        "temperature": float(ensemble.temperature_),
        "rows": None if known is None else len(known.rows),
    }
    arrays = {"weights": np.asarray(ensemble.weights_, np.float64)}
    if known is not None:
        kinds: list[Any] = [np.int64, np.int64, _target_type(ensemble), np.float64]
        for name, kind in zip(_FOLDS, kinds, strict=True):
            arrays[f"fold-{name}"] = np.asarray(getattr(known, name), kind)
    files = {MANIFEST: f"{json.dumps(about, indent=1, allow_nan=False)}\n".encode()}
    files |= {f"{name}.npy": write_array(array) for name, array in arrays.items()}
    for i, member in enumerate(members):
        files |= {f"member-{i}-{name}": content for name, content in files_of(member).items()}
    if len(members) > MOST_MEMBERS or len(files) > MOST_FILES:
        raise Refused(
            f"its {len(members)} members take {len(files)} files, and at most {MOST_MEMBERS} "
            f"members and {MOST_FILES} files are read",
            "make it of fewer members",
        )
    return files


def _target_type(ensemble: Any) -> type[np.generic]:
    """Return the type of targets in a file: numbers of classes, or numbers."""
    return np.int64 if hasattr(ensemble, "classes_") else np.float64


def ensemble_from(about: dict[str, Any], files: Files, load: Callable[[Files], Any]) -> Ensemble:
    """Return the ensemble of some files, all of them in order; `load` returns a member."""
    found = JsonObject(about)
    found.take("format", str)
    found.check_version(VERSION)
    n = found.whole("members", least=1, below=MOST_MEMBERS + 1)
    given = from_json(found.take("weights", list, dict, type(None)))
    temperature = found.take("temperature", float)
    known = found.take("rows", int, type(None))
    found.take("written_by", dict)
    found.check_empty()
    if not 0 < temperature < 1e6 or (known is not None and not 0 < known < 2**53):
        raise Refused("'temperature' or 'rows' in its JSON is out of bounds")
    members = [load(each) for each in _member_files(n, known is not None, files)]
    try:
        ensemble = Ensemble.from_fitted(members, given)
    except (ValueError, TypeError) as error:
        raise Refused(f"its members do not answer together ({str(error)[:120]})") from error
    ensemble.temperature_ = temperature
    weights = _array("weights", files, (n,), np.float64)
    if (weights < 0).any() or not np.isclose(weights.sum(), 1):
        raise Refused("'weights.npy' in it holds no shares of one")
    ensemble.weights_ = weights
    if known is not None:
        ensemble.out_of_fold_ = _out_of_fold(ensemble, known, files)
    return ensemble


def _member_files(n: int, knows_folds: bool, files: Files) -> list[Files]:
    """Return the files of each member, under the names that it has alone."""
    own = {MANIFEST, "weights.npy"}
    own |= {f"fold-{name}.npy" for name in _FOLDS} if knows_folds else set()
    names: list[dict[str, str]] = [{} for _ in range(n)]
    for name in files.sizes.keys() - own:
        match = _MEMBER.fullmatch(name)
        if match is None or int(match[1]) >= n:
            raise Refused(f"it holds {name!r}, which belongs to no such ensemble")
        names[int(match[1])][match[2]] = name
    lacking = sorted(own - files.sizes.keys())
    lacking += [f"member-{i}-{MANIFEST}" for i in range(n) if MANIFEST not in names[i]]
    if lacking:
        raise Refused(f"it lacks {lacking[0]!r}")
    return [
        Files(
            {name: files.sizes[whole] for name, whole in known.items()},
            lambda name, known=known: files.read(known[name]),  # type: ignore[misc]
        )
        for known in names
    ]


def _array(name: str, files: Files, shape: tuple[int, ...], kind: Any) -> np.ndarray:
    """Return an array of finite numbers."""
    found = read_array(f"{name}.npy", files.read(f"{name}.npy"), shape, np.dtype(kind))
    if not np.isfinite(found).all():
        raise Refused(f"'{name}.npy' in it holds numbers that are not finite")
    return found


def _out_of_fold(ensemble: Any, n: int, files: Files) -> OutOfFold:
    """Return what is known of rows out of fold, if it fits the members."""
    shapes = {FitState.of(network_of(member)).target_shape for member in ensemble.estimators_}
    if len(shapes) > 1:
        raise Refused("its members have targets of several shapes")
    (shape,) = shapes
    classes = len(ensemble.classes_) if shape is None else 0
    answers = (classes,) if shape is None else shape
    members = _array("fold-members", files, (len(ensemble.estimators_),), np.int64)
    rows = _array("fold-rows", files, (n,), np.int64)
    targets = _array("fold-targets", files, (n, *(shape or ())), _target_type(ensemble))
    predictions = _array("fold-predictions", files, (n, *answers), np.float64)
    folds = np.unique(members)
    whole = np.array_equal(folds, np.arange(len(folds))) and np.isin(rows, folds).all()
    weighted = np.bincount(np.maximum(members, 0), ensemble.weights_).min() > 0 if whole else False
    if not weighted or (shape is None and not ((targets >= 0) & (targets < classes)).all()):
        raise Refused("its folds, rows and labels do not fit each other")
    return OutOfFold(members, rows, targets, predictions)
