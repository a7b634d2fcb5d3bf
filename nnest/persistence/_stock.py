"""From a fitted estimator to a model of Keras's own layers."""

from __future__ import annotations

from typing import Any

import keras

from nnest._compat.keras import exportable
from nnest.augmentation import Augment
from nnest.layers import Dropout
from nnest.optimizers import plain
from nnest.persistence._save import check_estimator

__all__ = ["to_keras"]


def to_keras(estimator: Any) -> keras.Model:
    """Return a copy of the network that is made of Keras's own layers alone.

    Parameters
    ----------
    estimator : MLPClassifier, MLPRegressor, CNNClassifier or CNNRegressor
        A fitted estimator.

    Returns
    -------
    keras.Model
        A compiled functional model with the same outputs and the same loss, whose ``.keras`` file
        loads where this package is not installed. For classifiers it takes the places of labels
        in `classes_` as targets.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If it is no estimator of this package.

    Notes
    -----
    Rates, penalties and the learning rate are constants of the model, as they are now. Of an
    augmentation the central window is left, and label smoothing is left out; evaluation and
    prediction have neither. The optimizer starts anew.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest import MLPClassifier
    >>> from nnest.persistence import to_keras
    >>> net = MLPClassifier(epochs=1, l2=0.01, random_state=0).fit(np.eye(4), list("abab"))
    >>> model = to_keras(net)
    >>> model.get_layer("hidden_1").kernel_regularizer.get_config()
    {'l1': 0.0, 'l2': 0.01}
    >>> bool(np.allclose(model.predict(np.eye(4), verbose=0), net.predict_proba(np.eye(4))))
    True
    """
    check_estimator(estimator)
    model = estimator.model_
    copy = keras.models.clone_model(model, clone_function=_stock_layer)
    stock = keras.Model(copy.inputs, copy.outputs, name=model.name)  # a copy is of our class
    exportable(stock)
    for layer in model.layers:
        stock.get_layer(layer.name).set_weights(layer.get_weights())
    classifies = hasattr(estimator, "classes_")
    stock.compile(
        optimizer=plain(model.optimizer),
        loss="sparse_categorical_crossentropy" if classifies else "mean_squared_error",
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")] if classifies else [],
    )
    return stock


def _stock_layer(layer: Any) -> Any:
    """Return Keras's own layer that does what a layer of this package does."""
    if isinstance(layer, Augment):
        return _central_window(layer)
    config = layer.get_config()
    if isinstance(layer, Dropout):
        return keras.layers.Dropout.from_config(config)
    original: Any = next(c for c in type(layer).__mro__ if c.__module__.startswith("keras."))
    traced = {name: config.pop(name) for name in getattr(layer, "traced", ())}
    if any(traced.get(name) for name in ("l1", "l2")):
        config["kernel_regularizer"] = keras.regularizers.L1L2(traced["l1"], traced["l2"])
    return original.from_config(config)


def _central_window(layer: Any) -> Any:
    """Return the layer that leaves of an image what prediction looks at."""
    (_, height, width, _), (_, rows, columns, _) = layer.input.shape, layer.output.shape
    top, left = (height - rows) // 2, (width - columns) // 2
    margins = ((top, height - rows - top), (left, width - columns - left))
    if not any(map(any, margins)):
        return keras.layers.Identity(name=layer.name)
    return keras.layers.Cropping2D(margins, name=layer.name)
