"""From records to verdicts: `judge` puts what is recorded beside what a report says."""

from __future__ import annotations

from nnest.verdicts._bounds import bounds as bounds
from nnest.verdicts._bounds import within as within
from nnest.verdicts._cases import OUR_FAMILY as OUR_FAMILY
from nnest.verdicts._claims import ClaimVerdict
from nnest.verdicts._claims import judge_claims as judge_claims
from nnest.verdicts._comparisons import Comparison
from nnest.verdicts._evidence import Evidence, Records, Unused
from nnest.verdicts._judge import Summary, Verdicts, claim_table, judge, number_table
from nnest.verdicts._numbers import NumberVerdict, Source
from nnest.verdicts._numbers import size_word as size_word
from nnest.verdicts._numbers import source_of as source_of
from nnest.verdicts._verdict import JUDGED_CLAIMS, JUDGED_NUMBERS, Verdict
from nnest.verdicts._verdict import p_text as p_text
from nnest.verdicts._verdict import rests_on as rests_on

__all__ = [
    "JUDGED_CLAIMS",
    "JUDGED_NUMBERS",
    "ClaimVerdict",
    "Comparison",
    "Evidence",
    "NumberVerdict",
    "Records",
    "Source",
    "Summary",
    "Unused",
    "Verdict",
    "Verdicts",
    "claim_table",
    "judge",
    "number_table",
]
