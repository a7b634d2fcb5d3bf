"""``nnest explain``."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from nnest.cli._scaling import SCALES
from nnest.exceptions import ExportError

__all__ = ["add_explain"]


def add_explain(parser: argparse.ArgumentParser) -> None:
    """Declare ``nnest explain``."""
    parser.description = (
        "Write one HTML page about a saved classifier: its layers and weights, and for each image"
        " what every layer computes from it and which pixels matter; also the confusion matrix. The"
        " page holds the network and the images, and runs in any browser without other files."
    )
    parser.add_argument("model", metavar="MODEL", help="a file or folder of nnest.save")
    parser.add_argument(
        "images",
        nargs="?",
        metavar="IMAGES",
        help="an .npz file with X and y, a folder with a folder of pictures for each class, or "
        "the training part of a data set. Without it, the page shows layers and weights only",
    )
    parser.add_argument(
        "--output", metavar="PAGE.html", help="default: the name of MODEL, ending in .html"
    )
    parser.add_argument(
        "--scale",
        choices=SCALES,
        default="auto",
        help="of the numbers in X, as in training: auto (default: pictures to 0...1, and nothing "
        "before a pipeline), none, 255 (divide), standard (mean 0, variance 1 over all samples)",
    )
    parser.add_argument("--samples", type=int, metavar="N", help="use only N, stratified by class")
    parser.add_argument("--seed", type=int, metavar="N", default=0, help="of --samples; default: 0")
    parser.set_defaults(command=_explain)


def _explain(parsed: argparse.Namespace) -> int:
    """Run ``nnest explain``."""
    from nnest.explain import write_page
    from nnest.persistence import load

    page = Path(parsed.output or f"{Path(parsed.model).stem}.html")
    if page.suffix != ".html":
        raise ExportError(f"{page} does not end in .html: give a name as net.html.")
    try:
        model = load(parsed.model)
        write_page(model, page, **_images(parsed, model) if parsed.images else {})
    except BrokenPipeError:  # the output has no reader any more
        raise
    except (OSError, ValueError, TypeError) as error:  # each says what to do
        raise ExportError(str(error)) from error
    print(f"{page}: {page.stat().st_size / 1e6:.2f} MB; open it in a browser.")
    return 0


def _images(parsed: argparse.Namespace, model: Any) -> dict[str, Any]:
    """Return images in the form of the model, their labels, and names for what has numbers."""
    import numpy as np

    from nnest.cli._tune_data import is_path, load_samples, subset
    from nnest.estimators import CNNClassifier, FitState
    from nnest.persistence import check_estimator, network_of

    network = network_of(model)
    check_estimator(network)
    source, form = parsed.images, FitState.of(network).sample_shape
    is_folder = is_path(source) and Path(source).is_dir()
    if is_folder and (len(form) == 1 or form[2:] not in ((), (1,), (3,))):
        raise ExportError(
            f"{parsed.model} takes samples of shape {form}, and {source} is a folder of pictures: "
            "give an .npz file with X of that shape."
        )
    size = f"{form[0]}x{form[1]}" if is_folder else None
    color = ("rgb" if form[2:] == (3,) else "gray") if is_folder else None
    # A pipeline has its own scale for the numbers.
    scale = "none" if parsed.scale == "auto" and network is not model else parsed.scale
    given = load_samples(source, scale, isinstance(network, CNNClassifier), size, color)
    print(f"nnest: X of {source}: {given.done}.")
    if not is_folder:
        samples = subset(given, parsed.samples, parsed.seed)
        return {"X": samples.X, "y": samples.y}
    # Whoever trains on what `load_image_folder` returns has places of sorted names as labels.
    names, places = np.unique(given.y, return_inverse=True)
    numbered = np.array_equal(network.classes_, np.arange(len(names)))
    samples = subset(replace(given, y=places) if numbered else given, parsed.samples, parsed.seed)
    X = samples.X.reshape(len(samples.X), *form)
    return {"X": X, "y": samples.y, "class_names": names if numbered else None}
