"""The same small network as estimators of several packages: 64 inputs, ReLU layers, dropout, L2."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

UNITS = (128, 64)
BATCH_SIZE = 32
LEARNING_RATE = 1e-3

#: An estimator and the names and values of its grid.
Searched = tuple[Any, dict[str, list[Any]]]


def scikeras_network(dropout: float = 0.0, l2: float = 0.0, units: Sequence[int] = UNITS) -> Any:
    """Return the network as plain Keras writes it, not compiled."""
    import keras

    penalty = keras.regularizers.L2(l2)
    model = keras.Sequential([keras.Input((64,))])
    for width in units:
        model.add(keras.layers.Dense(width, activation="relu", kernel_regularizer=penalty))
        model.add(keras.layers.Dropout(dropout))
    model.add(keras.layers.Dense(10, activation="softmax", kernel_regularizer=penalty))
    return model


def of_scikeras(epochs: int, dropouts: Sequence[float], penalties: Sequence[float]) -> Searched:
    """Return scikeras's estimator and grid; the back end is that of the process."""
    from scikeras.wrappers import KerasClassifier

    estimator = KerasClassifier(
        scikeras_network, loss="sparse_categorical_crossentropy", optimizer="adam",
        optimizer__learning_rate=LEARNING_RATE, epochs=epochs, batch_size=BATCH_SIZE, verbose=0,
        random_state=0,
    )  # fmt: skip
    return estimator, {"model__dropout": list(dropouts), "model__l2": list(penalties)}


def of_skorch(epochs: int, dropouts: Sequence[float], penalties: Sequence[float]) -> Searched:
    """Return skorch's estimator and grid; a penalty is the optimizer's decay of kernels."""
    import skorch
    import torch
    from torch import nn

    class Network(nn.Module):
        """The network in torch."""

        def __init__(self, dropout: float = 0.0) -> None:
            super().__init__()
            sizes, layers = (64, *UNITS), []
            for n_in, n_out in pairwise(sizes):
                layers += [nn.Linear(n_in, n_out), nn.ReLU(), nn.Dropout(dropout)]
            self.layers = nn.Sequential(*layers, nn.Linear(UNITS[-1], 10))

        def forward(self, X: Any) -> Any:
            """Return the logits."""
            return self.layers(X)

    torch.manual_seed(0)
    estimator = skorch.NeuralNetClassifier(
        Network, criterion=nn.CrossEntropyLoss, optimizer=torch.optim.Adam, lr=LEARNING_RATE,
        max_epochs=epochs, batch_size=BATCH_SIZE, iterator_train__shuffle=True, train_split=None,
        optimizer__param_groups=[("*.bias", {"weight_decay": 0.0})], verbose=0,
    )  # fmt: skip
    # The gradient of l2 * w**2 is that of a decay twice as strong.
    decays = [2 * penalty for penalty in penalties]
    return estimator, {"module__dropout": list(dropouts), "optimizer__weight_decay": decays}


def of_sklearn(epochs: int, dropouts: Sequence[float], penalties: Sequence[float]) -> Searched:
    """Return scikit-learn's estimator; it has no dropout, so rates near the same take its place."""
    from sklearn.neural_network import MLPClassifier

    estimator = MLPClassifier(
        UNITS, solver="adam", batch_size=BATCH_SIZE, max_iter=epochs, n_iter_no_change=epochs + 1,
        tol=0.0, random_state=0,
    )  # fmt: skip
    rates = [LEARNING_RATE * (1 + 0.01 * i) for i in range(len(dropouts))]
    return estimator, {"learning_rate_init": rates, "alpha": list(penalties)}


def of_nnest(epochs: int, dropouts: Sequence[float], penalties: Sequence[float]) -> Searched:
    """Return this package's estimator and grid."""
    from nnest import MLPClassifier

    estimator = MLPClassifier(
        hidden_units=UNITS, learning_rate=LEARNING_RATE, batch_size=BATCH_SIZE, epochs=epochs,
        random_state=0,
    )  # fmt: skip
    return estimator, {"dropout": list(dropouts), "l2": list(penalties)}


PEERS: dict[str, Callable[[int, Sequence[float], Sequence[float]], Searched]] = {
    "scikeras": of_scikeras,
    "skorch": of_skorch,
    "sklearn": of_sklearn,
    "nnest": of_nnest,
}
