"""A convolutional regressor with scikit-learn's interface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnest.augmentation import Augmentation
from nnest.builders import Initializer, Initializers, build_cnn
from nnest.estimators._targets import Regressor

__all__ = ["CNNRegressor"]


class CNNRegressor(Regressor):
    """A convolutional network that predicts numbers from pictures.

    Its loss is the mean squared error.

    Parameters
    ----------
    filters : sequence of int, default=(32, 64)
        Filters of each convolution; an empty one leaves a multilayer perceptron.
    kernel_size : int or sequence of int, default=3
        Side of the square kernels in pixels, one for all or one for each convolution.
    strides : int or sequence of int, default=1
        Step of the kernels in pixels.
    padding : {"same", "valid"}, default="same"
        Whether convolutions pad their input with zeros.
    pooling : {"max", "average", None} or sequence of them, default="max"
        What follows each convolution.
    pool_size : int or sequence of int, default=2
        Side of the pooling windows in pixels, which is also their step. An axis of the feature maps
        that is shorter is pooled whole.
    conv_dropout : float or sequence of float, default=0.0
        Dropout rate in the convolutional part.
    conv_dropout_at : {"pooling", "activation", "flatten", "head"}, default="pooling"
        After each pooling, after each activation, once after flattening, or once before the output
        layer.
    conv_batch_norm : bool or "last_pooling", default=False
        Batch normalization between each convolution and its activation, or once after the last
        pooling.
    image_shape : tuple of int, optional
        Height, width and channels of samples that come flat. Without it a flat sample is a square
        picture of at least 4x4 pixels with one channel or three, or else a single row of pixels.
    augmentation : Augmentation, optional
        How training images are changed at random; see :class:`~nnest.Augmentation`.
    hidden_units : sequence of int, default=(128,)
        Units of each hidden layer; an empty one is linear regression.
    activation : str or sequence of str, default="relu"
        Activation of the hidden layers and convolutions, one for all or one for each.
    dropout : float or sequence of float, default=0.0
        Dropout rate after the hidden layers, one for all or one for each.
    dropout_at : {"every", "first", "last", None}, default="every"
        Which hidden layers have dropout.
    batch_norm_at : {None, "first", "last", "every"}, default=None
        Which hidden layers have batch normalization.
    batch_norm_order : {"before_activation", "after_activation"}, default="before_activation"
        On which side of the activation.
    shortcut : bool, default=False
        Join the input, flattened, to the output of the last hidden layer.
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
        Decides initial weights, the order of samples, dropout, augmentation and the validation
        part.
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
    >>> from nnest import CNNRegressor
    >>> pictures = np.random.default_rng(0).random((64, 8, 8))
    >>> net = CNNRegressor(filters=(4,), epochs=20, random_state=0)
    >>> net = net.fit(pictures, pictures.mean(axis=(1, 2)))
    >>> net.predict(pictures).shape
    (64,)
    """

    _builder = staticmethod(build_cnn)
    _takes_pictures = True

    def __init__(
        self,
        *,
        filters: Sequence[int] = (32, 64),
        kernel_size: int | Sequence[int] = 3,
        strides: int | Sequence[int] = 1,
        padding: str = "same",
        pooling: str | Sequence[str | None] | None = "max",
        pool_size: int | Sequence[int] = 2,
        conv_dropout: float | Sequence[float] = 0.0,
        conv_dropout_at: str = "pooling",
        conv_batch_norm: bool | str = False,
        image_shape: tuple[int, ...] | None = None,
        augmentation: Augmentation | None = None,
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
        self.filters = filters
        self.kernel_size = kernel_size
        self.strides = strides
        self.padding = padding
        self.pooling = pooling
        self.pool_size = pool_size
        self.conv_dropout = conv_dropout
        self.conv_dropout_at = conv_dropout_at
        self.conv_batch_norm = conv_batch_norm
        self.image_shape = image_shape
        self.augmentation = augmentation
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
