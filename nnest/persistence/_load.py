"""From files to a fitted estimator."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from nnest._validation import BOUNDS, Bounds, shortened
from nnest.estimators import FitState
from nnest.optimizers import SCHEDULES
from nnest.persistence._arrays import HEADER, read_array, read_vector
from nnest.persistence._ensemble import FORMAT as ENSEMBLE
from nnest.persistence._ensemble import ensemble_from
from nnest.persistence._errors import Refused, refusing
from nnest.persistence._files import MANIFEST, Files, opened
from nnest.persistence._manifest import LONGEST, Manifest
from nnest.persistence._pipeline import FORMAT as PIPELINE
from nnest.persistence._pipeline import pipeline_from
from nnest.persistence._state import (
    ESTIMATORS,
    is_finite,
    kernels,
    stored_type,
    to_numpy,
    variables,
)
from nnest.persistence._values import parse

__all__ = ["load"]

#: Ends of the names of squares and their averages, of which a root is taken.
NEVER_NEGATIVE = (
    "moving_variance",
    "_velocity",
    "_accumulator",
    "_accumulated_grad",
    "_accumulated_delta_var",
    "_norm",
)
#: What numbers of an optimizer are at least, or above, and what they are below; a coefficient is
#: a momentum.
RATES = {
    "learning_rate": Bounds(0, above=True),
    "coefficient": Bounds(0, 1, above=True),
    "schedule": Bounds(0, len(SCHEDULES)),
    "schedule_start": Bounds(0),
    "schedule_steps": Bounds(0, above=True),
    **{
        name: BOUNDS[name]
        for name in ("warmup_fraction", "final_fraction", "weight_decay", "clip_norm")
    },
}


def load(path: str | os.PathLike[str], *, max_bytes: int = 2**32) -> Any:
    """Load an estimator that :func:`nnest.save` has saved.

    Parameters
    ----------
    path : str or os.PathLike
        A folder or a zip archive.
    max_bytes : int, default=2**32
        Most bytes that are read.

    Returns
    -------
    MLPClassifier, MLPRegressor, CNNClassifier, CNNRegressor, Pipeline or Ensemble
        The fitted estimator.

    Raises
    ------
    FileNotFoundError
        If there is nothing at that path.
    ModelFileError
        If what is there is not what :func:`nnest.save` writes. It is a `ValueError`.

    Notes
    -----
    Files of unknown origin may be loaded: they hold numbers and settings, and no code. The settings
    are checked as those of any estimator are. The network is built from them once the files are
    known to be large enough. Every array must have the shape and the type that this network asks
    for, and numbers that a training leaves. Nothing is unpacked further than it says.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> import nnest
    >>> net = nnest.MLPRegressor(epochs=1, random_state=0).fit(np.eye(4), [0.0, 1.0, 2.0, 3.0])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     nnest.save(net, f"{folder}/net")
    ...     again = nnest.load(f"{folder}/net")
    >>> again.history_ == net.history_
    True
    """
    place = Path(path)
    if not place.exists():
        raise FileNotFoundError(f"There is no file or folder {str(place)!r}: give another path.")
    with refusing(place), opened(place, max_bytes) as files:
        about = _json(files)
        if about.get("format") == ENSEMBLE:
            return ensemble_from(about, files, lambda member: _one(_json(member), member))
        return _one(about, files)


def _one(about: dict[str, Any], files: Files) -> Any:
    """Return an estimator, or a pipeline that ends in one."""
    if about.get("format") == PIPELINE:
        return pipeline_from(about, files, lambda network: _estimator(_json(network), network))
    return _estimator(about, files)


def _json(files: Files) -> dict[str, Any]:
    """Return what files say about themselves."""
    if files.sizes[MANIFEST] > LONGEST:
        raise Refused(f"its {MANIFEST!r} takes more than {LONGEST} bytes")
    return parse(files.read(MANIFEST))


def _estimator(about: dict[str, Any], files: Files) -> Any:
    """Return the estimator with its network and all that was learnt."""
    manifest = Manifest.read(about)
    net = ESTIMATORS[manifest.kind](**manifest.parameters)
    state = replace(manifest.state, classes=_classes(manifest, files))
    _build(net, state, files)
    wanted = variables(net.model_)
    names = {MANIFEST, *wanted, *(f"history-{i}.npy" for i in range(len(manifest.history)))}
    names |= {"classes.npy"} if manifest.classes is None and state.classes is not None else set()
    _check_names(names, set(files.sizes))
    for name, variable in wanted.items():
        _assign(name, variable, files)
    _check_hyperparameters(net.model_)
    for name, variable in wanted.items():
        _check_values(name, to_numpy(variable), state.diverged)
    replace(state, history=_history(manifest, files)).restore(net)
    return net


def _classes(manifest: Manifest, files: Files) -> np.ndarray | None:
    """Return the labels, sorted and all different; None for regressors."""
    if manifest.state.target_shape is not None:
        return None
    if manifest.classes is not None:
        classes = np.array(manifest.classes, dtype=object)
    elif "classes.npy" in files.sizes:
        classes = read_vector("classes.npy", files.read("classes.npy"), kinds="biufU")
    else:
        raise Refused("it lacks 'classes.npy'")
    try:
        fits = len(classes) > 1 and bool(np.all(classes[:-1] < classes[1:]))
    except ValueError:  # labels that cannot be ordered
        fits = False
    if not fits:
        raise Refused("its classes are not at least two labels, sorted and all different")
    return classes


def _build(net: Any, state: FitState, files: Files) -> None:
    """Build the network if the files are large enough to hold it."""
    try:
        sizes = kernels(net, *state.network_shape(net))
    except Exception as error:  # whatever a configuration of unknown origin breaks
        raise _no_network(error) from error
    held = sum(files.sizes.values()) // 4
    if len(sizes) > len(files.sizes) or sum(sizes) > held:
        raise Refused(
            f"its configuration describes a network of {len(sizes)} kernels with {sum(sizes)} "
            f"numbers, and its files hold {held} numbers at most"
        )
    try:
        state.build_network(net)
    except Exception as error:
        raise _no_network(error) from error


def _no_network(error: Exception) -> Refused:
    """Return the refusal of a configuration that no network can be built from."""
    return Refused(f"its configuration describes no network ({shortened(str(error), 120)})")


def _check_names(wanted: set[str], found: set[str]) -> None:
    """Raise if files are missing, or if there are more than belong."""
    if wanted - found:
        raise Refused(f"it lacks {min(wanted - found)!r}")
    if found - wanted:
        raise Refused(f"it holds {min(found - wanted)!r}, which belongs to no such estimator")


def _assign(name: str, variable: Any, files: Files) -> None:
    """Give a variable its values."""
    shape, dtype = tuple(variable.shape), stored_type(variable)
    nbytes = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    if files.sizes[name] > nbytes + HEADER:
        raise Refused(f"{name!r} in it has {files.sizes[name]} bytes for {nbytes} bytes of values")
    values = read_array(name, files.read(name), shape, dtype)
    own = keras.backend.standardize_dtype(variable.dtype)
    if values.dtype.kind == "i":
        bounds = np.iinfo(own)
        if values.size and not bounds.min <= values.min() <= values.max() <= bounds.max:
            raise Refused(f"{name!r} in it holds numbers that are no {own}")
        values = values.astype(own)
    variable.assign(values)


def _check_values(name: str, values: np.ndarray, diverged: bool) -> None:
    """Raise if a number is one that no training leaves."""
    if not diverged and not is_finite(name, values):
        raise Refused(
            f"{name!r} in it holds numbers that are not finite, and its training did not diverge"
        )
    counts = values.dtype.kind == "i" or name.removesuffix(".npy").endswith(NEVER_NEGATIVE)
    if counts and (values < 0).any():
        raise Refused(f"{name!r} in it holds negative numbers")


def _check_hyperparameters(model: Any) -> None:
    """Raise if a rate or a strength is one that no layer and no optimizer takes."""
    for each in (layer for layer in model.layers if hasattr(layer, "hyperparameters")):
        held = each.hyperparameters.variables
        finite = all(np.isfinite(ops.convert_to_numpy(variable.value)).all() for variable in held)
        try:
            type(each).from_config(each.get_config())
        except (ValueError, TypeError):  # Keras raises a TypeError for some ValueErrors
            finite = False
        if not finite:
            raise Refused(f"layer {each.name!r} of it has a hyper-parameter out of bounds")
    smoothing = model.hyperparameters.to_config()["label_smoothing"]
    if not 0 <= smoothing < 1:
        raise Refused(f"its label_smoothing is {smoothing}, which is out of bounds")
    for each in model.optimizer.variables:
        if each.name in RATES:
            _check_rate(each.name, float(ops.convert_to_numpy(each.value)))


def _check_rate(name: str, rate: float) -> None:
    """Raise if a number of the optimizer is one that no constructor takes."""
    if not RATES[name].holds(rate):
        raise Refused(f"the {name} of its optimizer is {rate}, which is out of bounds")


def _history(manifest: Manifest, files: Files) -> dict[str, list[float]]:
    """Return the metrics of all epochs."""
    history = {}
    for i, metric in enumerate(manifest.history):
        name = f"history-{i}.npy"
        values = read_vector(name, files.read(name), kinds="f")
        if len(values) > manifest.state.n_iter:
            raise Refused(f"{name!r} in it has more numbers than there were epochs")
        history[metric] = values.tolist()
    return history
