"""Groups that the workers of joblib train: processes of this machine, or of a cluster."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import jax
import numpy as np
from sklearn.utils.parallel import Parallel, delayed

from nnest._validation import shortened
from nnest.exceptions import WorkerError
from nnest.population._checkpoint import GroupCheckpoint
from nnest.population._execution import ExecutionPlan, forced_plan
from nnest.population._members import Member, Outline
from nnest.population._sizes import size_of

__all__ = ["Portion", "has_workers", "train_in_workers"]

#: What trains the members of one architecture: members, samples, how many at once, what is told of
#: each epoch, and the folder for checkpoints.
Train = Callable[..., list[GroupCheckpoint]]
#: A process trains one part at a time: threads would trace programs with one model.
_training = threading.Lock()
#: How the files of checkpoints are named.
_NAME = re.compile(r"group-[0-9a-f]{32}\.npz")


@dataclass
class Portion:
    """Members of one architecture that train together, how, and on which samples."""

    members: list[Member]
    plan: ExecutionPlan
    samples: np.ndarray | None

    def outline(self) -> Portion:
        """Return it for another process, without the samples."""
        like = self.members[0].like
        return Portion([member.outline(like) for member in self.members], self.plan, None)

    def __sizeof__(self) -> int:
        """Return the bytes of its states: what is large, Dask sends apart from its tasks."""
        return sum(map(size_of, self.members))


def has_workers(n_jobs: int | None, callback: object) -> bool:
    """Tell whether joblib's workers train, by an argument or by `joblib.parallel_config`."""
    if n_jobs == 0:
        raise ValueError(
            "n_jobs=0 is not accepted: give a number of workers, -1 for all, or 1 for none."
        )
    if callback is not None and n_jobs not in (None, 1):
        raise ValueError(
            f"n_jobs={n_jobs} and callback are not accepted together, because a callback is called "
            "between the epochs of this process: leave one of them out."
        )
    return callback is None and Parallel(n_jobs=n_jobs).n_jobs != 1


def train_in_workers(
    train: Train,
    parts: list[Portion],
    n_jobs: int | None,
    checkpoint: str | Path | None,
    report: Callable[[int], Any],
) -> list[GroupCheckpoint]:
    """Train parts in workers; those of a worker that ended are trained once more.

    `report` takes the number of epochs that a part was in training for, of all members together.
    """
    folder = None if checkpoint is None else Path(checkpoint).absolute()
    waiting, checkpoints = dict(enumerate(parts)), []
    for last in (False, True):
        answers = _answers(train, waiting, n_jobs, folder)
        while waiting:
            try:
                place, learnt, names = next(answers)
            except Exception as error:
                if last:
                    raise _lost(len(waiting), len(parts), error) from None
                break
            if isinstance(learnt, Exception):
                raise learnt
            members = waiting.pop(place).members
            for member, each in zip(members, learnt, strict=True):
                member.fitting.finish(*each)
            report(sum(int(member.estimator.epochs) for member in members))
            checkpoints += [_checkpoint_in(folder, name) for name in names]
    return checkpoints


def _answers(
    train: Train, parts: dict[int, Portion], n_jobs: int | None, folder: Path | None
) -> Any:
    """Yield what workers answer, in the order in which they end."""
    platform = jax.default_backend()
    # joblib gives each worker the samples once, as they are an argument of their own.
    yield from Parallel(n_jobs=n_jobs, batch_size=1, return_as="generator_unordered")(
        delayed(_train_part)(
            train,
            place,
            part.samples,
            part.outline(),
            platform,
            folder,
        )
        for place, part in list(parts.items())
    )


def _train_part(
    train: Train,
    place: int,
    samples: np.ndarray,
    part: Portion,
    platform: str,
    folder: Path | None,
) -> tuple[int, Any, list[str]]:
    """Train a part in a worker; return what its members have learnt, or why they have not."""
    try:
        # On another kind of device another plan is faster.
        plan = part.plan if platform == jax.default_backend() else None
        with _training, forced_plan(plan):
            checkpoints = train(part.members, samples, None, lambda epoch, trained: set(), folder)
    except Exception as error:
        return place, error, []
    names = [each.path.name for each in checkpoints if each.path is not None]
    return place, [cast(Outline, member.fitting).learnt for member in part.members], names


def _checkpoint_in(folder: Path | None, name: str) -> GroupCheckpoint:
    """Return a checkpoint that a worker has written, to be removed at the end."""
    checkpoint = GroupCheckpoint(folder)
    if folder is not None and _NAME.fullmatch(name):
        checkpoint.path = folder / name
    return checkpoint


def _lost(n: int, n_parts: int, error: Exception) -> WorkerError:
    """Return an error that says in one sentence that workers ended."""
    reason = shortened(f"{type(error).__name__}: {error}".partition(". ")[0], 120)
    return WorkerError(
        f"{n} of {n_parts} groups came back from no worker, tried twice ({reason}): see whether "
        "the cluster is there and its workers have enough memory, or train in this process with "
        "n_jobs=1."
    )
