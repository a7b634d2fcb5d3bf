"""What a fitted estimator knows beside the numbers of its network: what a file holds of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from nnest.estimators._network import State, whole_batches
from nnest.estimators._neural_net import NeuralNet
from nnest.estimators._settings import check_training
from nnest.programs import outputs_together, signature

__all__ = [
    "FitState",
    "answers_together",
    "move_state",
    "network_outputs",
    "network_size",
    "settle",
]


@dataclass(frozen=True)
class FitState:
    """What a fitted estimator knows beside the numbers of its network.

    Parameters
    ----------
    sample_shape : tuple of int
        Shape of a sample as it was given.
    target_shape : tuple of int or None
        Shape of a target; None for classifiers.
    classes : ndarray or None
        Labels, sorted; None for regressors.
    feature_names : ndarray or None
        Names of the features if there are any.
    order_seed, split_seed : int
        Decide the order of samples and the validation part.
    history : dict of str to list of float
        Metrics of each epoch.
    n_iter, best_epoch : int
        Number of epochs, and of the one whose weights the network has.
    diverged : bool
        Whether the last loss is not finite.
    group : dict or None
        How it was trained with others.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest import MLPClassifier
    >>> from nnest.estimators import FitState
    >>> net = MLPClassifier(epochs=2, random_state=0).fit(np.eye(4), [0, 1, 0, 1])
    >>> FitState.of(net).n_iter
    2
    """

    sample_shape: tuple[int, ...]
    target_shape: tuple[int, ...] | None
    classes: np.ndarray | None
    feature_names: np.ndarray | None
    order_seed: int
    split_seed: int
    history: dict[str, list[float]]
    n_iter: int
    best_epoch: int
    diverged: bool
    group: dict[str, Any] | None

    @classmethod
    def of(cls, estimator: NeuralNet) -> Self:
        """Return the state of a fitted estimator."""
        known = vars(estimator)
        return cls(
            known["_sample_shape"],
            known.get("_target_shape"),
            known.get("classes_"),
            known.get("feature_names_in_"),
            known["_order_seed"],
            known["_split_seed"],
            known["history_"],
            known["n_iter_"],
            int(known["best_epoch_"]),
            bool(known["diverged_"]),
            known.get("group_"),
        )

    def network_shape(self, estimator: NeuralNet) -> tuple[tuple[int, ...], int]:
        """Return the shape of an input of the estimator's network, and how many outputs it has.

        Parameters
        ----------
        estimator : estimator
            An unfitted estimator, which learns of samples and targets.

        Returns
        -------
        input_shape : tuple of int
            Without the axis of samples.
        n_outputs : int
            Units of the output layer.

        Raises
        ------
        ValueError
            If a parameter is not accepted.
        """
        check_training(estimator)
        learnt = {
            "_sample_shape": self.sample_shape,
            "n_features_in_": self.sample_shape[0],
            "feature_names_in_": self.feature_names,
            "_target_shape": self.target_shape,
            "classes_": self.classes,
        }
        estimator.__dict__.update({k: v for k, v in learnt.items() if v is not None})
        inputs = estimator._as_input(np.zeros((0, *self.sample_shape)))
        return inputs.shape[1:], estimator._n_outputs()

    def build_network(self, estimator: NeuralNet) -> None:
        """Build the network of an estimator anew and untrained.

        Parameters
        ----------
        estimator : estimator
            An unfitted estimator.

        Raises
        ------
        ValueError
            If a parameter is not accepted.
        """
        self.network_shape(estimator)
        estimator._rebuild()

    def restore(self, estimator: NeuralNet) -> None:
        """Let an estimator know all this; its network is built already.

        Parameters
        ----------
        estimator : estimator
            What :meth:`build_network` was given.
        """
        estimator._order_seed, estimator._split_seed = self.order_seed, self.split_seed
        estimator.history_, estimator.n_iter_ = self.history, self.n_iter
        learnt = {"best_epoch_": self.best_epoch, "diverged_": self.diverged, "group_": self.group}
        estimator.__dict__.update({k: v for k, v in learnt.items() if v is not None})


def settle(estimator: NeuralNet) -> None:
    """Give a network the rates and penalties that were set since it was trained.

    Parameters
    ----------
    estimator : estimator
        A fitted estimator.

    Raises
    ------
    ValueError
        If something was set that makes another network.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest import MLPClassifier
    >>> from nnest.estimators import settle
    >>> net = MLPClassifier(epochs=1, random_state=0).fit(np.eye(4), [0, 1, 0, 1])
    >>> settle(net.set_params(dropout=0.5))
    >>> float(net.model_.get_layer("hidden_1_dropout").hyperparameters.rate.value)
    0.5
    """
    estimator._settle()


def move_state(estimator: NeuralNet, move: Callable[[State], State]) -> None:
    """Replace the numbers of a network by the same ones in another place, as a file on disk.

    Parameters
    ----------
    estimator : estimator
        A fitted estimator. One that has a Keras model of its own already is left as it is.
    move : callable
        Takes weights, other variables and the optimizer's state, each a list of arrays, and
        returns such lists of equal arrays.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest import MLPClassifier, fit_many
    >>> from nnest.estimators import move_state
    >>> (net,) = fit_many([MLPClassifier(epochs=1, random_state=0)], np.eye(4), [0, 1, 0, 1])
    >>> move_state(net, lambda state: tuple([np.array(each) for each in part] for part in state))
    >>> net.predict(np.eye(4)).shape
    (4,)
    """
    network = vars(estimator).get("_network")
    if network is not None:  # a subclass may have a `fit` of its own that makes none
        network.move(move)


def network_outputs(estimator: NeuralNet, X: Any) -> np.ndarray:
    """Return what a network answers, also where it answers with numbers that are not finite.

    Parameters
    ----------
    estimator : estimator
        A fitted estimator.
    X : array-like of shape (n, p), (n, h, w) or (n, h, w, c)
        Samples.

    Returns
    -------
    ndarray of shape (n, n_outputs)
        Probabilities or numbers, float32.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest import MLPClassifier
    >>> from nnest.estimators import network_outputs
    >>> net = MLPClassifier(epochs=1, random_state=0).fit(np.eye(4), [0, 1, 0, 1])
    >>> network_outputs(net, np.eye(4)).shape
    (4, 2)
    """
    return estimator._forward(X)


def answers_together(estimators: Sequence[NeuralNet], X: Any) -> np.ndarray | None:
    """Return what networks of one architecture answer, on JAX.

    Parameters
    ----------
    estimators : sequence of estimator
        Fitted estimators of one class.
    X : array-like of shape (n, p), (n, h, w) or (n, h, w, c)
        Samples.

    Returns
    -------
    ndarray of shape (n_estimators, n, n_outputs) or None
        Probabilities or numbers, float32, which may be not finite. None if their architectures
        differ, or what they were fitted to.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest import MLPClassifier
    >>> from nnest.estimators import answers_together
    >>> nets = [MLPClassifier(epochs=1, random_state=seed) for seed in (0, 1)]
    >>> answers_together([net.fit(np.eye(4), [0, 1, 0, 1]) for net in nets], np.eye(4)).shape
    (2, 4, 2)
    """
    first = estimators[0]
    likes = {id(each._network.like): each._network.like for each in estimators}
    known = {
        (FitState.of(each).sample_shape, str(getattr(each, "feature_names_in_", None)))
        for each in estimators
    }
    if len(known) > 1 or len({signature(like) for like in likes.values()}) > 1:
        return None
    X, n, size = whole_batches(first._new_samples(X))
    states = [each._network.values for each in estimators]
    return outputs_together(first._network.like, states, X, size)[:, :n]


def network_size(estimator: NeuralNet) -> dict[str, int]:
    """Return the weights of a network, and the bytes of what its training keeps of each.

    Parameters
    ----------
    estimator : estimator
        A fitted estimator.

    Returns
    -------
    dict of str to int
        ``parameters`` and ``bytes``.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest import MLPClassifier
    >>> from nnest.estimators import network_size
    >>> net = MLPClassifier(hidden_units=(), epochs=1, random_state=0)
    >>> network_size(net.fit(np.eye(4), [0, 1, 0, 1]))["parameters"]
    10
    """
    return estimator._network.size()
