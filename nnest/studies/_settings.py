"""A study's settings: stored once; later searches must match them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from optuna.study import Study

from nnest.exceptions import StudyError
from nnest.studies._locks import run_exclusively

#: User attribute of a study.
STUDY_SETTINGS = "nnest:study"


def bind_study_settings(
    study: Study, settings: Mapping[str, Any], *, binding: Iterable[str] = ("space", "data")
) -> dict[str, Any]:
    """Store a study's settings, unless they are stored already; return the stored ones.

    Parameters
    ----------
    study : optuna.Study
        The study.
    settings : mapping of str to object
        Settings as JSON takes them: space, data, splits, seed, group size, versions. Those that the
        study has already stay as they are.
    binding : iterable of str, default=("space", "data")
        Settings in which the study must not differ from `settings`.

    Returns
    -------
    dict of str to object
        The settings of the study, the same for all workers.

    Raises
    ------
    StudyError
        If the study has another space, for example; the error names both.
    """
    asked: dict[str, Any] = json.loads(json.dumps(dict(settings)))

    def bind() -> dict[str, Any]:
        stored: dict[str, Any] = study.user_attrs.get(STUDY_SETTINGS, {})
        _check(study, stored, asked, binding)
        found = {**asked, **stored}
        if found != stored:
            study.set_user_attr(STUDY_SETTINGS, found)
        return found

    return run_exclusively(study, bind)


def _check(
    study: Study, stored: Mapping[str, Any], asked: Mapping[str, Any], binding: Iterable[str]
) -> None:
    """Raise an error if this is another study under the same name."""
    for name in binding:
        if name in stored and name in asked and stored[name] != asked[name]:
            other = "none: each data set then has one of its own"
            cure = f"or {other if name == 'data' else 'what it began with'}"
            raise StudyError(
                f"The study {study.study_name!r} has another {name}: {_short(stored[name])} there, "
                f"{_short(asked[name])} here. Give it another study_name, {cure}."
            )


def _short(value: Any, length: int = 300) -> str:
    """Return a value as text that fits into a sentence."""
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= length else f"{text[:length]}..."
