"""Anne Groth's report of January 2019: what each parameter of a LeNet does, declared.

One factor at a time is changed from a table of initial values, on MNIST and on CIFAR-10. What the
report leaves unsaid was set once, before the first run on real data, from examples and defaults of
its framework and year; each such setting is a numbered deviation with its source.
"""

from __future__ import annotations

from nnest.experiments import Report, read_tables
from nnest.reports.groth_2019._exact import EXACT
from nnest.reports.groth_2019._experiments import EXPERIMENTS
from nnest.reports.groth_2019._questions import QUESTIONS

__all__ = ["REPORT"]

REPORT = Report(
    key="groth-2019",
    title="Deep neural network parameter understanding AI4",
    author="Anne Groth",
    year=2019,
    source="a student's project, January 2019",
    experiments=read_tables(__package__, EXPERIMENTS + QUESTIONS, EXACT),
)
"""The report, declared whole."""
