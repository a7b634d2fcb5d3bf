"""Functional Keras models from the hyper-parameters that this package studies.

The names are those of the estimators, which hand their parameters over as they are. Nothing here
draws from a global random state: `seed` decides every weight and every dropout mask.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras.layers import Concatenate, Flatten

from nnest import _arguments
from nnest.builders._blocks import CHANNELS, CONV_DROPOUT_PLACES, Convolutions, Hidden, output
from nnest.builders._layers import Initializer, Initializers, Layers, seeds
from nnest.layers import Dropout
from nnest.programs import Model, kept_programs

__all__ = ["build_cnn", "build_mlp"]


@kept_programs()
def build_mlp(
    input_shape: tuple[int, ...],
    n_outputs: int,
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
    output_activation: str = "softmax",
    seed: int = 0,
) -> Model:
    """Build a multilayer perceptron.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of one sample; anything but a vector is flattened first.
    n_outputs : int
        Units of the output layer.
    hidden_units : sequence of int, default=(128,)
        Units of each hidden layer; an empty one is softmax (or linear) regression.
    activation : str or sequence of str, default="relu"
        Activation of the hidden layers, one for all or one for each.
    dropout : float or sequence of float, default=0.0
        Dropout rate after the activation of the hidden layers, one for all or one for each.
    dropout_at : {"every", "first", "last", None}, default="every"
        Which hidden layers have dropout.
    batch_norm_at : {None, "first", "last", "every"}, default=None
        Which hidden layers have batch normalization.
    batch_norm_order : {"before_activation", "after_activation"}, default="before_activation"
        On which side of the activation.
    shortcut : bool, default=False
        Join the input to the output of the last hidden layer.
    l1, l2 : float, default=0.0
        Strengths of the penalties on all kernels.
    kernel_initializer : str or dict, default="glorot_uniform"
        By name, or as a Keras configuration.
    bias_initializer : str, dict or tuple, default="zeros"
        By name, or as a Keras configuration; or one for each layer, the output's the last.
    output_activation : str, default="softmax"
        Activation of the output layer.
    seed : int, default=0
        Decides initial weights and dropout masks.

    Returns
    -------
    Model
        Not compiled.

    Raises
    ------
    ValueError
        For a value that is not accepted; the message says which are.

    Examples
    --------
    >>> from nnest.builders import build_mlp
    >>> build_mlp((1,), 1, hidden_units=(64, 32), shortcut=True).count_params()
    2242
    """
    units = _arguments.sizes("hidden_units", hidden_units)
    layers = Layers(l1, l2, kernel_initializer, bias_initializer, len(units) + 1, seed)
    hidden = Hidden.checked(
        units,
        _arguments.activations(activation, len(units)),
        dropout,
        dropout_at,
        batch_norm_at,
        batch_norm_order,
    )
    inputs = flat = layers.input(input_shape)
    if len(input_shape) > 1:
        flat = layers.add(Flatten, inputs, "flatten", data_format=CHANNELS)
    x = hidden.apply(flat, layers)
    if _arguments.flag("shortcut", shortcut):
        x = layers.add(Concatenate, [flat, x], "shortcut")
    return layers.model(inputs, output(x, n_outputs, output_activation, layers), "mlp")


@kept_programs()
def build_cnn(
    input_shape: tuple[int, int, int],
    n_outputs: int,
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
    augmentation: keras.layers.Layer | None = None,
    output_activation: str = "softmax",
    seed: int = 0,
) -> Model:
    """Build a convolutional network: convolutions with pooling, then hidden layers.

    Parameters
    ----------
    input_shape : tuple of int
        Height, width and channels of an image.
    n_outputs : int
        Units of the output layer.
    filters : sequence of int, default=(32, 64)
        Filters of each convolution; an empty one leaves a multilayer perceptron.
    kernel_size, strides : int or sequence of int, default=3 and 1
        Side of the square kernel and its step in pixels, one for all or one for each convolution.
    padding : {"same", "valid"}, default="same"
        Whether convolutions pad their input with zeros.
    pooling : {"max", "average", None} or sequence of them, default="max"
        What follows each convolution.
    pool_size : int or sequence of int, default=2
        Side of the pooling windows in pixels, which is also their step. An axis of the feature maps
        that is shorter is pooled whole.
    conv_dropout : float or sequence of float, default=0.0
        Dropout rate in the convolutional part, one for all or one for each convolution.
    conv_dropout_at : {"pooling", "activation", "flatten", "head"}, default="pooling"
        After each pooling, after each activation, once after the last feature maps are
        flattened, or once before the output layer. The last two take one rate.
    conv_batch_norm : bool or "last_pooling", default=False
        Batch normalization between each convolution and its activation, or once after the last
        pooling.
    hidden_units : sequence of int, default=(128,)
        Units of each hidden layer.
    activation : str or sequence of str, default="relu"
        One for all, or one for each convolution and then one for each hidden layer.
    dropout : float or sequence of float, default=0.0
        Dropout rate after the activation of the hidden layers, one for all or one for each.
    dropout_at : {"every", "first", "last", None}, default="every"
        Which hidden layers have dropout.
    batch_norm_at : {None, "first", "last", "every"}, default=None
        Which hidden layers have batch normalization.
    batch_norm_order : {"before_activation", "after_activation"}, default="before_activation"
        On which side of the activation.
    shortcut : bool, default=False
        Join the flattened feature maps to the output of the last hidden layer.
    l1, l2 : float, default=0.0
        Strengths of the penalties on all kernels.
    kernel_initializer : str or dict, default="glorot_uniform"
        By name, or as a Keras configuration.
    bias_initializer : str, dict or tuple, default="zeros"
        By name, or as a Keras configuration; or one for each layer, the output's the last.
    augmentation : keras.layers.Layer, optional
        What becomes of the images first, as :meth:`nnest.Augmentation.make_layer` returns it.
    output_activation : str, default="softmax"
        Activation of the output layer.
    seed : int, default=0
        Decides initial weights and dropout masks.

    Returns
    -------
    Model
        Not compiled.

    Raises
    ------
    ValueError
        For a value that is not accepted, and where a pooling window is larger than the feature
        maps on both axes, unless the image is a single row of pixels.

    Examples
    --------
    >>> from nnest.builders import build_cnn
    >>> lenet = build_cnn((28, 28, 1), 10, filters=(20, 50), kernel_size=5, padding="valid")
    >>> [layer.name for layer in lenet.layers][:4]
    ['input', 'conv_1', 'conv_1_activation', 'conv_1_max_pooling']
    """
    maps = _arguments.sizes("filters", filters)
    units = _arguments.sizes("hidden_units", hidden_units)
    n = len(maps)
    layers = Layers(l1, l2, kernel_initializer, bias_initializer, n + len(units) + 1, seed)
    activations = _arguments.activations(activation, n + len(units))
    _arguments.one_of("conv_dropout_at", conv_dropout_at, CONV_DROPOUT_PLACES)
    each = conv_dropout_at in ("activation", "pooling")
    rates = _arguments.rates("conv_dropout", conv_dropout, n if each else 1)
    convolutions = Convolutions.checked(
        maps, kernel_size, strides, padding, pooling, pool_size, activations[:n],
        rates if each and any(rates) else None, conv_dropout_at, conv_batch_norm,
    )  # fmt: skip
    hidden = Hidden.checked(
        units, activations[n:], dropout, dropout_at, batch_norm_at, batch_norm_order
    )
    inputs = layers.input(input_shape)
    images = inputs if augmentation is None else augmentation(inputs)
    flat = layers.add(Flatten, convolutions.apply(images, layers), "flatten", data_format=CHANNELS)
    # Of another stream: the weights do not depend on where dropout is.
    once = {"rate": rates[0], "seed": next(seeds(seed, 1))} if not each else {}
    if conv_dropout_at == "flatten":
        flat = layers.add(Dropout, flat, "flatten_dropout", **once)
    x = hidden.apply(flat, layers)
    if _arguments.flag("shortcut", shortcut):
        x = layers.add(Concatenate, [flat, x], "shortcut")
    if conv_dropout_at == "head":
        x = layers.add(Dropout, x, "head_dropout", **once)
    return layers.model(inputs, output(x, n_outputs, output_activation, layers), "cnn")
