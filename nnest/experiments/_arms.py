"""Arms: the settings that an experiment compares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sklearn.base import clone

__all__ = ["Arm", "arm_in_words", "vary"]


@dataclass(frozen=True, eq=False)
class Arm:
    """One setting that an experiment compares with others.

    Parameters
    ----------
    name : str
        Its name within the experiment.
    estimator : estimator
        Unfitted; the protocol sets its number of epochs, the seed its ``random_state``.
    images : transformer or None, default=None
        What is done to the training images and to the test images.
    shared : str or None, default=None
        ``"experiment/arm"`` whose runs are this arm's runs; both must be declared alike.
    semantics : str or None, default=None
        What a training has done otherwise since a version of this package, where older records of
        the arm no longer hold: its new ones have another digest. None is nothing.

    Examples
    --------
    >>> from nnest import MLPClassifier
    >>> from nnest.experiments import Arm
    >>> Arm("wide", MLPClassifier(hidden_units=(256,))).name
    'wide'
    """

    name: str
    estimator: Any
    images: Any = None
    shared: str | None = None
    semantics: str | None = None


def arm_in_words(name: str, pattern: str) -> str:
    """Return what readers see in place of an arm's name.

    Parameters
    ----------
    name : str
        The arm's name.
    pattern : str
        As `Experiment.arm_words`: it takes the place of names that begin with a digit, since the
        others are words.

    Returns
    -------
    str
        The name for readers.

    Examples
    --------
    >>> from nnest.experiments import arm_in_words
    >>> arm_in_words("0.4", "dropout {0}"), arm_in_words("none", "dropout {0}")
    ('dropout 0.4', 'none')
    >>> arm_in_words("8-16", "{1} and {2} filters")
    '8 and 16 filters'
    """
    return pattern.format(name, *name.split("-", 1)) if name[:1].isdigit() else name


def vary(estimator: Any, images: Any = None) -> Callable[..., Arm]:
    """Return what declares arms that differ from one estimator in some settings.

    Parameters
    ----------
    estimator : estimator
        The estimator that the arms vary.
    images : transformer or None, default=None
        What is done to the images of an arm that says nothing else.

    Returns
    -------
    callable
        ``arm(name, shared=None, *, images=images, semantics=None, **changes)``, which gives an
        `Arm` of the estimator with these changes.

    Examples
    --------
    >>> from nnest import MLPClassifier
    >>> from nnest.experiments import vary
    >>> arm = vary(MLPClassifier(hidden_units=(128,)))
    >>> arm("wide", hidden_units=(256,)).estimator.hidden_units
    (256,)
    """

    def arm(
        name: str,
        shared: str | None = None,
        *,
        images: Any = images,
        semantics: str | None = None,
        **changes: Any,
    ) -> Arm:
        return Arm(name, clone(estimator).set_params(**changes), images, shared, semantics)

    return arm
