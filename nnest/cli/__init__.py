"""The command ``nnest``: run the reports again, judge them, and look after data sets.

Heavy imports stand inside the commands, so that ``nnest --help`` answers at once.
"""

from __future__ import annotations

from nnest.cli._folders import results_folder
from nnest.cli._main import build_parser, main, run
from nnest.cli._records import fetch_records

__all__ = ["build_parser", "fetch_records", "main", "results_folder", "run"]
