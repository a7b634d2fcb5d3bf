"""All benchmarks of a CPU one after the other: ``python -m benchmarks [--repeats N]``."""

from __future__ import annotations

from benchmarks import cnn, coverage, grid, members, memory, optuna, storages, verdicts


def main() -> None:
    """Run each as its own program would, with its own sizes."""
    for benchmark in (verdicts, coverage, grid, cnn, memory, members, optuna, storages):
        benchmark.main([])


if __name__ == "__main__":
    main()
