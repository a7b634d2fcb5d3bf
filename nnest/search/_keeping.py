"""What a search keeps of what it has trained: networks of folds, and their answers out of fold."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from nnest._machine import free_memory
from nnest._storage import writing
from nnest.estimators import State, move_state, static_parameters
from nnest.search._batching import Job, Member, with_setting
from nnest.search._checks import checked_network, several_metrics
from nnest.search._sizes import sizes_before

__all__ = ["Keeper", "KeptSetting", "check_keep"]

#: Bytes at which an array in a file begins, as the processor likes them.
_ALIGNED = 64


def check_keep(search: Any) -> None:
    """Raise if a search is to keep its best settings and nothing says which are best."""
    several = bool(several_metrics(search.scoring))
    none = search.refit is False and several
    no_order = callable(search.refit) and several and search.keep not in ("folds", 1)
    if search.keep not in (None, "all") and (none or no_order):
        raise ValueError(
            f"keep={search.keep!r} asks for the best of several metrics, and refit names none: "
            "give refit the name of a metric, or keep='all'."
        )


@dataclass
class KeptSetting:
    """The networks of a setting, one for each fold, and what they predict out of fold."""

    estimators: list[Any]
    predictions: np.ndarray
    score: float | None
    files: list[Path] = field(default_factory=list)


class Keeper:
    """Keeps settings while a search runs, no more of them than it is asked for.

    Parameters
    ----------
    search : BaseSearchCV
        The search, whose parameters are read.
    y : array-like
        The targets of all samples.

    Attributes
    ----------
    most : int or None
        How many settings are kept at the end; None for all.
    """

    def __init__(self, search: Any, y: Any) -> None:
        self.targets = np.asarray(y)
        self.settings: dict[int, KeptSetting] = {}
        self._keep, self._verbose, self._given = search.keep, search.verbose, search.checkpoint
        self.most: int | None = {"folds": 1, "all": None}.get(search.keep, search.keep)
        self._labels = np.unique(self.targets) if is_classifier(search.estimator) else None
        self._name = uuid.uuid4().hex[:8]
        # A function chooses when the table is whole: until then any setting may be the best.
        named = isinstance(search.refit, str) and (
            callable(search.scoring) or bool(several_metrics(search.scoring))
        )
        self.metric: str | None = (
            search.refit if named else None if callable(search.refit) else "score"
        )

    def check_room(self, job: Job, settings: Sequence[dict[str, Any]], n: int) -> None:
        """Say how much memory is going to be kept; raise if it is more than there is.

        `settings` are those that are known before, and `n` is how many there will be.
        """
        kinds = {
            repr(static_parameters(checked_network(with_setting(job.base, each)))): each
            for each in settings
        }
        sizes = [size["bytes"] for size in sizes_before(job, [*kinds.values()]) if size]
        # Where a function chooses, all are kept until it has the table.
        kept = n if self.metric is None else min(n, self.most or n)
        n_folds = len(job.training_rows)
        n_outputs = self.targets[0].size if self._labels is None else len(self._labels)
        answers = 4 * len(self.targets) * n_outputs
        needed = kept * (n_folds * max(sizes, default=0) + answers)
        about = (
            f"keep={self._keep!r} takes about {math.ceil(needed / 2**20)} MiB for {kept * n_folds} "
            "networks and their predictions"
        )
        if self._verbose > 0:
            print(about if self._given is None else f"{about}, the networks in {self._given}")
        free = free_memory()
        if needed > free and self._given is None:
            raise ValueError(
                f"{about}, and {free // 2**20:.0f} MiB are free: keep fewer settings, or give "
                "checkpoint a folder in which they are kept."
            )

    def predictions(self, member: Member, X: Any) -> np.ndarray | None:
        """Return what a member predicts of the rows that it has not seen; None if it cannot."""
        if member.error is not None:
            return None
        estimator = member.estimator()
        try:
            if self._labels is None:
                found = np.asarray(estimator.predict(X), np.float32)
            else:
                answers = np.asarray(estimator.predict_proba(X), np.float32)
                found = np.zeros((len(answers), len(self._labels)), np.float32)
                found[:, np.searchsorted(self._labels, estimator.classes_)] = answers
        except Exception:  # it diverged, say: its score has told of it
            return None
        return found if np.isfinite(found).all() else None

    def add(self, rows: Iterable[tuple[int, list[Member], float | None]], tests: Any) -> None:
        """Take settings by their places, with their members and scores, and let others go.

        `tests` are the test rows of each fold.
        """
        new = {}
        for place, members, score in rows:
            answers = [member.predictions for member in members]
            if score is not None and not np.isfinite(score):
                score = -np.inf
            if all(each is not None for each in answers):
                joined = self._joined(answers, tests)
                new[place] = KeptSetting([each.estimator() for each in members], joined, score)
        self.settings.update(new)
        self._let_go()
        try:
            for place in new.keys() & self.settings.keys():
                self._settle(place, self.settings[place])
        except BaseException:  # files that nothing leads to would fill the folder
            for place in list(self.settings):
                self._remove(place)
            raise

    def choose(self, order: list[int]) -> dict[int, KeptSetting]:
        """Return the first settings of an order that are there; all others are let go."""
        wanted = order[: self.most]
        for place in self.settings.keys() - set(wanted):
            self._remove(place)
        return {place: self.settings[place] for place in wanted if place in self.settings}

    def _joined(self, answers: list[Any], tests: Any) -> np.ndarray:
        """Return one array for all rows: NaN for rows that no fold tests, else the mean."""
        total = np.zeros((len(self.targets), *answers[0].shape[1:]), np.float32)
        counts = np.zeros((len(total), *[1] * (total.ndim - 1)), np.float32)
        for rows, part in zip(tests, answers, strict=True):
            np.add.at(total, rows, part)
            np.add.at(counts, rows, 1)
        with np.errstate(invalid="ignore"):
            mean: np.ndarray = total / counts
        return mean

    def _let_go(self) -> None:
        """Let settings go that cannot be among the best any more."""
        scores = {place: each.score for place, each in self.settings.items()}
        known = sorted((s for s in scores.values() if s is not None), reverse=True)
        if self.metric is None or self.most is None or len(known) <= self.most:
            return
        # Of equal scores the first in the table wins, and that is known at the end.
        least = known[self.most - 1] - 1e-12 * abs(known[self.most - 1])
        for place, score in scores.items():
            if score is not None and score < least:
                self._remove(place)

    def _remove(self, place: int) -> None:
        """Forget a setting, and remove its files."""
        for path in self.settings.pop(place).files:
            with suppress(OSError):  # Windows keeps files that are mapped
                path.unlink(missing_ok=True)

    def _settle(self, place: int, setting: KeptSetting) -> None:
        """Bring the numbers of networks to where they stay: to files, or to arrays of their own."""
        for fold, estimator in enumerate(setting.estimators):
            move = _copied
            if self._given is not None:
                path = Path(self._given) / f"kept-{self._name}-{place}-{fold}.bin"
                setting.files.append(path)
                move = partial(_mapped, path)
            move_state(checked_network(estimator), move)


def _copied(state: State) -> State:
    """Return copies: what a group has trained may be parts of a stack, which would stay whole."""
    weights, others, optimizer = ([np.array(each) for each in part] for part in state)
    return weights, others, optimizer


def _mapped(path: Path, state: State) -> State:
    """Write arrays to a file, and return them as parts of it that are read when they are used."""
    arrays = [[np.asarray(each) for each in part] for part in state]
    remedy = "make room there, or keep fewer settings."
    with writing(path.parent, remedy):
        path.parent.mkdir(parents=True, exist_ok=True)
    with writing(path.parent, remedy), path.open("wb") as file:
        starts = []
        for each in (each for part in arrays for each in part):
            starts.append(file.seek(-(-file.tell() // _ALIGNED) * _ALIGNED))
            file.write(np.ascontiguousarray(each).tobytes())
        file.truncate(file.tell() + 1)  # a file of no bytes cannot be mapped
    content, places = np.memmap(path, np.uint8, "r"), iter(starts)

    def again(array: np.ndarray) -> np.ndarray:
        start = next(places)
        return content[start : start + array.nbytes].view(array.dtype).reshape(array.shape)

    weights, others, optimizer = ([again(each) for each in part] for part in arrays)
    return weights, others, optimizer
