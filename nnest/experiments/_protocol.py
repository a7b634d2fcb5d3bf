"""Arms, and how they are trained and tested at three scales."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from nnest.experiments._errors import ExperimentError

__all__ = ["SCALES", "Arm", "Protocol", "Scale", "Size", "check_known"]

Scale = Literal["smoke", "lite", "full"]
SCALES: tuple[Scale, ...] = ("smoke", "lite", "full")


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


@dataclass(frozen=True)
class Size:
    """How much of the data, for how long and how often: one scale of a protocol.

    Parameters
    ----------
    epochs : int
        Passes over the training images.
    seeds : int
        Trainings of each arm, with the seeds 0 to n-1.
    claim_seeds : int or None, default=None
        Trainings of an arm that a claim names; None is `seeds`.
    n_train : int or None, default=None
        Training images, drawn by class in proportion and with one seed for all; None is all.
    dataset : str or None, default=None
        Another data set than the experiment's.
    shape : tuple of int or None, default=None
        The height and width to which smaller images are enlarged, pixel by pixel.

    Raises
    ------
    ExperimentError
        If a number is less than one.

    Examples
    --------
    >>> from nnest.experiments import Size
    >>> Size(epochs=30, seeds=5, claim_seeds=10, n_train=10_000).n_train
    10000
    """

    epochs: int
    seeds: int
    claim_seeds: int | None = None
    n_train: int | None = None
    dataset: str | None = None
    shape: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        """Refuse numbers that are less than one."""
        for name in ("epochs", "seeds", "claim_seeds", "n_train"):
            number = getattr(self, name)
            if number is not None and number < 1:
                raise ExperimentError(f"{name} is {number}; it must be at least 1.")


@dataclass(frozen=True)
class Protocol:
    """How the arms of an experiment are trained and tested, at three scales.

    Parameters
    ----------
    smoke : Size
        A few epochs on small data, for tests; never compared with a report's numbers.
    lite : Size
        The real data, shortened.
    full : Size
        The report's own size.
    test_images : mapping of str to transformer, default={}
        Further treatments of the test images by name; each gives ``test_accuracy@name`` and
        ``test_loss@name``.
    keep : mapping of int to float, default={}
        The share of a class's training images that is kept, where it is not all of them.
    subset_seed : int, default=0
        The seed that draws the training images, the same for all runs.

    Examples
    --------
    >>> from nnest.experiments import Protocol, Size
    >>> protocol = Protocol(
    ...     smoke=Size(epochs=2, seeds=1, n_train=300, dataset="digits"),
    ...     lite=Size(epochs=10, seeds=5, n_train=10_000),
    ...     full=Size(epochs=12, seeds=10),
    ... )
    >>> protocol.size("full").epochs
    12
    """

    smoke: Size
    lite: Size
    full: Size
    test_images: Mapping[str, Any] = field(default_factory=dict)
    keep: Mapping[int, float] = field(default_factory=dict)
    subset_seed: int = 0

    def size(self, scale: str) -> Size:
        """Return the size of a scale.

        Parameters
        ----------
        scale : {"smoke", "lite", "full"}
            Which.

        Returns
        -------
        Size
            Its numbers.

        Raises
        ------
        ExperimentError
            If there is no such scale.
        """
        check_known("scale", scale, SCALES)
        size: Size = getattr(self, scale)
        return size


def check_known(kind: str, name: str, known: Iterable[str]) -> None:
    """Refuse a name that is not known, and say the nearest."""
    names = list(known)
    if name in names:
        return
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}."
    raise ExperimentError(f"There is no {kind} {name!r}; {hint}")
