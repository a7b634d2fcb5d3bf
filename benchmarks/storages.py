"""What a storage of studies costs for each trial: ``python -m benchmarks.storages``.

Three times: of asking a trial and its parameters, of telling its value, and of a whole trial in the
loop of a study, leases and marks included. Nothing is trained, and the parameters are random.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks._runs import Row, arguments, measure_all
from benchmarks._tables import show, summarize

#: Parameters of a trial, and trials of a batch.
PARAMETERS, GROUP = 8, 8
STORAGES = ("memory", "journal", "SQLite", "PostgreSQL")
TIMES = {
    "seconds_per_tell": "Telling a value",
    "seconds_per_ask": f"Asking a trial of {PARAMETERS} parameters",
    "seconds_per_trial": f"A trial in a study's loop, in batches of {GROUP}",
}


def rows(trials: int) -> list[Row]:
    """Return the storages."""
    return [
        Row(
            name,
            "storages:cost",
            {"storage": name, "trials": trials},
            needs=("psycopg",) if name == "PostgreSQL" else (),
        )
        for name in STORAGES
    ]


@contextmanager
def place(storage: str) -> Iterator[str | None]:
    """Yield where a study is kept that is gone afterwards."""
    if storage == "memory":
        yield None
    elif storage == "PostgreSQL":
        from tests.postgres import server

        with server(durable=True) as running:
            yield running.url
    else:
        # The working folder is on a disk; a machine's folder for passing files may be memory.
        with TemporaryDirectory(dir=".") as folder:
            path = Path(folder).resolve() / "study"
            yield f"sqlite:///{path}" if storage == "SQLite" else str(path)


def cost(storage: str, trials: int) -> list[dict[str, Any]]:
    """Ask and tell trials one by one, and then as many in the loop of a study."""
    import optuna

    from nnest.studies._retries import RetryingStorage
    from nnest.studies._storages import open_storage

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with place(storage) as where:
        kept = open_storage(where, say=None)
        asked, told = _one_by_one(optuna.create_study(storage=kept, sampler=_sampler(0)), trials)
        looped = _in_batches(optuna.create_study(storage=kept), trials)
        if isinstance(kept, RetryingStorage):
            kept.database.engine.dispose()
    return [
        {
            "seconds_per_ask": statistics.median(asked),
            "seconds_per_tell": statistics.median(told),
            "seconds_per_trial": looped,
            "trials": trials,
        }
    ]


def _sampler(seed: int) -> Any:
    """Return a sampler that takes no time."""
    from optuna.samplers import RandomSampler

    return RandomSampler(seed=seed)


def _suggest(trial: Any) -> dict[str, float]:
    """Return values for all parameters."""
    return {f"x{i}": trial.suggest_float(f"x{i}", 0.0, 1.0) for i in range(PARAMETERS)}


def _one_by_one(study: Any, trials: int) -> tuple[list[float], list[float]]:
    """Return the seconds of each ask and of each tell."""
    asked, told = [], []
    for _ in range(trials):
        begun = time.perf_counter()
        trial = study.ask()
        value = sum(_suggest(trial).values())
        between = time.perf_counter()
        study.tell(trial, value)
        asked.append(between - begun)
        told.append(time.perf_counter() - between)
    return asked, told


def _in_batches(study: Any, trials: int) -> float:
    """Return the seconds of a trial in the loop of a study."""
    from optuna.trial import TrialState

    from nnest.studies._loop import BatchLoop
    from nnest.studies._trials import TrialResult

    begun = time.perf_counter()
    BatchLoop(
        study,
        _suggest,
        lambda batch: [TrialResult(TrialState.COMPLETE, (sum(t.params.values()),)) for t in batch],
        n_trials=trials,
        group_size=GROUP,
        make_sampler=_sampler,
        say=None,
    ).run()
    return (time.perf_counter() - begun) / trials


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, record and print."""
    options = arguments("What a storage of studies costs.", trials=200).parse_args(argv)
    records = measure_all("storages", rows(options.trials), options)
    for value, title in TIMES.items():
        print(show(title, summarize(records, value, base="memory"), "seconds"))


if __name__ == "__main__":
    main()
