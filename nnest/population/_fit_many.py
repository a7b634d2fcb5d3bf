"""Fit many estimators together."""

from __future__ import annotations

import gc
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from tqdm import tqdm

from nnest._compat.sklearn import num_samples
from nnest._interrupts import interrupts_heard
from nnest.estimators import NeuralNet
from nnest.population._ahead import compiled_ahead, cut
from nnest.population._checkpoint import GroupCheckpoint, release
from nnest.population._execution import ExecutionPlan, largest_filler
from nnest.population._group import Group
from nnest.population._members import Member, Preparation, check_splits, fit_alone
from nnest.population._sizes import MemoryCheck, device_memory
from nnest.population._workers import Portion, has_workers, train_in_workers
from nnest.programs import signature

__all__ = ["fit_many"]

#: Methods of an estimator that a group does the work of, and does not call.
_REPLACED = ("fit", "_train")


def fit_many(
    estimators: Sequence[Any],
    X: Any,
    y: Any,
    *,
    splits: Sequence[tuple[np.ndarray, np.ndarray | None]] | None = None,
    sample_weight: Any = None,
    callback: Callable[[int, dict[str, np.ndarray]], np.ndarray | None] | None = None,
    checkpoint: str | Path | None = None,
    max_group: int | str = "auto",
    n_jobs: int | None = None,
    fill_units: bool = False,
) -> list[Any]:
    """Fit estimators in place, many in one program, and return them.

    Estimators that differ in nothing but numbers (rates, penalties, seeds, samples) are a group:
    their states are stacked, and one program trains them all, or, where that is faster, a loop
    runs one program for each in turn. Each is left as its own `fit` would have left it: history,
    weights, random streams. It does not depend on its neighbors, apart from the last digits of
    sums, whose order depends on how many share a program.

    Parameters
    ----------
    estimators : sequence of estimators
        Classifiers or regressors of this package, each once. One with *warm_start* goes on with
        the network that it has. One with callbacks of its own, or of a subclass that has its own
        `fit`, is fitted alone, with a warning.
    X : array-like of shape (n, p), (n, h, w) or (n, h, w, c)
        Samples of all of them.
    y : array-like of shape (n,) or (n, n_outputs)
        Targets.
    splits : sequence of (train, validation), optional
        Rows on which each estimator is trained and, if `validation` is not None, watched after
        each epoch, as with `X_val` and `y_val` in its own `fit`; None trains all on all rows.
    sample_weight : array-like of shape (n,), optional
        Weight of each sample in the loss.
    callback : callable, optional
        Called as ``callback(epoch, metrics)`` after each epoch of a group: its number from 0, or
        from the epochs that *warm_start* goes on from, and for each metric an array of shape
        (n_estimators,), NaN for those that did not train in it.
        It may return a mask of shape (n_estimators,): those members stop there.
    checkpoint : str or Path, optional
        Folder in which the state of the running group is kept, replaced whole once a minute. The
        same call after a kill goes on from there to the same numbers; a file that is damaged is
        left out, with a warning. What is left of a call that was not repeated may be deleted.
    max_group : int or "auto", default="auto"
        Most members that are trained at once; "auto" takes as many as fit into memory. A group
        that runs out of memory goes on with half as many.
    n_jobs : int, optional
        Workers that train groups, one whole group each at a time, by joblib: processes of this
        machine, or those of the backend of `joblib.parallel_config`. -1 takes all. None is 1, this
        process, except inside `joblib.parallel_config`. With a `callback` there are none.
    fill_units : bool, default=False
        Whether perceptrons of different *hidden_units* share programs: they are filled up to powers
        of two of units, and to three hidden layers, with zeros that learn nothing, where this costs
        less than a program more. It is for many architectures, each of which few estimators have.

    Returns
    -------
    list of estimators
        The same objects, fitted.

    Raises
    ------
    ValueError
        If a parameter or the data are not accepted; the message says what is.
    TypeError
        If something is no estimator of this package.
    WorkerError
        If the workers ended twice while groups were in training.
    OSError
        If the folder for checkpoints cannot be written; the last checkpoint stays whole.

    Notes
    -----
    Needs Keras on JAX; on other back ends all are fitted one by one, with a warning. How each was
    trained is its `group_`: the lowering, the lanes of the program, the members of the group, and
    where it went on from a checkpoint *resumed_after*: the seconds of training before that.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest import MLPClassifier
    >>> from nnest.population import fit_many
    >>> nets = [MLPClassifier(epochs=1, dropout=rate, random_state=0) for rate in (0.0, 0.5)]
    >>> [net.n_iter_ for net in fit_many(nets, np.eye(4), [0, 1, 0, 1])]
    [1, 1]
    """
    estimators = list(estimators)
    _check(estimators, max_group)
    if splits is not None:
        check_splits(splits, len(estimators), num_samples(y))
    remote = has_workers(n_jobs, callback)
    most = None if max_group == "auto" else int(max_group)
    checkpoints: list[GroupCheckpoint] = []
    filler = largest_filler(_members_alike(estimators)) if fill_units else 0.0
    preparation, done = Preparation(X, y, sample_weight, filler), 0
    with interrupts_heard():
        while done < len(estimators):
            members, done = _prepared(estimators, done, preparation, splits)
            total = sum(int(member.estimator.epochs) for member in members)
            silent = not any(member.estimator.verbose for member in members)
            with tqdm(total=total, desc="epochs of all members", disable=silent) as bar:
                report = _Report(len(estimators), callback, bar)
                groups = [(g, preparation.inputs(g[0].estimator)) for g in _groups(members)]
                if remote:
                    parts = [
                        Portion(part, plan, samples)
                        for group, samples in groups
                        for cuts, plan in [cut(group, most)]
                        for part in cuts
                    ]
                    checkpoints += train_in_workers(_train, parts, n_jobs, checkpoint, bar.update)
                    continue
                with compiled_ahead(groups, most) as ready:
                    for group, samples, wait in ready:
                        wait()
                        checkpoints += _train(group, samples, most, report, checkpoint)
    release(checkpoints)
    return estimators


