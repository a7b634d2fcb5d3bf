"""A pipeline as the files of its network, and what the steps before it have learnt."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler
from sklearn.utils.validation import check_is_fitted

from nnest._compat.sklearn import output_container
from nnest._validation import shortened
from nnest.estimators import FitState
from nnest.persistence._arrays import read_vector, write_array
from nnest.persistence._errors import REMEDY, Refused
from nnest.persistence._files import MANIFEST, Files
from nnest.persistence._manifest import JsonObject
from nnest.persistence._values import from_json, named_json
from nnest.preprocessing import GaussianBlur, PixelScaler

__all__ = ["FORMAT", "network_of", "pipeline_files", "pipeline_from", "transformers_of"]

FORMAT = "nnest pipeline"
VERSION = 1
#: Steps that may stand before a network. All of them keep the shape of a sample.
STEPS = {
    each.__name__: each
    for each in (
        GaussianBlur,
        MaxAbsScaler,
        MinMaxScaler,
        PixelScaler,
        RobustScaler,
        StandardScaler,
    )
}
#: The largest kernel of a blur, which is made as a whole, and the most numbers of a picture.
LARGEST_KERNEL, MOST_PIXELS = 1001, 2**28
MOST_STEPS = 100
NETWORK = "network-"
#: A number, or one for each feature where some are missing.
SAMPLES = "n_samples_seen_"
CONTAINERS = ("default", "pandas", "polars")


def network_of(estimator: Any) -> Any:
    """Return the last step of a pipeline, and everything else as it is."""
    return estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator


def transformers_of(
    estimator: Any, remedy: str, kinds: Collection[type] = STEPS.values()
) -> list[Any]:
    """Return the steps before the network, without those that do nothing."""
    steps = estimator.steps[:-1] if isinstance(estimator, Pipeline) else []
    found = [step for _, step in steps if not _does_nothing(step)]
    for step in found:
        if type(step) not in kinds:
            raise TypeError(
                f"A pipeline with {type(step).__name__} is not accepted: give one of "
                f"{', '.join(kind.__name__ for kind in kinds)} and a network, or {remedy}."
            )
        check_is_fitted(step)
    return found


def _does_nothing(step: Any) -> bool:
    """Tell whether a step hands on what it gets."""
    return step is None or (isinstance(step, str) and step == "passthrough")


def pipeline_files(
    pipeline: Pipeline, files_of: Callable[[Any], dict[str, bytes]], written_by: dict[str, str]
) -> dict[str, bytes]:
    """Return the files of a pipeline by their names; `files_of` returns those of its network."""
    transformers_of(pipeline, "save pipeline[:-1] with skops.io and the network with nnest.save")
    network = network_of(pipeline)
    files = {f"{NETWORK}{name}": content for name, content in files_of(network).items()}
    if pipeline.memory is not None:
        raise Refused("its memory is a place on this machine", "set memory=None")
    _check_names([name for name, _ in pipeline.steps], "make it of fewer steps")
    shape, steps = FitState.of(network).sample_shape, []
    for i, (name, step) in enumerate(pipeline.steps[:-1]):
        about, arrays = _written(name, step)
        own = {f"step-{i}-{each}.npy": content for each, content in arrays.items()}
        _check_readable(f"step-{i}-", about, own, shape)
        steps.append(about)
        files |= own
    about = {
        "format": FORMAT,
        "version": VERSION,
        "written_by": written_by,
        "steps": steps,
        "network": pipeline.steps[-1][0],
        "verbose": bool(pipeline.verbose),
        "transform_input": named_json("transform_input", pipeline.transform_input),
    }
    manifest = json.dumps(about, indent=1, allow_nan=False)
    return {MANIFEST: f"{manifest}\n".encode(), **files}


def _written(name: str, step: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return a step as JSON and arrays."""
    if _does_nothing(step):
        return {"name": name, "step": None}, {}
    learnt = _learnt(step)
    arrays = {
        each: value
        for each, value in learnt.items()
        if isinstance(value, np.ndarray) and value.dtype.kind in "iuf"
    }
    parameters = step.get_params(deep=False)
    about = {
        "name": name,
        "step": type(step).__name__,
        "parameters": {each: named_json(each, value) for each, value in parameters.items()},
        "output": output_container(step),
        "learnt": {
            each: named_json(each, value) for each, value in learnt.items() if each not in arrays
        },
    }
    return about, {each: write_array(array) for each, array in arrays.items()}


def _check_readable(
    prefix: str, about: dict[str, Any], files: dict[str, bytes], shape: tuple[int, ...]
) -> None:
    """Raise if a step would be refused when it is read: its parameters may have been changed."""
    sizes = {name: len(content) for name, content in files.items()}
    try:
        _read(prefix, JsonObject(about), Files(sizes, files.__getitem__), shape)
    except Refused as error:
        remedy = "set its parameters back, or fit the pipeline again"
        raise Refused(error.reason, remedy) from error


def _learnt(step: Any) -> dict[str, Any]:
    """Return what a step has learnt, by the names that scikit-learn gives it."""
    return {
        name: value
        for name, value in vars(step).items()
        if name.endswith("_") and not name.startswith("_")
    }


