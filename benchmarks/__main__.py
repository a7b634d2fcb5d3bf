"""All benchmarks of a CPU that record, one after the other: ``python -m benchmarks [--repeats N]``.

The options are those that all of them have.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from benchmarks import cnn, coverage, ensembles, grid, members, memory, optuna, storages, verdicts
from benchmarks._runs import arguments

ALL = (verdicts, coverage, grid, cnn, memory, members, ensembles, optuna, storages)


def main(argv: Sequence[str] | None = None) -> None:
    """Run each as its own program would, with its own sizes."""
    given = sys.argv[1:] if argv is None else list(argv)
    arguments("All benchmarks of a CPU that record.").parse_args(given)  # refuses others
    for benchmark in ALL:
        benchmark.main(given)


if __name__ == "__main__":
    main()
