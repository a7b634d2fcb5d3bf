"""The members of a search: one network for each setting and fold, fitted together."""

from __future__ import annotations

import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import _safe_split
from sklearn.utils.validation import _check_method_params, _num_samples

from nnest.exceptions import StorageError
from nnest.population import fit_many
from nnest.search._checks import Rows, checked_network
from nnest.search._samples import Portion, Sheet, joined, sheets

__all__ = [
    "AfterEpoch",
    "Job",
    "Member",
    "fit_members",
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

    def estimator(self) -> Any:
        """Return what a metric is called with."""
        if self.pipeline is None:
            return self.network
        whole = copy(self.pipeline)
        name = whole.steps[-1][0]
        whole.steps = [*whole.steps[:-1], (name, self.network)]
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
    #: Rows of each fold on which networks are watched while they train; early stopping, which
    #: must not see them, watches a part of its own. None watches nothing.
    watched_rows: list[Rows] | None = None
    after_epoch: AfterEpoch | None = None
    #: What `after_epoch` has raised is no failure of a network.
    is_callback_error: Callable[[Exception], bool] = lambda error: False

    def rows_of(self, fold: int) -> tuple[Rows, Rows | None]:
        """Return the rows on which the networks of a fold are trained and watched."""
        watched = None if self.watched_rows is None else self.watched_rows[fold]
        return self.training_rows[fold], watched

    def raises(self, error: Exception) -> bool:
        """Tell whether an error is for the caller, and not for the members."""
        # A folder that cannot be written is no setting's fault, and no other would do better.
        is_for_all = isinstance(error, StorageError)
        return is_for_all or self.error_score == "raise" or self.is_callback_error(error)


class _StandIn(BaseEstimator):
    """The end of a pipeline that keeps what a network would be fitted with."""

    def __init__(self, network: Any = None) -> None:
        self.network = network

    def fit(self, X: Any, y: Any = None, **params: Any) -> _StandIn:
        """Keep the arguments."""
        self.caught_ = X, y, params
        return self

    def predict(self, X: Any) -> Any:
        """Return the samples as the network would see them."""
        return X

    def get_metadata_routing(self) -> Any:
        """Ask for what the network asks for."""
        return self.network.get_metadata_routing()

    def __sklearn_tags__(self) -> Any:
        """Be what the network is."""
        return get_tags(self.network)


def fit_members(
    job: Job, settings: list[dict[str, Any]], seeds: Sequence[Sequence[int]] | None = None
) -> list[Member]:
    """Return one fitted member for each setting and each fold, folds varying fastest.

    Networks that have no random state take the seed of their setting and fold, if there are seeds.
    """
    templates = [with_setting(job.base, setting) for setting in settings]
    networks = [checked_network(template) for template in templates]
    members = [
        [Member(settings[i], fold, clone(network), i) for fold in range(len(job.training_rows))]
        for i, network in enumerate(networks)
    ]
    for row, row_seeds in zip(members, seeds or (), strict=bool(seeds)):
        for member, seed in zip(row, row_seeds, strict=True):
            if member.network.random_state is None:
                member.network.set_params(random_state=seed)
    alike: dict[Any, list[int]] = {}
    for place, (template, setting) in enumerate(zip(templates, settings, strict=True)):
        alike.setdefault(transformers(template, setting), []).append(place)
    groups = [(templates[places[0]], [members[i] for i in places]) for places in alike.values()]
    bare = [group for template, group in groups if not isinstance(template, Pipeline)]
    piped = [(template, group) for template, group in groups if isinstance(template, Pipeline)]
    if bare:
        _fit_bare(job, [member for group in bare for row in group for member in row])
    for sheet in sheets(_portions(job, piped), _num_samples(job.X)):
        _fit_sheet(job, sheet)
    return [member for row in members for member in row]


def with_setting(base: Any, setting: dict[str, Any]) -> Any:
    """Return an unfitted estimator with this setting."""
    return clone(base).set_params(**clone(setting, safe=False))


def transformers(template: Any, setting: dict[str, Any]) -> tuple[Any, ...]:
    """Return what two settings share if their transformers are the same."""
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
    """Return a key that equal simple values share, and other values only with themselves."""
    simple = isinstance(value, str | int | float | bool | None)
    return (type(value), value) if simple else id(value)


def _fit_bare(job: Job, members: list[Member]) -> None:
    """Fit networks that have no transformers before them."""
    params = {name: value for name, value in job.fit_params.items() if value is not None}
    if set(params) <= {"sample_weight"}:
        weight = _checked_weight(params.get("sample_weight"), _num_samples(job.X))
        splits = [job.rows_of(member.fold) for member in members]
        _fit_sheet(job, Sheet(job.X, job.y, weight, members, splits))
        return
    for fold, rows in enumerate(job.training_rows):
        X, y = _safe_split(job.base, job.X, job.y, rows)
        params = _check_method_params(job.X, params=job.fit_params, indices=rows)
        _fit_alone(job, [member for member in members if member.fold == fold], X, y, params)


def _checked_weight(weight: Any, n: int) -> Any:
    """Return the weights of samples, if there is one for each."""
    if weight is not None and _num_samples(weight) != n:
        raise ValueError(
            f"sample_weight has {_num_samples(weight)} weights for {n} samples: give one for each."
        )
    return weight


def _portions(job: Job, groups: list[tuple[Any, list[list[Member]]]]) -> Iterator[Portion]:
    """Fit the transformers of each fold, and yield what comes out of them."""
    for template, group in groups:
        for fold, rows in enumerate(job.training_rows):
            members = [row[fold] for row in group]
            start = time.perf_counter()
            try:
                pipeline = fit_transformers(job, template, rows)
                X, y, params = pipeline.steps[-1][1].caught_
                params = {name: value for name, value in params.items() if value is not None}
                weight = _checked_weight(params.get("sample_weight"), _num_samples(X))
                portion = Portion(members, rows, X, y, weight, _num_samples(X))
                portion = _with_watched(job, portion, template, pipeline, fold)
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
                yield portion
            else:
                _fit_alone(job, members, X, y, params)


def _with_watched(job: Job, portion: Portion, template: Any, pipeline: Any, fold: int) -> Portion:
    """Return a portion with the samples that its networks are watched on, as they see them."""
    _, rows = job.rows_of(fold)
    if rows is not None and is_classifier(template):
        # Steps that drop rows may have dropped all of a class.
        rows = rows[np.isin(np.asarray(job.y)[rows], np.asarray(portion.y))]
    if rows is None or not len(rows):
        return _placed(portion)
    X, y = _safe_split(template, job.X, job.y, rows, job.training_rows[fold])
    weight = portion.weight
    if weight is not None:
        weight = np.concatenate([np.asarray(weight), np.ones(len(rows))])
    watched = portion._replace(
        rows=np.concatenate([portion.rows, rows]),
        # The pipeline knows which of its steps are for training alone.
        X=joined(portion.X, pipeline.predict(X)),
        y=joined(portion.y, y),
        weight=weight,
    )
    return _placed(watched)


def _placed(portion: Portion) -> Portion:
    """Return a portion whose steps have made or dropped rows with row numbers of its own."""
    n = _num_samples(portion.X)
    return portion if len(portion.rows) == n else portion._replace(rows=np.arange(n))


def fit_transformers(job: Job, template: Any, rows: Rows) -> Any:
    """Return the pipeline after its fit on a fold, with a stand-in for the network."""
    pipeline = clone(template)
    name, network = pipeline.steps[-1]
    pipeline.steps = [*pipeline.steps[:-1], (name, _StandIn(network))]
    X, y = _safe_split(template, job.X, job.y, rows)
    return pipeline.fit(X, y, **_check_method_params(job.X, params=job.fit_params, indices=rows))


def _fit_alone(job: Job, members: list[Member], X: Any, y: Any, params: dict[str, Any]) -> None:
    """Fit networks one by one with parameters that only their own `fit` takes."""
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


def _fit_sheet(job: Job, sheet: Sheet) -> None:
    """Fit a sheet's members together; where that fails, halve until those at fault are alone."""
    start = time.perf_counter()
    try:
        fit_many(
            [member.network for member in sheet.members],
            sheet.X,
            sheet.y,
            splits=_watched_by_others(sheet),
            sample_weight=sheet.weight,
            callback=None if job.after_epoch is None else partial(job.after_epoch, sheet.members),
            checkpoint=job.checkpoint,
            max_group=job.max_group,
        )
    except Exception as error:
        if job.raises(error):
            raise
        if len(sheet.members) > 1:
            for half in _halves(sheet):
                _fit_sheet(job, half)
            return
        _fail(sheet.members, error)
    _share(sheet.members, time.perf_counter() - start)


def _watched_by_others(sheet: Sheet) -> list[tuple[Rows, Rows | None]]:
    """Return the rows of each member, those that early stopping must not see left out."""
    return [
        (train, None if member.network.early_stopping else watched)
        for member, (train, watched) in zip(sheet.members, sheet.splits, strict=True)
    ]


def _halves(sheet: Sheet) -> Iterator[Sheet]:
    """Yield both halves of a sheet, with networks that nobody has fitted."""
    for member in sheet.members:
        member.network = clone(member.network)
    middle = len(sheet.members) // 2
    for half in (slice(middle), slice(middle, None)):
        yield Sheet(sheet.X, sheet.y, sheet.weight, sheet.members[half], sheet.splits[half])


def _share(members: list[Member], seconds: float) -> None:
    """Give each member its share of a time that all of them took."""
    for member in members:
        member.seconds += seconds / len(members)


def _fail(members: list[Member], error: Exception) -> None:
    """Keep the error's sentence with those that it stopped."""
    for member in members:
        member.error = "".join(traceback.format_exception_only(error))
