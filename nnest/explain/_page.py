"""The page: one HTML file that holds the network, the images and the program that runs both."""

from __future__ import annotations

import html
import json
import os
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nnest._storage import replacing, writing
from nnest._validation import shortened
from nnest.explain._layers import encoded, image_shape, layer_rows
from nnest.persistence import check_estimator, network_of, transformers_of
from nnest.preprocessing import GaussianBlur, PixelScaler

__all__ = ["write_page"]

#: Weights of the largest network, and numbers of all images together: 8 MB and 16 MB as float32.
MOST_WEIGHTS, MOST_NUMBERS = 2_000_000, 4_000_000


def write_page(
    estimator: Any,
    path: str | os.PathLike[str],
    X: ArrayLike | None = None,
    y: ArrayLike | None = None,
    *,
    class_names: Sequence[str] | None = None,
) -> None:
    """Write one HTML page about a fitted classifier, which runs the network in the browser.

    The page shows the layers with shapes and numbers of parameters, and the weights as pictures.
    For a chosen image it shows what every layer makes of it, and which pixels matter (the gradient,
    and occlusion by a gray patch). The confusion matrix leads to the images behind each cell.

    Parameters
    ----------
    estimator : estimator or sklearn.pipeline.Pipeline
        A fitted `MLPClassifier` or `CNNClassifier` of at most two million parameters, or a fitted
        pipeline of `PixelScaler` and `GaussianBlur` steps that ends in one.
    path : str or os.PathLike
        The file. One that is there already is replaced once the new one is whole.
    X : array-like of shape (n, ...), default=None
        Images, as `predict` takes them: at most four million numbers. None shows layers and weights
        only.
    y : array-like of shape (n,), default=None
        Labels of the images; None leaves out the confusion matrix.
    class_names : sequence of str, default=None
        What is shown instead of the labels, in the order of `classes_`.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If it, or a step before it, is not one of those above.
    ValueError
        If the network or the images are too large, the page cannot compute a layer, or images,
        labels or names do not fit the network. Nothing is written then.
    OSError
        If the file cannot be written.

    Notes
    -----
    The file needs no network and no other file. It holds the weights and the images as float32:
    whoever has the page has both. Its numbers agree with Keras's to 1e-4 where the network computes
    in float32.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> from nnest import MLPClassifier
    >>> from nnest.explain import write_page
    >>> X, y = np.eye(4), list("abab")
    >>> net = MLPClassifier(epochs=1, random_state=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_page(net, f"{folder}/net.html", X, y)
    ...     page = pathlib.Path(folder, "net.html").read_text(encoding="utf-8")
    >>> page.startswith("<!doctype html>")
    True
    """
    steps = transformers_of(estimator, "give the network alone", (PixelScaler, GaussianBlur))
    network = network_of(estimator)
    _check_network(network)
    classes = [str(label) for label in network.classes_.tolist()]
    data = {
        "kind": type(network).__name__,
        "classes": classes if class_names is None else _names(class_names, len(classes)),
        "layers": layer_rows(steps, network),
        **_images(estimator, X, y, classes, image_shape(steps, network)),
    }
    path = Path(path)
    with writing(path.parent, "make room there, or give another path."), replacing(path) as file:
        file.write(_filled(data).encode())


def _check_network(network: Any) -> None:
    """Raise unless it is a fitted classifier that a page can hold."""
    check_estimator(network)
    if not hasattr(network, "classes_"):
        raise TypeError(
            f"{type(network).__name__} is not accepted: give a fitted MLPClassifier or "
            "CNNClassifier."
        )
    n = network.model_.count_params()
    if n > MOST_WEIGHTS:
        raise ValueError(
            f"This {type(network).__name__} has {n:,} parameters, and a page holds at most "
            f"{MOST_WEIGHTS:,}: give a smaller network."
        )


def _images(
    estimator: Any, X: Any, y: Any, classes: list[str], shape: tuple[int, int, int]
) -> dict[str, Any]:
    """Return the images with what the network predicts and the labels, as places of classes."""
    if X is None:
        if y is not None:
            raise ValueError("y has labels, but X is None: give the images too.")
        return {"n": 0, "images": "", "predicted": [], "truth": None}
    n = np.size(X)
    if n > MOST_NUMBERS:
        raise ValueError(
            f"X has {n:,} numbers in {len(np.asarray(X))} images, and a page holds at most "
            f"{MOST_NUMBERS:,}: give at most {MOST_NUMBERS // int(np.prod(shape))} images."
        )
    predicted = estimator.predict_proba(X).argmax(axis=1)
    images = np.asarray(X, np.float32).reshape(-1, *shape)
    return {
        "n": len(images),
        "images": encoded(images),
        "predicted": predicted.tolist(),
        "truth": None if y is None else _places(y, classes, len(images)),
    }


def _names(class_names: Sequence[str], n: int) -> list[str]:
    """Return a name for each class."""
    names = [str(name) for name in class_names]
    if len(names) != n:
        raise ValueError(f"class_names has {len(names)} names: give one for each of {n} classes.")
    return names


def _places(y: Any, classes: list[str], n: int) -> list[int]:
    """Return labels as places of classes."""
    labels = [str(label) for label in np.asarray(y).ravel().tolist()]
    if np.ndim(y) != 1 or len(labels) != n:
        raise ValueError(f"y has shape {np.shape(y)}, but X has {n} images: give a label for each.")
    places = {label: place for place, label in enumerate(classes)}
    unknown = next((label for label in labels if label not in places), None)
    if unknown is not None:
        known = ", ".join(classes)
        raise ValueError(
            shortened(f"y has the label {unknown:.40}, which is no class of the network: {known}.")
        )
    return [places[label] for label in labels]


def _filled(data: dict[str, Any]) -> str:
    """Return the page with its data and its programs.

    Texts of a network or a file may be hostile: no sign of theirs ends the element of the data,
    and the browser runs no script but the two whose digests stand in the page.
    """
    parts = files("nnest.explain")
    page = parts.joinpath("page.html").read_text(encoding="utf-8")
    scripts = [parts.joinpath(f"{each}.js").read_text("utf-8") for each in ("compute", "page")]
    digests = (b64encode(sha256(script.encode()).digest()).decode() for script in scripts)
    texts = {
        "title": html.escape(f"{data['kind']} of {len(data['classes'])} classes"),
        "digests": " ".join(f"'sha256-{digest}'" for digest in digests),
        "data": json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
        "compute": scripts[0],
        "page": scripts[1],
    }
    before, *others = page.split("{{")
    filled = [before]
    for each in others:
        name, behind = each.split("}}", 1)
        filled += [texts[name], behind]
    return "".join(filled)
