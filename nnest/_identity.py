"""What a thing is, as text: versions, settings and data, and their digests.

An estimator is written down in three forms, for three readers. Each has digests or studies that
stand on it, so none may change:

- a record (:func:`to_plain`) keeps every parameter, so that a reader sees them all;
- the digest of a declared training (`nnest.experiments.describe`) leaves out what is None, so that
  a new parameter makes no record stale, and what has no part in training;
- a study (`nnest.search`) leaves out what has its default, so that a newer version goes on with it.
"""

from __future__ import annotations

import hashlib
import json
import math
import platform
from collections.abc import Iterable, Mapping
from importlib import metadata
from typing import Any

__all__ = [
    "canonical_json",
    "data_digest",
    "digest_of",
    "installed_versions",
    "own_parameters",
    "to_plain",
    "versions",
]

#: Distributions that decide the numbers of every training.
_DECISIVE = ("nnest-estimators", "keras", "jax", "numpy", "scikit-learn")


def versions(names: Iterable[str]) -> dict[str, str]:
    """Return the installed versions of distributions, without importing them.

    Parameters
    ----------
    names : iterable of str
        Names of distributions.

    Returns
    -------
    dict of str to str
        The version of each that is installed; the others are left out.

    Examples
    --------
    >>> sorted(versions(["numpy", "no-such-distribution"]))
    ['numpy']
    """
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def installed_versions(*more: str) -> dict[str, str]:
    """Return the versions of Python and of what decides the numbers of a training.

    Parameters
    ----------
    *more : str
        Further distributions that matter.

    Returns
    -------
    dict of str to str
        The version of each that is installed, "python" first.

    Examples
    --------
    >>> from nnest._identity import installed_versions
    >>> list(installed_versions("optuna"))[0]
    'python'
    """
    return {"python": platform.python_version(), **versions((*_DECISIVE, *more))}


def own_parameters(value: Any) -> dict[str, Any]:
    """Return the parameters of an estimator by name, in the order of the names.

    Parameters
    ----------
    value : object
        Anything with `get_params`; parameters of what it holds are not among them.

    Returns
    -------
    dict of str to object
        The parameters.

    Examples
    --------
    >>> from sklearn.preprocessing import Binarizer
    >>> from nnest._identity import own_parameters
    >>> own_parameters(Binarizer(threshold=0.5))
    {'copy': True, 'threshold': 0.5}
    """
    return dict(sorted(value.get_params(deep=False).items()))


def to_plain(value: Any, *, name: str = "value") -> Any:
    """Return a value as what JSON can hold, the same for equal settings.

    Parameters
    ----------
    value : object
        A number, string, None, or lists, tuples, mappings and arrays of them. An object with
        ``get_params`` (an estimator, a pipeline) becomes a mapping of its class and parameters.
    name : str, default="value"
        What the value is called in an error.

    Returns
    -------
    object
        Lists for tuples and arrays, Python's numbers for NumPy's, strings for integer keys.

    Raises
    ------
    TypeError
        If a value or key is of another type.
    ValueError
        If a number is not finite, or two keys become one.

    Examples
    --------
    >>> to_plain({"filters": (32, 64), "class_weight": {0: 1.0, 1: 2.0}})
    {'filters': [32, 64], 'class_weight': {'0': 1.0, '1': 2.0}}
    """
    if hasattr(value, "tolist"):
        value = value.tolist()
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{name} is {value!r}, but JSON holds only finite numbers.")
        return value
    if isinstance(value, (list, tuple)):
        return [to_plain(item, name=f"{name}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, Mapping):
        return _plain_mapping(value, name)
    if hasattr(value, "get_params") and not isinstance(value, type):
        kind = type(value)
        settings = to_plain(own_parameters(value), name=name)
        return {"class": f"{kind.__module__}.{kind.__qualname__}", "parameters": settings}
    raise TypeError(
        f"{name} is of type {type(value).__name__}, but a record holds numbers, strings, None, "
        "lists and mappings of them, and objects with get_params."
    )


def digest_of(settings: Mapping[str, Any]) -> str:
    """Return the fingerprint of settings.

    Parameters
    ----------
    settings : mapping
        Whatever `to_plain` takes.

    Returns
    -------
    str
        The SHA-256 of their canonical JSON as 64 hexadecimal digits; the order of keys does not
        matter, nor does it matter whether a sequence is a list or a tuple.

    Raises
    ------
    TypeError
        If a value is of a type that JSON does not know.
    ValueError
        If a number is not finite.

    Examples
    --------
    >>> digest_of({"epochs": 5, "filters": (8,)}) == digest_of({"filters": [8], "epochs": 5})
    True
    """
    return hashlib.sha256(canonical_json(to_plain(settings, name="settings")).encode()).hexdigest()


def canonical_json(plain: Any) -> str:
    """Return the one JSON text of a plain value: keys sorted, no spaces, floats by repr."""
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False)


def data_digest(*arrays: Any) -> str:
    """Return the fingerprint of samples, targets and weights.

    Parameters
    ----------
    *arrays : array-like, sparse matrix or None
        Whatever holds numbers or objects. The type and the shape of an array count too; of a sparse
        matrix its three parts count.

    Returns
    -------
    str
        The SHA-256 as 64 hexadecimal digits.

    Examples
    --------
    >>> from nnest._identity import data_digest
    >>> data_digest([1, 2]) == data_digest([1, 2]) != data_digest([[1, 2]])
    True
    """
    digest = hashlib.sha256()
    for each in arrays:
        _take(digest, each)
    return digest.hexdigest()


def _plain_mapping(mapping: Mapping[Any, Any], name: str) -> dict[str, Any]:
    """Return a mapping as plain values under strings."""
    plain: dict[str, Any] = {}
    for key, value in mapping.items():
        key = key.item() if hasattr(key, "item") else key
        if not isinstance(key, (str, int)):
            raise TypeError(f"{name} has the key {key!r}, but keys are strings or integers.")
        if str(key) in plain:
            raise ValueError(f"{name} has the key {key!r} both as a string and as a number.")
        plain[str(key)] = to_plain(value, name=f"{name}[{key!r}]")
    return plain


def _take(digest: Any, array: Any) -> None:
    """Add one array, list or table to a digest."""
    import numpy as np
    from scipy.sparse import issparse

    if array is None:
        digest.update(b"none")
        return
    if issparse(array):
        rows = array.tocsr()
        for part in (rows.data, rows.indices, rows.indptr):
            _take(digest, part)
        return
    plain = np.ascontiguousarray(np.asarray(array))
    digest.update(f"{plain.dtype.str} {plain.shape} ".encode())
    if plain.dtype.hasobject:
        digest.update(repr(plain.tolist()).encode())
    else:
        digest.update(plain.reshape(-1).view(np.uint8).data if plain.size else b"")
