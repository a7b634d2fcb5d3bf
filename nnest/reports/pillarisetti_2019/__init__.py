"""Pillarisetti's report of 2019: multilayer perceptrons of 2, 3 and 5 layers on MNIST, declared.

What the report leaves unsaid was set once, before the first run on real data, from the examples of
its framework and year; each such setting is a numbered deviation with its source.
"""

from __future__ import annotations

from nnest.experiments import Report, read_tables
from nnest.reports.pillarisetti_2019._experiments import EXPERIMENTS

__all__ = ["REPORT"]

REPORT = Report(
    key="pillarisetti-2019",
    title="MNIST Hand Digit Recognition: Using Keras: 3 and 5 layer FFNN",
    author="Satya Krishna Saiteja Pillarisetti",
    year=2019,
    source="AI-Tech Systems, internship of 2019, batch 4",
    experiments=read_tables(__package__, EXPERIMENTS),
)
"""The report, declared whole."""
