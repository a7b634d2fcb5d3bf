"""From a fitted estimator, or a pipeline that ends in one, to a file of ONNX."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from nnest._storage import replacing, writing
from nnest.estimators import FitState
from nnest.persistence._onnx_nodes import Graph, NoOnnxFormError
from nnest.persistence._save import check_estimator
from nnest.preprocessing import GaussianBlur, PixelScaler, gaussian_kernel

__all__ = ["blur_matrix", "pipeline_parts", "to_onnx"]

OPSET = 20
IR_VERSION = 10
#: Protobuf, the container of ONNX, ends at 2 GB.
MOST_BYTES = 2_000_000_000
PROBES = 64


def to_onnx(estimator: Any, path: str | os.PathLike[str]) -> None:
    """Write a fitted network as ONNX, if ONNX Runtime predicts the same with it.

    Parameters
    ----------
    estimator : estimator or sklearn.pipeline.Pipeline
        A fitted `MLPClassifier`, `MLPRegressor`, `CNNClassifier` or `CNNRegressor`, or a fitted
        pipeline of `PixelScaler` and `GaussianBlur` steps that ends in one.
    path : str or os.PathLike
        The file. One that is there already is replaced once the new one is whole.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If it, or a step before it, is not one of those above.
    ValueError
        If a layer has no form in ONNX, or ONNX Runtime predicts something else. Nothing is written
        then.
    ImportError
        If `onnx` or `onnxruntime` is not installed: ``pip install "nnest-estimators[onnx]"``.
    OSError
        If the file cannot be written.

    Notes
    -----
    The file takes samples ``X`` of type float32, in the shape that `fit` saw: (n, ...). A
    classifier's file returns ``label``, of shape (n,), and ``probabilities``, of shape
    (n, n_classes); a regressor's file returns ``prediction``, in the shape that `predict` returns.
    What only training has (dropout, penalties, augmentation but for its central window) is left
    out. The file is written for version 20 of ONNX's operators. Before it is written, ONNX Runtime
    runs it on random samples: probabilities agree to 1e-5, predictions of a regressor to 1e-4 of
    the largest one.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from nnest import MLPClassifier
    >>> from nnest.persistence import to_onnx
    >>> net = MLPClassifier(epochs=1, random_state=0).fit(np.eye(4), list("abab"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     to_onnx(net, f"{folder}/net.onnx")
    ...     from onnxruntime import InferenceSession
    ...     session = InferenceSession(f"{folder}/net.onnx")
    ...     label, probabilities = session.run(None, {"X": np.eye(4, dtype="float32")})
    >>> bool((label == net.predict(np.eye(4))).all())
    True
    """
    steps, network = pipeline_parts(estimator)
    check_estimator(network)
    onnx, _ = _libraries()
    try:
        content = _content(onnx, steps, network)
    except NoOnnxFormError as error:
        raise ValueError(
            f"This {type(network).__name__} has no form in ONNX: {error}; use to_keras, or a layer "
            "that ONNX has."
        ) from error
    _check_agreement(content, estimator, steps, network)
    path = Path(path)
    with writing(path.parent, "make room there, or give another path."), replacing(path) as file:
        file.write(content)


def pipeline_parts(estimator: Any) -> tuple[list[Any], Any]:
    """Return the transformers and the network of a pipeline or of an estimator alone."""
    from sklearn.pipeline import Pipeline

    if not isinstance(estimator, Pipeline):
        return [], estimator
    *steps, network = (step for _, step in estimator.steps)
    steps = [step for step in steps if step not in (None, "passthrough")]
    for step in steps:
        if not isinstance(step, PixelScaler | GaussianBlur):
            raise TypeError(
                f"A pipeline with {type(step).__name__} is not accepted: give one of PixelScaler "
                "and GaussianBlur steps that ends in a network, or the network alone."
            )
    return steps, network


def _libraries() -> tuple[Any, Any]:
    """Return the two packages that are not installed with nnest."""
    try:
        import onnx
        import onnxruntime
    except ImportError as error:
        raise ImportError(
            f"ONNX files need the package {error.name!r}, which is not installed: "
            'pip install "nnest-estimators[onnx]".'
        ) from error
    return onnx, onnxruntime


def _content(onnx: Any, steps: list[Any], network: Any) -> bytes:
    """Return the bytes of the file."""
    graph, x, sample_shape = Graph(onnx), "X", FitState.of(network).sample_shape
    for step in steps:
        x = _transformed(graph, x, step, sample_shape)
    model = network.model_
    x = graph.reshape(x, (-1, *model.input.shape[1:]))
    outputs = _outputs(graph, graph.network(x, model), network)
    sample = ["n", *sample_shape]
    given = onnx.helper.make_tensor_value_info("X", onnx.TensorProto.FLOAT, sample)
    made = onnx.helper.make_model(
        onnx.helper.make_graph(graph.nodes, "nnest", [given], outputs, graph.constants),
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="nnest",
    )
    if made.ByteSize() > MOST_BYTES:
        raise NoOnnxFormError(f"it has {made.ByteSize() / 1e9:.1f} GB, and a file holds 2 GB")
    onnx.checker.check_model(made, full_check=True)
    content: bytes = made.SerializeToString()
    return content


def _transformed(graph: Graph, x: str, step: Any, shape: tuple[int, ...]) -> str:
    """Add a step of a pipeline."""
    if isinstance(step, PixelScaler):
        x = graph.add("Div", x, graph.constant(np.float32(step.maximum)))
        return graph.add("Mul", x, graph.constant(np.float32(step.factor)))
    side = math.isqrt(int(np.prod(shape)))
    rows_first = shape if len(shape) > 1 else (step.image_shape or (side, side))
    height, width, *_ = rows_first
    # An image with channels is (n, height, width, c); one without gets a last axis of one.
    channels = int(np.prod(shape)) // (height * width)
    rows, columns = (blur_matrix(step, side) for side in (height, width))
    x = graph.reshape(x, (-1, height, width * channels))
    x = graph.add("MatMul", graph.constant(rows), x)
    x = graph.reshape(x, (-1, width, channels))
    x = graph.add("MatMul", graph.constant(columns), x)
    return graph.reshape(x, (-1, *shape))


def blur_matrix(step: GaussianBlur, side: int) -> np.ndarray:
    """Return the matrix that blurs an axis; a border rule is a part of it."""
    from scipy.ndimage import correlate1d

    kernel = gaussian_kernel(step.size, step.sigma, normalize=step.normalize)
    profile = kernel[step.size // 2] / np.sqrt(kernel[step.size // 2, step.size // 2])
    matrix: np.ndarray = correlate1d(np.eye(side), profile, axis=0, mode=step.mode)
    return matrix.astype(np.float32)


def _outputs(graph: Graph, x: str, network: Any) -> list[Any]:
    """Name the outputs, and return what the file says about them."""
    helper, types = graph.onnx.helper, graph.onnx.TensorProto
    if not hasattr(network, "classes_"):
        shape = FitState.of(network).target_shape or ()
        graph.rename(graph.reshape(x, (-1, *shape)), "prediction")
        return [helper.make_tensor_value_info("prediction", types.FLOAT, ["n", *shape])]
    classes = np.asarray(network.classes_)
    if classes.dtype.kind in "iu":
        classes = classes.astype(np.int64)
    elif classes.dtype.kind not in "bf":
        classes = classes.astype(str).astype(object)
    graph.rename(x, "probabilities")
    place = graph.add("ArgMax", "probabilities", axis=-1, keepdims=0)
    graph.rename(graph.add("Gather", graph.constant(classes), place), "label")
    kind = helper.np_dtype_to_tensor_dtype(classes.dtype)
    return [
        helper.make_tensor_value_info("label", kind, ["n"]),
        helper.make_tensor_value_info("probabilities", types.FLOAT, ["n", len(classes)]),
    ]


def _check_agreement(content: bytes, estimator: Any, steps: list[Any], network: Any) -> None:
    """Raise if ONNX Runtime predicts something else on random samples."""
    _, onnxruntime = _libraries()
    scale = next((step.maximum for step in steps if isinstance(step, PixelScaler)), 1.0)
    rng, sample_shape = np.random.default_rng(0), FitState.of(network).sample_shape
    X = rng.uniform(-scale, scale, (PROBES, *sample_shape)).astype(np.float32)
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    found = session.run(None, {"X": X})[-1]
    classifies = hasattr(network, "classes_")
    wanted = estimator.predict_proba(X) if classifies else estimator.predict(X)
    tolerance = 1e-5 if classifies else 1e-4 * max(1e-30, float(np.abs(wanted).max()))
    difference = float(np.abs(found - wanted).max())
    if not difference <= tolerance:
        raise ValueError(
            f"ONNX Runtime {onnxruntime.__version__} predicts numbers up to {difference:.2g} away "
            f"from this {type(network).__name__}, more than {tolerance:.2g}: the file was not "
            "written."
        )
