"""How arms are trained and tested, at three scales."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from nnest._validation import suggest
from nnest.exceptions import ExperimentError

__all__ = ["SCALES", "Holdout", "LayerMode", "Protocol", "Scale", "Size", "check_known"]

Scale = Literal["smoke", "lite", "full"]
SCALES: tuple[Scale, ...] = ("smoke", "lite", "full")

_NUMBERS = (
    "epochs",
    "seeds",
    "claim_seeds",
    "n_train",
    "channels",
    "classes",
    "batch_size",
    "seeds_before",
)


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
    channels : int or None, default=None
        Copies of the one channel of gray images, for networks that take colors.
    classes : int or None, default=None
        Number of classes over which the labels of a smaller data set are spread, in turns; its
        numbers then mean nothing, which is enough for a test.
    batch_size : int or None, default=None
        Images in a batch, where it depends on the scale: all training images, for instance. None is
        the estimator's own.
    seeds_before : int or None, default=None
        Trainings of an arm that were declared before there were more: until all of the new seeds
        are recorded for all arms that a verdict needs, the verdict of the seeds 0 to
        `seeds_before` - 1 stands. None is no such number.

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
    channels: int | None = None
    classes: int | None = None
    batch_size: int | None = None
    seeds_before: int | None = None

    def __post_init__(self) -> None:
        """Raise if a number is less than one."""
        for name in _NUMBERS:
            number = getattr(self, name)
            if number is not None and number < 1:
                raise ExperimentError(f"{name} is {number}; it must be at least 1.")


@dataclass(frozen=True)
class Holdout:
    """Training images that are set aside, and what stays together when they are drawn.

    Each seed draws its own. A finished network is scored on them.

    Parameters
    ----------
    share : float
        The share of the images, or of the groups, of each class.
    by : {"groups", "images"}
        Whether images of a group (a track, a font) stay together, or each image is drawn for
        itself. Where a data set has no groups, each image is one.

    Raises
    ------
    ExperimentError
        If the share is not between 0 and 1, or `by` is something else.

    Examples
    --------
    >>> from nnest.experiments import Holdout
    >>> Holdout(0.2, by="groups").share
    0.2
    """

    share: float
    by: Literal["groups", "images"]

    def __post_init__(self) -> None:
        """Raise if a share leaves nothing on one side."""
        if not 0 < self.share < 1:
            raise ExperimentError(f"share is {self.share}; it must lie between 0 and 1.")
        if self.by not in ("groups", "images"):
            raise ExperimentError(f"by is {self.by!r}; it must be one of groups, images.")


@dataclass(frozen=True)
class LayerMode:
    """How a finished network is tested with some of its layers as they are in training.

    Parameters
    ----------
    layers : tuple of str
        Names of Keras's classes of layers that are in training mode; all others infer.
    batch_size : int
        Test images that the network sees at once, which decides what batch normalization does.

    Raises
    ------
    ExperimentError
        If no layer is named, or the batch size is less than one.

    Examples
    --------
    >>> from nnest.experiments import LayerMode
    >>> LayerMode(("Dropout",), batch_size=32).layers
    ('Dropout',)
    """

    layers: tuple[str, ...]
    batch_size: int

    def __post_init__(self) -> None:
        """Raise unless the mode names a layer class and a batch size."""
        if not self.layers or self.batch_size < 1:
            raise ExperimentError(
                f"layers is {self.layers} and batch_size is {self.batch_size}; a mode names at"
                " least one class of layers and at least 1 image."
            )


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
    holdouts : mapping of str to Holdout, default={}
        Parts of the training images that are set aside, by name, one after the other; each gives
        ``val_accuracy@name`` and ``val_loss@name``.
    modes : mapping of str to LayerMode, default={}
        Further ways to test a finished network, by name; each gives ``test_accuracy@name`` and
        ``test_loss@name``.
    gradient_steps : int or None, default=None
        Over how many of the first steps the norm of the gradient is looked at; it gives
        ``gradient_norm_first`` and ``gradient_norm_largest``. None is not at all.
    kernel_norms : tuple of str, default=()
        Layers whose kernels' norms are recorded at the end, as ``kernel_norm@hidden_1``, and as
        ``kernel_norm`` of all of them together.

    Raises
    ------
    ExperimentError
        If a treatment of the test images and a mode have one name, or `gradient_steps` is less
        than one.

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
    holdouts: Mapping[str, Holdout] = field(default_factory=dict)
    modes: Mapping[str, LayerMode] = field(default_factory=dict)
    gradient_steps: int | None = None
    kernel_norms: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise if two ways of testing have one name, or if one looks at no step."""
        doubled = sorted(set(self.test_images) & set(self.modes))
        if doubled:
            raise ExperimentError(
                f"{doubled[0]!r} names a treatment of the test images and a mode; each needs its"
                " own name."
            )
        if self.gradient_steps is not None and self.gradient_steps < 1:
            raise ExperimentError(
                f"gradient_steps is {self.gradient_steps}; it must be at least 1, or None."
            )

    def conditions(self, metric: str) -> tuple[str, ...]:
        """Return what may stand after the ``@`` of a metric.

        Parameters
        ----------
        metric : str
            The metric's name proper, such as ``"test_accuracy"``.

        Returns
        -------
        tuple of str
            Names of parts that are set aside, of layers, or of treatments and modes.
        """
        if metric == "kernel_norm":
            return self.kernel_norms
        return tuple(
            self.holdouts if metric.startswith("val_") else {**self.test_images, **self.modes}
        )

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
    """Raise if a name is unknown, and say the nearest one.

    Parameters
    ----------
    kind : str
        What the name is of, for the message.
    name : str
        The name.
    known : iterable of str
        All names that there are.

    Raises
    ------
    ExperimentError
        If the name is not among them.

    Examples
    --------
    >>> from nnest.experiments import check_known
    >>> check_known("color", "red", ["red", "green"])
    """
    names = list(known)
    if name in names:
        return
    raise ExperimentError(f"There is no {kind} {name!r}; {suggest(name, names)}")
