"""Many members in one program."""

from nnest.population._checkpoint import checkpoints_kept
from nnest.population._execution import ExecutionPlan, forced_plan, members_at_once
from nnest.population._first_steps import first_gradient_norms
from nnest.population._fit_many import fit_many

__all__ = [
    "ExecutionPlan",
    "checkpoints_kept",
    "first_gradient_norms",
    "fit_many",
    "forced_plan",
    "members_at_once",
]
