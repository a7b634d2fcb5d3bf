"""Verdicts and records as text, tables, links and pages."""

from __future__ import annotations

from nnest.reporting._across_reports import (
    outside_table,
    overview_table,
    recorded_table,
    sentence_table,
)
from nnest.reporting._findings import rounded_mean
from nnest.reporting._links import RecordFile, anchor, record_files, source_links
from nnest.reporting._markup import Folded, Link, Table
from nnest.reporting._overview import Tally, overview, overview_text
from nnest.reporting._pages import ReportPage
from nnest.reporting._text import as_text

__all__ = [
    "Folded",
    "Link",
    "RecordFile",
    "ReportPage",
    "Table",
    "Tally",
    "anchor",
    "as_text",
    "outside_table",
    "overview",
    "overview_table",
    "overview_text",
    "record_files",
    "recorded_table",
    "rounded_mean",
    "sentence_table",
    "source_links",
]
