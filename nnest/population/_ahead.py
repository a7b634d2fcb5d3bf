"""Compilation of the programs of several groups at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import jax
import numpy as np

from nnest._machine import cores
from nnest.population._execution import ExecutionPlan, plan_for
from nnest.population._group import Group
from nnest.population._members import Member
from nnest.population._sizes import device_memory, size_of

__all__ = ["compiled_ahead", "cut"]

#: Memory must hold so many copies of a block before its program is compiled ahead.
COPIES = 16


@contextmanager
def compiled_ahead(
    groups: list[tuple[list[Member], np.ndarray]], most: int | None
) -> Iterator[list[tuple[list[Member], Any, Callable[[], Any]]]]:
    """Compile the programs of several groups, as many at once as there are cores.

    Yields each group with its samples, of which all groups share one copy, and with what waits for
    its program. Two threads that want one program would both compile it.
    """

    def compile_one(group: Group) -> None:
        if COPIES * group.plan.lanes * size_of(group.members[0]) < device_memory():
            with suppress(Exception):  # it comes again where the group is trained
                group.compile()

    # On a GPU a block is all that its memory holds.
    if len(groups) == 1 or cores() == 1 or jax.default_backend() != "cpu":
        yield [(*group, lambda: None) for group in groups]
        return
    copies: dict[tuple[int, str], Any] = {}
    shared: list[Group] = []
    for members, samples in groups:
        plan = cut(members, most)[1]
        place = id(samples), plan.name
        shared.append(Group(members, copies.get(place, samples), plan))
        copies[place] = shared[-1].samples
    # Two threads must not trace with the same model, and Keras completes models in this one.
    of_model = {id(group.template): group for group in shared}
    with ThreadPoolExecutor(cores()) as pool:
        try:
            waits = {key: pool.submit(compile_one, group).result for key, group in of_model.items()}
            yield [(group.members, group.samples, waits[id(group.template)]) for group in shared]
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def cut(members: list[Member], most: int | None) -> tuple[list[list[Member]], ExecutionPlan]:
    """Return the members of one architecture in parts that fit, and how they are run."""
    most = most or _max_members(members[0])
    plan = plan_for(members[0].like, min(len(members), most), most)
    return [members[i : i + most] for i in range(0, len(members), most)], plan


def _max_members(member: Member) -> int:
    """Return how many members fit into half of the memory: their stacked states, the best too."""
    return max(1, int(device_memory() // (4 * size_of(member))))
