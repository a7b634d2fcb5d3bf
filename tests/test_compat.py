"""Each private name of a library that is gone is said in one sentence, and nothing goes on."""

from __future__ import annotations

import importlib.util
import re
from importlib import import_module, metadata
from operator import attrgetter
from types import ModuleType
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from nnest._compat import keras as keras_names
from nnest._compat.sklearn import score_function
from nnest.builders import build_cnn, build_mlp
from nnest.exceptions import CompatibilityError, NnestError
from nnest.optimizers import RMSprop

SKLEARN = "scikit-learn>=1.9,<1.10"
KERAS = "keras>=3.15,<3.16"


def load_again(name: str) -> ModuleType:
    """Run a module as another one, so that what others have imported stays as it is."""
    spec = importlib.util.find_spec(name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sentence(tested: str, name: str) -> str:
    """Return what is said of a name that is gone."""
    package = tested.partition(">")[0]
    return (
        f"{package} {metadata.version(package)} has no {name}, which nnest needs: install "
        f"'{tested}', or a newer nnest."
    )


def hide(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """Take a name away from a module, or from a class and its bases."""
    module, name = path.split(":")
    *owner, last = name.split(".")
    of = attrgetter(".".join(owner))(import_module(module)) if owner else import_module(module)
    for each in of.__mro__ if isinstance(of, type) else [of]:
        if last in vars(each):
            monkeypatch.delattr(each, last)


SEARCH = "sklearn.model_selection._search"
SCORING = "sklearn.model_selection._validation"


@pytest.mark.parametrize(
    "path",
    [
        f"{SEARCH}:BaseSearchCV",
        f"{SEARCH}:BaseSearchCV._check_refit_for_multimetric",
        f"{SEARCH}:BaseSearchCV._format_results",
        f"{SEARCH}:BaseSearchCV._get_routed_params_for_fit",
        f"{SEARCH}:BaseSearchCV._get_scorers",
        f"{SEARCH}:BaseSearchCV._init_callback_context",
        f"{SEARCH}:BaseSearchCV._parameter_constraints",
        f"{SEARCH}:BaseSearchCV._select_best_index",
        f"{SEARCH}:GridSearchCV._run_search",
        f"{SCORING}:_insert_error_scores",
        f"{SCORING}:_score",
        f"{SCORING}:_warn_or_raise_about_fit_failures",
        "sklearn.base:_fit_context",
        "sklearn.utils:_safe_indexing",
        "sklearn.utils._param_validation:Interval",
        "sklearn.utils._param_validation:StrOptions",
        "sklearn.utils._set_output:_get_output_config",
        "sklearn.utils.metaestimators:_safe_split",
        "sklearn.utils.validation:_check_method_params",
        "sklearn.utils.validation:_check_sample_weight",
        "sklearn.utils.validation:_num_samples",
    ],
)
def test_a_name_of_scikit_learn_that_is_gone_is_said(
    monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """The sentence comes with the import of a search or an estimator."""
    hide(monkeypatch, path)

    wanted = sentence(SKLEARN, path.replace(":", "."))
    with pytest.raises(CompatibilityError, match=f"^{re.escape(wanted)}$"):
        load_again("nnest._compat.sklearn")


def test_a_metric_without_its_function_is_said() -> None:
    """The sentence comes where a study is opened."""
    wanted = r"has no object\._score_func, which nnest needs to tell metrics apart: install"
    with pytest.raises(CompatibilityError, match=wanted):
        score_function(object())


def test_a_name_of_jax_that_is_gone_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence comes with the import of a model."""
    hide(monkeypatch, "jax._src.xla_bridge:backends_are_initialized")

    wanted = sentence("jax>=0.10,<0.13", "jax._src.xla_bridge.backends_are_initialized")
    with pytest.raises(CompatibilityError, match=f"^{re.escape(wanted)}$"):
        load_again("nnest._compat.jax")


def needs_jax(name: str) -> Any:
    """Mark what only Keras's loop on JAX has."""
    other = keras.backend.backend() != "jax"
    return pytest.param(name, marks=pytest.mark.skipif(other, reason="only on JAX"))


@pytest.mark.parametrize(
    "name",
    [
        "Function._run_through_graph",
        "Model._symbolic_build",
        "Optimizer._get_variable_index",
        "Optimizer._use_weight_decay",
        "layers.BatchNormalization._moments",
        "layers.Layer._build_at_init",
        needs_jax("Model._make_function"),
        needs_jax("Model._update_metrics_variables"),
    ],
)
def test_a_method_of_keras_that_is_gone_is_said(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The sentence comes with the import of a layer or a model, before anything is trained."""
    hide(monkeypatch, f"keras:{name}")

    with pytest.raises(
        CompatibilityError, match=f"^{re.escape(sentence(KERAS, f'keras.{name}'))}$"
    ):
        load_again("nnest._compat.keras")


def without(thing: Any, name: str) -> Any:
    """Return an object after one of its attributes is gone."""
    vars(thing).pop(name)
    return thing


def trained() -> Any:
    """Return a small network with batch normalization after its first batches."""
    model = build_mlp((3,), 2, hidden_units=(4,), batch_norm_at="every")
    model.compile(RMSprop(), "categorical_crossentropy")
    model.fit(
        np.ones((12, 3), "float32"), np.arange(12, dtype="int32") % 2, batch_size=8, verbose=0
    )
    return model


WEIGHT = keras.Variable(1.0)


def rmsprop() -> Any:
    """Return an optimizer that is built."""
    optimizer = RMSprop()
    optimizer.build([WEIGHT])
    return optimizer


@pytest.mark.parametrize(
    ("name", "make", "use"),
    [
        ("_nodes_by_depth", lambda: build_cnn((8, 8, 1), 2), keras_names.graph_nodes),
        ("_called", lambda: build_mlp((3,), 2), keras_names.exportable),
        ("_compile_config", trained, keras_names.compile_config),
        ("_jax_state", trained, keras_names.drop_running_state),
        ("_jax_state_synced", trained, keras_names.drop_running_state),
        ("_velocities", rmsprop, lambda each: keras_names.rmsprop_slots(each, WEIGHT)),
        ("_momentums", rmsprop, lambda each: keras_names.rmsprop_slots(each, WEIGHT)),
    ],
)
def test_an_attribute_of_keras_that_is_gone_is_said(name: str, make: Any, use: Any) -> None:
    """An attribute of an object is looked for where it is used."""
    thing = without(make(), name)

    wanted = sentence(KERAS, f"{type(thing).__name__}.{name}")
    with pytest.raises(CompatibilityError, match=f"^{re.escape(wanted)}$"):
        use(thing)


def test_a_training_does_not_go_on_without_its_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loss of a batch that is filled up would count rows that are no samples."""
    model = without(build_mlp((3,), 2), "_loss_tracker")
    monkeypatch.setattr(type(model), "metrics_variables", [])
    monkeypatch.setattr(type(model), "loss_weight", lambda self: 8.0)

    with pytest.raises(CompatibilityError, match=re.escape(sentence(KERAS, "Model._loss_tracker"))):
        model._update_metrics_variables([], 1.0, None, None, None, None)


def test_a_normalization_does_not_go_on_without_its_axes() -> None:
    """The moments of a batch that is filled up would be over other axes."""
    layer = without(keras_names.BatchNormalization(), "_reduction_axes")

    wanted = sentence(KERAS, "BatchNormalization._reduction_axes")
    with pytest.raises(CompatibilityError, match=re.escape(wanted)):
        layer._moments(np.ones((2, 3), "float32"), None)


def test_the_error_is_one_of_nnest_and_of_imports() -> None:
    """Who catches either of them catches it."""
    assert issubclass(CompatibilityError, NnestError)
    assert issubclass(CompatibilityError, ImportError)


def test_constraints_are_those_of_the_class() -> None:
    """A search accepts what scikit-learn's accepts, but for what is left out."""
    from nnest._compat.sklearn import parameter_constraints

    kept = parameter_constraints(GridSearchCV, "pre_dispatch")

    assert {*GridSearchCV._parameter_constraints} - {*kept} == {"pre_dispatch"}
