"""From a fitted estimator to files."""

from __future__ import annotations

import json
import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from nnest import __version__
from nnest.ensembles import Ensemble
from nnest.estimators import FitState, settle
from nnest.persistence import _files
from nnest.persistence._arrays import write_array
from nnest.persistence._ensemble import ensemble_files
from nnest.persistence._errors import Refused
from nnest.persistence._manifest import FORMAT, VERSION
from nnest.persistence._pipeline import pipeline_files
from nnest.persistence._state import (
    ESTIMATORS,
    check_parameters,
    circumstances,
    is_finite,
    to_numpy,
    variables,
)
from nnest.persistence._values import named_json
from nnest.programs import signature

__all__ = ["check_estimator", "save"]


def save(estimator: Any, path: str | os.PathLike[str]) -> None:
    """Save a fitted estimator as a folder or a zip archive of arrays and JSON.

    Parameters
    ----------
    estimator : MLPClassifier, MLPRegressor, CNNClassifier, CNNRegressor, Pipeline or Ensemble
        A fitted estimator; a fitted `sklearn.pipeline.Pipeline` that ends in one, after steps of
        the kinds `PixelScaler`, `GaussianBlur`, `StandardScaler`, `MinMaxScaler`, `MaxAbsScaler`
        and `RobustScaler`; or a fitted ensemble of these.
    path : str or os.PathLike
        Where to: an archive if it ends in ``.zip``, else a folder. What an earlier call has saved
        there is replaced once the new one is whole; nothing else is.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If it, a step before it, or a member is something else.
    ValueError
        If it holds what no file can: callbacks, a `random_state` that is no number, labels that
        are neither text nor numbers, a `model_` that is not the one which its parameters describe.
    OSError
        If nothing can be written there, or something else is there already.

    Notes
    -----
    All that training goes on from is saved: weights, the optimizer's state, the random streams and
    seeds, the number of epochs. An estimator that is loaded predicts the same numbers, also under
    another back end of Keras, and under the same back end `partial_fit`, or `fit` with
    ``warm_start=True``, train on as they would have. Sequences of numpy become lists. Requests for
    metadata, as `set_fit_request` makes them, are not saved.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> import nnest
    >>> net = nnest.MLPClassifier(epochs=1, random_state=0).fit(np.eye(4), list("abab"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     nnest.save(net, f"{folder}/net.zip")
    ...     again = nnest.load(f"{folder}/net.zip")
    >>> bool((again.predict(np.eye(4)) == net.predict(np.eye(4))).all())
    True
    """
    try:
        if type(estimator) is Ensemble:
            files = ensemble_files(estimator, _content, _written_by())
        else:
            files = _content(estimator)
    except Refused as refusal:
        raise ValueError(
            f"This {type(estimator).__name__} cannot be saved because {refusal}"
        ) from None
    _files.write(Path(path), files)


def check_estimator(estimator: Any) -> None:
    """Raise unless it is a fitted estimator of this package."""
    if ESTIMATORS.get(type(estimator).__name__) is not type(estimator):
        raise TypeError(
            f"{type(estimator).__name__} is not accepted: give a fitted "
            f"{', '.join(ESTIMATORS)}; of a pipeline or a search, the network in it."
        )
    check_is_fitted(estimator, ["history_", "best_epoch_"])


def _content(estimator: Any) -> dict[str, bytes]:
    """Return the files of a network, or of a pipeline that ends in one, by their names."""
    if type(estimator) is Pipeline:
        return pipeline_files(estimator, _network_files, _written_by())
    return _network_files(estimator)


def _network_files(estimator: Any) -> dict[str, bytes]:
    """Return the files of a network by their names."""
    check_estimator(estimator)
    check_parameters(estimator.get_params(deep=False))
    _check_architecture(estimator)
    settle(estimator)  # a file holds one set of rates: those with which training would go on
    state = FitState.of(estimator)
    arrays = {name: to_numpy(each) for name, each in variables(estimator.model_).items()}
    for i, values in enumerate(state.history.values()):
        arrays[f"history-{i}.npy"] = np.asarray(values, np.float64)
    classes = state.classes
    if classes is not None and classes.dtype.kind in "biufU":
        arrays["classes.npy"], classes = classes, None
    about = _manifest(estimator, state, classes)
    # Weights may cease to be finite in the last step, which its loss does not know.
    about["diverged"] |= not all(is_finite(name, values) for name, values in arrays.items())
    manifest = json.dumps(about, indent=1, allow_nan=False)
    files = {name: write_array(array) for name, array in arrays.items()}
    return {_files.MANIFEST: f"{manifest}\n".encode(), **files}


def _check_architecture(estimator: Any) -> None:
    """Raise if the network could not be built again from the parameters."""
    twin = type(estimator)(**estimator.get_params(deep=False))
    FitState.of(estimator).build_network(twin)
    if signature(twin.model_) != signature(estimator.model_):
        raise Refused(
            "its model_ is not what its parameters describe",
            "set the parameters back that were changed since fit, or fit again",
        )


def _manifest(estimator: Any, state: FitState, classes: np.ndarray | None) -> dict[str, Any]:
    """Return the JSON of an estimator."""
    names, target_shape = state.feature_names, state.target_shape
    return {
        "format": FORMAT,
        "version": VERSION,
        "written_by": _written_by(),
        "keras": circumstances(),
        "estimator": type(estimator).__name__,
        "parameters": {
            name: named_json(name, value)
            for name, value in estimator.get_params(deep=False).items()
        },
        "sample_shape": list(state.sample_shape),
        "target_shape": None if target_shape is None else list(target_shape),
        "classes": None if classes is None else _labels(classes),
        "feature_names": None if names is None else list(names),
        "seeds": {"order": state.order_seed, "split": state.split_seed},
        "n_iter": state.n_iter,
        "best_epoch": state.best_epoch,
        "diverged": state.diverged,
        "group": named_json("group_", state.group),
        "history": list(state.history),
    }


def _written_by() -> dict[str, str]:
    """Return what has written a file; for readers, nothing depends on it."""
    return {"nnest": __version__, "keras": version("keras"), "backend": keras.backend.backend()}


def _labels(classes: np.ndarray) -> list[str]:
    """Return labels that are Python's strings."""
    labels: list[Any] = classes.tolist()
    if not all(isinstance(label, str) for label in labels):
        raise Refused(
            f"its labels are of type {classes.dtype}", "fit it to labels that are text or numbers"
        )
    return labels
