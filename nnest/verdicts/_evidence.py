"""The runs that count for an arm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from nnest.results import Run

__all__ = [
    "FEWEST_SEEDS",
    "Evidence",
    "Source",
    "common_seeds",
    "fewest_needed",
    "is_complete",
    "waiting_note",
]

FEWEST_SEEDS = 2
"""The seeds that an interval needs."""


@dataclass(frozen=True)
class Source:
    """The records that a verdict stands on.

    Parameters
    ----------
    file : str
        The file within the folder of the records.
    arm : str
        The arm's name in it.
    scale : str
        The scale of its runs.
    digest : str
        The digest of its runs.
    seeds : tuple of int
        The seeds of its runs.

    Examples
    --------
    >>> from nnest.verdicts import Source
    >>> Source("demo/dropout.jsonl", "none", "lite", "d0", (0, 1)).seeds
    (0, 1)
    """

    file: str
    arm: str
    scale: str
    digest: str
    seeds: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Evidence:
    """The runs that count for one arm at one scale.

    Parameters
    ----------
    file : str
        Where they are recorded, within the folder of the records.
    arm : str
        The arm's name there.
    scale : str
        The scale.
    digest : str
        The digest that their records have.
    runs : mapping of int to Run
        The runs by seed, declared seeds only.
    needed : int
        How many seeds are declared.
    before : int or None, default=None
        How many were declared before; None is as many as now.
    waiting : tuple of two int or None, default=None
        Where these are the seeds that were declared before: how many of how many are recorded now.

    Examples
    --------
    >>> from nnest.verdicts import Evidence
    >>> Evidence("demo/dropout.jsonl", "none", "lite", "d0", {}, needed=5).complete
    False
    """

    file: str
    arm: str
    scale: str
    digest: str
    runs: Mapping[int, Run]
    needed: int
    before: int | None = None
    waiting: tuple[int, int] | None = None

    @property
    def complete(self) -> bool:
        """Whether all declared seeds are there."""
        return len(self.runs) == self.needed

    @property
    def source(self) -> Source:
        """Where they are recorded."""
        return Source(self.file, self.arm, self.scale, self.digest, tuple(self.runs))

    @property
    def timed_as_group(self) -> bool:
        """Whether runs trained as a group: each then has an equal part of one measured time."""
        return any((run.group or {}).get("members", 1) > 1 for run in self.runs.values())

    def as_before(self) -> Evidence:
        """Return the runs of the seeds that were declared before.

        Returns
        -------
        Evidence
            With the seeds 0 to `before` - 1, of which all are needed.
        """
        needed = self.before or self.needed
        return replace(
            self,
            runs={seed: run for seed, run in self.runs.items() if seed < needed},
            needed=needed,
            waiting=(len(self.runs), self.needed) if needed < self.needed else None,
        )


def fewest_needed(found: Sequence[Evidence]) -> int:
    """Return how many seeds can be paired where every arm has those that are declared."""
    return min(one.needed for one in found)


def common_seeds(found: Sequence[Evidence]) -> list[int]:
    """Return the seeds, of those that can be paired, that every arm has."""
    return [seed for seed in range(fewest_needed(found)) if all(seed in e.runs for e in found)]


def waiting_note(found: Sequence[Evidence]) -> str:
    """Say how many of the seeds that are declared now are there, where older ones are used."""
    waiting = [one.waiting for one in found if one.waiting is not None]
    if not waiting:
        return ""
    recorded, declared = min(waiting)
    return (
        f"{recorded} of {declared} seeds, not judged; this is of the {fewest_needed(found)} before"
    )


def is_complete(found: Sequence[Evidence]) -> bool:
    """Tell whether all arms have the declared seeds."""
    return len(common_seeds(found)) == fewest_needed(found)
