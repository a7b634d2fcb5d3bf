"""The five reports. `list_reports` names them, `get_report` loads one."""

from __future__ import annotations

from nnest.reports._registry import get_report, list_reports

__all__ = ["get_report", "list_reports"]
