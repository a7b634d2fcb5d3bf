"""Opens a search's study, checks that both have the same settings, and runs it."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import optuna
from optuna.pruners import BasePruner, NopPruner
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage
from optuna.study import Study
from sklearn.base import is_classifier
from sklearn.model_selection import check_cv

from nnest._compat.optuna import silence_optuna
from nnest._identity import data_digest
from nnest.exceptions import StudyError
from nnest.population import members_at_once
from nnest.search._checks import checked_network
from nnest.search._evaluation import Evaluation, Split
from nnest.search._facts import (
    derived,
    describe,
    metric_texts,
    splits_from_text,
    splits_to_text,
    versions,
)
from nnest.search.optuna._objectives import Objectives, as_limits, as_objectives
from nnest.search.optuna._results import Table
from nnest.search.optuna._samplers import as_pruner, is_adaptive, sampler_maker
from nnest.search.optuna._spaces import Space, as_space
from nnest.search.optuna._training import Trainer
from nnest.studies import (
    BatchLoop,
    BatchTrial,
    TrialHistory,
    TrialResult,
    bind_study_settings,
    open_storage,
)

__all__ = ["Plan", "run", "wait_for_study"]

#: A study that nobody has named, in memory; elsewhere its data follow.
NAME = "nnest"
#: Seconds between two looks for a study that another process starts.
_POLL = 2.0
#: Settings in which a study must not differ from the search that goes on with it.
_BINDING = (
    "space",
    "data",
    "sample_weight",
    "estimator",
    "scoring",
    "scoring_code",
    "cv",
    "objectives",
    "constraints",
)


def wait_for_study(
    storage: str | os.PathLike[str] | BaseStorage,
    study_name: str,
    *,
    say: Callable[[str], None] | None = print,
) -> Study:
    """Return a study that another process starts, and wait until it is there.

    Parameters
    ----------
    storage : str, Path or optuna.storages.BaseStorage
        Where the study is, or will be, kept, as `OptunaSearchCV` takes it.
    study_name : str
        Its name.
    say : callable, default=print
        Takes the sentence that it waits; None says nothing.

    Returns
    -------
    optuna.Study
        The study.

    Raises
    ------
    ValueError
        If the storage cannot be opened.

    Examples
    --------
    >>> import optuna
    >>> from nnest.search.optuna import wait_for_study
    >>> storage = optuna.storages.InMemoryStorage()
    >>> study = optuna.create_study(study_name="depth", storage=storage)
    >>> wait_for_study(storage, "depth").study_name
    'depth'
    """
    with silence_optuna():
        opened, told = open_storage(storage, say=say), False
        while True:
            try:
                return optuna.load_study(study_name=study_name, storage=opened)
            except KeyError:
                if not told and say is not None:
                    say(f"The study {study_name!r} is not there yet: waiting for it.")
                told = True
                time.sleep(_POLL)


@dataclass
class Plan:
    """What a search is going to do, with the settings that its study has stored."""

    study: Study
    space: Space
    objectives: Objectives
    limits: dict[str, float]
    prunes: bool
    n_trials: int
    group_size: int
    seed: int
    make_sampler: Callable[[int], BaseSampler]
    facts: dict[str, Any]
    splits: list[Split]
    reaches_target: Callable[[Sequence[float]], bool] | None

    @classmethod
    def of(cls, search: Any, evaluation: Evaluation) -> Plan:
        """Check the parameters of a search, and open its study."""
        space = as_space(search.param_distributions, search.estimator)
        objectives = as_objectives(search.objectives, search.scoring, search.refit)
        limits, target = as_limits(search.constraints), objectives.target(search.target_score)
        pruner = as_pruner(search.pruner, _epochs(checked_network(search.estimator)))
        if pruner is not None and len(objectives.names) > 1:
            raise StudyError(
                f"pruner={search.pruner!r} cannot judge trials by the objectives "
                f"{list(objectives.names)}: give one objective, or pruner=None."
            )
        # A wrong sampler is an error before anything is opened.
        sampler_maker(search.sampler, space.distributions, 0)(0)
        settings = _settings(search, evaluation, space, objectives, limits)
        with silence_optuna():
            study = _opened(search, objectives, pruner, settings["data"])
            stored = _bound_settings(search, study, settings)
        return cls(
            study,
            space,
            objectives,
            limits,
            pruner is not None,
            int(search.n_trials),
            int(stored["group_size"]),
            int(stored["seed"]),
            sampler_maker(search.sampler, space.distributions, int(stored["seed"])),
            {"data": stored["data"]},
            splits_from_text(stored["splits"]),
            target,
        )


def _epochs(network: Any) -> int:
    """Return the epochs of a network, of which its own `fit` says if they are not accepted."""
    return int(network.epochs) if isinstance(network.epochs, int) and network.epochs > 0 else 1


def _settings(
    search: Any,
    evaluation: Evaluation,
    space: Space,
    objectives: Objectives,
    limits: dict[str, float],
) -> dict[str, Any]:
    """Return the settings of the study if this search starts it."""
    splits = splits_to_text(evaluation.splits, len(evaluation.y))
    weight = evaluation.fit_params.get("sample_weight")
    # Those of a pipeline's steps have a setting of their own: older studies lack it and go on.
    of_steps = {
        name: data_digest(value)
        for name, value in evaluation.fit_params.items()
        if name.endswith("__sample_weight") and value is not None
    }
    return {
        "space": space.text,
        "data": data_digest(evaluation.X, evaluation.y, weight),
        "sample_weight": of_steps,
        "estimator": describe(search.estimator),
        "scoring": describe(search.scoring),
        "scoring_code": metric_texts(search.scoring),  # older studies lack it and go on
        "cv": _describe_cv(search, evaluation.y, splits),
        "objectives": list(objectives.names),
        "constraints": limits,
        "splits": splits,
        "seed": _seed(search.random_state),
        "group_size": _group_size(search, len(evaluation.splits)),
        "versions": versions(),
    }


def _describe_cv(search: Any, y: Any, splits: str) -> str:
    """Return what makes the folds, the same in every process."""
    if not (isinstance(search.cv, Integral | None) or hasattr(search.cv, "split")):
        return f"given folds {hashlib.sha256(splits.encode()).hexdigest()[:16]}"
    return describe(check_cv(search.cv, y, classifier=is_classifier(search.estimator)))


def _seed(random_state: Any) -> int:
    """Return the seed of a study that is started now."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0] >> 1)
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(np.iinfo(np.int32).max))
    return int(random_state)


