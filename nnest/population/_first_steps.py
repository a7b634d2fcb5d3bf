"""What the gradient does over the first steps of a training."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from sklearn.base import clone

from nnest.population._group import with_metrics
from nnest.population._members import Preparation, feed_of
from nnest.programs import running, step_program

__all__ = ["first_gradient_norms"]


def first_gradient_norms(estimator: Any, X: Any, y: Any, *, n_steps: int) -> list[float]:
    """Return the norm of the gradient at each of the first steps of a training.

    The steps are taken once more, by a clone: the same initial weights, batches and updates as in
    the estimator's own `fit`.

    Parameters
    ----------
    estimator : estimator
        A classifier or regressor of this package with an integer as `random_state`.
    X : array-like of shape (n, p), (n, h, w) or (n, h, w, c)
        Samples.
    y : array-like of shape (n,) or (n, n_outputs)
        Targets.
    n_steps : int
        How many steps are looked at; no more than an epoch has.

    Returns
    -------
    list of float
        The Euclidean norm of all gradients of a batch's loss, penalties included, before the
        update. It is not finite where the gradients are not.

    Notes
    -----
    Needs Keras on JAX.

    Examples
    --------
    >>> import numpy as np
    >>> from nnest import MLPClassifier
    >>> from nnest.population import first_gradient_norms
    >>> net = MLPClassifier(hidden_units=(4,), random_state=0)
    >>> norms = first_gradient_norms(net, np.eye(64), np.arange(64) % 2, n_steps=5)
    >>> len(norms), norms[0] > 0
    (2, True)
    """
    preparation = Preparation(X, y, None)
    member = preparation.member(0, clone(estimator), None)
    samples = preparation.inputs(member.estimator)
    model = with_metrics(member, samples)
    seed = member.fitting.order_seed
    feed = feed_of(member.train, member.batch_rows, member.steps, seed, 1, model.fewest_rows)
    find, train = step_program("gradient", model), step_program("train", model)
    metrics = [variable.value for variable in model.metrics_variables]
    state = jax.tree.map(jnp.array, (*member.state, metrics))  # a step gives the memory back
    norms = []
    with running(model):
        for step in range(min(n_steps, member.steps)):
            batch = (samples[feed.places[step]], feed.y[step], feed.weight[step])
            gradients, state = find(state, batch)
            norms.append(_norm(gradients))
            _, state = train(state, batch)
    return norms


def _norm(gradients: list[Any]) -> float:
    """Return the norm of gradients, in float64: the squares of large ones are too much else."""
    return float(np.linalg.norm([np.linalg.norm(np.asarray(g, np.float64)) for g in gradients]))
