"""How large the networks of a search are, before they are trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.pipeline import Pipeline

from nnest._compat.sklearn import num_samples, safe_indexing, safe_split
from nnest.estimators import Fitting, Samples
from nnest.search._batching import Job, fit_transformers, transformers, with_setting
from nnest.search._checks import checked_network

__all__ = ["sizes_before"]


def sizes_before(job: Job, settings: Sequence[dict[str, Any]]) -> list[dict[str, int] | None]:
    """Return the sizes of networks that are not trained; None where a network cannot be built.

    A pipeline's transformers decide how many features a network sees: they are fitted on the
    first fold, once for each of their own settings.
    """
    few: dict[Any, Any] = {}
    sizes: list[dict[str, int] | None] = []
    for setting in settings:
        template = with_setting(job.base, setting)
        key = transformers(template, setting)
        try:
            if key not in few:
                few[key] = _few_samples(job, template)
            sizes.append(_built(checked_network(template), *few[key]))
        except Exception:
            sizes.append(None)  # its training will say what is wrong
    return sizes


def _few_samples(job: Job, template: Any) -> tuple[Any, Any]:
    """Return samples of all classes as the network sees them."""
    rows = job.training_rows[0]
    if isinstance(template, Pipeline):
        X, y, _ = fit_transformers(job, template, rows).steps[-1][1].recorded_
    else:
        X, y = safe_split(template, job.X, job.y, rows)
    if is_classifier(template):
        chosen = np.unique(np.asarray(y), return_index=True)[1]
    else:
        chosen = np.arange(min(2, num_samples(X)))
    return safe_indexing(X, chosen), safe_indexing(y, chosen)


def _built(network: Any, X: Any, y: Any) -> dict[str, int]:
    """Return the size of a network for such samples."""
    copy = clone(network).set_params(random_state=0)
    samples = Samples.checked(copy, X, y)
    return Fitting.begin(copy, samples, np.arange(len(samples.y))).network.size()
