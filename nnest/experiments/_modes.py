"""What a finished network says when some of its layers act as they do in training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnest.experiments._protocol import LayerMode

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["proba_in_mode"]


def proba_in_mode(estimator: Any, images: NDArray[Any], mode: LayerMode) -> NDArray[Any]:
    """Predict probabilities while layers of some classes are in training mode.

    Parameters
    ----------
    estimator : MLPClassifier or CNNClassifier
        Fitted; its network is left as it is, but for the random numbers that dropout has drawn.
    images : ndarray of shape (n, height, width) or (n, height, width, channels)
        The images.
    mode : LayerMode
        Which classes of layers, and how many images at once.

    Returns
    -------
    ndarray of shape (n, n_classes)
        The probabilities.

    Raises
    ------
    ValueError
        If the network is no chain of layers, as with a shortcut.

    Notes
    -----
    In training mode dropout sets inputs to zero, and batch normalization takes mean and variance
    from the batch that it sees; in inference mode the former does nothing, and the latter takes
    the averages that it gathered in training.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest import MLPClassifier
    >>> from nnest.experiments import proba_in_mode
    >>> from nnest.experiments import LayerMode
    >>> x, y = np.random.default_rng(0).random((40, 6)), np.arange(40) % 2
    >>> net = MLPClassifier(hidden_units=(8,), dropout=0.5, epochs=1, random_state=0).fit(x, y)
    >>> thinned = proba_in_mode(net, x, LayerMode(("Dropout",), batch_size=10))
    >>> bool(np.allclose(thinned, net.predict_proba(x)))
    False
    """
    model = estimator.model_
    layers = model.layers[1:]
    if any(isinstance(layer.input, list) for layer in layers):
        raise ValueError("The network is no chain of layers: leave shortcut at False.")
    pixels = np.asarray(images, np.float32).reshape(len(images), *model.input_shape[1:])
    kept = model.get_weights()  # batch normalization in training mode moves its averages
    starts = range(0, len(pixels), mode.batch_size)
    found = [_forward(layers, pixels[at : at + mode.batch_size], mode) for at in starts]
    model.set_weights(kept)
    return np.concatenate(found)


def _forward(layers: list[Any], x: Any, mode: LayerMode) -> NDArray[Any]:
    """Send one batch through the layers."""
    for layer in layers:
        kinds = {base.__name__ for base in type(layer).__mro__}
        x = layer(x, training=not kinds.isdisjoint(mode.layers))
    # Torch's numbers carry their graph with them.
    return np.asarray(x.detach() if hasattr(x, "detach") else x)
