"""Many members in one program."""

from nnest.population._first_steps import first_gradient_norms
from nnest.population._fit_many import fit_many
from nnest.population._lowering import members_at_once, static_parameters

__all__ = ["first_gradient_norms", "fit_many", "members_at_once", "static_parameters"]
