"""Multilayer perceptrons with scikit-learn's interface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnest.builders import Initializer, Initializers, build_mlp
from nnest.estimators._targets import Classifier, Regressor

__all__ = ["MLPClassifier", "MLPRegressor"]


class MLPClassifier(Classifier):
    """A multilayer perceptron that classifies.

    Parameters
    ----------
    hidden_units : sequence of int, default=(128,)
        Units of each hidden layer; an empty one is softmax regression.
    activation : str or sequence of str, default="relu"
        Activation of the hidden layers, one for all or one for each.
    dropout : float or sequence of float, default=0.0
        Dropout rate after the hidden layers, one for all or one for each.
    dropout_at : {"every", "first", "last", None}, default="every"
        Which hidden layers have dropout.
    batch_norm_at : {None, "first", "last", "every"}, default=None
        Which hidden layers have batch normalization.
    batch_norm_order : {"before_activation", "after_activation"}, default="before_activation"
        On which side of the activation.
    shortcut : bool, default=False
        Join the input to the output of the last hidden layer.
    l1 : float, default=0.0
        Strength of the penalty on the kernels' absolute values.
    l2 : float, default=0.0
        Strength of the penalty on the kernels' squares.
    kernel_initializer : str or dict, default="glorot_uniform"
        Initial kernels: a name of `keras.initializers` or a Keras configuration.
    bias_initializer : str, dict or tuple, default="zeros"
        Initial biases; or one initializer for each layer, the output's the last.
    label_smoothing : float, default=0.0
        Share of a label's weight that training spreads over all classes, in [0, 1).
    class_weight : dict, "balanced" or None, default=None
        Weight of each class in the loss, by its label, 1.0 for a class that is not named;
        "balanced" makes all classes count alike.
    optimizer : str, default="adam"
        Name of a Keras optimizer.
    learning_rate : float, optional
        Step size; Keras's own for that optimizer if it is None.
    momentum : float, default=0.0
        Momentum of "sgd" and "rmsprop", in [0, 1).
    learning_rate_schedule : {"cosine", "exponential", "one_cycle", "step"}, optional
        How the learning rate changes over all steps of `epochs`; None keeps it. "step" divides it
        at half and at three quarters of the steps; "one_cycle" starts from a 25th of it.
    warmup_fraction : float, optional
        Share of the steps in which the rate rises; None is 0.3 for "one_cycle", else 0.
    final_fraction : float, optional
        Share of the rate at the end; None is 0.01 for "exponential" and "step", else 0.
    weight_decay : float, optional
        Share of all weights, times the rate, that each step takes off; None is the optimizer's own.
    clip_norm : float, optional
        The longest gradient: a longer one, over all weights, is shortened to it.
    batch_size : int, default=32
        Samples in a step.
    epochs : int, default=10
        Passes over the training samples, at most.
    early_stopping : bool, default=False
        Set a part of the training samples aside, stop when its loss does not fall any more, and
        keep the weights of its best epoch.
    n_iter_no_change : int, default=10
        Epochs without a fall after which early stopping stops.
    tol : float, default=1e-4
        What counts as a fall of the loss.
    validation_fraction : float, default=0.1
        Share of the training samples that early stopping sets aside, in
        proportion to the classes.
    callbacks : sequence of keras.callbacks.Callback, optional
        Called during training.
    warm_start : bool, default=False
        Whether `fit` goes on from the weights of the last `fit`.
    random_state : int, RandomState instance or None, default=None
        Decides initial weights, the order of samples, dropout and the validation part.
    verbose : int, default=0
        Whether to show a progress bar.

    Attributes
    ----------
    model_ : keras.Model
        The trained network.
    history_ : dict of str to list of float
        Metrics of each epoch, as Keras computes them while it trains.
    n_iter_ : int
        Number of epochs that ran.
    best_epoch_ : int
        Number of the epoch, from 1, whose weights `model_` has.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        Length of the second axis of `X`.

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV
    >>> from nnest import MLPClassifier
    >>> from nnest.datasets import load_digits
    >>> digits = load_digits()
    >>> net = MLPClassifier(learning_rate=0.01, random_state=0)
    >>> search = GridSearchCV(net, {"dropout": [0.0, 0.2]}, cv=3).fit(digits.data, digits.target)
    >>> bool(search.best_score_ > 0.9)
    True
    """

    _builder = staticmethod(build_mlp)

    def __init__(
        self,
        *,
        hidden_units: Sequence[int] = (128,),
        activation: str | Sequence[str] = "relu",
        dropout: float | Sequence[float] = 0.0,
        dropout_at: str | None = "every",
        batch_norm_at: str | None = None,
        batch_norm_order: str = "before_activation",
        shortcut: bool = False,
        l1: float = 0.0,
        l2: float = 0.0,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializers = "zeros",
        label_smoothing: float = 0.0,
        class_weight: dict[Any, float] | str | None = None,
        optimizer: str = "adam",
        learning_rate: float | None = None,
        momentum: float = 0.0,
        learning_rate_schedule: str | None = None,
        warmup_fraction: float | None = None,
        final_fraction: float | None = None,
        weight_decay: float | None = None,
        clip_norm: float | None = None,
        batch_size: int = 32,
        epochs: int = 10,
        early_stopping: bool = False,
        n_iter_no_change: int = 10,
        tol: float = 1e-4,
        validation_fraction: float = 0.1,
        callbacks: Sequence[Any] | None = None,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.hidden_units = hidden_units
        self.activation = activation
        self.dropout = dropout
        self.dropout_at = dropout_at
        self.batch_norm_at = batch_norm_at
        self.batch_norm_order = batch_norm_order
        self.shortcut = shortcut
        self.l1 = l1
        self.l2 = l2
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.learning_rate_schedule = learning_rate_schedule
        self.warmup_fraction = warmup_fraction
        self.final_fraction = final_fraction
        self.weight_decay = weight_decay
        self.clip_norm = clip_norm
        self.batch_size = batch_size
        self.epochs = epochs
        self.early_stopping = early_stopping
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.validation_fraction = validation_fraction
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose


class MLPRegressor(Regressor):
    """A multilayer perceptron that predicts numbers, with the mean squared error as its loss.

    Parameters
    ----------
    hidden_units : sequence of int, default=(128,)
        Units of each hidden layer; an empty one is linear regression.
    activation : str or sequence of str, default="relu"
        Activation of the hidden layers, one for all or one for each.
    dropout : float or sequence of float, default=0.0
        Dropout rate after the hidden layers, one for all or one for each.
    dropout_at : {"every", "first", "last", None}, default="every"
        Which hidden layers have dropout.
    batch_norm_at : {None, "first", "last", "every"}, default=None
        Which hidden layers have batch normalization.
    batch_norm_order : {"before_activation", "after_activation"}, default="before_activation"
        On which side of the activation.
    shortcut : bool, default=False
        Join the input to the output of the last hidden layer.
    l1 : float, default=0.0
        Strength of the penalty on the kernels' absolute values.
    l2 : float, default=0.0
        Strength of the penalty on the kernels' squares.
    kernel_initializer : str or dict, default="glorot_uniform"
        Initial kernels: a name of `keras.initializers` or a Keras configuration.
    bias_initializer : str, dict or tuple, default="zeros"
        Initial biases; or one initializer for each layer, the output's the last.
    optimizer : str, default="adam"
        Name of a Keras optimizer.
    learning_rate : float, optional
        Step size; Keras's own for that optimizer if it is None.
    momentum : float, default=0.0
        Momentum of "sgd" and "rmsprop", in [0, 1).
    learning_rate_schedule : {"cosine", "exponential", "one_cycle", "step"}, optional
        How the learning rate changes over all steps of `epochs`; None keeps it. "step" divides it
        at half and at three quarters of the steps; "one_cycle" starts from a 25th of it.
    warmup_fraction : float, optional
        Share of the steps in which the rate rises; None is 0.3 for "one_cycle", else 0.
    final_fraction : float, optional
        Share of the rate at the end; None is 0.01 for "exponential" and "step", else 0.
    weight_decay : float, optional
        Share of all weights, times the rate, that each step takes off; None is the optimizer's own.
    clip_norm : float, optional
        The longest gradient: a longer one, over all weights, is shortened to it.
    batch_size : int, default=32
        Samples in a step.
    epochs : int, default=10
        Passes over the training samples, at most.
    early_stopping : bool, default=False
        Set a part of the training samples aside, stop when its loss does not fall any more, and
        keep the weights of its best epoch.
    n_iter_no_change : int, default=10
        Epochs without a fall after which early stopping stops.
    tol : float, default=1e-4
        What counts as a fall of the loss.
    validation_fraction : float, default=0.1
        Share of the training samples that early stopping sets aside.
    callbacks : sequence of keras.callbacks.Callback, optional
        Called during training.
    warm_start : bool, default=False
        Whether `fit` goes on from the weights of the last `fit`.
    random_state : int, RandomState instance or None, default=None
        Decides initial weights, the order of samples, dropout and the validation part.
    verbose : int, default=0
        Whether to show a progress bar.

    Attributes
    ----------
    model_ : keras.Model
        The trained network.
    history_ : dict of str to list of float
        Metrics of each epoch, as Keras computes them while it trains.
    n_iter_ : int
        Number of epochs that ran.
    best_epoch_ : int
        Number of the epoch, from 1, whose weights `model_` has.
    n_features_in_ : int
        Length of the second axis of `X`.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest import MLPRegressor
    >>> X = np.linspace(-1, 1, 64).reshape(-1, 1)
    >>> net = MLPRegressor(epochs=100, learning_rate=0.01, random_state=0).fit(X, X[:, 0] ** 2)
    >>> bool(net.score(X, X[:, 0] ** 2) > 0.9)
    True
    """

    _builder = staticmethod(build_mlp)

    def __init__(
        self,
        *,
        hidden_units: Sequence[int] = (128,),
        activation: str | Sequence[str] = "relu",
        dropout: float | Sequence[float] = 0.0,
        dropout_at: str | None = "every",
        batch_norm_at: str | None = None,
        batch_norm_order: str = "before_activation",
        shortcut: bool = False,
        l1: float = 0.0,
        l2: float = 0.0,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializers = "zeros",
        optimizer: str = "adam",
        learning_rate: float | None = None,
        momentum: float = 0.0,
        learning_rate_schedule: str | None = None,
        warmup_fraction: float | None = None,
        final_fraction: float | None = None,
        weight_decay: float | None = None,
        clip_norm: float | None = None,
        batch_size: int = 32,
        epochs: int = 10,
        early_stopping: bool = False,
        n_iter_no_change: int = 10,
        tol: float = 1e-4,
        validation_fraction: float = 0.1,
        callbacks: Sequence[Any] | None = None,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.hidden_units = hidden_units
        self.activation = activation
        self.dropout = dropout
        self.dropout_at = dropout_at
        self.batch_norm_at = batch_norm_at
        self.batch_norm_order = batch_norm_order
        self.shortcut = shortcut
        self.l1 = l1
        self.l2 = l2
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.learning_rate_schedule = learning_rate_schedule
        self.warmup_fraction = warmup_fraction
        self.final_fraction = final_fraction
        self.weight_decay = weight_decay
        self.clip_norm = clip_norm
        self.batch_size = batch_size
        self.epochs = epochs
        self.early_stopping = early_stopping
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.validation_fraction = validation_fraction
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
