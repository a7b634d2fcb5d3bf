"""From records to verdicts: `judge` puts what is recorded beside what a report says."""

from __future__ import annotations

from nnest.verdicts._bounds import bounds, within
from nnest.verdicts._cases import OUR_FAMILY
from nnest.verdicts._claims import ClaimVerdict, judge_claims
from nnest.verdicts._comparisons import Comparison
from nnest.verdicts._evidence import Evidence, IgnoredRun, Records
from nnest.verdicts._judge import Summary, Verdicts, claim_table, judge, number_table
from nnest.verdicts._numbers import NumberVerdict, Source, size_word, source_of
from nnest.verdicts._verdict import JUDGED_CLAIMS, JUDGED_NUMBERS, Verdict, p_text, rests_on

__all__ = [
    "JUDGED_CLAIMS",
    "JUDGED_NUMBERS",
    "OUR_FAMILY",
    "ClaimVerdict",
    "Comparison",
    "Evidence",
    "IgnoredRun",
    "NumberVerdict",
    "Records",
    "Source",
    "Summary",
    "Verdict",
    "Verdicts",
    "bounds",
    "claim_table",
    "judge",
    "judge_claims",
    "number_table",
    "p_text",
    "rests_on",
    "size_word",
    "source_of",
    "within",
]
