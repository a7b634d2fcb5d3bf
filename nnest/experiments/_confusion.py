"""What a network takes test images for, as counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import confusion_matrix

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from nnest.results import Run

__all__ = ["confusion_counts", "gives_one_class"]


def confusion_counts(true: ArrayLike, predicted: ArrayLike, labels: Sequence[Any]) -> NDArray[Any]:
    """Count how often each label was taken for each.

    Parameters
    ----------
    true : array-like of shape (n_samples,)
        True labels.
    predicted : array-like of shape (n_samples,)
        Predicted labels.
    labels : sequence
        All labels, sorted.

    Returns
    -------
    ndarray of shape (n_labels, n_labels)
        Counts; rows are true labels, columns predicted ones.

    Examples
    --------
    >>> from nnest.experiments import confusion_counts
    >>> confusion_counts([0, 0, 1], [0, 1, 1], labels=[0, 1]).tolist()
    [[1, 1], [0, 1]]
    """
    counts: NDArray[Any] = confusion_matrix(true, predicted, labels=labels)
    return counts


def gives_one_class(run: Run) -> bool:
    """Tell whether a trained network gives all test images the same class: it learnt nothing.

    Parameters
    ----------
    run : Run
        The run.

    Returns
    -------
    bool
        False too where no confusion was recorded.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from nnest.experiments import gives_one_class
    >>> gives_one_class(SimpleNamespace(confusion=[[0, 6], [0, 4]]))
    True
    """
    if run.confusion is None:
        return False
    return int(np.count_nonzero(np.sum(run.confusion, axis=0))) == 1
