"""The members of a search: one network for each setting and fold, fitted together."""

from __future__ import annotations

import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

from nnest._compat.sklearn import check_method_params, num_samples, safe_split
from nnest.exceptions import StorageError, WorkerError
from nnest.population import fit_many
from nnest.search._checks import Rows, checked_network
from nnest.search._samples import FoldSamples, StackedSamples, joined, stacked

__all__ = [
    "AfterEpoch",
    "Job",
    "Member",
    "fit_members",
    "fit_together",
    "fit_transformers",
    "transformers",
    "with_setting",
]

#: Takes members that trained together, the number of the epoch and their metrics; returns a mask
#: of those that are to stop.
AfterEpoch = Callable[[list["Member"], int, dict[str, np.ndarray]], np.ndarray | None]


@dataclass
class Member:
    """One setting on one fold."""

    setting: dict[str, Any]
    fold: int
    network: Any
    #: Which setting of all.
    candidate: int = 0
    #: The fitted transformers with something else at the end; None if there are none.
    pipeline: Any = None
    seconds: float = 0.0
    error: str | None = None
    #: What it predicts of the test rows of its fold, if that is to be kept.
    predictions: np.ndarray | None = None

    def estimator(self) -> Any:
        """Return the network with its transformers before it."""
        if self.pipeline is None:
            return self.network
        whole = copy(self.pipeline)
        whole.steps = [*whole.steps[:-1], (whole.steps[-1][0], self.network)]
        return whole


@dataclass
class Job:
    """What all members have in common."""

    base: Any
    X: Any
    y: Any
    training_rows: list[Rows]
    fit_params: dict[str, Any]
    error_score: Any
    checkpoint: Any
    max_group: Any
    n_jobs: int | None = None
    #: Rows of each fold whose metrics are measured after each epoch; early stopping does not
    #: see them. None measures nothing.
    watched_rows: list[Rows] | None = None
    after_epoch: AfterEpoch | None = None
    #: Whether an error was raised by `after_epoch`: then no network has failed.
    is_callback_error: Callable[[Exception], bool] = lambda error: False

    def rows_of(self, fold: int) -> tuple[Rows, Rows | None]:
        """Return the training rows and the watched rows of a fold."""
        watched = None if self.watched_rows is None else self.watched_rows[fold]
        return self.training_rows[fold], watched

    def raises(self, error: Exception) -> bool:
        """Return whether an error ends the search; others are kept with their members."""
        # Without a folder that can be written, or workers, every other setting would fail as well.
        is_outside = isinstance(error, StorageError | WorkerError)
        ends_all = is_outside or self.is_callback_error(error)
        return ends_all or self.error_score == "raise"


class _FitRecorder(BaseEstimator):
    """Takes the place of the network in a pipeline and records the arguments of `fit`."""

    def __init__(self, network: Any = None) -> None:
        self.network = network

    def fit(self, X: Any, y: Any = None, **params: Any) -> _FitRecorder:
        """Record the arguments."""
        self.recorded_ = X, y, params
        return self

    def predict(self, X: Any) -> Any:
        """Return the samples as the network would see them."""
        return X

    def get_metadata_routing(self) -> Any:
        """Request the metadata that the network requests."""
        return self.network.get_metadata_routing()

    def __sklearn_tags__(self) -> Any:
        """Return the tags of the network."""
        return get_tags(self.network)


