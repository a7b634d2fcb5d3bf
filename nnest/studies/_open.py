"""Opens a study by its name, without training."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Literal

import optuna
from optuna.pruners import NopPruner
from optuna.storages import BaseStorage
from optuna.study import Study

from nnest.studies._storages import open_storage

__all__ = ["open_study"]


def open_study(
    storage: str | os.PathLike[str] | BaseStorage,
    study_name: str,
    *,
    direction: Literal["maximize", "minimize"] = "maximize",
    say: Callable[[str], None] | None = print,
) -> Study:
    """Return a study of one objective, a new one if there is none of this name.

    Parameters
    ----------
    storage : str, Path or optuna.storages.BaseStorage
        Where the study is, or will be, kept, as `OptunaSearchCV` takes it.
    study_name : str
        Its name.
    direction : {"maximize", "minimize"}, default="maximize"
        Which values are better, of a new study.
    say : callable, default=print
        Takes the sentence that the storage is away; None says nothing.

    Returns
    -------
    optuna.Study
        The study.

    Raises
    ------
    StudyError
        If the storage cannot be opened.

    Examples
    --------
    >>> import optuna
    >>> from nnest.studies import open_study
    >>> storage = optuna.storages.InMemoryStorage()
    >>> open_study(storage, "depth").study_name
    'depth'
    >>> len(open_study(storage, "depth").trials)
    0
    """
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        return optuna.create_study(
            storage=open_storage(storage, say=say),
            study_name=study_name,
            direction=direction,
            pruner=NopPruner(),
            load_if_exists=True,
        )
    finally:
        optuna.logging.set_verbosity(before)