def _blank(name: str, kind: str, parameters: dict[str, Any], shape: tuple[int, ...]) -> Any:
    """Return a step of such parameters that is fitted to zeros, which checks them."""
    pictures = issubclass(STEPS[kind], GaussianBlur | PixelScaler)
    try:
        if not pictures and len(shape) > 1:
            raise ValueError("it takes rows of numbers")
        if math.prod(shape) > MOST_PIXELS:
            raise ValueError(f"samples have more than {MOST_PIXELS} numbers")
        if kind == "GaussianBlur" and not parameters["size"] <= LARGEST_KERNEL:
            raise ValueError(f"size is more than {LARGEST_KERNEL}")
        step = STEPS[kind](**parameters)
        return step.fit(np.zeros((1, *shape), np.uint8) if pictures else np.zeros((2, 1)))
    except Exception as error:  # whatever a configuration of unknown origin breaks
        reason = shortened(str(error), 120)
        raise Refused(f"its step {name!r} cannot be used ({reason})") from error


def pipeline_from(about: dict[str, Any], files: Files, load: Callable[[Files], Any]) -> Pipeline:
    """Return the pipeline of some files; `load` returns a network."""
    found = JsonObject(about)
    found.take("format", str)
    found.check_version(VERSION)
    found.take("written_by", dict)
    steps, last = found.take("steps", list), found.take("network", str)
    verbose = found.take("verbose", bool)
    handed_on = from_json(found.take("transform_input", list, type(None)))
    found.check_empty()
    if not all(isinstance(each, dict) for each in steps):
        raise Refused("'steps' in its JSON is no list of objects")
    if not all(isinstance(each, str) for each in handed_on or []):
        raise Refused("'transform_input' in its JSON is no list of strings")
    _check_names([*(JsonObject(each).take("name", str) for each in steps), last], REMEDY)
    if f"{NETWORK}{MANIFEST}" not in files.sizes:
        raise Refused(f"it lacks '{NETWORK}{MANIFEST}'")
    network = load(files.below(NETWORK))
    shape, read = FitState.of(network).sample_shape, {MANIFEST}
    pairs: list[tuple[str, Any]] = []
    for i, each in enumerate(steps):
        name, step, known = _read(f"step-{i}-", JsonObject(each), files, shape)
        pairs.append((name, step))
        read |= known
    unknown = {name for name in files.sizes if not name.startswith(NETWORK)} - read
    if unknown:
        raise Refused(f"it holds {min(unknown)!r}, which belongs to no such pipeline")
    return Pipeline([*pairs, (last, network)], transform_input=handed_on, verbose=verbose)


def _check_names(names: list[str], remedy: str) -> None:
    """Raise if there are too many steps, or if a pipeline does not take their names."""
    if len(names) > MOST_STEPS:
        raise Refused(f"it has {len(names)} steps, and at most {MOST_STEPS} are read", remedy)
    reserved = Pipeline([]).get_params(deep=False)
    if len(set(names)) < len(names) or any("__" in each or each in reserved for each in names):
        raise Refused("the names of its steps are not those of a pipeline", remedy)


def _read(
    prefix: str, found: JsonObject, files: Files, shape: tuple[int, ...]
) -> tuple[str, Any, set[str]]:
    """Return the name of a step, the step, and the files that it is in."""
    name, kind = found.take("name", str), found.take("step", str, type(None))
    if kind is None:
        found.check_empty()
        return name, "passthrough", set()
    if kind not in STEPS:
        raise Refused(f"{kind[:80]!r} is no step that nnest.save writes")
    given, container = found.take("parameters", dict), found.take("output", str)
    learnt = found.take("learnt", dict)
    found.check_empty()
    own = STEPS[kind]().get_params(deep=False)
    if not set(given) <= set(own) or container not in CONTAINERS:
        raise Refused(f"it has other parameters than a {kind}")
    parameters = own | {each: from_json(value) for each, value in given.items()}
    step = _blank(name, kind, parameters, shape)
    wanted, stored = _learnt(step), files.below(prefix)
    named = {"feature_names_in_"} & set(learnt)
    vectors = {each for each, blank in wanted.items() if isinstance(blank, np.ndarray)}
    arrays = set(wanted) - set(learnt)
    whole = not set(learnt) - set(wanted) - named and not arrays - vectors - {SAMPLES}
    if not whole or {f"{each}.npy" for each in arrays} != set(stored.sizes):
        raise Refused(f"its step {name!r} has learnt other things than a {kind} learns")
    for each in sorted(wanted.keys() | named):
        if each in learnt:
            value = _value(each, from_json(learnt[each]), wanted.get(each), shape)
        else:
            value = _vector(each, stored.read(f"{each}.npy"), shape[0])
        setattr(step, each, value)
    if container != "default":
        step.set_output(transform=container)
    return name, step, {f"{prefix}{each}.npy" for each in arrays}


def _value(name: str, given: Any, blank: Any, shape: tuple[int, ...]) -> Any:
    """Return what a step has learnt that is no array of numbers."""
    if name == "feature_names_in_":
        if isinstance(given, list) and all(isinstance(each, str) for each in given):
            names = np.array(given, dtype=object)
            if len(names) == shape[0]:
                return names
    elif name == "image_shape_" and given == shape:
        return shape
    elif name == "n_features_in_" and given == shape[0]:
        return shape[0]
    elif name == SAMPLES and type(given) in (int, float) and 0 < given < 2**53:
        return type(blank)(given)
    elif given is None and blank is None:
        return None
    raise Refused(f"{name!r} in its JSON is {str(given)[:80]!r}, which does not fit its network")


def _vector(name: str, content: bytes, n: int) -> np.ndarray:
    """Return one number for each feature."""
    found = read_vector(f"{name}.npy", content, kinds="iuf" if name == SAMPLES else "f")
    low = {"scale_": np.nextafter(0, 1), "var_": 0.0, SAMPLES: 0.0}.get(name, -np.inf)
    if len(found) != n or not np.isfinite(found).all() or (found < low).any():
        raise Refused(f"{name!r} of a step does not hold {n} numbers that are in bounds")
    return found
