"""From records to verdicts: `judge` puts what is recorded beside what a report says."""

from __future__ import annotations

from nnest.verdicts._bounds import bounds_of_difference, within
from nnest.verdicts._claims import ClaimVerdict, judge_claims
from nnest.verdicts._comparisons import Comparison
from nnest.verdicts._evidence import FEWEST_SEEDS, Evidence, Source
from nnest.verdicts._judge import KINDS, Kind, Summary, Verdicts, judge, summarize
from nnest.verdicts._numbers import NumberVerdict, size_word
from nnest.verdicts._records import IgnoredRun, Records, run_name
from nnest.verdicts._verdict import NOT_RUN, Verdict, join_notes

__all__ = [
    "FEWEST_SEEDS",
    "KINDS",
    "NOT_RUN",
    "ClaimVerdict",
    "Comparison",
    "Evidence",
    "IgnoredRun",
    "Kind",
    "NumberVerdict",
    "Records",
    "Source",
    "Summary",
    "Verdict",
    "Verdicts",
    "bounds_of_difference",
    "join_notes",
    "judge",
    "judge_claims",
    "run_name",
    "size_word",
    "summarize",
    "within",
]
