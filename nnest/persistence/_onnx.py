"""From a fitted network, a pipeline that ends in one, or an ensemble to a file of ONNX."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from nnest._storage import replacing, writing
from nnest.ensembles import LEAST_PROBABILITY, Ensemble
from nnest.estimators import FitState
from nnest.persistence._onnx_nodes import Graph, NoOnnxFormError
from nnest.persistence._onnx_steps import add_step, before
from nnest.persistence._pipeline import network_of, transformers_of
from nnest.persistence._save import check_estimator

__all__ = ["to_onnx"]

OPSET = 20
IR_VERSION = 10
#: Protobuf, the container of ONNX, ends at 2 GB.
MOST_BYTES = 2_000_000_000
PROBES = 64


@dataclass(frozen=True)
class Member:
    """A network, how much it counts, the steps before it, and the shape of a sample."""

    weight: float
    steps: list[Any]
    network: Any
    shape: tuple[int, ...]


def to_onnx(estimator: Any, path: str | os.PathLike[str]) -> None:
    """Write a fitted network as ONNX, if ONNX Runtime predicts the same with it.

    Parameters
    ----------
    estimator : estimator, sklearn.pipeline.Pipeline or Ensemble
        A fitted `MLPClassifier`, `MLPRegressor`, `CNNClassifier` or `CNNRegressor`; a fitted
        pipeline that ends in one, after steps of the kinds `PixelScaler`, `GaussianBlur`,
        `StandardScaler`, `MinMaxScaler`, `MaxAbsScaler` and `RobustScaler`; or a fitted `Ensemble`
        of these.
    path : str or os.PathLike
        The file. One that is there already is replaced once the new one is whole.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If it, a step before it, or a member is not one of those above.
    ValueError
        If a layer has no form in ONNX, the members of an ensemble take samples of several shapes,
        or ONNX Runtime predicts something else. Nothing is written then.
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
    out. An ensemble's file answers with the weighted mean of its members, and with its
    temperature; sets and intervals are left out. The file is written for version 20 of ONNX's
    operators. Before it is written, ONNX Runtime runs it on random samples: probabilities agree to
    1e-5, predictions of a regressor to 1e-4 of the largest one.

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
    members = _members(estimator)
    onnx, _ = _libraries()
    try:
        content = _content(onnx, estimator, members)
    except NoOnnxFormError as error:
        raise ValueError(
            f"This {type(network_of(estimator)).__name__} has no form in ONNX: {error}; use "
            "to_keras, or a layer that ONNX has."
        ) from error
    _check_agreement(content, estimator, members)
    path = Path(path)
    with writing(path.parent, "make room there, or give another path."), replacing(path) as file:
        file.write(content)


def _members(estimator: Any) -> list[Member]:
    """Return what answers in an estimator: one of an estimator alone."""
    pairs = [(1.0, estimator)]
    if isinstance(estimator, Ensemble):
        check_is_fitted(estimator)
        pairs = list(zip(estimator.weights_.tolist(), estimator.estimators_, strict=True))
    members = []
    for weight, each in pairs:
        network, steps = network_of(each), transformers_of(each, "export the network alone")
        check_estimator(network)
        if weight > 0:
            members.append(Member(weight, steps, network, FitState.of(network).sample_shape))
    shapes = {member.shape for member in members}
    if len(shapes) > 1:
        raise ValueError(
            f"The members of this Ensemble were fitted to samples of the shapes {sorted(shapes)}, "
            "and a file takes one shape: fit all of them to the same samples."
        )
    return members


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


def _content(onnx: Any, estimator: Any, members: list[Member]) -> bytes:
    """Return the bytes of the file."""
    graph = Graph(onnx)
    answers = [_answer(graph, member) for member in members]
    x = _mean(graph, answers, members, estimator) if isinstance(estimator, Ensemble) else answers[0]
    outputs = _outputs(graph, x, estimator, members[0].network)
    given = onnx.helper.make_tensor_value_info(
        "X", onnx.TensorProto.FLOAT, ["n", *members[0].shape]
    )
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


def _answer(graph: Graph, member: Member) -> str:
    """Add a network and the steps before it."""
    x = "X"
    for step in member.steps:
        x = add_step(graph, x, step, member.shape)
    model = member.network.model_
    return graph.network(graph.reshape(x, (-1, *model.input.shape[1:])), model)


def _mean(graph: Graph, answers: list[str], members: list[Member], ensemble: Any) -> str:
    """Add the weighted mean of what the members answer, and what calibration makes of it."""
    terms = []
    for x, member in zip(answers, members, strict=True):
        own = getattr(member.network, "classes_", ())
        if len(own) < len(getattr(ensemble, "classes_", ())):
            places = np.equal.outer(own, ensemble.classes_).astype(np.float32)
            x = graph.add("MatMul", x, graph.constant(places))
        terms.append(graph.add("Mul", x, graph.constant(np.float32(member.weight))))
    x = graph.add("Sum", *terms)
    if ensemble.temperature_ == 1:
        return x
    x = graph.add("Log", graph.add("Max", x, graph.constant(np.float32(LEAST_PROBABILITY))))
    x = graph.add("Div", x, graph.constant(np.float32(ensemble.temperature_)))
    return graph.add("Softmax", x, axis=-1)


def _outputs(graph: Graph, x: str, estimator: Any, network: Any) -> list[Any]:
    """Name the outputs, and return what the file says about them."""
    helper, types = graph.onnx.helper, graph.onnx.TensorProto
    if not hasattr(network, "classes_"):
        shape = FitState.of(network).target_shape or ()
        graph.rename(graph.reshape(x, (-1, *shape)), "prediction")
        return [helper.make_tensor_value_info("prediction", types.FLOAT, ["n", *shape])]
    classes = np.asarray((estimator if isinstance(estimator, Ensemble) else network).classes_)
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


def _check_agreement(content: bytes, estimator: Any, members: list[Member]) -> None:
    """Raise if ONNX Runtime predicts something else on random samples."""
    _, onnxruntime = _libraries()
    rng, name = np.random.default_rng(0), type(network_of(estimator)).__name__
    X = before(members[0].steps, rng.uniform(-1, 1, (PROBES, *members[0].shape)))
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    found = session.run(None, {"X": X})[-1]
    classifies = hasattr(members[0].network, "classes_")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # columns have no names here
        wanted = estimator.predict_proba(X) if classifies else estimator.predict(X)
    tolerance = 1e-5 if classifies else 1e-4 * max(1e-30, float(np.abs(wanted).max()))
    difference = float(np.abs(found - wanted).max())
    if not difference <= tolerance:
        raise ValueError(
            f"ONNX Runtime {onnxruntime.__version__} predicts numbers up to {difference:.2g} away "
            f"from this {name}, more than {tolerance:.2g}: the file was not written."
        )