def fit_members(
    job: Job,
    settings: list[dict[str, Any]],
    seeds: Sequence[Sequence[int]] | None = None,
    keep: list[StackedSamples] | None = None,
    **own: Any,
) -> list[Member]:
    """Return one fitted member for each setting and each fold, folds varying fastest.

    `seeds` has one for each setting and fold; networks without a random state take it. `keep` gets
    the samples of all, for those that go on. `own` are parameters of the networks that come after
    those of a setting, which may be a whole network.
    """
    templates = [with_setting(job.base, setting) for setting in settings]
    networks = [checked_network(template) for template in templates]
    members = [
        [
            Member(settings[i], fold, clone(network).set_params(**own), i)
            for fold in range(len(job.training_rows))
        ]
        for i, network in enumerate(networks)
    ]
    for row, row_seeds in zip(members, seeds or (), strict=bool(seeds)):
        for member, seed in zip(row, row_seeds, strict=True):
            if member.network.random_state is None:
                member.network.set_params(random_state=seed)
    alike: dict[Any, list[int]] = {}
    for place, (template, setting) in enumerate(zip(templates, settings, strict=True)):
        alike.setdefault(transformers(template, setting), []).append(place)
    bare = alike.pop((), [])
    if bare:
        _fit_bare(job, [member for i in bare for member in members[i]], keep)
    groups = [(templates[places[0]], [members[i] for i in places]) for places in alike.values()]
    for samples in stacked(_transformed(job, groups), num_samples(job.X)):
        fit_together(job, samples, keep)
    return [member for row in members for member in row]


def with_setting(base: Any, setting: dict[str, Any]) -> Any:
    """Return an unfitted estimator with this setting."""
    return clone(base).set_params(**clone(setting, safe=False))


def transformers(template: Any, setting: dict[str, Any]) -> tuple[Any, ...]:
    """Return a key that is equal for two settings with the same transformers; empty for none."""
    if not isinstance(template, Pipeline):
        return ()
    end = template.steps[-1][0]
    return (
        end,
        *(
            (name, _same(value))
            for name, value in sorted(setting.items())
            if name != end and not name.startswith(f"{end}__")
        ),
    )


def _same(value: Any) -> Any:
    """Return a key: equal for equal simple values, and for other values if they are identical."""
    simple = isinstance(value, str | int | float | bool | None)
    return (type(value), value) if simple else id(value)


def _fit_bare(job: Job, members: list[Member], keep: list[StackedSamples] | None) -> None:
    """Fit networks that have no transformers before them."""
    params = {name: value for name, value in job.fit_params.items() if value is not None}
    if set(params) <= {"sample_weight"}:
        weight = _checked_weight(params.get("sample_weight"), num_samples(job.X))
        splits = [job.rows_of(member.fold) for member in members]
        fit_together(job, StackedSamples(job.X, job.y, weight, members, splits), keep)
        return
    for fold, rows in enumerate(job.training_rows):
        X, y = safe_split(job.base, job.X, job.y, rows)
        params = check_method_params(job.X, params=job.fit_params, indices=rows)
        _fit_alone(job, [member for member in members if member.fold == fold], X, y, params)


def _checked_weight(weight: Any, n: int) -> Any:
    """Return the weights; raise if there is not one for each sample."""
    if weight is not None and num_samples(weight) != n:
        raise ValueError(
            f"sample_weight has {num_samples(weight)} weights for {n} samples: give one for each."
        )
    return weight


def _transformed(job: Job, groups: list[tuple[Any, list[list[Member]]]]) -> Iterator[FoldSamples]:
    """Fit the transformers of each fold, and yield the transformed samples."""
    for template, group in groups:
        for fold, rows in enumerate(job.training_rows):
            members = [row[fold] for row in group]
            start = time.perf_counter()
            try:
                pipeline = fit_transformers(job, template, rows)
                X, y, params = pipeline.steps[-1][1].recorded_
                params = {name: value for name, value in params.items() if value is not None}
                weight = _checked_weight(params.get("sample_weight"), num_samples(X))
                samples = FoldSamples(members, rows, X, y, weight, num_samples(X))
                samples = _with_watched(job, samples, template, pipeline, fold)
            except Exception as error:
                if job.raises(error):
                    raise
                _fail(members, error)
                continue
            finally:
                _share(members, time.perf_counter() - start)
            for member in members:
                member.pipeline = pipeline
            if set(params) <= {"sample_weight"}:
                yield samples
            else:
                _fit_alone(job, members, X, y, params)


