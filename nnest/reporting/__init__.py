"""Verdicts and records as text, values, frames, tables, links and pages."""

from __future__ import annotations

from nnest.reporting._arm_table import arm_table
from nnest.reporting._cross_report import outside_table, recorded_table, sentence_table
from nnest.reporting._links import RecordFile, anchor, record_files, source_links
from nnest.reporting._markup import Folded, Link, Table
from nnest.reporting._means import mean_text
from nnest.reporting._overview import Tally, overview, overview_table, overview_text
from nnest.reporting._pages import ReportPage
from nnest.reporting._text import as_text
from nnest.reporting._values import as_frame, as_json

__all__ = [
    "Folded",
    "Link",
    "RecordFile",
    "ReportPage",
    "Table",
    "Tally",
    "anchor",
    "arm_table",
    "as_frame",
    "as_json",
    "as_text",
    "mean_text",
    "outside_table",
    "overview",
    "overview_table",
    "overview_text",
    "record_files",
    "recorded_table",
    "sentence_table",
    "source_links",
]
