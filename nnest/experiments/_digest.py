"""Estimators and protocols as plain JSON, so that equal trainings have equal digests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

import numpy as np

from nnest._identity import own_parameters
from nnest.exceptions import ExperimentError

__all__ = ["describe"]

#: Parameters that change no number of a training.
_NO_PART_IN_TRAINING = frozenset({"callbacks", "memory", "n_jobs", "random_state", "verbose"})


def describe(value: Any) -> Any:
    """Describe an estimator, a transformer or a setting as plain JSON.

    Parameters
    ----------
    value : object
        An estimator (its class by name and all parameters that influence training, defaults too,
        without those that are None),
        a dataclass, or plain values, lists and mappings of them.

    Returns
    -------
    object
        Dictionaries, lists, strings, numbers, booleans and None.

    Raises
    ------
    ExperimentError
        If there is something in it that has no such description, such as a function.

    Examples
    --------
    >>> from sklearn.preprocessing import Binarizer
    >>> from nnest.experiments import describe
    >>> describe(Binarizer(threshold=0.5))
    {'class': 'Binarizer', 'copy': True, 'threshold': 0.5}
    """
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [describe(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): describe(value[key]) for key in sorted(value, key=str)}
    return _describe_object(value)


def _describe_object(value: Any) -> Any:
    """Describe an estimator or a dataclass."""
    if hasattr(value, "get_params") and not isinstance(value, type):
        return {"class": type(value).__name__, **_parameters(value)}
    if is_dataclass(value) and not isinstance(value, type):
        return describe(asdict(value))
    raise ExperimentError(
        f"{value!r} cannot be part of a declaration: a digest needs estimators, strings, numbers,"
        " and lists or mappings of them."
    )


def _parameters(estimator: Any) -> dict[str, Any]:
    """Describe the parameters that influence a training."""
    if hasattr(estimator, "steps"):  # a pipeline's other parameters come and go with scikit-learn
        return {"steps": [[name, describe(step)] for name, step in estimator.steps]}
    return {
        name: describe(value)
        for name, value in own_parameters(estimator).items()
        # None is "leave it out": a parameter that comes later, unset, makes no record stale.
        if name not in _NO_PART_IN_TRAINING and value is not None
    }
