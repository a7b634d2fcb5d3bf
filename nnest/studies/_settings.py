"""What a study is: written down once, and held against what comes under its name."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

from optuna.study import Study

from nnest.exceptions import StudyError
from nnest.studies._locks import sole_writer

__all__ = ["set_up"]

#: User attribute of a study.
FACTS = "nnest:study"
#: Seconds after which what several processes wrote at once has come to rest, where no lock is.
_REST = 0.3


def set_up(
    study: Study, wanted: Mapping[str, Any], *, binding: Iterable[str] = ("space", "data")
) -> dict[str, Any]:
    """Write down what a study is, unless that is known; return what is written.

    Parameters
    ----------
    study : optuna.Study
        The study.
    wanted : mapping of str to object
        Facts as JSON takes them: space, data, splits, seed, group size, versions. Those that the
        study has already stay as they are.
    binding : iterable of str, default=("space", "data")
        Facts in which the study must not differ from `wanted`.

    Returns
    -------
    dict of str to object
        The facts of the study, the same for all workers.

    Raises
    ------
    StudyError
        If the study has another space, say; both are named.
    """
    asked: dict[str, Any] = json.loads(json.dumps(dict(wanted)))
    with sole_writer(study._storage, study._study_id) as alone:
        found = _facts(study)
        _check(study, found, asked, binding)
        if not found.keys() >= asked.keys():
            study.set_user_attr(FACTS, {**asked, **found})
    if not alone:
        # Who wrote last is right, for those that have written or read before too.
        time.sleep(_REST)
    found = _facts(study)
    _check(study, found, asked, binding)
    return found


def _facts(study: Study) -> dict[str, Any]:
    """Return what is written down of a study."""
    found: dict[str, Any] = study.user_attrs.get(FACTS, {})
    return found


def _check(
    study: Study, found: Mapping[str, Any], asked: Mapping[str, Any], binding: Iterable[str]
) -> None:
    """Refuse what is another study under the same name."""
    for name in binding:
        if name in found and name in asked and found[name] != asked[name]:
            other = "none: each data set then has one of its own"
            cure = f"or {other if name == 'data' else 'what it began with'}"
            raise StudyError(
                f"The study {study.study_name!r} has another {name}: {_short(found[name])} there, "
                f"{_short(asked[name])} here. Give it another study_name, {cure}."
            )


def _short(value: Any, length: int = 300) -> str:
    """Return a value as text that fits into a sentence."""
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= length else f"{text[:length]}..."
