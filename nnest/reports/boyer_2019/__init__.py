"""James Boyer's report of October 2019: a convolutional network on MNIST, declared.

What the report leaves unsaid was set once, before the first run on real data, from examples of its
framework and year; each such setting is a numbered deviation with its source.
"""

from __future__ import annotations

from functools import partial

from nnest.experiments import Report, read_tables
from nnest.preprocessing import gaussian_kernel
from nnest.reports.boyer_2019._experiments import EXPERIMENTS

__all__ = ["REPORT"]

_entry = gaussian_kernel(3, 1.0, normalize=False).item
_KERNEL = {f"kernel[{i},{j}]": partial(_entry, i, j) for i, j in ((0, 0), (0, 1), (1, 1))}

REPORT = Report(
    key="boyer-2019",
    title="Sample Neural Network Using Batch Normalization",
    author="James Boyer",
    year=2019,
    source="Math Directed Research Program, October 2019",
    experiments=read_tables(__package__, EXPERIMENTS, exact={"gaussian-kernel": _KERNEL}),
)
"""The report, declared whole."""