def _group_size(search: Any, n_folds: int) -> int:
    """Return the batch size: the device filled; a tenth of all trials for adaptive samplers."""
    if search.group_size != "auto":
        return int(search.group_size)
    fill = max(1, members_at_once(checked_network(search.estimator)) // n_folds)
    if is_adaptive(search.sampler, search.pruner):
        return min(fill, -(-int(search.n_trials) // 10))
    return min(fill, int(search.n_trials))


def _opened(search: Any, objectives: Objectives, pruner: BasePruner | None, data: str) -> Study:
    """Return the study of this name, a new one if there is none."""
    if search.storage is None and search.study_name is not None:
        raise StudyError(
            f"study_name={search.study_name!r} without a storage would be lost with the process: "
            "give storage as well, 'study.journal' say, or leave the name out."
        )
    # Without a name, the folds of a nested cross-validation find a study for each.
    unnamed = NAME if search.storage is None else f"{NAME}-{data[:12]}"
    name = search.study_name or unnamed
    study = optuna.create_study(
        storage=open_storage(search.storage, say=_say(search)),
        study_name=name,
        directions=objectives.directions,
        pruner=pruner or NopPruner(),
        load_if_exists=True,
    )
    if study.directions != objectives.directions:
        there, here = (
            ", ".join(each.name.lower() for each in directions)
            for directions in (study.directions, objectives.directions)
        )
        raise StudyError(
            f"The study {name!r} has other objectives ({there}) than this search ({here}): give "
            "another study_name."
        )
    return study


def _say(search: Any) -> Callable[[str], None] | None:
    """Return what takes the search's sentences."""
    return print if search.verbose > 0 else None


def _bound_settings(search: Any, study: Study, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that are stored in the study; raise if this search differs."""
    asked = {"seed": search.random_state, "group_size": search.group_size}
    numbers = [name for name, value in asked.items() if isinstance(value, Integral)]
    return bind_study_settings(study, settings, binding=(*_BINDING, *numbers))


def run(search: Any, evaluation: Evaluation, plan: Plan, context: Any) -> Table:
    """Go on with a study until it has all of its trials; return them."""
    reaches = plan.reaches_target
    n_left = plan.n_trials - TrialHistory(plan.study).n_finished
    task = context.subcontext(
        task_name="search",
        # Trials that fail come on top, and those of other workers fall away.
        max_subtasks=max(0, n_left) * len(evaluation.splits),
        sequential_subtasks=False,
    ).call_on_fit_task_begin(estimator=search)
    trainer = Trainer(
        evaluation,
        plan.objectives,
        plan.limits,
        seed=plan.seed,
        prunes=plan.prunes,
        facts=plan.facts,
        context=task,
    )
    if evaluation.keeper is not None:
        # Settings are not known yet: the estimator's own stands for them.
        evaluation.keeper.check_room(evaluation.job(), [{}], plan.n_trials)
    with silence_optuna():
        loop = BatchLoop(
            plan.study,
            plan.space.define,
            trainer,
            n_trials=plan.n_trials,
            group_size=plan.group_size,
            make_sampler=lambda place: plan.make_sampler(derived(plan.seed, place)),
            say=_say(search),
            after_tell=_after_tell(search, plan.study),
            is_enough=None if reaches is None else lambda trial: reaches(trial.values),
        )
        loop.run(search.timeout)
        task.call_on_fit_task_end(estimator=search)
        table = Table(plan.study, plan.space, len(evaluation.splits), evaluation.metrics)
    if not table.has_best:
        raise StudyError(_nothing(plan.study))
    return table


def _after_tell(search: Any, study: Study) -> Callable[[BatchTrial, TrialResult], None] | None:
    """Return what calls the user's callbacks when a trial was told."""
    if not search.callbacks:
        return None

    def call_back(trial: BatchTrial, result: TrialResult) -> None:
        del result  # the trial has it
        finished = deepcopy(study.get_trials(deepcopy=False)[trial.trial.number])
        for callback in search.callbacks:
            callback(study, finished)

    return call_back


def _nothing(study: Study) -> str:
    """Return the sentence for a study without one complete trial."""
    failed = TrialHistory(study).failed
    if failed:
        reason = failed[-1].user_attrs.get("reason", "no reason is known")
        return (
            f"No trial of the study {study.study_name!r} is complete, and {len(failed)} failed, "
            f"the last because: {reason}"
        )
    return (
        f"No trial of the study {study.study_name!r} is complete: give it more time, a pruner or a "
        "space that is more patient, or wider constraints."
    )
