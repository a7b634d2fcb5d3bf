"""Experiments, declared: what is asked, which arms answer it, what the report says of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nnest.exceptions import ExperimentError
from nnest.experiments._arms import Arm
from nnest.experiments._claims import Claim
from nnest.experiments._expectations import Expectation
from nnest.experiments._protocol import Protocol, check_known
from nnest.experiments._reported import Deviation, Reported

__all__ = ["Experiment", "refuse_doubles"]


@dataclass(frozen=True, eq=False)
class Experiment:
    """One question, the arms that answer it, and what the report says of them.

    Parameters
    ----------
    key : str
        Its name within the report.
    question : str
        What it asks.
    dataset : str
        The data set's name.
    arms : tuple of Arm
        What is compared.
    protocol : Protocol
        How the arms are trained and tested.
    reported : tuple of Reported, default=()
        The numbers that the report states.
    claims : tuple of Claim, default=()
        What it says of the arms; where `ours` is set, what we ask of them.
    deviations : tuple of Deviation, default=()
        Where ours is not the report's own set-up.
    ours : bool, default=False
        Whether the question is our own, with claims that are a family of their own.
    stands_for : str or None, default=None
        The report's own data, where these are others: ``"notMNIST_large, 200000 images"``. Runs at
        the report's size are then called "own size, other data".
    arm_words : str, default="{0}"
        What readers see in place of an arm's name that begins with a digit; ``{0}`` is the name,
        ``{1}`` and ``{2}`` its parts around a hyphen: ``"dropout {0}"``.

    Raises
    ------
    ExperimentError
        If two arms have one name, or a number or claim names an arm or a deviation that is not
        there.

    Examples
    --------
    >>> from nnest.reports import get_report
    >>> get_report("boyer-2019").experiment("convolutions").arm("2").shared
    'final/final'
    """

    key: str
    question: str
    dataset: str
    arms: tuple[Arm, ...]
    protocol: Protocol
    reported: tuple[Reported, ...] = ()
    claims: tuple[Claim, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    ours: bool = False
    stands_for: str | None = None
    arm_words: str = "{0}"

    def __post_init__(self) -> None:
        """Raise if a name stands twice or leads nowhere."""
        refuse_doubles(f"arms of {self.key}", (arm.name for arm in self.arms))
        refuse_doubles(f"claims of {self.key}", (claim.key for claim in self.claims))
        for number in self.reported:
            self.check_number(number)
        for claim in self.claims:
            for name in claim.arms:
                self.arm(name)
            _check_deviation(self, claim.not_comparable)

    @classmethod
    def of(
        cls,
        key: str,
        question: str,
        arms: Iterable[Arm],
        expects: Mapping[str, Expectation] | None = None,
        **others: Any,
    ) -> Experiment:
        """Declare an experiment by its arms and by what its claims expect of them.

        Parameters
        ----------
        key, question : str
            Its name and what it asks.
        arms : iterable of Arm
            What is compared.
        expects : mapping of str to Expectation or None, default=None
            The comparison of each claim, by its key. `read_tables` adds the sentences.
        **others
            The other fields: `dataset` and `protocol` at least.

        Returns
        -------
        Experiment
            The experiment.

        Examples
        --------
        >>> from nnest.experiments import Experiment, Protocol, Size
        >>> size = Size(epochs=1, seeds=2)
        >>> protocol = Protocol(smoke=size, lite=size, full=size)
        >>> Experiment.of("empty", "Why?", [], dataset="mnist", protocol=protocol).claims
        ()
        """
        claims = tuple(Claim(name, "", "", what) for name, what in (expects or {}).items())
        return cls(key=key, question=question, arms=tuple(arms), claims=claims, **others)

    def arm(self, name: str) -> Arm:
        """Return the arm of this name.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        Arm
            The arm.

        Raises
        ------
        ExperimentError
            If there is none; the message names the nearest.
        """
        check_known(f"arm of {self.key}", name, [arm.name for arm in self.arms])
        return next(arm for arm in self.arms if arm.name == name)

    def check_number(self, number: Reported) -> None:
        """Raise if a number names an arm or a deviation that is not there.

        Parameters
        ----------
        number : Reported
            A number that the report states.

        Raises
        ------
        ExperimentError
            If there is no such arm or deviation.
        """
        if number.arm is not None:
            self.arm(number.arm)
        _check_deviation(self, number.not_comparable)

    @property
    def metrics(self) -> tuple[str, ...]:
        """All metrics that its numbers and claims read, exact ones left out."""
        said = [number.metric for number in self.reported if number.arm is not None]
        compared = [value.metric for claim in self.claims for value in claim.values]
        return tuple(dict.fromkeys([*said, *compared]))


def refuse_doubles(kind: str, names: Iterable[str]) -> None:
    """Raise if two things have one name."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ExperimentError(f"Two {kind} are called {name!r}; each needs its own name.")
        seen.add(name)


def _check_deviation(experiment: Experiment, number: int | None) -> None:
    """Raise if something cannot be compared and the reason is not declared."""
    known = [one.number for one in experiment.deviations]
    if number is not None and number not in known:
        raise ExperimentError(
            f"{experiment.key} calls something not comparable for deviation {number}, but declares"
            f" the deviations {', '.join(map(str, known)) or 'none'}."
        )