def _with_watched(
    job: Job, samples: FoldSamples, template: Any, pipeline: Any, fold: int
) -> FoldSamples:
    """Return the samples of a fold followed by those that are watched, transformed as well."""
    _, rows = job.rows_of(fold)
    if rows is not None and is_classifier(template):
        # Steps that drop rows may have dropped all of a class.
        rows = rows[np.isin(np.asarray(job.y)[rows], np.asarray(samples.y))]
    if rows is not None and len(rows):
        X, y = safe_split(template, job.X, job.y, rows, job.training_rows[fold])
        weight = samples.weight
        if weight is not None:
            weight = np.concatenate([np.asarray(weight), np.ones(len(rows))])
        samples = samples._replace(
            rows=np.concatenate([samples.rows, rows]),
            # The pipeline knows which of its steps are for training alone.
            X=joined(samples.X, pipeline.predict(X)),
            y=joined(samples.y, y),
            weight=weight,
        )
    n = num_samples(samples.X)
    # Steps that make or drop rows leave no row numbers: the samples get numbers of their own.
    return samples if len(samples.rows) == n else samples._replace(rows=np.arange(n))


def fit_transformers(job: Job, template: Any, rows: Rows) -> Any:
    """Return a pipeline fitted on a fold, with a recorder in place of the network."""
    pipeline = clone(template)
    name, network = pipeline.steps[-1]
    pipeline.steps = [*pipeline.steps[:-1], (name, _FitRecorder(network))]
    X, y = safe_split(template, job.X, job.y, rows)
    return pipeline.fit(X, y, **check_method_params(job.X, params=job.fit_params, indices=rows))


def _fit_alone(job: Job, members: list[Member], X: Any, y: Any, params: dict[str, Any]) -> None:
    """Fit networks one by one, because only their own `fit` takes these parameters."""
    warnings.warn(
        f"The fit parameters {sorted(params)} are not for many networks at once: the networks "
        "are fitted one by one.",
        UserWarning,
        stacklevel=2,
    )
    for member in members:
        start = time.perf_counter()
        try:
            member.network.fit(X, y, **params)
        except Exception as error:
            if job.raises(error):
                raise
            _fail([member], error)
        _share([member], time.perf_counter() - start)


def fit_together(
    job: Job,
    samples: StackedSamples,
    keep: list[StackedSamples] | None = None,
    begins: bool = True,
) -> None:
    """Fit members together; on an error halve them until those that cause it are alone.

    Members that go on with their networks are not halved: what they had learnt would be lost.
    """
    if keep is not None:
        keep.append(samples)
    start = time.perf_counter()
    members = samples.members
    # Early stopping must not see the watched rows.
    splits = [
        (train, None if member.network.early_stopping else watched)
        for member, (train, watched) in zip(members, samples.splits, strict=True)
    ]
    try:
        fit_many(
            [member.network for member in members],
            samples.X,
            samples.y,
            splits=splits,
            sample_weight=samples.weight,
            callback=None if job.after_epoch is None else partial(job.after_epoch, members),
            checkpoint=job.checkpoint,
            max_group=job.max_group,
            n_jobs=job.n_jobs,
            fill_units=any("hidden_units" in name for each in members for name in each.setting),
        )
    except Exception as error:
        if job.raises(error):
            raise
        if len(members) > 1 and begins:
            for member in members:
                member.network = clone(member.network)
            middle = len(members) // 2
            for half in (slice(middle), slice(middle, None)):
                fit_together(
                    job, replace(samples, members=members[half], splits=samples.splits[half])
                )
            return
        _fail(members, error)
    _share(members, time.perf_counter() - start)


def _share(members: list[Member], seconds: float) -> None:
    """Add an equal share of a time to each member."""
    for member in members:
        member.seconds += seconds / len(members)


def _fail(members: list[Member], error: Exception) -> None:
    """Keep an error's sentence with the members that failed."""
    for member in members:
        member.error = "".join(traceback.format_exception_only(error))
