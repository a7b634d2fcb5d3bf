"""The five reports. `list_reports` names them, `get_report` loads one.

Each is a folder. Its tables hold what the report states: ``reported.csv`` the numbers as they are
printed, ``claims.toml`` the sentences word for word, ``deviations.toml`` where ours differs.
``_arms.py`` declares what is trained, the other modules what is compared, by experiment.
"""

from __future__ import annotations

from nnest.reports._registry import get_report, list_reports

__all__ = ["get_report", "list_reports"]