def _check(estimators: list[Any], max_group: Any) -> None:
    """Raise if the estimators cannot be fitted together."""
    for estimator in estimators:
        if not isinstance(estimator, NeuralNet):
            raise TypeError(
                f"{estimator!r} is no estimator of nnest: give MLPClassifier, CNNClassifier, "
                "MLPRegressor or CNNRegressor."
            )
    (_, most), *_ = Counter(map(id, estimators)).most_common(1) or [(0, 1)]
    if most > 1:
        raise ValueError(f"estimators hold one object {most} times: give clones of it.")
    whole = isinstance(max_group, (int, np.integer)) and not isinstance(max_group, bool)
    if max_group != "auto" and not (whole and max_group >= 1):
        raise ValueError(f"max_group={max_group!r} is not accepted: give 'auto' or at least 1.")


def _members_alike(estimators: list[Any]) -> float:
    """Return how many estimators have the same hidden layers, on the mean."""
    kinds = {repr(getattr(estimator, "hidden_units", None)) for estimator in estimators}
    return len(estimators) / max(1, len(kinds))


def _why_alone(estimator: Any) -> str | None:
    """Return why an estimator cannot be trained in a group, or None."""
    if keras.backend.backend() != "jax":
        return (
            f"Keras runs on {keras.backend.backend()}, and groups need JAX (import nnest before "
            "keras, or set KERAS_BACKEND=jax)"
        )
    if estimator.callbacks:
        return "they have callbacks of their own"
    if any(getattr(type(estimator), name) is not getattr(NeuralNet, name) for name in _REPLACED):
        return "their class has a `fit` of its own"
    return None


def _prepared(
    estimators: list[Any], start: int, preparation: Preparation, splits: Any
) -> tuple[list[Member], int]:
    """Return the members from `start` on, ready to be trained, and where to go on after them.

    Those that cannot be members are fitted at once. Usually there is nothing to go on with; where
    memory runs out while models are built, half of those that there are is trained first.
    """
    members, reasons = [], Counter[str]()
    check = MemoryCheck(estimators[start:])
    alone, end, states = start - 1, len(estimators), {}
    # In this order, since estimators may draw their seeds from one shared random state.
    for i, estimator in enumerate(estimators[start:], start):
        split = None if splits is None else splits[i]
        reason = _why_alone(estimator)
        if reason is not None:
            reasons[reason] += 1
            fit_alone(estimator, *preparation.arguments(split))
            alone = i
            continue
        if isinstance(estimator.random_state, np.random.RandomState):
            states[i] = estimator.random_state.get_state()
        try:
            members.append(preparation.member(i, estimator, split))
        except Exception as error:
            if not _is_out_of_memory(error):
                raise
            members = _first_half(members, alone, i, error)
            end = max(alone, members[-1].place) + 1
            # Those after the half are begun again later, with the seeds that they drew now.
            for place in reversed(range(end, i + 1)):
                if place in states:
                    estimators[place].random_state.set_state(states[place])
            gc.collect()
            break
        check(members[-1], device_memory)
    for reason, n in reasons.items():
        warnings.warn(
            f"{n} of {len(estimators)} estimators were fitted one by one: {reason}.", stacklevel=3
        )
    return members, end


