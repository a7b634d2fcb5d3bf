"""Where a number came from: digests of settings and sources, versions, state of the checkout."""

from __future__ import annotations

import hashlib
import json
import math
import subprocess
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any


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
        settings = to_plain(value.get_params(deep=False), name=name)
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


def source_digest(package_dir: str | Path) -> str:
    """Return the fingerprint of a package's source.

    Parameters
    ----------
    package_dir : str or pathlib.Path
        The folder of the package.

    Returns
    -------
    str
        The SHA-256, as 64 hexadecimal digits, over the relative paths and contents of all
        files ``*.py`` in it.

    Raises
    ------
    ValueError
        If the folder holds no such file.

    Examples
    --------
    >>> from pathlib import Path
    >>> len(source_digest(Path(__file__).parent))
    64
    """
    folder = Path(package_dir)
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.py")}
    if not files:
        raise ValueError(f"There is no Python file in {str(folder)!r}: name a package's folder.")
    digest = hashlib.sha256()
    for name in sorted(files):
        content = files[name].read_bytes()
        digest.update(f"{len(name)} {name} {len(content)} ".encode() + content)
    return digest.hexdigest()


def git_state(
    folder: str | Path, *, exclude: Iterable[str | Path] = ()
) -> tuple[str | None, bool | None]:
    """Return the commit of the checkout that a folder belongs to, and whether it was changed.

    Parameters
    ----------
    folder : str or pathlib.Path
        A folder in the checkout.
    exclude : iterable of str or pathlib.Path, default=()
        Paths whose changes do not count, such as the folder that the runs are recorded in;
        relative ones start at the root of the checkout.

    Returns
    -------
    commit : str or None
        The commit's hash; None outside of a checkout, in a folder that it ignores (an
        installed package in ``.venv``), before the first commit, and where there is no git.
    dirty : bool or None
        Whether files differ from that commit or are not known to it; None outside of a
        checkout.

    Examples
    --------
    >>> git_state("/")
    (None, None)
    """
    top = _git(folder, "rev-parse", "--show-toplevel")
    if top is None or _git(folder, "check-ignore", "-q", ".") is not None:
        return None, None
    root = Path(top).resolve()
    inside = (_below(root, Path(path)) for path in exclude)
    paths = [f":(top,exclude,literal){path}" for path in inside if path]
    changes = _git(root, "status", "--porcelain", "--", ":(top)", *paths)
    return _git(
        root, "rev-parse", "--verify", "-q", "HEAD"
    ), None if changes is None else changes != ""


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


def canonical_json(plain: Any) -> str:
    """Return the one JSON text of a plain value: keys sorted, no spaces, floats by repr."""
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False)


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


def _git(folder: str | Path, *arguments: str) -> str | None:
    """Return what git prints, or None where it fails or is not installed."""
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _below(root: Path, path: Path) -> str | None:
    """Return a path as seen from the root, or None if it does not lie below it."""
    full = (root / path).resolve()
    return full.relative_to(root).as_posix() if root in full.parents else None
