"""Stefano Pellegrini's homework of May 2020: traffic signs, and where dropout belongs, declared.

Parameter counts and shapes are exact numbers, computed from the networks. What the report leaves
unsaid was set once, before the first run on real data, from examples and defaults of its framework
and year; each such setting is a numbered deviation with its source.
"""

from __future__ import annotations

from nnest.experiments import Report, read_tables
from nnest.reports.pellegrini_2020._experiments import EXPERIMENTS
from nnest.reports.pellegrini_2020._networks import EXACT

__all__ = ["REPORT"]

REPORT = Report(
    key="pellegrini-2020",
    title="Homework 2: Neural Networks with TensorFlow",
    author="Stefano Pellegrini",
    year=2020,
    source="Large-Scale Data Analysis 2020, May 18, 2020",
    experiments=read_tables(__package__, EXPERIMENTS, EXACT),
)
"""The report, declared whole."""
