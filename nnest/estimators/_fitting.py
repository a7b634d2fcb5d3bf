"""How an estimator is fitted: the one way in for what trains several of them at once.

:meth:`Samples.checked` checks samples once, for any number of fits. :meth:`Fitting.begin` draws the
seeds, encodes the targets, sets a validation part aside and makes the untrained network; it copies
no samples and leaves the estimator alone. :meth:`Fitting.finish` gives the estimator everything at
once, so that an interrupted training leaves no half of it.
"""

from __future__ import annotations

from copy import copy
from typing import Any, NamedTuple, Self

import numpy as np

from nnest.estimators._architectures import Architectures
from nnest.estimators._network import Network, State
from nnest.estimators._neural_net import NeuralNet
from nnest.estimators._parts import Part
from nnest.estimators._samples import Samples
from nnest.estimators._settings import check_training
from nnest.programs import Model

__all__ = ["Fitting"]


class Fitting(NamedTuple):
    """The training of an estimator, begun and not finished.

    Parameters
    ----------
    estimator : estimator
        Which is fitted.
    twin : estimator
        A copy that has already learnt what there is to know of the samples.
    train : Part
        Rows, targets and weights of the training part; no weights if all are equal.
    validation : Part or None
        The same of the validation part.
    network : Network
        The network, not trained.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest import MLPClassifier
    >>> from nnest.estimators import Fitting, Samples
    >>> net = MLPClassifier(early_stopping=True, random_state=0)
    >>> samples = Samples.checked(net, np.eye(40), np.arange(40) % 2)
    >>> fitting = Fitting.begin(net, samples, np.arange(40))
    >>> len(fitting.train.rows), len(fitting.validation.rows)
    (36, 4)
    """

    estimator: NeuralNet
    twin: NeuralNet
    train: Part
    validation: Part | None
    network: Network

    @classmethod
    def begin(
        cls,
        estimator: NeuralNet,
        samples: Samples,
        rows: np.ndarray,
        watched: tuple[Samples, np.ndarray] | None = None,
        architectures: Architectures | None = None,
    ) -> Self:
        """Begin the training of an estimator, or go on with it if it has *warm_start*.

        Parameters
        ----------
        estimator : estimator
            Which is fitted; it is not changed, but for a shared `random_state` that moves on.
        samples : Samples
            Checked samples.
        rows : ndarray of int
            Those on which it is trained.
        watched : tuple of (Samples, ndarray of int), optional
            Validation samples.
        architectures : Architectures, optional
            Models that stand for others of their architecture; None builds a model.

        Returns
        -------
        Fitting
            The training.

        Raises
        ------
        ValueError
            If a parameter or the samples are not accepted.
        """
        twin = copy(estimator)
        check_training(twin)
        goes_on = bool(twin.warm_start) and "_network" in vars(twin)
        if goes_on:
            samples.check_known_to(twin)
        else:
            samples.introduce(twin)
        train, validation = twin._begin(samples, rows, watched, None, architectures, goes_on)
        return cls(estimator, twin, train, validation, twin._network)

    @property
    def order_seed(self) -> int:
        """What decides the order of the samples in each epoch."""
        return self.twin._order_seed

    @property
    def start(self) -> int:
        """Number of epochs that its network has been trained for already."""
        return int(self.twin.n_iter_)

    @property
    def like(self) -> Model:
        """A model of the network's architecture, which is not to be trained."""
        return self.network.like

    def finish(
        self,
        state: State,
        history: dict[str, list[float]],
        best_epoch: int | None,
        group: dict[str, Any],
    ) -> None:
        """Give the estimator its network and all that it has learnt.

        Parameters
        ----------
        state : tuple of list
            Weights, other variables and optimizer.
        history : dict of str to list of float
            The metrics of each epoch.
        best_epoch : int or None
            Number, from 0, of the epoch whose weights these are; None is the last.
        group : dict
            How it was trained.
        """
        self.twin._network = self.network.with_state(state)
        self.twin._learnt(history, best_epoch)
        learnt = {**_learnt(self.twin), "group_": group}
        for name in _learnt(self.estimator).keys() - learnt.keys():
            self.estimator.__dict__.pop(name)
        self.estimator.__dict__.update(learnt)


def _learnt(estimator: NeuralNet) -> dict[str, Any]:
    """Return what an estimator has beside its parameters."""
    return {k: v for k, v in vars(estimator).items() if k.startswith("_") or k.endswith("_")}
