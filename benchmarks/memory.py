"""Resident memory over many trainings in one process: ``python -m benchmarks.memory``."""

from __future__ import annotations

import gc
import os
from collections.abc import Sequence
from typing import Any

import psutil

from benchmarks._runs import Row, arguments, measure_all
from benchmarks._studies import digits
from benchmarks.grid import PENALTIES
from benchmarks.peers import PEERS

EVERY = 20


def rows(fits: int, epochs: int, samples: int) -> list[Row]:
    """Return the estimators whose memory is watched."""
    settings = {"fits": fits, "epochs": epochs, "samples": samples}
    return [
        Row("scikeras on JAX", "memory:watch", {"peer": "scikeras", **settings}),
        Row("nnest", "memory:watch", {"peer": "nnest", **settings}),
    ]


def resident() -> float:
    """Return the resident memory of this process in MiB."""
    return float(psutil.Process().memory_info().rss / 2**20)


def environment(name: str) -> list[dict[str, str]]:
    """Return a variable of this process's environment."""
    return [{"value": os.environ[name]}]


def watch(peer: str, fits: int, epochs: int, samples: int) -> list[dict[str, Any]]:
    """Fit and score clones with ever new settings, and look at the memory now and then."""
    from sklearn.base import clone

    X, y = digits(samples)
    estimator, grid = PEERS[peer](epochs, (0.0,), PENALTIES)
    dropout, penalty = grid
    seen = []
    for i in range(1, fits + 1):
        settings = {dropout: i / (2 * fits), penalty: PENALTIES[i % len(PENALTIES)]}
        clone(estimator).set_params(**settings).fit(X, y).score(X, y)
        if i % EVERY == 0 or i == fits:
            gc.collect()
            seen.append({"fits": i, "mebibytes": resident()})
    return seen


def growth(records: Sequence[dict[str, Any]], row: str) -> float:
    """Return by what share a row's memory grew from the first look to the last, by repeats."""
    found = [each for each in records if each["row"] == row]
    first, last = (edge(each["fits"] for each in found) for edge in (min, max))

    def mean(fits: int) -> float:
        values = [each["mebibytes"] for each in found if each["fits"] == fits]
        return sum(values) / len(values)

    return mean(last) / mean(first) - 1


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, record and print."""
    sizes = {"fits": 200, "epochs": 2, "samples": 640}
    parser = arguments("Resident memory over many trainings.", **sizes)
    parser.set_defaults(repeats=1)
    options = parser.parse_args(argv)
    ways = rows(options.fits, options.epochs, options.samples)
    records = measure_all("memory", ways, options)
    for name in dict.fromkeys(each["row"] for each in records):
        found = [each for each in records if each["row"] == name]
        path = ", ".join(f"{each['fits']}: {each['mebibytes']:.0f}" for each in found)
        print(f"\n{name}, MiB after so many fits: {path}\ngrowth {growth(records, name):+.1%}")


if __name__ == "__main__":
    main()