def _first_half(members: list[Member], alone: int, i: int, error: Exception) -> list[Member]:
    """Return the members that keep their models, all before the last that was fitted alone."""
    if not members:
        raise MemoryError(
            f"Memory ran out while the network of estimator {i} was built: give a smaller network "
            "or fit fewer estimators in one call."
        ) from error
    half = members[: max(1, len(members) // 2)]
    return half if half[-1].place > alone else [m for m in members if m.place < alone] or half


def _groups(members: list[Member]) -> list[list[Member]]:
    """Return the members by what is static, in the order in which they came."""
    groups: dict[Any, list[Member]] = {}
    for member in members:
        watched = member.validation is not None
        key = (signature(member.like), member.batch_rows, watched, member.fitting.start)
        groups.setdefault(key, []).append(member)
    return list(groups.values())


class _Report:
    """Tells the caller and the progress bar the metrics of an epoch."""

    def __init__(self, n: int, callback: Any, bar: Any) -> None:
        self._n, self._callback, self._bar = n, callback, bar

    def __call__(self, epoch: int, trained: list[Member]) -> set[int]:
        """Return the places of the members that the caller wants to stop."""
        for member in trained:
            left = member.end - epoch - 1 if member.is_over else 0
            self._bar.update(1 + left)
        if self._callback is None:
            return set()
        metrics: dict[str, np.ndarray] = {}
        for member in trained:
            for name, values in member.history.items():
                array = metrics.setdefault(name, np.full(self._n, np.nan))
                array[member.place] = values[-1]
        mask = self._callback(epoch, metrics)
        if mask is None:
            return set()
        mask = np.asarray(mask)
        if mask.shape != (self._n,) or mask.dtype != bool:
            raise ValueError(
                f"callback returned {mask.dtype} of shape {mask.shape}: return None, or booleans "
                f"of shape ({self._n},), True for each estimator that stops."
            )
        for member in trained:
            if mask[member.place] and not member.is_over:
                self._bar.update(member.end - epoch - 1)
        return set(np.flatnonzero(mask).tolist())


def _train(
    members: list[Member],
    samples: np.ndarray,
    most: int | None,
    report: _Report,
    checkpoint: str | Path | None,
) -> list[GroupCheckpoint]:
    """Train the members of one architecture, as many at once as fit."""
    waiting, plan = cut(members, most)
    checkpoints = []
    while waiting:
        part = waiting.pop(0)
        checkpoints.append(GroupCheckpoint(None if checkpoint is None else Path(checkpoint)))
        try:
            group = Group(part, samples, plan)
            group.run(report, checkpoints[-1])
        except Exception as error:  # Keras and JAX say it by errors of several kinds
            if not _is_out_of_memory(error) or (plan.lanes == 1 and len(part) == 1):
                raise
            waiting = [*_halves(part, plan), *waiting]
            plan = plan.halved()
            gc.collect()
        else:
            _publish(group, plan)
    return checkpoints


def _publish(group: Group, plan: ExecutionPlan) -> None:
    """Give the estimators what was learnt, and tell them how."""
    told: dict[str, Any] = {
        "lowering": plan.name,
        "lanes": plan.lanes,
        "members": len(group.members),
    }
    if group.earlier:
        told["resumed_after"] = group.earlier
    for member in group.members:
        member.publish(dict(told))


def _is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error means that there is not enough memory."""
    return isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error)


def _halves(members: list[Member], plan: ExecutionPlan) -> list[list[Member]]:
    """Return the members that are not done, to begin again: in two parts if lanes are not left."""
    for member in members:
        if member.is_alive:
            member.begin_again()
    if plan.lanes > 1:
        return [members]
    half = len(members) // 2
    return [members[:half], members[half:]]
