"""The rungs of successive halving: how many there are, and how networks go from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from nnest.search._batching import Job, Member, fit_members, fit_together
from nnest.search._evaluation import Evaluation
from nnest.search._samples import StackedSamples

__all__ = ["Rungs", "epochs_of_rungs"]


def epochs_of_rungs(
    n_candidates: int, most: int, factor: int, first: int | str, aggressive: bool
) -> list[int]:
    """Return after how many epochs candidates are compared.

    Parameters
    ----------
    n_candidates : int
        Settings at the beginning.
    most : int
        Epochs of a whole training.
    factor : int
        Of `factor` candidates one stays.
    first : int, "smallest" or "exhaust"
        Epochs before the first comparison; "smallest" is 1, and "exhaust" is what lets the last
        candidates be trained for `most` epochs.
    aggressive : bool
        Whether to compare more than once at the beginning where there are too few epochs.

    Returns
    -------
    list of int
        One number for each rung, rising.

    Examples
    --------
    >>> from nnest.search._rungs import epochs_of_rungs
    >>> epochs_of_rungs(81, 27, 3, "exhaust", False)
    [1, 3, 9, 27]
    >>> epochs_of_rungs(9, 20, 3, "exhaust", False), epochs_of_rungs(9, 4, 3, 2, True)
    ([2, 6, 20], [2, 2, 2])
    """
    required = 1 + _whole_log(n_candidates, factor)
    if first == "exhaust":
        possible = min(required, 1 + _whole_log(most, factor))
        rungs = [most // factor**i for i in reversed(range(possible))]
    else:
        least = 1 if first == "smallest" else int(first)
        possible = min(required, 1 + _whole_log(most // least, factor))
        rungs = [least * factor**i for i in range(possible)]
    again = required - possible if aggressive else 0
    return [rungs[0]] * again + rungs


def _whole_log(n: int, factor: int) -> int:
    """Return the largest power of `factor` that is at most `n`; exact, unlike a logarithm."""
    power = 0
    while factor ** (power + 1) <= n:
        power += 1
    return power


def _train_on(job: Job, samples: list[StackedSamples], members: list[Member], epochs: int) -> None:
    """Train members for some epochs more, from the weights that they have.

    `samples` are those that :func:`fit_members` kept; their members have *warm_start*.
    """
    wanted = {id(member) for member in members if member.error is None}
    for member in members:
        member.network.set_params(epochs=epochs)
    for stack in samples:
        places = [i for i, member in enumerate(stack.members) if id(member) in wanted]
        if places:
            left = replace(
                stack,
                members=[stack.members[i] for i in places],
                splits=[stack.splits[i] for i in places],
            )
            fit_together(job, left, begins=False)


class Rungs(Evaluation):
    """Trains candidates from rung to rung; those that are left go on with their networks."""

    keeps_networks = True
    _members: list[list[Member]] | None = None

    def begin(self, epochs: int) -> None:
        """Say for how many epochs networks are trained at first."""
        self._samples: list[StackedSamples] = []
        self._more_epochs = epochs

    def go_on(self, places: Sequence[int], more_epochs: int) -> None:
        """Leave these candidates, and say for how many epochs more they are trained."""
        members = self._members or []
        self._members = [members[place] for place in places]
        self._more_epochs = more_epochs
        left = {id(member) for row in self._members for member in row}
        for member in (member for row in members for member in row):
            member.seconds = 0.0
            if id(member) not in left:
                member.network = None  # frees its memory

    def _trained(self, candidates: list[dict[str, Any]]) -> list[Member]:
        """Return the members of the candidates that are left, trained for this rung."""
        if self._members is None:
            members = fit_members(
                self.job(),
                candidates,
                keep=self._samples,
                epochs=self._more_epochs,
                warm_start=True,
            )
            n = len(self.splits)
            self._members = [members[i : i + n] for i in range(0, len(members), n)]
            return members
        members = [member for row in self._members for member in row]
        if self._more_epochs:
            _train_on(self.job(), self._samples, members, self._more_epochs)
        return members
