"""Reports as declarations, and what runs and judges them.

`list_reports` names the reports, `get_report` returns one, `run` trains what is missing of it, and
`judge` puts what is recorded beside what the report says.
"""

from __future__ import annotations

from nnest.experiments._claim_verdicts import ClaimVerdict
from nnest.experiments._claims import (
    Claim,
    all_of,
    below,
    beyond,
    count_learning,
    different,
    greater,
    similar,
)
from nnest.experiments._comparisons import Comparison
from nnest.experiments._confusion import confusion_counts, gives_one_class
from nnest.experiments._data import Images, data_digest, enlarge, load_images, stratified_subset
from nnest.experiments._digest import describe
from nnest.experiments._errors import ExperimentError
from nnest.experiments._evidence import Evidence, Records, Unused
from nnest.experiments._expectations import (
    AllOf,
    Beyond,
    CountLearning,
    Expectation,
    Greater,
    Similar,
    Value,
)
from nnest.experiments._experiment import Experiment, Report
from nnest.experiments._findings import rounded_mean
from nnest.experiments._holdouts import hold_out
from nnest.experiments._jobs import Job, arm_digest, jobs_of
from nnest.experiments._judge import Summary, Verdicts, claim_table, judge, number_table
from nnest.experiments._markup import Folded, Link, Table
from nnest.experiments._metrics import (
    Metric,
    metric_values,
    parse_metric,
    read_metric,
    share_seconds,
)
from nnest.experiments._modes import proba_in_mode
from nnest.experiments._overview import Tally, overview, overview_text
from nnest.experiments._pages import ReportPage
from nnest.experiments._places import RecordFile, anchor, record_files, source_links
from nnest.experiments._protocol import (
    SCALES,
    Arm,
    Holdout,
    Mode,
    Protocol,
    Scale,
    Size,
)
from nnest.experiments._reported import Deviation, Reported, reported_confusion
from nnest.experiments._reports import get_report, list_reports
from nnest.experiments._run import Outcome, run
from nnest.experiments._subjects import (
    outside_table,
    overview_table,
    recorded_table,
    sentence_table,
)
from nnest.experiments._text import as_text
from nnest.experiments._verdicts import NumberVerdict, Source
from nnest.experiments._words import JUDGED_CLAIMS, JUDGED_NUMBERS, Verdict

__all__ = [
    "JUDGED_CLAIMS",
    "JUDGED_NUMBERS",
    "SCALES",
    "AllOf",
    "Arm",
    "Beyond",
    "Claim",
    "ClaimVerdict",
    "Comparison",
    "CountLearning",
    "Deviation",
    "Evidence",
    "Expectation",
    "Experiment",
    "ExperimentError",
    "Folded",
    "Greater",
    "Holdout",
    "Images",
    "Job",
    "Link",
    "Metric",
    "Mode",
    "NumberVerdict",
    "Outcome",
    "Protocol",
    "RecordFile",
    "Records",
    "Report",
    "ReportPage",
    "Reported",
    "Scale",
    "Similar",
    "Size",
    "Source",
    "Summary",
    "Table",
    "Tally",
    "Unused",
    "Value",
    "Verdict",
    "Verdicts",
    "all_of",
    "anchor",
    "arm_digest",
    "as_text",
    "below",
    "beyond",
    "claim_table",
    "confusion_counts",
    "count_learning",
    "data_digest",
    "describe",
    "different",
    "enlarge",
    "get_report",
    "gives_one_class",
    "greater",
    "hold_out",
    "jobs_of",
    "judge",
    "list_reports",
    "load_images",
    "metric_values",
    "number_table",
    "outside_table",
    "overview",
    "overview_table",
    "overview_text",
    "parse_metric",
    "proba_in_mode",
    "read_metric",
    "record_files",
    "recorded_table",
    "reported_confusion",
    "rounded_mean",
    "run",
    "sentence_table",
    "share_seconds",
    "similar",
    "source_links",
    "stratified_subset",
]
